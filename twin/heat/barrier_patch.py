"""What shades open ground, after a change: only the part around it is laid out anew, see `twin.heat.shade_layers`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.heat.obstacles import Obstacles
from twin.heat.shade_layers import NOTHING, Barriers, highest_nearby, lowest_of_groups
from twin.heat.window import Window

Float32 = NDArray[np.float32]

KEPT = {"slack": ("slope",), "lowest": ("ground",), "highest": ("solid", "top")}
"""What obstacles have worked out of themselves, and the fields that it stays true for."""


def keep_what_holds(before: Obstacles, after: Obstacles, local: Window) -> None:
    """Hand what obstacles have worked out of themselves on to changed ones, as far as it holds or can be patched.

    Parameters
    ----------
    before, after : Obstacles
        Of the whole grid; fields that were not changed are the same arrays.
    local : Window
        Holds all changes.
    """
    for name, sources in KEPT.items():
        if name in before.__dict__ and all(getattr(before, key) is getattr(after, key) for key in sources):
            after.__dict__[name] = before.__dict__[name]
    if "barriers" in before.__dict__:
        patched = patch_barriers(before.barriers, before, after, local)
        if patched is not None:
            after.__dict__["barriers"] = patched


def patch_barriers(barriers: Barriers, before: Obstacles, after: Obstacles, local: Window) -> Barriers | None:
    """Return the barriers of changed obstacles; None if there are kinds of them that were not there before.

    Parameters
    ----------
    barriers : Barriers
        Of the ground before.
    before, after : Obstacles
    local : Window
        Holds all changes.
    """
    roof, solid = local.of(after.roof), local.of(after.solid)
    top, base = local.of(after.top), local.of(after.base)
    crown = top > base
    clear = after.transmissivity
    wall = np.where(roof, solid, np.float32(NOTHING))
    plane = np.where(roof, np.float32(NOTHING), solid)
    slope = np.where(roof, np.float32(0.0), local.of(after.slope))
    summit = _summit(plane, slope, after.resolution)
    walls, planes, crowns, clears = barriers.layers
    missing = (
        (bool((wall > NOTHING).any()) and not walls)
        or (not planes and bool(slope.any() or summit.max() > after.lowest))
        or (bool(crown.any()) and not crowns)
        or (clear is not None) != clears
    )
    if missing:
        return None
    stride, resolution = barriers.stride, after.resolution
    made: dict[str, Any] = {"stand": after.ground, "lean": after.slope, "level": not after.slope.any()}
    if any(getattr(before, key) is not getattr(after, key) for key in ("solid", "roof", "slope")):
        made["here"] = ~after.roof
        made["low"] = lowest_of_groups(after.ground, after.slope, made["here"], resolution)
        if walls:
            made["wall"], made["high_wall"] = _patched(barriers.wall, barriers.high_wall, stride, wall, local)
        if planes:
            layers = [
                _with(layer, stride, values, local)
                for layer, values in zip(barriers.plane, (plane, *slope), strict=True)
            ]
            made["plane"] = np.stack(layers).reshape(3, -1)
            # summits are kept as their maxima only: they are made again for the rows that see them
            rows = _rows(local, len(layers[0]))
            part = _summit(layers[0][rows], np.stack([layers[1][rows], layers[2][rows]]), resolution)
            made["high_plane"] = _higher(barriers.high_plane, part, rows, local)
    if crowns and any(getattr(before, key) is not getattr(after, key) for key in ("top", "base")):
        values = np.where(crown, top, np.float32(NOTHING))
        made["top"], made["high_crown"] = _patched(barriers.top, barriers.high_crown, stride, values, local)
        made["base"] = _with(barriers.base, stride, base, local).ravel()
    if clear is not None and before.transmissivity is not clear:
        made["clear"] = _with(barriers.clear, stride, local.of(clear), local).ravel()
    highest = max(float(barriers.highest), float(wall.max()), float(summit.max()), float(top.max()))
    return replace(barriers, highest=np.float32(highest), **made)


def _summit(plane: Float32, slope: Float32, resolution: float) -> Float32:
    """Return the highest corner of planes and more than all rounding, as `shade_layers.make_barriers` does."""
    tilt = np.abs(slope[0]) + np.abs(slope[1])
    summit = plane + np.where(tilt > 0, tilt * np.float32(resolution * 0.5001) + np.float32(1e-3), np.float32(0.0))
    return np.where(plane > NOTHING, summit, np.float32(NOTHING))


def _with(layer: Float32, stride: int, values: Float32, local: Window) -> Float32:
    """Return a copy of a layer with its margin, (rows, columns), with other values in a window."""
    from twin.heat.shade_kernels import MARGIN_COLUMNS, MARGIN_ROWS

    wide = layer.reshape(-1, stride).copy()
    inner = Window(local.row + MARGIN_ROWS, local.column + MARGIN_COLUMNS, local.rows, local.columns)
    inner.of(wide)[...] = values
    return wide


def _patched(layer: Float32, high: Float32, stride: int, values: Float32, local: Window) -> tuple[Float32, Float32]:
    """Return a layer and what is highest in its neighbourhoods, with other values in a window."""
    wide = _with(layer, stride, values, local)
    rows = _rows(local, len(wide))
    return wide.ravel(), _higher(high, wide[rows], rows, local)


def _rows(local: Window, count: int) -> slice:
    """Return the rows of a layer that see a window, and those that these see."""
    from twin.heat.shade_kernels import MARGIN_ROWS, RUN

    first = local.row + MARGIN_ROWS - (RUN - 1)
    return slice(max(first, 0), min(local.row + MARGIN_ROWS + local.rows + RUN - 1, count))


def _higher(high: Float32, part: Float32, rows: slice, local: Window) -> Float32:
    from twin.heat.shade_kernels import MARGIN_ROWS

    made = high.copy()
    end = local.row + MARGIN_ROWS + local.rows
    made[rows.start : end] = highest_nearby(part)[: end - rows.start]
    return made
