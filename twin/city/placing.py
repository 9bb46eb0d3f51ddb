"""Which buildings a city gets: checks on their CRS and place, and how far their data reach."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import shapely
import xarray as xr
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from twin.city.building_caveats import about_edges
from twin.city.buildings import PlacedBuildings, buildings_from_models, no_buildings
from twin.city.city import Caveat
from twin.city.gridspec import Bounds, GridSpec, crs_of, same_crs
from twin.city.osm_buildings import buildings_from_osm
from twin.city.roofs import flat_mean
from twin.errors import DataError, InputError
from twin.geometry.records import BuildingModels, OsmData

_ELSEWHERE = 20_000.0
"""Buildings further than this (m) from the grid mean a wrong CRS or wrong bounds, not open country."""


def check_crs(buildings: BuildingModels | OsmData | None, spec: GridSpec) -> None:
    """Refuse a 3-D city model in another CRS than the grid's."""
    if not isinstance(buildings, BuildingModels) or buildings.crs is None:
        return
    if not same_crs(buildings.crs, spec.crs):
        raise InputError(
            f"the 3-D city model is in {buildings.crs.name}, the grid in {spec.crs.name}; "
            "give the grid the CRS of the model"
        )


def place_buildings(
    buildings: BuildingModels | OsmData | None,
    spec: GridSpec,
    ground: NDArray[np.float64],
    *,
    roof_statistic: Literal["max", "mean"] = "max",
) -> PlacedBuildings:
    """Put buildings of either kind on the grid, or none; refuse those that lie far away from it."""
    if isinstance(buildings, BuildingModels):
        placed = buildings_from_models(buildings, spec, ground, roof_statistic=roof_statistic)
    elif buildings is not None:
        placed = buildings_from_osm(buildings, spec, ground)
        if roof_statistic == "mean":
            shapes = np.asarray(placed.table.geometry.values, dtype=object)
            mean = flat_mean(shapes, placed.building_id, placed.roof_elevation, spec)
            placed = replace(placed, roof_mean=mean)
    else:
        nothing = no_buildings(spec)
        return nothing if roof_statistic == "max" else replace(nothing, roof_mean=nothing.roof_elevation)
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


def about_extent(
    buildings: BuildingModels | OsmData | None,
    spec: GridSpec,
    tile: Bounds | None,
    fill: OsmData | BuildingModels | xr.DataArray | None,
) -> list[Caveat]:
    """Say where the grid reaches to the end of the building data, whatever they came from.

    Parameters
    ----------
    buildings : BuildingModels, OsmData or None
        The buildings. A model that declares no envelope is judged by the buildings it holds.
    spec : GridSpec
        The grid.
    tile : (xmin, ymin, xmax, ymax), optional
        Extent for which they are complete, if the user says so.
    fill : OsmData, BuildingModels or xr.DataArray, optional
        Source from which missing buildings were filled.

    Examples
    --------
    >>> about_extent(None, GridSpec(0, 10, 1.0, 10, 10, "EPSG:25832"), None, None)
    []
    """
    if buildings is None:
        return []
    declared = tile or _declared(buildings, spec)
    if declared is not None:
        return about_edges(spec, declared, filled=_declared(fill, spec))
    if not isinstance(buildings, BuildingModels) or len(buildings.surfaces.vertices) == 0:
        return []
    places = buildings.surfaces.vertices
    found = (places[:, 0].min(), places[:, 1].min(), places[:, 0].max(), places[:, 1].max())
    west, south, east, north = (float(edge) for edge in found)
    return about_edges(spec, (west, south, east, north), declared=False, filled=_declared(fill, spec))


def complete_area(
    buildings: BuildingModels | OsmData | None, spec: GridSpec, tile: Bounds | None, *, filled: bool = False
) -> shapely.Geometry | None:
    """Return the area from which all buildings are known, in the grid's CRS; None if nobody says.

    Parameters
    ----------
    buildings : BuildingModels, OsmData or None
        The buildings.
    spec : GridSpec
        The grid; all of it is known where missing buildings were filled.
    tile : (xmin, ymin, xmax, ymax), optional
        Extent for which the buildings are complete, if the user says so.
    filled : bool
        Whether missing buildings were filled.

    Examples
    --------
    >>> complete_area(None, GridSpec(0, 10, 1.0, 10, 10, "EPSG:25832"), (0, 0, 20, 10)).area
    200.0
    """
    extent = tile or _declared(buildings, spec)
    if extent is None:
        return None
    area = shapely.box(*extent)
    return shapely.union(area, shapely.box(*spec.bounds)) if filled else area


def _declared(data: OsmData | BuildingModels | xr.DataArray | None, spec: GridSpec) -> Bounds | None:
    """Extent that data declare for themselves, in the grid's CRS; of a box in degrees, what lies wholly within it."""
    if data is None:
        return None
    if isinstance(data, BuildingModels):
        return data.bounds
    bounds: Bounds | None
    if isinstance(data, OsmData):
        bounds, crs = data.bounds, CRS.from_epsg(4326)
    else:
        half = abs(float(data.x[-1] - data.x[0])) / max(data.sizes["x"] - 1, 1) / 2
        x, y = np.sort(data.x.values[[0, -1]]), np.sort(data.y.values[[0, -1]])
        bounds, crs = (float(x[0] - half), float(y[0] - half), float(x[1] + half), float(y[1] + half)), crs_of(data)
    if bounds is None:
        return None
    if same_crs(crs, spec.crs):
        return bounds
    move = Transformer.from_crs(crs, spec.crs, always_xy=True)
    west, south, east, north = bounds
    corners = [(west, south), (west, north), (east, north), (east, south)]
    sides = [shapely.LineString([corners[a], corners[b]]) for a, b in ((0, 1), (0, 3), (3, 2), (1, 2))]
    lines = [shapely.get_coordinates(shapely.segmentize(side, side.length / 20)) for side in sides]
    (left, _), (_, low), (right, _), (_, high) = (move.transform(line[:, 0], line[:, 1]) for line in lines)
    return float(np.max(left)), float(np.max(low)), float(np.min(right)), float(np.min(high))
