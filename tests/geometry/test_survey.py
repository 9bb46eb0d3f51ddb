"""What files are said to hold before they are read; all files here are synthetic but the packaged samples."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twin.errors import DataError
from twin.geometry import read_citygml, survey_models
from twin.geometry import survey as surveys
from twin.geometry.survey import survey, survey_folder

OSM = '<osm version="0.6"><meta osm_base="2024-05-06T00:00:00Z"/>{}</osm>'
NODE = '<node id="{}" lat="{}" lon="{}"/>'
GRID = "ncols 2\nnrows 2\nxllcorner 389000\nyllcorner 5819000\ncellsize 10\n5 5\n5 5\n"


def test_a_city_model_is_counted_and_placed(gml, write):
    file = write("t.gml", gml.city(*(gml.box_building(f"b{i}", 20.0 * i) for i in range(7)), version="1.0"))
    found = survey(file)
    assert (found.kind, found.version, found.crs.to_epsg()) == ("citygml", "1.0", 25833)
    assert found.counts == {"buildings": 7, "polygons": 42}
    assert found.bounds == (388990, 5818990, 389990, 5819990)
    assert found.complete
    assert found.problem is None


def test_counts_agree_with_the_reader_across_blocks(gml, write, monkeypatch):
    monkeypatch.setattr(survey_models, "_CHUNK", 700)
    file = write(
        "t.gml.gz", gzip.compress(gml.city(*(gml.box_building(f"b{i}", 20.0 * i) for i in range(30))).encode())
    )
    models = read_citygml(file)
    assert survey(file).counts == {"buildings": len(models.buildings), "polygons": len(models.surfaces)}


def test_a_model_without_envelope_is_placed_by_its_rings(gml, write):
    text = gml.city(gml.box_building("b1"), gml.box_building("b2", 500.0), srs=None)
    west, south, east, north = survey(write("t.gml", text)).bounds
    assert 389000 <= west <= 389010 < 389500 <= east <= 389510
    assert 5819000 <= south <= north <= 5819008


def test_two_systems_in_one_file_are_named(gml, write):
    faces = gml.box_faces()
    two = gml.boundary("RoofSurface", gml.polygon(faces["RoofSurface"][0], srs="EPSG:25832"))
    assert "different CRSs" in survey(write("t.gml", gml.city(gml.building("b1", two)))).problem


def test_an_extract_is_counted_and_placed_by_its_nodes(write):
    nodes = NODE.format(1, 50.0, 11.0) + NODE.format(2, 50.5, 11.25)
    way = '<way id="1"><tag k="highway" v="residential"/></way><way id="2"><tag k="building" v="yes"/></way>'
    found = survey(write("Ort mit Ü.osm", OSM.format(nodes + way)))
    assert found.kind == "osm"
    assert found.counts == {"nodes": 2, "ways": 2, "roads": 1, "buildings": 1}
    assert found.bounds == (11.0, 50.0, 11.25, 50.5)
    assert found.stated["date"] == "2024-05-06"


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("dgm1_32_678.asc", "terrain"),
        ("DGM_Gelände.asc", "terrain"),
        ("srtm.asc", "terrain"),
        ("Vegetationshöhe.asc", "canopy"),
        ("ndom.asc", "canopy"),
        ("dom1.asc", None),
        ("heights.asc", None),
    ],
)
def test_names_of_rasters_tell_what_heights_they_hold(write, name, role):
    found = survey(write(name, GRID))
    assert (found.kind, found.role, found.spacing) == ("raster", role, 10)
    assert found.bounds == (389000, 5819000, 389020, 5819020)


@pytest.mark.parametrize(
    ("name", "content", "kind", "reason"),
    [
        ("a.gml", b"", "unreadable", "is empty"),
        ("a.tif", b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "unreadable", "LFS"),
        ("a.tif", b"II*\0" + b"\xff" * 40, "unreadable", "cannot be opened"),
        ("a.gml.gz", gzip.compress(bytes(range(256)) * 400)[:300], "unreadable", "cut off"),
        ("a.gml", b"<!DOCTYPE x []><CityModel/>", "unreadable", "DOCTYPE"),
        ("a.xml", b"<html/>", "other", "neither CityGML, XPlanGML nor"),
        ("a.osm.pbf", b"\0\0\0\x0d\x0a\x09OSMHeader\x18\x7c" + b"\0" * 20, "unreadable", "PBF"),
        ("a.json", b'{"type": "Feature"}', "other", "neither CityJSON nor"),
        ("a.bin", bytes(range(256)), "other", None),
        ("a.xyz", b"389000 5819000 34.5\n389001 5819000 34.6\n389002 5819000 34.6\n", "points", None),
        ("a.csv", b"art;hoehe\nEiche;20\n", "table", None),
    ],
)
def test_what_cannot_be_used_says_why_and_raises_nothing(write, name, content, kind, reason):
    found = survey(write(name, content))
    assert found.kind == kind
    assert (found.problem is None) if reason is None else (reason in found.problem)
    assert name in str(found)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=400), st.sampled_from([b"", b"<CityModel ", b"<osm ", b"II*\0", b"ncols ", b"\x1f\x8b", b"{"])
)
def test_any_bytes_give_a_summary(write, content, start):
    assert survey(write("any", start + content)).kind


def test_a_large_file_is_counted_to_a_limit_and_says_so(gml, write, monkeypatch):
    monkeypatch.setattr(surveys, "STREAMED", 5_000)
    monkeypatch.setattr(survey_models, "_CHUNK", 1_000)
    found = survey(write("t.gml", gml.city(*(gml.box_building(f"b{i}", 20.0 * i) for i in range(50)))))
    assert not found.complete
    assert 0 < found.counts["buildings"] < 50
    assert "at least" in str(found)


def test_a_folder_is_listed_with_its_subfolders_and_without_what_is_no_data(write, tmp_path):
    for name in ("b c.asc", "a.asc", ".hidden", "city.toml", "licence.pdf", "a.tfw"):
        write(name, GRID)
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "d.asc").write_text(GRID)
    assert [found.path.name for found in survey_folder(tmp_path)] == ["a.asc", "b c.asc", "d.asc"]


def test_a_folder_that_is_none_or_too_full_is_refused(write, tmp_path, monkeypatch):
    with pytest.raises(DataError, match="is no folder"):
        survey_folder(write("file", "x"))
    monkeypatch.setattr(surveys, "MAX_FILES", 0)
    with pytest.raises(DataError, match="holds 1 files"):
        survey_folder(tmp_path)


def test_a_file_without_permission_is_named(write, monkeypatch):
    def refuse(self, *arguments, **options):
        raise PermissionError(13, "Permission denied", str(self))

    file = write("secret.gml", "<CityModel/>")
    monkeypatch.setattr(Path, "open", refuse)
    found = survey(file)
    assert found.kind == "unreadable"
    assert "Permission denied" in found.problem


def test_the_packaged_tile_is_summed_up_as_the_reader_reads_it(sample):
    file = sample("tiergarten/lod2_3890_5819.gml.gz")
    found, models = survey(file), read_citygml(file)
    assert found.counts == {"buildings": 40, "polygons": len(models.surfaces)}
    assert np.allclose(found.bounds, models.bounds, atol=0)
