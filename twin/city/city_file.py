"""`city.toml`: what it may say, and what is refused.

Every path is relative to the file, every key is known or refused, and nothing of the data it names is read here.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyproj import CRS

from twin.city import city_file_values as values
from twin.city.city import Source
from twin.city.city_file_sections import SECTIONS, check_meshes, check_section
from twin.city.gridspec import Bounds
from twin.errors import DataError

_TOP = ("name", "crs", "resolution", "bounds")
_SOURCE = ("name", "license", "attribution", "note")


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
    meshes: tuple[Mapping[str, Any], ...] = ()

    def files(self, section: str) -> tuple[Path, ...]:
        """Paths of the data files of a section."""
        return tuple(self.sections.get(section, {}).get("file", ()))

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
    values.check_keys(content, (*_TOP, *SECTIONS, "meshes", "sources"), where)
    name = values.text(content, "name", where)
    crs = values.system(content, "crs", where)
    resolution = values.number(content, "resolution", where)
    bounds = values.box(content, "bounds", where)
    sources = _sources(content.get("sources", {}), file)
    sections = {
        section: check_section(content[section], section, f"{file}, [{section}]", file.parent, sources)
        for section in SECTIONS
        if section in content
    }
    models = sections.get("buildings", {}).get("format") in ("citygml", "cityjson")
    if not sections.get("terrain", {}).get("file") and not models:
        raise DataError(
            f"{file} has no [terrain] with a file; a city needs ground elevations: add [terrain] with "
            'file = "..." (the elevation model of your state survey, DGM1, as GeoTIFF, ASCII grid or XYZ)'
        )
    meshes = check_meshes(content.get("meshes", []), file)
    if meshes and sections.get("buildings", {}).get("format") == "osm":
        raise DataError(
            f"{file}: [[meshes]] stand among the buildings of a 3-D city model, and [buildings] has format osm; plan "
            "them as a measure of a scenario instead, or leave out [buildings]"
        )
    return CityFile(file, name, crs, resolution, bounds, sections, sources, meshes)


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
