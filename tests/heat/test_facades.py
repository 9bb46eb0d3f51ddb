"""The sun on walls: closed forms of planes and streets, shade by height, and what the sums add up to."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pvlib
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from twin import kernels
from twin.city.gridspec import GridSpec, check_grid
from twin.errors import InputError, MissingDataError
from twin.heat.facades import facade_irradiation, facades_by
from twin.heat.forcing import locate
from twin.heat.irradiation import Irradiation, sum_of_light
from twin.heat.obstacles import make_obstacles
from twin.heat.wall_shade import make_walls, wall_shade_from_centres, wall_sunlight
from twin.weather import clear_sky_irradiance, hot_day
from twin.weather.sun import extraterrestrial_irradiance

BuildGrid = Callable[..., xr.Dataset]


def _spec(shape: tuple[int, int] = (20, 24), resolution: float = 2.0) -> GridSpec:
    return GridSpec(691000.0, 5537048.0, resolution, *shape, CRS.from_epsg(25832))


@pytest.fixture(scope="module")
def noon() -> xr.Dataset:
    """One hour with the sun near the south, all light being beam."""
    return _hour(500.0, 0.0)


def _hour(normal: float, diffuse: float, hour: int = 11) -> xr.Dataset:
    start = np.datetime64(f"2024-06-21T{hour:02d}:00", "ns")
    time = ("time", [start], {"utc_offset_hours": 0.0, "step_seconds": 3600.0, "interval": "start"})
    light = {"direct_normal_irradiance": [normal], "diffuse_irradiance": [diffuse]}
    return xr.Dataset({name: ("time", value) for name, value in light.items()}, {"time": time})


@pytest.mark.parametrize("sky", ["perez", "haydavies", "isotropic"])
@pytest.mark.parametrize(("tilt", "aspect"), [(0.0, 0.0), (35.0, 180.0), (60.0, 110.0), (90.0, 250.0)])
def test_open_planes_receive_what_pvlib_transposes(sky: Any, tilt: float, aspect: float, day: xr.Dataset) -> None:
    """Step by step with one position of the sun, which is how pvlib is called here."""
    light = sum_of_light(day, _spec(), sky=sky, samples=1)
    place = GridSpec.geographic_centre.fget(_spec())  # type: ignore[attr-defined]
    middle = day.time.values - np.timedelta64(int(day.time.attrs["utc_offset_hours"] * 60 - 30), "m")
    sun = pvlib.solarposition.get_solarposition(middle, place[1], place[0])
    zenith = sun["apparent_zenith"].to_numpy()
    # the aspect is from grid north, pvlib's azimuths from true north
    expected = pvlib.irradiance.get_total_irradiance(
        tilt,
        aspect + locate(_spec())[2],
        zenith,
        sun["azimuth"].to_numpy(),
        day.direct_normal_irradiance.values,
        day.global_irradiance.values,
        day.diffuse_irradiance.values,
        dni_extra=extraterrestrial_irradiance(day.time.values),
        airmass=pvlib.atmosphere.get_relative_airmass(zenith),
        albedo=0.2,
        model=sky,
    )
    total = np.where(zenith < 90, np.nan_to_num(expected["poa_global"]), 0.0).sum() / 1000
    # steps at sunrise and sunset, where pvlib keeps a floor under the sun's height, are a part in a thousand
    assert light.on_plane(tilt, aspect, albedo=0.2) == pytest.approx(total, rel=3e-3)


def test_a_year_by_half_months_is_the_year_hour_by_hour() -> None:
    """Vectors of many suns add up exactly for planes that all of them reach, and nearly for others."""
    starts = np.arange("2023-01-01", "2024-01-01", dtype="datetime64[h]").astype("datetime64[ns]")
    _, normal, diffuse = clear_sky_irradiance(starts + np.timedelta64(30, "m"), latitude=49.9, longitude=11.7)
    time = ("time", starts, {"utc_offset_hours": 0.0, "step_seconds": 3600.0, "interval": "start"})
    weather = xr.Dataset(
        {"direct_normal_irradiance": ("time", normal), "diffuse_irradiance": ("time", diffuse)}, {"time": time}
    )
    year = sum_of_light(weather, _spec())
    assert year.is_year
    assert len(year.beam) < 400
    months = [sum_of_light(weather.isel(time=slice(n, n + 730)), _spec()) for n in range(0, 8760, 730)]
    for tilt, aspect in ((0.0, 0.0), (35.0, 180.0), (90.0, 90.0), (90.0, 0.0)):
        exact = sum(month.on_plane(tilt, aspect) for month in months)
        # found: 0.00, 0.03, 0.4 and 0.6 % less
        assert year.on_plane(tilt, aspect) == pytest.approx(exact, rel=8e-3)


def _street(make_grid: BuildGrid, width: int, height: float, length: int, resolution: float = 1.0) -> xr.Dataset:
    """A street from west to east between two long houses."""
    section = np.concatenate([np.full(4, height), np.zeros(width), np.full(4, height)])
    return make_grid((width + 8, length), resolution=resolution, roof_height=np.repeat(section[:, None], length, 1))


def test_walls_of_a_street_see_the_sky_of_the_closed_form(make_grid: BuildGrid) -> None:
    """Infinite street: a point z up sees (1 - sin g) / 2, tan g = (H - z) / W (e.g. Oke 1987)."""
    width, height = 10, 12.0
    grid = _street(make_grid, width, height, 601)
    overcast = _hour(0.0, 300.0)
    result = facade_irradiation(grid, overcast, step=2.0, albedo=0.0, sky="isotropic", directions=256)
    middle = (result.wall_column.values == 300) & (np.isin(result.wall_row.values, [4, 13]))
    got = result.part_irradiation.values[middle] / 0.3
    z = np.arange(6) * 2.0 + 1.0
    expected = (1 - np.sin(np.arctan((height - z) / width))) / 2
    np.testing.assert_allclose(got, np.tile(expected, (2, 1)), atol=2e-3)  # the street ends after 300 m


@pytest.mark.parametrize("resolution", [0.5, 1.0, 2.0])
def test_shade_on_the_wall_of_a_street_has_its_height(
    make_grid: BuildGrid, noon: xr.Dataset, resolution: float
) -> None:
    """H - W tan(h) / cos(a) for the wall that faces the sun; the one with its back to the sun is dark."""
    width, height = 10, 26.0 * resolution
    grid = _street(make_grid, width, height, 101, resolution)
    result = facade_irradiation(grid, noon, step=0.5, albedo=0.0, sky="isotropic", sun_samples=1)
    light = sum_of_light(noon, check_grid(grid), sky="isotropic", samples=1)
    (altitude,), (azimuth,), (beam,) = light.altitude, light.azimuth, light.beam
    relative = math.radians(azimuth - 180.0)
    shade = height - width * resolution * math.tan(math.radians(altitude)) / math.cos(relative)
    assert 0.5 < shade < height - 1.0
    lit = np.clip((np.arange(int(height * 2)) * 0.5 + 0.5 - shade) / 0.5, 0.0, 1.0)
    facing_south = (result.wall_column.values == 50) & (result.wall_row.values == 4)
    # 0.0001 of a cell before the edge is where lines begin
    np.testing.assert_allclose(result.part_irradiation.values[facing_south][0], lit * -beam[1], atol=2e-4)
    facing_north = (result.wall_column.values == 50) & (result.wall_row.values == 13)
    assert not result.part_irradiation.values[facing_north].any()


def test_crowns_let_their_share_through_where_they_stand(make_grid: BuildGrid, noon: xr.Dataset) -> None:
    """A row of crowns between 4 and 8 m before a wall of 12 m that faces south."""
    roof, canopy = np.zeros((2, 12, 41))
    roof[:3], canopy[4] = 12.0, 8.0
    base = np.where(canopy > 0, 4.0, 0.0)
    grid = make_grid((12, 41), resolution=1.0, roof_height=roof, canopy_height=canopy, canopy_base_height=base)
    result = facade_irradiation(grid, noon, step=0.25, albedo=0.0, sky="isotropic", canopy_transmissivity=0.25)
    wall = (result.wall_row.values == 3) & (result.wall_column.values == 20)
    lit = result.part_irradiation.values[wall][0]
    share = lit / lit.max()
    crown = np.isclose(share, 0.25)
    # the shadow runs down from the crown to the wall, one to two cells on: at 1 tan(63) to 2 tan(63) lower
    z = np.arange(48) * 0.25 + 0.125
    assert 0.0 < z[crown].min() < 2.5
    assert 5.5 < z[crown].max() < 7.0
    assert np.isclose(share[z > 8.5], 1.0).all()


def test_free_standing_walls_receive_what_vertical_planes_do(make_grid: BuildGrid, day: xr.Dataset) -> None:
    roof = np.zeros((14, 14))
    roof[5:9, 5:9] = 9.0
    grid = make_grid((14, 14), roof_height=roof)
    result = facade_irradiation(grid, day, albedo=0.3)
    assert result.attrs["title"] == "sum of 1 day"
    light = sum_of_light(day, check_grid(grid))
    table = facades_by(result, "orientation")
    assert table.index.tolist() == ["north", "east", "south", "west"]
    for name, aspect in (("north", 0.0), ("east", 90.0), ("south", 180.0), ("west", 270.0)):
        expected = light.on_plane(90.0, aspect, albedo=0.3)
        assert table.facade_irradiation[name] == pytest.approx(expected, rel=1e-5)
        assert table.wall_area[name] == pytest.approx(4 * 2.0 * 9.0)


def test_orientations_and_buildings_add_up(town: xr.Dataset, day: xr.Dataset) -> None:
    grid = town.assign(building_id=town.building_id * np.arange(1, 27, dtype=np.int32))
    result = facade_irradiation(grid, day, sun_samples=1)
    sums = [facades_by(result, what)[["wall_area", "facade_energy"]].sum() for what in ("orientation", "building")]
    np.testing.assert_allclose(sums[0], sums[1], rtol=1e-9)
    y, x = result.wall_row.values, result.wall_column.values
    np.testing.assert_array_equal(result.facade_irradiation.values[y, x], result.wall_irradiation.values)
    assert np.isfinite(result.facade_irradiation.values).sum() == len(y)
    assert "cloudless" in result.attrs["caveats"]


def test_one_and_two_threads_give_the_same_walls(town: xr.Dataset, noon: xr.Dataset) -> None:
    one, two = (facade_irradiation(town, noon, threads=threads) for threads in (1, 2))
    xr.testing.assert_identical(one.drop_attrs(), two.drop_attrs())
    assert kernels.config.NUMBA_NUM_THREADS >= 1


def test_wall_shade_is_full_behind_the_sun_and_from_grazing_on() -> None:
    surface = np.zeros((3, 3), np.float32)
    height, facing = np.full((3, 3), 4.0), np.array([[0.0, 89.9, 90.0], [180.0, 269.9, 270.0], [271.0, 0.0, 0.0]])
    shade = wall_shade_from_centres(surface, height, facing, altitude=30.0, azimuth=180.0)
    np.testing.assert_array_equal(shade, [[4, 4, 0], [0, 0, 4], [4, 4, 4]])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"step": 0.0}, "0.1 m to 1000 m"),
        ({"albedo": 1.2}, "0 to 1"),
        ({"directions": 30}, "multiple of 4"),
        ({"sun_samples": 0}, "1 to 60"),
        ({"canopy_transmissivity": -0.1}, "0 to 1"),
        ({"sky": "clear"}, "perez"),
    ],
)
def test_options_out_of_range_are_refused(town: xr.Dataset, options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        facade_irradiation(town, **options)


def test_impossible_light_is_refused_by_name_and_time(town: xr.Dataset, day: xr.Dataset) -> None:
    day = day.copy(deep=True)
    day["diffuse_irradiance"][12] = -5.0
    with pytest.raises(InputError, match=r"diffuse_irradiance is -5\.0 W/m2 at 2018-07-26T12:00"):
        facade_irradiation(town, day)


def test_a_plain_has_no_walls(make_grid: BuildGrid) -> None:
    with pytest.raises(MissingDataError, match="no walls"):
        facade_irradiation(make_grid())


def test_light_of_a_day_says_its_length(day: xr.Dataset) -> None:
    light = sum_of_light(day, _spec())
    assert isinstance(light, Irradiation)
    assert light.days == 1.0
    assert not light.is_year
    assert light.on_plane(0.0, 0.0) == pytest.approx(light.total, rel=5e-3)
    year = hot_day("2018-07-26", max_temperature=30, latitude=49.95, longitude=11.66)
    assert sum_of_light(year, _spec()).total == pytest.approx(light.total, rel=0.05)


def _light_on_wall(
    solid: np.ndarray, top: np.ndarray, base: np.ndarray, column: int, altitude: float, azimuth: float
) -> list[float]:
    """Follow beams back from a wall that faces south, a metre apart, in steps of 2 mm; cells of 1 m."""
    h, a = math.radians(altitude), math.radians(azimuth)
    far = np.arange(0.0, 20.0, 0.002)
    x, y = column + 0.5 + far * math.sin(a), 1.0001 - far * math.cos(a)
    within = (x >= 0) & (x < solid.shape[1]) & (y >= 0) & (y < solid.shape[0])
    j, i, rise = x[within].astype(int), y[within].astype(int), far[within] * math.tan(h)
    found = []
    for z in np.arange(6) + 0.5:
        point = z + rise
        crown = ((base[i, j] < point) & (point < top[i, j])).any()
        found.append(0.0 if (point < solid[i, j]).any() else 0.25 if crown else 1.0)
    return found


@given(seed=st.integers(0, 10**6), altitude=st.floats(10, 70), azimuth=st.floats(110.2, 249.7))
@settings(deadline=None, max_examples=25)
def test_beams_on_a_wall_are_those_followed_in_tiny_steps(seed: int, altitude: float, azimuth: float) -> None:
    random = np.random.default_rng(seed)
    shape = (12, 15)
    solid = np.where(random.random(shape) < 0.12, random.integers(3, 12, shape), 0).astype(np.float32)
    solid[0] = 6.0
    solid[1] = 0.0
    base = np.where((solid == 0) & (random.random(shape) < 0.08), 2.25, 0.0).astype(np.float32)
    top = np.where(base > 0, 5.25, 0.0).astype(np.float32)
    scene = make_obstacles(0 * solid, solid, solid > 0, resolution=1.0)
    scene = replace(scene, top=np.maximum(top, solid), base=np.maximum(base, solid))
    height, facing = np.full((2, *shape), np.nan)
    height[1], facing[1] = 6.0, 180.0
    walls = make_walls(scene, height, facing)
    shade, received = wall_sunlight(scene, walls, altitude=altitude, azimuth=azimuth, canopy_transmissivity=0.25)
    np.testing.assert_allclose(shade.clip(0, 6), 6.0 - (received > 0).sum(axis=1), atol=1.0)
    for column in range(15):
        near = [_light_on_wall(solid, top, base, column, altitude + d, azimuth + d) for d in (-0.03, 0.0, 0.03)]
        for got, *expected in zip(received[column], *near, strict=True):
            # where a shadow's edge crosses the part, its middle is lit or not; where it grazes the beam, neither counts
            if len(set(expected)) == 1 and got in (0.0, 0.25, 1.0):
                assert got == expected[0]
