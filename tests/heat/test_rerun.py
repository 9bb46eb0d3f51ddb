"""A rerun gives what a full run gives, to the bit, whatever was changed; and it computes less."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import twin
from twin.errors import InputError
from twin.heat.changed_inputs import other_than
from twin.heat.influence import covering, enclosed, rectangles, shadow_of
from twin.heat.inputs import used_names
from twin.heat.plates import widened
from twin.heat.rerun import HeatRun, patch_obstacles, prepare, rerun
from twin.heat.scene import obstacles_of
from twin.heat.window import Window

Build = Callable[..., xr.Dataset]
COARSE = {"directions": 16, "sun_samples": 1}
SHAPE = (52, 66)


def _scene(seed: int, hills: float) -> dict[str, Any]:
    """Blocks of houses, single trees, mixed ground, on a plain or on hills."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    ground = 100 + hills * (np.sin(x / 13.0 + seed) + np.cos(y / 17.0)) + 0.02 * hills * x
    roof = np.zeros(SHAPE)
    for _ in range(9):
        i, j = random.integers(0, SHAPE[0] - 12), random.integers(0, SHAPE[1] - 12)
        a, b = random.integers(4, 12, 2)
        roof[i : i + a, j : j + b] = random.uniform(4, 22)
    crown = np.where((random.random(SHAPE) < 0.03) & (roof == 0), random.uniform(3, 14, SHAPE), 0.0)
    cover = np.where(roof > 0, 3, np.where(random.random(SHAPE) < 0.5, 1, 6))
    return {
        "ground_elevation": ground,
        "roof_height": roof,
        "canopy_height": crown.astype(np.float32),
        "land_cover": cover.astype(np.uint8),
        "albedo": np.full(SHAPE, 0.2, np.float32),
        "wall_albedo": np.where(roof > 12, 0.5, np.nan).astype(np.float32),
    }


def _edit(fields: dict[str, Any], what: str, random: np.random.Generator) -> dict[str, Any]:
    fields = {name: values.copy() for name, values in fields.items()}
    i, j = random.integers(0, SHAPE[0] - 8), random.integers(0, SHAPE[1] - 8)
    here = (slice(i, i + random.integers(1, 8)), slice(j, j + random.integers(1, 8)))
    if what == "trees":
        for _ in range(4):
            i, j = random.integers(0, SHAPE[0] - 3), random.integers(0, SHAPE[1] - 3)
            fields["canopy_height"][i : i + 3, j : j + 3] = np.where(
                fields["roof_height"][i : i + 3, j : j + 3] > 0, 0, random.uniform(3, 20)
            )
    elif what == "felling":
        fields["canopy_height"][here] = 0.0
    elif what == "building":
        fields["roof_height"][here] = random.uniform(3, 30)
    elif what == "removal":
        fields["roof_height"][max(i - 8, 0) : i + 8, max(j - 8, 0) : j + 8] = 0.0
    elif what == "ground":
        fields["ground_elevation"][here] += random.uniform(-2, 2)
    elif what == "unsealing":
        fields["land_cover"][here] = np.where(fields["roof_height"][here] > 0, 3, 6)
    elif what == "walls":
        fields["wall_albedo"][here] = 0.8
    else:
        fields["albedo"][here] = 0.5
    return fields


def _assert_same(found: xr.Dataset, expected: xr.Dataset) -> None:
    assert set(found.data_vars) == set(expected.data_vars)
    for name in expected.data_vars:
        np.testing.assert_array_equal(found[name].values, expected[name].values, err_msg=str(name))
    assert found.attrs == expected.attrs


@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 10**6),
    what=st.sampled_from(["trees", "felling", "building", "removal", "ground", "unsealing", "walls", "albedo"]),
    hills=st.sampled_from([0.0, 6.0]),
    resolution=st.sampled_from([1.0, 2.5]),
)
def test_a_rerun_is_a_full_run(
    make_grid: Build, day: xr.Dataset, seed: int, what: str, hills: float, resolution: float
) -> None:
    fields = _scene(seed, hills)
    before = make_grid(SHAPE, resolution, **fields)
    after = make_grid(SHAPE, resolution, **_edit(fields, what, np.random.default_rng(seed + 1)))
    hourly = ("utci", "sunlit_fraction")
    run = prepare(before, day, hourly=hourly, **COARSE)
    again = rerun(run, after)
    expected = twin.heat.simulate(after, day, hourly=hourly, **COARSE)
    _assert_same(again.result, expected)
    whole = prepare(after, day, hourly=hourly, **COARSE)
    np.testing.assert_array_equal(again.horizon, whole.horizon)
    np.testing.assert_array_equal(again.relief.low, whole.relief.low)
    differ = ~((again.result.utci == run.result.utci) | again.result.utci.isnull() & run.result.utci.isnull()).all(
        "time"
    )
    assert (again.changed[differ.values]).all()


@pytest.fixture(scope="module")
def yard(make_grid: Build) -> xr.Dataset:
    """A yard of 40 x 40 cells, closed on all sides by houses of 20 m, in the middle of an open field."""
    roof = np.zeros((160, 160))
    roof[50:110, 50:110] = 20.0
    roof[60:100, 60:100] = 0.0
    return make_grid((160, 160), 1.0, roof_height=roof, land_cover=np.uint8(1), canopy_height=np.float32(0))


@pytest.fixture(scope="module")
def run(yard: xr.Dataset, day: xr.Dataset) -> HeatRun:
    return prepare(yard, day, **COARSE)


def _planted(grid: xr.Dataset, places: list[tuple[int, int]], height: float = 8.0) -> xr.Dataset:
    crown = grid.canopy_height.values.copy()
    for i, j in places:
        crown[i : i + 5, j : j + 5] = height
    return grid.assign(canopy_height=(("y", "x"), crown))


def test_trees_in_a_closed_yard_touch_nothing_outside(yard: xr.Dataset, run: HeatRun) -> None:
    again = rerun(run, _planted(yard, [(65, 70), (80, 80), (90, 64)]))
    outside = np.ones((160, 160), bool)
    outside[60:100, 60:100] = False
    assert not again.changed[outside].any()
    assert again.changed[60:100, 60:100].all()
    assert again.computed < 80 * 80


def test_many_edits_come_to_the_same_in_any_number_of_steps(yard: xr.Dataset, run: HeatRun, day: xr.Dataset) -> None:
    places = [(65, 70), (20, 30), (90, 64), (130, 20)]
    at_once = rerun(run, _planted(yard, places))
    step = run
    for n in range(len(places)):
        step = rerun(step, _planted(yard, places[: n + 1]), threads=1 + n % 2)
    _assert_same(step.result, at_once.result)
    back = rerun(step, yard)
    _assert_same(back.result, run.result)


def test_the_run_and_the_grids_stay_as_they_are(yard: xr.Dataset, run: HeatRun) -> None:
    before = (yard.copy(deep=True), run.result.copy(deep=True), run.horizon.copy())
    after = _planted(yard, [(65, 70)])
    copy = after.copy(deep=True)
    rerun(run, after)
    xr.testing.assert_identical(yard, before[0])
    xr.testing.assert_identical(after, copy)
    xr.testing.assert_identical(run.result, before[1])
    np.testing.assert_array_equal(run.horizon, before[2])


def test_a_known_window_saves_the_comparison(yard: xr.Dataset, run: HeatRun) -> None:
    after = _planted(yard, [(65, 70)])
    _assert_same(rerun(run, after, within=Window(60, 60, 20, 20)).result, rerun(run, after).result)


def test_nothing_changed_costs_nothing(yard: xr.Dataset, run: HeatRun) -> None:
    again = rerun(run, yard.copy(deep=True))
    assert again.computed == 0
    assert not again.changed.any()
    xr.testing.assert_identical(again.result, run.result)


def test_the_first_sail_may_come_with_a_rerun(yard: xr.Dataset, run: HeatRun, day: xr.Dataset) -> None:
    sail = np.zeros((160, 160), np.float32)
    sail[70:76, 70:76] = 3.0
    after = yard.assign(sail_height=(("y", "x"), sail))
    _assert_same(rerun(run, after).result, prepare(after, day, **COARSE).result)


def test_another_grid_is_refused(run: HeatRun, make_grid: Build) -> None:
    with pytest.raises(InputError, match="the run has"):
        rerun(run, make_grid((160, 160), 2.0, canopy_height=np.float32(0)))


def test_a_grid_that_lacks_a_variable_is_refused(run: HeatRun, yard: xr.Dataset) -> None:
    with pytest.raises(InputError, match="canopy_height"):
        rerun(run, yard.drop_vars("canopy_height"))


def test_an_impossible_edit_is_named(run: HeatRun, yard: xr.Dataset) -> None:
    with pytest.raises(InputError, match="canopy_height is 300"):
        rerun(run, _planted(yard, [(65, 70)], 300.0))


def test_an_unknown_option_is_refused(yard: xr.Dataset, day: xr.Dataset) -> None:
    with pytest.raises(InputError, match="no option 'direction'"):
        prepare(yard, day, direction=16)


@settings(deadline=None, max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 10**6),
    open_side=st.booleans(),
    shift=st.integers(0, 7),
    height=st.sampled_from([4.0, 9.0, 12.0]),
    hills=st.sampled_from([0.0, 0.05]),
)
def test_trees_in_yards_and_fields_come_to_the_same_far_away(
    make_grid: Build, day: xr.Dataset, seed: int, open_side: bool, shift: int, height: float, hills: float
) -> None:
    """Low crowns are seen up to some 30 cells here, their shadows reach farther, or end at the walls of a yard."""
    random = np.random.default_rng(seed)
    shape = (150, 140 + shift)
    y, x = np.mgrid[: shape[0], : shape[1]]
    roof = np.zeros(shape)
    roof[50:84, 40 + shift : 80 + shift] = random.uniform(6, 16)
    roof[56:78, 46 + shift : 74 + shift] = 0.0
    if open_side:
        roof[60:70, 40 + shift : 46 + shift] = random.choice([0.0, 3.0])
    fields = {
        "ground_elevation": 100 + hills * (x + 20 * np.sin(y / 9.0)),
        "roof_height": roof,
        "canopy_height": np.zeros(shape, np.float32),
        "land_cover": np.uint8(6),
    }
    before = make_grid(shape, 2.0, **fields)
    crown = np.zeros(shape, np.float32)
    for _ in range(3):
        i, j = random.integers(57, 74), random.integers(47 + shift, 70 + shift)
        crown[i : i + 3, j : j + 3] = height
    after = make_grid(shape, 2.0, **fields | {"canopy_height": crown})
    run = prepare(before, day, **COARSE)
    expected = prepare(after, day, **COARSE)
    _assert_same(rerun(run, after).result, expected.result)
    _assert_same(rerun(expected, before).result, run.result)


def test_a_wall_with_a_gap_at_a_corner_encloses_nothing() -> None:
    walls = np.ones((40, 40), bool)
    walls[10:20, 10:20] = False
    part, box = Window(100, 100, 40, 40), Window(112, 112, 2, 2)
    inside = enclosed(walls, part, box, (900, 900))
    assert inside is not None
    assert inside.sum() == 100
    walls[np.arange(20, 40), np.arange(20, 40)] = False
    assert enclosed(walls, part, box, (900, 900)) is None
    at_corner = enclosed(walls, part, box, (140, 140))
    assert at_corner is not None
    assert at_corner.sum() == 120


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 10**6),
    what=st.sampled_from(["trees", "felling", "building", "removal", "ground"]),
    hills=st.sampled_from([0.0, 6.0]),
)
def test_patched_obstacles_are_new_ones(make_grid: Build, seed: int, what: str, hills: float) -> None:
    fields = _scene(seed, hills)
    parts = []
    for layers in (fields, _edit(fields, what, np.random.default_rng(seed + 1))):
        grid = make_grid(SHAPE, 1.0, **layers)
        parts.append({name: grid[name].values for name in used_names(grid)})
    changed = np.zeros(SHAPE, bool)
    for name in parts[0]:
        changed |= other_than(parts[0][name], parts[1][name])
    if not changed.any():
        return
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    box = Window(rows[0], columns[0], rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1)
    before, expected = (obstacles_of(part, 1.0, (0, 0)) for part in parts)
    assert before.barriers is not None
    found = patch_obstacles(before, parts[1], widened(box, 2, SHAPE), 1.0, (0, 0))
    for name in ("ground", "solid", "slope", "roof", "top", "base"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), err_msg=name)
    assert found.slack == expected.slack
    for field in dataclasses.fields(found.barriers):  # a layer may be empty instead of absent
        new, old = getattr(found.barriers, field.name), getattr(expected.barriers, field.name)
        if field.name not in ("highest", "layers", "level") and np.shape(new) == np.shape(
            old
        ):  # a layer may be empty instead of absent
            np.testing.assert_array_equal(new, old, err_msg=field.name)
    assert found.barriers.highest >= expected.barriers.highest
    assert expected.barriers.level or not found.barriers.level
    assert all(a >= b for a, b in zip(found.barriers.layers, expected.barriers.layers, strict=True))


@settings(deadline=None)
@given(seed=st.integers(0, 10**6), density=st.sampled_from([0.0005, 0.01, 0.3]), margin=st.integers(0, 12))
def test_windows_cover_every_marked_cell(seed: int, density: float, margin: int) -> None:
    marked = np.random.default_rng(seed).random((90, 120)) < density
    covered = np.zeros_like(marked)
    for window in covering(marked, margin):
        window.of(covered)[...] = True
    assert (covered >= marked).all()


def test_far_places_get_windows_of_their_own() -> None:
    marked = np.zeros((400, 400), bool)
    marked[:10, :10] = marked[390:, 380:] = True
    assert sum(window.rows * window.columns for window in covering(marked, 11)) == 300


@settings(deadline=None)
@given(seed=st.integers(0, 10**6))
def test_rectangles_hold_every_change_and_its_height(seed: int) -> None:
    random = np.random.default_rng(seed)
    changed = random.random((50, 70)) < 0.02
    changed[3, 4] = True
    height = random.uniform(0, 30, changed.shape).astype(np.float32)
    boxes, tops = rectangles(changed, height, (10, 20))
    for i, j in np.argwhere(changed):
        held = (boxes[1:, 0] <= 10 + i) & (boxes[1:, 1] > 10 + i) & (boxes[1:, 2] <= 20 + j) & (boxes[1:, 3] > 20 + j)
        assert held.sum() == 1
        assert tops[1:][held][0] >= height[i, j]
    assert tops[0] == tops[1:].max()
    assert (boxes[0, ::2] <= boxes[1:, ::2]).all()
    assert (boxes[0, 1::2] >= boxes[1:, 1::2]).all()


def test_shadows_fall_away_from_the_sun() -> None:
    box = Window(50, 50, 1, 1)
    morning = shadow_of(box, 10.0, 30.0, 90.0, 1.0, (100, 100))
    assert morning.column < 34
    assert morning.column + morning.columns <= 54
    assert abs(morning.row - 48) <= 1
