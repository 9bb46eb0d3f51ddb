"""CityGML 1.0, 2.0 and 3.0 city models to buildings with all their surfaces, read as a stream.

The file is parsed building by building and memory is given back; the result is one flat buffer of polygons. A file
that is cut off or damaged gives an error, never a part of a town.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS

from twin.errors import DataError, InputError
from twin.geometry.archives import members, split_member
from twin.geometry.building_models import concatenate_models, extents, keep_rows, without_doubles
from twin.geometry.citygml_building import BuildingReader
from twin.geometry.citygml_pass import pass_over, pays_off
from twin.geometry.citygml_stream import WHAT, stream_buildings
from twin.geometry.records import BuildingModels, ReadReport, Refusal, Surfaces
from twin.geometry.reference_systems import (
    NamedSystem,
    inside_region,
    must_swap_axes,
    parse_srs_name,
)
from twin.geometry.region import Bounds, checked_bounds, given_crs
from twin.geometry.sources import existing_files
from twin.geometry.surfaces import classed_by_slope

if TYPE_CHECKING:
    import pandas as pd

Source = str | os.PathLike[str]

_SUFFIXES = (".gml", ".xml", ".citygml", ".gml.gz", ".xml.gz", ".citygml.gz")
_LOWEST, _HIGHEST = -500.0, 9000.0  # m: no building on Earth stands lower or higher


def read_citygml(
    path: Source | Sequence[Source], *, bounds: Bounds | None = None, crs: CRS | str | int | None = None
) -> BuildingModels:
    """Read the buildings of a CityGML file, or of several tiles, with all their surfaces.

    Parameters
    ----------
    path : path-like or sequence of path-like
        CityGML 1.0, 2.0 or 3.0, plain or gzip; a .zip archive, of which all tiles are read, or one member of it,
        ``tiles.zip/name.gml``; a list of these, a folder of them (.gml, .xml, .citygml, also .gz; .zip), or a pattern
        such as ``lod2/*.gml.gz``. A building that two tiles hold counts once, and the report says so.
    bounds : (xmin, ymin, xmax, ymax), optional
        Keep the buildings whose extent touches this box, whole; in the file's CRS, m. Those whose own
        `gml:boundedBy` lies outside are passed by before their geometry is read.
    crs : pyproj.CRS, str or int, optional
        The horizontal CRS, if the file names none or a wrong one; the report says when it differs from the file's.

    Returns
    -------
    BuildingModels
        Level of detail 2 where a building has it, else 3, else 1; parts and installations belong to their building.

    Raises
    ------
    DataError
        If the file is missing, cut off, damaged, not CityGML, names two CRSs, or its coordinates cannot belong to its
        CRS (swapped axes, zone prefix, Gauss-Krueger, degrees).
    LimitError
        If it unpacks to more than `twin.limits` allow.
    InputError
        If `bounds` or `crs` are impossible.

    Notes
    -----
    Polygons of a solid without boundary surfaces get a kind from their slope and height (`classed_by_slope`); the
    report notes how many. The building table's `measured_height` is the source's own and not used for geometry.

    References
    ----------
    OGC 08-007r1, 12-019, 20-010 and 21-006r2 (CityGML 1.0, 2.0, 3.0), OGC 03-105r1 and 07-036 (GML 3.1.1, 3.2.1).

    Examples
    --------
    >>> import tempfile
    >>> ring = "389000 5819000 50 389010 5819000 50 389010 5819010 50 389000 5819000 50"
    >>> text = f'''<CityModel xmlns="http://www.opengis.net/citygml/2.0" xmlns:gml="http://www.opengis.net/gml"
    ...   xmlns:bldg="http://www.opengis.net/citygml/building/2.0"><cityObjectMember><bldg:Building gml:id="b1">
    ...   <bldg:boundedBy><bldg:RoofSurface><bldg:lod2MultiSurface><gml:MultiSurface srsName="EPSG:25833">
    ...   <gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>{ring}</gml:posList>
    ...   </gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember></gml:MultiSurface>
    ...   </bldg:lod2MultiSurface></bldg:RoofSurface></bldg:boundedBy></bldg:Building></cityObjectMember></CityModel>'''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "tile.gml"
    ...     _ = file.write_text(text)
    ...     models = read_citygml(file)
    >>> len(models.buildings), len(models.surfaces), models.crs.to_epsg()
    (1, 1, 25833)
    """
    given = given_crs(crs)
    box = checked_bounds(bounds)
    tiles = _tiles(path)
    if tiles is not None:
        files = [file for tile in tiles for file in existing_files(tile, WHAT, _SUFFIXES)]
    else:
        files = existing_files(cast("Source", path), WHAT, _SUFFIXES)
    compiled = pays_off(files)
    models = [_read_one(file, box, given, compiled=compiled) for file in files]
    return models[0] if tiles is None and len(models) == 1 else concatenate_models(models)


def _tiles(path: Source | Sequence[Source]) -> list[Path] | None:
    """Return the tiles of a list, folder or pattern; None for a single file."""
    if not isinstance(path, (str, os.PathLike)):
        files = [file for item in path for file in (_tiles(item) or [Path(item)])]
        if not files:
            raise InputError(f"the list of files is empty; name at least one file with {WHAT}")
        return files
    place = Path(path)
    if place.is_dir():
        files = [item for item in sorted(place.iterdir()) if item.is_file() and _holds_tiles(item)]
        if not files:
            raise DataError(
                f"{place} is a folder without a file ending in {', '.join(_SUFFIXES)}, nor an archive of such; {WHAT} "
                "is expected"
            )
        return files
    if place.exists() or split_member(place) is not None or not glob.has_magic(str(place)):
        return None
    files = [Path(name) for name in sorted(glob.glob(str(place), recursive=True))]  # noqa: PTH207 - has its own root
    if not files:
        raise DataError(f"no file fits the pattern {place}; {WHAT} is expected there")
    return files


def _holds_tiles(file: Path) -> bool:
    """Tell whether a file of a folder is CityGML by its name, or an archive of such."""
    name = file.name.lower()
    if not name.endswith(".zip"):
        return name.endswith(_SUFFIXES)
    return any(member.name.lower().endswith(_SUFFIXES) for member in members(file, ("",), "anything"))


def _read_one(file: Path, box: Bounds | None, given: CRS | None, *, compiled: bool) -> BuildingModels:
    found = pass_over(file, box) if compiled else None
    reader, root_srs, envelope = found or stream_buildings(file, box)
    named = _one_system(
        file, root_srs | {k: v for k, v in reader.srs_names.items() if k not in root_srs}, ignore=given is not None
    )
    horizontal = given or (named.horizontal if named else None)
    notes: list[str] = []
    if given is not None and named is not None and named.horizontal != given:
        notes.append(f"the file names the CRS {named.horizontal.name}; {given.name} was given and is used")
    if horizontal is None:
        notes.append("the file names no CRS; give crs='EPSG:...' to place it")
    reader.check()
    surfaces = reader.checked.surfaces()
    reader.refused += reader.checked.refused
    reader.repaired += reader.checked.repaired
    swapped = False
    # where every building was passed by, their envelopes still tell whether the CRS is the right one
    places = surfaces.vertices if len(surfaces) else np.array(reader.passed)
    if horizontal is not None and len(places):
        swapped = must_swap_axes(places[:, 0], places[:, 1], horizontal, str(file))
        if swapped and len(surfaces):
            surfaces.vertices[:, [0, 1]] = surfaces.vertices[:, [1, 0]]
            notes.append("the file gives northing before easting, as its CRS defines; they were exchanged")
    surfaces, derived = _with_kinds(surfaces, len(reader.attributes))
    if derived:
        notes.append(f"{derived} polygons without a semantic kind were classed by their slope and height")
    table, surfaces, outside = kept_buildings(reader, surfaces, horizontal, box)
    outside += len(reader.passed)
    if outside:
        notes.append(f"{outside} buildings lie outside the bounds asked for")
    if reader.with_curves:
        notes.append(f"{reader.with_curves} buildings also hold lines (lod2MultiCurve and such), which are not read")
    if reader.seen == 0:
        notes.append("the file holds no buildings")
    return BuildingModels(
        buildings=table,
        surfaces=surfaces,
        crs=horizontal,
        vertical_datum=named.vertical if named else None,
        bounds=_envelope_bounds(envelope, swapped),
        report=ReadReport(
            str(file), reader.seen, len(table), tuple(reader.repaired), tuple(reader.refused), tuple(notes)
        ),
    )


def _one_system(file: Path, names: dict[str, str], *, ignore: bool) -> NamedSystem | None:
    """Return the one system that all srsNames of a file agree on."""
    horizontal: tuple[CRS, str, str] | None = None
    vertical: tuple[str, str, str] | None = None
    for name, where in names.items():
        system = parse_srs_name(name)
        if system is None:
            if ignore:
                continue
            raise DataError(
                f"{file}: srsName {name[:80]!r} of {where} is not understood; give the CRS as crs='EPSG:...'"
            )
        if horizontal is not None and system.horizontal != horizontal[0]:
            if ignore:
                continue
            raise DataError(
                f"{file} names two CRSs: {horizontal[1]!r} for {horizontal[2]} and {name!r} for {where}; split the "
                "file or give the right one as crs='EPSG:...'"
            )
        horizontal = horizontal or (system.horizontal, name, where)
        if system.vertical is not None:
            if vertical is not None and vertical[0] != system.vertical:
                raise DataError(
                    f"{file} names two vertical datums: {vertical[0]} for {vertical[2]} and {system.vertical} for "
                    f"{where}; heights must have one: split the file"
                )
            vertical = (system.vertical, name, where)
    return NamedSystem(horizontal[0], vertical[0] if vertical else None) if horizontal else None


def _with_kinds(surfaces: Surfaces, buildings: int) -> tuple[Surfaces, int]:
    kinds, derived = classed_by_slope(surfaces, buildings)
    return Surfaces(surfaces.vertices, surfaces.ring_start, surfaces.polygon_start, kinds, surfaces.building), derived


def kept_buildings(
    reader: BuildingReader, surfaces: Surfaces, crs: CRS | None, box: Bounds | None
) -> tuple[pd.DataFrame, Surfaces, int]:
    """Return the table and surfaces of the buildings that stay, and how many lie outside the box."""
    import pandas as pd

    ids, keep = without_doubles([entry.id for entry in reader.attributes], surfaces, reader.repaired, reader.refused)
    low, high = extents(surfaces, len(ids))
    empty = ~np.isfinite(low[:, 0])
    reader.refused += [Refusal(ids[row], "none of its polygons can be used") for row in np.flatnonzero(keep & empty)]
    keep &= ~empty
    wild = keep & ((low[:, 2] < _LOWEST) | (high[:, 2] > _HIGHEST))
    if crs is not None:
        wild |= keep & ~(inside_region(low[:, 0], low[:, 1], crs) & inside_region(high[:, 0], high[:, 1], crs))
    reader.refused += [
        Refusal(ids[row], f"it reaches from {_told(low[row])} to {_told(high[row])}: not a place or height its CRS can "
                "have")
        for row in np.flatnonzero(wild)
    ]  # fmt: skip
    keep &= ~wild
    outside = np.zeros(len(ids), dtype=bool)
    if box is not None:
        outside = keep & ((high[:, 0] < box[0]) | (low[:, 0] > box[2]) | (high[:, 1] < box[1]) | (low[:, 1] > box[3]))
    entries = reader.attributes
    table = pd.DataFrame(
        {
            "id": pd.Series(ids, dtype=object),
            "name": pd.Series([entry.name for entry in entries], dtype=object),
            "function": pd.Series([entry.function for entry in entries], dtype=object),
            "roof_type": pd.Series([entry.roof_type for entry in entries], dtype=object),
            "storeys": np.array([entry.storeys for entry in entries], dtype=np.float64),
            "measured_height": np.array([entry.measured_height for entry in entries], dtype=np.float64),
            "lod": np.array([entry.lod for entry in entries], dtype=np.int64),
            "generic": pd.Series([entry.generic for entry in entries], dtype=object),
        }
    )
    return *keep_rows(table, surfaces, keep & ~outside), int(outside.sum())


def _told(point: NDArray[np.float64]) -> str:
    return "(" + ", ".join(f"{value:.10g}" for value in point) + ")"


def _envelope_bounds(corners: Iterable[str | None] | None, swapped: bool) -> Bounds | None:
    try:
        low, high = ([float(value) for value in (text or "").split()[:2]] for text in corners or ())
        bounds = (low[0], low[1], high[0], high[1])
    except (ValueError, IndexError):
        return None
    if swapped:
        bounds = (low[1], low[0], high[1], high[0])
    return bounds if np.isfinite(bounds).all() and bounds[0] < bounds[2] and bounds[1] < bounds[3] else None
