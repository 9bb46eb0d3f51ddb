"""Cars, bicycles and pedestrians on one map: who may go where, which way, and what lies beside the road."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest

from twin.city import road_modes, road_sides, road_tags
from twin.city.roads import build_road_network
from twin.errors import DataError, InputError
from twin.geometry.records import OsmData, OsmRestriction, OsmWay

CRS = "EPSG:25832"
NOTHING = gpd.GeoDataFrame({"osm_id": [], "tags": []}, geometry=[], crs=4326)
PLACES = {1: (11.50, 50.00), 2: (11.51, 50.00), 3: (11.51, 50.01), 4: (11.50, 50.01), 5: (11.52, 50.00)}


def osm(ways, restrictions=(), node_tags=None):
    ids = np.array(sorted(PLACES))
    roads = tuple(OsmWay(number, np.array(nodes), dict(tags)) for number, (nodes, tags) in ways.items())
    lon, lat = (np.array([PLACES[int(i)][axis] for i in ids]) for axis in (0, 1))
    return OsmData(
        ids, lon, lat, node_tags or {}, roads, tuple(restrictions), NOTHING, NOTHING, NOTHING, None, None
    )  # fmt: skip


RING = {10: ((1, 2, 3, 4, 1), {"highway": "residential"})}


# what German law makes of a class of road without further tags; StVO sections stand in twin.city.road_modes
@pytest.mark.parametrize(
    ("highway", "bicycle", "foot"),
    [
        ("motorway", "closed", "closed"),
        ("motorway_link", "closed", "closed"),
        ("trunk", "open", "open"),
        ("primary", "open", "open"),
        ("residential", "open", "open"),
        ("living_street", "open", "open"),
        ("service", "open", "open"),
        ("track", "open", "open"),
        ("path", "open", "open"),
        ("cycleway", "open", "closed"),
        ("footway", "closed", "open"),
        ("pedestrian", "closed", "open"),
        ("steps", "closed", "open"),
        ("bridleway", "closed", "closed"),
        ("busway", "closed", "closed"),
    ],
)
def test_a_class_of_road_admits_whom_german_law_admits(highway, bicycle, foot):
    tags = {"highway": highway}
    assert (road_modes.access(tags, "bicycle"), road_modes.access(tags, "foot")) == (bicycle, foot)


@pytest.mark.parametrize(
    ("tags", "car", "bicycle", "foot"),
    [
        ({"access": "no"}, "closed", "closed", "closed"),
        ({"access": "no", "foot": "yes"}, "closed", "closed", "open"),
        ({"access": "private"}, "residents", "residents", "residents"),
        ({"vehicle": "no"}, "closed", "closed", "open"),
        ({"vehicle": "destination"}, "residents", "residents", "open"),
        ({"motor_vehicle": "no"}, "closed", "open", "open"),
        ({"motor_vehicle": "no", "motorcar": "destination"}, "residents", "open", "open"),
        ({"vehicle": "no", "bicycle": "yes"}, "closed", "open", "open"),
        ({"bicycle": "use_sidepath"}, "open", "closed", "open"),
        ({"bicycle": "dismount"}, "open", "closed", "open"),
        ({"motorroad": "yes"}, "open", "closed", "closed"),
        ({"motorroad": "yes", "bicycle": "designated"}, "open", "open", "closed"),
        ({"access": "agricultural;forestry"}, "closed", "closed", "closed"),
        ({"access": "forestry;destination"}, "residents", "residents", "residents"),
    ],
)
def test_the_most_specific_tag_decides(tags, car, bicycle, foot):
    tags = {"highway": "primary", **tags}
    assert [road_modes.access(tags, mode) for mode in ("car", "bicycle", "foot")] == [car, bicycle, foot]


@pytest.mark.parametrize(
    ("tags", "car", "bicycle"),
    [
        ({}, (True, True), (True, True)),
        ({"oneway": "yes"}, (True, False), (True, False)),
        ({"oneway": "-1"}, (False, True), (False, True)),
        ({"oneway": "yes", "oneway:bicycle": "no"}, (True, False), (True, True)),
        ({"oneway": "no", "oneway:bicycle": "yes"}, (True, True), (True, False)),
        ({"oneway": "yes", "cycleway": "opposite"}, (True, False), (True, True)),
        ({"oneway": "yes", "cycleway:left": "opposite_lane"}, (True, False), (True, True)),
        ({"oneway": "yes", "cycleway:left": "lane", "cycleway:left:oneway": "-1"}, (True, False), (True, True)),
        ({"oneway": "yes", "cycleway:right": "track", "cycleway:right:oneway": "no"}, (True, False), (True, True)),
        ({"oneway": "yes", "cycleway": "lane"}, (True, False), (True, False)),
        ({"junction": "roundabout"}, (True, False), (True, False)),
        ({"junction": "roundabout", "oneway": "-1"}, (False, True), (False, True)),
        ({"oneway": "reversible"}, (True, True), (True, True)),
    ],
)
def test_directions_of_cars_and_bicycles(tags, car, bicycle):
    tags = {"highway": "residential", **tags}
    assert road_modes.directions(tags, "car") == car
    assert road_modes.directions(tags, "bicycle") == bicycle
    assert road_modes.directions(tags, "foot") == (True, True)


@pytest.mark.parametrize(
    ("tags", "along", "against"),
    [
        ({}, "", ""),
        ({"cycleway": "no"}, "none", "none"),
        ({"cycleway": "lane"}, "lane", "lane"),
        ({"cycleway:both": "track"}, "track", "track"),
        ({"cycleway:right": "track"}, "track", ""),
        ({"cycleway:left": "shared_lane", "cycleway:right": "no"}, "none", "shared"),
        ({"cycleway": "share_busway"}, "shared", "shared"),
        ({"cycleway:both": "separate"}, "separate", "separate"),
        ({"oneway": "yes", "cycleway": "lane"}, "lane", ""),
        ({"oneway": "yes", "cycleway:left": "lane"}, "lane", "lane"),
        ({"oneway": "yes", "cycleway": "opposite_lane"}, "", "lane"),
        ({"oneway": "yes", "cycleway": "opposite"}, "", "none"),
        ({"highway": "cycleway"}, "track", "track"),
        ({"highway": "path", "bicycle": "designated"}, "track", "track"),
    ],
)
def test_the_cycle_path_is_that_of_the_own_side(tags, along, against):
    tags = {"highway": "primary", **tags}
    assert (road_sides.cycleway(tags, True), road_sides.cycleway(tags, False)) == (along, against)


@pytest.mark.parametrize(
    ("tags", "along", "against"),
    [
        ({}, "", ""),
        ({"sidewalk": "both"}, "both", "both"),
        ({"sidewalk:both": "yes"}, "both", "both"),
        ({"sidewalk": "no"}, "none", "none"),
        ({"sidewalk": "left"}, "left", "right"),
        ({"sidewalk:right": "yes", "sidewalk:left": "no"}, "right", "left"),
        ({"sidewalk:right": "yes", "sidewalk:left": "yes"}, "both", "both"),
        ({"sidewalk": "separate"}, "separate", "separate"),
        ({"sidewalk:left": "no", "sidewalk:right": "no"}, "none", "none"),
    ],
)
def test_sidewalks_change_sides_with_the_direction(tags, along, against):
    assert (road_sides.sidewalk(tags, True), road_sides.sidewalk(tags, False)) == (along, against)


def test_links_for_cars_say_who_else_may_use_them():
    tags = {
        "highway": "secondary", "oneway": "no", "oneway:bicycle": "yes", "foot": "no", "cycleway:right": "lane",
        "sidewalk": "right", "surface": "asphalt", "smoothness": "good",
    }  # fmt: skip
    links = build_road_network(osm({**RING, 11: ((2, 5), tags)}), CRS).links
    along, back = links.loc["11:2:5"], links.loc["11:5:2"]
    assert (along.bicycle, back.bicycle, along.foot, back.foot) == (True, False, False, False)
    assert (along.cycleway, back.cycleway, along.sidewalk, back.sidewalk) == ("lane", "", "right", "left")
    assert (along.surface, along.smoothness) == ("asphalt", "good")
    ring = links.loc["10:1:2"]
    assert (ring.bicycle, ring.foot, ring.cycleway, ring.sidewalk, ring.surface) == (True, True, "", "", "")
    assert links["bicycle"].dtype == links["foot"].dtype == bool


def test_each_mode_has_its_own_network():
    ways = {
        **RING,
        11: ((2, 5), {"highway": "footway"}),
        12: ((5, 3), {"highway": "cycleway"}),
        13: ((1, 3), {"highway": "steps"}),
        14: ((2, 4), {"highway": "residential", "oneway": "yes", "oneway:bicycle": "no"}),
        15: ((1, 5), {"highway": "motorway", "oneway": "no"}),
    }
    used = {}
    for mode in ("car", "bicycle", "foot"):
        network = build_road_network(osm(ways), CRS, mode=mode)
        used[mode] = set(network.links["osm_way"])
        assert len(network.links[network.links["osm_way"] == 14]) == {"car": 1, "bicycle": 2, "foot": 2}[mode]
    assert used == {"car": {10, 14, 15}, "bicycle": {10, 12, 14}, "foot": {10, 11, 13, 14}}


def test_cyclists_and_pedestrians_move_at_the_published_means():
    ways = {**RING, 13: ((1, 3), {"highway": "steps"})}
    foot = build_road_network(osm(ways), CRS, mode="foot").links
    speed = foot.groupby("osm_way")["free_flow_speed"].agg(["min", "max"])
    assert speed.loc[13].tolist() == pytest.approx([0.61, 0.61])  # Weidmann 1993, stairs
    assert speed.loc[10].tolist() == pytest.approx([1.34, 1.34])  # Weidmann 1993
    bicycle = build_road_network(osm(RING), CRS, mode="bicycle").links
    assert bicycle["free_flow_speed"].to_numpy() * 3.6 == pytest.approx(15.3)  # Schleinitz et al. 2017
    assert bicycle[["lanes", "capacity"]].isna().all(axis=None)


def test_a_network_for_walking_is_not_for_car_traffic():
    from twin.traffic.graph import graph_from_network

    with pytest.raises(InputError, match="nan"):
        graph_from_network(build_road_network(osm(RING), CRS, mode="foot"))


def test_a_bollard_stops_cars_a_stile_bicycles():
    ways = {**RING, 11: ((2, 5), {"highway": "residential"}), 12: ((5, 3), {"highway": "residential"})}
    for barrier, stopped in (("bollard", {"car"}), ("stile", {"bicycle"}), ("gate", set())):
        for mode in ("car", "bicycle", "foot"):
            network = build_road_network(osm(ways, node_tags={5: {"barrier": barrier}}), CRS, mode=mode)
            turns = set(zip(network.turns["from_link"], network.turns["to_link"], strict=True))
            assert (len(turns) > 0) == (mode in stopped), (barrier, mode)


@pytest.mark.parametrize(
    ("extra", "bound"),
    [
        ({}, {"car", "bicycle"}),
        ({"exempt": ("bicycle",)}, {"car"}),
        ({"exempt": ("bicycle", "motorcar")}, set()),
        ({"only_for": ("hgv",)}, set()),
        ({"only_for": ("motorcar",)}, {"car"}),
        ({"only_for": ("bicycle",)}, {"bicycle"}),
        ({"condition": "Mo-Fr 07:00-19:00"}, set()),
    ],
)
def test_a_restriction_binds_whom_it_names(extra, bound):
    ways = {**RING, 11: ((2, 5), {"highway": "residential"})}
    ways[10] = ((1, 2), {"highway": "residential"})
    ways[12] = ((2, 3, 4, 1), {"highway": "residential"})
    rule = OsmRestriction(900, "no_left_turn", 10, 2, (), 12, {}, **extra)
    for mode in ("car", "bicycle", "foot"):
        network = build_road_network(osm(ways, [rule]), CRS, mode=mode)
        assert (900 in set(network.turns["restriction"])) == (mode in bound)
        if mode not in bound:
            assert any("not used" in note for note in network.report.notes)


def test_conditions_on_roads_are_named():
    ways = {
        **RING,
        11: ((2, 5), {"highway": "primary", "maxspeed": "50", "maxspeed:conditional": "30 @ (22:00-06:00)"}),
    }
    ways[12] = ((3, 5), {"highway": "primary", "oneway": "reversible"})
    network = build_road_network(osm(ways), CRS)
    assert network.links.loc["11:2:5", "free_flow_speed"] == pytest.approx(50 / 3.6)
    assert "maxspeed:conditional on 1 roads is not followed: the value without a condition counts" in (
        network.report.notes
    )
    assert any(note.startswith("1 roads change their direction") for note in network.report.notes)


@pytest.mark.parametrize(
    ("value", "speed"),
    [
        ("DE:urban", 50.0),
        ("DE:rural", 100.0),
        ("DE:motorway", 130.0),
        ("DE:living_street", 7.0),
        ("DE:zone30", 30.0),
        ("DE:zone:30", 30.0),
        ("DE:zone:20", 20.0),
        ("DE:30", 30.0),
        ("DE:bicycle_road", 30.0),
        ("walk", 7.0),
        ("none", 130.0),
        ("30 mph", 48.28032),
        ("signals", None),
        ("DE:999", None),
    ],
)
def test_words_of_speed_have_their_german_meaning(value, speed):
    assert road_tags.read_speed(value) == (None if speed is None else pytest.approx(speed))


@pytest.mark.parametrize("key", ["zone:maxspeed", "maxspeed:type", "source:maxspeed", "zone:traffic"])
def test_an_implicit_limit_counts_where_there_is_no_number(key):
    tags = {"highway": "primary", key: "DE:urban"}
    assert road_tags.speed(tags, True, False) == (50.0, f"{key}=DE:urban")
    assert road_tags.speed({**tags, "maxspeed": "70"}, True, False)[0] == 70.0


def test_an_unknown_mode_or_class_is_refused():
    with pytest.raises(InputError, match=r"mode is 'horse'; a network is built for 'car', 'bicycle', 'foot'"):
        build_road_network(osm(RING), CRS, mode="horse")
    with pytest.raises(InputError, match="'steps' is unknown"):
        build_road_network(osm(RING), CRS, classes=["steps"])
    with pytest.raises(DataError, match="no road open to bicycles"):
        build_road_network(osm({1: ((1, 2), {"highway": "footway"})}), CRS, mode="bicycle")


def test_the_sample_town_can_be_walked_and_ridden():
    from twin.city.samples import sample_folder
    from twin.geometry.osm import read_osm

    data = read_osm(sample_folder("bayreuth") / "north-bayreuth.osm.gz")
    kilometres = {
        mode: build_road_network(data, CRS, mode=mode).links["length"].sum() / 1000
        for mode in ("car", "bicycle", "foot")
    }
    # paths and tracks more than double the streets; stairs and footways add to what can be walked only
    assert kilometres["bicycle"] > 2 * kilometres["car"]
    assert kilometres["foot"] > 2 * kilometres["car"]
