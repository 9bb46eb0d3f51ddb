"""Terrain tiles as text, one posting per line: the XYZ files of the German state surveys (DGM1 and the like).

Postings are cell centres. The result is a raster like that of `read_raster`; a posting that does not fit the lattice,
or is no number, is refused with its line, never passed over.
"""

from __future__ import annotations

import io
import os
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS

from twin import limits
from twin.errors import DataError, InputError
from twin.geometry.raster_axes import coordinates_of
from twin.geometry.reference_systems import must_swap_axes
from twin.geometry.region import Bounds, checked_bounds, given_crs
from twin.geometry.sources import existing_files, open_checked

_Floats = NDArray[np.float64]

WHAT = "an XYZ terrain tile (one posting per line: easting, northing, height)"
SUFFIXES = (".xyz", ".txt", ".csv", ".asc", ".xyz.gz", ".txt.gz", ".csv.gz")
_NOTES = (".txt", ".csv")
_ROWS = 5_000_000  # read at a time
_HEAD = 1 << 16
_OFF = 0.01  # share of the spacing by which a posting may miss its place: coordinates are rounded to centimetres
_SPARSE_CELLS, _SPARSEST = 10_000_000, 1000  # above so many cells, one in so many must have a posting
_FARTHEST = 1e9  # m, and spacings: no tile is as wide
_BLANKS = r"\s+"
_VOIDS = (-9999.0, -32768.0, -99999.0)
_ZONES = {31: (25831, 5649), 32: (25832, 4647), 33: (25833, 5650)}  # without and with the zone in the easting
_NORTH = {"y", "n", "north", "northing", "nord", "hochwert", "nordwert", "lat", "latitude"}


@dataclass(frozen=True)
class _Form:
    """How the lines of a file are written: lines before the first posting, separator, decimal mark."""

    skipped: int
    separator: str
    decimal: str


def read_xyz(
    path: str | os.PathLike[str],
    *,
    bounds: Bounds | None = None,
    crs: CRS | str | int | None = None,
    nodata: float | None = None,
) -> xr.DataArray:
    """Read a terrain tile that lists easting, northing and height of each posting.

    Parameters
    ----------
    path : path-like
        Text, plain or gzip, or a .zip archive with one such file; name one of several as ``tiles.zip/inner/dgm1.xyz``.
        Lines come in any order, with or without a header, separated by blanks, tabs, semicolons or commas.
    bounds : (xmin, ymin, xmax, ymax), optional
        Keep only the cells that touch this box, m.
    crs : pyproj.CRS, str or int, optional
        XYZ files name none. Only if the easting carries the zone (32 389 000) may it be left out.
    nodata : float, optional
        Height that means "empty".

    Returns
    -------
    xarray.DataArray
        Dims (y, x), float32, NaN where no posting lies; attrs `file`, `gaps` (number of cells without a posting) and
        `note` (what was changed). Eastings with the zone come without it, in EPSG:25831, 25832 or 25833.

    Raises
    ------
    DataError
        If the file is missing, empty or cut off; a line has other than three numbers; the postings are not evenly
        spaced or differ at one place; the CRS is missing or cannot be; a common void value is not declared.
    InputError
        If an argument is impossible.
    LimitError
        If more cells than ``twin.limits.MAX_RASTER_CELLS`` would be needed.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "dgm1.xyz"
    ...     _ = file.write_text("32389000 5819000 34.5\\n32389001 5819000 35\\n32389000 5819001 36\\n")
    ...     ground = read_xyz(file)
    >>> ground.values.tolist(), ground.x.values.tolist(), ground.attrs["gaps"]
    ([[36.0, nan], [34.5, 35.0]], [389000.0, 389001.0], 1)
    """
    given = given_crs(crs)
    if nodata is not None and not (isinstance(nodata, (int, float)) and np.isfinite(nodata)):
        raise InputError(f"nodata is {nodata!r}; give a finite number, or None if every height counts")
    box = checked_bounds(bounds)
    files = without_notes(existing_files(path, WHAT, SUFFIXES))
    if len(files) > 1:
        names = ", ".join(file.name for file in files[:5])
        raise DataError(f"{path} holds {len(files)} tiles ({names}); name one, as {files[0]}")
    file = files[0]
    form = _form(file)
    x, y, z = _postings(file, form)
    horizontal, x, y, notes = _placed(x, y, given, file)
    _check_void(z, nodata, file)
    order = _row_by_row(x, y)
    along, across = (x, y) if order is None else (x[:: order[0]][: order[1]], y[:: order[2]][: order[3]])
    columns, left, dx = _places(along, "easting", file, form, 1 if order is None else order[0])
    rows, bottom, dy = _places(across, "northing", file, form, 1 if order is None else order[2])
    if dx is None and dy is None:
        raise DataError(f"{file} holds postings at one place only; their spacing is unknown")
    dx, dy = dx or dy or 0.0, dy or dx or 0.0
    width, height = int(columns.max()) + 1, int(rows.max()) + 1
    limits.check(width * height, "MAX_RASTER_CELLS", f"{file}: {height:,} x {width:,} cells would be read")
    if width * height > _SPARSE_CELLS and width * height > _SPARSEST * len(z):
        raise DataError(
            f"{file} has {len(z):,} postings, but reaches over {height:,} x {width:,} cells of {dx:g} m, E {left:.0f} to "
            f"{left + dx * (width - 1):.0f}, N {bottom:.0f} to {bottom + dy * (height - 1):.0f}: a tile is not that "
            "empty. Correct or remove the posting that lies apart, or cut the file into tiles"
        )
    values = np.full((height, width), np.nan, np.float32)
    rows = height - 1 - rows
    with np.errstate(over="ignore"):  # a value that means "empty" may be larger than single precision holds
        z = z.astype(np.float32)
        empty = np.float32(np.nan if nodata is None else nodata)
    if order is not None:
        values[rows[:, None], columns] = z.reshape(-1, order[1]) if order[0] == 1 else z.reshape(-1, order[3]).T
        gaps = values.size - len(z)
    else:
        cells = rows * width + columns
        values.reshape(-1)[cells] = z
        gaps = int(np.isnan(values).sum())
        if values.size - gaps < len(z):
            repeats = _repeats(values.reshape(-1), cells, z, x, y, file, form)
            notes.append(f"{repeats} postings come more than once with one height")
    if nodata is not None:
        values[values == empty] = np.nan
        gaps = int(np.isnan(values).sum())
    transform = Affine(dx, 0.0, left - dx / 2, 0.0, -dy, bottom + (height - 0.5) * dy)
    grid, transform = _cut(values, transform, box, file)
    if box is not None:
        gaps = int(np.isnan(grid).sum())
    attributes: dict[str, Any] = {"file": file.name, "gaps": gaps}
    if notes:
        attributes["note"] = "; ".join(notes)
    return xr.DataArray(
        grid,
        dims=("y", "x"),
        coords=coordinates_of(transform, (grid.shape[0], grid.shape[1]), horizontal),
        name="raster",
        attrs=attributes,
    )


def looks_like_xyz(path: Path) -> bool:
    """Tell by its first lines whether a file lists postings; False for every other kind of file.

    Examples
    --------
    >>> looks_like_xyz(Path(__file__))
    False
    """
    try:
        _form(path)
    except DataError:
        return False
    return True


def without_notes(files: list[Path]) -> list[Path]:
    """Return the tiles among several files: a licence or readme in .txt or .csv that lists no postings is none.

    Examples
    --------
    >>> without_notes([Path("east.tif"), Path("west.tif")])
    [...Path('east.tif'), ...Path('west.tif')]
    """
    kept = [file for file in files if not file.name.lower().endswith(_NOTES) or looks_like_xyz(file)]
    return kept or files


def _form(file: Path) -> _Form:
    """Find out from the first lines how a file is written."""
    with open_checked(file) as stream:
        head = stream.read(_HEAD)
    if b"\0" in head:
        raise DataError(f"{file} is binary or UTF-16, not plain text; {WHAT} is expected there")
    text = head.decode("latin-1")
    lines = text.removeprefix("\xef\xbb\xbf").splitlines()
    header = False
    for number, line in enumerate(lines):
        words = line.strip().lower()
        if not words or (words.startswith(("#", "//")) and not header):
            _check_names(words.lstrip("#/ "), number + 1, file)
            continue
        if re.match(r"[+-]?[.,]?\d", words):
            return _Form(number, *_marks(line, number + 1, file))
        if header or not _check_names(words, number + 1, file):
            break
        header = True
    raise DataError(f"{file} begins with {text[:40]!r}: no line with three numbers; {WHAT} is expected there")


def _check_names(words: str, number: int, file: Path) -> bool:
    """Tell whether a line names columns; refuse one that names the northing first."""
    names = [name.strip("\"' ") for name in re.split(r"[\s;,]+", words) if name]
    if len(names) == 3 and re.split(r"[\[(_]", names[0])[0] in _NORTH:
        raise DataError(f"{file}, line {number}: columns are {words!r}; easting must come first: exchange them")
    return len(names) == 3 and not any(re.match(r"[+-]?\d", name) for name in names)


def _marks(line: str, number: int, file: Path) -> tuple[str, str]:
    """Return separator and decimal mark of a line, where they can be told apart."""
    where = f"{file}, line {number}"
    if ";" in line:
        separator, fields = ";", line.split(";")
    elif "," in line and (len(line.split()) == 1 or re.search(r",\s", line)):
        separator, fields = ",", line.split(",")
    else:
        fields = line.split()
        separator = " " if line == " ".join(fields) else _BLANKS
    if len(fields) != 3:
        doubt = " (a comma cannot be both separator and decimal mark)" if separator == "," else ""
        raise DataError(f"{where}: {line[:80]!r} has {len(fields)} fields; three are needed{doubt}")
    commas = [field.strip() for field in fields if "," in field]
    if not commas:
        return separator, "."
    for field in commas:
        if field.count(",") > 1 or "." in field:
            raise DataError(f"{where}: {field!r} has a separator of thousands; write the number without")
    # 389,500 alone could be 389.5 or 389 500: one field must show that the comma marks decimals
    if all(re.fullmatch(r"[+-]?\d{1,3},\d{3}", field) for field in commas):
        raise DataError(f"{where}: {commas[0]!r} can be read in two ways; write decimals with a point")
    return separator, ","


def _postings(file: Path, form: _Form) -> tuple[_Floats, _Floats, _Floats]:
    """Return easting, northing and height of all lines; the separator of most files, one blank, reads twice as fast."""
    try:
        return _parsed(file, form, form.separator)
    except DataError:
        if form.separator != " ":
            raise
        return _parsed(file, form, _BLANKS)  # a line further down has more of them


def _parsed(file: Path, form: _Form, separator: str) -> tuple[_Floats, _Floats, _Floats]:
    import pandas as pd

    parts: list[list[_Floats]] = []
    count = 0
    with open_checked(file) as stream, warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        try:
            with pd.read_csv(
                io.BufferedReader(stream, 1 << 20),
                sep=separator,
                decimal=form.decimal,
                header=None,
                skiprows=form.skipped,
                dtype=np.float64,
                na_filter=False,
                encoding="latin-1",
                chunksize=_ROWS,
            ) as reader:
                for table in reader:
                    count += len(table)
                    limits.check(count, "MAX_RASTER_CELLS", f"{file} has more than {count:,} postings")
                    parts.append([table[column].to_numpy() for column in range(3)])
        except (ValueError, pd.errors.ParserError, pd.errors.ParserWarning, OverflowError) as error:
            if isinstance(error, DataError):
                raise
            raise _bad_line(file, form, str(error)) from None
    x, y, z = parts[0] if len(parts) == 1 else (np.concatenate([part[axis] for part in parts]) for axis in range(3))
    if not (np.isfinite(x.sum()) and np.isfinite(y.sum()) and np.isfinite(z.sum())):
        raise _bad_line(file, form, "a value is not finite")
    return x, y, z


def _lines(file: Path, form: _Form) -> Iterator[tuple[int, str]]:
    """Yield number and text of the lines with postings: the slow way, to name the one that is wrong."""
    with open_checked(file) as stream:
        for number, line in enumerate(io.BufferedReader(stream, 1 << 20), 1):
            if number > form.skipped and (text := line.decode("latin-1").strip()):
                yield number, text


def _bad_line(file: Path, form: _Form, reason: str) -> DataError:
    for number, text in _lines(file, form):
        fields = text.split() if form.separator in (" ", _BLANKS) else text.split(form.separator)
        if len(fields) != 3:
            return DataError(f"{file}, line {number}: {text[:80]!r} has {len(fields)} fields; three are needed")
        for field in fields:
            try:
                value = float(field.strip().replace(form.decimal, "."))
            except ValueError:
                return DataError(f"{file}, line {number}: {field[:40]!r} is not a number; correct or remove the line")
            if not np.isfinite(value):
                return DataError(f"{file}, line {number}: {field[:40]!r} is not finite; correct or remove the line")
    return DataError(f"{file} cannot be read as {WHAT}: {reason}")


def _line_of(file: Path, form: _Form, posting: int) -> int:
    return next((number for index, (number, _) in enumerate(_lines(file, form)) if index == posting), 0)


def _placed(x: _Floats, y: _Floats, given: CRS | None, file: Path) -> tuple[CRS, _Floats, _Floats, list[str]]:
    """Return the CRS and the coordinates in it: zone prefixes removed, axes exchanged where the CRS wants it."""
    zone = int(x[0] // 1e6)
    low, high = float(x.min()), float(x.max())
    code = given.to_epsg() if given is not None else None
    notes: list[str] = []
    if zone in _ZONES and float(y[0]) < 1e7:
        plain, prefixed = _ZONES[zone]
        if int(low // 1e6) != zone or int(high // 1e6) != zone:
            raise DataError(f"{file} has eastings from {low:.2f} to {high:.2f}, with and without zone {zone}: cut it")
        if code not in (None, plain, prefixed) or (given is not None and code is None):
            name = given.name if given is not None else ""
            raise DataError(f"{file}: eastings like {x[0]:.2f} carry zone {zone} (EPSG:{plain}), but {name} was given")
        x = x - zone * 1e6
        given = CRS.from_epsg(plain)
        notes.append(f"the eastings carry the zone {zone}; it was removed and EPSG:{plain} is used")
    elif code in {prefixed for _, prefixed in _ZONES.values()}:
        plain = next(plain for plain, prefixed in _ZONES.values() if prefixed == code)
        raise DataError(f"{file}: eastings like {x[0]:.2f} carry no zone, as EPSG:{code} has; give crs='EPSG:{plain}'")
    if given is None:
        raise DataError(
            f"{file} names no CRS, as no XYZ file does; give it as crs='EPSG:25832' (or 'EPSG:25833' in the east of "
            "Germany; the publisher's page says which)"
        )
    some = slice(None, None, max(1, len(x) // 1000))
    if must_swap_axes(x[some], y[some], given, str(file)):
        x, y = y, x
        notes.append("the file gives northing before easting, as its CRS defines; they were exchanged")
    return given, x, y, notes


def _row_by_row(x: _Floats, y: _Floats) -> tuple[int, int, int, int] | None:
    """Return how a tile without gaps is written, as most are: (step, number) of columns and of rows; None otherwise.

    Then the places of a thousand columns and rows tell those of a million postings.
    """
    for first, second, by_rows in ((x, y, True), (y, x, False)):
        count = int(np.argmax(second != second[0]))
        if count == 0 or len(first) % count:
            continue
        inner, outer = first.reshape(-1, count), second.reshape(-1, count)
        if (inner != inner[0]).any() or (outer != outer[:, :1]).any():
            continue
        if np.unique(inner[0]).size == count and np.unique(outer[:, 0]).size == len(outer):
            return (1, count, count, len(outer)) if by_rows else (count, len(outer), 1, count)
    return None


def _places(
    values: _Floats, name: str, file: Path, form: _Form, stride: int
) -> tuple[NDArray[np.int64], float, float | None]:
    """Return the place of each posting along an axis, the lowest coordinate and the spacing (None for one place)."""
    low, high = float(values.min()), float(values.max())
    offset = values - low
    if high == low:
        return np.zeros(len(values), np.int64), low, None
    step = float(offset[offset > 0].min())
    if not high - low <= min(_FARTHEST, _FARTHEST * step):
        posting = int(np.argmax(np.abs(values - np.median(values))))
        raise DataError(
            f"{file}, line {_line_of(file, form, posting * stride)}: {name} {values[posting]:.10g} lies far from the "
            f"others; postings reach from {low:.10g} to {high:.10g}, spacing {step:.3g}. Correct or remove the line"
        )
    count = round((high - low) / step)
    # a posting beside its place makes a spacing of its own, finer than the one that nearly all others have
    if (count + 1) ** 2 > 2 * len(values) or abs((high - low) / step - count) > _OFF:
        spacings = np.diff(np.unique(values))
        usual = float(np.median(spacings))
        if len(spacings) > 8 and (np.abs(spacings - usual) <= _OFF * usual).mean() >= 0.8:
            step, count = usual, round((high - low) / usual)
    step = (high - low) / max(count, 1)
    places = np.rint(offset / step)
    wrong = np.abs(offset - places * step) > _OFF * step
    if wrong.any():
        posting = int(np.argmax(wrong))
        raise DataError(
            f"{file}, line {_line_of(file, form, posting * stride)}: {name} {values[posting]:.10g} is out of step; "
            f"postings start at {low:.10g} and lie {step:.6g} m apart. Resample the tile to a regular spacing"
        )
    return places.astype(np.int64), low, step


def _check_void(z: _Floats, nodata: float | None, file: Path) -> None:
    real: Any = True if nodata is None else z != nodata
    low, high = float(np.min(z, initial=np.inf, where=real)), float(np.max(z, initial=-np.inf, where=real))
    for value in (low, high):
        if value in _VOIDS or 1e30 < abs(value) < np.inf:
            raise DataError(
                f"{file} holds the height {value:g}, which commonly means 'empty'; give nodata={value:.9g} if so"
            )


def _repeats(
    values: NDArray[np.float32],
    cells: NDArray[np.int64],
    z: NDArray[np.float32],
    x: _Floats,
    y: _Floats,
    file: Path,
    form: _Form,
) -> int:
    """Return how many postings repeat another; refuse two heights at one place."""
    wrong = values[cells] != z
    if wrong.any():
        posting = int(np.argmax(wrong))
        other = float(values[cells[posting]])
        raise DataError(
            f"{file}, line {_line_of(file, form, posting)}: height {z[posting]:g} at E {x[posting]:.2f}, "
            f"N {y[posting]:.2f}, where another line says {other:g}; one place has one height: remove one of them"
        )
    return len(z) - int(np.unique(cells).size)


def _cut(
    values: NDArray[np.float32], transform: Affine, box: Bounds | None, file: Path
) -> tuple[NDArray[np.float32], Affine]:
    if box is None:
        return values, transform
    rows, columns = values.shape
    across = [(edge - transform.c) / transform.a for edge in (box[0], box[2])]
    down = [(edge - transform.f) / transform.e for edge in (box[3], box[1])]
    # a box that ends on a cell's edge does not touch the next cell
    left, right = max(0, int(np.floor(across[0] + 1e-6))), min(columns, int(np.ceil(across[1] - 1e-6)))
    top, bottom = max(0, int(np.floor(down[0] + 1e-6))), min(rows, int(np.ceil(down[1] - 1e-6)))
    if left >= right or top >= bottom:
        xmax, ymin = transform.c + columns * transform.a, transform.f + rows * transform.e
        raise DataError(
            f"{file} covers {(transform.c, ymin, xmax, transform.f)} and does not touch the bounds asked for, {box}; "
            "are they in its CRS?"
        )
    part = np.ascontiguousarray(values[top:bottom, left:right])
    return part, transform * Affine.translation(left, top)
