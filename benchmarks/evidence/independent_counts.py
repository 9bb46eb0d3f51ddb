"""What a file holds, counted without `twin`: by lxml, json, osmium and rasterio, in the plainest way.

Every function returns names with numbers; the same names are counted in what the readers return.
"""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

Counts = dict[str, float]

_GML = ("{http://www.opengis.net/gml}", "{http://www.opengis.net/gml/3.2}")
_KINDS = {"RoofSurface": "roof", "WallSurface": "wall", "GroundSurface": "ground"}


def citygml(path: Path) -> Counts:
    """Return buildings, polygons by kind and their area in space (m2), rings that are holes."""
    from lxml import etree

    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    root = etree.fromstring(content)
    found: Counts = {"buildings": 0, "roof": 0, "wall": 0, "ground": 0, "holes": 0, "m² of roof": 0.0}
    for building in root.iter("{*}Building"):
        if "building" not in etree.QName(building).namespace:
            continue
        found["buildings"] += 1
        for surface in building.iter(*("{*}" + name for name in _KINDS)):
            kind = _KINDS[etree.QName(surface).localname]
            for polygon in _own_polygons(surface):
                rings = [_points(ring) for ring in polygon.iter(*(space + "LinearRing" for space in _GML))]
                found[kind] += 1
                found["holes"] += len(rings) - 1
                if kind == "roof":
                    found["m² of roof"] += _area(rings[0]) - sum(_area(ring) for ring in rings[1:])
    return found


def _own_polygons(surface: Any) -> Any:
    """Return the polygons of a boundary surface at level 2, without those of its doors and windows."""
    for geometry in surface:
        name = geometry.tag.rpartition("}")[2]
        if name in ("lod2MultiSurface", "lod3MultiSurface"):
            yield from geometry.iter(*(space + "Polygon" for space in _GML))


def _points(ring: Any) -> np.ndarray:
    texts = [node.text for node in ring.iter(*(space + name for space in _GML for name in ("posList", "pos")))]
    points = np.array(" ".join(texts).split(), float).reshape(-1, 3)
    return points[:-1] if np.array_equal(points[0], points[-1]) else points


def _area(points: np.ndarray) -> float:
    local = points - points[0]
    normal = sum(np.cross(local[i], local[i + 1]) for i in range(len(local) - 1))
    return float(np.linalg.norm(normal)) / 2


def cityjson(path: Path) -> Counts:
    """Return buildings, other objects by type, faces of buildings and triangles of terrain."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            content = archive.read(next(name for name in archive.namelist() if name.endswith("json")))
    else:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    objects = json.loads(content)["CityObjects"]
    found: Counts = {"buildings": 0, "areas": 0, "faces of buildings": 0, "triangles of terrain": 0}
    for item in objects.values():
        faces = sum(_faces(geometry["boundaries"], geometry["type"]) for geometry in item.get("geometry", ()))
        if item["type"] in ("Building", "BuildingPart"):
            found["buildings"] += item["type"] == "Building"
            found["faces of buildings"] += faces
        elif item["type"] == "TINRelief":
            found["triangles of terrain"] += faces
        elif faces:
            found["areas"] += 1
    return found


def _faces(boundaries: Any, kind: str) -> int:
    if kind in ("MultiSurface", "CompositeSurface"):
        return len(boundaries)
    if kind == "Solid":
        return sum(len(shell) for shell in boundaries)
    return sum(_faces(solid, "Solid") for solid in boundaries) if kind.endswith("Solid") else 0


def osm(path: Path) -> dict[str, set[str]]:
    """Return the ids of ways with a `highway` tag, turn restrictions, buildings drawn as one way, and mapped trees."""
    import osmium

    form = "osm" if path.suffix in (".xml", ".osm") else ""
    roads, turns, buildings, trees = set(), set(), set(), set()
    items: Any = osmium.FileProcessor(osmium.io.File(str(path), form) if form else str(path))
    for item in items:
        tags = dict(item.tags)
        if item.is_node() and tags.get("natural") == "tree" and item.location.valid():
            trees.add(f"n{item.id}")
        elif item.is_way():
            refs = [node.ref for node in item.nodes]
            if "highway" in tags:
                roads.add(f"w{item.id}")
            elif len(refs) > 3 and refs[0] == refs[-1] and tags.get("building", "no") != "no":
                buildings.add(f"w{item.id}")
        elif item.is_relation() and tags.get("type", "").split(":")[0] == "restriction":
            turns.add(f"r{item.id}")
    return {
        "ways with highway": roads,
        "turn restrictions": turns,
        "buildings as closed ways": buildings,
        "trees": trees,
    }


def raster(path: Path) -> Counts:
    """Return rows, columns, cells with a value, and the mean of these."""
    import rasterio

    with rasterio.open(path) as source:
        values = source.read(1, masked=True).astype(np.float64)
    return {
        "rows": values.shape[0],
        "columns": values.shape[1],
        "values": int(values.count()),
        "mean": float(values.mean()),
    }
