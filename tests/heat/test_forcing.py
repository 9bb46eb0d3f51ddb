"""Weather as the heat model takes it: splits, refusals, conversions that are said."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr

from twin.city.gridspec import GridSpec
from twin.errors import InputError, MissingDataError
from twin.heat.forcing import make_forcing
from twin.heat.surface_temperature import wall_climate
from twin.heat.walls import wall_margin, walls_around
from twin.heat.window import Window

SIGMA = 5.670374419e-8


@pytest.fixture(scope="module")
def spec(make_grid: Callable[..., xr.Dataset]) -> GridSpec:
    return GridSpec.from_dataset(make_grid((4, 4)))


def _with(day: xr.Dataset, **values: np.ndarray) -> xr.Dataset:
    return day.assign({name: ("time", value) for name, value in values.items()})


def test_two_of_three_irradiances_give_the_third(day: xr.Dataset, spec: GridSpec) -> None:
    full = make_forcing(day, spec)
    whole = _with(day, global_irradiance=full.horizontal + full.diffuse)
    for missing in ("direct_normal_irradiance", "diffuse_irradiance"):
        found = make_forcing(whole.drop_vars(missing), spec)
        high = full.altitude.mean(axis=1) > 5
        np.testing.assert_allclose(found.diffuse[high], full.diffuse[high], atol=1e-6)
        np.testing.assert_allclose(found.beam[high], full.beam[high], rtol=1e-9)
        assert any(missing.split("_")[0] in text for text in found.caveats)


def test_global_alone_is_split_and_says_so(day: xr.Dataset, spec: GridSpec) -> None:
    full = make_forcing(day, spec)
    whole = full.horizontal + full.diffuse
    only = _with(day, global_irradiance=whole).drop_vars(["direct_normal_irradiance", "diffuse_irradiance"])
    found = make_forcing(only, spec)
    np.testing.assert_allclose(found.horizontal + found.diffuse, whole, atol=1e-6)
    assert any("Erbs" in text for text in found.caveats)


def test_missing_light_is_named(day: xr.Dataset, spec: GridSpec) -> None:
    with pytest.raises(MissingDataError, match="diffuse_irradiance"):
        make_forcing(day.drop_vars(["diffuse_irradiance", "global_irradiance"], errors="ignore"), spec)


def test_light_without_sun_is_refused(day: xr.Dataset, spec: GridSpec) -> None:
    light = day.diffuse_irradiance.values.copy()
    light[1] = 150.0
    with pytest.raises(InputError, match=r"diffuse_irradiance is 150 .* below the horizon.*utc_offset_hours"):
        make_forcing(_with(day, diffuse_irradiance=light), spec)


def test_damp_sensors_count_as_saturated_and_say_so(day: xr.Dataset, spec: GridSpec) -> None:
    humid = day.relative_humidity.values.copy()
    humid[3] = 104.0
    found = make_forcing(_with(day, relative_humidity=humid), spec)
    assert found.humidity[3] == 100.0
    assert any("over 100 %" in text for text in found.caveats)
    humid[3] = 140.0
    with pytest.raises(InputError, match="relative_humidity is 140"):
        make_forcing(_with(day, relative_humidity=humid), spec)


def test_times_without_zone_or_out_of_order_are_refused(day: xr.Dataset, spec: GridSpec) -> None:
    nowhere = day.copy()
    nowhere["time"] = nowhere.time.copy()
    nowhere.time.attrs.pop("utc_offset_hours")
    with pytest.raises(InputError, match="does not say its zone"):
        make_forcing(nowhere, spec)
    mixed = day.isel(time=[0, 2, 1, *range(3, 24)])
    mixed.time.attrs.update(day.time.attrs)
    with pytest.raises(InputError, match="out of order"):
        make_forcing(mixed, spec)


def test_calm_air_is_taken_and_what_indices_count_for_it_is_said(day: xr.Dataset, spec: GridSpec) -> None:
    found = make_forcing(_with(day, wind_speed=np.zeros(24)), spec)
    np.testing.assert_allclose(found.exchange, 11.8)
    assert any("as low as 0 m/s, below 0.5 in 24 steps: UTCI counts calm air as 0.5" in text for text in found.caveats)
    assert not any("wind" in text for text in make_forcing(day, spec).caveats)


def _stated(day: xr.Dataset, name: str, values: np.ndarray, unit: str) -> xr.Dataset:
    return day.assign({name: ("time", values, {"units": unit})})


@pytest.mark.parametrize(
    ("name", "unit", "scale", "shift", "field"),
    [
        ("wind_speed", "km/h", 3.6, 0.0, "wind"),
        ("wind_speed", "m/s", 1.0, 0.0, "wind"),
        ("air_temperature", "K", 1.0, 273.15, "temperature"),
        ("air_temperature", "degF", 1.8, 32.0, "temperature"),
        ("relative_humidity", "1", 0.01, 0.0, "humidity"),
        ("diffuse_irradiance", "kW/m2", 0.001, 0.0, "diffuse"),
    ],
)
def test_the_unit_that_weather_states_counts(
    day: xr.Dataset, spec: GridSpec, name: str, unit: str, scale: float, shift: float, field: str
) -> None:
    given = _stated(day, name, day[name].values * scale + shift, unit)
    found, plain = make_forcing(given, spec), make_forcing(day, spec)
    np.testing.assert_allclose(getattr(found, field), getattr(plain, field), rtol=0, atol=1e-9)  # rounding
    assert any(f"{name} is converted from {unit}" in text for text in found.caveats) == (unit != "m/s")


def test_unknown_units_and_words_for_numbers_are_named(day: xr.Dataset, spec: GridSpec) -> None:
    with pytest.raises(InputError, match=r"wind_speed states the unit 'Bft'.*convert it to m s-1.*km/h"):
        make_forcing(_stated(day, "wind_speed", day.wind_speed.values, "Bft"), spec)
    with pytest.raises(InputError, match="wind_speed is of type"):
        make_forcing(_with(day, wind_speed=np.array(["light"] * 24)), spec)


def test_humidity_that_looks_like_a_share_is_refused(day: xr.Dataset, spec: GridSpec) -> None:
    with pytest.raises(InputError, match="looks like a share; multiply it by 100"):
        make_forcing(_with(day, relative_humidity=day.relative_humidity.values / 100), spec)


def test_light_that_does_not_add_up_is_refused(day: xr.Dataset, spec: GridSpec) -> None:
    moved = day.copy()
    moved["time"] = day.time.copy()
    moved.time.attrs["utc_offset_hours"] = 2.0  # an hour off: leaves 76 W/m2, 15 %
    with pytest.raises(InputError, match=r"differ by \d+ W m-2 .*label_convention"):
        make_forcing(moved, spec)
    level = make_forcing(day, spec).horizontal
    with pytest.raises(InputError, match="on a surface facing the sun"):
        make_forcing(_with(day, direct_normal_irradiance=0.5 * level), spec)
    noise = 1 + 0.05 * np.sin(np.arange(24))  # sensors of 5 %
    make_forcing(_with(day, global_irradiance=day.global_irradiance.values * noise), spec)


@pytest.mark.parametrize("offset", [float("nan"), "1", None, True, 15.0, -12.5])
def test_an_impossible_zone_is_named(day: xr.Dataset, spec: GridSpec, offset: object) -> None:
    moved = day.copy()
    moved["time"] = day.time.copy()
    moved.time.attrs["utc_offset_hours"] = offset
    with pytest.raises(InputError, match=r"utc_offset_hours'\] is .*-12 to 14"):
        make_forcing(moved, spec)


def test_gaps_name_the_way_out(day: xr.Dataset, spec: GridSpec) -> None:
    for name in ("air_temperature", "relative_humidity", "diffuse_irradiance"):
        values = day[name].values.copy()
        values[[7, 9]] = np.nan
        with pytest.raises(InputError, match=f"{name} is missing .nan. at 2018-07-26T07:00, and in 2 .*fill_gaps"):
            make_forcing(_with(day, **{name: values}), spec)


def test_unknown_sky_and_receiver_are_named(day: xr.Dataset, spec: GridSpec) -> None:
    with pytest.raises(InputError, match="sky is 'cloudy'"):
        make_forcing(day, spec, sky="cloudy")
    with pytest.raises(InputError, match="receiver is 'cat'"):
        make_forcing(day, spec, receiver="cat")


def test_wall_in_the_dark_follows_the_air_late_and_less() -> None:
    hours = np.arange(24)
    air = 20 + 8 * np.cos(2 * np.pi * (hours - 15) / 24)
    wall = wall_climate(air, np.full(24, 2.0), SIGMA * (air + 273.15) ** 4, step=3600.0, per_day=24)
    kelvin = wall.temperature - 273.15
    assert np.ptp(kelvin) < np.ptp(air)
    assert 0 < (kelvin.argmax() - air.argmax()) <= 4
    assert kelvin.mean() == pytest.approx(20.0, abs=0.3)


def test_walls_around_are_weighted_with_their_height() -> None:
    height = np.zeros((1, 31))
    height[0, 5], height[0, 25] = 5.0, 15.0
    albedo = np.where(np.arange(31) < 15, 0.8, 0.4)[None]
    around = walls_around(height, height > 0, 1.0, wall_albedo=albedo, facade_green_fraction=(albedo > 0.5) * 1.0)
    assert around is not None
    # 15 m from both: (5 x 0.8 + 15 x 0.4) / 20, a quarter of it green
    np.testing.assert_allclose(around[0, 15], [0.5, 0.25], rtol=1e-6)
    assert walls_around(height, height > 0, 1.0) is None


def test_walls_around_a_window_are_the_part_of_the_whole() -> None:
    random = np.random.default_rng(5)
    height = np.where(random.random((90, 80)) < 0.2, random.uniform(3, 20, (90, 80)), 0.0)
    albedo = random.random((90, 80))
    whole = walls_around(height, height > 0, 2.0, wall_albedo=albedo)
    margin = wall_margin(2.0)
    part = Window(30 - margin, 35 - margin, 20 + 2 * margin, 15 + 2 * margin)
    cut = walls_around(
        part.of(height), part.of(height) > 0, 2.0, wall_albedo=part.of(albedo), window=Window(margin, margin, 20, 15)
    )
    assert whole is not None
    np.testing.assert_array_equal(cut, whole[30:50, 35:50])
