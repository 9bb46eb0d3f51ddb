"""The canopy of a city: measured vegetation heights, or crowns of a cadastre, of mapped trees and of mapped woods.

A measured raster decides where it reaches; single trees fill the table of trees in any case. What is assumed is said in
caveats.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import xarray as xr
from numpy.typing import NDArray

from twin import variables
from twin.city import caveats as known_gaps
from twin.city.city import Caveat
from twin.city.gridspec import GridSpec
from twin.city.land_cover import LandCover, projection
from twin.city.land_cover_tags import length
from twin.city.terrain import check_range, onto_grid
from twin.city.tree_cadastre import about_cadastre, merge_trees, place_trees
from twin.city.trees import (
    CROWN_BASE_SHARE,
    TREE_CROWN,
    TREE_HEIGHT,
    WOOD_HEIGHT,
    canopy_from_heights,
    stamp_crowns,
    stamp_woods,
)
from twin.geometry.records import OsmData, ReadReport, TreeRecords

TREE_ROW_SPACING = 10.0
"""Assumed distance of the trees in a mapped row, m."""


@dataclass(frozen=True)
class Canopy:
    """Crowns on a grid, and the trees they belong to.

    top, base : (rows, columns) float32, heights of the crown's top and base above ground, m; 0 where there is none
    source : (rows, columns) uint8, flags of `canopy_source` in `twin.variables`
    how : how they were made, in words
    trees : GeoDataFrame of single trees as in `twin.city.city.City`
    caveats, reports : what is assumed, and what became of the records
    """

    top: NDArray[Any]
    base: NDArray[Any]
    source: NDArray[np.uint8]
    how: str
    trees: gpd.GeoDataFrame
    caveats: tuple[Caveat, ...]
    reports: tuple[ReadReport, ...]


def place_canopy(
    spec: GridSpec,
    building_id: NDArray[np.int32],
    *,
    heights: xr.DataArray | None = None,
    cover: LandCover | None = None,
    records: TreeRecords | None = None,
    osm: OsmData | None = None,
) -> Canopy:
    """Put the canopy of a city on its grid.

    Parameters
    ----------
    spec : GridSpec
        The grid.
    building_id : (rows, columns) int
        Roofs carry no crowns.
    heights : xr.DataArray, optional
        Measured vegetation heights above ground, m; they decide as far as their outline reaches.
    cover : LandCover, optional
        Its woods stand at an assumed height where nothing was measured.
    records : TreeRecords, optional
        Trees of a cadastre.
    osm : OsmData, optional
        Mapped trees and rows of trees.

    Returns
    -------
    Canopy

    Examples
    --------
    >>> spec = GridSpec(0, 2, 1.0, 2, 2, "EPSG:25832")
    >>> measured = xr.DataArray([[9.0, 0.5], [0, 0]], spec.coordinates(), ("y", "x"))
    >>> place_canopy(spec, np.zeros(spec.shape, np.int32), heights=measured).top.tolist()
    [[9.0, 0.0], [0.0, 0.0]]
    """
    trees, cadastre, reports = _all_trees(records, osm, spec)
    grid = spec.dataset().assign({"building_id": (("y", "x"), building_id)})
    woods = 0 if cover is None else len(cover.woods)
    gaps: list[Caveat] = []
    if heights is None:
        top, base, source, how = _crowns(grid, cover, trees)
        cleared = 0
    else:
        field = onto_grid(heights, spec, what="canopy", may_be_empty=True)
        check_range(np.fmax(field.values, 0.0), "canopy_height", "canopy", spec)
        top, base, cleared = canopy_from_heights(field.values, building_id > 0)
        source = np.where(top > 0, np.uint8(variables.flag("canopy_source", "height_raster")), np.uint8(0))
        how = f"{field.how}; crown base assumed"
    if heights is not None or records is None:
        gaps += known_gaps.about_trees(heights is not None, woods, cleared)
    if records is not None:
        gaps += about_cadastre(cadastre, measured=heights is not None, woods=woods, wood_height=WOOD_HEIGHT)
    if heights is not None:
        # empty cells of such rasters mean "no vegetation"; only their outline says how far they were surveyed
        beyond = np.isnan(onto_grid(xr.ones_like(heights, np.float32), spec, what="canopy").values)
        if records is None:
            gaps += known_gaps.about_canopy_extent(float(beyond.mean()))
        elif beyond.any():
            crowns = _stamp(grid, cadastre)
            top, base, source = (
                np.where(beyond, crown, field) for crown, field in zip(crowns, (top, base, source), strict=True)
            )
            how += "; beyond its outline, crowns of the tree cadastre"
    return Canopy(top, base, source, how, trees, tuple(gaps), tuple(reports))


def _all_trees(
    records: TreeRecords | None, osm: OsmData | None, spec: GridSpec
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, list[ReadReport]]:
    """Return all single trees, those of the cadastre among them, and what became of its records."""
    mapped = trees_from_osm(osm, spec)
    if records is None:
        return mapped, mapped.iloc[:0], []
    cadastre, report = place_trees(records, spec)
    merged, dropped = merge_trees(cadastre, mapped)
    if dropped:
        note = f"{dropped} mapped trees are left out, because the tree cadastre has one at the same place"
        report = replace(report, notes=(*report.notes, note))
    return merged, cadastre, [records.report, report]


def trees_from_osm(osm: OsmData | None, spec: GridSpec) -> gpd.GeoDataFrame:
    """Single trees and rows of trees of an extract; sizes that are not tagged are assumed."""
    rows: list[tuple[Any, dict[str, str], str]] = []
    if osm is not None and len(osm.points):
        found = [tags.get("natural") == "tree" for tags in osm.points["tags"]]
        points = projection(spec)(np.asarray(osm.points.geometry.values, dtype=object)[found])
        rows += [
            (point, tags, "tree")
            for point, tags in zip(points, osm.points["tags"][found] if len(points) else (), strict=True)
        ]
    if osm is not None and len(osm.lines):
        found = [tags.get("natural") == "tree_row" for tags in osm.lines["tags"]]
        lines = projection(spec)(np.asarray(osm.lines.geometry.values, dtype=object)[found])
        for line, tags in zip(lines, osm.lines["tags"][found] if len(lines) else (), strict=True):
            places = np.arange(0.0, line.length + 1e-6, TREE_ROW_SPACING)
            rows += [
                (point, tags, f"tree row, one tree every {TREE_ROW_SPACING:g} m assumed")
                for point in shapely.line_interpolate_point(line, places)
            ]
    height = [length(tags.get("height")) for _, tags, _ in rows]
    crown = [length(tags.get("diameter_crown")) for _, tags, _ in rows]
    tall = np.array([TREE_HEIGHT if not value or value > 60 else value for value in height])
    wide = np.array([TREE_CROWN if not value or value > 40 else value for value in crown])
    sizes = ["" if value else "; height assumed" for value in height]
    return gpd.GeoDataFrame(
        {
            "height": tall,
            "crown_diameter": wide,
            "crown_base_height": CROWN_BASE_SHARE * tall,
            "source": pd.Series([what + size for (_, _, what), size in zip(rows, sizes, strict=True)], dtype=object),
        },
        geometry=gpd.GeoSeries([point for point, _, _ in rows], crs=spec.crs),
        crs=spec.crs,
    )


def _crowns(
    grid: xr.Dataset, cover: LandCover | None, trees: gpd.GeoDataFrame
) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.uint8], str]:
    if cover is not None and cover.woods:
        high, low = stamp_woods(grid, cover.woods)
        grid = grid.assign(canopy_height=high, canopy_base_height=low)
    top, base, source = _stamp(grid, trees)
    how = "mapped woods and trees; sizes assumed unless tagged"
    if "height_source" in trees:
        how = f"tree cadastre; {how}"
    return top, base, source, how


def _stamp(grid: xr.Dataset, trees: gpd.GeoDataFrame) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.uint8]]:
    """Stamp trees onto the canopy of a grid, best known first; a cell's source is that of its highest crown.

    What the grid has already are assumed woods.
    """
    top, base = stamp_crowns(grid, np.zeros((0, 2)), np.zeros(0), np.zeros(0), np.zeros(0))
    source = np.where(top.values > 0, np.uint8(variables.flag("canopy_source", "map_assumed")), np.uint8(0))
    flags = _flags(trees)
    for word in ("cadastre_measured", "cadastre_estimated", "map_tagged", "map_assumed"):
        some = trees[flags == variables.flag("canopy_source", word)]
        if len(some) == 0:
            continue
        before = top.values
        top, base = stamp_crowns(
            grid.assign(canopy_height=top, canopy_base_height=base),
            shapely.get_coordinates(some.geometry.values),
            some["height"],
            some["crown_diameter"],
            some["crown_base_height"],
        )
        source[top.values > before] = variables.flag("canopy_source", word)
    return top.values, base.values, source


def _flags(trees: gpd.GeoDataFrame) -> NDArray[np.uint8]:
    """Where each tree's height comes from; trees of a cadastre have a `height_source`, mapped ones have none."""
    told = trees["height_source"] if "height_source" in trees else pd.Series(index=trees.index, dtype=object)
    assumed = trees["source"].str.contains("height assumed").to_numpy(bool)
    words = np.where(
        told.notna(),
        np.where(told == "measured", "cadastre_measured", "cadastre_estimated"),
        np.where(assumed, "map_assumed", "map_tagged"),
    )
    names = {word: variables.flag("canopy_source", word) for word in np.unique(words)}
    return np.array([names[word] for word in words], np.uint8)
