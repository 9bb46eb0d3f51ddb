"""Which cells a change of the city can reach: by what they see, by the sun's beam, by the ground they stand on.

Every test errs on the side of too many cells: a cell that is not named has, to the bit, the results it had.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.heat.day import Day
from twin.heat.distant import BLOCK, REACH, Distant
from twin.heat.obstacles import Obstacles
from twin.heat.plates import widened
from twin.heat.radiation import RECEIVERS
from twin.heat.radiation_tables import footprint
from twin.heat.shade import sunlight
from twin.heat.window import Window, global_origin

Float32 = NDArray[np.float32]
Mask = NDArray[np.bool_]

TILE = 8
"""Changes are told apart by squares of so many cells."""

YARD = 96
"""How far around a change walls that enclose it are looked for, in cells."""


@dataclass(frozen=True)
class Relief:
    """Lowest ground of squares of cells, and what the highest is above it, m; both (rows, columns) of squares."""

    low: Float32
    spread: Float32


def relief_of(ground: Float32) -> Relief:
    """Take the lowest and the highest ground of every square of cells.

    Parameters
    ----------
    ground : array (rows, columns)
        Elevation, m.

    Examples
    --------
    >>> relief = relief_of(np.arange(18, dtype=np.float32).reshape(2, 9))
    >>> relief.low.tolist(), relief.spread.tolist()
    ([[0.0, 8.0]], [[16.0, 9.0]])
    """
    from twin.heat.influence_kernels import SIDE

    rows, columns = (np.arange(0, size, SIDE) for size in ground.shape)
    low = np.minimum.reduceat(np.minimum.reduceat(ground, rows, axis=0), columns, axis=1)
    high = np.maximum.reduceat(np.maximum.reduceat(ground, rows, axis=0), columns, axis=1)
    return Relief(low, high - low)


def rectangles(
    changed: Mask, height: Float32, corner: tuple[int, int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Put changed cells into rectangles with the highest thing in each; the first holds all.

    Parameters
    ----------
    changed : array of bool (rows, columns)
        Of a part of the grid; at least one.
    height : array (rows, columns)
        Elevation of the highest thing of the kind that was changed, before or after, m.
    corner : tuple of int
        Row and column of the part in the grid.

    Returns
    -------
    boxes : array (m, 4)
        Rows from, to, columns from, to.
    tops : array (m,)
        m

    Examples
    --------
    >>> changed = np.zeros((40, 40), bool)
    >>> changed[3, 4] = changed[30, 4] = True
    >>> boxes, tops = rectangles(changed, np.full((40, 40), 9, np.float32), (100, 0))
    >>> boxes.tolist(), tops.tolist()
    ([[103.0, 131.0, 4.0, 5.0], [103.0, 104.0, 4.0, 5.0], [130.0, 131.0, 4.0, 5.0]], [9.0, 9.0, 9.0])
    """
    around = 4  # what lies this near may be put together with a change, see block_kernels
    boxes, tops = [], []
    for row in range(0, changed.shape[0], TILE):
        for column in range(0, changed.shape[1], TILE):
            part = changed[row : row + TILE, column : column + TILE]
            if not part.any():
                continue
            i, j = np.nonzero(part)
            box = (row + i.min(), row + i.max() + 1, column + j.min(), column + j.max() + 1)
            near = height[max(box[0] - around, 0) : box[1] + around, max(box[2] - around, 0) : box[3] + around]
            boxes.append([corner[0] + box[0], corner[0] + box[1], corner[1] + box[2], corner[1] + box[3]])
            tops.append(float(near.max()))
    every = np.array(boxes, np.float64)
    all_of_them = [every[:, 0].min(), every[:, 1].max(), every[:, 2].min(), every[:, 3].max()]
    return np.vstack([all_of_them, every]), np.array([max(tops), *tops])


def viewers(
    boxes: NDArray[np.float64],
    tops: NDArray[np.float64],
    *,
    horizon: NDArray[np.uint8],
    roof: Mask,
    relief: Relief,
    resolution: float,
    solid: bool,
    origin: tuple[int, int],
) -> tuple[Window, Mask]:
    """Find the cells that may see what was changed.

    Parameters
    ----------
    boxes, tops : array
        See `rectangles`.
    horizon : array (n, rows, columns)
        Of every cell of the grid before the change.
    roof : array of bool (rows, columns)
        Where nobody stands.
    relief : Relief
    resolution : float
        Cell size, m.
    solid : bool
        Whether ground or buildings were changed, or crowns alone.
    origin : tuple of int
        Global row and column of the grid's first cell.

    Returns
    -------
    window : Window
        Within reach of the changes, in the grid.
    marked : array of bool
        Of the window's size.
    """
    from scipy.ndimage import maximum_filter, minimum_filter

    from twin.heat import influence_kernels as loops

    rows, columns = roof.shape
    low, high = relief.low, relief.low + relief.spread
    if origin[0] % loops.SIDE or origin[1] % loops.SIDE:
        # blocks of the views do not lie on these squares, they reach into their neighbours
        low, high = minimum_filter(low, 3, mode="nearest"), maximum_filter(high, 3, mode="nearest")
    around = REACH + 24
    if not solid:
        tangent = np.sqrt(loops.FAINT / (1.0 - loops.FAINT))
        around = min(around, int(max(tops[0] - low.min(), 0.0) / (tangent * resolution)) + 24)
    first = max(int(boxes[0, 0]) - around, 0), max(int(boxes[0, 2]) - around, 0)
    last = min(int(boxes[0, 1]) + around, rows), min(int(boxes[0, 3]) + around, columns)
    window = Window(*first, last[0] - first[0], last[1] - first[1])
    marked = np.zeros((window.rows, window.columns), np.bool_)
    loops.mark_viewers(
        horizon,
        roof,
        low,
        high - low,
        boxes,
        tops,
        resolution,
        float(REACH),
        solid,
        np.array(origin, np.int64),
        window.row,
        window.column,
        marked,
    )
    return window, marked


def beams(
    day: Day,
    before: Obstacles,
    after: Obstacles,
    distant: Distant | None,
    box: Window,
    top: float,
    lowest: float,
    marked: Mask,
) -> None:
    """Mark the cells within reach to which another share of the sun's beam comes, by following both beams.

    Cells that are marked already are not looked at, nor those that walls as high as the change part from it.

    Parameters
    ----------
    day : Day
    before, after : Obstacles
        Of the whole grid.
    distant : Distant
        What stands beyond reach; beams are not followed farther.
    box : Window
        Holds all changes.
    top, lowest : float
        Elevation of the highest changed thing and of the lowest ground, m.
    marked : array of bool (rows, columns)
        Of the whole grid; cells are added.
    """
    forcing = day.forcing
    around = widened(box, YARD, day.spec.shape)
    roof = before.roof & after.roof
    walls = around.of(roof) & (np.minimum(around.of(before.solid), around.of(after.solid)) >= top + 0.1)
    inside = enclosed(walls, around, box, day.spec.shape)
    if inside is None:
        open_cells = ~roof
    else:
        open_cells = np.zeros_like(roof)
        around.of(open_cells)[...] = inside & ~around.of(roof)
    for n in range(day.steps):
        for altitude, azimuth, weight in zip(forcing.altitude[n], forcing.azimuth[n], forcing.weight[n], strict=True):
            if weight <= 0:
                continue
            shadow = shadow_of(box, top - lowest, float(altitude), float(azimuth), day.spec.resolution, marked.shape)
            left = tight(shadow.of(open_cells) & ~shadow.of(marked))
            if left is None:
                continue
            part = Window(shadow.row + left.row, shadow.column + left.column, left.rows, left.columns)
            old, new = (
                sunlight(
                    obstacles,
                    altitude=float(altitude),
                    azimuth=float(azimuth),
                    canopy_transmissivity=day.canopy_transmissivity,
                    window=part,
                    distant=distant,
                )
                for obstacles in (before, after)
            )
            here = part.of(marked)
            here |= old != new


def enclosed(walls: Mask, part: Window, box: Window, shape: tuple[int, int]) -> Mask | None:
    """Return the cells of a part of the grid that no wall parts from a box; None where they reach beyond the part.

    A straight line from elsewhere into these cells crosses a wall, at its side or its corner.

    Parameters
    ----------
    walls : array of bool (rows, columns)
        Of the part.
    part, box : Window
        In the grid.
    shape : tuple of int
        Rows and columns of the grid.

    Examples
    --------
    >>> walls = np.zeros((5, 5), bool)
    >>> walls[1:4, 1:4] = True
    >>> walls[2, 2] = False
    >>> int(enclosed(walls, Window(0, 0, 5, 5), Window(2, 2, 1, 1), (90, 90)).sum())
    1
    >>> walls[1, 1] = False
    >>> enclosed(walls, Window(4, 4, 5, 5), Window(6, 6, 1, 1), (90, 90)) is None
    True
    """
    from scipy.ndimage import label

    free = ~walls
    begin = box.row - part.row, box.column - part.column
    free[begin[0] : begin[0] + box.rows, begin[1] : begin[1] + box.columns] = True
    names, _ = label(free, np.ones((3, 3)))
    inside: Mask = names == names[begin]
    leaves = (
        (part.row > 0 and inside[0].any())
        or (part.column > 0 and inside[:, 0].any())
        or (part.row + part.rows < shape[0] and inside[-1].any())
        or (part.column + part.columns < shape[1] and inside[:, -1].any())
    )
    return None if leaves else inside


def standing_near(day: Day, marked: Mask, roof: Mask) -> Mask:
    """Mark the open cells that are marked, or whose ground nearby, as far as it counts for a person there, is.

    Parameters
    ----------
    day : Day
    marked, roof : array of bool (rows, columns)
        Of the whole grid; roof before and after the change.
    """
    from twin.heat import influence_kernels as loops

    near = np.zeros_like(marked)
    held = tight(marked)
    if held is None:
        return near
    part = widened(held, day.margin, (marked.shape[0], marked.shape[1]))
    points = footprint(RECEIVERS[day.forcing.receiver], day.forcing.resolution)
    loops.mark_standing_near(
        marked, roof, points.row, points.column, points.rings, part.row, part.column, part.of(near)
    )
    return near


def far_changes(day: Day, before: Distant, after: Distant, marked: Mask) -> None:
    """Mark the cells that see another distant skyline, or get another beam past it.

    Parameters
    ----------
    day : Day
    before, after : Distant
    marked : array of bool (rows, columns)
        Of the whole grid; cells are added.
    """
    if np.array_equal(before.heights, after.heights):
        return
    origin = global_origin(day.spec)
    pairs = (before.skyline != after.skyline).any(axis=(0, 1))
    _mark_blocks(marked, pairs, 2 * BLOCK, before.corner, origin)
    up = day.forcing.weight > 0
    for altitude, azimuth in zip(day.forcing.altitude[up], day.forcing.azimuth[up], strict=True):
        old, new = (one.beam(float(altitude), float(azimuth)) for one in (before, after))
        _mark_blocks(marked, old != new, BLOCK, before.origin, origin)


def _mark_blocks(marked: Mask, blocks: Mask, size: int, first: tuple[int, int], origin: tuple[int, int]) -> None:
    """Mark the cells of blocks and of those beside them, between which is interpolated."""
    for row, column in np.argwhere(blocks):
        begin = [(first[k] + n - 1) * size - origin[k] for k, n in ((0, row), (1, column))]
        marked[max(begin[0], 0) : max(begin[0] + 3 * size, 0), max(begin[1], 0) : max(begin[1] + 3 * size, 0)] = True


def shadow_of(
    box: Window, height: float, altitude: float, azimuth: float, resolution: float, shape: tuple[int, int]
) -> Window:
    """Return the window that holds the shadows of everything in a box.

    Parameters
    ----------
    box : Window
        In the grid.
    height : float
        Of the highest thing above the lowest ground, m.
    altitude, azimuth : float
        Of the sun, degrees.
    resolution : float
        Cell size, m.
    shape : tuple
        Rows and columns of the grid.

    Examples
    --------
    >>> shadow_of(Window(20, 20, 1, 1), 9.5, 45.0, 180.0, 1.0, (50, 50))
    Window(row=8, column=18, rows=15, columns=5)
    """
    length = max(height, 0.0) / (resolution * np.tan(np.radians(altitude)))
    length = min(length, float(REACH) + 1.0)
    south, east = length * np.cos(np.radians(azimuth)), -length * np.sin(np.radians(azimuth))  # away from the sun
    row = int(np.floor(box.row + min(south, 0.0))) - 2
    column = int(np.floor(box.column + min(east, 0.0))) - 2
    end = (
        int(np.ceil(box.row + box.rows + max(south, 0.0))) + 2,
        int(np.ceil(box.column + box.columns + max(east, 0.0))) + 2,
    )
    row, column = max(row, 0), max(column, 0)
    return Window(row, column, min(end[0], shape[0]) - row, min(end[1], shape[1]) - column)


def covering(marked: Mask, margin: int) -> list[Window]:
    """Cover marked cells by windows, few and small: what a window costs counts with its margin and a constant.

    Parameters
    ----------
    marked : array of bool (rows, columns)
    margin : int
        Cells around a window that are computed with it.

    Examples
    --------
    >>> marked = np.zeros((300, 300), bool)
    >>> marked[2, 2] = marked[290, 280:284] = True
    >>> covering(marked, 11)
    [Window(row=2, column=2, rows=1, columns=1), Window(row=290, column=280, rows=1, columns=4)]
    """
    held = tight(marked)
    return [] if held is None else _split(marked, held, margin)


def tight(marked: Mask) -> Window | None:
    """Return the smallest window around marked cells; None if there are none.

    Examples
    --------
    >>> tight(np.eye(4, dtype=bool)[:, 1:])
    Window(row=1, column=0, rows=3, columns=3)
    """
    rows = np.flatnonzero(marked.any(axis=1))
    if not len(rows):
        return None
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    columns = np.flatnonzero(marked[top:bottom].any(axis=0))
    left, right = int(columns[0]), int(columns[-1]) + 1
    return Window(top, left, bottom - top, right - left)


CALL = 8000.0
"""What a window costs by itself, in cells: tables and calls."""


def _cost(window: Window, margin: int) -> float:
    return CALL + (window.rows + 2 * margin) * (window.columns + 2 * margin)


def _split(marked: Mask, window: Window, margin: int) -> list[Window]:
    """Divide a window where that saves work; its four sides touch marked cells."""
    part = window.of(marked)
    best, chosen = _cost(window, margin), None
    for axis, size in ((0, window.rows), (1, window.columns)):
        for cut in range(8, size - 7, max(size // 16, 8)):
            halves = [_tight(part, window, axis, 0, cut), _tight(part, window, axis, cut, size)]
            cost = sum(_cost(half, margin) for half in halves if half is not None)
            if cost < best:
                best, chosen = cost, halves
    if chosen is None:
        return [window]
    return [piece for half in chosen if half is not None for piece in _split(marked, half, margin)]


def _tight(part: Mask, window: Window, axis: int, begin: int, end: int) -> Window | None:
    """Return the smallest window around the marked cells of a slab."""
    held = tight(part[begin:end] if axis == 0 else part[:, begin:end])
    if held is None:
        return None
    row, column = (begin, 0) if axis == 0 else (0, begin)
    return Window(window.row + row + held.row, window.column + column + held.column, held.rows, held.columns)
