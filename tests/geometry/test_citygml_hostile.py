"""CityGML that is broken or meant to harm: refused with a reason, never half a town, never another exception."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twin import limits
from twin.errors import DataError, InputError, LimitError, TwinError
from twin.geometry import read_citygml

BOMB = (
    '<!DOCTYPE bomb [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)
LEAK = '<!DOCTYPE leak [<!ENTITY secret SYSTEM "file:///etc/hostname">]>'
REMOTE = '<!DOCTYPE CityModel SYSTEM "http://127.0.0.1:9/x.dtd">'


@pytest.mark.parametrize("head", [BOMB, LEAK, REMOTE])
def test_a_document_type_is_refused(gml, write, head):
    with pytest.raises(DataError, match="DOCTYPE"):
        read_citygml(write("t.gml", gml.city(gml.box_building("b1"), head=head)))


def test_a_document_type_hidden_by_an_encoding_is_refused(gml, write):
    text = gml.city(gml.box_building("b1"), head=BOMB)
    with pytest.raises(DataError, match="UTF-16"):
        read_citygml(write("t.gml", text.replace("UTF-8", "UTF-16").encode("utf-16")))
    hidden = text.replace("UTF-8", "UTF-7").replace("<!", "+ADwAIQ-").encode()
    with pytest.raises(DataError):
        read_citygml(write("u.gml", hidden))


def test_a_cut_gzip_names_file_and_buildings_seen(gml, write):
    rng = np.random.default_rng(1)  # random coordinates do not pack to nothing
    city = gml.city(*(gml.box_building(f"b{i}", x, y) for i, (x, y) in enumerate(rng.uniform(0, 900, (60, 2)))))
    packed = gzip.compress(city.encode())
    with pytest.raises(DataError, match=r"cut\.gml\.gz is cut off.*after \d+ buildings, none of which is used"):
        read_citygml(write("cut.gml.gz", packed[: len(packed) * 3 // 4]))


def test_a_gzip_with_a_wrong_checksum_is_refused(gml, write):
    packed = bytearray(gzip.compress(gml.city(gml.box_building("b1")).encode()))
    packed[-8] ^= 255
    with pytest.raises(DataError, match="damaged"):
        read_citygml(write("t.gml.gz", bytes(packed)))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(0.0, 0.9999))
def test_a_file_cut_anywhere_is_never_read(gml, write, share):
    text = gml.city(*(gml.box_building(f"b{i}", 20.0 * i) for i in range(3))).encode()
    with pytest.raises(DataError):
        read_citygml(write("t.gml", text[: int(share * len(text))]))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=4))
def test_changed_bytes_give_an_answer_or_a_named_error(gml, write, changes):
    data = bytearray(gml.city(gml.box_building("b1")).encode())
    for place, value in changes:
        data[place % len(data)] = value
    try:
        models = read_citygml(write("t.gml", bytes(data)))
    except TwinError as error:
        assert "t.gml" in str(error)  # noqa: PT017
    else:
        assert np.isfinite(models.surfaces.vertices).all()
        assert models.report.used == len(models.buildings)


def test_a_packed_giant_is_stopped_while_it_unpacks(gml, write, monkeypatch):
    text = gml.city(gml.building("b1", f"<gml:name>{'a' * 5000}</gml:name>" * 4_000))
    packed = gzip.compress(text.encode())
    assert len(text) > 10_000_000
    with pytest.raises(LimitError, match="MAX_COMPRESSION_RATIO"):
        read_citygml(write("t.gml.gz", packed))
    monkeypatch.setattr(limits, "MAX_FILE_BYTES", 1_000_000)
    with pytest.raises(LimitError, match="MAX_FILE_BYTES"):
        read_citygml(write("u.gml.gz", packed))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "Git LFS pointer"),
        (b"PK\x03\x04whatever", "is a damaged or cut off zip archive"),
        (b"<html><body>404</body></html>", "root element is 'html'"),
        (b"\x1f\x8b", "cut off"),
    ],
)
def test_what_is_no_city_model_says_what_it_is(write, content, reason):
    with pytest.raises(DataError, match=reason):
        read_citygml(write("t.gml", content))


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(DataError, match=r"nowhere\.gml does not exist"):
        read_citygml(tmp_path / "nowhere.gml")
    with pytest.raises(DataError, match="is a folder without a file ending in"):
        read_citygml(tmp_path)
    with pytest.raises(InputError, match="list of files is empty"):
        read_citygml([])


def roof_of(gml, text, holes=()):
    faces = gml.box_faces()
    return gml.city(
        gml.building(
            "b1",
            gml.boundary("GroundSurface", gml.polygon(faces["GroundSurface"][0])),
            gml.boundary("RoofSurface", gml.polygon(text, holes, number="roof")),
        )
    )


A, B, C, D = ("389000 5819000 40", "389010 5819000 40", "389010 5819010 40", "389000 5819010 40")


@pytest.mark.parametrize(
    ("ring", "reason"),
    [
        (f"{A} {B} 389010 nan 40 {A}", "not a finite number"),
        (f"{A} {B} 389010 inf 40 {A}", "not a finite number"),
        (f"{A} {B} 389010 1e400 40 {A}", "not a finite number"),
        (f"{A} {B} {A}", "fewer than three different points"),
        (f"{A} {A} {A} {A}", "fewer than three different points"),
        (f"{A} {B} {A} {B} {A}", "encloses no area"),
        (f"{A} {B} 389020 5819000 40 {A}", "encloses no area"),
        (f"{A} {B} {C} 1 {A}", "no multiple of 3"),
        (f"{A} {B} 389010,5 5819010 40 {A}", "not a number"),
        (f"{A} {B} 0x5 5819010 40 {A}", "not a number"),
        (f"{A} {B} 389_010 5819010 40 {A}", "not a number"),
        ("", "fewer than three different points"),
    ],
)
def test_a_broken_outline_is_refused_and_named_and_the_rest_kept(gml, write, ring, reason):
    models = read_citygml(write("t.gml", roof_of(gml, ring)))
    assert len(models.surfaces) == 1
    assert [entry.id for entry in models.report.refused] == ["b1/roof"]
    assert reason in models.report.refused[0].reason


def test_an_outline_above_the_vertex_limit_is_refused(gml, write, monkeypatch):
    monkeypatch.setattr(limits, "MAX_POLYGON_VERTICES", 5)
    models = read_citygml(write("t.gml", roof_of(gml, f"{A} {B} 389010 5819005 40 {C} {D} {A}")))
    assert len(models.surfaces) == 1
    assert "MAX_POLYGON_VERTICES" in models.report.refused[0].reason


def test_an_unclosed_ring_is_closed_and_reported(gml, write):
    models = read_citygml(write("t.gml", roof_of(gml, f"{A} {B} {C} {D}")))
    assert len(models.surfaces) == 2
    assert models.report.repaired[0].id == "b1/roof"
    assert "did not end where it began" in models.report.repaired[0].reason


def test_a_hole_without_area_is_left_out_and_reported(gml, write):
    models = read_citygml(write("t.gml", roof_of(gml, f"{A} {B} {C} {D} {A}", [f"{A} {B} {A}"])))
    assert models.surfaces.polygon_start.tolist() == [0, 1, 2]
    assert "hole without area" in models.report.repaired[0].reason


def test_a_hole_of_unknown_extent_makes_its_polygon_unknown(gml, write):
    models = read_citygml(write("t.gml", roof_of(gml, f"{A} {B} {C} {D} {A}", [f"{A} {B} nan 1 1 {A}"])))
    assert len(models.surfaces) == 1
    assert "not a finite number" in models.report.refused[0].reason


@pytest.mark.parametrize("dimension", ["2", "4", "x"])
def test_coordinates_of_other_dimensions_are_refused(gml, write, dimension):
    text = roof_of(gml, f"{A} {B} {C} {D} {A}")
    at = text.rindex("<gml:posList>")
    changed = text[:at] + f'<gml:posList srsDimension="{dimension}">' + text[at + len("<gml:posList>") :]
    models = read_citygml(write("t.gml", changed))
    assert len(models.surfaces) == 1
    assert f"have {dimension} dimensions" in models.report.refused[0].reason


def test_a_two_dimensional_footprint_beside_the_surfaces_does_no_harm(gml, write):
    footprint = (
        '<bldg:lod0FootPrint><gml:MultiSurface srsDimension="2"><gml:surfaceMember><gml:Polygon><gml:exterior>'
        "<gml:LinearRing><gml:posList>0 0 1 0 1 1 0 0</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon>"
        "</gml:surfaceMember></gml:MultiSurface></bldg:lod0FootPrint>"
    )
    models = read_citygml(write("t.gml", gml.city(gml.box_building("b1", 0.0, 0.0, footprint))))
    assert len(models.surfaces) == 6
    assert models.report.refused == ()


def test_a_building_without_surfaces_is_refused_with_the_levels_it_has(gml, write):
    text = gml.city(gml.box_building("b1"), gml.building("b2"), gml.building("b3", "<bldg:lod0RoofEdge/>"))
    report = read_citygml(write("t.gml", text)).report
    assert (report.found, report.used) == (3, 1)
    assert {entry.id: entry.reason.split(";")[0] for entry in report.refused} == {
        "b2": "it has no geometry",
        "b3": "it has only geometry of level 0",
    }


def test_a_building_far_from_its_system_or_in_the_sky_is_refused_alone(gml, write):
    text = gml.city(
        *(gml.box_building(f"b{i}", 20.0 * i) for i in range(3)),
        gml.box_building("origin", origin=(0.0, 0.0)),
        gml.box_building("sky", ground=34000.0),
    )
    models = read_citygml(write("t.gml", text))
    assert models.buildings["id"].tolist() == ["b0", "b1", "b2"]
    assert [entry.id for entry in models.report.refused] == ["origin", "sky"]


def test_the_same_building_twice_counts_once(gml, write):
    models = read_citygml(write("t.gml", gml.city(gml.box_building("b1"), gml.box_building("b1"))))
    assert models.buildings["id"].tolist() == ["b1"]
    assert len(models.surfaces) == 6
    assert "comes twice" in models.report.refused[0].reason


def test_two_buildings_with_one_id_are_both_kept_apart(gml, write):
    models = read_citygml(write("t.gml", gml.city(gml.box_building("b1"), gml.box_building("b1", 50.0))))
    assert models.buildings["id"].tolist() == ["b1", "b1#2"]
    assert "same gml:id" in models.report.repaired[0].reason


def test_references_that_lead_nowhere_are_reported(gml, write):
    text = gml.city(gml.box_building("b1", 0.0, 0.0, gml.solid(' xlink:href="#gone"', ' xlink:href="other.gml#x"')))
    models = read_citygml(write("t.gml", text))
    assert len(models.surfaces) == 6
    assert "2 surface references" in models.report.refused[0].reason


def test_a_building_without_id_gets_a_name(gml, write):
    models = read_citygml(write("t.gml", gml.city(gml.box_building(""))))
    assert models.buildings["id"].tolist() == ["building 1 (no gml:id)"]


def test_memory_does_not_grow_with_the_file(gml, write, monkeypatch):
    from twin.geometry.citygml_building import BuildingReader

    alive = []
    take = BuildingReader.take

    def watched(self, element):
        root = element.getroottree().getroot()
        alive.append(sum(1 for _ in root.iter()))
        take(self, element)

    monkeypatch.setattr(BuildingReader, "take", watched)
    read_citygml(write("t.gml", gml.city(*(gml.box_building(f"b{i}", 3.0 * i) for i in range(300)))))
    # a building has 50 elements, and the parser runs ahead by a block of 32 kB: some ten buildings, never hundreds
    assert len(alive) == 300
    assert max(alive) < 30 * 50
