"""Where the data of a `city.toml` lie: a file, a list, a folder, a pattern, or a member of an archive.

Paths count from the folder of the file. A folder and a pattern give the files whose names end as their kind does, in
the order of their names; whatever leads to nothing is refused with the place.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from twin.errors import DataError
from twin.geometry.archives import is_archive, members, split_member

RASTERS = (".tif", ".tiff", ".asc", ".hgt", ".xyz", ".txt", ".csv", ".xyz.gz", ".txt.gz", ".csv.gz")
CITYGML = (".gml", ".xml", ".citygml", ".gml.gz", ".xml.gz", ".citygml.gz")
CITYJSON = (".json", ".jsonl", ".json.gz", ".jsonl.gz")
OSM = (".osm", ".osm.gz", ".osm.bz2", ".osm.pbf", ".pbf")
LASER = (".las", ".laz")
TABLES = (".csv", ".csv.gz", ".gpkg", ".geojson", ".shp", ".fgb")
LAYERS = (".gpkg", ".shp", ".geojson", ".fgb", ".geojson.gz", ".json")
MESHES = (".obj", ".glb", ".gltf", ".stl", ".ply")
TREES = (".csv", ".csv.gz", ".geojson", ".geojson.gz", ".gpkg", ".shp", ".fgb")


def find_files(value: Any, folder: Path, suffixes: tuple[str, ...], where: str) -> tuple[Path, ...]:
    """Return the data files that `file` of a section names, each once.

    Parameters
    ----------
    value : str or list of str
        What the section says: ``"lod2.gml"``, ``["a.tif", "b.tif"]``, ``"tiles"``, ``"dgm1_*.xyz"``,
        ``"lod2.zip/LoD2_33_390_5819.gml"``, ``"lod2.zip/*.gml"``. A .zip archive stands for all that is in it.
    folder : pathlib.Path
        From which paths count.
    suffixes : tuple of str
        Lower-case ends of names that a folder or a pattern may give.
    where : str
        File and section, for the message.

    Raises
    ------
    DataError
        If it is no path, or leads to no file.

    Examples
    --------
    >>> folder = Path(__file__).parent
    >>> [path.name for path in find_files("city_file_p*.py", folder, (".py",), "city.toml, [terrain]")]
    ['city_file_paths.py']
    """
    names = value if isinstance(value, list) else [value]
    if not names or not all(isinstance(name, str) and name.strip() for name in names):
        raise DataError(
            f"{where}: file is {value!r}; it must be a path, or a list of paths; a path may be a folder, a pattern "
            'like "dgm1_*.xyz" or a member of an archive'
        )
    found: list[Path] = []
    for name in names:
        data = folder / name
        if data.is_file():
            found.append(data.resolve())
        elif data.is_dir():
            found += _listed(data, data, "*", suffixes, where)
        elif (inside := split_member(data)) is not None:
            found += _members(*inside, where)
        elif set("*?") & set(name):
            found += _matching(data, Path(name), folder, suffixes, where)
        else:
            raise DataError(f"{where}: file {data} does not exist; paths are relative to {folder}{_near(data)}")
    return tuple(dict.fromkeys(found))


def _near(data: Path) -> str:
    """Say what lies where a file was expected: names often differ by the case or an ending alone."""
    if not data.parent.is_dir():
        return ""
    names = sorted(item.name for item in data.parent.iterdir() if not item.name.startswith("."))
    alike = [name for name in names if name.lower().startswith(data.stem.split(".")[0].lower()[:6])]
    shown = (alike or names)[:5]
    return f"; there are: {', '.join(shown)}" if shown else ""


def _matching(data: Path, name: Path, folder: Path, suffixes: tuple[str, ...], where: str) -> list[Path]:
    """Return what a pattern gives; brackets in names are no pattern, as survey offices use them."""
    parts = name.parts
    first = next(index for index, part in enumerate(parts) if set("*?") & set(part))
    base = folder.joinpath(*parts[:first])
    inside = split_member(base / "x") if not base.is_dir() else None
    if base.is_file() and is_archive(base):
        return _members(base, "/".join(parts[first:]), where)
    if inside is not None:
        archive, member = inside
        return _members(archive, "/".join([*Path(member).parent.parts, *parts[first:]]), where)
    pattern = "/".join(parts[first:]).replace("[", "[[]")
    return _listed(data, base, pattern, suffixes, where)


def _listed(data: Path, base: Path, pattern: str, suffixes: tuple[str, ...], where: str) -> list[Path]:
    ends = (*suffixes, ".zip")
    tiles = sorted(
        item.resolve()
        for item in (base.glob(pattern) if base.is_dir() else ())
        if item.is_file() and not item.name.startswith(".") and item.name.lower().endswith(ends)
    )
    if not tiles:
        raise DataError(f"{where}: {data} leads to no file ending in {', '.join(ends)}")
    return tiles


def _members(archive: Path, name: str, where: str) -> list[Path]:
    """Return the members of an archive that a name or pattern means."""
    inner = [path.relative_to(archive).as_posix() for path in members(archive, ("",), "geodata")]
    pattern = re.sub(r"\[", "[[]", name)
    found = [item for item in inner if item == name] or [item for item in inner if fnmatchcase(item, pattern)]
    if not found:
        shown = ", ".join(inner[:5]) + (" ..." if len(inner) > 5 else "")
        raise DataError(f"{where}: {archive} has no member {name!r}; it holds {shown}")
    return [archive.resolve() / item for item in found]
