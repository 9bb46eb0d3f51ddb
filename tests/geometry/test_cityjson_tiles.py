"""Several CityJSON files make one city model, whichever way they are named."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from twin.errors import DataError, InputError
from twin.geometry import concatenate_cityjson, read_cityjson

FACES = [[0, 3, 2, 1], [4, 5, 6, 7], [0, 1, 5, 4], [1, 2, 6, 5], [2, 3, 7, 6], [3, 0, 4, 7]]
CUBE = [[0, 0, 0], [10, 0, 0], [10, 10, 0], [0, 10, 0], [0, 0, 10], [10, 0, 10], [10, 10, 10], [0, 10, 10]]


def tile(number: int, *, system: str = "7415", shared: bool = False) -> dict[str, Any]:
    """A house, a road, a triangle of terrain and a tree, 100 m east of those of the tile before."""
    return {
        "type": "CityJSON",
        "version": "2.0",
        "metadata": {
            "referenceSystem": f"https://www.opengis.net/def/crs/EPSG/0/{system}",
            "geographicalExtent": [85000 + 100 * number, 447000, 0, 85100 + 100 * number, 447100, 10],
        },
        "transform": {"scale": [1, 1, 1], "translate": [85000.0 + (0 if shared else 100 * number), 447000.0, 0.0]},
        "CityObjects": {
            f"b{0 if shared else number}": {
                "type": "Building",
                "geometry": [{"type": "Solid", "lod": "2", "boundaries": [[[face] for face in FACES]]}],
            },
            f"r{0 if shared else number}": {
                "type": "Road",
                "geometry": [{"type": "MultiSurface", "lod": "1", "boundaries": [[[0, 1, 2, 3]]]}],
            },
            f"t{number}": {
                "type": "TINRelief",
                "geometry": [{"type": "CompositeSurface", "lod": "1", "boundaries": [[[0, 1, 2]]]}],
            },
            f"v{0 if shared else number}": {
                "type": "SolitaryVegetationObject",
                "attributes": {"height": 8},
                "geometry": [{"type": "MultiPoint", "lod": "1", "boundaries": [0]}],
            },
        },
        "vertices": CUBE,
    }


@pytest.fixture
def tiles(tmp_path: Path) -> list[Path]:
    files = [tmp_path / "tiles" / f"tile_{number}.city.json" for number in range(3)]
    files[0].parent.mkdir()
    for number, file in enumerate(files):
        file.write_text(json.dumps(tile(number)), encoding="utf-8")
    return files


def summary(data: Any) -> tuple[Any, ...]:
    return (
        data.buildings.buildings["id"].tolist(),
        data.areas["id"].tolist(),
        data.area_surfaces.building.tolist(),
        data.relief.building.tolist(),
        data.trees.trees["id"].tolist(),
        data.buildings.surfaces.building.tolist(),
        data.buildings.bounds,
        (data.report.found, data.report.used),
    )


def test_a_list_a_folder_a_pattern_and_an_archive_give_the_same_city(tmp_path: Path, tiles: list[Path]) -> None:
    archive = tmp_path / "tiles.zip"
    with zipfile.ZipFile(archive, "w") as made:
        for file in tiles:
            made.write(file, file.name)
    expected = (
        ["b0", "b1", "b2"], ["r0", "r1", "r2"], [0, 1, 2], [0, 1, 2], ["v0", "v1", "v2"], [0] * 6 + [1] * 6 + [2] * 6,
        (85000.0, 447000.0, 85300.0, 447100.0), (12, 12),
    )  # fmt: skip
    pattern = str(tiles[0].parent / "*.city.json")
    for path in (tiles, [str(file) for file in tiles], tiles[0].parent, pattern, archive, [tiles[0], *tiles[1:]]):
        assert summary(read_cityjson(path)) == expected
    assert summary(concatenate_cityjson([read_cityjson(file) for file in tiles])) == expected


def test_one_file_is_read_as_before(tiles: list[Path]) -> None:
    assert summary(read_cityjson([tiles[1]])) == summary(read_cityjson(tiles[1]))


def test_what_two_tiles_hold_alike_counts_once(tmp_path: Path, tiles: list[Path]) -> None:
    double = tmp_path / "double.city.json"
    double.write_text(json.dumps(tile(7, shared=True)), encoding="utf-8")
    data = read_cityjson([tiles[0], double])
    assert data.buildings.buildings["id"].tolist() == ["b0"]
    assert (data.areas["id"].tolist(), data.area_surfaces.building.tolist()) == (["r0"], [0])
    assert data.trees.trees["id"].tolist() == ["v0"]
    assert "areas come in several files" in " ".join(data.report.notes)


def test_bounds_cut_every_tile(tiles: list[Path]) -> None:
    data = read_cityjson(tiles, bounds=(85105, 447000, 85120, 447020))
    assert (data.buildings.buildings["id"].tolist(), data.areas["id"].tolist()) == (["b1"], ["r1"])
    assert len(data.relief) == 1
    assert len(data.trees.trees) == 0


def test_tiles_in_different_systems_are_refused(tmp_path: Path, tiles: list[Path]) -> None:
    other = tmp_path / "other.city.json"
    other.write_text(json.dumps(tile(0, system="28992")), encoding="utf-8")
    with pytest.raises(DataError, match="transform them"):
        read_cityjson([tiles[0], other])


def test_a_damaged_tile_is_named_and_gives_no_partial_city(tiles: list[Path]) -> None:
    tiles[1].write_text(tiles[1].read_text()[:-30])
    with pytest.raises(DataError, match=r"tile_1\.city\.json is not JSON"):
        read_cityjson(tiles[0].parent)


@pytest.mark.parametrize(
    ("path", "error", "words"),
    [
        ([], InputError, "empty"),
        ("empty", DataError, "folder without a file"),
        ("empty/*.json", DataError, "matches no file"),
        ("nowhere.json", DataError, "does not exist"),
    ],
)
def test_a_path_that_stands_for_nothing_is_refused(tmp_path: Path, path: Any, error: Any, words: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(error, match=words):
        read_cityjson(tmp_path / path if isinstance(path, str) else path)


def test_no_models_cannot_be_joined() -> None:
    with pytest.raises(InputError, match="no city models"):
        concatenate_cityjson([])


def test_plants_bring_the_height_that_the_model_tells(tmp_path: Path) -> None:
    surface = {"type": "MultiSurface", "lod": "1", "boundaries": [[[0, 1, 2, 3]]]}
    told = [7.5, {"value": 3}, 0, -1, 1e9, "high", True, None]
    document = tile(0)
    document["CityObjects"] = {
        f"p{number}": {"type": "PlantCover", "attributes": {"averageHeight": value}, "geometry": [surface]}
        for number, value in enumerate(told)
    } | {"r": {"type": "Road", "attributes": {"averageHeight": 5}, "geometry": [surface]}}
    file = tmp_path / "plants.city.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    heights = read_cityjson(file).areas["height"]
    assert heights[:2].tolist() == [7.5, 3.0]
    assert heights[2:].isna().all()
