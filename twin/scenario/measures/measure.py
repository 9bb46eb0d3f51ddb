"""What all measures have in common: pure functions from a city to a changed copy and a record of what was done.

The city given is never changed; a copy shares every variable and table that the measure leaves alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
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

OPTIONAL: dict[str, float] = {
    "sail_height": 0.0,
    "sail_transmissivity": 1.0,
    "canopy_transmissivity": math.nan,
    "facade_green_fraction": 0.0,
    "wall_albedo": math.nan,
    "soil_wetness": math.nan,
}
"""Variables that only measures bring to a grid, and what they hold where nothing is known or done."""

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


def set_variables(grid: xr.Dataset, arrays: Mapping[str, NDArray[Any]]) -> xr.Dataset:
    """Return `grid` with some variables replaced or, those of `OPTIONAL`, added; empty ones of these are left out.

    A grid without an optional variable and one where it is empty everywhere mean the same: the first is kept, so that
    a measure taken back leaves no trace.

    Examples
    --------
    >>> grid = xr.Dataset({"albedo": (("y", "x"), np.zeros((1, 2), "float32"))})
    >>> wet = set_variables(grid, {"soil_wetness": np.array([[1.0, np.nan]])})
    >>> wet.soil_wetness.attrs["long_name_de"][:12], list(set_variables(wet, {"soil_wetness": np.full((1, 2), np.nan)}))
    ('Bodenfeuchte', ['albedo'])
    """
    from twin.variables import VARIABLES, describe

    changed = replace_variables(grid, {name: values for name, values in arrays.items() if name in grid})
    for name in OPTIONAL:
        if name not in arrays:
            continue
        values = np.asarray(arrays[name], VARIABLES[name].dtype)
        if (np.isnan(values) if math.isnan(OPTIONAL[name]) else values == np.float32(OPTIONAL[name])).all():
            changed = changed.drop_vars(name, errors="ignore")
        elif name not in grid:
            coordinates = {axis: grid.coords[axis] for axis in ("y", "x", "spatial_ref") if axis in grid.coords}
            changed = changed.assign({name: describe(xr.DataArray(values, coordinates, ("y", "x"), name=name))})
    return changed


def present(grid: xr.Dataset, name: str) -> NDArray[Any]:
    """Return the values of a variable of `OPTIONAL`, empty ones where the grid has none.

    Examples
    --------
    >>> present(xr.Dataset(coords={"y": [1.0], "x": [1.0, 2.0]}), "sail_height")
    array([[0., 0.]], dtype=float32)
    """
    if name in grid:
        return np.asarray(grid[name].values)
    return np.full((grid.sizes["y"], grid.sizes["x"]), OPTIONAL[name], np.float32)


def emptied(grid: xr.Dataset, cells: NDArray[np.bool_], names: Sequence[str] = tuple(OPTIONAL)) -> dict[str, Any]:
    """Return those variables of `OPTIONAL` that the grid has, emptied in some cells: what stood there is gone.

    Examples
    --------
    >>> emptied(xr.Dataset({"wall_albedo": ("x", np.array([0.5, 0.6]))}), np.array([True, False]))
    {'wall_albedo': array([nan, 0.6])}
    """
    return {name: np.where(cells, OPTIONAL[name], grid[name].values) for name in names if name in grid}


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


def check_share(share: float, name: str, *, least: float = 0.0) -> float:
    """Return a share after checking that it is a number from `least` to 1.

    Examples
    --------
    >>> check_share(1, "fraction")
    1.0
    """
    if isinstance(share, bool) or not isinstance(share, (int, float)) or not least <= share <= 1.0:
        raise InputError(f"{name} is {share!r}; it must be a number from {least:g} to 1")
    return float(share)
