"""Unsealing: asphalt and paving become ground that breathes and drinks.

One change of the ground reaches the heat model (albedo, emissivity, evaporation) and the flood model (roughness,
infiltration) alike. Roofs, water and roads open to traffic stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import shapely
from numpy.typing import NDArray

from twin.city.city import City
from twin.errors import InputError
from twin.scenario.areas import Area, AreaLike, cells_inside, read_area, refuse_outside
from twin.scenario.measures.measure import (
    ROOF,
    WATER,
    check_cost,
    footprint,
    on_carriageway,
    present,
    set_variables,
)
from twin.variables import flag

if TYPE_CHECKING:
    from twin.compare.variant import MeasureRecord

OPEN_GROUND = ("gravel", "bare_soil", "grass", "shrub")
"""What sealed ground can be turned into."""


@dataclass(frozen=True)
class Unseal:
    """Sealed ground turned into open ground, see `unseal`."""

    area: Area
    to: str
    cost: float | None = None
    irrigated: bool = False
    kind: ClassVar[str] = "unseal"

    def apply(self, city: City) -> tuple[City, MeasureRecord]:
        """Return the city with the ground unsealed, and the record of what was left out.

        Raises
        ------
        InputError
            If the area lies off the grid or holds nothing to unseal.
        """
        from twin.city.surfaces import infiltration_class, surface, surface_parameters
        from twin.compare.language import quantity
        from twin.compare.variant import MeasureRecord

        spec, grid = city.spec, city.grid
        geometry = self.area.within(spec.crs)
        refuse_outside(geometry, spec, "unseal: area")
        target = surface(self.to)
        inside = cells_inside(geometry, spec)
        if not inside.any():
            raise InputError(
                f"unseal: the area ({geometry.area:.0f} m²) holds no cell centre of {spec.resolution:g} m cells; "
                "draw it larger or use a finer grid"
            )
        cover = grid["land_cover"].values
        roof = inside & ((cover == ROOF) | (grid["building_id"].values > 0))
        water = inside & (cover == WATER) & ~roof
        road = on_carriageway(city, inside & ~roof & ~water)
        # a share given by a map of sealing counts, not only the class
        sealed = inside & ~roof & ~water & ~road & (grid["sealed_fraction"].values > target.sealed_fraction + 1e-6)
        if not sealed.any():
            raise InputError(
                f"unseal: none of the {inside.sum()} cells in the area is sealed ground "
                f"({roof.sum()} roof, {water.sum()} water, {road.sum()} road open to traffic, the others "
                f"are as open as {self.to}); draw it on sealed yards or squares"
            )
        new_cover = np.where(sealed, target.code, cover)
        code = np.asarray([target.code])
        new_values: dict[str, NDArray[Any]] = dict(surface_parameters(code))
        new_values["infiltration_class"] = infiltration_class(code, new_values["infiltration_final_rate"])
        new_values["land_cover_source"] = np.array([flag("land_cover_source", "planned")], np.uint8)
        arrays = {"land_cover": new_cover}
        for name, value in new_values.items():
            if name in grid:
                arrays[name] = np.where(sealed, value[0], grid[name].values)
        if self.irrigated:
            arrays["soil_wetness"] = np.where(sealed, 1.0, present(grid, "soil_wetness"))
        before = float(grid["sealed_fraction"].values[sealed].sum() * spec.cell_area)
        open_already = int((inside & ~sealed & ~roof & ~water & ~road).sum())
        left_out = [
            (f"{quantity(count * spec.cell_area, 'm2')} left out: {reason}",
             f"{quantity(count * spec.cell_area, 'm2', 0, 'de')} ausgelassen: {reason_de}")
            for count, reason, reason_de in (
                (int(roof.sum()), "roofs", "Dächer"),
                (int(water.sum()), "water", "Wasser"),
                (int(road.sum()), "roads open to traffic", "befahrene Straßen"),
                (open_already, f"ground as open as {self.to} already", f"schon so offen wie {target.label_de}"),
            )
            if count
        ]  # fmt: skip
        if not shapely.box(*spec.bounds).contains(geometry):
            left_out.append(
                ("a part of the area lies outside the grid", "ein Teil der Fläche liegt außerhalb des Rasters")
            )
        size = float(sealed.sum() * spec.cell_area)
        opened = before - target.sealed_fraction * size
        left_out.append(
            (f"sealed area falls by {quantity(opened, 'm2')}",
             f"die versiegelte Fläche sinkt um {quantity(opened, 'm2', 0, 'de')}")
        )  # fmt: skip
        if self.irrigated:
            left_out.append(("watered, so that it stays wet", "bewässert, sodass der Boden feucht bleibt"))
        notes, notes_de = zip(*left_out, strict=True)
        record = MeasureRecord(
            kind=self.kind,
            title_en=f"{quantity(size, 'm2')} unsealed to {self.to.replace('_', ' ')}",
            title_de=f"{quantity(size, 'm2', 0, 'de')} entsiegelt zu {target.label_de}",
            footprint=footprint(city, [geometry]),
            changes=tuple(arrays),
            cost=self.cost,
            notes=notes,
            notes_de=notes_de,
        )
        return city.with_changes(grid=set_variables(grid, arrays)), record


def unseal(area: AreaLike, to: str = "grass", *, irrigated: bool = False, cost: float | None = None) -> Unseal:
    """Turn sealed ground into open ground: yards, squares, car parks.

    Parameters
    ----------
    area : polygon in any form
        Where. Roofs, water, roads open to traffic and open ground inside are left as they are.
    to : str
        ``"grass"``, ``"shrub"``, ``"bare_soil"`` or ``"gravel"``.
    irrigated : bool
        Whether the new ground is watered and stays wet, as `irrigate` does.
    cost : float, optional
        Cost of the measure in euro.

    Returns
    -------
    Unseal

    Raises
    ------
    InputError
        If the area cannot be read or the target is not open ground.

    Examples
    --------
    >>> unseal((0, 0, 40, 40), to="shrub").to
    'shrub'
    """
    if to not in OPEN_GROUND:
        raise InputError(f"unseal: to is {to!r}; open ground is one of: {', '.join(OPEN_GROUND)}")
    if not isinstance(irrigated, bool):
        raise InputError(f"unseal: irrigated is {irrigated!r}; it is either true or false")
    return Unseal(read_area(area), to, check_cost(cost, "unseal"), irrigated)
