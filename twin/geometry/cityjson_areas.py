"""City objects of CityJSON other than buildings: the ground that each covers, and which surfaces can be where they say.

Heights and places that no city has are refused by name; a box keeps what touches it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from twin.geometry.cityjson_objects import AreaEntry
from twin.geometry.records import Refusal, Surfaces
from twin.geometry.reference_systems import inside_region
from twin.geometry.region import Bounds
from twin.geometry.surfaces import polygon_normals, select

if TYPE_CHECKING:
    import geopandas as gpd

_LOWEST, _HIGHEST = -500.0, 9000.0  # m: the same range as for buildings of CityGML
_TALLEST = 100.0  # m: no stand of plants is higher
_FLATTEST = 0.01  # vertical part of a unit normal below which a facet is a wall and covers no ground


def area_table(
    surfaces: Surfaces, all_entries: list[AreaEntry], refused: list[Refusal], crs: CRS | None, box: Bounds | None
) -> tuple[gpd.GeoDataFrame, Surfaces]:
    """Return the table of areas and their surfaces; areas without ground seen from above are refused."""
    import geopandas as gpd
    import pandas as pd

    count = len(all_entries)
    sane = possible(surfaces, crs)
    refused += [
        Refusal(all_entries[row].id, "surfaces of it lie where its CRS has no place")
        for row in np.unique(surfaces.building[~sane]).tolist()
    ]
    surfaces = select(surfaces, sane)
    shapes = _seen_from_above(surfaces, count)
    keep = np.isin(np.arange(count), surfaces.building)
    if box is not None:
        keep &= shapely.intersects(shapes, shapely.box(*box)) | (
            shapely.is_empty(shapes) & _touching(surfaces, box, count)
        )
    new = (np.cumsum(keep) - 1).astype(np.int32)
    surfaces = select(surfaces, keep[surfaces.building], new[surfaces.building])
    entries = [entry for entry, kept in zip(all_entries, keep, strict=True) if kept]
    table = gpd.GeoDataFrame(
        {
            "id": pd.Series([entry.id for entry in entries], dtype=object),
            "class": pd.Series([entry.kind for entry in entries], dtype=object),
            "attributes": pd.Series([entry.attributes for entry in entries], dtype=object),
            "lod": np.array([entry.lod for entry in entries], dtype=np.float64),
            "height": np.array([_plant_height(entry) for entry in entries], dtype=np.float64),
        },
        geometry=gpd.GeoSeries(list(shapes[keep]), crs=crs),
        crs=crs,
    )
    return table, surfaces


def _plant_height(entry: AreaEntry) -> float:
    """Return the mean height of a stand of plants, m; NaN for other things and where the model does not tell it."""
    value = entry.attributes.get("averageHeight") if entry.kind == "PlantCover" else None
    if isinstance(value, dict):
        value = value.get("value")  # quantity with a unit
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0.0 < value < _TALLEST:
        return float(value)
    return float("nan")


def _touching(surfaces: Surfaces, box: Bounds, count: int) -> NDArray[np.bool_]:
    """Tell which objects have a polygon whose box touches `box`."""
    return np.isin(np.arange(count), surfaces.building[in_box(surfaces, box)])


def possible(surfaces: Surfaces, crs: CRS | None) -> NDArray[np.bool_]:
    """Tell which polygons lie at heights of this Earth and where their CRS has a place."""
    low, high = _polygon_extents(surfaces)
    sane = (low[:, 2] >= _LOWEST) & (high[:, 2] <= _HIGHEST)
    if crs is not None:
        sane &= inside_region(low[:, 0], low[:, 1], crs) & inside_region(high[:, 0], high[:, 1], crs)
    return np.asarray(sane)


def in_box(surfaces: Surfaces, box: Bounds) -> NDArray[np.bool_]:
    """Tell which polygons have a box that touches `box`."""
    low, high = _polygon_extents(surfaces)
    return np.asarray((high[:, 0] >= box[0]) & (low[:, 0] <= box[2]) & (high[:, 1] >= box[1]) & (low[:, 1] <= box[3]))


def _polygon_extents(surfaces: Surfaces) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if len(surfaces) == 0:
        return np.zeros((0, 3)), np.zeros((0, 3))
    start = surfaces.ring_start[surfaces.polygon_start[:-1]]
    return np.minimum.reduceat(surfaces.vertices, start), np.maximum.reduceat(surfaces.vertices, start)


def _seen_from_above(surfaces: Surfaces, count: int) -> NDArray[Any]:
    """Return the ground that each object covers: the union of its facets that are not vertical."""
    out = np.full(count, shapely.Polygon(), dtype=object)
    if len(surfaces) == 0:
        return out
    normals = polygon_normals(surfaces)
    flat = np.abs(normals[:, 2]) > _FLATTEST * np.linalg.norm(normals, axis=1)
    facets = select(surfaces, flat)
    if len(facets) == 0:
        return out
    size = np.diff(facets.ring_start)
    rings: Any = shapely.linearrings(facets.vertices[:, :2], indices=np.repeat(np.arange(len(size)), size))
    owner = np.repeat(np.arange(len(facets)), np.diff(facets.polygon_start))
    shapes: Any = shapely.make_valid(shapely.polygons(rings, indices=owner))
    order = np.argsort(facets.building, kind="stable")
    starts = np.searchsorted(facets.building[order], np.arange(count + 1))
    for row in range(count):
        members = shapes[order[starts[row] : starts[row + 1]]]
        if len(members):
            union = _union(members)
            areal = [part for part in shapely.get_parts(union) if part.geom_type == "Polygon"]
            out[row] = areal[0] if len(areal) == 1 else shapely.MultiPolygon(areal)
    return out


def _union(members: NDArray[Any]) -> Any:
    """Return the union of facets; triangles that share whole edges, as most do, are joined many times faster."""
    try:
        joined = shapely.coverage_union_all(members)
    except shapely.GEOSException:
        return shapely.union_all(members)
    total = float(shapely.area(members).sum())
    # facets that overlap give something invalid or an area that does not add up
    if shapely.is_valid(joined) and abs(shapely.area(joined) - total) <= 1e-9 * total:
        return joined
    return shapely.union_all(members)
