"""Days out of a series, and what is filled, averaged and estimated for them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.errors import InputError, MissingDataError
from twin.weather import (
    constant_weather,
    estimate_irradiance,
    fill_gaps,
    hesse_day,
    hot_day,
    hottest_day,
    longer_steps,
    pressure_at,
    read_epw,
    relative_humidity,
    select_day,
    split_global,
    typical_hot_day,
    weather_from_table,
    wind_at,
)
from twin.weather.sun_steps import sine_while_up

PLACE: dict[str, Any] = {"latitude": 49.49, "longitude": 8.46}
RADIATION = ("global_irradiance", "direct_normal_irradiance", "diffuse_irradiance")


def _summer(highest: list[float]) -> xr.Dataset:
    """Days of July with the given maxima."""
    days = [hot_day(f"2018-07-{n + 1:02d}", max_temperature=top, **PLACE) for n, top in enumerate(highest)]
    table = pd.concat([day.to_dataframe() for day in days])
    return weather_from_table(table, utc_offset=1, interval="start", **PLACE)


def test_hottest_day_is_the_hottest() -> None:
    assert str(hottest_day(_summer([24, 31, 36, 29])).time.values[0])[:10] == "2018-07-03"


def test_a_hotter_day_with_gaps_is_passed_over_and_named() -> None:
    weather = _summer([24, 31, 36, 29])
    weather["wind_speed"][60] = np.nan
    day = hottest_day(weather)
    assert str(day.time.values[0])[:10] == "2018-07-02"
    assert "hotter days have gaps and were passed over: 2018-07-03 (36.0 degC)" in day.attrs["notes"]


def test_typical_hot_day_lies_in_the_middle_of_the_hot_ones() -> None:
    weather = _summer([24, 31, 38, 33, 34, 29, 33.5])
    day = typical_hot_day(weather)
    assert str(day.time.values[0])[:10] in ("2018-07-04", "2018-07-07")  # 33 and 33.5 of 31, 33, 33.5, 34, 38
    assert "stands for 5 days that reach 30 degC" in day.attrs["notes"]
    with pytest.raises(InputError, match=r"no whole day .* reaches 39 degC; the hottest reaches 38\.0"):
        typical_hot_day(weather, threshold=39)


def test_several_days_and_days_that_are_not_there() -> None:
    weather = _summer([24, 31, 36])
    assert select_day(weather, "2018-07-01", days=3).sizes["time"] == 72
    with pytest.raises(InputError, match="holds 48 of the 72 steps from 2018-07-02 on"):
        select_day(weather, "2018-07-02", days=3)
    for wrong in ("2018-7-1", "26.7.2018", "2018-02-30", "02-30", "12-24"):
        with pytest.raises(InputError):
            select_day(weather, wrong)
    for days in (0, 32, 1.5, True):
        with pytest.raises(InputError, match="days is"):
            select_day(weather, "2018-07-01", days=days)  # type: ignore[arg-type]


def test_arguments_are_never_changed() -> None:
    weather = _summer([31, 36]).drop_vars(["direct_normal_irradiance", "diffuse_irradiance"])
    before = weather.copy(deep=True)
    day = select_day(weather, "2018-07-02")
    fill_gaps(weather)
    split_global(weather)
    xr.testing.assert_identical(weather, before)
    assert "estimated from global radiation" in day.attrs["caveats"]


def test_short_gaps_are_filled_on_request_and_said() -> None:
    weather = _summer([31, 36])
    true = weather.copy(deep=True)
    weather["air_temperature"][[30, 31]] = np.nan
    weather["global_irradiance"][34] = np.nan
    weather["wind_speed"][10:14] = np.nan
    filled = fill_gaps(weather, longest="2 h")
    assert np.isnan(filled.wind_speed.values).sum() == 4  # four hours are too long
    np.testing.assert_allclose(filled.air_temperature, true.air_temperature, atol=0.5)  # a sine against a chord
    assert float(filled.global_irradiance[34]) == pytest.approx(float(true.global_irradiance[34]), rel=0.01)
    assert "gaps filled between neighbours: air_temperature 2, global_irradiance 1" in filled.attrs["caveats"]
    with pytest.raises(InputError, match="longest"):
        fill_gaps(weather, longest="12 h")


def test_no_gap_at_an_end_is_filled() -> None:
    weather = _summer([31])
    weather["air_temperature"][0] = np.nan
    assert np.isnan(fill_gaps(weather).air_temperature.values[0])


def test_longer_steps_keep_energy_and_balance() -> None:
    fine = hot_day("2018-07-26", max_temperature=35, step="10 min", **PLACE)
    hours = longer_steps(fine, "1 h")
    for name in ("global_irradiance", "air_temperature"):
        np.testing.assert_allclose(hours[name], fine[name].values.reshape(24, 6).mean(axis=1), rtol=1e-12)
    starts = hours.time.values - np.timedelta64(3600, "s")
    sine, _ = sine_while_up(starts, 3600.0, **PLACE)
    balance = hours.diffuse_irradiance + hours.direct_normal_irradiance * sine
    np.testing.assert_allclose(balance, hours.global_irradiance, atol=1e-9)
    for wrong in ("25 min", "5 min", "4 h"):
        with pytest.raises(InputError):
            longer_steps(fine, wrong)


@pytest.mark.parametrize("method", ["erbs_driesse", "erbs", "boland", "dirint"])
def test_split_closes_and_lies_between_the_limits(method: Any, minutes: Any, writers: Any) -> None:
    local, table = writers.hourly(minutes, "2018-07-25", 2)
    table = table.set_index(pd.DatetimeIndex(local))
    weather = weather_from_table(table[["global_irradiance"]], utc_offset=1, interval="start", **PLACE)
    both = split_global(weather, method=method)
    sine, _ = sine_while_up(both.time.values - np.timedelta64(3600, "s"), 3600.0, **PLACE)
    np.testing.assert_allclose(
        both.diffuse_irradiance + both.direct_normal_irradiance * sine, both.global_irradiance, atol=1e-9
    )
    assert (both.diffuse_irradiance >= 0).all()
    assert (both.direct_normal_irradiance <= 1400).all()
    clear = table.global_irradiance.to_numpy() > 500  # of a cloudless sky: direct light is most of it
    assert (both.diffuse_irradiance.values[clear] < 0.45 * table.global_irradiance.to_numpy()[clear]).all()


def test_overcast_light_is_diffuse_light() -> None:
    dull = hot_day("2018-07-26", max_temperature=25, **PLACE)[["global_irradiance", "air_temperature"]]
    dull["global_irradiance"] = dull.global_irradiance * 0.25
    both = split_global(dull)
    # Erbs (1982): below a clearness of 0.22 at least 98 % are diffuse
    assert float(both.diffuse_irradiance.sum()) > 0.97 * float(both.global_irradiance.sum())


def test_what_was_measured_is_kept_by_the_split() -> None:
    day = hot_day("2018-07-26", max_temperature=35, **PLACE)
    from_diffuse = split_global(day.drop_vars("direct_normal_irradiance"))
    high = day.global_irradiance > 200
    np.testing.assert_allclose(
        from_diffuse.direct_normal_irradiance[high], day.direct_normal_irradiance[high], rtol=0.01
    )
    assert "estimated" not in from_diffuse.attrs["caveats"]
    from_beam = split_global(day.drop_vars("diffuse_irradiance"))
    np.testing.assert_allclose(from_beam.diffuse_irradiance[high], day.diffuse_irradiance[high], atol=3.0)


def test_split_of_a_year_in_athens(shared_data: Callable[[str], Path]) -> None:
    year = read_epw(shared_data("heat/athens/athens_2023.epw"))
    both = split_global(year[["global_irradiance"]].assign_attrs(year.attrs))
    light = year.global_irradiance.values > 0
    error = (both.diffuse_irradiance - year.diffuse_irradiance).values[light]
    third = (year.global_irradiance / 3 - year.diffuse_irradiance).values[light]
    assert np.sqrt((error**2).mean()) < 60.0  # measured 52 W/m2 by daylight
    assert np.sqrt((error**2).mean()) < 0.8 * np.sqrt((third**2).mean())  # a fixed share would err more


def test_clouds_make_light_as_published() -> None:
    """F. Kasten, G. Czeplak (1980): 910 sin h - 30 W/m2 without clouds, a quarter of it when overcast."""
    day = hot_day("2018-06-21", max_temperature=25, **PLACE)
    sine, _ = sine_while_up(day.time.values - np.timedelta64(3600, "s"), 3600.0, **PLACE)
    for cover, factor in ((0.0, 1.0), (1.0, 0.25), (0.5, 1 - 0.75 * 0.5**3.4)):
        guess = estimate_irradiance(day[["air_temperature"]].assign(cloud_cover=("time", np.full(24, cover))))
        high = sine > 0.2
        np.testing.assert_allclose(guess.global_irradiance[high], factor * (910 * sine[high] - 30), rtol=1e-9)
        assert "assumed weather: radiation estimated from cloud cover" in guess.attrs["caveats"]


def test_sunshine_makes_light_and_nothing_makes_none() -> None:
    day = hot_day("2018-07-26", max_temperature=25, **PLACE)
    bare = day[["air_temperature", "relative_humidity", "wind_speed"]]
    sunny = estimate_irradiance(bare.assign(sunshine_fraction=("time", np.ones(24))))
    daily = float(sunny.global_irradiance.sum()) * 3600 / 1e6
    # FAO-56, eqs. 21 to 25, outside the air on day 207
    declination = 0.409 * np.sin(2 * np.pi * 207 / 365 - 1.39)
    north = np.radians(PLACE["latitude"])
    sunset = np.arccos(-np.tan(north) * np.tan(declination))
    whole = sunset * np.sin(north) * np.sin(declination) + np.cos(north) * np.cos(declination) * np.sin(sunset)
    outside = 24 * 60 / np.pi * 0.0820 * (1 + 0.033 * np.cos(2 * np.pi * 207 / 365)) * whole
    assert daily == pytest.approx(0.75 * outside, rel=0.01)
    assert "sunshine" in select_day(sunny, "07-26").attrs["caveats"]
    with pytest.raises(MissingDataError, match="neither cloud_cover nor sunshine_fraction"):
        estimate_irradiance(bare)
    with pytest.raises(MissingDataError, match="to split"):
        split_global(bare)
    with pytest.raises(InputError, match="use one of"):
        split_global(day, method="magic")  # type: ignore[arg-type]


def test_humidity_follows_from_the_dew_point() -> None:
    # WMO-No. 8, saturation over water: 12.27 hPa at 10 degC, 42.43 at 30
    assert float(relative_humidity(30.0, 10.0)) == pytest.approx(100 * 12.27 / 42.43, rel=2e-3)
    assert float(relative_humidity(20.0, 20.3)) == 100.0
    with pytest.raises(InputError, match="dew point is 25 degC"):
        relative_humidity([20.0, 20.0], [10.0, 25.0])


def test_dew_point_stands_in_for_humidity_in_a_table() -> None:
    day = hot_day("2018-07-26", max_temperature=35, **PLACE)
    table = day.to_dataframe().drop(columns="relative_humidity").assign(dew_point_temperature=12.0)
    weather = weather_from_table(table, utc_offset=1, interval="start", **PLACE)
    np.testing.assert_allclose(weather.relative_humidity, relative_humidity(day.air_temperature, 12.0))


def test_pressure_of_the_standard_atmosphere() -> None:
    for height, pressure in ((0.0, 1013.25), (1000.0, 898.75), (3000.0, 701.09)):  # ISO 2533
        assert pressure_at(height) == pytest.approx(pressure, abs=0.02)
    with pytest.raises(InputError):
        pressure_at(1e5)


@given(speed=st.floats(0, 30), low=st.floats(0.5, 150), high=st.floats(0.5, 150), roughness=st.floats(1e-3, 0.4))
@settings(max_examples=50)
def test_wind_goes_there_and_back(speed: float, low: float, high: float, roughness: float) -> None:
    for profile in ("logarithmic", "power"):
        there = wind_at(speed, low, high, roughness=roughness, profile=profile)  # type: ignore[arg-type]
        back = wind_at(there, high, low, roughness=roughness, profile=profile)  # type: ignore[arg-type]
        assert float(back) == pytest.approx(speed, rel=1e-9, abs=1e-12)
        if speed > 1e-3 and abs(high - low) > 1e-3:
            assert (float(there) > speed) == (high > low)


def test_wind_of_the_utci_at_the_person() -> None:
    # Broede et al. (2012): the factor from 10 m to 1.1 m over 0.01 m is ln(110) / ln(1000)
    assert float(wind_at(1.0, 10.0, 1.1)) == pytest.approx(np.log(110) / np.log(1000))


@pytest.mark.parametrize(
    "wrong",
    [
        {"speed": -1.0},
        {"height_from": 0.005},
        {"height_to": 500.0},
        {"roughness": 5.0},
        {"profile": "linear"},
        {"profile": "power", "exponent": 2.0},
    ],
)
def test_impossible_wind_profiles(wrong: dict[str, Any]) -> None:
    arguments: dict[str, Any] = {"speed": 1.0, "height_from": 10.0, "height_to": 1.1, **wrong}
    with pytest.raises(InputError):
        wind_at(**arguments)


def test_wind_at_two_metres_is_converted_and_said() -> None:
    day = hot_day("2018-07-26", max_temperature=35, **PLACE)
    weather = weather_from_table(day.to_dataframe(), utc_offset=1, interval="start", wind_height=2.0, **PLACE)
    np.testing.assert_allclose(weather.wind_speed, day.wind_speed * np.log(1000) / np.log(200))
    assert weather.wind_speed.attrs["height"] == 10.0
    assert "wind measured 2 m above ground, converted to 10 m" in weather.attrs["caveats"]


def test_constant_weather_is_constant_and_assumed() -> None:
    day = constant_weather(
        "2024-07-01", utc_offset=1, air_temperature=30, relative_humidity=40, wind_speed=2, step="30 min"
    )
    assert day.sizes["time"] == 48
    assert float(day.air_temperature.std()) == 0.0
    for wrong in ({"warmth": 3.0}, {"relative_humidity": 120.0}, {"step": "7 min"}, {"date": "July"}):
        with pytest.raises(InputError):
            constant_weather(**{"date": "2024-07-01", "utc_offset": 1, **wrong})  # type: ignore[arg-type]


def test_design_day_of_the_hessian_analysis() -> None:
    day = hesse_day(latitude=50.1, longitude=8.7)
    assert float(day.air_temperature.max()) == pytest.approx(29.0, abs=0.1)
    assert str(day.time.values[day.attrs["map_hour"]])[5:16] == "08-01T14:00"
    assert day.attrs["caveats"].startswith("assumed weather: cloudless day; design day by convention")
    assert float(day.global_irradiance[13]) > 700


def test_a_day_of_athens_goes_through_the_heat_model(shared_data: Callable[[str], Path]) -> None:
    from pyproj import CRS

    from twin import heat
    from twin.city.gridspec import GridSpec

    year = read_epw(shared_data("heat/athens/athens_2023.epw"))
    day = hottest_day(year)
    assert str(day.time.values[0])[5:7] in ("07", "08")
    spec = GridSpec(476000, 4204000, 2.0, 12, 12, CRS.from_epsg(2100))
    ground = np.zeros(spec.shape, np.float32)
    roof = ground.copy()
    roof[4:7, 4:7] = 10.0
    grid = spec.dataset().assign(
        ground_elevation=(("y", "x"), ground),
        surface_elevation=(("y", "x"), roof),
        building_id=(("y", "x"), (roof > 0).astype(np.int32)),
        land_cover=(("y", "x"), np.where(roof > 0, 3, 1).astype(np.uint8)),
    )
    result = heat.simulate(grid, day)
    hottest = float(np.nanmax(result.mean_radiant_temperature_max))
    assert 60 < hottest < 85  # an open square on asphalt in Athens in July
    sun = result.sunlit_fraction.sel(time=day.time[12]).values
    assert np.nanmin(sun) < 0.5 < np.nanmax(sun)
    # the shadow of 12:00-13:00 UTC+2 at 23.75 E (solar noon 12:31) falls to the north, as deep as it is wide
    south, north = sun[7:9, 5], sun[2:4, 5]
    assert south.min() > 0.95
    assert north.min() < 0.5
