"""A folder with a `city.toml` to a `City`.

The file says where the data lie, what they are and whose they are. Every path is relative to it, every key is known or
refused, and everything is checked before the first byte of data is read. Terrain, canopy and CityGML may come in tiles:
``file = ["east.tif", "west.tif"]``.
"""

from __future__ import annotations

import difflib
import math
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyproj import CRS
from pyproj.exceptions import CRSError

from twin.city.city import City, Source
from twin.city.gridspec import Bounds, GridSpec, crs_of, same_crs
from twin.errors import DataError

if TYPE_CHECKING:
    import xarray as xr

_TOP = ("name", "crs", "resolution", "bounds", "terrain", "buildings", "land_cover", "canopy", "roads", "sources")
_SECTIONS = {
    "terrain": ("file", "nodata", "crs", "vertical_datum", "source"),
    "buildings": ("file", "format", "crs", "tile", "source"),
    "land_cover": ("file", "source"),
    "canopy": ("file", "nodata", "crs", "source"),
    "roads": ("file", "source"),
}
_SOURCE = ("name", "license", "attribution", "note")
_FORMATS = ("citygml", "osm")
_MARGIN = 250.0
"""Read rasters this far around the grid, m: more than the spacing of terrain that one would interpolate."""


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


def load_city(path: str | os.PathLike[str], *, bounds: Bounds | None = None, resolution: float | None = None) -> City:
    """Load a city from a `city.toml` and the data beside it.

    Parameters
    ----------
    path : path-like
        The file, or the folder that holds it.
    bounds : (xmin, ymin, xmax, ymax), optional
        Other bounds than those of the file, m in the city's CRS. They grow outwards to whole cells.
    resolution : float, optional
        Another cell size than that of the file, m.

    Returns
    -------
    City

    Raises
    ------
    DataError
        If the file or the data it names are missing, cannot be read, or hold an unknown key or an impossible value.
    InputError
        If `bounds` or `resolution` are impossible.

    Examples
    --------
    A city needs a name, a CRS, a cell size, bounds and terrain; the rest is optional:

    >>> import tempfile
    >>> text = '''
    ... name = "Flat"
    ... crs = "EPSG:25832"
    ... resolution = 10
    ... bounds = [0, 0, 20, 20]
    ... [terrain]
    ... file = "flat.asc"
    ... crs = "EPSG:25832"
    ... '''
    >>> grid = "ncols 2\\nnrows 2\\nxllcorner 0\\nyllcorner 0\\ncellsize 10\\n5 5\\n5 5\\n"
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "city.toml").write_text(text)
    ...     _ = (Path(folder) / "flat.asc").write_text(grid)
    ...     city = load_city(folder)
    >>> city.grid.ground_elevation.values.tolist()
    [[5.0, 5.0], [5.0, 5.0]]
    """
    from twin.city.build import build_city
    from twin.geometry import read_citygml, read_osm
    from twin.geometry.building_models import concatenate_models

    wanted = read_city_file(path)
    cell = float(wanted.resolution if resolution is None else resolution)
    box = wanted.bounds if bounds is None else bounds
    spec = GridSpec.from_bounds(box, cell, wanted.crs)  # refuses impossible requests before anything is read
    terrain = _raster(wanted, "terrain", spec)
    spec = GridSpec.from_bounds(box, cell, wanted.crs, anchor=_anchor(terrain, spec))

    records: dict[Path, Any] = {}

    def osm(section: str) -> Any:
        """Read an extract once, however many sections name it."""
        if section not in wanted.sections:
            return None
        (file,) = wanted.files(section)
        if file not in records:
            records[file] = read_osm(file)
        return records[file]

    buildings: Any = None
    tile = None
    if "buildings" in wanted.sections:
        section = wanted.sections["buildings"]
        tile = section.get("tile")
        if section["format"] == "citygml":
            tiles = [read_citygml(file, crs=section.get("crs")) for file in wanted.files("buildings")]
            buildings = tiles[0] if len(tiles) == 1 else concatenate_models(tiles)
        else:
            buildings = osm("buildings")
    canopy = _raster(wanted, "canopy", spec) if "canopy" in wanted.sections else None
    return build_city(
        wanted.name,
        spec,
        terrain=terrain,
        buildings=buildings,
        land_cover=osm("land_cover"),
        canopy=canopy,
        roads=osm("roads"),
        sources={
            role: wanted.sources[section["source"]] for role, section in wanted.sections.items() if "source" in section
        },
        tile=tile,
        vertical_datum=wanted.sections["terrain"].get("vertical_datum"),
    )


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
    if "terrain" not in sections:
        raise DataError(f'{file} has no [terrain]; a city needs ground elevations: add [terrain] with file = "..."')
    return CityFile(file, name, crs, resolution, bounds, sections, sources)


def _raster(wanted: CityFile, section: str, spec: GridSpec) -> xr.DataArray:
    """Read a raster of one or more tiles: the part around the grid if it is in the grid's CRS, all of it otherwise."""
    from twin.city.terrain import join_tiles
    from twin.geometry import read_raster

    options = wanted.sections[section]
    nodata, crs = options.get("nodata"), options.get("crs")
    xmin, ymin, xmax, ymax = spec.bounds
    nearby = (xmin - _MARGIN, ymin - _MARGIN, xmax + _MARGIN, ymax + _MARGIN)
    parts = []
    for file in wanted.files(section):
        try:
            part = read_raster(file, bounds=nearby, nodata=nodata, crs=crs)
        except DataError:
            continue  # damaged, another tile's place, or another CRS: read whole below, if no tile fits
        if same_crs(crs_of(part), spec.crs):
            parts.append(part)
    if not parts:
        parts = [read_raster(file, nodata=nodata, crs=crs) for file in wanted.files(section)]
    return parts[0] if len(parts) == 1 else join_tiles(parts, what=section)


def _anchor(terrain: xr.DataArray, spec: GridSpec) -> tuple[float, float]:
    """Let the grid's edges follow those of the terrain, so that terrain as fine as the grid is copied, not averaged."""
    if not same_crs(crs_of(terrain), spec.crs):
        return 0.0, 0.0
    if len(terrain.x) < 2 or len(terrain.y) < 2:
        return 0.0, 0.0
    dx, dy = float(terrain.x[1] - terrain.x[0]), float(terrain.y[0] - terrain.y[1])
    if max(dx, dy) > spec.resolution * (1 + 1e-6):
        return 0.0, 0.0
    return float(terrain.x[0]) - dx / 2, float(terrain.y[0]) + dy / 2


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
        checked["format"] = entry["format"]
    if "tile" in entry:
        checked["tile"] = _box(entry, "tile", where)
    if "nodata" in entry:
        checked["nodata"] = "none" if entry["nodata"] == "none" else _number(entry, "nodata", where)
    if "crs" in entry:
        checked["crs"] = _crs(entry, where)
    if "vertical_datum" in entry:
        checked["vertical_datum"] = _text(entry, "vertical_datum", where)
    return checked


def _files(entry: Mapping[str, Any], section: str, where: str, file: Path) -> tuple[Path, ...]:
    """Check the file or the tiles of a section; only what is cut into tiles by its publishers may be several."""
    if section == "buildings" and entry.get("format") not in _FORMATS:
        raise DataError(f"{where}: format is {entry.get('format')!r}; it must be one of: {', '.join(_FORMATS)}")
    value = entry.get("file")
    names = value if isinstance(value, list) else [value]
    if not names or not all(isinstance(name, str) and name.strip() for name in names):
        raise DataError(f"{where}: file is {value!r}; it must be a path, or a list of paths to tiles")
    tiled = section in ("terrain", "canopy") or entry.get("format") == "citygml"
    if len(names) > 1 and not tiled:
        raise DataError(f"{where}: file lists {len(names)} paths; an OpenStreetMap extract must be one file")
    paths = []
    for name in names:
        data = file.parent / str(name)
        if not data.is_file():
            raise DataError(f"{where}: file {data} does not exist; paths are relative to {file.parent}")
        paths.append(data.resolve())
    return tuple(paths)
