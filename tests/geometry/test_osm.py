"""What the OpenStreetMap reader takes from an extract: roads, restrictions, areas, lines and points."""

from __future__ import annotations

import gzip
import random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twin.errors import DataError, LimitError, TwinError
from twin.geometry import read_osm
from twin.geometry.osm_pbf import check_pbf


def node(number, lon, lat, **tags):
    return f'<node id="{number}" lat="{lat!r}" lon="{lon!r}">{tag_text(tags)}</node>'


def way(number, refs, **tags):
    return f'<way id="{number}">{"".join(f"<nd ref={chr(34)}{r}{chr(34)}/>" for r in refs)}{tag_text(tags)}</way>'


def relation(number, members, **tags):
    body = "".join(f'<member type="{form}" ref="{ref}" role="{role}"/>' for form, ref, role in members)
    return f'<relation id="{number}">{body}{tag_text(tags)}</relation>'


def tag_text(tags):
    return "".join(f'<tag k="{key.replace("__", ":")}" v="{value}"/>' for key, value in tags.items())


def osm(*objects, head=""):
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{head}<osm version="0.6" generator="synthetic">{"".join(objects)}</osm>'
    )


def square(first, lon, lat, size=0.001):
    corners = [(lon, lat), (lon + size, lat), (lon + size, lat + size), (lon, lat + size)]
    return [node(first + i, x, y) for i, (x, y) in enumerate(corners)], [first, first + 1, first + 2, first + 3, first]


def cross():
    """Four roads that meet in node 5; node 4 carries signals."""
    return [
        node(1, 11.5, 50.001),
        node(2, 11.501, 50.0),
        node(3, 11.5, 49.999),
        node(4, 11.499, 50.0, highway="traffic_signals"),
        node(5, 11.5, 50.0),
        way(12, [1, 5], highway="residential", name="Nordweg"),
        way(11, [5, 2], highway="primary"),
        way(13, [5, 3], highway="service"),
        way(14, [4, 5], highway="primary", oneway="yes"),
    ]


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


# --- what is road, area, line ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tags", "table"),
    [
        ({"building": "yes"}, "areas"),
        ({"landuse": "grass"}, "areas"),
        ({"waterway": "riverbank"}, "areas"),
        ({"natural": "water"}, "areas"),
        ({"highway": "pedestrian", "area": "yes"}, "areas"),
        ({"leisure": "track", "area": "yes"}, "areas"),
        ({"highway": "pedestrian"}, "roads"),
        ({"highway": "residential", "junction": "roundabout"}, "roads"),
        ({"barrier": "wall"}, "lines"),
        ({"natural": "tree_row"}, "lines"),
        ({"waterway": "ditch"}, "lines"),
        ({"railway": "tram"}, "lines"),
    ],
)
def test_a_closed_way_is_what_its_tags_make_it(write, tags, table):
    corners, ring = square(20, 11.51, 50.0)
    data = read_osm(write("t.osm", osm(*corners, way(30, ring, **tags))))
    assert {name: len(getattr(data, name)) for name in ("roads", "areas", "lines")} == {
        name: int(name == table) for name in ("roads", "areas", "lines")
    }


def test_area_no_means_no_area(write):
    corners, ring = square(20, 11.51, 50.0)
    assert len(read_osm(write("t.osm", osm(*corners, way(30, ring, landuse="grass", area="no")))).areas) == 0


def test_an_open_way_tagged_as_area_is_refused_with_a_reason(write):
    corners, ring = square(20, 11.51, 50.0)
    data = read_osm(write("t.osm", osm(*corners, way(30, ring[:-1], building="yes"))))
    assert "not closed" in data.report.refused[0].reason


def test_a_crossed_outline_is_rebuilt_and_reported(write):
    corners, (a, b, c, d, _) = square(20, 11.51, 50.0)
    data = read_osm(write("t.osm", osm(*corners, way(30, [a, c, b, d, a], landuse="grass"))))
    assert data.areas.geometry.is_valid.all()
    # the bow tie has half the square's area: two triangles with a quarter each
    assert data.areas.geometry.iloc[0].area == pytest.approx(0.5e-6, rel=1e-6)
    assert data.report.repaired[0].id == "w30"


def test_an_outline_without_area_is_refused(write):
    corners, (a, b, *_) = square(20, 11.51, 50.0)
    data = read_osm(write("t.osm", osm(*corners, way(30, [a, b, a], building="yes"))))
    assert len(data.areas) == 0
    assert "three different nodes" in data.report.refused[0].reason


# --- multipolygons -----------------------------------------------------------------------------------------------


def nested(outer_tags, relation_tags, inner_tags=None):
    big, outline = square(20, 11.51, 50.0, 0.004)
    small, hole = square(30, 11.511, 50.001, 0.002)
    return [
        *big,
        *small,
        way(40, outline[:3], **outer_tags),
        way(41, outline[2:], **outer_tags),
        way(42, hole, **(inner_tags or {})),
        relation(
            50, [("way", 40, "outer"), ("way", 41, "outer"), ("way", 42, "inner")], type="multipolygon", **relation_tags
        ),
    ]


def test_a_multipolygon_joins_open_ways_and_has_its_hole(write):
    data = read_osm(write("t.osm", osm(*nested({}, {"landuse": "forest"}))))
    (shape,) = data.areas.geometry
    assert data.areas["osm_id"].tolist() == ["r50"]
    assert shape.area == pytest.approx(16e-6 - 4e-6, rel=1e-6)
    assert len(shape.interiors) == 1
    assert data.report.refused == ()


def test_tags_on_the_outer_ways_speak_for_an_old_multipolygon(write):
    data = read_osm(write("t.osm", osm(*nested({"natural": "wood"}, {}, {"natural": "water"}))))
    table = {
        name: (tags, shape)
        for name, tags, shape in zip(data.areas.osm_id, data.areas.tags, data.areas.geometry, strict=True)
    }
    assert sorted(table) == ["r50", "w42"]
    assert table["r50"][0]["natural"] == "wood"
    assert table["r50"][1].area == pytest.approx(12e-6, rel=1e-6)
    assert table["w42"][0] == {"natural": "water"}


def test_an_outer_way_that_repeats_the_relations_tag_counts_once(write):
    big, outline = square(20, 11.51, 50.0, 0.004)
    small, hole = square(30, 11.511, 50.001, 0.002)
    objects = [*big, *small, way(40, outline, building="yes"), way(42, hole)]
    objects.append(relation(50, [("way", 40, "outer"), ("way", 42, "inner")], type="multipolygon", building="yes"))
    data = read_osm(write("t.osm", osm(*objects)))
    assert data.areas["osm_id"].tolist() == ["r50"]


def test_two_inner_rings_that_share_a_border_are_one_hole(write):
    points = [node(60 + i, 11.511 + 0.001 * (i % 3), 50.001 + 0.001 * (i // 3)) for i in range(6)]
    big, outline = square(20, 11.51, 50.0, 0.004)
    objects = [
        *big,
        *points,
        way(40, outline),
        way(41, [60, 61, 64, 63, 60]),
        way(42, [61, 62, 65, 64, 61]),
        relation(
            50,
            [("way", 40, "outer"), ("way", 41, "inner"), ("way", 42, "inner")],
            type="multipolygon",
            landuse="forest",
        ),
    ]
    (shape,) = read_osm(write("t.osm", osm(*objects))).areas.geometry
    assert shape.area == pytest.approx(16e-6 - 2e-6, rel=1e-6)


def test_two_outer_rings_make_a_multipolygon(write):
    one, first = square(20, 11.51, 50.0)
    two, second = square(30, 11.52, 50.0)
    objects = [*one, *two, way(40, first), way(41, second)]
    objects.append(relation(50, [("way", 40, "outer"), ("way", 41, "outer")], type="multipolygon", landuse="meadow"))
    (shape,) = read_osm(write("t.osm", osm(*objects))).areas.geometry
    assert shape.geom_type == "MultiPolygon"
    assert shape.area == pytest.approx(2e-6, rel=1e-6)


def test_a_lost_outer_ring_does_not_turn_its_hole_into_land(write):
    objects = [item for item in nested({}, {"landuse": "forest"}) if 'way id="41"' not in item]
    data = read_osm(write("t.osm", osm(*objects)))
    assert len(data.areas) == 0
    assert "1 of 3 member ways" in data.report.refused[0].reason


def test_rings_that_close_are_kept_when_another_is_lost(write):
    one, first = square(20, 11.51, 50.0)
    objects = [*one, way(40, first)]
    objects.append(relation(50, [("way", 40, "outer"), ("way", 99, "outer")], type="multipolygon", landuse="meadow"))
    data = read_osm(write("t.osm", osm(*objects)))
    assert data.areas.geometry.iloc[0].area == pytest.approx(1e-6, rel=1e-6)
    assert "only the rings that close" in data.report.repaired[0].reason


# --- extracts that are cut or broken ------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_an_extract_that_lacks_anything_is_read_and_its_report_adds_up(write, data):
    corners, ring = square(70, 11.52, 50.0)
    rule = relation(7, [("way", 12, "from"), ("node", 5, "via"), ("way", 11, "to")], type="restriction")
    objects = [*cross(), rule, *corners, way(80, ring, building="yes"), way(81, ring[:3], waterway="stream")]
    objects += nested({"natural": "wood"}, {}, {"natural": "water"})
    kept = [item for item in objects if data.draw(st.integers(0, 5))]  # one in six is missing
    found = read_osm(write("t.osm", osm(node(999, 11.6, 50.1), *kept)))
    assert found.report.found == found.report.used + len(found.report.refused)
    assert found.areas.geometry.is_valid.all()
    assert not found.areas.geometry.is_empty.any()


def test_a_road_with_missing_nodes_keeps_its_longest_stretch(write):
    objects = [node(i, 11.5 + 0.001 * i, 50.0) for i in (1, 2, 3, 6)]
    data = read_osm(write("t.osm", osm(*objects, way(9, [1, 2, 3, 4, 5, 6], highway="primary"))))
    assert data.roads[0].nodes.tolist() == [1, 2, 3]
    assert "2 of 6 nodes" in data.report.repaired[0].reason


def test_a_road_with_one_known_node_is_refused(write):
    data = read_osm(write("t.osm", osm(node(1, 11.5, 50.0), way(9, [1, 2], highway="primary"))))
    assert data.roads == ()
    assert data.report.refused[0].id == "w9"


def test_a_node_out_of_the_world_is_refused_and_named(write):
    data = read_osm(write("t.osm", osm(*cross(), node(77, 11.5, 95.0))))
    assert "n77" in [entry.id for entry in data.report.refused]


def test_objects_that_come_twice_count_once_and_are_noted(write):
    data = read_osm(write("t.osm", osm(*cross(), node(5, 11.6, 50.0), way(12, [1, 5], highway="footway"))))
    assert len(data.roads) == 4
    assert data.node_lon[data.node_id == 5].tolist() == [11.6]
    assert "2 objects come more than once" in data.report.notes[1]


def test_deleted_objects_are_left_out(write):
    text = osm(*cross()).replace('<way id="13"', '<way id="13" visible="false"')
    assert 13 not in [road.id for road in read_osm(write("t.osm", text)).roads]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(0.0, 0.999), st.booleans())
def test_a_file_cut_anywhere_is_never_read(write, share, packed):
    text = osm(*cross()).encode()
    data = gzip.compress(text) if packed else text
    with pytest.raises(DataError, match=r"t\.osm"):
        read_osm(write("t.osm", data[: int(share * len(data))]))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=4))
def test_changed_bytes_give_an_answer_or_a_named_error(write, changes):
    data = bytearray(osm(*cross()).encode())
    for place, value in changes:
        data[place % len(data)] = value
    try:
        found = read_osm(write("t.osm", bytes(data)))
    except TwinError as error:
        assert "t.osm" in str(error)  # noqa: PT017
    else:
        assert np.isfinite(found.node_lon).all()


def test_a_cut_pbf_is_refused(write, tmp_path):
    import osmium

    with osmium.SimpleWriter(str(tmp_path / "t.osm.pbf")) as writer:
        for item in osmium.FileProcessor(str(write("t.osm", osm(*cross())))):
            writer.add(item)
    data = (tmp_path / "t.osm.pbf").read_bytes()
    assert check_pbf(tmp_path / "t.osm.pbf") > 0
    for size in range(20, len(data) - 1, 7):
        cut = write("cut.osm.pbf", data[:size])
        try:
            found = read_osm(cut)
        except DataError as error:
            assert "cut.osm.pbf" in str(error)  # noqa: PT017
        else:  # the format has no end mark: a cut between two blocks leaves a whole, shorter file
            pytest.fail(f"read {len(found.roads)} roads from {size} of {len(data)} bytes")


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE osm [<!ENTITY a "aaaa">]>',
        '<!DOCTYPE osm SYSTEM "http://127.0.0.1:9/osm.dtd">',
        '<!DOCTYPE osm [<!ENTITY x SYSTEM "file:///etc/hostname">]>',
    ],
)
def test_a_document_type_is_refused(write, head):
    with pytest.raises(DataError, match="DOCTYPE"):
        read_osm(write("t.osm", osm(*cross(), head=head)))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "Git LFS pointer"),
        (b"<html><body>429 Too Many Requests</body></html>", "cannot be read as OpenStreetMap"),
        (b"<osm><node id='1' lat='1' lon='1'/></osm>", "cannot be read as OpenStreetMap"),
        (b'{"elements": []}', "neither OSM XML nor PBF"),
        (b'<osmChange version="0.6"><create/></osmChange>', "list of changes"),
        (b'<osm version="0.6"></osm>', "no nodes and no ways"),
        (b"\xff\xfe<\x00o\x00", "neither OSM XML nor PBF"),
    ],
)
def test_what_is_no_extract_says_what_it_is(write, content, reason):
    with pytest.raises(DataError, match=reason):
        read_osm(write("t.osm", content))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"nowhere\.osm does not exist"):
        read_osm(tmp_path / "nowhere.osm")


def test_a_packed_giant_is_stopped_while_it_unpacks(write):
    text = osm(*cross(), f"<!--{'a' * 20_000_000}-->")
    with pytest.raises(LimitError, match="MAX_COMPRESSION_RATIO"):
        read_osm(write("t.osm.gz", gzip.compress(text.encode())))


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


def test_areas_equal_those_of_osmiums_own_assembler(bayreuth, sample):
    import osmium
    import shapely

    ours = dict(zip(bayreuth.areas["osm_id"], bayreuth.areas.geometry, strict=True))
    factory = osmium.geom.WKBFactory()
    theirs = {}
    for item in osmium.FileProcessor(str(sample("bayreuth/north-bayreuth.osm.gz"))).with_areas():
        name = f"{'w' if item.from_way() else 'r'}{item.orig_id()}" if item.is_area() else ""
        if name in ours:
            theirs[name] = shapely.from_wkb(bytes.fromhex(factory.create_multipolygon(item)))
    # osmium leaves out relations with members that the extract lacks; they are in our report
    assert set(ours) - set(theirs) == {entry.id for entry in bayreuth.report.repaired}
    assert sum(name.startswith("r") for name in theirs) > 20
    for name, shape in theirs.items():
        assert shape.symmetric_difference(ours[name]).area <= 1e-9 * shape.area, name
