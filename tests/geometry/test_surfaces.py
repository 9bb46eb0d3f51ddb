"""Flat polygon buffers against plain NumPy, one polygon at a time."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.geometry.records import SurfaceKind
from twin.geometry.surfaces import (
    check_rings,
    classed_by_slope,
    concatenate,
    no_surfaces,
    offsets,
    polygon_normals,
    ranges,
    select,
)


@st.composite
def rings_of_polygons(draw):
    """Polygons as lists of rings as lists of vertices, some of them degenerate."""
    number = st.integers(-5, 5).map(float)
    vertex = st.tuples(number, number, number)
    ring = st.lists(vertex, min_size=0, max_size=6)
    return draw(st.lists(st.lists(ring, min_size=1, max_size=3), min_size=0, max_size=6))


def flat(polygons, kind=SurfaceKind.ROOF):
    sizes = [len(ring) for rings in polygons for ring in rings]
    vertices = [vertex for rings in polygons for ring in rings for vertex in ring]
    return (
        np.array(vertices, dtype=float).reshape(-1, 3),
        np.array(sizes, dtype=np.int64),
        np.array([len(rings) for rings in polygons], dtype=np.int64),
        np.full(len(polygons), kind, dtype=np.uint8),
        np.arange(len(polygons), dtype=np.int32),
    )


def plain_ring(ring):
    """The ring as it should be stored, or None if it encloses nothing: the plain reference."""
    points = list(ring)
    if len(points) > 1 and points[0] == points[-1]:
        points = points[:-1]
    points = [p for i, p in enumerate(points) if i == 0 or p != points[i - 1]]
    if len(points) < 3:
        return None
    p = np.array(points)
    q = np.roll(p, -1, axis=0)
    area = np.linalg.norm(np.cross(p, q).sum(axis=0)) / 2
    return points if area > 1e-6 else None


@settings(max_examples=200, deadline=None)
@given(rings_of_polygons())
def test_checked_rings_are_those_of_the_plain_reference(polygons):
    checked = check_rings(*flat(polygons))
    expected = []
    for rings in polygons:
        outline = plain_ring(rings[0])
        if outline is not None:
            expected.append([outline, *(hole for hole in map(plain_ring, rings[1:]) if hole is not None)])
    surfaces = checked.surfaces
    found = [
        [
            [tuple(v) for v in surfaces.vertices[surfaces.ring_start[r] : surfaces.ring_start[r + 1]].tolist()]
            for r in range(surfaces.polygon_start[p], surfaces.polygon_start[p + 1])
        ]
        for p in range(len(surfaces))
    ]
    assert found == expected
    assert (checked.fault == 0).sum() == len(surfaces)


@settings(max_examples=50, deadline=None)
@given(rings_of_polygons(), st.data())
def test_selected_and_joined_again_nothing_changes(polygons, data):
    surfaces = check_rings(*flat(polygons)).surfaces
    cut = data.draw(st.integers(0, len(surfaces)))
    first = np.arange(len(surfaces)) < cut
    parts = [select(surfaces, first), select(surfaces, ~first)]
    joined = concatenate(parts, [0, 0])
    for name in ("vertices", "ring_start", "polygon_start", "kind", "building"):
        assert np.array_equal(getattr(joined, name), getattr(surfaces, name)), name


def test_the_normal_of_a_level_square_points_up_with_its_area():
    square = [[(0, 0, 5), (4, 0, 5), (4, 3, 5), (0, 3, 5)]]
    assert polygon_normals(check_rings(*flat([square])).surfaces).tolist() == [[0.0, 0.0, 12.0]]


@given(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3))
def test_normals_do_not_change_with_the_place(dx, dy):
    square = np.array([(0, 0, 5), (4, 0, 6), (4, 3, 6), (0, 3, 5)], dtype=float)
    moved = square + np.array([390000.0 + dx, 5819000.0 + dy, 0.0])
    one = polygon_normals(check_rings(*flat([[list(map(tuple, square))]])).surfaces)
    other = polygon_normals(check_rings(*flat([[list(map(tuple, moved))]])).surfaces)
    # a coordinate of 5.8e6 m is stored to 1e-9 m; areas of 12 m2 keep 1e-8
    assert np.abs(one - other).max() < 1e-7


def test_kinds_follow_slope_only_where_the_source_has_none():
    box = [
        [[(0, 0, 0), (0, 3, 0), (4, 3, 0), (4, 0, 0)]],
        [[(0, 0, 2), (4, 0, 2), (4, 3, 2), (0, 3, 2)]],
        [[(0, 0, 0), (4, 0, 0), (4, 0, 2), (0, 0, 2)]],
        [[(0, 0, 2), (4, 0, 2), (2, 1.5, 4)]],
    ]
    vertices, ring_size, polygon_size, kind, _ = flat(box, SurfaceKind.UNKNOWN)
    kind[3] = SurfaceKind.CLOSURE
    surfaces = check_rings(vertices, ring_size, polygon_size, kind, np.zeros(4, np.int32)).surfaces
    kinds, derived = classed_by_slope(surfaces, 1)
    assert kinds.tolist() == [SurfaceKind.GROUND, SurfaceKind.ROOF, SurfaceKind.WALL, SurfaceKind.CLOSURE]
    assert derived == 3


def test_empty_input_gives_empty_output():
    assert len(check_rings(*flat([])).surfaces) == 0
    assert len(concatenate([], [])) == 0
    assert len(concatenate([no_surfaces(), no_surfaces()], [3, 0])) == 0
    assert offsets(np.zeros(0, np.int64)).tolist() == [0]
    assert ranges(np.zeros(0, np.int64), np.zeros(0, np.int64)).tolist() == []


def test_buildings_move_by_the_tables_before_them():
    triangle = [[[(0, 0, 0), (1, 0, 0), (0, 1, 0)]]]
    surfaces = check_rings(*flat(triangle)).surfaces
    assert concatenate([surfaces, surfaces], [5, 1]).building.tolist() == [0, 5]


@pytest.mark.parametrize("gap", [0.0, 5e-4])
def test_a_ring_closed_to_the_millimetre_is_closed(gap):
    ring = [[[(0, 0, 0), (1, 0, 0), (0, 1, 0), (gap, 0, 0)]]]
    checked = check_rings(*flat(ring))
    assert not checked.unclosed[0]
    assert len(checked.surfaces.vertices) == 3


def test_notes_of_tiles_joined_in_two_steps_name_each_tile_once() -> None:
    from pathlib import Path

    from twin.city.samples import sample_folder
    from twin.geometry import concatenate_models, read_citygml
    from twin.geometry.records import ReadReport

    model = read_citygml(
        sample_folder("tiergarten") / "lod2_3890_5819.gml.gz", bounds=(389780, 5820034, 389880, 5820040)
    )
    parts = [
        dataclasses.replace(model, report=ReadReport(str(Path("tiles") / f"{name}.gml"), notes=("odd",)))
        for name in "abc"
    ]
    joined = concatenate_models([concatenate_models(parts[:2]), parts[2]])
    assert joined.report.notes == ("a.gml: odd", "b.gml: odd", "c.gml: odd")
