"""CityGML 3.0, level 3 with openings, old ways to write a ring, generic attributes; buildings passed by unread.

All files are synthetic but those of the reference data, which are counted by a second, plain way to read them.
"""

from __future__ import annotations

import gzip
from collections import Counter

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from twin.errors import DataError
from twin.geometry import SurfaceKind, read_citygml
from twin.geometry.citygml_building import BuildingReader

BOX_KINDS = sorted([SurfaceKind.ROOF, SurfaceKind.GROUND] + [SurfaceKind.WALL] * 4)


def city3(*members: str, srs: str = "urn:adv:crs:ETRS89_UTM33*DE_DHHN2016_NH") -> str:
    return (
        '<CityModel xmlns="http://www.opengis.net/citygml/3.0" xmlns:gml="http://www.opengis.net/gml/3.2" '
        'xmlns:bldg="http://www.opengis.net/citygml/building/3.0" xmlns:gen="http://www.opengis.net/citygml/generics/3.0"'
        ' xmlns:con="http://www.opengis.net/citygml/construction/3.0" xmlns:xlink="http://www.w3.org/1999/xlink">'
        f'<gml:boundedBy><gml:Envelope srsName="{srs}"><gml:lowerCorner>388990 5818990 30</gml:lowerCorner>'
        "<gml:upperCorner>389990 5819990 80</gml:upperCorner></gml:Envelope></gml:boundedBy>"
        f"{''.join(members)}</CityModel>"
    )


def building3(number: str, *content: str) -> str:
    return f'<cityObjectMember><bldg:Building gml:id="{number}">{"".join(content)}</bldg:Building></cityObjectMember>'


def surface3(kind: str, member: str, *fillings: str, level: int = 2) -> str:
    held = (
        f"<gml:surfaceMember{member}/>"
        if member.startswith(" ")
        else f"<gml:surfaceMember>{member}</gml:surfaceMember>"
    )
    return (
        f"<boundary><con:{kind}><lod{level}MultiSurface><gml:MultiSurface>{held}</gml:MultiSurface>"
        f"</lod{level}MultiSurface>{''.join(fillings)}</con:{kind}></boundary>"
    )


def box3(gml, x: float = 0.0, level: int = 2) -> str:
    faces = gml.box_faces(x)
    return "".join(surface3(kind, gml.polygon(t), level=level) for kind, texts in faces.items() for t in texts)


def solid3(*members: str, level: int = 2) -> str:
    body = "".join(
        f"<gml:surfaceMember{m}/>" if m.startswith(" ") else f"<gml:surfaceMember>{m}</gml:surfaceMember>"
        for m in members
    )
    shell = f"<gml:Shell>{body}</gml:Shell>"
    return f"<lod{level}Solid><gml:Solid><gml:exterior>{shell}</gml:exterior></gml:Solid></lod{level}Solid>"


def height3(value: str, high: str, low: str, unit: str = "m") -> str:
    return (
        f"<con:height><con:Height><con:highReference>{high}</con:highReference><con:lowReference>{low}</con:lowReference>"
        f'<con:status>measured</con:status><con:value uom="{unit}">{value}</con:value></con:Height></con:height>'
    )


def kinds(models):
    return sorted(models.surfaces.kind.tolist())


def test_version_3_reads_like_version_2(gml, write):
    third = read_citygml(write("3.gml", city3(building3("b1", box3(gml)))))
    second = read_citygml(write("2.gml", gml.city(gml.box_building("b1"))))
    assert np.array_equal(third.surfaces.vertices, second.surfaces.vertices)
    assert kinds(third) == BOX_KINDS
    assert (third.buildings["id"][0], third.crs.to_epsg(), third.vertical_datum) == ("b1", 25833, "DHHN2016")
    assert third.bounds == (388990, 5818990, 389990, 5819990)
    assert third.report.notes == third.report.refused == ()


def test_a_solid_of_version_3_that_only_refers_adds_nothing(gml, write):
    faces = [(kind, text) for kind, texts in gml.box_faces().items() for text in texts]
    surfaces = [surface3(kind, gml.polygon(text, number=f"p{i}")) for i, (kind, text) in enumerate(faces)]
    refer = solid3(*(f' xlink:href="#p{i}"' for i in range(6)))
    models = read_citygml(write("t.gml", city3(building3("b1", refer, *surfaces))))
    assert kinds(models) == BOX_KINDS
    assert models.report.refused == ()


def test_parts_and_attributes_of_version_3_belong_to_their_building(gml, write):
    def part(number, *content):
        body = f'<bldg:BuildingPart gml:id="{number}">{"".join(content)}</bldg:BuildingPart>'
        return f"<bldg:buildingPart>{body}</bldg:buildingPart>"

    low = height3("7.5", "highestRoofEdge", "lowestGroundPoint")
    storeys = "<bldg:function>1010</bldg:function><bldg:storeysAboveGround>4</bldg:storeysAboveGround>"
    text = city3(building3("b1", part("p1", box3(gml), low), part("p2", storeys, box3(gml, 20.0))))
    models = read_citygml(write("t.gml", text))
    row = models.buildings.iloc[0]
    assert (row["measured_height"], row["storeys"], row["lod"]) == (7.5, 4, 2)
    assert len(models.surfaces) == 12


def test_the_height_from_the_ground_to_the_top_is_taken_among_several(gml, write):
    several = (
        height3("5", "lowestEaves", "lowestGroundPoint")
        + height3("8", "highestRoofEdge", "lowestGroundPoint")
        + height3("99", "highestRoofEdge", "lowestFloor")
    )
    models = read_citygml(write("t.gml", city3(building3("b1", several, box3(gml)))))
    assert models.buildings["measured_height"][0] == 8.0


def test_a_height_of_version_3_in_feet_is_left_empty_and_reported(gml, write):
    text = city3(building3("b1", height3("26", "highestRoofEdge", "lowestGroundPoint", "ft"), box3(gml)))
    models = read_citygml(write("t.gml", text))
    assert np.isnan(models.buildings["measured_height"][0])
    assert "ft" in models.report.repaired[0].reason


def test_an_installation_inside_the_building_is_left_out(gml, write):
    def installation(where, x):
        return (
            f"<bldg:buildingInstallation><bldg:BuildingInstallation><con:relationToConstruction>{where}"
            f"</con:relationToConstruction>{box3(gml, x)}</bldg:BuildingInstallation></bldg:buildingInstallation>"
        )

    text = city3(building3("b1", box3(gml), installation("inside", 20.0), installation("outside", 40.0)))
    models = read_citygml(write("t.gml", text))
    assert len(models.surfaces) == 12
    assert models.surfaces.vertices[:, 0].max() == 389050.0


ROOF = [(389000, 5819000, 40), (389010, 5819000, 40), (389010, 5819010, 44), (389000, 5819010, 44)]
PANE = [(389004, 5819004, 41.6), (389006, 5819004, 41.6), (389006, 5819006, 42.4), (389004, 5819006, 42.4)]


def test_a_roof_window_is_roof_and_a_door_is_wall(gml, write):
    """Level 3 cuts windows out of roof and walls; each opening counts as what it lies in."""
    roof = gml.polygon(gml.ring_text(ROOF), [gml.ring_text(PANE[::-1])])
    pane = gml.polygon(gml.ring_text(PANE))
    wall = gml.polygon(gml.box_faces()["WallSurface"][0])
    ring = [(389001, 5819000, 34), (389002, 5819000, 34), (389002, 5819000, 36), (389001, 5819000, 36)]

    def opening(kind, polygon):
        surface = f"<gml:MultiSurface><gml:surfaceMember>{polygon}</gml:surfaceMember></gml:MultiSurface>"
        return (
            f"<bldg:opening><bldg:{kind}><bldg:lod3MultiSurface>{surface}</bldg:lod3MultiSurface></bldg:{kind}>"
            "</bldg:opening>"
        )

    def with_opening(text, kind, polygon):
        return text.replace(
            "</bldg:lod3MultiSurface></bldg:", f"</bldg:lod3MultiSurface>{opening(kind, polygon)}</bldg:", 1
        )

    text = gml.city(
        gml.building(
            "b1",
            with_opening(gml.boundary("RoofSurface", roof, level=3), "Window", pane),
            with_opening(gml.boundary("WallSurface", wall, level=3), "Door", gml.polygon(gml.ring_text(ring))),
        )
    )
    models = read_citygml(write("t.gml", text))
    assert Counter(models.surfaces.kind.tolist()) == {SurfaceKind.ROOF: 2, SurfaceKind.WALL: 2}
    assert models.buildings["lod"][0] == 3


def test_windows_of_version_3_are_part_of_what_they_fill_or_of_what_they_lie_in(gml, write):
    pane = gml.polygon(gml.ring_text(PANE))
    inner = surface3("WindowSurface", pane, level=3).replace("boundary>", "con:fillingSurface>")
    hole = gml.polygon(gml.ring_text(ROOF), [gml.ring_text(PANE[::-1])])
    filled = city3(building3("b1", surface3("RoofSurface", hole, inner, level=3)))
    beside = city3(building3("b1", surface3("RoofSurface", hole, level=3), surface3("WindowSurface", pane, level=3)))
    for name, text in (("filled.gml", filled), ("beside.gml", beside)):
        assert kinds(read_citygml(write(name, text))) == [SurfaceKind.ROOF] * 2


def test_closure_surfaces_keep_their_kind_and_terrain_lines_are_no_surfaces(gml, write):
    line = (
        "<bldg:lod2TerrainIntersection><gml:MultiCurve><gml:curveMember><gml:LineString><gml:posList>"
        "389000 5819000 34 389010 5819000 34</gml:posList></gml:LineString></gml:curveMember></gml:MultiCurve>"
        "</bldg:lod2TerrainIntersection>"
    )
    closure = gml.boundary("ClosureSurface", gml.polygon(gml.box_faces()["WallSurface"][0]))
    models = read_citygml(write("t.gml", gml.city(gml.box_building("b1", 30, 0, line, closure))))
    assert kinds(models) == sorted([*BOX_KINDS, SurfaceKind.CLOSURE])


def test_generic_attributes_of_both_ways_to_write_them_are_kept(gml, write):
    space = "http://www.opengis.net/citygml/generics/2.0"
    old = (
        f'<gen:stringAttribute xmlns:gen="{space}" name="DatenquelleDachhoehe"><gen:value>1000</gen:value>'
        f'</gen:stringAttribute><gen:genericAttributeSet xmlns:gen="{space}" name="s">'
        '<gen:doubleAttribute name="Z_MIN">'
        "<gen:value>34.5</gen:value></gen:doubleAttribute></gen:genericAttributeSet>"
    )
    new = (
        "<genericAttribute><gen:StringAttribute><gen:name>DatenquelleDachhoehe</gen:name><gen:value>1000</gen:value>"
        "</gen:StringAttribute></genericAttribute><genericAttribute><gen:GenericAttributeSet><gen:name>s</gen:name>"
        "<gen:genericAttribute><gen:DoubleAttribute><gen:name>Z_MIN</gen:name><gen:value>34.5</gen:value>"
        "</gen:DoubleAttribute></gen:genericAttribute></gen:GenericAttributeSet></genericAttribute>"
    )
    second = read_citygml(write("2.gml", gml.city(gml.box_building("b1", 0, 0, old))))
    third = read_citygml(write("3.gml", city3(building3("b1", new, box3(gml)))))
    wanted = {"DatenquelleDachhoehe": "1000", "Z_MIN": "34.5"}
    assert second.buildings["generic"][0] == third.buildings["generic"][0] == wanted


def as_coordinates(text: str, *, decimal: str = ".", between: str = ",", after: str = " ") -> str:
    """Write every ring of a file the way of GML 2."""
    head, *rest = text.split("<gml:posList>")
    told = f' decimal="{decimal}" cs="{between}" ts="{after}"'
    for piece in rest:
        inner, tail = piece.split("</gml:posList>", 1)
        numbers = [number.replace(".", decimal) for number in inner.split()]
        points = after.join(between.join(numbers[i : i + 3]) for i in range(0, len(numbers), 3))
        head += f"<gml:coordinates{told}>{points}</gml:coordinates>{tail}"
    return head


@pytest.mark.parametrize("way", [{}, {"decimal": ",", "between": ";"}, {"between": " ", "after": ";"}])
def test_old_coordinates_read_like_a_position_list(gml, write, way):
    text = gml.city(gml.box_building("b1"))
    old = read_citygml(write("old.gml", as_coordinates(text, **way)))
    assert np.array_equal(old.surfaces.vertices, read_citygml(write("new.gml", text)).surfaces.vertices)
    assert old.report.refused == ()


def test_old_coordinates_without_height_are_refused_not_shifted(gml, write):
    flat = "<gml:coordinates>389000,5819000 389010,5819000 389010,5819010</gml:coordinates>"
    polygon = gml.polygon("0").replace("<gml:posList>0</gml:posList>", flat)
    models = read_citygml(
        write("t.gml", gml.city(gml.box_building("b2"), gml.building("b1", gml.boundary("RoofSurface", polygon))))
    )
    assert models.buildings["id"].tolist() == ["b2"]
    assert "a point of 2 numbers" in models.report.refused[0].reason


def bounded(gml, number: str, x: float, y: float = 0.0, *, srs: str = "", swapped: bool = False) -> str:
    corner = (389000 + x, 5819000 + y)
    low, high = corner, (corner[0] + 10, corner[1] + 8)
    if swapped:
        low, high = low[::-1], high[::-1]
    box = (
        f"<gml:boundedBy><gml:Envelope{srs}><gml:lowerCorner>{low[0]!r} {low[1]!r} 34</gml:lowerCorner>"
        f"<gml:upperCorner>{high[0]!r} {high[1]!r} 40</gml:upperCorner></gml:Envelope></gml:boundedBy>"
    )
    return gml.box_building(number, x, y, box)


def test_buildings_outside_the_bounds_are_passed_by_unread(gml, write, monkeypatch):
    read = []
    plain = BuildingReader._polygons
    monkeypatch.setattr(
        BuildingReader,
        "_polygons",
        lambda self, element, name, refers: read.append(name) or plain(self, element, name, refers),
    )
    file = write("t.gml", gml.city(*(bounded(gml, f"b{i}", 100.0 * i) for i in range(5))))
    models = read_citygml(file, bounds=(389105.0, 5819000.0, 389205.0, 5819100.0))
    assert read == models.buildings["id"].tolist() == ["b1", "b2"]
    assert models.report.found == 5
    assert "3 buildings lie outside the bounds" in models.report.notes[0]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.floats(0, 900), st.floats(0, 900)), min_size=1, max_size=6, unique=True),
    st.tuples(st.floats(0, 900), st.floats(0, 900), st.floats(1, 300), st.floats(1, 300)),
)
def test_passing_by_changes_nothing_but_the_work(gml, write, places, box):
    left, bottom = 389000 + box[0], 5819000 + box[1]
    wanted = (left, bottom, left + box[2], bottom + box[3])
    quick = gml.city(*(bounded(gml, f"b{i}", x, y) for i, (x, y) in enumerate(places)))
    slow = gml.city(*(gml.box_building(f"b{i}", x, y) for i, (x, y) in enumerate(places)))
    one, other = (read_citygml(write(name, text), bounds=wanted) for name, text in (("q.gml", quick), ("s.gml", slow)))
    assert one.buildings["id"].tolist() == other.buildings["id"].tolist()
    assert np.array_equal(one.surfaces.vertices, other.surfaces.vertices)
    assert one.report.found == other.report.found
    assert one.report.notes == other.report.notes


def test_a_system_named_only_where_buildings_are_passed_by_still_counts(gml, write):
    text = gml.city(bounded(gml, "b1", 500.0, srs=' srsName="EPSG:25833"'), srs=None)
    models = read_citygml(write("t.gml", text), bounds=(389000.0, 5819000.0, 389100.0, 5819100.0))
    assert len(models.buildings) == 0
    assert models.crs.to_epsg() == 25833


def test_envelopes_that_cannot_belong_to_the_system_are_refused_though_all_are_passed_by(gml, write):
    text = gml.city(bounded(gml, "b1", 0.0, swapped=True))
    with pytest.raises(DataError, match="swapped"):
        read_citygml(write("t.gml", text), bounds=(380000.0, 5719000.0, 380100.0, 5719100.0))


@pytest.mark.parametrize("corner", ["nan nan 0", "x y z", "5", "", "389010 5819010 0"])
def test_an_envelope_that_says_nothing_useful_hides_no_building(gml, write, corner):
    text = gml.city(bounded(gml, "b1", 0.0)).replace(
        "<gml:upperCorner>389010.0 5819008.0 40", f"<gml:upperCorner>{corner}"
    )
    models = read_citygml(write("t.gml", text), bounds=(389001.0, 5819001.0, 389002.0, 5819002.0))
    assert models.buildings["id"].tolist() == ["b1"]


SAMPLES = [
    *(f"berlin_mitte_lod2/{tile}.gml.gz" for tile in ("3900_5817", "3900_5819", "3900_5820", "3910_5817", "3910_5819")),
    "berlin_mitte_lod2/3920_5820.gml.gz",
    "berlin_tiergarten/lod2_3880_5819.gml.gz",
    "berlin_tiergarten/lod2_3890_5819.gml.gz",
    "citygml3/Berlin_Moabit_1Bldg_v3.gml",
    "citygml3/CityGML_v3_extended.gml",
]


@pytest.mark.shared
@pytest.mark.parametrize("sample", SAMPLES)
def test_published_files_are_read_whole(shared_data, sample):
    """Counted independently: every Building, Polygon and hole in the file, and polygons below each kind of surface."""
    file = shared_data(f"city/{sample}")
    content = file.read_bytes()
    root = etree.fromstring(gzip.decompress(content) if file.suffix == ".gz" else content)

    def count(path):
        return int(root.xpath(f"count({path})"))

    models = read_citygml(file)
    assert len(models.buildings) == models.report.found == count("//*[local-name()='Building']")
    assert len(models.surfaces) == count("//*[local-name()='Polygon']")
    assert len(models.surfaces.ring_start) - 1 - len(models.surfaces) == count("//*[local-name()='interior']/*")
    for name, kind in (("Roof", SurfaceKind.ROOF), ("Wall", SurfaceKind.WALL), ("Ground", SurfaceKind.GROUND)):
        below = count(f"//*[local-name()='{name}Surface']//*[local-name()='Polygon']")
        assert int((models.surfaces.kind == kind).sum()) >= below
    assert models.report.refused == ()


@pytest.mark.shared
def test_a_published_file_in_gauss_krueger_names_its_system_and_its_height(shared_data):
    models = read_citygml(shared_data("city/citygml3/CityGML_v3_extended.gml"))
    assert (models.crs.to_epsg(), models.vertical_datum) == (31468, "DHHN92")
    # eastings of zone 4 begin with 4; the file's own con:Height says 8.55 m from the lowest ground to the highest edge
    assert 4.49e6 < models.surfaces.vertices[:, 0].min() < 4.50e6
    assert models.buildings["measured_height"][0] == 8.55
    z = models.surfaces.vertices[:, 2]
    assert z.max() - z.min() == pytest.approx(8.55, abs=1e-9)  # both are written to the centimetre
