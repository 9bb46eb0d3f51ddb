"""Walls beside open cells: heights from the surface, directions from the footprints' real edges."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.affinity import rotate

from twin import GridSpec
from twin.city import City, wall_cells
from twin.city.rasterize import paint_polygons
from twin.errors import MissingDataError

SPEC = GridSpec(0.0, 60.0, 1.0, 60, 60, "EPSG:25832")


def town(shapes, heights=None, ground=None, spec=SPEC, table=None) -> City:
    count = len(shapes)
    roofs = np.array([np.nan, *(heights or [10.0] * count)])
    number = paint_polygons(shapes, np.arange(1, count + 1), spec)
    level = np.full(spec.shape, 2.0) if ground is None else ground
    top = np.where(number > 0, 2.0 + roofs[number], level)
    layers = {"building_id": number, "ground_elevation": level, "surface_elevation": top}
    grid = spec.dataset().assign({name: (("y", "x"), values) for name, values in layers.items()})
    table = shapes if table is None else table
    buildings = gpd.GeoDataFrame(index=np.arange(1, len(table) + 1), geometry=list(table), crs=spec.crs)
    return City("town", grid, buildings, None, gpd.GeoDataFrame(geometry=[], crs=spec.crs))


def azimuths(walls) -> np.ndarray:
    values = walls.wall_azimuth.values
    return values[np.isfinite(values)]


def test_a_box_has_walls_of_its_height_on_four_sides() -> None:
    walls = wall_cells(town([shapely.box(20, 20, 30, 40)]))
    found = np.isfinite(walls.wall_height.values)
    assert found.sum() == 2 * 10 + 2 * 20
    assert (walls.wall_height.values[found] == 10.0).all()
    east, north, west, south = (
        walls.sel(x=x, y=y) for x, y in ((30.5, 30.5), (25.5, 40.5), (19.5, 30.5), (25.5, 19.5))
    )
    assert [float(side.wall_azimuth) for side in (north, east, south, west)] == [0.0, 90.0, 180.0, 270.0]


@pytest.mark.parametrize("turn", [10.0, 30.0, 45.0, 77.7])
def test_a_rotated_box_faces_exactly_four_ways(turn: float) -> None:
    walls = wall_cells(town([rotate(shapely.box(15, 20, 45, 40), turn)]))
    # counter-clockwise turns lower the azimuth
    expected = np.sort((np.arange(4) * 90.0 - turn) % 360.0)
    found = azimuths(walls)
    corner = np.abs(found[:, None] - expected[None, :]).min(axis=1) > 1e-3
    # cells that look at a corner from straight ahead face between its two walls
    assert corner.sum() <= 4
    assert len(np.unique(np.round(found[~corner], 3))) == 4


def test_walls_of_a_courtyard_face_into_it() -> None:
    ring = shapely.Polygon(shapely.box(10, 10, 50, 50).exterior, [shapely.box(20, 20, 40, 40).exterior])
    walls = wall_cells(town([ring]))
    yard = walls.sel(x=slice(20, 40), y=slice(40, 20))
    assert float(yard.wall_azimuth.sel(x=20.5, y=30.5)) == 90.0  # the west wall of the yard looks east
    assert float(yard.wall_azimuth.sel(x=39.5, y=30.5)) == 270.0
    assert float(yard.wall_azimuth.sel(x=30.5, y=39.5)) == 180.0
    assert float(yard.wall_azimuth.sel(x=20.5, y=39.5)) == 135.0  # a corner: between its two walls
    assert np.isfinite(yard.wall_height.values).sum() == 4 * 20 - 4


def test_height_counts_from_the_ground_of_the_open_cell() -> None:
    ground = np.broadcast_to(np.linspace(0, 5.9, 60), (60, 60)).copy()  # rises to the east
    walls = wall_cells(town([shapely.box(20, 20, 40, 40)], ground=ground))
    west, east = (float(walls.wall_height.sel(x=x, y=30.5)) for x in (19.5, 40.5))
    assert west == pytest.approx(12.0 - ground[0, 19], abs=1e-5)
    assert east == pytest.approx(12.0 - ground[0, 40], abs=1e-5)


def test_the_highest_of_several_walls_counts() -> None:
    walls = wall_cells(town([shapely.box(10, 10, 20, 50), shapely.box(21, 10, 30, 50)], heights=[6.0, 9.0]))
    gap = walls.sel(x=20.5, y=30.5)
    assert float(gap.wall_height) == 9.0
    assert float(gap.wall_azimuth) == 270.0  # of the eastern house, which is higher


def test_equal_walls_on_both_sides_of_a_gap_leave_no_direction_but_a_height() -> None:
    walls = wall_cells(town([shapely.box(10, 10, 20, 50), shapely.box(21, 10, 30, 50)]))
    assert float(walls.wall_height.sel(x=20.5, y=30.5)) == 10.0
    assert np.isnan(walls.wall_azimuth.sel(x=20.5, y=30.5))


def test_party_walls_are_no_walls() -> None:
    alone = wall_cells(town([shapely.box(10, 20, 50, 40)]))
    terrace = wall_cells(town([shapely.box(10, 20, 30, 40), shapely.box(30, 20, 50, 40)]))
    assert terrace.equals(alone)


def test_low_steps_are_no_walls() -> None:
    assert not np.isfinite(wall_cells(town([shapely.box(10, 10, 20, 20)], heights=[0.4])).wall_height.values).any()


def test_a_building_without_a_footprint_faces_across_the_common_side() -> None:
    walls = wall_cells(town([shapely.box(20, 20, 30, 40)], table=[shapely.Polygon()]))
    assert sorted(set(azimuths(walls))) == [0.0, 90.0, 180.0, 270.0]


def test_a_city_without_surface_is_refused() -> None:
    city = town([shapely.box(20, 20, 30, 40)])
    with pytest.raises(MissingDataError, match="surface_elevation"):
        wall_cells(city.with_changes(grid=city.grid.drop_vars("surface_elevation")))


# coordinates on quarters: sums and mirror images are exact in double precision
PLACE = st.integers(40, 200).map(lambda n: n / 4)


@st.composite
def houses(draw):
    shapes = []
    for _ in range(draw(st.integers(1, 3))):
        x, y = draw(PLACE), draw(PLACE)
        points = [(x + draw(st.integers(-40, 40)) / 4, y + draw(st.integers(-40, 40)) / 4) for _ in range(5)]
        shape = shapely.convex_hull(shapely.MultiPoint(points))
        if shape.area > 4 and all(not shape.intersects(other) for other in shapes):
            shapes.append(shape)
    return shapes


def changed(city: City, cells, points) -> City:
    """The same town seen another way: its layers and its footprints moved alike, so that no cell changes sides."""
    grid = city.spec.dataset().assign(
        {name: (("y", "x"), np.ascontiguousarray(cells(layer.values))) for name, layer in city.grid.data_vars.items()}
    )
    shapes = [shapely.transform(shape, points) for shape in city.buildings.geometry]
    buildings = gpd.GeoDataFrame(index=city.buildings.index, geometry=shapes, crs=city.spec.crs)
    return City("changed", grid, buildings, None, city.trees)


@settings(max_examples=40)
@given(houses(), st.sampled_from([[5.0, 8.0, 8.0], [7.0, 7.0, 7.0]]))
def test_a_mirrored_town_has_mirrored_walls(shapes, heights) -> None:
    city = town(shapes, heights[: len(shapes)])
    one = wall_cells(city)
    two = wall_cells(
        changed(city, lambda layer: layer[:, ::-1], lambda xy: np.column_stack([60.0 - xy[:, 0], xy[:, 1]]))
    )
    np.testing.assert_array_equal(one.wall_height.values, two.wall_height.values[:, ::-1])
    a, b = one.wall_azimuth.values, two.wall_azimuth.values[:, ::-1]
    assert np.array_equal(np.isnan(a), np.isnan(b))
    apart = np.abs((a + b + 180.0) % 360.0 - 180.0)  # mirrored azimuths add up to a full turn
    assert np.nanmax(apart, initial=0.0) < 1e-3


@settings(max_examples=40)
@given(houses())
def test_a_town_turned_by_a_right_angle_has_turned_walls(shapes) -> None:
    city = town(shapes)
    one = wall_cells(city)
    two = wall_cells(
        changed(city, lambda layer: np.rot90(layer, -1), lambda xy: np.column_stack([xy[:, 1], 60.0 - xy[:, 0]]))
    )
    a, b = np.rot90(one.wall_azimuth.values, -1), two.wall_azimuth.values
    np.testing.assert_array_equal(np.rot90(one.wall_height.values, -1), two.wall_height.values)
    assert np.array_equal(np.isnan(a), np.isnan(b))
    apart = np.abs((b - a - 90.0 + 180.0) % 360.0 - 180.0)
    assert np.nanmax(apart, initial=0.0) < 1e-3
