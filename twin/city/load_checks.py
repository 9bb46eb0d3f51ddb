"""What is checked before the first long read: every file is of the kind its section needs, and all agree on a CRS.

Only the heads of files are looked at, so that a slip in the last section of a `city.toml` does not cost the minutes
that the first ones take.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pyproj import CRS

from twin.city.city_file import CityFile
from twin.city.gridspec import same_crs
from twin.errors import DataError
from twin.geometry.survey import SourceSummary, survey_parts

_KINDS = {
    "terrain": ("raster", "points", "laser"),
    "canopy": ("raster", "points", "laser"),
    "citygml": ("citygml",),
    "cityjson": ("cityjson",),
    "osm": ("osm",),
    "raster": ("raster", "points"),
    "vector": ("vector",),
    "roads": ("osm",),
    "trees": ("table", "vector", "points"),
    "residents": ("table", "vector"),
}
"""What a section, or a format of it, can be read from."""

_BELONGS = {
    "citygml": '[buildings] with format = "citygml"',
    "cityjson": '[buildings] with format = "cityjson"',
    "osm": "[land_cover] and [roads]",
    "raster": "[terrain] or [canopy]",
    "points": "[terrain]",
    "laser": "[terrain]",
    "mesh": "[[meshes]]",
}


def check_files(wanted: CityFile) -> Mapping[str, tuple[SourceSummary, ...]]:
    """Refuse files of another kind than their section needs, and CRSs that contradict each other.

    Parameters
    ----------
    wanted : CityFile
        What the city.toml says.

    Returns
    -------
    mapping
        Section to the summaries of its files, archives by member; of what could be told from their heads.

    Raises
    ------
    DataError
        Naming section, file, what it holds and the way out.

    Examples
    --------
    >>> from twin.city.city_file import read_city_file
    >>> from twin.city.samples import sample_folder
    >>> heads = check_files(read_city_file(sample_folder("tiergarten")))
    >>> heads["buildings"][0].kind, heads["terrain"][0].kind
    ('citygml', 'raster')
    """
    heads: dict[str, tuple[SourceSummary, ...]] = {}
    known: dict[Path, tuple[SourceSummary, ...]] = {}
    for section in wanted.sections:
        kinds = _KINDS[wanted.sections[section].get("format", section)]
        found: list[SourceSummary] = []
        for file in wanted.files(section):
            if file not in known:
                known[file] = survey_parts(file, count=False)
            found += _of_kind(known[file], kinds, wanted.where(section), file)
        heads[section] = _without_notes(found)
        if section != "residents":
            _check_one_crs(heads[section], wanted, section)
    for entry in wanted.meshes:
        _of_kind(survey_parts(entry["file"], count=False), ("mesh",), f"{wanted.path}, [[meshes]]", entry["file"])
    return heads


def _of_kind(parts: Sequence[SourceSummary], kinds: tuple[str, ...], where: str, file: Path) -> list[SourceSummary]:
    """Return the parts of a file that a section reads; what cannot be read stays, for its reader to say why."""
    fitting = [part for part in parts if part.kind in (*kinds, "unreadable")]
    if fitting or any(part.kind == "other" for part in parts):
        return fitting or [SourceSummary(file, "other")]
    place = _BELONGS.get(parts[0].kind)
    way_out = f"it belongs under {place}" if place else "name another file"
    raise DataError(f"{where}: {file} holds {parts[0].kind}, {' or '.join(kinds)} is needed here; {way_out}")


def _without_notes(found: Sequence[SourceSummary]) -> tuple[SourceSummary, ...]:
    """Leave out a licence or readme in text that lies among tiles."""
    notes = [part for part in found if part.kind == "other" and part.path.suffix.lower() in (".txt", ".csv")]
    return tuple(part for part in found if part not in notes) or tuple(found)


def _check_one_crs(heads: Sequence[SourceSummary], wanted: CityFile, section: str) -> None:
    """Refuse files of one section that name different CRSs, and city models in another CRS than the city."""
    if "crs" in wanted.sections[section]:
        systems = [(wanted.sections[section]["crs"], heads)] if heads else []
    else:
        systems = []
        layer = wanted.sections[section].get("layer")
        for head in heads:
            if head.crs is None or (section == "trees" and layer and head.layer not in (None, layer)):
                continue
            group = next((files for crs, files in systems if same_crs(crs, head.crs)), None)
            if group is None:
                systems.append((head.crs, [head]))
            else:
                group.append(head)  # type: ignore[attr-defined]
    if len(systems) > 1:
        said = "; ".join(f"{_label(crs)} ({_names(files)})" for crs, files in systems)
        raise DataError(
            f"{wanted.where(section)}: its files name {len(systems)} CRSs: {said}; keep those of one CRS (surveys "
            'publish most areas in one), or give crs = "EPSG:..." under the section if a file names it wrongly'
        )
    if wanted.sections[section].get("format") in ("citygml", "cityjson"):
        for crs, files in systems:
            if not same_crs(_horizontal(crs), wanted.crs):
                raise DataError(
                    f"{wanted.where(section)}: {_names(files)} is in {_label(crs)}, the city in {_label(wanted.crs)}; "
                    f'set crs = "{_label(crs)}" at the top of the file and give bounds in it (roofs are not moved '
                    f"between CRSs), or name the right CRS under [{section}] if the file names it wrongly"
                )


def _horizontal(crs: CRS) -> CRS:
    from twin.geometry.reference_systems import split_compound

    return split_compound(crs)[0]


def _label(crs: CRS) -> str:
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else crs.name


def _names(files: Sequence[SourceSummary]) -> str:
    more = f" and {len(files) - 2} more" if len(files) > 2 else ""
    return ", ".join(file.name for file in files[:2]) + more
