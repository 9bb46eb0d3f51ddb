"""A folder of downloaded files to a `city.toml` that can be loaded at once and says what is still to be filled in.

The files are surveyed, not read. Whatever is guessed (which raster is the terrain, which CRS, which cell size) stands
as a comment beside the line it decided.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pyproj import CRS, Transformer

from twin.atomic import replacing
from twin.errors import DataError, InputError
from twin.geometry.survey import SourceSummary, is_surface, survey_folder

Bounds = tuple[float, float, float, float]

TO_FILL = "to be filled in"
"""What stands for a licence or attribution that the files do not state."""

MOST_CELLS = 1_000_000
"""Cells of the proposed grid: enough for a quarter at 1 m; larger data get a proposal around their middle."""

_USABLE = ("citygml", "osm", "raster")
_TILE = re.compile(r"(?<!\d)(?:3[123]_)?(\d{3})_(\d{4})(?:_([12]))?(?!\d)")
_OLD_TILE = re.compile(r"(?<!\d)(\d{4})_(\d{4})(?!\d)")


@dataclass(frozen=True)
class Proposal:
    """A proposed city.toml.

    text : its content
    summaries : what each file of the folder holds
    left_out : files that the proposal does not use, with the reason
    """

    text: str
    summaries: tuple[SourceSummary, ...]
    left_out: Mapping[Path, str]


def new_city(
    folder: str | os.PathLike[str],
    output: str | os.PathLike[str] | None = None,
    *,
    name: str | None = None,
    overwrite: bool = False,
) -> Path:
    """Write a `city.toml` for the data in a folder.

    Parameters
    ----------
    folder : path-like
        The folder with the data.
    output : path-like, optional
        The file to write; ``city.toml`` in the folder unless given. Its paths count from where it lies.
    name : str, optional
        Name of the city; that of the folder unless given.
    overwrite : bool
        Replace an existing file.

    Returns
    -------
    pathlib.Path
        The file written.

    Raises
    ------
    DataError
        If the folder cannot be read or holds no terrain.
    InputError
        If the file exists and `overwrite` is False, or `name` is empty.

    Examples
    --------
    >>> import tempfile
    >>> grid = "ncols 2\\nnrows 2\\nxllcorner 500000\\nyllcorner 5500000\\ncellsize 10\\n5 5\\n5 5\\n"
    >>> with tempfile.TemporaryDirectory() as place:
    ...     _ = (Path(place) / "dgm10.asc").write_text(grid)
    ...     "5500000.0, 500020.0" in new_city(place, name="Flat").read_text()
    True
    """
    place = Path(folder)
    file = place / "city.toml" if output is None else Path(output)
    if file.is_dir():
        file = file / "city.toml"
    if file.exists() and not overwrite:
        raise InputError(f"{file} exists; choose another --output, or replace it with --force")
    proposal = propose_city(place, name=name, seen_from=file.parent)
    with replacing(file) as temporary:
        temporary.write_text(proposal.text, encoding="utf-8")
    return file


def propose_city(
    folder: str | os.PathLike[str], *, name: str | None = None, seen_from: str | os.PathLike[str] | None = None
) -> Proposal:
    """Propose the `city.toml` of a folder without writing it.

    Parameters
    ----------
    folder : path-like
        The folder with the data.
    name : str, optional
        Name of the city; that of the folder unless given.
    seen_from : path-like, optional
        Folder that the paths in the file count from; the data's own unless given.

    Raises
    ------
    DataError
        If the folder cannot be read or holds no terrain.
    InputError
        If `name` is empty.

    Examples
    --------
    >>> from twin.city.samples import sample_folder
    >>> 'crs = "EPSG:25833"' in propose_city(sample_folder("tiergarten")).text
    True
    """
    place = Path(folder)
    title = (place.resolve().name or "city") if name is None else name.strip()
    if not title:
        raise InputError("name is empty; give the name of the city")
    summaries = survey_folder(place)
    roles, left_out = _roles(summaries)
    if not roles["terrain"]:
        reasons = "; ".join(f"{path.name}: {why}" for path, why in left_out.items()) or "the folder holds no files"
        raise DataError(
            f"{place} holds no terrain raster; a city needs ground elevations (DGM1 of the state survey as GeoTIFF or "
            f"ASCII grid). What is there: {reasons}"
        )
    while True:  # what lies elsewhere must not decide the CRS either
        crs, why = _crs(roles)
        common, elsewhere = _common(roles, crs)
        if not elsewhere:
            break
        for role, reason in elsewhere.items():
            left_out |= dict.fromkeys((found.path for found in roles[role]), reason)
            roles[role] = []
    terrain_fits = roles["terrain"][0].crs is None or roles["terrain"][0].crs == crs
    resolution = _resolution(roles, fine=terrain_fits)
    bounds, remark = _proposed(common, resolution)
    base = Path(seen_from) if seen_from is not None else place
    text = _written(title, crs, why, resolution, bounds, remark, roles, left_out, base)
    return Proposal(text, summaries, left_out)


def _roles(summaries: Sequence[SourceSummary]) -> tuple[dict[str, list[SourceSummary]], dict[Path, str]]:
    """Return which files stand for terrain, buildings, canopy and map, and why others do not."""
    left_out: dict[Path, str] = {}
    good = []
    for found in summaries:
        if found.problem is not None:
            left_out[found.path] = found.problem
        elif found.kind not in _USABLE:
            left_out[found.path] = {
                "points": "XYZ text, whose cells and place are not looked at; name it by hand as file of [terrain]",
                "other": "not a kind of data that a city is built from",
            }.get(found.kind, f"{found.kind}: not part of this proposal")
        elif found.bounds is None and found.kind == "raster":
            left_out[found.path] = "it has no place"
        else:
            good.append(found)
    rasters = [found for found in good if found.kind == "raster"]
    terrain = [found for found in rasters if found.role == "terrain"]
    if not terrain:
        unnamed = [found for found in rasters if found.role is None and not is_surface(found)]
        terrain = unnamed[:1] if len(unnamed) == 1 else []
    canopy = [found for found in rasters if found.role == "canopy"]
    roles = {
        "terrain": _tiles(terrain, left_out),
        "buildings": _tiles([found for found in good if found.kind == "citygml"], left_out),
        "canopy": _tiles(canopy, left_out),
        "map": [found for found in good if found.kind == "osm"],
    }
    roles["map"] = sorted(roles["map"], key=lambda found: -found.path.stat().st_size)
    for found in roles["map"][1:]:
        left_out[found.path] = "an OpenStreetMap extract must be one file; the largest is taken"
    del roles["map"][1:]
    taken = {found.path for group in roles.values() for found in group}
    for found in rasters:
        if found.path not in taken:
            left_out.setdefault(found.path, "its name does not say that it is terrain (DGM) or vegetation height")
    return roles, left_out


def _tiles(found: list[SourceSummary], left_out: dict[Path, str]) -> list[SourceSummary]:
    """Return the files that can stand together as tiles: those like the finest; others are left out with a reason."""
    if len(found) < 2:
        return found
    first = min(found, key=lambda item: (item.crs is not None and item.crs.is_geographic, item.spacing or 0.0))
    same: list[SourceSummary] = []
    for item in found:
        alike = item.crs == first.crs and math.isclose(item.spacing or 0.0, first.spacing or 0.0, rel_tol=1e-3)
        doubled = first.kind == "raster" and any(_overlap(item.bounds, other.bounds) > 0.5 for other in same)
        if alike and not doubled:
            same.append(item)
        else:
            left_out[item.path] = (
                f"{'the same place as' if doubled else 'another CRS or cell size than'} {first.path.name}"
            )
    return same


def _overlap(one: Bounds | None, other: Bounds | None) -> float:
    """Return the share of the smaller box that both cover."""
    if one is None or other is None:
        return 0.0
    both = _shared(one, other)
    area = min((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return 0.0 if both is None or area <= 0 else (both[2] - both[0]) * (both[3] - both[1]) / area


def _crs(roles: Mapping[str, Sequence[SourceSummary]]) -> tuple[CRS, str]:
    """Return the CRS of the grid and where it comes from."""
    for role in ("buildings", "terrain", "canopy"):
        for found in roles[role]:
            if found.crs is not None and found.crs.is_projected:
                return found.crs, f"of {found.path.name}"
    for role in ("map", "terrain"):
        for found in roles[role]:
            if found.crs is not None and found.bounds is not None and found.crs.is_geographic:
                longitude = (found.bounds[0] + found.bounds[2]) / 2
                latitude = (found.bounds[1] + found.bounds[3]) / 2
                zone = min(60, max(1, int((longitude + 180) // 6) + 1))
                if 28 <= zone <= 38 and 34 < latitude < 84:
                    return CRS.from_epsg(25800 + zone), f"UTM zone {zone}, where {found.path.name} lies"
                return CRS.from_epsg((32600 if latitude >= 0 else 32700) + zone), f"UTM zone {zone}"
    return CRS.from_epsg(25832), "ASSUMED: no file names one; check it"


def _common(roles: Mapping[str, Sequence[SourceSummary]], crs: CRS) -> tuple[Bounds, dict[str, str]]:
    """Return the place that terrain, buildings and map share, in the CRS of the grid, and what lies elsewhere."""
    box: Bounds | None = None
    elsewhere: dict[str, str] = {}
    for role in ("terrain", "buildings", "canopy", "map"):
        whole: Bounds | None = None
        tile = _tile(roles[role]) if role == "buildings" else None  # a tile is larger than what stands in it
        if tile is not None and roles[role][0].crs == crs:
            whole = tile
        for found in roles[role] if whole is None else ():
            if found.bounds is not None:
                here = _moved(found.bounds, found.crs or crs, crs)
                whole = here if whole is None else _hull(whole, here)
        if whole is None:
            continue
        both = whole if box is None else _shared(box, whole)
        if both is None:
            elsewhere[role] = (
                f"lies elsewhere than the terrain, {_rounded(whole)} against {_rounded(box or whole)} in {crs.name}: "
                "another town, or a CRS that is named wrongly"
            )
            continue
        # with surveyed buildings, a map of another extent does not narrow the place; nor does a patch of vegetation
        if box is None or role == "buildings" or (role == "map" and not roles["buildings"]):
            box = both
    assert box is not None
    return box, elsewhere


def _moved(box: Bounds, source: CRS, target: CRS) -> Bounds:
    if source == target:
        return box
    moved = Transformer.from_crs(source, target, always_xy=True).transform_bounds(*box)
    if not all(math.isfinite(edge) for edge in moved):
        raise DataError(f"{box} in {source.name} cannot be placed in {target.name}; is the CRS named rightly?")
    return moved


def _hull(one: Bounds, other: Bounds) -> Bounds:
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])


def _shared(one: Bounds, other: Bounds) -> Bounds | None:
    box = max(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3])
    return box if box[0] < box[2] and box[1] < box[3] else None


def _resolution(roles: Mapping[str, Sequence[SourceSummary]], *, fine: bool) -> float:
    """Propose a cell size: that of surveyed terrain, at least 1 m; 4 m where terrain is coarser or in degrees."""
    terrain = roles["terrain"][0]
    if not fine or (terrain.crs is not None and terrain.crs.is_geographic) or terrain.spacing is None:
        return 4.0
    return float(min(max(1.0, round(terrain.spacing)), 4.0 if terrain.spacing < 25.0 else 10.0))


def _proposed(common: Bounds, resolution: float) -> tuple[Bounds, str]:
    """Return bounds for the grid and what to say of them."""
    across, up = common[2] - common[0], common[3] - common[1]
    if across * up <= MOST_CELLS * resolution**2 * 1.01:
        return common, "all that the data cover"
    side = math.sqrt(MOST_CELLS) * resolution
    width, height = min(across, side), min(up, side)
    west, south = (common[0] + common[2] - width) / 2, (common[1] + common[3] - height) / 2
    west, south = max(common[0], math.floor(west)), max(common[1], math.floor(south))
    return (west, south, west + width, south + height), f"the middle of {_rounded(common)}: CHOOSE your area in there"


def _rounded(box: Bounds) -> list[float]:
    return [round(float(edge), 2) for edge in box]


def _written(
    title: str,
    crs: CRS,
    why: str,
    resolution: float,
    bounds: Bounds,
    remark: str,
    roles: Mapping[str, Sequence[SourceSummary]],
    left_out: Mapping[Path, str],
    base: Path,
) -> str:
    code = crs.to_epsg()
    label = f"EPSG:{code}" if code else crs.to_wkt()
    lines = [
        "# Written from the files in this folder. It can be loaded as it is; check what a comment calls ASSUMED,",
        f'# and replace every "{TO_FILL}": licences and attributions are printed on maps and reports.',
        f"name = {_quoted(title)}",
        f"crs = {_quoted(label)}  # {_comment(why)}",
        f"resolution = {resolution}  # cell size, m: larger cells are quicker, smaller ones sharper",
        f"bounds = {_rounded(bounds)}  # {remark}",
        "",
    ]
    sources: dict[str, list[str]] = {}
    for role, section in (("terrain", "terrain"), ("buildings", "buildings"), ("canopy", "canopy")):
        if roles[role]:
            lines += _section(section, roles[role], crs, base)
            sources[section] = _source(section, roles[role])
    if roles["map"]:
        if not roles["buildings"]:
            lines += _section("buildings", roles["map"], crs, base)
        lines += _section("land_cover", roles["map"], crs, base) + _section("roads", roles["map"], crs, base)
        sources["osm"] = _source("osm", roles["map"])
    else:
        lines += ["# No OpenStreetMap extract was found: without [land_cover] and [roads] the city has no streets.", ""]
    if not roles["buildings"] and not roles["map"]:
        lines += ["# No buildings were found: CityGML (LoD2) or an OpenStreetMap extract would give them.", ""]
    for key, entry in sources.items():
        lines += [f"[sources.{key}]", *entry, ""]
    if left_out:
        lines += ["# Found, but not used:"]
        lines += [f"#   {_comment(path.name)}: {_comment(reason)}" for path, reason in left_out.items()]
    return "\n".join(lines).rstrip() + "\n"


def _section(section: str, found: Sequence[SourceSummary], crs: CRS, base: Path) -> list[str]:
    first = found[0]
    names = [_quoted(_relative(item.path, base)) for item in found]
    lines = [f"[{section}]", *(f"# {_comment(str(item))}" for item in found)]
    lines += [f"file = {names[0]}"] if len(names) == 1 else ["file = [", *(f"    {name}," for name in names), "]"]
    if section == "buildings":
        lines.append(f'format = "{first.kind}"')
        tile = _tile(found)
        if tile is not None:
            lines.append(f"tile = {_rounded(tile)}  # as the name says: buildings at its edges may be in other tiles")
    if first.crs is None and section in ("terrain", "canopy", "buildings"):
        code = crs.to_epsg()
        lines.append(f"crs = {_quoted(f'EPSG:{code}' if code else crs.to_wkt())}  # ASSUMED: the file names none")
    if section == "terrain":
        if first.vertical_datum:
            lines.append(f"vertical_datum = {_quoted(first.vertical_datum)}")
        if first.role is None:
            lines.append("# ASSUMED to be terrain: it is the only raster, and its name does not say")
    return [*lines, f'source = "{"osm" if first.kind == "osm" else section}"', ""]


def _source(section: str, found: Sequence[SourceSummary]) -> list[str]:
    first = found[0]
    if section == "osm":
        date = first.stated.get("date")
        name, licence = f"OpenStreetMap{f', state of {date}' if date else ''}", "ODbL 1.0"
        attribution = "© OpenStreetMap contributors"
    else:
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        name = first.stated.get("source", first.path.name + more)
        licence = first.stated.get("license", TO_FILL)
        attribution = first.stated.get("attribution", TO_FILL)
    return [f"name = {_quoted(name)}", f"license = {_quoted(licence)}", f"attribution = {_quoted(attribution)}"]


def _tile(found: Sequence[SourceSummary]) -> Bounds | None:
    """Return the tile that the names of CityGML files speak of, if the buildings really lie about there."""
    boxes = []
    for item in found:
        name = item.path.name
        if match := _OLD_TILE.search(name):
            left, bottom, side = int(match[1]) * 100.0, int(match[2]) * 1000.0, 1000.0
        elif match := _TILE.search(name):
            left, bottom, side = int(match[1]) * 1000.0, int(match[2]) * 1000.0, 1000.0 * int(match[3] or 1)
        else:
            return None
        box = left, bottom, left + side, bottom + side
        if item.kind != "citygml" or _overlap(item.bounds, box) < 0.5:
            return None
        boxes.append(box)
    whole: Bounds | None = None
    for box in boxes:
        whole = box if whole is None else _hull(whole, box)
    return whole


def _relative(path: Path, base: Path) -> str:
    try:
        return Path(os.path.relpath(path.resolve(), base.resolve())).as_posix()
    except ValueError:  # another drive of Windows
        return path.resolve().as_posix()


def _quoted(text: str) -> str:
    """Return a TOML basic string; JSON escapes the same, but lets the control character 127 pass."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _comment(text: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in " ".join(text.split()))
