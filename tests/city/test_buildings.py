"""Buildings from a 3-D city model and from OpenStreetMap: roofs, heights, uses, residents."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import CRS

from twin import GridSpec
from twin.city.building_uses import osm_height
from twin.city.buildings import (
    FLOOR_AREA_PER_RESIDENT,
    LIVING_SHARE,
    buildings_from_models,
)
from twin.city.osm_buildings import buildings_from_osm
from twin.geometry.records import BuildingModels, ReadReport, SurfaceKind, Surfaces

SPEC = GridSpec(0.0, 40.0, 1.0, 40, 40, "EPSG:25833")
FLAT = np.full(SPEC.shape, 30.0)
ROOF, WALL, GROUND, UNKNOWN = SurfaceKind.ROOF, SurfaceKind.WALL, SurfaceKind.GROUND, SurfaceKind.UNKNOWN


def models(*buildings, function=None, storeys=None) -> BuildingModels:
    """Each building is a list of (kind, rings); a ring is an (n, 3) list."""
    rings = [ring for building in buildings for _, rings in building for ring in rings]
    facets = [(kind, rings, row) for row, building in enumerate(buildings) for kind, rings in building]
    count = len(buildings)
    table = pd.DataFrame(
        {
            "id": [f"b{row}" for row in range(count)],
            "name": [None] * count,
            "function": function or [None] * count,
            "roof_type": [None] * count,
            "storeys": storeys or [np.nan] * count,
            "measured_height": [np.nan] * count,
            "lod": [2] * count,
        }
    )
    surfaces = Surfaces(
        np.array([vertex for ring in rings for vertex in ring], np.float64).reshape(-1, 3),
        np.concatenate([[0], np.cumsum([len(ring) for ring in rings])]).astype(np.int64),
        np.concatenate([[0], np.cumsum([len(rings) for _, rings, _ in facets])]).astype(np.int64),
        np.array([kind for kind, _, _ in facets], np.uint8),
        np.array([row for _, _, row in facets], np.int32),
    )
    return BuildingModels(table, surfaces, CRS(25833), "DHHN2016", None, ReadReport("made up"))


def level(x0, y0, x1, y1, z) -> list:
    return [[x0, y0, z], [x1, y0, z], [x1, y1, z], [x0, y1, z]]


# a house of 10 m x 8 m: eaves at 36 m, ridge at 40 m along x, ground at 29.5 m
GABLE = [
    (ROOF, [[[5, 5, 36], [15, 5, 36], [15, 9, 40], [5, 9, 40]]]),
    (ROOF, [[[5, 9, 40], [15, 9, 40], [15, 13, 36], [5, 13, 36]]]),
    (WALL, [[[5, 5, 29.5], [15, 5, 29.5], [15, 5, 36], [5, 5, 36]]]),
    (GROUND, [level(5, 5, 15, 13, 29.5)]),
]


def test_roofs_keep_the_elevations_of_their_planes() -> None:
    placed = buildings_from_models(models(GABLE), SPEC, FLAT)
    # centres 0.5 to 3.5 m behind the eaves of a roof that rises 1 m per metre
    assert placed.roof_elevation[34, 5:15].tolist() == [36.5] * 10
    assert placed.roof_elevation[31, 5:15].tolist() == [39.5] * 10
    assert (placed.building_id > 0).sum() == 80
    assert placed.building_fraction.sum() == pytest.approx(80.0)


def test_height_counts_from_the_ground_surface_to_the_highest_roof() -> None:
    table = buildings_from_models(models(GABLE), SPEC, FLAT).table
    assert table["height"].iloc[0] == pytest.approx(10.5)
    assert table["storeys"].iloc[0] == 3  # mean roof 38 m, 8.5 m above ground, 3 m each
    assert table.geometry.iloc[0].area == pytest.approx(80.0)


def test_a_courtyard_is_open_ground() -> None:
    block = [
        (ROOF, [level(5, 5, 25, 25, 50), level(10, 10, 20, 20, 50)]),
        (GROUND, [level(5, 5, 25, 25, 30), level(10, 10, 20, 20, 30)]),
    ]
    placed = buildings_from_models(models(block), SPEC, FLAT)
    assert (placed.building_id > 0).sum() == 300
    assert placed.building_id[40 - 15, 15] == 0
    assert placed.building_fraction.sum() == pytest.approx(300.0)


def test_a_building_without_ground_surface_stands_on_the_terrain() -> None:
    placed = buildings_from_models(models([(ROOF, [level(5, 5, 10, 10, 42.0)])]), SPEC, FLAT)
    assert placed.table["height"].iloc[0] == pytest.approx(12.0)
    assert placed.table.geometry.iloc[0].area == pytest.approx(25.0)


def test_a_bare_solid_is_seen_from_above() -> None:
    solid = [(UNKNOWN, [level(5, 5, 10, 10, 30.0)]), (UNKNOWN, [level(5, 5, 10, 10, 42.0)])]
    placed = buildings_from_models(models(solid), SPEC, FLAT)
    assert placed.roof_elevation[32, 7] == 42.0


def test_buildings_off_the_grid_stay_in_the_table() -> None:
    away = [(ROOF, [level(105, 5, 110, 10, 42.0)]), (GROUND, [level(105, 5, 110, 10, 30.0)])]
    placed = buildings_from_models(models(GABLE, away), SPEC, FLAT)
    assert placed.table["on_grid"].tolist() == [True, False]
    assert placed.table.index.tolist() == [1, 2]


def test_a_building_on_the_seam_of_two_grids_belongs_to_one() -> None:
    seam = models([(ROOF, [level(35, 5, 45.5, 10, 42.0)])])
    east = GridSpec(40.0, 40.0, 1.0, 40, 40, "EPSG:25833")
    here = buildings_from_models(seam, SPEC, FLAT).table["on_grid"].iloc[0]
    there = buildings_from_models(seam, east, FLAT).table["on_grid"].iloc[0]
    assert [here, there] == [False, True]


@pytest.mark.parametrize(
    ("function", "use"),
    [
        ("31001_1000", "residential"),
        ("31001_2000", "commercial"),
        ("31001_2463", "outbuilding"),
        ("31001_3041", "public"),
        ("31001_9998", "unknown"),
        ("1231", "unknown"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_function_codes_mean_uses(function, use) -> None:
    assert buildings_from_models(models(GABLE, function=[function]), SPEC, FLAT).table["use"].iloc[0] == use


def test_residents_follow_from_floor_area() -> None:
    table = buildings_from_models(models(GABLE, function=["31001_1000"], storeys=[2.0]), SPEC, FLAT).table
    assert table["residents"].iloc[0] == pytest.approx(80 * 2 * LIVING_SHARE / FLOOR_AREA_PER_RESIDENT)
    assert table["residents_source"].iloc[0] == "estimated from floor area"


def test_no_residents_are_invented_where_the_use_is_unknown() -> None:
    table = buildings_from_models(models(GABLE), SPEC, FLAT).table
    assert table["residents"].iloc[0] == 0
    assert table["residents_source"].iloc[0] == "use unknown, not estimated"


def test_degenerate_facets_do_not_stop_a_building() -> None:
    broken = [*GABLE, (ROOF, [[[5, 5, 36], [6, 6, 36]]]), (ROOF, [[[5, 5, 36], [15, 5, 36], [10, 5, 36]]])]
    placed = buildings_from_models(models(broken), SPEC, FLAT)
    assert (placed.building_id > 0).sum() == 80
    assert any("no area" in note for note in placed.notes)


def test_a_model_without_buildings_gives_an_empty_table() -> None:
    placed = buildings_from_models(models(), SPEC, FLAT)
    assert len(placed.table) == 0
    assert not placed.building_id.any()


@pytest.mark.parametrize(
    ("tags", "use", "expected"),
    [
        ({"building": "house", "height": "9.5 m"}, "residential", (9.5, 3, "tag height")),
        ({"building": "house", "height": "8", "building:levels": "2"}, "residential", (8.0, 2, "tag height")),
        ({"building": "apartments", "building:levels": "5"}, "residential", (15.0, 5, "tag building:levels")),
        ({"building": "house", "building:levels": "2"}, "residential", (8.0, 2, "tag building:levels")),
        ({"building": "yes", "height": "tall"}, "residential", (8.0, 2, "assumed by type")),
        ({"building": "yes", "height": "-4", "building:levels": "1e9"}, "outbuilding", (3.0, 1, "assumed by type")),
        ({"building": "church"}, "public", (12.0, 1, "assumed by type")),
    ],
)
def test_heights_come_from_tags_before_assumptions(tags, use, expected) -> None:
    assert osm_height(tags, use) == expected


def test_osm_roofs_lie_flat_on_the_mean_ground(osm) -> None:
    spec = GridSpec(690000.0, 5540100.0, 1.0, 100, 100, "EPSG:25832")
    slope = np.tile(300 + 0.1 * np.arange(100.0), (100, 1))
    house = (shapely.box(20, 20, 30, 30), {"building": "house", "height": "7"})
    placed = buildings_from_osm(osm([house]), spec, slope)
    roof = placed.roof_elevation[placed.building_id == 1]
    assert np.unique(roof).size == 1
    assert roof[0] == pytest.approx(300 + 0.1 * 24.5 + 7, abs=1e-6)


def test_yes_means_shed_house_or_hall_by_size_and_place(osm) -> None:
    spec = GridSpec(690000.0, 5540100.0, 1.0, 100, 100, "EPSG:25832")
    rows = [
        (shapely.box(5, 5, 10, 10), {"building": "yes"}),
        (shapely.box(20, 20, 30, 30), {"building": "yes"}),
        (shapely.box(60, 60, 80, 80), {"building": "yes"}),
        (shapely.box(50, 50, 99, 99), {"landuse": "industrial"}),
        (shapely.box(30, 70, 45, 80), {"building": "yes", "amenity": "townhall"}),
    ]
    table = buildings_from_osm(osm(rows), spec, np.full(spec.shape, 300.0)).table
    assert table["use"].tolist() == ["outbuilding", "residential", "commercial", "public"]
    assert (table["residents"] > 0).tolist() == [False, True, False, False]


def test_footprints_that_cross_themselves_or_are_missing_do_not_stop_a_town(osm) -> None:
    spec = GridSpec(690000.0, 5540100.0, 1.0, 100, 100, "EPSG:25832")
    rows = [
        (shapely.Polygon([(10, 10), (30, 30), (30, 10), (10, 30)]), {"building": "house"}),
        (shapely.Polygon(), {"building": "house"}),
        (shapely.box(60, 60, 70, 70), {"building": "house"}),
    ]
    placed = buildings_from_osm(osm(rows), spec, np.full(spec.shape, 300.0))
    assert placed.building_fraction.sum() == pytest.approx(200 + 100, rel=1e-6)
    assert placed.table["on_grid"].tolist()[1:] == [False, True]
    assert np.isfinite(placed.roof_elevation[placed.building_id > 0]).all()


def test_a_town_without_buildings_has_an_empty_table(osm) -> None:
    spec = GridSpec(690000.0, 5540100.0, 1.0, 100, 100, "EPSG:25832")
    placed = buildings_from_osm(
        osm([(shapely.box(0, 0, 9, 9), {"landuse": "meadow"})]), spec, np.full(spec.shape, 300.0)
    )
    assert len(placed.table) == 0
    assert not placed.building_id.any()


def test_buildings_tagged_no_are_none(osm) -> None:
    spec = GridSpec(690000.0, 5540100.0, 1.0, 100, 100, "EPSG:25832")
    rows = [(shapely.box(20, 20, 30, 30), {"building": "no"})]
    assert len(buildings_from_osm(osm(rows), spec, np.full(spec.shape, 300.0)).table) == 0
