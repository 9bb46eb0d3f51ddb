"""Rasters onto the cells of a grid: copied where pixels and cells coincide, resampled once where they do not.

Grids are `twin.city.gridspec.GridSpec`; only their corner, cell size, shape, CRS and coordinates are used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import xarray as xr
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from twin.errors import DataError, InputError
from twin.geometry.raster_axes import raster_crs, transform_of

if TYPE_CHECKING:
    from twin.city.gridspec import GridSpec

Method = Literal["nearest", "bilinear", "area", "max"]

_METHODS = {"nearest": "nearest", "bilinear": "bilinear", "area": "average", "max": "max"}


def resample(raster: xr.DataArray, spec: GridSpec, method: Method = "bilinear") -> xr.DataArray:
    """Put a raster on the cells of a grid, in the grid's CRS.

    Parameters
    ----------
    raster : xarray.DataArray
        As `read_raster` returns it: dims (y, x), y descending, regular, with `spatial_ref`.
    spec : GridSpec
        The grid.
    method : {"nearest", "bilinear", "area", "max"}
        Pixel under the cell centre; linear between the four pixel centres around it (a wider, tapered mean where
        cells measure 1.5 pixels and more);
        mean over the cell weighted by overlap; largest pixel that the cell touches.

    Returns
    -------
    xarray.DataArray
        On the grid, same dtype and attrs. Where pixels and cells coincide the values are copied, whatever the method.
        NaN outside the raster and where all pixels are empty; empty pixels do not count in means.

    Raises
    ------
    InputError
        If the raster's axes are irregular or the method is unknown.
    DataError
        If raster and grid do not overlap.

    Examples
    --------
    >>> from twin import GridSpec
    >>> fine = GridSpec.from_bounds((0, 0, 4, 2), 1.0, "EPSG:25832")
    >>> raster = xr.DataArray([[1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0]], dims=("y", "x"), coords=fine.coordinates())
    >>> resample(raster, GridSpec.from_bounds((0, 0, 4, 2), 2.0, "EPSG:25832"), "area").values.tolist()
    [[1.5, 3.5]]
    """
    if method not in _METHODS:
        raise InputError(f"method is {method!r}; it must be one of {', '.join(_METHODS)}")
    if raster.dims != ("y", "x"):
        raise InputError(f"the raster has dims {raster.dims}; they must be ('y', 'x')")
    transform, crs = transform_of(raster), raster_crs(raster)
    source = np.asarray(raster.values)
    if source.dtype not in (np.float32, np.float64):
        source = source.astype(np.float64)
    shift = _lattice_shift(transform, crs, spec)
    if shift is not None:
        values, touched = _copy(source, spec.shape, *shift)
    else:
        values, touched = _warp(source, transform, crs, spec, method)
    if not touched:
        raise DataError(
            f"the raster {raster.attrs.get('file', raster.name)} ({_box(transform, source.shape, crs)}) does not "
            f"overlap the grid ({_box(spec.transform, spec.shape, spec.crs)})"
        )
    return xr.DataArray(values, dims=("y", "x"), coords=spec.coordinates(), name=raster.name, attrs=raster.attrs)


def _lattice_shift(transform: Affine, crs: CRS, spec: GridSpec) -> tuple[int, int] | None:
    """Return row and column of the grid's first cell in the raster if pixels and cells coincide, else None."""
    size = spec.resolution
    extent = max(*spec.shape, 1)
    if crs != spec.crs or max(abs(transform.a - size), abs(-transform.e - size)) * extent > 1e-3 * size:
        return None
    column, row = (spec.left - transform.c) / size, (transform.f - spec.top) / size
    if max(abs(column - round(column)), abs(row - round(row))) > 1e-3:
        return None
    return round(row), round(column)


def _copy(source: NDArray[Any], shape: tuple[int, int], row: int, column: int) -> tuple[NDArray[Any], bool]:
    values = np.full(shape, np.nan, dtype=source.dtype)
    first_row, last_row = max(0, row), min(source.shape[0], row + shape[0])
    first_column, last_column = max(0, column), min(source.shape[1], column + shape[1])
    if first_row >= last_row or first_column >= last_column:
        return values, False
    values[first_row - row : last_row - row, first_column - column : last_column - column] = source[
        first_row:last_row, first_column:last_column
    ]
    return values, True


def _warp(source: NDArray[Any], transform: Affine, crs: CRS, spec: GridSpec, method: str) -> tuple[NDArray[Any], bool]:
    from rasterio.crs import CRS as RasterioCRS  # noqa: N811
    from rasterio.enums import Resampling
    from rasterio.warp import reproject

    systems = {
        "src_transform": transform,
        "src_crs": RasterioCRS.from_wkt(crs.to_wkt()),
        "dst_transform": spec.transform,
        "dst_crs": RasterioCRS.from_wkt(spec.crs.to_wkt()),
        "src_nodata": np.nan,
        "dst_nodata": np.nan,
        "tolerance": 0.0,  # every cell by the exact transform, not a linear guess within an eighth of a pixel
        "num_threads": 1,
    }
    if method == "bilinear" and _pixels_per_cell(transform, crs, spec) < 1.5:
        # the warper widens its kernel as soon as axes are turned by some degrees: a tenth of a pixel off on a slope
        systems |= {"XSCALE": 1, "YSCALE": 1}
    values = np.full(spec.shape, np.nan, dtype=source.dtype)
    reproject(source, values, resampling=Resampling[_METHODS[method]], **systems)
    if np.isfinite(values).any():
        return values, True
    covered = np.full(spec.shape, np.nan, dtype=np.float32)  # empty pixels, or none at all?
    reproject(np.ones(source.shape, np.float32), covered, resampling=Resampling.max, **systems)
    return values, bool(np.isfinite(covered).any())


def _pixels_per_cell(transform: Affine, crs: CRS, spec: GridSpec) -> float:
    """Return how many pixels a cell in the middle of the grid is wide or high, whichever is more."""
    x, y = float(spec.x[spec.shape[1] // 2]), float(spec.y[spec.shape[0] // 2])
    size = spec.resolution
    points = Transformer.from_crs(spec.crs, crs, always_xy=True).transform([x, x + size, x], [y, y, y + size])
    columns = (np.asarray(points[0]) - transform.c) / transform.a
    rows = (np.asarray(points[1]) - transform.f) / transform.e
    return float(np.hypot(columns[1:] - columns[0], rows[1:] - rows[0]).max())


def _box(transform: Affine, shape: tuple[int, int], crs: CRS) -> str:
    right, bottom = transform.c + shape[1] * transform.a, transform.f + shape[0] * transform.e
    return f"{transform.c:.8g} to {right:.8g}, {bottom:.8g} to {transform.f:.8g} in {crs.name}"
