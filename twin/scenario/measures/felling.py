"""Felling trees: stems that stand in an area and the canopy above it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from twin.city.city import City
from twin.errors import InputError
from twin.scenario.areas import Area, AreaLike, cells_inside, read_area, refuse_outside
from twin.scenario.measures.measure import check_cost, emptied, footprint, set_variables
from twin.variables import flag

if TYPE_CHECKING:
    from twin.compare.variant import MeasureRecord


@dataclass(frozen=True)
class RemoveTrees:
    """Trees that go, see `remove_trees`."""

    area: Area
    cost: float | None = None
    kind: ClassVar[str] = "remove_trees"

    def apply(self, city: City) -> tuple[City, MeasureRecord]:
        """Return the city without the trees, and the record of how many there were.

        Raises
        ------
        InputError
            If the area lies off the grid or holds neither a tree nor canopy.
        """
        from twin.compare.language import quantity
        from twin.compare.variant import MeasureRecord

        spec = city.spec
        geometry = self.area.within(spec.crs)
        refuse_outside(geometry, spec, "remove_trees: area")
        felled = city.trees.intersects(geometry).to_numpy() if len(city.trees) else np.zeros(0, bool)
        canopy = np.nan_to_num(city.grid["canopy_height"].values)
        inside = cells_inside(geometry, spec)
        if not felled.any() and not (canopy[inside] > 0).any():
            raise InputError(
                f"remove_trees: no tree stands in the area ({geometry.area:.0f} m²) and no canopy is above it; "
                "draw it around trees"
            )
        arrays = canopy_without(city, felled, inside)
        lost = float((canopy > 0).sum() - (arrays["canopy_height"] > 0).sum()) * spec.cell_area
        count = int(felled.sum())
        notes, notes_de = [], []
        if not count:
            notes.append("the canopy there is known without its stems")
            notes_de.append("die Kronen dort sind ohne ihre Stämme bekannt")
        record = MeasureRecord(
            kind=self.kind,
            title_en=f"{count} trees felled, {quantity(lost, 'm2')} of canopy lost",
            title_de=f"{count} Bäume gefällt, {quantity(lost, 'm2', 0, 'de')} Kronenfläche verloren",
            footprint=footprint(city, [geometry]),
            changes=(*arrays, *(("trees",) if count else ())),
            cost=self.cost,
            notes=tuple(notes),
            notes_de=tuple(notes_de),
        )
        trees = city.trees[~felled] if count else city.trees
        return city.with_changes(grid=set_variables(city.grid, arrays), trees=trees), record


def remove_trees(area: AreaLike, *, cost: float | None = None) -> RemoveTrees:
    """Fell all trees in an area.

    Trees whose stems stand in the area go with their whole crowns; so does canopy above it that belongs to no known
    stem, such as that of woods. Crowns that reach in from trees outside stay.

    Parameters
    ----------
    area : polygon in any form
        Where.
    cost : float, optional
        Cost of the measure in euro.

    Returns
    -------
    RemoveTrees

    Examples
    --------
    >>> from twin.scenario.hamlet import hamlet
    >>> city, record = remove_trees(hamlet().spec.bounds).apply(hamlet())
    >>> record.title_en, len(city.trees)
    ('2 trees felled, 128 m² of canopy lost', 0)
    """
    return RemoveTrees(read_area(area), check_cost(cost, "remove_trees"))


def canopy_without(city: City, felled: NDArray[np.bool_], inside: NDArray[np.bool_]) -> dict[str, NDArray[Any]]:
    """Return the variables of the canopy after trees are felled.

    Parameters
    ----------
    city : City
        With the trees.
    felled : (trees,) bool
        Rows of its table that go.
    inside : (rows, columns) bool
        Cells above which all canopy goes that belongs to no tree that stays.

    Notes
    -----
    Under a felled crown, a cell that is higher than the tree belongs to something else and stays; crowns of trees that
    stay are put back.
    """
    grid = city.grid
    top, base = (np.nan_to_num(grid[name].values) for name in ("canopy_height", "canopy_base_height"))
    bare = grid.assign(canopy_height=grid["canopy_height"] * 0, canopy_base_height=grid["canopy_base_height"] * 0)
    gone = _stamped(bare, city.trees[felled])[0]
    left, left_base = _stamped(bare, city.trees[~felled])
    cleared = (top > 0) & (inside | ((gone > 0) & (top <= gone + 0.01)))
    # a cell under crowns that stay never gets higher than it was: the table of trees may know less than the raster
    new_top = np.where(cleared, np.minimum(left, top), top)
    new_base = np.where(cleared, np.where(left > 0, np.minimum(left_base, new_top), 0.0), base)
    none = cleared & (new_top == 0)
    arrays = {"canopy_height": new_top, "canopy_base_height": new_base}
    if "canopy_source" in grid:
        arrays["canopy_source"] = np.where(none, flag("canopy_source", "none"), grid["canopy_source"].values)
    return arrays | emptied(grid, none, ("canopy_transmissivity",))


def _stamped(bare: Any, trees: gpd.GeoDataFrame) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    from twin.city.trees import CROWN_BASE_SHARE, stamp_crowns

    height = trees["height"].to_numpy(np.float64) if len(trees) else np.zeros(0)
    base = CROWN_BASE_SHARE * height
    if "crown_base_height" in trees and len(trees):
        known = trees["crown_base_height"].to_numpy(np.float64)
        base = np.where(np.isfinite(known), known, base)
    width = trees["crown_diameter"].to_numpy(np.float64) if len(trees) else np.zeros(0)
    top, low = stamp_crowns(bare, shapely.get_coordinates(trees.geometry.values), height, width, base)
    return top.values, low.values
