"""From a city's grid to the plain arrays the flood kernels read: faces, open edges, infiltration, crowns.

Elevations enter as steps between neighbouring cells, computed in float64, so that a grid high above the sea loses
nothing in single precision. A cell without elevation (NaN) is outside the domain.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import DTypeLike, NDArray

from twin.city.gridspec import GridSpec, check_grid
from twin.errors import InputError, MissingDataError

GRAVITY = 9.81
LEAST_EDGE_SLOPE = 1e-3
"""Slope of the outflow where the ground does not fall towards an open edge."""

_HORTON = ("infiltration_initial_rate", "infiltration_final_rate", "infiltration_decay")
_UNUSED = (1, 1)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Domain:
    """What does not change during a run; names and shapes as in the legend of the kernels."""

    spec: GridSpec
    inside: NDArray[np.bool_]
    step_x: NDArray[np.floating]
    step_y: NDArray[np.floating]
    friction_x: NDArray[np.floating]
    friction_y: NDArray[np.floating]
    edge_cell: NDArray[np.int64]
    edge_face: NDArray[np.int64]
    edge_side: NDArray[np.int64]
    edge_flow: Floats
    kept: NDArray[np.floating]
    capacity: NDArray[np.floating]
    capacity_final: NDArray[np.floating]
    capacity_decay: NDArray[np.floating]


def prepare(
    grid: xr.Dataset, *, open_edges: bool, infiltration: bool, canopy_storage: float, real: DTypeLike
) -> Domain:
    """Check the grid and lay out its arrays.

    Parameters
    ----------
    grid : xr.Dataset
        `surface_elevation` (m; without it `ground_elevation`), `manning` (s m-1/3, 0 to 1); optionally the three
        parameters of Horton and `canopy_height`.
    open_edges : bool
        Let water leave where the domain ends.
    infiltration : bool
        Use the rates of infiltration, if the grid has them.
    canopy_storage : float
        Rain kept in the crowns of cells with a canopy, m.
    real : dtype
        float32 or float64.

    Raises
    ------
    InputError, MissingDataError
        If a variable is missing or out of range.
    """
    elevation_name = elevation_of(grid)
    spec = check_grid(grid, (elevation_name, "manning"))
    ground = np.asarray(grid[elevation_name].values, dtype=np.float64)
    inside = ~np.isnan(ground)
    if not inside.any():
        raise InputError(f"{elevation_name} is NaN in every cell; the domain is empty")
    _check(grid, elevation_name, inside, -500.0, 9000.0)
    manning = _check(grid, "manning", inside, 0.0, 1.0)
    ground = np.where(inside, ground, 0.0)
    step_x, friction_x = _faces(ground, manning, inside, axis=1)
    step_y, friction_y = _faces(ground, manning, inside, axis=0)
    edges = _edges(ground, manning, inside, spec.resolution) if open_edges else _no_edges()
    capacity, final, decay = _horton(grid, inside) if infiltration else (np.zeros(_UNUSED),) * 3
    kept = np.zeros(_UNUSED)
    crowns = _crowns(grid, inside) & (canopy_storage > 0)
    if crowns.any() or not inside.all():
        kept = np.where(inside, np.where(crowns, canopy_storage, 0.0), np.inf)
    fields = (step_x, step_y, friction_x, friction_y)
    s_x, s_y, f_x, f_y, *rest = (
        np.ascontiguousarray(array, dtype=real) for array in (*fields, kept, capacity, final, decay)
    )
    return Domain(spec, inside, s_x, s_y, f_x, f_y, *edges, rest[0], rest[1], rest[2], rest[3])


def start_depth(grid: xr.Dataset, initial_depth: xr.DataArray | None, domain: Domain) -> NDArray[np.float64]:
    """Return the depth at the start, m, 0 outside the domain; dry if none is given.

    Raises
    ------
    InputError
        If it lies elsewhere than the grid, or a depth is missing, negative or above 1000 m.
    """
    if initial_depth is None:
        return np.zeros(domain.spec.shape)
    if initial_depth.dims != ("y", "x") or initial_depth.shape != domain.spec.shape:
        raise InputError(
            f"initial_depth is {initial_depth.dims} {initial_depth.shape}; it must be ('y', 'x') {domain.spec.shape}"
        )
    for axis in ("y", "x"):
        if axis in initial_depth.coords and not np.allclose(initial_depth[axis], grid[axis], rtol=0, atol=1e-3):
            raise InputError(f"initial_depth lies elsewhere than the grid: its {axis} differs")
    depth = np.asarray(initial_depth.values, dtype=np.float64)
    bad = domain.inside & ~((depth >= 0) & (depth < 1000))
    if bad.any():
        raise InputError(f"initial_depth is {depth[bad][0]:g} m in {int(bad.sum())} cells; it must be 0 to 1000 m")
    return np.where(domain.inside, depth, 0.0)


def elevation_of(grid: xr.Dataset) -> str:
    """Name of the elevation that the water runs over: with roofs if the grid knows them."""
    for name in ("surface_elevation", "ground_elevation"):
        if name in grid:
            return name
    raise MissingDataError(
        "the grid has neither 'surface_elevation' nor 'ground_elevation'; it holds: "
        + ", ".join(map(str, grid.data_vars))
    )


def _check(grid: xr.Dataset, name: str, inside: NDArray[np.bool_], low: float, high: float) -> Floats:
    """Values of a variable, 0 outside the domain; refuses gaps and values out of range, naming the worst cell."""
    if grid[name].dims != ("y", "x"):
        raise InputError(f"{name} has dims {grid[name].dims}; they must be ('y', 'x')")
    values = np.asarray(grid[name].values, dtype=np.float64)
    bad = inside & ~((values >= low) & (values <= high))
    if bad.any():
        row, column = (int(index[0]) for index in np.nonzero(bad))
        raise InputError(
            f"{name} is {values[row, column]:g} at x = {float(grid.x[column]):.10g}, y = {float(grid.y[row]):.10g} "
            f"(and in {int(bad.sum()) - 1} more cells); wherever there is ground it must be {low:g} to {high:g}"
        )
    return np.where(inside, values, 0.0)


def _faces(ground: Floats, manning: Floats, inside: NDArray[np.bool_], axis: int) -> tuple[Floats, Floats]:
    """Step of the bed and g n2 on all faces across an axis; negative friction where a face is closed."""
    low, high = (slice(None),) * axis + (slice(None, -1),), (slice(None),) * axis + (slice(1, None),)
    within = (slice(None),) * axis + (slice(1, -1),)
    shape = tuple(size + (direction == axis) for direction, size in enumerate(ground.shape))
    step, friction = np.zeros(shape), np.full(shape, -1.0)
    both = inside[low] & inside[high]
    step[within] = np.where(both, ground[high] - ground[low], 0.0)
    friction[within] = np.where(both, GRAVITY * (0.5 * (manning[low] + manning[high])) ** 2, -1.0)
    return step, friction


Edges = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], Floats]


def _no_edges() -> Edges:
    none = np.zeros(0, dtype=np.int64)
    return none, none, none, np.zeros(0)


def _edges(ground: Floats, manning: Floats, inside: NDArray[np.bool_], size: float) -> Edges:
    """Faces between the domain and its outside, with the uniform flow on the slope of the ground towards them."""
    columns = ground.shape[1]
    known = np.pad(inside, 1)
    height = np.pad(ground, 1)
    parts: list[Edges] = []
    row, column = np.nonzero(inside)
    for side, (down, right) in enumerate(((0, -1), (0, 1), (-1, 0), (1, 0))):
        at_edge = ~known[row + 1 + down, column + 1 + right]
        r, c = row[at_edge], column[at_edge]
        behind = known[r + 1 - down, c + 1 - right]
        fall = (height[r + 1 - down, c + 1 - right] - ground[r, c]) / size
        slope = np.maximum(np.where(behind, fall, 0.0), LEAST_EDGE_SLOPE)
        face = r * (columns + 1) + c + (side == 1) if side < 2 else (r + (side == 3)) * columns + c
        # without friction the uniform flow is unbounded: the kernel then bounds it by the Froude number
        flow = np.sqrt(slope) / np.maximum(manning[r, c], 1e-12)
        parts.append((r * columns + c, face, np.full(r.size, side), flow))
    cells, faces, sides, flows = (np.concatenate(column) for column in zip(*parts, strict=True))
    return cells.astype(np.int64), faces.astype(np.int64), sides.astype(np.int64), flows


def _horton(grid: xr.Dataset, inside: NDArray[np.bool_]) -> tuple[Floats, Floats, Floats]:
    """Horton's rates of the whole cells, the sealed share taken off, as the city's grid has them."""
    missing = [name for name in _HORTON if name not in grid]
    if len(missing) == len(_HORTON):
        return (np.zeros(_UNUSED),) * 3
    if missing:
        raise MissingDataError(f"the grid lacks {', '.join(missing)}; Horton's infiltration needs {', '.join(_HORTON)}")
    first, last = (_check(grid, name, inside, 0.0, 1e-2) for name in _HORTON[:2])
    decay = _check(grid, _HORTON[2], inside, 0.0, 1.0)
    if (last > first).any():
        row, column = (int(index[0]) for index in np.nonzero(last > first))
        raise InputError(
            f"infiltration_final_rate is {last[row, column]:g} m/s at x = {float(grid.x[column]):.10g}, y = "
            f"{float(grid.y[row]):.10g}, above the initial rate of {first[row, column]:g}; it must not be"
        )
    if not first.any():
        return (np.zeros(_UNUSED),) * 3
    return first, last, decay


def _crowns(grid: xr.Dataset, inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Cells with a tree crown; a missing height is no crown."""
    if "canopy_height" not in grid:
        return np.zeros_like(inside)
    return inside & (np.nan_to_num(np.asarray(grid["canopy_height"].values, dtype=np.float64)) > 0)
