"""Roofs on the grid: slope, aspect, mean elevation, eaves and drainage, against roofs whose geometry is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from shapely.affinity import rotate

from twin import GridSpec, build_city
from twin.city import roof_drainage
from twin.city.buildings import buildings_from_models
from twin.city.rasterize import cover_fraction
from twin.city.roofs import FLAT, lowest_edges, mean_roof, roof_planes, with_slivers
from twin.errors import MissingDataError
from twin.geometry.records import BuildingModels, ReadReport, SurfaceKind, Surfaces

ROOF, WALL, GROUND, UNKNOWN = SurfaceKind.ROOF, SurfaceKind.WALL, SurfaceKind.GROUND, SurfaceKind.UNKNOWN
SPEC = GridSpec(0.0, 40.0, 1.0, 40, 40, "EPSG:25833")


def models(*facets) -> BuildingModels:
    """Facets are (kind, building, ring of (x, y, z))."""
    rings = [np.asarray(ring, np.float64) for _, _, ring in facets]
    sizes = [len(ring) for ring in rings]
    count = max(row for _, row, _ in facets) + 1
    surfaces = Surfaces(
        np.concatenate(rings),
        np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        np.arange(len(facets) + 1),
        np.array([kind for kind, _, _ in facets], np.uint8),
        np.array([row for _, row, _ in facets], np.int32),
    )
    blank = [None] * count
    numbers = [np.nan] * count
    table = pd.DataFrame(
        {"id": [f"b{row}" for row in range(count)], "name": blank, "function": blank, "roof_type": ["1030"] * count,
         "storeys": numbers, "measured_height": numbers, "lod": [2] * count}
    )  # fmt: skip
    return BuildingModels(table, surfaces, CRS(25833), None, None, ReadReport("made up"))


def gable(x0=10.0, y0=10.0, width=20.0, depth=12.0, eaves=6.0, rise=4.0, turn=0.0, kind=ROOF):
    """A ridge along the middle of the depth; turned about the middle, degrees counter-clockwise."""
    half = y0 + depth / 2
    corners = [
        [(x0, y0), (x0 + width, y0), (x0 + width, half), (x0, half)],
        [(x0, half), (x0 + width, half), (x0 + width, y0 + depth), (x0, y0 + depth)],
    ]
    heights = [[eaves, eaves, eaves + rise, eaves + rise], [eaves + rise, eaves + rise, eaves, eaves]]
    middle = (x0 + width / 2, half)
    facets = []
    for points, levels in zip(corners, heights, strict=True):
        xy = shapely.get_coordinates(rotate(shapely.LineString(points), turn, origin=middle))
        facets.append((kind, 0, np.column_stack([xy, levels])))
    return facets


@pytest.mark.parametrize("turn", [0.0, 17.0, 45.0, 200.0])
def test_slope_and_aspect_are_those_of_the_planes(turn: float) -> None:
    placed = buildings_from_models(models(*gable(turn=turn)), SPEC, np.zeros(SPEC.shape))
    roof = placed.building_id > 0
    slope, aspect = placed.roof_slope, placed.roof_aspect
    # 4 m over 6 m
    assert np.allclose(slope[roof], np.degrees(np.arctan(4 / 6)), atol=1e-3)
    expected = np.sort([(180.0 - turn) % 360.0, (0.0 - turn) % 360.0])
    assert np.allclose(np.unique(np.round(aspect[roof], 3)), expected, atol=2e-3)
    assert np.isnan(slope[~roof]).all()
    assert np.isnan(aspect[~roof]).all()


def test_flat_roofs_have_a_slope_but_no_aspect() -> None:
    ring = [(5, 5, 9.0), (15, 5, 9.0), (15, 15, 9.0), (5, 15, 9.0)]
    placed = buildings_from_models(models((ROOF, 0, ring)), SPEC, np.zeros(SPEC.shape))
    roof = placed.building_id > 0
    assert (placed.roof_slope[roof] == 0).all()
    assert np.isnan(placed.roof_aspect).all()
    barely = np.tan(np.radians(FLAT * 1.01)) * 10
    tilted = [(5, 5, 9.0), (15, 5, 9.0), (15, 15, 9.0 + barely), (5, 15, 9.0 + barely)]
    again = buildings_from_models(models((ROOF, 0, tilted)), SPEC, np.zeros(SPEC.shape))
    assert np.allclose(again.roof_aspect[roof], 180.0)


def test_the_turn_of_a_ring_does_not_matter() -> None:
    facets = gable(turn=30.0)
    backwards = [(kind, row, ring[::-1]) for kind, row, ring in facets]
    one, two = (
        roof_planes(models(*facets).surfaces, np.array([[1, 2, 0]], np.int32)) for facets in (facets, backwards)
    )
    assert np.allclose(one, two, equal_nan=True)


def test_slopes_far_from_the_origin_keep_their_precision() -> None:
    shift = np.array([389000.0, 5819000.0, 30.0])
    facets = [(kind, row, ring + shift) for kind, row, ring in gable(turn=17.0)]
    far = roof_planes(models(*facets).surfaces, np.array([[1, 2]], np.int32))
    near = roof_planes(models(*gable(turn=17.0)).surfaces, np.array([[1, 2]], np.int32))
    # coordinates of 5.8e6 m carry 1e-9 m, over metres of a facet
    assert np.allclose(far, near, atol=1e-4)


def test_the_facet_that_gives_a_cell_its_elevation_gives_its_slope() -> None:
    low = [(ROOF, 0, [(5, 5, 5.0), (35, 5, 5.0), (35, 35, 5.0), (5, 35, 5.0)])]
    high = [(ROOF, 1, ring) for _, _, ring in gable(eaves=8.0)]
    placed = buildings_from_models(models(*low, *high), SPEC, np.zeros(SPEC.shape))
    assert set(np.unique(placed.building_id)) == {0, 1, 2}
    assert (placed.roof_slope[placed.building_id == 1] == 0).all()
    assert (placed.roof_slope[placed.building_id == 2] > 30).all()


@settings(max_examples=25)
@given(
    st.floats(0.0, 90.0),
    st.floats(9.0, 11.0),
    st.floats(9.0, 11.0),
    st.sampled_from([1.0, 2.0]),
)
def test_mean_roofs_keep_the_volume_of_a_gable(turn: float, x0: float, y0: float, resolution: float) -> None:
    spec = GridSpec(0.0, 40.0, resolution, int(40 / resolution), int(40 / resolution), "EPSG:25833")
    facets = gable(x0=x0, y0=y0, turn=turn)
    footprint = rotate(shapely.box(x0, y0, x0 + 20, y0 + 12), turn)
    share = cover_fraction([footprint], spec)
    mean = with_slivers(mean_roof(models(*facets).surfaces, spec), share)
    # 240 m2 at 6 m, and a prism 4 m high; the eaves' strip, cut by a cell, is sampled to an eighth of the cell
    assert np.nansum(mean * share) * spec.cell_area == pytest.approx(240.0 * 8.0, rel=5e-3 * resolution)


def test_a_mean_roof_is_exact_under_one_plane_and_better_at_a_ridge() -> None:
    # the ridge runs through the middles of a row of cells of 2 m
    spec = GridSpec(0.0, 41.0, 2.0, 20, 20, "EPSG:25833")
    facets = gable(x0=10.0, y0=10.0, depth=12.0)
    surfaces = models(*facets).surfaces
    highest = buildings_from_models(models(*facets), spec, np.zeros(spec.shape)).roof_elevation
    mean = buildings_from_models(models(*facets), spec, np.zeros(spec.shape), roof_statistic="mean").roof_elevation
    ridge = int((41.0 - 16.0) // 2.0)
    assert np.nanmax(highest) == pytest.approx(10.0)
    # 4 m of rise over 6 m: within 1 m of the ridge the roof lies 1/3 m below it in the mean; sampled at 1/4 and 3/4 m
    assert mean[ridge, 8] == pytest.approx(10.0 - 4 / 6 * 0.5)
    assert mean_roof(surfaces, spec)[ridge + 1, 8] == pytest.approx(highest[ridge + 1, 8])
    assert np.array_equal(np.isnan(mean), np.isnan(highest))


@pytest.mark.parametrize("resolution", [0.5, 1.0, 2.0, 4.0])
def test_roof_elevation_and_building_fraction_hold_the_volume(resolution: float) -> None:
    count = int(40 / resolution)
    spec = GridSpec(0.0, 40.0, resolution, count, count, "EPSG:25833")
    terrain = xr.DataArray(np.full(spec.shape, 0.0), spec.coordinates(), ("y", "x"))
    errors = {"mean": [], "centres": []}
    for turn in (0.0, 13.0, 31.0, 45.0, 77.0):
        for shift in (0.0, 0.31, 0.77):
            facets = gable(x0=9.6 + shift, y0=10.2 - shift, turn=turn)
            corner = np.array([9.6 + shift, 10.2 - shift])
            footprint = rotate(shapely.box(*corner, corner[0] + 20, corner[1] + 12), turn)
            outline = [(x, y, 0.0) for x, y in footprint.exterior.coords[:-1]]
            house = models(*facets, (GROUND, 0, outline))
            grid = build_city("t", spec, terrain=terrain, buildings=house, roof_statistic="mean").grid
            share = grid.building_fraction.values
            held = np.nansum(grid.roof_elevation.values * share) * spec.cell_area
            errors["mean"].append(held / 1920.0 - 1.0)  # 240 m2, 6 m at the eaves, 10 m at the ridge
            plain = build_city("t", spec, terrain=terrain, buildings=house).grid
            assert "roof_elevation" not in plain
            errors["centres"].append(float(plain.surface_elevation.sum()) * spec.cell_area / 1920.0 - 1.0)
    # standard deviations on 300 positions: 0.001 % at 0.5 m to 0.06 % at 4 m; with centres 0.2 % to 4 %
    assert np.abs(errors["mean"]).max() < {0.5: 1e-4, 1.0: 2e-4, 2.0: 1e-3, 4.0: 4e-3}[resolution]
    assert np.std(errors["mean"]) < np.std(errors["centres"]) / 10


def test_flat_roofs_of_a_map_hold_their_volume_too(osm) -> None:
    spec = GridSpec(690000.0, 5540100.0, 4.0, 25, 25, "EPSG:25832")
    terrain = xr.DataArray(np.full(spec.shape, 300.0), spec.coordinates(), ("y", "x"))
    extract = osm([(shapely.box(21, 33, 34.5, 58.1), {"building": "house", "height": "7"})])
    grid = build_city("t", spec, terrain=terrain, buildings=extract, roof_statistic="mean").grid
    held = np.nansum((grid.roof_elevation.values - 300.0) * grid.building_fraction.values) * 16
    assert held == pytest.approx(13.5 * 25.1 * 7.0, rel=2e-3)  # the transverse Mercator scale alone is 4e-4


def test_filled_roofs_join_the_mean(osm) -> None:
    spec = GridSpec(690000.0, 5540100.0, 4.0, 25, 25, "EPSG:25832")
    terrain = xr.DataArray(np.full(spec.shape, 300.0), spec.coordinates(), ("y", "x"))
    extract = osm([(shapely.box(21, 33, 34.5, 58.1), {"building": "house", "height": "7"})])
    grid = build_city("t", spec, terrain=terrain, fill_buildings=extract, roof_statistic="mean").grid
    alone = build_city("t", spec, terrain=terrain, buildings=extract, roof_statistic="mean").grid
    assert np.array_equal(grid.roof_elevation.values, alone.roof_elevation.values, equal_nan=True)


def test_eaves_are_the_lowest_edge_of_the_roof_above_the_ground() -> None:
    floor = (GROUND, 0, [(10, 10, 1.5), (30, 10, 1.5), (30, 22, 1.5), (10, 22, 1.5)])
    table = buildings_from_models(models(*gable(), floor), SPEC, np.zeros(SPEC.shape)).table
    assert table["eaves_height"].tolist() == [4.5]
    assert table["height"].tolist() == [8.5]
    assert table["roof_shape"].tolist() == ["1030"]
    assert table["source"].tolist() == ["3-D city model"]


def test_vertical_facets_and_floors_of_bare_solids_are_no_eaves() -> None:
    cheek = (ROOF, 0, [(10, 10, 0.0), (30, 10, 0.0), (30, 10, 6.0), (10, 10, 6.0)])
    part = models(*gable(), cheek)
    assert lowest_edges(part.surfaces, 1, np.ones(3, bool)).tolist() == [6.0]
    floor = (UNKNOWN, 0, [(10, 10, 0.0), (30, 10, 0.0), (30, 22, 0.0), (10, 22, 0.0)])
    solid = models(*gable(kind=UNKNOWN), floor)
    assert lowest_edges(solid.surfaces, 1, np.ones(3, bool)).tolist() == [6.0]


def drained(facets, ground=0.0):
    placed = buildings_from_models(models(*facets), SPEC, np.full(SPEC.shape, ground))
    grid = SPEC.dataset()
    surface = np.where(placed.building_id > 0, placed.roof_elevation, ground)
    for name, values in (
        ("building_id", placed.building_id),
        ("surface_elevation", surface),
        ("roof_slope", placed.roof_slope),
        ("roof_aspect", placed.roof_aspect),
    ):
        grid[name] = (("y", "x"), values)
    return grid, roof_drainage(grid)


def test_a_gable_drains_over_both_of_its_eaves() -> None:
    grid, rain = drained(gable())
    roof = grid.building_id.values > 0
    assert (rain.roof_drainage.values[roof] == 1).all()
    assert not rain.roof_drainage.values[~roof].any()
    receiver = rain.eaves_receiver.values
    rows, columns = np.nonzero(roof)
    # straight down the slope: the row below the southern eaves at y = 10 or above the northern ones at y = 22
    assert (receiver[rows, columns] % SPEC.columns == columns).all()
    assert set(receiver[rows, columns] // SPEC.columns) == {40 - 10, 40 - 22 - 1}
    assert (np.bincount(receiver[roof]).max(), (receiver[~roof] == -1).all()) == (6, True)


def test_flat_roofs_and_valleys_drain_inside() -> None:
    flat = [(ROOF, 0, [(5, 5, 9.0), (15, 5, 9.0), (15, 15, 9.0), (5, 15, 9.0)])]
    grid, rain = drained(flat)
    assert set(rain.roof_drainage.values[grid.building_id.values > 0]) == {2}
    # a butterfly: both halves fall to a gutter in the middle
    valley = [(kind, row, ring * [1, 1, -1] + [0, 0, 20]) for kind, row, ring in gable()]
    grid, rain = drained(valley)
    assert set(rain.roof_drainage.values[grid.building_id.values > 0]) == {2}
    assert (rain.eaves_receiver.values == -1).all()


def test_a_roof_that_falls_towards_a_higher_wall_drains_inside() -> None:
    lean = (ROOF, 0, [(10, 10, 6.0), (20, 10, 6.0), (20, 20, 9.0), (10, 20, 9.0)])  # falls to the south
    tower = (ROOF, 1, [(10, 4, 15.0), (20, 4, 15.0), (20, 10, 15.0), (10, 10, 15.0)])
    grid, rain = drained([lean, tower])
    assert set(rain.roof_drainage.values[grid.building_id.values == 1]) == {2}
    grid, rain = drained([lean])
    assert set(rain.roof_drainage.values[grid.building_id.values == 1]) == {1}


def test_drainage_needs_the_roof_layers() -> None:
    grid, _ = drained(gable())
    with pytest.raises(MissingDataError, match="roof_aspect"):
        roof_drainage(grid.drop_vars("roof_aspect"))
