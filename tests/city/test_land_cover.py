"""Land cover from OpenStreetMap tags, on a small made-up map."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from twin import GridSpec
from twin.city.land_cover import YARD_SEALED, land_cover_from_osm
from twin.city.land_cover_tags import area_cover, length, road_surface
from twin.city.surfaces import CODES

SPEC = GridSpec(690000.0, 5540100.0, 1.0, 100, 100, "EPSG:25832")


def cover_at(cover, x: float, y: float) -> str:
    code = cover.cover[int(100 - y), int(x)]
    return next(name for name, number in CODES.items() if number == code)


@pytest.mark.parametrize(
    ("tags", "cover"),
    [
        ({"landuse": "forest"}, "forest"),
        ({"natural": "wood"}, "forest"),
        ({"natural": "water", "water": "pond"}, "water"),
        ({"waterway": "riverbank"}, "water"),
        ({"landuse": "farmland"}, "cropland"),
        ({"landuse": "meadow"}, "grass"),
        ({"leisure": "pitch", "surface": "gravel"}, "gravel"),
        ({"leisure": "nature_reserve", "natural": "scrub"}, "shrub"),
        ({"amenity": "parking", "surface": "grass_paver"}, "grass"),
        ({"amenity": "parking"}, "asphalt"),
        ({"highway": "pedestrian", "area": "yes"}, "paving"),
        ({"amenity": "school"}, None),
        ({"landuse": "military"}, None),
        ({"building": "yes", "amenity": "parking"}, None),
    ],
)
def test_tags_mean_classes(tags, cover) -> None:
    assert area_cover(tags) == cover


def test_small_areas_lie_on_large_ones_in_any_order(osm) -> None:
    large, small = (
        (shapely.box(0, 0, 90, 90), {"landuse": "farmland"}),
        (shapely.box(20, 20, 40, 40), {"natural": "scrub"}),
    )
    for order in ((large, small), (small, large)):
        cover = land_cover_from_osm(osm(order), SPEC)
        assert cover_at(cover, 30, 30) == "shrub"
        assert cover_at(cover, 60, 60) == "cropland"


def test_water_lies_on_land_use_and_roads_on_water(osm) -> None:
    areas = [(shapely.box(0, 0, 30, 100), {"landuse": "meadow"}), (shapely.box(0, 0, 90, 100), {"natural": "water"})]
    cover = land_cover_from_osm(
        osm(areas, roads=[([(0, 50), (100, 50)], {"highway": "secondary", "bridge": "yes"})]), SPEC
    )
    assert cover_at(cover, 10, 80) == "water"
    assert cover_at(cover, 10, 50) == "asphalt"


def test_a_road_is_as_wide_as_its_class_or_its_tag(osm) -> None:
    for tags, width in (({"highway": "residential"}, 5.5), ({"highway": "residential", "width": "9"}, 9.0)):
        cover = land_cover_from_osm(osm(roads=[([(-20, 50.25), (120, 50.25)], tags)]), SPEC)
        # a straight road along the rows covers whole rows of centres: within half a cell on either side
        assert (cover.cover == CODES["asphalt"]).sum() / 100 == pytest.approx(width, abs=1.0)


def test_the_larger_road_is_painted_over_the_smaller(osm) -> None:
    roads = [([(0, 50), (100, 50)], {"highway": "primary"}), ([(50, 0), (50, 100)], {"highway": "footway"})]
    for order in (roads, roads[::-1]):
        cover = land_cover_from_osm(osm(roads=order), SPEC)
        assert cover_at(cover, 50, 50.5) == "asphalt"
        assert cover_at(cover, 50, 20) == "paving"


def test_what_lies_in_a_tunnel_covers_nothing(osm) -> None:
    roads = [([(0, 50), (100, 50)], {"highway": "primary", "tunnel": "yes"})]
    lines = [(shapely.LineString([(0, 20), (100, 20)]), {"waterway": "stream", "tunnel": "culvert"})]
    assert not land_cover_from_osm(osm(lines=lines, roads=roads), SPEC).mapped.any()


def test_streams_and_rails_cover_their_width(osm) -> None:
    lines = [
        (shapely.LineString([(0, 20.5), (100, 20.5)]), {"waterway": "river", "width": "6"}),
        (shapely.LineString([(0, 70.5), (100, 70.5)]), {"railway": "rail"}),
    ]
    cover = land_cover_from_osm(osm(lines=lines), SPEC)
    assert cover_at(cover, 50, 20.5) == "water"
    assert cover_at(cover, 50, 70.5) == "gravel"


def test_yards_of_residential_areas_are_partly_sealed(osm) -> None:
    cover = land_cover_from_osm(osm([(shapely.box(0, 0, 50, 100), {"landuse": "residential"})]), SPEC)
    assert cover.sealed_fraction[50, 20] == np.float32(YARD_SEALED)
    assert np.isnan(cover.sealed_fraction[50, 80])


def test_white_areas_of_the_map_are_grass_and_counted(osm) -> None:
    cover = land_cover_from_osm(osm([(shapely.box(0, 0, 50, 100), {"landuse": "forest"})]), SPEC)
    assert cover_at(cover, 80, 50) == "grass"
    assert cover.mapped.mean() == pytest.approx(0.5, abs=0.01)
    assert len(cover.woods) == 1


def test_an_empty_map_is_all_grass(osm) -> None:
    cover = land_cover_from_osm(osm(), SPEC)
    assert (cover.cover == CODES["grass"]).all()
    assert not cover.mapped.any()


@pytest.mark.parametrize("width", ["", "wide", "-3", "1e9", "0", "3;4", "12'", None])
def test_a_width_that_cannot_be_is_not_believed(width) -> None:
    tags = {"highway": "residential"} | ({} if width is None else {"width": width})
    assert road_surface(tags).width == 5.5


def test_lengths_are_read_as_people_write_them() -> None:
    assert [length(text) for text in ("7", " 7.5 m", "7,5m", "7 metres", "7 km")] == [7.0, 7.5, 7.5, 7.0, None]
