"""The axes of a raster: from an affine transform to coordinates and back, and the CRS beside them."""

from __future__ import annotations

import math

import numpy as np
import xarray as xr
from affine import Affine
from pyproj import CRS
from pyproj.exceptions import CRSError

from twin.errors import InputError
from twin.geometry.reference_systems import split_compound


def coordinates_of(transform: Affine, shape: tuple[int, int], crs: CRS) -> dict[str, xr.Variable]:
    """Return the coordinates `y`, `x` and `spatial_ref` of a raster of (rows, columns) pixels.

    Examples
    --------
    >>> found = coordinates_of(Affine(2.0, 0.0, 100.0, 0.0, -2.0, 50.0), (1, 3), CRS.from_epsg(25832))
    >>> found["x"].values.tolist(), found["y"].values.tolist()
    ([101.0, 103.0, 105.0], [49.0])
    """
    rows, columns = shape
    x = transform.c + (np.arange(columns) + 0.5) * transform.a
    y = transform.f + (np.arange(rows) + 0.5) * transform.e
    if crs.is_geographic:
        names = {
            "x": {"standard_name": "longitude", "long_name": "longitude", "units": "degrees_east"},
            "y": {"standard_name": "latitude", "long_name": "latitude", "units": "degrees_north"},
        }
    else:
        unit = crs.axis_info[0].unit_name if crs.axis_info else "metre"
        names = {
            axis: {
                "standard_name": f"projection_{axis}_coordinate",
                "long_name": name,
                "units": "m" if unit == "metre" else unit,
            }
            for axis, name in (("x", "easting"), ("y", "northing"))
        }
    attributes = {str(key): value for key, value in crs.to_cf().items()}
    attributes["spatial_ref"] = attributes["crs_wkt"]
    attributes["GeoTransform"] = " ".join(repr(float(value)) for value in transform.to_gdal())
    return {
        "y": xr.Variable("y", y, {**names["y"], "axis": "Y"}),
        "x": xr.Variable("x", x, {**names["x"], "axis": "X"}),
        "spatial_ref": xr.Variable((), np.int64(0), attributes),
    }


def transform_of(raster: xr.DataArray) -> Affine:
    """Return the affine transform from (column, row) to (x, y) of a raster with regular axes.

    Raises
    ------
    InputError
        If an axis is missing, irregular or y ascends.

    Examples
    --------
    >>> raster = xr.DataArray(np.zeros((2, 2)), dims=("y", "x"), coords={"y": [1.5, 0.5], "x": [0.5, 1.5]})
    >>> tuple(transform_of(raster))[:6]
    (1.0, 0.0, 0.0, 0.0, -1.0, 2.0)
    """
    steps, firsts = [], []
    written = raster.coords["spatial_ref"].attrs.get("GeoTransform") if "spatial_ref" in raster.coords else None
    sizes = [abs(float(written.split()[index])) for index in (1, 5)] if written else [math.nan, math.nan]
    for axis, sign, size in (("x", 1.0, sizes[0]), ("y", -1.0, sizes[1])):
        if axis not in raster.coords or raster[axis].ndim != 1:
            raise InputError(f"the raster has no one-dimensional coordinate {axis!r}")
        values = np.asarray(raster[axis].values, dtype=np.float64)
        if len(values) > 1:
            step = (values[-1] - values[0]) / (len(values) - 1) * sign
            if not step > 0 or np.abs(np.diff(values) * sign - step).max() > 1e-3 * step:
                order = "ascend" if axis == "x" else "descend"
                raise InputError(f"the raster's {axis} coordinate must {order} in equal steps")
        elif math.isfinite(size):
            step = size
        else:
            raise InputError(f"the raster has one cell along {axis} and no GeoTransform: its size is unknown")
        steps.append(step)
        firsts.append(values[0])
    return Affine(steps[0], 0.0, firsts[0] - steps[0] / 2, 0.0, -steps[1], firsts[1] + steps[1] / 2)


def raster_crs(raster: xr.DataArray) -> CRS:
    """Return the horizontal CRS of a raster.

    Raises
    ------
    InputError
        If it has none.

    Examples
    --------
    >>> raster_crs(xr.DataArray(0.0))
    Traceback (most recent call last):
    twin.errors.InputError: the raster has no CRS (coordinate 'spatial_ref'); write one with raster.rio.write_crs(...)
    """
    attributes = raster.coords["spatial_ref"].attrs if "spatial_ref" in raster.coords else {}
    text = attributes.get("crs_wkt") or attributes.get("spatial_ref")
    if not text:
        raise InputError("the raster has no CRS (coordinate 'spatial_ref'); write one with raster.rio.write_crs(...)")
    try:
        return split_compound(CRS.from_user_input(text))[0]
    except CRSError as error:
        raise InputError(f"the raster's CRS cannot be read: {error}") from None
