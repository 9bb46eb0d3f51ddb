"""Water: ground that becomes a basin or pond, level with the ground or sunk below it to hold back rain.

It takes no rain into the ground. Sunk below its surroundings it fills before it overflows, which is all the retention
there is; how full it stands before the rain is what `sunk` says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from twin.city.city import City
from twin.city.surfaces import CODES, infiltration_class, surface_parameters
from twin.errors import InputError
from twin.scenario.areas import Area, AreaLike, read_area
from twin.scenario.measures.felling import canopy_without
from twin.scenario.measures.ground import counted, ground_cells, notes_left_out
from twin.scenario.measures.measure import check_cost, emptied, footprint, set_variables
from twin.units import Quantity, to_si
from twin.variables import flag

if TYPE_CHECKING:
    from twin.compare.variant import MeasureRecord


@dataclass(frozen=True)
class WaterSurface:
    """Ground turned into water, see `water_surface`; sunk in m."""

    area: Area
    sunk: float
    cost: float | None = None
    kind: ClassVar[str] = "water_surface"

    def apply(self, city: City) -> tuple[City, MeasureRecord]:
        """Return the city with the water, and the record of what it displaces.

        Raises
        ------
        InputError
            If the area lies off the grid or holds no ground that can become water.
        """
        from twin.compare.language import quantity
        from twin.compare.variant import MeasureRecord

        grid = city.grid
        cells = ground_cells(city, self.area, self.kind)
        wet = cells.free
        if not wet.any():
            raise InputError(
                f"water_surface: no ground in the area can become water ({counted(cells)}); draw it on open ground"
            )
        code = np.asarray([CODES["water"]])
        values: dict[str, Any] = {"land_cover": code, **surface_parameters(code)}
        values["infiltration_class"] = infiltration_class(code, values["infiltration_final_rate"])
        values["land_cover_source"] = [flag("land_cover_source", "planned")]
        arrays = {name: np.where(wet, value[0], grid[name].values) for name, value in values.items() if name in grid}
        arrays |= emptied(grid, wet, ("soil_wetness",))
        if self.sunk > 0:
            for name in ("ground_elevation", "surface_elevation"):
                arrays[name] = np.where(wet, grid[name].values - np.float32(self.sunk), grid[name].values)
        felled = city.trees.intersects(cells.geometry).to_numpy() if len(city.trees) else np.zeros(0, bool)
        if felled.any():
            arrays |= canopy_without(city, felled, np.zeros_like(wet))
        size = float(wet.sum() * city.spec.cell_area)
        notes, notes_de = notes_left_out(city, cells)
        if self.sunk > 0:
            notes += (f"its level lies {self.sunk:g} m below the ground: room for {quantity(size * self.sunk, 'm3')}",)
            notes_de += (
                f"der Wasserspiegel liegt {self.sunk:g} m unter Gelände: ".replace(".", ",")
                + f"Raum für {quantity(size * self.sunk, 'm3', 0, 'de')}",
            )
        if felled.any():
            notes += (f"{int(felled.sum())} trees felled",)
            notes_de += (f"{int(felled.sum())} Bäume gefällt",)
        record = MeasureRecord(
            kind=self.kind,
            title_en=f"{quantity(size, 'm2')} of water",
            title_de=f"{quantity(size, 'm2', 0, 'de')} Wasserfläche",
            footprint=footprint(city, [cells.geometry]),
            changes=(*arrays, *(("trees",) if felled.any() else ())),
            cost=self.cost,
            notes=notes,
            notes_de=notes_de,
        )
        trees = city.trees[~felled] if felled.any() else city.trees
        return city.with_changes(grid=set_variables(grid, arrays), trees=trees), record


def water_surface(area: AreaLike, *, sunk: Quantity = 0.0, cost: float | None = None) -> WaterSurface:
    """Turn ground into water: a basin, a pond, a fountain's pool.

    Parameters
    ----------
    area : polygon in any form
        Where. Roofs, water and roads open to traffic inside are left as they are; trees that stand there are felled.
    sunk : number (m) or text
        How far the water's level lies below the ground, 0 to 5 m: room for rain before it overflows.
    cost : float, optional
        Cost of the measure in euro.

    Returns
    -------
    WaterSurface

    Raises
    ------
    InputError
        If a value is out of range.

    Examples
    --------
    >>> from twin.scenario.hamlet import LEFT, TOP, hamlet
    >>> water_surface((LEFT, TOP - 20, LEFT + 20, TOP), sunk="0.3 m").apply(hamlet())[1].notes
    ('its level lies 0.3 m below the ground: room for 120 m³',)
    """
    depth = to_si(sunk, "m", name="sunk", minimum=0.0, maximum=5.0)
    return WaterSurface(read_area(area), depth, check_cost(cost, "water_surface"))
