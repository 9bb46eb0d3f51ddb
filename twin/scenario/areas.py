"""Areas and points as people give them: shapely, GeoJSON, bounds, GeoDataFrames, files.

They are read once, when a measure is written down, and put into the CRS of the city they meet. GeoJSON without a
`crs` member is longitude and latitude, as RFC 7946 says; metric coordinates need the member.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError
from shapely.geometry import MultiPoint, box, shape
from shapely.geometry.base import BaseGeometry

from twin import limits
from twin.city.gridspec import GridSpec
from twin.errors import DataError, InputError

AreaLike = BaseGeometry | Mapping[str, Any] | Sequence[float] | str | os.PathLike[str] | Any
"""Shapely geometry or bounds (xmin, ymin, xmax, ymax) in the city's CRS, GeoJSON, GeoDataFrame, path to GeoJSON."""


@dataclass(frozen=True)
class Area:
    """A geometry and the CRS it is written in; None stands for the CRS of the city it meets.

    Examples
    --------
    >>> read_area((0, 0, 20, 10)).geometry.area
    200.0
    """

    geometry: BaseGeometry
    crs: str | None = None

    def within(self, crs: CRS) -> BaseGeometry:
        """Return the geometry in `crs`.

        Raises
        ------
        DataError
            If its coordinates have no place there.
        """
        if self.crs is None or CRS.from_user_input(self.crs) == crs:
            return self.geometry
        change = Transformer.from_crs(self.crs, crs, always_xy=True)

        def moved(points: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.column_stack(change.transform(points[:, 0], points[:, 1]))

        geometry = shapely.transform(self.geometry, moved)
        if not np.isfinite(shapely.get_coordinates(geometry)).all():
            raise DataError(f"an area in {self.crs} has no place in {crs.name}; check its coordinates and CRS")
        return geometry


def read_area(area: AreaLike, *, name: str = "area", kind: str = "polygon") -> Area:
    """Read an area (or points, or lines) in any of the forms people have it in.

    Parameters
    ----------
    area : shapely geometry, GeoJSON mapping, bounds, GeoDataFrame or GeoSeries, path
        Shapely geometries and bounds are in the city's CRS. A path may end in ``#name`` to take only the features
        whose property `name` is that.
    name : str
        What it is called in messages.
    kind : str
        ``"polygon"`` or ``"point"``: what it must consist of; ``"any"`` allows all.

    Returns
    -------
    Area

    Raises
    ------
    InputError, DataError
        If it cannot be read, is empty, not finite, crosses itself, or is of another kind.

    Examples
    --------
    >>> read_area({"type": "Point", "coordinates": [11.5, 50.0]}, kind="point").crs
    'OGC:CRS84'
    """
    if isinstance(area, Area):
        found = area
    elif isinstance(area, BaseGeometry):
        found = Area(area)
    elif isinstance(area, (str, os.PathLike)):
        found = _from_file(Path(area), name)
    elif isinstance(area, Mapping):
        found = _from_geojson(area, name)
    elif hasattr(area, "geometry") and hasattr(area, "crs"):
        found = Area(shapely.union_all(area.geometry.values), None if area.crs is None else area.crs.to_string())
    else:
        found = Area(_from_numbers(area, name))
    _check(found, name, kind)
    return found


def cells_inside(geometry: BaseGeometry, spec: GridSpec) -> NDArray[np.bool_]:
    """Mark the cells whose centre lies in `geometry` (in the grid's CRS).

    Examples
    --------
    >>> spec = GridSpec.from_bounds((0, 0, 6, 4), 2.0, 25832)
    >>> cells_inside(shapely.box(0, 0, 4, 2), spec).astype(int)
    array([[0, 0, 0],
           [1, 1, 0]])
    """
    from twin.city.rasterize import paint_polygons

    return np.asarray(paint_polygons([geometry], [1], spec) == 1)


def refuse_outside(geometry: BaseGeometry, spec: GridSpec, what: str) -> None:
    """Raise `InputError` if nothing of `geometry` lies on the grid."""
    if not geometry.intersects(shapely.box(*spec.bounds)):
        low, high = min(geometry.bounds), max(geometry.bounds)
        degrees = low >= -180 and high <= 180 and abs(spec.bounds[0]) > 180
        given = ", ".join(f"{value:.5g}" if degrees else f"{value:.0f}" for value in geometry.bounds)
        here = ", ".join(f"{value:.0f}" for value in spec.bounds)
        raise InputError(
            f"{what} lies at ({given}), outside the grid ({here}) in {spec.crs.name}; "
            + (
                "these look like longitude and latitude: give them as GeoJSON, or in the CRS of the city"
                if degrees
                else "check coordinates and CRS (GeoJSON in metres needs a 'crs' member)"
            )
        )


def _from_file(path: Path, name: str) -> Area:
    wanted = None
    if not path.is_file() and "#" in path.name:
        file, wanted = path.name.split("#", 1)
        path = path.with_name(file)
    if not path.is_file():
        raise InputError(f"{name} is {str(path)!r}, and there is no such file; give the path of a GeoJSON file")
    limits.check(path.stat().st_size, "MAX_FILE_BYTES", f"{path} has {path.stat().st_size} bytes")
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} cannot be read as GeoJSON: {error}") from error
    if not isinstance(content, Mapping):
        raise DataError(f"{path} cannot be read as GeoJSON: it holds a {type(content).__name__}, not an object")
    return _from_geojson(content if wanted is None else _only(content, wanted, path), str(path))


def _only(content: Mapping[str, Any], wanted: str, path: Path) -> dict[str, Any]:
    """Return a collection reduced to the features whose property `name` is the one wanted."""
    names = [str((feature.get("properties") or {}).get("name")) for feature in content.get("features", [])]
    if wanted not in names:
        raise InputError(f"{path} has no feature named {wanted!r}; it has: {', '.join(sorted(set(names)))}")
    features = [feature for feature, name in zip(content["features"], names, strict=True) if name == wanted]
    return {**content, "features": features}


def _from_geojson(content: Mapping[str, Any], name: str) -> Area:
    kind = content.get("type")
    try:
        if kind == "FeatureCollection":
            parts = [shape(feature["geometry"]) for feature in content["features"] if feature["geometry"]]
            geometry = shapely.union_all(parts)
        elif kind == "Feature":
            geometry = shape(content["geometry"])
        else:
            geometry = shape(dict(content))
    except (KeyError, TypeError, ValueError, AttributeError, shapely.errors.ShapelyError) as error:
        raise DataError(f"{name} cannot be read as GeoJSON: {type(error).__name__}: {error}") from error
    member = content.get("crs")
    if member is None:
        points = shapely.get_coordinates(geometry)
        if len(points) and (np.abs(points) > (180.0, 90.0)).any():
            raise DataError(
                f"{name} is GeoJSON without a 'crs' member, so longitude and latitude, but holds {points[0].tolist()}; "
                'add "crs": {"type": "name", "properties": {"name": "EPSG:25832"}}'
            )
        return Area(geometry, "OGC:CRS84")
    try:
        return Area(geometry, CRS.from_user_input(member["properties"]["name"]).to_string())
    except (KeyError, TypeError, CRSError) as error:
        raise DataError(f"{name} has a 'crs' member that cannot be read: {member!r}") from error


def _from_numbers(values: Any, name: str) -> BaseGeometry:
    try:
        numbers = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        numbers = np.empty(0)
    if numbers.shape == (4,):
        xmin, ymin, xmax, ymax = numbers.tolist()
        if not (np.isfinite(numbers).all() and xmin < xmax and ymin < ymax):
            raise InputError(f"{name} is {values!r}; bounds are (xmin, ymin, xmax, ymax) with min < max")
        return box(xmin, ymin, xmax, ymax)
    if numbers.ndim == 2 and numbers.shape[1] == 2 and len(numbers):
        return MultiPoint(numbers)
    raise InputError(
        f"{name} is {str(values)[:80]!r}; give a shapely geometry, GeoJSON, a GeoDataFrame, the path of a GeoJSON file "
        "or bounds (xmin, ymin, xmax, ymax)"
    )


def _check(area: Area, name: str, kind: str) -> None:
    geometry = area.geometry
    if geometry.is_empty:
        raise InputError(f"{name} is empty; draw at least one {kind}")
    count = int(shapely.get_num_coordinates(geometry))
    limits.check(count, "MAX_POLYGON_VERTICES", f"{name} has {count} vertices")
    if not np.isfinite(shapely.get_coordinates(geometry)).all():
        raise InputError(f"{name} holds coordinates that are NaN or infinite")
    allowed = {"polygon": {"Polygon", "MultiPolygon"}, "point": {"Point", "MultiPoint"}}.get(kind)
    if allowed and geometry.geom_type not in allowed:
        raise InputError(f"{name} is a {geometry.geom_type}; it must be made of {kind}s")
    if not shapely.is_valid(geometry):
        raise InputError(f"{name} is not a valid polygon: {shapely.is_valid_reason(geometry)}; redraw it there")
