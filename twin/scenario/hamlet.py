"""A made-up hamlet: small enough to run every model in seconds, for examples, tests and warm-up.

A street runs from west to east through a dip between houses, a ring road leads around them, a yard is paved. Nothing
in it is measured, and its caveats say so.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from twin.city.city import Caveat, City, CityMeta, Source
from twin.city.gridspec import GridSpec

if TYPE_CHECKING:
    from twin.city.roads import RoadNetwork

LEFT, TOP = 690000.0, 5540000.0
"""North-west corner of the grid, EPSG:25832."""


def hamlet(resolution: float = 4.0) -> City:
    """Build a made-up hamlet of 160 m x 128 m with houses, a yard, trees and two ways through.

    Parameters
    ----------
    resolution : float
        Cell size, m; 1, 2 or 4.

    Returns
    -------
    City

    Examples
    --------
    >>> city = hamlet()
    >>> city.spec.shape, len(city.buildings)
    ((32, 40), 4)
    """
    import geopandas as gpd
    import shapely
    import xarray as xr

    from twin.city.rasterize import cover_fraction, paint_polygons
    from twin.city.surfaces import CODES, land_cover_attributes, with_parameters
    from twin.city.trees import stamp_crowns
    from twin.variables import describe

    spec = GridSpec.from_bounds((LEFT, TOP - 128.0, LEFT + 160.0, TOP), resolution, "EPSG:25832", anchor=(LEFT, TOP))
    east, south = spec.x - LEFT, TOP - spec.y

    def box(west: float, north: float, width: float, depth: float) -> shapely.Polygon:
        return shapely.box(LEFT + west, TOP - north - depth, LEFT + west + width, TOP - north)

    houses = [box(20, 24, 16, 16), box(60, 20, 20, 16), box(24, 84, 20, 16), box(104, 80, 16, 20)]
    heights = [7.0, 10.0, 8.0, 9.0]
    street, yard = box(0, 60, 160, 8), box(56, 76, 40, 32)
    # the ground falls to the street and, along it, to a dip in the middle
    dip = 1.2 * np.exp(-(((east[None, :] - 80.0) / 20.0) ** 2) - ((south[:, None] - 64.0) / 10.0) ** 2)
    ground = 320.0 + 0.02 * np.abs(south[:, None] - 64.0) + 0.002 * np.abs(east[None, :] - 80.0) - dip
    numbers = paint_polygons(houses, [1, 2, 3, 4], spec)
    cover = paint_polygons([yard, street], [CODES["paving"], CODES["asphalt"]], spec, background=CODES["grass"])
    cover = np.where(numbers > 0, CODES["roof"], cover)
    surface = ground.copy()
    for number, height in enumerate(heights, start=1):
        here = numbers == number
        surface[here] = ground[here].mean() + height
    fields = {
        "ground_elevation": ground.astype(np.float32),
        "surface_elevation": surface.astype(np.float32),
        "building_id": numbers.astype(np.int32),
        "building_fraction": cover_fraction(houses, spec).astype(np.float32),
        "land_cover": cover.astype(np.uint8),
    }
    grid = spec.dataset().assign({name: (("y", "x"), values) for name, values in fields.items()})
    grid["land_cover"].attrs.update(land_cover_attributes())
    stems = np.array([(LEFT + 44.0, TOP - 32.0), (LEFT + 132.0, TOP - 100.0)])
    top, base = stamp_crowns(grid, stems, 9.0, 8.0, 3.0)
    grid = with_parameters(grid.assign(canopy_height=top, canopy_base_height=base))
    buildings = gpd.GeoDataFrame(
        {
            "osm_id": [f"w{number}" for number in range(1, 5)],
            "height": heights,
            "storeys": [2.0, 3.0, 2.0, 3.0],
            "use": ["residential", "residential", "residential", "commercial"],
            "residents": [8.0, 15.0, 9.0, 0.0],
            "height_source": "made up",
            "on_grid": True,
        },
        geometry=houses,
        index=[1, 2, 3, 4],
        crs=spec.crs,
    )
    buildings.index.name = "building_id"
    trees = gpd.GeoDataFrame(
        {"height": 9.0, "crown_diameter": 8.0, "source": "made up"},
        geometry=gpd.points_from_xy(*stems.T),
        crs=spec.crs,
        index=[0, 1],
    )
    made_up = Caveat("terrain", "This hamlet is made up.", "Dieser Weiler ist erfunden.")
    meta = CityMeta((Source("made-up hamlet", "Apache-2.0", "The twin developers"),), (made_up,))
    described: xr.Dataset = grid.assign({name: describe(grid[name].rename(name)) for name in grid.data_vars})
    return City("hamlet", described, buildings, _roads(spec), trees, meta)


def _roads(spec: GridSpec) -> RoadNetwork:
    """Two ways from west to east: straight through the dip, or around on the ring; both leave the extract."""
    import geopandas as gpd
    from pyproj import Transformer

    from twin.city.roads import build_road_network
    from twin.geometry.records import OsmData, OsmWay

    places = {
        1: (-600, 64),
        2: (-200, 64),
        3: (40, 64),
        4: (120, 64),
        5: (360, 64),
        6: (760, 64),
        7: (-200, 300),
        8: (360, 300),
        9: (40, 20),
        10: (120, 110),
    }
    ways = [
        (1, (1, 2), {"highway": "secondary", "ref": "St 1", "maxspeed": "100"}),
        (2, (2, 3, 4, 5), {"highway": "secondary", "name": "Dorfstraße", "maxspeed": "50"}),
        (3, (5, 6), {"highway": "secondary", "ref": "St 1", "maxspeed": "100"}),
        (4, (2, 7, 8, 5), {"highway": "tertiary", "name": "Ringstraße", "maxspeed": "50"}),
        (5, (3, 9), {"highway": "residential", "name": "Am Anger", "maxspeed": "50"}),
        (6, (4, 10), {"highway": "residential", "name": "Hofgasse", "maxspeed": "50"}),
    ]
    to_degrees = Transformer.from_crs(spec.crs, "EPSG:4326", always_xy=True)
    numbers = np.array(sorted(places))
    lon, lat = to_degrees.transform(
        np.array([LEFT + places[number][0] for number in numbers]),
        np.array([TOP - places[number][1] for number in numbers]),
    )
    none = gpd.GeoDataFrame({"osm_id": [], "tags": []}, geometry=[], crs=4326)
    roads = tuple(OsmWay(number, np.array(nodes), tags) for number, nodes, tags in ways)
    box = (float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max()))
    osm = OsmData(numbers, np.asarray(lon), np.asarray(lat), {}, roads, (), none, none, none, box, None)
    return build_road_network(osm, spec.crs)


def warm_up(threads: int | None = None) -> float:
    """Compile the kernels of all models by running each on the hamlet; return the seconds it took.

    Parameters
    ----------
    threads : int, optional
        Threads of the models; all cores unless given.

    Returns
    -------
    float
        Seconds of wall time.
    """
    from twin.scenario import measures
    from twin.scenario.events import heavy_rain, hot_day, weekday_traffic
    from twin.scenario.run import run
    from twin.scenario.scenario import Scenario

    start = time.perf_counter()
    city = hamlet()
    yard = (LEFT + 56.0, TOP - 108.0, LEFT + 96.0, TOP - 76.0)
    plan = Scenario("warm-up", [measures.unseal(yard), measures.plant_trees(yard)])
    events = [
        hot_day("2024-07-01", max_temperature=35),
        heavy_rain("20 mm", duration="5 min", simulated="6 min"),
        weekday_traffic(),
    ]
    run(city, plan, events, threads=threads)
    _drive_far()
    return time.perf_counter() - start


def _drive_far() -> None:
    """Assign one trip along a road of many links: the hamlet's routes are too short to make the solver's store grow."""
    import xarray as xr

    from twin import traffic

    ends = np.arange(2000)
    road = traffic.graph_from_arrays(ends, ends + 1, np.ones(2000), np.full(2000, 600.0), length=10.0)
    trip = xr.DataArray([[1.0]], dims=("origin", "destination"), coords={"origin": [0], "destination": [2000]})
    traffic.assign(road, trip)
