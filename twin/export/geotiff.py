"""Grids to cloud-optimised GeoTIFF, as QGIS, GDAL and map servers read it.

One band for each variable and time step, named; NaN is nodata; units, sources and attributions travel as tags.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from twin.atomic import replacing
from twin.city.gridspec import GridSpec
from twin.errors import DataError, InputError

_TYPES = {"uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float32", "float64"}


def write_geotiff(data: xr.DataArray | xr.Dataset, path: str | os.PathLike[str], *, compress: str = "deflate") -> Path:
    """Write a grid to `path` as cloud-optimised GeoTIFF.

    Parameters
    ----------
    data : xr.DataArray or xr.Dataset
        On (y, x) or (time, y, x), with a CRS in `spatial_ref`. Of a Dataset every variable on the grid becomes a
        band (or one band per time step), in one type that holds them all; scalars become tags.
    path : path
        Ends in ``.tif`` or ``.tiff``.
    compress : {"deflate", "zstd", "lzw", "none"}
        Lossless, all of them. Old programs know ``"deflate"`` and ``"lzw"``.

    Returns
    -------
    Path

    Raises
    ------
    InputError
        If there is no CRS, no variable on the grid, or a type GeoTIFF does not know.
    DataError
        If the file cannot be written.

    Notes
    -----
    Overviews average floats over the cells that have data; of numbers and classes they take the nearest cell.

    Examples
    --------
    >>> import tempfile, rasterio
    >>> spec = GridSpec.from_bounds((389000, 5819000, 389004, 5819004), 2.0, "EPSG:25833")
    >>> grid = spec.dataset().assign(depth=(("y", "x"), np.array([[0.0, 0.1], [np.nan, 0.3]], "float32")))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with rasterio.open(write_geotiff(grid.depth, Path(folder) / "depth.tif")) as source:
    ...         source.crs.to_epsg(), source.shape, source.descriptions
    (25833, (2, 2), ('depth',))
    """
    import rasterio
    from rasterio.errors import RasterioError

    target = Path(path)
    if target.suffix.lower() not in (".tif", ".tiff"):
        raise InputError(f"path is {str(target)!r}; a GeoTIFF ends in .tif or .tiff")
    if compress.lower() not in ("deflate", "zstd", "lzw", "none"):
        raise InputError(f"compress is {compress!r}; use 'deflate', 'zstd', 'lzw' or 'none'")
    dataset = data if isinstance(data, xr.Dataset) else data.to_dataset(name=data.name or "value")
    spec = GridSpec.from_dataset(dataset)
    bands = list(_bands(dataset))
    if not bands:
        raise InputError(
            f"no variable lies on (y, x) or (time, y, x); the Dataset holds: {', '.join(map(str, dataset.data_vars))}"
        )
    dtype = _common_type(bands)
    real = np.issubdtype(dtype, np.floating)
    options: dict[str, Any] = {"compress": compress.upper(), "overview_resampling": "NEAREST"}
    if real and all(np.issubdtype(array.dtype, np.floating) for _, array in bands):
        options["overview_resampling"] = "AVERAGE"
    if compress.lower() != "none":
        options["predictor"] = "YES"
    profile = {
        "driver": "COG",
        "height": spec.rows,
        "width": spec.columns,
        "count": len(bands),
        "dtype": dtype.name,
        "crs": rasterio.crs.CRS.from_wkt(spec.crs.to_wkt()),
        "transform": spec.transform,
        "nodata": np.nan if real else None,
    }
    try:
        with replacing(target) as temporary, rasterio.open(temporary, "w", **profile, **options) as sink:
            sink.update_tags(**_file_tags(dataset))
            for number, (name, array) in enumerate(bands, start=1):
                sink.write(np.ascontiguousarray(array.values, dtype=dtype), number)
                sink.set_band_description(number, name)
                sink.update_tags(number, **_tags(array.attrs))
                if "units" in array.attrs:
                    sink.set_band_unit(number, str(array.attrs["units"]))
    except (RasterioError, OSError) as error:
        raise DataError(f"{target} cannot be written as GeoTIFF: {error}") from error
    return target


def _bands(dataset: xr.Dataset) -> Iterator[tuple[str, xr.DataArray]]:
    """Yield name and field of each band, in the order of the Dataset."""
    for name, array in dataset.data_vars.items():
        if array.dims == ("y", "x"):
            yield str(name), array
        elif array.dims == ("time", "y", "x"):
            for step in range(array.sizes["time"]):
                yield f"{name} {_moment(array, step)}", array.isel(time=step)
        elif {"y", "x"} <= set(array.dims):
            raise InputError(f"{name} has dims {array.dims}; a GeoTIFF holds (y, x) or (time, y, x)")


def _moment(array: xr.DataArray, step: int) -> str:
    if "time" not in array.coords:
        return str(step)
    value = array["time"].values[step]
    return str(np.datetime_as_string(value, unit="s")) if array["time"].dtype.kind == "M" else str(value)


def _common_type(bands: list[tuple[str, xr.DataArray]]) -> np.dtype[Any]:
    types = [np.dtype("uint8") if array.dtype == bool else array.dtype for _, array in bands]
    for (name, _), dtype in zip(bands, types, strict=True):
        if dtype.name not in _TYPES:
            raise InputError(
                f"{name} is {dtype.name}; a GeoTIFF holds integers and floats: use array.astype('float32')"
            )
    return np.result_type(*types)


def _file_tags(dataset: xr.Dataset) -> dict[str, str]:
    from twin import __version__

    scalars = {str(name): array.item() for name, array in dataset.data_vars.items() if array.ndim == 0}
    tags = _tags({**scalars, **dataset.attrs})
    attributions = [dataset.attrs.get("attribution"), *(a.attrs.get("attribution") for a in dataset.data_vars.values())]
    # a variable made from several sources names them all, divided by semicolons: say each once
    named = list(dict.fromkeys(part.strip() for text in attributions if text for part in str(text).split(";")))
    if named:
        tags["attribution"] = "; ".join(named)
        tags["TIFFTAG_COPYRIGHT"] = tags["attribution"]
    tags["TIFFTAG_SOFTWARE"] = f"urban-twin {__version__}"
    return tags


def _tags(attributes: dict[Any, Any]) -> dict[str, str]:
    """Turn attributes into text; lists (flag values) are separated by blanks."""
    return {
        str(key): " ".join(map(str, np.ravel(value))) if isinstance(value, (list, tuple, np.ndarray)) else str(value)
        for key, value in attributes.items()
    }
