"""Shade sails: cloth above the ground that lets a share of the light through. They change no ground and no water.

Rain is taken to find its way around or through them.
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
from twin.units import Quantity, to_si

if TYPE_CHECKING:
    from twin.compare.variant import MeasureRecord

TRANSMISSIVITY = 0.1
"""Share of sunlight through a sail where none is given. An assumption: knitted cloth for people is sold with shade
factors of 0.8 to 0.95, and they depend on the angle of the light (Yates 1989, Acta Horticulturae 257, 201-217)."""

ROAD_CLEARANCE = 4.5
"""Clear height over a road open to traffic, m: RASt 06 (FGSV 2006), section 4.3."""


@dataclass(frozen=True)
class ShadeSail:
    """A sail, see `shade_sail`; height in m."""

    area: Area
    height: float
    transmissivity: float
    cost: float | None = None
    kind: ClassVar[str] = "shade_sail"

    def apply(self, city: City) -> tuple[City, MeasureRecord]:
        """Return the city with the sail, and the record of what it covers.

        Raises
        ------
        InputError
            If it lies off the grid, covers nothing but roofs, or hangs too low over a road.
        """
        from twin.compare.language import quantity
        from twin.compare.variant import MeasureRecord

        cells = ground_cells(city, self.area, self.kind, roads=True, water=True)
        if not cells.free.any():
            raise InputError(f"shade_sail: the area covers no open ground ({counted(cells)}); move it off the roofs")
        if self.height < ROAD_CLEARANCE:
            lower = ground_cells(city, self.area, self.kind, water=True)
            if not np.array_equal(lower.free, cells.free):
                raise InputError(
                    f"shade_sail: the sail hangs {self.height:g} m above a road open to traffic, which needs "
                    f"{ROAD_CLEARANCE:g} m; raise it, move it or close the road"
                )
        names = ("sail_height", "sail_transmissivity")
        values = (self.height, self.transmissivity)
        arrays = {
            name: np.where(cells.free, value, present(city.grid, name))
            for name, value in zip(names, values, strict=True)
        }
        under = cells.free & (np.nan_to_num(city.grid["canopy_height"].values) >= self.height)
        notes, notes_de = notes_left_out(city, cells)
        if under.any():
            size = under.sum() * city.spec.cell_area
            notes += (f"{quantity(size, 'm2')} lie under tree crowns and add no shade",)
            notes_de += (f"{quantity(size, 'm2', 0, 'de')} liegen unter Baumkronen und geben keinen weiteren Schatten",)
        size = float(cells.free.sum() * city.spec.cell_area)
        share = f"{100 * self.transmissivity:.0f} %"
        record = MeasureRecord(
            kind=self.kind,
            title_en=f"shade sail, {quantity(size, 'm2')}, {self.height:g} m high, {share} of the light passes",
            title_de=f"Sonnensegel, {quantity(size, 'm2', 0, 'de')}, {self.height:g} m hoch, "
            f"{share} Lichtdurchlass".replace(".", ","),
            footprint=footprint(city, [cells.geometry]),
            changes=names,
            cost=self.cost,
            notes=notes,
            notes_de=notes_de,
        )
        return city.with_changes(grid=set_variables(city.grid, arrays)), record


def shade_sail(
    area: AreaLike,
    height: Quantity = "4 m",
    *,
    transmissivity: float = TRANSMISSIVITY,
    cost: float | None = None,
) -> ShadeSail:
    """Spread a shade sail.

    Parameters
    ----------
    area : polygon in any form
        What it covers, seen from above; roofs inside are left out.
    height : number (m) or text
        Above the ground, 2.2 to 60 m; over roads open to traffic at least 4.5 m.
    transmissivity : float
        Share of sunlight that passes, 0 to 1: one minus the shade factor that the cloth is sold with.
    cost : float, optional
        Cost of the measure in euro.

    Returns
    -------
    ShadeSail

    Raises
    ------
    InputError
        If a value is out of range.

    Examples
    --------
    >>> shade_sail((0, 0, 10, 8), height="4 m").transmissivity
    0.1
    """
    return ShadeSail(
        read_area(area),
        to_si(height, "m", name="height", minimum=2.2, maximum=60.0),
        check_share(transmissivity, "transmissivity"),
        check_cost(cost, "shade_sail"),
    )
