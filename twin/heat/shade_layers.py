"""What the shade kernels look at: walls, inclined planes and crowns in layers with a margin, and how high they are.

The margin holds nothing that shades, so that kernels need no look at the border.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.heat.obstacles import Obstacles
from twin.heat.shade_kernels import GROUP, LANES, MARGIN_COLUMNS, MARGIN_ROWS, RUN

NOTHING = -1e6
"""Elevation where a layer has nothing, m: far below every place."""

STEEPEST_ROOF = 1.75
"""Steeper steps between cells of a roof (60 degrees) are steps and no slopes, m/m."""

Float32 = NDArray[np.float32]
_NONE = np.zeros((1, 1), np.float32)


@dataclass(frozen=True)
class Barriers:
    """Layers of a scene, (rows, columns) with a margin of `MARGIN_ROWS` and `MARGIN_COLUMNS`; (1, 1) if not needed.

    stand : (rows, columns) without margin, elevation of the receivers, m
    lean : (2, rows, columns) without margin, slope of what they stand on, to the east and to the south, m/m
    level : whether all of that is 0
    here : (rows, columns) without margin, where receivers are
    low : (rows, groups) without margin, lowest that receivers may stand within a group of `GROUP` columns, wherever in
        their cells; infinite where there are none, m
    wall : elevation of what stands as a box with walls at its cell's edges, m
    plane : (3, ...) elevation of what is an inclined plane, and its slope to the east and to the south, m/m
    top, base : of crowns, m
    clear : share of light that passes the crown of a cell, NaN where that is as usual
    high_wall, high_plane, high_crown : highest elevation in what a run of offsets may touch from a chunk of columns,
        by its least row and its least column in groups of `GROUP`
    highest : of all, m
    layers : whether there are walls, planes that may shade, crowns, and crowns with light of their own
    """

    stand: Float32
    lean: Float32
    level: bool
    here: NDArray[np.bool_]
    low: Float32
    wall: Float32
    plane: Float32
    top: Float32
    base: Float32
    clear: Float32
    high_wall: Float32
    high_plane: Float32
    high_crown: Float32
    highest: np.float32
    layers: tuple[bool, bool, bool, bool]

    @property
    def stride(self) -> int:
        """Columns of a layer with its margin."""
        return _width(self.stand.shape[1])


def ground_barriers(obstacles: Obstacles) -> Barriers:
    """Lay out what shades open ground: roofs are boxes, all else is an inclined plane.

    Parameters
    ----------
    obstacles : Obstacles
    """
    roof = obstacles.roof
    return make_barriers(
        obstacles.ground,
        obstacles.slope,
        ~roof,
        wall=np.where(roof, obstacles.solid, np.float32(NOTHING)),
        plane=np.where(roof, np.float32(NOTHING), obstacles.solid),
        slope=np.where(roof, np.float32(0.0), obstacles.slope),
        top=obstacles.top,
        base=obstacles.base,
        clear=obstacles.transmissivity,
        resolution=obstacles.resolution,
    )


def surface_barriers(obstacles: Obstacles) -> Barriers:
    """Lay out what shades ground and roofs: a roof is an inclined plane, on a box up to its lowest corner.

    Parameters
    ----------
    obstacles : Obstacles
    """
    roof, solid = obstacles.roof, obstacles.solid
    slope = np.where(roof, roof_slopes(solid, roof, obstacles.resolution), obstacles.slope)
    # a ridge is flat by its own heights, but its box would stand above the planes beside it
    steepness = np.where(roof, np.abs(slope), np.float32(0.0))
    for along in (steepness[0].T, steepness[1]):
        beside = along.copy()
        np.maximum(along[1:], beside[:-1], out=along[1:])
        np.maximum(along[:-1], beside[1:], out=along[:-1])
    drop = (steepness[0] + steepness[1]) * np.float32(obstacles.resolution / 2)
    return make_barriers(
        solid,
        slope,
        np.ones(roof.shape, np.bool_),
        wall=np.where(roof, solid - drop, np.float32(NOTHING)),
        plane=solid,
        slope=slope,
        top=obstacles.top,
        base=obstacles.base,
        clear=obstacles.transmissivity,
        resolution=obstacles.resolution,
    )


def stair_barriers(obstacles: Obstacles) -> Barriers:
    """Lay out what shades ground and roofs where every cell is a flat step, terrain as well.

    Parameters
    ----------
    obstacles : Obstacles
    """
    flat = np.zeros((2, *obstacles.solid.shape), np.float32)
    return make_barriers(
        obstacles.solid,
        flat,
        np.ones(obstacles.roof.shape, np.bool_),
        wall=obstacles.solid,
        plane=np.full_like(obstacles.solid, NOTHING),
        slope=flat,
        top=obstacles.top,
        base=obstacles.base,
        clear=obstacles.transmissivity,
        resolution=obstacles.resolution,
    )


def make_barriers(
    stand: Float32,
    lean: Float32,
    here: NDArray[np.bool_],
    *,
    wall: Float32,
    plane: Float32,
    slope: Float32,
    top: Float32,
    base: Float32,
    clear: Float32 | None,
    resolution: float,
) -> Barriers:
    """Lay out what shades.

    Parameters
    ----------
    stand, lean, here : array
        See `Barriers`.
    wall, plane : array (rows, columns)
        Elevations, `NOTHING` where there is none, m.
    slope : array (2, rows, columns)
        Of the planes.
    top, base : array (rows, columns)
        Of crowns; equal where there are none.
    clear : array (rows, columns), optional
        Share of light through crowns.
    resolution : float
        Cell size, m.
    """
    crown = top > base
    # a plane's highest corner, and more than all rounding, so that nothing is passed over that a kernel would meet
    tilt = np.abs(slope[0]) + np.abs(slope[1])
    summit = plane + np.where(tilt > 0, tilt * np.float32(resolution * 0.5001) + np.float32(1e-3), np.float32(0.0))
    summit = np.where(plane > NOTHING, summit, np.float32(NOTHING))
    highest = max(float(wall.max()), float(summit.max()), float(top.max(where=crown, initial=NOTHING)))
    flat = bool(summit.max() <= stand.min(where=here, initial=np.inf)) and not slope.any()
    layers = (bool((wall > NOTHING).any()), not flat, bool(crown.any()), clear is not None and bool(crown.any()))
    crowns = np.where(crown, top, np.float32(NOTHING)) if layers[2] else None
    return Barriers(
        stand=stand,
        lean=lean,
        level=not lean.any(),
        here=here,
        low=lowest_of_groups(stand, lean, here, resolution),
        wall=_padded(wall, NOTHING).ravel() if layers[0] else _NONE.ravel(),
        plane=np.stack([_padded(plane, NOTHING), _padded(slope[0], 0), _padded(slope[1], 0)]).reshape(3, -1)
        if layers[1]
        else np.zeros((3, 1), np.float32),
        top=_padded(crowns, NOTHING).ravel() if crowns is not None else _NONE.ravel(),
        base=_padded(base, 0).ravel() if layers[2] else _NONE.ravel(),
        clear=_padded(clear, np.nan).ravel() if clear is not None and layers[3] else _NONE.ravel(),
        high_wall=highest_nearby(_padded(wall, NOTHING)) if layers[0] else _NONE,
        high_plane=highest_nearby(_padded(summit, NOTHING)) if layers[1] else _NONE,
        high_crown=highest_nearby(_padded(crowns, NOTHING)) if crowns is not None else _NONE,
        highest=np.float32(highest),
        layers=layers,
    )


def roof_slopes(solid: Float32, roof: NDArray[np.bool_], resolution: float) -> Float32:
    """Return the slope of pitched roofs to the east and to the south, from their heights, m/m.

    Each cell takes the smaller of the two steps to its neighbours of the same direction on the roof, 0 on a ridge or
    where they disagree, so that dormers and steps stay what they are; at an eave there is one step only.

    Examples
    --------
    >>> height = np.array([[0, 3.0, 4.0, 5.0, 4.0, 0]], np.float32)
    >>> roof_slopes(height, height > 0, 2.0)[0].tolist()
    [[0.0, 0.5, 0.5, 0.0, -0.5, 0.0]]
    """
    slope = np.zeros((2, *solid.shape), np.float32)
    for direction, axis in ((0, 1), (1, 0)):
        if solid.shape[axis] < 2:
            continue
        height, covered = np.moveaxis(solid, axis, -1), np.moveaxis(roof, axis, -1)
        step = np.diff(height) / np.float32(resolution)
        step = np.where(covered[..., 1:] & covered[..., :-1] & (np.abs(step) <= STEEPEST_ROOF), step, np.nan)
        border = np.full((*step.shape[:-1], 1), np.nan, np.float32)
        before, after = np.concatenate([border, step], axis=-1), np.concatenate([step, border], axis=-1)
        both = np.where(before * after > 0, np.where(np.abs(before) < np.abs(after), before, after), np.float32(0.0))
        one = np.where(np.isnan(before), after, before)
        found = np.where(np.isnan(before) | np.isnan(after), one, both)
        slope[direction] = np.moveaxis(np.where(covered, np.nan_to_num(found), 0.0), -1, axis)
    return slope


def _width(columns: int) -> int:
    return -(-(columns + 2 * MARGIN_COLUMNS) // GROUP) * GROUP


def _padded(values: Float32, fill: float) -> Float32:
    rows, columns = values.shape
    out = np.full((rows + 2 * MARGIN_ROWS, _width(columns)), fill, np.float32)
    out[MARGIN_ROWS : MARGIN_ROWS + rows, MARGIN_COLUMNS : MARGIN_COLUMNS + columns] = values
    return out


def lowest_of_groups(stand: Float32, lean: Float32, here: NDArray[np.bool_], resolution: float) -> Float32:
    """Return the lowest that receivers may stand in groups of columns, see `Barriers`.

    Examples
    --------
    >>> ground = np.arange(20, dtype=np.float32)[None]
    >>> lowest_of_groups(ground, np.zeros((2, 1, 20), np.float32), ground > 3, 1.0).tolist()
    [[4.0, 16.0]]
    """
    tilt = np.abs(lean[0]) + np.abs(lean[1])
    least = stand - np.where(tilt > 0, tilt * np.float32(resolution * 0.5001) + np.float32(1e-3), np.float32(0.0))
    rows, columns = stand.shape
    out = np.full((rows, -(-columns // GROUP) * GROUP), np.inf, np.float32)
    out[:, :columns] = np.where(here, least, np.float32(np.inf))
    lowest: Float32 = out.reshape(rows, -1, GROUP).min(axis=2)
    return lowest


def highest_nearby(layer: Float32) -> Float32:
    """Highest value in `RUN` rows and the groups of columns that a chunk and a run touch, from each row and group."""
    groups: Float32 = layer.reshape(layer.shape[0], -1, GROUP).max(axis=2)
    wide = groups.copy()
    for shift in range(1, -(-(LANES + RUN - 1 + GROUP - 1) // GROUP)):
        np.maximum(wide[:, :-shift], groups[:, shift:], out=wide[:, :-shift])
    tall = wide.copy()
    for shift in range(1, RUN):
        np.maximum(tall[:-shift], wide[shift:], out=tall[:-shift])
    return tall
