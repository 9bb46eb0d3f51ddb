"""What the profiles of survey offices and the tools of city models write: all files here are synthetic.

Each is read by the tree reader and, where it is plain enough, by the compiled pass, with the same answer.
"""

from __future__ import annotations

import numpy as np
import pytest

from twin.geometry import SurfaceKind, citygml_pass, read_citygml
from twin.geometry.surfaces import polygon_normals

BOX_KINDS = sorted([SurfaceKind.ROOF, SurfaceKind.GROUND] + [SurfaceKind.WALL] * 4)
ADV = "urn:adv:crs:ETRS89_UTM32*DE_DHHN2016_NH"
UTM32 = (355_000.0, 5_645_000.0)


@pytest.fixture
def both(write, monkeypatch):
    """Read a text by the tree reader and through the pass; the answers must not differ."""

    def read(text, name="t.gml"):
        path = write(name, text)
        slow = read_citygml(path)
        with monkeypatch.context() as changed:
            changed.setattr(citygml_pass, "PAYS_OFF", 1)
            fast = read_citygml(path)
        assert fast.report == slow.report
        assert fast.buildings.equals(slow.buildings)
        assert np.array_equal(fast.surfaces.vertices, slow.surfaces.vertices)
        assert np.array_equal(fast.surfaces.kind, slow.surfaces.kind)
        return slow

    return read


def kinds(models):
    return sorted(models.surfaces.kind.tolist())


def adv_building(gml, number="DENW01AL1000jUfa"):
    """A building as the AdV profile has it: sources as generic attributes, a solid of references, a terrain line."""
    faces = [(kind, text) for kind, texts in gml.box_faces(origin=UTM32).items() for text in texts]
    source = "http://repository.gdi-de.org/schemas/adv/citygml/fdv/art.htm#_9100"
    generic = "".join(
        f'<gen:stringAttribute name="{name}"><gen:value>{value}</gen:value></gen:stringAttribute>'
        for name, value in {
            "DatenquelleDachhoehe": "1000",
            "Gemeindeschluessel": "05315000",
            "DatenquelleLage": "1000",
        }.items()
    )
    line = gml.ring_text([(*UTM32, 34.0), (UTM32[0] + 10, UTM32[1], 34.0)])
    return gml.building(
        number,
        "<gml:name>Rathaus</gml:name><core:creationDate>2020-05-01</core:creationDate><core:externalReference>"
        f"<core:informationSystem>{source}</core:informationSystem><core:externalObject><core:name>{number}</core:name>"
        "</core:externalObject></core:externalReference>",
        generic,
        "<bldg:function>31001_3012</bldg:function><bldg:roofType>1000</bldg:roofType>"
        '<bldg:measuredHeight uom="urn:adv:uom:m">6.000</bldg:measuredHeight>'
        "<bldg:storeysAboveGround>2</bldg:storeysAboveGround>",
        gml.solid(*(f' xlink:href="#{number}_{i}"' for i in range(len(faces)))),
        f"<bldg:lod2TerrainIntersection><gml:MultiCurve><gml:curveMember><gml:LineString><gml:posList>{line}</gml:posList>"
        "</gml:LineString></gml:curveMember></gml:MultiCurve></bldg:lod2TerrainIntersection>",
        *(gml.boundary(kind, gml.polygon(text, number=f"{number}_{i}")) for i, (kind, text) in enumerate(faces)),
        "<bldg:address><core:Address><core:xalAddress/></core:Address></bldg:address>",
    )


def adv_city(gml, *members):
    spaces = 'xmlns:core="http://www.opengis.net/citygml/1.0" xmlns:gen="http://www.opengis.net/citygml/generics/1.0"'
    text = gml.city(*members, srs=ADV, version="1.0").replace("<CityModel ", f"<CityModel {spaces} ", 1)
    return text.replace("388990 5818990 30", "355000 5645000 30").replace("389990 5819990 80", "356000 5646000 80")


def test_the_adv_profile_is_read_with_system_datum_and_attributes(gml, both):
    models = both(adv_city(gml, adv_building(gml)))
    assert (models.crs.to_epsg(), models.vertical_datum) == (25832, "DHHN2016")
    assert models.bounds == (355_000.0, 5_645_000.0, 356_000.0, 5_646_000.0)
    assert kinds(models) == BOX_KINDS
    row = models.buildings.iloc[0]
    assert (row["id"], row["name"], row["function"], row["roof_type"]) == (
        "DENW01AL1000jUfa",
        "Rathaus",
        "31001_3012",
        "1000",
    )
    assert (row["storeys"], row["measured_height"], row["lod"]) == (2.0, 6.0, 2)
    assert row["generic"] == {
        "DatenquelleDachhoehe": "1000",
        "Gemeindeschluessel": "05315000",
        "DatenquelleLage": "1000",
    }
    assert models.report.refused == models.report.repaired == models.report.notes == ()


def test_the_name_of_an_external_object_is_not_the_buildings(gml, both):
    text = adv_city(gml, adv_building(gml)).replace("<gml:name>Rathaus</gml:name>", "")
    assert both(text).buildings["name"][0] is None


@pytest.mark.parametrize("prefix", ["", "g"])
def test_prefixes_are_only_names(gml, both, prefix):
    text = gml.city(gml.box_building("b1"))
    spaced = text.replace('xmlns="http://www.opengis.net/citygml/2.0"', 'xmlns:c="http://www.opengis.net/citygml/2.0"')
    for name in ("CityModel", "cityObjectMember"):
        spaced = spaced.replace(f"<{name}", f"<c:{name}").replace(f"</{name}", f"</c:{name}")
    before = f"{prefix}:" if prefix else ""
    spaced = spaced.replace("<gml:", f"<{before}").replace("</gml:", f"</{before}")
    declared = f"xmlns:{prefix}" if prefix else "xmlns"
    spaced = spaced.replace("<c:CityModel ", f'<c:CityModel {declared}="http://www.opengis.net/gml" ', 1)
    models, plain = both(spaced), both(text)
    assert np.array_equal(models.surfaces.vertices, plain.surfaces.vertices)
    assert models.crs == plain.crs


def roof(gml):
    return gml.polygon(gml.box_faces()["RoofSurface"][0], number="roof")


@pytest.mark.parametrize(
    "wrapped",
    [
        '<gml:OrientableSurface orientation="-"><gml:baseSurface>{}</gml:baseSurface></gml:OrientableSurface>',
        '<tex:TexturedSurface orientation="+"><gml:baseSurface>{}</gml:baseSurface><tex:appearance/>'
        "</tex:TexturedSurface>",
        "<gml:CompositeSurface><gml:surfaceMember>{}</gml:surfaceMember></gml:CompositeSurface>",
    ],
)
def test_surfaces_in_surfaces_are_read_as_they_lie(gml, both, wrapped):
    text = gml.city(gml.building("b1", gml.boundary("RoofSurface", wrapped.format(roof(gml)))))
    text = text.replace("<CityModel ", '<CityModel xmlns:tex="http://www.opengis.net/citygml/texturedsurface/2.0" ', 1)
    models = both(text)
    assert kinds(models) == [SurfaceKind.ROOF]
    assert np.linalg.norm(polygon_normals(models.surfaces)[0]) == pytest.approx(80.0, abs=1e-6)  # 10 m x 8 m


def test_a_turned_surface_that_refers_to_its_base_adds_nothing(gml, both):
    refer = '<gml:OrientableSurface orientation="-"><gml:baseSurface xlink:href="#roof"/></gml:OrientableSurface>'
    text = gml.city(gml.building("b1", gml.solid(refer), gml.boundary("RoofSurface", roof(gml))))
    models = both(text)
    assert kinds(models) == [SurfaceKind.ROOF]
    assert models.report.refused == ()


def test_the_shells_inside_a_solid_are_surfaces_too(gml, both):
    outer = [gml.polygon(text) for texts in gml.box_faces().values() for text in texts]
    inner = "".join(
        f"<gml:surfaceMember>{gml.polygon(text)}</gml:surfaceMember>"
        for texts in gml.box_faces(2.0, 2.0, ground=35.0, height=2.0).values()
        for text in texts
    )
    shell = f"<gml:interior><gml:CompositeSurface>{inner}</gml:CompositeSurface></gml:interior></gml:Solid>"
    models = both(gml.city(gml.building("b1", gml.solid(*outer).replace("</gml:Solid>", shell))))
    assert len(models.surfaces) == 12
    assert models.report.refused == ()


def test_a_multi_surface_without_meaning_is_classed_by_slope(gml, both):
    body = "".join(
        f"<gml:surfaceMember>{gml.polygon(text)}</gml:surfaceMember>" for ts in gml.box_faces().values() for text in ts
    )
    surfaces = f"<bldg:lod2MultiSurface><gml:MultiSurface>{body}</gml:MultiSurface></bldg:lod2MultiSurface>"
    models = both(gml.city(gml.building("b1", surfaces)))
    assert kinds(models) == BOX_KINDS
    assert "6 polygons without a semantic kind" in models.report.notes[0]


def test_members_in_one_property_are_read_like_single_ones(gml, both):
    text = gml.city(gml.box_building("b1")).replace("surfaceMember>", "surfaceMembers>")
    assert kinds(both(text)) == BOX_KINDS


def test_lines_are_left_out_and_reported(gml, both):
    line = gml.ring_text([(389_000.0, 5_819_000.0, 40.0), (389_000.0, 5_819_000.0, 50.0)], close=False)
    curve = (
        "<bldg:lod2MultiCurve><gml:MultiCurve><gml:curveMember><gml:LineString>"
        f"<gml:posList>{line}</gml:posList></gml:LineString></gml:curveMember></gml:MultiCurve></bldg:lod2MultiCurve>"
    )
    models = both(gml.city(gml.box_building("b1", 0.0, 0.0, curve), gml.box_building("b2", 20.0)))
    assert len(models.surfaces) == 12
    assert models.report.notes == ("1 buildings also hold lines (lod2MultiCurve and such), which are not read",)


def test_overhangs_and_installations_keep_the_kinds_of_their_surfaces(gml, both):
    faces = gml.box_faces()
    over = gml.boundary("OuterCeilingSurface", gml.polygon(faces["RoofSurface"][0]))
    floor = gml.boundary("OuterFloorSurface", gml.polygon(gml.box_faces(height=3.0)["RoofSurface"][0]))
    closure = gml.boundary("ClosureSurface", gml.polygon(faces["WallSurface"][0]))
    dormer = gml.boundary("RoofSurface", gml.polygon(gml.box_faces(2.0, height=8.0)["RoofSurface"][0]))
    holder = f"<bldg:outerBuildingInstallation><bldg:BuildingInstallation>{dormer}</bldg:BuildingInstallation>"
    models = both(gml.city(gml.building("b1", over, floor, closure, f"{holder}</bldg:outerBuildingInstallation>")))
    assert kinds(models) == sorted(
        [SurfaceKind.OUTER_CEILING, SurfaceKind.OUTER_FLOOR, SurfaceKind.CLOSURE, SurfaceKind.ROOF]
    )


@pytest.mark.parametrize("encoding", ["ISO-8859-1", "windows-1252"])
def test_other_encodings_are_read_as_they_are_declared(gml, both, encoding):
    text = gml.city(gml.box_building("b1", 0.0, 0.0, "<gml:name>Stra\u00dfe</gml:name>"))
    data = text.replace('encoding="UTF-8"', f'encoding="{encoding}"').encode(encoding)
    assert both(data).buildings["name"][0] == "Stra\u00dfe"


def test_a_file_that_says_utf_8_and_is_not_is_refused(gml, write):
    from twin.errors import DataError

    text = gml.city(gml.box_building("b1", 0.0, 0.0, "<gml:name>Stra\u00dfe</gml:name>"))
    with pytest.raises(DataError, match="not well-formed"):
        read_citygml(write("t.gml", text.encode("windows-1252")))


def test_positions_one_by_one_and_in_a_list_are_one_ring(gml, both):
    ring = gml.box_faces()["RoofSurface"][0].split()
    single = "".join(f"<gml:pos>{' '.join(ring[i : i + 3])}</gml:pos>" for i in range(0, len(ring), 3))
    text = gml.city(gml.building("b1", gml.boundary("RoofSurface", roof(gml))))
    changed = text.replace(f"<gml:posList>{' '.join(ring)}</gml:posList>", single)
    assert changed != text
    assert np.array_equal(both(changed).surfaces.vertices, both(text).surfaces.vertices)
