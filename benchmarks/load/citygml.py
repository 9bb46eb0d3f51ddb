"""CityGML to surfaces and heights: one tile, and a town of 34 tiles in one file."""

from __future__ import annotations

import functools
import gzip
import os
import re
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.case import Case

COLUMNS, ROWS = 17, 2
"""How often the tile is repeated to the east and north in the file of a town."""

_NUMBERS = re.compile(r"(<gml:(?:posList|pos|lowerCorner|upperCorner)\b[^>]*>)([^<]+)")
_NAMES = re.compile(r'((?:gml:id|xlink:href)="#?)')

_VOXCITY = (
    "VoxCity's `process_citygml_file` takes one footprint and the measured height of a building and no surface; it "
    "finds fewer buildings (those whose first polygon it cannot use are left out), and its footprint is the first "
    "polygon in the file, which is a roof facet here. twin reads every surface and paints the roofs at 1 m."
)


def _shipped() -> Path:
    import twin

    return Path(twin.__file__).parent / "data" / "tiergarten" / "lod2_3890_5819.gml.gz"


def _dense_tile() -> Path:
    """Return the densest tile at hand: Berlin-Kreuzberg where the reference data are, else the shipped one."""
    folder = os.environ.get("TWIN_SHARED_DATA") or str(Path(__file__).parents[2].parent / "shared" / "data")
    path = Path(folder) / "city" / "berlin_mitte_lod2" / "3910_5817.gml.gz"
    return path if path.is_file() else _shipped()


def _shifted(text: str, copy: int, east: int, north: int) -> str:
    """Return the members of a tile moved by whole metres, with names of their own; decimals stay as they are."""

    def move(found: re.Match[str]) -> str:
        numbers = found[2].split()
        for axis, metres in ((0, east), (1, north)):
            for k in range(axis, len(numbers), 3):
                whole, point, rest = numbers[k].partition(".")
                numbers[k] = f"{int(whole) + metres}{point}{rest}"
        return found[1] + " ".join(numbers)

    return _NUMBERS.sub(move, _NAMES.sub(rf"\g<1>c{copy}_", text))


@functools.cache
def _town() -> tuple[tempfile.TemporaryDirectory[str], str]:
    """Write a file of `COLUMNS` x `ROWS` copies of a tile, side by side; it goes when the benchmark ends."""
    text = gzip.decompress(_dense_tile().read_bytes()).decode()
    first, last = text.index("<cityObjectMember>"), text.rindex("</CityModel>")
    places = np.concatenate([np.array(numbers.split(), float).reshape(-1, 3) for _, numbers in _NUMBERS.findall(text)])
    width, height = (int(size) + 2 for size in np.ptp(places[:, :2], axis=0))
    folder = tempfile.TemporaryDirectory(prefix="twin-town-")
    path = Path(folder.name) / "town.gml"
    with path.open("w", encoding="utf-8", newline="") as sink:
        sink.write(text[:first])
        for copy in range(COLUMNS * ROWS):
            east, north = copy % COLUMNS * width, copy // COLUMNS * height
            sink.write(_shifted(text[first:last], copy, east, north))
        sink.write(text[last:])
    return folder, str(path)


def _town_inputs() -> dict[str, np.ndarray]:
    path = _town()[1]
    return {"path": np.array(path), "bytes": np.int64(Path(path).stat().st_size)}


def _tile_inputs() -> dict[str, np.ndarray]:
    path = _shipped()
    return {"path": np.array(str(path)), "bytes": np.int64(len(gzip.decompress(path.read_bytes())))}


def _read(path: str) -> dict[str, Any]:
    from twin.geometry.citygml import read_citygml
    from twin.geometry.records import SurfaceKind

    models = read_citygml(path)
    surfaces = models.surfaces
    return {
        "buildings": len(models.buildings),
        "polygons": len(surfaces),
        "roofs": int((surfaces.kind == SurfaceKind.ROOF).sum()),
        "highest_vertex": float(surfaces.vertices[:, 2].max()),
    }


def _surface_elevation(path: str) -> dict[str, Any]:
    """Read a file and paint its roofs on cells of 1 m over all of its extent."""
    from twin import GridSpec
    from twin.city.rasterize import paint_facets
    from twin.geometry.citygml import read_citygml
    from twin.geometry.records import SurfaceKind

    models = read_citygml(path)
    buildings, crs, surfaces = len(models.buildings), models.crs, models.surfaces
    del models
    low, high = surfaces.vertices[:, :2].min(axis=0), surfaces.vertices[:, :2].max(axis=0)
    spec = GridSpec.from_bounds((*np.floor(low), *np.ceil(high)), 1.0, crs)
    painted = paint_facets(surfaces, spec, select=surfaces.kind == SurfaceKind.ROOF)
    return {
        "buildings": buildings,
        "polygons": len(surfaces),
        "cells": painted.elevation.size,
        "cells_with_a_roof": int(np.count_nonzero(painted.label)),
    }


def _case(name: str, text: str, inputs: Any, work: Any, peer: str | None, note: str = "") -> Case:
    return Case(
        name=name,
        text=text,
        inputs=inputs,
        prepare=lambda inputs: str(inputs["path"]),
        work=work,
        amount=lambda inputs, answers: float(inputs["bytes"]),
        unit="bytes",
        peer=peer,
        note=note,
    )


_TILE = "LoD2 of Berlin-Tiergarten, 2.9 MB"
_TOWN = f"{COLUMNS * ROWS} copies of an LoD2 tile of Berlin in one file of 100 MB"
_PLAIN = "The peer is the plain way: the whole document in memory, each polygon a shapely Polygon, no checks."

CASES = (
    _case("CityGML, one tile", f"{_TILE}, to polygons of every surface", _tile_inputs, _read, "lxml_dom", _PLAIN),
    _case("CityGML to roof heights", f"{_TILE}, read and painted at 1 m", _tile_inputs, _surface_elevation, None),
    _case(
        "CityGML town, VoxCity",
        f"{_TOWN}: every surface and the surface elevation at 1 m, against footprints alone",
        _town_inputs,
        _surface_elevation,
        "voxcity",
        _VOXCITY,
    ),
    _case(
        "CityGML town, events",
        f"{_TOWN}: every surface and the surface elevation at 1 m, against a bare pass of lxml over its elements",
        _town_inputs,
        _surface_elevation,
        "lxml_iterparse",
        "The peer runs `lxml.etree.iterparse` over the file, looks at nothing and clears each element.",
    ),
    _case(
        "CityGML town, tree",
        f"{_TOWN}, to polygons of every surface",
        _town_inputs,
        _read,
        "lxml_dom",
        _PLAIN,
    ),
)
