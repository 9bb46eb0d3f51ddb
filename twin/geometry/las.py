"""Laser scans (LAS, LAZ) to rasters: terrain from ground points, surfaces from first returns.

Points stream through in portions, so that memory is bounded by the raster and not by the scan. Cells without a point
are NaN and counted; points are left out by class, return and the file's own mark only.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from pyproj import CRS

from twin.city.gridspec import GridSpec
from twin.errors import DataError, InputError
from twin.geometry.las_cells import CellStatistic, percentile_of
from twin.geometry.las_files import decoded, needs_laspy, scan_files, scan_header, scan_system
from twin.geometry.las_header import LasHeader
from twin.geometry.reference_systems import must_swap_axes
from twin.geometry.region import Bounds, checked_bounds, given_crs

NOISE = (7, 18)
"""Classes of points that are no surface: low and high noise (ASPRS)."""

_LOWEST, _HIGHEST = -500.0, 9000.0


@dataclass(frozen=True)
class _Choice:
    """Which points count."""

    classes: tuple[int, ...] | None
    returns: str | None


_SPARSE_CELLS, _SPARSEST = 10_000_000, 1000  # above so many cells, one in so many must have a point


def read_las(
    path: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    *,
    resolution: float,
    classes: Sequence[int] | None = (2,),
    statistic: str = "mean",
    returns: Literal["first", "last"] | None = None,
    bounds: Bounds | None = None,
    crs: CRS | str | int | None = None,
) -> xr.DataArray:
    """Read laser points to a raster, one number for each cell.

    Parameters
    ----------
    path : path-like or sequence of it
        LAS or LAZ 1.2 to 1.4, also in a .zip archive; a list of tiles, a folder of them, or a pattern like
        ``"dgm/*.laz"``.
    resolution : float
        Cell size, m, 0.1 to 1000; cell edges lie at whole multiples of it.
    classes : sequence of int, optional
        Classes that count: ``(2,)`` is ground (a terrain model). None takes all but noise (7 and 18). Points that are
        marked as withheld never count.
    statistic : str
        ``"mean"``, ``"min"``, ``"max"``, ``"median"`` or a percentile such as ``"p95"`` of the heights in a cell.
    returns : {"first", "last"}, optional
        Only the first return of each pulse (a surface model) or only the last.
    bounds : (xmin, ymin, xmax, ymax), optional
        Only what lies in this box, m; the raster then covers it. Tiles outside are not decoded.
    crs : pyproj.CRS, str or int, optional
        For files that name none.

    Returns
    -------
    xarray.DataArray
        Dims (y, x), float32, m, NaN where no point lies; attrs `file`, `gaps` (cells without a point), `points` (used),
        `points_left_out`, `statistic`, `vertical_datum` if the files name one. A point on an edge between cells belongs
        to the one in the east or south, on the outermost edge to the one inside.

    Raises
    ------
    DataError
        If a file is missing, cut off, no point cloud or deceives about its points; CRSs are missing or differ; no
        point is of the classes asked for (the message names those there are); heights cannot be.
    InputError
        If an argument is impossible, or the library ``laspy`` is not installed.
    LimitError
        If the raster has more cells than ``twin.limits.MAX_GRID_CELLS``: checked before it is allocated.

    References
    ----------
    ASPRS (2019): LAS specification 1.4-R15.

    Examples
    --------
    >>> read_las("nowhere.laz", resolution=1.0)
    Traceback (most recent call last):
    twin.errors.DataError: nowhere.laz does not exist; a LAS or LAZ point cloud is expected there
    """
    given, box = given_crs(crs), checked_bounds(bounds)
    choice = _checked_choice(classes, returns)
    share = _checked_statistic(statistic)
    files = scan_files(path)
    needs_laspy()
    heads = {file: scan_header(file) for file in files}
    filled = {file: head for file, head in heads.items() if head.points}
    if not filled:
        raise DataError(f"{files[0]} and {len(files) - 1} more hold no points" if files[1:] else f"{files[0]} is empty")
    near = {file: head for file, head in filled.items() if box is None or _touches(head, box)}
    if not near:
        first = next(iter(filled.values()))
        raise DataError(
            f"{files[0]} reaches from {first.low[:2]} to {first.high[:2]} and, like {len(files) - 1} more, does not "
            f"touch the bounds asked for, {bounds}; are they in its CRS?"
        )
    horizontal, vertical = scan_system(list(near), given)
    low, high = (np.array([getattr(head, end) for head in near.values()]) for end in ("low", "high"))
    must_swap_axes(np.r_[low[:, 0], high[:, 0]], np.r_[low[:, 1], high[:, 1]], horizontal, str(files[0]))
    reach = box or (low[:, 0].min(), low[:, 1].min(), high[:, 0].max(), high[:, 1].max())
    reach = (reach[0], reach[1], max(reach[2], reach[0] + 1e-3), max(reach[3], reach[1] + 1e-3))
    try:
        spec = GridSpec.from_bounds(reach, resolution, horizontal)
    except InputError as error:  # a CRS in which no grid can be
        raise InputError(f"{files[0]}: {error}") from None
    total, cells = sum(head.points for head in near.values()), spec.rows * spec.columns
    if box is None and cells > _SPARSE_CELLS and cells > _SPARSEST * total:
        raise DataError(
            f"{files[0]}: {total:,} points reach over {spec.rows:,} x {spec.columns:,} cells of {resolution:g} m, from "
            f"{tuple(map(float, reach[:2]))} to {tuple(map(float, reach[2:]))}: no scan is that empty. A point lies "
            "apart; give bounds"
        )
    source = _Points(near, choice, spec, box is not None)
    if share is None:
        collected = CellStatistic(spec.rows * spec.columns, statistic)
        for cell, height in source.portions():
            collected.add(cell, height)
        values, number = collected.result(), collected.number
    else:
        values, number = percentile_of(source.portions, spec.rows, spec.columns, share, source.total)
    source.check_used(int(number.sum()))
    grid = values.reshape(spec.shape)
    _check_heights(grid, files[0])
    names = [file.name for file in near]
    attributes: dict[str, Any] = {
        "file": ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else ""),
        "gaps": int((number == 0).sum()),
        "points": int(number.sum()),
        "points_left_out": source.left_out,
        "statistic": statistic,
        "units": "m",
    }
    if vertical:
        attributes["vertical_datum"] = vertical
    return xr.DataArray(
        grid.astype(np.float32), dims=("y", "x"), coords=spec.coordinates(), name="raster", attrs=attributes
    )


class _Points:
    """The points of several files that count, in portions of cell number and height."""

    def __init__(self, heads: dict[Path, LasHeader], choice: _Choice, spec: GridSpec, boxed: bool) -> None:
        self.heads, self.choice, self.spec, self.boxed = heads, choice, spec, boxed
        self.total = sum(head.points for head in heads.values())
        self.left_out = 0
        self.classes: dict[int, int] = {}

    def portions(self) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float64]]]:
        """Yield the cell numbers and heights of the points that count, file by file."""
        self.left_out, self.classes = 0, {}
        spec = self.spec
        xmin, ymin, xmax, ymax = spec.bounds
        for file, head in self.heads.items():
            seen = 0
            for points in decoded(file):
                seen += len(points)
                kind = np.asarray(points.classification, np.int64)
                for number, count in zip(*np.unique(kind, return_counts=True), strict=True):
                    self.classes[int(number)] = self.classes.get(int(number), 0) + int(count)
                keep = self._wanted(points, kind)
                x, y = np.asarray(points.x, np.float64), np.asarray(points.y, np.float64)
                inside = (x >= xmin) & (x <= xmax) & (y >= ymin) & (y <= ymax)
                if not self.boxed and not inside.all():
                    row = int(np.flatnonzero(~inside)[0])
                    raise DataError(
                        f"{file} has a point at ({x[row]:.2f}, {y[row]:.2f}), outside of the extent its header names "
                        f"({head.low[:2]} to {head.high[:2]}); the header is wrong: give bounds to read it nevertheless"
                    )
                keep &= inside
                self.left_out += int((~keep).sum())
                column = np.minimum((x[keep] - spec.left) / spec.resolution, spec.columns - 1).astype(np.int64)
                row_number = np.minimum((spec.top - y[keep]) / spec.resolution, spec.rows - 1).astype(np.int64)
                yield row_number * spec.columns + column, np.asarray(points.z, np.float64)[keep]
            if seen != head.points:
                raise DataError(f"{file} says it has {head.points:,} points and holds {seen:,}; fetch it again")

    def _wanted(self, points: Any, kind: NDArray[np.int64]) -> NDArray[np.bool_]:
        chosen = self.choice.classes
        keep = ~np.isin(kind, NOISE) if chosen is None else np.isin(kind, chosen)
        keep &= ~np.asarray(points.withheld, bool)
        if self.choice.returns == "first":
            keep &= np.asarray(points.return_number) == 1
        elif self.choice.returns == "last":
            keep &= np.asarray(points.return_number) == np.asarray(points.number_of_returns)
        return np.asarray(keep, bool)

    def check_used(self, used: int) -> None:
        """Refuse a choice that leaves nothing."""
        if used:
            return
        there = ", ".join(f"{number} ({count:,} points)" for number, count in sorted(self.classes.items()))
        raise DataError(
            f"{next(iter(self.heads))}: no point is of the classes {self.choice.classes} and the returns asked for "
            f"within the bounds; there are the classes {there}"
        )


def _checked_choice(classes: Sequence[int] | None, returns: str | None) -> _Choice:
    if returns not in (None, "first", "last"):
        raise InputError(f"returns is {returns!r}; use 'first', 'last' or None for all")
    if classes is None:
        return _Choice(None, returns)
    numbers = list(classes) if isinstance(classes, (list, tuple, set, range)) else []
    if not numbers or not all(isinstance(n, int) and not isinstance(n, bool) and 0 <= n <= 255 for n in numbers):
        raise InputError(f"classes is {classes!r}; give numbers from 0 to 255 such as (2,) for ground, None for all")
    return _Choice(tuple(sorted(numbers)), returns)


def _checked_statistic(statistic: str) -> float | None:
    """Return the share of a percentile, None for the statistics that need one pass and no store."""
    if statistic in ("mean", "min", "max"):
        return None
    if statistic == "median":
        return 0.5
    match = re.fullmatch(r"p(\d{1,3}(?:\.\d+)?)", str(statistic))
    if match and 0.0 <= float(match[1]) <= 100.0:
        return float(match[1]) / 100.0
    raise InputError(f"statistic is {statistic!r}; use 'mean', 'min', 'max', 'median' or a percentile such as 'p95'")


def _touches(head: LasHeader, box: Bounds) -> bool:
    apart = head.low[0] > box[2] or head.high[0] < box[0] or head.low[1] > box[3] or head.high[1] < box[1]
    return not apart


def _check_heights(values: NDArray[np.float64], file: Path) -> None:
    with np.errstate(invalid="ignore"):
        wrong = (values < _LOWEST) | (values > _HIGHEST)
    if wrong.any():
        raise DataError(
            f"{file} gives {values[wrong][0]:g} m in {int(wrong.sum())} cells; heights must lie between {_LOWEST:g} "
            f"and {_HIGHEST:g} m: leave out noise with classes, and check the unit of the heights"
        )
