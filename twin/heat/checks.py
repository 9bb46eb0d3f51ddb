"""What the heat model asks of its grid and options, and how it says no: before any long work, with place and value."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin.errors import InputError
from twin.variables import VARIABLES

REQUIRED = ("ground_elevation", "surface_elevation", "land_cover")
LEAST_STEP = 0.5
"""What rises this much above the ground is a building in the way of sun and sky, m, whether it has a number or not."""

OPTIONAL = ("canopy_height", "canopy_base_height", "albedo", "emissivity", "sealed_fraction")


def check_options(
    directions: int, sun_samples: int, canopy_transmissivity: float, wall_albedo: float, threads: int | None
) -> None:
    """Refuse impossible options of `twin.heat.simulate`.

    Examples
    --------
    >>> check_options(64, 3, 0.04, 0.2, None)
    """
    if not isinstance(directions, int) or not 8 <= directions <= 256 or directions % 4:
        raise InputError(f"directions is {directions!r}; it must be a multiple of 4 from 8 to 256")
    if not isinstance(sun_samples, int) or not 1 <= sun_samples <= 60:
        raise InputError(f"sun_samples is {sun_samples!r}; it must be a whole number from 1 to 60")
    for name, value in (("canopy_transmissivity", canopy_transmissivity), ("wall_albedo", wall_albedo)):
        if not 0 <= value <= 1:
            raise InputError(f"{name} is {value!r}; it must lie in 0 to 1")
    if threads is not None and (not isinstance(threads, int) or threads < 1):
        raise InputError(f"threads is {threads!r}; it must be a whole number of at least 1, or None")


def check_values(grid: xr.Dataset) -> tuple[dict[str, NDArray[np.float64]], NDArray[np.bool_]]:
    """Return the float fields and the mask of buildings; refuse gaps and values out of range, naming the cell.

    A building is a cell with a `building_id` or one whose surface rises `LEAST_STEP` above the ground.
    Gaps in albedo, emissivity and sealed share are allowed: there the land cover's own value counts.
    """
    for name in ("building_id", "land_cover"):
        if name not in grid:
            continue
        if grid[name].dims != ("y", "x"):
            raise InputError(f"{name} has dims {grid[name].dims}; they must be ('y', 'x')")
        codes = grid[name].values
        if codes.dtype.kind not in "iub":
            raise InputError(f"{name} is of type {codes.dtype}; it must hold whole numbers without gaps")
    surface, ground = (np.asarray(grid[name].values, np.float64) for name in ("surface_elevation", "ground_elevation"))
    rise = surface - ground  # in float64: unsigned whole numbers would wrap round below zero
    roof = np.asarray(rise >= LEAST_STEP)
    if "building_id" in grid:
        roof |= grid["building_id"].values > 0
    if roof.all():
        raise InputError("every cell is a building or stands above the ground; heat needs open ground to stand on")
    fields: dict[str, NDArray[np.float64]] = {}
    for name in (*REQUIRED[:2], *OPTIONAL):
        if name not in grid:
            continue
        if grid[name].dims != ("y", "x"):
            raise InputError(f"{name} has dims {grid[name].dims}; they must be ('y', 'x')")
        values = np.asarray(grid[name].values, dtype=np.float64)
        if name not in REQUIRED and not name.startswith("canopy"):
            low, high = 0.0, 1.0
            wrong = ~roof & ~np.isnan(values) & ~((values >= low) & (values <= high))  # NaN: that of the land cover
        else:
            rule = VARIABLES[name]
            low = -np.inf if rule.minimum is None else rule.minimum
            high = np.inf if rule.maximum is None else rule.maximum
            wrong = ~((values >= low) & (values <= high))
        if wrong.any():
            i, j = np.argwhere(wrong)[0]
            raise InputError(
                f"{name} is {values[i, j]:g} at x={float(grid.x[j]):.1f}, y={float(grid.y[i]):.1f} "
                f"({int(wrong.sum())} cells); it must lie in {low:g} to {high:g}"
                + ("; fill gaps before the simulation" if np.isnan(values[i, j]) else "")
            )
        fields[name] = values
    return fields, roof
