"""A planned building from a mesh: OBJ, glTF, STL or PLY, turned upright, scaled, placed and told apart by surface.

A mesh says little about itself: not where it stands, often not its unit nor which axis is up. What is assumed stands in
the report; what cannot be a building is refused with the likely cause.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS

from twin.errors import DataError, InputError
from twin.geometry.mesh_facets import Facets, facets_of
from twin.geometry.mesh_files import RawMesh, load_mesh_file
from twin.geometry.mesh_place import check_numbers, check_size, checked_place
from twin.geometry.records import BuildingModels, ReadReport, Refusal, SurfaceKind, Surfaces
from twin.geometry.reference_systems import must_swap_axes
from twin.geometry.region import given_crs

if TYPE_CHECKING:
    import pandas as pd

ABOVE_GROUND = "above ground"
"""`vertical_datum` of models whose heights count from the ground under them."""

Floats = NDArray[np.float64]

_FAR = 10_000.0  # m: coordinates beyond this are those of a CRS, not of a drawing
_UP = {"glTF": "y", "OBJ": "y", "STL": "z", "PLY": "z"}
_OFFSET = 100.0  # m from the origin of its drawing at which a building probably does not stand where it is wanted


def read_mesh(
    path: str | os.PathLike[str],
    *,
    place: Sequence[float] | None = None,
    rotation: float = 0.0,
    scale: float = 1.0,
    up: Literal["y", "z"] | None = None,
    anchor: Literal["origin", "centre"] = "origin",
    crs: CRS | str | int | None = None,
    name: str | None = None,
) -> BuildingModels:
    """Read a planned building from a mesh and place it.

    Parameters
    ----------
    path : path-like
        OBJ, glTF (.glb, or .gltf with its buffers beside it), STL or PLY; plain, gzip, or the one mesh in a .zip.
    place : (easting, northing) or (easting, northing, elevation), optional
        Where the `anchor` comes to stand, m in `crs`. Without an elevation, heights count from the building's lowest
        point (`vertical_datum` is ``"above ground"``), which `twin.city.stand_on_terrain` puts on the terrain. None
        for a mesh whose coordinates are those of a CRS already, and for one written by `twin.export.write_glb`.
    rotation : float
        Degrees, clockwise seen from above, about the anchor: with 90 what points north in the mesh points east.
    scale : float
        Metres in one unit of the file: 0.001 for millimetres. glTF is in metres by definition.
    up : {"y", "z"}, optional
        The axis that points up. Without it: y for glTF (by definition) and OBJ (as most programs write it, unless its
        coordinates are those of a CRS), z for STL and PLY. With y up, north is -z.
    anchor : {"origin", "centre"}
        What is placed: the origin of the mesh's coordinates (a planner's reference point), or the centre of the
        building's bounding box at its lowest point.
    crs : pyproj.CRS, str or int, optional
        A projected CRS in metres; needed with `place`.
    name : str, optional
        Name and id of the building; the file's name without it.

    Returns
    -------
    BuildingModels
        One building (a model written by `twin.export.write_glb`: one for each building in it). Polygons in one plane
        are joined to facets. Facets of closed bodies are roof, wall, ground or outer ceiling by their outward normal,
        others by slope and height, as is usual for city models.

    Raises
    ------
    DataError
        If the file is missing, damaged, wants files from elsewhere, holds no polygon, or measures less than 0.5 m or
        more than 2 km, which no building does: the message names the unit it is probably in.
    InputError
        If an argument is impossible, a CRS is missing, or a mesh that has a place already is placed.
    LimitError
        If it holds more polygons than ``twin.limits.MAX_MESH_FACES``.

    Examples
    --------
    >>> import tempfile, trimesh
    >>> house = trimesh.creation.box(extents=(10, 8, 6)).apply_translation((0, 0, 3))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "house.stl"
    ...     _ = file.write_bytes(house.export(file_type="stl"))
    ...     models = read_mesh(file, place=(389000, 5819000), crs="EPSG:25833")
    >>> len(models.surfaces), models.buildings.measured_height.tolist(), models.vertical_datum
    (6, [6.0], 'above ground')
    """
    horizontal = given_crs(crs)
    target, elevation = checked_place(place, needs_crs=horizontal is None)
    check_numbers(rotation, scale, up, anchor)
    raw = load_mesh_file(Path(path))
    source = str(path)
    notes = list(raw.notes)
    points = _upright(raw, scale, up, notes)
    origin = np.zeros(3)
    if {"origin", "crs", "axes"} <= set(raw.extras):
        origin, horizontal, target = _own_place(raw.extras, horizontal, target, source)
        notes.append("written by this library: placed by the origin and CRS in the file")
    low, high = points[raw.corner].min(axis=0), points[raw.corner].max(axis=0)
    if not raw.label.any():
        check_size(high - low, scale, source)
    placed = bool(np.abs(((low + high) / 2 + origin)[:2]).max() > _FAR)
    if placed and target is not None:
        raise InputError(
            f"{source} lies at ({(low + high)[0] / 2:.0f}, {(low + high)[1] / 2:.0f}) already: its coordinates are "
            "those of a CRS; leave out place and give the crs, or move the mesh to its origin before it is placed"
        )
    if placed and rotation:
        raise InputError(f"{source} has a place already; a rotation of {rotation:g} degrees would move it elsewhere")
    centre = np.array([(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]])
    pivot = np.array([0.0, 0.0, low[2] if elevation is None and target is not None else 0.0])
    if anchor == "centre":
        pivot = centre
    elif target is not None and np.linalg.norm((centre - pivot)[:2]) > max(_OFFSET, float((high - low).max())):
        notes.append(
            f"the building stands {np.linalg.norm((centre - pivot)[:2]):.0f} m from the origin of its drawing, which "
            "is what is placed; give anchor='centre' to place the building itself"
        )
    if placed and not origin.any():
        pivot = np.floor(centre)
        origin = pivot
        step = float(np.spacing(np.float32(np.abs(pivot[:2]).max())))
        if raw.form in ("glTF", "STL") and step > 0.01:
            notes.append(f"{raw.form} holds 32-bit numbers, {step:g} m apart here; move the mesh to its origin")
    numbers, row = np.unique(raw.label, return_inverse=True)
    found = facets_of(_turned(points - pivot, rotation), raw.corner, raw.size, row.reshape(-1).astype(np.int64))
    if len(found.surfaces) == 0:
        raise DataError(f"{source} holds {len(raw.size)} polygons, all without area; export it again")
    shift = origin.copy() if target is None else np.array([*target, elevation or 0.0])
    surfaces = _moved(found.surfaces, shift)
    datum = ABOVE_GROUND if target is not None and elevation is None else None
    _describe(found, placed, target, horizontal, notes)
    if horizontal is not None and (placed or target is not None):
        must_swap_axes(surfaces.vertices[:, 0], surfaces.vertices[:, 1], horizontal, source)
    title = name or Path(Path(path).name.removesuffix(".gz")).stem
    ids = [title] if len(numbers) == 1 else [str(number) for number in numbers]
    return BuildingModels(
        buildings=_table(ids, surfaces, title, raw.form),
        surfaces=surfaces,
        crs=horizontal,
        vertical_datum=datum,
        bounds=None,
        report=ReadReport(source, len(ids), len(ids), *_repairs(found, title), notes=tuple(notes)),
    )


def _upright(raw: RawMesh, scale: float, up: str | None, notes: list[str]) -> Floats:
    """Return the vertices in metres with z up."""
    axis = up or _UP[raw.form]
    if raw.form == "OBJ" and up is None:
        middle = np.abs(np.median(raw.vertices[raw.corner], axis=0)) * scale
        if middle[0] > _FAR and middle[1] > _FAR > middle[2]:
            axis = "z"
        other = "z" if axis == "y" else "y"
        notes.append(f"OBJ does not say which axis is up; {axis} is taken: give up={other!r} if that is wrong")
    if raw.form != "glTF" and scale == 1.0:
        notes.append(f"{raw.form} does not say its unit; metres are taken")
    points = raw.vertices * scale
    return np.column_stack([points[:, 0], -points[:, 2], points[:, 1]]) if axis == "y" else points


def _own_place(extras: dict[str, Any], crs: CRS | None, target: Any, source: str) -> tuple[Floats, CRS, None]:
    """Return where a model of `write_glb` stands."""
    if target is not None:
        raise InputError(f"{source} says where it stands; leave out place")
    try:
        origin = np.array([float(value) for value in extras["origin"]])
        own = given_crs(str(extras["crs"]))
    except (TypeError, ValueError) as error:
        raise DataError(f"{source} names an origin and a CRS that cannot be read: {str(error)[:120]}") from None
    if origin.shape != (3,) or not np.isfinite(origin).all() or own is None:
        raise DataError(f"{source} names the origin {extras['origin']!r}; three finite numbers are needed")
    if crs is not None and crs != own:
        raise DataError(f"{source} names the CRS {own.name}, but {crs.name} was given; leave crs out")
    return origin, own, None


def _turned(points: Floats, rotation: float) -> Floats:
    if rotation % 360 == 0:
        return points
    angle = math.radians(rotation)
    sine, cosine = math.sin(angle), math.cos(angle)
    east = points[:, 0] * cosine + points[:, 1] * sine
    north = points[:, 1] * cosine - points[:, 0] * sine
    return np.column_stack([east, north, points[:, 2]])


def _moved(surfaces: Surfaces, shift: Floats) -> Surfaces:
    return Surfaces(
        surfaces.vertices + shift, surfaces.ring_start, surfaces.polygon_start, surfaces.kind, surfaces.building
    )


def _describe(found: Facets, placed: bool, target: Any, crs: CRS | None, notes: list[str]) -> None:
    if found.open_edges:
        notes.append(
            f"the mesh is not watertight ({found.open_edges} open edges); where it is open, roofs, walls and ground "
            "are told apart by slope and height"
        )
    if found.joined:
        notes.append(f"{found.joined} polygons in common planes were joined; the building has {len(found.surfaces)}")
    if not (found.surfaces.kind == SurfaceKind.ROOF).any():
        notes.append("no surface looks upwards: the building has no roof")
    if placed and crs is None:
        notes.append("the coordinates are those of a CRS, which the file does not name; give crs='EPSG:...'")
    if not placed and target is None:
        notes.append("the building has no place yet; give place and crs")


def _repairs(found: Facets, title: str) -> tuple[tuple[Refusal, ...], tuple[Refusal, ...]]:
    repaired, refused = [], []
    if found.turned:
        repaired.append(Refusal(title, f"{found.turned} polygons of bodies that were inside out were turned"))
    if found.degenerate:
        refused.append(Refusal(title, f"{found.degenerate} polygons have no area and are left out"))
    if found.double:
        refused.append(Refusal(title, f"{found.double} polygons are there twice and count once"))
    return tuple(repaired), tuple(refused)


def _table(ids: list[str], surfaces: Surfaces, title: str, form: str) -> pd.DataFrame:
    import pandas as pd

    facet = np.repeat(np.repeat(surfaces.building, np.diff(surfaces.polygon_start)), np.diff(surfaces.ring_start))
    low, high = np.full(len(ids), np.inf), np.full(len(ids), -np.inf)
    np.minimum.at(low, facet, surfaces.vertices[:, 2])
    np.maximum.at(high, facet, surfaces.vertices[:, 2])
    count = len(ids)
    return pd.DataFrame(
        {
            "id": pd.Series(ids, dtype=object),
            "name": pd.Series([title if count == 1 else None] * count, dtype=object),
            "function": pd.Series([None] * count, dtype=object),
            "roof_type": pd.Series([None] * count, dtype=object),
            "storeys": np.full(count, np.nan),
            "measured_height": np.round(high - low, 6),
            "lod": np.full(count, 2, np.int64),
            "generic": pd.Series([{"format": form} for _ in ids], dtype=object),
        }
    )
