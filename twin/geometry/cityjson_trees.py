"""Single trees of a CityJSON model (SolitaryVegetationObject): where they stand and how large they are.

A size comes from the attributes, else from the extent of the shape, which is often one template for all trees and so
counts as estimated; what neither tells is estimated as in tree cadastres.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS

from twin.geometry.cityjson_polygons import instance_block
from twin.geometry.records import ReadReport, Refusal, TreeRecords
from twin.geometry.reference_systems import inside_region
from twin.geometry.region import Bounds
from twin.geometry.tree_layouts import Layout
from twin.geometry.tree_rows import sized_trees

KIND = "SolitaryVegetationObject"
_LAYOUT = Layout("cityjson", {}, (), trunk_unit=1.0)
_ATTRIBUTES = {"height": "height", "crowndiameter": "crown_diameter", "species": "species"}
_SMALLEST = {"height": 0.5, "crown_diameter": 0.2}  # m: a shape of less is a mark, not the tree
_DEEPEST = 8


@dataclass(frozen=True)
class TreeEntry:
    """A tree as the model has it: where it stands, its attributes as text, and the extent of its shape (m)."""

    id: str
    x: float
    y: float
    told: dict[str, str]
    extent: dict[str, float]


@dataclass(frozen=True)
class Shape:
    """A geometry with the vertices it may use: its own, or those of the templates for an instance.

    geometry : as the file gives it
    vertices : (v, 3) float64, m, of the feature
    template : the template of an instance, else None
    template_vertices : (t, 3) float64
    """

    geometry: dict[str, Any]
    vertices: NDArray[np.float64]
    template: Any
    template_vertices: NDArray[np.float64]


def tree_entry(name: str, attributes: Any, shape: Shape | None) -> TreeEntry:
    """Return what is known of one tree.

    Parameters
    ----------
    name : str
        Id of the city object.
    attributes : dict
        Of the object; anything else counts as none.
    shape : Shape or None
        Its finest geometry.

    Raises
    ------
    ValueError
        If no geometry says where it stands; the text says why.

    Examples
    --------
    >>> shape = Shape({"type": "MultiPoint", "boundaries": [0]}, np.array([[5.0, 7.0, 1.0]]), None, np.zeros((0, 3)))
    >>> tree_entry("t", {"height": 12}, shape).told
    {'height': '12'}
    """
    if shape is None:
        raise ValueError("it has no geometry that says where it stands")
    geometry = shape.geometry
    if geometry.get("type") == "GeometryInstance":
        used = _used(shape.template, shape.template_vertices) if isinstance(shape.template, dict) else np.zeros((0, 3))
        foot = instance_block(geometry, np.zeros((1, 3)), shape.vertices)[0]
        points = instance_block(geometry, used, shape.vertices)
    else:
        points = _used(geometry, shape.vertices)
        if len(points) == 0:
            raise ValueError("it has no geometry that says where it stands")
        foot = (points.min(axis=0) + points.max(axis=0)) / 2.0
    if not np.isfinite(foot).all():
        raise ValueError("it stands at coordinates that are not finite")
    extent = {}
    if len(points):
        wide, deep, high = (float(side) for side in np.ptp(points, axis=0))
        extent = {"height": high, "crown_diameter": max(wide, deep)}
    told = _told(attributes if isinstance(attributes, dict) else {})
    return TreeEntry(name, float(foot[0]), float(foot[1]), told, extent)


def tree_records(entries: list[TreeEntry], crs: CRS, box: Bounds | None, source: str) -> TreeRecords | None:
    """Return the trees of a model, every one with a size; None if it has none.

    Examples
    --------
    >>> oak = TreeEntry("t", 5.0, 7.0, {"height": "12"}, {"height": 3.0, "crown_diameter": 4.0})
    >>> trees = tree_records([oak], CRS.from_epsg(28992), (0, 0, 9, 9), "town.json").trees
    >>> trees[["height", "height_source", "crown_diameter", "crown_diameter_source"]].values.tolist()
    [[12.0, 'measured', 4.0, 'estimated']]
    """
    import geopandas as gpd
    import pandas as pd

    if not entries:
        return None
    x, y = np.array([(entry.x, entry.y) for entry in entries]).T
    labels = [entry.id for entry in entries]
    refused: list[Refusal] = []
    good = np.ones(len(entries), bool)
    if box is None:
        good = np.asarray(inside_region(x, y, crs), bool)
        refused += [Refusal(labels[row], "it stands where its CRS has no place") for row in np.flatnonzero(~good)]
    else:
        good &= (x >= box[0]) & (x <= box[2]) & (y >= box[1]) & (y <= box[3])
    columns: dict[str, list[str]] = {"species": [entry.told.get("species", "") for entry in entries]}
    columns["trunk_circumference"] = [entry.told.get("trunk_circumference", "") for entry in entries]
    shaped = {}
    for role, smallest in _SMALLEST.items():
        own = [entry.told.get(role, "") for entry in entries]
        sides = [entry.extent.get(role, 0.0) for entry in entries]
        shaped[role] = np.array([not text and side >= smallest for text, side in zip(own, sides, strict=True)], bool)
        columns[role] = [
            f"{side:.6g}" if use else text for use, side, text in zip(shaped[role], sides, own, strict=True)
        ]
    notes: list[str] = []
    table = pd.DataFrame(columns, dtype=object)
    roles = {role: role for role in columns}
    trees, repaired = sized_trees(table, roles, _LAYOUT, labels, good, None, notes, Path(source))
    for role, taken in shaped.items():
        origin = f"{role}_source"
        trees[origin] = trees[origin].where(~(taken & (trees[origin] == "measured")), "estimated")
    taken = shaped["height"] | shaped["crown_diameter"]
    if (taken & good).any():
        notes.append(f"{int((taken & good).sum())} trees take a size from the extent of their shape")
    if box is not None and not good.all():
        notes.append(f"{int((~good).sum())} trees lie outside the bounds asked for")
    points = gpd.GeoDataFrame(trees, geometry=gpd.points_from_xy(x, y), crs=crs)[good].reset_index(drop=True)
    report = ReadReport(source, len(entries), len(points), tuple(repaired), tuple(refused), tuple(notes))
    return TreeRecords(points, crs, _LAYOUT.name, report)


def _used(geometry: dict[str, Any], vertices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the vertices that a geometry of any type names."""
    layer: list[Any] = [geometry.get("boundaries")]
    for _ in range(_DEEPEST):
        if not all(isinstance(item, list) for item in layer):
            break
        layer = [part for item in layer for part in item]
    if not all(type(item) is int for item in layer):
        raise ValueError("the boundaries of its geometry are not lists of whole numbers")
    if layer and not (min(layer) >= 0 and max(layer) < len(vertices)):
        raise ValueError("it names a vertex that the file does not have")
    return np.asarray(vertices[np.unique(np.array(layer, dtype=np.int64))])


def _told(attributes: dict[str, Any]) -> dict[str, str]:
    """Return the sizes and the species that attributes tell, as text."""
    told: dict[str, str] = {}
    for name, value in attributes.items():
        plain = str(name).lower().replace("_", "")
        if isinstance(value, dict):
            value = value.get("value")  # quantity with a unit
        if plain in _ATTRIBUTES and isinstance(value, (str, int, float)) and not isinstance(value, bool):
            told[_ATTRIBUTES[plain]] = str(value)[:100].strip()
        elif plain == "trunkdiameter" and isinstance(value, (int, float)) and 0 < value < 100:
            told["trunk_circumference"] = f"{math.pi * value:.6g}"
    return {role: text for role, text in told.items() if text}
