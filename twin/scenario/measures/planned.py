"""Planned buildings of a development plan: the blocks its building areas permit, placed together with their yards.

A block may not stand in water or on a road open to traffic; standing buildings are in its way unless the measure says
that they go. Every number that the plan leaves open is in the notes of the record.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from twin.city.building_uses import STOREY_HEIGHT
from twin.city.city import City
from twin.city.plan_massing import massing
from twin.errors import InputError
from twin.geometry.records import PlanRecords
from twin.scenario.measures.measure import WATER, carriageway, check_cost, footprint, set_variables
from twin.scenario.measures.planned_ground import roof_fields, set_yards, yard_shares

if TYPE_CHECKING:
    from twin.compare.variant import MeasureRecord

REMOVE = ("none", "overlapped", "plots")
"""Which standing buildings go: none, those that a block overlaps, or all that stand on the plots."""

YARDS = ("grass", "gravel", "paving", "keep")
"""What the ground of the plots between the blocks becomes; ``"keep"`` leaves it."""

_GERMAN = {"grass": "Rasen", "gravel": "Kies", "paving": "Pflaster"}
_TOUCH = 1.0  # m2: outlines of neighbours overlap by less


@dataclass(frozen=True, eq=False)  # tables compare cell by cell, not as one
class PlannedBuildings:
    """The buildings a development plan permits, see `planned_buildings`."""

    plan: PlanRecords
    storey_height: float = STOREY_HEIGHT
    remove: str = "none"
    yards: str = "grass"
    cost: float | None = None
    kind: ClassVar[str] = "planned_buildings"

    def apply(self, city: City) -> tuple[City, MeasureRecord]:
        """Return the city with the blocks of the plan, and the record of what they displace and assume.

        Raises
        ------
        InputError
            If no block lies on the grid, one stands in water, on an open road or in the way of a building.
        """
        from twin.city.rasterize import cover_fraction
        from twin.compare.language import quantity
        from twin.compare.variant import MeasureRecord

        spec, grid = city.spec, city.grid
        plan = replace(self.plan, areas=self.plan.areas.to_crs(spec.crs), crs=spec.crs)
        blocks = massing(plan, storey_height=self.storey_height, ground=grid["ground_elevation"])
        left_out = dict(blocks.attrs["left_out"])
        blocks, labels = self._on_grid(city, blocks, left_out)
        plots = plan.areas[plan.areas["kind"] == "plot"]
        gone = self._removed(city, blocks, plots)
        self._refuse(city, blocks, labels)

        first = int(max([0, *city.buildings.index, grid["building_id"].values.max()])) + 1
        roofed = labels > 0
        cleared = np.isin(grid["building_id"].values, gone.index) & ~roofed if len(gone) else np.zeros_like(roofed)
        arrays = roof_fields(grid, blocks, labels, cleared, first)
        yards = (
            yard_shares(city, blocks, plots, roofed, cleared) if self.yards != "keep" else np.full(spec.shape, np.nan)
        )
        set_yards(arrays, grid, yards, cleared, self.yards)
        share = grid["building_fraction"].values + cover_fraction(list(blocks.geometry), spec)
        if len(gone):
            share = share - cover_fraction(list(gone.geometry), spec)
        arrays["building_fraction"] = np.clip(np.where(np.abs(share) < 1e-6, 0.0, share), 0.0, 1.0)

        rows = self._table(city, blocks, first)
        kept = city.buildings.drop(index=gone.index)
        buildings = pd.concat([kept, rows]) if len(kept) else rows
        felled = city.trees.intersects(blocks.union_all()).to_numpy() if len(city.trees) else np.zeros(0, bool)
        trees = city.trees[~felled] if felled.any() else city.trees
        changed = city.with_changes(grid=set_variables(grid, arrays), buildings=buildings, trees=trees)
        notes, notes_de = _notes(blocks, gone, left_out, int(felled.sum()), self.yards)
        area, floor = float(blocks.geometry.area.sum()), float(blocks["floor_area"].sum())
        record = MeasureRecord(
            kind=self.kind,
            title_en=(
                f"{plan.name or 'development plan'}: {len(blocks)} planned blocks, {quantity(area, 'm2')} covered, "
                f"{quantity(floor, 'm2')} of floor"
            ),
            title_de=(
                f"{plan.name or 'Bebauungsplan'}: {len(blocks)} geplante Baukörper, "
                f"{quantity(area, 'm2', 0, 'de')} überbaut, {quantity(floor, 'm2', 0, 'de')} Geschossfläche"
            ),
            footprint=footprint(city, blocks.geometry),
            changes=(*arrays, "buildings", *(("trees",) if felled.any() else ())),
            cost=self.cost,
            notes=notes,
            notes_de=notes_de,
        )
        return changed, record

    def _on_grid(
        self, city: City, blocks: gpd.GeoDataFrame, left_out: dict[str, str]
    ) -> tuple[gpd.GeoDataFrame, NDArray[np.int32]]:
        """Return the blocks that lie on the grid wholly and hold a cell, and their numbers (from 1) on it."""
        from twin.city.rasterize import paint_polygons

        spec = city.spec
        whole = shapely.covers(shapely.box(*spec.bounds), blocks.geometry.to_numpy())
        left_out.update(dict.fromkeys(blocks.loc[~whole, "plot"], "it reaches beyond the grid"))
        blocks = blocks[whole].reset_index(drop=True)
        labels = paint_polygons(list(blocks.geometry), np.arange(1, len(blocks) + 1), spec)
        seen = np.bincount(labels.ravel(), minlength=len(blocks) + 1)[1:] > 0
        if not seen.all():
            left_out.update(
                dict.fromkeys(blocks.loc[~seen, "plot"], f"it holds no cell centre of {spec.resolution:g} m cells")
            )
            blocks = blocks[seen].reset_index(drop=True)
            labels = paint_polygons(list(blocks.geometry), np.arange(1, len(blocks) + 1), spec)
        if len(blocks) == 0:
            reasons = "; ".join(f"{plot}: {reason}" for plot, reason in left_out.items())
            here = ", ".join(f"{value:.0f}" for value in spec.bounds)
            raise InputError(f"planned_buildings: no block lies on the grid ({here} in {spec.crs.name}): {reasons}")
        return blocks, labels

    def _removed(self, city: City, blocks: gpd.GeoDataFrame, plots: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """Return the standing buildings that go; refuse the plan if one stands in the way and none may go."""
        standing = city.buildings
        if len(standing) == 0:
            return standing
        over = standing.geometry.intersection(blocks.union_all()).area.to_numpy() > _TOUCH
        if self.remove == "none" and over.any():
            numbers = standing.index[over]
            raise InputError(
                f"planned_buildings: a block overlaps building {numbers[0]}"
                + (f" and {len(numbers) - 1} more" if len(numbers) > 1 else "")
                + "; say that they go with remove = 'overlapped', or all on the plots with remove = 'plots'"
            )
        if self.remove == "plots" and len(plots):
            # a building belongs to the plot where most of it stands
            over |= (standing.geometry.intersection(plots.union_all()).area > 0.5 * standing.geometry.area).to_numpy()
        return standing[over]

    def _refuse(self, city: City, blocks: gpd.GeoDataFrame, labels: NDArray[np.int32]) -> None:
        wet = np.unique(labels[(labels > 0) & (city.grid["land_cover"].values == WATER)])
        if len(wet):
            plot = blocks["plot"].iloc[int(wet[0]) - 1]
            raise InputError(f"planned_buildings: a block of plot {plot} lies in water; plan and city do not agree")
        road = blocks.geometry.intersection(carriageway(city)).area
        if (road > _TOUCH).any():
            plot = blocks["plot"].iloc[int(np.argmax(road))]
            raise InputError(
                f"planned_buildings: a road open to traffic runs through a block of plot {plot}; close the road first"
            )

    def _table(self, city: City, blocks: gpd.GeoDataFrame, first: int) -> gpd.GeoDataFrame:
        count = len(blocks)
        values: dict[str, Any] = {
            "name": blocks["plot"].to_numpy(object),
            "height": blocks["height"].to_numpy(),
            "storeys": blocks["storeys"].to_numpy(np.float64),
            "use": blocks["use"].to_numpy(object),
            "residents": blocks["residents"].to_numpy(),
            "residents_source": ["estimated from floor area"] * count,
            "height_source": ["planned"] * count,
            "storeys_source": ["planned"] * count,
            "source": ["planned"] * count,
            "eaves_height": blocks["height"].to_numpy(),
            "on_grid": [True] * count,
        }
        names = [name for name in values if name in city.buildings.columns or len(city.buildings) == 0]
        index = pd.RangeIndex(first, first + count, name=city.buildings.index.name)
        return gpd.GeoDataFrame(
            {name: values[name] for name in names}, geometry=list(blocks.geometry), index=index, crs=city.spec.crs
        )


def planned_buildings(
    plan: PlanRecords | str | os.PathLike[str],
    storey_height: float = STOREY_HEIGHT,
    remove: str = "none",
    yards: str = "grass",
    *,
    crs: Any = None,
    cost: float | None = None,
) -> PlannedBuildings:
    """Build what a development plan (Bebauungsplan) permits.

    Parameters
    ----------
    plan : path or PlanRecords
        XPlanGML, read by `twin.geometry.read_plan`; `twin.city.massing` turns it into blocks.
    storey_height : float
        Floor to floor, m.
    remove : {"none", "overlapped", "plots"}
        Which standing buildings go: none (a plan that overlaps one is refused), those a block overlaps, or all that
        stand mostly on its plots.
    yards : {"grass", "gravel", "paving", "keep"}
        What the ground of the plots becomes between the buildings, open roads and water left as they are. Grass is
        sealed in part: half of the GRZ again, up to 0.8 in all, for garages and drives (BauNVO section 19 (4)).
    crs : pyproj.CRS, str or int, optional
        Of the plan, where its file names none or a wrong one.
    cost : float, optional
        Cost of the measure in euro.

    Returns
    -------
    PlannedBuildings

    Raises
    ------
    InputError, DataError
        If a value is not possible or the plan cannot be read.

    Examples
    --------
    >>> import geopandas
    >>> from pyproj import CRS
    >>> from twin.geometry.records import PlanRecords, ReadReport
    >>> from twin.scenario.hamlet import LEFT, TOP, hamlet
    >>> plot = shapely.box(LEFT + 116, TOP - 56, LEFT + 156, TOP - 16)
    >>> areas = geopandas.GeoDataFrame({"id": ["WA1"], "kind": ["plot"], "use": ["WA"], "grz": [0.4], "gfz": [0.8],
    ...                                 "storeys": [2.0], "height": [float("nan")]}, geometry=[plot], crs=25832)
    >>> plan = PlanRecords(areas, CRS(25832), "Am Anger", "5.4", ReadReport("plan.gml", 1, 1))
    >>> city, record = planned_buildings(plan).apply(hamlet())
    >>> record.title_en
    'Am Anger: 1 planned blocks, 640 m² covered, 1,280 m² of floor'
    """
    for value, known, name in ((remove, REMOVE, "remove"), (yards, YARDS, "yards")):
        if value not in known:
            raise InputError(f"planned_buildings: {name} is {value!r}; use one of: {', '.join(known)}")
    if not isinstance(plan, PlanRecords):
        from twin.geometry.plans import read_plan

        plan = read_plan(plan, crs=crs)
    massing(plan, storey_height=storey_height)  # refused here, not when a study runs
    return PlannedBuildings(plan, storey_height, remove, yards, check_cost(cost, "planned_buildings"))


def _notes(
    blocks: gpd.GeoDataFrame,
    gone: gpd.GeoDataFrame,
    left_out: dict[str, str],
    felled: int,
    yards: str,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    people = float(blocks["residents"].sum())
    notes = [f"{people:.0f} residents, assumed from floor area"]
    notes_de = [f"{people:.0f} Einwohner, aus der Geschossfläche geschätzt"]
    for said, plots in blocks.groupby("assumed")["plot"].unique().items():
        if said:
            named = ", ".join(plots[:5]) + (", …" if len(plots) > 5 else "")
            notes.append(f"assumed for {named}: {said}")
            notes_de.append(f"angenommen für {named}: {said}")
    if len(gone):
        lost = float(gone["residents"].sum()) if "residents" in gone else 0.0
        notes.append(f"{len(gone)} buildings pulled down, with {lost:.0f} residents")
        notes_de.append(f"{len(gone)} Gebäude abgerissen, mit {lost:.0f} Einwohnern")
    if yards != "keep":
        notes.append(f"the ground of the plots between the buildings is assumed as {yards}")
        notes_de.append(f"für die Grundstücke zwischen den Gebäuden ist {_GERMAN[yards]} angenommen")
    if left_out:
        listed = "; ".join(f"{plot}: {reason}" for plot, reason in list(left_out.items())[:5])
        notes.append(f"{len(left_out)} plots wholly or in part without a block ({listed})")
        notes_de.append(f"{len(left_out)} Grundstücke ganz oder teilweise ohne Baukörper ({listed})")
    if felled:
        notes.append(f"{felled} trees felled")
        notes_de.append(f"{felled} Bäume gefällt")
    return tuple(notes), tuple(notes_de)
