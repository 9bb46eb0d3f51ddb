"""Tables of buildings with their surfaces: rows chosen, doubles told apart, tiles joined."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS

from twin.errors import DataError, InputError
from twin.geometry.records import BuildingModels, ReadReport, Refusal, Surfaces
from twin.geometry.surfaces import concatenate, select

if TYPE_CHECKING:
    import pandas as pd

_SEVERAL = ", "  # between the files of joined models


def concatenate_models(models: Sequence[BuildingModels]) -> BuildingModels:
    """Join the models of several tiles; a building that two tiles hold with the same geometry counts once.

    Raises
    ------
    DataError
        If their CRSs or vertical datums differ.
    InputError
        If there are none.

    Examples
    --------
    >>> concatenate_models([])
    Traceback (most recent call last):
    twin.errors.InputError: there are no building models to join
    """
    import pandas as pd

    if not models:
        raise InputError("there are no building models to join")
    # a tile without buildings often names no system and has nothing to place
    filled = [model for model in models if len(model.buildings)] or list(models[:1])
    first = filled[0]
    for other in filled[1:]:
        if other.crs != first.crs or other.vertical_datum != first.vertical_datum:
            raise DataError(
                f"{first.report.source} is in {_crs_label(first.crs)} with heights {first.vertical_datum}, "
                f"{other.report.source} in {_crs_label(other.crs)} with heights {other.vertical_datum}; transform them "
                "to one system first"
            )
    surfaces = concatenate([model.surfaces for model in models], [len(model.buildings) for model in models])
    table = pd.concat([model.buildings for model in models], ignore_index=True)
    repaired = [entry for model in models for entry in model.report.repaired]
    refused = [entry for model in models for entry in model.report.refused]
    ids, keep = without_doubles(list(table["id"]), surfaces, repaired, refused)
    table["id"] = pd.Series(ids, dtype=object)
    table, surfaces = keep_rows(table, surfaces, keep)
    boxes = np.array([model.bounds for model in models if model.bounds is not None])
    return BuildingModels(
        buildings=table,
        surfaces=surfaces,
        crs=first.crs,
        vertical_datum=first.vertical_datum,
        bounds=(*boxes[:, :2].min(axis=0).tolist(), *boxes[:, 2:].max(axis=0).tolist()) if len(boxes) else None,
        report=ReadReport(
            source=_SEVERAL.join(model.report.source for model in models),
            found=sum(model.report.found for model in models),
            used=len(table),
            repaired=tuple(repaired),
            refused=tuple(refused),
            notes=tuple(note for model in models for note in _named_notes(model.report)),
        ),
    )


def _named_notes(report: ReadReport) -> list[str]:
    """Return the notes of a tile with its name before them; those of models that were joined before have theirs."""
    if _SEVERAL in report.source:
        return list(report.notes)
    return [f"{Path(report.source).name}: {note}" for note in report.notes]


def keep_rows(table: pd.DataFrame, surfaces: Surfaces, keep: NDArray[np.bool_]) -> tuple[pd.DataFrame, Surfaces]:
    """Return the rows of a building table marked in `keep` (b,), renumbered, with their surfaces.

    Examples
    --------
    >>> import pandas as pd
    >>> from twin.geometry.surfaces import no_surfaces
    >>> table, surfaces = keep_rows(pd.DataFrame({"id": ["a", "b"]}), no_surfaces(), np.array([False, True]))
    >>> table["id"].tolist(), table.index.tolist()
    (['b'], [0])
    """
    if keep.all():
        return table, surfaces
    new_row = (np.cumsum(keep) - 1).astype(np.int32)
    wanted = keep[surfaces.building]
    return table[keep].reset_index(drop=True), select(surfaces, wanted, new_row[surfaces.building])


def extents(surfaces: Surfaces, buildings: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the lowest and highest coordinates (b, 3) of each building; infinite where it has no polygon.

    Examples
    --------
    >>> from twin.geometry.surfaces import no_surfaces
    >>> extents(no_surfaces(), 1)[0].tolist()
    [[inf, inf, inf]]
    """
    low = np.full((buildings, 3), np.inf)
    high = np.full((buildings, 3), -np.inf)
    if len(surfaces):
        start = surfaces.ring_start[surfaces.polygon_start[:-1]]
        for axis in range(3):  # one by one: a third of the memory
            values = surfaces.vertices[:, axis]
            np.minimum.at(low[:, axis], surfaces.building, np.minimum.reduceat(values, start))
            np.maximum.at(high[:, axis], surfaces.building, np.maximum.reduceat(values, start))
    return low, high


def without_doubles(
    ids: list[str], surfaces: Surfaces, repaired: list[Refusal], refused: list[Refusal]
) -> tuple[list[str], NDArray[np.bool_]]:
    """Return unique ids and which buildings stay: a repeated id goes if its geometry does too, else gets a new name.

    Examples
    --------
    >>> from twin.geometry.surfaces import no_surfaces
    >>> without_doubles(["a", "b"], no_surfaces(), [], [])[0]
    ['a', 'b']
    """
    keep = np.ones(len(ids), dtype=bool)
    if len(set(ids)) == len(ids):
        return ids, keep
    new = list(ids)
    rows_of: dict[str, list[int]] = {}
    for row, number in enumerate(ids):
        earlier = rows_of.setdefault(number, [])
        if earlier:
            here = _vertices_of(surfaces, row)
            if any(np.array_equal(here, _vertices_of(surfaces, other)) for other in earlier):
                keep[row] = False
                refused.append(Refusal(number, "the building comes twice with the same geometry; it counts once"))
                continue
            new[row] = f"{number}#{len(earlier) + 1}"
            repaired.append(Refusal(number, f"another building has the same gml:id; this one is called {new[row]}"))
        earlier.append(row)
    return new, keep


def _vertices_of(surfaces: Surfaces, row: int) -> NDArray[np.float64]:
    first, last = np.searchsorted(surfaces.building, [row, row + 1])  # buildings come in order
    return surfaces.vertices[
        surfaces.ring_start[surfaces.polygon_start[first]] : surfaces.ring_start[surfaces.polygon_start[last]]
    ]


def _crs_label(crs: CRS | None) -> str:
    return "no named CRS" if crs is None else crs.name
