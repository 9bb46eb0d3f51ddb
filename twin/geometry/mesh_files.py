"""Mesh files opened and parsed: OBJ, glTF (.glb, .gltf), STL and PLY, plain, gzip or in a zip archive.

What passes here is one array of vertices and one of polygons, in the file's own axes and units. Only the file named is
read, and binary buffers that lie beside a .gltf; textures and materials are never opened, nothing comes from a network.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin import limits
from twin.errors import DataError
from twin.geometry.gltf_container import checked_glb
from twin.geometry.sources import head_of, only_file, open_checked

WHAT = "a mesh (OBJ, glTF, STL or PLY)"
SUFFIXES = (".obj", ".glb", ".gltf", ".stl", ".ply")

_ELEMENTS = {b"l": "lines", b"p": "points"}
_FREE_FORM = {b"curv", b"curv2", b"surf", b"cstype", b"call", b"csh"}


@dataclass
class RawMesh:
    """Polygons as a file holds them.

    vertices : (v, 3) float64, in the file's axes and unit
    corner : (c,) int64, vertex of each corner, polygon after polygon
    size : (p,) int64, corners of each polygon
    label : (p,) int64, number of the building a polygon belongs to, 0 where the file has none
    form : "OBJ", "glTF", "STL" or "PLY"
    extras : what a glTF scene says about itself
    notes : what was left out, in words
    """

    vertices: NDArray[np.float64]
    corner: NDArray[np.int64]
    size: NDArray[np.int64]
    label: NDArray[np.int64]
    form: str
    extras: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def load_mesh_file(path: Path) -> RawMesh:
    """Read all polygons of a mesh file.

    Raises
    ------
    DataError
        If the file is missing, cut off, of another kind, or holds no polygon or numbers that cannot be.
    LimitError
        If it holds more polygons than ``twin.limits.MAX_MESH_FACES``.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "roof.obj"
    ...     _ = file.write_text("v 0 0 0\\nv 4 0 0\\nv 4 0 3\\nv 0 0 3\\nf 1 2 3 4\\n")
    ...     load_mesh_file(file).size.tolist()
    [4]
    """
    file = only_file(path, WHAT, SUFFIXES)
    with open_checked(file) as stream:
        content = stream.read()
    suffix = Path(file.name.lower().removesuffix(".gz")).suffix
    if content[:4] == b"glTF" or suffix == ".gltf":
        mesh = _gltf(file, content)
    elif content[:3] == b"ply":
        mesh = _ply(file, content)
    elif suffix == ".stl":
        mesh = _stl(file, content)
    elif suffix == ".obj":
        mesh = _obj(file, content)
    else:
        raise DataError(f"{file} begins with {head_of(file, 12)!r}: {WHAT} is expected there")
    _check(mesh, file)
    return mesh


def _check(mesh: RawMesh, file: Path) -> None:
    if len(mesh.size) == 0:
        raise DataError(f"{file} holds no triangle or polygon; {WHAT} with surfaces is expected there")
    limits.check(len(mesh.size), "MAX_MESH_FACES", f"{file} holds {len(mesh.size):,} polygons")
    if mesh.corner.min() < 0 or mesh.corner.max() >= len(mesh.vertices):
        raise DataError(
            f"{file}: a polygon names vertex {int(mesh.corner.max()) + 1:,} of {len(mesh.vertices):,}; "
            "the file is damaged: export it again"
        )
    if not np.isfinite(mesh.vertices[mesh.corner]).all():
        raise DataError(f"{file} holds coordinates that are NaN or infinite; export it again")


_MOST = 1 << 40  # no file has so many vertices


def _obj(file: Path, content: bytes) -> RawMesh:
    """Parse Wavefront OBJ: polygons stay polygons, and negative numbers count back from where they stand."""
    vertices: list[tuple[float, float, float]] = []
    corner: list[int] = []
    size: list[int] = []
    other: dict[str, int] = {}
    for number, line in enumerate(_lines(content), start=1):
        words = line.split()
        if not words:
            continue
        key = words[0]
        try:
            if key == b"v":
                x, y, z = words[1:4]
                vertices.append((float(x), float(y), float(z)))
            elif key == b"f":
                here = len(vertices)
                for word in words[1:]:
                    index = int(word.split(b"/", 1)[0])
                    if index == 0 or index < -here or index > _MOST:
                        raise ValueError(f"{index} names no vertex")
                    corner.append(index - 1 if index > 0 else here + index)
                size.append(len(words) - 1)
        except ValueError as error:
            text = line[:60].decode("latin-1")
            raise DataError(f"{file}, line {number}: {text!r} cannot be read as OBJ: {str(error)[:80]}") from None
        if key in _FREE_FORM:
            raise DataError(
                f"{file}, line {number}: {key.decode()!r} asks for curved surfaces or other files, which are not read; "
                "export the model as polygons"
            )
        if key in _ELEMENTS:
            other[_ELEMENTS[key]] = other.get(_ELEMENTS[key], 0) + 1
    return RawMesh(
        vertices=np.array(vertices, np.float64).reshape(-1, 3),
        corner=np.array(corner, np.int64),
        size=np.array(size, np.int64),
        label=np.zeros(len(size), np.int64),
        form="OBJ",
        notes=[f"{count} {what} are left out" for what, count in other.items()],
    )


def _lines(content: bytes) -> Iterator[bytes]:
    """Yield lines without comments; a backslash at the end joins two."""
    if b"\0" in content[:4096]:
        content = b""  # binary: no polygon will be found
    for line in content.replace(b"\\\r\n", b" ").replace(b"\\\n", b" ").splitlines():
        yield line.split(b"#", 1)[0]


def _gltf(file: Path, content: bytes) -> RawMesh:
    """Load the scene of a glTF file with its transforms, after its tables were checked."""
    repacked, extras, notes = checked_glb(file, content)
    scene = _trimesh(file, repacked, "glb")
    vertices, corner, label = [], [], []
    before = 0
    ours = {"origin", "crs", "axes"} <= set(extras)
    for node in scene.graph.nodes_geometry:
        matrix, name = scene.graph[node]
        shape = scene.geometry[name]
        if not hasattr(shape, "faces"):
            notes.append(f"{name} consists of points or lines and is left out")
            continue
        if ours and name == "ground":
            notes.append("the ground is no building and is left out")
            continue
        faces = np.asarray(shape.faces, np.int64)
        matrix = np.asarray(matrix, np.float64)
        if len(faces) and (faces.min() < 0 or faces.max() >= len(shape.vertices)):
            raise DataError(f"{file}: a triangle of {name} names a vertex that is not there; the file is damaged")
        if np.linalg.det(matrix[:3, :3]) < 0:  # mirrored: triangles turn inside out
            faces = faces[:, ::-1]
        with np.errstate(invalid="ignore", over="ignore"):  # what is not finite is refused with the whole mesh
            vertices.append(np.asarray(shape.vertices, np.float64) @ matrix[:3, :3].T + matrix[:3, 3])
        corner.append(faces.ravel() + before)
        numbers = np.asarray(shape.vertex_attributes.get("_BUILDING_ID", np.zeros(len(vertices[-1])))).ravel()
        label.append(np.nan_to_num(numbers[faces[:, 0]]).astype(np.int64))
        before += len(vertices[-1])
    if not vertices:
        raise DataError(f"{file} holds no triangles in its scene; {WHAT} with surfaces is expected there")
    corners = np.concatenate(corner)
    return RawMesh(
        vertices=np.concatenate(vertices),
        corner=corners,
        size=np.full(len(corners) // 3, 3, np.int64),
        label=np.concatenate(label),
        form="glTF",
        extras=extras,
        notes=notes,
    )


def _stl(file: Path, content: bytes) -> RawMesh:
    return _triangles(file, content, "stl", "STL")


def _ply(file: Path, content: bytes) -> RawMesh:
    # the name of a texture in a comment would be looked up
    head, mark, body = content.partition(b"end_header")
    if not mark:
        raise DataError(f"{file} begins as PLY but its header has no end; it is cut off: fetch it again")
    kept = [line for line in head.splitlines() if b"texturefile" not in line.lower()]
    return _triangles(file, b"\n".join(kept) + b"\n" + mark + body, "ply", "PLY")


def _triangles(file: Path, content: bytes, kind: str, form: str) -> RawMesh:
    shape = _trimesh(file, content, kind)
    meshes = [part for part in shape.geometry.values() if hasattr(part, "faces")]
    vertices = [np.asarray(part.vertices, np.float64) for part in meshes] or [np.zeros((0, 3))]
    starts = np.cumsum([0, *(len(part) for part in vertices)])
    faces = [np.asarray(part.faces, np.int64) + start for part, start in zip(meshes, starts[:-1], strict=False)]
    corner = np.concatenate([part.ravel() for part in faces]) if faces else np.zeros(0, np.int64)
    count = len(corner) // 3
    return RawMesh(np.concatenate(vertices), corner, np.full(count, 3, np.int64), np.zeros(count, np.int64), form)


def _trimesh(file: Path, content: bytes, kind: str) -> Any:
    """Load bytes with trimesh, which is given no way to open anything else."""
    import trimesh

    try:
        with np.errstate(all="ignore"):
            return trimesh.load_scene(io.BytesIO(content), file_type=kind, process=False, resolver=None)
    except Exception as error:  # trimesh lets every error of its parsers through
        text = f"{type(error).__name__}: {error}"[:200]
        raise DataError(f"{file} cannot be read as {WHAT}: {text}; it is damaged: export it again") from None
