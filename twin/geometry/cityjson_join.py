"""Several CityJSON files as one city model: the files a path stands for, and the models of tiles joined.

An object that two tiles hold with the same id and geometry counts once.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.errors import DataError, InputError
from twin.geometry.building_models import concatenate_models
from twin.geometry.cityjson_source import NAMES, WHAT
from twin.geometry.records import CityJsonData, ReadReport, Surfaces, TreeRecords
from twin.geometry.sources import existing_files
from twin.geometry.surfaces import concatenate, select

if TYPE_CHECKING:
    import geopandas as gpd

Source = str | os.PathLike[str]


def files_of(path: Source | Sequence[Source]) -> list[Path]:
    """Return the CityJSON files that a path, folder, pattern, archive or list of them stands for.

    Raises
    ------
    DataError
        If nothing is there.
    InputError
        If the list is empty.

    Examples
    --------
    >>> files_of([])
    Traceback (most recent call last):
    twin.errors.InputError: the list of files is empty; name at least one file with a CityJSON file
    """
    if not isinstance(path, (str, os.PathLike)):
        if not path:
            raise InputError(f"the list of files is empty; name at least one file with {WHAT}")
        return [file for item in path for file in files_of(item)]
    place = Path(path)
    if place.is_dir():
        files = sorted(item for item in place.iterdir() if item.is_file() and item.name.lower().endswith(NAMES))
        if not files:
            raise DataError(f"{place} is a folder without a file ending in {', '.join(NAMES)}; {WHAT} is expected")
    elif glob.has_magic(str(place)) and not place.exists():
        files = [Path(name) for name in sorted(glob.glob(str(place)))]  # noqa: PTH207 - the pattern has its own root
        if not files:
            raise DataError(f"{place} matches no file; {WHAT} is expected there")
    else:
        files = [place]
    return [file for item in files for file in existing_files(item, WHAT, NAMES)]


def concatenate_cityjson(parts: Sequence[CityJsonData]) -> CityJsonData:
    """Join the models of several tiles.

    Parameters
    ----------
    parts : sequence of CityJsonData
        In one CRS, with heights of one datum.

    Returns
    -------
    CityJsonData
        Buildings, areas and trees that come twice with one id and one geometry count once.

    Raises
    ------
    DataError
        If their CRSs or vertical datums differ.
    InputError
        If there are none.

    Examples
    --------
    >>> concatenate_cityjson([])
    Traceback (most recent call last):
    twin.errors.InputError: there are no city models to join
    """
    if not parts:
        raise InputError("there are no city models to join")
    if len(parts) == 1:
        return parts[0]
    buildings = concatenate_models([part.buildings for part in parts])
    areas, surfaces, doubles = _joined_areas(parts)
    reliefs = [int(part.relief.building.max(initial=-1)) + 1 for part in parts]
    trees = _joined_trees([part.trees for part in parts if part.trees is not None])
    notes = [f"{Path(part.report.source).name}: {note}" for part in parts for note in part.report.notes]
    if doubles:
        notes.append(f"{doubles} areas come in several files with the same geometry; they count once")
    report = ReadReport(
        source=", ".join(part.report.source for part in parts),
        found=sum(part.report.found for part in parts),
        used=len(buildings.buildings) + len(areas) + sum(reliefs) + (0 if trees is None else len(trees.trees)),
        repaired=buildings.report.repaired,
        refused=buildings.report.refused,
        notes=tuple(notes),
    )
    return CityJsonData(
        replace(buildings, report=replace(buildings.report, notes=report.notes)),
        areas,
        surfaces,
        concatenate([part.relief for part in parts], reliefs),
        report,
        trees,
    )


def _joined_areas(parts: Sequence[CityJsonData]) -> tuple[gpd.GeoDataFrame, Surfaces, int]:
    import pandas as pd

    surfaces = concatenate([part.area_surfaces for part in parts], [len(part.areas) for part in parts])
    filled = [part.areas for part in parts if len(part.areas)] or [parts[0].areas]
    table: Any = pd.concat(filled, ignore_index=True)
    again = pd.DataFrame({"id": table["id"], "shape": table.geometry.normalize().to_wkb()}).duplicated().to_numpy(bool)
    keep = ~again
    rows = (np.cumsum(keep) - 1).astype(np.int32)
    if again.any():
        surfaces = select(surfaces, keep[surfaces.building], rows[surfaces.building])
        table = table[keep].reset_index(drop=True)
    return table, surfaces, int(again.sum())


def _joined_trees(parts: Sequence[TreeRecords]) -> TreeRecords | None:
    import pandas as pd

    if len(parts) < 2:
        return parts[0] if parts else None
    table: Any = pd.concat([part.trees for part in parts], ignore_index=True)
    again = pd.DataFrame({"id": table["id"], "x": table.geometry.x, "y": table.geometry.y}).duplicated().to_numpy(bool)
    table = table[~again].reset_index(drop=True)
    reports = [part.report for part in parts]
    notes = [note for report in reports for note in report.notes]
    if again.any():
        notes.append(f"{int(again.sum())} trees come in several files; they count once")
    report = ReadReport(
        ", ".join(report.source for report in reports),
        sum(report.found for report in reports),
        len(table),
        tuple(entry for report in reports for entry in report.repaired),
        tuple(entry for report in reports for entry in report.refused),
        tuple(notes),
    )
    return TreeRecords(table, parts[0].crs, parts[0].layout, report)
