"""Walls beside open cells: how high they stand above the ground, and which way they face.

Heights follow from the surface of the grid, directions from the real edges of the footprints: a wall that runs across
the cells at an angle keeps its angle.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
import xarray as xr
from numpy.typing import NDArray

from twin import variables
from twin.city.gridspec import check_grid

if TYPE_CHECKING:
    from twin.city.city import City

LEAST_WALL = 0.5
"""Lower steps (m) from the ground to a building are no walls."""

_CHUNK = 2_000_000  # pairs of a cell and an edge compared at once
_EQUAL = 1e-6  # m; edges that meet in a corner are equally near to it
_STEPS = ((-1, 0), (0, 1), (1, 0), (0, -1))  # to the neighbours in the north, east, south and west


def wall_cells(city: City) -> xr.Dataset:
    """Find the open cells beside walls.

    A cell is beside a wall if it lies on no building and one of its four neighbours does, `LEAST_WALL` or more above
    the cell's ground. Of several walls the highest counts; it faces away from its building, at a right angle to the
    nearest edge of the footprint. Between edges that are equally near, as in corners, it faces the direction between
    them. A building without a footprint faces the cell across their common side.

    Parameters
    ----------
    city : City
        With `building_id`, `ground_elevation` and `surface_elevation` on its grid.

    Returns
    -------
    xr.Dataset
        On (y, x): `wall_height` (m above the ground of the cell) and `wall_azimuth` (degrees clockwise from grid north,
        0 to 360, the direction the wall faces); NaN where there is no wall.

    Raises
    ------
    MissingDataError
        If the grid lacks a variable.

    Examples
    --------
    A house of 6 m to the west of two open cells:

    >>> import geopandas as gpd
    >>> from twin.city import City, GridSpec
    >>> spec = GridSpec(0, 10, 10.0, 1, 3, "EPSG:25832")
    >>> layers = {"building_id": [[1, 0, 0]], "ground_elevation": [[2.0, 2, 2]], "surface_elevation": [[8.0, 2, 2]]}
    >>> grid = spec.dataset().assign({name: (("y", "x"), values) for name, values in layers.items()})
    >>> house = gpd.GeoDataFrame(index=[1], geometry=[shapely.box(0, 0, 10, 10)], crs=25832)
    >>> city = City("one house", grid, house, None, gpd.GeoDataFrame(geometry=[], crs=25832))
    >>> walls = wall_cells(city)
    >>> walls.wall_height.values.tolist(), walls.wall_azimuth.values.tolist()
    ([[nan, 6.0, nan]], [[nan, 90.0, nan]])
    """
    grid = city.grid
    spec = check_grid(grid, ("building_id", "ground_elevation", "surface_elevation"))
    number = np.asarray(grid["building_id"].values)
    ground = np.asarray(grid["ground_elevation"].values)
    surface = np.asarray(grid["surface_elevation"].values)
    height, cell, owner, side = _highest(number, ground, surface)
    rows, columns = np.nonzero(height >= LEAST_WALL)
    places = np.column_stack([spec.x[columns], spec.y[rows]])
    east, north = np.array([(-right, down) for down, right in _STEPS], np.float64)[side].T
    facing = _direction(*(np.bincount(cell, part, len(rows)).astype(np.float64) for part in (east, north)))
    found = _facing(places, cell, owner, *_edges(city))
    facing = np.where(np.isfinite(found), found, facing)
    layers = {"wall_height": np.full(spec.shape, np.nan, np.float32)}
    layers["wall_azimuth"] = layers["wall_height"].copy()
    layers["wall_height"][rows, columns] = height[rows, columns]
    layers["wall_azimuth"][rows, columns] = facing
    layers["wall_azimuth"][layers["wall_azimuth"] >= 360.0] = 0.0  # 359.99999 in double precision is 360 in single
    return variables.describe(spec.dataset().assign({name: (("y", "x"), values) for name, values in layers.items()}))


def _highest(
    number: NDArray[Any], ground: NDArray[Any], surface: NDArray[Any]
) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Height of the highest wall beside every open cell, 0 without one, and each neighbour that stands as high.

    Neighbours come as the cell they stand beside (counted among the cells with walls), their building, and their side.
    """
    rows, columns = number.shape
    height = np.zeros(number.shape, np.float32)
    steps = []
    for down, right in _STEPS:
        here = (slice(max(0, -down), rows - max(0, down)), slice(max(0, -right), columns - max(0, right)))
        there = (slice(max(0, down), rows - max(0, -down)), slice(max(0, right), columns - max(0, -right)))
        steps.append((here, there))
        with np.errstate(invalid="ignore"):
            step = (surface[there] - ground[here]).astype(np.float32)
            beside = (number[here] == 0) & (number[there] > 0) & (step > height[here])
        height[here][beside] = step[beside]
    order = np.full(number.shape, -1, np.int32)
    walls = height >= LEAST_WALL
    order[walls] = np.arange(int(walls.sum()), dtype=np.int32)
    found = []
    for side, (here, there) in enumerate(steps):
        with np.errstate(invalid="ignore"):
            step = (surface[there] - ground[here]).astype(np.float32)
            beside = (order[here] >= 0) & (number[there] > 0) & (step == height[here])
        found.append((order[here][beside], number[there][beside], np.full(int(beside.sum()), side)))
    cell, owner, sides = (np.concatenate(parts).astype(np.int64) for parts in zip(*found, strict=True))
    sorting = np.lexsort((owner, cell))
    return height, cell[sorting], owner[sorting], sides[sorting]


def _edges(city: City) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Return start, vector and building of every edge, by building, which lies to the left of its edges."""
    parts, row = shapely.get_parts(np.asarray(city.buildings.geometry.values, dtype=object), return_index=True)
    areal = (shapely.get_type_id(parts) == shapely.GeometryType.POLYGON) & ~shapely.is_empty(parts)
    parts, row = shapely.orient_polygons(parts[areal]), row[areal]  # outlines counter-clockwise, holes clockwise
    rings, part = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    within = ring[1:] == ring[:-1]
    starts, vectors, owner = xy[:-1][within], np.diff(xy, axis=0)[within], row[part[ring[:-1][within]]]
    real = np.hypot(vectors[:, 0], vectors[:, 1]) > _EQUAL
    numbers = np.asarray(city.buildings.index, np.int64)[owner[real]]
    order = np.argsort(numbers, kind="stable")
    return starts[real][order], vectors[real][order], numbers[order]


def _facing(
    places: NDArray[np.float64],
    cell: NDArray[np.int64],
    owner: NDArray[np.int64],
    starts: NDArray[np.float64],
    vectors: NDArray[np.float64],
    edge_owner: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Direction that the nearest edges of each cell's buildings face, degrees; NaN where they have none."""
    once = np.ones(len(cell), bool)
    once[1:] = (cell[1:] != cell[:-1]) | (owner[1:] != owner[:-1])
    cell, owner = cell[once], owner[once]
    first, last = np.searchsorted(edge_owner, owner, side="left"), np.searchsorted(edge_owner, owner, side="right")
    count = np.bincount(cell, last - first, len(places)).astype(np.int64)
    ends = np.cumsum(count)
    out = np.full(len(places), np.nan)
    begin = 0
    while begin < len(places):
        done = ends[begin - 1] if begin else 0
        end = max(begin + 1, int(np.searchsorted(ends, done + _CHUNK, side="right")))
        pairs = slice(*np.searchsorted(cell, [begin, end]))
        sizes = last[pairs] - first[pairs]
        edge = np.repeat(first[pairs] - (np.cumsum(sizes) - sizes), sizes) + np.arange(int(sizes.sum()))
        group = np.repeat(cell[pairs], sizes)
        begin = end
        if len(group) == 0:
            continue
        out_of, distance, ahead = _seen(places[group], starts[edge], vectors[edge])
        each = np.flatnonzero(np.concatenate([[True], group[1:] != group[:-1]]))
        member = np.repeat(np.arange(len(each)), np.diff(np.append(each, len(group))))
        # of the edges that meet in the nearest corner, the one that looks at the cell counts
        near = distance <= np.minimum.reduceat(distance, each)[member] + _EQUAL
        ahead = np.where(near, ahead, -np.inf)
        chosen = near & (ahead >= np.maximum.reduceat(ahead, each)[member] - _EQUAL)
        east, north = (np.add.reduceat(np.where(chosen, out_of[:, axis], 0.0), each) for axis in (0, 1))
        out[group[each]] = _direction(east, north)
    return out


def _seen(
    place: NDArray[np.float64], start: NDArray[np.float64], vector: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Outward normal of edges, their distance from a place, and how far the place lies ahead of them, m."""
    length = np.hypot(vector[:, 0], vector[:, 1])
    along = np.clip(((place - start) * vector).sum(axis=1) / length**2, 0.0, 1.0)
    away = place - (start + along[:, None] * vector)
    normal = np.column_stack([vector[:, 1], -vector[:, 0]]) / length[:, None]  # to the right: out of the building
    return normal, np.hypot(away[:, 0], away[:, 1]), (away * normal).sum(axis=1)


def _direction(east: NDArray[np.float64], north: NDArray[np.float64]) -> NDArray[np.float64]:
    """Degrees clockwise from north; NaN where the parts cancel."""
    angle = np.degrees(np.arctan2(east, north)) % 360.0
    return np.asarray(np.where(np.hypot(east, north) > 1e-9, angle, np.nan), np.float64)
