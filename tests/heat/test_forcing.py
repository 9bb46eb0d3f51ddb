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


def test_calm_air_is_taken(day: xr.Dataset, spec: GridSpec) -> None:
    found = make_forcing(_with(day, wind_speed=np.zeros(24)), spec)
    np.testing.assert_allclose(found.exchange, 11.8)


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
