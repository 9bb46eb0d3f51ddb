"""A proposed `city.toml` as text: every guess stands as a comment beside the line it decided."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from pyproj import CRS

from twin.city.new_city_place import Place, rounded
from twin.city.new_city_roles import left_out_lines, tile_of_files
from twin.geometry.survey import SourceSummary
from twin.geometry.tile_names import zone_of_name

TO_FILL = "to be filled in"
"""What stands for a licence or attribution that the files do not state."""

_LISTED = 6  # more tiles than this are named by a pattern, where one fits them and nothing else


def city_text(
    title: str,
    place: Place,
    roles: Mapping[str, Sequence[SourceSummary]],
    left_out: Mapping[str, str],
    base: Path,
    present: Sequence[SourceSummary] = (),
) -> str:
    """Return the content of a city.toml.

    Parameters
    ----------
    title : str
        Name of the city.
    place : Place
        Of the grid.
    roles, left_out : mapping
        As `sort_out` returns them.
    base : pathlib.Path
        Folder from which the paths in the file count.
    present : sequence of SourceSummary
        All files there are: a pattern must not take more than it should.

    Examples
    --------
    >>> place = Place(CRS.from_epsg(25832), "of dgm1.tif", (0.0, 0.0, 100.0, 50.0), "all that the data cover", 1.0)
    >>> print(city_text("Ort", place, {"terrain": [SourceSummary(Path("dgm1.tif"), "raster", "terrain")]}, {}, Path()))
    # Written from the files in this folder. ...
    """
    sources: dict[str, list[str]] = {}
    body: list[str] = []
    for section in ("terrain", "buildings", "canopy", "trees", "land_cover", "residents"):
        found = roles.get(section)
        if found:
            body += _section(section, found, place.crs, base, present)
            sources[section] = _source(section, found)
    town = roles.get("map")
    model = bool(roles.get("buildings")) and roles["buildings"][0].kind == "cityjson"
    if town:
        if roles.get("buildings"):
            body += ["# [fill_buildings]  # remove the # to add buildings that only OpenStreetMap has, with a flag",
                     *(f"# {line}" for line in (*_files(town, base, present), 'format = "osm"')), ""]  # fmt: skip
        for section in ("buildings", "land_cover", "roads"):
            if section != "roads" and roles.get(section):
                continue
            body += _section(section, town, place.crs, base, present)
        sources["osm"] = _source("osm", town)
    elif model:
        body += ["# Land cover comes from the model. No OpenStreetMap extract was found: without [roads] the city has",
                 "# streets as surfaces, but no network, and traffic cannot be computed.", ""]  # fmt: skip
    else:
        body += ["# No OpenStreetMap extract was found: without [land_cover] and [roads] the city has no streets.", ""]
    if model and not roles.get("terrain"):
        body += ["# No terrain (DGM1) was found: the ground comes from the model.", ""]
    elif roles.get("buildings") and not roles.get("terrain"):
        body += [
            "# No terrain (DGM1) was found: the ground is interpolated between the ground surfaces of the buildings.",
            "# This is enough for shade; for rain, fetch the DGM1 of the same survey and name it under [terrain].",
            "",
        ]
    if not roles.get("buildings") and not town:
        body += ["# No buildings were found: CityGML (LoD2) or an OpenStreetMap extract would give them.", ""]
    lines = [
        "# Written from the files in this folder. It can be loaded as it is; check what a comment calls ASSUMED,",
        f'# and replace every "{TO_FILL}": licences and attributions are printed on maps and reports.',
        f"name = {_quoted(title)}",
        f"crs = {_quoted(label_of(place.crs))}  # {_comment(place.why)}",
        f"resolution = {place.resolution}  # cell size, m: larger cells are quicker, smaller ones sharper",
        f"bounds = {rounded(place.bounds)}  # {place.remark}",
        "",
        *body,
    ]
    for key, entry in sources.items():
        lines += [f"[sources.{key}]", *entry, ""]
    if left_out:
        lines += ["# Found, but not used:"]
        lines += [f"#   {_comment(line)}" for line in left_out_lines(left_out)]
    return "\n".join(lines).rstrip() + "\n"


def label_of(crs: CRS) -> str:
    """Return the EPSG code of a CRS, or its definition if it has none.

    Examples
    --------
    >>> label_of(CRS.from_epsg(25833))
    'EPSG:25833'
    """
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else str(crs.to_wkt())


def _section(
    section: str, found: Sequence[SourceSummary], crs: CRS, base: Path, present: Sequence[SourceSummary]
) -> list[str]:
    first = found[0]
    shown = found if len(found) <= _LISTED else found[:3]
    lines = [f"[{section}]", *(f"# {_comment(str(item))}" for item in shown)]
    if len(shown) < len(found):
        lines.append(f"# and {len(found) - len(shown)} more like these")
    lines += _files(found, base, present)
    layers = list(dict.fromkeys(item.layer for item in found if item.layer is not None))
    if layers:
        listed = ", ".join(map(_quoted, layers))
        lines.append(f"layer = {listed if len(layers) == 1 else f'[{listed}]'}")
    if section == "land_cover" and first.kind == "vector":
        lines += ['format = "vector"', f"classes = {_quoted(str(first.version))}  # what the classes of the layer mean"]
    if section == "terrain" and first.kind == "laser":
        lines.append("fill = 50  # m: buildings hide the ground from the laser; filled cells are flagged")
    if section == "buildings":
        lines.append(f'format = "{first.kind}"')
        tile = tile_of_files(found)
        if tile is not None:
            lines.append(f"tile = {rounded(tile)}  # as the name says: buildings at its edges may be in other tiles")
    lacking = next((item for item in found if item.crs is None), None)
    told = next((item for item in found if item.crs is not None), None)
    if section == "trees" and lacking is not None and told is not None and told.crs is not None:
        reason = f"ASSUMED of {lacking.name}, which names none, from {told.name}"
        lines.append(f"crs = {_quoted(label_of(told.crs))}  # {_comment(reason)}")
    elif first.crs is None and section in ("terrain", "canopy", "buildings", "trees", "land_cover", "residents"):
        zone = zone_of_name(first.path.name)
        by_name = zone is not None and crs.to_epsg() == 25800 + zone
        reason = f"zone {zone}, as the name says" if by_name else "ASSUMED: the file names none"
        lines.append(f"crs = {_quoted(label_of(crs))}  # {reason}")
    if section == "terrain":
        if first.vertical_datum:
            lines.append(f"vertical_datum = {_quoted(first.vertical_datum)}")
        if first.role is None:
            lines.append("# ASSUMED to be terrain: it is the only raster, and its name does not say")
    return [*lines, f'source = "{"osm" if first.kind == "osm" else section}"', ""]


def _files(found: Sequence[SourceSummary], base: Path, present: Sequence[SourceSummary]) -> list[str]:
    """Return the line or lines that name the files: one, a list, or a pattern if they are many."""
    names = list(dict.fromkeys(_relative(item.path, base) for item in found))
    if len(names) == 1:
        return [f"file = {_quoted(names[0])}"]
    if len(names) > _LISTED:
        pattern = _pattern(names)
        every = [_relative(item.path, base) for item in present]
        if pattern is not None and {name for name in every if fnmatchcase(name, pattern)} == set(names):
            return [f"file = {_quoted(pattern)}"]
    return ["file = [", *(f"    {_quoted(name)}," for name in names), "]"]


def _pattern(names: Sequence[str]) -> str | None:
    """Return a pattern with one asterisk that fits names in one folder."""
    folders = {name.rpartition("/")[0] for name in names}
    if len(folders) > 1 or any(set("*?[") & set(name) for name in names):
        return None
    start = _beginning(names)
    end = _beginning([name[len(start) :][::-1] for name in names])[::-1]
    start = start.rstrip("0123456789")  # dgm1_32_, not dgm1_32_3: the next tile may begin otherwise
    return f"{start}*{end.lstrip('0123456789')}"


def _beginning(names: Sequence[str]) -> str:
    """Return what all names begin with, sign by sign."""
    length = 0
    for signs in zip(*names, strict=False):
        if len(set(signs)) > 1:
            break
        length += 1
    return names[0][:length]


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
