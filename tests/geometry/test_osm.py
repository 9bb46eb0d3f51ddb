"""What the OpenStreetMap reader takes from an extract: roads, restrictions, areas, lines and points."""

from __future__ import annotations

import gzip
import random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from osm_xml import cross, osm, relation, square, way

from twin.geometry import read_osm


def test_roads_keep_their_nodes_in_order_and_their_tags(write):
    data = read_osm(write("t.osm", osm(*cross())))
    roads = {road.id: road for road in data.roads}
    assert sorted(roads) == [11, 12, 13, 14]
    assert roads[12].nodes.tolist() == [1, 5]
    assert roads[12].tags == {"highway": "residential", "name": "Nordweg"}
    assert data.node_id.tolist() == [1, 2, 3, 4, 5]
    assert data.node_lon.tolist() == [11.5, 11.501, 11.5, 11.499, 11.5]
    assert data.node_lat.tolist() == [50.001, 50.0, 49.999, 50.0, 50.0]
    assert data.node_tags == {4: {"highway": "traffic_signals"}}
    assert data.points["osm_id"].tolist() == ["n4"]
    assert data.report.refused == data.report.repaired == ()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(use_true_random=False))
def test_the_order_of_objects_does_not_matter(write, shuffle: random.Random):
    corners, ring = square(20, 11.51, 50.0)
    objects = [*cross(), *corners, way(30, ring, building="yes")]
    objects.append(relation(1, [("way", 12, "from"), ("node", 5, "via"), ("way", 11, "to")], type="restriction"))
    expected = read_osm(write("a.osm", osm(*objects)))
    shuffle.shuffle(objects)
    data = read_osm(write("b.osm", osm(*objects)))
    assert np.array_equal(data.node_lon, expected.node_lon)
    assert {road.id: road.nodes.tolist() for road in data.roads} == {
        road.id: road.nodes.tolist() for road in expected.roads
    }
    assert data.areas.geometry.iloc[0].equals(expected.areas.geometry.iloc[0])
    assert len(data.restrictions) == len(expected.restrictions) == 1


def test_plain_gzip_and_pbf_read_alike(write, tmp_path):
    import osmium

    text = osm(*cross(), relation(1, [("way", 12, "from"), ("node", 5, "via"), ("way", 11, "to")], type="restriction"))
    plain = write("t.osm", text)
    with osmium.SimpleWriter(str(tmp_path / "t.osm.pbf")) as writer:
        for item in osmium.FileProcessor(str(plain)):
            writer.add(item)
    one = read_osm(plain)
    for other in (
        read_osm(write("t.osm.gz", gzip.compress(text.encode()))),
        read_osm(tmp_path / "t.osm.pbf"),
        read_osm(write("wrong_suffix.txt", text)),
    ):
        assert np.array_equal(other.node_id, one.node_id)
        assert np.array_equal(other.node_lon, one.node_lon)
        assert [road.tags for road in other.roads] == [road.tags for road in one.roads]
        assert other.restrictions == one.restrictions


def test_the_date_of_the_data_is_what_the_file_declares(write, tmp_path):
    import osmium

    stamped = osm(*cross()).replace("<node", '<meta osm_base="2014-11-05T10:47:02Z"/><node', 1)
    assert read_osm(write("t.osm", stamped)).date == "2014-11-05T10:47:02Z"
    assert read_osm(write("u.osm", osm(*cross()))).date is None
    header = osmium.io.Header()
    header.set("osmosis_replication_timestamp", "2025-01-01T00:00:00Z")
    with osmium.SimpleWriter(str(tmp_path / "t.osm.pbf"), header=header) as writer:
        for item in osmium.FileProcessor(str(tmp_path / "u.osm")):
            writer.add(item)
    assert read_osm(tmp_path / "t.osm.pbf").date == "2025-01-01T00:00:00Z"


# --- turn restrictions -------------------------------------------------------------------------------------------


def test_a_restriction_names_its_ways_and_node_and_keeps_its_tags(write):
    rule = relation(
        7,
        [("way", 12, "from"), ("node", 5, "via"), ("way", 11, "to")],
        type="restriction",
        restriction="no_left_turn",
        **{"except": "bicycle;psv", "restriction__hgv": "no_entry"},
    )
    (found,) = read_osm(write("t.osm", osm(*cross(), rule))).restrictions
    assert (found.kind, found.from_way, found.via_node, found.via_ways, found.to_way) == ("no_left_turn", 12, 5, (), 11)
    assert found.tags["except"] == "bicycle;psv"
    assert found.tags["restriction:hgv"] == "no_entry"


def test_a_restriction_over_ways_keeps_their_order(write):
    rule = relation(
        7, [("way", 12, "from"), ("way", 14, "via"), ("way", 13, "via"), ("way", 11, "to")], type="restriction"
    )
    (found,) = read_osm(write("t.osm", osm(*cross(), rule))).restrictions
    assert (found.via_node, found.via_ways) == (None, (14, 13))
    assert found.kind == ""


def test_several_ways_in_give_one_record_each(write):
    members = [("way", 12, "from"), ("way", 14, "from"), ("node", 5, "via"), ("way", 11, "to")]
    data = read_osm(write("t.osm", osm(*cross(), relation(7, members, type="restriction", restriction="no_entry"))))
    assert [rule.from_way for rule in data.restrictions] == [12, 14]


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ([("way", 99, "from"), ("node", 5, "via"), ("way", 11, "to")], "way 99 is not in the file"),
        ([("way", 12, "from"), ("node", 99, "via"), ("way", 11, "to")], "node 99 is not in the file"),
        ([("way", 12, "from"), ("way", 11, "to")], "no via member"),
        ([("node", 5, "via"), ("way", 11, "to")], "no from member"),
        ([("way", 12, "from"), ("node", 5, "via"), ("node", 4, "via"), ("way", 11, "to")], "several via"),
        ([("way", 12, "from"), ("node", 5, "via"), ("way", 40, "to")], "way 40 is not a road"),
    ],
)
def test_an_incomplete_restriction_is_refused_and_counted(write, members, reason):
    fence = way(40, [1, 2], barrier="fence")
    report = read_osm(write("t.osm", osm(*cross(), fence, relation(7, members, type="restriction")))).report
    assert [entry.id for entry in report.refused] == ["r7"]
    assert reason in report.refused[0].reason
    assert report.found == report.used + 1


# --- a real extract ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bayreuth(sample):
    return read_osm(sample("bayreuth/north-bayreuth.osm.gz"))


def test_the_packaged_extract_is_read_whole(bayreuth):
    # 2,056 highway ways, 4,267 building ways: counts of the tags in the file's text
    assert len(bayreuth.roads) == 2056
    assert sum("building" in tags for tags in bayreuth.areas["tags"]) == 4267
    assert bayreuth.areas.geometry.is_valid.all()
    assert bayreuth.areas.crs.to_epsg() == 4326
    assert bayreuth.bounds == (11.4807, 49.9721, 11.6053, 50.047)


def test_restrictions_that_the_extract_cuts_are_named(bayreuth):
    # 40 relations of type restriction; of two a member way is missing or is no road
    assert len(bayreuth.restrictions) == 38
    assert sum("restriction" in entry.reason for entry in bayreuth.report.refused) == 2


def test_the_report_adds_up(bayreuth):
    report = bayreuth.report
    assert report.found == report.used + len(report.refused)


def test_road_nodes_are_sorted_and_complete(bayreuth):
    assert (np.diff(bayreuth.node_id) > 0).all()
    assert np.isin(np.concatenate([road.nodes for road in bayreuth.roads]), bayreuth.node_id).all()


@pytest.mark.parametrize(
    ("tags", "kind", "exempt", "only_for", "condition"),
    [
        ({"restriction": "no_u_turn"}, "no_u_turn", (), (), ""),
        ({"restriction": "no_u_turn", "except": "bicycle; psv"}, "no_u_turn", ("bicycle", "psv"), (), ""),
        ({"restriction:hgv": "no_left_turn"}, "no_left_turn", (), ("hgv",), ""),
        ({"type": "restriction:bus", "restriction": "no_left_turn"}, "no_left_turn", (), ("bus",), ""),
        (
            {"restriction:conditional": "no_left_turn @ (Mo-Fr 07:00-19:00)"},
            "no_left_turn", (), (), "Mo-Fr 07:00-19:00",
        ),
        (
            {"restriction:hgv:conditional": "no_left_turn @ (weight>7.5)"},
            "no_left_turn", (), ("hgv",), "weight>7.5",
        ),
        ({"restriction": "no_u_turn", "restriction:conditional": "only_left_turn @ (wet)"}, "no_u_turn", (), (), ""),
        ({}, "", (), (), ""),
    ],
)  # fmt: skip
def test_a_restriction_says_whom_and_when_it_binds(write, tags, kind, exempt, only_for, condition):
    tags = {
        key.replace(":", "__"): value.replace(">", "&gt;") for key, value in {"type": "restriction", **tags}.items()
    }
    rule = relation(7, [("way", 12, "from"), ("way", 14, "via"), ("way", 11, "to")], **tags)
    (found,) = read_osm(write("t.osm", osm(*cross(), rule))).restrictions
    assert (found.kind, found.exempt, found.only_for, found.condition) == (kind, exempt, only_for, condition)
    assert (found.via_node, found.via_ways) == (None, (14,))
