"""Classes of thermal stress: the published bounds, in order, in two languages; hours and degree hours."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.errors import InputError
from twin.heat.stress_classes import CLASSES, MISSING, classify, degree_hours, flag_attributes, hours_above, labels


@pytest.mark.parametrize(
    ("index", "bounds"),
    [
        # Broede et al. (2012), table of thermal stress categories
        ("utci", [-40, -27, -13, 0, 9, 26, 32, 38, 46]),
        # Matzarakis and Mayer (1996)
        ("pet", [4, 8, 13, 18, 23, 29, 35, 41]),
        ("pet_wg", [4, 8, 13, 18, 23, 29, 35, 41]),
        # VDI 3787 part 2
        ("perceived_temperature", [-39, -26, -13, 0, 20, 26, 32, 38]),
    ],
)
def test_bounds_are_the_published_ones(index: str, bounds: list[float]) -> None:
    classes = CLASSES[index]
    assert [one.lower for one in classes[1:]] == bounds
    assert classes[0].lower == -np.inf
    assert len({one.colour for one in classes}) == len(classes)
    assert len(set(labels(index))) == len(set(labels(index, "de"))) == len(classes)
    assert classes[[one.flag for one in classes].index("no_thermal_stress")].colour == "#a1d99b"


@pytest.mark.parametrize("index", CLASSES)
def test_a_bound_belongs_to_the_warmer_class(index: str) -> None:
    for number, one in enumerate(CLASSES[index][1:], start=1):
        below = np.nextafter(np.float32(one.lower), np.float32(-np.inf))
        assert classify(index, np.float32(one.lower)) == number
        assert classify(index, below) == number - 1


@given(st.lists(st.floats(-100, 100, width=32), min_size=1))
def test_warmer_is_never_a_colder_class(values: list[float]) -> None:
    assert (np.diff(classify("utci", np.sort(np.array(values, np.float32))).astype(int)) >= 0).all()


def test_missing_is_no_class() -> None:
    found = classify("pet", np.array([[np.nan, 20.0]]))
    assert found.tolist() == [[MISSING, 4]]
    assert MISSING not in flag_attributes("pet")["flag_values"]  # type: ignore[operator]


def test_flags_are_as_cf_asks() -> None:
    for index in CLASSES:
        attributes = flag_attributes(index)
        words = str(attributes["flag_meanings"]).split()
        assert len(words) == len(set(words)) == len(CLASSES[index]) == len(str(attributes["flag_colors"]).split())


def test_hours_and_degree_hours_of_half_hours() -> None:
    values = np.array([[31.0, 33.0], [32.0, np.nan], [36.0, 40.0]], dtype=np.float32)[:, None, :]
    np.testing.assert_array_equal(hours_above(values, 32.0, step=1800.0), [[0.5, np.nan]])
    np.testing.assert_array_equal(degree_hours(values, 32.0, step=1800.0), [[2.0, np.nan]])


def test_impossible_questions_are_refused() -> None:
    with pytest.raises(InputError, match="'wbgt' has no classes of stress; there are some of: utci, pet"):
        classify("wbgt", 30.0)
    for function in (hours_above, degree_hours):
        with pytest.raises(InputError, match="step is 0 s"):
            function(np.zeros((1, 1)), 32.0, step=0.0)
