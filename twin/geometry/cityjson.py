"""CityJSON 1.0, 1.1 and 2.0 city models, whole or as a sequence of features, to buildings, areas and terrain.

The file is read whole; vertices are placed once as an array. A file that is damaged or is not CityJSON gives an error;
a city object that cannot be used is named in the report.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pyproj import CRS

from twin.errors import DataError
from twin.geometry.citygml import kept_buildings
from twin.geometry.citygml_building import BuildingReader
from twin.geometry.cityjson_areas import area_table, in_box, possible
from twin.geometry.cityjson_join import Source, concatenate_cityjson, files_of
from twin.geometry.cityjson_objects import CityObjects
from twin.geometry.cityjson_polygons import PolygonBuffer
from twin.geometry.cityjson_source import Document, Feature, collector_paused, read_document
from twin.geometry.cityjson_trees import tree_records
from twin.geometry.records import BuildingModels, CityJsonData, ReadReport, Refusal, Surfaces
from twin.geometry.reference_systems import NamedSystem, must_swap_axes, parse_srs_name
from twin.geometry.region import Bounds, checked_bounds, given_crs
from twin.geometry.surfaces import classed_by_slope, no_surfaces, select


def read_cityjson(
    path: Source | Sequence[Source], *, bounds: Bounds | None = None, crs: CRS | str | int | None = None
) -> CityJsonData:
    """Read a CityJSON file, or several tiles: buildings with all their surfaces, areas, terrain and single trees.

    Parameters
    ----------
    path : path-like or sequence of path-like
        CityJSON 1.0, 1.1 or 2.0, or a sequence of features (CityJSONSeq); plain, gzip or in a .zip archive, all of
        whose files are read; a list of tiles, a folder of them or a pattern (``"tiles/*.city.json"``).
    bounds : (xmin, ymin, xmax, ymax), optional
        Keep what touches this box, buildings and areas whole, terrain by triangles, trees that stand in it; in the
        file's CRS, m.
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
        cannot belong to its CRS; if tiles have different CRSs or vertical datums.
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
    return concatenate_cityjson([_read_one(file, box, given) for file in files_of(path)])


def _read_one(file: Path, box: Bounds | None, given: CRS | None) -> CityJsonData:
    source = str(file)
    with collector_paused():
        document = read_document(file)
        return _used(document, source, box, given)


def _used(document: Document, source: str, box: Bounds | None, given: CRS | None) -> CityJsonData:
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
    ground = _surfaces(found.areas, found.repaired, found.refused)
    areas, area_surfaces = area_table(ground, found.entries, found.refused, horizontal, box)
    relief = _relief(found, horizontal, box)
    trees = None if horizontal is None else tree_records(found.trees, horizontal, box, source)
    if trees is not None:
        found.repaired += trees.report.repaired
        found.refused += trees.report.refused
        notes += trees.report.notes
    elif found.trees:
        notes.append(f"{len(found.trees)} trees are left out, because the file names no CRS")
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
        source,
        found.objects,
        len(table) + len(areas) + found.reliefs + (0 if trees is None else len(trees.trees)),
        tuple(found.repaired),
        tuple(found.refused),
        tuple(notes),
    )
    models = BuildingModels(
        buildings=table,
        surfaces=buildings,
        crs=horizontal,
        vertical_datum=named.vertical if named else None,
        bounds=_extent(document, swapped),
        report=ReadReport(source, found.seen, len(table), report.repaired, report.refused, report.notes),
    )
    return CityJsonData(models, areas, area_surfaces, relief, report, trees)


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


def _relief(found: CityObjects, crs: CRS | None, box: Bounds | None) -> Surfaces:
    surfaces = _surfaces(found.relief, found.repaired, found.refused)
    sane = possible(surfaces, crs)
    if not sane.all():
        found.refused.append(Refusal("TINRelief", f"{int((~sane).sum())} triangles lie where the CRS has no place"))
    return select(surfaces, sane if box is None else sane & in_box(surfaces, box))


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
