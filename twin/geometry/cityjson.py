"""CityJSON 1.0, 1.1 and 2.0 city models, whole or as a sequence of features, to buildings, areas and terrain.

The file is read whole; vertices are placed once as an array. A file that is damaged or is not CityJSON gives an error;
a city object that cannot be used is named in the report.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from twin.errors import DataError
from twin.geometry.citygml import kept_buildings
from twin.geometry.citygml_building import BuildingReader
from twin.geometry.cityjson_objects import CityObjects
from twin.geometry.cityjson_polygons import PolygonBuffer
from twin.geometry.cityjson_source import WHAT, Document, Feature, read_document
from twin.geometry.records import BuildingModels, CityJsonData, ReadReport, Refusal, Surfaces
from twin.geometry.reference_systems import NamedSystem, inside_region, must_swap_axes, parse_srs_name
from twin.geometry.region import Bounds, checked_bounds, given_crs
from twin.geometry.sources import existing_file
from twin.geometry.surfaces import classed_by_slope, no_surfaces, polygon_normals, select

if TYPE_CHECKING:
    import geopandas as gpd


_LOWEST, _HIGHEST = -500.0, 9000.0  # m: the same range as for buildings of CityGML
_FLATTEST = 0.01  # vertical part of a unit normal below which a facet is a wall and covers no ground


def read_cityjson(
    path: str | os.PathLike[str], *, bounds: Bounds | None = None, crs: CRS | str | int | None = None
) -> CityJsonData:
    """Read a CityJSON file: buildings with all their surfaces, areas such as roads and waters, and terrain.

    Parameters
    ----------
    path : path-like
        CityJSON 1.0, 1.1 or 2.0, or a sequence of features (CityJSONSeq); plain, gzip or the one file in a zip archive.
    bounds : (xmin, ymin, xmax, ymax), optional
        Keep what touches this box, buildings and areas whole, terrain by triangles; in the file's CRS, m.
    crs : pyproj.CRS, str or int, optional
        The horizontal CRS, if the file names none or a wrong one; the report says when it differs from the file's.

    Returns
    -------
    CityJsonData
        Best level of detail up to 2.x, else 3, else 1; parts and installations belong to their building, inner shells
        of solids are left out.

    Raises
    ------
    DataError
        If the file is missing, cut off, not CityJSON, its transform or vertices are impossible, or its coordinates
        cannot belong to its CRS.
    LimitError
        If it unpacks to more than `twin.limits` allow.
    InputError
        If `bounds` or `crs` are impossible.

    References
    ----------
    OGC 20-072r2 (CityJSON 1.1) and OGC 20-072r5 (CityJSON 2.0).

    Examples
    --------
    >>> import json, pathlib, tempfile
    >>> town = {"type": "CityJSON", "version": "2.0",
    ...     "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/7415"},
    ...     "transform": {"scale": [0.001, 0.001, 0.001], "translate": [85000.0, 447000.0, 0.0]},
    ...     "vertices": [[0, 0, 9000], [10000, 0, 9000], [10000, 10000, 9000]],
    ...     "CityObjects": {"b1": {"type": "Building", "geometry": [
    ...         {"type": "MultiSurface", "lod": "2.2", "boundaries": [[[0, 1, 2]]],
    ...          "semantics": {"surfaces": [{"type": "RoofSurface"}], "values": [0]}}]}}}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder) / "town.city.json"
    ...     _ = file.write_text(json.dumps(town))
    ...     data = read_cityjson(file)
    >>> len(data.buildings.buildings), data.buildings.crs.to_epsg(), data.buildings.vertical_datum
    (1, 28992, 'NAP')
    """
    given = given_crs(crs)
    box = checked_bounds(bounds)
    file = _checked(path)
    document = read_document(file)
    source = str(file)
    named = _system(document, source, ignore=given is not None)
    horizontal = given or (named.horizontal if named else None)
    notes: list[str] = []
    if given is not None and named is not None and named.horizontal != given:
        notes.append(f"the file names the CRS {named.horizontal.name}; {given.name} was given and is used")
    if horizontal is None:
        notes.append("the file names no CRS; give crs='EPSG:...' to place it")
    swapped = _swap(document, horizontal, source)
    if swapped:
        notes.append("the file gives northing before easting, as its CRS defines; they were exchanged")
    found = CityObjects(document)
    found.refused += document.refused
    for feature in document.features:
        found.take(feature)
    buildings, table = _buildings(found, horizontal, box, notes)
    areas, area_surfaces = _areas(found, horizontal, box)
    relief = _relief(found, horizontal, box)
    if found.interior:
        notes.append(f"{found.interior} rooms, storeys, units and pieces of furniture are left out")
    if found.bare:
        notes.append(f"{found.bare} city objects have no geometry, as groups have none")
    cavities = found.buildings.cavities + found.areas.cavities
    if cavities:
        notes.append(f"{cavities} inner shells of solids are left out")
    if found.seen == 0:
        notes.append("the file holds no buildings")
    report = ReadReport(
        source, found.objects, len(table) + len(areas) + found.reliefs,
        tuple(found.repaired), tuple(found.refused), tuple(notes),
    )  # fmt: skip
    models = BuildingModels(
        buildings=table,
        surfaces=buildings,
        crs=horizontal,
        vertical_datum=named.vertical if named else None,
        bounds=_extent(document, swapped),
        report=ReadReport(source, found.seen, len(table), report.repaired, report.refused, report.notes),
    )
    return CityJsonData(models, areas, area_surfaces, relief, report)


def _checked(path: str | os.PathLike[str]) -> Any:
    from pathlib import Path

    file = Path(path)
    if file.is_file() and file.suffix.lower() == ".zip":
        return file
    return existing_file(file, WHAT)


def _system(document: Document, source: str, *, ignore: bool) -> NamedSystem | None:
    name = document.metadata.get("referenceSystem")
    if not isinstance(name, str) or not name.strip():
        return None
    found = parse_srs_name(name)
    if found is None and not ignore:
        raise DataError(f"{source}: referenceSystem {name[:80]!r} is not understood; give the CRS as crs='EPSG:...'")
    return found


def _swap(document: Document, crs: CRS | None, source: str) -> bool:
    """Exchange the first two coordinates if the CRS defines northing first and the file follows it."""
    if crs is None:
        return False
    points = np.concatenate([feature.vertices for feature in document.features])
    points = points[np.isfinite(points).all(axis=1)]
    if not must_swap_axes(points[:, 0], points[:, 1], crs, source):
        return False
    document.features = [Feature(item.objects, item.vertices[:, [1, 0, 2]]) for item in document.features]
    return True


def _buildings(found: CityObjects, crs: CRS | None, box: Bounds | None, notes: list[str]) -> tuple[Surfaces, Any]:
    checked = _surfaces(found.buildings, found.repaired, found.refused)
    kinds, derived = classed_by_slope(checked, len(found.attributes))
    if derived:
        notes.append(f"{derived} polygons without a semantic kind were classed by their slope and height")
    surfaces = Surfaces(checked.vertices, checked.ring_start, checked.polygon_start, kinds, checked.building)
    reader = BuildingReader(attributes=found.attributes, repaired=found.repaired, refused=found.refused)
    table, surfaces, outside = kept_buildings(reader, surfaces, crs, box)
    if outside:
        notes.append(f"{outside} buildings lie outside the bounds asked for")
    return surfaces, table


def _surfaces(buffer: PolygonBuffer, repaired: list[Refusal], refused: list[Refusal]) -> Surfaces:
    return buffer.surfaces(repaired, refused).surfaces if buffer.polygons else no_surfaces()


def _areas(found: CityObjects, crs: CRS | None, box: Bounds | None) -> tuple[gpd.GeoDataFrame, Surfaces]:
    """Return the table of areas and their surfaces; areas without ground seen from above are refused."""
    import geopandas as gpd
    import pandas as pd

    surfaces = _surfaces(found.areas, found.repaired, found.refused)
    count = len(found.entries)
    sane = _sane(surfaces, crs)
    for row in np.unique(surfaces.building[~sane]).tolist():
        found.refused.append(Refusal(found.entries[row].id, "surfaces of it lie where its CRS has no place"))
    surfaces = select(surfaces, sane)
    shapes = _seen_from_above(surfaces, count)
    keep = np.isin(np.arange(count), surfaces.building)
    if box is not None:
        keep &= shapely.intersects(shapes, shapely.box(*box)) | (
            shapely.is_empty(shapes) & _touching(surfaces, box, count)
        )
    new = (np.cumsum(keep) - 1).astype(np.int32)
    surfaces = select(surfaces, keep[surfaces.building], new[surfaces.building])
    entries = [entry for entry, kept in zip(found.entries, keep, strict=True) if kept]
    table = gpd.GeoDataFrame(
        {
            "id": pd.Series([entry.id for entry in entries], dtype=object),
            "class": pd.Series([entry.kind for entry in entries], dtype=object),
            "attributes": pd.Series([entry.attributes for entry in entries], dtype=object),
            "lod": np.array([entry.lod for entry in entries], dtype=np.float64),
        },
        geometry=gpd.GeoSeries(list(shapes[keep]), crs=crs),
        crs=crs,
    )
    return table, surfaces


def _touching(surfaces: Surfaces, box: Bounds, count: int) -> NDArray[np.bool_]:
    """Tell which objects have a polygon whose box touches `box`."""
    return np.isin(np.arange(count), surfaces.building[_in_box(surfaces, box)])


def _relief(found: CityObjects, crs: CRS | None, box: Bounds | None) -> Surfaces:
    surfaces = _surfaces(found.relief, found.repaired, found.refused)
    sane = _sane(surfaces, crs)
    if not sane.all():
        found.refused.append(Refusal("TINRelief", f"{int((~sane).sum())} triangles lie where the CRS has no place"))
    return select(surfaces, sane if box is None else sane & _in_box(surfaces, box))


def _sane(surfaces: Surfaces, crs: CRS | None) -> NDArray[np.bool_]:
    low, high = _polygon_extents(surfaces)
    sane = (low[:, 2] >= _LOWEST) & (high[:, 2] <= _HIGHEST)
    if crs is not None:
        sane &= inside_region(low[:, 0], low[:, 1], crs) & inside_region(high[:, 0], high[:, 1], crs)
    return np.asarray(sane)


def _in_box(surfaces: Surfaces, box: Bounds) -> NDArray[np.bool_]:
    low, high = _polygon_extents(surfaces)
    return np.asarray((high[:, 0] >= box[0]) & (low[:, 0] <= box[2]) & (high[:, 1] >= box[1]) & (low[:, 1] <= box[3]))


def _polygon_extents(surfaces: Surfaces) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if len(surfaces) == 0:
        return np.zeros((0, 3)), np.zeros((0, 3))
    start = surfaces.ring_start[surfaces.polygon_start[:-1]]
    return np.minimum.reduceat(surfaces.vertices, start), np.maximum.reduceat(surfaces.vertices, start)


def _seen_from_above(surfaces: Surfaces, count: int) -> NDArray[Any]:
    """Return the ground that each object covers: the union of its facets that are not vertical."""
    out = np.full(count, shapely.Polygon(), dtype=object)
    if len(surfaces) == 0:
        return out
    normals = polygon_normals(surfaces)
    flat = np.abs(normals[:, 2]) > _FLATTEST * np.linalg.norm(normals, axis=1)
    facets = select(surfaces, flat)
    if len(facets) == 0:
        return out
    size = np.diff(facets.ring_start)
    rings: Any = shapely.linearrings(facets.vertices[:, :2], indices=np.repeat(np.arange(len(size)), size))
    owner = np.repeat(np.arange(len(facets)), np.diff(facets.polygon_start))
    shapes: Any = shapely.make_valid(shapely.polygons(rings, indices=owner))
    order = np.argsort(facets.building, kind="stable")
    starts = np.searchsorted(facets.building[order], np.arange(count + 1))
    for row in range(count):
        members = shapes[order[starts[row] : starts[row + 1]]]
        if len(members):
            union = _union(members)
            areal = [part for part in shapely.get_parts(union) if part.geom_type == "Polygon"]
            out[row] = areal[0] if len(areal) == 1 else shapely.MultiPolygon(areal)
    return out


def _union(members: NDArray[Any]) -> Any:
    """Return the union of facets; triangles that share whole edges, as most do, are joined many times faster."""
    try:
        joined = shapely.coverage_union_all(members)
    except shapely.GEOSException:
        return shapely.union_all(members)
    total = float(shapely.area(members).sum())
    # facets that overlap give something invalid or an area that does not add up
    if shapely.is_valid(joined) and abs(shapely.area(joined) - total) <= 1e-9 * total:
        return joined
    return shapely.union_all(members)


def _extent(document: Document, swapped: bool) -> Bounds | None:
    values = document.metadata.get("geographicalExtent")
    if not isinstance(values, list) or len(values) != 6:
        return None
    try:
        xmin, ymin, _, xmax, ymax, _ = (float(value) for value in values)
    except (TypeError, ValueError, OverflowError):
        return None
    box = (ymin, xmin, ymax, xmax) if swapped else (xmin, ymin, xmax, ymax)
    return box if np.isfinite(box).all() and box[0] < box[2] and box[1] < box[3] else None
