"""OpenStreetMap files that are damaged, unfinished or made to harm: a named error or a stated repair, nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twin import limits
from twin.errors import DataError, TwinError
from twin.geometry import read_osm


def extract(*objects):
    return f'<osm version="0.6">{"".join(objects)}</osm>'


def node(number, lon, lat, extra=""):
    return f'<node id="{number}" lat="{lat}" lon="{lon}" {extra}/>'


def way(number, refs, extra="", **tags):
    body = "".join(f'<nd ref="{ref}"/>' for ref in refs)
    return f'<way id="{number}" {extra}>{body}{words(tags)}</way>'


def relation(number, members, **tags):
    body = "".join(f'<member type="{form}" ref="{ref}" role="{role}"/>' for form, ref, role in members)
    return f'<relation id="{number}">{body}{words(tags)}</relation>'


def words(tags):
    return "".join(f'<tag k="{key}" v="{value}"/>' for key, value in tags.items())


NODES = [node(i, 11.5 + 0.001 * (i in (2, 3)), 50.0 + 0.001 * (i in (3, 4))) for i in (1, 2, 3, 4)]
SQUARE = [*NODES, way(9, [1, 2, 3, 4, 1], building="yes")]


def test_relations_that_hold_each_other_or_themselves_do_no_harm(write):
    loops = [
        relation(1, [("relation", 1, "outer")], type="multipolygon", building="yes"),
        relation(2, [("relation", 3, "outer"), ("way", 9, "outer")], type="multipolygon", landuse="grass"),
        relation(3, [("relation", 2, "outer")], type="multipolygon", landuse="grass"),
    ]
    for bounds in (None, (11.0, 49.0, 12.0, 51.0)):
        data = read_osm(write("t.osm", extract(*SQUARE, *loops)), bounds=bounds)
        assert {"w9", "r2"} <= set(data.areas["osm_id"])
        assert data.report.found == data.report.used + len(data.report.refused)


@pytest.mark.parametrize(("lon", "lat"), [(11.5, 90.1), (180.5, 50.0), (-180.5, 50.0), (11.5, -91.0), (200.0, 95.0)])
def test_a_node_off_the_earth_is_refused_by_its_id(write, lon, lat):
    data = read_osm(write("t.osm", extract(*SQUARE, node(77, lon, lat), way(8, [1, 77, 2, 3], highway="path"))))
    assert "n77" in [entry.id for entry in data.report.refused]
    assert data.roads[0].nodes.tolist() == [2, 3]
    assert "1 of 4 nodes are not in the file" in data.report.repaired[0].reason


@pytest.mark.parametrize("text", ["nan", "inf", "1e30", "12,5", "", "abc", "9" * 40, "0x10", "1e", "--1"])
def test_a_number_that_is_none_is_refused(write, text):
    with pytest.raises(DataError, match=r"t\.osm"):
        read_osm(write("t.osm", extract(*SQUARE, node(77, 11.5, text))))


@pytest.mark.parametrize("number", ["9" * 30, "1.5", "one", "", "0x1"])
def test_an_id_that_is_none_is_refused(write, number):
    with pytest.raises(DataError, match=r"t\.osm"):
        read_osm(write("t.osm", extract(*SQUARE, node(number, 11.5, 50.0))))
    with pytest.raises(DataError, match=r"t\.osm"):
        read_osm(write("t.osm", extract(*SQUARE, way(5, [1, number], highway="path"))))


def test_the_poles_and_the_date_line_are_on_the_earth(write):
    corners = [node(i, lon, lat) for i, (lon, lat) in enumerate([(-180, -90), (180, 90), (180, -90), (-180, 90)], 1)]
    data = read_osm(write("t.osm", extract(*corners, way(9, [1, 2, 3, 4], highway="path"))))
    assert sorted(zip(data.node_lon.tolist(), data.node_lat.tolist(), strict=True)) == [
        (-180.0, -90.0), (-180.0, 90.0), (180.0, -90.0), (180.0, 90.0),
    ]  # fmt: skip


def test_an_editors_new_objects_have_negative_ids(write):
    new = [text.replace(f'id="{i}"', f'id="-{i}" action="modify"') for i, text in enumerate(NODES, 1)]
    text = extract(
        *new,
        way(-9, [-1, -2, -3, -4, -1], building="yes"),
        way(-8, [-1, -3], highway="path"),
        relation(-7, [("way", -9, "outer")], type="multipolygon", landuse="grass"),
    )  # fmt: skip
    for bounds in (None, (11.0, 49.0, 12.0, 51.0)):
        data = read_osm(write("t.osm", text), bounds=bounds)
        assert sorted(data.areas["osm_id"]) == ["r-7", "w-9"]
        assert data.roads[0].nodes.tolist() == [-1, -3]
        assert data.report.refused == ()
        # the square of 0.001 degrees
        assert data.areas.geometry.iloc[0].area == pytest.approx(1e-6, rel=1e-6)


@pytest.mark.parametrize("mark", ['action="delete"', 'visible="false"'])
def test_what_an_editor_deleted_is_gone_and_counted(write, mark):
    text = extract(
        *NODES, node(5, 11.6, 50.1, mark), way(8, [1, 2], mark, highway="path"), way(9, [1, 3], highway="path")
    )
    data = read_osm(write("t.osm", text))
    assert [road.id for road in data.roads] == [9]
    assert "2 objects are marked as deleted and left out" in data.report.notes


def test_a_way_without_nodes_or_with_one_is_refused(write):
    text = extract(*SQUARE, way(5, [], highway="path"), way(6, [1], highway="path"), way(7, [1, 1, 1], building="yes"))
    data = read_osm(write("t.osm", text))
    assert sorted(entry.id for entry in data.report.refused) == ["w5", "w6", "w7"]


def test_a_huge_relation_is_read(write):
    """20,000 members, nearly all of them missing, in any role."""
    members = [("way", 9, "outer"), *(("way", i, "inner") for i in range(100, 20_000))]
    text = extract(*SQUARE, relation(1, members, type="multipolygon", landuse="forest"))
    data = read_osm(write("t.osm", text))
    assert "r1" in set(data.areas["osm_id"])
    assert "19900 of 19901 member ways" in data.report.repaired[0].reason


def test_an_area_with_too_many_corners_is_refused(write, monkeypatch):
    monkeypatch.setattr(limits, "MAX_POLYGON_VERTICES", 4)
    rings = relation(1, [("way", 9, "outer")], type="multipolygon", landuse="grass")
    data = read_osm(write("t.osm", extract(*SQUARE, rings)))
    assert len(data.areas) == 0
    assert {entry.id for entry in data.report.refused} == {"w9", "r1"}
    assert all("MAX_POLYGON_VERTICES" in entry.reason for entry in data.report.refused)


def test_tags_may_be_empty_long_and_odd(write):
    long = "x" * 1000
    text = extract(*SQUARE, way(5, [1, 2], highway="", name=long), way(6, [1, 2], highway="path", name="&#10;ä€😀"))
    data = read_osm(write("t.osm", text))
    assert {road.id: road.tags["name"] for road in data.roads}[6] == "\nä€😀"


def test_text_in_another_encoding_is_refused(write):
    bad = extract(*SQUARE, way(5, [1, 2], highway="path", name="Straße")).encode("cp1252")
    with pytest.raises(DataError, match=r"t\.osm"):
        read_osm(write("t.osm", bad))


@pytest.mark.parametrize(
    "text",
    [
        '<osm version="0.6"><osm version="0.6"/></osm>',
        '<osm version="9.9"><node id="1" lat="1" lon="1"/></osm>',
        '<osm version="0.6"><way id="1"><way id="2"/></way></osm>',
        '<osm version="0.6"><node id="1" lat="50" lon="11"/></osm><osm version="0.6"/>',
        '<gpx version="1.1"><trk/></gpx>',
        '<osm version="0.6"><relation id="1"><member type="planet" ref="1" role=""/></relation></osm>',
    ],
)
def test_odd_structure_is_refused(write, text):
    with pytest.raises(DataError, match=r"t\.osm"):
        read_osm(write("t.osm", text))


@pytest.fixture(scope="module")
def binary(tmp_path_factory):
    import osmium

    folder = tmp_path_factory.mktemp("pbf")
    rule = relation(3, [("way", 8, "from"), ("node", 1, "via"), ("way", 8, "to")], type="restriction")
    (folder / "t.osm").write_text(extract(*SQUARE, way(8, [1, 2, 3], highway="path", name="Weg"), rule))
    made = []
    for form in ("pbf", "pbf,pbf_compression=none", "pbf,pbf_dense_nodes=false"):
        with osmium.SimpleWriter(osmium.io.File(str(folder / "t.pbf"), form), overwrite=True) as writer:
            for item in osmium.FileProcessor(str(folder / "t.osm")):
                writer.add(item)
        made.append((folder / "t.pbf").read_bytes())
    return made


def test_every_kind_of_pbf_reads_alike(binary, write):
    for data in binary:
        found = read_osm(write("t.pbf", data))
        assert found.roads[0].nodes.tolist() == [1, 2, 3]
        assert found.areas["osm_id"].tolist() == ["w9"]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2), st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=4))
def test_a_damaged_pbf_gives_an_answer_or_a_named_error(binary, write, which, changes):
    data = bytearray(binary[which])
    for place, value in changes:
        data[place % len(data)] = value
    try:
        found = read_osm(write("t.pbf", bytes(data)))
    except TwinError as error:
        assert "t.pbf" in str(error)  # noqa: PT017
    else:
        assert np.isfinite(found.node_lon).all()
        assert found.report.found == found.report.used + len(found.report.refused)


def test_text_after_a_pbf_is_refused(binary, write):
    with pytest.raises(DataError, match=r"block at byte"):
        read_osm(write("t.pbf", binary[0] + b"and more"))
