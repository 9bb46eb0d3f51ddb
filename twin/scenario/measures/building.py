"""A new building with a flat roof: it shades, it blocks water and it brings residents.

It may not stand on another building, on water or on a road open to traffic. Trees that stand there already are felled,
and the record says how many.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from twin.city.building_uses import STOREY_HEIGHT
from twin.city.buildings import FLOOR_AREA_PER_RESIDENT, LIVING_SHARE
from twin.city.city import City
from twin.errors import InputError
from twin.scenario.areas import Area, AreaLike, cells_inside, read_area
from twin.scenario.measures.measure import ROOF, WATER, carriageway, check_cost, emptied, footprint, set_variables
from twin.units import Quantity, to_si
from twin.variables import flag

if TYPE_CHECKING:
    from twin.compare.variant import MeasureRecord


@dataclass(frozen=True)
class AddBuilding:
    """A new building, see `add_building`; height in m."""

    area: Area
    height: float
    use: str
    storeys: int
    residents: float | None = None
    cost: float | None = None
    kind: ClassVar[str] = "add_building"

    def apply(self, city: City) -> tuple[City, MeasureRecord]:
        """Return the city with the building, and the record of what it displaces."""
        from twin.city.rasterize import cover_fraction
        from twin.city.surfaces import surface_parameters
        from twin.compare.variant import MeasureRecord

        spec, grid = city.spec, city.grid
        outline = self.area.within(spec.crs)
        inside = cells_inside(outline, spec)
        self._refuse(city, outline, inside)
        number = (
            int(max(city.buildings.index.max() if len(city.buildings) else 0, grid["building_id"].values.max())) + 1
        )
        ground = float(np.nanmean(grid["ground_elevation"].values[inside]))
        share = np.clip(grid["building_fraction"].values + cover_fraction([outline], spec), 0.0, 1.0)
        new_values = {name: value[0] for name, value in surface_parameters(np.asarray([ROOF])).items()}
        new_values |= {
            "building_id": number,
            "land_cover": ROOF,
            "surface_elevation": ground + self.height,
            "canopy_height": 0.0,
            "canopy_base_height": 0.0,
            "canopy_source": flag("canopy_source", "none"),
            "building_source": flag("building_source", "planned"),
            "land_cover_source": flag("land_cover_source", "planned"),
            "infiltration_class": flag("infiltration_class", "sealed"),
            "roof_slope": 0.0,
            "roof_aspect": np.nan,
            "green_roof_fraction": 0.0,
        }
        arrays = {
            name: np.where(inside, value, grid[name].values) for name, value in new_values.items() if name in grid
        }
        arrays["building_fraction"] = share
        arrays |= emptied(grid, inside)
        residents = self._residents(outline)
        row = gpd.GeoDataFrame(
            {
                "height": [self.height],
                "eaves_height": [self.height],
                "green_roof": [0.0],
                "source": ["planned"],
                "storeys": [float(self.storeys)],
                "use": [self.use],
                "residents": [residents],
                "residents_source": ["estimated from floor area" if self.residents is None else "planned"],
                "height_source": ["planned"],
                "on_grid": [True],
            },
            geometry=[outline],
            index=pd.Index([number], name=city.buildings.index.name),
            crs=spec.crs,
        )
        row = row[[name for name in row.columns if name in city.buildings.columns or len(city.buildings) == 0]]
        buildings = pd.concat([city.buildings, row]) if len(city.buildings) else row
        trees, felled = _felled(city, outline)
        notes, notes_de = [], []
        if self.residents is None:
            notes.append(f"{residents:.0f} residents, assumed from floor area")
            notes_de.append(f"{residents:.0f} Einwohner, aus der Geschossfläche geschätzt")
        if felled:
            notes.append(f"{felled} trees felled")
            notes_de.append(f"{felled} Bäume gefällt")
        changed = city.with_changes(grid=set_variables(grid, arrays), buildings=buildings, trees=trees)
        record = MeasureRecord(
            kind=self.kind,
            title_en=f"new building, {outline.area:.0f} m², {self.height:g} m high",
            title_de=f"neues Gebäude, {outline.area:.0f} m², {self.height:g} m hoch".replace(".", ","),
            footprint=footprint(city, [outline]),
            changes=(*arrays, "buildings", *(("trees",) if felled else ())),
            cost=self.cost,
            notes=tuple(notes),
            notes_de=tuple(notes_de),
        )
        return changed, record

    def _refuse(self, city: City, outline: BaseGeometry, inside: NDArray[np.bool_]) -> None:
        spec, grid = city.spec, city.grid
        if not shapely.box(*spec.bounds).covers(outline):
            raise InputError(
                f"add_building: the footprint ({', '.join(f'{value:.0f}' for value in outline.bounds)}) reaches beyond "
                f"the grid ({', '.join(f'{value:.0f}' for value in spec.bounds)}); a building must lie on it wholly"
            )
        if not inside.any():
            raise InputError(
                f"add_building: the footprint ({outline.area:.0f} m²) holds no cell centre of {spec.resolution:g} m "
                "cells; use a finer grid"
            )
        there = np.unique(grid["building_id"].values[inside])
        taken = [int(number) for number in there if number > 0]
        if len(city.buildings):
            standing = city.buildings[city.buildings.intersects(outline)]
            shared = standing.geometry.intersection(outline).area
            taken += [int(number) for number in standing.index[shared.to_numpy() > 1.0] if int(number) not in taken]
        if taken:
            raise InputError(
                f"add_building: the footprint overlaps building {taken[0]}"
                + (f" and {len(taken) - 1} more" if len(taken) > 1 else "")
                + "; move it to free ground"
            )
        if (grid["land_cover"].values[inside] == WATER).any():
            raise InputError("add_building: the footprint lies in water; move it to dry ground")
        if carriageway(city).intersection(outline).area > 1.0:
            raise InputError(
                "add_building: a road open to traffic runs through the footprint; move it or close the road"
            )

    def _residents(self, outline: BaseGeometry) -> float:
        if self.residents is not None:
            return self.residents
        if self.use != "residential":
            return 0.0
        return float(outline.area * self.storeys * LIVING_SHARE / FLOOR_AREA_PER_RESIDENT)


def add_building(
    footprint: AreaLike,
    height: Quantity,
    use: str = "residential",
    storeys: int | None = None,
    *,
    residents: float | None = None,
    cost: float | None = None,
) -> AddBuilding:
    """Add a building with a flat roof.

    Parameters
    ----------
    footprint : polygon in any form
        Outline, wholly on the grid.
    height : number (m) or text
        Height above the mean ground under it, 2 to 400 m.
    use : str
        ``"residential"`` brings residents; any other word does not.
    storeys : int, optional
        Storeys above ground; one for each full 3 m unless given.
    residents : float, optional
        Residents; from the floor area unless given.
    cost : float, optional
        Cost of the measure in euro.

    Returns
    -------
    AddBuilding

    Raises
    ------
    InputError
        If a value is out of range.

    Examples
    --------
    >>> add_building((0, 0, 20, 12), height="10 m").storeys
    3
    """
    tall = to_si(height, "m", name="height", minimum=2.0, maximum=400.0)
    floors = max(1, int(tall / STOREY_HEIGHT)) if storeys is None else storeys
    if isinstance(floors, bool) or not isinstance(floors, int) or not 1 <= floors <= tall / 2.0:
        raise InputError(f"storeys is {storeys!r}; in {tall:g} m there is room for 1 to {int(tall / 2)}")
    if not isinstance(use, str) or not use:
        raise InputError(f"use is {use!r}; write a word such as 'residential' or 'school'")
    if residents is not None and not 0 <= residents <= 100_000:
        raise InputError(f"residents is {residents!r}; it must lie between 0 and 100000")
    return AddBuilding(
        area=read_area(footprint, name="footprint"),
        height=tall,
        use=use,
        storeys=floors,
        residents=residents,
        cost=check_cost(cost, "add_building"),
    )


def _felled(city: City, outline: BaseGeometry) -> tuple[gpd.GeoDataFrame, int]:
    if len(city.trees) == 0:
        return city.trees, 0
    hit = city.trees.intersects(outline).to_numpy()
    return (city.trees[~hit], int(hit.sum())) if hit.any() else (city.trees, 0)
