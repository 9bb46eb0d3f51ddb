"""What residents feel at home: every resident counts once, worked out by hand on a village of 24 homes."""

from __future__ import annotations

import numpy as np
import pytest

from twin.compare.indicators import indicator

# homes stand in four rows of six; the open cells next to column c of the homes begin at grid column 5 + 12 c
WEST = np.array([home % 6 < 3 for home in range(24)])


@pytest.fixture
def heat_of(village, results):
    """Give the heat result the same felt temperature at all hours: one value a column of the grid."""

    def make(by_column):
        heat = results["heat"](village)
        field = np.broadcast_to(by_column, village.spec.shape)
        return heat.assign(utci=heat["utci"] * 0 + field)

    return make


def test_the_mean_over_residents_weighs_homes_by_who_lives_there(village, heat_of):
    heat = heat_of(np.where(np.arange(80) < 38, 30.0, 40.0))
    people = village.buildings["residents"].to_numpy()
    expected = (30.0 * people[WEST].sum() + 40.0 * people[~WEST].sum()) / people.sum()
    assert expected != pytest.approx(35.0, abs=0.01)  # the plain mean over homes, which is not asked for
    assert indicator("heat_residents_utci_mean").value(heat, village) == pytest.approx(expected, abs=1e-5)


def test_residents_under_very_strong_stress_are_counted_once(village, heat_of):
    heat = heat_of(np.where(np.arange(80) < 38, 30.0, 40.0))
    people = village.buildings["residents"].to_numpy()
    assert indicator("heat_residents_very_strong_stress").value(heat, village) == people[~WEST].sum()


def test_a_cool_place_serves_homes_within_150_metres(village, heat_of):
    # cool along the western edge alone: 25, 85 and 145 m from the first three columns of homes, 205 m from the fourth
    heat = heat_of(np.where(np.arange(80) < 1, 31.0, 40.0))
    people = village.buildings["residents"].to_numpy()
    expected = 100.0 * people[WEST].sum() / people.sum()
    assert indicator("heat_residents_near_cool_place").value(heat, village) == pytest.approx(expected, rel=1e-12)


def test_without_a_cool_place_nobody_is_near_one(village, heat_of):
    assert indicator("heat_residents_near_cool_place").value(heat_of(np.full(80, 40.0)), village) == 0.0


def test_the_share_of_nobody_is_unknown_however_hot_it_is(village, heat_of):
    empty = village.with_changes(buildings=village.buildings.assign(residents=0.0))
    for temperature in (20.0, 40.0):
        value = indicator("heat_residents_near_cool_place").value(heat_of(np.full(80, temperature)), empty)
        assert np.isnan(value)
