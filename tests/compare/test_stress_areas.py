"""Ground by class of heat stress adds up to all open ground, before, after and from class to class."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from twin.compare import stress_class_areas, stress_class_changes
from twin.compare.examples import hamlet
from twin.errors import InputError, MissingDataError

CITY, RESULT = hamlet()
OPEN = CITY.grid["building_id"].values == 0
ALL = 4.0 * OPEN.sum()


def day(values):
    field = np.where(OPEN, values, np.nan).astype(np.float32)
    return RESULT.drop_vars(["utci", "time"]).assign(utci_max=(("y", "x"), field))


@settings(max_examples=30)
@given(hnp.arrays(np.float32, OPEN.shape, elements=st.integers(-50, 60)), st.integers(-20, 20))
def test_classes_add_up_before_after_and_between(values, shift):
    before, after = day(values), day(values + shift)
    first, second = stress_class_areas(before, CITY), stress_class_areas(after, CITY)
    assert first["area"].sum() == second["area"].sum() == ALL
    assert first["percent"].sum() == pytest.approx(100.0)
    changes = stress_class_changes(before, after, CITY)
    np.testing.assert_allclose(changes.sum(axis=1), first["area"])
    np.testing.assert_allclose(changes.sum(axis=0), second["area"])


def test_mirroring_the_city_changes_nothing():
    values = np.random.default_rng(8).uniform(20, 50, OPEN.shape)
    mirrored = CITY.grid.assign(
        building_id=CITY.grid["building_id"].copy(data=CITY.grid["building_id"].values[:, ::-1])
    )
    there = stress_class_areas(day(values), CITY)
    field = np.where(OPEN, values, np.nan)[:, ::-1].astype(np.float32)
    here = stress_class_areas(day(values).assign(utci_max=(("y", "x"), field)), CITY.with_changes(grid=mirrored))
    np.testing.assert_array_equal(there["area"], here["area"])


def test_ground_without_a_value_is_told_not_spread():
    values = np.full(OPEN.shape, 33.0)
    values[0, :3] = np.nan
    table = stress_class_areas(day(values), CITY)
    assert table.attrs["unknown_area"] == 12.0
    assert table["area"].sum() == ALL - 12.0
    assert table.loc["strong_heat_stress", "percent"] == 100.0


def test_a_new_building_is_no_ground_that_cooled_down():
    ids = CITY.grid["building_id"].copy(deep=True)
    ids[6:8, 6:8] = 1
    built = CITY.with_changes(grid=CITY.grid.assign(building_id=ids))
    changes = stress_class_changes(
        day(np.full(OPEN.shape, 33.0)), day(np.full(OPEN.shape, 31.0)), CITY, city_after=built
    )
    assert changes.attrs["other_area"] == 16.0
    assert changes.loc["strong_heat_stress", "moderate_heat_stress"] == ALL - 16.0


def test_a_part_of_the_ground_can_be_asked_for():
    part = np.zeros(OPEN.shape, bool)
    part[:, :2] = True
    assert stress_class_areas(RESULT, CITY, area=part)["area"].sum() == 4.0 * 24
    with pytest.raises(InputError, match="bool on the grid"):
        stress_class_areas(RESULT, CITY, area=part.astype(int))
    with pytest.raises(MissingDataError, match="pet"):
        stress_class_areas(RESULT, CITY, index="pet")
