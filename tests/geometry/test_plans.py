"""Building areas of development plans come with what they permit, or are refused by name.

All plans are synthetic, written from the catalogue of XPlanung 5.4 and 6.0.
"""

from __future__ import annotations

import gzip
import math
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from twin.errors import DataError, TwinError
from twin.geometry import read_plan
from twin.geometry.gml_areas import ARC_TOLERANCE, arc, area_of

EAST, NORTH = 500000.0, 5600000.0


def pos_list(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.3f} {y:.3f}" for x, y in points)


def rectangle(west: float, south: float, width: float, depth: float) -> list[tuple[float, float]]:
    x, y = EAST + west, NORTH + south
    return [(x, y), (x + width, y), (x + width, y + depth), (x, y + depth), (x, y)]


def polygon(points: Sequence[tuple[float, float]], srs: str = "EPSG:25832") -> str:
    name = f' srsName="{srs}"' if srs else ""
    ring = f"<gml:LinearRing><gml:posList>{pos_list(points)}</gml:posList></gml:LinearRing>"
    return f"<gml:Polygon{name}><gml:exterior>{ring}</gml:exterior></gml:Polygon>"


def feature(kind: str, number: str, geometry: str, **measures: object) -> str:
    body = "".join(f"<xplan:{name}>{value}</xplan:{name}>" for name, value in measures.items())
    return (
        f'<gml:featureMember><xplan:{kind} gml:id="{number}"><xplan:position>{geometry}</xplan:position>{body}'
        f"</xplan:{kind}></gml:featureMember>"
    )


def height(value: float, point: str = "", level: str = "2000", name: str = "hMax") -> str:
    told = f"<xplan:bezugspunkt>{point}</xplan:bezugspunkt>" if point else ""
    return (
        f"<xplan:XP_Hoehenangabe><xplan:hoehenbezug>{level}</xplan:hoehenbezug>{told}"
        f'<xplan:{name} uom="m">{value}</xplan:{name}></xplan:XP_Hoehenangabe>'
    )


def plan_text(*features: str, version: str = "5/4", name: str = "Am Anger") -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<xplan:XPlanAuszug xmlns:xplan="http://www.xplanung.de/xplangml/{version}" '
        'xmlns:gml="http://www.opengis.net/gml/3.2" xmlns:xlink="http://www.w3.org/1999/xlink" gml:id="X">'
        '<gml:boundedBy><gml:Envelope srsName="EPSG:25832"><gml:lowerCorner>500000 5600000</gml:lowerCorner>'
        "<gml:upperCorner>500100 5600100</gml:upperCorner></gml:Envelope></gml:boundedBy>"
        f'<gml:featureMember><xplan:BP_Plan gml:id="P"><xplan:name>{name}</xplan:name></xplan:BP_Plan>'
        "</gml:featureMember>"
        f"{''.join(features)}</xplan:XPlanAuszug>"
    )


def write_plan(folder: Path, *features: str, **options: str) -> Path:
    place = folder / "plan.gml"
    place.write_text(plan_text(*features, **options), encoding="utf-8")
    return place


PLOT = polygon(rectangle(0, 0, 40, 30))
WA = feature("BP_BaugebietsTeilFlaeche", "WA1", PLOT, GFZ=1.2, GRZ=0.4, Z=3, besondereArtDerBaulNutzung=1200)


@pytest.mark.parametrize("version", ["5/0", "5/4", "6/0"])
def test_a_plot_comes_with_what_it_permits(tmp_path, version) -> None:
    window = feature("BP_UeberbaubareGrundstuecksFlaeche", "B1", polygon(rectangle(5, 5, 20, 10)))
    plan = read_plan(write_plan(tmp_path, WA, window, version=version))
    assert plan.version == version.replace("/", ".")
    assert plan.name == "Am Anger"
    assert plan.crs.to_epsg() == 25832
    row = plan.areas.iloc[0]
    assert (row["id"], row["kind"], row["use"], row["grz"], row["gfz"], row["storeys"]) == (
        "WA1", "plot", "WA", 0.4, 1.2, 3.0,
    )  # fmt: skip
    assert row.geometry.area == 1200.0
    assert plan.areas["kind"].tolist() == ["plot", "window"]
    assert math.isnan(plan.areas["grz"].iloc[1])
    assert (plan.report.found, plan.report.used) == (2, 2)


def test_what_is_not_read_is_counted(tmp_path) -> None:
    line = f"<gml:LineString><gml:posList>{pos_list(rectangle(0, 0, 4, 4))}</gml:posList></gml:LineString>"
    others = [feature("BP_BauGrenze", f"G{n}", line) for n in range(2)]
    green = feature("BP_GruenFlaeche", "GF", PLOT)
    notes = read_plan(write_plan(tmp_path, WA, *others, green)).report.notes
    assert notes == ("not read, because they say nothing of buildings' areas: BP_BauGrenze (2), BP_GruenFlaeche (1)",)


@pytest.mark.parametrize(
    ("measures", "column", "value"),
    [
        ({"GRZmax": 0.5}, "grz", 0.5),
        ({"GR": 300}, "grz", 0.25),
        ({"GFmax": 600}, "gfz", 0.5),
        ({"Zmin": 2, "Zmax": 4}, "storeys", 4.0),
        ({"Zzwingend": 3, "Z": 5}, "storeys", 3.0),
        ({"BM": 6000}, "bmz", 5.0),
        ({"MaxZahlWohnungen": 6}, "dwellings", 6.0),
        ({"allgArtDerBaulNutzung": 3000}, "use", "G"),
        ({"besondereArtDerBaulNutzung": 1550, "allgArtDerBaulNutzung": 2000}, "use", "MU"),
        ({"besondereArtDerBaulNutzung": 9999}, "use", ""),
        ({"hoehenangabe": height(12.5)}, "height", 12.5),
        ({"hoehenangabe": height(12.5, name="h")}, "height", 12.5),
        ({"hoehenangabe": height(8, "1000")}, "height", 8.0),
        ({"hoehenangabe": height(8, "1000") + height(11, "2000")}, "height", 11.0),
        ({"hoehenangabe": height(210.0, "3000", "1000")}, "top_elevation", 210.0),
    ],
)
def test_measures_are_read_in_all_their_forms(tmp_path, measures, column, value) -> None:
    plot = feature("BP_BaugebietsTeilFlaeche", "A", PLOT, **measures)
    assert read_plan(write_plan(tmp_path, plot)).areas[column].iloc[0] == value


def test_heights_of_floors_bound_no_building(tmp_path) -> None:
    plot = feature("BP_BaugebietsTeilFlaeche", "A", PLOT, hoehenangabe=height(1.2, "4500"))
    assert math.isnan(read_plan(write_plan(tmp_path, plot)).areas["height"].iloc[0])


@pytest.mark.parametrize(
    ("measures", "words"),
    [
        ({"GRZ": 1.4}, "GRZ is '1.4'"),
        ({"GRZ": "0,4"}, "GRZ is '0,4'"),
        ({"GRZ": "NaN"}, "GRZ is 'NaN'"),
        ({"GFZ": -1}, "GFZ is '-1'"),
        ({"Z": 0}, "Z is '0'"),
        ({"GR": 5000}, "GR is 5000 m2, more than the area of 1200 m2"),
        ({"hoehenangabe": height(9000.0)}, "hMax is '9000.0'"),
    ],
)
def test_impossible_numbers_are_left_out_and_reported(tmp_path, measures, words) -> None:
    plan = read_plan(write_plan(tmp_path, feature("BP_BaugebietsTeilFlaeche", "A", PLOT, **measures)))
    assert words in plan.report.repaired[0].reason
    assert plan.areas[["grz", "gfz", "storeys", "height"]].isna().to_numpy().all()


@pytest.mark.parametrize("measures", [{"rechtsstand": 3000}, {"ebene": -1}])
def test_areas_that_are_to_go_or_lie_below_the_ground_are_refused(tmp_path, measures) -> None:
    old = feature("BP_UeberbaubareGrundstuecksFlaeche", "old", PLOT, **measures)
    report = read_plan(write_plan(tmp_path, WA, old)).report
    assert [one.id for one in report.refused] == ["old"]
    assert (report.found, report.used) == (2, 1)


def curve(*segments: str) -> str:
    members = "".join(
        f"<gml:curveMember><gml:Curve><gml:segments>{one}</gml:segments></gml:Curve></gml:curveMember>"
        for one in segments
    )
    ring = f"<gml:exterior><gml:Ring>{members}</gml:Ring></gml:exterior>"
    return (
        f'<gml:Surface srsName="EPSG:25832"><gml:patches><gml:PolygonPatch>{ring}</gml:PolygonPatch></gml:patches>'
        "</gml:Surface>"
    )


def test_arcs_become_chords_within_the_tolerance(tmp_path) -> None:
    radius = 20.0
    ends, bend = pos_list([(EAST - 20, NORTH), (EAST + 20, NORTH)]), pos_list([(EAST, NORTH + 20), (EAST - 20, NORTH)])
    straight = f"<gml:LineStringSegment><gml:posList>{ends}</gml:posList></gml:LineStringSegment>"
    round_ = f"<gml:Arc><gml:posList>{pos_list([(EAST + 20, NORTH)])} {bend}</gml:posList></gml:Arc>"
    plot = feature("BP_BaugebietsTeilFlaeche", "half", curve(straight, round_), GRZ=0.4)
    area = read_plan(write_plan(tmp_path, plot)).areas.geometry.iloc[0].area
    half = math.pi * radius**2 / 2
    # inscribed chords with a sagitta of at most t lose at most two thirds of it along the arc
    assert half - math.pi * radius * ARC_TOLERANCE * 2 / 3 - 0.01 <= area < half


@given(st.floats(0.5, 500), st.floats(-3, 3), st.floats(0.1, 6.2))
def test_no_chord_leaves_its_arc_by_more_than_the_tolerance(radius, start, sweep) -> None:
    angles = start + np.array([0.0, sweep / 2, sweep])
    points = radius * np.column_stack([np.cos(angles), np.sin(angles)])
    chain = arc(*points)
    middles = (chain[1:] + chain[:-1]) / 2
    assert np.hypot(*chain.T) == pytest.approx(radius, rel=1e-6)
    assert radius - np.hypot(*middles.T).min() <= ARC_TOLERANCE * 1.01 + 1e-9
    assert chain[0].tolist() == points[0].tolist()
    assert chain[-1].tolist() == points[2].tolist()


def test_a_full_circle_and_a_hole_are_read() -> None:
    circle = etree.fromstring(
        '<p xmlns:gml="http://www.opengis.net/gml/3.2"><gml:Polygon><gml:exterior><gml:Ring>'
        "<gml:curveMember><gml:Curve><gml:segments>"
        "<gml:Circle><gml:posList>10 0 0 10 -10 0</gml:posList></gml:Circle></gml:segments></gml:Curve>"
        "</gml:curveMember></gml:Ring></gml:exterior><gml:interior><gml:LinearRing><gml:coordinates>"
        "-1,-1 1,-1 1,1 -1,1 -1,-1</gml:coordinates></gml:LinearRing></gml:interior></gml:Polygon></p>"
    )
    # inscribed chords lose at most two thirds of the tolerance along the circle
    assert area_of(circle).area == pytest.approx(math.pi * 100 - 4, abs=20 * math.pi * ARC_TOLERANCE * 2 / 3 + 0.01)


def test_several_surfaces_make_one_area(tmp_path) -> None:
    parts = "".join(
        f"<gml:surfaceMember>{polygon(rectangle(west, 0, 10, 10), '')}</gml:surfaceMember>" for west in (0, 20)
    )
    plot = feature(
        "BP_BaugebietsTeilFlaeche", "two", f'<gml:MultiSurface srsName="EPSG:25832">{parts}</gml:MultiSurface>'
    )
    assert read_plan(write_plan(tmp_path, plot)).areas.geometry.iloc[0].area == 200.0


@pytest.mark.parametrize(
    ("geometry", "words"),
    [
        ("", "it has no area"),
        ('<gml:Polygon srsName="EPSG:25832"/>', "no outline"),
        (polygon([(EAST, NORTH), (EAST + 5, NORTH), (EAST, NORTH)]), "2 distinct points"),
        (PLOT.replace("500040.000", "NaN"), "NaN or infinite"),
        (PLOT.replace("500040.000", "500040,0"), "no number"),
        (PLOT.replace("500040.000", "5e12"), "on no map"),
        (PLOT.replace("<gml:posList>500000.000", "<gml:posList>"), "do not make points of 2"),
        (PLOT.replace("<gml:posList>", '<gml:posList srsDimension="7">'), "do not make points of 7"),
        ("<gml:Point><gml:pos>1 2</gml:pos></gml:Point>", "is a Point, not an area"),
        ('<gml:MultiSurface><gml:surfaceMember xlink:href="#x"/></gml:MultiSurface>', "referred to"),
        (curve("<gml:ArcByBulge><gml:posList>0 0 1 1</gml:posList></gml:ArcByBulge>"), "ArcByBulge, which is not read"),
        (curve("<gml:Arc><gml:posList>0 0 1 1</gml:posList></gml:Arc>"), "arc has 2 points"),
        (
            curve(
                "<gml:LineStringSegment><gml:posList>0 0 9 0</gml:posList></gml:LineStringSegment>",
                "<gml:LineStringSegment><gml:posList>9 5 0 0</gml:posList></gml:LineStringSegment>",
            ),
            "do not join: a gap of 5 m",
        ),
    ],
)
def test_a_broken_area_is_refused_by_name_and_the_others_stay(tmp_path, geometry, words) -> None:
    report = read_plan(write_plan(tmp_path, WA, feature("BP_BaugebietsTeilFlaeche", "bad", geometry))).report
    assert [one.id for one in report.refused] == ["bad"]
    assert re.search(words, report.refused[0].reason)


def test_a_self_crossing_plot_is_repaired(tmp_path) -> None:
    x, y = EAST, NORTH
    bow = polygon([(x, y), (x + 20, y + 20), (x + 20, y), (x, y + 20), (x, y)])
    plan = read_plan(write_plan(tmp_path, feature("BP_BaugebietsTeilFlaeche", "bow", bow)))
    assert plan.areas.geometry.iloc[0].is_valid
    assert plan.report.repaired[0].id == "bow"


def test_northing_first_is_turned_where_the_crs_says_so(tmp_path) -> None:
    turned = [(5540000.0 + n, 4468000.0 + e) for e, n in ((0, 0), (40, 0), (40, 30), (0, 30), (0, 0))]
    plot = feature("BP_BaugebietsTeilFlaeche", "A", polygon(turned, "urn:ogc:def:crs:EPSG::31468"))
    box = read_plan(write_plan(tmp_path, plot)).areas.total_bounds
    assert box.tolist() == [4468000.0, 5540000.0, 4468040.0, 5540030.0]


@pytest.mark.parametrize(
    ("points", "cause"),
    [
        ([(5600000, 500000), (5600040, 500000), (5600000, 500030)], "swapped"),
        ([(11.5, 50.0), (11.6, 50.0), (11.5, 50.1)], "look like degrees"),
        ([(32500000, 5600000), (32500040, 5600000), (32500000, 5600030)], "zone prefix 32"),
    ],
)
def test_coordinates_that_cannot_belong_to_the_crs_are_named(tmp_path, points, cause) -> None:
    with pytest.raises(DataError, match=cause):
        read_plan(write_plan(tmp_path, feature("BP_BaugebietsTeilFlaeche", "A", polygon(points))))


def test_two_crs_and_unknown_ones_are_refused_with_the_way_out(tmp_path) -> None:
    other = feature("BP_BaugebietsTeilFlaeche", "B", polygon(rectangle(0, 0, 9, 9), "EPSG:25833"))
    with pytest.raises(DataError, match="names two CRSs"):
        read_plan(write_plan(tmp_path, WA, other))
    strange = write_plan(tmp_path, WA.replace("EPSG:25832", "urn:local:grid"))
    with pytest.raises(DataError, match="'urn:local:grid' of WA1 is not understood; give the CRS"):
        read_plan(strange)
    assert read_plan(strange, crs=25832).crs.to_epsg() == 25832


def test_the_envelope_names_the_crs_where_the_areas_do_not(tmp_path) -> None:
    plot = feature("BP_BaugebietsTeilFlaeche", "A", polygon(rectangle(0, 0, 9, 9), ""))
    assert read_plan(write_plan(tmp_path, plot)).crs.to_epsg() == 25832


def test_bounds_keep_what_reaches_them(tmp_path) -> None:
    far = feature("BP_BaugebietsTeilFlaeche", "far", polygon(rectangle(500, 0, 9, 9)))
    plan = read_plan(write_plan(tmp_path, WA, far), bounds=(EAST, NORTH, EAST + 50, NORTH + 50))
    assert plan.areas["id"].tolist() == ["WA1"]
    assert "1 areas lie outside the bounds and are left out" in plan.report.notes


def test_a_plan_is_read_gzipped_and_in_its_archive(tmp_path) -> None:
    text = plan_text(WA).encode()
    packed = tmp_path / "plan.gml.gz"
    packed.write_bytes(gzip.compress(text))
    assert len(read_plan(packed).areas) == 1
    archive = tmp_path / "plan.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("xplan.gml", text)
        file.writestr("Begründung.pdf", b"words")
    assert len(read_plan(archive).areas) == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is empty"),
        ("<a/>", "root element is 'a'"),
        (plan_text(WA)[:-40], "cut off"),
        (plan_text(WA).replace("?>", '?><!DOCTYPE x [<!ENTITY a "b">]>', 1), "DOCTYPE|ENTITY"),
        (plan_text(WA, version="4/1"), r"XPlanGML 4\.1; versions 5\.0 to 6\.x are read"),
        (plan_text(), "no building area of the plan can be used"),
        (plan_text(WA).replace("www.xplanung.de", "www.example.org"), "holds no XPlanGML feature"),
    ],
)
def test_a_file_that_is_no_plan_is_refused_whole(tmp_path, content, words) -> None:
    place = tmp_path / "plan.gml"
    place.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=words):
        read_plan(place)


@given(st.integers(0, 3000), st.binary(min_size=1, max_size=8))
def test_a_damaged_plan_is_read_or_refused_never_worse(tmp_path_factory, place, noise) -> None:
    text = bytearray(plan_text(WA, WA).encode())
    place %= len(text)
    text[place : place + len(noise)] = noise
    file = tmp_path_factory.mktemp("fuzz") / "plan.gml"
    file.write_bytes(bytes(text))
    try:
        areas = read_plan(file).areas
    except TwinError:
        return
    assert shapely.is_valid(areas.geometry.to_numpy()).all()
