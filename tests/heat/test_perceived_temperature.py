"""Perceived temperature: its parts against independent programs, and the definition it must keep."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pythermalcomfort.models import pmv_ppd_iso

from twin import kernels
from twin.errors import InputError
from twin.heat import perceived_temperature_kernels as loops
from twin.heat.air import vapour_pressure
from twin.heat.perceived_temperature import perceived_temperature


@given(
    ta=st.floats(-10, 40),
    difference=st.floats(-10, 40),
    wind=st.floats(0.1, 5),
    humidity=st.floats(5, 95),
    clo=st.sampled_from([0.5, 1.0, 1.75]),
)
@settings(deadline=None, max_examples=100)
def test_vote_is_that_of_an_independent_program(
    ta: float, difference: float, wind: float, humidity: float, clo: float
) -> None:
    theirs = pmv_ppd_iso(
        tdb=ta,
        tr=ta + difference,
        vr=wind,
        rh=humidity,
        met=135 / 58.15,
        clo=clo,
        limit_inputs=False,
        round_output=False,
    )
    ours = loops.vote(ta, ta + difference, wind, float(vapour_pressure(ta, humidity)), clo)
    # the standard's listing has 273 instead of 273.15 K and a vapour pressure of its own
    assert ours == pytest.approx(float(theirs.pmv), abs=0.02)


@given(ta=st.floats(-30, 45), clo=st.floats(0.5, 1.75), wind=st.floats(0.1, 5))
@settings(deadline=None, max_examples=100)
def test_half_saturated_even_surroundings_are_their_own_effective_temperature(
    ta: float, clo: float, wind: float
) -> None:
    e = float(vapour_pressure(ta, 50.0))
    assert loops.effective_temperature(ta, ta, wind, e, clo) == pytest.approx(ta, abs=1e-3)


def test_the_reference_feels_like_itself() -> None:
    ta = np.arange(-30.0, 46.0, 2.5)
    np.testing.assert_allclose(perceived_temperature(ta, ta, 0.1, 50.0), ta, atol=1e-4)


def test_people_dress_between_summer_and_winter_clothing() -> None:
    # the regression of Staiger, Laschewski and Graetz (2012) for comfortable people, 21.258 - 9.558 clo, gives 4.5 and
    # 16.5 degC; the vote itself, without regression, lies within 1 K of it
    for clo, expected in ((1.75, 21.258 - 9.558 * 1.75), (0.5, 21.258 - 9.558 * 0.5)):
        ta = np.linspace(0, 25, 2001)
        votes = [loops.vote(t, t, 0.1, float(vapour_pressure(t, 50.0)), clo) for t in ta]
        assert float(np.interp(0.0, votes, ta)) == pytest.approx(expected, abs=1.0)


@given(ta=st.floats(-20, 42), tr=st.floats(-20, 80), wind=st.floats(0, 10), humidity=st.floats(5, 95))
@settings(deadline=None, max_examples=100)
def test_more_radiation_feels_warmer_and_without_a_jump(ta: float, tr: float, wind: float, humidity: float) -> None:
    cool, warm = perceived_temperature(ta, [tr, tr + 0.1], wind, humidity)
    assert 0 < warm - cool < 0.2


@given(ta=st.floats(30, 45), tr=st.floats(30, 80), wind=st.floats(0, 10), humidity=st.floats(20, 90))
@settings(deadline=None, max_examples=100)
def test_moister_heat_feels_warmer(ta: float, tr: float, wind: float, humidity: float) -> None:
    dry, moist = perceived_temperature(ta, tr, wind, [humidity, humidity + 5.0])
    assert moist >= dry - 1e-6


def test_wind_chills_in_the_cold() -> None:
    felt = perceived_temperature(-10.0, -10.0, [0.1, 1.0, 3.0, 8.0], 70.0)
    assert (np.diff(felt) < 0).all()


@given(ta=st.floats(-60, 60), tr=st.floats(-90, 120), wind=st.floats(0, 60), humidity=st.floats(0, 100))
@settings(deadline=None, max_examples=200)
def test_every_state_of_the_air_has_a_number(ta: float, tr: float, wind: float, humidity: float) -> None:
    assert math.isfinite(float(perceived_temperature(ta, tr, wind, humidity)))


def test_results_are_the_same_for_any_number_of_threads() -> None:
    random = np.random.default_rng(5)
    ta, tr = random.uniform(0, 40, 1000), random.uniform(0, 80, 1000)
    found = []
    for threads in (1, 2):
        with kernels.running(threads):
            found.append(perceived_temperature(ta, tr, 1.0, 50.0))
    assert np.array_equal(found[0], found[1])


def test_missing_stays_missing_and_impossible_is_refused() -> None:
    assert np.isnan(perceived_temperature([np.nan, 20.0], 20.0, 1.0, 50.0)).tolist() == [True, False]
    with pytest.raises(InputError, match="wind_speed is -2 m/s"):
        perceived_temperature(20.0, 20.0, -2.0, 50.0)
