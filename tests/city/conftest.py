"""Shared by the tests of the city: the sample cities, loaded once, and small made-up maps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import settings
from pyproj import Transformer

import twin
from twin.geometry.records import OsmData, OsmWay

# the first example compiles kernels, and shared machines pause
settings.register_profile("city", deadline=None)
settings.load_profile("city")


@pytest.fixture(scope="session")
def bayreuth() -> twin.City:
    return twin.sample_city("bayreuth")


@pytest.fixture(scope="session")
def tiergarten() -> twin.City:
    return twin.sample_city("tiergarten")


_BACK = Transformer.from_crs("EPSG:25832", "EPSG:4326", always_xy=True)


def geographic(shape: Any) -> Any:
    """From metres east and north of E 690000, N 5540000 (EPSG:25832) to longitude and latitude."""
    return shapely.transform(
        shape, lambda xy: np.column_stack(_BACK.transform(xy[:, 0] + 690000.0, xy[:, 1] + 5540000.0))
    )


def table(rows: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"osm_id": [f"w{i}" for i in range(len(rows))], "tags": [tags for _, tags in rows]},
        geometry=gpd.GeoSeries([geographic(shape) for shape, _ in rows], crs="EPSG:4326"),
        crs="EPSG:4326",
    )


def make_osm(areas: Any = (), lines: Any = (), points: Any = (), roads: Any = (), bounds: Any = None) -> OsmData:
    """An extract from (shape, tags) and, for roads, ([(x, y), ...], tags), in metres from that corner."""
    lon, lat, ways = [], [], []
    for number, (points_of_way, tags) in enumerate(roads):
        first = len(lon)
        for x, y in points_of_way:
            place = geographic(shapely.Point(x, y))
            lon.append(place.x)
            lat.append(place.y)
        ways.append(OsmWay(number, np.arange(first, len(lon)), tags))
    return OsmData(
        np.arange(len(lon)),
        np.array(lon),
        np.array(lat),
        {},
        tuple(ways),
        (),
        table(areas),
        table(lines),
        table(points),
        bounds,
        None,
    )


@pytest.fixture(scope="session")
def osm() -> Callable[..., OsmData]:
    return make_osm
