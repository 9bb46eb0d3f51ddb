"""Thinned terrain: the tolerance holds at every centre, neighbours share whole edges, holes stay holes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from twin import GridSpec
from twin.errors import InputError
from twin.export import write_cityjson
from twin.export.terrain_tin import _places, thinned_tin
from twin.export.terrain_tin_kernels import mark_splits
from twin.scenario.hamlet import hamlet


def grid(shape: tuple[int, int]) -> GridSpec:
    return GridSpec(389000, 5819000 + shape[0], 1.0, *shape, "EPSG:25833")


def terrain(seed: int, rows: int, columns: int, unknown: float) -> np.ndarray:
    """Hills, a step and some noise, with a share of unknown cells, single and in one box."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:rows, :columns]
    ground = 30 + 3 * np.sin(x / 5) * np.cos(y / 7) + rng.normal(0, 0.05, (rows, columns)) + 2.0 * (x > columns // 2)
    ground[rng.random(ground.shape) < unknown / 4] = np.nan
    if unknown:
        ground[rows // 3 : rows // 3 + int(rows * unknown), columns // 4 : columns // 2] = np.nan
    return ground


def on_cells(vertices: np.ndarray, faces: np.ndarray, spec: GridSpec) -> tuple[np.ndarray, np.ndarray]:
    """Return rows and columns of the corners of the faces."""
    column, row = np.rint(vertices[:, 0] - spec.x[0]).astype(int), np.rint(spec.y[0] - vertices[:, 1]).astype(int)
    np.testing.assert_allclose(spec.x[column], vertices[:, 0], atol=1e-9)
    np.testing.assert_allclose(spec.y[row], vertices[:, 1], atol=1e-9)
    return row[faces], column[faces]


def inside(r: Any, c: Any, rows: Any, columns: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Weights of the three corners at cells, and twice the area."""
    (r0, r1, r2), (c0, c1, c2) = r, c
    area = (c1 - c0) * (r2 - r0) - (c2 - c0) * (r1 - r0)
    w0 = (c1 - columns) * (r2 - rows) - (c2 - columns) * (r1 - rows)
    w1 = (c2 - columns) * (r0 - rows) - (c0 - columns) * (r2 - rows)
    return w0, w1, area - w0 - w1, area


def deviations(ground: np.ndarray, vertices: np.ndarray, faces: np.ndarray, spec: GridSpec) -> np.ndarray:
    """Return the largest distance of each cell from the faces that hold it: -1 in none, NaN if it is unknown."""
    worst = np.full(ground.shape, -1.0)
    for r, c, z in zip(*on_cells(vertices, faces, spec), vertices[:, 2][faces], strict=True):
        box = np.s_[r.min() : r.max() + 1, c.min() : c.max() + 1]
        rows, columns = np.mgrid[box]
        w0, w1, w2, area = inside(r, c, rows, columns)
        assert area < 0  # rows count to the south: anticlockwise from above
        hit = (w0 <= 0) & (w1 <= 0) & (w2 <= 0)
        off = np.abs((w0 * z[0] + w1 * z[1] + w2 * z[2]) / area - ground[box])
        worst[box][hit] = np.maximum(worst[box], off)[hit]
    return worst


def squares(known: np.ndarray) -> np.ndarray:
    """Return how many corners of each two by two cells are known."""
    return sum(known[p : len(known) - 1 + p, q : known.shape[1] - 1 + q].astype(int) for p in (0, 1) for q in (0, 1))


@given(
    st.integers(0, 2**31 - 1),
    st.integers(2, 40),
    st.integers(2, 40),
    st.sampled_from([0.0, 0.1, 0.6]),
    st.sampled_from([0.001, 0.1, 0.5, 3.0]),
)
@example(3, 33, 33, 0.0, 0.5)
@example(3, 34, 18, 0.1, 100.0)
def test_every_centre_keeps_within_the_tolerance_and_no_unknown_one_is_covered(
    seed: int, rows: int, columns: int, unknown: float, tolerance: float
) -> None:
    ground, spec = terrain(seed, rows, columns, unknown), grid((rows, columns))
    number = squares(np.isfinite(ground))
    if number.max() < 3:
        with pytest.raises(InputError, match="no three neighbouring cells"):
            thinned_tin(ground, spec, tolerance)
        return
    vertices, faces = thinned_tin(ground, spec, tolerance)
    worst = deviations(ground, vertices, faces, spec)
    # round-off of three products of weights and heights of some 30 m
    assert worst.max() <= tolerance + 1e-12
    assert not np.isnan(worst).any()
    # each known centre that a triangle of neighbours can hold is held
    near = np.zeros((rows + 1, columns + 1), bool)
    near[1:-1, 1:-1] = number >= 3
    reached = near[:-1, :-1] | near[1:, :-1] | near[:-1, 1:] | near[1:, 1:]
    np.testing.assert_array_equal(worst >= 0, reached & np.isfinite(ground))
    # squares of four known cells are covered whole, those of three by half, once
    r, c = on_cells(vertices, faces, spec)
    areas = ((c[:, 2] - c[:, 0]) * (r[:, 1] - r[:, 0]) - (c[:, 1] - c[:, 0]) * (r[:, 2] - r[:, 0])) / 2
    assert areas.sum() == (number == 4).sum() + (number == 3).sum() / 2


@given(
    st.integers(0, 2**31 - 1),
    st.integers(2, 40),
    st.integers(2, 40),
    st.sampled_from([0.0, 0.3]),
    st.sampled_from([0.05, 0.5]),
)
def test_neighbours_share_whole_edges(seed: int, rows: int, columns: int, unknown: float, tolerance: float) -> None:
    ground, spec = terrain(seed, rows, columns, unknown), grid((rows, columns))
    if squares(np.isfinite(ground)).max() < 3:
        return
    vertices, faces = thinned_tin(ground, spec, tolerance)
    directed = {(int(f[k]), int(f[(k + 1) % 3])) for f in faces for k in range(3)}
    assert len(directed) == 3 * len(faces)  # each edge at most once in each direction
    r, c = on_cells(vertices, np.arange(len(vertices)), spec)
    # the numbers of the unknown cells around each centre, those off the grid as well
    unseen = np.pad(~np.isfinite(ground), 1, constant_values=True)
    around = sum(unseen[p : p + rows, q : q + columns].astype(int) for p in range(3) for q in range(3))
    for one, two in directed:
        if (two, one) in directed:
            continue
        on_border = (r[one] == r[two] and r[one] in (0, rows - 1)) or (c[one] == c[two] and c[one] in (0, columns - 1))
        beside_hole = max(abs(r[one] - r[two]), abs(c[one] - c[two])) == 1 and around[r[one], c[one]]
        assert on_border or beside_hole


def marked_plainly(ground: np.ndarray, block: int, tolerance: float) -> np.ndarray:
    """Split from the definition: list all triangles by recursion, then let each mark climb to the parents."""
    row_of, column_of = (_places(count, block) for count in ground.shape)
    marks = np.zeros((len(row_of), len(column_of)), np.uint8)
    parents: dict[tuple[int, int], set[tuple[int, int]]] = {}

    def visit(apex: Any, one: Any, two: Any, parent: Any) -> None:
        if (one[0] + two[0]) % 2 or (one[1] + two[1]) % 2:
            return
        middle = (one[0] + two[0]) // 2, (one[1] + two[1]) // 2
        parents.setdefault(middle, set()).update(() if parent is None else (parent,))
        r, c = (np.array([of[p[axis]] for p in (apex, one, two)]) for axis, of in enumerate((row_of, column_of)))
        rows, columns = np.mgrid[r.min() : r.max() + 1, c.min() : c.max() + 1]
        w0, w1, w2, area = inside(r, c, rows, columns)
        if area:
            hit = (w0 / area >= 0) & (w1 / area >= 0) & (w2 / area >= 0)
            there = ground[rows[hit], columns[hit]]
            z = ground[r, c]
            off = np.abs((w0[hit] * z[0] + w1[hit] * z[1] + w2[hit] * z[2]) / area - there)
            if np.isnan(there).any() != np.isnan(there).all() or (off > tolerance).any():
                marks[middle] = 1
        visit(middle, apex, one, middle)
        visit(middle, two, apex, middle)

    for i in range(0, len(row_of) - 1, block):
        for j in range(0, len(column_of) - 1, block):
            box = [(i, j), (i, j + block), (i + block, j + block), (i + block, j)]
            first = 0 if (i // block) % 2 == (j // block) % 2 else 1
            for apex in (first + 1, first + 3):
                visit(box[apex % 4], box[(apex + 1) % 4], box[(apex + 3) % 4], None)
    waiting = [tuple(place) for place in np.argwhere(marks).tolist()]
    while waiting:
        for parent in parents[waiting.pop()]:
            if not marks[parent]:
                marks[parent] = 1
                waiting.append(parent)
    return marks


@given(
    st.integers(0, 2**31 - 1),
    st.integers(2, 11),
    st.integers(2, 11),
    st.sampled_from([0.0, 0.3]),
    st.sampled_from([1, 2, 4, 8, 16]),
    st.sampled_from([0.3, 1.5]),
)
def test_the_compiled_marks_equal_their_plain_form(
    seed: int, rows: int, columns: int, unknown: float, block: int, tolerance: float
) -> None:
    ground = terrain(seed, rows, columns, unknown)
    row_of, column_of = (_places(count, block) for count in ground.shape)
    split = np.zeros((len(row_of), len(column_of)), np.uint8)
    mark_splits(ground, row_of, column_of, block, tolerance, split)
    np.testing.assert_array_equal(split, marked_plainly(ground, block, tolerance))


@pytest.mark.parametrize("shape", [(2, 2), (3, 3), (30, 40), (33, 33), (34, 34), (50, 129), (257, 300)])
def test_a_plane_needs_two_triangles(shape: tuple[int, int]) -> None:
    plane = np.add.outer(np.arange(shape[0]) * 0.5, np.arange(shape[1]) * 0.25)
    vertices, faces = thinned_tin(plane, grid(shape), 1e-6)
    assert (len(vertices), len(faces)) == (4, 2)


def test_a_long_strip_is_joined_of_several_squares() -> None:
    ground = np.zeros((3, 200))
    vertices, faces = thinned_tin(ground, grid((3, 200)), 0.1)
    assert len(faces) <= 100
    assert np.ptp(vertices[:, 0]) == 199
    assert np.ptp(vertices[:, 1]) == 2


def test_a_larger_tolerance_never_needs_more_triangles() -> None:
    ground = terrain(4, 90, 70, 0.2)
    number = [len(thinned_tin(ground, grid((90, 70)), tolerance)[1]) for tolerance in (0.01, 0.1, 0.3, 1.0, 5.0)]
    assert number == sorted(number, reverse=True)
    assert number[-1] < number[0] / 2


def test_known_cells_alone_or_in_one_line_span_no_terrain() -> None:
    line = np.full((5, 9), np.nan)
    line[2] = 1.0
    for ground in (
        np.full((3, 3), np.nan),
        line,
        np.zeros((1, 9)),
        np.zeros((9, 1)),
        np.array([[1.0, np.inf], [2, np.nan]]),
    ):
        with pytest.raises(InputError, match="no three neighbouring cells"):
            thinned_tin(ground, grid(ground.shape), 0.5)


@pytest.mark.parametrize("tolerance", [0.02, 0.3])
def test_the_written_millimetres_keep_the_tolerance(tmp_path: Path, tolerance: float) -> None:
    city = hamlet(2.0)
    ground = city.grid.ground_elevation.values + terrain(8, *city.spec.shape, 0.0) / 10
    city = city.with_changes(grid=city.grid.assign(ground_elevation=city.grid.ground_elevation.copy(data=ground)))
    data = json.loads(write_cityjson(city, tmp_path / "a.city.json", terrain=tolerance).read_text(encoding="utf-8"))
    vertices = np.array(data["vertices"]) * data["transform"]["scale"] + data["transform"]["translate"]
    faces = np.array([ring for (ring,) in data["CityObjects"]["terrain"]["geometry"][0]["boundaries"]])
    vertices[:, :2] = (vertices[:, :2] - [city.spec.left, city.spec.top]) / 2.0  # in cells
    used, place = np.unique(faces, return_inverse=True)
    spec = GridSpec(0.0, 0.0, 1.0, *city.spec.shape, city.spec.crs)
    worst = deviations(ground, vertices[used], place.reshape(-1, 3), spec)
    assert worst.min() >= 0
    assert worst.max() <= tolerance + 1e-9  # elevations in mm times 0.001, some 100 m


@pytest.mark.parametrize("tolerance", [0.0, -1.0, np.nan, np.inf])
def test_an_impossible_tolerance_is_refused(tolerance: float) -> None:
    with pytest.raises(InputError, match="it must be above 0"):
        thinned_tin(np.zeros((3, 3)), grid((3, 3)), tolerance)


def test_a_million_cells_become_some_ten_thousand_triangles() -> None:
    y, x = np.mgrid[:1000, :1000]
    ground = 10 * np.sin(x / 40) * np.cos(y / 31) + np.sin(x * 12.9898 + y * 78.233) * 0.05
    _, faces = thinned_tin(ground, grid((1000, 1000)), 0.25)
    assert 1000 < len(faces) < 200_000
