"""What differs between two grids, and between the obstacles made of them: where a rerun begins to look."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin.errors import InputError
from twin.heat.obstacles import Obstacles
from twin.heat.plan import Plan
from twin.heat.window import Window, whole

Mask = NDArray[np.bool_]

NEUTRAL = {"canopy_height": 0.0, "canopy_base_height": 0.0, "sail_height": 0.0, "facade_green_fraction": 0.0}
"""What a variable that the grid did not have before stood for; NaN for the others."""


def loaded(grid: xr.Dataset, names: tuple[str, ...]) -> xr.Dataset:
    """Return a grid whose variables of these names lie in memory; those that do are not copied.

    Examples
    --------
    >>> grid = xr.Dataset({"albedo": ("x", [0.2])})
    >>> loaded(grid, ("albedo",)).albedo.variable._data is grid.albedo.variable._data
    True
    """
    lazy = [name for name in names if not isinstance(grid[name].variable._data, np.ndarray)]
    return grid.assign({name: grid[name].compute() for name in lazy})


def changed_box(plan: Plan, grid: xr.Dataset, names: tuple[str, ...], within: Window | None) -> Window | None:
    """Return the smallest window that holds all changed cells; None if nothing was changed."""
    shape = plan.day.spec.shape
    part = whole(shape) if within is None else within
    if part.row + part.rows > shape[0] or part.column + part.columns > shape[1]:
        raise InputError(f"{part} reaches beyond the grid of {shape[0]} x {shape[1]} cells")
    different: Mask | None = None
    for name in names:
        new = grid[name].values
        if name in plan.names:
            old = plan.grid[name].values
            if new is old or (np.shares_memory(new, old) and new.strides == old.strides):
                continue
            if new.dtype != old.dtype:
                new, old = new.astype(np.float64), old.astype(np.float64)
            other = other_than(part.of(old), part.of(new))
        else:
            neutral = NEUTRAL.get(name, np.nan)
            values = part.of(new)
            other = ~np.isnan(values) if np.isnan(neutral) else values != neutral
        different = other if different is None else different | other
    if different is None:
        return None
    rows, columns = np.flatnonzero(different.any(axis=1)), np.flatnonzero(different.any(axis=0))
    if not len(rows):
        return None
    return Window(
        part.row + int(rows[0]),
        part.column + int(columns[0]),
        int(rows[-1] - rows[0]) + 1,
        int(columns[-1] - columns[0]) + 1,
    )


def change_of(before: Obstacles, after: Obstacles, names: tuple[str, ...], local: Window) -> Mask:
    """Mark the cells of a window in which any of some fields differ."""
    changed = np.zeros((local.rows, local.columns), np.bool_)
    for name in names:
        old, new = getattr(before, name), getattr(after, name)
        if old is new:
            continue
        empty = np.full((1, 1), np.nan, np.float32)
        other = other_than(empty if old is None else local.of(old), empty if new is None else local.of(new))
        changed |= other.any(axis=0) if other.ndim == 3 else other
    return changed


def differs(old: NDArray[Any] | None, new: NDArray[Any] | None, local: Window) -> bool:
    """Tell whether two fields differ within a window; a field that only one side has differs."""
    if old is new:
        return False
    return old is None or new is None or not same(local.of(old), local.of(new))


def other_than(old: NDArray[Any], new: NDArray[Any]) -> Mask:
    """Mark where two arrays differ; NaN is the same as NaN.

    Examples
    --------
    >>> other_than(np.array([np.nan, 1.0]), np.array([np.nan, 2.0])).tolist()
    [False, True]
    """
    if old.dtype.kind != "f":
        return np.asarray(old != new)
    return np.asarray((old != new) & ~(np.isnan(old) & np.isnan(new)))


def same(old: NDArray[Any], new: NDArray[Any]) -> bool:
    """Tell whether two arrays are the same; NaN is the same as NaN."""
    return not bool(other_than(old, new).any())
