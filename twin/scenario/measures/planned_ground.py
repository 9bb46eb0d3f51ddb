"""What planned buildings do to the grid: roofs, the ground of pulled-down buildings, and yards between the blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twin import variables
from twin.city.surfaces import infiltration_class, surface, surface_parameters
from twin.scenario.areas import cells_inside
from twin.scenario.measures.measure import ROOF, WATER, carriageway, emptied

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr

    from twin.city.city import City

SIDE_SHARE, SIDE_LIMIT = 0.5, 0.8
"""Garages, drives and the like may exceed the GRZ by half of it, up to 0.8 in all: BauNVO section 19 (4)."""


def roof_fields(
    grid: xr.Dataset, blocks: gpd.GeoDataFrame, labels: NDArray[np.int32], cleared: NDArray[np.bool_], first: int
) -> dict[str, NDArray[Any]]:
    """Return the variables that blocks and pulled-down buildings change, but for the ground.

    Parameters
    ----------
    grid : xr.Dataset
        Of the city.
    blocks : GeoDataFrame
        With `height`.
    labels : (rows, columns) int
        Row of `blocks` plus one where a cell's centre lies in a block, 0 elsewhere.
    cleared : (rows, columns) bool
        Cells of buildings that go, outside the blocks.
    first : int
        Number of the first block in the city.
    """
    roofed = labels > 0
    ground = grid["ground_elevation"].values
    known = roofed & np.isfinite(ground)
    cells = np.maximum(np.bincount(labels[known], minlength=len(blocks) + 1), 1)
    level = np.bincount(labels[known], ground[known], len(blocks) + 1) / cells
    top = level + np.concatenate([[0.0], blocks["height"].to_numpy()])
    old = np.where(cleared, ground, grid["surface_elevation"].values)
    arrays: dict[str, NDArray[Any]] = {
        "building_id": np.where(roofed, first + labels - 1, np.where(cleared, 0, grid["building_id"].values)),
        "surface_elevation": np.where(roofed, top[labels], old),
    }
    new: dict[str, tuple[float, float | None]] = {  # on the blocks, and where a building is gone
        "canopy_height": (0.0, None),
        "canopy_base_height": (0.0, None),
        "roof_slope": (0.0, np.nan),
        "roof_aspect": (np.nan, np.nan),
        "green_roof_fraction": (0.0, 0.0),
    }
    if "building_source" in grid:
        source = [variables.flag("building_source", word) for word in ("planned", "none")]
        new["building_source"] = (source[0], source[1])
    for name, (on_block, bare) in new.items():
        if name in grid:
            values = grid[name].values
            arrays[name] = np.where(roofed, on_block, values if bare is None else np.where(cleared, bare, values))
    return arrays | emptied(grid, roofed | cleared)


def yard_shares(
    city: City, blocks: gpd.GeoDataFrame, plots: gpd.GeoDataFrame, roofed: NDArray[np.bool_], cleared: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return the sealed share of the plots' ground between the buildings, NaN where the ground stays as it is.

    Parameters
    ----------
    city : City
        Its open roads, standing buildings and waters stay.
    blocks, plots : GeoDataFrame
        What is built, with `plot` and `grz`, and the building areas of the plan with `id`.
    roofed, cleared : (rows, columns) bool
        Cells of the blocks, and of buildings that go.
    """
    spec, grid = city.spec, city.grid
    share = np.full(spec.shape, np.nan)
    road = carriageway(city)
    built = blocks.groupby("plot")["grz"].first()
    for _, plot in plots[plots["id"].isin(built.index)].iterrows():
        grz = float(built[plot["id"]])
        limit = min((1 + SIDE_SHARE) * grz, max(SIDE_LIMIT, grz))
        inside = cells_inside(plot.geometry.difference(road), spec)
        share[inside] = (limit - grz) / (1 - grz) if grz < 1 else 0.0
    standing = (grid["building_id"].values > 0) & ~cleared
    share[roofed | standing | (grid["land_cover"].values == WATER)] = np.nan
    return share


def set_yards(
    arrays: dict[str, NDArray[Any]], grid: xr.Dataset, shares: NDArray[np.float64], cleared: NDArray[np.bool_], to: str
) -> None:
    """Add the variables of the ground to `arrays`: roofs, yards, and grass where a building is gone outside a plot.

    Parameters
    ----------
    arrays : dict
        From `roof_fields`; gets land cover and all that follows from it.
    grid : xr.Dataset
        Of the city.
    shares : (rows, columns) float
        From `yard_shares`.
    cleared : (rows, columns) bool
        Cells of buildings that go.
    to : str
        Land cover of the yards.
    """
    roofed = arrays["building_id"] != np.where(cleared, 0, grid["building_id"].values)
    yard = ~np.isnan(shares)
    bare = cleared & ~yard
    cover = grid["land_cover"].values.copy()
    cover[roofed] = ROOF
    cover[bare] = surface("grass").code
    cover[yard] = surface("grass" if to == "keep" else to).code
    changed = roofed | yard | bare
    sealed = np.where(yard & (to == "grass"), shares, np.nan)
    arrays["land_cover"] = cover
    for name, values in surface_parameters(cover, sealed).items():
        if name in grid:
            arrays[name] = np.where(changed, values, grid[name].values)
    if "land_cover_source" in grid:
        planned = variables.flag("land_cover_source", "planned")
        arrays["land_cover_source"] = np.where(changed, planned, grid["land_cover_source"].values)
    if "infiltration_class" in grid:
        classes = infiltration_class(cover, arrays.get("infiltration_final_rate", np.zeros(cover.shape)))
        arrays["infiltration_class"] = np.where(changed, classes, grid["infiltration_class"].values)
