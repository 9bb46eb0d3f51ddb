"""The sections of a `city.toml`: which keys each may have, which formats its data, and how each value is checked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from twin.city import city_file_paths as paths
from twin.city import city_file_values as values
from twin.city.city import Source
from twin.errors import DataError

_RASTER: dict[str, values.Check] = {"nodata": values.nodata, "crs": values.system}
_LAYER: dict[str, values.Check] = {"crs": values.system, "layer": values.sign}
_TEXT: dict[str, values.Check] = {"delimiter": values.sign, "decimal": values.sign}

SECTIONS: dict[str, dict[str, values.Check]] = {
    "terrain": {
        **_RASTER,
        "vertical_datum": values.text,
        "fill": values.distance,
        "classes": values.whole_numbers,
    },
    "buildings": {
        "crs": values.system,
        "margin": values.distance,
        "tile": values.box,
        "roof": values.one_of("max", "mean"),
    },
    "fill_buildings": {**_RASTER, "margin": values.distance},
    "land_cover": {
        "crs": values.system,
        "layer": values.layers,
        "classes": values.class_map,
        "margin": values.distance,
    },
    "canopy": {**_RASTER, "classes": values.whole_numbers},
    "trees": {**_LAYER, **_TEXT, "columns": values.tree_columns},
    "roads": {"margin": values.distance},
    "residents": {**_LAYER, **_TEXT, "columns": values.columns},
}
"""What each section may say besides `file`, `format` and `source`."""

MESH: dict[str, values.Check] = {
    "place": values.place,
    "rotation": values.number,
    "scale": values.positive,
    "up": values.one_of("y", "z"),
    "anchor": values.one_of("origin", "centre"),
    "crs": values.system,
    "name": values.text,
}
"""What each of [[meshes]] may say besides `file`."""

FORMATS: dict[str, tuple[str, ...]] = {
    "buildings": ("citygml", "cityjson", "osm"),
    "fill_buildings": ("osm", "citygml", "cityjson", "raster"),
    "land_cover": ("osm", "vector", "cityjson"),
}
"""Formats of sections that have a choice; the first is that of land cover without `format` and a telling suffix."""

SUFFIXES = {
    "terrain": paths.RASTERS + paths.LASER,
    "canopy": paths.RASTERS + paths.LASER,
    "raster": paths.RASTERS,
    "trees": paths.TREES,
    "roads": paths.OSM,
    "residents": paths.TABLES,
    "citygml": paths.CITYGML,
    "cityjson": paths.CITYJSON,
    "osm": paths.OSM,
    "vector": paths.LAYERS,
    "mesh": paths.MESHES,
}
_TELLING = {
    "cityjson": paths.CITYJSON,
    "osm": paths.OSM,
    "citygml": (".gml", ".citygml", ".gml.gz", ".citygml.gz"),
    "vector": (".gpkg", ".shp", ".geojson", ".fgb"),
    "raster": (".tif", ".tiff", ".asc"),
}
"""Suffixes that say enough about the format."""


def check_section(entry: Any, section: str, where: str, folder: Path, sources: Mapping[str, Source]) -> dict[str, Any]:
    """Return one section, checked: its keys, its files, the source it names, and every value.

    Parameters
    ----------
    entry : object
        What the file says.
    section : str
        One of `SECTIONS`.
    where : str
        File and section, for messages.
    folder : pathlib.Path
        From which paths count.
    sources : mapping
        The file's [sources].

    Raises
    ------
    DataError
        Naming section, key, value, rule and way out.

    Examples
    --------
    >>> check_section({"fill": 20}, "terrain", "city.toml, [terrain]", Path(), {})
    {'fill': 20.0}
    """
    checks = SECTIONS[section]
    keys = ("file", *(("format",) if section in FORMATS else ()), *checks, "source")
    if not isinstance(entry, dict):
        raise DataError(f"{where} must be a table with the keys {', '.join(keys)}")
    values.check_keys(entry, keys, where)
    checked: dict[str, Any] = {}
    if section in FORMATS:
        checked["format"] = _format(entry, section, where)
    if section != "terrain" or "file" in entry:  # terrain may come from the ground of a city model
        suffixes = SUFFIXES[checked.get("format", section)]
        checked["file"] = paths.find_files(entry.get("file"), folder, suffixes, where)
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
    _check_together(checked, section, where, folder)
    return checked


def _check_together(checked: dict[str, Any], section: str, where: str, folder: Path) -> None:
    """Check keys that only make sense with a format."""
    form = checked.get("format")
    if section == "land_cover" and form == "vector" and "classes" not in checked:
        from twin.geometry.class_map import class_map_names

        raise DataError(
            f"{where}: a layer of land use needs classes, which say what its classes mean: a shipped map "
            f"({', '.join(class_map_names())}), the path of a TOML file, or "
            '{ column = "nutzart", map = { "Wald" = "forest" } }'
        )
    for key, forms in (("classes", ("vector",)), ("layer", ("vector",)), ("nodata", ("raster",))):
        if form is not None and key in checked and form not in forms:
            raise DataError(f"{where}: {key} is for format {' or '.join(forms)}, not for {form}; leave it out")
    if section == "buildings" and "roof" in checked and form == "osm":
        raise DataError(f"{where}: roof is for 3-D buildings; those of OpenStreetMap have flat roofs: leave it out")


def _format(entry: Mapping[str, Any], section: str, where: str) -> str:
    """Return the format of a section's data; suffixes that only one format has say enough."""
    check = values.one_of(*FORMATS[section])
    if "format" in entry:
        return str(check(entry, "format", where))
    given = entry.get("file")
    names = [str(name).lower() for name in (given if isinstance(given, list) else [given])]
    for form in FORMATS[section]:
        if all(name.endswith(_TELLING[form]) for name in names):
            return form
    return "osm" if section == "land_cover" else str(check(entry, "format", where))


def check_meshes(entries: Any, file: Path) -> tuple[dict[str, Any], ...]:
    """Return the [[meshes]] of a file, checked.

    Examples
    --------
    >>> check_meshes([], Path("city.toml"))
    ()
    """
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise DataError(f"{file}: meshes is {entries!r}; write one table [[meshes]] for each planned building")
    found = []
    for number, entry in enumerate(entries, start=1):
        where = f"{file}, [[meshes]] number {number}"
        values.check_keys(entry, ("file", *MESH), where)
        files = paths.find_files(entry.get("file"), file.parent, SUFFIXES["mesh"], where)
        if len(files) > 1:
            raise DataError(f"{where}: file names {len(files)} files; write one [[meshes]] for each building")
        checked = {key: check(entry, key, where) for key, check in MESH.items() if key in entry}
        found.append({"file": files[0], **checked})
    return tuple(found)
