"""The assumed hot day: its temperature curve, its sun, what it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.errors import InputError
from twin.weather import clear_sky_irradiance, hot_day, solar_position
from twin.weather.hot_day import diurnal_temperature

PLACE: dict[str, Any] = {"latitude": 49.95, "longitude": 11.66}


def test_temperature_meets_its_extremes_and_closes_the_day() -> None:
    hours = np.linspace(0, 24, 2401)
    curve = diurnal_temperature(hours, lowest=19.0, highest=34.0, sunrise=4.6, sunset=20.2)
    assert curve.max() == pytest.approx(34.0, abs=1e-3)
    assert curve.min() == pytest.approx(19.0, abs=0.05)  # the lowest point is a kink between two samples
    assert np.abs(np.diff(curve)).max() < 0.06  # continuous: no jump in 36 s steps
    assert curve[0] == pytest.approx(curve[-1])
    assert hours[curve.argmax()] == pytest.approx((4.6 + 20.2) / 2 + 1.86, abs=0.02)  # Parton and Logan (1981)


@given(lowest=st.floats(-20, 25), span=st.floats(0.1, 25), sunrise=st.floats(3, 8), length=st.floats(8, 17))
@settings(deadline=None)
def test_temperature_stays_between_its_extremes(lowest: float, span: float, sunrise: float, length: float) -> None:
    curve = diurnal_temperature(
        np.linspace(0, 24, 97), lowest=lowest, highest=lowest + span, sunrise=sunrise, sunset=sunrise + length
    )
    assert (curve >= lowest - 1e-9).all()
    assert (curve <= lowest + span + 1e-9).all()


def test_vapour_pressure_is_constant_unless_saturated() -> None:
    day = hot_day("2018-07-26", max_temperature=35, **PLACE)
    t = day.air_temperature.values
    vapour = day.relative_humidity.values / 100 * 6.1094 * np.exp(17.625 * t / (243.04 + t))
    np.testing.assert_allclose(vapour, vapour[0], rtol=1e-9)
    damp = hot_day("2018-07-26", max_temperature=35, relative_humidity=80, **PLACE)
    assert damp.relative_humidity.max() == pytest.approx(100.0)


def test_radiation_is_that_of_a_clear_summer_day() -> None:
    day = hot_day("2018-07-26", max_temperature=35, elevation=340, **PLACE)
    daily = float(day.global_irradiance.sum()) * 3600 / 1e6
    # clear July days in Germany reach 26 to 30 MJ/m2 (measured at Weihenstephan and elsewhere by the weather service)
    assert 24 < daily < 31
    assert day.global_irradiance.max() < 1000
    assert (day.global_irradiance.values[[0, 1, 2, 3, 22, 23]] == 0).all()


def test_beam_and_diffuse_light_make_up_the_global() -> None:
    day = hot_day("2018-07-26", max_temperature=35, **PLACE)
    middles = day.time.values + np.timedelta64(30, "m") - np.timedelta64(60, "m")
    altitude, _ = solar_position(middles, **PLACE)
    sine = np.maximum(np.sin(np.radians(altitude)), 0)
    total = day.direct_normal_irradiance.values * sine + day.diffuse_irradiance.values
    np.testing.assert_allclose(day.global_irradiance.values, total, atol=0.5)


def test_sun_of_a_published_example() -> None:
    # Reda and Andreas (2004), appendix A.5: 2003-10-17 12:30:30 at UTC-7, 39.742476 N, 105.1786 W, 1830 m:
    # topocentric zenith 50.11162 degrees, azimuth 194.34024; pressure there 820 hPa, here sea level: 0.003 degrees
    altitude, azimuth = solar_position(
        np.array(["2003-10-17T19:30:30"], "M8[s]"), latitude=39.742476, longitude=-105.1786
    )
    assert 90 - altitude[0] == pytest.approx(50.11162, abs=0.01)
    assert azimuth[0] == pytest.approx(194.34024, abs=0.001)


def test_steps_are_labelled_by_their_start_in_local_standard_time() -> None:
    day = hot_day("2018-07-26", max_temperature=35, step="30 min", **PLACE)
    assert day.sizes["time"] == 48
    assert day.time.values[0] == np.datetime64("2018-07-26T00:00")
    assert day.time.attrs["interval"] == "start"
    assert day.time.attrs["utc_offset_hours"] == 1.0
    assert day.time.attrs["step_seconds"] == 1800.0


@pytest.mark.parametrize(
    ("latitude", "longitude"), [(50.8, 6.1), (51.2, 15.0), (54.8, 9.4)]
)  # Aachen, Goerlitz, Flensburg
def test_all_of_germany_keeps_central_european_time(latitude: float, longitude: float) -> None:
    day = hot_day("2018-07-26", max_temperature=35, latitude=latitude, longitude=longitude)
    assert day.time.attrs["utc_offset_hours"] == 1.0


def test_assumption_is_declared() -> None:
    assert hot_day("2018-07-26", max_temperature=35, **PLACE).attrs["caveats"] == "assumed weather: cloudless day"


def test_night_has_no_irradiance() -> None:
    values = clear_sky_irradiance(np.array(["2018-07-26T00:00"], "M8[s]"), **PLACE)
    assert [float(v[0]) for v in values] == [0.0, 0.0, 0.0]


def test_southern_summer_and_text_units_work() -> None:
    day = hot_day("2019-01-15", max_temperature="38 °C", latitude=-33.9, longitude=151.2, wind_speed="3 m/s")
    assert day.time.attrs["utc_offset_hours"] == 10.0
    assert float(day.global_irradiance.max()) > 900


@pytest.mark.parametrize(
    "wrong",
    [
        {"date": "July"},
        {"date": "2018-07-26T12:00"},
        {"date": "2018-02-30"},
        {"max_temperature": 99},
        {"max_temperature": float("nan")},
        {"min_temperature": 36},
        {"relative_humidity": 0},
        {"relative_humidity": 101},
        {"wind_speed": -1},
        {"latitude": 95},
        {"longitude": 200},
        {"latitude": float("nan")},
        {"step": "7 min"},
        {"step": "25 h"},
        {"linke_turbidity": 0.5},
        {"elevation": 1e5},
        {"utc_offset": 30},
        {"latitude": 80.0},  # the sun does not set there in July
    ],
)
def test_impossible_days_are_refused(wrong: dict[str, Any]) -> None:
    arguments = {"date": "2018-07-26", "max_temperature": 35, **PLACE, **wrong}
    with pytest.raises(InputError):
        hot_day(arguments.pop("date"), **arguments)


@given(st.floats(20, 100), st.floats(-20, 45))
@settings(max_examples=25, deadline=None)
def test_a_damp_night_is_saturated_and_not_a_rounding_above(humidity: float, temperature: float) -> None:
    day = hot_day("2018-07-26", max_temperature=temperature, latitude=50, longitude=11, relative_humidity=humidity)
    assert float(day.relative_humidity.max()) <= 100.0


@pytest.mark.parametrize(
    ("date", "maximum", "latitude", "told"),
    [
        ("2019-01-15", 32, 49.95, True),
        ("2019-11-01", 30, 49.95, True),
        ("2019-02-27", 21, 49.95, False),
        ("2019-07-25", 40, 49.95, False),
        ("2019-01-15", 35, -33.9, False),  # summer in Sydney
        ("2019-01-15", 33, 13.7, False),  # Bangkok
    ],
)
def test_heat_of_summer_in_winter_is_told(date: str, maximum: float, latitude: float, told: bool) -> None:
    day = hot_day(date, max_temperature=maximum, latitude=latitude, longitude=11.66)
    assert ("sun of winter" in day.attrs["caveats"]) == told
