"""Records to a `City`: every source put on one grid once, with what is known about it.

The ground is the terrain as it is: streets, kerbs and channels that the terrain does not show are not invented.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin.city import building_caveats
from twin.city import caveats as known_gaps
from twin.city.buildings import PlacedBuildings, buildings_from_models, no_buildings
from twin.city.canopy import place_canopy
from twin.city.city import Caveat, City, CityMeta, Source
from twin.city.city_model import about_model_ground, land_cover_from_areas
from twin.city.gridspec import Bounds, GridSpec, same_crs
from twin.city.land_cover import land_cover_from_osm
from twin.city.layers import ROLES, described_grid
from twin.city.osm_buildings import buildings_from_osm
from twin.city.surfaces import CODES
from twin.city.terrain import check_range, onto_grid
from twin.errors import DataError, InputError
from twin.geometry.records import BuildingModels, CityJsonData, OsmData, ReadReport, TreeRecords

_ELSEWHERE = 20_000.0
"""Buildings further than this (m) from the grid mean a wrong CRS or wrong bounds, not open country."""


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
    check_range(ground.values, "ground_elevation", "terrain", spec)
    gaps += known_gaps.about_terrain(ground, spec)
    areas = land_cover if isinstance(land_cover, CityJsonData) else None
    mapped = land_cover if isinstance(land_cover, OsmData) else None
    gaps += about_model_ground(terrain, areas)

    placed = _place(buildings, spec, ground.values)
    on_roof = (placed.building_id > 0) & np.isfinite(placed.roof_elevation)
    below = on_roof & (placed.roof_elevation < ground.values)
    surface = np.where(on_roof, np.fmax(placed.roof_elevation, ground.values), ground.values)
    buried = int(below.sum()) if isinstance(buildings, BuildingModels) else 0
    gaps += building_caveats.about_buildings(placed.table, buried)
    gaps += building_caveats.about_ground_offset(placed.ground_offset)
    if isinstance(buildings, BuildingModels):
        gaps += building_caveats.about_edges(spec, tile or buildings.bounds)

    cover = None if mapped is None else land_cover_from_osm(mapped, spec)
    if areas is not None:
        cover = land_cover_from_areas(areas, spec)
    codes = np.full(spec.shape, CODES["grass"], np.uint8) if cover is None else cover.cover.copy()
    codes[placed.building_id > 0] = CODES["roof"]
    open_ground = placed.building_id == 0
    white = open_ground if cover is None else open_ground & ~cover.mapped
    gaps += known_gaps.about_land_cover(cover, float(white.sum() / max(int(open_ground.sum()), 1)))

    crowns = place_canopy(spec, placed.building_id, heights=canopy, cover=cover, records=trees, osm=mapped)
    gaps += crowns.caveats
    gaps += known_gaps.about_roads(roads, spec)

    fields: dict[str, tuple[NDArray[Any], str]] = {
        "ground_elevation": (ground.values, ground.how),
        "surface_elevation": (surface, "ground, and roofs where a cell's centre lies in a building"),
        "building_id": (placed.building_id, "building at the cell's centre"),
        "building_fraction": (placed.building_fraction, "exact area of footprints"),
        "canopy_height": (crowns.top, crowns.how),
        "canopy_base_height": (crowns.base, crowns.how),
        "land_cover": (codes, "class at the cell's centre"),
    }
    if cover is not None:
        shares = np.where(placed.building_id > 0, np.nan, cover.sealed_fraction)
        fields["sealed_fraction"] = (shares, "from land cover")
    datum = vertical_datum or terrain.attrs.get("vertical_datum")
    grid = described_grid(spec, fields, given, canopy_measured=canopy is not None, vertical_datum=datum)

    network = None
    if roads is not None:
        from twin.city.roads import build_road_network

        network = build_road_network(roads, spec.crs)
    told = None if areas is not None and areas.buildings is buildings else buildings  # one report for both
    reports = [record.report for record in _distinct(told, land_cover, roads)] + list(crowns.reports)
    if buildings is not None:
        here = int(placed.table["on_grid"].sum())
        reports.append(ReadReport("buildings on the grid", len(placed.table), here, notes=placed.notes))
    if network is not None:
        reports.append(network.report)
    meta = CityMeta(tuple(dict.fromkeys(given[role] for role in ROLES if role in given)), tuple(gaps), tuple(reports))
    return City(name=name, grid=grid, buildings=placed.table, network=network, trees=crowns.trees, meta=meta)


def _check_crs(buildings: BuildingModels | OsmData | None, spec: GridSpec) -> None:
    if not isinstance(buildings, BuildingModels) or buildings.crs is None:
        return
    if not same_crs(buildings.crs, spec.crs):
        raise InputError(
            f"the 3-D city model is in {buildings.crs.name}, the grid in {spec.crs.name}; "
            "give the grid the CRS of the model"
        )


def _place(buildings: BuildingModels | OsmData | None, spec: GridSpec, ground: NDArray[np.float64]) -> PlacedBuildings:
    if isinstance(buildings, BuildingModels):
        placed = buildings_from_models(buildings, spec, ground)
    elif buildings is not None:
        placed = buildings_from_osm(buildings, spec, ground)
    else:
        return no_buildings(spec)
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


def _distinct(
    *records: BuildingModels | CityJsonData | OsmData | None,
) -> list[BuildingModels | CityJsonData | OsmData]:
    """Records that were given, each once: one extract may serve several roles."""
    found: list[BuildingModels | CityJsonData | OsmData] = []
    for record in records:
        if record is not None and not any(record is known for known in found):
            found.append(record)
    return found
