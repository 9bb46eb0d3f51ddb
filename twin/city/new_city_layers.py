"""Which map of classes a land-use layer needs, and whether tables of trees and residents can really be read.

A proposal must load as it is. What a table's columns promise is therefore tried out on the table itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from twin.city.gridspec import same_crs
from twin.errors import TwinError
from twin.geometry.survey import SourceSummary

TRIED = 200_000_000
"""Bytes of a table up to which it is read for trial; larger ones are trusted."""

_SAMPLE = 500
_MAPS = ("alkis-simplified", "alkis", "atkis", "urban-atlas")
_NEAR = 20_000.0  # m: cadastres of one town stand nearer
_KNOWN = 0.5  # share of the classes met that a map must know


def size_of(found: SourceSummary) -> int:
    """Return the bytes of a file, 0 for a member of an archive.

    Examples
    --------
    >>> from pathlib import Path
    >>> size_of(SourceSummary(Path("tiles.zip/a.osm"), "osm"))
    0
    """
    return found.path.stat().st_size if found.path.is_file() else 0


def choose_trees(found: list[SourceSummary], left_out: dict[str, str]) -> list[SourceSummary]:
    """Return the tree cadastres that can be read as they are and together: of one CRS, and of one layer's name.

    Parameters
    ----------
    found : list of SourceSummary
        What could be it.
    left_out : dict
        Name of a file to the reason why it is not taken; filled here.

    Examples
    --------
    >>> choose_trees([], {})
    []
    """
    groups: list[list[SourceSummary]] = []
    unnamed: list[SourceSummary] = []
    for item in sorted(found, key=lambda item: -size_of(item)):
        tried = tried_trees(item)
        if isinstance(tried, str):
            left_out[item.name] = tried
        elif tried.crs is None:
            unnamed.append(tried)
        else:
            alike = next((group for group in groups if group[0].crs and same_crs(group[0].crs, tried.crs)), None)
            if alike is None:
                groups.append([tried])
            else:
                alike.append(tried)
    # most trees win; tables that name no CRS join those that stand where they do
    best = max(groups, key=lambda group: sum(item.counts.get("trees", 0) for item in group), default=unnamed[:1])
    best = best + [item for item in unnamed if item not in best and _beside(item, best[0])]
    for item in [item for group in [*groups, unnamed] for item in group if item not in best]:
        named = "names no CRS" if item.crs is None else f"is in {item.crs.name}"
        left_out[item.name] = f"it {named} and cannot stand beside {best[0].name}: bring both to one CRS that they name"
    kept: list[SourceSummary] = []
    for item in best:
        double = next((other for other in kept if _same_trees(item, other)), None)
        layer = next((other for other in kept if {item.kind, other.kind} == {"vector"}), None)
        if double is not None:
            left_out[item.name] = f"the same trees as {double.name}"
        elif layer is not None and layer.layer != item.layer:
            left_out[item.name] = f"[trees] names one layer; it is that of {layer.name}"
        else:
            kept.append(item)
    return kept


def _beside(one: SourceSummary, other: SourceSummary) -> bool:
    """Tell whether trees without a CRS stand about where others do, in metres."""
    if one.bounds is None or other.bounds is None or (other.crs is not None and other.crs.is_geographic):
        return False
    gaps = (
        max(one.bounds[axis] - other.bounds[axis + 2], other.bounds[axis] - one.bounds[axis + 2]) for axis in (0, 1)
    )
    return max(gaps) < _NEAR


def _same_trees(one: SourceSummary, other: SourceSummary) -> bool:
    """Tell whether two files hold one cadastre twice, as a table and as a layer."""
    if one.bounds is None or other.bounds is None or "trees" not in one.counts:
        return False
    rim = 1e-5 if one.crs is not None and one.crs.is_geographic else 1.0
    close = all(abs(edge - same) <= rim for edge, same in zip(one.bounds, other.bounds, strict=True))
    return close and one.counts["trees"] == other.counts.get("trees")


def choose_land_use(found: list[SourceSummary], left_out: dict[str, str]) -> list[SourceSummary]:
    """Return the layers of land use that one shipped map of classes knows; its name becomes their version.

    Parameters
    ----------
    found : list of SourceSummary
        What could be it.
    left_out : dict
        Name of a file to the reason why it is not taken; filled here.

    Examples
    --------
    >>> choose_land_use([], {})
    []
    """
    known: dict[str, list[SourceSummary]] = {}
    for item in found:
        name = class_map_for(item)
        if name is None:
            left_out[item.name] = "no shipped map knows its classes; write one (classes under [land_cover])"
        else:
            known.setdefault(name, []).append(replace(item, version=name))
    best = max(known.values(), key=lambda items: sum(size_of(item) for item in items), default=[])
    for item in (item for items in known.values() if items is not best for item in items):
        left_out[item.name] = f"another map of classes than {best[0].name}"
    return best


def choose_residents(found: list[SourceSummary], left_out: dict[str, str]) -> list[SourceSummary]:
    """Return the tables of the census grid, else the largest layer of units, if they can be read as they are.

    Parameters
    ----------
    found : list of SourceSummary
        What could be it.
    left_out : dict
        Name of a file to the reason why it is not taken; filled here.

    Examples
    --------
    >>> choose_residents([], {})
    []
    """
    tables = [item for item in found if item.kind == "table"]
    layers = sorted((item for item in found if item.kind == "vector"), key=lambda item: -size_of(item))
    chosen = tables or layers[:1]
    left_out.update((item.name, f"residents come from {chosen[0].name}") for item in found if item not in chosen)
    tried, problem = tried_residents(chosen)
    if problem is not None:
        left_out.update((item.name, problem) for item in chosen)
    return tried


def class_map_for(found: SourceSummary) -> str | None:
    """Return the shipped map that knows most classes of a layer, None if none knows half of them.

    Parameters
    ----------
    found : SourceSummary
        Of a vector layer of polygons.

    Examples
    --------
    >>> from pathlib import Path
    >>> class_map_for(SourceSummary(Path("a.gpkg"), "vector", columns=("name",))) is None
    True
    """
    from twin.geometry.class_map import find_class_map

    best, share = None, _KNOWN
    for name in _MAPS:
        meanings = find_class_map(name)
        plain = {column.lower(): column for column in found.columns}
        column = next((plain[known] for known in meanings.columns if known in plain), None)
        words = _words(found, column) if column is not None else []
        known = sum(meanings.knows(word) for word in words) / len(words) if words else 0.0
        if known > share:
            best, share = name, known
    return best


def _words(found: SourceSummary, column: str) -> list[str]:
    """Return the classes in the first rows of a layer."""
    import pyogrio

    from twin.geometry.archives import split_member

    inside = split_member(found.path)
    name = str(found.path) if inside is None else f"/vsizip/{{{inside[0]}}}/{inside[1]}"
    try:
        table: Any = pyogrio.read_dataframe(
            name, layer=found.layer, columns=[column], read_geometry=False, max_features=_SAMPLE
        )
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError):
        return []
    return sorted({str(word) for word in table[column].dropna()})


def tried_trees(found: SourceSummary) -> SourceSummary | str:
    """Return the summary of a tree cadastre with the place of its trees, or why it cannot be read as it is.

    Parameters
    ----------
    found : SourceSummary
        Of a table or layer.

    Examples
    --------
    >>> from pathlib import Path
    >>> tried_trees(SourceSummary(Path("nowhere.csv"), "table"))
    'nowhere.csv does not exist; ...'
    """
    from twin.geometry import read_trees

    if _large([found]):
        return found
    try:
        try:
            records = read_trees(found.path, layer=found.layer)
            system = records.crs
        except TwinError as error:
            if "names no CRS" not in str(error):
                raise
            records, system = read_trees(found.path, crs=25832, layer=found.layer), None
    except TwinError as error:
        return str(error)
    west, south, east, north = (float(edge) for edge in records.trees.total_bounds)
    rim = 1e-5 if records.crs.is_geographic else 1.0  # a single tree has a place, too
    box = west - rim, south - rim, east + rim, north + rim
    return replace(found, crs=system, bounds=box, counts={"trees": len(records.trees)}, version=records.layout)


def tried_residents(found: Sequence[SourceSummary]) -> tuple[list[SourceSummary], str | None]:
    """Return the summaries of statistical units with their CRS, and why they cannot be read as they are.

    Parameters
    ----------
    found : sequence of SourceSummary
        Of tables of the census grid, or of layers.

    Examples
    --------
    >>> tried_residents([])
    ([], None)
    """
    from twin.geometry import read_units

    if not found or _large(found):
        return list(found), None
    try:
        records = read_units([item.path for item in found], layer=found[0].layer)
    except TwinError as error:
        return [], str(error)
    west, south, east, north = (float(edge) for edge in records.units.total_bounds)
    box = west, south, east, north
    return [replace(item, crs=records.crs, bounds=box) for item in found], None


def _large(found: Sequence[SourceSummary]) -> bool:
    return sum(item.path.stat().st_size for item in found if item.path.is_file()) > TRIED
