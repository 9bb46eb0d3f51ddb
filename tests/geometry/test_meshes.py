"""Meshes of planned buildings arrive at the place, in the size and with the surfaces that were drawn."""

from __future__ import annotations

import base64
import gzip
import json
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st

from twin import GridSpec, limits
from twin.city.buildings import buildings_from_models
from twin.city.mesh_buildings import outlines, stand_on_terrain, with_meshes
from twin.errors import DataError, InputError, LimitError, TwinError
from twin.geometry import BuildingModels, SurfaceKind, read_mesh
from twin.geometry.mesh_facets import facets_of

CRS = "EPSG:25833"
PLACE = (389000.0, 5819000.0)
WIDTH, DEPTH, EAVES, RIDGE = 12.0, 8.0, 4.0, 7.0

# a house with a gable roof, z up, floor at 0, centred at the origin; the ridge runs from west to east
GABLE = np.array(
    [
        [-6, -4, 0], [6, -4, 0], [6, 4, 0], [-6, 4, 0],
        [-6, -4, 4], [6, -4, 4], [6, 4, 4], [-6, 4, 4],
        [-6, 0, 7], [6, 0, 7],
    ],
    float,
)  # fmt: skip
GABLE_FACES = [
    (0, 3, 2, 1), (0, 1, 5, 4), (2, 3, 7, 6), (1, 2, 6, 9, 5), (3, 0, 4, 8, 7), (4, 5, 9, 8), (6, 7, 8, 9),
]  # fmt: skip


def obj(points: Any, faces: Any, *, y_up: bool = True) -> str:
    rows = [(x, z, -y) if y_up else (x, y, z) for x, y, z in np.asarray(points, float)]
    text = "".join(f"v {x!r} {y!r} {z!r}\n" for x, y, z in ((float(a), float(b), float(c)) for a, b, c in rows))
    return text + "".join("f " + " ".join(str(i + 1) for i in face) + "\n" for face in faces)


def gable_mesh() -> trimesh.Trimesh:
    triangles = [(f[0], f[i], f[i + 1]) for f in GABLE_FACES for i in range(1, len(f) - 1)]
    return trimesh.Trimesh(GABLE, triangles, process=False)


def y_up(mesh: trimesh.Trimesh) -> trimesh.Trimesh:
    turned = mesh.copy()
    turned.apply_transform(trimesh.transformations.rotation_matrix(-np.pi / 2, (1, 0, 0)))
    return turned


@pytest.fixture
def gable(tmp_path: Path) -> Path:
    path = tmp_path / "gable.obj"
    path.write_text(obj(GABLE, GABLE_FACES))
    return path


def area_of(models: BuildingModels, kind: SurfaceKind) -> float:
    from twin.geometry.surfaces import polygon_normals

    areas = np.linalg.norm(polygon_normals(models.surfaces), axis=1)
    return float(areas[models.surfaces.kind == kind].sum())


def on_grid(models: BuildingModels, resolution: float = 0.5) -> tuple[float, float, float]:
    """Footprint, volume and height of the building as the grid of a city holds it, on flat ground at 0 m."""
    xmin, ymin = models.surfaces.vertices[:, :2].min(axis=0) - 2
    xmax, ymax = models.surfaces.vertices[:, :2].max(axis=0) + 2
    spec = GridSpec.from_bounds((xmin, ymin, xmax, ymax), resolution, CRS)
    placed = buildings_from_models(models, spec, np.zeros(spec.shape))
    cells = float(np.nansum(placed.roof_elevation)) * resolution**2
    return float(placed.building_fraction.sum()) * resolution**2, cells, float(placed.table["height"].iloc[0])


@pytest.mark.parametrize("form", ["obj", "glb", "gltf", "stl", "ply", "stl_ascii"])
def test_every_format_gives_the_same_house(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"house.{form.removesuffix('_ascii')}"
    mesh = gable_mesh()
    if form == "obj":
        path.write_text(obj(GABLE, GABLE_FACES))
    elif form == "gltf":
        for name, content in y_up(mesh).export(file_type="gltf").items():
            (tmp_path / (path.name if name.endswith(".gltf") else name)).write_bytes(content)
    else:
        content = (y_up(mesh) if form == "glb" else mesh).export(file_type=form)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    models = read_mesh(path, place=PLACE, crs=CRS)
    assert len(models.surfaces) == 7  # two roofs, four walls, the floor, however many triangles
    assert models.buildings["measured_height"].tolist() == [7.0]
    # 32-bit numbers of the formats: small coordinates are exact here
    assert area_of(models, SurfaceKind.ROOF) == pytest.approx(2 * 12 * 5, rel=1e-9)
    assert area_of(models, SurfaceKind.GROUND) == pytest.approx(96, rel=1e-9)
    assert area_of(models, SurfaceKind.WALL) == pytest.approx(2 * 48 + 2 * (32 + 12), rel=1e-9)
    np.testing.assert_allclose(models.surfaces.vertices.min(axis=0), (388994, 5818996, 0), atol=1e-9)


def test_a_box_has_its_own_footprint_volume_and_height_on_the_grid(tmp_path: Path) -> None:
    (tmp_path / "box.stl").write_bytes(trimesh.creation.box(extents=(10, 8, 6)).subdivide().export(file_type="stl"))
    footprint, volume, height = on_grid(read_mesh(tmp_path / "box.stl", place=PLACE, crs=CRS))
    assert (footprint, volume, height) == pytest.approx((80, 480, 6), rel=1e-9)


def test_a_gable_has_its_volume_on_the_grid(gable: Path) -> None:
    footprint, volume, height = on_grid(read_mesh(gable, place=PLACE, crs=CRS), 0.25)
    # elevations at cell centres integrate planes exactly where facets end on cell edges
    assert (footprint, volume, height) == pytest.approx((96, 96 * (4 + 3 / 2), 7), rel=1e-9)


@settings(max_examples=15)
@given(angle=st.floats(-360, 360, allow_nan=False))
def test_turning_changes_neither_area_nor_height(gable_path: Path, angle: float) -> None:
    models = read_mesh(gable_path, place=PLACE, crs=CRS, rotation=angle)
    assert area_of(models, SurfaceKind.ROOF) == pytest.approx(120, rel=1e-7)
    assert models.buildings["measured_height"].iloc[0] == 7.0
    assert outlines(models)[0].area == pytest.approx(96, rel=1e-7)
    # cells on the outline: 40 m of edge, half a cell of 0.5 m and 7 m of height at most
    footprint, volume, _ = on_grid(models)
    assert footprint == pytest.approx(96, rel=1e-6)
    assert abs(volume - 528) < 0.05 * 528


@pytest.fixture(scope="module")
def gable_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("meshes") / "gable.obj"
    path.write_text(obj(GABLE, GABLE_FACES))
    return path


def test_rotation_is_clockwise_from_above(tmp_path: Path) -> None:
    # a tower at the north end of a slab
    slab = trimesh.creation.box(extents=(4, 10, 3)).apply_translation((0, 0, 1.5))
    tower = trimesh.creation.box(extents=(2, 2, 20)).apply_translation((0, 8, 10))
    (tmp_path / "a.stl").write_bytes(trimesh.util.concatenate([slab, tower]).export(file_type="stl"))
    models = read_mesh(tmp_path / "a.stl", place=PLACE, crs=CRS, rotation=90)
    top = models.surfaces.vertices[models.surfaces.vertices[:, 2] > 19]
    np.testing.assert_allclose(top.mean(axis=0)[:2] - PLACE, (8, 0), atol=1e-6)  # north became east


@pytest.mark.parametrize(("scale", "unit"), [(0.001, "millimetres"), (0.01, "centimetres"), (1000.0, "kilometres")])
def test_units_change_nothing_but_the_scale(tmp_path: Path, scale: float, unit: str) -> None:
    path = tmp_path / "house.obj"
    path.write_text(obj(GABLE / scale, GABLE_FACES))
    if unit != "centimetres":  # 12 m are 1200 cm, which a building could measure in metres
        with pytest.raises(DataError, match=rf"as no building does; its unit is probably {unit}: give scale={scale:g}"):
            read_mesh(path, place=PLACE, crs=CRS)
    models = read_mesh(path, place=PLACE, crs=CRS, scale=scale)
    assert area_of(models, SurfaceKind.ROOF) == pytest.approx(120, rel=1e-9)


def test_the_upward_axis_is_a_rule_and_said(tmp_path: Path) -> None:
    path = tmp_path / "house.obj"
    path.write_text(obj(GABLE, GABLE_FACES, y_up=False))
    models = read_mesh(path, place=PLACE, crs=CRS, up="z")
    assert models.buildings["measured_height"].tolist() == [7.0]
    lying = read_mesh(path, place=PLACE, crs=CRS)
    assert lying.buildings["measured_height"].tolist() == [8.0]
    assert any("OBJ does not say which axis is up; y is taken" in note for note in lying.report.notes)


def test_coordinates_of_a_crs_are_recognised(tmp_path: Path) -> None:
    path = tmp_path / "house.obj"
    path.write_text(obj(np.add(GABLE, (*PLACE, 34.0)), GABLE_FACES, y_up=False))
    models = read_mesh(path, crs=CRS)
    np.testing.assert_allclose(models.surfaces.vertices.min(axis=0), (388994, 5818996, 34.0), atol=1e-6)
    assert len(models.surfaces) == 7
    assert models.vertical_datum is None
    with pytest.raises(InputError, match="already: its coordinates are those of a CRS; leave out place"):
        read_mesh(path, place=PLACE, crs=CRS)
    with pytest.raises(InputError, match="has a place already; a rotation"):
        read_mesh(path, crs=CRS, rotation=3.0)
    assert any("which the file does not name" in note for note in read_mesh(path).report.notes)
    with pytest.raises(DataError, match="do not lie in EPSG:31468"):
        read_mesh(path, crs=31468)


def test_the_anchor_is_the_origin_or_the_building(tmp_path: Path) -> None:
    path = tmp_path / "house.obj"
    path.write_text(obj(np.add(GABLE, (300, 0, 5)), GABLE_FACES))
    models = read_mesh(path, place=(*PLACE, 30.0), crs=CRS)
    np.testing.assert_allclose(models.surfaces.vertices.min(axis=0), (389294, 5818996, 35), atol=1e-9)
    assert any("stands 300 m from the origin of its drawing" in note for note in models.report.notes)
    models = read_mesh(path, place=(*PLACE, 30.0), crs=CRS, anchor="centre")
    np.testing.assert_allclose(models.surfaces.vertices.min(axis=0), (388994, 5818996, 30), atol=1e-9)


def test_the_scene_graph_places_and_mirrors_its_parts(tmp_path: Path) -> None:
    scene = trimesh.Scene()
    house = y_up(gable_mesh())
    scene.add_geometry(house, "a", "a")
    mirrored = np.diag([-1.0, 1, 1, 1])
    mirrored[0, 3] = 40.0
    scene.add_geometry(house.copy(), "b", "b", transform=mirrored)
    (tmp_path / "two.glb").write_bytes(scene.export(file_type="glb"))
    models = read_mesh(tmp_path / "two.glb", place=PLACE, crs=CRS)
    assert area_of(models, SurfaceKind.GROUND) == pytest.approx(192, rel=1e-6)
    assert models.surfaces.vertices[:, 0].max() == pytest.approx(PLACE[0] + 46, abs=1e-5)
    assert not models.report.repaired  # a mirrored part is not inside out


def test_a_house_inside_out_is_turned(tmp_path: Path) -> None:
    path = tmp_path / "house.obj"
    path.write_text(obj(GABLE, [face[::-1] for face in GABLE_FACES]))
    models = read_mesh(path, place=PLACE, crs=CRS)
    assert area_of(models, SurfaceKind.ROOF) == pytest.approx(120)
    assert "inside out" in models.report.repaired[0].reason


def test_an_open_house_is_told_apart_by_slope_and_said(tmp_path: Path) -> None:
    path = tmp_path / "house.obj"
    path.write_text(obj(GABLE, GABLE_FACES[1:]))
    models = read_mesh(path, place=PLACE, crs=CRS)
    assert any("not watertight (4 open edges)" in note for note in models.report.notes)
    assert area_of(models, SurfaceKind.ROOF) == pytest.approx(120)
    assert on_grid(models)[0] == pytest.approx(96, rel=1e-9)  # without a floor the roofs are the footprint


def test_what_encloses_nothing_or_comes_twice_is_left_out_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "house.obj"
    path.write_text(obj(GABLE, [*GABLE_FACES, (0, 1, 1), (0, 1, 0), GABLE_FACES[5][::-1]]))
    models = read_mesh(path, place=PLACE, crs=CRS)
    reasons = [entry.reason for entry in models.report.refused]
    assert reasons == ["2 polygons have no area and are left out", "1 polygons are there twice and count once"]
    assert len(models.surfaces) == 7


def test_a_courtyard_stays_a_hole() -> None:
    # a flat ring of triangles around a square hole is one facet with a hole
    outer, inner = trimesh.creation.box((12, 12, 1)), trimesh.creation.box((4, 4, 1))
    top = [(x, y, 0.0) for x, y in [(-6, -6), (6, -6), (6, 6), (-6, 6), (-2, -2), (2, -2), (2, 2), (-2, 2)]]
    faces = [(0, 1, 5), (0, 5, 4), (1, 2, 6), (1, 6, 5), (2, 3, 7), (2, 7, 6), (3, 0, 4), (3, 4, 7)]
    found = facets_of(np.array(top), np.array(faces).ravel(), np.full(8, 3), np.zeros(8, np.int64))
    assert len(found.surfaces) == 1
    assert np.diff(found.surfaces.ring_start).tolist() == [4, 4]
    assert outer.volume > inner.volume


def test_a_curved_wall_is_not_flattened() -> None:
    # 4,000 sides of a tower turn by less than the angle that two sides may differ; together they are no plane
    tower = trimesh.creation.cylinder(radius=10, height=20, sections=4000)
    found = facets_of(
        np.asarray(tower.vertices, float), np.asarray(tower.faces).ravel(), np.full(len(tower.faces), 3),
        np.zeros(len(tower.faces), np.int64),
    )  # fmt: skip
    walls = found.surfaces.kind == SurfaceKind.WALL
    assert walls.sum() >= 4000
    assert (found.surfaces.kind == SurfaceKind.ROOF).sum() == 1


def test_an_overhang_is_a_ceiling_and_a_low_step_is_ground() -> None:
    parts = [
        trimesh.creation.box((4, 4, 10)).apply_translation((0, 0, 5)),
        trimesh.creation.box((4, 4, 2)).apply_translation((10, 0, 7)),
        trimesh.creation.box((4, 4, 2)).apply_translation((20, 0, 2)),
    ]
    mesh = trimesh.util.concatenate(parts)
    found = facets_of(
        np.asarray(mesh.vertices, float), np.asarray(mesh.faces).ravel(), np.full(36, 3), np.zeros(36, np.int64)
    )
    kinds = np.bincount(found.surfaces.kind, minlength=7)
    assert kinds[SurfaceKind.GROUND] == 2
    assert kinds[SurfaceKind.OUTER_CEILING] == 1
    assert kinds[SurfaceKind.ROOF] == 3


def test_relative_numbers_count_back_from_where_they_stand(tmp_path: Path) -> None:
    text = "v 0 0 0\nv 9 0 0\nv 9 0 -9\nf -3 -2 -1\nv 0 5 0\nv 9 5 0\nv 9 5 -9\nf -3 -2 -1\n"
    (tmp_path / "a.obj").write_text(text)
    models = read_mesh(tmp_path / "a.obj", place=PLACE, crs=CRS)
    assert sorted(models.surfaces.vertices[:, 2].tolist()) == [0, 0, 0, 5, 5, 5]


def test_packed_meshes_are_read(tmp_path: Path, gable: Path) -> None:
    (tmp_path / "house.obj.gz").write_bytes(gzip.compress(gable.read_bytes()))
    with zipfile.ZipFile(tmp_path / "plans.zip", "w") as archive:
        archive.write(gable, "inner/house.obj")
    for name in ("house.obj.gz", "plans.zip", "plans.zip/inner/house.obj"):
        assert read_mesh(tmp_path / name, place=PLACE, crs=CRS).buildings["measured_height"].tolist() == [7.0]


# on the terrain


def hill(spec: GridSpec) -> Any:
    import xarray as xr

    east = np.broadcast_to(spec.x[None, :] - PLACE[0], spec.shape)
    return xr.DataArray(30 + 0.1 * east, spec.coordinates(), ("y", "x"), attrs={"vertical_datum": "DHHN2016"})


def test_a_house_without_elevation_stands_on_the_mean_of_the_ground(gable: Path) -> None:
    spec = GridSpec.from_bounds((388980, 5818980, 389020, 5819020), 1.0, CRS)
    models = stand_on_terrain(read_mesh(gable, place=PLACE, crs=CRS), hill(spec))
    assert models.surfaces.vertices[:, 2].min() == pytest.approx(30.0, abs=1e-9)  # symmetric about the place
    assert models.vertical_datum == "DHHN2016"
    with pytest.raises(DataError, match="terrain is not known under building 'gable'"):
        stand_on_terrain(read_mesh(gable, place=(389500, 5819000), crs=CRS), hill(spec))
    with pytest.raises(InputError, match="place it in the city's CRS"):
        stand_on_terrain(read_mesh(gable, place=(700000, 5819000), crs=25832), hill(spec))


def test_meshes_join_a_city_model(gable: Path) -> None:
    spec = GridSpec.from_bounds((388980, 5818980, 389060, 5819020), 1.0, CRS)
    first = with_meshes(None, [read_mesh(gable, place=PLACE, crs=CRS, name="old")], hill(spec))
    second = read_mesh(gable, place=(389030, 5819000, 33.0), crs=CRS, name="new")
    both = with_meshes(first, [second], hill(spec))
    assert both.buildings["id"].tolist() == ["old", "new"]
    assert both.vertical_datum == "DHHN2016"
    placed = buildings_from_models(both, spec, hill(spec).values)
    assert placed.table["height"].tolist() == pytest.approx([7, 7])


# what is refused


def gltf(tmp_path: Path, **changes: Any) -> Path:
    """A triangle as glTF text, with parts of the tree replaced."""
    points = np.array([[0, 0, 0], [9, 0, 0], [0, 9, 0]], "<f4").tobytes()
    tree = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}}]}],
        "accessors": [{"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3"}],
        "bufferViews": [{"buffer": 0, "byteLength": 36}],
        "buffers": [
            {"byteLength": 36, "uri": "data:application/octet-stream;base64," + base64.b64encode(points).decode()}
        ],
    } | changes
    path = tmp_path / "a.gltf"
    path.write_text(json.dumps(tree))
    return path


def test_gltf_text_with_its_own_buffer_is_read(tmp_path: Path) -> None:
    models = read_mesh(gltf(tmp_path, images=[{"uri": "http://elsewhere/a.png"}]), place=PLACE, crs=CRS)
    assert models.buildings["measured_height"].tolist() == [9.0]
    assert "textures are not read" in models.report.notes


ACCESSOR = {"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"buffers": [{"byteLength": 36, "uri": "https://elsewhere/a.bin"}]}, "only files beside it are read"),
        ({"buffers": [{"byteLength": 36, "uri": "file:///etc/passwd"}]}, "only files beside it are read"),
        ({"buffers": [{"byteLength": 36, "uri": "../a.bin"}]}, "only files beside it are read"),
        ({"buffers": [{"byteLength": 36, "uri": "%2e%2e/a.bin"}]}, "only files beside it are read"),
        ({"buffers": [{"byteLength": 36, "uri": "/etc/passwd"}]}, "only files beside it are read"),
        ({"buffers": [{"byteLength": 36, "uri": "C:\\a.bin"}]}, "only files beside it are read"),
        ({"buffers": [{"byteLength": 36, "uri": "gone.bin"}]}, "gone.bin does not exist"),
        ({"buffers": [{"byteLength": 99, "uri": "data:;base64,AAAA"}]}, "3 of 99 bytes"),
        ({"buffers": [{"byteLength": 36, "uri": "data:;base64,%%%"}]}, "is damaged"),
        ({"accessors": [ACCESSOR | {"count": -1}]}, "count -1"),
        ({"accessors": [ACCESSOR | {"count": 4}]}, "cannot be read"),
        ({"accessors": [ACCESSOR | {"sparse": {}}]}, "sparse"),
        ({"accessors": [{"componentType": 5126, "count": 3, "type": "VEC3"}]}, "sparse"),
        ({"accessors": [ACCESSOR | {"componentType": 5122}]}, "coordinates as integers"),
        ({"nodes": [{"mesh": 0, "children": [0]}]}, "nodes contain each other"),
        ({"nodes": [{"children": [1]}, {"children": [0], "mesh": 0}]}, "nodes contain each other"),
        ({"nodes": [{"mesh": 0, "children": [7]}]}, "does not exist"),
        ({"nodes": [{"mesh": 7}]}, "names mesh 7"),
        ({"nodes": [{}]}, "holds no triangles"),
        ({"bufferViews": [{"buffer": 3, "byteLength": 36}]}, "lies in buffer 3 of 1"),
        ({"bufferViews": [{"buffer": 0, "byteLength": 99}]}, "beyond its buffer"),
        ({"asset": {"version": "1.0"}}, "version '1.0'"),
        ({"extensionsRequired": ["KHR_draco_mesh_compression"]}, "KHR_draco_mesh_compression"),
        ({"extensionsUsed": ["EXT_mesh_gpu_instancing"]}, "EXT_mesh_gpu_instancing"),
        ({"meshes": [{"primitives": [{"attributes": {"POSITION": 5}}]}]}, "names accessor 5 of 1"),
        ({"meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "mode": 6}]}]}, "as fans"),
        ({"meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "mode": 1}]}]}, "holds no triangles"),
    ],
)
def test_a_gltf_that_asks_for_more_or_is_damaged_is_refused(tmp_path: Path, changes: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_mesh(gltf(tmp_path, **changes), place=PLACE, crs=CRS)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.obj", b"v 0 0 0\nv 1 0 0\nv 0 1 0\n", "holds no triangle"),
        ("a.obj", b"\0\1\2\3" * 100, "holds no triangle"),
        ("a.obj", b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 9\n", "names vertex 9 of 3"),
        ("a.obj", b"v 0 0 0\nf -1 -2 -3\n", "line 2.*names no vertex"),
        ("a.obj", b"v 0 0 0\nf 0 0 0\n", "line 2.*names no vertex"),
        ("a.obj", b"v 0,5 0 0\n", "line 1.*cannot be read as OBJ"),
        ("a.obj", b"v nan 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", "NaN or infinite"),
        ("a.obj", b"call other.obj\n", "asks for curved surfaces or other files"),
        ("a.stl", b"solid nothing\nendsolid\n", "no triangle|cannot be read"),
        ("a.stl", b"\0" * 80 + struct.pack("<I", 4_000_000_000) + b"\0" * 50, "cannot be read|no triangle"),
        ("a.ply", b"ply\nformat ascii 1.0\nelement vertex 3\n", "header has no end"),
        ("a.ply", b"ply\nformat binary_little_endian 1.0\nelement vertex 900000000\nproperty float x\nend_header\n12",
         "cannot be read|no triangle"),
        ("a.glb", b"glTF" + struct.pack("<II", 2, 500) + b"\0" * 20, "cut off"),
        ("a.glb", b"not a model", "is expected there"),
        ("a.gltf", b"{", "not JSON"),
        ("a.gltf", b"[" * 100_000, "not JSON"),
        ("a.stl", b"version https://git-lfs.github.com/spec/v1\noid", "Git LFS pointer"),
        ("a.obj", b"", "is empty"),
    ],
)  # fmt: skip
def test_what_is_no_mesh_is_refused(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_mesh(path, place=PLACE, crs=CRS)


def test_too_many_polygons_are_refused(gable: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_MESH_FACES", 6)
    with pytest.raises(LimitError, match="7 polygons"):
        read_mesh(gable, place=PLACE, crs=CRS)


def test_instances_count_before_they_are_unfolded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_MESH_FACES", 50)
    nodes = [{"mesh": 0} for _ in range(51)]
    with pytest.raises(LimitError, match="51 triangles"):
        read_mesh(gltf(tmp_path, nodes=nodes, scenes=[{"nodes": list(range(51))}]), place=PLACE, crs=CRS)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"place": PLACE}, "needs the crs"),
        ({"place": (1.0,), "crs": CRS}, "place is"),
        ({"place": (np.nan, 1.0), "crs": CRS}, "place is"),
        ({"place": "here", "crs": CRS}, "place is"),
        ({"place": PLACE, "crs": CRS, "scale": 0}, "scale is 0"),
        ({"place": PLACE, "crs": CRS, "scale": float("nan")}, "scale is nan"),
        ({"place": PLACE, "crs": CRS, "rotation": "north"}, "rotation is"),
        ({"place": PLACE, "crs": CRS, "up": "x"}, "up is 'x'"),
        ({"place": PLACE, "crs": CRS, "anchor": "corner"}, "anchor is"),
        ({"place": PLACE, "crs": "EPSG:0"}, "is no CRS"),
    ],
)
def test_impossible_arguments_are_refused(gable: Path, options: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_mesh(gable, **options)


@settings(max_examples=60)
@given(cut=st.integers(0, 3000), noise=st.binary(max_size=8), form=st.sampled_from(["glb", "stl", "ply", "obj"]))
def test_damage_never_gives_another_error(
    tmp_path_factory: pytest.TempPathFactory, cut: int, noise: bytes, form: str
) -> None:
    content = gable_mesh().export(file_type=form)
    content = content.encode() if isinstance(content, str) else content
    path = tmp_path_factory.getbasetemp() / f"damaged.{form}"
    path.write_bytes(content[:cut] + noise + content[cut + len(noise) :])
    try:
        models = read_mesh(path, place=PLACE, crs=CRS, up="z")
    except TwinError:
        return
    assert np.isfinite(models.surfaces.vertices).all()
