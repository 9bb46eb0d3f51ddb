"""Wet bulb globe temperature: both instruments by their balances, against tables and an independent solution."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from twin.errors import InputError
from twin.heat.air import saturation_vapour_pressure
from twin.heat.wbgt import globe_temperature, natural_wet_bulb_temperature, wbgt

AIR = {"ta": st.floats(-40, 50), "tr": st.floats(-60, 100), "wind": st.floats(0, 20), "humidity": st.floats(0, 100)}


@given(ta=st.floats(-40, 50), tr=st.floats(-60, 100), wind=st.floats(0, 20))
@settings(deadline=None, max_examples=200)
def test_radiant_temperature_is_found_again_from_a_globe(ta: float, tr: float, wind: float) -> None:
    globe = float(globe_temperature(ta, tr, wind))
    # ISO 7726, equations for free and forced convection of a globe of 150 mm, emissivity 0.95, rounded there
    free = 0.25e8 / 0.95 * (abs(globe - ta) / 0.15) ** 0.25 * (globe - ta)
    forced = 1.1e8 * wind**0.6 / (0.95 * 0.15**0.4) * (globe - ta)
    back = ((globe + 273) ** 4 + max(free, forced, key=abs)) ** 0.25 - 273
    # 1.4 / 5.67e-8 is 0.247e8 and 6.3 / 5.67e-8 is 1.11e8: one per cent of what lies between radiation and air
    assert back == pytest.approx(tr, abs=0.05 + 0.02 * abs(tr - ta))


@given(**AIR)
@settings(deadline=None, max_examples=200)
def test_a_wick_neither_gains_nor_loses(ta: float, tr: float, wind: float, humidity: float) -> None:
    found = float(natural_wet_bulb_temperature(ta, tr, wind, humidity))
    e = humidity / 100 * float(saturation_vapour_pressure(ta))

    def gain(tw: float) -> float:
        film = (ta + tw) / 2 + 273.15
        mu = 1.458e-6 * film**1.5 / (film + 110.4)
        k = (1003.5 + 1.25 * 287.05) * mu
        rho = 101325 / 287.05 / film
        prandtl, schmidt = 1003.5 * mu / k, mu / rho / (2.178e-5 * (film / 273.15) ** 1.81)
        h = k / 0.007 * 0.281 * (max(wind, 0.13) * rho * 0.007 / mu) ** 0.6 * prandtl**0.44
        wet = float(saturation_vapour_pressure(tw))
        moist = (2.5008e6 - 2370 * tw) / 1003.5 * 18.015 / 28.97 * (prandtl / schmidt) ** 0.56
        radiation = 0.95 * 5.670374419e-8 * ((tr + 273.15) ** 4 - (tw + 273.15) ** 4)
        return h * (ta - tw - moist * (wet - e) / (1013.25 - wet)) + radiation

    assert found == pytest.approx(brentq(gain, -95, 90, xtol=1e-10), abs=1e-6)


def test_a_ventilated_wick_reads_the_psychrometer() -> None:
    # psychrometer formula, 6.62e-4 per K at 1013.25 hPa (WMO no. 8): e = es(tw) - A p (ta - tw)
    for ta, humidity in ((20.0, 30.0), (30.0, 50.0), (35.0, 20.0)):
        e = humidity / 100 * float(saturation_vapour_pressure(ta))
        psychrometer = brentq(
            lambda t, e=e, ta=ta: float(saturation_vapour_pressure(t)) - 6.62e-4 * 1013.25 * (ta - t) - e, -20, 40
        )
        # correlations for wicks are good to some per cent of the depression
        found = float(natural_wet_bulb_temperature(ta, ta, 5.0, humidity))
        assert found == pytest.approx(psychrometer, abs=0.06 * (ta - psychrometer))


def test_saturated_air_without_radiation_reads_the_same_everywhere() -> None:
    for index in (wbgt, natural_wet_bulb_temperature):
        assert float(index(25.0, 25.0, 1.0, 100.0)) == pytest.approx(25.0, abs=1e-6)
    assert float(globe_temperature(25.0, 25.0, 1.0)) == pytest.approx(25.0, abs=1e-6)


@given(**AIR)
@settings(deadline=None, max_examples=100)
def test_parts_are_weighted_as_the_standard_says(ta: float, tr: float, wind: float, humidity: float) -> None:
    parts = (
        0.7 * natural_wet_bulb_temperature(ta, tr, wind, humidity) + 0.2 * globe_temperature(ta, tr, wind) + 0.1 * ta
    )
    assert float(wbgt(ta, tr, wind, humidity)) == pytest.approx(float(parts), abs=1e-9)


def test_weights_of_the_validation_table(shared_data: Callable[[str], Path]) -> None:
    table = json.loads(shared_data("heat/thermal_indices_tables/ts_wbgt.json").read_text())
    row = table["data"][0]
    inputs = row["inputs"]
    assert inputs["with_solar_load"]
    found = 0.7 * inputs["twb"] + 0.2 * inputs["tg"] + 0.1 * inputs["tdb"]
    assert found == pytest.approx(row["outputs"]["wbgt"], abs=0.1)


def test_globes_of_the_weather_centre(shared_data: Callable[[str], Path]) -> None:
    folder = shared_data("heat/thermal_indices_tables")
    cases = np.genfromtxt(folder / "thermofeel_thermofeel_testcases.csv", delimiter=",", names=True)
    expected = np.genfromtxt(folder / "thermofeel_wbgt.csv") - 273.15
    ta, tr = cases["t2m"] - 273.15, cases["mrt"] - 273.15
    humidity = 100 * saturation_vapour_pressure(cases["td"] - 273.15) / saturation_vapour_pressure(ta)
    # its wet bulb is the regression of Stull (2011), not a wick in the open; taken off, its globe remains
    wet = ta * np.arctan(0.151977 * np.sqrt(humidity + 8.313659)) + np.arctan(ta + humidity)
    wet += 0.00391838 * humidity**1.5 * np.arctan(0.023101 * humidity) - np.arctan(humidity - 1.676331) - 4.686035
    theirs = (expected - 0.7 * wet - 0.1 * ta) / 0.2
    breeze = cases["va"] > 0.9  # it knows forced convection only
    assert breeze.sum() > 10
    # its formula solves the balance in round numbers
    np.testing.assert_allclose(globe_temperature(ta, tr, cases["va"])[breeze], theirs[breeze], atol=0.5)


@given(**AIR)
@settings(deadline=None, max_examples=200)
def test_every_state_of_the_air_has_a_number(ta: float, tr: float, wind: float, humidity: float) -> None:
    assert math.isfinite(float(wbgt(ta, tr, wind, humidity)))


def test_missing_stays_missing_and_impossible_is_refused() -> None:
    found = wbgt([30.0, np.nan], 50.0, 1.0, 40.0)
    assert np.isfinite(found[0])
    assert np.isnan(found[1])
    with pytest.raises(InputError, match="relative_humidity is 130 %"):
        wbgt(30.0, 50.0, 1.0, 130.0)
    with pytest.raises(InputError, match="pressure is 1"):
        wbgt(30.0, 50.0, 1.0, 30.0, pressure=1.0)
