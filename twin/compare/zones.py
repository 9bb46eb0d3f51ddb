"""Statistics of any map over zones: statistical units, blocks, school grounds, strips along streets.

A cell counts for a zone by the area they share, so that zones that cover the ground without overlap add up to the
whole, whatever the cell size. Open ground only, unless asked otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin.compare.indicators import outdoors
from twin.errors import InputError
from twin.stress_classes import classify, stress_classes

if TYPE_CHECKING:
    import geopandas as gpd

    from twin.city.city import City
    from twin.city.gridspec import GridSpec


def zone_statistics(
    field: xr.DataArray,
    city: City,
    zones: gpd.GeoDataFrame,
    *,
    classes: str | None = None,
    above: float | None = None,
    ground: str = "open",
) -> gpd.GeoDataFrame:
    """Return the mean, lowest and highest value of a map in each zone.

    Parameters
    ----------
    field : xr.DataArray (y, x)
        On the city's grid; cells without a value are left out.
    city : City
    zones : GeoDataFrame
        Polygons in the city's CRS; they may overlap. Lines and points need a `buffer` first.
    classes : str, optional
        Index of felt temperature (``"utci"`` ...) the map holds: adds the share of each class that occurs.
    above : float, optional
        Adds the share of the ground above this value.
    ground : {"open", "all"}
        Leave out buildings, or take every cell with a value.

    Returns
    -------
    GeoDataFrame
        A copy of the zones with `value` (mean, weighted by area), `value_min`, `value_max`, `known_area` (m2 with a
        value), `zone_share` (of the zone's area that this is, 0 to 1), with `above` also `share_above`, with `classes`
        also `share_<class>` (all shares of the known area, %). NaN where nothing is known.

    Raises
    ------
    InputError
        If the map is not on the grid, the zones are no valid polygons, lie in another CRS or hold a column of these
        names, or an option is unknown.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from twin.compare.examples import hamlet
    >>> from twin.compare.heat_fields import value_at
    >>> city, result = hamlet()
    >>> block = gpd.GeoDataFrame(geometry=[shapely.box(500018, 5500000, 500030, 5500010)], crs=city.spec.crs)
    >>> found = zone_statistics(value_at(result, "utci", 14), city, block, above=32.0)
    >>> found[["value", "known_area", "share_above"]].values.tolist()
    [[33.0, 120.0, 50.0]]
    """
    import shapely

    from twin.city.gridspec import same_crs

    spec = city.spec
    if field.dims != ("y", "x") or field.shape != spec.shape:
        raise InputError(
            f"the map {field.name!r} has dims {dict(field.sizes)}; it must lie on the city's grid, {spec.shape}"
        )
    if zones.crs is None or not same_crs(zones.crs, spec.crs):
        name = None if zones.crs is None else zones.crs.name
        raise InputError(f"the zones are in {name}, the city in {spec.crs.name}; use zones.to_crs(city's CRS)")
    if ground not in ("open", "all"):
        raise InputError(f"ground is {ground!r}; it must be 'open' or 'all'")
    shapes = np.asarray(zones.geometry.values, dtype=object)
    for label, shape in zip(zones.index, shapes, strict=True):
        if shape is not None and not shape.is_empty and shapely.get_dimensions(shape) != 2:
            raise InputError(f"zone {label!r} is a {shape.geom_type}; give polygons, such as zones.buffer(10)")
        if shape is not None and not shapely.is_valid(shape):
            raise InputError(f"zone {label!r} is no valid polygon: {shapely.is_valid_reason(shape)}; use make_valid()")
    scale = () if classes is None else stress_classes(classes)
    values = np.asarray(field.values, np.float64)
    known = np.isfinite(values) & (outdoors(city) if ground == "open" else True)
    number = None if classes is None else classify(values, classes).ravel()

    rows: list[dict[str, float]] = []
    for shape in shapes:
        cell, weight = zone_cells(shape, spec)
        use = known.ravel()[cell] & (weight > 0)
        cell, weight = cell[use], weight[use]
        here, area = values.ravel()[cell], float(weight.sum())
        whole = 0.0 if shape is None else float(shapely.area(shape))
        some = area > 0
        row = {
            "value": float((here * weight).sum() / area) if some else np.nan,
            "value_min": float(here.min()) if some else np.nan,
            "value_max": float(here.max()) if some else np.nan,
            "known_area": area,
            "zone_share": min(area / whole, 1.0) if whole > 0 else np.nan,
        }
        if above is not None:
            row["share_above"] = 100.0 * float(weight[here > above].sum()) / area if some else np.nan
        if number is not None:
            sizes = np.asarray(np.bincount(number[cell], weight, 256), np.float64)
            for i, one in enumerate(scale):
                row[f"share_{one.meaning}"] = 100.0 * float(sizes[i]) / area if some else np.nan
        rows.append(row)
    columns: dict[str, NDArray[np.float64]] = {}
    for name in rows[0] if rows else ():
        columns[name] = np.array([row[name] for row in rows])
    absent = {f"share_{one.meaning}" for one in scale}
    columns = {n: c for n, c in columns.items() if n not in absent or np.nansum(c) > 0}
    taken = [name for name in columns if name in zones.columns]
    if taken:
        raise InputError(f"the zones have a column {taken[0]!r} already; rename it")
    return zones.assign(**columns)


def zone_cells(shape: Any, spec: GridSpec) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the cells of a grid that a polygon touches, and the area they share.

    Parameters
    ----------
    shape : Polygon or MultiPolygon
        In the grid's CRS; None and empty shapes touch nothing.
    spec : GridSpec

    Returns
    -------
    cell, area : (n,)
        Flat index of each cell, and shared area, m2.

    Examples
    --------
    >>> import shapely
    >>> from twin import GridSpec
    >>> cell, area = zone_cells(shapely.box(1, 0, 4, 2), GridSpec(0.0, 4.0, 2.0, 2, 2, "EPSG:25832"))
    >>> cell.tolist(), area.tolist()
    ([2, 3], [2.0, 4.0])
    """
    import shapely

    nothing = np.empty(0, np.int64), np.empty(0, np.float64)
    if shape is None or shapely.is_empty(shape):
        return nothing
    size = spec.resolution
    west, south, east, north = shapely.bounds(shape)
    first, last = max(int((west - spec.left) // size), 0), min(int((east - spec.left) // size) + 1, spec.columns)
    top, bottom = max(int((spec.top - north) // size), 0), min(int((spec.top - south) // size) + 1, spec.rows)
    if first >= last or top >= bottom:
        return nothing
    rows, columns = (
        lattice.ravel() for lattice in np.meshgrid(np.arange(top, bottom), np.arange(first, last), indexing="ij")
    )
    left, upper = spec.left + columns * size, spec.top - rows * size
    x, y = left + 0.5 * size, upper - 0.5 * size
    shapely.prepare(shape)
    area = np.where(shapely.intersects_xy(shape, x, y), size * size, 0.0)
    # cells farther from the border than their half diagonal lie wholly inside or outside
    border = shapely.boundary(shape)
    shapely.prepare(border)
    crossed = np.flatnonzero(shapely.dwithin(shapely.points(x, y), border, 0.7072 * size))
    boxes = shapely.box(left[crossed], upper[crossed] - size, left[crossed] + size, upper[crossed])
    area[crossed] = shapely.area(shapely.intersection(boxes, shape))
    touched = area > 0
    return (rows * spec.columns + columns)[touched].astype(np.int64), area[touched]
