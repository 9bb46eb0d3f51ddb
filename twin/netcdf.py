"""Datasets to NetCDF-4 and back, whole or not at all, with the CRS where rioxarray, QGIS and GDAL look for it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import xarray as xr

from twin.atomic import replacing
from twin.errors import DataError


def write_netcdf(dataset: xr.Dataset, path: str | os.PathLike[str]) -> Path:
    """Write a Dataset to `path`, compressed, atomically.

    Parameters
    ----------
    dataset : xr.Dataset
        Its CRS, if any, in the coordinate `spatial_ref`.
    path : path
        An existing file is replaced.

    Raises
    ------
    DataError
        If a variable or attribute cannot be stored.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = write_netcdf(xr.Dataset({"depth": ("x", [0.0, 0.1])}), Path(folder) / "a.nc")
    ...     float(read_netcdf(path).depth.sum())
    0.1
    """
    encoding: dict[str, dict[str, Any]] = {}
    for name, variable in dataset.variables.items():
        if variable.ndim and variable.dtype.kind in "fiub":
            encoding[str(name)] = {"zlib": True, "complevel": 4}
            if variable.dtype.kind == "f":
                encoding[str(name)]["_FillValue"] = float("nan")
        if "spatial_ref" in dataset.coords and {"y", "x"} <= set(variable.dims):
            encoding.setdefault(str(name), {})["grid_mapping"] = "spatial_ref"
    clean = dataset.copy()
    for variable in clean.variables.values():
        variable.encoding = {}
        variable.attrs.pop("grid_mapping", None)
    try:
        with replacing(path) as temporary:
            clean.to_netcdf(temporary, engine="h5netcdf", encoding=encoding)
    except (TypeError, ValueError) as error:
        raise DataError(f"{path}: the Dataset cannot be stored as NetCDF: {error}") from error
    return Path(path)


def read_netcdf(path: str | os.PathLike[str]) -> xr.Dataset:
    """Read a NetCDF file into memory and close it; `spatial_ref` comes back as a coordinate.

    Parameters
    ----------
    path : path
        Written by `write_netcdf` or another program.

    Raises
    ------
    DataError
        If the file is missing or is not NetCDF.

    Examples
    --------
    >>> read_netcdf("nowhere.nc")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    twin.errors.DataError: nowhere.nc cannot be read as NetCDF: ...
    """
    try:
        check_hdf5(path)
        with xr.open_dataset(path, engine="h5netcdf", decode_coords="all", decode_timedelta=False) as dataset:
            return dataset.load()
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise DataError(f"{path} cannot be read as NetCDF: {error}") from error


def check_hdf5(path: str | os.PathLike[str]) -> None:
    """Open a file as HDF5 and read what h5netcdf reads first.

    h5netcdf leaves a half-made file behind where that fails, which complains later, when nobody can hear it.

    Raises
    ------
    OSError, ValueError, KeyError, RuntimeError
        If it is missing, damaged or of another kind.

    Examples
    --------
    >>> check_hdf5("nowhere.nc")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    FileNotFoundError: ...
    """
    import h5py

    with h5py.File(path, "r") as file:
        file.attrs.get("_nc3_strict")
