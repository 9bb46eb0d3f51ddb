"""A folder of downloaded files to a `city.toml` that can be loaded at once and says what is still to be filled in.

The files are surveyed, not read. Whatever is guessed (which raster is the terrain, which CRS, which cell size) stands
as a comment beside the line it decided.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from twin.atomic import replacing
from twin.city.new_city_layers import size_of
from twin.city.new_city_model import covered_by_model
from twin.city.new_city_place import find_place
from twin.city.new_city_roles import left_out_lines, sort_out
from twin.city.new_city_text import TO_FILL, city_text
from twin.errors import DataError, InputError
from twin.geometry.survey import SourceSummary, survey, survey_folder

__all__ = ["TO_FILL", "Proposal", "new_city", "propose_city"]

COUNTED = 300_000_000
"""Bytes of a folder up to which everything in it is counted; of larger ones only heads are looked at."""


@dataclass(frozen=True)
class Proposal:
    """A proposed city.toml.

    text : its content
    summaries : what each file of the folder holds
    left_out : names of files that the proposal does not use, with the reason
    """

    text: str
    summaries: tuple[SourceSummary, ...]
    left_out: Mapping[str, str]


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
        If the folder cannot be read or holds neither terrain nor a 3-D city model.
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
        If the folder cannot be read or holds neither terrain nor a 3-D city model.
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
    summaries = _surveyed(place)
    roles, left_out = sort_out(summaries)
    if not roles["terrain"] and not roles["buildings"]:
        reasons = "; ".join(left_out_lines(left_out)) or "the folder holds no files"
        raise DataError(
            f"{place} holds no terrain; a city needs ground elevations (DGM1 of the state survey as GeoTIFF, ASCII "
            f"grid or XYZ). What is there: {reasons}"
        )
    alone = not roles["terrain"] and roles["buildings"][0].kind == "cityjson"
    within = covered_by_model(roles["buildings"][0]) if alone else None
    found_place, elsewhere = find_place(roles, within)
    left_out = left_out | elsewhere
    base = Path(seen_from) if seen_from is not None else place
    text = city_text(title, found_place, roles, left_out, base, summaries)
    return Proposal(text, summaries, left_out)


def _surveyed(place: Path) -> tuple[SourceSummary, ...]:
    """Look at the files: all are counted if that is quick; else only those whose heads do not say where they lie."""
    heads = survey_folder(place, count=False)
    whole = sum({found.path: size_of(found) for found in heads}.values())
    if whole <= COUNTED:
        return survey_folder(place)
    return tuple(
        survey(found.path) if found.bounds is None and found.kind in ("citygml", "cityjson", "osm", "points") else found
        for found in heads
    )
