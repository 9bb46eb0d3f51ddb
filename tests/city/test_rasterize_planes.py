"""The planes of facets, against Newell's normal written with NumPy, and which facets are looked at."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin import GridSpec
from twin.city.rasterize import STEEPEST, paint_facets
from twin.city.rasterize_kernels import DEGENERATE, PLANE, VERTICAL, fit_planes
from twin.errors import InputError
from twin.geometry.records import Surfaces


def one_ring_each(rings: list[np.ndarray]) -> Surfaces:
    count = len(rings)
    return Surfaces(
        np.concatenate(rings).astype(np.float64),
        np.concatenate([[0], np.cumsum([len(ring) for ring in rings])]).astype(np.int64),
        np.arange(count + 1, dtype=np.int64),
        np.ones(count, np.uint8),
        np.arange(count, dtype=np.int32),
    )


def newell(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    centre = points.mean(axis=0)
    local = points - centre
    return centre, np.cross(np.roll(local, 1, axis=0), local).sum(axis=0)


@given(st.integers(0, 2**31 - 1), st.sampled_from([0.5, 1.0, 2.0]))
def test_plane_state_and_misfit_are_those_of_newells_normal(seed, resolution) -> None:
    rng = np.random.default_rng(seed)
    rings = [rng.uniform(0, 20, (int(rng.integers(2, 9)), 3)) * [1, 1, rng.choice([0.0, 0.1, 1.0])] for _ in range(6)]
    rings.append(np.array([[3, 3, 0], [9, 3, 0], [9, 3, 4], [3, 3, 4.0]]))
    surfaces = one_ring_each(rings)
    count, total = len(rings), len(surfaces.vertices)
    u, v, (a, b, c, misfit) = np.empty(total), np.empty(total), (np.zeros(count) for _ in range(4))
    state = np.empty(count, np.uint8)
    fit_planes(
        surfaces.vertices, surfaces.ring_start, surfaces.polygon_start, np.ones(count, bool), 0.0, 20.0, resolution,
        STEEPEST, u, v, a, b, c, state, misfit,
    )  # fmt: skip
    for number, ring in enumerate(rings):
        cells = np.column_stack([ring[:, 0] / resolution, (20.0 - ring[:, 1]) / resolution, ring[:, 2]])
        centre, _ = newell(cells)
        normal = newell(ring)[1]
        length = np.linalg.norm(normal)
        if len(ring) < 3 or length <= 1e-9:
            assert state[number] == DEGENERATE
        elif abs(normal[2]) < STEEPEST * length:
            assert state[number] == VERTICAL
        else:
            assert state[number] == PLANE
            slope = np.array([-normal[0], normal[1]]) / normal[2] * resolution
            heights = centre[2] + (cells[:, :2] - centre[:2]) @ slope
            # slopes reach 100 and coordinates 40 cells: a few thousand last bits of 1
            assert [a[number], b[number]] == pytest.approx(slope, rel=1e-9, abs=1e-9)
            assert misfit[number] == pytest.approx(np.abs(heights - ring[:, 2]).max(), rel=1e-7, abs=1e-9)


def test_facets_that_are_not_selected_may_lie_anywhere() -> None:
    near = np.array([[0, 0, 5.0], [4, 0, 5], [4, 4, 5], [0, 4, 5]])
    surfaces = one_ring_each([near, near + 1e15, near * np.nan])
    spec = GridSpec(0, 4, 1.0, 4, 4, "EPSG:25832")
    raster = paint_facets(surfaces, spec, select=np.array([True, False, False]))
    assert (raster.elevation == 5.0).all()
    for number in (1, 2):
        with pytest.raises(InputError, match=r"cells from the grid|NaN"):
            paint_facets(surfaces, spec, select=np.arange(3) == number)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_one_coordinate_that_is_not_finite_is_refused_wherever_it_stands(value, axis) -> None:
    for place in range(4):
        ring = np.array([[0, 0, 5.0], [4, 0, 5], [4, 4, 5], [0, 4, 5]])
        ring[place, axis] = value
        with pytest.raises(InputError, match="NaN or infinite"):
            paint_facets(one_ring_each([ring]), GridSpec(0, 4, 1.0, 4, 4, "EPSG:25832"))


@pytest.mark.parametrize("stretch", [1, 3, 40])
def test_facets_painted_in_stretches_give_the_bits_of_all_at_once(stretch, monkeypatch) -> None:
    rng = np.random.default_rng(5)
    rings = [rng.uniform(0, 20, (int(rng.integers(2, 9)), 3)) for _ in range(80)]
    single = one_ring_each(rings)
    # outlines with a hole or without, so that rings and polygons are counted apart
    per_polygon = np.concatenate([[0], np.cumsum(np.tile([2, 1], 26)), [80]])
    count = len(per_polygon) - 1
    surfaces = Surfaces(
        single.vertices, single.ring_start, per_polygon, np.ones(count, np.uint8), single.building[:count]
    )
    chosen = rng.random(count) < 0.8
    spec = GridSpec(0, 20, 0.5, 40, 40, "EPSG:25832")
    whole = paint_facets(surfaces, spec, select=chosen)
    monkeypatch.setattr("twin.city.rasterize._STRETCH", stretch)
    parts = paint_facets(surfaces, spec, select=chosen)
    for name in ("elevation", "label", "misfit"):
        np.testing.assert_array_equal(getattr(parts, name), getattr(whole, name))
    assert (parts.painted, parts.vertical, parts.degenerate) == (whole.painted, whole.vertical, whole.degenerate)
    assert np.isfinite(whole.elevation).mean() > 0.5


def test_no_facets_leave_the_grid_empty() -> None:
    surfaces = one_ring_each([np.zeros((3, 3))])
    spec = GridSpec(0, 4, 1.0, 4, 4, "EPSG:25832")
    none = paint_facets(surfaces, spec, select=np.zeros(1, bool))
    assert np.isnan(none.elevation).all()
    assert not none.label.any()
    assert (none.painted, none.vertical, none.degenerate, len(none.misfit)) == (0, 0, 0, 0)
    assert paint_facets(surfaces, spec).degenerate == 1


def test_cover_of_many_houses_is_that_of_their_union_whether_they_meet_or_not() -> None:
    """Rows of houses that share walls, overlap, lie in each other, touch in a corner, or stand alone."""
    import shapely

    from twin.city.rasterize import cover_fraction

    rng = np.random.default_rng(5)
    corners = np.round(rng.uniform(0, 60, (120, 2)), 1)
    houses = [
        shapely.box(x, y, x + w, y + h) for (x, y), (w, h) in zip(corners, rng.uniform(1, 9, (120, 2)), strict=True)
    ]
    houses += [shapely.box(70, 5 * n, 78, 5 * n + 5) for n in range(8)]  # a terrace
    houses += [
        shapely.box(80, 0, 84, 4),
        shapely.box(84, 4, 88, 8),
        shapely.box(80, 20, 90, 30),
        shapely.box(82, 22, 85, 25),
    ]
    houses += [shapely.Polygon([(80, 40), (90, 50), (90, 40), (80, 50)])]  # a bow tie, repaired
    spec = GridSpec(-2, 72, 1.0, 74, 96, "EPSG:25832")
    found = cover_fraction(houses, spec)
    whole = cover_fraction([shapely.union_all(shapely.make_valid(np.array(houses)))], spec)
    # unions of parts and of the whole cut edges at points that differ in their last bits
    assert np.abs(found - whole).max() < 1e-9
    assert cover_fraction(houses[::-1], spec) == pytest.approx(found, abs=1e-9)
