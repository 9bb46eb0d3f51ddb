"""Areas and lines of OpenStreetMap: closed ways, multipolygons, rivers with islands, and what is only a line."""

from __future__ import annotations

import pytest
from osm_xml import node, osm, relation, square, way

from twin.geometry import read_osm

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


def test_a_river_of_many_ways_is_one_area_with_its_islands(write):
    banks = [node(i, 11.5 + 0.01 * (i - 1), 50.0) for i in range(1, 6)]
    banks += [node(i, 11.5 + 0.01 * (10 - i), 50.002) for i in range(6, 11)]
    island, shore = square(30, 11.51, 50.0005, 0.001)
    parts = [way(40 + i, refs) for i, refs in enumerate(([1, 2, 3], [3, 4, 5, 6], [8, 7, 6], [8, 9, 10, 1]))]
    members = [*(("way", 40 + i, "outer") for i in range(4)), ("way", 50, "inner")]
    river = relation(60, members, type="multipolygon", natural="water", water="river")
    data = read_osm(write("t.osm", osm(*banks, *island, *parts, way(50, shore, natural="scrub"), river)))
    areas = dict(zip(data.areas["osm_id"], data.areas.geometry, strict=True))
    assert sorted(areas) == ["r60", "w50"]
    # a band of 0.04 x 0.002 degrees around an island of 0.001 x 0.001
    assert areas["r60"].area == pytest.approx(80e-6 - 1e-6, rel=1e-6)


def test_coastline_and_parts_of_buildings_are_told(write):
    corners, ring = square(20, 11.51, 50.0)
    coast = way(30, ring[:3], natural="coastline")
    data = read_osm(write("t.osm", osm(*corners, coast, way(31, ring, building__part="yes"))))
    assert data.lines["osm_id"].tolist() == ["w30"]
    assert data.areas["osm_id"].tolist() == ["w31"]
    assert data.report.notes[1:] == (
        "1 outlines of parts of buildings (building:part) are areas of their own",
        "1 stretches of coastline are lines; the sea behind them is no area",
    )


@pytest.fixture(scope="module")
def bayreuth(sample):
    return read_osm(sample("bayreuth/north-bayreuth.osm.gz"))


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
