"""The variables the heat model reads from a grid, part by part, so that one that lies in files is never read whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin.heat.window import Window

REQUIRED = ("ground_elevation", "surface_elevation", "land_cover")

OPTIONAL = (
    "canopy_height",
    "canopy_base_height",
    "canopy_transmissivity",
    "sail_height",
    "sail_transmissivity",
    "albedo",
    "emissivity",
    "sealed_fraction",
    "soil_wetness",
    "wall_albedo",
    "facade_green_fraction",
)

LEAST_STEP = 0.5
"""What rises this much above the ground is a building in the way of sun and sky, m, whether it has a number or not."""

Fields = Mapping[str, NDArray[Any]]
Mask = NDArray[np.bool_]


def used_names(grid: xr.Dataset) -> tuple[str, ...]:
    """Return the variables of a grid that the heat model reads.

    Examples
    --------
    >>> used_names(xr.Dataset({"albedo": ("x", [0.2]), "manning": ("x", [0.1])}))
    ('albedo',)
    """
    return tuple(name for name in (*REQUIRED, "building_id", *OPTIONAL) if name in grid)


def read_part(grid: xr.Dataset, names: tuple[str, ...], window: Window) -> dict[str, NDArray[Any]]:
    """Read a part of a grid, without a copy where it lies in memory.

    Examples
    --------
    >>> grid = xr.Dataset({"albedo": (("y", "x"), np.ones((3, 4)))})
    >>> read_part(grid, ("albedo",), Window(1, 1, 2, 2))["albedo"].shape
    (2, 2)
    """
    part = {
        "y": slice(window.row, window.row + window.rows),
        "x": slice(window.column, window.column + window.columns),
    }
    return {name: grid[name].variable.isel(part).values for name in names}


def roofs(fields: Fields) -> Mask:
    """Return the cells where nobody stands: buildings, and what rises `LEAST_STEP` above the ground.

    Examples
    --------
    >>> roofs({"ground_elevation": np.zeros((1, 2)), "surface_elevation": np.array([[0.2, 4.0]])}).tolist()
    [[False, True]]
    """
    surface, ground = fields["surface_elevation"], fields["ground_elevation"]
    roof = np.empty(ground.shape, np.bool_)
    for row in range(0, len(ground), 256):  # in float64: unsigned whole numbers would wrap round below zero
        part = slice(row, row + 256)
        roof[part] = surface[part].astype(np.float64) - ground[part].astype(np.float64) >= LEAST_STEP
    if "building_id" in fields:
        roof |= fields["building_id"] > 0
    return roof
