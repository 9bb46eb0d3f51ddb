"""Datasets in groups of one NetCDF-4 file or one Zarr store, written and read with checks of size and completeness."""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path
from typing import Any

import xarray as xr

from twin import limits
from twin.errors import DataError, InputError
from twin.netcdf import check_hdf5

Groups = dict[str, xr.Dataset]
"""Datasets by the group they lie in; "" is the root."""

_SUFFIXES = (".nc", ".zarr")


def write_netcdf_group(dataset: xr.Dataset, temporary: Path, group: str, mode: Any) -> None:
    """Write one group into a NetCDF-4 file, packed and with checksums; mode "w" begins the file, "a" goes on."""
    encoding: dict[str, dict[str, Any]] = {}
    for name, array in dataset.variables.items():
        if array.ndim and array.dtype.kind in "iufb":
            encoding[str(name)] = {
                "zlib": True,
                "complevel": 4,
                "shuffle": array.dtype.itemsize > 1,
                "fletcher32": True,
            }
        if array.dtype.kind == "f":
            encoding.setdefault(str(name), {})["_FillValue"] = None
        if "spatial_ref" in dataset.coords and {"y", "x"} <= set(array.dims):
            encoding[str(name)]["grid_mapping"] = "spatial_ref"
    dataset.to_netcdf(temporary, mode=mode, group=group or None, engine="h5netcdf", encoding=encoding)


def write_zarr(groups: Groups, target: Path) -> None:
    """Write a folder beside the place and exchange it for what is there."""
    temporary = target.with_name(f".{target.stem}-{secrets.token_hex(6)}.zarr")
    aside = temporary.with_suffix(".old")
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        for group, dataset in groups.items():
            encoding = {
                str(name): {"_FillValue": None} for name, array in dataset.variables.items() if array.dtype.kind == "f"
            }
            for name, array in dataset.variables.items():
                if "spatial_ref" in dataset.coords and {"y", "x"} <= set(array.dims):
                    encoding.setdefault(str(name), {})["grid_mapping"] = "spatial_ref"  # type: ignore[assignment]
            dataset.to_zarr(
                temporary, group=group or None, mode="a" if group else "w", encoding=encoding, consolidated=False
            )
        if target.exists():
            target.rename(aside)
        temporary.rename(target)
    finally:
        for folder in (temporary, aside):
            shutil.rmtree(folder, ignore_errors=True)


def read_group(target: Path, kind: str, group: str) -> xr.Dataset:
    """Return one group in memory after its size was checked."""
    options: dict[str, Any] = {"decode_coords": "all", "decode_timedelta": False, "mask_and_scale": False}
    options |= {"engine": "h5netcdf"} if kind == ".nc" else {"engine": "zarr", "consolidated": False}
    try:
        if kind == ".nc" and not group:
            check_hdf5(target)
        with xr.open_dataset(target, group=group or None, **options) as dataset:
            if not group:
                cells = max((array.size for array in dataset.variables.values()), default=0)
                limits.check(cells, "MAX_GRID_CELLS", f"{target} holds an array of {cells:,} cells")
            else:
                size = sum(array.nbytes for array in dataset.variables.values())
                limits.check(size, "MAX_FILE_BYTES", f"{target}: {group} holds {size:,} bytes")
            return dataset.load()
    except (OSError, ValueError, KeyError, RuntimeError, TypeError, AttributeError) as error:
        text = f"{type(error).__name__}: {error}"[:160]
        raise DataError(
            f"{target} cannot be read as a saved city ({text}); it is cut off, damaged or of another kind"
        ) from None


def suffix_of(target: Path) -> str:
    """Return ``".nc"`` or ``".zarr"``.

    Raises
    ------
    InputError
        If the path ends otherwise, or zarr is needed and not installed.

    Examples
    --------
    >>> suffix_of(Path("town.nc"))
    '.nc'
    """
    suffix = target.suffix.lower()
    if suffix not in _SUFFIXES:
        raise InputError(f"path is {str(target)!r}; a saved city ends in .nc (one file) or .zarr (a folder)")
    if suffix == ".zarr":
        try:
            import zarr  # noqa: F401
        except ImportError:
            raise InputError('Zarr stores need the library zarr: pip install "urban-twin[zarr]"; or use .nc') from None
    return suffix
