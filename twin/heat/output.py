"""Where the fields of a day go, plate by plate: into memory, or into a Zarr store that is whole or not there.

Both take a plate at its place in arrays of the grid's size. A store is written beside its place and renamed when its
last plate is in it: what was broken off leaves nothing that looks finished.
"""

from __future__ import annotations

import os
import secrets
import shutil
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin.errors import InputError
from twin.heat.window import Window
from twin.variables import describe

Float32 = NDArray[np.float32]


def empty_fields(names: tuple[str, ...], hourly: tuple[str, ...], kept: int, shape: tuple[int, int]) -> dict[str, Any]:
    """Return arrays for maps and for fields by step, in memory.

    Parameters
    ----------
    names : tuple of str
        Of all of them.
    hourly : tuple of str
        Of those that have steps.
    kept : int
        Steps.
    shape : tuple
        Rows and columns of the grid.

    Examples
    --------
    >>> {name: field.shape for name, field in empty_fields(("utci_max", "utci"), ("utci",), 24, (3, 4)).items()}
    {'utci_max': (3, 4), 'utci': (24, 3, 4)}
    """
    return {name: np.empty((kept, *shape) if name in hourly else shape, np.float32) for name in names}


def put(arrays: Mapping[str, Any], window: Window, fields: Mapping[str, Float32]) -> None:
    """Write a plate at its place.

    Parameters
    ----------
    arrays : mapping
        Over the grid, in memory or in a store, by name.
    window : Window
        Where the plate lies.
    fields : mapping
        Of the plate, by name.

    Examples
    --------
    >>> arrays = empty_fields(("utci_max",), (), 0, (1, 3))
    >>> put(arrays, Window(0, 1, 1, 1), {"utci_max": np.full((1, 1), 30, np.float32)})
    >>> float(arrays["utci_max"][0, 1])
    30.0
    """
    rows = slice(window.row, window.row + window.rows)
    columns = slice(window.column, window.column + window.columns)
    for name, target in arrays.items():
        target[..., rows, columns] = fields[name]


def check_output(output: str | os.PathLike[str]) -> Path:
    """Return the path of a store to be written; refuse what is none, before any work.

    Parameters
    ----------
    output : path
        A folder that ends in .zarr; it may exist if it is a store.

    Raises
    ------
    InputError
        If it ends otherwise, is something else, or zarr is not installed.

    Examples
    --------
    >>> check_output("day.nc")
    Traceback (most recent call last):
    twin.errors.InputError: output is 'day.nc'; it must be a folder that ends in .zarr
    """
    path = Path(output)
    if path.suffix.lower() != ".zarr":
        raise InputError(f"output is {str(path)!r}; it must be a folder that ends in .zarr")
    if path.exists() and not any((path / name).exists() for name in ("zarr.json", ".zgroup")):
        raise InputError(f"output is {str(path)!r}, which exists and is no Zarr store; choose another name")
    try:
        import zarr  # noqa: F401
    except ImportError:
        raise InputError("output needs the package zarr: pip install 'urban-twin[zarr]'") from None
    return path


@contextmanager
def zarr_store(
    path: Path,
    coordinates: xr.Dataset,
    names: tuple[str, ...],
    hourly: tuple[str, ...],
    chunk: int,
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield arrays in a new store, and the attributes that it shall have; rename it to `path` when the block ends well.

    Parameters
    ----------
    path : Path
        See `check_output`; a store that is there is replaced.
    coordinates : xr.Dataset
        Coordinates of the result, with `time`.
    names : tuple of str
        Of all fields.
    hourly : tuple of str
        Of those that have steps.
    chunk : int
        Cells along a chunk; plates of that size fill whole chunks.
    """
    import zarr

    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}-{secrets.token_hex(6)}.zarr")
    aside = temporary.with_suffix(".old")
    rows, columns = coordinates.sizes["y"], coordinates.sizes["x"]
    attributes: dict[str, Any] = {}
    try:
        coordinates.to_zarr(temporary, mode="w", consolidated=False)
        group = zarr.open_group(temporary, mode="a")
        arrays = {}
        for name in names:
            steps = (coordinates.sizes["time"],) if name in hourly else ()
            facts = {str(k): _plain(v) for k, v in describe(xr.DataArray(0.0, name=name)).attrs.items()}
            arrays[name] = group.create_array(
                name,
                shape=(*steps, rows, columns),
                chunks=(*(1 for _ in steps), min(chunk, rows), min(chunk, columns)),
                dtype="float32",
                fill_value=float("nan"),
                dimension_names=(*("time" for _ in steps), "y", "x"),
                attributes={**facts, "grid_mapping": "spatial_ref"},
            )
        yield arrays, attributes
        group.attrs.update({name: _plain(value) for name, value in attributes.items()})
        with warnings.catch_warnings():  # zarr warns that its specification does not know this yet; xarray looks for it
            warnings.simplefilter("ignore")
            zarr.consolidate_metadata(temporary)
        if path.exists():
            path.rename(aside)
        temporary.rename(path)
    finally:
        for folder in (temporary, aside):
            shutil.rmtree(folder, ignore_errors=True)


def open_store(path: Path) -> xr.Dataset:
    """Open a store; fields are read when they are used.

    Parameters
    ----------
    path : Path
        Written by `zarr_store`.
    """
    opened: xr.Dataset = xr.open_zarr(path, chunks=None, decode_coords="all", decode_timedelta=False)
    return opened


def _plain(value: Any) -> Any:
    """Return what JSON can hold."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    return value.item() if isinstance(value, np.generic) else value
