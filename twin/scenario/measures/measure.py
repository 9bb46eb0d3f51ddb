"""What all measures have in common: pure functions from a city to a changed copy and a record of what was done.

The city given is never changed; a copy shares every variable and table that the measure leaves alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, runtime_checkable

import geopandas as gpd
import numpy as np
import shapely
import xarray as xr
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from twin.city.city import City
from twin.errors import InputError
from twin.scenario.areas import cells_inside

if TYPE_CHECKING:
    from twin.city.roads import RoadNetwork
    from twin.compare.variant import MeasureRecord

ROOF, WATER = 3, 10
"""Land cover codes that no measure on the ground may touch."""

LANE_WIDTH = 3.25
"""Width of a lane between kerbs, m: regular cross-section of main roads, RASt 06 (FGSV 2006), section 6.1.1."""


@runtime_checkable
class Measure(Protocol):
    """Anything with a `kind` and an `apply`: ready measures, or one of your own."""

    kind: ClassVar[str]

    def apply(self, city: City) -> tuple[City, MeasureRecord]:
        """Return the changed city and the record of what was done; `city` itself stays as it is."""
        ...


def replace_variables(grid: xr.Dataset, arrays: Mapping[str, NDArray[Any]]) -> xr.Dataset:
    """Return `grid` with some variables replaced, their attributes and types kept; the others are shared.

    Examples
    --------
    >>> grid = xr.Dataset({"albedo": ("x", np.zeros(2, "float32"), {"units": "1"})})
    >>> replace_variables(grid, {"albedo": np.ones(2)}).albedo.attrs["units"], grid.albedo.values
    ('1', array([0., 0.], dtype=float32))
    """
    return grid.assign({name: grid[name].copy(data=values.astype(grid[name].dtype)) for name, values in arrays.items()})


def carriageway(city: City) -> BaseGeometry:
    """Return the area of all roads open to traffic, from their lines and lanes (empty without a network)."""
    if city.network is None or len(city.network.links) == 0:
        return shapely.Polygon()
    links = city.network.links
    # a closed link is free to be greened: only what still carries traffic counts
    near = links[~links["closed"].to_numpy(dtype=bool) & links.intersects(shapely.box(*city.spec.bounds))]
    return shapely.union_all(shapely.buffer(near.geometry.values, near["lanes"].to_numpy() * LANE_WIDTH))


def on_carriageway(city: City, inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Mark those cells of `inside` whose centre lies on a road open to traffic."""
    if not inside.any():
        return inside.copy()
    spec = city.spec
    rows, columns = np.nonzero(inside)
    reach = shapely.box(
        spec.x[columns.min()] - spec.resolution,
        spec.y[rows.max()] - spec.resolution,
        spec.x[columns.max()] + spec.resolution,
        spec.y[rows.min()] + spec.resolution,
    )
    road = carriageway(city).intersection(reach)
    return inside & cells_inside(road, spec) if not road.is_empty else np.zeros_like(inside)


def needs_network(city: City, what: str) -> RoadNetwork:
    """Return the city's roads, or raise `InputError` if it has none."""
    if city.network is None or len(city.network.links) == 0:
        raise InputError(
            f"{what} needs roads, and {city.name!r} has none; build the city with an OpenStreetMap extract"
        )
    return city.network


def footprint(city: City, geometries: Any, **columns: Any) -> gpd.GeoDataFrame:
    """Return geometries as a GeoDataFrame in the city's CRS."""
    return gpd.GeoDataFrame(columns, geometry=list(geometries), crs=city.spec.crs)


def check_cost(cost: float | None, what: str) -> float | None:
    """Return a cost in euro after checking it; None if it is not known."""
    if cost is None:
        return None
    if isinstance(cost, bool) or not isinstance(cost, (int, float)) or not math.isfinite(cost) or cost < 0:
        raise InputError(f"the cost of {what} is {cost!r}; it must be a finite number of euro, at least 0")
    return float(cost)
