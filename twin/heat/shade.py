"""Whether the sun reaches a place: its beam followed exactly through ground, roofs and crowns.

A beam is a straight line at the sun's true azimuth through the cells it crosses: walls stand at the edges of their
cells, ground is an inclined plane within each cell, a crown is the box between its base and its top. Heights are
compared in single precision: a receiver lies in shade where (elevation - receiver) exceeds the rise of the beam.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from twin.errors import InputError
from twin.heat.distant import BLOCK, Distant
from twin.heat.obstacles import Obstacles
from twin.heat.shade_layers import Barriers
from twin.heat.shade_lines import Line, centre_line, exact_line
from twin.heat.window import Window, whole

CANOPY_TRANSMISSIVITY = 0.04
"""Share of direct sun through a crown in leaf: J. Konarska et al. (2014), Theor. Appl. Climatol. 117, measured 0.013 to
0.053 below single trees in Göteborg. Without leaves 0.4 to 0.52."""

LARGEST_OFFSET = 0.4999
"""Receivers stand within their cell, not on its edge."""

Float32 = NDArray[np.float32]
_LEVEL = np.zeros((2, 0, 0), np.float32)
Receivers = Literal["ground", "surface"]
Walls = Literal["edges", "centres"]


def sunlight(
    obstacles: Obstacles,
    *,
    altitude: float,
    azimuth: float,
    canopy_transmissivity: float = CANOPY_TRANSMISSIVITY,
    weight: float = 1.0,
    add_to: Float32 | None = None,
    window: Window | None = None,
    receivers: Receivers = "ground",
    position: tuple[float, float] = (0.0, 0.0),
    distant: Distant | None = None,
    walls: Walls = "edges",
) -> Float32:
    """Compute the share of the sun's beam that reaches every cell.

    Parameters
    ----------
    obstacles : Obstacles
    altitude, azimuth : float
        Of the sun, degrees; azimuth clockwise from grid north. At or below the horizon nothing arrives.
    canopy_transmissivity : float
        Share of a beam left behind crowns, 0 to 1, where the obstacles do not say otherwise; of several crowns the
        darkest counts.
    weight, add_to : float, array, optional
        Adds the weighted share to an array of the window's size, for means over several positions of the sun.
    window : Window, optional
        Receivers; all of the grid if not given.
    receivers : str
        ``"ground"``: open ground. ``"surface"``: roofs as well, at the elevation of the roof; the slope of pitched
        roofs is taken from their heights, and a roof is an inclined plane on a wall.
    position : tuple of float
        Where receivers stand, from their cell's centre, shares of a cell to the east and to the south, within -0.4999
        to 0.4999. See `sample_positions`.
    distant : Distant, optional
        What stands beyond `REACH`; cells are followed only so far then. Without it they are followed to the border.

    walls : str
        ``"edges"``: as said above. ``"centres"``: for comparison with programs that shift whole grids (Ratti and
        Richens 2004; Lindberg and Grimmond 2011): from cell centre to the nearest cell centre at every step, with walls
        at the centres, flat cells, roofs at their height as the receivers they are there.

    Returns
    -------
    array (rows, columns)
        Of the window; 0 to 1 (times `weight`); 0 on roofs where they are no receivers.

    Raises
    ------
    InputError
        If an option is unknown or out of range.

    References
    ----------
    F. Lindberg, C. S. B. Grimmond (2011): The influence of vegetation and building morphology on shadow patterns and
    mean radiant temperatures in urban areas. Theoretical and Applied Climatology 105, 311-323.
    C. Ratti, P. Richens (2004): Raster analysis of urban form. Environment and Planning B 31, 297-309.

    Examples
    --------
    A house of 6 m in the south of a row of cells of 2 m:

    >>> from twin.heat.obstacles import make_obstacles
    >>> height = np.array([[0, 0, 0, 0, 0, 6.0]]).T
    >>> obstacles = make_obstacles(0 * height, height, height > 0, resolution=2.0)
    >>> sunlight(obstacles, altitude=45, azimuth=180)[:, 0].tolist()
    [1.0, 1.0, 0.0, 0.0, 0.0, 0.0]
    >>> sunlight(obstacles, altitude=45, azimuth=180, receivers="surface")[-1, 0].item()
    1.0
    """
    _check(receivers, walls, position, canopy_transmissivity)
    part = whole(obstacles.ground.shape) if window is None else window
    share = np.zeros((part.rows, part.columns), dtype=np.float32) if add_to is None else add_to
    if altitude <= 0:
        return share
    bounded = distant is not None
    if walls == "centres":
        barriers = obstacles.stair_barriers
        line = centre_line(obstacles, barriers, altitude=altitude, azimuth=azimuth, bounded=bounded)
    else:
        barriers = obstacles.barriers if receivers == "ground" else obstacles.surface_barriers
        line = exact_line(obstacles, barriers, altitude=altitude, azimuth=azimuth, position=position, bounded=bounded)
    here = ~obstacles.roof if walls == "centres" and receivers == "ground" else barriers.here
    beyond = np.zeros((0, 0), np.float32) if distant is None else distant.beam(altitude, azimuth)
    first = (0, 0) if distant is None else distant.origin
    row = obstacles.origin[0] + part.row - BLOCK * first[0]
    column = obstacles.origin[1] + part.column - BLOCK * first[1]
    _follow(
        barriers,
        line,
        here,
        part,
        np.array(position, np.float32) * np.float32(obstacles.resolution),
        (canopy_transmissivity, weight),
        (beyond, row, column),
        share,
    )
    return share


def sample_positions(count: int) -> NDArray[np.float64]:
    """Return places within a cell for several positions of the sun, so that shadows come in parts of cells.

    One place for each sample of a step: the cell's area and the step's time are then sampled together, and the mean
    over the samples tends to the share of area and time that is lit, at no more cost than with receivers at the centre.
    From 5 samples on it is nearer to that share than centres are. The cell is cut into as many columns and rows as
    there are samples, each taken once, in the order of the sequence R2 (multiples of 1/g and 1/g2, where g3 = g + 1).

    Parameters
    ----------
    count : int
        How many, at least 1.

    Returns
    -------
    array (count, 2)
        Shares of a cell to the east and to the south of the centre, within -0.5 and 0.5.

    Raises
    ------
    InputError
        If `count` is less than 1.

    Examples
    --------
    >>> sample_positions(1).tolist()
    [[0.0, 0.0]]
    >>> sample_positions(4).tolist()
    [[-0.375, 0.125], [0.375, -0.375], [0.125, 0.375], [-0.125, -0.125]]
    """
    if count < 1:
        raise InputError(f"count is {count!r}; at least one position is needed")
    plastic = 1.32471795724474602596
    sequence = np.outer(np.arange(8, count + 8), (1 / plastic, 1 / plastic**2)) % 1.0
    order = np.argsort(np.argsort(sequence, axis=0), axis=0)
    return np.asarray((order + 0.5) / count - 0.5, np.float64)


def _check(receivers: str, walls: str, position: tuple[float, float], transmissivity: float) -> None:
    if receivers not in ("ground", "surface"):
        raise InputError(f"receivers is {receivers!r}; it must be 'ground' or 'surface'")
    if walls not in ("edges", "centres"):
        raise InputError(f"walls is {walls!r}; it must be 'edges' or 'centres'")
    if not max(abs(position[0]), abs(position[1])) <= LARGEST_OFFSET:
        raise InputError(f"position is {position}; receivers stand within {LARGEST_OFFSET} cells of the centre")
    if walls == "centres" and any(position):
        raise InputError(f"position is {position}; with walls at centres receivers stand there as well")
    if not 0 <= transmissivity <= 1:
        raise InputError(f"canopy_transmissivity is {transmissivity!r}; it must lie within 0 to 1")


def _follow(
    barriers: Barriers,
    line: Line,
    here: NDArray[np.bool_],
    part: Window,
    offset: Float32,
    light: tuple[float, float],
    beyond: tuple[Float32, int, int],
    share: Float32,
) -> None:
    from twin.heat import shade_kernels as kernels

    kernels.add_sunlight(
        barriers.stand,
        _LEVEL if barriers.level else barriers.lean,
        here,
        barriers.low,
        barriers.wall,
        barriers.plane,
        barriers.top,
        barriers.base,
        barriers.clear,
        barriers.high_wall,
        barriers.high_plane,
        barriers.high_crown,
        barriers.highest,
        barriers.layers,
        part.row,
        part.column,
        barriers.stride,
        offset[0],
        offset[1],
        line.skip,
        line.enter,
        line.middle,
        line.near,
        line.far,
        line.east,
        line.south,
        line.extent,
        np.float32(light[0]),
        np.float32(light[1]),
        *beyond,
        share,
    )
