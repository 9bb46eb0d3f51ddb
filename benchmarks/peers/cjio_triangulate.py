"""CityJSON by cjio: the file read and every face cut into triangles (`triangulate`), its step before any raster."""

from __future__ import annotations

import contextlib
import io
from importlib.metadata import version
from pathlib import Path

from cjio import cityjson

from benchmarks.protocol import serve


def prepare(inputs):
    return str(inputs["path"])


def triangulate(path):
    with Path(path).open(encoding="utf-8") as file, contextlib.redirect_stdout(io.StringIO()):
        model = cityjson.reader(file=file, ignore_duplicate_keys=True)
        before = faces(model)
        model.triangulate(False)
    return {"polygons": before, "triangles": faces(model)}


def faces(model):
    objects = model.j["CityObjects"].values()
    return sum(len(shell) for item in objects for one in item.get("geometry", ()) for shell in _shells(one))


def _shells(geometry):
    boundaries = geometry["boundaries"]
    if geometry["type"] in ("MultiSurface", "CompositeSurface"):
        return [boundaries]
    if geometry["type"] == "Solid":
        return boundaries
    return [shell for solid in boundaries for shell in solid]


if __name__ == "__main__":
    serve(prepare, triangulate, lambda: {name: version(name) for name in ("cjio", "triangle", "numpy")})
