"""Tables as Datasets of plain arrays and back without loss: values, types, index, column order, geometry, CRS.

Numbers are stored as they are, geometry as well-known binary, everything else as text cell by cell (`stored_values`).
Texts and geometries stand one after the other in one array of bytes beside the places where each ends, because that
packs well and every reader of arrays can read it.
"""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pandas as pd
import shapely
import xarray as xr
from numpy.typing import NDArray
from pyproj import CRS

from twin.city.stored_values import from_text, to_text
from twin.errors import DataError, InputError

LAYOUT = "table"
"""Attribute that describes columns and index."""


def table_to_dataset(table: pd.DataFrame, what: str) -> tuple[xr.Dataset, str]:
    """Return the arrays of a table, and the description that turns them into it again.

    Parameters
    ----------
    table : DataFrame or GeoDataFrame
        Any columns; a simple index.
    what : str
        What it is called, for messages.

    Raises
    ------
    InputError
        If a column name comes twice, the index has several levels, or a cell cannot be stored.

    Examples
    --------
    >>> arrays, layout = table_to_dataset(pd.DataFrame({"height": [9.0]}, index=[7]), "buildings")
    >>> arrays["height"].values, dataset_to_table(arrays, layout, "buildings").index.tolist()
    (array([9.]), [7])
    """
    import geopandas as gpd

    if not table.columns.is_unique:
        raise InputError(f"the {what} have the column {table.columns[table.columns.duplicated()][0]!r} twice")
    if isinstance(table.index, pd.MultiIndex) or isinstance(table.columns, pd.MultiIndex):
        raise InputError(f"the {what} have an index of several levels; use reset_index")
    arrays: dict[str, NDArray[Any]] = {}
    columns = []
    for number, label in enumerate(table.columns):
        name = _array_name(label, number, arrays)
        entry = _column(table[label], name, arrays, f"{what}, column {label!r}")
        columns.append({"label": to_text(label, what), "array": name, **entry})
    layout: dict[str, Any] = {"rows": len(table), "columns": columns, "attrs": to_text(dict(table.attrs), what)}
    index = table.index
    if isinstance(index, pd.RangeIndex):
        layout["index"] = {"range": [index.start, index.stop, index.step]}
    else:
        name = _array_name("index", -1, arrays)
        layout["index"] = {"array": name, **_column(index.to_series(), name, arrays, f"{what}, index")}
    layout["index"]["name"] = to_text(index.name, what)
    geometry = getattr(table, "_geometry_column_name", None)
    if isinstance(table, gpd.GeoDataFrame):
        layout["geometry"] = geometry if geometry in table.columns else None
    # an array without a cell has nothing to store, and some formats take its length for "unlimited"
    data = {name: ((f"{name}_place",), values) for name, values in arrays.items() if len(values)}
    return xr.Dataset(data), json.dumps(layout, ensure_ascii=False)


def dataset_to_table(arrays: xr.Dataset, layout: str, what: str) -> pd.DataFrame:
    """Return the table that `table_to_dataset` took apart.

    Raises
    ------
    DataError
        If arrays and description do not fit together.

    Examples
    --------
    >>> table = pd.DataFrame({"name": ["Rathaus", "Markt"]})
    >>> dataset_to_table(*table_to_dataset(table, "places"), "places").name.tolist()
    ['Rathaus', 'Markt']
    """
    import geopandas as gpd

    try:
        parts: dict[str, Any] = json.loads(layout)
        rows = int(parts["rows"])
        told = dict(parts["index"])
        if "range" in told:
            start, stop, step = (int(value) for value in told["range"])
            index: pd.Index = pd.RangeIndex(start, stop, step)
        else:
            index = pd.Index(_series(told, arrays, rows, what))
        index = index.rename(from_text(told["name"], what))
        columns = {from_text(entry["label"], what): _series(entry, arrays, rows, what) for entry in parts["columns"]}
        for series in columns.values():
            series.index = index
        table = pd.DataFrame(columns, index=index, columns=pd.Index(list(columns), dtype=object) if columns else None)
        if "geometry" in parts:
            table = gpd.GeoDataFrame(table)
            if parts["geometry"] is not None:
                table = table.set_geometry(parts["geometry"])
        table.columns = _labels(list(columns))
        table.attrs = from_text(parts["attrs"], what)
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, shapely.errors.ShapelyError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{what} cannot be put together again ({error!r:.120}); the file is damaged") from None
    return table


def _labels(names: list[Any]) -> pd.Index:
    return pd.Index(names) if names else pd.Index([], dtype=object)


def _array_name(label: Any, number: int, taken: dict[str, NDArray[Any]]) -> str:
    name = re.sub(r"\W", "_", str(label), flags=re.ASCII)[:60].strip("_") or f"column_{number}"
    name = name if name[0].isalpha() else f"column_{name}"
    while name in taken or f"{name}_end" in taken or name.endswith(("_end", "_place")):
        name += f"_{number % 1000}x"
    return name


def _column(series: pd.Series, name: str, arrays: dict[str, NDArray[Any]], where: str) -> dict[str, Any]:
    """Put the arrays of a column among `arrays` and return its description."""
    dtype = series.dtype
    if hasattr(series.array, "crs") and hasattr(series.array, "total_bounds"):
        shapes = np.asarray(series.array, dtype=object)
        wkb = [b"" if shape is None else shapely.to_wkb(shape, output_dimension=4) for shape in shapes]
        _put_bytes(wkb, name, arrays)
        return {"form": "geometry", "crs": None if series.array.crs is None else _crs_text(series.array.crs)}
    if isinstance(dtype, pd.CategoricalDtype):
        arrays[name] = np.asarray(series.cat.codes, np.int64)
        told = to_text(dtype.categories.tolist(), where)
        return {
            "form": "category",
            "categories": told,
            "ordered": bool(dtype.ordered),
            "of": str(dtype.categories.dtype),
        }
    if isinstance(dtype, np.dtype) and dtype.kind in "iuf":
        arrays[name] = series.to_numpy()
        return {"form": "number", "dtype": dtype.str}
    if isinstance(dtype, np.dtype) and dtype.kind == "b":
        arrays[name] = series.to_numpy().astype(np.uint8)
        return {"form": "number", "dtype": dtype.str}
    if isinstance(dtype, np.dtype) and dtype.kind in "mM":
        arrays[name] = series.to_numpy().view(np.int64)
        return {"form": "time", "dtype": dtype.str}
    cells = series.astype(object).tolist()
    _put_bytes([to_text(cell, where).encode() for cell in cells], name, arrays)
    return {"form": "text", "dtype": str(dtype)}


def _series(entry: dict[str, Any], arrays: xr.Dataset, rows: int, what: str) -> pd.Series:
    import geopandas as gpd

    name, form = str(entry["array"]), entry["form"]
    if form in ("geometry", "text"):
        cells = _take_bytes(arrays, name, rows, what)
        if form == "geometry":
            shapes = np.empty(rows, dtype=object)
            shapes[:] = [None if cell == b"" else shapely.from_wkb(cell) for cell in cells]
            crs = None if entry["crs"] is None else CRS.from_user_input(entry["crs"])
            return pd.Series(gpd.array.GeometryArray(shapes, crs=crs))
        values = np.empty(rows, dtype=object)
        values[:] = [from_text(cell, f"{what}, {name}") for cell in cells]
        return pd.Series(values, dtype=object).astype(entry["dtype"])
    values = arrays[name].values if name in arrays else np.zeros(0, np.int64)
    if values.shape != (rows,):
        raise DataError(f"{what}: {name} has {values.size} of {rows} values; the file is damaged")
    if form == "category":
        categories = pd.Index(from_text(entry["categories"], what), dtype=entry["of"])
        return pd.Series(pd.Categorical.from_codes(values, categories, ordered=bool(entry["ordered"])))
    dtype = np.dtype(str(entry["dtype"]))
    if form == "time":
        return pd.Series(np.ascontiguousarray(values, np.int64).view(dtype))
    if form != "number" or dtype.kind not in "iufb":
        raise DataError(f"{what}: {name} is stored as {form!r}, which this version does not know; update urban-twin")
    return pd.Series(values.astype(dtype))


def _put_bytes(cells: list[bytes], name: str, arrays: dict[str, NDArray[Any]]) -> None:
    arrays[name] = np.frombuffer(b"".join(cells), np.uint8)
    arrays[f"{name}_end"] = np.cumsum([len(cell) for cell in cells], dtype=np.int64)


def _take_bytes(arrays: xr.Dataset, name: str, rows: int, what: str) -> list[bytes]:
    content = arrays[name].values.astype(np.uint8, copy=False).tobytes() if name in arrays else b""
    ends = arrays[f"{name}_end"].values if rows else np.zeros(0, np.int64)
    whole = len(ends) == rows and (np.diff(ends, prepend=0) >= 0).all() and (rows == 0 or ends[-1] == len(content))
    if not whole:
        raise DataError(f"{what}: the texts of {name} are incomplete; the file is damaged")
    starts = [0, *ends[:-1].tolist()]
    return [content[start:end] for start, end in zip(starts, ends.tolist(), strict=rows > 0)]


def _crs_text(crs: CRS) -> str:
    """Return the shortest text that gives the same CRS again."""
    return str(crs.srs) if CRS.from_user_input(crs.srs).to_wkt() == crs.to_wkt() else str(crs.to_wkt())
