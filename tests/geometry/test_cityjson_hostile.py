"""Whatever a CityJSON file holds, reading gives a `TwinError` or a report that names the fault, nothing else."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.errors import DataError, InputError, TwinError
from twin.geometry import read_cityjson

POINTS = [[0, 0, 0], [10, 0, 0], [10, 10, 0], [0, 10, 0], [0, 0, 9], [10, 0, 9], [10, 10, 9], [0, 10, 9]]
FACES = [[[0, 3, 2, 1]], [[4, 5, 6, 7]], [[0, 1, 5, 4]], [[1, 2, 6, 5]], [[2, 3, 7, 6]], [[3, 0, 4, 7]]]
GOOD: dict[str, Any] = {
    "type": "CityJSON",
    "version": "2.0",
    "metadata": {"referenceSystem": "urn:ogc:def:crs:EPSG::7415"},
    "transform": {"scale": [1, 1, 1], "translate": [85000, 447000, 0]},
    "CityObjects": {
        "b": {
            "type": "Building",
            "children": ["p"],
            "geometry": [{"type": "Solid", "lod": "2", "boundaries": [FACES]}],
        },
        "p": {
            "type": "BuildingPart",
            "parents": ["b"],
            "geometry": [{"type": "MultiSurface", "lod": "2", "boundaries": FACES[:2]}],
        },
        "r": {"type": "Road", "geometry": [{"type": "MultiSurface", "lod": 1, "boundaries": [[[0, 1, 2]]]}]},
    },
    "vertices": POINTS,
}


def changed(*keys: Any, to: Any) -> dict[str, Any]:
    document = json.loads(json.dumps(GOOD))  # no list is shared
    place: Any = document
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = to
    return document


def read(document: Any) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "town.city.json"
        if isinstance(document, bytes):
            path.write_bytes(document)
        else:
            path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
        return read_cityjson(path)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (changed("transform", "scale", to=[1, 0, 1]), "scale"),
        (changed("transform", "scale", to=[1, 1]), "scale"),
        (changed("transform", "translate", to=["a", 0, 0]), "translate"),
        (changed("transform", to=None), "needs a transform"),
        (changed("vertices", 0, to=[1, 2]), "triples"),
        (changed("vertices", 0, to=["1", 2, 3]), "triples"),
        (changed("vertices", 0, 0, to=2**70), "64 bits"),
        (changed("vertices", to="none"), "vertices"),
        (changed("CityObjects", to=[]), "CityObjects"),
        (changed("type", to="FeatureCollection"), "not CityJSON"),
        (changed("version", to="3.0"), "version"),
        (changed("metadata", "referenceSystem", to="Amersfoort"), "not understood"),
        (changed("metadata", "referenceSystem", to="EPSG:25833"), "do not lie in"),
        ("[]", "not CityJSON"),
        ("[" * 100_000, "not JSON|nested"),
        ("[" * 100_000 + "]" * 100_000, "nested"),
        (json.dumps(GOOD)[:-20], "cut off"),
        (json.dumps(GOOD).replace("85000", "NaN"), "NaN"),
        (json.dumps(GOOD).replace("85000", "1e999"), "finite"),
        (b"\xff\xfe\x00{", "not JSON"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 3\n", "LFS"),
        (b"", "empty"),
        (b"PK\x03\x04broken", "zip"),
        (json.dumps(GOOD) + "\n{", "line 2"),
        (json.dumps(GOOD) + '\n{"type": "CityJSON"}', "line 2"),
    ],
)  # fmt: skip
def test_what_is_no_whole_cityjson_is_refused_with_a_reason(document: Any, words: str) -> None:
    with pytest.raises(DataError, match=words):
        read(document)


@pytest.mark.parametrize("index", [-1, 8, 2**40, -(2**61)])
def test_an_index_without_a_vertex_is_named_and_never_wraps_around(index: int) -> None:
    document = changed("CityObjects", "b", "geometry", 0, "boundaries", 0, 1, 0, 0, to=index)
    data = read(document)
    assert [entry.id for entry in data.report.refused] == ["b/surface 1"]
    assert "vertex" in data.report.refused[0].reason
    assert len(data.buildings.surfaces) == 7
    assert np.isfinite(data.buildings.surfaces.vertices).all()


@pytest.mark.parametrize(
    ("document", "name"),
    [
        (changed("CityObjects", "b", "children", to=["p", "ghost"]), "b"),
        (changed("CityObjects", "p", "parents", to=["ghost"]), "p"),
        (changed("CityObjects", "b", "geometry", 0, "boundaries", to=[[[0, 1, 2]]]), "b"),
        (changed("CityObjects", "b", "geometry", 0, "boundaries", to=[[[[0, 1.5, 2]]]]), "b"),
        (changed("CityObjects", "b", "geometry", 0, "type", to="MultiPoint"), "b"),
        (changed("CityObjects", "b", "geometry", 0, "lod", to="high"), "b"),
        (changed("CityObjects", "b", "geometry", to={}), "b"),
        (changed("CityObjects", "r", "type", to=None), "r"),
        (changed("CityObjects", "r", to=7), "r"),
        (json.dumps(GOOD).replace('"r": {', '"b": {'), "b"),
    ],
)
def test_what_cannot_be_used_is_named(document: Any, name: str) -> None:
    data = read(document)
    assert name in [entry.id for entry in data.report.refused]


def test_semantics_that_do_not_fit_are_said_and_slopes_decide() -> None:
    semantics = {"surfaces": [{"type": "RoofSurface"}], "values": [[0, 9, 0, 0, 0, 0]]}
    data = read(changed("CityObjects", "b", "geometry", 0, "semantics", to=semantics))
    assert data.report.repaired[0].id == "b"
    assert data.buildings.surfaces.kind[:6].tolist() == [3, 1, 2, 2, 2, 2]


def test_circles_of_parts_end() -> None:
    document = changed("CityObjects", "p", "parents", to=["q"])
    document["CityObjects"]["q"] = {"type": "BuildingPart", "parents": ["p"], "geometry": []}
    document["CityObjects"]["b"]["children"] = []
    assert len(read(document).buildings.buildings) >= 1


def test_a_file_without_objects_gives_an_empty_town() -> None:
    data = read(changed("CityObjects", to={}))
    assert (len(data.buildings.buildings), len(data.areas), len(data.relief)) == (0, 0, 0)
    assert "no buildings" in " ".join(data.report.notes)


def test_impossible_bounds_are_refused_before_reading() -> None:
    with pytest.raises(InputError, match="bounds"):
        read_cityjson("nowhere.json", bounds=(1, 0, 0, 1))


@pytest.mark.parametrize(
    "case",
    [
        "invalid_u64_f64_bounds/invalid_u64_f64_bounds.json",
        "invalid_out_of_range_vertex_index/invalid_out_of_range_vertex_index.json",
        "invalid_missing_type/invalid_missing_type.json",
        "invalid_cityjsonfeature_root_id_unresolved/invalid_cityjsonfeature_root_id_unresolved.city.jsonl",
    ],
)
def test_the_invalid_cases_of_the_corpus_are_refused(shared_data: Callable[[str], Path], case: str) -> None:
    with pytest.raises(DataError):
        read_cityjson(shared_data("city/cityjson_invalid/cases/invalid/" + case))


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.integers(-2, 9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, inner in items for place in _places(inner, (*path, key)))]


@given(place=st.sampled_from([place for place in _places(GOOD) if place]), value=junk)
def test_any_value_in_any_place_gives_a_town_or_an_error_of_ours(place: tuple[Any, ...], value: Any) -> None:
    try:
        data = read(changed(*place, to=value))
    except TwinError:
        return
    assert np.isfinite(data.buildings.surfaces.vertices).all()
    assert len(data.buildings.surfaces) == 0 or data.buildings.surfaces.building.max() < len(data.buildings.buildings)


@given(cut=st.integers(0, len(json.dumps(GOOD)) - 1), flip=st.integers(0, 255))
def test_damaged_bytes_give_a_town_or_an_error_of_ours(cut: int, flip: int) -> None:
    text = bytearray(json.dumps(GOOD).encode())
    text[cut] = flip
    for version in (bytes(text), bytes(text[:cut])):
        with contextlib.suppress(TwinError):
            read(version)
