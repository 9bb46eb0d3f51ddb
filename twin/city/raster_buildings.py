"""Buildings from a raster of their heights above ground, where none is known.

What is at least as high and as wide as a building, and not known, becomes one. Courtyards of known buildings count as
known, because such rasters are too coarse to show them.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import xarray as xr
from numpy.typing import NDArray

from twin import variables
from twin.city.building_uses import STOREY_HEIGHT
from twin.city.buildings import PlacedBuildings, with_residents
from twin.city.green_roofs import UNKNOWN
from twin.city.gridspec import GridSpec, crs_of, same_crs
from twin.city.rasterize import cover_fraction, paint_polygons
from twin.errors import DataError, InputError

KNOWN_SHARE = 0.1
"""What known buildings cover by this share or more is known, under whatever number."""

LEAST_HEIGHT = 2.0
"""What is lower than this (m) in a raster of heights is no building."""

LEAST_WIDTH = 5.0
"""What is narrower than this (m) in a raster of heights is no building, but the rim of one whose outline differs."""

HIGHEST = 500.0
"""Larger numbers (m) in a raster of heights above ground are elevations, or no heights at all."""


def buildings_from_raster(
    placed: PlacedBuildings, spec: GridSpec, ground: NDArray[np.float64], raster: xr.DataArray
) -> tuple[PlacedBuildings, int]:
    """Return the buildings that a raster of heights shows where none is known, and how many rims are left out.

    Parameters
    ----------
    placed : PlacedBuildings
        What is known.
    spec : GridSpec
        The grid.
    ground : (rows, columns) float64
        Ground elevation, m.
    raster : xr.DataArray
        Heights above ground, m.

    Raises
    ------
    DataError
        If it holds no heights above ground, or does not reach the grid.

    Examples
    --------
    >>> from twin.city.buildings import no_buildings
    >>> spec = GridSpec(0, 12, 2.0, 6, 6, "EPSG:25832")
    >>> raster = xr.DataArray(np.full(spec.shape, 9.0), spec.coordinates(), ("y", "x"))
    >>> found, rims = buildings_from_raster(no_buildings(spec), spec, np.zeros(spec.shape), raster)
    >>> found.table["height"].tolist(), rims
    ([9.0], 0)
    """
    from scipy.ndimage import binary_opening, label

    heights, cells = _cells(raster, spec)
    with np.errstate(invalid="ignore"):
        if (heights > HIGHEST).any():
            raise DataError(
                f"the raster of building heights reaches {np.nanmax(heights):g} m; heights above ground are at most "
                f"{HIGHEST:g} m: take the terrain off, or check the unit and the nodata value"
            )
        built = heights >= LEAST_HEIGHT
    unknown = built & (cover_fraction(_without_courtyards(placed.table), cells) < KNOWN_SHARE)
    width = max(2, int(np.ceil(LEAST_WIDTH / cells.resolution)))
    wide = binary_opening(unknown, np.ones((width, width), bool))
    rims = int(label(unknown)[1] - label(wide)[1])
    parts, count = label(wide)
    shapes = _outlines(parts, count, cells)
    inside = parts > 0
    owner, high = parts[inside], heights[inside]
    top = np.zeros(count)
    np.maximum.at(top, owner - 1, high)
    mean = np.bincount(owner, high, count + 1)[1:] / np.maximum(np.bincount(owner, minlength=count + 1)[1:], 1)
    told = np.full(count, "height raster", dtype=object)
    table = gpd.GeoDataFrame(
        {
            "name": np.full(count, None, dtype=object),
            "height": top,
            "eaves_height": np.full(count, np.nan),
            "roof_shape": np.full(count, None, dtype=object),
            "storeys": np.maximum(1.0, np.round(mean / STOREY_HEIGHT)),
            "use": np.full(count, "unknown", dtype=object),
            "source": told,
            "height_source": told,
            "storeys_source": np.full(count, "estimated from the mean height", dtype=object),
            "green_roof": np.zeros(count),
            "green_roof_source": np.full(count, UNKNOWN, dtype=object),
        },
        geometry=shapes,
        crs=spec.crs,
        index=pd.RangeIndex(1, count + 1, name="building_id"),
    )
    building_id = paint_polygons(shapes, np.arange(1, count + 1), spec)
    rows, columns = np.nonzero(building_id)
    row = np.clip(np.floor((cells.top - spec.y[rows]) / cells.resolution).astype(np.int64), 0, cells.rows - 1)
    column = np.clip(np.floor((spec.x[columns] - cells.left) / cells.resolution).astype(np.int64), 0, cells.columns - 1)
    roof = np.full(spec.shape, np.nan)
    roof[rows, columns] = ground[rows, columns] + heights[row, column]
    nowhere = np.full(spec.shape, np.nan, np.float32)
    flags = np.full(count, variables.flag("building_source", "height_raster"), np.uint8)
    table = with_residents(table, spec)
    return PlacedBuildings(table, building_id, cover_fraction(shapes, spec), roof, nowhere, nowhere, flags, ()), rims


def _cells(raster: xr.DataArray, spec: GridSpec) -> tuple[NDArray[np.float64], GridSpec]:
    """Return the part of a raster around the grid on its own cells, or on new ones of its size in the grid's CRS."""
    from twin.geometry import resample

    own = None
    if same_crs(crs_of(raster), spec.crs):
        try:
            own = GridSpec.from_dataset(raster)
        except InputError:  # cells that are not square
            own = None
    if own is None:
        own = spec
        values = np.asarray(resample(raster, own, "nearest").values, np.float64)
        return values, own
    xmin, ymin, xmax, ymax = spec.bounds
    near = raster.sel(
        x=slice(xmin - own.resolution, xmax + own.resolution), y=slice(ymax + own.resolution, ymin - own.resolution)
    )
    if near.size == 0:
        raise DataError(
            f"the raster of building heights does not reach the grid {spec.bounds}; it covers {own.bounds}: check both"
        )
    first = (float(near.x[0]) - own.resolution / 2, float(near.y[0]) + own.resolution / 2)
    part = GridSpec(first[0], first[1], own.resolution, near.sizes["y"], near.sizes["x"], own.crs)
    return np.asarray(near.values, np.float64), part


def _outlines(parts: NDArray[Any], count: int, cells: GridSpec) -> NDArray[Any]:
    """Return the outline of each part as a polygon along the cells' edges."""
    rows, columns = np.nonzero(parts)
    size = cells.resolution
    left, upper = cells.left + columns * size, cells.top - rows * size
    boxes = shapely.box(left, upper - size, left + size, upper)
    owner = parts[rows, columns]
    shapes = [shapely.coverage_union_all(boxes[owner == number]) for number in range(1, count + 1)]
    areal = [shapely.unary_union(shape) if shape.geom_type == "GeometryCollection" else shape for shape in shapes]
    out = np.empty(count, dtype=object)
    out[:] = areal
    return out


def _without_courtyards(table: gpd.GeoDataFrame) -> NDArray[Any]:
    parts = shapely.get_parts(shapely.make_valid(np.asarray(table.geometry.values, dtype=object)))
    parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    return np.asarray(shapely.polygons(shapely.get_exterior_ring(parts)), dtype=object)
