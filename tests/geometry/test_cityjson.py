"""CityJSON files of our own making, and two public city models, become buildings, areas and terrain."""

from __future__ import annotations

import copy
import gzip
import json
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from twin.geometry import SurfaceKind, read_cityjson

Shared = Callable[[str], Path]

# a cube of 10 m, faces by vertex number: bottom, top, four sides
CUBE = [[0, 0, 0], [10, 0, 0], [10, 10, 0], [0, 10, 0], [0, 0, 10], [10, 0, 10], [10, 10, 10], [0, 10, 10]]
FACES = [[0, 3, 2, 1], [4, 5, 6, 7], [0, 1, 5, 4], [1, 2, 6, 5], [2, 3, 7, 6], [3, 0, 4, 7]]
SOLID = [[[face] for face in FACES]]
SEMANTICS = {
    "surfaces": [{"type": "GroundSurface"}, {"type": "RoofSurface"}, {"type": "WallSurface"}],
    "values": [[0, 1, 2, 2, 2, 2]],
}


def town(objects: dict[str, Any], vertices: Any = None, **more: Any) -> dict[str, Any]:
    """A CityJSON 2.0 document in decimetres near Delft."""
    points = (np.array(CUBE) * 10).tolist() if vertices is None else vertices
    return {
        "type": "CityJSON",
        "version": "2.0",
        "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/7415"},
        "transform": {"scale": [0.1, 0.1, 0.1], "translate": [85000.0, 447000.0, 5.0]},
        "CityObjects": objects,
        "vertices": points,
    } | more


def cube(kind: str = "Building", lod: Any = "2", **more: Any) -> dict[str, Any]:
    geometry = {"type": "Solid", "lod": lod, "boundaries": copy.deepcopy(SOLID), "semantics": SEMANTICS}
    return {"type": kind, "geometry": [geometry], **more}


def read(folder: Path, document: Any, name: str = "town.city.json", **options: Any) -> Any:
    path = folder / name
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return read_cityjson(path, **options)


def test_a_cube_keeps_its_size_place_and_kinds(tmp_path: Path) -> None:
    told = {
        "measuredHeight": 9.5,
        "storeysAboveGround": 3,
        "function": "1000",
        "roofType": "1030",
        "name": "Cube",
        "owner": "city",
    }
    data = read(tmp_path, town({"b": cube(attributes=told)}))
    surfaces = data.buildings.surfaces
    assert surfaces.vertices.min(axis=0) == pytest.approx([85000, 447000, 5], abs=1e-9)
    assert surfaces.vertices.max(axis=0) == pytest.approx([85010, 447010, 15], abs=1e-9)
    assert surfaces.kind.tolist() == [SurfaceKind.GROUND, SurfaceKind.ROOF, *[SurfaceKind.WALL] * 4]
    assert data.buildings.buildings.iloc[0].to_dict() == {
        "id": "b", "name": "Cube", "function": "1000", "roof_type": "1030", "storeys": 3.0, "measured_height": 9.5,
        "lod": 2, "generic": {"owner": "city"},
    }  # fmt: skip
    assert data.buildings.crs.to_epsg() == 28992
    assert data.buildings.vertical_datum == "NAP"
    assert data.report.refused == data.report.repaired == ()


@pytest.mark.parametrize(
    ("kind", "boundaries", "values"),
    [
        ("MultiSurface", SOLID[0], [0, 1, 2, 2, 2, 2]),
        ("CompositeSurface", SOLID[0], [0, 1, 2, 2, 2, 2]),
        ("Solid", SOLID, [[0, 1, 2, 2, 2, 2]]),
        ("MultiSolid", [SOLID], [[[0, 1, 2, 2, 2, 2]]]),
        ("CompositeSolid", [SOLID], [[[0, 1, 2, 2, 2, 2]]]),
    ],
)
@pytest.mark.parametrize("semantic", [True, False])
def test_all_types_of_geometry_give_the_same_cube(
    tmp_path: Path, kind: str, boundaries: Any, values: Any, semantic: bool
) -> None:
    geometry: dict[str, Any] = {"type": kind, "lod": "2", "boundaries": boundaries}
    if semantic:
        geometry["semantics"] = {"surfaces": SEMANTICS["surfaces"], "values": values}
    data = read(tmp_path, town({"b": {"type": "Building", "geometry": [geometry]}}))
    # without semantics the slope says it: the same kinds
    assert data.buildings.surfaces.kind.tolist() == [3, 1, 2, 2, 2, 2]


def test_versions_and_containers_agree(tmp_path: Path) -> None:
    document = town({"b": cube()})
    expected = read(tmp_path, document).buildings.surfaces.vertices
    text = json.dumps(document)
    packed = tmp_path / "town.city.json.gz"
    packed.write_bytes(gzip.compress(text.encode()))
    archive = tmp_path / "town.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("folder/town.city.json", text)
    plain = {key: value for key, value in document.items() if key != "transform"}
    plain |= {"version": "1.0", "vertices": np.add(CUBE, [85000.0, 447000.0, 5.0]).tolist()}
    head = document | {"CityObjects": {}, "vertices": []}
    feature = {"type": "CityJSONFeature", "id": "b", "CityObjects": document["CityObjects"]}
    feature["vertices"] = document["vertices"]
    for found in (
        read_cityjson(packed),
        read_cityjson(archive),
        read(tmp_path, document | {"version": "1.1"}),
        read(tmp_path, plain),
        read(tmp_path, json.dumps(head) + "\n" + json.dumps(feature) + "\n", "town.city.jsonl"),
    ):
        np.testing.assert_allclose(found.buildings.surfaces.vertices, expected, atol=1e-9)


def test_features_of_a_sequence_have_their_own_vertices(tmp_path: Path) -> None:
    lines = [town({}, [])]
    for number in range(3):
        points = (np.array(CUBE) * 10 + np.array([1000 * number, 0, 0])).tolist()
        name = f"b{number}"
        lines.append({"type": "CityJSONFeature", "id": name, "CityObjects": {name: cube()}, "vertices": points})
    data = read(tmp_path, "\n".join(map(json.dumps, lines)), "town.city.jsonl")
    west = [data.buildings.surfaces.vertices[data.buildings.surfaces.ring_start[6 * i], 0] for i in range(3)]
    assert west == pytest.approx([85000, 85100, 85200])


def test_parts_are_merged_and_the_best_level_up_to_two_counts(tmp_path: Path) -> None:
    lower = cube("BuildingPart", "1.2")["geometry"]
    part = cube("BuildingPart", "2.2", parents=["b"], attributes={"storeysAboveGround": 2})
    part["geometry"] += [*cube(lod="3")["geometry"], *lower]
    coarse = cube("BuildingPart", "1", parents=["b"])
    building = cube("Building", "1", children=["p", "q"])
    data = read(tmp_path, town({"b": building, "p": part, "q": coarse}))
    assert data.buildings.buildings[["id", "lod", "storeys"]].values.tolist() == [["b", 2, 2.0]]
    assert len(data.buildings.surfaces) == 12  # 2.2 of one part, 1 of the other; the coarse hull of both is left out
    assert [entry.id for entry in data.report.repaired] == ["b"]
    alone = read(tmp_path, town({"b": cube(lod=3)}))
    assert alone.buildings.buildings["lod"].tolist() == [3]


def test_holes_stay_holes_and_cavities_are_left_out(tmp_path: Path) -> None:
    points = [[0, 0, 0], [90, 0, 0], [90, 90, 0], [0, 90, 0], [30, 30, 0], [60, 30, 0], [60, 60, 0], [30, 60, 0]]
    square = {"type": "MultiSurface", "lod": "1", "boundaries": [[[0, 1, 2, 3], [4, 7, 6, 5]]]}
    data = read(tmp_path, town({"r": {"type": "LandUse", "geometry": [square]}}, points))
    assert data.areas.geometry.area.tolist() == pytest.approx([81 - 9])
    hollow = {"type": "Solid", "lod": "2", "boundaries": [SOLID[0], SOLID[0]]}
    data = read(tmp_path, town({"b": {"type": "Building", "geometry": [hollow]}}))
    assert len(data.buildings.surfaces) == 6
    assert "1 inner shells" in " ".join(data.report.notes)


@pytest.mark.parametrize(
    ("faces", "area"),
    [
        ([[0, 1, 2], [0, 2, 3]], 81.0),  # two triangles of a square
        ([[0, 1, 2], [0, 1, 3]], 60.75),  # they overlap in a quarter of it
        ([[0, 1, 2, 3], [0, 1, 2]], 81.0),  # one lies in the other
        ([[0, 1, 2, 3], [4, 5, 6]], 81.0),  # the same, without a common edge
    ],
)
def test_ground_counts_once_where_facets_overlap(tmp_path: Path, faces: list[list[int]], area: float) -> None:
    points = [[0, 0, 0], [90, 0, 0], [90, 90, 0], [0, 90, 0], [30, 30, 0], [60, 30, 0], [60, 60, 0]]
    geometry = {"type": "MultiSurface", "lod": "1", "boundaries": [[face] for face in faces]}
    data = read(tmp_path, town({"r": {"type": "Road", "geometry": [geometry]}}, points))
    assert data.areas.geometry.area.tolist() == pytest.approx([area])
    assert data.areas.geometry.is_valid.all()


def test_templates_are_placed_where_their_instances_stand(tmp_path: Path) -> None:
    matrix = [0, -2, 0, 1, 2, 0, 0, 2, 0, 0, 2, 3, 0, 0, 0, 1]  # a quarter turn, twice the size, moved by (1, 2, 3)
    instance = {"type": "GeometryInstance", "template": 0, "boundaries": [0], "transformationMatrix": matrix}
    templates = {
        "templates": [{"type": "MultiSurface", "lod": "2", "boundaries": [[[0, 1, 2]]]}],
        "vertices-templates": [[0, 0, 0], [1, 0, 0], [1, 1, 0]],
    }
    document = town({"t": {"type": "CityFurniture", "geometry": [instance]}}, **{"geometry-templates": templates})
    got = read(tmp_path, document).area_surfaces.vertices - [85000, 447000, 5]
    np.testing.assert_allclose(got, [[1, 2, 3], [1, 4, 3], [-1, 4, 3]], atol=1e-9)


def test_bounds_keep_what_they_touch(tmp_path: Path) -> None:
    points = [[x + 1000 * far, y, z] for far in (0, 1) for x, y, z in (np.array(CUBE) * 10).tolist()]
    moved = cube()
    moved["geometry"][0]["boundaries"] = [[[[number + 8 for number in face]] for face in FACES]]
    road = {"type": "Road", "geometry": [{"type": "MultiSurface", "lod": 1, "boundaries": [[FACES[0]]]}]}
    relief = {"type": "TINRelief", "geometry": [{"type": "CompositeSurface", "lod": 1, "boundaries": [[[0, 1, 2]]]}]}
    objects = {"near": cube(), "far": moved, "road": road, "tin": relief}
    data = read(tmp_path, town(objects, points), bounds=(84990, 446990, 85020, 447020))
    assert data.buildings.buildings["id"].tolist() == ["near"]
    assert (len(data.areas), len(data.relief)) == (1, 1)
    data = read(tmp_path, town(objects, points), bounds=(85090, 446990, 85120, 447020))
    assert data.buildings.buildings["id"].tolist() == ["far"]
    assert (len(data.areas), len(data.relief)) == (0, 0)


@pytest.mark.parametrize(
    ("file", "counts", "surfaces", "relief"),
    [
        (
            "city/delft_3dfier/delft.city.json.gz",
            {"Building": 160, "Road": 143, "PlantCover": 126, "LandUse": 81, "WaterBody": 3, "Bridge": 3,
             "GenericCityObject": 54},
            None,
            0,
        ),
        ("city/denhaag/DenHaag_01.city.json.zip", {"Building": 844, "BuildingPart": 1653, "TINRelief": 1}, 16209, None),
    ],
)  # fmt: skip
def test_public_models_are_read_whole(
    shared_data: Shared, file: str, counts: dict[str, int], surfaces: int | None, relief: int | None
) -> None:
    path = shared_data(file)
    raw = json.loads(gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else _only_member(path))
    assert dict(Counter(item["type"] for item in raw["CityObjects"].values())) == counts
    data = read_cityjson(path)
    assert len(data.buildings.buildings) == counts["Building"]
    others = {kind: number for kind, number in counts.items() if kind not in ("Building", "BuildingPart", "TINRelief")}
    assert dict(Counter(data.areas["class"])) == others
    # every polygon of the file is there or named in the report, counted here on its own
    polygons = sum(
        len(shell) if geometry["type"] == "Solid" else 1
        for item in raw["CityObjects"].values()
        for geometry in item.get("geometry", [])
        for shell in geometry["boundaries"]
    )
    used = len(data.buildings.surfaces) + len(data.area_surfaces) + len(data.relief)
    assert used + len(data.report.refused) == polygons
    assert surfaces is None or len(data.buildings.surfaces) == surfaces
    assert relief is None or len(data.relief) == relief
    extent = raw["metadata"]["geographicalExtent"]
    assert data.buildings.bounds == (extent[0], extent[1], extent[3], extent[4])
    every = np.concatenate([part.vertices for part in (data.buildings.surfaces, data.area_surfaces, data.relief)])
    assert every.min(axis=0) == pytest.approx(extent[:3], abs=1e-3)  # the file's precision
    assert every.max(axis=0) == pytest.approx(extent[3:], abs=1e-3)


def _only_member(path: Path) -> bytes:
    with zipfile.ZipFile(path) as archive:
        return archive.read(archive.namelist()[0])
