"""`city.toml`: what it may say, and what is refused.

Every path is relative to the file, every key is known or refused, and nothing of the data it names is read here.
"""

from __future__ import annotations

import difflib
import math
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyproj import CRS
from pyproj.exceptions import CRSError

from twin.city.city import Source
from twin.city.gridspec import Bounds
from twin.errors import DataError, InputError

_TOP = (
    "name",
    "crs",
    "resolution",
    "bounds",
    "terrain",
    "buildings",
    "land_cover",
    "canopy",
    "trees",
    "roads",
    "sources",
)
_SECTIONS = {
    "terrain": ("file", "nodata", "crs", "vertical_datum", "source"),
    "buildings": ("file", "format", "crs", "tile", "source"),
    "land_cover": ("file", "source"),
    "canopy": ("file", "nodata", "crs", "source"),
    "trees": ("file", "columns", "crs", "delimiter", "decimal", "layer", "source"),
    "roads": ("file", "source"),
}
_SOURCE = ("name", "license", "attribution", "note")
_FORMATS = ("citygml", "cityjson", "osm")
_TILES = (".tif", ".tiff", ".asc", ".hgt", ".xyz", ".txt", ".csv", ".xyz.gz", ".txt.gz", ".csv.gz", ".zip")
_CITYJSON = (".json", ".jsonl", ".json.gz", ".jsonl.gz")


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

    def files(self, section: str) -> tuple[Path, ...]:
        """Paths of the data files of a section."""
        return tuple(self.sections[section]["file"])


def read_city_file(path: str | os.PathLike[str]) -> CityFile:
    """Read and check a `city.toml` without reading the data it names.

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
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{file} is not valid TOML: {error}") from error
    _known(content, _TOP, str(file))
    name = _text(content, "name", str(file))
    crs = _crs(content, str(file))
    resolution = _number(content, "resolution", str(file))
    bounds = _box(content, "bounds", str(file))
    sources = _sources(content.get("sources", {}), file)
    sections = {}
    for section, keys in _SECTIONS.items():
        if section in content:
            sections[section] = _section(content[section], section, keys, file, sources)
    if "terrain" not in sections and sections.get("buildings", {}).get("format") != "cityjson":
        raise DataError(
            f"{file} has no [terrain]; a city needs ground elevations: add [terrain] with "
            'file = "..." (the elevation model of your state survey, DGM1, as GeoTIFF, ASCII grid or XYZ)'
        )
    return CityFile(file, name, crs, resolution, bounds, sections, sources)


def _known(table: Mapping[str, Any], keys: tuple[str, ...], where: str) -> None:
    for key in table:
        if key not in keys:
            near = difflib.get_close_matches(key, keys, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise DataError(f"{where}: key {key!r} is not known; {hint}Keys here are: {', '.join(keys)}")


def _text(table: Mapping[str, Any], key: str, where: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value.strip():
        raise DataError(f"{where}: {key} is {value!r}; it must be a text that is not empty")
    return value


def _number(table: Mapping[str, Any], key: str, where: str) -> float:
    value = table.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise DataError(f"{where}: {key} is {value!r}; it must be a number")
    return float(value)


def _box(table: Mapping[str, Any], key: str, where: str) -> Bounds:
    value = table.get(key)
    if (
        not isinstance(value, list)
        or len(value) != 4
        or not all(isinstance(edge, (int, float)) and math.isfinite(edge) for edge in value)
        or value[0] >= value[2]
        or value[1] >= value[3]
    ):
        raise DataError(f"{where}: {key} is {value!r}; it must be [xmin, ymin, xmax, ymax] in metres with min < max")
    west, south, east, north = (float(edge) for edge in value)
    return west, south, east, north


def _crs(table: Mapping[str, Any], where: str) -> CRS:
    text = _text(table, "crs", where)
    try:
        return CRS.from_user_input(text)
    except CRSError as error:
        raise DataError(
            f'{where}: crs is {text!r}, which is no CRS ({error}); write for example "EPSG:25832"'
        ) from error


def _sources(table: Any, file: Path) -> dict[str, Source]:
    if not isinstance(table, dict):
        raise DataError(f"{file}: sources is {table!r}; write tables [sources.NAME]")
    sources = {}
    for key, entry in table.items():
        where = f"{file}, [sources.{key}]"
        if not isinstance(entry, dict):
            raise DataError(f"{where} must be a table with {', '.join(_SOURCE)}")
        _known(entry, _SOURCE, where)
        note = entry.get("note", "")
        if not isinstance(note, str):
            raise DataError(f"{where}: note is {note!r}; it must be a text")
        name, licence, attribution = (_text(entry, part, where) for part in _SOURCE[:3])
        sources[key] = Source(name, licence, attribution, note)
    return sources


def _section(
    entry: Any, section: str, keys: tuple[str, ...], file: Path, sources: Mapping[str, Source]
) -> dict[str, Any]:
    where = f"{file}, [{section}]"
    if not isinstance(entry, dict):
        raise DataError(f"{where} must be a table with the keys {', '.join(keys)}")
    _known(entry, keys, where)
    checked: dict[str, Any] = {}
    checked["file"] = _files(entry, section, where, file)
    if "source" in entry:
        key = _text(entry, "source", where)
        if key not in sources:
            raise DataError(
                f"{where}: source is {key!r}; there is no [sources.{key}]. Sources are: {', '.join(sources) or 'none'}"
            )
        checked["source"] = key
    if section == "buildings":
        checked["format"] = _format(entry)
    if "tile" in entry:
        checked["tile"] = _box(entry, "tile", where)
    if "nodata" in entry:
        checked["nodata"] = "none" if entry["nodata"] == "none" else _number(entry, "nodata", where)
    if "crs" in entry:
        checked["crs"] = _crs(entry, where)
    if "vertical_datum" in entry:
        checked["vertical_datum"] = _text(entry, "vertical_datum", where)
    for key in ("delimiter", "decimal", "layer"):
        if key in entry:
            checked[key] = _words(entry, key, where)
    if "columns" in entry:
        checked["columns"] = _columns(entry["columns"], where)
    return checked


def _words(entry: Mapping[str, Any], key: str, where: str) -> str:
    value = entry[key]
    if not isinstance(value, str) or not value:
        raise DataError(f"{where}: {key} is {value!r}; it must be a text that is not empty")
    return value


def _columns(value: Any, where: str) -> Any:
    """Check the map of a tree cadastre's columns: the name of a known layout, or role to column."""
    from twin.geometry.tree_layouts import layout_of

    if not isinstance(value, (str, dict)):
        raise DataError(
            f"{where}: columns is {value!r}; it must be the name of a layout or a table such as "
            '{ height = "Hoehe", crown_diameter = "Krone", species = "Art" }'
        )
    try:
        layout_of(value)
    except InputError as error:
        raise DataError(f"{where}: {error}") from None
    return value


def _format(entry: Mapping[str, Any]) -> Any:
    """Return the format of building data; the suffix of CityJSON says enough."""
    file = entry.get("file")
    if "format" not in entry and isinstance(file, str) and file.lower().endswith(_CITYJSON):
        return "cityjson"
    return entry.get("format")


def _files(entry: Mapping[str, Any], section: str, where: str, file: Path) -> tuple[Path, ...]:
    """Check the file or the tiles of a section; only what is cut into tiles by its publishers may be several."""
    if section == "buildings" and _format(entry) not in _FORMATS:
        raise DataError(f"{where}: format is {entry.get('format')!r}; it must be one of: {', '.join(_FORMATS)}")
    value = entry.get("file")
    names = value if isinstance(value, list) else [value]
    if not names or not all(isinstance(name, str) and name.strip() for name in names):
        raise DataError(f"{where}: file is {value!r}; it must be a path, or a list of paths to tiles")
    tiled = section in ("terrain", "canopy") or entry.get("format") == "citygml"
    if len(names) > 1 and not tiled:
        raise DataError(f"{where}: file lists {len(names)} paths; {section} must be one file")
    paths = []
    for name in names:
        data = file.parent / str(name)
        if section in ("terrain", "canopy") and (data.is_dir() or set("*?") & set(str(name))):
            paths += _found(data, where)
            continue
        if not data.is_file():
            raise DataError(f"{where}: file {data} does not exist; paths are relative to {file.parent}")
        paths.append(data.resolve())
    return tuple(dict.fromkeys(paths))


def _found(data: Path, where: str) -> list[Path]:
    """Return the tiles in a folder or of a pattern like ``dgm1_*.xyz``, in the order of their names."""
    folder, pattern = (data, "*") if data.is_dir() else (data.parent, data.name)
    tiles = sorted(item.resolve() for item in folder.glob(pattern) if item.name.lower().endswith(_TILES))
    if not tiles:
        raise DataError(f"{where}: {data} leads to no file ending in {', '.join(_TILES)}")
    return tiles
