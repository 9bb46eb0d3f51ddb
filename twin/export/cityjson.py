"""Buildings, trees and terrain as CityJSON 2.0, as 3-D city viewers, QGIS and conversion tools read it.

Surfaces of a 3-D city model are written exactly, to the millimetre; the footprints of a city become blocks. Files are
written whole or not at all.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS

from twin.atomic import replacing
from twin.city.city import City
from twin.errors import DataError, InputError
from twin.export.cityjson_parts import Part, block_parts, building_parts, semantics_name, terrain_part, tree_parts
from twin.geometry.records import BuildingModels

SCALE = 0.001
"""Step of the coordinates, m."""

_SUFFIXES = (".json", ".jsonl")


def write_cityjson(
    city_or_models: City | BuildingModels, path: str | os.PathLike[str], *, terrain: float | None = None
) -> Path:
    """Write buildings as CityJSON 2.0 (OGC 20-072r5).

    Parameters
    ----------
    city_or_models : City or BuildingModels
        Of `BuildingModels` every surface is written with its kind, as MultiSurface of the model's level of detail. Of a
        `City` buildings become blocks (LoD1) from footprint, height and the mean ground under them, with the columns
        of the table as attributes, and single trees prisms. Buildings whose ground is not known have attributes only;
        roads and land cover are not written.
    path : path
        Ends in ``.json`` (``.city.json``), or in ``.jsonl`` for a sequence of features, one a line. An existing file is
        replaced.
    terrain : float, optional
        Of a `City`: write the ground too, as triangles that miss no cell centre by more than this, m.

    Returns
    -------
    Path

    Raises
    ------
    InputError
        If the path ends otherwise, the CRS has no EPSG code, or the terrain of a model is asked for.
    DataError
        If a coordinate is not finite or the file cannot be written.

    Notes
    -----
    Coordinates are whole millimetres. Surfaces that vanish at that step are left out; the attribute
    `surfacesLeftOut` of their building says how many.

    Examples
    --------
    >>> import tempfile
    >>> from twin.geometry import read_cityjson
    >>> from twin.scenario.hamlet import hamlet
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     data = read_cityjson(write_cityjson(hamlet(), Path(folder) / "hamlet.city.json", terrain=0.1))
    >>> len(data.buildings.buildings), data.buildings.buildings.measured_height.tolist()
    (4, [7.0, 10.0, 8.0, 9.0])
    """
    target = Path(path)
    if target.suffix.lower() not in _SUFFIXES:
        raise InputError(f"path is {str(target)!r}; CityJSON ends in .json, a sequence of features in .jsonl")
    if isinstance(city_or_models, City):
        parts = [*block_parts(city_or_models), *tree_parts(city_or_models)]
        if terrain is not None:
            parts.append(terrain_part(city_or_models, terrain))
        crs: CRS | None = city_or_models.spec.crs
        datum = city_or_models.grid["ground_elevation"].attrs.get("vertical_datum")
        named = dict.fromkeys(source.attribution for source in city_or_models.meta.sources if source.attribution)
        title = city_or_models.name + (f" ({'; '.join(named)})" if named else "")
    elif not isinstance(city_or_models, BuildingModels):
        raise InputError(f"what is given is a {type(city_or_models).__name__}: no city and no building models")
    else:
        if terrain is not None:
            raise InputError("building models hold no terrain; write a City to have it in the file")
        parts = list(building_parts(city_or_models))
        crs, datum, title = city_or_models.crs, city_or_models.vertical_datum, ""
    _unique(parts)
    low, high = _extent(parts)
    origin = np.floor(low)
    metadata: dict[str, Any] = {"geographicalExtent": [*np.round(low, 3).tolist(), *np.round(high, 3).tolist()]}
    if title:
        metadata["title"] = title
    if crs is not None:
        metadata["referenceSystem"] = f"https://www.opengis.net/def/crs/EPSG/0/{_code(crs, datum)}"
    head: dict[str, Any] = {
        "type": "CityJSON",
        "version": "2.0",
        "transform": {"scale": [SCALE] * 3, "translate": origin.tolist()},
        "metadata": metadata,
        "CityObjects": {},
        "vertices": [],
    }
    try:
        with replacing(target) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as sink:
            for text in (
                _lines(parts, head, origin) if target.suffix.lower() == ".jsonl" else [_whole(parts, head, origin)]
            ):
                sink.write(text + "\n")
    except OSError as error:
        raise DataError(f"{target} cannot be written: {error}") from error
    return target


def _whole(parts: list[Part], head: dict[str, Any], origin: NDArray[np.float64]) -> str:
    objects, vertices = _objects(parts, origin)
    return _text({**head, "CityObjects": objects, "vertices": vertices})


def _lines(parts: list[Part], head: dict[str, Any], origin: NDArray[np.float64]) -> Iterator[str]:
    yield _text(head)
    for part in parts:
        objects, vertices = _objects([part], origin)
        yield _text({"type": "CityJSONFeature", "id": part.id, "CityObjects": objects, "vertices": vertices})


def _text(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _objects(parts: list[Part], origin: NDArray[np.float64]) -> tuple[dict[str, Any], list[list[int]]]:
    """Return city objects and the vertices they share, each vertex once."""
    rings = [ring for part in parts for polygon in part.polygons for ring in polygon]
    if rings:
        points = np.rint((np.concatenate(rings) - origin) / SCALE).astype(np.int64)
        vertices, number = np.unique(points, axis=0, return_inverse=True)
    else:
        vertices, number = np.zeros((0, 3), np.int64), np.zeros(0, np.int64)
    place = iter(np.split(number.reshape(-1), np.cumsum([len(ring) for ring in rings])[:-1]) if rings else [])
    objects = {part.id: _object(part, place) for part in parts}
    used = sorted(set(chain.from_iterable(_corners(item) for item in objects.values())))
    if len(used) < len(vertices):  # of surfaces that vanished
        table = dict(zip(used, range(len(used)), strict=True))
        for item in objects.values():
            for geometry in item.get("geometry", []):
                geometry["boundaries"] = _renumbered(geometry["boundaries"], table)
    return objects, vertices[used].tolist() if used else []


def _object(part: Part, place: Iterator[NDArray[np.int64]]) -> dict[str, Any]:
    """Return one city object; its rings are taken from `place` in their order."""
    boundaries: list[list[list[int]]] = []
    kinds: list[int] = []
    for row, polygon in enumerate(part.polygons):
        rings = [_ring(next(place)) for _ in polygon]
        if rings[0]:
            boundaries.append([ring for ring in rings if ring])
            kinds += part.surfaces[row : row + 1]
    attributes = dict(part.attributes)
    if len(boundaries) < len(part.polygons):
        attributes["surfacesLeftOut"] = len(part.polygons) - len(boundaries)
    item: dict[str, Any] = {"type": part.kind}
    if attributes:
        item["attributes"] = attributes
    if not boundaries:
        return item
    # a solid that lost a surface is closed no longer
    solid = part.form == "Solid" and len(boundaries) == len(part.polygons)
    geometry: dict[str, Any] = {
        "type": "Solid" if solid else part.form.replace("Solid", "MultiSurface"),
        "lod": part.lod,
        "boundaries": [boundaries] if solid else boundaries,
    }
    names = [semantics_name(kind) for kind in kinds]
    if any(names):
        order = list(dict.fromkeys(name for name in names if name))
        values = [order.index(name) if name else None for name in names]
        geometry["semantics"] = {
            "surfaces": [{"type": name} for name in order],
            "values": [values] if solid else values,
        }
    item["geometry"] = [geometry]
    return item


def _ring(numbers: NDArray[np.int64]) -> list[int]:
    """Return a ring without repeated vertices; nothing if fewer than three are left."""
    listed = numbers.tolist()  # rings are short: lists are five times faster here than arrays
    kept = [number for number, before in zip(listed, listed[-1:] + listed[:-1], strict=True) if number != before]
    return kept if len(set(kept)) >= 3 else []


def _corners(item: dict[str, Any]) -> Iterator[int]:
    layers: list[Any] = [geometry["boundaries"] for geometry in item.get("geometry", [])]
    while layers and isinstance(layers[0], list):
        layers = list(chain.from_iterable(layers))
    yield from layers


def _renumbered(layer: Any, table: dict[int, int]) -> Any:
    return [_renumbered(part, table) for part in layer] if isinstance(layer, list) else table[layer]


def _unique(parts: list[Part]) -> None:
    """Give parts whose id comes again another one."""
    seen: set[str] = set()
    for part in parts:
        name, number = part.id, 1
        while part.id in seen:
            number += 1
            part.id = f"{name}#{number}"
        seen.add(part.id)


def _extent(parts: list[Part]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rings = [polygon[0] for part in parts for polygon in part.polygons]
    if not rings:
        return np.zeros(3), np.zeros(3)
    low = np.array([ring.min(axis=0) for ring in rings]).min(axis=0)
    high = np.array([ring.max(axis=0) for ring in rings]).max(axis=0)
    if not (np.isfinite(low).all() and np.isfinite(high).all()):
        raise DataError("a surface has coordinates that are NaN or infinite; it cannot be written as CityJSON")
    return low, high


@lru_cache(maxsize=32)
def _code(crs: CRS, datum: str | None) -> int:
    """Return the EPSG code of a CRS, of the compound one with its heights where there is one."""
    from pyproj.database import query_crs_info
    from pyproj.enums import PJType

    code = crs.to_epsg()
    if code is None:
        raise InputError(f"the CRS {crs.name!r} has no EPSG code, which CityJSON needs; transform to one that has")
    if datum:
        wanted = {f"{crs.name} + {datum}{ending}".casefold() for ending in ("", " height")}
        for info in query_crs_info(auth_name="EPSG", pj_types=PJType.COMPOUND_CRS):
            if info.name.casefold() in wanted:
                return int(info.code)
    return int(code)
