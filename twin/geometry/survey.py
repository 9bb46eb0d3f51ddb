"""What a file holds, found out without reading it as data: kind, CRS, bounds, counts, columns, classes.

Rasters, laser tiles and layers are asked for their header, XML, JSON and text are streamed once up to a limit and
counted by their tags. Nothing here raises for a bad file: what cannot be used says why in `problem`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from twin import progress
from twin.errors import DataError, LimitError
from twin.geometry.archives import is_archive, members
from twin.geometry.sources import existing_file, open_checked
from twin.geometry.survey_models import (
    HEAD,
    survey_citygml,
    survey_cityjson,
    survey_osm,
    survey_pbf,
    survey_plan,
)
from twin.geometry.survey_rasters import is_surface, survey_laser, survey_postings, survey_raster
from twin.geometry.survey_summary import Kind, Role, SourceSummary
from twin.geometry.survey_tables import MESHES, VECTOR, survey_mesh, survey_table, survey_vector
from twin.geometry.xyz import looks_like_xyz

__all__ = ["Kind", "Role", "SourceSummary", "is_surface", "survey", "survey_folder", "survey_parts"]

STREAMED = 200_000_000
"""Unpacked bytes after which counting stops; the summary then says "at least"."""

MAX_FILES = 10_000
"""Files of one folder, with its subfolders, that are looked at."""

DEPTH = 4
"""Subfolders in subfolders that are looked into."""

_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_BESIDE = (".toml", ".shx", ".dbf", ".prj", ".cpg", ".sbn", ".sbx", ".qix", ".tfw", ".aux.xml", ".ovr", ".mtl",
           ".gpkg-wal", ".gpkg-shm", ".qml", ".qgz", ".qgs", ".sld")  # fmt: skip
_NOTES = (".pdf", ".html", ".htm", ".md", ".docx", ".jpg", ".jpeg", ".png")
_POSTING = re.compile(r"^\s*[+-]?\d+([.,]\d+)?([\s;]+|,\s*)[+-]?\d+([.,]\d+)?([\s;]+|,\s*)[+-]?\d+([.,]\d+)?\s*$")


def survey(path: str | os.PathLike[str], *, count: bool = True) -> SourceSummary:
    """Say what a file holds, quickly.

    Parameters
    ----------
    path : path-like
        Any file; a member of an archive as ``tiles.zip/dgm1.xyz``.
    count : bool
        Count objects and empty cells, which streams the file once. Without it only the head is looked at, and bounds
        are those the head declares.

    Returns
    -------
    SourceSummary
        Of kind "unreadable", with the reason in `problem`, if the file is missing, empty, a Git LFS pointer, an
        archive of several files, cut off or damaged. Of a file with several layers, the first.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "town.osm"
    ...     _ = file.write_text('<osm><bounds minlat="50" minlon="11" maxlat="51" maxlon="12"/><way id="1"/></osm>')
    ...     found = survey(file)
    >>> found.kind, found.bounds, found.counts["ways"]
    ('osm', (11.0, 50.0, 12.0, 51.0), 1)
    """
    parts = survey_parts(path, count=count)
    used = [part for part in parts if part.kind not in ("other", "unreadable")] or list(parts)
    if len(used) > 1 and used[0].path != used[1].path:
        names = ", ".join(part.name for part in used[:5])
        return SourceSummary(
            Path(path), "unreadable", problem=f"it is an archive of {len(used)} files ({names}); name one of them"
        )
    return used[0]


def survey_parts(path: str | os.PathLike[str], *, count: bool = True) -> tuple[SourceSummary, ...]:
    """Say what each member of an archive, or each layer of a file, holds; of any other file, the one thing it is.

    Parameters
    ----------
    path : path-like
        Any file.
    count : bool
        As in `survey`.

    Examples
    --------
    >>> import tempfile, zipfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "tiles.zip"
    ...     with zipfile.ZipFile(path, "w") as file:
    ...         file.writestr("dgm1_32_400_5700.xyz", "400000.5 5700000.5 60\\n400001.5 5700000.5 61\\n")
    ...     [(part.name, part.kind, part.spacing) for part in survey_parts(path)]
    [('tiles.zip/dgm1_32_400_5700.xyz', 'points', 1.0)]
    """
    given = Path(path)
    try:
        if given.exists() and not given.is_file():
            return (SourceSummary(given, "unreadable", problem="it is no file"),)
        if is_archive(given) and given.stat().st_size > 0:
            inner = members(given, ("",), "geodata")
            return tuple(part for member in _wanted(inner) for part in survey_parts(member, count=count))
        file = existing_file(given, "geodata")
        with open_checked(file) as stream:
            head = stream.read(HEAD)
        return _of_content(file, head, count)
    except (DataError, LimitError) as error:
        return (SourceSummary(given, "unreadable", problem=str(error)),)
    except OSError as error:
        return (SourceSummary(given, "unreadable", problem=f"it cannot be read: {error.strerror}"),)


def survey_folder(folder: str | os.PathLike[str], *, count: bool = True) -> tuple[SourceSummary, ...]:
    """Survey the files of a folder and its subfolders, by name, archives by their members.

    Hidden files, .toml files, documents and what belongs to another file (.dbf, .prj, .tfw) are left out.

    Raises
    ------
    DataError
        If it is no folder, cannot be listed or holds more than `MAX_FILES` files.

    Examples
    --------
    >>> survey_folder("nowhere")
    Traceback (most recent call last):
    twin.errors.DataError: nowhere is no folder; give the folder that holds the data of a city
    """
    place = Path(folder)
    if not place.is_dir():
        raise DataError(f"{place} is no folder; give the folder that holds the data of a city")
    files = _wanted(_listed(place, place, DEPTH))
    found: list[SourceSummary] = []
    with progress.stage("look at files", total=max(len(files), 1)) as advance:
        for file in files:
            found += survey_parts(file, count=count)
            advance(1)
    return tuple(found)


def _listed(place: Path, top: Path, depth: int) -> list[Path]:
    try:
        items = sorted(item for item in place.iterdir() if not item.name.startswith("."))
    except OSError as error:
        raise DataError(f"{place} cannot be listed: {error.strerror}") from None
    files = [item for item in items if not item.is_dir()]
    for item in items if depth > 0 else ():
        if item.is_dir() and not item.is_symlink() and item.suffix.lower() not in (".zarr", ".gdb"):
            files += _listed(item, top, depth - 1)
    if len(files) > MAX_FILES:
        raise DataError(f"{top} holds {len(files):,} files; {MAX_FILES:,} are looked at: give the folder of one city")
    return files


def _wanted(files: Sequence[Path]) -> list[Path]:
    """Return the files that may be data: parts of a shapefile and notes in an archive are not."""
    return [file for file in files if not file.name.lower().endswith((*_BESIDE, *_NOTES))]


def _of_content(file: Path, head: bytes, count: bool) -> tuple[SourceSummary, ...]:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    limit = STREAMED if count else HEAD
    end = file.suffix.lower()
    if head[:4] in _TIFF:
        return (survey_raster(file, "GTiff", count=count),)
    if head[:4] == b"LASF":
        return (survey_laser(file, count=count),)
    if start[:9].lower().startswith((b"ncols", b"nrows", b"xll", b"yll", b"cellsize")):
        return (survey_raster(file, "AAIGrid", count=count),)
    if end == ".hgt":
        return (survey_raster(file, "SRTMHGT", count=count),)
    if end in VECTOR:
        return survey_vector(file, count=count)
    if start.startswith(b"<"):
        return (_xml(file, head, limit),)
    if b"OSMHeader" in head[:64]:
        return (survey_pbf(file),)
    if end in MESHES:
        return (survey_mesh(file),)
    if start.startswith(b"{"):
        if b'"CityJSON' in head or ".city.json" in file.name.lower():
            return (survey_cityjson(file, limit),)
        if b'"FeatureCollection"' in head:
            return survey_vector(file, count=count)
        return (SourceSummary(file, "other", problem="JSON, but neither CityJSON nor GeoJSON"),)
    return (_text(file, head, count),)


def _xml(file: Path, head: bytes, limit: int) -> SourceSummary:
    if b"xplangml" in head or b"XPlanAuszug" in head:
        return survey_plan(file, head, limit)
    if b"CityModel" in head:
        return survey_citygml(file, head, limit)
    if re.search(rb"<osm[\s>]", head):
        return survey_osm(file, head, limit)
    return SourceSummary(file, "other", problem="XML, but neither CityGML, XPlanGML nor OpenStreetMap")


def _text(file: Path, head: bytes, count: bool) -> SourceSummary:
    """Tell point lists (easting, northing, height) and tables from anything else."""
    try:
        lines = head.decode("utf-8", errors="strict" if len(head) < HEAD else "ignore").splitlines()
    except UnicodeDecodeError:
        lines = head.decode("cp1252", errors="replace").splitlines() if b"\0" not in head else []
    named = file.name.lower().removesuffix(".gz").endswith((".csv", ".tsv"))
    if named and (table := survey_table(file, count=count)).role is not None:
        return table  # also a table of three numbers a row, if its columns are those of trees or residents
    body = [line for line in lines[1 : min(len(lines), 200)] if line.strip()]
    if (body and all(_POSTING.match(line) for line in body[:-1]) and _POSTING.match(body[0])) or looks_like_xyz(file):
        return survey_postings(file, count=count)
    if named:
        return table
    return SourceSummary(file, "other")
