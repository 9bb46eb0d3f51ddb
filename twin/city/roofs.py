"""Roofs of a 3-D city model on a grid: slope, aspect and mean elevation of their planes, eaves, and where rain goes.

Slopes and aspects are those of the facet that gives a cell its elevation, not differences between cells: they are exact
for planar roofs at any cell size.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin import variables
from twin.city.gridspec import GridSpec, check_grid
from twin.city.rasterize import paint_facets
from twin.geometry.records import SurfaceKind, Surfaces
from twin.geometry.surfaces import polygon_normals

FLAT = 1.0
"""Roofs less steep than this (degrees) have no aspect."""

SAMPLES = 4
"""Samples per cell and direction of `mean_roof`."""

_STEEPEST = 0.01  # vertical part of a unit normal: what is steeper is a wall
_FLOOR = 0.5  # bare facets less than this (m) above the lowest one are the floor, not a roof


def roof_planes(surfaces: Surfaces, facet: NDArray[np.int32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return slope and aspect of the facets seen in every cell.

    Parameters
    ----------
    surfaces : Surfaces
        All facets.
    facet : (rows, columns) int32
        Row of the facet in every cell, counted from 1; 0 where none lies.

    Returns
    -------
    slope : (rows, columns) float32
        Degrees from the horizontal, 0 to 90; NaN where no facet lies.
    aspect : (rows, columns) float32
        Direction of steepest descent, degrees clockwise from grid north, 0 to 360; NaN also where the slope is below
        `FLAT`.

    Examples
    --------
    A roof that falls 1 m per metre to the east:

    >>> roof = Surfaces(np.array([[0, 0, 9.0], [2, 0, 7], [2, 2, 7], [0, 2, 9]]), np.array([0, 4]), np.array([0, 1]),
    ...                 np.array([1], np.uint8), np.array([0], np.int32))
    >>> [layer.tolist() for layer in roof_planes(roof, np.array([[0, 1]], np.int32))]
    [[[nan, 45.0]], [[nan, 90.0]]]
    """
    normal = polygon_normals(surfaces)
    upward = normal * np.where(normal[:, 2:] < 0, -1.0, 1.0)  # whichever way the ring turns
    level = np.hypot(upward[:, 0], upward[:, 1])
    slope = np.degrees(np.arctan2(level, upward[:, 2]))
    aspect = np.degrees(np.arctan2(upward[:, 0], upward[:, 1])) % 360.0
    aspect[slope < FLAT] = np.nan
    slopes, aspects = (np.concatenate([[np.nan], values]).astype(np.float32) for values in (slope, aspect))
    aspects[aspects >= 360.0] = 0.0  # 359.99999 in double precision is 360 in single
    return slopes[facet], aspects[facet]


def mean_roof(
    surfaces: Surfaces, spec: GridSpec, *, select: NDArray[np.bool_] | None = None, samples: int = SAMPLES
) -> NDArray[np.float64]:
    """Return the mean elevation of the roofs within each cell.

    The highest roof is taken at the centres of `samples` x `samples` equal parts of a cell; those on a roof count.
    The mean is exact where one plane covers the cell. At ridges and eaves it keeps the volume of a roof
    better than the elevation at the cell's centre.

    Parameters
    ----------
    surfaces : Surfaces
        Facets in the CRS of `spec`.
    spec : GridSpec
        The grid.
    select : (p,) bool, optional
        Facets to use; all without it.
    samples : int
        Per cell and direction, 1 to 16.

    Returns
    -------
    (rows, columns) float64
        m; NaN where no sample lies on a roof.

    Examples
    --------
    A ridge of 2 m along the middle of a cell of 4 m; the eaves lie at 0 m:

    >>> gable = Surfaces(np.array([[0, 0, 0.0], [4, 0, 0], [4, 2, 2], [0, 2, 2], [0, 2, 2.0], [4, 2, 2], [4, 4, 0],
    ...                            [0, 4, 0]]), np.array([0, 4, 8]), np.array([0, 1, 2]), np.array([1, 1], np.uint8),
    ...                  np.array([0, 0], np.int32))
    >>> mean_roof(gable, GridSpec(0, 4, 4.0, 1, 1, "EPSG:25832")).item()
    1.0
    """
    total = np.zeros(spec.shape)
    count = np.zeros(spec.shape, np.uint16)
    places = ((np.arange(samples) + 0.5) / samples - 0.5) * spec.resolution
    for down in places:
        for right in places:
            moved = replace(spec, left=spec.left + float(right), top=spec.top - float(down))
            found = paint_facets(surfaces, moved, select=select).elevation
            on_roof = np.isfinite(found)
            np.add(total, found, out=total, where=on_roof)
            count += on_roof
    total[count == 0] = np.nan
    return np.divide(total, count, out=total, where=count > 0)


def lowest_edges(surfaces: Surfaces, count: int, seen: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the lowest edge of each building's roofs, m; NaN where it has no roof.

    Parameters
    ----------
    surfaces : Surfaces
        All facets.
    count : int
        Buildings.
    seen : (p,) bool
        Facets that hide the ground.

    Returns
    -------
    (count,) float64
        Vertical facets do not count; of a building whose facets carry no kind, nor do those of its floor.

    Examples
    --------
    >>> roof = Surfaces(np.array([[0, 0, 9.0], [2, 0, 7], [2, 2, 7], [0, 2, 9]]), np.array([0, 4]), np.array([0, 1]),
    ...                 np.array([1], np.uint8), np.array([0], np.int32))
    >>> lowest_edges(roof, 1, np.array([True])).tolist()
    [7.0]
    """
    normal = polygon_normals(surfaces)
    with np.errstate(invalid="ignore"):
        sloped = np.abs(normal[:, 2]) > _STEEPEST * np.linalg.norm(normal, axis=1)
    outline = np.diff(surfaces.ring_start)[surfaces.polygon_start[:-1]]
    first = surfaces.ring_start[surfaces.polygon_start[:-1]]
    rows = np.repeat(np.arange(len(surfaces)), outline)
    place = np.arange(int(outline.sum())) - np.repeat(np.cumsum(outline) - outline, outline) + np.repeat(first, outline)
    lowest, highest = np.full(len(surfaces), np.inf), np.full(len(surfaces), -np.inf)
    np.minimum.at(lowest, rows, surfaces.vertices[place, 2])
    np.maximum.at(highest, rows, surfaces.vertices[place, 2])
    bare = np.asarray(surfaces.kind == SurfaceKind.UNKNOWN, bool)
    floor = np.full(count, np.inf)
    np.minimum.at(floor, surfaces.building[bare], lowest[bare])
    roof = seen & sloped & ~(bare & (highest < floor[surfaces.building] + _FLOOR))
    edge = np.full(count, np.inf)
    np.minimum.at(edge, surfaces.building[roof], lowest[roof])
    return np.where(np.isfinite(edge), edge, np.nan)


def roof_drainage(grid: xr.Dataset) -> xr.Dataset:
    """Tell which roof cells drain over their eaves, and onto which open cell.

    Rain runs down a pitched roof from cell to cell, each time to the neighbour (of eight) in the direction the roof
    faces, until it leaves the building. Roofs that are flat (slope below `FLAT`), roofs that fall towards a
    higher one, and valleys without a way out drain inside: into gutters and downpipes that a model of the surface does
    not show. Gutters at the eaves are not in the data either: what drains over the eaves is the most that can.

    Parameters
    ----------
    grid : xr.Dataset
        A city's grid with `building_id`, `surface_elevation`, `roof_slope` and `roof_aspect`.

    Returns
    -------
    xr.Dataset
        On (y, x): `roof_drainage` (flags: no roof, over the eaves, inside) and `eaves_receiver` (row times columns plus
        column of the open cell, -1 where there is none).

    Raises
    ------
    MissingDataError
        If a variable is missing.

    Examples
    --------
    A roof of two cells that faces east beside an open cell:

    >>> spec = GridSpec(0, 1, 1.0, 1, 3, "EPSG:25832")
    >>> east = {"building_id": [[1, 1, 0]], "surface_elevation": [[9.0, 8, 2]], "roof_slope": [[45.0, 45, np.nan]],
    ...         "roof_aspect": [[90.0, 90, np.nan]]}
    >>> grid = spec.dataset().assign({name: (("y", "x"), values) for name, values in east.items()})
    >>> roof_drainage(grid).eaves_receiver.values.tolist()
    [[2, 2, -1]]
    """
    needed = ("building_id", "surface_elevation", "roof_slope", "roof_aspect")
    spec = check_grid(grid, needed)
    roof = np.asarray(grid["building_id"].values) > 0
    number = np.full(spec.shape, -1, np.int32)
    rows, columns = np.nonzero(roof)
    number[rows, columns] = np.arange(len(rows), dtype=np.int32)
    slope, aspect = (np.asarray(grid[name].values)[rows, columns] for name in ("roof_slope", "roof_aspect"))
    level = np.asarray(grid["surface_elevation"].values)
    steps = np.round(np.nan_to_num(aspect, nan=0.0) / 45.0).astype(np.int64) % 8
    down = np.array([-1, -1, 0, 1, 1, 1, 0, -1])[steps] + rows
    right = np.array([0, 1, 1, 1, 0, -1, -1, -1])[steps] + columns
    on_grid = (down >= 0) & (down < spec.rows) & (right >= 0) & (right < spec.columns)
    down, right = np.where(on_grid, down, rows), np.where(on_grid, right, columns)
    with np.errstate(invalid="ignore"):
        runs = on_grid & (slope >= FLAT) & np.isfinite(aspect) & (level[down, right] <= level[rows, columns])
    target = number[down, right]
    itself = np.arange(len(rows), dtype=np.int32)
    # where a cell's water stands after one step: the next roof cell, or the open cell it falls on
    following = np.where(runs & (target >= 0), target, itself)
    receiver = np.where(runs & (target < 0), down * spec.columns + right, -1).astype(np.int32)
    for _ in range(max(1, int(np.ceil(np.log2(len(rows) + 1))))):  # every round doubles the way that is followed
        following = following[following]
    drainage, receivers = np.zeros(spec.shape, np.uint8), np.full(spec.shape, -1, np.int32)
    found = receiver[following] if len(rows) else receiver
    over, inside = (variables.flag("roof_drainage", word) for word in ("over_eaves", "inside"))
    drainage[rows, columns] = np.where(found >= 0, over, inside)
    receivers[rows, columns] = found
    layers = {"roof_drainage": (("y", "x"), drainage), "eaves_receiver": (("y", "x"), receivers)}
    return variables.describe(spec.dataset().assign(layers))
