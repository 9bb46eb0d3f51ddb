"""UTCI: the published polynomial, against an independent implementation and printed values."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pythermalcomfort.models import utci as oracle

from twin import kernels
from twin.errors import InputError
from twin.heat import utci_kernels
from twin.heat.air import saturation_vapour_pressure
from twin.heat.utci import utci, utci_polynomial
from twin.heat.utci_table import COEFFICIENTS

# the independent code is the same polynomial in another order of sums: what differs is round-off
ROUND_OFF = 1e-8


def _oracle(ta: float, tmrt: float, wind: float, humidity: float) -> float:
    return float(oracle(tdb=ta, tr=tmrt, v=wind, rh=humidity, limit_inputs=False, round_output=False).utci)


def test_table_holds_every_monomial_up_to_degree_six() -> None:
    count = 0
    for powers, row in COEFFICIENTS.items():
        assert len(row) == 7 - sum(powers)
        count += len(row)
    assert count == 210  # binomial(6 + 4, 4)


@given(
    ta=st.floats(-50, 50),
    difference=st.floats(-30, 70),
    wind=st.floats(0.5, 17),
    humidity=st.floats(0, 100),
)
@settings(deadline=None, max_examples=300)
def test_polynomial_equals_independent_code(ta: float, difference: float, wind: float, humidity: float) -> None:
    expected = _oracle(ta, ta + difference, wind, humidity)
    assert float(utci(ta, ta + difference, wind, humidity)) == pytest.approx(
        expected, abs=ROUND_OFF * (1 + abs(expected))
    )


def test_every_coefficient_matters_and_agrees() -> None:
    # 400 points over the fitted range tell 210 monomials apart: one wrong coefficient would show
    random = np.random.default_rng(1)
    ta = random.uniform(-50, 50, 400)
    tmrt = ta + random.uniform(-30, 70, 400)
    wind, humidity = random.uniform(0.5, 17, 400), random.uniform(0, 100, 400)
    expected = oracle(tdb=ta, tr=tmrt, v=wind, rh=humidity, limit_inputs=False, round_output=False).utci
    np.testing.assert_allclose(utci(ta, tmrt, wind, humidity), expected, atol=1e-8)


@pytest.mark.parametrize(
    ("ta", "tmrt", "humidity", "wind", "expected"),
    # rows of the validation tables for comfort models (MIT licence), given to 0.1 K
    [(25, 27, 50, 1, 25.2), (19, 24, 50, 1, 20.0)],
)
def test_printed_values(ta: float, tmrt: float, humidity: float, wind: float, expected: float) -> None:
    assert float(utci(ta, tmrt, wind, humidity)) == pytest.approx(expected, abs=0.05 + 1e-9)


def test_validation_table(shared_data: Callable[[str], Path]) -> None:
    table = json.loads(shared_data("heat/thermal_indices_tables/ts_utci.json").read_text())
    checked = 0
    for row in table["data"]:
        inputs, outputs = row["inputs"], row["outputs"]
        expected = outputs.get("utci")
        if not isinstance(expected, (int, float)) or not all(
            isinstance(inputs.get(key), (int, float)) for key in ("tdb", "tr", "rh", "v")
        ):
            continue
        if inputs.get("units", "SI").upper() != "SI":
            continue
        got = float(utci(inputs["tdb"], inputs["tr"], inputs["v"], inputs["rh"]))
        assert got == pytest.approx(expected, abs=0.1)
        checked += 1
    assert checked > 0


def test_calm_air_counts_as_half_a_metre_per_second() -> None:
    assert float(utci(30, 60, 0.0, 40)) == float(utci(30, 60, 0.5, 40))


def test_collapsed_polynomial_equals_the_full_one() -> None:
    tmrt = np.linspace(0, 80, 50)
    collapsed = np.polyval(utci_polynomial(30.0, 2.0, 40.0)[::-1], tmrt - 30.0)
    np.testing.assert_allclose(collapsed, utci(30.0, tmrt, 2.0, 40.0), rtol=1e-12)


def test_saturation_pressure_at_the_triple_point() -> None:
    # 6.11657 hPa at 0.01 degC: Guildner, Johnson and Jones (1976)
    assert float(saturation_vapour_pressure(0.01)) == pytest.approx(6.11657, rel=1e-5)


def test_nan_stays_nan() -> None:
    assert np.isnan(utci(np.nan, 30.0, 1.0, 50.0))


@pytest.mark.parametrize(("wind", "humidity"), [(-1.0, 50.0), (1.0, -1.0), (1.0, 101.0)])
def test_impossible_air_is_refused(wind: float, humidity: float) -> None:
    with pytest.raises(InputError):
        utci(20.0, 20.0, wind, humidity)


def test_calm_air_counts_as_half_a_metre_per_second_in_the_collapsed_polynomial_too() -> None:
    np.testing.assert_array_equal(utci_polynomial(30.0, 0.0, 40.0), utci_polynomial(30.0, 0.5, 40.0))
    assert np.polyval(utci_polynomial(30.0, 0.1, 40.0)[::-1], 20.0) == pytest.approx(float(utci(30.0, 50.0, 0.1, 40.0)))


@given(temperature=st.floats(-60, 60))
@settings(deadline=None, max_examples=200)
def test_saturation_without_library_functions_is_saturation(temperature: float) -> None:
    expected = float(saturation_vapour_pressure(temperature))
    assert float(utci_kernels.saturation(temperature)) == pytest.approx(expected, rel=1e-11)


def test_fields_of_air_give_what_each_cell_gives_alone() -> None:
    random = np.random.default_rng(3)
    ta, wind, humidity = (
        random.uniform(-20, 40, (40, 1)),
        random.uniform(0, 9, (1, 30)),
        random.uniform(5, 100, (40, 30)),
    )
    tmrt = ta + random.uniform(-20, 60, (40, 30))
    felt = utci(ta, tmrt, wind, humidity)
    assert felt.shape == (40, 30)
    for i, j in ((0, 0), (7, 29), (39, 13)):
        alone = np.polyval(utci_polynomial(ta[i, 0], wind[0, j], humidity[i, j])[::-1], tmrt[i, j] - ta[i, 0])
        assert felt[i, j] == pytest.approx(alone, abs=1e-9)


def test_fields_are_the_same_for_any_number_of_threads() -> None:
    random = np.random.default_rng(4)
    ta, tmrt = random.uniform(0, 40, 20_000), random.uniform(0, 80, 20_000)
    found = []
    for threads in (1, 2):
        with kernels.running(threads):
            found.append((utci(ta, tmrt, 1.0, 50.0), utci(30.0, tmrt, 1.0, 50.0)))
    assert np.array_equal(found[0][0], found[1][0])
    assert np.array_equal(found[0][1], found[1][1])


def test_a_missing_cell_leaves_its_neighbours_alone() -> None:
    ta = np.full(100, 25.0)
    ta[37] = np.nan
    felt = utci(ta, 40.0, 1.0, 50.0)
    assert np.isnan(felt[37])
    assert np.isfinite(np.delete(felt, 37)).all()
    assert utci(ta[:0], 40.0, 1.0, 50.0).shape == (0,)


def test_single_point_values_of_another_program(shared_data: Callable[[str], Path]) -> None:
    with np.load(shared_data("heat/golden_umep_athens/golden_params.npz")) as file:
        ta, humidity, tmrt, wind = file["utci_single_point__inputs"].T
        expected = file["utci_single_point__outputs"]
    fitted = wind >= 0.5  # one row has 0.1 m/s, for which that program extrapolates
    assert fitted.sum() == 6
    # that program works in float32
    np.testing.assert_allclose(utci(ta, tmrt, wind, humidity)[fitted], expected[fitted], atol=2e-4)


def test_values_of_the_weather_centre(shared_data: Callable[[str], Path]) -> None:
    cases = np.genfromtxt(
        shared_data("heat/thermal_indices_tables/thermofeel_thermofeel_testcases.csv"), delimiter=",", names=True
    )
    expected = np.genfromtxt(shared_data("heat/thermal_indices_tables/thermofeel_utci.csv")) - 273.15
    ta, tmrt, wind = cases["t2m"] - 273.15, cases["mrt"] - 273.15, cases["va"]
    humidity = 100 * saturation_vapour_pressure(cases["td"] - 273.15) / saturation_vapour_pressure(ta)
    inside = (wind >= 0.5) & (np.abs(tmrt - ta - 20) <= 50) & (humidity <= 100) & np.isfinite(expected)
    assert inside.sum() > 10
    felt = utci(ta[inside], tmrt[inside], wind[inside], humidity[inside])
    # it takes vapour pressure from the dew point by another formula; a hundredth of a hPa is worth some 0.01 K
    np.testing.assert_allclose(felt, expected[inside], atol=0.05)
