"""Buildings that a city's model lacks, filled from another source and flagged as such; known buildings never change.

A footprint is missing where less than a tenth of it is covered by known buildings. A raster of heights is asked cell by
cell: what is at least as high and as wide as a building, and not known, becomes one. Courtyards of known buildings
count as known there, because such rasters are too coarse to show them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import xarray as xr
from numpy.typing import NDArray

from twin import variables
from twin.city.building_caveats import about_filled_buildings
from twin.city.building_uses import STOREY_HEIGHT
from twin.city.buildings import PlacedBuildings, buildings_from_models, with_residents
from twin.city.city import Caveat
from twin.city.green_roofs import UNKNOWN
from twin.city.gridspec import GridSpec, crs_of, same_crs
from twin.city.osm_buildings import buildings_from_osm
from twin.city.polygons import reaching
from twin.city.rasterize import cover_fraction, paint_polygons
from twin.errors import DataError, InputError
from twin.geometry.records import BuildingModels, OsmData

KNOWN_SHARE = 0.1
"""Footprints of which known buildings cover this share or more are known, under whatever number."""

LEAST_HEIGHT = 2.0
"""What is lower than this (m) in a raster of heights is no building."""

LEAST_WIDTH = 5.0
"""What is narrower than this (m) in a raster of heights is no building, but the rim of one whose outline differs."""

HIGHEST = 500.0
"""Larger numbers (m) in a raster of heights above ground are elevations, or no heights at all."""


def fill_buildings(
    placed: PlacedBuildings,
    spec: GridSpec,
    ground: NDArray[np.float64],
    source: OsmData | BuildingModels | xr.DataArray,
    *,
    roof_statistic: Literal["max", "mean"] = "max",
) -> tuple[PlacedBuildings, tuple[Caveat, ...]]:
    """Add the buildings of another source that are missing.

    Parameters
    ----------
    placed : PlacedBuildings
        What is known; its rows, cells and elevations stay as they are.
    spec : GridSpec
        The grid.
    ground : (rows, columns) float64
        Ground elevation, m.
    source : OsmData, BuildingModels or xr.DataArray
        Footprints of OpenStreetMap, another 3-D city model in the CRS of `spec`, or a raster of building heights above
        ground, m.
    roof_statistic : {"max", "mean"}
        As in `twin.city.buildings.buildings_from_models`, of another model.

    Returns
    -------
    placed : PlacedBuildings
        With the filled buildings behind the known ones; those that do not reach the grid are left out.
    caveats : tuple of Caveat
        How many there are, on what area.

    Raises
    ------
    InputError
        If the other model is in another CRS.
    DataError
        If a raster holds no heights above ground.

    Examples
    --------
    >>> from twin.city.buildings import no_buildings
    >>> spec = GridSpec(0, 12, 2.0, 6, 6, "EPSG:25832")
    >>> heights = np.full(spec.shape, np.nan)
    >>> heights[1:4, 1:5] = 9.0
    >>> raster = xr.DataArray(heights, spec.coordinates(), ("y", "x"))
    >>> filled, caveats = fill_buildings(no_buildings(spec), spec, np.zeros(spec.shape), raster)
    >>> len(filled.table), float(filled.table.area.iloc[0]), caveats[0].topic
    (1, 48.0, 'buildings')
    """
    if isinstance(source, xr.DataArray):
        other, rims = _from_raster(placed, spec, ground, source)
        what = ("a raster of building heights", "einem Raster der Gebäudehöhen")
    else:
        rims = 0
        if isinstance(source, BuildingModels):
            if source.crs is not None and not same_crs(source.crs, spec.crs):
                raise InputError(
                    f"the 3-D city model that fills is in {source.crs.name}, the grid in {spec.crs.name}; "
                    "give both the same CRS"
                )
            found = buildings_from_models(source, spec, ground, roof_statistic=roof_statistic)
            flags = np.full(len(found.table), variables.flag("building_source", "other_city_model"), np.uint8)
            found = replace(found, source=flags)
            what = ("another 3-D city model", "einem anderen 3D-Stadtmodell")
        else:
            found = buildings_from_osm(source, spec, ground)
            what = ("OpenStreetMap", "OpenStreetMap")
        other = _missing(found, placed, spec)
    other = replace(other, table=other.table.assign(source=f"filled from {what[0]}"))
    area = float(shapely.area(shapely.intersection(_shapes(other.table), shapely.box(*spec.bounds))).sum())
    return _joined(placed, other, spec), about_filled_buildings(len(other.table), area, what, rims)


def known_share(footprints: NDArray[Any], known: NDArray[Any]) -> NDArray[np.float64]:
    """Return the share of each footprint that known buildings cover, 0 to 1; 1 for an empty footprint.

    Examples
    --------
    >>> known_share(np.array([shapely.box(0, 0, 4, 1)]), np.array([shapely.box(3, 0, 9, 1)])).tolist()
    [0.25]
    """
    area = shapely.area(footprints)
    covered = np.zeros(len(footprints))
    rows, others = shapely.STRtree(known).query(footprints, predicate="intersects")
    order = np.argsort(rows, kind="stable")
    rows, others = rows[order], others[order]
    starts = np.searchsorted(rows, np.arange(len(footprints) + 1))
    for row in np.unique(rows):
        near = known[others[starts[row] : starts[row + 1]]]
        covered[row] = shapely.intersection(footprints[row], shapely.union_all(near)).area
    return np.divide(covered, area, out=np.ones(len(area)), where=area > 0)


def _shapes(table: gpd.GeoDataFrame) -> NDArray[Any]:
    return np.asarray(shapely.make_valid(np.asarray(table.geometry.values, dtype=object)), dtype=object)


def _without_courtyards(table: gpd.GeoDataFrame) -> NDArray[Any]:
    parts = shapely.get_parts(_shapes(table))
    parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    return np.asarray(shapely.polygons(shapely.get_exterior_ring(parts)), dtype=object)


def _missing(found: PlacedBuildings, placed: PlacedBuildings, spec: GridSpec) -> PlacedBuildings:
    """Keep the buildings found that are not known and reach the grid, numbered from 1."""
    shapes = _shapes(found.table)
    here = np.flatnonzero(reaching(shapes, spec) & (shapely.area(shapes) > 0))
    missing = here[known_share(shapes[here], _shapes(placed.table)) < KNOWN_SHARE]
    number = np.zeros(len(found.table) + 1, np.int32)
    number[missing + 1] = np.arange(1, len(missing) + 1, dtype=np.int32)
    table = found.table.iloc[missing]
    table = table.set_index(pd.RangeIndex(1, len(missing) + 1, name="building_id"))
    return replace(found, table=table, building_id=number[found.building_id], source=found.source[missing])


def _joined(placed: PlacedBuildings, other: PlacedBuildings, spec: GridSpec) -> PlacedBuildings:
    """Put other buildings behind those placed, onto cells without a building."""
    if len(other.table) == 0:
        return placed
    first = int(placed.table.index.max()) if len(placed.table) else 0
    new = (placed.building_id == 0) & (other.building_id > 0)
    table = _stacked(placed.table, other.table, first)
    known = _shapes(placed.table)
    shapes = _shapes(other.table)
    near = np.unique(shapely.STRtree(known).query(shapes, predicate="intersects")[1])
    free = shapely.difference(shapes, shapely.union_all(known[near])) if len(near) else shapes
    share = np.clip(placed.building_fraction + cover_fraction(free, spec), 0.0, 1.0)
    fields = {
        name: np.where(new, getattr(other, name), getattr(placed, name))
        for name in ("roof_elevation", "roof_slope", "roof_aspect")
    }
    return replace(
        placed,
        table=table,
        building_id=np.where(new, other.building_id + first, placed.building_id).astype(np.int32),
        building_fraction=share,
        source=np.concatenate([placed.source, other.source]),
        notes=(*placed.notes, *other.notes),
        **fields,
    )


def _stacked(first: gpd.GeoDataFrame, second: gpd.GeoDataFrame, offset: int) -> gpd.GeoDataFrame:
    """Stack two tables; what one of them does not know is None or NaN there."""
    names = [name for name in dict.fromkeys([*first.columns, *second.columns]) if name != "geometry"]
    columns = {}
    for name in names:
        parts = []
        kind = (first if name in first else second)[name].dtype
        for table in (first, second):
            missing = np.full(len(table), np.nan) if kind.kind == "f" else np.full(len(table), None, dtype=object)
            parts.append(table[name].to_numpy() if name in table else missing)
        columns[name] = np.concatenate(parts)
    geometry = np.concatenate([np.asarray(t.geometry.values, dtype=object) for t in (first, second)])
    index = pd.Index([*first.index, *(second.index + offset)], name="building_id")
    return gpd.GeoDataFrame(columns, geometry=geometry, crs=first.crs, index=index)


def _from_raster(
    placed: PlacedBuildings, spec: GridSpec, ground: NDArray[np.float64], raster: xr.DataArray
) -> tuple[PlacedBuildings, int]:
    """Return the buildings that a raster of heights shows where none is known, and how many rims are left out."""
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
