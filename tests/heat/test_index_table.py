"""Tables of indices: within 0.01 K of the index wherever a radiant temperature may lie."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin import kernels
from twin.errors import InputError
from twin.heat.index_table import FINEST, INDICES, TOLERANCE, IndexTable, apply, tabulate, wind_height
from twin.heat.perceived_temperature import perceived_temperature
from twin.heat.pet import Person, pet, pet_wg
from twin.heat.utci import utci
from twin.heat.wbgt import wbgt

FUNCTIONS: dict[str, Callable[..., np.ndarray]] = {
    "utci": utci,
    "pet": pet,
    "pet_wg": pet_wg,
    "perceived_temperature": perceived_temperature,
    "wbgt": wbgt,
}
STATES = {"air_temperature": st.floats(-30, 45), "relative_humidity": st.floats(1, 100), "wind_speed": st.floats(0, 15)}


def _look_up(table: IndexTable, radiant: np.ndarray) -> np.ndarray:
    out = np.empty(radiant.shape, np.float32)
    apply(table, radiant.astype(np.float32), out)
    return out


@pytest.mark.parametrize("index", INDICES)
@given(**STATES)
@settings(deadline=None, max_examples=30)
def test_an_index_from_a_table_is_the_index(
    index: str, air_temperature: float, relative_humidity: float, wind_speed: float
) -> None:
    function = FUNCTIONS[index]
    radiant = np.random.default_rng(1).uniform(-90, 120, 2000).astype(np.float32)
    felt = _look_up(tabulate(index, air_temperature, relative_humidity, wind_speed), radiant)
    exact = function(air_temperature, radiant, wind_speed, relative_humidity)
    wrong = np.abs(felt - exact) > TOLERANCE
    if index == "utci":
        assert not wrong.any()
    # an index may jump: then the value lies among those at most a row away
    near = np.float64(radiant[wrong])[:, None] + np.linspace(-FINEST, FINEST, 9)
    sides = function(air_temperature, np.clip(near, -90, 120), wind_speed, relative_humidity)
    assert (felt[wrong] >= sides.min(axis=1) - TOLERANCE).all()
    assert (felt[wrong] <= sides.max(axis=1) + TOLERANCE).all()
    assert wrong.mean() < 0.002  # and that is rare


def test_a_table_is_made_for_a_person_and_a_pressure() -> None:
    child = Person(age=8, height=1.3, weight=28)
    for index, function in (("pet", pet), ("pet_wg", pet_wg)):
        table = tabulate(index, 30.0, 40.0, 1.0, person=child, pressure=900.0)
        exact = function(30.0, 50.0, 1.0, 40.0, person=child, pressure=900.0)
        assert abs(float(_look_up(table, np.array([50.0]))[0]) - float(exact)) < TOLERANCE
        assert abs(float(exact) - float(function(30.0, 50.0, 1.0, 40.0))) > 0.05


@given(
    values=st.lists(st.floats(-50, 50, width=32), min_size=2, max_size=40),
    radiant=st.lists(st.floats(-90, 120, width=32), min_size=1, max_size=60),
)
@settings(deadline=None, max_examples=100)
def test_look_up_interpolates_like_numpy(values: list[float], radiant: list[float]) -> None:
    table = IndexTable("utci", -90.0, 210.0 / (len(values) - 1), np.array(values, np.float32))
    rows = np.linspace(-90.0, 120.0, len(values))
    expected = np.interp(np.array(radiant), rows, table.values)
    # a place among rows has 24 bits: up to 40 rows of slopes up to 100 a row
    np.testing.assert_allclose(_look_up(table, np.array(radiant)), expected, atol=2e-3)


def test_missing_stays_missing_and_its_neighbours_are_untouched() -> None:
    radiant = np.full((3, 70), 40.0, np.float32)
    radiant[1, ::2] = np.nan
    felt = _look_up(tabulate("utci", 30.0, 40.0, 2.0), radiant)
    assert np.array_equal(np.isnan(felt), np.isnan(radiant))
    assert len(np.unique(felt[np.isfinite(felt)])) == 1


def test_beyond_its_ends_a_table_goes_on_straight() -> None:
    table = IndexTable("utci", 0.0, 1.0, np.array([0.0, 2.0, 3.0], np.float32))
    np.testing.assert_array_equal(_look_up(table, np.array([-10.0, 0.5, 4.0])), [-20.0, 1.0, 5.0])


def test_a_result_is_the_same_for_any_number_of_threads() -> None:
    radiant = np.random.default_rng(2).uniform(0, 80, 50_000).astype(np.float32)
    table = tabulate("utci", 30.0, 40.0, 2.0)
    found = []
    for threads in (1, 2):
        with kernels.running(threads):
            found.append(_look_up(table, radiant))
    assert np.array_equal(found[0], found[1])


def test_a_table_may_replace_the_radiant_temperature() -> None:
    radiant = np.linspace(0, 80, 100, dtype=np.float32)
    table = tabulate("utci", 30.0, 40.0, 2.0)
    expected = _look_up(table, radiant)
    apply(table, radiant, radiant)
    assert np.array_equal(radiant, expected)


def test_every_index_names_the_height_of_its_wind() -> None:
    assert wind_height("utci") == 10.0
    assert all(wind_height(name) in (1.1, 10.0) for name in INDICES)


@pytest.mark.parametrize(
    ("index", "air", "humidity", "wind", "words"),
    [
        ("humidex", 30.0, 40.0, 2.0, "there is no index 'humidex'; there are: utci, pet"),
        ("utci", 30.0, 101.0, 2.0, "relative_humidity is 101 %"),
        ("utci", 30.0, -1.0, 2.0, "relative_humidity is -1 %"),
        ("utci", 30.0, 40.0, -2.0, "wind_speed is -2 m/s"),
        ("utci", float("nan"), 40.0, 2.0, "air_temperature is nan"),
        ("utci", 30.0, float("inf"), 2.0, "relative_humidity is inf"),
    ],
)
def test_impossible_air_is_refused_by_name(index: str, air: float, humidity: float, wind: float, words: str) -> None:
    with pytest.raises(InputError, match=words):
        tabulate(index, air, humidity, wind)


def test_arrays_that_cannot_be_filled_are_refused() -> None:
    table = tabulate("utci", 30.0, 40.0, 2.0)
    field = np.zeros((4, 4), np.float32)
    with pytest.raises(InputError, match="out has the shape"):
        apply(table, field, np.zeros(3, np.float32))
    with pytest.raises(InputError, match="float64"):
        apply(table, field.astype(float), field)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="without gaps"):
        apply(table, field[:, :2], np.zeros((4, 2), np.float32))
    with pytest.raises(InputError, match="tolerance"):
        tabulate("utci", 30.0, 40.0, 2.0, tolerance=0.0)
