"""Each kind of bad input that municipal files are known for, with the error that names it or the repair that is told.

One line of the table is one case: the file, how it is read, what becomes of it and the words that say so. `error` and
`limit` are refusals of the whole file, `refused` and `repaired` entries of the report about one object, `note` a note.
"""

from __future__ import annotations

import gzip
import json
import re
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from twin import geometry
from twin.errors import DataError, LimitError

A, B, C, D = ("389000 5819000 40", "389010 5819000 40", "389010 5819010 40", "389000 5819010 40")
RING = f"{A} {B} {C} {D} {A}"
HEAD = '<!DOCTYPE a [<!ENTITY b "cccc">]>'
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
OSM = (
    '<osm version="0.6"><node id="1" lat="49.97" lon="11.50"/><node id="2" lat="49.98" lon="11.50"/>'
    '<node id="3" lat="49.98" lon="11.51"/><way id="7"><nd ref="1"/><nd ref="2"/><tag k="highway" v="path"/></way>'
    "{}</osm>"
)
TILE = "".join(f"{389000 + i} {5819000 + j} {34 + i + j}\n" for j in range(4) for i in range(5))
ASCII = "ncols 3\nnrows 2\nxllcorner 389000\nyllcorner 5819000\ncellsize 1\n{}1 2 3\n4 5 {}\n"
TREES = "x;y;baumhoehe;kronedurch;art_bot\n389000;5819000;{};{};{}\n389010;5819000;12;8;Tilia cordata\n"
HERE = {"crs": "EPSG:25833"}


def zipped(name: str, content: bytes) -> bytes:
    sink = BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(name, content)
    return sink.getvalue()


def bomb(name: str) -> bytes:
    return zipped(name, b" " * 20_000_000)


def cut(content: bytes) -> bytes:
    packed = gzip.compress(content)
    return packed[: len(packed) * 2 // 3]


def roof(gml: Any, ring: str, *more: str) -> bytes:
    ground = gml.boundary("GroundSurface", gml.polygon(gml.box_faces()["GroundSurface"][0]))
    return gml.city(
        gml.building("b1", ground, gml.boundary("RoofSurface", gml.polygon(ring, number="r"), *more))
    ).encode()


def town(**changes: Any) -> bytes:
    """A CityJSON file with one roof and one road, some of its parts exchanged."""
    document: dict[str, Any] = {
        "type": "CityJSON",
        "version": "2.0",
        "metadata": {"referenceSystem": "EPSG:7415"},
        "transform": {"scale": [1, 1, 1], "translate": [85000, 447000, 0]},
        "vertices": [[0, 0, 9], [10, 0, 9], [10, 10, 9], [0, 10, 9]],
        "CityObjects": {
            "b1": {"type": "Building", "geometry": [surface([[0, 1, 2, 3]])]},
            "r1": {"type": "Road", "geometry": [surface([[0, 1, 2]])]},
        },
    }
    return json.dumps(document | changes).encode()


def surface(polygon: list[list[int]]) -> dict[str, Any]:
    return {"type": "MultiSurface", "lod": "2", "boundaries": [[[0, 1, 2]], polygon]}


def one(polygon: list[list[int]]) -> dict[str, Any]:
    return {"CityObjects": {"b1": {"type": "Building", "geometry": [surface(polygon)]}}}


Row = tuple[str, str, str, Callable[[Any], bytes], dict[str, Any], str, str]
ITEMS: list[Row] = [
    ("DOCTYPE", "read_citygml", "t.gml", lambda g: g.city(g.box_building("b"), head=HEAD).encode(), {}, "error",
     "DOCTYPE declaration; .* Remove the declaration"),
    ("DOCTYPE", "read_osm", "t.osm", lambda g: (HEAD + OSM).encode(), {}, "error", "DOCTYPE declaration"),
    ("zip bomb", "read_citygml", "t.zip", lambda g: bomb("a.gml"), {}, "limit", "MAX_COMPRESSION_RATIO"),
    ("zip bomb", "read_cityjson", "t.zip", lambda g: bomb("a.json"), {}, "limit", "MAX_COMPRESSION_RATIO"),
    ("zip bomb", "read_xyz", "t.zip", lambda g: bomb("a.xyz"), HERE, "limit", "MAX_COMPRESSION_RATIO"),
    ("zip bomb", "read_raster", "t.zip", lambda g: bomb("a.tif"), {}, "limit", "MAX_COMPRESSION_RATIO"),
    ("path escape", "read_citygml", "t.zip", lambda g: zipped("../a.gml", b"x"), {}, "error", "outside the archive"),
    ("path escape", "read_cityjson", "t.zip", lambda g: zipped("/a.json", b"x"), {}, "error", "outside the archive"),
    ("path escape", "read_xyz", "t.zip", lambda g: zipped("b/../../a.xyz", b"x"), HERE, "error", "outside the archive"),
    ("path escape", "read_raster", "t.zip", lambda g: zipped("C:a.tif", b"x"), {}, "error", "outside the archive"),
    ("cut gz", "read_citygml", "t.gml.gz", lambda g: cut(g.city(*(g.box_building(f"b{i}", i) for i in range(9)))
     .encode()), {}, "error", "none of which is used|cut off"),
    ("cut gz", "read_cityjson", "t.json.gz", lambda g: cut(town()), {}, "error", "cut off.*fetch the file again"),
    ("cut gz", "read_xyz", "t.xyz.gz", lambda g: cut(TILE.encode()), HERE, "error", "cut off.*fetch the file again"),
    ("cut gz", "read_osm", "t.osm.gz", lambda g: cut(OSM.encode()), {}, "error", "cut off.*fetch the file again"),
    ("cut gz", "read_trees", "t.csv.gz", lambda g: cut(TREES.encode()), HERE, "error", "cut off.*fetch the file again"),
    ("cut XML", "read_citygml", "t.gml", lambda g: g.city(g.box_building("b1"), g.box_building("b2", 9)).encode()[:-40],
     {}, "error", r"\d buildings, none of which is used"),
    ("cut XML", "read_osm", "t.osm", lambda g: OSM.encode()[:-20], {}, "error", "none of which is used|cut off"),
    ("cut JSON", "read_cityjson", "t.json", lambda g: town()[:-30], {}, "error", "cut off or damaged"),
    ("NaN", "read_citygml", "t.gml", lambda g: roof(g, f"{A} {B} 389010 NaN 40 {A}"), {}, "refused",
     "not a finite number"),
    ("inf", "read_citygml", "t.gml", lambda g: roof(g, f"{A} {B} 389010 INF 40 {A}"), {}, "refused",
     "not a finite number"),
    ("1e300", "read_citygml", "t.gml", lambda g: roof(g, f"{A} {B} 389010 1e300 40 {A}"), {}, "refused",
     "larger than 1e9 m"),
    ("decimal comma", "read_citygml", "t.gml", lambda g: roof(g, f"{A} {B} 389010,5 5819010,0 40,0 {A}"), {}, "refused",
     "not a number"),
    ("NaN", "read_cityjson", "t.json", lambda g: town().replace(b"10, 0, 9", b"NaN, 0, 9"), {}, "error", "NaN"),
    ("inf", "read_cityjson", "t.json", lambda g: town().replace(b"10, 0, 9", b"1e999, 0, 9"), {}, "refused",
     "not a finite number"),
    ("decimal comma", "read_cityjson", "t.json", lambda g: town().replace(b"10, 0, 9", b"10,5, 0, 9"), {}, "error",
     "triples"),
    ("NaN", "read_xyz", "t.xyz", lambda g: TILE.replace("389002 5819001 37", "389002 5819001 NaN").encode(), HERE,
     "error", "line 8: 'NaN' is not finite; correct or remove the line"),
    ("inf", "read_xyz", "t.xyz", lambda g: TILE.replace("389002 5819001 37", "inf 5819001 37").encode(), HERE, "error",
     "line 8: 'inf' is not finite"),
    ("1e300", "read_xyz", "t.xyz", lambda g: TILE.replace("389002 5819001 37", "1e300 5819001 37").encode(), HERE,
     "error", "line 8: easting 1e.300 lies far from the others"),
    ("NaN", "read_trees", "t.csv", lambda g: TREES.format(12, 8, "Acer").replace("389000", "NaN").encode(), HERE,
     "refused", "coordinate|place|position"),
    ("odd posList", "read_citygml", "t.gml", lambda g: roof(g, f"{A} {B} {C} 7 {A}"), {}, "refused", "multiple of 3"),
    ("odd ring", "read_cityjson", "t.json", lambda g: town(vertices=[[0, 0], [1, 1, 1]]), {}, "error", "triples"),
    ("odd line", "read_xyz", "t.xyz", lambda g: (TILE + "389000 5819004\n").encode(), HERE, "error",
     "line 21: .* has 2 fields; three are needed"),
    ("unclosed ring", "read_citygml", "t.gml", lambda g: roof(g, f"{A} {B} {C} {D}"), {}, "repaired",
     "did not end where it began; it was closed"),
    ("unclosed ring", "read_osm", "t.osm", lambda g: OSM.format('<way id="8"><nd ref="1"/><nd ref="2"/><nd ref="3"/>'
     '<tag k="building" v="yes"/></way>').encode(), {}, "refused", "outline is not closed"),
    ("two points", "read_citygml", "t.gml", lambda g: roof(g, f"{A} {B} {A}"), {}, "refused",
     "fewer than three different points"),
    ("two points", "read_cityjson", "t.json", lambda g: town(**one([[0, 1]])), {}, "refused",
     "fewer than three different points"),
    ("two points", "read_osm", "t.osm", lambda g: OSM.format('<way id="8"><nd ref="1"/><nd ref="2"/><nd ref="1"/>'
     '<tag k="building" v="yes"/></way>').encode(), {}, "refused", "three different nodes"),
    ("self-intersection", "read_osm", "t.osm", lambda g: OSM.format('<node id="4" lat="49.97" lon="11.52"/><way id="8">'
     '<nd ref="1"/><nd ref="3"/><nd ref="4"/><nd ref="2"/><nd ref="1"/><tag k="building" v="yes"/></way>').encode(), {},
     "repaired", "outline was not valid"),
    ("no area", "read_citygml", "t.gml", lambda g: roof(g, f"{A} {C} {B} {D} {A}"), {}, "refused", "encloses no area"),
    ("duplicate ids", "read_citygml", "t.gml", lambda g: g.city(g.box_building("b"), g.box_building("b", 30)).encode(),
     {}, "repaired", "another building has the same gml:id; this one is called b#2"),
    ("duplicate ids", "read_cityjson", "t.json", lambda g: town().replace(b'"r1"', b'"b1"'), {}, "refused",
     "comes twice"),
    ("duplicate ids", "read_osm", "t.osm", lambda g: OSM.format('<way id="7"><nd ref="2"/><nd ref="3"/>'
     '<tag k="highway" v="path"/></way>').encode(), {}, "note", "come more than once"),
    ("solid of references into nothing", "read_citygml", "t.gml", lambda g: g.city(g.box_building("b1"), g.building(
     "b2", g.solid(' xlink:href="#gone"', ' xlink:href="#lost"'))).encode(), {}, "refused", "surface references"),
    ("empty model", "read_citygml", "t.gml", lambda g: g.city().encode(), {}, "note", "holds no buildings"),
    ("empty model", "read_cityjson", "t.json", lambda g: town(CityObjects={}, vertices=[]), {}, "note",
     "holds no buildings"),
    ("empty model", "read_osm", "t.osm", lambda g: b'<osm version="0.6"></osm>', {}, "error", "no nodes and no ways"),
    ("empty file", "read_xyz", "t.xyz", lambda g: b"", HERE, "error", "is empty .0 bytes.*fetch the file again"),
    ("negative index", "read_cityjson", "t.json", lambda g: town(**one([[0, -1, 2]])), {}, "refused",
     "vertex -1; there are 4, counted from 0"),
    ("index out of range", "read_cityjson", "t.json", lambda g: town(**one([[0, 1, 4]])), {}, "refused",
     "vertex 4; there are 4, counted from 0"),
    ("zero scale", "read_cityjson", "t.json", lambda g: town(transform={"scale": [1, 0, 1], "translate": [0] * 3}), {},
     "error", "scale"),
    ("undeclared -9999", "read_raster", "t.asc", lambda g: ASCII.format("NODATA_value -1\n", -9999).encode(), HERE,
     "read", ""),
    ("undeclared -9999", "read_xyz", "t.xyz", lambda g: TILE.replace(" 38\n", " -9999\n").encode(), HERE, "error",
     "-9999, which commonly means 'empty'; give nodata=-9999"),
    ("undeclared -3.4e38", "read_xyz", "t.xyz", lambda g: TILE.replace(" 38\n", " -3.4028235e+38\n").encode(), HERE,
     "error", "commonly means 'empty'; give nodata=-3.4"),
    ("LFS pointer", "read_citygml", "t.gml", lambda g: LFS, {}, "error", "Git LFS pointer.*git lfs pull"),
    ("LFS pointer", "read_cityjson", "t.json", lambda g: LFS, {}, "error", "Git LFS pointer.*git lfs pull"),
    ("LFS pointer", "read_xyz", "t.xyz", lambda g: LFS, HERE, "error", "Git LFS pointer.*git lfs pull"),
    ("LFS pointer", "read_raster", "t.tif", lambda g: LFS, {}, "error", "Git LFS pointer.*git lfs pull"),
    ("LFS pointer", "read_osm", "t.osm.pbf", lambda g: LFS, {}, "error", "Git LFS pointer.*git lfs pull"),
    ("LFS pointer", "read_trees", "t.csv", lambda g: LFS, HERE, "error", "Git LFS pointer.*git lfs pull"),
    ("LFS pointer", "read_trees", "t.gpkg", lambda g: LFS, HERE, "error", "Git LFS pointer.*git lfs pull"),
    ("crowns of 0 and 99 m", "read_trees", "t.csv", lambda g: TREES.format(12, 0, "Acer").encode(), HERE, "repaired",
     "crown"),
    ("crowns of 0 and 99 m", "read_trees", "t.csv", lambda g: TREES.format(12, 99, "Acer").encode(), HERE, "repaired",
     "crown"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("item", "reader", "name", "content", "options", "outcome", "words"),
    ITEMS,
    ids=[f"{row[0]} in {row[2]}" for row in ITEMS],
)
def test_bad_input_has_its_named_error_or_repair(
    gml: Any, write: Any, item: str, reader: str, name: str, content: Any, options: Any, outcome: str, words: str
) -> None:
    file = write(name, content(gml))
    read = getattr(geometry, reader)
    if outcome in ("error", "limit"):
        with pytest.raises(DataError if outcome == "error" else LimitError, match=words) as caught:
            read(file, **options)
        assert str(file) in str(caught.value)  # where
        return
    answer = read(file, **options)
    if outcome == "read":
        return
    told = {
        "refused": [entry.reason for entry in answer.report.refused],
        "repaired": [entry.reason for entry in answer.report.repaired],
        "note": list(answer.report.notes),
    }[outcome]
    assert any(re.search(words, line) for line in told), told


def test_every_item_of_the_corpus_has_a_line() -> None:
    assert {row[1] for row in ITEMS} >= {
        "read_citygml",
        "read_cityjson",
        "read_xyz",
        "read_osm",
        "read_raster",
        "read_trees",
    }
    assert len({row[0] for row in ITEMS}) >= 25


def test_a_word_in_windows_1252_is_read_as_it_was_written(write: Any) -> None:
    file = write("t.csv", TREES.format(12, 8, "Ä").replace("Ä", "Großblättrige Linde").encode("cp1252"))
    trees = geometry.read_trees(file, crs="EPSG:25833")
    assert "Großblättrige Linde" in trees.trees["species"].tolist()


@pytest.mark.parametrize("value", [0.0, -9999.0, -3.4028234663852886e38])
def test_a_declared_void_is_a_gap_and_not_a_height(write: Any, value: float) -> None:
    file = write("t.asc", ASCII.format(f"NODATA_value {value!r}\n", repr(value)).encode())
    ground = geometry.read_raster(file, crs="EPSG:25833")
    assert np.isnan(ground.values[1, 2])
    assert np.isfinite(ground.values).sum() == 5
    tile = write("t.xyz", TILE.replace(" 38\n", f" {value!r}\n").encode())
    heights = geometry.read_xyz(tile, crs="EPSG:25833", nodata=value)
    assert np.isnan(heights.values).sum() == TILE.count(" 38\n")
    assert heights.attrs["gaps"] == TILE.count(" 38\n")


def test_an_undeclared_void_in_a_geotiff_is_refused(tmp_path: Path) -> None:
    import rasterio

    file = tmp_path / "t.tif"
    options = {"driver": "GTiff", "width": 3, "height": 2, "count": 1, "crs": "EPSG:25833"}
    for void, dtype in ((-9999, "int16"), (-32768, "int16"), (-3.4028235e38, "float32")):
        transform = rasterio.Affine(1.0, 0.0, 389000.0, 0.0, -1.0, 5819002.0)
        with rasterio.open(file, "w", dtype=dtype, transform=transform, **options) as sink:
            sink.write(np.array([[34, 35, 36], [37, 38, void]], dtype), 1)
        with pytest.raises(DataError, match=f"value {re.escape(f'{void:g}')} but does not say that it means"):
            geometry.read_raster(file)


def test_rows_written_south_first_are_turned(write: Any) -> None:
    rows = TILE.splitlines()
    north = geometry.read_xyz(write("n.xyz", "\n".join(rows).encode()), crs="EPSG:25833")
    south = geometry.read_xyz(write("s.xyz", "\n".join(rows[::-1]).encode()), crs="EPSG:25833")
    assert np.array_equal(north.values, south.values)
    assert (np.diff(south.y.values) < 0).all()


def test_a_single_row_is_a_raster(write: Any) -> None:
    ground = geometry.read_xyz(write("t.xyz", "\n".join(TILE.splitlines()[:5]).encode()), crs="EPSG:25833")
    assert ground.shape == (1, 5)
    text = "ncols 3\nnrows 1\nxllcorner 389000\nyllcorner 5819000\ncellsize 1\n1 2 3\n"
    assert geometry.read_raster(write("t.asc", text.encode()), crs="EPSG:25833").shape == (1, 3)
