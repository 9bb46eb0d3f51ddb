"""What `twin info` says of XYZ, laser tiles, layers, tables, plans, meshes and archives, against what readers read.

All files here are synthetic but the packaged samples and, where it is present, the reference data.
"""

from __future__ import annotations

import json
import struct
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twin import cli
from twin.geometry import read_cityjson, read_xyz
from twin.geometry.survey import survey, survey_folder, survey_parts


def lattice(west: float, south: float, columns: int, rows: int, step: float) -> list[str]:
    return [
        f"{west + step * (column + 0.5):.2f} {south + step * (row + 0.5):.2f} 34.50"
        for row in reversed(range(rows))
        for column in range(columns)
    ]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    columns=st.integers(2, 30),
    rows=st.integers(2, 30),
    step=st.sampled_from([0.5, 1.0, 2.0, 10.0]),
    shuffled=st.booleans(),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_the_place_of_a_tile_is_that_which_the_reader_finds(tmp_path, columns, rows, step, shuffled, end):
    lines = lattice(389000, 5819000, columns, rows, step)
    if shuffled:
        np.random.default_rng(0).shuffle(lines)
    file = tmp_path / "dgm.xyz"
    file.write_text(end.join(lines) + end, newline="")
    found, read = survey(file), read_xyz(file, crs=25833)
    half = float(abs(read.x[1] - read.x[0])) / 2
    assert found.counts["postings"] == columns * rows
    assert found.spacing == pytest.approx(2 * half)
    x, y = read.x.values, read.y.values
    assert found.bounds == pytest.approx((x.min() - half, y.min() - half, x.max() + half, y.max() + half), abs=1e-6)


def test_an_easting_with_its_zone_names_the_crs(write):
    found = survey(write("dgm.xyz", "\n".join(lattice(32_500_000, 5_700_000, 5, 5, 1.0))))
    assert found.crs.to_epsg() == 25832
    assert found.bounds[0] == 500_000


def test_a_glance_reads_no_more_than_the_head(write, monkeypatch):
    file = write("dgm1_33_389_5819.xyz", "\n".join(lattice(389000, 5819000, 300, 300, 1.0)))
    found = survey(file, count=False)
    assert found.bounds == (389000, 5819000, 390000, 5820000)  # what the name says: the first posting lies in it
    assert found.counts == {}


def las(classes: bytes, west: float = 389000.0) -> bytes:
    """LAS 1.2, point format 0, as the ASPRS specification lays it out."""
    head = bytearray(227)
    head[0:4], head[24], head[25] = b"LASF", 1, 2
    struct.pack_into("<HHH", head, 90, 100, 2021, 227)
    struct.pack_into("<II", head, 96, 227, 0)
    struct.pack_into("<BHI", head, 104, 0, 20, len(classes))
    struct.pack_into("<6d", head, 131, 0.01, 0.01, 0.01, west, 5819000, 0)
    struct.pack_into("<6d", head, 179, west + 9.0, west, 5819009.0, 5819000.0, 40.0, 30.0)
    points = b"".join(struct.pack("<iiiHBBbBH", 100 * i, 100 * i, 3000, 0, 0, kind, 0, 0, 0)
                      for i, kind in enumerate(classes))  # fmt: skip
    return bytes(head) + points


def test_a_laser_tile_is_summed_up_by_its_header_and_classes(tmp_path):
    (tmp_path / "als.las").write_bytes(las(bytes([2, 2, 2, 5])))
    found = survey(tmp_path / "als.las")
    assert (found.kind, found.version, found.counts["points"]) == ("laser", "LAS 1.2", 4)
    assert found.bounds == (389000.0, 5819000.0, 389009.0, 5819009.0)
    assert found.classes == {2: 0.75, 5: 0.25}
    assert found.stated["date"] == "2021"


def test_layers_of_a_geopackage_are_told_one_by_one(tmp_path):
    file = tmp_path / "stadt.gpkg"
    trees = gpd.GeoDataFrame(
        {"baumhoehe": [12.0], "kronedurch": [8.0]}, geometry=[shapely.Point(389000, 5819000)], crs=25833
    )
    trees.to_file(file, layer="baeume")
    plots = gpd.GeoDataFrame({"nutzart": ["Wald"] * 2}, geometry=[shapely.box(0, 0, 1, 1)] * 2, crs=25833)
    plots.to_file(file, layer="nutzung")
    found = {part.layer: part for part in survey_parts(file)}
    assert {name: (part.role, part.counts["features"]) for name, part in found.items()} == {
        "baeume": ("trees", 1),
        "nutzung": ("land_cover", 2),
    }
    assert "columns baumhoehe, kronedurch" in str(found["baeume"])
    assert found["baeume"].crs.to_epsg() == 25833


def test_tables_tell_columns_rows_and_what_they_are_for(write):
    found = survey(write("b.csv", "GISID;baumhoehe;kronedurch\n1;12;8\n2;9;5\n"))
    assert (found.kind, found.role, found.counts["rows"]) == ("table", "trees", 2)
    census = survey(write("z.csv", "GITTER_ID_100m;x_mp_100m;y_mp_100m;Einwohner\nCRS3035RES100mN1E1;50;50;4\n"))
    assert (census.role, census.crs.to_epsg(), census.counts["rows"]) == ("residents", 3035, 1)


def test_a_development_plan_is_counted(write):
    plan = (
        '<xp:XPlanAuszug xmlns:xp="http://www.xplanung.de/xplangml/6/0" xmlns:gml="http://www.opengis.net/gml/3.2">'
        '<gml:boundedBy><gml:Envelope srsName="EPSG:25832"><gml:lowerCorner>500000 5700000</gml:lowerCorner>'
        "<gml:upperCorner>500100 5700100</gml:upperCorner></gml:Envelope></gml:boundedBy>"
        "<gml:featureMember><xp:BP_BaugebietsTeilFlaeche gml:id='a'/></gml:featureMember></xp:XPlanAuszug>"
    )
    found = survey(write("plan.gml", plan))
    assert (found.kind, found.version, found.crs.to_epsg()) == ("plan", "6.0", 25832)
    assert found.counts["building areas"] == 1
    assert found.bounds == (500000, 5700000, 500100, 5700100)


def test_meshes_are_counted_in_every_format(tmp_path):
    trimesh = pytest.importorskip("trimesh")
    box = trimesh.creation.box(extents=(10, 20, 30))
    for end in ("stl", "glb", "obj", "ply"):
        file = tmp_path / f"haus.{end}"
        file.write_bytes(box.export(file_type=end) if end != "obj" else box.export(file_type=end).encode())
        found = survey(file)
        assert found.kind == "mesh", end
        assert 12 in found.counts.values(), end
        if end in ("stl", "obj"):
            assert found.bounds == pytest.approx((-5, -10, 5, 10))


def test_a_city_model_is_counted_like_its_reader_does(shared_data):
    file = shared_data("city/delft_3dfier/delft.city.json.gz")
    found, read = survey(file), read_cityjson(file)
    assert found.counts["buildings"] == len(read.buildings.buildings)
    assert found.counts["roads"] == int((read.areas["class"] == "Road").sum())
    assert found.counts["waters"] == int((read.areas["class"] == "WaterBody").sum())
    assert found.bounds == read.buildings.bounds
    assert (found.crs.to_epsg(), found.vertical_datum) == (28992, "NAP")


def test_a_model_without_extent_is_placed_by_its_vertices(write):
    town = {"type": "CityJSON", "version": "2.0", "CityObjects": {},
            "transform": {"scale": [0.01, 0.01, 0.01], "translate": [85000, 447000, 0]},
            "vertices": [[0, 0, 0], [100, 200, 0]]}  # fmt: skip
    assert survey(write("t.city.json", json.dumps(town))).bounds == (85000.0, 447000.0, 85001.0, 447002.0)


def test_the_share_of_empty_cells_is_told(write):
    grid = "ncols 4\nnrows 1\nxllcorner 0\nyllcorner 0\ncellsize 1\nNODATA_value -9999\n5 -9999 5 5\n"
    found = survey(write("dgm.asc", grid))
    assert found.empty_share == 0.25
    assert "25 % empty" in str(found)
    assert survey(write("dgm.asc", grid), count=False).empty_share is None


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    with zipfile.ZipFile(tmp_path / "paket.zip", "w") as file:
        file.writestr("dgm/dgm1_33_389_5819.xyz", "\n".join(lattice(389000, 5819000, 5, 5, 1.0)))
        file.writestr("baum/Baumkataster.csv", "x;y;height;crown_diameter\n389000;5819000;12;8\n")
        file.writestr("Lizenz.pdf", "%PDF")
        file.writestr("kaputt.gml", "")
    return tmp_path / "paket.zip"


def test_members_of_an_archive_are_told_where_they_lie(archive, capsys):
    kinds = {part.name: part.kind for part in survey_parts(archive)}
    assert kinds == {
        "paket.zip/baum/Baumkataster.csv": "table",
        "paket.zip/dgm/dgm1_33_389_5819.xyz": "points",
        "paket.zip/kaputt.gml": "unreadable",
    }
    assert "name one of them" in survey(archive).problem
    assert cli.main(["info", str(archive)]) == 0
    told = capsys.readouterr().out
    assert "paket.zip/dgm/dgm1_33_389_5819.xyz: points (terrain), 25 postings" in told
    assert "is empty" in told


def test_an_archive_that_cannot_be_read_is_refused(tmp_path, capsys):
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04" + b"\0" * 40)
    assert cli.main(["info", str(tmp_path / "a.zip")]) == 1
    assert "damaged or cut off" in capsys.readouterr().err
    assert survey_folder(tmp_path)[0].kind == "unreadable"


STARTS = ["LASF", "glTF", "<XPlanAuszug xplangml ", '{"type":"CityJSON"', "solid ", "ply\n"]
ENDS = ["las", "glb", "gml", "json", "stl", "ply", "obj", "gpkg", "geojson", "csv", "xyz"]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=600), st.sampled_from(STARTS), st.sampled_from(ENDS))
def test_any_bytes_of_any_kind_give_a_summary(write, content, start, end):
    assert survey(write(f"any.{end}", start.encode() + content)).kind
