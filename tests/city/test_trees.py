"""Crowns on the grid: area, merging, roofs, small crowns, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from twin import GridSpec
from twin.city.trees import SMALLEST_CANOPY, canopy_from_heights, stamp_crowns, stamp_woods
from twin.errors import InputError

SPEC = GridSpec(0.0, 40.0, 1.0, 40, 50, "EPSG:25832")
GRID = SPEC.dataset()
X, Y = np.meshgrid(SPEC.x, SPEC.y)

place = st.floats(-4, 54).map(lambda value: round(value, 3))
tree = st.tuples(
    place, place, st.floats(2.5, 40), st.floats(0.5, 12), st.floats(0, 1)
)  # x, y, height, diameter, share of height at which the crown begins


@given(st.lists(tree, min_size=1, max_size=12))
def test_every_cell_holds_the_highest_top_and_lowest_base_above_its_centre(trees) -> None:
    x, y, height, diameter, share = np.array(trees).T
    base = share * height * 0.9
    top, low = stamp_crowns(GRID, np.column_stack([x, y]), height, diameter, base)
    expected_top = np.zeros(SPEC.shape)
    expected_base = np.full(SPEC.shape, np.inf)
    for i in range(len(x)):
        under = np.hypot(X - x[i], Y - y[i]) <= diameter[i] / 2 * (1 + 1e-12)
        if not anywhere(x[i], y[i], diameter[i]):  # too small for any centre: the cell of the stem
            under = (np.floor(X) == math.floor(x[i])) & (np.ceil(Y) == math.ceil(y[i]))
        expected_top[under] = np.maximum(expected_top[under], height[i])
        expected_base[under] = np.minimum(expected_base[under], base[i])
    expected_base[expected_top == 0] = 0
    assert np.allclose(top.values, expected_top, rtol=1e-6)
    assert np.allclose(low.values, expected_base, rtol=1e-6)


def anywhere(x: float, y: float, diameter: float) -> bool:
    """Whether the crown holds a centre of the endless lattice, on the grid or off it."""
    column, row = np.meshgrid(np.arange(-9, 10) + math.floor(x) + 0.5, np.arange(-9, 10) + math.floor(y) + 0.5)
    return bool((np.hypot(column - x, row - y) <= diameter / 2 * (1 + 1e-12)).any())


def test_many_crowns_cover_the_area_of_their_discs() -> None:
    spec = GridSpec(0, 2000, 2.0, 1000, 1000, "EPSG:25832")
    rng = np.random.default_rng(1)
    places = np.stack(np.meshgrid(np.arange(40), np.arange(40)), -1).reshape(-1, 2) * 50.0 + 20
    places += rng.uniform(0, 10, places.shape)
    top, _ = stamp_crowns(spec.dataset(), places, 10, 7, 3)
    # 1600 crowns of 38.5 m2 on cells of 4 m2: the sampling error of the mean is about 0.3 %
    assert (top.values > 0).sum() * 4.0 == pytest.approx(1600 * math.pi * 3.5**2, rel=0.02)


def test_a_crown_smaller_than_a_cell_takes_the_cell_of_its_stem() -> None:
    spec = GridSpec(0, 40, 10.0, 4, 5, "EPSG:25832")
    top, base = stamp_crowns(spec.dataset(), [(31.0, 11.0)], 6, 2, 2)
    assert np.argwhere(top.values > 0).tolist() == [[2, 3]]
    assert base.values[2, 3] == 2


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_trees_does_not_matter(seed) -> None:
    rng = np.random.default_rng(seed)
    places, height = rng.uniform(10, 25, (30, 2)), rng.uniform(5, 20, 30)
    order = rng.permutation(30)
    once = stamp_crowns(GRID, places, height, 8, 2)
    again = stamp_crowns(GRID, places[order], height[order], 8, 2)
    assert (once[0].values == again[0].values).all()
    assert (once[1].values == again[1].values).all()


def test_trees_one_by_one_are_trees_at_once() -> None:
    places = np.array([[10.2, 10.1], [13.0, 11.0], [30.0, 30.0]])
    at_once = stamp_crowns(GRID, places, [8, 12, 5], 7, [2, 4, 1])
    grid = GRID
    for place, height, base in zip(places, [8, 12, 5], [2, 4, 1], strict=True):
        top, low = stamp_crowns(grid, [place], height, 7, base)
        grid = grid.assign(canopy_height=top, canopy_base_height=low)
    assert (grid.canopy_height == at_once[0]).all()
    assert (grid.canopy_base_height == at_once[1]).all()


def test_a_new_tree_never_lowers_the_canopy_that_is_there() -> None:
    top, base = stamp_woods(GRID, [shapely.box(0, 0, 20, 40)], height=20)
    wooded = GRID.assign(canopy_height=top, canopy_base_height=base)
    higher, lower = stamp_crowns(wooded, [(20.0, 20.0)], 8, 10, 1)
    assert (higher.values >= top.values).all()
    assert higher.values[20, 17] == 20
    assert higher.values[20, 22] == 8
    assert lower.values[20, 17] == 1


def test_no_crown_stands_on_a_roof() -> None:
    numbers = np.zeros(SPEC.shape, np.int32)
    numbers[10:20, 10:20] = 1
    grid = GRID.assign(building_id=(("y", "x"), numbers))
    top, base = stamp_crowns(grid, [(15.0, 20.0)], 9, 12, 3)
    assert not top.values[10:20, 10:20].any()
    assert not base.values[10:20, 10:20].any()
    assert top.values.any()


def test_arguments_are_not_changed() -> None:
    top, base = stamp_crowns(GRID, [(5, 5)], 9, 4, 3)
    grid = GRID.assign(canopy_height=top, canopy_base_height=base)
    before = grid.copy(deep=True)
    stamp_crowns(grid, [(7, 7)], 12, 9, 3)
    assert grid.identical(before)


def test_no_trees_give_an_empty_canopy() -> None:
    top, base = stamp_crowns(GRID, [], [], [], [])
    assert not top.values.any()
    assert not base.values.any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"height": 0}, "height of tree 0 is 0 m"),
        ({"height": [5, math.nan]}, "height of tree 1 is nan m"),
        ({"height": 200}, "at most 120"),
        ({"crown_diameter": -1}, "crown_diameter of tree 0"),
        ({"base_height": 6}, "below its height"),
        ({"height": [5, 5, 5]}, "one per tree"),
        ({"positions": [(1.0, math.inf), (2, 2)]}, "NaN or infinite"),
        ({"positions": [1.0, 2.0, 3.0]}, "easting and northing"),
    ],
)
def test_impossible_trees_are_refused(change, message) -> None:
    trees = {"positions": [(1.0, 1.0), (2.0, 2.0)], "height": 5, "crown_diameter": 3, "base_height": 1} | change
    with pytest.raises(InputError, match=message):
        stamp_crowns(GRID, **trees)


def test_measured_canopy_keeps_what_is_high_enough_and_off_the_roofs() -> None:
    heights = np.array([[0.0, SMALLEST_CANOPY - 0.1, SMALLEST_CANOPY, 15.0, np.nan, 8.0]])
    top, base, cleared = canopy_from_heights(heights, np.array([[False, False, False, False, False, True]]))
    assert top.tolist() == [[0, 0, 2, 15, 0, 0]]
    assert base[0, 3] == pytest.approx(0.25 * 15)
    assert cleared == 1


def test_no_wood_stands_on_a_roof() -> None:
    number = np.zeros(SPEC.shape, np.int32)
    number[10:20, 5:15] = 3
    top, base = stamp_woods(GRID.assign(building_id=(("y", "x"), number)), [shapely.box(0, 0, 20, 40)], height=20)
    assert (top.values[number > 0] == 0).all()
    assert (base.values[number > 0] == 0).all()
    assert (top.values[:, :20][number[:, :20] == 0] == 20).all()
