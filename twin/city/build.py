"""Records to a `City`: every source put on one grid once, with what is known about it.

The ground is the terrain as it is: streets, kerbs and channels that the terrain does not show are not invented.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import xarray as xr
from numpy.typing import NDArray

from twin import variables
from twin.city import caveats as known_gaps
from twin.city.buildings import PlacedBuildings, buildings_from_models, buildings_from_osm
from twin.city.city import Caveat, City, CityMeta, Source
from twin.city.city_model import about_model_ground, land_cover_from_areas
from twin.city.gridspec import Bounds, GridSpec, same_crs
from twin.city.land_cover import LandCover, land_cover_from_osm, projection
from twin.city.land_cover_tags import length
from twin.city.surfaces import CODES, land_cover_attributes, with_parameters
from twin.city.terrain import onto_grid
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
from twin.errors import DataError, InputError
from twin.geometry.records import BuildingModels, CityJsonData, OsmData, ReadReport, TreeRecords

ROLES = ("terrain", "buildings", "land_cover", "canopy", "trees", "roads")
"""What a source can be the source of."""

TREE_ROW_SPACING = 10.0
"""Assumed distance of the trees in a mapped row, m."""

_ELSEWHERE = 20_000.0
"""Buildings further than this (m) from the grid mean a wrong CRS or wrong bounds, not open country."""

# which roles stand behind a variable
_ORIGIN = {
    "ground_elevation": ("terrain",),
    "surface_elevation": ("terrain", "buildings"),
    "building_id": ("buildings",),
    "building_fraction": ("buildings",),
    "canopy_height": ("canopy", "trees", "buildings"),
    "canopy_base_height": ("canopy", "trees", "buildings"),
}


def build_city(
    name: str,
    spec: GridSpec,
    *,
    terrain: xr.DataArray,
    buildings: BuildingModels | OsmData | None = None,
    land_cover: OsmData | CityJsonData | None = None,
    canopy: xr.DataArray | None = None,
    trees: TreeRecords | None = None,
    roads: OsmData | None = None,
    sources: Mapping[str, Source] | None = None,
    tile: Bounds | None = None,
    vertical_datum: str | None = None,
) -> City:
    """Build a city from records.

    Parameters
    ----------
    name : str
        What the city is called.
    spec : GridSpec
        The grid.
    terrain : xr.DataArray
        Ground elevation, m, (y, x) in any CRS. Copied where its cells are those of the grid, otherwise resampled once.
    buildings : BuildingModels or OsmData, optional
        Roofs of a 3-D city model keep the elevations of their planes; footprints of OpenStreetMap get flat roofs at
        tagged or assumed heights. A cell is roof where its centre lies in a building.
    land_cover : OsmData or CityJsonData, optional
        Land use, waters, roads and trees, or the areas of a 3-D city model in the CRS of `spec`; without it all open
        ground is grass.
    canopy : xr.DataArray, optional
        Measured vegetation heights above ground, m. Without it, canopy stands on the mapped woods and trees.
    trees : TreeRecords, optional
        Trees of a cadastre. Their crowns join those of mapped woods and trees, the highest top and the lowest base
        counting; where `canopy` was surveyed, it decides, and they only fill the table of trees.
    roads : OsmData, optional
        Extract of the road network, all of which is kept, also beyond the grid.
    sources : mapping, optional
        `Source` of each role: ``"terrain"``, ``"buildings"``, ``"land_cover"``, ``"canopy"``, ``"trees"``,
        ``"roads"``.
    tile : tuple, optional
        Extent (xmin, ymin, xmax, ymax) for which the building data are complete; the model's own envelope without it.
    vertical_datum : str, optional
        Of the elevations, for example ``"DHHN2016"``; what the terrain's attributes say without it.

    Returns
    -------
    City
        With all variables of a city on the grid, and `meta` saying what is assumed, coarse or missing.

    Raises
    ------
    InputError
        If a role is unknown or a CRS does not fit.
    DataError
        If a source does not reach the grid.

    Examples
    --------
    >>> spec = GridSpec(0, 20, 10.0, 2, 2, "EPSG:25832")
    >>> slope = xr.DataArray([[10.0, 11], [10, 11]], spec.coordinates(), ("y", "x"))
    >>> city = build_city("slope", spec, terrain=slope)
    >>> city.grid.ground_elevation.values.tolist()
    [[10.0, 11.0], [10.0, 11.0]]
    """
    given = dict(sources or {})
    for role in given:
        if role not in ROLES:
            raise InputError(f"sources name the role {role!r}; roles are {', '.join(ROLES)}")
    _check_crs(buildings, spec)
    gaps: list[Caveat] = []

    ground = onto_grid(terrain, spec, what="terrain")
    _check_range(ground.values, "ground_elevation", "terrain", spec)
    gaps += known_gaps.about_terrain(ground, spec)
    areas = land_cover if isinstance(land_cover, CityJsonData) else None
    mapped = land_cover if isinstance(land_cover, OsmData) else None
    gaps += about_model_ground(terrain, areas)

    placed = _place(buildings, spec, ground.values)
    on_roof = (placed.building_id > 0) & np.isfinite(placed.roof_elevation)
    below = on_roof & (placed.roof_elevation < ground.values)
    surface = np.where(on_roof, np.fmax(placed.roof_elevation, ground.values), ground.values)
    buried = int(below.sum()) if isinstance(buildings, BuildingModels) else 0
    gaps += known_gaps.about_buildings(placed.table, buried)
    gaps += known_gaps.about_ground_offset(placed.ground_offset)
    if isinstance(buildings, BuildingModels):
        gaps += known_gaps.about_edges(spec, tile or buildings.bounds)

    cover = None if mapped is None else land_cover_from_osm(mapped, spec)
    if areas is not None:
        cover = land_cover_from_areas(areas, spec)
    codes = np.full(spec.shape, CODES["grass"], np.uint8) if cover is None else cover.cover.copy()
    codes[placed.building_id > 0] = CODES["roof"]
    open_ground = placed.building_id == 0
    white = open_ground if cover is None else open_ground & ~cover.mapped
    gaps += known_gaps.about_land_cover(cover, float(white.sum() / max(int(open_ground.sum()), 1)))

    standing, cadastre, tree_reports = _all_trees(trees, mapped, spec)
    grid = spec.dataset().assign({"building_id": (("y", "x"), placed.building_id)})
    top, base, canopy_how, cleared = _canopy(grid, canopy, cover, standing, placed.building_id > 0)
    woods = 0 if cover is None else len(cover.woods)
    if canopy is not None or trees is None:
        gaps += known_gaps.about_trees(canopy is not None, woods, cleared)
    if trees is not None:
        gaps += about_cadastre(cadastre, measured=canopy is not None, woods=woods, wood_height=WOOD_HEIGHT)
    if canopy is not None:
        # empty cells of such rasters mean "no vegetation"; only their outline says how far they were surveyed
        beyond = np.isnan(onto_grid(xr.ones_like(canopy, np.float32), spec, what="canopy").values)
        if trees is None:
            gaps += known_gaps.about_canopy_extent(float(beyond.mean()))
        elif beyond.any():
            crowns = _stamp(grid, cadastre)
            top, base = np.where(beyond, crowns[0], top), np.where(beyond, crowns[1], base)
            canopy_how += "; beyond its outline, crowns of the tree cadastre"
    gaps += known_gaps.about_roads(roads, spec)

    fields: dict[str, tuple[NDArray[Any], str]] = {
        "ground_elevation": (ground.values, ground.how),
        "surface_elevation": (surface, "ground, and roofs where a cell's centre lies in a building"),
        "building_id": (placed.building_id, "building at the cell's centre"),
        "building_fraction": (placed.building_fraction, "exact area of footprints"),
        "canopy_height": (top, canopy_how),
        "canopy_base_height": (base, canopy_how),
        "land_cover": (codes, "class at the cell's centre"),
    }
    if cover is not None:
        shares = np.where(placed.building_id > 0, np.nan, cover.sealed_fraction)
        fields["sealed_fraction"] = (shares, "from land cover")
    datum = vertical_datum or terrain.attrs.get("vertical_datum")
    grid = _dataset(spec, fields, given, canopy is not None, datum)

    network = None
    if roads is not None:
        from twin.city.roads import build_road_network

        network = build_road_network(roads, spec.crs)
    told = None if areas is not None and areas.buildings is buildings else buildings  # one report for both
    reports = [record.report for record in _distinct(told, land_cover, roads)] + tree_reports
    if buildings is not None:
        here = int(placed.table["on_grid"].sum())
        reports.append(ReadReport("buildings on the grid", len(placed.table), here, notes=placed.notes))
    if network is not None:
        reports.append(network.report)
    meta = CityMeta(tuple(dict.fromkeys(given[role] for role in ROLES if role in given)), tuple(gaps), tuple(reports))
    return City(name=name, grid=grid, buildings=placed.table, network=network, trees=standing, meta=meta)


def _check_crs(buildings: BuildingModels | OsmData | None, spec: GridSpec) -> None:
    if not isinstance(buildings, BuildingModels) or buildings.crs is None:
        return
    if not same_crs(buildings.crs, spec.crs):
        raise InputError(
            f"the 3-D city model is in {buildings.crs.name}, the grid in {spec.crs.name}; "
            "give the grid the CRS of the model"
        )


def _check_range(values: NDArray[np.float64], name: str, what: str, spec: GridSpec) -> None:
    """Refuse what cannot be: a void value that the file does not declare, decimetres taken for metres."""
    rule = variables.VARIABLES[name]
    lowest = -np.inf if rule.minimum is None else rule.minimum
    highest = np.inf if rule.maximum is None else rule.maximum
    with np.errstate(invalid="ignore"):
        wrong = (values < lowest) | (values > highest)
    if wrong.any():
        row, column = (int(index[0]) for index in np.nonzero(wrong))
        raise DataError(
            f"the {what} is {values[row, column]:g} m at E {spec.x[column]:.1f}, N {spec.y[row]:.1f} "
            f"({int(wrong.sum())} cells); it must lie between {lowest:g} and {highest:g} m: check its unit, and "
            "declare its nodata value if this is one"
        )


def _place(buildings: BuildingModels | OsmData | None, spec: GridSpec, ground: NDArray[np.float64]) -> PlacedBuildings:
    if isinstance(buildings, BuildingModels):
        placed = buildings_from_models(buildings, spec, ground)
    elif buildings is not None:
        placed = buildings_from_osm(buildings, spec, ground)
    else:
        return _no_buildings(spec)
    if len(placed.table) and np.isfinite(placed.table.total_bounds).all():
        xmin, ymin, xmax, ymax = placed.table.total_bounds
        west, south, east, north = spec.bounds
        apart = max(xmin - east, west - xmax, ymin - north, south - ymax)
        if apart > _ELSEWHERE:
            raise DataError(
                f"the {len(placed.table)} buildings lie {apart / 1000:.0f} km from the grid: they reach x {xmin:.6g} "
                f"to {xmax:.6g}, y {ymin:.7g} to {ymax:.7g}, the grid {spec.bounds}; check the CRS and the bounds"
            )
    return placed


def _no_buildings(spec: GridSpec) -> PlacedBuildings:
    columns: dict[str, Any] = {
        "osm_id": pd.Series(dtype=object),
        "name": pd.Series(dtype=object),
        "height": pd.Series(dtype=float),
        "storeys": pd.Series(dtype=float),
        "use": pd.Series(dtype=object),
        "height_source": pd.Series(dtype=object),
        "storeys_source": pd.Series(dtype=object),
        "residents": pd.Series(dtype=float),
        "residents_source": pd.Series(dtype=object),
        "on_grid": pd.Series(dtype=bool),
    }
    table = gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries([], crs=spec.crs), crs=spec.crs)
    table.index = pd.RangeIndex(1, 1, name="building_id")
    none = np.zeros(spec.shape)
    return PlacedBuildings(table, none.astype(np.int32), none, np.full(spec.shape, np.nan), ())


def _all_trees(
    records: TreeRecords | None, osm: OsmData | None, spec: GridSpec
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, list[ReadReport]]:
    """Return all single trees, those of the cadastre among them, and what became of its records."""
    mapped = _trees(osm, spec)
    if records is None:
        return mapped, mapped.iloc[:0], []
    cadastre, report = place_trees(records, spec)
    merged, dropped = merge_trees(cadastre, mapped)
    if dropped:
        note = f"{dropped} mapped trees are left out, because the tree cadastre has one at the same place"
        report = replace(report, notes=(*report.notes, note))
    return merged, cadastre, [records.report, report]


def _trees(osm: OsmData | None, spec: GridSpec) -> gpd.GeoDataFrame:
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


def _canopy(
    grid: xr.Dataset,
    canopy: xr.DataArray | None,
    cover: LandCover | None,
    trees: gpd.GeoDataFrame,
    roofs: NDArray[np.bool_],
) -> tuple[NDArray[Any], NDArray[Any], str, int]:
    if canopy is not None:
        field = onto_grid(canopy, GridSpec.from_dataset(grid), what="canopy", may_be_empty=True)
        _check_range(np.fmax(field.values, 0.0), "canopy_height", "canopy", GridSpec.from_dataset(grid))
        top, base, cleared = canopy_from_heights(field.values, roofs)
        return top, base, f"{field.how}; crown base assumed", cleared
    if cover is not None and cover.woods:
        high, low = stamp_woods(grid, cover.woods)
        grid = grid.assign(canopy_height=high, canopy_base_height=low)
    top, base = _stamp(grid, trees)
    how = "mapped woods and trees; sizes assumed unless tagged"
    if "height_source" in trees:
        how = f"tree cadastre; {how}"
    return top, base, how, 0


def _stamp(grid: xr.Dataset, trees: gpd.GeoDataFrame) -> tuple[NDArray[Any], NDArray[Any]]:
    places = shapely.get_coordinates(trees.geometry.values)
    top, base = stamp_crowns(grid, places, trees["height"], trees["crown_diameter"], trees["crown_base_height"])
    return top.values, base.values


def _dataset(
    spec: GridSpec,
    fields: dict[str, tuple[NDArray[Any], str]],
    sources: Mapping[str, Source],
    canopy_measured: bool,
    vertical_datum: str | None,
) -> xr.Dataset:
    grid = spec.dataset()
    for name, (values, how) in fields.items():
        typed = values.astype(variables.VARIABLES[name].dtype)
        grid[name] = (("y", "x"), typed, {"processing": how})
    grid = with_parameters(grid)
    grid["land_cover"].attrs.update(land_cover_attributes())
    for key, array in grid.data_vars.items():
        roles = _ORIGIN.get(str(key), ("land_cover", "buildings"))
        if not canopy_measured:
            roles = tuple("land_cover" if role == "canopy" else role for role in roles)
        origins = list(dict.fromkeys(sources[role] for role in roles if role in sources))
        if origins:
            array.attrs["source"] = "; ".join(origin.name for origin in origins)
            array.attrs["license"] = "; ".join(dict.fromkeys(origin.license for origin in origins))
            array.attrs["attribution"] = "; ".join(dict.fromkeys(origin.attribution for origin in origins))
        if str(key).endswith("elevation") and vertical_datum:
            array.attrs["vertical_datum"] = vertical_datum
    return variables.describe(grid)


def _distinct(
    *records: BuildingModels | CityJsonData | OsmData | None,
) -> list[BuildingModels | CityJsonData | OsmData]:
    """Records that were given, each once: one extract may serve several roles."""
    found: list[BuildingModels | CityJsonData | OsmData] = []
    for record in records:
        if record is not None and not any(record is known for known in found):
            found.append(record)
    return found
