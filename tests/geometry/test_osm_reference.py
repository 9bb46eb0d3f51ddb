"""Every extract of the reference data against counts made without the reader: by lxml, for PBF by osmium's handler."""

from __future__ import annotations

import bz2
import gzip
from collections import defaultdict
from dataclasses import dataclass, field

import pytest

from twin.geometry import read_osm

FILES = (
    "traffic/osm/Helsinki.osm.pbf",
    "traffic/osm/Laufamholzstrasse.osm.xml",
    "traffic/osm/andorra.osm.pbf",
    "traffic/osm/bautzen.osm",
    "traffic/osm/berlin-siegessaeule.osm.gz",
    "traffic/osm/conditional-restrictions.osm.xml",
    "traffic/osm/hohe-warte.osm.gz",
    "traffic/osm/krautsand.osm.gz",
    "traffic/osm/pyrosm-test.osm.pbf",
    "city/bayreuth/north-bayreuth.osm.gz",
)

# nodes, ways with a highway tag, buildings that are closed ways, nodes natural=tree, leisure=playground of any kind,
# relations of type restriction; counted with grep in the XML and with osmium tags-filter in the PBF
PINNED = {
    "traffic/osm/Helsinki.osm.pbf": (24260, 2650),
    "traffic/osm/Laufamholzstrasse.osm.xml": (1451, 45),
    "traffic/osm/andorra.osm.pbf": (69644, 1615),
    "traffic/osm/bautzen.osm": (781, 60),
    "traffic/osm/berlin-siegessaeule.osm.gz": (5117, 146),
    "traffic/osm/conditional-restrictions.osm.xml": (145, 5),
    "traffic/osm/hohe-warte.osm.gz": None,
    "traffic/osm/krautsand.osm.gz": (1157, 10),
    "traffic/osm/pyrosm-test.osm.pbf": (14222, 343),
    "city/bayreuth/north-bayreuth.osm.gz": (58631, 2056),
}
"""Nodes and ways with a highway tag, as the description of the reference data gives them."""


@dataclass
class Plain:
    """What a file holds, by nothing but its tags."""

    nodes: dict = field(default_factory=dict)
    ways: dict = field(default_factory=dict)
    relations: dict = field(default_factory=dict)

    def tagged(self, key, *values, kinds="nwr"):
        tables = {"n": self.nodes, "w": self.ways, "r": self.relations}
        return {
            f"{kind}{number}"
            for kind in kinds
            for number, (tags, _) in tables[kind].items()
            if key in tags and (not values or tags[key] in values)
        }


def by_lxml(path):
    from lxml import etree

    found = Plain()
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as handle:
        for item in etree.parse(handle).getroot():
            if item.tag in ("node", "way", "relation"):
                tags = {tag.get("k"): tag.get("v") for tag in item.findall("tag")}
                refs = [int(nd.get("ref")) for nd in item.findall("nd")]
                members = [(m.get("type")[0], int(m.get("ref"))) for m in item.findall("member")]
                getattr(found, item.tag + "s")[int(item.get("id"))] = (tags, refs or members)
    return found


def by_osmium(path):
    import osmium

    found = Plain()

    class Handler(osmium.SimpleHandler):
        def node(self, item):
            found.nodes[item.id] = (dict(item.tags), [])

        def way(self, item):
            found.ways[item.id] = (dict(item.tags), [node.ref for node in item.nodes])

        def relation(self, item):
            found.relations[item.id] = (dict(item.tags), [(m.type, m.ref) for m in item.members])

    Handler().apply_file(str(path))
    return found


@pytest.fixture(scope="module", params=FILES)
def both(request, shared_data):
    path = shared_data(request.param)
    plain = by_osmium(path) if path.suffix == ".pbf" else by_lxml(path)
    return request.param, plain, read_osm(path)


def ids(table, key, *values):
    return {
        name
        for name, tags in zip(table["osm_id"], table["tags"], strict=True)
        if key in tags and (not values or tags[key] in values)
    }


def refused(data):
    return {entry.id for entry in data.report.refused}


def in_multipolygons(plain):
    """Ways that may speak through the multipolygon they belong to."""
    return {
        f"w{ref}"
        for tags, members in plain.relations.values()
        if tags.get("type") in ("multipolygon", "boundary")
        for kind, ref in members
        if kind == "w"
    }


def test_all_objects_are_seen(both):
    name, plain, data = both
    assert data.report.notes[0].startswith(
        f"{len(plain.nodes)} nodes, {len(plain.ways)} ways, {len(plain.relations)} relations"
    )
    highways = plain.tagged("highway", kinds="w")
    if PINNED[name] is not None:
        assert (len(plain.nodes), len(highways)) == PINNED[name]
    assert data.report.found == data.report.used + len(data.report.refused)


def test_every_highway_is_a_road_an_area_or_refused(both):
    _, plain, data = both
    highways = plain.tagged("highway", kinds="w")
    roads = {f"w{road.id}" for road in data.roads}
    assert roads <= highways
    # what is left has highway=no, is refused, or is an area: drawn by itself or by a relation
    left = {w for w in highways - roads - refused(data) if plain.ways[int(w[1:])][0]["highway"] != "no"}
    assert left <= ids(data.areas, "highway") | in_multipolygons(plain)
    known = set(plain.nodes)
    for road in data.roads:
        tags, refs = plain.ways[road.id]
        assert road.tags == tags
        if set(refs) <= known:
            assert road.nodes.tolist() == [ref for i, ref in enumerate(refs) if i == 0 or ref != refs[i - 1]]


@pytest.mark.parametrize("key", ["building", "landuse", "leisure", "amenity", "building:part"])
def test_every_outline_is_an_area_or_refused(both, key):
    _, plain, data = both
    asked = {
        name
        for name in plain.tagged(key, kinds="w")
        if (w := plain.ways[int(name[1:])])[1][0] == w[1][-1] and len(w[1]) > 2 and w[0].get("area") != "no"
    }
    lines = {"leisure": ("track", "slipway"), "amenity": ("bench",)}.get(key, ())
    asked = {name for name in asked if plain.ways[int(name[1:])][0][key] not in ("no", *lines)}
    found = ids(data.areas, key)
    assert asked - found - refused(data) <= in_multipolygons(plain)
    whole = {name for name in found if name.startswith("w")}
    assert whole <= plain.tagged(key, kinds="w")
    multi = {
        name
        for name in plain.tagged(key, kinds="r")
        if plain.relations[int(name[1:])][0].get("type") in ("multipolygon", "boundary")
        and plain.relations[int(name[1:])][0][key] not in ("no", *lines)
    }
    assert multi <= found | refused(data)


@pytest.mark.parametrize(
    ("key", "value"),
    [("natural", "tree"), ("leisure", "playground"), ("highway", "traffic_signals"), ("amenity", "school")],
)
def test_every_tagged_node_is_a_point(both, key, value):
    _, plain, data = both
    assert ids(data.points, key, value) == plain.tagged(key, value, kinds="n")


def test_every_tree_row_and_waterway_is_a_line_or_refused(both):
    _, plain, data = both
    rows = plain.tagged("natural", "tree_row", kinds="w")
    water = plain.tagged("waterway", kinds="w") - plain.tagged("waterway", "no", "riverbank", "dock", kinds="w")
    lines = set(data.lines["osm_id"])
    assert rows - refused(data) <= lines
    assert water - refused(data) <= lines | ids(data.areas, "waterway")


def test_every_turn_restriction_is_there_or_refused(both):
    _, plain, data = both
    asked = {
        number for number, (tags, _) in plain.relations.items() if tags.get("type", "").split(":")[0] == "restriction"
    }
    found = {rule.id for rule in data.restrictions}
    assert found <= asked
    assert {f"r{number}" for number in asked - found} <= refused(data)


def test_node_positions_are_those_of_the_file(both, shared_data):
    name, _, data = both
    if name.endswith(".pbf"):
        pytest.skip("the positions in PBF files are compared by the next test")
    from lxml import etree

    path = shared_data(name)
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as handle:
        place = {
            int(item.get("id")): (float(item.get("lon")), float(item.get("lat")))
            for item in etree.parse(handle).getroot().findall("node")
        }
    for number, lon, lat in zip(data.node_id.tolist(), data.node_lon, data.node_lat, strict=True):
        # OpenStreetMap keeps seven decimals; half of the last one
        assert place[number] == pytest.approx((lon, lat), abs=5.1e-8)


def test_pbf_objects_are_those_osmium_yields(shared_data):
    import tempfile
    from pathlib import Path

    import osmium

    from twin.geometry.osm_blocks import NODES, WAYS, blocks
    from twin.geometry.osm_convert import convert

    path = shared_data("traffic/osm/Helsinki.osm.pbf")
    with tempfile.TemporaryDirectory() as folder:
        items = iter(osmium.FileProcessor(str(path)))
        kinds = defaultdict(int)
        for block in blocks(convert(path, Path(folder), 0).blocks):
            for row in range(len(block.id)):
                item = next(items)
                kinds[block.kind] += 1
                assert (item.id, item.version) == (block.id[row], block.version[row])
                assert int(item.timestamp.timestamp()) == block.timestamp[row]
                assert dict(item.tags) == block.tags(row)
                if block.kind == NODES:
                    assert (item.location.x, item.location.y) == (block.x[row], block.y[row])
                elif block.kind == WAYS:
                    refs = block.refs[block.start[row] : block.start[row + 1]]
                    assert [node.ref for node in item.nodes] == refs.tolist()
                else:
                    assert [(m.type, m.ref, m.role) for m in item.members] == block.members(row)
        assert next(items, None) is None
        assert sorted(kinds.values()) == [620, 5130, 24260]


def test_packings_and_halves_of_a_real_town_agree(shared_data, tmp_path):
    path = shared_data("traffic/osm/bautzen.osm")
    packed = tmp_path / "bautzen.osm.bz2"
    packed.write_bytes(bz2.compress(path.read_bytes()))
    one, two, twice = read_osm(path), read_osm(packed), read_osm([path, packed])
    for other in (two, twice):
        assert [road.id for road in other.roads] == [road.id for road in one.roads]
        assert other.areas.geometry.geom_equals_exact(one.areas.geometry, 0.0).all()
        assert other.node_lon.tolist() == one.node_lon.tolist()
