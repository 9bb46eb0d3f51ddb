"""CityJSON to surface elevation, against cjio's triangulation, which does no raster at all."""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.case import Case, SkippedError

_NOTE = (
    "cjio reads the file and cuts its faces into triangles, nothing more; twin reads it, checks every polygon, places "
    "and classes it, and paints the roofs on cells of 1 m."
)


def _reference(name: str) -> Path:
    place = os.environ.get("TWIN_SHARED_DATA")
    folder = Path(place) if place else Path(__file__).resolve().parents[3] / "shared" / "data"
    if not (folder / name).exists():
        raise SkippedError(f"{name} of the reference data is not on this machine (TWIN_SHARED_DATA names their folder)")
    return folder / name


def _den_haag() -> dict[str, np.ndarray]:
    folder = Path(tempfile.mkdtemp(prefix="twin-benchmark-"))
    with zipfile.ZipFile(_reference("city/denhaag/DenHaag_01.city.json.zip")) as archive:
        return _described(Path(archive.extract(archive.namelist()[0], folder)))


def _made_up() -> dict[str, np.ndarray]:
    """Write a town of 2,000 houses with gable roofs, two parts each, vertices shared within a house."""
    objects, vertices = {}, []
    faces = [[[0, 3, 2, 1]], [[0, 1, 5, 8, 4]], [[1, 2, 6, 5]], [[2, 3, 7, 9, 6]], [[3, 0, 4, 7]], [[4, 8, 9, 7]],
             [[8, 5, 6, 9]]]  # fmt: skip
    kinds = [{"type": "GroundSurface"}, {"type": "WallSurface"}, {"type": "RoofSurface"}]
    house = [(0, 0, 0), (8, 0, 0), (8, 12, 0), (0, 12, 0), (0, 0, 6), (8, 0, 6), (8, 12, 6), (0, 12, 6), (4, 0, 9),
             (4, 12, 9)]  # fmt: skip
    for number in range(2000):
        name, column, row = f"house-{number}", number % 50, number // 50
        objects[name] = {
            "type": "Building",
            "attributes": {"function": "1000", "identificatie": f"NL.{number:016d}", "bouwjaar": 1900 + number % 120},
            "children": [f"{name}-0", f"{name}-1"],
        }
        for part in range(2):
            first = len(vertices)
            origin = (column * 25 + 9 * part, row * 20, number % 7)
            vertices += [[1000 * (a + b) for a, b in zip(point, origin, strict=True)] for point in house]
            shell = [[[first + corner for corner in ring] for ring in face] for face in faces]
            objects[f"{name}-{part}"] = {
                "type": "BuildingPart",
                "parents": [name],
                "geometry": [
                    {
                        "type": "Solid",
                        "lod": "2.2",
                        "boundaries": [shell],
                        "semantics": {"surfaces": kinds, "values": [[0, 1, 1, 1, 1, 2, 2]]},
                    }
                ],
            }
    text = {
        "type": "CityJSON",
        "version": "2.0",
        "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/7415"},
        "transform": {"scale": [0.001, 0.001, 0.001], "translate": [80000.0, 453000.0, 0.0]},
        "CityObjects": objects,
        "vertices": vertices,
    }
    path = Path(tempfile.mkdtemp(prefix="twin-benchmark-")) / "town.city.json"
    path.write_text(json.dumps(text, separators=(",", ":")), encoding="utf-8")
    return _described(path)


def _described(path: Path) -> dict[str, np.ndarray]:
    return {"path": np.array(str(path)), "bytes": np.int64(path.stat().st_size)}


def _elevation(path: str) -> dict[str, Any]:
    from twin import GridSpec
    from twin.city.rasterize import paint_facets
    from twin.geometry.cityjson import read_cityjson
    from twin.geometry.records import SurfaceKind

    data = read_cityjson(path)
    surfaces = data.buildings.surfaces
    low, high = surfaces.vertices.min(axis=0), surfaces.vertices.max(axis=0)
    spec = GridSpec.from_bounds((low[0], low[1], high[0], high[1]), 1.0, "EPSG:28992")
    painted = paint_facets(surfaces, spec, select=surfaces.kind == SurfaceKind.ROOF)
    return {
        "polygons": len(surfaces) + len(data.relief) + len(data.area_surfaces),
        "cells_with_a_roof": int(np.isfinite(painted.elevation).sum()),
    }


def _case(name: str, text: str, inputs: Any) -> Case:
    return Case(
        name=name,
        text=text,
        inputs=inputs,
        prepare=lambda inputs: str(inputs["path"]),
        work=_elevation,
        amount=lambda inputs, answers: float(inputs["bytes"]),
        unit="bytes",
        peer="cjio_triangulate",
        note=_NOTE,
        most_runs=3,
    )


CASES = (
    _case(
        "CityJSON, Den Haag",
        "844 buildings and terrain, 3.2 MB of the reference data, to elevations of roofs",
        _den_haag,
    ),
    _case("CityJSON, made-up town", "2,000 houses of two parts each, to elevations of roofs", _made_up),
)
