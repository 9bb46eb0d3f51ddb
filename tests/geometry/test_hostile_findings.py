"""What fuzzing has found, made small: each once ended in something else than a `TwinError`, or in a useless message."""

from __future__ import annotations

import base64
import io
import json
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from pyproj import CRS

from benchmarks.fuzz.change_pbf import blocks_of, packed
from benchmarks.fuzz.seeds_binary import geotiff, pbf
from benchmarks.fuzz.seeds_more import mesh, plan, scan
from benchmarks.fuzz.seeds_text import cityjson_sequence, osm
from twin.errors import DataError, LimitError
from twin.geometry import (
    read_citygml,
    read_cityjson,
    read_las,
    read_mesh,
    read_osm,
    read_plan,
    read_raster,
    read_trees,
    read_units,
    read_xyz,
)
from twin.geometry.polygon_repair import repaired_polygons
from twin.geometry.reference_systems import must_swap_axes
from twin.geometry.surfaces import RingFault, check_rings
from twin.geometry.survey import survey

TILE = [f"{389000 + i} {5819000 + j} {34 + i + j}" for j in range(4) for i in range(5)]
# a GeoTIFF whose name of the CRS is no JSON, though it begins like it
NO_CRS = zlib.decompress(
    base64.b85decode(
        "c-r&y)MDUZU|<krU|?isU<9&wfS3`=<^p0SDBA&unW1b}AZCNIL0FKH1x!}~2~i|*F(h-up=y2ru?&(LTPT|uh=Y;Xe9b&y`W6s3"
        "weT>o0qIXbyuO{8K>|oC0Tpg+XJSwSvV(x^#wAQ(H6<Ve;NXKjb{acS*eC7?q#70&g*n2+7{L(eV-_eIN;9!+Y*%D}1Q;WOLm`6z"
        "i1rn8%uOvSt}ao~R|s-Z@JlUM&{pts3{c2O%}mcIsbSEyv;+VkaUah"
    )
)


@pytest.mark.parametrize(("value", "told"), [("1e308", "larger than 1e9 m"), ("1e8", "it reaches from")])
def test_a_vertex_at_the_end_of_the_world_is_refused_without_overflow(
    gml: Any, write: Any, value: str, told: str
) -> None:
    text = gml.city(gml.box_building("b1"), gml.box_building("b2", 30.0)).replace("389040.0", value)
    models = read_citygml(write("t.gml", text))
    assert any(told in entry.reason for entry in models.report.refused)
    assert np.abs(models.surfaces.vertices).max() < 1e8


def test_areas_that_overflow_are_a_fault_of_the_ring() -> None:
    ring = np.array([[0.0, 0, 0], [1e300, 0, 0], [1e300, 1e300, 0]])
    three, one = np.array([3]), np.array([1])
    checked = check_rings(ring, three, one, one.astype(np.uint8), np.zeros(1, np.int32))
    assert checked.fault.tolist() == [RingFault.TOO_FAR]


def test_medians_that_overflow_are_coordinates_elsewhere() -> None:
    far = np.array([1.7e308, 1.7e308])
    with pytest.raises(DataError, match="do not lie in EPSG:25833"):
        must_swap_axes(far, far, CRS.from_epsg(25833), "tile")


def test_messages_about_long_words_stay_short(gml: Any, write: Any) -> None:
    word = "a" * 5000
    files = [
        (read_citygml, "a.gml", gml.city(gml.box_building("b"), srs=word)),
        (read_citygml, "b.gml", gml.city(f"<{word}></b>")),
        (read_cityjson, "a.json", json.dumps({"type": "CityJSON", "version": word, "CityObjects": {}, "vertices": []})),
        (read_osm, "a.osm", osm().decode().replace('lat="49.9700"', f'lat="{word}"')),
    ]
    for read, name, text in files:
        with pytest.raises(DataError) as caught:
            read(write(name, text))
        assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("number", [[], {}, None, 7])
def test_a_feature_whose_id_is_no_text_is_refused_by_its_line(write: Any, number: Any) -> None:
    lines = cityjson_sequence().decode().splitlines()
    lines[1] = json.dumps(json.loads(lines[1]) | {"id": number})
    data = read_cityjson(write("t.city.jsonl", "\n".join(lines)))
    assert "line 2: the feature holds no city object of its id" in [entry.reason for entry in data.report.refused]


def test_a_part_counts_with_its_building(write: Any) -> None:
    report = read_cityjson(write("t.city.jsonl", cityjson_sequence())).report
    assert report.found == report.used == 5  # building with its part, road, relief, plant, water


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("1e300 5819001 34", "easting 1e.300 lies far from the others"),
        ("389000.0000000001 5819001 34", "out of step|lies far|differs|lattice"),
        ("393000 5823000 34", "a tile is not that empty"),
        ("389001 5819002 1e308", "commonly means 'empty'"),
    ],
)
def test_one_stray_posting_is_named_and_costs_no_memory(write: Any, line: str, told: str) -> None:
    with pytest.raises(DataError, match=told):
        read_xyz(write("t.xyz", "\n".join([*TILE[:7], line, *TILE[8:]])), crs="EPSG:25833")


def test_a_void_beyond_single_precision_is_a_void(write: Any) -> None:
    text = "\n".join(TILE).replace("389001 5819002 37", "389001 5819002 1e308")
    ground = read_xyz(write("t.xyz", text), crs="EPSG:25833", nodata=1e308)
    assert np.isnan(ground.values).sum() == 1


@pytest.mark.parametrize("pixel", [1e-300, 1e300])
def test_pixels_that_no_raster_has_are_refused(write: Any, pixel: float) -> None:
    from rasterio import Affine

    file = write("t.tif", geotiff(transform=Affine(pixel, 0.0, 389000.0, 0.0, -pixel, 5819010.0)))
    for bounds in (None, (389000.0, 5819000.0, 389010.0, 5819010.0)):
        with pytest.raises(DataError, match=r"no raster on Earth does|no georeference"):
            read_raster(file, bounds=bounds)


def test_a_crs_that_is_not_understood_is_asked_for(write: Any) -> None:
    file = write("t.tif", NO_CRS)
    with pytest.raises(DataError, match=r"t\.tif"):
        read_raster(file)


def test_a_header_that_promises_more_than_its_bytes_hold_is_refused(tmp_path: Path) -> None:
    import rasterio

    file = tmp_path / "t.tif"
    options: dict[str, Any] = {"driver": "GTiff", "count": 1, "dtype": "float32", "crs": "EPSG:25833", "tiled": True}
    place = rasterio.Affine(1.0, 0.0, 389000.0, 0.0, -1.0, 5829000.0)
    with rasterio.open(file, "w", width=12000, height=12000, transform=place, sparse_ok=True, **options):
        pass
    with pytest.raises(LimitError, match="promises 12,000 x 12,000 cells in"):
        read_raster(file, crs=None)


@pytest.mark.parametrize("rows", ["4490655.1", "30000", "3"])
def test_an_ascii_grid_that_ends_early_is_refused_at_once(write: Any, rows: str) -> None:
    head = f"ncols 4\nnrows {rows}\nxllcorner 389000\nyllcorner 5819000\ncellsize 1\n"
    with pytest.raises(DataError, match=r"t\.asc"):
        read_raster(write("t.asc", head + "34 34.5 35 36\n"), crs="EPSG:25833")


def test_a_text_with_nul_in_a_pbf_block_is_refused_before_osmium_reads_it(write: Any) -> None:
    blocks = blocks_of(pbf(osm()))
    broken = b"".join(packed(name, content.replace(b"natural", b"na\0ural")) for name, content in blocks)
    with pytest.raises(DataError, match=r"block at byte \d+ holds a NUL character in the text 'na.x00ural'; fetch"):
        read_osm(write("t.osm.pbf", broken))


def test_a_table_without_rows_says_so(write: Any) -> None:
    for text in ("x;y;baumhoehe;kronedurch;art_bot\n", "x;y;baumhoehe;kronedurch;art_bot\n;;;;\n"):
        with pytest.raises(DataError, match=r"t\.csv"):
            read_trees(write("t.csv", text), crs="EPSG:25833")


def test_a_tree_at_the_end_of_the_world_is_refused_alone(write: Any) -> None:
    rows = ["x;y;baumhoehe;kronedurch;art_bot", *(f"{389000 + 9 * i};5819000;12;8;Tilia" for i in range(4))]
    records = read_trees(write("t.csv", "\n".join([*rows, "1e308;5819000;12;8;Tilia"])), crs="EPSG:25833")
    assert len(records.trees) == 4
    assert "1 trees" in [entry.id for entry in records.report.refused]


def test_a_trunk_of_next_to_nothing_tells_no_height(write: Any) -> None:
    rows = "389000;5819000;;8;1e-320\n389010;5819000;12;8;90\n"
    records = read_trees(write("t.csv", "x;y;baumhoehe;kronedurch;stammumfg\n" + rows), crs="EPSG:25833")
    assert ((records.trees["height"] > 1) & (records.trees["height"] < 60)).all()


def test_a_census_cell_at_the_end_of_the_world_is_refused(write: Any) -> None:
    head = "GITTER_ID_100m;x_mp_100m;y_mp_100m;Einwohner\n"
    good, bad = "CRS3035RES100mN2689100E4337000;4337050;2689150;4\n", "CRS3035RES100mNinf;1e300;1e300;4\n"
    records = read_units(write("zensus.csv", head + good + bad))
    assert len(records.units) == 1
    assert "1 cells of zensus.csv" in [entry.id for entry in records.report.refused]


def test_a_column_that_comes_twice_counts_once_and_is_told(write: Any) -> None:
    text = "x;x;y;baumhoehe;kronedurch;;\n389000;7;5819000;12;8;;\n"
    records = read_trees(write("t.csv", text), crs="EPSG:25833")
    assert records.trees.geometry.x.tolist() == [389000.0]
    assert "the column 'x' comes more than once; the first counts" in records.report.notes


def test_infinities_that_cancel_are_named(write: Any) -> None:
    text = "\n".join(TILE).replace("5819001 36", "5819001 -inf").replace("5819001 37", "5819001 inf")
    with pytest.raises(DataError, match=r"line 7: '-inf' is not finite"):
        read_xyz(write("t.xyz", text), crs="EPSG:25833")


def test_a_prefix_that_nobody_declared_is_no_error_of_the_parser(write: Any) -> None:
    for name in ("Envelope", "Polygon"):
        with pytest.raises(DataError, match=r"t\.gml"):
            read_plan(write("t.gml", f'<x><gml:{name} a=""><gml:lowerCorner/></gml:{name}></x>'))
        with pytest.raises(DataError, match=r"t\.gml"):
            read_citygml(write("t.gml", f"<gml:{name}/>"))


def test_a_plan_whose_rings_coincide_in_part_gives_valid_areas_or_names_them(write: Any) -> None:
    ring = "500050 5600000 500090 5600000 500090 5600030 500050 5600030 500050 5600000"
    several = "".join(
        f"<gml:posList>{text}</gml:posList>" for text in (ring, ring, "50000 5600030 500050 5600000", ring)
    )
    text = plan().decode().replace(f"<gml:posList>{ring}</gml:posList>", several)
    assert text.count("posList") > 5
    records = read_plan(write("t.gml", text))
    assert records.areas.geometry.is_valid.all()
    assert records.report.refused or records.report.repaired


def test_hostile_meshes_are_refused_by_name(write: Any) -> None:
    box = mesh("glb")
    files = [
        ("a.obj", b"v 0 0 0\nf 9999999999999999999 1 1\n", r"a\.obj, line 2: .* names no vertex"),
        ("b.obj", b"v 1 " + b"a" * 5000 + b" 2\n", r"b\.obj, line 1"),
        ("c.glb", box.replace(b'"buffer":0', b'"buffer":7'), r"c\.glb: a part of it lies in buffer 7 of 1"),
    ]
    for name, content, told in files:
        with pytest.raises(DataError, match=told) as caught:
            read_mesh(write(name, content), place=(389000.0, 5819000.0, 34.0), crs="EPSG:25833")
        assert len(str(caught.value)) < 500


def test_a_scan_with_a_point_apart_takes_no_memory(tmp_path: Path) -> None:
    laspy = pytest.importorskip("laspy")
    cloud = laspy.read(io.BytesIO(scan()))
    y = np.array(cloud.y)
    y[7] += 3_000_000.0
    cloud.y = y
    cloud.write(str(tmp_path / "t.las"))
    with pytest.raises(DataError, match=r"no scan is that empty\. A point lies apart; give bounds"):
        read_las(tmp_path / "t.las", resolution=0.5)


@pytest.mark.parametrize("size", [0, 2139062143, 2**32 - 1])
def test_a_packed_scan_with_a_layer_larger_than_the_file_is_refused_before_memory_goes(write: Any, size: int) -> None:
    pytest.importorskip("lazrs")
    content = bytearray(scan(packed=True))
    begin = int.from_bytes(content[96:100], "little") + 8 + 30 + 4  # place of the table, first point, number of points
    content[begin : begin + 4] = size.to_bytes(4, "little")
    with pytest.raises(DataError, match="points in packed chunks that end at byte"):
        read_las(write("t.laz", bytes(content)), resolution=1.0)


def test_a_look_at_postings_at_the_end_of_the_world_does_not_overflow(write: Any) -> None:
    text = "389000 5819000 1\n" * 3 + "389001 5819000 2\n" + "1e200 1e200 3\n"
    assert survey(write("t.xyz", text)).kind in ("points", "unreadable", "other")


def test_a_look_at_a_scan_on_no_area_tells_no_density(write: Any) -> None:
    content = bytearray(scan())
    content[179:211] = struct.pack("<4d", 389000.0, 389000.0 - 1e-310, 5819000.0, 5819000.0 - 1e-9)
    assert "points per m²" not in survey(write("t.las", bytes(content))).counts


@pytest.mark.parametrize("far", [1e10, 1e300, 1.7e308])
def test_polygons_at_the_end_of_the_world_are_refused_without_overflow(gml: Any, write: Any, far: float) -> None:
    bow = shapely.Polygon([(0, 0), (far, far), (far, 0), (0, far)])
    polygons, _, refused = repaired_polygons([bow, shapely.box(0, 0, 1, 1)], ["a", "b"])
    assert [polygon is None for polygon in polygons] == [True, False]
    assert "beyond the Earth (first: a)" in refused[0].reason
    text = gml.city(gml.box_building("b1"), gml.box_building("b2", 30.0), srs=None)
    text = text.replace("389040.0 5819000.0 34.0 389030.0", f"{far!r} {-far!r} 34.0 {-far!r}")
    assert len(read_citygml(write("t.gml", text)).buildings) == 2


def test_a_census_header_in_two_encodings_is_refused_by_name(write: Any) -> None:
    with pytest.raises(DataError, match=r"t\.csv"):
        read_units(write("t.csv", b"\xef\xbb\xbfGITTER_ID_100m;\x969122"))


def test_postings_at_both_ends_of_the_world_and_one_endless_word_are_named(write):
    far = "0 0 0\n9 819000 0\n0 0 0\n9 5819000 0\n1e308 0 0\n9 5819003 5\n-1e308 5819003 5\n0 5819003 5"
    with pytest.raises(DataError, match=r"line 5: easting 1e\+308 lies far from the others"):
        read_xyz(write("far.xyz", far), crs="EPSG:25833")
    with pytest.raises(DataError) as refusal:
        read_xyz(write("word.csv", "x;y;z\r389000;5819000;" + "a" * 5000), crs="EPSG:25833")
    assert len(str(refusal.value)) < 1000
