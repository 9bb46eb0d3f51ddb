"""Ground elevations onto the grid: copied where the lattices coincide, otherwise resampled once, and said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin import limits, variables
from twin.city.gridspec import Bounds, GridSpec, crs_of, same_crs
from twin.errors import DataError

COARSE = 5.0
"""Terrain with postings further apart than this (m) does not show kerbs, ditches or streets."""


@dataclass(frozen=True)
class GridField:
    """A raster brought onto a grid.

    values : (rows, columns) float64, NaN where the source has none
    how : ``"copied"`` or the method of resampling, with both cell sizes
    spacing : of the source, m
    """

    values: NDArray[np.float64]
    how: str
    spacing: float


def onto_grid(raster: xr.DataArray, spec: GridSpec, *, what: str = "raster", may_be_empty: bool = False) -> GridField:
    """Bring a raster onto a grid.

    Parameters
    ----------
    raster : xr.DataArray
        (y, x), with `spatial_ref`; any CRS and any regular cells.
    spec : GridSpec
        The grid.
    what : str
        What it is called in messages.
    may_be_empty : bool
        True if a part without any value means something, as where no vegetation grows.

    Returns
    -------
    GridField
        Copied if both have the same CRS and the same cells (to a thousandth of a cell); averaged over the cell if the
        raster is finer than half a cell; otherwise interpolated linearly between the raster's cell centres.

    Raises
    ------
    DataError
        If the raster does not reach the grid at all.

    Examples
    --------
    >>> spec = GridSpec(0, 2, 1.0, 2, 2, "EPSG:25832")
    >>> wide = GridSpec(-1, 2, 1.0, 2, 3, "EPSG:25832")
    >>> raster = xr.DataArray([[1.0, 2, 3], [4, 5, 6]], wide.coordinates(), ("y", "x"))
    >>> onto_grid(raster, spec).values.tolist(), onto_grid(raster, spec).how
    ([[2.0, 3.0], [5.0, 6.0]], 'copied')
    """
    spacing = _spacing(raster, spec)
    method: Literal["area", "bilinear"]
    if _same_cells(raster, spec):
        near = raster.reindex(y=spec.y, x=spec.x, method="nearest", tolerance=0.01 * spec.resolution)
        field = GridField(np.asarray(near.values, np.float64), "copied", spacing)
    else:
        from twin.geometry import resample

        if spacing <= 0.5 * spec.resolution:
            method = "area"
        else:
            method = "bilinear"
        moved = resample(raster, spec, method)
        how = f"resampled ({method}) from cells of about {spacing:.3g} m to {spec.resolution:g} m"
        field = GridField(np.asarray(moved.values, np.float64), how, spacing)
    if not may_be_empty and not np.isfinite(field.values).any():
        raise DataError(
            f"the {what} has no value on the grid, which covers {_text(spec)}; it reaches x "
            f"{float(raster.x.min()):.6g} to {float(raster.x.max()):.6g}, y {float(raster.y.min()):.6g} to "
            f"{float(raster.y.max()):.6g} in {crs_of(raster).name}: check the CRS of both and the bounds"
        )
    return field


def check_range(values: NDArray[np.float64], name: str, what: str, spec: GridSpec) -> None:
    """Refuse what cannot be: a void value that the file does not declare, decimetres taken for metres."""
    rule = variables.VARIABLES[name]
    lowest = -np.inf if rule.minimum is None else rule.minimum
    highest = np.inf if rule.maximum is None else rule.maximum
    with np.errstate(invalid="ignore"):
        wrong = (values < lowest) | (values > highest)
    if wrong.any():
        row, column = (int(index[0]) for index in np.nonzero(wrong))
        raise DataError(
            f"the {what} is {values[row, column]:g} m at E {spec.x[column]:.1f}, N {spec.y[row]:.1f} "
            f"({int(wrong.sum())} cells); it must lie between {lowest:g} and {highest:g} m: check its unit, and "
            "declare its nodata value if this is one"
        )


def join_tiles(tiles: Sequence[xr.DataArray], *, what: str = "raster", tolerance: float | None = None) -> xr.DataArray:
    """Join raster tiles of one lattice into one raster; where tiles overlap, the first with a value counts.

    Parameters
    ----------
    tiles : sequence of xr.DataArray
        (y, x) with `spatial_ref`, y descending, of one CRS and cell size, their cells in step.
    what : str
        What they are called in messages.
    tolerance : float, optional
        Where tiles overlap, their values may differ by this much; by any amount without it.

    Returns
    -------
    xr.DataArray
        NaN where no tile lies.

    Raises
    ------
    DataError
        If the tiles do not fit together.
    LimitError
        If the whole is larger than ``twin.limits.MAX_RASTER_CELLS``.

    Examples
    --------
    >>> west, east = GridSpec(0, 1, 1.0, 1, 2, "EPSG:25832"), GridSpec(2, 1, 1.0, 1, 2, "EPSG:25832")
    >>> tiles = [xr.DataArray([[n, n]], s.coordinates(), ("y", "x")) for n, s in ((1.0, west), (2.0, east))]
    >>> join_tiles(tiles).values.tolist()
    [[1.0, 1.0, 2.0, 2.0]]
    """
    first = tiles[0]
    steps = []
    for axis, other, sign in (("x", "y", 1.0), ("y", "x", -1.0)):
        known = [(tile, of) for of in (axis, other) for tile in tiles if tile.sizes[of] > 1]
        if not known:
            raise DataError(f"the tiles of the {what} have one cell each; their size is unknown")
        tile, of = known[0]  # a tile of one row has the cell size of its columns
        steps.append(sign * abs(float(tile[of][1] - tile[of][0])))
    starts = []
    for number, tile in enumerate(tiles):
        if not same_crs(crs_of(tile), crs_of(first)):
            raise DataError(
                f"tile {number + 1} of the {what} is in {crs_of(tile).name}, the first in {crs_of(first).name}; "
                "bring them to one CRS"
            )
        start = []
        for axis, step in zip(("x", "y"), steps, strict=True):
            values = np.asarray(tile[axis].values, np.float64)
            place = (values - float(first[axis][0])) / step
            if np.abs(place - np.round(place)).max() > 0.01:
                raise DataError(
                    f"tile {number + 1} of the {what} is out of step with the first in {axis} "
                    f"(cells of {abs(step):g}); tiles must share one lattice"
                )
            start.append(round(place[0]))
        starts.append(start)
    left, top = (min(start[axis] for start in starts) for axis in (0, 1))
    width = max(start[0] + tile.sizes["x"] for start, tile in zip(starts, tiles, strict=True)) - left
    height = max(start[1] + tile.sizes["y"] for start, tile in zip(starts, tiles, strict=True)) - top
    limits.check(width * height, "MAX_RASTER_CELLS", f"the tiles of the {what} span {width} x {height} cells")
    values = np.full((height, width), np.nan, np.result_type(*(tile.dtype for tile in tiles)))
    for number, ((column, row), tile) in enumerate(zip(starts, tiles, strict=True), 1):
        part = values[row - top : row - top + tile.sizes["y"], column - left : column - left + tile.sizes["x"]]
        if tolerance is not None and (apart := np.abs(part - tile.values) > tolerance).any():
            down, along = (int(place[0]) for place in np.nonzero(apart))
            name = tile.attrs.get("file", f"tile {number}")
            raise DataError(
                f"tiles of the {what} contradict each other in {int(apart.sum())} cells: {name} says "
                f"{float(tile.values[down, along]):g} at E {float(tile.x[along]):.1f}, N {float(tile.y[down]):.1f}, an "
                f"earlier one {float(part[down, along]):g}; leave the older one out"
            )
        part[...] = np.where(np.isnan(part), tile.values, part)
    x = float(first.x[0]) + (left + np.arange(width)) * steps[0]
    y = float(first.y[0]) + (top + np.arange(height)) * steps[1]
    return xr.DataArray(values, {"y": y, "x": x, "spatial_ref": first["spatial_ref"]}, ("y", "x"), attrs=first.attrs)


def covered_bounds(values: NDArray[np.float32], spec: GridSpec) -> Bounds | None:
    """Return bounds within which no value is missing, found by giving up the emptiest edge again and again.

    Parameters
    ----------
    values : array (y, x)
        On the grid, NaN where empty.
    spec : GridSpec

    Returns
    -------
    (xmin, ymin, xmax, ymax) or None
        Outer edges of cells, m; None if nothing is left.

    Examples
    --------
    >>> spec = GridSpec(0.0, 20.0, 10.0, 2, 3, "EPSG:25832")
    >>> covered_bounds(np.array([[1.0, 1.0, np.nan], [1.0, 1.0, np.nan]]), spec)
    (0.0, 0.0, 20.0, 20.0)
    """
    empty = np.isnan(values)
    top, bottom, left, right = 0, spec.rows, 0, spec.columns
    while top < bottom and left < right and (rest := empty[top:bottom, left:right]).any():
        shares = [edge.mean() for edge in (rest[0], rest[-1], rest[:, 0], rest[:, -1])]
        worst = int(np.argmax(shares)) if max(shares) > 0 else int(rest.shape[0] < rest.shape[1]) * 2
        top, bottom = top + (worst == 0), bottom - (worst == 1)
        left, right = left + (worst == 2), right - (worst == 3)
    if top >= bottom or left >= right:
        return None
    xmin, _, _, ymax = spec.bounds
    size = spec.resolution
    return (xmin + left * size, ymax - bottom * size, xmin + right * size, ymax - top * size)


def _same_cells(raster: xr.DataArray, spec: GridSpec) -> bool:
    if not same_crs(crs_of(raster), spec.crs):
        return False
    x, y = np.asarray(raster.x.values, np.float64), np.asarray(raster.y.values, np.float64)
    if len(x) < 2 or len(y) < 2:
        return False
    steps = np.array([(x[-1] - x[0]) / (len(x) - 1), (y[0] - y[-1]) / (len(y) - 1)])
    # the drift over the whole raster must stay below a thousandth of a cell
    if np.abs(steps / spec.resolution - 1).max() * max(len(x), len(y)) > 1e-3:
        return False
    shift = np.array([spec.x[0] - x[0], y[0] - spec.y[0]]) / spec.resolution
    return bool(np.abs(shift - np.round(shift)).max() <= 1e-3)


def _spacing(raster: xr.DataArray, spec: GridSpec) -> float:
    """Cell size of a raster in metres, the coarser of its two directions, at the middle of the grid."""
    x, y = np.asarray(raster.x.values, np.float64), np.asarray(raster.y.values, np.float64)
    dx = abs(x[-1] - x[0]) / max(len(x) - 1, 1) if len(x) > 1 else float("nan")
    dy = abs(y[-1] - y[0]) / max(len(y) - 1, 1) if len(y) > 1 else float("nan")
    if crs_of(raster).is_geographic:
        radius = 6_371_000.0
        latitude = np.deg2rad(float(y.mean()))
        dx, dy = np.deg2rad(dx) * radius * np.cos(latitude), np.deg2rad(dy) * radius
    size = float(np.nanmax([dx, dy, 0.0]))
    return size if size > 0 else spec.resolution


def _text(spec: GridSpec) -> str:
    xmin, ymin, xmax, ymax = spec.bounds
    return f"x {xmin:.6g} to {xmax:.6g}, y {ymin:.6g} to {ymax:.6g} in {spec.crs.name}"
