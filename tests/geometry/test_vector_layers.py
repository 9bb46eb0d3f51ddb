"""Layers open the same way whatever they are packed in; what a file lacks is said. All files here are synthetic."""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from twin import limits
from twin.errors import DataError, InputError, LimitError
from twin.geometry import read_trees
from twin.geometry.survey import survey
from twin.geometry.vector_layers import layer_files, open_layer

WHAT = "a layer of areas"
WORDS = ["Wohnbaufläche", "Straßenverkehr"]


def table(crs: str | None = "EPSG:25832") -> gpd.GeoDataFrame:
    boxes = [shapely.box(500000 + 100 * n, 5600000, 500100 + 100 * n, 5600100) for n in range(2)]
    return gpd.GeoDataFrame({"nutzart": WORDS}, geometry=boxes, crs=crs)


def shapefile(folder: Path, encoding: str = "utf-8", *, cpg: str | None = None, crs: str | None = "EPSG:25832") -> Path:
    place = folder / "nutzung.shp"
    table().to_file(place, encoding=encoding)
    if crs is None:
        place.with_suffix(".prj").unlink(missing_ok=True)
    if cpg is None:
        place.with_suffix(".cpg").unlink(missing_ok=True)
    else:
        place.with_suffix(".cpg").write_text(cpg)
    return place


def zipped(folder: Path, *names: str, inner: str = "") -> Path:
    place = folder / "town.zip"
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.iterdir()):
            if file.suffix != ".zip" and (not names or file.suffix in names):
                archive.write(file, inner + file.name)
    return place


@pytest.mark.parametrize("suffix", [".gpkg", ".shp", ".geojson", ".fgb"])
def test_every_format_gives_the_same_features(tmp_path, suffix) -> None:
    place = tmp_path / f"layer{suffix}"
    table().to_file(place)
    layer = open_layer(place, WHAT)
    assert sorted(layer.table["nutzart"]) == sorted(WORDS)  # FlatGeobuf sorts by place
    assert layer.crs is not None
    assert layer.crs.to_epsg() == 25832
    assert layer.total == 2
    assert layer.extent == (500000.0, 5600000.0, 500200.0, 5600100.0)


@pytest.mark.parametrize(
    ("encoding", "cpg"),
    [
        ("cp1252", None),
        ("utf-8", None),
        ("cp1252", "ANSI 1252"),
        ("utf-8", "UTF8"),
        ("cp1252", "8859-1"),
        ("cp1252", "SYSTEM?"),
        ("utf-8", "\ufeffUTF-8\n"),
    ],
)
def test_umlauts_survive_with_and_without_cpg(tmp_path, encoding, cpg) -> None:
    assert open_layer(shapefile(tmp_path, encoding, cpg=cpg), WHAT).table["nutzart"].tolist() == WORDS


def test_an_encoding_that_is_not_known_is_noted(tmp_path) -> None:
    notes = open_layer(shapefile(tmp_path, "cp1252", cpg="KLINGON"), WHAT).notes
    assert any("KLINGON" in note for note in notes)
    assert any("Windows-1252" in note for note in notes)


def test_a_shapefile_without_prj_has_no_crs(tmp_path) -> None:
    assert open_layer(shapefile(tmp_path, crs=None), WHAT).crs is None


def test_a_broken_prj_is_named_with_the_way_out(tmp_path) -> None:
    place = shapefile(tmp_path)
    place.with_suffix(".prj").write_text("PROJCS[what?")
    with pytest.raises(DataError, match=r"not understood .*remove its \.prj and give crs="):
        open_layer(place, WHAT)


def test_a_shapefile_is_read_inside_its_archive(tmp_path) -> None:
    shapefile(tmp_path, "cp1252")
    (file,) = layer_files(zipped(tmp_path, inner="Daten 2026/"), WHAT)
    layer = open_layer(file, WHAT)
    assert layer.table["nutzart"].tolist() == WORDS
    assert layer.crs is not None


def test_a_shapefile_without_shx_or_dbf_in_the_archive_is_refused_or_said(tmp_path) -> None:
    shapefile(tmp_path)
    (file,) = layer_files(zipped(tmp_path, ".shp"), WHAT)
    with pytest.raises(DataError, match="cannot be read as a layer of areas"):
        open_layer(file, WHAT)


def test_an_archive_that_reaches_outside_is_refused(tmp_path) -> None:
    place = tmp_path / "town.zip"
    with zipfile.ZipFile(place, "w") as archive:
        archive.writestr("../../town.geojson", "{}")
    with pytest.raises(DataError, match="names a place outside the archive"):
        layer_files(place, WHAT)


def test_a_bomb_is_refused_before_it_bursts(tmp_path) -> None:
    place = tmp_path / "bomb.geojson.gz"
    place.write_bytes(gzip.compress(b" " * 60_000_000))
    with pytest.raises(LimitError, match="MAX_COMPRESSION_RATIO"):
        open_layer(place, WHAT)


def test_gzip_is_unpacked_and_a_cut_one_is_refused(tmp_path) -> None:
    text = table().to_json(to_wgs84=True).encode()
    place = tmp_path / "town.geojson.gz"
    place.write_bytes(gzip.compress(text))
    assert open_layer(place, WHAT).total == 2
    place.write_bytes(gzip.compress(text)[:-20])
    with pytest.raises(DataError, match="cut off"):
        open_layer(place, WHAT)


def test_several_layers_are_listed_when_none_is_named(tmp_path) -> None:
    place = tmp_path / "town.gpkg"
    table().to_file(place, layer="AX_Wald")
    table().to_file(place, layer="AX_Weg")
    with pytest.raises(DataError, match="has 2 layers: AX_Wald, AX_Weg; say which with layer="):
        open_layer(place, WHAT)
    with pytest.raises(DataError, match="no layer 'AX_Wog'; its layers are: AX_Wald, AX_Weg"):
        open_layer(place, WHAT, layer="AX_Wog")
    assert open_layer(place, WHAT, layer="AX_Weg").name == "AX_Weg"


def test_bounds_read_a_part_and_the_total_stays_known(tmp_path) -> None:
    place = tmp_path / "town.gpkg"
    table().to_file(place)
    layer = open_layer(place, WHAT, bounds=(500150, 5600010, 500160, 5600020))
    assert (len(layer.table), layer.total) == (1, 2)


def test_folder_pattern_and_list_give_the_files_in_order(tmp_path) -> None:
    for name in ("b.geojson", "a.geojson"):
        (tmp_path / name).write_text(table().to_json(to_wgs84=True))
    (tmp_path / "readme.txt").write_text("words")
    names = ["a.geojson", "b.geojson"]
    assert [file.name for file in layer_files(tmp_path, WHAT)] == names
    assert [file.name for file in layer_files(tmp_path / "*.geojson", WHAT)] == names
    assert [file.name for file in layer_files([tmp_path / name for name in names], WHAT)] == names


def test_patterns_reach_into_archives_and_pass_sidecars_by(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "teil_nord.zip", "w") as archive:
        for name in ("a/tn.geojson", "a/lies.txt", "b/tn.geojson"):
            archive.writestr(name, "{}")
    for name in ("teil_ost.shp", "teil_ost.dbf", "teil_ost.shp.xml"):
        (tmp_path / name).write_text("x")
    inside = [tmp_path / "teil_nord.zip" / folder / "tn.geojson" for folder in "ab"]
    assert layer_files(tmp_path / "teil_nord.zip" / "a" / "*", WHAT) == inside[:1]
    assert layer_files(tmp_path / "teil_nord.zip" / "*.geojson", WHAT) == inside
    assert layer_files(tmp_path / "teil_*", WHAT) == [*inside, tmp_path / "teil_ost.shp"]
    with pytest.raises(DataError, match=r"\*\.gpkg: no file has such a name"):
        layer_files(tmp_path / "teil_nord.zip" / "*.gpkg", WHAT)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "Git LFS pointer"),
        (b'{"type": "FeatureCollection", "features": [', "cannot be read as"),
        (b"no json at all", "cannot be read as"),
        (b"[1, 2, 3]", "cannot be read as"),
        (b"\xff\xfe\x00\x00", "cannot be read as"),
    ],
)
def test_what_is_no_layer_is_refused_by_name(tmp_path, content, words) -> None:
    place = tmp_path / "town.geojson"
    place.write_bytes(content)
    with pytest.raises(DataError, match=words):
        open_layer(layer_files(place, WHAT)[0], WHAT)


POINTERS = {
    "vrt": '<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>{}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>',
    "pipeline": '{{"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline ! read {}"}}',
}


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".shp", ".fgb"])
@pytest.mark.parametrize("kind", POINTERS)
def test_a_file_that_points_to_another_is_not_followed(tmp_path, kind, suffix) -> None:
    secret = tmp_path / "secret.gpkg"
    table().to_file(secret)
    place = tmp_path / f"town{suffix}"
    place.write_text(POINTERS[kind].format(secret))
    with pytest.raises(DataError, match="its content is not what the ending"):
        open_layer(place, WHAT)
    found = survey(place)
    assert found.kind not in ("vector", "table"), found.kind


def test_gml_is_refused_with_the_way_out(tmp_path) -> None:
    place = tmp_path / "nas.xml"
    place.write_text("<AX_Bestandsdatenauszug/>")
    with pytest.raises(DataError, match="save the layer as GeoPackage"):
        open_layer(layer_files(place, WHAT)[0], WHAT)


def test_a_folder_without_layers_and_an_empty_list_are_refused(tmp_path) -> None:
    with pytest.raises(DataError, match="is a folder without a file ending in"):
        layer_files(tmp_path, WHAT)
    with pytest.raises(InputError, match="the list of files is empty"):
        layer_files([], WHAT)


def test_a_file_above_the_limit_is_refused(tmp_path, monkeypatch) -> None:
    place = tmp_path / "town.gpkg"
    table().to_file(place)
    monkeypatch.setattr(limits, "MAX_FILE_BYTES", 1000)
    with pytest.raises(LimitError, match="MAX_FILE_BYTES"):
        open_layer(place, WHAT)


def test_a_tree_cadastre_is_read_inside_its_archive(tmp_path) -> None:
    trees = {"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"baumhoehe": 12.0, "kronedurch": 8.0, "art_bot": "Tilia"},
         "geometry": {"type": "Point", "coordinates": [13.35, 52.52]}}]}  # fmt: skip
    (tmp_path / "trees.geojson").write_text(json.dumps(trees))
    records = read_trees(zipped(tmp_path))
    assert (records.layout, len(records.trees)) == ("berlin", 1)
