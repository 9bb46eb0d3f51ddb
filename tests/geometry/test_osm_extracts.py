"""OpenStreetMap from many places: archives, folders, several extracts merged by id, and the part in a box."""

from __future__ import annotations

import bz2
import gzip
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twin.errors import DataError, InputError, LimitError
from twin.geometry import read_osm


def node(number, lon, lat, *, version=1, tags="", time="2020-01-01T00:00:00Z"):
    return f'<node id="{number}" version="{version}" timestamp="{time}" lat="{lat!r}" lon="{lon!r}">{tags}</node>'


def way(number, refs, *, version=1, name="", time="2020-01-01T00:00:00Z", **tags):
    body = "".join(f'<nd ref="{ref}"/>' for ref in refs)
    words = "".join(f'<tag k="{key}" v="{value}"/>' for key, value in {"name": name, **tags}.items() if value)
    return f'<way id="{number}" version="{version}" timestamp="{time}">{body}{words}</way>'


def extract(*objects, bounds=None, date=None):
    box = "" if bounds is None else '<bounds minlon="{}" minlat="{}" maxlon="{}" maxlat="{}"/>'.format(*bounds)
    meta = "" if date is None else f'<meta osm_base="{date}"/>'
    return f'<osm version="0.6">{meta}{box}{"".join(objects)}</osm>'


LINE = [node(i, 11.5 + 0.01 * i, 50.0) for i in range(1, 6)]
TOWN = extract(*LINE, way(9, [1, 2, 3], highway="residential"))


def packed(tmp_path, name, **members):
    path = tmp_path / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members.items():
            archive.writestr(member.replace("__", "/").replace("_", "."), content)
    return path


def pbf_of(tmp_path, write, text):
    import osmium

    path = tmp_path / "made.osm.pbf"
    with osmium.SimpleWriter(str(path), overwrite=True) as writer:
        for item in osmium.FileProcessor(str(write("made.osm", text))):
            writer.add(item)
    return path.read_bytes()


def test_every_packing_reads_alike(write, tmp_path):
    text = TOWN.encode()
    binary = pbf_of(tmp_path, write, TOWN)
    paths = [
        write("a.osm", TOWN),
        write("a.osm.gz", gzip.compress(text)),
        write("a.osm.bz2", bz2.compress(text)),
        write("a.osm.xml", TOWN),
        write("a.osm.xml.gz", gzip.compress(text)),
        write("a.osm.pbf", binary),
        packed(tmp_path, "one.zip", town_osm=text),
        packed(tmp_path, "two.zip", town_osm_gz=gzip.compress(text)) / "town.osm.gz",
        packed(tmp_path, "three.zip", deep__town_osm_bz2=bz2.compress(text)),
        packed(tmp_path, "four.zip", town_pbf=binary, licence_txt="words"),
    ]
    for path in paths:
        data = read_osm(path)
        assert [(road.id, road.nodes.tolist(), road.tags) for road in data.roads] == [
            (9, [1, 2, 3], {"highway": "residential"})
        ], path
        assert data.node_lon.tolist() == [11.51, 11.52, 11.53], path
        assert data.report.refused == (), path


def test_a_list_a_folder_and_a_pattern_are_read_as_one(write, tmp_path):
    west = extract(*LINE[:3], way(1, [1, 2, 3], highway="primary"), bounds=(11.5, 49.9, 11.53, 50.1))
    east = extract(*LINE[2:], way(2, [3, 4, 5], highway="primary"), bounds=(11.53, 49.9, 11.56, 50.1))
    folder = tmp_path / "tiles"
    folder.mkdir()
    one, two = folder / "west.osm", folder / "east.osm.gz"
    one.write_text(west)
    two.write_bytes(gzip.compress(east.encode()))
    (folder / "readme.txt").write_text("not a map")
    for path in ([one, two], (str(one), str(two), one), folder, folder / "*.osm*", str(folder / "?ast.osm.gz")):
        data = read_osm(path)
        only_east = str(path).endswith("?ast.osm.gz")
        assert sorted(road.id for road in data.roads) == ([2] if only_east else [1, 2])
        assert data.bounds == ((11.53, 49.9, 11.56, 50.1) if only_east else (11.5, 49.9, 11.56, 50.1))
        # node 3 lies in both extracts
        assert any("1 objects come more than once" in note for note in data.report.notes) == (not only_east)
        assert not any("different things" in note for note in data.report.notes)


def test_the_newest_version_wins_whatever_the_order(write):
    old = write("old.osm", extract(*LINE, way(9, [1, 2], version=2, name="Old", highway="residential")))
    moved = node(2, 11.52, 50.005, version=7, tags='<tag k="highway" v="crossing"/>')
    new = write("new.osm", extract(LINE[0], moved, way(9, [2, 1], version=10, name="New", highway="residential")))
    for order in ([old, new], [new, old]):
        data = read_osm(order)
        (road,) = data.roads
        assert (road.tags["name"], road.nodes.tolist()) == ("New", [2, 1])
        assert data.node_lat.tolist() == [50.0, 50.005]
        assert data.node_tags == {2: {"highway": "crossing"}}
        assert data.points["osm_id"].tolist() == ["n2"]


def test_of_equal_versions_the_later_time_wins_and_a_contradiction_is_told(write):
    times = ("2021-05-01T00:00:00Z", "2020-05-01T00:00:00Z")
    files = [
        write(f"{i}.osm", extract(*LINE, way(9, [1, 2], name=str(i), highway="path", time=times[i]))) for i in (0, 1)
    ]
    assert read_osm(files).roads[0].tags["name"] == "0"
    same = [write(f"s{i}.osm", extract(*LINE, way(9, [1, 2], name=str(i), highway="path"))) for i in (0, 1)]
    data = read_osm(same)
    assert data.roads[0].tags["name"] == "1"  # no version tells which is right: the last one named
    assert "1 of them say different things in the same version" in data.report.notes


def test_an_object_deleted_in_a_newer_version_is_gone(write):
    gone = way(9, [1, 2], version=2, highway="path").replace("<way ", '<way visible="false" ')
    files = [write("a.osm", extract(*LINE, way(9, [1, 2], highway="path"))), write("b.osm", extract(*LINE, gone))]
    for order in (files, files[::-1]):
        data = read_osm(order)
        assert data.roads == ()
        assert "1 objects are marked as deleted and left out" in data.report.notes


def test_the_date_of_several_extracts_is_the_oldest(write):
    files = [write(f"{i}.osm", extract(*LINE, date=f"20{i}-01-01T00:00:00Z")) for i in (19, 14, 22)]
    assert read_osm(files).date == "2014-01-01T00:00:00Z"
    assert read_osm([*files, write("silent.osm", TOWN)]).date is None


# --- the part in a box --------------------------------------------------------------------------------------------


def test_a_box_keeps_whole_ways_that_touch_it(write):
    text = extract(
        *LINE,
        node(6, 11.55, 50.001, tags='<tag k="natural" v="tree"/>'),
        node(7, 11.51, 50.0, tags='<tag k="natural" v="tree"/>'),
        way(1, [1, 2, 3, 4, 5], highway="primary"),
        way(2, [4, 5], highway="service"),
        bounds=(11.0, 49.0, 12.0, 51.0),
    )  # fmt: skip
    data = read_osm(write("t.osm", text), bounds=(11.505, 49.9, 11.515, 50.1))
    assert [road.nodes.tolist() for road in data.roads] == [[1, 2, 3, 4, 5]]
    assert data.points["osm_id"].tolist() == ["n7"]
    assert data.bounds == (11.505, 49.9, 11.515, 50.1)
    assert "5 nodes" not in data.report.notes[0]  # five of the way and one tree
    assert data.report.notes[0].startswith("6 nodes, 1 ways, 0 relations touch the box")


def test_a_multipolygon_that_touches_a_box_keeps_all_its_rings(write):
    corners = [node(i, 11.0 + 0.1 * (i in (2, 3)), 50.0 + 0.1 * (i in (3, 4))) for i in (1, 2, 3, 4)]
    members = '<member type="way" ref="1" role="outer"/><member type="way" ref="2" role="outer"/>'
    forest = f'<relation id="5"><tag k="type" v="multipolygon"/><tag k="landuse" v="forest"/>{members}</relation>'
    text = extract(forest, way(2, [3, 4, 1]), way(1, [1, 2, 3]), *corners)  # the wrong order on purpose
    data = read_osm(write("t.osm", text), bounds=(11.09, 49.99, 11.11, 50.01))
    assert data.areas.geometry.iloc[0].area == pytest.approx(0.01, rel=1e-9)
    assert data.report.refused == data.report.repaired == ()


def test_a_box_keeps_the_restrictions_of_its_roads(write):
    roles = (("way", 1, "from"), ("node", 3, "via"), ("way", 2, "to"))
    members = "".join(f'<member type="{form}" ref="{ref}" role="{role}"/>' for form, ref, role in roles)
    rule = f'<relation id="5"><tag k="type" v="restriction"/><tag k="restriction" v="no_u_turn"/>{members}</relation>'
    text = extract(rule, *LINE, way(1, [1, 2, 3], highway="primary"), way(2, [3, 4, 5], highway="primary"))
    assert len(read_osm(write("t.osm", text), bounds=(11.525, 49.9, 11.535, 50.1)).restrictions) == 1
    # in a box around the last node the first road is not there, nor is its rule any loss
    report = read_osm(write("t.osm", text), bounds=(11.545, 49.9, 11.56, 50.1)).report
    assert report.found == report.used + len(report.refused)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(11.4, 11.56), st.floats(0.001, 0.2))
def test_a_box_holds_exactly_the_ways_with_a_node_in_it(write, west, width):
    ways = [way(10 + i, [i, i + 1], highway="path") for i in range(1, 5)]
    bounds = (west, 49.0, west + width, 51.0)
    expected = [
        10 + i for i in range(1, 5) if any(west <= round(11.5 + 0.01 * n, 7) <= west + width for n in (i, i + 1))
    ]
    file = write("t.osm", extract(*LINE, *ways))
    if not any(west <= round(11.5 + 0.01 * n, 7) <= west + width for n in range(1, 6)):
        with pytest.raises(DataError, match=r"no nodes and no ways in the box"):
            read_osm(file, bounds=bounds)
        return
    assert [road.id for road in read_osm(file, bounds=bounds).roads] == expected


def test_a_whole_box_changes_nothing(sample):
    file = sample("bayreuth/north-bayreuth.osm.gz")
    whole, boxed = read_osm(file), read_osm(file, bounds=(-180, -90, 180, 90))
    assert np.array_equal(whole.node_lon, boxed.node_lon)
    assert [road.id for road in whole.roads] == [road.id for road in boxed.roads]
    assert whole.areas.geometry.geom_equals_exact(boxed.areas.geometry, 0.0).all()
    assert whole.restrictions == boxed.restrictions
    assert whole.report.refused == boxed.report.refused


def test_halves_of_a_town_make_the_town(sample):
    import shapely

    file = sample("bayreuth/north-bayreuth.osm.gz")
    whole = read_osm(file)
    west, east = (read_osm(file, bounds=box) for box in ((11.3, 49.8, 11.54, 50.2), (11.54, 49.8, 11.8, 50.2)))
    assert {r.id for r in west.roads} | {r.id for r in east.roads} == {r.id for r in whole.roads}
    assert {*west.areas.osm_id} | {*east.areas.osm_id} == {*whole.areas.osm_id}
    shapes = dict(zip(whole.areas.osm_id, whole.areas.geometry, strict=True))
    assert all(
        shapely.equals_exact(shapes[name], shape, 0.0)
        for name, shape in zip(west.areas.osm_id, west.areas.geometry, strict=True)
    )


@pytest.mark.parametrize(
    "bounds", [(11.0, 50.0, 11.0, 51.0), (0.0, 0.0, 1.0, float("nan")), (389000.0, 5819000.0, 390000.0, 5820000.0)]
)
def test_what_is_no_box_is_refused(write, bounds):
    with pytest.raises(InputError, match="bounds are"):
        read_osm(write("t.osm", TOWN), bounds=bounds)


# --- what is refused ----------------------------------------------------------------------------------------------


def test_an_empty_list_folder_or_pattern_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(InputError, match="must name at least one file"):
        read_osm([])
    with pytest.raises(DataError, match=r"holds notes\.txt; an OpenStreetMap extract"):
        read_osm(tmp_path)
    with pytest.raises(DataError, match="no file fits the pattern"):
        read_osm(tmp_path / "*.osm")


@pytest.mark.parametrize(("name", "word"), [("day.osc.gz", "list of changes"), ("all.osh.pbf", "history")])
def test_changes_and_histories_are_refused_by_name(write, name, word):
    with pytest.raises(DataError, match=word):
        read_osm(write(name, b"anything"))


def test_a_history_is_recognised_by_its_header(write, tmp_path):
    import osmium

    file = osmium.io.File(str(tmp_path / "all.pbf"), "osh.pbf")
    with osmium.SimpleWriter(file) as writer:
        for item in osmium.FileProcessor(str(write("t.osm", TOWN))):
            writer.add(item)
    with pytest.raises(DataError, match="time-filter"):
        read_osm(tmp_path / "all.pbf")


@pytest.mark.parametrize("pack", [bz2.compress, gzip.compress])
def test_a_cut_or_swollen_file_in_any_packing_is_refused(write, tmp_path, pack):
    ending = ".bz2" if pack is bz2.compress else ".gz"
    data = pack(TOWN.encode())
    for size in range(1, len(data), 11):
        with pytest.raises(DataError, match=r"t\.osm"):
            read_osm(write("t.osm" + ending, data[:size]))
        with pytest.raises(DataError, match="osm"):
            read_osm(packed(tmp_path, "t.zip", **{"town_osm" + ending.replace(".", "_"): data[:size]}))
    with pytest.raises(LimitError, match="MAX_COMPRESSION_RATIO"):
        read_osm(write("bomb.osm" + ending, pack(extract(*LINE, f"<!--{'a' * 20_000_000}-->").encode())))


def test_nothing_stays_behind(write, tmp_path, monkeypatch):
    import tempfile

    spare = tmp_path / "spare"
    spare.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(spare))
    read_osm(packed(tmp_path, "one.zip", town_osm=TOWN))
    with pytest.raises(DataError):
        read_osm(write("bad.osm", TOWN[:-10]))
    assert list(spare.iterdir()) == []
