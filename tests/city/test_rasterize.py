"""Planes, exact cover and painting, against NumPy and shapely, and under what must not change the answer."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from twin import GridSpec
from twin.city.rasterize import cover_fraction, paint_facets, paint_polygons
from twin.errors import InputError, LimitError
from twin.geometry.records import Surfaces

SPEC = GridSpec(0.0, 12.0, 1.0, 12, 14, "EPSG:25832")
X, Y = np.meshgrid(SPEC.x, SPEC.y)
CELLS = shapely.box(X - 0.5, Y - 0.5, X + 0.5, Y + 0.5)

# halves, quarters and eighths put vertices onto edges and centres of cells again and again
coarse = st.integers(-16, 128).map(lambda n: n / 8)
fine = st.floats(-2, 16, allow_nan=False).map(lambda v: round(v, 6))
coordinate = st.one_of(coarse, fine)


@st.composite
def polygons(draw: st.DrawFn) -> shapely.Polygon:
    """Star-shaped polygons, sometimes with a hole, around a centre near the grid."""
    centre = np.array([draw(st.floats(-1, 15)), draw(st.floats(-1, 13))])
    count = draw(st.integers(3, 9))
    radii = np.array([draw(st.floats(0.3, 6)) for _ in range(count)])
    angles = np.linspace(0, 2 * math.pi, count, endpoint=False) + draw(st.floats(0, 1))
    ring = np.column_stack([np.cos(angles), np.sin(angles)]) * radii[:, None]
    holes = [centre + 0.3 * ring] if draw(st.booleans()) else []
    shape = shapely.Polygon(centre + ring, holes)
    return shape if shape.is_valid else shapely.Polygon(centre + ring).buffer(0)


def facets(*rings_of: list[np.ndarray], kind: int = 1) -> Surfaces:
    """Facets from lists of (n, 3) rings, the outline first."""
    rings = [ring for rings in rings_of for ring in rings]
    return Surfaces(
        np.concatenate(rings).astype(np.float64),
        np.concatenate([[0], np.cumsum([len(ring) for ring in rings])]).astype(np.int64),
        np.concatenate([[0], np.cumsum([len(rings) for rings in rings_of])]).astype(np.int64),
        np.full(len(rings_of), kind, np.uint8),
        np.arange(len(rings_of), dtype=np.int32),
    )


def on_plane(shape: shapely.Polygon, a: float, b: float, c: float) -> list[np.ndarray]:
    rings = [np.array(ring.coords)[:-1] for ring in (shape.exterior, *shape.interiors)]
    return [np.column_stack([ring, a * ring[:, 0] + b * ring[:, 1] + c]) for ring in rings]


@given(polygons())
def test_cover_is_the_area_of_the_intersection_with_each_cell(shape) -> None:
    # both sides compute with coordinates near 10: a few hundred last bits of 1
    expected = shapely.area(shapely.intersection(CELLS, shape))
    assert np.abs(cover_fraction([shape], SPEC) - expected).max() < 1e-9


@given(polygons())
def test_cover_sums_to_the_area_on_the_grid(shape) -> None:
    expected = shapely.intersection(shape, shapely.box(*SPEC.bounds)).area
    assert cover_fraction([shape], SPEC).sum() * SPEC.cell_area == pytest.approx(expected, abs=1e-9)


@given(st.lists(polygons(), min_size=2, max_size=4))
def test_cover_of_overlapping_polygons_is_that_of_their_union(shapes) -> None:
    expected = shapely.area(shapely.intersection(CELLS, shapely.union_all(shapes)))
    assert np.abs(cover_fraction(shapes, SPEC) - expected).max() < 1e-8


@given(polygons())
def test_centres_are_painted_as_shapely_tells_inside(shape) -> None:
    inside = shapely.contains_xy(shape, X, Y)
    on_edge = shapely.distance(shape.boundary, shapely.points(X, Y)) < 1e-9
    painted = paint_polygons([shape], [1], SPEC) == 1
    assert (painted == inside)[~on_edge].all()


@given(coordinate, coordinate)
def test_polygons_that_share_edges_share_no_centre_and_leave_none_out(x, y) -> None:
    frame = shapely.box(-3, -3, 17, 17)
    cut = shapely.LineString([(x - 40, y - 17), (x, y), (x + 9, y + 40)])
    parts = shapely.get_parts(shapely.polygonize([shapely.unary_union([frame.exterior, cut])]))
    assert (sum((paint_polygons([part], [1], SPEC) for part in parts), np.zeros(SPEC.shape)) == 1).all()


@given(polygons(), st.floats(-3, 3), st.floats(-3, 3), st.floats(-50, 500))
def test_a_facet_takes_its_plane_at_the_centres(shape, a, b, c) -> None:
    raster = paint_facets(facets(on_plane(shape, a, b, c)), SPEC)
    inside = paint_polygons([shape], [1], SPEC) == 1
    assert (np.isfinite(raster.elevation) == inside).all()
    assert np.allclose(raster.elevation[inside], (a * X + b * Y + c)[inside], rtol=0, atol=1e-6)
    assert (raster.label[inside] == 1).all()


def test_the_highest_of_several_facets_wins() -> None:
    low, high = on_plane(shapely.box(1, 1, 9, 9), 0, 0, 5), on_plane(shapely.box(4, 4, 12, 11), 0, 0, 8)
    for order in ((low, high), (high, low)):
        raster = paint_facets(facets(*order), SPEC)
        both = (X > 4) & (X < 9) & (Y > 4) & (Y < 9)
        assert (raster.elevation[both] == 8).all()
        assert (raster.elevation[(X < 4) & (X > 1) & (Y > 1) & (Y < 9)] == 5).all()


def test_two_equally_high_facets_take_the_lower_number_in_any_order() -> None:
    one, two = on_plane(shapely.box(1, 1, 9, 9), 0, 0, 5), on_plane(shapely.box(4, 4, 12, 11), 0, 0, 5)
    numbers = np.array([7, 3], np.int32)
    first = paint_facets(facets(one, two), SPEC, labels=numbers)
    second = paint_facets(facets(two, one), SPEC, labels=numbers[::-1].copy())
    assert (first.label == second.label).all()
    assert first.label[6, 6] == 3


def test_vertical_and_empty_facets_are_counted_not_painted() -> None:
    wall = [np.array([[2, 2, 0.0], [6, 2, 0], [6, 2, 9], [2, 2, 9]])]
    line = [np.array([[2, 2, 0.0], [6, 2, 0], [4, 2, 0]])]
    stub = [np.array([[2, 2, 0.0], [6, 6, 0]])]
    raster = paint_facets(facets(wall, line, stub), SPEC)
    assert (raster.vertical, raster.degenerate, raster.painted) == (1, 2, 0)
    assert np.isnan(raster.elevation).all()


@pytest.mark.parametrize("resolution", [0.1, 1.0, 4.0, 10.0, 50.0])
def test_what_counts_as_vertical_does_not_depend_on_the_cell_size(resolution) -> None:
    # planes at 45, 89 and 89.6 degrees: the limit is 89.4
    ground = shapely.box(0.0, 0.0, 3 * resolution, 2 * resolution)
    slopes = [math.tan(math.radians(angle)) for angle in (45.0, 89.0, 89.6)]
    raster = paint_facets(
        facets(*(on_plane(ground, slope, 0.0, 7.0) for slope in slopes)),
        GridSpec(0.0, 2 * resolution, resolution, 2, 3, "EPSG:25832"),
    )
    assert (raster.painted, raster.vertical, raster.degenerate) == (2, 1, 0)
    middle = 1.5 * resolution
    assert raster.elevation[0, 1] == pytest.approx(slopes[1] * middle + 7.0, rel=1e-12)


def test_a_bent_facet_reports_how_far_it_is_from_its_plane() -> None:
    bent = [np.array([[2, 2, 0.0], [6, 2, 0], [6, 6, 0.4], [2, 6, 0]])]
    # the mean plane of the four corners misses each of them by a quarter of the warp
    assert paint_facets(facets(bent), SPEC).misfit[0] == pytest.approx(0.1)


def test_crossing_rings_follow_the_even_odd_rule() -> None:
    once = np.array([[1, 1, 5.0], [11, 1, 5], [11, 11, 5], [1, 11, 5]])
    twice = np.concatenate([once, once])
    assert np.isnan(paint_facets(facets([twice]), SPEC).elevation).all()


@given(polygons(), st.integers(-5, 5), st.integers(-5, 5))
def test_moving_polygon_and_grid_together_changes_nothing(shape, right, up) -> None:
    moved = shapely.transform(shape, lambda xy: xy + np.array([right, up]) * 1024.0)
    spec = GridSpec(right * 1024.0, 12.0 + up * 1024.0, 1.0, 12, 14, "EPSG:25832")
    assert np.allclose(cover_fraction([moved], spec), cover_fraction([shape], SPEC), atol=1e-9)


@given(polygons())
def test_mirroring_the_polygon_mirrors_its_cover(shape) -> None:
    mirrored = shapely.transform(shape, lambda xy: np.column_stack([14 - xy[:, 0], xy[:, 1]]))
    assert np.allclose(cover_fraction([mirrored], SPEC)[:, ::-1], cover_fraction([shape], SPEC), atol=1e-9)


@given(polygons(), st.integers(0, 8))
def test_direction_and_start_of_a_ring_do_not_matter(shape, start) -> None:
    turned = shapely.Polygon(
        np.roll(np.array(shape.exterior.coords)[:-1][::-1], start, axis=0), [ring.coords for ring in shape.interiors]
    )
    assert np.allclose(cover_fraction([turned], SPEC), cover_fraction([shape], SPEC), atol=1e-9)
    assert (paint_polygons([turned], [1], SPEC) == paint_polygons([shape], [1], SPEC)).mean() > 0.98


@given(polygons(), st.sampled_from([0.5, 2.0, 3.0]))
def test_cell_size_does_not_change_the_area(shape, resolution) -> None:
    spec = GridSpec.from_bounds((-12, -12, 30, 30), resolution, "EPSG:25832")
    assert cover_fraction([shape], spec).sum() * spec.cell_area == pytest.approx(shape.area, abs=1e-8)


def test_thousands_of_disjoint_polygons_keep_their_area_to_round_off() -> None:
    spec = GridSpec(678700.0, 5544100.0, 4.0, 250, 250, "EPSG:25832")
    rng = np.random.default_rng(5)
    corners = np.stack(np.meshgrid(np.arange(60), np.arange(60)), -1).reshape(-1, 2) * 16.0 + [678702.0, 5543102.0]
    corners += rng.uniform(0, 2, corners.shape)
    houses = shapely.box(corners[:, 0], corners[:, 1], corners[:, 0] + 11.3, corners[:, 1] + 9.7)
    cover = cover_fraction(houses, spec, overlaps=False)
    # coordinates near 5.5e6 are spaced by 1e-9 m, the sides of a house by 1e-10 of their length
    assert cover.sum() * spec.cell_area == pytest.approx(shapely.area(houses).sum(), rel=1e-9)
    assert (cover >= 0).all()
    assert (cover <= 1).all()


def test_later_polygons_are_painted_over_earlier_ones() -> None:
    painted = paint_polygons([shapely.box(0, 0, 14, 12), shapely.box(2, 2, 5, 5)], [6, 10], SPEC, background=1)
    assert painted[8, 3] == 10
    assert painted[0, 0] == 6


def test_multipolygons_and_collections_are_painted_with_all_their_parts() -> None:
    parts = shapely.MultiPolygon([shapely.box(0, 0, 2, 2), shapely.box(5, 5, 7, 7)])
    mixed = shapely.GeometryCollection([parts, shapely.Point(9, 9), shapely.LineString([(0, 0), (9, 9)])])
    assert cover_fraction([mixed], SPEC).sum() == pytest.approx(8.0)
    assert (paint_polygons([mixed], [4], SPEC) == 4).sum() == 8


def test_no_polygons_and_polygons_elsewhere_leave_the_grid_empty() -> None:
    assert not cover_fraction([], SPEC).any()
    assert not cover_fraction([shapely.Polygon(), None, shapely.box(500, 500, 900, 900)], SPEC).any()
    assert (paint_polygons([], [], SPEC, background=6) == 6).all()


def test_a_polygon_larger_than_the_grid_covers_all_of_it() -> None:
    country = shapely.box(-1e6, -1e6, 1e6, 1e6)
    assert np.allclose(cover_fraction([country], SPEC), 1.0, atol=1e-9)
    assert (paint_polygons([country], [2], SPEC) == 2).all()


def test_a_single_cell_and_a_single_row_work() -> None:
    tiny = GridSpec(0, 1, 1.0, 1, 1, "EPSG:25832")
    assert cover_fraction([shapely.box(0.25, 0.25, 0.75, 0.75)], tiny)[0, 0] == pytest.approx(0.25)
    row = GridSpec(0, 1, 1.0, 1, 9, "EPSG:25832")
    assert cover_fraction([shapely.box(-3, 0.5, 20, 4)], row).tolist() == [[0.5] * 9]


def test_vertices_that_are_not_numbers_are_refused() -> None:
    broken = facets([np.array([[0, 0, 1.0], [5, 0, np.nan], [5, 5, 1]])])
    with pytest.raises(InputError, match="NaN or infinite"):
        paint_facets(broken, SPEC)


@pytest.mark.parametrize("far", [1e12, 1e300, -1e308])
def test_vertices_at_the_end_of_the_world_are_refused(far) -> None:
    ring = np.array([[0, 0, 1.0], [far, 0, 1], [5, 5, 1]])
    with pytest.raises(InputError, match="check the CRS"):
        paint_facets(facets([ring]), SPEC)
    with pytest.raises(InputError, match="check the CRS"):
        paint_polygons([shapely.Polygon([(-1, -1), (abs(far), 0), (5, 9)])], [1], SPEC)


def test_a_label_of_zero_is_refused() -> None:
    with pytest.raises(InputError, match="label below 1"):
        paint_facets(facets(on_plane(shapely.box(0, 0, 2, 2), 0, 0, 1)), SPEC, labels=np.zeros(1, np.int32))


def test_values_must_match_polygons() -> None:
    with pytest.raises(InputError, match="each polygon needs one"):
        paint_polygons([shapely.box(0, 0, 1, 1)], [1, 2], SPEC)


def test_what_is_no_geometry_is_refused() -> None:
    with pytest.raises(InputError, match="item 0 is str"):
        cover_fraction(["POLYGON"], SPEC)


def test_a_polygon_with_too_many_vertices_is_refused(monkeypatch) -> None:
    monkeypatch.setattr("twin.limits.MAX_POLYGON_VERTICES", 20)
    with pytest.raises(LimitError, match="MAX_POLYGON_VERTICES"):
        paint_polygons([shapely.Point(5, 5).buffer(3)], [1], SPEC)


@given(st.integers(0, 2**31 - 1))
def test_the_compiled_scanline_equals_its_plain_form(seed) -> None:
    """The kernel against the same rule written with NumPy, bit for bit where both divide alike."""
    rng = np.random.default_rng(seed)
    ring = rng.uniform(-2, 15, (int(rng.integers(3, 8)), 2))
    plane = rng.uniform(-1, 1, 3)
    surfaces = facets([np.column_stack([ring, ring @ plane[:2] + plane[2]])])
    raster = paint_facets(surfaces, SPEC)
    if raster.painted == 0:
        return
    inside = even_odd(ring)
    assert (np.isfinite(raster.elevation) == inside).all()


def even_odd(ring: np.ndarray) -> np.ndarray:
    """Centres with an odd number of crossings to their left: the definition, one edge after the other."""
    following = np.roll(ring, -1, axis=0)
    inside = np.zeros(SPEC.shape, bool)
    for (x0, y0), (x1, y1) in zip(ring, following, strict=True):
        spans = (y0 >= Y) != (y1 >= Y)
        with np.errstate(divide="ignore", invalid="ignore"):
            crossing = x0 + (Y - y0) / (y1 - y0) * (x1 - x0)
        inside ^= spans & (crossing <= X)
    return inside
