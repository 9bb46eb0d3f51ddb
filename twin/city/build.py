"""Records to a `City`: every source put on one grid once, with what is known about it.

Terrain, buildings, land cover and canopy are put on the grid in files of their own; here they meet. The ground is the
terrain as it is: streets, kerbs and channels that the terrain does not show are not invented.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin.city import building_caveats
from twin.city import caveats as known_gaps
from twin.city.canopy import place_canopy
from twin.city.city import Caveat, City, CityMeta, Source
from twin.city.cover import cover_ground
from twin.city.filled_buildings import fill_buildings as add_missing
from twin.city.gridspec import Bounds, GridSpec
from twin.city.ground import place_ground
from twin.city.layers import ROLES, described_grid
from twin.city.placing import about_extent, check_crs, complete_area, place_buildings
from twin.city.roofs import with_slivers
from twin.errors import InputError
from twin.geometry.records import (
    AreaRecords,
    BuildingModels,
    CityJsonData,
    OsmData,
    ReadReport,
    TreeRecords,
    UnitRecords,
)

Record = BuildingModels | CityJsonData | OsmData | AreaRecords


def build_city(
    name: str,
    spec: GridSpec,
    *,
    terrain: xr.DataArray | None = None,
    buildings: BuildingModels | OsmData | None = None,
    land_cover: OsmData | CityJsonData | AreaRecords | None = None,
    canopy: xr.DataArray | None = None,
    trees: TreeRecords | None = None,
    roads: OsmData | None = None,
    fill_buildings: OsmData | BuildingModels | xr.DataArray | None = None,
    fill_terrain: float = 0.0,
    residents: UnitRecords | None = None,
    roof_statistic: Literal["max", "mean"] = "max",
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
    terrain : xr.DataArray, optional
        Ground elevation, m, (y, x) in any CRS. Copied where its cells are those of the grid, otherwise resampled once.
        Without it, the ground of a 3-D city model serves, and the city says so.
    buildings : BuildingModels or OsmData, optional
        Roofs of a 3-D city model keep the elevations of their planes; footprints of OpenStreetMap get flat roofs at
        tagged or assumed heights. A cell is roof where its centre lies in a building.
    land_cover : OsmData, CityJsonData or AreaRecords, optional
        Land use, waters, roads and trees, or the areas of a 3-D city model in the CRS of `spec`, or a vector layer of
        land use, above which `roads` are painted; without it all open ground is grass.
    canopy : xr.DataArray, optional
        Measured vegetation heights above ground, m. Without it, canopy stands on the mapped woods and trees.
    trees : TreeRecords, optional
        Trees of a cadastre. Their crowns join those of mapped woods and trees, the highest top and the lowest base
        counting; where `canopy` was surveyed, it decides, and they only fill the table of trees.
    roads : OsmData, optional
        Extract of the road network, all of which is kept, also beyond the grid.
    fill_buildings : OsmData, BuildingModels or xr.DataArray, optional
        Another source of buildings, or a raster of their heights above ground, m: those that `buildings` lacks are
        added with a flag (`twin.city.filled_buildings`).
    fill_terrain : float
        Fill gaps of the terrain up to this distance from known ground, m, with a flag; 0 leaves them empty.
    residents : UnitRecords, optional
        Statistical units whose residents are spread over their dwellings; estimated from floor area without them.
    roof_statistic : {"max", "mean"}
        Elevation of a cell on the roof of a 3-D model: of the highest facet at its centre, or the mean of the roofs
        within the cell. With ``"mean"`` the grid also has `roof_elevation`, that mean in every cell that roofs reach:
        above the ground and times `building_fraction`, it is the buildings' volume.
    sources : mapping, optional
        `Source` of each role: ``"terrain"``, ``"buildings"``, ``"land_cover"``, ``"canopy"``, ``"trees"``,
        ``"roads"``, ``"fill_buildings"``, ``"residents"``.
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
        If a role or a `roof_statistic` is unknown, a CRS does not fit, or there is nothing to take the ground from.
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
    given = _sources(sources, terrain)
    if roof_statistic not in ("max", "mean"):
        raise InputError(f"roof_statistic is {roof_statistic!r}; it must be 'max' or 'mean'")
    check_crs(buildings, spec)
    areas = land_cover if isinstance(land_cover, CityJsonData) else None
    mapped = land_cover if isinstance(land_cover, OsmData) else None
    model = areas or (buildings if isinstance(buildings, BuildingModels) else None)
    if trees is None and areas is not None:
        trees = areas.trees
    gaps: list[Caveat] = []

    ground = place_ground(terrain, spec, model=model, fill=fill_terrain)
    gaps += ground.caveats
    placed = place_buildings(buildings, spec, ground.values, roof_statistic=roof_statistic)
    filled: tuple[Caveat, ...] = ()
    if fill_buildings is not None:
        placed, filled = add_missing(placed, spec, ground.values, fill_buildings, roof_statistic=roof_statistic)
    on_roof = (placed.building_id > 0) & np.isfinite(placed.roof_elevation)
    below = on_roof & (placed.roof_elevation < ground.values)
    surface = np.where(on_roof, np.fmax(placed.roof_elevation, ground.values), ground.values).astype(np.float32)
    buried = int(below.sum()) if isinstance(buildings, BuildingModels) else 0
    reports: list[ReadReport] = []
    table = placed.table
    if residents is not None:
        from twin.city.residents import assign_residents

        covered = complete_area(buildings, spec, tile, filled=fill_buildings is not None)
        table, report = assign_residents(table, residents, covered=covered)
        reports += [residents.report, report]
    gaps += [*known_gaps.about_model_cover()] if areas is not None else []
    gaps += building_caveats.about_buildings(table, buried, counted=residents is not None)
    heights = (getattr(buildings, "vertical_datum", None), vertical_datum or ground.vertical_datum)
    gaps += [*filled, *building_caveats.about_ground_offset(placed.ground_offset, *heights)]
    gaps += about_extent(buildings, spec, tile, fill_buildings)

    roofs = placed.building_id > 0
    cover, codes, origin = cover_ground(land_cover, spec, roofs, roads)
    white = ~roofs if cover is None else ~roofs & ~cover.mapped
    gaps += known_gaps.about_land_cover(cover, float(white.sum() / max(int((~roofs).sum()), 1)))
    if isinstance(land_cover, AreaRecords):
        gaps += known_gaps.about_land_use_layer(land_cover.class_map)

    crowns = place_canopy(spec, placed.building_id, heights=canopy, cover=cover, records=trees, osm=mapped)
    gaps += crowns.caveats
    gaps += known_gaps.about_roads(roads, spec)

    plane = "plane that gives the cell its elevation; OpenStreetMap roofs taken as flat, filled ones unknown"
    source = np.concatenate([np.zeros(1, np.uint8), placed.source])[placed.building_id]
    green = np.concatenate([[0.0], table["green_roof"]]).astype(np.float32)[placed.building_id]
    nothing = np.float32(np.nan)
    fields: dict[str, tuple[NDArray[Any], str]] = {
        "ground_elevation": (ground.values.astype(np.float32), ground.how),
        "ground_source": (ground.source, "of the elevation"),
        "surface_elevation": (surface, "ground, and roofs where a cell's centre lies in a building"),
        "building_id": (placed.building_id, "building at the cell's centre"),
        "building_source": (source, "of the building at the cell's centre"),
        "building_fraction": (placed.building_fraction.astype(np.float32), "exact area of footprints"),
        "roof_slope": (np.where(below, nothing, placed.roof_slope), plane),
        "roof_aspect": (np.where(below, nothing, placed.roof_aspect), f"{plane}; none below 1 degree"),
        "green_roof_fraction": (green, "as told by tags or attributes of the building; 0 where nothing is told"),
        "canopy_height": (crowns.top, crowns.how),
        "canopy_base_height": (crowns.base, crowns.how),
        "canopy_source": (crowns.source, "of the highest crown"),
        "land_cover": (codes, "class at the cell's centre"),
        "land_cover_source": (origin, "of the class"),
    }
    if placed.roof_mean is not None:
        fields["roof_elevation"] = (
            with_slivers(placed.roof_mean, placed.building_fraction),
            "mean of the roofs within the cell",
        )
    if cover is not None:
        fields["sealed_fraction"] = (np.where(roofs, nothing, cover.sealed_fraction), "from land cover")
    datum = vertical_datum or ground.vertical_datum
    told = None if areas is not None and areas.buildings is buildings else buildings  # one report for both
    extra = fill_buildings if isinstance(fill_buildings, (OsmData, BuildingModels)) else None
    reports = [*(record.report for record in _distinct(told, land_cover, roads, extra)), *crowns.reports, *reports]
    if buildings is not None or fill_buildings is not None:
        reports.append(ReadReport("buildings on the grid", len(table), int(table["on_grid"].sum()), notes=placed.notes))
    stands = crowns.trees
    del ground, placed, surface, on_roof, below, roofs, cover, white, crowns  # large cities need the room
    grid = described_grid(spec, fields, given, canopy_measured=canopy is not None, vertical_datum=datum)

    network = None
    if roads is not None:
        from twin.city.roads import build_road_network

        network = build_road_network(roads, spec.crs)
        reports.append(network.report)
    places = None
    told_by = mapped or roads
    if told_by is not None:
        from twin.city.places import places_from_osm

        places = places_from_osm(told_by, spec)
    meta = CityMeta(tuple(dict.fromkeys(given[role] for role in ROLES if role in given)), tuple(gaps), tuple(reports))
    return City(name, grid, table, network, stands, meta, places)


def _sources(sources: Mapping[str, Source] | None, terrain: xr.DataArray | None) -> dict[str, Source]:
    """Check the roles; terrain that is not given comes from the buildings."""
    given = dict(sources or {})
    for role in given:
        if role not in ROLES:
            raise InputError(f"sources name the role {role!r}; roles are {', '.join(ROLES)}")
    if terrain is None and "buildings" in given:
        given.setdefault("terrain", given["buildings"])
    return given


def _distinct(
    *records: Record | None,
) -> list[Record]:
    """Records that were given, each once: one extract may serve several roles."""
    found: list[Record] = []
    for record in records:
        if record is not None and not any(record is known for known in found):
            found.append(record)
    return found
