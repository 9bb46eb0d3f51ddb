"""Which cells of an area a measure on the ground may touch, and the words for those it leaves out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from twin.errors import InputError
from twin.scenario.areas import Area, cells_inside, refuse_outside
from twin.scenario.measures.measure import ROOF, WATER, on_carriageway

if TYPE_CHECKING:
    from twin.city.city import City


@dataclass(frozen=True)
class GroundCells:
    """Cells of an area by what they are; every cell of the area is in one of the masks.

    free : (rows, columns) bool, ground that may be changed
    left_out : mask, English and German word of each kind of cell that may not
    geometry : the area in the city's CRS
    whole : the area lies on the grid wholly
    """

    free: NDArray[np.bool_]
    left_out: tuple[tuple[NDArray[np.bool_], str, str], ...]
    geometry: BaseGeometry
    whole: bool


def ground_cells(city: City, area: Area, what: str, *, roads: bool = False, water: bool = False) -> GroundCells:
    """Sort the cells of an area; roofs are never free, open roads and water only on request.

    Parameters
    ----------
    city : City
        Of which the ground is.
    area : Area
        In any CRS.
    what : str
        Name of the measure, for messages.
    roads, water : bool
        Whether roads open to traffic and water may be changed.

    Raises
    ------
    InputError
        If the area lies off the grid or holds no cell centre.

    Examples
    --------
    >>> from twin.scenario.areas import read_area
    >>> from twin.scenario.hamlet import LEFT, TOP, hamlet
    >>> cells = ground_cells(hamlet(), read_area((LEFT, TOP - 80, LEFT + 40, TOP - 20)), "irrigate")
    >>> int(cells.free.sum()), [word for mask, word, _ in cells.left_out if mask.any()]
    (104, ['roofs', 'roads open to traffic'])
    """
    spec, grid = city.spec, city.grid
    geometry = area.within(spec.crs)
    refuse_outside(geometry, spec, f"{what}: area")
    inside = cells_inside(geometry, spec)
    if not inside.any():
        raise InputError(
            f"{what}: the area ({geometry.area:.0f} m²) holds no cell centre of {spec.resolution:g} m cells; "
            "draw it larger or use a finer grid"
        )
    cover = grid["land_cover"].values
    roof = inside & ((cover == ROOF) | (grid["building_id"].values > 0))
    wet = inside & (cover == WATER) & ~roof & (not water)
    road = on_carriageway(city, inside & ~roof & ~wet) & (not roads)
    return GroundCells(
        free=inside & ~roof & ~wet & ~road,
        left_out=(
            (roof, "roofs", "Dächer"),
            (wet, "water", "Wasser"),
            (road, "roads open to traffic", "befahrene Straßen"),
        ),
        geometry=geometry,
        whole=bool(shapely.box(*spec.bounds).contains(geometry)),
    )


def notes_left_out(
    city: City, cells: GroundCells, *more: tuple[NDArray[np.bool_], str, str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Say in English and German how much of an area was left out, and why.

    Parameters
    ----------
    city : City
        Of which the ground is.
    cells : GroundCells
        From `ground_cells`.
    *more : (mask, str, str)
        Further cells left out, and the words for them.
    """
    from twin.compare.language import quantity

    notes, notes_de = [], []
    for mask, word, word_de in (*cells.left_out, *more):
        if size := int(mask.sum()) * city.spec.cell_area:
            notes.append(f"{quantity(size, 'm2')} left out: {word}")
            notes_de.append(f"{quantity(size, 'm2', 0, 'de')} ausgelassen: {word_de}")
    if not cells.whole:
        notes.append("a part of the area lies outside the grid")
        notes_de.append("ein Teil der Fläche liegt außerhalb des Rasters")
    return tuple(notes), tuple(notes_de)


def counted(cells: GroundCells) -> str:
    """Return how many cells of each kind were left out, for messages.

    Examples
    --------
    >>> counted(GroundCells(np.zeros(1, bool), ((np.ones(2, bool), "roofs", "Dächer"),), shapely.Point(), True))
    '2 roofs'
    """
    return ", ".join(f"{int(mask.sum())} {word}" for mask, word, _ in cells.left_out if mask.any()) or "none left out"
