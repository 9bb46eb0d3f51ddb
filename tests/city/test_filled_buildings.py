"""Buildings that the model lacks, filled from another source: what is missing, and that nothing known changes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
import xarray as xr
from pyproj import CRS

from twin import GridSpec, build_city
from twin.city.filled_buildings import known_share
from twin.city.raster_buildings import KNOWN_SHARE
from twin.city.samples import sample_folder
from twin.errors import DataError, InputError
from twin.geometry import read_citygml, read_raster
from twin.geometry.records import BuildingModels, ReadReport, SurfaceKind, Surfaces
from twin.variables import flag

SPEC = GridSpec(690000.0, 5540100.0, 1.0, 100, 100, "EPSG:25832")
FAR = (680000.0, 5530000.0, 700000.0, 5550000.0)


def ground(value: float = 300.0) -> xr.DataArray:
    return xr.DataArray(np.full(SPEC.shape, value, np.float32), SPEC.coordinates(), ("y", "x"))


def model(*boxes, crs=25832, bounds=FAR) -> BuildingModels:
    """Flat houses: (x0, y0, x1, y1, roof), in m from the grid's south-west corner."""
    rings, kinds, rows = [], [], []
    for row, (x0, y0, x1, y1, roof) in enumerate(boxes):
        ring = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]]) + np.array([690000.0, 5540000.0])
        for kind, z in ((SurfaceKind.ROOF, roof), (SurfaceKind.GROUND, 299.0)):
            rings.append(np.column_stack([ring, np.full(4, z)]))
            kinds.append(kind)
            rows.append(row)
    count = len(boxes)
    table = pd.DataFrame(
        {
            "id": [f"b{row}" for row in range(count)],
            "name": [None] * count,
            "function": [None] * count,
            "roof_type": [None] * count,
            "storeys": [np.nan] * count,
            "measured_height": [np.nan] * count,
            "lod": [2] * count,
        }
    )
    surfaces = Surfaces(
        np.concatenate(rings),
        np.arange(len(rings) + 1) * 4,
        np.arange(len(rings) + 1),
        np.array(kinds, np.uint8),
        np.array(rows, np.int32),
    )
    return BuildingModels(table, surfaces, CRS(crs), "DHHN2016", bounds, ReadReport("model"))


KNOWN = model((20, 20, 40, 40, 312.0))


def same_where_known(before, after) -> None:
    known = before.grid.building_id.values > 0
    for name in ("building_id", "surface_elevation", "roof_slope", "roof_aspect", "building_source"):
        assert np.array_equal(before.grid[name].values[known], after.grid[name].values[known], equal_nan=True), name
    columns = [name for name in before.buildings.columns if name in after.buildings.columns]
    for name in columns:
        values = (table.loc[before.buildings.index, name] for table in (before.buildings, after.buildings))
        # a column of texts writes what is missing as NaN, one of nothing but None keeps it
        one, two = ([None if value is None or value != value else value for value in column] for column in values)
        assert one == two, name


def test_openstreetmap_fills_what_the_model_lacks(osm) -> None:
    extract = osm(
        [
            (shapely.box(21, 21, 41, 41), {"building": "house"}),  # the known one, a metre off
            (shapely.box(60, 60, 70, 80), {"building": "house", "height": "7"}),
            (shapely.box(80, 10, 90, 20), {"building": "yes"}),
            (shapely.box(500, 10, 510, 20), {"building": "yes"}),  # off the grid
        ]
    )
    before = build_city("t", SPEC, terrain=ground(), buildings=KNOWN)
    city = build_city("t", SPEC, terrain=ground(), buildings=KNOWN, fill_buildings=extract)
    same_where_known(before, city)
    assert city.buildings.index.tolist() == [1, 2, 3]
    assert city.buildings["source"].tolist() == ["3-D city model", *["filled from OpenStreetMap"] * 2]
    assert city.buildings["osm_id"].tolist()[1:] == ["w1", "w2"]
    assert city.buildings["gml_id"].isna().tolist() == [False, True, True]
    source = city.grid.building_source.values
    assert (source == flag("building_source", "osm_height_tagged")).sum() == 200
    assert (source == flag("building_source", "osm_height_assumed")).sum() == 100
    assert (city.grid.surface_elevation.values[source == 2] == 307.0).all()
    assert float(city.grid.building_fraction.sum()) == pytest.approx(700.0, rel=1e-4)
    (caveat,) = [c for c in city.meta.caveats if c.topic == "buildings"]
    assert caveat.text_en == "The building data lack 2 buildings (300 m²); they are filled from OpenStreetMap."
    assert "fehlen 2 Gebäude (300 m²)" in caveat.text_de


def test_a_footprint_is_missing_below_a_tenth_of_cover(osm) -> None:
    for shift, missing in ((18.1, True), (17.9, False)):  # of 20 m: 9.5 % and 10.5 % stand on the known house
        extract = osm([(shapely.box(20 + shift, 20, 40 + shift, 40), {"building": "house", "height": "5"})])
        city = build_city("t", SPEC, terrain=ground(), buildings=KNOWN, fill_buildings=extract)
        assert (len(city.buildings) == 2) is missing
        # ground under both is counted once
        assert float(city.grid.building_fraction.sum()) <= 400 + 20 * shift + 0.5
    assert KNOWN_SHARE == 0.1


def test_the_share_known_counts_overlapping_neighbours_once() -> None:
    known = np.array([shapely.box(0, 0, 2, 1), shapely.box(1, 0, 3, 1)])
    assert known_share(np.array([shapely.box(0, 0, 4, 1), shapely.Polygon()]), known).tolist() == [0.75, 1.0]


def test_another_model_fills_with_its_roofs() -> None:
    other = model((20, 20, 40, 40, 330.0), (60, 60, 70, 70, 320.0))
    before = build_city("t", SPEC, terrain=ground(), buildings=KNOWN)
    city = build_city("t", SPEC, terrain=ground(), buildings=KNOWN, fill_buildings=other)
    same_where_known(before, city)
    new = city.grid.building_source.values == flag("building_source", "other_city_model")
    assert new.sum() == 100
    assert (city.grid.surface_elevation.values[new] == 320.0).all()
    assert (city.grid.roof_slope.values[new] == 0.0).all()


def test_a_raster_of_heights_fills_and_leaves_rims_and_courtyards_out() -> None:
    coarse = GridSpec(690000.0, 5540100.0, 2.0, 50, 50, "EPSG:25832")
    heights = np.zeros(coarse.shape)
    heights[30:40, 10:20] = 12.0  # the known house
    heights[29, 10:20] = 12.0  # its rim, one cell wide
    heights[10:20, 30:35] = 9.0  # a missing one, 20 m by 10 m
    heights[10:20, 40:45] = 1.9  # too low
    raster = xr.DataArray(heights, coarse.coordinates(), ("y", "x"))
    before = build_city("t", SPEC, terrain=ground(), buildings=KNOWN)
    city = build_city("t", SPEC, terrain=ground(), buildings=KNOWN, fill_buildings=raster)
    same_where_known(before, city)
    new = city.grid.building_source.values == flag("building_source", "height_raster")
    assert new.sum() == 200
    assert (city.grid.surface_elevation.values[new] == 309.0).all()
    assert np.isnan(city.grid.roof_slope.values[new]).all()
    assert city.buildings.loc[2, ["height", "storeys", "use", "residents"]].tolist() == [9.0, 3.0, "unknown", 0.0]
    (caveat,) = [c for c in city.meta.caveats if c.topic == "buildings"]
    assert "lack 1 buildings (200 m²)" in caveat.text_en
    assert "1 narrower shapes are left out" in caveat.text_en


def test_filled_roofs_are_ground_of_their_own() -> None:
    raster = xr.DataArray(np.full(SPEC.shape, 8.0), SPEC.coordinates(), ("y", "x"))
    grid = build_city("t", SPEC, terrain=ground(), buildings=KNOWN, fill_buildings=raster).grid
    assert (grid.land_cover == 3).all()
    assert (grid.land_cover_source == flag("land_cover_source", "building")).all()


def test_a_city_can_be_made_of_filled_buildings_alone() -> None:
    raster = xr.DataArray(np.full(SPEC.shape, 8.0), SPEC.coordinates(), ("y", "x"))
    city = build_city("t", SPEC, terrain=ground(), fill_buildings=raster)
    assert len(city.buildings) == 1
    assert int((city.grid.building_id > 0).sum()) == 10_000


def test_elevations_taken_for_heights_are_refused() -> None:
    raster = xr.DataArray(np.full(SPEC.shape, 812.0), SPEC.coordinates(), ("y", "x"))
    with pytest.raises(DataError, match="reaches 812 m; heights above ground are at most 500 m"):
        build_city("t", SPEC, terrain=ground(), buildings=KNOWN, fill_buildings=raster)


def test_a_filling_model_of_another_crs_is_refused() -> None:
    with pytest.raises(InputError, match="that fills is in ETRS89 / UTM zone 33N"):
        build_city("t", SPEC, terrain=ground(), buildings=KNOWN, fill_buildings=model((1, 1, 2, 2, 310.0), crs=25833))


def test_a_raster_elsewhere_is_refused() -> None:
    away = GridSpec(790000.0, 5540100.0, 1.0, 10, 10, "EPSG:25832")
    raster = xr.DataArray(np.full(away.shape, 8.0), away.coordinates(), ("y", "x"))
    with pytest.raises(DataError, match="does not reach the grid"):
        build_city("t", SPEC, terrain=ground(), buildings=KNOWN, fill_buildings=raster)


def test_the_east_of_tiergarten_is_filled_where_the_neighbouring_tile_is_missing(tiergarten, shared_data) -> None:
    folder = sample_folder("tiergarten")
    terrain = read_raster(folder / "dgm1_berlin_tiergarten.tif")
    models = read_citygml(folder / "lod2_3890_5819.gml.gz")
    heights = read_raster(shared_data("city/berlin_tiergarten/Berlin_building_height_3m_DLR.tif"))
    tile = (389000.0, 5819000.0, 390000.0, 5820000.0)
    city = build_city("t", tiergarten.spec, terrain=terrain, buildings=models, fill_buildings=heights, tile=tile)
    same_where_known(build_city("t", tiergarten.spec, terrain=terrain, buildings=models, tile=tile), city)
    new = city.buildings[city.buildings["source"] == "filled from a raster of building heights"]
    # three blocks that are filed under tile 3900_5819; the Reichstag's courtyards are none of them
    assert len(new) == 3
    assert (new.bounds["minx"] > 389890).all()
    assert new.area.sum() == pytest.approx(13383, abs=1)
    source = city.grid.building_source.values
    assert 12_000 < (source == flag("building_source", "height_raster")).sum() < 13_500
    above = (city.grid.surface_elevation - city.grid.ground_elevation).values[source == 5]
    assert 25 < np.median(above) < 35  # blocks of eight to twelve storeys
    (edges,) = [c for c in city.meta.caveats if c.topic == "edges"]
    assert "In the east and north, another source fills them" in edges.text_en
