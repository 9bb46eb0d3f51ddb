"""What cells and buildings say of their origin, and what a city says of the end of its data."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import xarray as xr
from pyproj import CRS

from twin import GridSpec, build_city
from twin.city import City, land_cover_from_records
from twin.city.green_roofs import UNKNOWN, green_roof_of_attributes, green_roof_of_tags
from twin.city.placing import about_extent, complete_area
from twin.city.surfaces import CODES, INFILTRATION_BOUNDS, infiltration_class, surface_parameters
from twin.errors import InputError
from twin.geometry import read_cityjson
from twin.geometry.records import (
    AreaRecords,
    BuildingModels,
    CityJsonData,
    ReadReport,
    Surfaces,
    TreeRecords,
    UnitRecords,
)
from twin.geometry.surfaces import no_surfaces
from twin.variables import VARIABLES, flag

SPEC = GridSpec(690000.0, 5540100.0, 1.0, 100, 100, "EPSG:25832")
SHIFT = np.array([690000.0, 5540000.0])


def ground() -> xr.DataArray:
    return xr.DataArray(np.full(SPEC.shape, 300.0), SPEC.coordinates(), ("y", "x"))


def box(x0, y0, x1, y1):
    return shapely.box(x0 + SHIFT[0], y0 + SHIFT[1], x1 + SHIFT[0], y1 + SHIFT[1])


def layer(*rows, crs=25832) -> AreaRecords:
    """Rows of (shape, land cover, sealed share)."""
    shapes, covers, shares = zip(*rows, strict=True)
    areas = gpd.GeoDataFrame(
        {
            "id": [f"row {row}" for row in range(len(rows))],
            "class": "made up",
            "land_cover": pd.Series(covers, dtype=object),
            "sealed_fraction": np.array(shares, np.float64),
        },
        geometry=list(shapes),
        crs=25832,
    ).to_crs(crs)
    return AreaRecords(areas, CRS(crs), "own", ReadReport("layer", len(rows), len(rows)))


def cadastre(*rows) -> TreeRecords:
    """Rows of (x, y, height, source of the height)."""
    x, y, height, source = zip(*rows, strict=True)
    trees = gpd.GeoDataFrame(
        {
            "id": [f"t{row}" for row in range(len(rows))],
            "species": "",
            "height": np.array(height, np.float64),
            "crown_diameter": 6.0,
            "trunk_circumference": np.nan,
            "height_source": list(source),
            "crown_diameter_source": "measured",
            "group": False,
        },
        geometry=gpd.points_from_xy(np.array(x) + SHIFT[0], np.array(y) + SHIFT[1]),
        crs=25832,
    )
    return TreeRecords(trees, CRS(25832), "made up", ReadReport("cadastre", len(rows), len(rows)))


def value(grid, name: str, x: float, y: float):
    return grid[name].sel(x=x + SHIFT[0], y=y + SHIFT[1], method="nearest").item()


def test_each_crown_names_what_it_is_known_from(osm) -> None:
    extract = osm(
        [(shapely.box(0, 60, 40, 100), {"natural": "wood"})],
        points=[
            (shapely.Point(70.5, 70.5), {"natural": "tree", "height": "16"}),
            (shapely.Point(50.5, 50.5), {"natural": "tree"}),
            (shapely.Point(20.5, 80.5), {"natural": "tree", "height": "25"}),  # above the wood
        ],
    )
    trees = cadastre((10.5, 10.5, 14.0, "measured"), (30.5, 10.5, 9.0, "estimated"), (11.5, 10.5, 20.0, "dummy"))
    grid = build_city("t", SPEC, terrain=ground(), land_cover=extract, trees=trees).grid
    words = [word for word, _ in VARIABLES["canopy_source"].flags]
    expected = {
        (70.5, 70.5): "map_tagged",
        (50.5, 50.5): "map_assumed",
        (20.5, 80.5): "map_tagged",
        (5.5, 65.5): "map_assumed",
        (10.5, 10.5): "cadastre_estimated",  # its neighbour is higher
        (30.5, 10.5): "cadastre_estimated",
        (90.5, 90.5): "none",
    }
    assert {place: words[value(grid, "canopy_source", *place)] for place in expected} == expected
    assert words[value(grid, "canopy_source", 7.5, 10.5)] == "cadastre_measured"


def test_measured_canopy_and_the_cadastre_beyond_it() -> None:
    west = GridSpec(690000.0, 5540100.0, 1.0, 100, 50, "EPSG:25832")
    heights = xr.DataArray(np.full(west.shape, 9.0), west.coordinates(), ("y", "x"))
    trees = cadastre((10.5, 10.5, 14.0, "measured"), (80.5, 10.5, 14.0, "measured"))
    grid = build_city("t", SPEC, terrain=ground(), canopy=heights, trees=trees).grid
    source = grid.canopy_source.values
    assert (source[:, :50] == flag("canopy_source", "height_raster")).all()
    assert value(grid, "canopy_source", 80.5, 10.5) == flag("canopy_source", "cadastre_measured")
    assert value(grid, "canopy_source", 60.5, 60.5) == 0


def test_land_use_is_painted_with_its_sealed_share_and_roads_above(osm) -> None:
    records = layer(
        (box(0, 0, 100, 50), "grass", 0.45),
        (box(10, 10, 20, 20), "water", np.nan),  # smaller, so above
        (box(0, 50, 100, 60), None, np.nan),  # a class the map does not know
        (box(0, 60, 100, 100), "forest", np.nan),
        crs=25833,
    )
    roads = osm(roads=[([(50, -10), (50, 110)], {"highway": "residential"})])
    city = build_city("t", SPEC, terrain=ground(), land_cover=records, roads=roads)
    grid = city.grid
    assert value(grid, "land_cover", 5, 5) == CODES["grass"]
    assert value(grid, "sealed_fraction", 5, 5) == pytest.approx(0.45)
    assert value(grid, "land_cover", 15, 15) == CODES["water"]
    assert value(grid, "land_cover", 50, 30) == CODES["asphalt"]
    assert value(grid, "sealed_fraction", 50, 30) == 1.0
    assert value(grid, "land_cover", 5, 80) == CODES["forest"]
    assert value(grid, "canopy_height", 5, 80) == 20.0
    words = [word for word, _ in VARIABLES["land_cover_source"].flags]
    found = [words[value(grid, "land_cover_source", x, y)] for x, y in ((5, 5), (15, 15), (50, 30), (5, 55))]
    assert found == ["land_use_layer", "land_use_layer", "map", "assumed"]
    # the unsealed 55 % of the cell let water in
    full = surface_parameters(np.array([CODES["grass"]]))["infiltration_final_rate"][0]
    assert value(grid, "infiltration_final_rate", 5, 5) == pytest.approx(0.55 * full)
    assert any("class map 'own'" in caveat.text_en for caveat in city.meta.caveats)
    assert any(report.source == "layer" for report in city.meta.reports)


def test_land_use_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(InputError, match="land cover 'lawn' is not known"):
        land_cover_from_records(layer((box(0, 0, 9, 9), "lawn", np.nan)), SPEC)
    with pytest.raises(InputError, match="sealed_fraction of area row 0 is 45; it must be 0 to 1"):
        land_cover_from_records(layer((box(0, 0, 9, 9), "grass", 45.0)), SPEC)


def test_an_empty_layer_leaves_all_ground_assumed() -> None:
    cover = land_cover_from_records(layer((box(0, 0, 9, 9), None, np.nan)), SPEC)
    assert not cover.mapped.any()
    assert not cover.source.any()


def test_infiltration_classes_follow_from_the_rates_in_use() -> None:
    codes = np.array(list(CODES.values()))
    rates = surface_parameters(codes)["infiltration_final_rate"]
    words = [word for word, _ in VARIABLES["infiltration_class"].flags]
    found = dict(zip(CODES, (words[number] for number in infiltration_class(codes, rates)), strict=True))
    assert found == {
        "asphalt": "sealed", "paving": "very_low", "roof": "sealed", "gravel": "low", "bare_soil": "medium",
        "grass": "medium", "cropland": "medium", "shrub": "medium", "forest": "high", "water": "water",
    }  # fmt: skip
    # every bound belongs to the better class, in single precision too
    bounds = np.array(INFILTRATION_BOUNDS[1:]) / 3.6e6
    grass = np.full(3, CODES["grass"])
    assert infiltration_class(grass, bounds.astype(np.float32)).tolist() == [2, 3, 4]
    assert infiltration_class(grass, (bounds * 0.99).astype(np.float32)).tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("tags", "share", "source"),
    [
        ({"roof:material": "grass"}, 1.0, "tag roof:material"),
        ({"roof:surface": "grass"}, 1.0, "tag roof:surface"),
        ({"roof:material": "roof_tiles"}, 0.0, "tag roof:material"),
        ({"roof:material": "concrete", "roof:surface": "grass"}, 1.0, "tag roof:surface"),
        ({"building": "yes"}, 0.0, UNKNOWN),
    ],
)
def test_green_roofs_of_a_map(tags, share, source) -> None:
    assert green_roof_of_tags(tags) == (share, source)


@pytest.mark.parametrize(
    ("generic", "share"),
    [
        ({"Gruendach": "ja"}, 1.0),
        ({"Dachbegrünung": "extensiv"}, 1.0),
        ({"green_roof_fraction": "0,4"}, 0.4),
        ({"greenRoof": "40"}, 0.4),
        ({"greenRoof": "140"}, None),
        ({"greenRoof": "vielleicht"}, None),
        ({"Dachform": "1"}, None),
        ({}, None),
        (None, None),
    ],
)
def test_green_roofs_of_a_model(generic, share) -> None:
    found, source = green_roof_of_attributes(generic)
    assert found == (share or 0.0)
    assert (source == UNKNOWN) is (share is None)


def test_green_roofs_lie_on_their_buildings(osm) -> None:
    extract = osm(
        [
            (shapely.box(10, 10, 20, 20), {"building": "school", "roof:material": "grass", "roof:shape": "gabled"}),
            (shapely.box(30, 10, 40, 20), {"building": "house"}),
        ]
    )
    city = build_city("t", SPEC, terrain=ground(), buildings=extract)
    assert float(city.grid.green_roof_fraction.sum()) == 100.0
    assert city.buildings["green_roof"].tolist() == [1.0, 0.0]
    assert city.buildings["green_roof_source"].tolist() == ["tag roof:material", UNKNOWN]
    # the shape is told, the roof on the grid stays flat
    assert city.buildings["roof_shape"].iloc[0] == "gabled"
    roof = city.grid.building_id.values > 0
    assert (city.grid.roof_slope.values[roof] == 0).all()
    assert city.buildings["eaves_height"].tolist() == city.buildings["height"].tolist()


def test_the_end_of_the_data_is_told_for_every_kind_of_buildings(osm) -> None:
    def model(bounds):
        ring = np.array([[20, 20], [40, 20], [40, 40], [20, 40]]) + SHIFT
        roof = Surfaces(
            np.column_stack([ring, np.full(4, 312.0)]),
            np.array([0, 4]),
            np.array([0, 1]),
            np.array([1], np.uint8),
            np.zeros(1, np.int32),
        )
        return BuildingModels(pd.DataFrame({"id": ["b"]}), roof, CRS(25832), None, bounds, ReadReport("model"))

    wide = (680000.0, 5530000.0, 700000.0, 5550000.0)
    assert about_extent(model(wide), SPEC, None, None) == []
    (declared,) = about_extent(model((690000.0, 5530000.0, 700000.0, 5550000.0)), SPEC, None, None)
    assert "in the west: buildings filed under neighbouring tiles are missing" in declared.text_en
    (silent,) = about_extent(model(None), SPEC, None, None)
    assert "do not say how far they are complete" in silent.text_en
    assert "sagen nicht, bis wohin sie vollständig sind" in silent.text_de
    # a box in degrees that ends 50 m east of the grid, and one that goes on for kilometres
    house = [(shapely.box(20, 20, 40, 40), {"building": "house"})]
    near, far = ((11.6, 49.95, east, 50.0) for east in (11.6493, 11.75))
    (cut,) = about_extent(osm(house, bounds=near), SPEC, None, None)
    assert "in the east:" in cut.text_en
    assert about_extent(osm(house, bounds=far), SPEC, None, None) == []
    (closed,) = about_extent(model((690000.0, 5530000.0, 700000.0, 5550000.0)), SPEC, None, osm(house, bounds=far))
    assert "In the west, another source fills them" in closed.text_en
    assert "Im Westen füllt eine andere Quelle sie" in closed.text_de


def test_the_area_known_is_the_tile_and_the_grid_where_it_was_filled() -> None:
    tile = (690000.0, 5540000.0, 690050.0, 5540100.0)
    assert complete_area(None, SPEC, tile).area == 5000.0
    assert complete_area(None, SPEC, tile, filled=True).area == 10_000.0
    assert complete_area(None, SPEC, None) is None


def test_places_are_of_the_citys_crs_and_listed() -> None:
    city = build_city("t", SPEC, terrain=ground())
    assert city.places is None
    school = gpd.GeoDataFrame(
        {"kind": ["school"], "name": ["Ost"], "osm_id": ["w1"]}, geometry=[box(1, 1, 9, 9)], crs=25832
    )
    assert "1 places (1 school)" in city.with_changes(places=school).info()
    with pytest.raises(InputError, match="the places are in WGS 84"):
        city.with_changes(places=school.to_crs(4326))
    assert isinstance(city, City)


def test_an_extract_brings_its_places(osm) -> None:
    extract = osm([(shapely.box(10, 10, 30, 30), {"leisure": "playground"})])
    city = build_city("t", SPEC, terrain=ground(), land_cover=extract)
    assert city.places is not None
    assert city.places["kind"].tolist() == ["playground"]


def test_residents_come_from_units_where_there_are_any(osm) -> None:
    extract = osm(
        [(shapely.box(10, 10, 20, 20), {"building": "house"}), (shapely.box(30, 10, 40, 30), {"building": "house"})]
    )
    units = UnitRecords(
        gpd.GeoDataFrame({"id": ["1"], "name": [""], "residents": [30.0]}, geometry=[box(0, 0, 100, 100)], crs=25832),
        CRS(25832),
        ReadReport("units", 1, 1),
    )
    city = build_city("t", SPEC, terrain=ground(), buildings=extract, residents=units)
    assert city.buildings["residents"].tolist() == pytest.approx([10.0, 20.0])
    said = [caveat.text_en for caveat in city.meta.caveats if caveat.topic == "residents"]
    assert len(said) == 1
    assert "those of statistical units" in said[0]


def test_an_unknown_statistic_is_refused() -> None:
    with pytest.raises(InputError, match="roof_statistic is 'median'; it must be 'max' or 'mean'"):
        build_city("t", SPEC, terrain=ground(), roof_statistic="median")


def test_shares_of_classes_stand_in_the_summary() -> None:
    text = build_city("t", SPEC, terrain=ground()).info()
    assert "ground_source              elevation_model 100 %" in text
    assert "elevation_model 100 %" in build_city("t", SPEC, terrain=ground())._repr_html_()


def test_trees_of_a_city_model_stand_in_its_city() -> None:
    nothing = no_surfaces()
    models = BuildingModels(pd.DataFrame({"id": []}), nothing, CRS(25832), None, None, ReadReport("model"))
    areas = gpd.GeoDataFrame(
        {"id": ["f"], "class": ["LandUse"], "attributes": [{}], "lod": [1.0]}, geometry=[box(0, 0, 50, 50)], crs=25832
    )
    data = CityJsonData(
        models, areas, nothing, nothing, ReadReport("model"), trees=cadastre((10.5, 10.5, 14.0, "measured"))
    )
    city = build_city("t", SPEC, terrain=ground(), land_cover=data)
    assert len(city.trees) == 1
    assert value(city.grid, "canopy_height", 10.5, 10.5) == 14.0
    assert value(city.grid, "land_cover_source", 5, 5) == flag("land_cover_source", "city_model")
    assert value(city.grid, "land_cover_source", 80, 80) == flag("land_cover_source", "assumed")


def test_a_cityjson_tile_tells_where_it_ends_and_its_buildings_give_ground(shared_data) -> None:
    data = read_cityjson(shared_data("city/denhaag/DenHaag_01.city.json.zip"))
    corners = data.buildings.surfaces.vertices[:, :2]
    x, y = (float(edge) for edge in corners.min(axis=0) + 150)
    within, across = (GridSpec.from_bounds((x, y, x + width, y + 100), 2.0, 28992) for width in (300, 500))
    assert about_extent(data.buildings, within, None, None) == []
    (said,) = about_extent(data.buildings, across, None, None)
    assert "in the east:" in said.text_en
    (silent,) = about_extent(replace(data.buildings, bounds=None), across, None, None)
    assert "in the east, where some may be missing" in silent.text_en
    # its relief is better ground; without it and without areas, that of the buildings serves
    relief = build_city("t", within, buildings=data.buildings, land_cover=data)
    bare = replace(data, relief=no_surfaces(), areas=data.areas.iloc[:0], area_surfaces=no_surfaces())
    city = build_city("t", within, buildings=data.buildings, land_cover=bare)
    assert any("its relief" in caveat.text_en for caveat in relief.meta.caveats)
    assert any("from the ground surfaces of buildings" in caveat.text_en for caveat in city.meta.caveats)
    apart = city.grid.ground_elevation - relief.grid.ground_elevation
    assert abs(float(apart.median())) < 0.5
