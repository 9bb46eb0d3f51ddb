"""`city.toml`: what it may say, and what is refused.

Every path is relative to the file, every key is known or refused, and nothing of the data it names is read here.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyproj import CRS

from twin.city import city_file_paths as paths
from twin.city import city_file_values as values
from twin.city.city import Source
from twin.city.gridspec import Bounds
from twin.errors import DataError

_TOP = ("name", "crs", "resolution", "bounds")
_SOURCE = ("name", "license", "attribution", "note")
_PLACE: dict[str, values.Check] = {"crs": values.system, "margin": values.distance}
_RASTER: dict[str, values.Check] = {"nodata": values.nodata, "crs": values.system}
_TABLE: dict[str, values.Check] = {
    "crs": values.system,
    "delimiter": values.sign,
    "decimal": values.sign,
    "layer": values.sign,
}
_SECTIONS: dict[str, dict[str, values.Check]] = {
    "terrain": {**_RASTER, "vertical_datum": values.text},
    "buildings": {**_PLACE, "tile": values.box},
    "land_cover": {"margin": values.distance},
    "canopy": _RASTER,
    "trees": {**_TABLE, "columns": values.tree_columns},
    "roads": {"margin": values.distance},
}
"""What each section may say besides `file`, `format` and `source`."""

_FORMATS: dict[str, tuple[str, ...]] = {"buildings": ("citygml", "cityjson", "osm")}
_SUFFIXES = {
    "terrain": paths.RASTERS,
    "canopy": paths.RASTERS,
    "trees": paths.TREES,
    "citygml": paths.CITYGML,
    "cityjson": paths.CITYJSON,
    "osm": paths.OSM,
}
_ONE_FILE = ("trees",)
"""Sections whose data cannot yet be several files."""


@dataclass(frozen=True)
class CityFile:
    """What a city.toml says, checked: paths exist, numbers are numbers, sources are named."""

    path: Path
    name: str
    crs: CRS
    resolution: float
    bounds: Bounds
    sections: Mapping[str, Mapping[str, Any]]
    sources: Mapping[str, Source]
    several: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)

    def files(self, section: str) -> tuple[Path, ...]:
        """Paths of the data files of a section."""
        return tuple(self.sections[section]["file"])

    def where(self, section: str) -> str:
        """File and section, as messages name them."""
        return f"{self.path}, [{section}]"


def read_city_file(path: str | os.PathLike[str]) -> CityFile:
    """Read and check a `city.toml` without reading the data it names.

    Parameters
    ----------
    path : path-like
        The file, or the folder that holds it.

    Raises
    ------
    DataError
        If it is missing, is not TOML, holds an unknown key, an impossible value or a path that does not exist.

    Examples
    --------
    >>> from twin.city.samples import sample_folder
    >>> read_city_file(sample_folder("bayreuth")).resolution
    4.0
    """
    file = Path(path)
    if file.is_dir():
        file = file / "city.toml"
    if not file.is_file():
        raise DataError(f"{file} does not exist; give the path of a city.toml or of the folder that holds it")
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{file} is not valid TOML: {error}") from error
    where = str(file)
    values.check_keys(content, (*_TOP, *_SECTIONS, "sources"), where)
    name = values.text(content, "name", where)
    crs = values.system(content, "crs", where)
    resolution = values.number(content, "resolution", where)
    bounds = values.box(content, "bounds", where)
    sources = _sources(content.get("sources", {}), file)
    sections = {
        section: _section(content[section], section, file, sources) for section in _SECTIONS if section in content
    }
    if "terrain" not in sections and sections.get("buildings", {}).get("format") != "cityjson":
        raise DataError(
            f"{file} has no [terrain]; a city needs ground elevations: add [terrain] with "
            'file = "..." (the elevation model of your state survey, DGM1, as GeoTIFF, ASCII grid or XYZ)'
        )
    return CityFile(file, name, crs, resolution, bounds, sections, sources)


def _sources(table: Any, file: Path) -> dict[str, Source]:
    if not isinstance(table, dict):
        raise DataError(f"{file}: sources is {table!r}; write tables [sources.NAME]")
    sources = {}
    for key, entry in table.items():
        where = f"{file}, [sources.{key}]"
        if not isinstance(entry, dict):
            raise DataError(f"{where} must be a table with {', '.join(_SOURCE)}")
        values.check_keys(entry, _SOURCE, where)
        note = entry.get("note", "")
        if not isinstance(note, str):
            raise DataError(f"{where}: note is {note!r}; it must be a text")
        name, licence, attribution = (values.text(entry, part, where) for part in _SOURCE[:3])
        sources[key] = Source(name, licence, attribution, note)
    return sources


def _section(entry: Any, section: str, file: Path, sources: Mapping[str, Source]) -> dict[str, Any]:
    """Check one section: its keys, its files, the source it names, and every value."""
    where = f"{file}, [{section}]"
    checks = _SECTIONS[section]
    keys = ("file", *(("format",) if section in _FORMATS else ()), *checks, "source")
    if not isinstance(entry, dict):
        raise DataError(f"{where} must be a table with the keys {', '.join(keys)}")
    values.check_keys(entry, keys, where)
    checked: dict[str, Any] = {}
    if section in _FORMATS:
        checked["format"] = _format(entry, section, where)
    checked["file"] = _files(entry, section, checked.get("format"), where, file.parent)
    if "source" in entry:
        key = values.text(entry, "source", where)
        if key not in sources:
            raise DataError(
                f"{where}: source is {key!r}; there is no [sources.{key}]. Sources are: {', '.join(sources) or 'none'}"
            )
        checked["source"] = key
    for key, check in checks.items():
        if key in entry:
            checked[key] = check(entry, key, where)
    return checked


def _format(entry: Mapping[str, Any], section: str, where: str) -> str:
    """Return the format of a section's data; suffixes that only one format has say enough."""
    if "format" in entry:
        return str(values.one_of(*_FORMATS[section])(entry, "format", where))
    given = entry.get("file")
    names = [str(name).lower() for name in (given if isinstance(given, list) else [given])]
    for kind in ("cityjson", "osm", "citygml"):
        ends = tuple(end for end in _SUFFIXES[kind] if not end.startswith(".xml"))
        if kind in _FORMATS[section] and all(name.endswith(ends) for name in names):
            return kind
    return str(values.one_of(*_FORMATS[section])(entry, "format", where))


def _files(entry: Mapping[str, Any], section: str, form: str | None, where: str, folder: Path) -> tuple[Path, ...]:
    kind = form or ("osm" if section in ("land_cover", "roads") else section)
    found = paths.find_files(entry.get("file"), folder, _SUFFIXES[kind], where)
    if len(found) > 1 and (section in _ONE_FILE or kind == "cityjson"):
        raise DataError(f"{where}: file names {len(found)} files; {section} must be one file")
    return found
