"""Which files of a folder stand for terrain, buildings, vegetation, trees, land use and map, and why others do not.

Whatever is left out has a reason. Of several files for one thing those that stand together as tiles are taken: one
format, one CRS, one cell size, no place twice.
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Mapping, Sequence

from twin.city.gridspec import Bounds
from twin.city.new_city_layers import choose_land_use, choose_residents, choose_trees, size_of
from twin.geometry.survey import SourceSummary, is_surface
from twin.geometry.tile_names import tile_of_name

Roles = dict[str, list[SourceSummary]]

ROLES = ("terrain", "buildings", "canopy", "trees", "land_cover", "residents", "map")
"""What a file can stand for, in the order in which the place is found from them."""

_HEIGHTS = ("raster", "points", "laser")
_MODELS = ("citygml", "cityjson")
_TABLES = ("table", "vector")
_LAYERS = ("trees", "land_cover", "residents")


def sort_out(summaries: Sequence[SourceSummary]) -> tuple[Roles, dict[str, str]]:
    """Return which files stand for what, and why others are left out.

    Parameters
    ----------
    summaries : sequence of SourceSummary
        Of the files of a folder.

    Returns
    -------
    roles : dict
        Every one of `ROLES` to its files; a CityJSON model is among the buildings.
    left_out : dict
        Name of a file to the reason.

    Examples
    --------
    >>> from pathlib import Path
    >>> roles, left_out = sort_out([SourceSummary(Path("notes.bin"), "other")])
    >>> roles["terrain"], left_out
    ([], {'notes.bin': 'not a kind of data that a city is built from'})
    """
    left_out: dict[str, str] = {}
    good = [found for found in summaries if _usable(found, left_out)]
    heights = [found for found in good if found.kind in _HEIGHTS]
    terrain = [found for found in heights if found.role == "terrain"]
    if not terrain:
        unnamed = [found for found in heights if found.role is None and not is_surface(found)]
        points = [found for found in unnamed if found.kind in ("points", "laser")]
        terrain = points or (unnamed[:1] if len(unnamed) == 1 else [])
    roles: Roles = {
        "terrain": _tiles(terrain, left_out),
        "buildings": _models([found for found in good if found.kind in _MODELS], left_out),
        "canopy": _tiles([found for found in heights if found.role == "canopy"], left_out),
        "trees": choose_trees([found for found in good if found.role == "trees" and found.kind in _TABLES], left_out),
        "land_cover": choose_land_use([found for found in good if found.role == "land_cover"], left_out),
        "residents": choose_residents([found for found in good if found.role == "residents"], left_out),
        "map": _maps([found for found in good if found.kind == "osm"], left_out),
    }
    taken = {found.name for group in roles.values() for found in group}
    for found in heights:
        if found.name not in taken:
            left_out.setdefault(found.name, "its name does not say that it is terrain (DGM) or vegetation height")
    return roles, left_out


def _usable(found: SourceSummary, left_out: dict[str, str]) -> bool:
    """Tell whether a file can be part of a proposal; if not, write down why."""
    reason = found.problem
    if reason is not None:
        pass
    elif found.kind == "laser" and importlib.util.find_spec("laspy") is None:
        reason = "laser points need the library laspy: pip install 'urban-twin[las]'"
    elif found.kind in _HEIGHTS and found.bounds is None:
        reason = "it has no place"
    elif found.kind in (*_HEIGHTS, *_MODELS, "osm") or (found.kind in _TABLES and found.role in _LAYERS):
        return True
    else:
        reason = {
            "mesh": "a mesh names no place: say where it stands, as [[meshes]] with place = [easting, northing]",
            "plan": "a development plan (XPlanGML) is not part of the present city",
            "table": "a table whose columns no tree cadastre or census is known to have (see columns under [trees])",
            "vector": "a layer that no section of a city.toml reads",
        }.get(found.kind, "not a kind of data that a city is built from")
    left_out[found.name] = reason
    return False


def _maps(found: list[SourceSummary], left_out: dict[str, str]) -> list[SourceSummary]:
    """Return the OpenStreetMap extracts, largest first: several are merged, but not one inside another."""
    kept: list[SourceSummary] = []
    for item in sorted(found, key=lambda item: -size_of(item)):
        doubled = [other for other in kept if overlap(item.bounds, other.bounds) > 0.95]
        if doubled:
            left_out[item.name] = f"the same place as {doubled[0].name}"
        else:
            kept.append(item)
    return kept


def _models(found: list[SourceSummary], left_out: dict[str, str]) -> list[SourceSummary]:
    """Return the city models of one format: CityGML before CityJSON."""
    tiles = [item for item in found if item.kind == "citygml"]
    other = [item for item in found if item.kind == "cityjson"]
    if tiles:
        left_out.update((item.name, f"the buildings come from CityGML, {tiles[0].name}") for item in other)
        return _tiles(tiles, left_out)
    return _tiles(other, left_out)


def _tiles(found: list[SourceSummary], left_out: dict[str, str]) -> list[SourceSummary]:
    """Return the files that can stand together as tiles: those like the finest; others are left out with a reason."""
    if len(found) < 2:
        return found
    # of one fineness the kind that most tiles have: a single file of another kind is a double or a stray
    many = {item.kind: sum(other.kind == item.kind for other in found) for item in found}

    def fineness(item: SourceSummary) -> tuple[bool, float, int]:
        degrees = item.crs is not None and item.crs.is_geographic
        return degrees, round(item.spacing or 0.0, 3), -many[item.kind]

    first = min(found, key=fineness)
    same: list[SourceSummary] = []
    for item in found:
        alike = item.crs == first.crs and math.isclose(item.spacing or 0.0, first.spacing or 0.0, rel_tol=1e-3)
        doubled = [other for other in same if first.kind not in _MODELS and overlap(item.bounds, other.bounds) > 0.5]
        if item.kind in _MODELS:
            doubled = [other for other in same if _same_tile(item, other)]
        if alike and not doubled:
            same.append(item)
        elif alike:
            left_out[item.name] = f"the same place as {doubled[0].name}"
        else:
            left_out[item.name] = f"another CRS or cell size than {first.name}"
    return same


def _same_tile(one: SourceSummary, other: SourceSummary) -> bool:
    """Tell whether two city model files are one tile twice, as an archive and what was unpacked from it."""
    named = tile_of_name(one.path.name)
    return named is not None and named == tile_of_name(other.path.name) and overlap(one.bounds, other.bounds) > 0.9


def overlap(one: Bounds | None, other: Bounds | None) -> float:
    """Return the share of the smaller box that both cover.

    Examples
    --------
    >>> overlap((0, 0, 10, 10), (5, 0, 15, 10)), overlap((0, 0, 1, 1), None)
    (0.5, 0.0)
    """
    if one is None or other is None:
        return 0.0
    both = shared(one, other)
    area = min((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return 0.0 if both is None or area <= 0 else (both[2] - both[0]) * (both[3] - both[1]) / area


def hull(one: Bounds, other: Bounds) -> Bounds:
    """Return the box around two boxes.

    Examples
    --------
    >>> hull((0, 0, 1, 1), (2, 2, 3, 3))
    (0, 0, 3, 3)
    """
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])


def shared(one: Bounds, other: Bounds) -> Bounds | None:
    """Return the box that two boxes share, None if there is none.

    Examples
    --------
    >>> shared((0, 0, 2, 2), (1, 1, 3, 3)), shared((0, 0, 1, 1), (2, 2, 3, 3))
    ((1, 1, 2, 2), None)
    """
    box = max(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3])
    return box if box[0] < box[2] and box[1] < box[3] else None


def tile_of_files(found: Sequence[SourceSummary]) -> Bounds | None:
    """Return the place that the names of city model tiles speak of, if the buildings really lie about there.

    Examples
    --------
    >>> from pathlib import Path
    >>> name, box = Path("LoD2_33_390_5819_1_BE.xml"), (390010, 5819020, 390990, 5819990)
    >>> tile_of_files([SourceSummary(name, "citygml", bounds=box)])
    (390000.0, 5819000.0, 391000.0, 5820000.0)
    """
    whole: Bounds | None = None
    for item in found:
        box = tile_of_name(item.path.name)
        if box is None or item.kind != "citygml" or overlap(item.bounds, box) < 0.5:
            return None
        whole = box if whole is None else hull(whole, box)
    return whole


def left_out_lines(left_out: Mapping[str, str]) -> list[str]:
    """Return one line for each file that is left out; files with one reason in one line.

    Examples
    --------
    >>> left_out_lines({"a.pdf": "no data", "b.pdf": "no data", "c.gml": "cut off"})
    ['a.pdf, b.pdf: no data', 'c.gml: cut off']
    """
    by_reason: dict[str, list[str]] = {}
    for name, reason in left_out.items():
        by_reason.setdefault(reason, []).append(name)
    lines = []
    for reason, names in by_reason.items():
        more = f" and {len(names) - 4} more" if len(names) > 5 else ""
        lines.append(f"{', '.join(names[: 4 if more else 5])}{more}: {reason}")
    return lines
