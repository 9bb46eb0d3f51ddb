"""A hamlet of two houses with a made-up hot day: what the examples of this room are worked out on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

if TYPE_CHECKING:
    from twin.city.city import City
    from twin.compare.comparison import Comparison


def hamlet() -> tuple[City, xr.Dataset]:
    """Return a city of 12 x 24 cells of 2 m with two houses, a street, a playground and a school, and a heat result.

    The western half lies in the sun from 12 to 15 h with a felt temperature of 36 °C, the eastern half in the shade
    with 30 °C. The first house (4 residents) stands in the west, the second (6 residents) in the east.

    Examples
    --------
    >>> city, result = hamlet()
    >>> city.buildings["residents"].tolist(), result.sizes["time"]
    ([4.0, 6.0], 4)
    """
    import geopandas as gpd
    import pandas as pd
    import shapely
    from pyproj import CRS

    from twin import variables
    from twin.city.city import City
    from twin.city.gridspec import GridSpec
    from twin.city.roads import RoadNetwork

    spec = GridSpec(500000.0, 5500024.0, 2.0, 12, 24, CRS.from_epsg(25832))
    ids = np.zeros(spec.shape, np.int32)
    ids[1:3, 3:5], ids[1:3, 19:21] = 1, 2
    grid = spec.dataset().assign(
        building_id=(("y", "x"), ids), land_cover=(("y", "x"), np.full(spec.shape, 6, np.uint8))
    )

    def box(left: float, bottom: float, right: float, top: float) -> shapely.Polygon:
        return shapely.box(500000 + left, 5500000 + bottom, 500000 + right, 5500000 + top)

    crs = spec.crs
    houses = gpd.GeoDataFrame(
        {"residents": [4.0, 6.0], "use": "residential"},
        index=pd.RangeIndex(1, 3, name="building_id"),
        geometry=[box(6, 18, 10, 22), box(38, 18, 42, 22)],
        crs=crs,
    )
    places = gpd.GeoDataFrame(
        {"kind": ["playground", "school"], "name": ["Am Bach", ""], "osm_id": ["w1", "n2"]},
        geometry=[box(0, 0, 4, 4), shapely.box(500038, 5500018, 500042, 5500022)],
        crs=crs,
    )
    line = shapely.LineString([(500000, 5500008), (500048, 5500008)])
    links = gpd.GeoDataFrame(
        {"from_node": [1], "to_node": [2], "osm_way": [7], "name": ["Dorfstraße"], "ref": [""]},
        index=pd.Index(["7:1:2"], name="link"),
        geometry=[line],
        crs=crs,
    ).assign(road_class="footway", length=line.length, foot=True, sidewalk="")
    ends = [shapely.Point(point) for point in line.coords]
    nodes = gpd.GeoDataFrame({"osm_id": [1, 2], "gate": False}, index=[1, 2], geometry=ends, crs=crs)
    network = RoadNetwork(nodes, links, pd.DataFrame({"from_link": [], "to_link": [], "restriction": []}))
    city = City("hamlet", grid, houses, network, houses.iloc[:0], places=places)

    west = np.arange(24) < 12
    felt = np.where(ids > 0, np.nan, np.where(west, 36.0, 30.0)).astype(np.float32)
    sun = np.broadcast_to(west, spec.shape).astype(np.float32)
    hours = np.datetime64("2018-07-26T12", "ns") + np.arange(4) * np.timedelta64(1, "h")
    result = spec.dataset().assign_coords(time=hours)
    result = result.assign(
        utci=(("time", "y", "x"), np.repeat(felt[None], 4, axis=0)),
        sunlit_fraction=(("time", "y", "x"), np.repeat(sun[None], 4, axis=0)),
    )
    labels = {"event_label_en": "hot day", "event_label_de": "Hitzetag"}
    return city, variables.describe(result).assign_attrs(model="heat", **labels)


def greened(title: str = "Green", *, cooler: float = 5.0, shady: bool = False) -> Comparison:
    """Return the hamlet's hot day compared with one on which it is cooler, or the street lies in shade.

    Parameters
    ----------
    title : str
        Of the variant ``"green"``, held against ``"baseline"``; their event is called ``"hot"``.
    cooler : float
        Felt temperature less than today, K.
    shady : bool
        Whether the sun reaches nothing.

    Examples
    --------
    >>> [variant.title for variant in greened("Trees").variants]
    ['Today', 'Trees']
    """
    from twin.compare.comparison import compare
    from twin.compare.variant import Variant

    city, result = hamlet()
    changed = result.assign(utci=result["utci"] - cooler)
    if shady:
        changed = changed.assign(sunlit_fraction=result["sunlit_fraction"] * 0)
    return compare(
        [Variant("baseline", "Today", city, {"hot": result}), Variant("green", title, city, {"hot": changed})]
    )
