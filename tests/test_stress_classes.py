"""Classes of thermal stress are those of their sources, without gaps, and have a name in both languages."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from twin.errors import InputError
from twin.stress_classes import STRESS_CLASSES, UNKNOWN, classify, stress_classes

# lower bounds of the classes of heat: Bröde et al. (2012); Matzarakis and Mayer (1996); Staiger et al. (2012)
HEAT = {
    "utci": {"moderate": 26, "strong": 32, "very_strong": 38, "extreme": 46},
    "pet": {"slight": 23, "moderate": 29, "strong": 35, "extreme": 41},
    "pet_wg": {"slight": 23, "moderate": 29, "strong": 35, "extreme": 41},
    "perceived_temperature": {"slight": 20, "moderate": 26, "strong": 32, "extreme": 38},
}


@pytest.mark.parametrize("index", STRESS_CLASSES)
def test_classes_of_heat_begin_where_the_sources_say(index):
    found = {c.meaning.removesuffix("_heat_stress"): c.lower for c in stress_classes(index) if "heat" in c.meaning}
    assert found == HEAT[index]


@pytest.mark.parametrize("index", STRESS_CLASSES)
def test_classes_leave_no_gap_and_each_has_two_names(index):
    classes = stress_classes(index)
    assert (classes[0].lower, classes[-1].upper) == (-math.inf, math.inf)
    assert all(below.upper == above.lower for below, above in itertools.pairwise(classes))
    assert all(c.label("en") and c.label("de") and c.label("en") != c.label("de") for c in classes)
    assert len({c.meaning for c in classes}) == len(classes)


@pytest.mark.parametrize("index", STRESS_CLASSES)
def test_every_value_falls_into_the_class_that_holds_it(index):
    values = np.linspace(-60.0, 60.0, 2401)
    for value, number in zip(values, classify(values, index), strict=True):
        assert stress_classes(index)[number].lower < value <= stress_classes(index)[number].upper


def test_no_value_is_no_class_and_an_index_without_classes_is_named():
    assert classify(np.array([np.nan], np.float32)).tolist() == [UNKNOWN]
    with pytest.raises(InputError, match="'wind' has no classes"):
        classify([1.0], "wind")
