"""The grid of the German census (2011 and 2022) from its CSV tables, cell by cell, in EPSG:3035.

Only cells where somebody lives are published; numbers withheld for privacy (``–``, ``-1`` or empty) stay unknown. Files
are read in pieces, so that the whole of Germany passes through little memory when a box is given.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.errors import DataError
from twin.geometry.records import ReadReport, Refusal, UnitRecords
from twin.geometry.region import Bounds, given_crs
from twin.geometry.sources import open_checked
from twin.geometry.tree_layouts import plain_name
from twin.geometry.tree_sizes import number
from twin.geometry.unit_columns import CENSUS_AGES, RESIDENTS, find_unit_columns

if TYPE_CHECKING:
    import pandas as pd
    from pyproj import CRS

_SIZES = {"100m": 100.0, "1km": 1000.0, "10km": 10_000.0}
_CELL = re.compile(r"^(?:CRS3035)?(?:RES)?(100m|1km|10km|1000m|10000m)N(\d{2,7})E(\d{2,7})$", re.I)
_EPSG = 3035
_ROWS = 200_000
_MOST = 5_000_000.0  # residents of one cell
_HEAD = 4096
_FARTHEST = 1e8  # m: no cell of the grid lies there
_NOTHING = ("", "-", "–", "—", "\x96", "\ufffd", ".", "x")


def is_census_grid(file: Path, delimiter: str | None = None) -> bool:
    """Tell whether a file is a table of the census grid, by the names of its columns.

    Parameters
    ----------
    file : pathlib.Path
        The file.
    delimiter : str, optional
        One character; the usual ones are tried without it.
    """
    with open_checked(file) as stream:
        head = stream.read(_HEAD)
    return _size_of(_split(_decoded(head).split("\n")[0], delimiter)[1]) is not None


def read_census_grid(
    files: list[Path],
    *,
    box: Bounds | None,
    given: CRS | None,
    delimiter: str | None,
    decimal: str | None,
    columns: Mapping[str, str] | None,
) -> UnitRecords:
    """Read tables of the census grid and join them cell by cell; `read_units` says the rest."""
    import geopandas as gpd
    import pandas as pd
    import shapely

    system = given or given_crs(_EPSG)
    assert system is not None
    notes: list[str] = []
    refused: list[Refusal] = []
    joined: pd.DataFrame | None = None
    sizes, total, outside = [], 0, 0
    for file in files:
        table, size, found, left = _read(file, box, delimiter, decimal, columns, notes, refused)
        sizes.append(size)
        total, outside = max(total, found), max(outside, left)
        joined = table if joined is None else joined.combine_first(table)
    if len(set(sizes)) > 1:
        raise DataError(f"{files[0]} and the other tables have cells of different size: {sizes} m; read one size alone")
    assert joined is not None
    if "residents" not in joined:
        raise DataError(
            f"{', '.join(map(str, files))}: no column holds the residents (Einwohner or Insgesamt_Bevoelkerung); read "
            "the table of the population with them, or name it: columns = {'residents': '...'}"
        )
    if outside:
        notes.append(f"{outside} cells lie outside the bounds and are left out")
    if len(joined) == 0:
        raise DataError(
            f"{files[0]}: none of its {total} cells can be used" + (f" in the bounds {box} (EPSG:3035)" if box else "")
        )
    x, y, half = joined["x"].to_numpy(), joined["y"].to_numpy(), sizes[0] / 2
    cells = shapely.box(x - half, y - half, x + half, y + half)
    withheld = int(joined["residents"].isna().sum())
    if withheld:
        notes.append(f"the residents of {withheld} cells are withheld or missing")
    notes.append("cells without residents are not published; nobody lives between the cells")
    ages = sorted(name for name in joined.columns if name.startswith("age_"))
    data = {"id": joined.index.to_numpy(object), "name": "", "residents": joined["residents"].to_numpy()}
    units = gpd.GeoDataFrame(
        pd.DataFrame(data | {name: joined[name].to_numpy() for name in ages}), geometry=cells, crs=system
    )
    report = ReadReport(
        ", ".join(os.fspath(file) for file in files), total, len(units), (), tuple(refused), tuple(notes)
    )
    return UnitRecords(units, system, report, grid_size=sizes[0])


def _read(
    file: Path, box: Bounds | None, delimiter: str | None, decimal: str | None, columns: Mapping[str, str] | None,
    notes: list[str], refused: list[Refusal],
) -> tuple[pd.DataFrame, float, int, int]:  # fmt: skip
    """Return the cells of one table by their id, their size, how many there are and how many lie outside the box."""
    import pandas as pd

    with open_checked(file) as stream:
        head = stream.read(_HEAD)
    encoding = _encoding(file)
    mark, names = _split(head.decode(encoding, errors="replace").lstrip("\ufeff").split("\n")[0], delimiter)
    size = _size_of(names)
    if size is None:  # a header that reads otherwise in the encoding of the rest
        raise DataError(f"{file}: its first line {head[:60]!r} names no cells (GITTER_ID_100m); save it as UTF-8")
    wanted = {plain_name(name): name for name in names}
    label = next(name for plain, name in wanted.items() if plain.startswith("gitter_id"))
    roles = _roles(columns, names, str(file))
    kept, found, outside, places = [], 0, 0, 0
    for rows in _pieces(file, mark, encoding, names):
        found += len(rows)
        x, y = _middles(rows, wanted, label, size, decimal)
        with np.errstate(invalid="ignore"):  # NaN is not good either
            good = (np.abs(x) < _FARTHEST) & (np.abs(y) < _FARTHEST)
        places += int((~good).sum())
        inside = good.copy()
        if box is not None:
            half = size / 2
            with np.errstate(invalid="ignore"):
                inside &= (x + half > box[0]) & (x - half < box[2]) & (y + half > box[1]) & (y - half < box[3])
        outside += int((good & ~inside).sum())
        data = {"x": x[inside], "y": y[inside]}
        for role, several in roles.items():
            data[role] = sum(_counts(rows.loc[inside, name], decimal) for name in several)
        kept.append(pd.DataFrame(data, index=rows.loc[inside, label].str.strip()))
    if places:
        refused.append(Refusal(f"{places} cells of {file.name}", "neither a midpoint nor a name that tells the place"))
    table = pd.concat(kept) if kept else pd.DataFrame({"x": [], "y": []})
    again = table.index.duplicated()
    if again.any():
        refused.append(Refusal(f"{int(again.sum())} cells of {file.name}", f"again, first: {table.index[again][0]}"))
        table = table[~again]
    return table, size, found, outside


def _roles(columns: Mapping[str, str] | None, names: list[str], where: str) -> dict[str, tuple[str, ...]]:
    """Return which columns hold residents and ages; a table of ages alone needs no residents."""
    plain = {plain_name(name) for name in names}
    if columns is None and not plain & set(RESIDENTS):
        known = [name for name in names if plain_name(name) in CENSUS_AGES]
        ages: dict[str, tuple[str, ...]] = {CENSUS_AGES[plain_name(name)]: (name,) for name in known}
        if not ages:
            find_unit_columns(None, names, where)  # raises with the columns there are
        return ages
    found = find_unit_columns(columns, names, where)
    return {role: several for role, several in found.items() if role not in ("id", "name")}


def _pieces(file: Path, mark: str, encoding: str, names: list[str]) -> Iterator[pd.DataFrame]:
    import pandas as pd

    try:
        with open_checked(file) as stream:
            reader = pd.read_csv(
                stream, sep=mark, encoding=encoding, dtype=str, names=names, skiprows=1, keep_default_na=False,
                index_col=False, chunksize=_ROWS, on_bad_lines="error", skip_blank_lines=True,
            )  # fmt: skip
            while True:
                with warnings.catch_warnings():
                    warnings.simplefilter("error", pd.errors.ParserWarning)  # rows longer than the header
                    rows = next(reader, None)
                if rows is None:
                    return
                yield rows.fillna("")
    except (pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError, ValueError) as error:
        raise DataError(f"{file} is no table of the census or is cut off: {error}") from None


def _middles(rows: pd.DataFrame, wanted: dict[str, str], label: str, size: float, decimal: str | None) -> Any:
    x_name = next((name for plain, name in wanted.items() if plain.startswith("x_mp")), None)
    y_name = next((name for plain, name in wanted.items() if plain.startswith("y_mp")), None)
    if x_name and y_name:
        x, y = _numbers(rows[x_name], decimal or "."), _numbers(rows[y_name], decimal or ".")
    else:
        x, y = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    for row in np.flatnonzero(~(np.isfinite(x) & np.isfinite(y))):
        if named := _CELL.match(str(rows[label].iloc[row]).strip()):
            north, east = named.group(2), named.group(3)
            # short names count in cells, long ones in metres, both from the south-west corner
            x[row] = float(east) * (size if len(east) < 7 else 1.0) + size / 2
            y[row] = float(north) * (size if len(north) < 7 else 1.0) + size / 2
    return x, y


def _counts(cells: pd.Series, decimal: str | None) -> Any:
    """Return the numbers of a column, NaN where they are withheld."""
    values = _numbers(cells, decimal)
    return np.where((values >= 0) & (values <= _MOST), values, np.nan)


def _numbers(cells: pd.Series, decimal: str | None) -> Any:
    import pandas as pd

    text = cells.str.strip()
    values = pd.to_numeric(text, errors="coerce").to_numpy(np.float64, copy=True)
    for row in np.flatnonzero(np.isnan(values) & ~text.isin(_NOTHING).to_numpy()):
        values[row] = number(text.iloc[row], decimal)
    return values


def _size_of(names: list[str]) -> float | None:
    for name in names:
        size = _SIZES.get(plain_name(name).removeprefix("gitter_id_"))
        if size is not None:
            return size
    return None


def _split(line: str, delimiter: str | None) -> tuple[str, list[str]]:
    mark = delimiter or max(";,\t|", key=line.count)
    return mark, [name.strip().strip('"').lstrip("\ufeff") for name in line.rstrip("\r").split(mark)]


def _decoded(head: bytes) -> str:
    return head.decode("utf-8-sig", errors="replace")


def _encoding(file: Path) -> str:
    import codecs

    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with open_checked(file) as stream:
            while data := stream.read(1 << 20):
                decoder.decode(data)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"
