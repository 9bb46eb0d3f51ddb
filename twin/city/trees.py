"""Crowns of trees onto a grid: heights of the crown's top and base above ground, in metres, 0 where there is none.

A crown is a disc seen from above with a flat top and base: what the heat model needs to know is which cells it shades
and from which height. Crowns over buildings are left out, because heights there would count from the roof.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from twin import variables
from twin.city.gridspec import GridSpec
from twin.city.rasterize import paint_polygons
from twin.errors import InputError

SMALLEST_CANOPY = 2.0
"""Lower vegetation (m) is not canopy: people stand in it or above it rather than under it."""

CROWN_BASE_SHARE = 0.25
"""Assumed height of the crown base as a share of tree height, where only the height is known: the trunk zone of 25 %
which SOLWEIG assumes (Lindberg and Grimmond 2011, Theor. Appl. Climatol. 105, 311-323)."""

WOOD_HEIGHT = 20.0
"""Assumed height of mapped woods without a measured height, m: grown stands in Central Europe are 15 to 35 m high.
An assumption, not a measurement; a city that uses it says so."""

TREE_HEIGHT = 10.0
"""Assumed height of a mapped single tree without a height, m."""

TREE_CROWN = 6.0
"""Assumed crown diameter of a mapped single tree without one, m."""


def stamp_crowns(
    grid: xr.Dataset,
    positions: ArrayLike,
    height: ArrayLike,
    crown_diameter: ArrayLike,
    base_height: ArrayLike,
) -> tuple[xr.DataArray, xr.DataArray]:
    """Add crowns to the canopy of a grid; where crowns meet, the highest top and the lowest base count.

    A cell lies under a crown when its centre does, so that over many trees the area of the cells is the area of the
    crowns. A crown too small to hold any centre (narrower than 1.41 cells) takes the cell of its stem instead: it is
    never lost, but the area it shades is then overestimated, up to one cell per tree.

    Parameters
    ----------
    grid : xr.Dataset
        On (y, x); `canopy_height` and `canopy_base_height` are merged with if there, `building_id` keeps roofs free.
    positions : (n, 2) float
        Eastings and northings of the stems in the grid's CRS, m. Trees off the grid count if their crowns reach it.
    height : float or (n,)
        Height of the tree, m, above 0 to 120.
    crown_diameter : float or (n,)
        Diameter of the crown, m, above 0 to 60.
    base_height : float or (n,)
        Height of the crown base above ground, m, 0 to below `height`.

    Returns
    -------
    canopy_height, canopy_base_height : xr.DataArray
        float32 on (y, x), m above ground; 0 where no crown is. The arguments are unchanged.

    Raises
    ------
    InputError
        If a number is not finite or out of its range.

    Examples
    --------
    >>> from twin.city.gridspec import GridSpec
    >>> grid = GridSpec(0, 3, 1.0, 3, 3, "EPSG:25832").dataset()
    >>> top, base = stamp_crowns(grid, [(1.5, 1.5)], height=8, crown_diameter=2.5, base_height=2)
    >>> top.values[:, 1].tolist()
    [8.0, 8.0, 8.0]
    >>> base.values[0].tolist()
    [0.0, 2.0, 0.0]
    """
    spec = GridSpec.from_dataset(grid)
    places, top, diameter, base = _check(positions, height, crown_diameter, base_height)
    canopy, canopy_base = _present(grid, spec)
    shape = canopy.shape
    free = np.ones(shape, bool)
    if "building_id" in grid:
        free = grid["building_id"].values == 0

    u = (places[:, 0] - spec.left) / spec.resolution
    v = (spec.top - places[:, 1]) / spec.resolution
    column, row = np.floor(u).astype(np.int64), np.floor(v).astype(np.int64)
    radius = diameter / (2 * spec.resolution)
    hit = np.zeros(len(u), bool)
    for some, down, right in _offsets(radius):
        distance = np.hypot(column[some] + right + 0.5 - u[some], row[some] + down + 0.5 - v[some])
        under = some[distance <= radius[some] * (1 + 1e-12)]
        hit[under] = True
        _merge(canopy, canopy_base, free, row[under] + down, column[under] + right, top[under], base[under])
    small = np.flatnonzero(~hit)
    _merge(canopy, canopy_base, free, row[small], column[small], top[small], base[small])
    return _arrays(canopy, canopy_base, spec)


def stamp_woods(
    grid: xr.Dataset, woods: Any, *, height: float = WOOD_HEIGHT, base_height: float | None = None
) -> tuple[xr.DataArray, xr.DataArray]:
    """Add the closed canopy of woods, at the cells whose centres lie in their polygons.

    Parameters
    ----------
    grid : xr.Dataset
        As in `stamp_crowns`.
    woods : array of shapely polygons
        In the grid's CRS.
    height, base_height : float
        Of the canopy, m; the base is `CROWN_BASE_SHARE` of the height without one.

    Returns
    -------
    canopy_height, canopy_base_height : xr.DataArray

    Examples
    --------
    >>> from twin.city.gridspec import GridSpec
    >>> grid = GridSpec(0, 1, 1.0, 1, 3, "EPSG:25832").dataset()
    >>> import shapely
    >>> stamp_woods(grid, [shapely.box(1, 0, 3, 1)])[0].values.tolist()
    [[0.0, 20.0, 20.0]]
    """
    spec = GridSpec.from_dataset(grid)
    base = CROWN_BASE_SHARE * height if base_height is None else base_height
    _check([(0.0, 0.0)], height, 1.0, base)
    canopy, canopy_base = _present(grid, spec)
    shapes = list(woods)
    inside = paint_polygons(shapes, np.ones(len(shapes), np.int32), spec) == 1
    if "building_id" in grid:
        inside &= grid["building_id"].values == 0
    rows, columns = np.nonzero(inside)
    free = np.ones(spec.shape, bool)
    _merge(canopy, canopy_base, free, rows, columns, np.full(len(rows), height), np.full(len(rows), base))
    return _arrays(canopy, canopy_base, spec)


def canopy_from_heights(heights: NDArray[Any], roofs: NDArray[np.bool_]) -> tuple[NDArray[Any], NDArray[Any], int]:
    """Turn measured vegetation heights into tops and bases of crowns.

    Vegetation lower than `SMALLEST_CANOPY` is none, cells on roofs are cleared (a tree over a roof cannot be told from
    a roof garden, and its height would count from the roof), gaps in the data are taken as open.

    Parameters
    ----------
    heights : (rows, columns) float
        Above ground, m; NaN where unknown.
    roofs : (rows, columns) bool
        Cells on buildings.

    Returns
    -------
    canopy_height, canopy_base_height : (rows, columns) float32
    cleared : int
        Cells with canopy on roofs that were cleared.

    Examples
    --------
    >>> canopy_from_heights(np.array([[12.0, 1.0, 9.0]]), np.array([[False, False, True]]))[0].tolist()
    [[12.0, 0.0, 0.0]]
    """
    with np.errstate(invalid="ignore"):
        tall = heights >= SMALLEST_CANOPY
    cleared = int((tall & roofs).sum())
    canopy = np.where(tall & ~roofs, heights, 0.0).astype(np.float32)
    return canopy, (canopy * np.float32(CROWN_BASE_SHARE)), cleared


def _check(
    positions: ArrayLike, height: ArrayLike, crown_diameter: ArrayLike, base_height: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    places = np.asarray(positions, np.float64)
    if places.size == 0:
        places = places.reshape(0, 2)
    if places.ndim != 2 or places.shape[1] != 2:
        raise InputError(f"positions have shape {places.shape}; they must be (n, 2), easting and northing")
    if not np.isfinite(places).all():
        raise InputError("a tree stands at a position that is NaN or infinite")
    sizes = []
    for name, value, largest in (("height", height, 120.0), ("crown_diameter", crown_diameter, 60.0)):
        values = _per_tree(value, name, len(places))
        wrong = ~((values > 0) & (values <= largest))
        if wrong.any():
            tree = int(np.flatnonzero(wrong)[0])
            raise InputError(f"{name} of tree {tree} is {values[tree]:g} m; it must be above 0 and at most {largest:g}")
        sizes.append(values)
    base = _per_tree(base_height, "base_height", len(places))
    wrong = ~((base >= 0) & (base < sizes[0]))
    if wrong.any():
        tree = int(np.flatnonzero(wrong)[0])
        raise InputError(
            f"base_height of tree {tree} is {base[tree]:g} m; it must be at least 0 and below its height, "
            f"{sizes[0][tree]:g} m"
        )
    return places, sizes[0], sizes[1], base


def _per_tree(value: ArrayLike, name: str, count: int) -> NDArray[np.float64]:
    values = np.asarray(value, np.float64)
    if values.ndim > 1 or (values.ndim == 1 and len(values) != count):
        raise InputError(f"{name} has shape {values.shape}; it must be one number or one per tree ({count})")
    return np.broadcast_to(values, (count,))


def _offsets(radius: NDArray[np.float64]) -> Any:
    """Yield the trees that may reach a neighbour cell, with its offset: one vectorised pass per offset."""
    reach = np.ceil(radius).astype(np.int64)
    for down in range(-int(reach.max(initial=-1)), int(reach.max(initial=-1)) + 1):
        for right in range(-int(reach.max(initial=-1)), int(reach.max(initial=-1)) + 1):
            some = np.flatnonzero(reach >= max(abs(down), abs(right)))
            if len(some):
                yield some, down, right


def _merge(
    canopy: NDArray[np.float32],
    canopy_base: NDArray[np.float32],
    free: NDArray[np.bool_],
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    top: NDArray[np.float64],
    base: NDArray[np.float64],
) -> None:
    inside = (rows >= 0) & (rows < canopy.shape[0]) & (columns >= 0) & (columns < canopy.shape[1])
    rows, columns, top, base = rows[inside], columns[inside], top[inside], base[inside]
    open_sky = free[rows, columns]
    rows, columns, top, base = rows[open_sky], columns[open_sky], top[open_sky], base[open_sky]
    bare = canopy[rows, columns] == 0
    canopy_base[rows[bare], columns[bare]] = np.inf
    np.minimum.at(canopy_base, (rows, columns), base.astype(np.float32))
    np.maximum.at(canopy, (rows, columns), top.astype(np.float32))


def _present(grid: xr.Dataset, spec: GridSpec) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    fields = []
    for name in ("canopy_height", "canopy_base_height"):
        values = grid[name].values if name in grid else np.zeros(spec.shape)
        fields.append(np.nan_to_num(values, nan=0.0).astype(np.float32))
    return fields[0], fields[1]


def _arrays(
    canopy: NDArray[np.float32], canopy_base: NDArray[np.float32], spec: GridSpec
) -> tuple[xr.DataArray, xr.DataArray]:
    coordinates = spec.coordinates()
    return (
        variables.describe(xr.DataArray(canopy, coordinates, ("y", "x"), name="canopy_height")),
        variables.describe(xr.DataArray(canopy_base, coordinates, ("y", "x"), name="canopy_base_height")),
    )
