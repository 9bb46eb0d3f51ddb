"""Rasters from files: GeoTIFF, COG, ESRI ASCII grid, SRTM .hgt, each also in a .zip archive.

A raster is a DataArray with dims (y, x), y descending, coordinates at pixel centres, NaN where it is empty, and the
horizontal CRS in `spatial_ref`. Reading keeps the file's own pixels, square or not, metric or in degrees.
"""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np
import xarray as xr
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import CRSError

from twin import limits
from twin.errors import DataError, InputError, LimitError
from twin.geometry.archives import MemberStream, split_member
from twin.geometry.raster_axes import coordinates_of, raster_crs, transform_of
from twin.geometry.reference_systems import refuse_strangers, split_compound
from twin.geometry.region import Bounds, given_crs
from twin.geometry.resampling import resample
from twin.geometry.sources import head_of, only_file, open_checked

__all__ = ["raster_crs", "read_raster", "resample", "transform_of"]


_WHAT = "a raster (GeoTIFF, COG, ESRI ASCII grid or SRTM .hgt)"
SUFFIXES = (".tif", ".tiff", ".asc", ".hgt")
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_FINEST, _FARTHEST = 1e-7, 1e9  # units of the CRS: a centimetre in degrees; beyond the Earth in metres
_FREE_BYTES, _DENSEST = 100_000_000, 1100  # from this size on, no more to one byte than deflate can pack
_VOIDS = (-9999.0, -32768.0, -99999.0)
_CARRIED = {
    "SOURCE": "source",
    "LICENSE": "license",
    "ATTRIBUTION": "attribution",
    "VERTICAL_DATUM": "vertical_datum",
    "SOURCE_DATE": "source_date",
}


def read_raster(
    path: str | os.PathLike[str],
    *,
    bounds: Bounds | None = None,
    nodata: float | Literal["none"] | None = None,
    band: int | None = None,
    crs: CRS | str | int | None = None,
) -> xr.DataArray:
    """Read one band of a raster file on its own pixels.

    Parameters
    ----------
    path : path-like
        GeoTIFF, COG, ESRI ASCII grid or SRTM .hgt; or a .zip archive with one such file.
    bounds : (xmin, ymin, xmax, ymax), optional
        Read only the pixels that touch this box; in the file's CRS.
    nodata : float or "none", optional
        Value that means "empty". None takes what the file says; ``"none"`` ignores it, for files whose tag is a real
        value (0.0 on an elevation raster near the sea).
    band : int, optional
        From 1; needed if the file has several.
    crs : pyproj.CRS, str or int, optional
        For files that name none.

    Returns
    -------
    xarray.DataArray
        Dims (y, x); float32, or float64 where the file's numbers need it; attrs `source`, `license`, `attribution`,
        `vertical_datum` and `units` if the file names them.

    Raises
    ------
    DataError
        If the file is missing, cut off, no raster, without georeference, rotated, outside `bounds`, or holds a common
        void value (-9999, -32768, below -1e30) without saying that it means "empty".
    InputError
        If an argument is impossible.
    LimitError
        If more cells than ``twin.limits.MAX_RASTER_CELLS`` would be read.

    Examples
    --------
    >>> import tempfile
    >>> text = "ncols 2\\nnrows 2\\nxllcorner 0\\nyllcorner 0\\ncellsize 1\\nNODATA_value -1\\n1 2\\n3 -1\\n"
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "ground.asc"
    ...     _ = file.write_text(text)
    ...     ground = read_raster(file, crs="EPSG:25832")
    >>> ground.values.tolist(), ground.y.values.tolist()
    ([[1.0, 2.0], [3.0, nan]], [1.5, 0.5])
    """
    from rasterio.errors import NotGeoreferencedWarning, RasterioError

    given = given_crs(crs)
    if isinstance(nodata, str) and nodata != "none":
        raise InputError(f"nodata is {nodata!r}; give a number, 'none' to ignore the file's tag, or None to use it")
    file = only_file(path, _WHAT, SUFFIXES)
    driver = _driver(file)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)  # refused below, with a way out
            with _opened(file, driver) as source:
                number = _checked_band(source, band, file)
                horizontal, vertical = _system(source, given, file)
                window, transform = _window(source, bounds, file)
                x, y = source.transform @ (source.width / 2, source.height / 2)
                refuse_strangers(float(x), float(y), abs(transform.a), horizontal, str(file))
                values = source.read(number, window=window)
                values = _as_float(values, source, number, nodata, file, window)
                tags = {**source.tags(), **source.tags(number)}
                units = source.units[number - 1]
    except (RasterioError, UnicodeDecodeError) as error:  # a name in the file that is no text
        raise DataError(f"{file} cannot be read as {_WHAT}: {error}; it is cut off or of another kind") from None
    if transform.e > 0:
        values = values[::-1]
        transform = Affine(transform.a, 0.0, transform.c, 0.0, -transform.e, transform.f + len(values) * transform.e)
    if transform.a < 0:
        values = values[:, ::-1]
        left = transform.c + values.shape[1] * transform.a
        transform = Affine(-transform.a, 0.0, left, 0.0, transform.e, transform.f)
    attributes: dict[str, Any] = {name: tags[tag] for tag, name in _CARRIED.items() if tags.get(tag)}
    if vertical is not None:
        attributes.setdefault("vertical_datum", vertical)
    if units:
        attributes["units"] = units
    attributes["file"] = file.name
    return xr.DataArray(
        np.ascontiguousarray(values),
        dims=("y", "x"),
        coords=coordinates_of(transform, values.shape, horizontal),
        name="raster",
        attrs=attributes,
    )


@contextmanager
def _opened(file: Path, driver: str) -> Iterator[Any]:
    """Open a file with GDAL; a member of an archive from memory, after all of it was read and checked."""
    import rasterio
    from rasterio.io import MemoryFile

    if split_member(file) is None:
        with rasterio.open(file, driver=driver) as source:
            yield source
        return
    with open_checked(file) as stream:
        content = stream.read()
    with MemoryFile(content, filename=file.name) as memory, memory.open(driver=driver) as source:
        yield source


def _driver(file: Path) -> str:
    """Return GDAL's name for the format; only formats that never make GDAL open other files or the network."""
    start = head_of(file)
    if start[:4] in _TIFF:
        return "GTiff"
    if start.lstrip().lower().startswith((b"ncols", b"nrows", b"xll", b"yll", b"cellsize")):
        return "AAIGrid"
    if file.suffix.lower() == ".hgt":
        return "SRTMHGT"
    raise DataError(f"{file} begins with {start[:12]!r}: {_WHAT} is expected there")


def _checked_band(source: Any, band: int | None, file: Path) -> int:
    if band is None and source.count > 1:
        raise DataError(f"{file} has {source.count} bands; name one with band=1 to {source.count}")
    number = 1 if band is None else band
    if not 1 <= number <= source.count:
        raise InputError(f"band is {number}; {file} has 1 to {source.count}")
    if np.dtype(source.dtypes[number - 1]).kind not in "iuf":
        raise DataError(f"{file} holds {source.dtypes[number - 1]} values; real numbers are needed")
    return number


def _system(source: Any, given: CRS | None, file: Path) -> tuple[CRS, str | None]:
    if source.crs is None:
        if given is None:
            raise DataError(f"{file} names no CRS; give it as crs='EPSG:...'")
        return given, None
    try:
        horizontal, vertical = split_compound(CRS.from_wkt(source.crs.to_wkt()))
    except CRSError as error:
        if given is not None:
            return given, None
        raise DataError(
            f"{file} names a CRS that is not understood ({str(error)[:80]}); give it as crs='EPSG:...'"
        ) from None
    if given is not None and given != horizontal:
        raise DataError(f"{file} names the CRS {horizontal.name}, but {given.name} was given; leave crs out")
    return horizontal, vertical


def _window(source: Any, bounds: Bounds | None, file: Path) -> tuple[Any, Affine]:
    """Return the window of pixels that touch the bounds and its transform, after the checks of place and size."""
    from rasterio.windows import Window

    transform = source.transform
    if transform.is_identity or not all(math.isfinite(value) for value in transform) or transform.determinant == 0:
        raise DataError(f"{file} has no georeference (no pixel size and corner); export it with one, or a world file")
    if abs(transform.b) > 1e-9 * abs(transform.a) or abs(transform.d) > 1e-9 * abs(transform.e):
        raise DataError(f"{file} is rotated against its axes; warp it to north-up first")
    if not all(_FINEST <= abs(size) <= _FARTHEST for size in (transform.a, transform.e)) or not all(
        abs(edge) <= _FARTHEST for edge in source.bounds
    ):
        raise DataError(
            f"{file} has pixels of {transform.a:g} x {abs(transform.e):g} and reaches from {source.bounds[0]:g}, "
            f"{source.bounds[1]:g} to {source.bounds[2]:g}, {source.bounds[3]:g}: no raster on Earth does; export it "
            "again"
        )
    column, row, columns, rows = 0, 0, source.width, source.height
    if bounds is not None:
        xmin, ymin, xmax, ymax = (float(value) for value in bounds)
        if not np.isfinite([xmin, ymin, xmax, ymax]).all() or xmin >= xmax or ymin >= ymax:
            raise InputError(f"bounds are {bounds}; they must be finite, as (xmin, ymin, xmax, ymax) with min < max")
        across = sorted((value - transform.c) / transform.a for value in (xmin, xmax))
        down = sorted((value - transform.f) / transform.e for value in (ymin, ymax))
        # a box that ends on a pixel edge does not touch the next pixel
        column, last_column = max(0, math.floor(across[0] + 1e-6)), min(columns, math.ceil(across[1] - 1e-6))
        row, last_row = max(0, math.floor(down[0] + 1e-6)), min(rows, math.ceil(down[1] - 1e-6))
        if column >= last_column or row >= last_row:
            raise DataError(
                f"{file} covers {tuple(source.bounds)} and does not touch the bounds asked for, {bounds}; are they in "
                "its CRS?"
            )
        columns, rows = last_column - column, last_row - row
    limits.check(rows * columns, "MAX_RASTER_CELLS", f"{file}: {rows:,} x {columns:,} cells would be read")
    unpacked = rows * columns * max(np.dtype(kind).itemsize for kind in source.dtypes)
    size = _size(file)
    # a digit and a blank to each number; GDAL would look for the missing ones for hours
    if source.driver == "AAIGrid" and 2 * source.width * source.height - 1 > size:
        raise DataError(
            f"{file} says that it has {source.height:,} x {source.width:,} cells, but ends after {size:,} bytes; it is "
            "cut off: fetch it again"
        )
    if unpacked > _FREE_BYTES and unpacked > _DENSEST * size:
        raise LimitError(
            f"{file} promises {rows:,} x {columns:,} cells in {size:,} bytes, which no packing holds: it is cut off or "
            "made to exhaust memory; fetch it again, or ask for a part with bounds"
        )
    left, top = transform.c + column * transform.a, transform.f + row * transform.e
    return Window(column, row, columns, rows), Affine(transform.a, 0.0, left, 0.0, transform.e, top)


def _size(file: Path) -> int:
    """Return the bytes of a file or of a member of an archive."""
    inside = split_member(file)
    if inside is None:
        return file.stat().st_size
    with MemberStream(*inside) as member:
        return member.entry.file_size


def _as_float(
    values: NDArray[Any], source: Any, number: int, nodata: float | str | None, file: Path, window: Any
) -> NDArray[Any]:
    """Return the values as floats with NaN where they are empty, scale and offset applied."""
    from rasterio.enums import MaskFlags

    dtype = np.float64 if values.dtype.itemsize > 4 or values.dtype in (np.int32, np.uint32) else np.float32
    tag = source.nodatavals[number - 1] if nodata is None else nodata
    empty = np.zeros(values.shape, dtype=bool)
    if tag is not None and not isinstance(tag, str):
        if values.dtype.kind == "f" and math.isfinite(tag):
            with np.errstate(over="ignore"):
                empty = values == values.dtype.type(tag)
        elif math.isfinite(tag):
            empty = values == tag
    elif tag is None and values.size:
        low = float(np.nanmin(values)) if not np.isnan(values).all() else 0.0
        if low in _VOIDS or low < -1e30:
            raise DataError(
                f"{file} holds the value {low:g} but does not say that it means 'empty'; give nodata={low:g}, or "
                "nodata='none' if it is real"
            )
    flags = source.mask_flag_enums[number - 1]
    if nodata is None and (MaskFlags.per_dataset in flags or MaskFlags.alpha in flags):
        empty |= source.read_masks(number, window=window) == 0
    result = values.astype(dtype)
    scale, offset = source.scales[number - 1], source.offsets[number - 1]
    if scale != 1.0 or offset != 0.0:
        result = (values.astype(np.float64) * scale + offset).astype(dtype)
    result[empty | ~np.isfinite(result)] = np.nan
    return result
