"""A city as binary glTF: where it lies, how it is built, and what is written about it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh

from twin import City, GridSpec, limits
from twin.errors import DataError, InputError, LimitError
from twin.export import write_glb
from twin.export.mesh import building_blocks, ground_surface
from twin.scenario.hamlet import hamlet

SPEC = GridSpec(690000.0, 5540020.0, 4.0, 5, 6, "EPSG:25832")


@pytest.fixture(scope="module")
def city() -> City:
    return hamlet()


def tree_of(path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    tree: dict[str, Any] = json.loads(content[20 : 20 + int.from_bytes(content[12:16], "little")])
    return tree


def parts_of(path: Path) -> dict[str, trimesh.Trimesh]:
    return dict(trimesh.load_scene(path, process=False).geometry)


def attribute(path: Path, mesh: str, name: str) -> np.ndarray:
    """Read a vertex attribute as the specification says, without the library that wrote it."""
    content, tree = path.read_bytes(), tree_of(path)
    primitive = next(each for each in tree["meshes"] if each["name"] == mesh)["primitives"][0]
    accessor = tree["accessors"][primitive["attributes"][name]]
    view = tree["bufferViews"][accessor["bufferView"]]
    begin = (
        20 + int.from_bytes(content[12:16], "little") + 8 + view.get("byteOffset", 0) + accessor.get("byteOffset", 0)
    )
    width = {"SCALAR": 1, "VEC3": 3, "VEC4": 4}[accessor["type"]]
    kind = {5121: "u1", 5126: "<f4"}[accessor["componentType"]]
    return np.frombuffer(content, kind, accessor["count"] * width, begin).reshape(accessor["count"], width)


def area(vertices: np.ndarray, faces: np.ndarray) -> float:
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


def block() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two by two cells, 5 m high, on flat ground at 100 m."""
    ground = np.full(SPEC.shape, 100.0)
    number = np.zeros(SPEC.shape, np.int32)
    number[1:3, 2:4] = 7
    return np.where(number, 105.0, 100.0), ground, number


def test_a_block_has_the_area_of_its_roof_and_walls() -> None:
    vertices, faces, building = building_blocks(*block(), SPEC)
    assert area(vertices, faces) == pytest.approx(8 * 8 + 4 * 8 * 5, rel=1e-12)  # no wall inside
    assert set(building) == {7}


def test_every_face_of_a_block_looks_outwards() -> None:
    vertices, faces, _ = building_blocks(*block(), SPEC)
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    outwards = np.cross(b - a, c - a)
    centre = np.array([690000.0 + 12, 5540020.0 - 8, 102.5])
    assert (np.einsum("ij,ij->i", outwards, (a + b + c) / 3 - centre) > 0).all()


def test_a_step_in_the_roof_gets_one_wall() -> None:
    surface, ground, number = block()
    surface[1:3, 3] = 108.0
    vertices, faces, _ = building_blocks(surface, ground, number, SPEC)
    walls = 8 * 5 + 8 * 8 + 2 * 4 * (5 + 8)  # west, east, and both halves of north and south
    assert area(vertices, faces) == pytest.approx(64 + walls + 8 * 3, rel=1e-12)


def test_walls_reach_down_to_the_lower_ground() -> None:
    surface, ground, number = block()
    ground[:, 4:] = 97.0
    assert building_blocks(surface, ground, number, SPEC)[0][:, 2].min() == 97.0


def test_ground_faces_look_up_and_leave_a_hole_where_nothing_is_known() -> None:
    ground = np.full(SPEC.shape, 100.0)
    ground[2, 2] = np.nan
    vertices, faces, kept = ground_surface(ground, SPEC)
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    assert (np.cross(b - a, c - a)[:, 2] > 0).all()
    assert len(vertices) == 29
    assert 2 * 6 + 2 not in kept
    # of the forty triangles six meet in an inner vertex
    assert len(faces) == 40 - 6


def test_origin_and_crs_bring_the_vertices_back_to_the_map(tmp_path: Path, city: City) -> None:
    path = write_glb(city, tmp_path / "hamlet.glb")
    extras = tree_of(path)["scenes"][0]["extras"]
    east, north, up = extras["origin"]
    points = parts_of(path)["buildings"].vertices
    here = city.grid["building_id"].values > 0
    assert (points[:, 1] + up).max() == pytest.approx(
        float(city.grid["surface_elevation"].values[here].max()), abs=1e-4
    )
    x, y = points[:, 0] + east, north - points[:, 2]
    bounds = city.buildings.total_bounds
    assert [x.min(), y.min(), x.max(), y.max()] == pytest.approx(bounds.tolist(), abs=1e-3)
    assert GridSpec(0, 1, 1.0, 1, 1, extras["crs"]).crs.to_epsg() == 25832


def test_local_coordinates_are_small(tmp_path: Path, city: City) -> None:
    for mesh in parts_of(write_glb(city, tmp_path / "hamlet.glb")).values():
        assert np.abs(mesh.vertices).max() < 200  # of a hamlet of 160 m


def test_vertices_name_their_building(tmp_path: Path, city: City) -> None:
    ids = attribute(write_glb(city, tmp_path / "hamlet.glb"), "buildings", "_BUILDING_ID")
    assert set(np.ravel(ids).astype(int)) == set(city.buildings.index)


def test_attribution_and_caveats_travel_with_the_model(tmp_path: Path, city: City) -> None:
    tree = tree_of(write_glb(city, tmp_path / "hamlet.glb"))
    assert tree["asset"]["copyright"] == "The twin developers"
    assert tree["scenes"][0]["extras"]["caveats"] == ["This hamlet is made up."]


def test_surfaces_are_not_bare_metal(tmp_path: Path, city: City) -> None:
    tree = tree_of(write_glb(city, tmp_path / "hamlet.glb"))
    used = {primitive["material"] for mesh in tree["meshes"] for primitive in mesh["primitives"]}
    assert [tree["materials"][index]["pbrMetallicRoughness"]["metallicFactor"] for index in used] == [0.0]


def test_a_map_colours_the_ground_only_where_it_has_values(tmp_path: Path, city: City) -> None:
    depth = city.grid["ground_elevation"].copy(data=np.zeros(city.spec.shape)).rename("water_depth_max")
    depth.attrs = {"units": "m"}
    depth[3, 4] = 0.7
    plain = attribute(write_glb(city, tmp_path / "plain.glb"), "ground", "COLOR_0")
    path = write_glb(city, tmp_path / "wet.glb", field=depth)
    wet = attribute(path, "ground", "COLOR_0")
    changed = np.flatnonzero((plain != wet).any(axis=1))
    assert changed.tolist() == [3 * city.spec.columns + 4]
    assert tree_of(path)["scenes"][0]["extras"]["field"]["units"] == "m"


def test_a_map_of_another_grid_is_refused(tmp_path: Path, city: City) -> None:
    with pytest.raises(InputError, match="must lie on the city's own grid"):
        write_glb(city, tmp_path / "a.glb", field=city.grid["ground_elevation"].isel(y=slice(1, None)))


def test_a_city_without_buildings_is_ground_alone(tmp_path: Path, city: City) -> None:
    grid = city.grid.assign(building_id=city.grid["building_id"] * 0)
    assert list(parts_of(write_glb(city.with_changes(grid=grid), tmp_path / "a.glb"))) == ["ground"]


def test_a_city_without_ground_is_refused(tmp_path: Path, city: City) -> None:
    grid = city.grid.assign(ground_elevation=city.grid["ground_elevation"] * np.nan)
    with pytest.raises(InputError, match="no ground to write"):
        write_glb(city.with_changes(grid=grid), tmp_path / "a.glb")


def test_a_grid_beyond_the_limit_is_refused(tmp_path: Path, city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_MESH_CELLS", 100)
    with pytest.raises(LimitError, match="MAX_MESH_CELLS"):
        write_glb(city, tmp_path / "a.glb")


def test_another_ending_is_refused(tmp_path: Path, city: City) -> None:
    with pytest.raises(InputError, match=r"ends in \.glb"):
        write_glb(city, tmp_path / "a.gltf")


def test_a_place_that_cannot_be_written_leaves_nothing(tmp_path: Path, city: City) -> None:
    (tmp_path / "a.glb").mkdir()
    with pytest.raises(DataError, match="cannot be written"):
        write_glb(city, tmp_path / "a.glb")
    assert [path.name for path in tmp_path.iterdir()] == ["a.glb"]


def test_the_same_city_gives_the_same_bytes(tmp_path: Path, city: City) -> None:
    first, second = (write_glb(city, tmp_path / name).read_bytes() for name in ("a.glb", "b.glb"))
    assert first == second
