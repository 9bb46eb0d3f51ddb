"""City objects of CityJSON made from records and tables: what they are, what they say, and polygons in metres.

Vertices are not numbered yet; that is done when the file is written (`cityjson`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from twin.city.city import City
from twin.export.terrain_tin import thinned_tin
from twin.geometry.records import BuildingModels, SurfaceKind

_NAMES = {
    SurfaceKind.ROOF: "RoofSurface",
    SurfaceKind.WALL: "WallSurface",
    SurfaceKind.GROUND: "GroundSurface",
    SurfaceKind.CLOSURE: "ClosureSurface",
    SurfaceKind.OUTER_CEILING: "OuterCeilingSurface",
    SurfaceKind.OUTER_FLOOR: "OuterFloorSurface",
}
_RENAMED = {"height": "measuredHeight", "storeys": "storeysAboveGround"}
_HALF = 0.0005  # m: elevations are rounded by this much at most
_TREE_RENAMED = {"crown_diameter": "crownDiameter", "crown_base_height": "crownBaseHeight"}

Polygon = list[NDArray[np.float64]]
"""Rings of (n, 3) vertices, open; the outline first."""


@dataclass
class Part:
    """One city object.

    kind : its type; lod : level of detail; form : type of its geometry
    polygons : of the geometry (all of the one outer shell of a Solid)
    surfaces : a `SurfaceKind` for each polygon, empty without semantics
    """

    id: str
    kind: str
    attributes: dict[str, Any]
    lod: str
    form: str
    polygons: list[Polygon]
    surfaces: list[int] = field(default_factory=list)


def building_parts(models: BuildingModels) -> Iterator[Part]:
    """Yield a Building for each row of a 3-D city model, with all its surfaces.

    Examples
    --------
    >>> from twin.geometry.records import ReadReport
    >>> from twin.geometry.surfaces import no_surfaces
    >>> columns = ("id", "name", "function", "roof_type", "storeys", "measured_height", "lod", "generic")
    >>> none = pd.DataFrame({name: [] for name in columns})
    >>> list(building_parts(BuildingModels(none, no_surfaces(), None, None, None, ReadReport("none"))))
    []
    """
    surfaces = models.surfaces
    order = np.argsort(surfaces.building, kind="stable")
    starts = np.searchsorted(surfaces.building[order], np.arange(len(models.buildings) + 1))
    for row, told in enumerate(models.buildings.to_dict("records")):
        members = order[starts[row] : starts[row + 1]]
        polygons = []
        for polygon in members:
            first, last = surfaces.polygon_start[polygon], surfaces.polygon_start[polygon + 1]
            bounds = surfaces.ring_start[first : last + 1]
            polygons.append([surfaces.vertices[a:b] for a, b in pairwise(bounds)])
        attributes = dict(told.get("generic") or {})
        attributes |= {
            "name": told["name"],
            "function": told["function"],
            "roofType": told["roof_type"],
            "storeysAboveGround": told["storeys"],
            "measuredHeight": told["measured_height"],
        }
        yield Part(
            id=str(told["id"]),
            kind="Building",
            attributes=plain(attributes),
            lod=str(int(told["lod"])),
            form="MultiSurface",
            polygons=polygons,
            surfaces=surfaces.kind[members].tolist(),
        )


def block_parts(city: City) -> Iterator[Part]:
    """Yield a Building for each footprint of a city, as a block with a flat roof on the mean ground under it.

    A building off the grid, whose ground is not known, has attributes only.

    Examples
    --------
    >>> from twin.scenario.hamlet import hamlet
    >>> first = next(block_parts(hamlet()))
    >>> first.id, len(first.polygons), first.attributes["measuredHeight"]
    ('w1', 6, 7.0)
    """
    ground = city.grid["ground_elevation"].values.astype(np.float64).ravel()
    number = city.grid["building_id"].values.ravel()
    sane = (number > 0) & np.isfinite(ground)
    levels = pd.Series(ground[sane]).groupby(number[sane]).mean()
    table = city.buildings
    columns = [name for name in table.columns if name != table.geometry.name]
    ids = next(
        (table[name] for name in ("gml_id", "osm_id") if name in table), pd.Series(index=table.index, dtype=object)
    )
    for row, shape in table.geometry.items():
        told = {_RENAMED.get(name, name): table.at[row, name] for name in columns}
        label = ids.get(row)
        base, height = levels.get(row), told.get("measuredHeight")
        block: tuple[list[Polygon], list[int]] = ([], [])
        if base is not None and height is not None and math.isfinite(height) and height > 0 and not shape.is_empty:
            block = _block(shape, float(base), float(base) + float(height))
        name = str(label) if isinstance(label, str) and label else f"building-{row}"
        parts = len(shapely.get_parts(shape)) if shape is not None else 0
        yield Part(name, "Building", plain(told), "1", "Solid" if parts == 1 else "MultiSurface", *block)


def tree_parts(city: City) -> Iterator[Part]:
    """Yield a SolitaryVegetationObject for each single tree on known ground: its crown as an eight-sided prism.

    Examples
    --------
    >>> from twin.scenario.hamlet import hamlet
    >>> [part.attributes["height"] for part in tree_parts(hamlet())]
    [9.0, 9.0]
    """
    trees = city.trees
    if len(trees) == 0:
        return
    spec = city.spec
    ground = city.grid["ground_elevation"].values
    x, y = shapely.get_coordinates(trees.geometry.values).T
    column = np.floor((x - spec.left) / spec.resolution).astype(int)
    row = np.floor((spec.top - y) / spec.resolution).astype(int)
    on = (column >= 0) & (column < spec.columns) & (row >= 0) & (row < spec.rows)
    columns = [name for name in trees.columns if name != trees.geometry.name]
    angle = np.arange(8) * np.pi / 4
    for place, told in enumerate(trees[columns].to_dict("records")):
        level = float(ground[row[place], column[place]]) if on[place] else float("nan")
        attributes = plain({_TREE_RENAMED.get(str(name), str(name)): value for name, value in told.items()})
        height, crown = attributes.get("height"), attributes.get("crownDiameter")
        if not math.isfinite(level) or not height or not crown:
            continue
        base = float(attributes.get("crownBaseHeight") or 0.0)
        outline = np.column_stack([x[place] + crown / 2 * np.cos(angle), y[place] + crown / 2 * np.sin(angle)])
        polygons, _ = _block(shapely.Polygon(outline), level + min(base, 0.9 * height), level + height)
        yield Part(f"tree-{place}", "SolitaryVegetationObject", attributes, "1", "Solid", polygons)


def terrain_part(city: City, tolerance: float) -> Part:
    """Return the ground of a city as a TINRelief thinned to a tolerance in m.

    Examples
    --------
    >>> from twin.scenario.hamlet import hamlet
    >>> terrain_part(hamlet(), 0.5).attributes
    {'tolerance': 0.5}
    """
    ground = np.asarray(city.grid["ground_elevation"].values, np.float64)
    # what is written are whole millimetres: half of one is kept for that
    vertices, faces = thinned_tin(ground, city.spec, tolerance - _HALF if tolerance > 2 * _HALF else tolerance)
    polygons: list[Polygon] = [[vertices[face]] for face in faces]
    return Part("terrain", "TINRelief", {"tolerance": float(tolerance)}, "1", "CompositeSurface", polygons)


def plain(values: dict[str, Any]) -> dict[str, Any]:
    """Return attributes as JSON knows them; what is missing is left out.

    Examples
    --------
    >>> plain({"a": np.float32(0.5), "b": float("nan"), "c": None, "d": {"e": np.int64(3)}})
    {'a': 0.5, 'd': {'e': 3}}
    """
    found = {str(name): _json(value) for name, value in values.items()}
    return {name: value for name, value in found.items() if value is not None}


def _json(value: Any) -> Any:
    if isinstance(value, dict):
        return plain(value)
    if isinstance(value, (list, tuple, set, frozenset, np.ndarray)):
        return [_json(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool) or value is None or isinstance(value, (int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return None if value is pd.NA or value is pd.NaT else str(value)


def _block(shape: Any, base: float, top: float) -> tuple[list[Polygon], list[int]]:
    """Return floor, walls and flat roof over a footprint, outward anticlockwise, and their kinds."""
    polygons: list[Polygon] = []
    kinds: list[int] = []
    for part in shapely.get_parts(shape):
        turned = (
            shapely.orient_polygons(part)
            if hasattr(shapely, "orient_polygons")
            else shapely.geometry.polygon.orient(part)
        )
        rings = [shapely.get_coordinates(ring)[:-1] for ring in (turned.exterior, *turned.interiors)]
        polygons += [[_at(ring[::-1], base) for ring in rings], [_at(ring, top) for ring in rings]]
        kinds += [SurfaceKind.GROUND, SurfaceKind.ROOF]
        for ring in rings:
            for one, two in zip(ring, np.roll(ring, -1, axis=0), strict=True):
                wall = np.array([(*one, base), (*two, base), (*two, top), (*one, top)])
                polygons.append([wall])
                kinds.append(SurfaceKind.WALL)
    return polygons, [int(kind) for kind in kinds]


def _at(ring: NDArray[np.float64], level: float) -> NDArray[np.float64]:
    return np.column_stack([ring, np.full(len(ring), level)])


def semantics_name(kind: int) -> str | None:
    """Return CityJSON's word for a kind of surface, None for an unknown one.

    Examples
    --------
    >>> semantics_name(1)
    'RoofSurface'
    """
    return _NAMES.get(SurfaceKind(kind))
