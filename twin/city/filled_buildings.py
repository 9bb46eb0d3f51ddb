"""Buildings that a city's model lacks, filled from another source and flagged as such; known buildings never change.

A footprint is missing where less than a tenth of it is covered by known buildings. In a raster of heights, what is at
least as high and as wide as a building, and not known, is missing (`twin.city.raster_buildings`).
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
from twin.city.buildings import PlacedBuildings, buildings_from_models
from twin.city.city import Caveat
from twin.city.gridspec import GridSpec, same_crs
from twin.city.osm_buildings import buildings_from_osm
from twin.city.polygons import reaching
from twin.city.raster_buildings import KNOWN_SHARE, buildings_from_raster
from twin.city.rasterize import cover_fraction
from twin.city.roofs import flat_mean
from twin.errors import InputError
from twin.geometry.records import BuildingModels, OsmData


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
        other, rims = buildings_from_raster(placed, spec, ground, source)
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
    mean = placed.roof_mean
    if mean is not None:
        more = other.roof_mean
        if more is None:
            more = flat_mean(shapes, other.building_id, other.roof_elevation, spec)
        mean = np.where(np.isfinite(mean), mean, more)
    return replace(
        placed,
        table=table,
        building_id=np.where(new, other.building_id + first, placed.building_id).astype(np.int32),
        building_fraction=share,
        source=np.concatenate([placed.source, other.source]),
        notes=(*placed.notes, *other.notes),
        roof_mean=mean,
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
