"""Places from OpenStreetMap: one row for one real place, whatever the map draws of it."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.city.gridspec import GridSpec
from twin.city.places import KINDS, places_from_osm
from twin.geometry.records import OsmData

LEFT, BOTTOM = 680000.0, 5540000.0
SPEC = GridSpec.from_bounds((LEFT, BOTTOM, LEFT + 1000, BOTTOM + 1000), 10.0, "EPSG:25832")


def table(rows, letter):
    shapes = gpd.GeoSeries([shapely.transform(s, lambda p: np.add(p, (LEFT, BOTTOM))) for s, _ in rows], crs=25832)
    return gpd.GeoDataFrame(
        {"osm_id": [f"{letter}{i}" for i in range(len(rows))], "tags": [tags for _, tags in rows]},
        geometry=shapes.to_crs(4326),
        crs=4326,
    )


def extract(areas=(), points=()):
    none = np.empty(0)
    return OsmData(
        none.astype(int), none, none, {}, (), (), table(areas, "w"), table((), "w"), table(points, "n"), None, None
    )  # fmt: skip


def rows(places):
    return sorted(zip(places["kind"], places["name"], places["osm_id"], strict=True))


SCHOOL = {"amenity": "school"}
GROUND = shapely.box(100, 100, 300, 300)


@pytest.mark.parametrize(
    ("tags", "kinds"),
    [
        ({"leisure": "playground"}, ["playground"]),
        ({"amenity": "school"}, ["school"]),
        ({"amenity": "kindergarten"}, ["kindergarten"]),
        ({"amenity": "childcare"}, ["kindergarten"]),
        ({"amenity": "hospital"}, ["hospital"]),
        ({"healthcare": "hospital"}, ["hospital"]),
        ({"amenity": "clinic", "healthcare": "clinic"}, ["clinic"]),
        ({"amenity": "nursing_home"}, ["care_home"]),
        ({"amenity": "social_facility", "social_facility": "nursing_home"}, ["care_home"]),
        ({"amenity": "social_facility", "social_facility": "assisted_living"}, ["care_home"]),
        ({"amenity": "social_facility", "social_facility": "food_bank"}, []),
        ({"amenity": "fire_station"}, ["fire_station"]),
        ({"leisure": "park"}, ["park"]),
        ({"amenity": "kindergarten;school"}, ["kindergarten", "school"]),
        ({"amenity": "school", "leisure": "playground"}, ["playground", "school"]),
        ({"building": "school"}, []),
        ({"disused:amenity": "school"}, []),
        ({"amenity": "school", "disused": "yes"}, []),
        ({"natural": "tree"}, []),
    ],
)
def test_tags_make_kinds_for_points_and_areas_alike(tags, kinds):
    assert sorted(places_from_osm(extract(points=[(shapely.Point(500, 500), tags)]), SPEC)["kind"]) == kinds
    assert sorted(places_from_osm(extract(areas=[(GROUND, tags)]), SPEC)["kind"]) == kinds
    assert set(kinds) <= set(KINDS)


def test_a_school_ground_with_buildings_and_a_point_is_one_school():
    hall = (shapely.box(120, 120, 150, 160), {**SCHOOL, "building": "yes", "name": "Turnhalle"})
    edge = (shapely.box(290, 200, 308, 220), {**SCHOOL, "building": "yes"})  # 10 of 18 m on the ground
    point = (shapely.Point(200, 200), {**SCHOOL, "name": "Schule am Bach"})
    places = places_from_osm(extract([hall, (GROUND, {**SCHOOL, "name": "Schule am Bach"}), edge], [point]), SPEC)
    assert rows(places) == [("school", "Schule am Bach", "w1")]
    assert places.geometry.iloc[0].area == pytest.approx(40_000.0, rel=1e-4)  # 200 m x 200 m, corners there and back
    assert places.attrs["notes"] == ["school: 2 areas inside others and 1 points inside areas are parts of them"]


def test_a_ground_without_a_name_takes_that_of_its_point():
    point = (shapely.Point(200, 200), {**SCHOOL, "name": "Schule am Bach"})
    assert rows(places_from_osm(extract([(GROUND, SCHOOL)], [point]), SPEC)) == [("school", "Schule am Bach", "w0")]


def test_two_schools_in_one_building_are_two():
    points = [(shapely.Point(200 + i, 200), {**SCHOOL, "name": name}) for i, name in enumerate(("Nord", "Süd"))]
    places = places_from_osm(extract([(GROUND, {**SCHOOL, "name": "Nord"})], points), SPEC)
    assert rows(places) == [("school", "Nord", "w0"), ("school", "Süd", "n1")]


def test_neighbours_and_other_kinds_stay_apart():
    beside = (shapely.box(300, 100, 400, 300), {**SCHOOL, "name": "B"})
    inside = (shapely.box(120, 120, 150, 160), {"amenity": "kindergarten"})
    places = places_from_osm(extract([(GROUND, {**SCHOOL, "name": "A"}), beside, inside]), SPEC)
    assert rows(places) == [("kindergarten", "", "w2"), ("school", "A", "w0"), ("school", "B", "w1")]


def test_places_off_the_grid_are_left_out_and_those_on_its_edge_kept_whole():
    off = (shapely.Point(1500, 500), SCHOOL)
    edge = (shapely.box(900, 900, 1100, 1100), {"leisure": "park"})
    places = places_from_osm(extract([edge], [off]), SPEC)
    assert rows(places) == [("park", "", "w0")]
    assert places.geometry.iloc[0].area == pytest.approx(40_000.0, rel=1e-4)
    assert places.crs == SPEC.crs


def test_an_extract_without_places_gives_an_empty_table():
    places = places_from_osm(extract(), SPEC)
    assert list(places.columns) == ["kind", "name", "osm_id", "geometry"]
    assert len(places) == 0
    assert places.crs == SPEC.crs


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8), st.integers(1, 4)), min_size=1, max_size=7), st.data())
def test_the_order_of_the_map_does_not_change_how_much_ground_is_school(squares, data):
    areas = [(shapely.box(x * 50, y * 50, (x + s) * 50, (y + s) * 50), SCHOOL) for x, y, s in squares]
    once = places_from_osm(extract(areas), SPEC)
    # whatever was joined lies at least by half in what is left
    left = shapely.union_all(np.asarray(once.to_crs(25832).geometry.values))
    for shape, _ in areas:
        placed = shapely.transform(shape, lambda p: np.add(p, (LEFT, BOTTOM)))
        assert shapely.intersection(placed, left).area >= 0.499 * placed.area
    assert len(once) <= len(areas)
    shuffled = data.draw(st.permutations(areas))
    if len({shape.area for shape, _ in areas}) == len(areas):  # of equal sizes the first counts
        assert len(places_from_osm(extract(shuffled), SPEC)) == len(once)


def test_the_places_of_helsinki_are_those_of_its_tags(shared_data):
    from twin.geometry import read_osm

    osm = read_osm(shared_data("traffic/osm/Helsinki.osm.pbf"))
    lon, lat = osm.node_lon, osm.node_lat
    corners = gpd.GeoSeries(gpd.points_from_xy(lon, lat), crs=4326).to_crs(25835).total_bounds
    spec = GridSpec.from_bounds(tuple(np.round(np.add(corners, (-500, -500, 500, 500)), -1)), 10.0, "EPSG:25835")
    places = places_from_osm(osm, spec)
    counts = places["kind"].value_counts().to_dict()
    every = [tags for part in (osm.areas, osm.points) for tags in part["tags"]]
    assert counts["playground"] == sum(tags.get("leisure") == "playground" for tags in every)
    assert 0 < counts["school"] <= sum("school" in tags.get("amenity", "").split(";") for tags in every)
    assert places.geometry.is_valid.all()
