"""Pulling buildings down: what stood there is open ground again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import geopandas as gpd
import numpy as np

from twin.city.city import City
from twin.city.surfaces import surface
from twin.errors import InputError
from twin.scenario.areas import Area, AreaLike, read_area
from twin.scenario.measures.chosen_buildings import check_choice, choose_buildings
from twin.scenario.measures.measure import check_cost, footprint, set_variables
from twin.scenario.measures.planned_ground import roof_fields, set_yards

if TYPE_CHECKING:
    from twin.compare.variant import MeasureRecord

CLEARED_GROUND = ("grass", "shrub", "gravel", "bare_soil", "paving")
"""What the ground of a building that is gone can become."""


@dataclass(frozen=True)
class RemoveBuildings:
    """Buildings that go, see `remove_buildings`."""

    area: Area | None
    buildings: tuple[int, ...] | None
    ground: str
    cost: float | None = None
    kind: ClassVar[str] = "remove_buildings"

    def apply(self, city: City) -> tuple[City, MeasureRecord]:
        """Return the city without the buildings, and the record of what goes with them.

        Raises
        ------
        InputError
            If no building is meant.
        """
        from twin.city.rasterize import cover_fraction
        from twin.compare.language import quantity
        from twin.compare.variant import MeasureRecord

        grid, spec = city.grid, city.spec
        chosen = choose_buildings(city, self.area, self.buildings, self.kind)
        none = gpd.GeoDataFrame({"height": np.zeros(0)}, geometry=[], crs=spec.crs)
        labels = np.zeros(spec.shape, np.int32)
        arrays = roof_fields(grid, none, labels, chosen.cells, 1)
        shares = np.where(chosen.cells, 0.0, np.nan)
        set_yards(arrays, grid, shares, chosen.cells, self.ground)
        share = grid["building_fraction"].values - cover_fraction(chosen.outlines, spec)
        arrays["building_fraction"] = np.clip(np.where(np.abs(share) < 1e-6, 0.0, share), 0.0, 1.0)
        if "roof_elevation" in grid:
            bare = arrays["building_fraction"] == 0
            arrays["roof_elevation"] = np.where(bare, np.nan, grid["roof_elevation"].values)
        gone = city.buildings.loc[chosen.numbers]
        people = float(gone["residents"].sum()) if "residents" in gone else 0.0
        area = float(chosen.cells.sum() * spec.cell_area)
        words = surface(self.ground)
        record = MeasureRecord(
            kind=self.kind,
            title_en=f"{len(gone)} buildings pulled down, {quantity(area, 'm2')} of ground free",
            title_de=f"{len(gone)} Gebäude abgerissen, {quantity(area, 'm2', 0, 'de')} Boden frei",
            footprint=footprint(city, chosen.outlines),
            changes=(*arrays, "buildings"),
            cost=self.cost,
            notes=(f"{people:.0f} residents move away", f"their ground becomes {self.ground.replace('_', ' ')}"),
            notes_de=(f"{people:.0f} Einwohner ziehen weg", f"der Boden dort wird {words.label_de}"),
        )
        kept = city.buildings.drop(index=chosen.numbers)
        return city.with_changes(grid=set_variables(grid, arrays), buildings=kept), record


def remove_buildings(
    area: AreaLike | None = None,
    buildings: Sequence[int] | None = None,
    ground: str = "grass",
    *,
    cost: float | None = None,
) -> RemoveBuildings:
    """Pull buildings down.

    Parameters
    ----------
    area : polygon in any form
        Around the buildings: all of which more than half lies in it. Give this or `buildings`.
    buildings : sequence of int
        Their numbers (`building_id`).
    ground : {"grass", "shrub", "gravel", "bare_soil", "paving"}
        What the ground becomes.
    cost : float, optional
        Cost of the measure in euro.

    Returns
    -------
    RemoveBuildings

    Raises
    ------
    InputError
        If the ground is not one of these, or neither or both of area and buildings are given.

    Examples
    --------
    >>> from twin.scenario.hamlet import hamlet
    >>> city, record = remove_buildings(buildings=[4]).apply(hamlet())
    >>> record.title_en, sorted(city.buildings.index)
    ('1 buildings pulled down, 320 m² of ground free', [1, 2, 3])
    """
    where = None if area is None else read_area(area)
    numbers = check_choice(where, buildings, "remove_buildings")
    if ground not in CLEARED_GROUND:
        raise InputError(f"remove_buildings: ground is {ground!r}; it is one of: {', '.join(CLEARED_GROUND)}")
    return RemoveBuildings(where, numbers, ground, check_cost(cost, "remove_buildings"))
