"""OpenStreetMap extracts that are cut, broken or no extracts at all."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from osm_xml import cross, node, osm, relation, square, way

from twin.errors import DataError, LimitError, TwinError
from twin.geometry import read_osm
from twin.geometry.osm_pbf import check_pbf

# --- extracts that are cut or broken ------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_an_extract_that_lacks_anything_is_read_and_its_report_adds_up(write, data):
    corners, ring = square(70, 11.52, 50.0)
    rule = relation(7, [("way", 12, "from"), ("node", 5, "via"), ("way", 11, "to")], type="restriction")
    objects = [*cross(), rule, *corners, way(80, ring, building="yes"), way(81, ring[:3], waterway="stream")]
    big, outline = square(20, 11.51, 50.0, 0.004)
    small, hole = square(30, 11.511, 50.001, 0.002)
    objects += [*big, *small, way(40, outline[:3], natural="wood"), way(41, outline[2:], natural="wood")]
    members = [("way", 40, "outer"), ("way", 41, "outer"), ("way", 42, "inner")]
    objects += [way(42, hole, natural="water"), relation(50, members, type="multipolygon")]
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


def test_a_line_whose_nodes_lie_at_one_place_is_refused_by_name(write):
    stream = [node(1, 11.5, 50.0), node(2, 11.5, 50.0), node(3, 11.501, 50.0)]
    text = osm(*stream, way(8, [1, 2], waterway="stream"), way(9, [1, 3], waterway="stream"))
    data = read_osm(write("t.osm", text))
    assert data.lines["osm_id"].tolist() == ["w9"]
    assert data.lines.geometry.is_valid.all()
    assert [(entry.id, "one place" in entry.reason) for entry in data.report.refused] == [("w8", True)]
