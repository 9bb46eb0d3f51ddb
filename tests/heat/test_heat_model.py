"""The whole heat model: what shade, trees, unsealing and albedo do, and what it refuses."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr

import twin
from twin.errors import InputError, MissingDataError, TwinError
from twin.heat.model import memory_needed
from twin.variables import VARIABLES

Build = Callable[..., xr.Dataset]
NOON = 12  # the step from 12 to 13 h of local standard time

OUTPUTS = (
    "sky_view_factor",
    "sunlit_fraction",
    "mean_radiant_temperature",
    "utci",
    "mean_radiant_temperature_max",
    "utci_max",
    "strong_heat_stress_duration",
)


@pytest.fixture(scope="module")
def result(town: xr.Dataset, day: xr.Dataset) -> xr.Dataset:
    return twin.heat.simulate(town, day, threads=1)


def test_every_variable_of_the_contract_is_there(result: xr.Dataset, town: xr.Dataset) -> None:
    roof = town.building_id.values > 0
    for name in OUTPUTS:
        rule = VARIABLES[name]
        assert result[name].dims == rule.dims
        assert str(result[name].dtype) == rule.dtype
        assert result[name].attrs["units"] == rule.units
        values = result[name].values
        assert np.isnan(values[..., roof]).all()
        assert np.isfinite(values[..., ~roof]).all()
        assert values[..., ~roof].min() >= rule.minimum - 1e-6
        assert values[..., ~roof].max() <= rule.maximum + 1e-6
    assert result.attrs["model"] == "heat"
    assert "cloudless" in result.attrs["caveats"]
    assert json.loads(result.attrs["options"])["directions"] == 64
    assert result.time.attrs["utc_offset_hours"] == 1.0


def test_one_and_two_threads_give_the_same_bits(result: xr.Dataset, town: xr.Dataset, day: xr.Dataset) -> None:
    again = twin.heat.simulate(town, day, threads=2)
    for name in OUTPUTS:
        np.testing.assert_array_equal(result[name].values, again[name].values)


def test_arguments_are_not_changed(town: xr.Dataset, day: xr.Dataset) -> None:
    before = (town.copy(deep=True), day.copy(deep=True))
    twin.heat.simulate(town, day, directions=8, sun_samples=1)
    xr.testing.assert_identical(town, before[0])
    xr.testing.assert_identical(day, before[1])


def test_validation_is_claimed_for_the_defaults_only(result: xr.Dataset, make_grid: Build, day: xr.Dataset) -> None:
    assert "35 hours measured" in result.attrs["validation"]
    other = twin.heat.simulate(make_grid((3, 3)), day, wall_albedo=0.6)
    assert other.attrs["validation"].startswith("not validated with this wall_albedo")


def test_maxima_and_hours_follow_from_the_hours(result: xr.Dataset, town: xr.Dataset) -> None:
    open_ground = town.building_id.values == 0
    for name in ("utci", "mean_radiant_temperature"):
        np.testing.assert_array_equal(result[f"{name}_max"].values, result[name].values.max(axis=0))
    hours = (result.utci.values > 32.0).sum(axis=0)
    np.testing.assert_array_equal(result.strong_heat_stress_duration.values[open_ground], hours[open_ground])
    assert hours.max() >= 5


def test_open_ground_is_colder_than_the_air_at_night(result: xr.Dataset, day: xr.Dataset) -> None:
    open_sky = result.sky_view_factor.values > 0.85
    radiant = result.mean_radiant_temperature.values[2, open_sky]
    assert len(radiant) > 0
    assert (radiant < day.air_temperature.values[2]).all()


def test_sun_adds_twenty_kelvin_of_radiant_temperature(result: xr.Dataset, town: xr.Dataset) -> None:
    """Studies of hot clear days find 20 to 30 K between sun and shade (Lee, Mayer and Chen 2016, Freiburg)."""
    street = (town.land_cover.values == 1) & (result.sky_view_factor.values > 0.5)
    sunlit = result.sunlit_fraction.values[NOON]
    radiant = result.mean_radiant_temperature.values[15]
    lit, shaded = (
        street & (result.sunlit_fraction.values[15] > 0.99),
        street & (result.sunlit_fraction.values[15] < 0.1),
    )
    assert sunlit.shape == radiant.shape
    assert 15.0 < radiant[lit].mean() - radiant[shaded].mean() < 35.0
    assert 50.0 < radiant[lit].mean() < 75.0


def test_asphalt_is_ten_kelvin_hotter_than_grass(make_grid: Build, day: xr.Dataset) -> None:
    """Seen through the radiant temperature of open ground, which takes half of its longwave from below."""
    asphalt, grass = (
        twin.heat.simulate(make_grid((4, 4), land_cover=np.uint8(code)), day)
        .mean_radiant_temperature[NOON, 1, 1]
        .item()
        for code in (1, 6)
    )
    assert 2.0 < asphalt - grass < 8.0


def test_planting_a_tree_cools_the_ground_below_it(make_grid: Build, day: xr.Dataset) -> None:
    shape = (15, 15)
    crown = np.zeros(shape, np.float32)
    crown[5:10, 5:10] = 10.0
    without = twin.heat.simulate(make_grid(shape, land_cover=np.uint8(1)), day)
    with_tree = twin.heat.simulate(make_grid(shape, land_cover=np.uint8(1), canopy_height=crown), day)
    change = with_tree - without
    assert change.mean_radiant_temperature[NOON, 7, 7] < -15.0
    assert change.utci[NOON, 7, 7] < -4.0
    assert change.mean_radiant_temperature[2, 7, 7] > 0.0  # at night the crown holds the sky's cold off
    assert (change.sky_view_factor <= 0).all()


def test_unsealing_cools(make_grid: Build, day: xr.Dataset) -> None:
    shape = (6, 6)
    sealed = make_grid(shape, land_cover=np.uint8(1), sealed_fraction=np.float32(1.0))
    half = make_grid(shape, land_cover=np.uint8(1), sealed_fraction=np.float32(0.5))
    grass = make_grid(shape, land_cover=np.uint8(6), sealed_fraction=np.float32(0.0))
    felt = [twin.heat.simulate(grid, day).utci[NOON, 3, 3].item() for grid in (sealed, half, grass)]
    assert felt[0] > felt[1] > felt[2]


def test_bright_ground_dazzles(make_grid: Build, day: xr.Dataset) -> None:
    """More is reflected onto the body than the cooler ground saves (Erell et al. 2014)."""
    dark, bright = (
        twin.heat.simulate(make_grid((6, 6), albedo=np.float32(a)), day).mean_radiant_temperature[NOON, 3, 3].item()
        for a in (0.1, 0.5)
    )
    assert bright > dark + 1.0


def test_bright_ground_is_colder_at_night(make_grid: Build, day: xr.Dataset) -> None:
    dark, bright = (
        twin.heat.simulate(make_grid((6, 6), albedo=np.float32(a)), day).mean_radiant_temperature[2, 3, 3].item()
        for a in (0.1, 0.5)
    )
    assert bright < dark


def test_dense_crowns_let_less_sun_through(town: xr.Dataset, day: xr.Dataset) -> None:
    dense, sparse = (
        twin.heat.simulate(town, day, canopy_transmissivity=t, directions=8, sun_samples=1) for t in (0.0, 0.3)
    )
    assert (dense.sunlit_fraction <= sparse.sunlit_fraction + 1e-6).where(town.building_id == 0, True).all()
    shaded = (dense.sunlit_fraction[NOON] == 0) & (sparse.sunlit_fraction[NOON] > 0.29)
    assert shaded.sum() > 20
    change = (sparse.mean_radiant_temperature - dense.mean_radiant_temperature)[NOON].where(shaded)
    assert change.min() > 3.0


def test_sun_comes_from_the_south_at_noon(make_grid: Build, day: xr.Dataset) -> None:
    roof = np.zeros((21, 21))
    roof[10, 10] = 12.0
    sunlit = twin.heat.simulate(make_grid((21, 21), roof_height=roof), day).sunlit_fraction[12]
    assert sunlit[9, 10] < 0.05
    assert sunlit[11, 10] == 1.0


def test_morning_sun_comes_from_the_east(make_grid: Build, day: xr.Dataset) -> None:
    roof = np.zeros((21, 21))
    roof[8:13, 10] = 12.0
    sunlit = twin.heat.simulate(make_grid((21, 21), roof_height=roof), day).sunlit_fraction[7]
    assert sunlit[10, 11] == 1.0
    assert sunlit[10, 9] < 0.05


def test_datum_does_not_matter(make_grid: Build, day: xr.Dataset) -> None:
    roof = np.zeros((12, 12))
    roof[4:8, 4:8] = 9.0
    low, high = (
        twin.heat.simulate(make_grid((12, 12), roof_height=roof, ground_elevation=z), day) for z in (0.0, 512.0)
    )
    np.testing.assert_array_equal(low.utci.values, high.utci.values)


def test_half_hours_agree_with_hours(make_grid: Build) -> None:
    place = {"max_temperature": 35, "latitude": 49.95, "longitude": 11.66}
    hours, halves = (
        twin.heat.simulate(make_grid((4, 4)), twin.weather.hot_day("2018-07-26", step=step, **place))
        for step in ("1 h", "30 min")
    )
    two = halves.mean_radiant_temperature.values.reshape(24, 2, 4, 4).mean(axis=1)
    middle = slice(8, 17)  # away from sunrise and sunset, where radiation bends within an hour
    np.testing.assert_allclose(hours.mean_radiant_temperature.values[middle], two[middle], atol=0.6)
    assert halves.strong_heat_stress_duration[1, 1] == pytest.approx(hours.strong_heat_stress_duration[1, 1], abs=1.0)


def test_one_cell_is_enough(make_grid: Build, day: xr.Dataset) -> None:
    grid = make_grid((1, 1))
    alone = twin.heat.simulate(grid, day)
    wide = twin.heat.simulate(make_grid((5, 5)), day)
    np.testing.assert_allclose(alone.utci.values[:, 0, 0], wide.utci.values[:, 2, 2], atol=1e-3)


# --- what is refused ---


@pytest.mark.parametrize("name", ["ground_elevation", "surface_elevation", "land_cover"])
def test_missing_layer_is_named(make_grid: Build, day: xr.Dataset, name: str) -> None:
    with pytest.raises(MissingDataError, match=name):
        twin.heat.simulate(make_grid().drop_vars(name), day)


def test_walls_need_no_building_number(town: xr.Dataset, day: xr.Dataset) -> None:
    """A surface model without building numbers gives the same shade and sky."""
    named = twin.heat.simulate(town, day, directions=8, sun_samples=1)
    unnamed = twin.heat.simulate(town.drop_vars("building_id"), day, directions=8, sun_samples=1)
    xr.testing.assert_identical(named.drop_attrs(), unnamed.drop_attrs())


@pytest.mark.parametrize("name", ["air_temperature", "wind_speed", "relative_humidity"])
def test_missing_weather_is_named(make_grid: Build, day: xr.Dataset, name: str) -> None:
    with pytest.raises(MissingDataError, match=name):
        twin.heat.simulate(make_grid(), day.drop_vars(name))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ground_elevation", np.nan),
        ("surface_elevation", np.inf),
        ("canopy_height", -3.0),
        ("canopy_height", np.nan),
        ("canopy_base_height", 500.0),
        ("albedo", 1.4),
        ("sealed_fraction", -0.1),
        ("emissivity", np.inf),
    ],
)
def test_impossible_cell_is_named_with_its_place(make_grid: Build, day: xr.Dataset, name: str, value: float) -> None:
    field = np.zeros((20, 24), np.float32)
    field[4, 7] = value
    grid = make_grid().assign({name: (("y", "x"), field)})
    with pytest.raises(InputError, match=rf"{name} is .* at x=691015.0, y=5537031.0"):
        twin.heat.simulate(grid, day)


def test_unknown_land_cover_is_refused(make_grid: Build, day: xr.Dataset) -> None:
    with pytest.raises(InputError, match="code 77"):
        twin.heat.simulate(make_grid(land_cover=np.uint8(77)), day)


def test_land_cover_with_gaps_is_refused(make_grid: Build, day: xr.Dataset) -> None:
    with pytest.raises(InputError, match="land_cover is of type float"):
        twin.heat.simulate(make_grid(land_cover=np.float32(np.nan)), day)


def test_memory_estimate_is_near_the_truth(make_grid: Build, day: xr.Dataset) -> None:
    grid = make_grid((120, 120))
    twin.heat.simulate(grid, day, directions=8)  # compiled before it is measured
    tracemalloc.start()
    twin.heat.simulate(grid, day, directions=8, sun_samples=1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 0.7 < memory_needed(120 * 120, 24, 8) / peak < 1.5


def test_city_of_roofs_only_is_refused(make_grid: Build, day: xr.Dataset) -> None:
    with pytest.raises(InputError, match="every cell is a building"):
        twin.heat.simulate(make_grid(roof_height=np.full((20, 24), 5.0)), day)


def test_gaps_of_surface_parameters_take_the_land_cover(make_grid: Build, day: xr.Dataset) -> None:
    gaps = twin.heat.simulate(make_grid((4, 4), albedo=np.float32(np.nan)), day)
    plain = twin.heat.simulate(make_grid((4, 4)), day)
    np.testing.assert_array_equal(gaps.utci.values, plain.utci.values)


@pytest.mark.parametrize(
    "options",
    [
        {"directions": 30},
        {"directions": 4},
        {"sun_samples": 0},
        {"canopy_transmissivity": 1.2},
        {"canopy_transmissivity": float("nan")},
        {"wall_albedo": -0.1},
        {"threads": 0},
    ],
)
def test_impossible_options_are_refused(make_grid: Build, day: xr.Dataset, options: dict[str, float]) -> None:
    with pytest.raises(InputError, match=next(iter(options))):
        twin.heat.simulate(make_grid(), day, **options)  # type: ignore[arg-type]


def test_weather_without_a_zone_is_refused(make_grid: Build, day: xr.Dataset) -> None:
    weather = day.copy(deep=True)
    del weather.time.attrs["utc_offset_hours"]
    with pytest.raises(InputError, match="utc_offset_hours"):
        twin.heat.simulate(make_grid(), weather)


def test_part_of_a_day_is_refused(make_grid: Build, day: xr.Dataset) -> None:
    with pytest.raises(InputError, match="whole day"):
        twin.heat.simulate(make_grid(), day.isel(time=slice(8, 18)))


def test_irregular_weather_is_refused(make_grid: Build, day: xr.Dataset) -> None:
    with pytest.raises(InputError, match="regular"):
        twin.heat.simulate(make_grid(), day.isel(time=[0, 1, 2, 5, 6]))


@pytest.mark.parametrize(
    ("name", "value"),
    [("air_temperature", 99.0), ("relative_humidity", 120.0), ("wind_speed", np.nan), ("diffuse_irradiance", -5.0)],
)
def test_impossible_weather_is_named_with_its_time(make_grid: Build, day: xr.Dataset, name: str, value: float) -> None:
    weather = day.copy(deep=True)
    weather[name][14] = value
    with pytest.raises(TwinError, match=rf"{name} is .* at 2018-07-26T14:00"):
        twin.heat.simulate(make_grid(), weather)


def test_elevations_may_be_whole_numbers_without_sign(make_grid: Build, day: xr.Dataset) -> None:
    # a surface 1 m below the ground (a gap in the data) is 255 m above it for bytes that wrap round
    ground = np.full((6, 8), 3)
    surface = ground.copy()
    surface[2, 3], surface[4, 5] = 2, 12
    grid = make_grid((6, 8)).drop_vars("building_id")
    byte, real = (
        twin.heat.simulate(
            grid.assign(
                {
                    "ground_elevation": (("y", "x"), ground.astype(kind)),
                    "surface_elevation": (("y", "x"), surface.astype(kind)),
                }
            ),
            day,
        )
        for kind in (np.uint8, np.float64)
    )
    np.testing.assert_array_equal(byte.utci, real.utci)
    assert int(byte.utci[0].isnull().sum()) == 1
