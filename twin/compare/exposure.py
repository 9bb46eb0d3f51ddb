"""Who is next to what: values of a map around each building, and the people who live there.

A building is exposed to what happens on the open cells around its walls, never to values on its own roof. Footprints
are those of the grid (`building_id`), so that a model's walls and these rings agree to the cell.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin.errors import InputError, MissingDataError

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from twin.city.city import City

Statistic = Literal["max", "mean"]


def ring_cells(building_id: NDArray[np.int32], reach: float = 1.0) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the open cells around each building as pairs.

    Parameters
    ----------
    building_id : (y, x) int
        0 where there is no building.
    reach : float
        Largest distance from the footprint, in cells, from 1; 1 takes the eight neighbours of its cells.

    Returns
    -------
    building, cell : (n,) int64
        Building number and flat cell index, ordered by building, then cell. A cell may belong to several buildings.

    Examples
    --------
    >>> building, cell = ring_cells(np.array([[0, 0, 0, 0], [0, 7, 0, 0], [0, 0, 0, 0]], dtype=np.int32))
    >>> cell.tolist()
    [0, 1, 2, 4, 6, 8, 9, 10]
    """
    from scipy import ndimage

    if building_id.ndim != 2:
        raise InputError(f"building_id has {building_id.ndim} dimensions; it must be (y, x)")
    if not (math.isfinite(reach) and reach >= 1):
        raise InputError(f"reach is {reach!r} cells; it must be at least 1, the neighbours of the footprint")
    rows, columns = building_id.shape
    # the eight neighbours lie up to sqrt(2) cells away: a reach of 1 means them all
    limit = max(float(reach), math.sqrt(2.0)) + 1e-9
    pad = math.ceil(limit)
    present = np.unique(building_id[building_id > 0])
    buildings: list[NDArray[np.int64]] = [np.empty(0, np.int64)]
    cells: list[NDArray[np.int64]] = [np.empty(0, np.int64)]
    # numbered anew without gaps: find_objects works through every number up to the largest
    compact = np.searchsorted(present, building_id).astype(np.int32) + 1
    compact[building_id <= 0] = 0
    for number, place in zip(present, ndimage.find_objects(compact), strict=True):
        top, left = max(place[0].start - pad, 0), max(place[1].start - pad, 0)
        window = building_id[top : min(place[0].stop + pad, rows), left : min(place[1].stop + pad, columns)]
        distance = ndimage.distance_transform_edt(window != number)
        y, x = np.nonzero((window == 0) & (distance <= limit))
        cells.append(((y + top) * columns + (x + left)).astype(np.int64))
        buildings.append(np.full(len(y), number, np.int64))
    return np.concatenate(buildings), np.concatenate(cells)


def building_exposure(
    field: xr.DataArray,
    city: City,
    *,
    reach: float | None = None,
    statistic: Statistic = "max",
    group: str = "residents",
) -> gpd.GeoDataFrame:
    """Return the value of a map around each building on the grid.

    Parameters
    ----------
    field : xr.DataArray (y, x)
        On the city's grid; NaN cells are left out.
    city : City
        With `building_id` on its grid.
    reach : float, optional
        Width of the ring, m; one cell if not given.
    statistic : {"max", "mean"}
        Of the ring's cells.
    group : str
        Whom to count as residents: ``"residents"`` for all, or a column of the buildings with an age group, such as
        ``"age_over_65"`` or ``"age_under_6"`` from `twin.city.assign_residents`.

    Returns
    -------
    GeoDataFrame
        Index `building_id`; columns `value` (unit of `field`, NaN where the ring holds no open cell), `cells` (cells
        used), `residents` (of the group, NaN where not known) and `geometry`.

    Raises
    ------
    InputError
        If the field is not on the city's grid.
    MissingDataError
        If the city has no `building_id`, or its buildings lack the group.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from twin import City, GridSpec
    >>> grid = GridSpec(500000, 5500006, 2.0, 3, 3, "EPSG:25832").dataset()
    >>> grid["building_id"] = (("y", "x"), np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]], dtype=np.int32))
    >>> house = gpd.GeoDataFrame(
    ...     {"residents": [4.0]}, index=[1], geometry=[shapely.box(500002, 5500002, 500004, 5500004)], crs="EPSG:25832"
    ... )
    >>> city = City("hamlet", grid, house, None, house.iloc[:0])
    >>> depth = grid.building_id.astype(float).copy(data=np.array([[0, 0, 0], [0, 9, 0.3], [0, 0, 0]]))
    >>> building_exposure(depth, city)["value"].tolist()
    [0.3]
    """
    import pandas as pd

    if "building_id" not in city.grid:
        raise MissingDataError(
            f"the grid of {city.name!r} has no variable 'building_id'; build the city with buildings to ask who is near"
        )
    if field.dims != ("y", "x") or field.shape != city.grid["building_id"].shape:
        raise InputError(
            f"the map {field.name!r} has dims {dict(field.sizes)}; it must lie on the city's grid, "
            f"{dict(city.grid['building_id'].sizes)}"
        )
    resolution = city.spec.resolution
    width = resolution if reach is None else float(reach)
    building, cell = ring_cells(np.asarray(city.grid["building_id"].values), max(width / resolution, 1.0))
    around = pd.DataFrame({"building": building, "value": np.asarray(field.values, np.float64).ravel()[cell]})
    groups = around.dropna().groupby("building")["value"]
    table = city.buildings.loc[city.buildings.index.isin(np.unique(city.grid["building_id"].values)), ["geometry"]]
    table = table.assign(
        value=(groups.max() if statistic == "max" else groups.mean()).reindex(table.index).astype(np.float64),
        cells=groups.size().reindex(table.index, fill_value=0).astype(np.int64),
        residents=residents_of(city, group).reindex(table.index),
    )
    return table[["value", "cells", "residents", "geometry"]]


def residents_of(city: City, group: str = "residents") -> pd.Series:
    """Return the residents of each building, NaN where not known.

    Parameters
    ----------
    city : City
        With residents in its table of buildings.
    group : str
        All of them, or an age group such as ``"age_over_65"``.

    Raises
    ------
    MissingDataError
        If the building table has no such column.
    """
    if group not in city.buildings.columns:
        ages = [str(name) for name in city.buildings.columns if str(name).startswith("age_")]
        way = "add it from the register of residents, or estimate it from floor area"
        if group != "residents":
            way = (
                f"it has {', '.join(ages)}" if ages else "read statistical units with age groups: city.assign_residents"
            )
        raise MissingDataError(f"the buildings of {city.name!r} have no column {group!r}; {way}")
    residents: pd.Series = city.buildings[group].astype(np.float64)
    return residents


def residents_where(exposure: gpd.GeoDataFrame, threshold: float) -> float:
    """Return how many people live in buildings whose value reaches `threshold`; unknown residents count as none.

    Examples
    --------
    >>> import pandas as pd
    >>> residents_where(pd.DataFrame({"value": [0.05, 0.3, 0.6], "residents": [10.0, 4.0, float("nan")]}), 0.3)
    4.0
    """
    return float(exposure.loc[exposure["value"] >= threshold, "residents"].sum())
