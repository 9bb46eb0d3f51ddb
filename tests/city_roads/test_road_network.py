"""Roads from OpenStreetMap: hand-made ways, and the sample town."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest

from twin.city import road_tags
from twin.city.roads import build_road_network, close_links, links_named, set_speed, small_network
from twin.errors import DataError, InputError, MissingDataError
from twin.geometry.records import OsmData, OsmRestriction, OsmWay

CRS = "EPSG:25832"
NOTHING = gpd.GeoDataFrame({"osm_id": [], "tags": []}, geometry=[], crs=4326)

# a cross of four arms around node 5, 0.01 degrees long, each closed to a square by an outer ring
PLACES = {1: (11.50, 50.01), 2: (11.51, 50.02), 3: (11.52, 50.01), 4: (11.51, 50.00), 5: (11.51, 50.01)}
CROSS = {
    10: ((1, 5), {"highway": "tertiary"}),
    11: ((5, 3), {"highway": "tertiary"}),
    12: ((2, 5), {"highway": "residential"}),
    13: ((5, 4), {"highway": "residential"}),
    14: ((1, 2, 3, 4, 1), {"highway": "unclassified"}),
}


def osm(ways=CROSS, *, places=PLACES, restrictions=(), node_tags=None, areas=NOTHING, bounds=None):
    ids = np.array(sorted(places))
    roads = tuple(OsmWay(number, np.array(nodes), dict(tags)) for number, (nodes, tags) in ways.items())
    lon, lat = (np.array([places[int(i)][axis] for i in ids]) for axis in (0, 1))
    return OsmData(
        ids, lon, lat, node_tags or {}, roads, tuple(restrictions), areas, NOTHING, NOTHING, bounds, None
    )  # fmt: skip


def changed(number, **tags):
    return {**CROSS, number: (CROSS[number][0], {**CROSS[number][1], **tags})}


def forbidden(network):
    return set(zip(network.turns["from_link"], network.turns["to_link"], strict=True))


def test_ways_are_cut_where_they_meet_and_named_by_way_and_nodes():
    network = build_road_network(osm(), CRS)
    assert len(network.nodes) == 5
    assert len(network.links) == 2 * (4 + 4)
    assert {"14:1:2", "14:2:1", "10:1:5", "10:5:1"} <= set(network.links.index)


def test_links_run_in_driving_direction():
    network = build_road_network(osm(), CRS)
    for link in network.links.itertuples():
        start, end = network.nodes.geometry[link.from_node], network.nodes.geometry[link.to_node]
        assert link.geometry.coords[0] == (start.x, start.y)
        assert link.geometry.coords[-1] == (end.x, end.y)
        assert link.length == pytest.approx(link.geometry.length, rel=1e-12)


@pytest.mark.parametrize(
    ("tags", "present", "absent"),
    [
        ({"oneway": "yes"}, "10:1:5", "10:5:1"),
        ({"oneway": "-1"}, "10:5:1", "10:1:5"),
        ({"junction": "roundabout"}, "10:1:5", "10:5:1"),
        ({"oneway": "yes", "oneway:motorcar": "-1"}, "10:5:1", "10:1:5"),
    ],
)
def test_one_way_roads_have_one_link(tags, present, absent):
    network = build_road_network(osm(changed(10, **tags)), CRS)
    assert present in network.links.index
    assert absent not in network.links.index


def test_motorways_are_one_way_unless_tagged_otherwise():
    assert road_tags.directions({"highway": "motorway"}) == (True, False)
    assert road_tags.directions({"highway": "motorway", "oneway": "no"}) == (True, True)
    assert road_tags.directions({"highway": "motorway_link"}) == (True, True)


@pytest.mark.parametrize(
    ("tags", "state"),
    [
        ({}, "open"),
        ({"access": "no"}, "closed"),
        ({"access": "no", "motor_vehicle": "yes"}, "open"),
        ({"vehicle": "destination"}, "residents"),
        ({"access": "private"}, "residents"),
        ({"motor_vehicle": "agricultural;forestry"}, "closed"),
        ({"access": "yes", "motorcar": "no"}, "closed"),
    ],
)
def test_the_most_specific_access_tag_decides(tags, state):
    assert road_tags.access(tags) == state


def test_roads_closed_to_cars_are_left_out_with_their_reason():
    network = build_road_network(osm(changed(13, motor_vehicle="no")), CRS)
    assert 13 not in set(network.links.osm_way)
    assert any(entry.id == "w13" and "motor_vehicle=no" in entry.reason for entry in network.report.refused)


def test_destination_roads_are_for_residents_only():
    network = build_road_network(osm(changed(13, access="destination")), CRS)
    assert network.links.residents_only["13:5:4"]
    assert not network.links.residents_only["12:2:5"]


@pytest.mark.parametrize(
    ("text", "speed"),
    [
        ("50", 50.0), ("30 km/h", 30.0), ("20 mph", 32.18688), ("DE:urban", 50.0), ("DE:rural", 100.0), ("none", 130.0),
        ("walk", 7.0), ("DE:living_street", 7.0), ("80;60", 60.0), ("signals", None), ("0", None), ("-5", None),
        ("nan", None), ("1e9", None), ("", None),
    ],
)  # fmt: skip
def test_speed_limits_are_read_in_all_their_spellings(text, speed):
    assert road_tags.read_speed(text) == (None if speed is None else pytest.approx(speed, rel=1e-12))


def test_a_direction_may_have_its_own_speed():
    network = build_road_network(osm(changed(10, **{"maxspeed": "50", "maxspeed:backward": "30"})), CRS)
    assert network.links.free_flow_speed["10:1:5"] * 3.6 == pytest.approx(50)
    assert network.links.free_flow_speed["10:5:1"] * 3.6 == pytest.approx(30)
    assert network.links.speed_source["10:5:1"] == "maxspeed:backward=30"


def test_untagged_speed_depends_on_built_up_land():
    from shapely.geometry import box

    village = gpd.GeoDataFrame(
        {"osm_id": ["w1"], "tags": [{"landuse": "residential"}]},
        geometry=[box(11.495, 50.005, 11.512, 50.015)],
        crs=4326,
    )
    network = build_road_network(osm(areas=village), CRS)
    assert network.links.free_flow_speed["10:1:5"] * 3.6 == pytest.approx(50)  # tertiary inside
    assert network.links.free_flow_speed["11:5:3"] * 3.6 == pytest.approx(80)  # tertiary outside
    assert "assumed" in network.links.speed_source["11:5:3"]


@pytest.mark.parametrize(("metres", "speed"), [(20.0, 50.0), (30.0, 80.0)])
def test_a_road_within_25_metres_of_built_up_land_lies_in_it(metres, speed):
    from shapely.geometry import box

    # the middle of the eastern arm lies at 11.515 degrees; one degree is 71.65 km wide at 50.01 north
    edge = 11.515 - metres / 71_650
    village = gpd.GeoDataFrame(
        {"osm_id": ["w1"], "tags": [{"landuse": "residential"}]}, geometry=[box(11.49, 50.0, edge, 50.02)], crs=4326
    )
    network = build_road_network(osm(areas=village), CRS)
    assert network.links.free_flow_speed["11:5:3"] * 3.6 == pytest.approx(speed)


@pytest.mark.parametrize(
    ("tags", "along", "one_way", "lanes"),
    [
        ({"lanes": "2"}, True, False, 1.0),
        ({"lanes": "1"}, True, False, 1.0),
        ({"lanes": "2"}, True, True, 2.0),
        ({"lanes": "3", "lanes:forward": "2", "lanes:backward": "1"}, False, False, 1.0),
        ({"lanes": "many"}, True, False, 1.0),
    ],
)
def test_lanes_count_per_direction(tags, along, one_way, lanes):
    assert road_tags.lanes({"highway": "primary", **tags}, along, one_way) == lanes


def test_signals_reduce_the_capacity_of_links_that_arrive_at_them():
    plain = build_road_network(osm(changed(10, highway="primary")), CRS)
    signal = build_road_network(osm(changed(10, highway="primary"), node_tags={5: {"highway": "traffic_signals"}}), CRS)
    assert plain.links.capacity["10:1:5"] == 1500.0
    assert signal.links.capacity["10:1:5"] == pytest.approx(1800 * 0.45)
    assert signal.links.capacity["10:5:1"] == 1500.0
    assert signal.nodes.signals.sum() == 1


def test_no_left_turn_forbids_one_pair():
    rule = OsmRestriction(900, "no_left_turn", 10, 5, (), 12, {})
    assert forbidden(build_road_network(osm(restrictions=[rule]), CRS)) == {("10:1:5", "12:5:2")}


def test_only_straight_on_forbids_all_other_turns():
    rule = OsmRestriction(900, "only_straight_on", 10, 5, (), 11, {})
    expected = {("10:1:5", "12:5:2"), ("10:1:5", "13:5:4"), ("10:1:5", "10:5:1")}
    assert forbidden(build_road_network(osm(restrictions=[rule]), CRS)) == expected


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        (OsmRestriction(1, "no_left_turn", 10, 5, (), 12, {}, ("bicycle", "motorcar")), "exempt"),
        (OsmRestriction(1, "no_left_turn", 10, None, (11,), 12, {}), "over a way"),
        (OsmRestriction(1, "no_left_turn", 99, 5, (), 12, {}), "no car can come"),
        (OsmRestriction(1, "", 10, 5, (), 12, {}), "kind"),
    ],
)
def test_restrictions_that_are_not_used_are_counted_with_their_reason(rule, reason):
    network = build_road_network(osm(restrictions=[rule]), CRS)
    assert len(network.turns) == 0
    assert any("1 not used" in note and reason in note for note in network.report.notes)


def test_a_bollard_lets_no_one_pass():
    places = {**PLACES, 6: (11.505, 50.01)}
    ways = {**CROSS, 10: ((1, 6, 5), {"highway": "tertiary"})}
    network = build_road_network(osm(ways, places=places, node_tags={6: {"barrier": "bollard"}}), CRS)
    assert forbidden(network) == {("10:1:6", "10:6:5"), ("10:5:6", "10:6:1")}


def test_parallel_links_of_one_way_get_different_ids():
    places = {1: (11.5, 50.0), 2: (11.51, 50.0), 3: (11.505, 50.001), 4: (11.505, 49.999)}
    ways = {
        7: ((1, 3, 2, 4, 1, 2), {"highway": "residential", "oneway": "yes"}),
        8: ((2, 1), {"highway": "residential"}),
    }
    network = build_road_network(osm(ways, places=places), CRS)
    assert network.links.index.is_unique
    assert {"7:1:2", "7:1:2:2"} <= set(network.links.index)


def test_a_loop_at_one_junction_stays_drivable():
    places = {**PLACES, 6: (11.525, 50.011), 7: (11.525, 50.009)}
    ways = {**CROSS, 20: ((3, 6, 7, 3), {"highway": "residential"})}
    network = build_road_network(osm(ways, places=places), CRS)
    assert (network.links.from_node != network.links.to_node).all()
    assert (network.links.osm_way == 20).sum() == 4


def test_an_isolated_road_is_left_out_and_reported():
    places = {**PLACES, 8: (11.9, 50.3), 9: (11.91, 50.3)}
    network = build_road_network(osm({**CROSS, 30: ((8, 9), {"highway": "residential"})}, places=places), CRS)
    assert 30 not in set(network.links.osm_way)
    assert {"30:8:9", "30:9:8"} <= {entry.id for entry in network.report.refused}


def test_dead_ends_at_the_edge_are_gates_and_others_are_not():
    places = {**PLACES, 8: (11.60, 50.01), 9: (11.51, 50.012)}
    ways = {**CROSS, 30: ((3, 8), {"highway": "secondary"}), 31: ((5, 9), {"highway": "unclassified"})}
    network = build_road_network(osm(ways, places=places, bounds=(11.49, 49.99, 11.6, 50.03)), CRS)
    assert network.nodes.osm_id[network.nodes.gate].tolist() == [8]


def test_a_carriageway_that_crosses_the_map_one_way_is_kept():
    places = {**PLACES, 8: (11.40, 50.01), 9: (11.60, 50.01)}
    ways = {
        **CROSS,
        40: ((8, 1), {"highway": "motorway"}),
        41: ((3, 9), {"highway": "motorway"}),
    }
    network = build_road_network(osm(ways, places=places), CRS)
    assert {"40:8:1", "41:3:9"} <= set(network.links.index)
    assert sorted(network.nodes.osm_id[network.nodes.gate]) == [8, 9]


def test_missing_nodes_refuse_a_way_by_name():
    network = build_road_network(osm({**CROSS, 50: ((3, 999), {"highway": "residential"})}), CRS)
    assert any(entry.id == "w50" and "n999" in entry.reason for entry in network.report.refused)


def test_impossible_requests_are_refused():
    with pytest.raises(InputError, match="projected CRS in metres"):
        build_road_network(osm(), "EPSG:4326")
    with pytest.raises(InputError, match="'track' is unknown"):
        build_road_network(osm(), CRS, classes=["track"])
    with pytest.raises(DataError, match="no road open to motor traffic"):
        build_road_network(osm({1: ((1, 2), {"highway": "footway"})}), CRS)


def test_links_are_found_by_name_and_number():
    network = small_network()
    assert links_named(network, "b 1") == ["1:1:2", "1:2:1"]
    with pytest.raises(MissingDataError, match="come close: Ring"):
        links_named(network, "Rin")


def test_a_closure_changes_only_the_links_named_and_not_its_input():
    network = small_network()
    closed = close_links(network, ["2:2:3", "2:3:2"])
    assert not network.links.closed.any()
    assert closed.links.index[closed.links.closed].tolist() == ["2:2:3", "2:3:2"]
    assert closed.links.drop(columns="closed").equals(network.links.drop(columns="closed"))


def test_a_closure_keeps_access_to_junctions_it_would_cut_off():
    network = small_network()
    both = ["1:1:2", "1:2:1", "2:2:3", "2:3:2"]  # all roads of node 2
    kept = close_links(network, both).links
    assert not kept.closed.any()
    assert kept.residents_only[both].all()
    flooded = close_links(network, both, keep_access=False).links
    assert flooded.closed[both].all()


def test_a_speed_limit_slows_but_never_speeds_up():
    network = small_network()
    slow = set_speed(network, network.links.index, 10.0)
    assert (slow.links.free_flow_speed <= network.links.free_flow_speed).all()
    assert slow.links.free_flow_speed.max() == 10.0
    fast = set_speed(network, network.links.index, 60.0)
    assert fast.links.free_flow_speed.equals(network.links.free_flow_speed)


def test_unknown_links_and_impossible_speeds_are_refused():
    with pytest.raises(InputError, match="'9:9:9' is not in the network"):
        close_links(small_network(), ["9:9:9"])
    for speed in (0.0, -3.0, float("nan"), 500.0):
        with pytest.raises(InputError, match=r"must be 0.5 to 70"):
            set_speed(small_network(), ["1:1:2"], speed)


@pytest.fixture(scope="module")
def bayreuth():
    from twin.city.samples import sample_folder
    from twin.geometry.osm import read_osm

    files = sorted(sample_folder("bayreuth").glob("*.osm*"))
    return build_road_network(read_osm(files[0]), CRS)


def test_the_sample_town_has_its_1203_junctions(bayreuth):
    # counted independently: nodes shared by, or at the ends of, the 883 ways of classes motorway ... service and road
    assert bayreuth.report.notes[0].startswith("1203 junctions")
    assert bayreuth.report.found == 883


def test_the_sample_town_keeps_its_main_roads_and_restrictions(bayreuth):
    assert len(links_named(bayreuth, "B 85")) == 150
    assert {"A 9", "A 70", "B 85"} <= set(bayreuth.links.ref)
    assert any(note == "turn restrictions: 38 applied" for note in bayreuth.report.notes)
    assert bayreuth.links.index.is_unique
    assert bayreuth.nodes.gate.sum() == 28
    assert bayreuth.nodes.signals.sum() == 5
