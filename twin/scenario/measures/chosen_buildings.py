"""Which buildings a measure on roofs or facades means, and how much wall they have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

from twin.errors import InputError
from twin.scenario.areas import Area, cells_inside, refuse_outside

if TYPE_CHECKING:
    from twin.city.city import City


@dataclass(frozen=True)
class ChosenBuildings:
    """Buildings that a measure acts on.

    numbers : their building_id
    cells : (rows, columns) bool, theirs
    outlines : footprints in the city's CRS
    height : (buildings,) float, mean height of the cells of each above its ground, m
    """

    numbers: NDArray[np.int64]
    cells: NDArray[np.bool_]
    outlines: list[Any]
    height: NDArray[np.float64]


def check_choice(area: Area | None, buildings: Sequence[int] | None, what: str) -> tuple[int, ...] | None:
    """Return building numbers after checking that there is an area, or numbers, but not both.

    Examples
    --------
    >>> check_choice(None, [4, 3, 4], "green_roof")
    (3, 4)
    """
    if (area is None) == (buildings is None):
        raise InputError(f"{what} needs either area= or buildings= (their numbers), one of the two")
    if buildings is None:
        return None
    numbers = [buildings] if isinstance(buildings, (int, np.integer)) else list(buildings)
    if not numbers or not all(isinstance(n, (int, np.integer)) and not isinstance(n, bool) and n > 0 for n in numbers):
        raise InputError(f"{what}: buildings is {buildings!r}; give numbers of buildings (building_id), from 1")
    return tuple(sorted({int(number) for number in numbers}))


def choose_buildings(city: City, area: Area | None, numbers: Sequence[int] | None, what: str) -> ChosenBuildings:
    """Return the buildings given by number, or those of which more than half lies in the area.

    Parameters
    ----------
    city : City
        Where they stand.
    area : Area or None
        Around them.
    numbers : sequence of int or None
        Their building_id.
    what : str
        Name of the measure, for messages.

    Raises
    ------
    InputError
        If the area lies off the grid, no building lies in it, or a number is not on the grid.

    Examples
    --------
    >>> from twin.scenario.hamlet import hamlet
    >>> choose_buildings(hamlet(), None, [2], "green_roof").height.round(1)
    array([10.])
    """
    grid = city.grid
    ids = grid["building_id"].values
    sizes = np.bincount(ids[ids > 0])
    if area is not None:
        geometry = area.within(city.spec.crs)
        refuse_outside(geometry, city.spec, f"{what}: area")
        within = np.bincount(ids[cells_inside(geometry, city.spec) & (ids > 0)], minlength=len(sizes))
        chosen = np.flatnonzero(within > 0.5 * sizes)
        if len(chosen) == 0:
            raise InputError(
                f"{what}: no building lies in the area ({geometry.area:.0f} m²) with more than half of its cells; "
                "draw it around the buildings, or give their numbers"
            )
    else:
        chosen = np.asarray(numbers, np.int64)
        stray = [int(number) for number in chosen if number >= len(sizes) or sizes[number] == 0]
        if stray:
            raise InputError(f"{what}: there is no building {stray[0]} on the grid; see building_id and city.buildings")
    cells = np.isin(ids, chosen)
    rise = np.maximum(grid["surface_elevation"].values - grid["ground_elevation"].values, 0.0)[cells]
    known = np.isfinite(rise)
    place = np.searchsorted(chosen, ids[cells])
    total = np.bincount(place[known], rise[known], len(chosen))
    height = total / np.maximum(np.bincount(place[known], minlength=len(chosen)), 1)
    return ChosenBuildings(chosen.astype(np.int64), cells, list(city.buildings.geometry.loc[chosen]), height)


def wall_area(city: City, chosen: ChosenBuildings) -> NDArray[np.float64]:
    """Return the area of the outer walls of each building, m2: length of its outline beside no other, times its height.

    Parameters
    ----------
    city : City
        With all footprints: walls shared with a neighbour are no facade.
    chosen : ChosenBuildings
        From `choose_buildings`.

    Examples
    --------
    >>> from twin.scenario.hamlet import hamlet
    >>> wall_area(hamlet(), choose_buildings(hamlet(), None, [2], "facade_greening")).round()  # 72 m around, 10 m high
    array([720.])
    """
    shapes = np.asarray(city.buildings.geometry.values, dtype=object)
    tree = shapely.STRtree(shapes)
    areas = np.zeros(len(chosen.numbers))
    rows = city.buildings.index.get_indexer(chosen.numbers)
    for place, row in enumerate(rows):
        edge = shapely.boundary(shapes[row])
        near = [other for other in tree.query(shapely.buffer(edge, _GAP), predicate="intersects") if other != row]
        shared = shapely.buffer(shapely.union_all(shapes[near]), _GAP) if near else shapely.Polygon()
        areas[place] = shapely.length(shapely.difference(edge, shared)) * chosen.height[place]
    return areas


_GAP = 0.2  # m: outlines of row houses miss each other by so much
