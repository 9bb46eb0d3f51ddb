"""Parts of buildings: a tower on a hall is a tower on a hall, not one block."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from twin.city.building_uses import osm_height
from twin.city.gridspec import GridSpec
from twin.city.osm_buildings import buildings_from_osm

SPEC = GridSpec(690000.0, 5540100.0, 1.0, 100, 100, "EPSG:25832")
GROUND = np.full((100, 100), 300.0)
HALL = (shapely.box(10, 10, 50, 50), {"building": "yes", "height": "6"})
TOWER = (shapely.box(20, 20, 30, 30), {"building:part": "yes", "height": "25"})


def test_a_tower_rises_from_its_hall(osm):
    placed = buildings_from_osm(osm(areas=[HALL, TOWER]), SPEC, GROUND)
    heights, cells = np.unique(placed.roof_elevation[placed.building_id == 1], return_counts=True)
    assert heights.tolist() == [306.0, 325.0]
    assert cells.tolist() == [1500, 100]  # 40 m x 40 m without 10 m x 10 m
    assert len(placed.table) == 1
    assert placed.table["height"].tolist() == [25.0]
    assert placed.table["eaves_height"].tolist() == [6.0]
    assert "1 parts give 1 buildings their heights" in placed.notes


def test_a_hall_without_a_height_is_as_high_as_its_highest_part(osm):
    hall = (HALL[0], {"building": "yes"})
    low = (shapely.box(10, 10, 50, 50), {"building:part": "yes", "building:levels": "2"})
    placed = buildings_from_osm(osm(areas=[TOWER, hall, low]), SPEC, GROUND)
    assert placed.table["height"].tolist() == [25.0]
    assert placed.table["height_source"].tolist() == ["tag height"]
    # the highest part wins where two lie over each other, whatever their order in the map
    assert np.unique(placed.roof_elevation[placed.building_id == 1]).tolist() == [306.0, 325.0]


def test_what_a_part_does_not_say_is_told(osm):
    silent = (shapely.box(40, 40, 45, 45), {"building:part": "yes"})
    lost = (shapely.box(70, 70, 80, 80), {"building:part": "yes", "height": "9"})
    bridge = (shapely.box(12, 12, 14, 14), {"building:part": "yes", "height": "12", "min_height": "8"})
    placed = buildings_from_osm(osm(areas=[HALL, silent, lost, bridge]), SPEC, GROUND)
    assert placed.notes == (
        "1 parts of buildings have neither height nor storeys and change nothing",
        "1 parts of buildings lie in no building and are left out",
        "1 parts of buildings begin above the ground (min_height) and are taken from the ground up",
        "1 parts give 1 buildings their heights",
    )
    assert not (placed.building_id[20:30, 70:80] > 0).any()


def test_a_part_does_not_reach_into_the_neighbour(osm):
    neighbour = (shapely.box(50, 10, 60, 50), {"building": "yes", "height": "4"})
    wing = (shapely.box(40, 20, 55, 30), {"building:part": "yes", "height": "15"})  # its middle lies in the hall
    placed = buildings_from_osm(osm(areas=[HALL, neighbour, wing]), SPEC, GROUND)
    second = placed.building_id == 2
    assert np.unique(placed.roof_elevation[second]).tolist() == [304.0]
    assert (placed.roof_elevation == 315.0).sum() == 100


@pytest.mark.parametrize(
    ("tags", "height"),
    [
        ({"building:levels": "2"}, 2 * 3.0 + 2.0),
        ({"building:levels": "2", "roof:shape": "flat"}, 2 * 3.0),
        ({"building:levels": "2", "roof:height": "5"}, 2 * 3.0 + 2.5),
        ({"building:levels": "2", "roof:levels": "1"}, 2 * 3.0 + 1.5),
        ({"building:levels": "2", "roof:levels": "0"}, 2 * 3.0 + 2.0),
        ({"building:levels": "2", "roof:height": "5", "height": "10"}, 10.0),
    ],
)
def test_roofs_above_the_storeys_count_by_half(tags, height):
    assert osm_height({"building": "house", **tags}, "residential")[0] == height
