"""A part of a city as the heat model takes it: heights in the way of light, ground and walls, and where it lies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin.city.gridspec import GridSpec
from twin.heat import materials
from twin.heat.distant import BLOCK, Distant, coarse_heights, make_distant
from twin.heat.inputs import read_part, roofs
from twin.heat.obstacles import Obstacles, make_obstacles
from twin.heat.plates import widened, within
from twin.heat.walls import wall_margin, walls_around
from twin.heat.window import Window, global_origin

Float32 = NDArray[np.float32]

BAND = 512
"""Rows that are read at a time for the distant skyline."""


@dataclass(frozen=True)
class Scene:
    """What lies within reach of some plates.

    window : the part of the grid that is covered
    fields : the grid's variables there, by name
    obstacles : heights there
    """

    window: Window
    fields: dict[str, NDArray[Any]]
    obstacles: Obstacles


def make_scene(grid: xr.Dataset, names: tuple[str, ...], spec: GridSpec, window: Window) -> Scene:
    """Read a part of a grid and make its obstacles.

    Parameters
    ----------
    grid : xr.Dataset
        Looked through by `twin.heat.checks.inspect`.
    names : tuple of str
        The variables to read.
    spec : GridSpec
        Of the grid.
    window : Window
        The part.
    """
    fields = read_part(grid, names, window)
    row, column = global_origin(spec)
    return Scene(window, fields, obstacles_of(fields, spec.resolution, (row + window.row, column + window.column)))


def obstacles_of(fields: dict[str, NDArray[Any]], resolution: float, origin: tuple[int, int]) -> Obstacles:
    """Make the obstacles of a part of a grid.

    Parameters
    ----------
    fields : dict
        Its variables by name.
    resolution : float
        Cell size, m.
    origin : tuple of int
        Global row and column of its first cell.
    """
    extra = ("canopy_height", "canopy_base_height", "canopy_transmissivity", "sail_height", "sail_transmissivity")
    ground, surface, roof = fields["ground_elevation"], fields["surface_elevation"], roofs(fields)
    if (surface < ground).any():  # a sunken roof counts as high as the ground, see checks.Findings.caveats
        surface = np.maximum(surface, ground)
    return make_obstacles(
        ground,
        surface,
        roof,
        resolution=resolution,
        origin=origin,
        **{name: fields[name] for name in extra if name in fields},
    )


def ground_of(scene: Scene, window: Window) -> Float32:
    """Return what the radiation kernels take of the ground of a window of the grid.

    Parameters
    ----------
    scene : Scene
        That holds the window.
    window : Window
        In the grid.
    """
    local = within(window, scene.window)
    fields = {name: local.of(field) for name, field in scene.fields.items()}
    given = {
        name: np.asarray(fields[name], np.float64)
        for name in ("albedo", "emissivity", "sealed_fraction", "soil_wetness")
        if name in fields
    }
    return materials.ground_fields(fields["land_cover"], **given)


def walls_of(scene: Scene, window: Window, default: float) -> Float32 | None:
    """Return the walls around every cell of a window of the grid, None where nothing is known of any.

    Parameters
    ----------
    scene : Scene
        That holds the window.
    window : Window
        In the grid.
    default : float
        Albedo of walls of which nothing is known.
    """
    local = within(window, scene.window)
    names = ("wall_albedo", "facade_green_fraction")
    given = [name for name in names if name in scene.fields]
    if not given:
        return None
    margin = wall_margin(scene.obstacles.resolution)
    around = widened(local, margin, scene.obstacles.ground.shape)
    height = around.of(scene.obstacles.solid) - around.of(scene.obstacles.ground)
    return walls_around(
        height,
        around.of(scene.obstacles.roof),
        scene.obstacles.resolution,
        default=default,
        window=within(local, around),
        **{name: around.of(scene.fields[name]).astype(np.float64) for name in given},
    )


def distant_of(
    grid: xr.Dataset, names: tuple[str, ...], spec: GridSpec, directions: int, scene: Scene | None = None
) -> Distant:
    """Return what is seen beyond `REACH`, for the whole grid.

    Parameters
    ----------
    grid : xr.Dataset
        Read band by band.
    names : tuple of str
        Its variables.
    spec : GridSpec
        Of the grid.
    directions : int
        Azimuths.
    scene : Scene, optional
        Of the whole grid, if it is held anyway.
    """
    row, column = global_origin(spec)
    if scene is not None:
        heights = coarse_heights(scene.obstacles)
    else:
        parts = []
        for part in _bands(spec, row):
            fields = read_part(grid, names, part)
            parts.append(coarse_heights(obstacles_of(fields, spec.resolution, (row + part.row, column + part.column))))
        heights = np.concatenate(parts, axis=1)
    return make_distant(heights, spec.resolution, directions, origin=(row // BLOCK, column // BLOCK))


def _bands(spec: GridSpec, origin: int) -> Iterator[Window]:
    """Yield bands of rows that begin between two blocks."""
    row = 0
    while row < spec.rows:
        end = min(((origin + row) // BLOCK + BAND // BLOCK) * BLOCK - origin, spec.rows)
        yield Window(row, 0, end - row, spec.columns)
        row = end
