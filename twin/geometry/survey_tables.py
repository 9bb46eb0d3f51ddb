"""What layers of vector files, tables and meshes hold: the columns, how many rows, where they lie."""

from __future__ import annotations

import csv
import io
import json
import re
import struct
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from pyproj import CRS

from twin.errors import DataError
from twin.geometry.archives import split_member
from twin.geometry.class_map import class_map_names, find_class_map
from twin.geometry.layer_content import check_content
from twin.geometry.reference_systems import split_compound
from twin.geometry.region import Bounds
from twin.geometry.sources import open_checked
from twin.geometry.survey_summary import Role, SourceSummary
from twin.geometry.tree_layouts import find_layout
from twin.geometry.unit_columns import find_unit_columns

VECTOR = (".gpkg", ".shp", ".geojson", ".fgb")
MESHES = (".obj", ".glb", ".gltf", ".stl", ".ply")
_LAND_USE = tuple({column for name in class_map_names() for column in find_class_map(name).columns} - {"layer"})
_CHUNK = 1 << 20


def survey_vector(file: Path, *, count: bool) -> tuple[SourceSummary, ...]:
    """Say what each layer of a vector file holds; with `count`, files without an index are walked for their extent."""
    import pyogrio

    inside = split_member(file)
    name = str(file) if inside is None else f"/vsizip/{{{inside[0]}}}/{inside[1]}"
    try:
        check_content(file, file, "a vector layer")
        with warnings.catch_warnings():  # of the library about damage: the reader says what it costs
            warnings.simplefilter("ignore")
            layers = pyogrio.list_layers(name)
            infos = [
                pyogrio.read_info(name, layer=layer, force_feature_count=count, force_total_bounds=count)
                for layer, _ in layers
            ]
        found = []
        for (layer, shape), info in zip(layers, infos, strict=True):
            crs = vertical = None
            if info["crs"]:
                crs, vertical = split_compound(CRS.from_user_input(info["crs"]))
            box = info["total_bounds"]
            columns = tuple(str(column) for column in info["fields"])
            rows = int(info["features"])
            found.append(
                SourceSummary(
                    file,
                    "vector" if shape is not None else "table",
                    role_of_columns(columns, str(shape or ""), file.name),
                    version=str(shape) if shape else None,
                    crs=crs,
                    vertical_datum=vertical,
                    bounds=_four(box),
                    counts={"features": rows} if rows >= 0 else {},
                    layer=str(layer) if len(layers) > 1 else None,
                    columns=columns,
                    problem="it holds no features" if rows == 0 else None,
                )
            )
    except Exception as error:
        words = str(error)[:200]
        return (SourceSummary(file, "unreadable", problem=f"it looks like vector data but cannot be read: {words}"),)
    if not found:
        return (SourceSummary(file, "unreadable", problem="it holds no layer"),)
    return tuple(found)


def _four(box: Any) -> Bounds | None:
    if box is None or not np.isfinite(box).all():
        return None
    west, south, east, north = (float(edge) for edge in box)
    return west, south, east, north


def survey_table(file: Path, *, count: bool) -> SourceSummary:
    """Say what a CSV holds: its columns from the first line, its rows by counting lines."""
    lines = 0
    with open_checked(file) as stream:
        head = stream.read(_CHUNK)
        data = head
        while count and data:
            lines += data.count(b"\n")
            data = stream.read(_CHUNK)
    try:
        text = head.decode("utf-8-sig", errors="strict")
    except UnicodeDecodeError:
        text = head.decode("cp1252", errors="replace")
    first = text.splitlines()[0] if text.strip() else ""
    delimiter = max(";,\t|", key=first.count)
    columns = tuple(name.strip() for name in next(csv.reader(io.StringIO(first), delimiter=delimiter), []))
    rows = {"rows": max(0, lines - (1 if head.endswith(b"\n") or lines > 1 else 0))} if count else {}
    role = role_of_columns(columns, "", file.name) if len(columns) > 1 else None
    crs = CRS.from_epsg(3035) if _is_census(columns) else None
    return SourceSummary(file, "table", role, crs=crs, counts=rows, columns=columns)


def _is_census(columns: tuple[str, ...]) -> bool:
    """Tell whether columns are those of the census grid, whose cells are named after their place in EPSG:3035."""
    return any(name.lower().startswith(("gitter_id_", "x_mp_")) for name in columns)


def role_of_columns(columns: tuple[str, ...], shape: str, name: str) -> Role | None:
    """Guess from columns and name what a table is for: trees, land use or residents.

    Parameters
    ----------
    columns : tuple of str
        Of the table.
    shape : str
        Kind of geometry, such as ``"Point"`` or ``"MultiPolygon"``; empty for plain tables.
    name : str
        Of the file.

    Examples
    --------
    >>> role_of_columns(("GISID", "baumhoehe", "kronedurch"), "Point", "trees.gpkg")
    'trees'
    >>> role_of_columns(("nutzart",), "MultiPolygon", "tn.gpkg"), role_of_columns(("a",), "", "b.csv")
    ('land_cover', None)
    """
    plain = [column.lower().replace("ö", "oe") for column in columns]
    if not shape or "Point" in shape:
        try:
            find_layout(None, list(columns), name)
        except DataError:
            if re.search(r"baumkataster|baumbestand|stra(ss|ß)enb(ae|ä)ume|tree", name, re.IGNORECASE):
                return "trees"
        else:
            return "trees"
    if _is_census(columns):
        return "residents"
    if "Polygon" not in shape:
        return None
    if any(column in _LAND_USE for column in plain):
        return "land_cover"
    try:
        found = find_unit_columns(None, list(columns), name)
    except DataError:
        return None
    return "residents" if "residents" in found else None


def survey_mesh(file: Path) -> SourceSummary:
    """Count the triangles and measure the extent of a mesh, in its own units and axes."""
    end = file.suffix.lower()
    with open_checked(file) as stream:
        data = stream.read()
    try:
        counts, box = {".glb": _glb, ".gltf": _glb, ".stl": _stl, ".ply": _ply, ".obj": _obj}[end](data)
    except (ValueError, KeyError, IndexError, TypeError, struct.error, RecursionError) as error:
        return SourceSummary(file, "unreadable", problem=f"it looks like a mesh ({end}) but cannot be read: {error}")
    return SourceSummary(file, "mesh", version=end[1:].upper(), bounds=box, counts=counts)


def _glb(data: bytes) -> tuple[dict[str, int], Bounds | None]:
    if data[:4] == b"glTF":
        length = struct.unpack_from("<I", data, 12)[0]
        data = data[20 : 20 + length]
    scene = json.loads(data)
    accessors = scene.get("accessors", [])
    triangles, lows, highs = 0, [], []
    for mesh in scene.get("meshes", []):
        for part in mesh["primitives"]:
            place = accessors[part["attributes"]["POSITION"]]
            triangles += accessors[part["indices"]]["count"] // 3 if "indices" in part else place["count"] // 3
            if "min" in place:
                lows.append(place["min"])
                highs.append(place["max"])
    return {"triangles": triangles}, _box(np.array(lows + highs, float))


def _stl(data: bytes) -> tuple[dict[str, int], Bounds | None]:
    if data[:5] == b"solid" and b"facet" in data[:1024]:
        corners = np.array([line.split()[1:4] for line in re.findall(rb"vertex\s[^\n]+", data)], float)
        return {"triangles": len(corners) // 3}, _box(corners)
    number = struct.unpack_from("<I", data, 80)[0]
    record = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("rest", "<u2")])
    faces = np.frombuffer(data, record, number, 84)
    return {"triangles": number}, _box(faces["corners"].reshape(-1, 3))


def _ply(data: bytes) -> tuple[dict[str, int], Bounds | None]:
    head = data[: data.index(b"end_header")]
    return {f"{name.decode()}s": int(count) for name, count in re.findall(rb"element (\w+) (\d+)", head)}, None


def _obj(data: bytes) -> tuple[dict[str, int], Bounds | None]:
    places = np.array([line.split()[1:4] for line in re.findall(rb"(?m)^v\s[^\r\n]+", data)], float)
    return {"vertices": len(places), "faces": len(re.findall(rb"(?m)^f\s", data))}, _box(places)


def _box(places: Any) -> Bounds | None:
    if len(places) == 0 or not np.isfinite(places).all():
        return None
    (west, south), (east, north) = places[:, :2].min(0), places[:, :2].max(0)
    return float(west), float(south), float(east), float(north)
