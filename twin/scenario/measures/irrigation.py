"""Watering: ground that stays wet evaporates as much as the sun allows. It changes nothing for the flood model.

A rain that meets watered ground finds less room in it; the infiltration of the table is that of ground at field
capacity already, so that nothing is taken off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from twin.city.city import City
from twin.errors import InputError
from twin.scenario.areas import Area, AreaLike, read_area
from twin.scenario.measures.ground import counted, ground_cells, notes_left_out
from twin.scenario.measures.measure import check_cost, check_share, footprint, present, set_variables

if TYPE_CHECKING:
    from twin.compare.variant import MeasureRecord

ALL_SEALED = 0.999


@dataclass(frozen=True)
class Irrigate:
    """Ground that is watered, see `irrigate`."""

    area: Area
    wetness: float
    cost: float | None = None
    kind: ClassVar[str] = "irrigate"

    def apply(self, city: City) -> tuple[City, MeasureRecord]:
        """Return the city with the ground wet, and the record of what was left out.

        Raises
        ------
        InputError
            If the area lies off the grid or holds no open ground.
        """
        from twin.compare.language import quantity
        from twin.compare.variant import MeasureRecord

        grid = city.grid
        cells = ground_cells(city, self.area, self.kind)
        sealed = cells.free & (grid["sealed_fraction"].values >= ALL_SEALED)
        wet = cells.free & ~sealed
        if not wet.any():
            raise InputError(
                f"irrigate: the area holds no open ground ({counted(cells)}, {int(sealed.sum())} sealed); "
                "unseal it first, or draw it on green"
            )
        before = present(grid, "soil_wetness")
        notes, notes_de = notes_left_out(city, cells, (sealed, "sealed", "versiegelt"))
        size = float(wet.sum() * city.spec.cell_area)
        record = MeasureRecord(
            kind=self.kind,
            title_en=f"{quantity(size, 'm2')} watered",
            title_de=f"{quantity(size, 'm2', 0, 'de')} bewässert",
            footprint=footprint(city, [cells.geometry]),
            changes=("soil_wetness",),
            cost=self.cost,
            notes=(*notes, "how much water that takes is not computed"),
            notes_de=(*notes_de, "wie viel Wasser das braucht, wird nicht berechnet"),
        )
        grid = set_variables(grid, {"soil_wetness": np.where(wet, self.wetness, before)})
        return city.with_changes(grid=grid), record


def irrigate(area: AreaLike, *, wetness: float = 1.0, cost: float | None = None) -> Irrigate:
    """Water open ground so that it does not dry out.

    Parameters
    ----------
    area : polygon in any form
        Where. Roofs, water, roads open to traffic and ground sealed wholly are left as they are.
    wetness : float
        From 0, dry, to 1, wet: evaporation limited by the sun only.
    cost : float, optional
        Cost of the measure in euro.

    Returns
    -------
    Irrigate

    Raises
    ------
    InputError
        If a value is out of range.

    Examples
    --------
    >>> from twin.scenario.hamlet import LEFT, TOP, hamlet
    >>> irrigate((LEFT, TOP - 20, LEFT + 20, TOP)).apply(hamlet())[1].title_en
    '400 m² watered'
    """
    return Irrigate(read_area(area), check_share(wetness, "wetness"), check_cost(cost, "irrigate"))
