"""A finished city in one file and back, exactly: values, types, tables, roads, sources and caveats.

The grid is the file's own Dataset, so that xarray, QGIS and GDAL open it as any NetCDF; tables lie in groups. Files are
written whole or not at all and checked when they are opened.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from twin.atomic import replacing
from twin.city.city import City
from twin.city.stored_files import Groups, read_group, suffix_of, write_netcdf_group, write_zarr
from twin.city.stored_tables import dataset_to_table, table_to_dataset
from twin.city.stored_values import RECORDS, from_text, to_text
from twin.errors import DataError, InputError

FORMAT = 1
"""Version of the layout; a file of a later one is refused."""

_MARK, _NOTES = "twin_city_format", "twin"


def save_city(city: City, path: str | os.PathLike[str]) -> Path:
    """Save a city, everything of it, for `open_city`.

    Parameters
    ----------
    city : City
        Any city, changed by measures or not.
    path : path
        Ends in ``.nc`` (one NetCDF-4 file) or ``.zarr`` (a folder; needs the extra ``zarr``). What is there is replaced
        once the new one is complete.

    Returns
    -------
    Path

    Raises
    ------
    InputError
        If the path ends otherwise, zarr is not installed, or a table holds objects that cannot be stored.
    DataError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from twin.scenario.hamlet import hamlet
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     again = open_city(save_city(hamlet(), Path(folder) / "hamlet.nc"))
    >>> again.name, len(again.buildings), again.grid.identical(hamlet().grid)
    ('hamlet', 4, True)
    """
    target = Path(path)
    kind = suffix_of(target)
    groups: Groups = {}
    fields = {
        field.name: _take_apart(getattr(city, field.name), field.name, groups) for field in dataclasses.fields(city)
    }
    from twin import __version__

    notes = {"format": FORMAT, "version": __version__, "fields": fields}
    text = np.frombuffer(json.dumps(notes, ensure_ascii=False).encode(), np.uint8)
    groups[_NOTES] = xr.Dataset({"notes": ("notes_place", text)})
    root = groups.pop("grid")
    named = "; ".join(dict.fromkeys(source.attribution for source in city.meta.sources if source.attribution))
    root.attrs |= {_MARK: FORMAT, "title": city.name, "Conventions": "CF-1.10", "source": f"urban-twin {__version__}"}
    root.attrs |= {"attribution": named} if named else {}
    everything = {"": root, **groups}
    try:
        if kind == ".nc":
            with replacing(target) as temporary:
                for number, (group, dataset) in enumerate(everything.items()):
                    write_netcdf_group(dataset, temporary, group, "a" if number else "w")
        else:
            write_zarr(everything, target)
    except (OSError, TypeError, ValueError) as error:
        if isinstance(error, (InputError, DataError)):
            raise
        raise DataError(f"{target} cannot be written: {error}") from error
    return target


def open_city(path: str | os.PathLike[str]) -> City:
    """Open a city that `save_city` wrote.

    Parameters
    ----------
    path : path
        Ends in ``.nc`` or ``.zarr``.

    Returns
    -------
    City
        Equal to the one saved: values, types, attributes, indices, CRSs.

    Raises
    ------
    DataError
        If the file is missing, cut off, damaged, of a later version, or no saved city.
    InputError
        If the path ends otherwise or zarr is not installed.
    LimitError
        If it holds more than `twin.limits` allow.

    Examples
    --------
    >>> open_city("nowhere.nc")
    Traceback (most recent call last):
    twin.errors.DataError: nowhere.nc does not exist; a city saved by save_city is expected there
    """
    target = Path(path)
    kind = suffix_of(target)
    if not target.exists():
        raise DataError(f"{target} does not exist; a city saved by save_city is expected there")

    def read(group: str) -> xr.Dataset:
        return read_group(target, kind, group)

    root = read("")
    version = root.attrs.get(_MARK)
    if version is None:
        raise DataError(
            f"{target} is {'NetCDF' if kind == '.nc' else 'Zarr'}, but no city saved by save_city; rasters and results "
            "are read by twin.export.read_netcdf"
        )
    if not isinstance(version, (int, np.integer)) or not 1 <= version <= FORMAT:
        raise DataError(f"{target} has the format {version}, this version reads up to {FORMAT}; update urban-twin")
    try:
        notes = json.loads(read(_NOTES)["notes"].values.astype(np.uint8).tobytes())
        told: Mapping[str, Any] = notes["fields"]
        known = {field.name for field in dataclasses.fields(City)}
        if not set(told) <= known:
            raise DataError(
                f"{target} holds {sorted(set(told) - known)[0]!r}, which this version does not know; update"
            )
        fields = {name: _put_together(entry, name, root, read, target) for name, entry in told.items()}
        return City(**fields)
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(
            f"{target} cannot be put together again ({error!r:.160}); it is damaged: save it again"
        ) from None


def _take_apart(value: Any, name: str, groups: Groups) -> dict[str, Any]:
    """Put the arrays of a field among the groups and return how it is put together again."""
    if isinstance(value, xr.Dataset):
        groups[name], attributes = _storable(value)
        return {"form": "grid", "attributes": attributes}
    if isinstance(value, pd.DataFrame):
        groups[name], layout = table_to_dataset(value, name)
        return {"form": "table", "group": name, "layout": layout}
    tables = dataclasses.is_dataclass(value) and any(
        isinstance(getattr(value, field.name), pd.DataFrame) for field in dataclasses.fields(value)
    )
    if tables:
        kind = type(value).__name__
        if RECORDS.get(kind) is not type(value):
            raise InputError(f"{name} is a {kind}, which cannot be stored")
        parts = {
            field.name: _take_apart(getattr(value, field.name), f"{name}/{field.name}", groups)
            for field in dataclasses.fields(value)
        }
        return {"form": "record", "kind": kind, "fields": parts}
    return {"form": "value", "value": to_text(value, name)}


def _put_together(
    entry: Mapping[str, Any], name: str, root: xr.Dataset, read: Callable[[str], xr.Dataset], target: Path
) -> Any:
    form = entry["form"]
    if form == "grid":
        return _restored(root, entry["attributes"], target)
    if form == "table":
        return dataset_to_table(read(str(entry["group"])), entry["layout"], f"{target}, {name}")
    if form == "value":
        return from_text(entry["value"], f"{target}, {name}")
    kind = RECORDS.get(str(entry.get("kind")))
    if form != "record" or kind is None:
        raise DataError(f"{target} stores {name} as {form!r}, which this version does not know; update urban-twin")
    return kind(
        **{key: _put_together(part, f"{name}/{key}", root, read, target) for key, part in entry["fields"].items()}
    )


def _storable(grid: xr.Dataset) -> tuple[xr.Dataset, str]:
    """Return the grid with attributes that any format holds, and all attributes as they are."""
    attributes = {
        "dataset": dict(grid.attrs),
        "variables": {str(name): dict(array.attrs) for name, array in grid.variables.items()},
        "coordinates": [str(name) for name in grid.coords],
    }
    plain = grid.copy()
    plain.attrs = _simple(grid.attrs)
    for array in plain.variables.values():
        array.attrs = _simple(array.attrs)
        array.encoding = {}
    return plain, to_text(attributes, "the grid's attributes")


def _simple(attributes: Mapping[Any, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, value in attributes.items():
        numeric = isinstance(value, (int, float, np.integer, np.floating, np.ndarray)) and not isinstance(value, bool)
        many = isinstance(value, (list, tuple)) and all(isinstance(item, (int, float)) for item in value)
        kept[str(name)] = value if numeric or (many and value) or isinstance(value, str) else str(value)
    kept.pop("grid_mapping", None)
    return kept


def _restored(root: xr.Dataset, text: str, target: Path) -> xr.Dataset:
    """Return the grid with the attributes it had."""
    told = from_text(text, f"{target}, the grid's attributes")
    if set(told["variables"]) != {str(name) for name in root.variables}:
        missing = set(told["variables"]) ^ {str(name) for name in root.variables}
        raise DataError(f"{target}: the grid lacks or has too many {sorted(missing)[0]!r}; the file is damaged")
    order = list(told["variables"])
    arrays = {name: root.variables[name] for name in order}
    coordinates = {name: arrays.pop(name) for name in told["coordinates"]}
    grid = xr.Dataset(arrays, coordinates, told["dataset"])
    for name, attributes in told["variables"].items():
        grid[name].attrs = attributes
        grid[name].encoding = {}
    grid.encoding = {}
    return grid
