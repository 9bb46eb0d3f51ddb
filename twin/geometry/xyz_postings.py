"""Postings of a text file as arrays: a compiled reader for plain numbers, pandas for what is written unusually.

The compiled reader takes only what it is sure of, and converts it exactly; at anything else the file is read again by
pandas, and a line that it cannot read either is named.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twin import limits
from twin.errors import DataError
from twin.geometry.sources import open_checked
from twin.geometry.xyz_form import BLANKS, WHAT, Form

Floats = NDArray[np.float64]

_CHUNK = 1 << 20  # bytes read at a time: what stays in the processor's cache
_LONGEST = 1 << 16  # a longer line holds no posting
_SHORTEST = 6  # bytes of the shortest line with a posting
_ROWS = 5_000_000  # lines that pandas reads at a time


def postings(file: Path, form: Form) -> tuple[Floats, Floats, Floats]:
    """Return easting, northing and height of all lines.

    Raises
    ------
    DataError
        If a line is not three numbers, or the file is cut off.
    LimitError
        If there are more than ``twin.limits.MAX_RASTER_CELLS``.
    """
    plain = _plain(file, form)
    if plain is not None:
        return plain
    try:
        return _parsed(file, form, form.separator)
    except DataError:
        if form.separator != " ":
            raise
        return _parsed(file, form, BLANKS)  # a line further down has more of them


def _plain(file: Path, form: Form) -> tuple[Floats, Floats, Floats] | None:
    """Return the postings of a file of plain numbers; None where something is written otherwise."""
    from twin.geometry.xyz_kernels import read_postings

    separator = ord(form.separator) if len(form.separator) == 1 else ord(" ")
    powers: Floats = 10.0 ** np.arange(16, dtype=np.float64)
    space = np.empty((3, (_CHUNK + _LONGEST) // _SHORTEST + 1))
    parts: list[Floats] = []
    count, skipped, rest = 0, form.skipped, b""
    with open_checked(file) as stream:
        while True:
            read = stream.read(_CHUNK)
            text = rest + (read or b"\n")
            end = text.rfind(b"\n") + 1
            rest = text[end:]
            begin = 0
            while skipped and begin < end:
                begin, skipped = text.index(b"\n", begin) + 1, skipped - 1
            number = read_postings(
                np.frombuffer(text, np.uint8), begin, end, separator, ord(form.decimal), powers, space
            )
            if number < 0 or len(rest) > _LONGEST:
                return None
            parts.append(space[:, :number].copy())
            count += number
            limits.check(count, "MAX_RASTER_CELLS", f"{file} has more than {count:,} postings")
            if not read:
                break
    if skipped or count == 0:
        return None
    x, y, z = np.concatenate(parts, axis=1)
    return x, y, z


def _parsed(file: Path, form: Form, separator: str) -> tuple[Floats, Floats, Floats]:
    import pandas as pd

    parts: list[list[Floats]] = []
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
    with np.errstate(invalid="ignore", over="ignore"):  # inf and -inf give NaN, which is not finite either
        finite = np.isfinite(x.sum()) and np.isfinite(y.sum()) and np.isfinite(z.sum())
    if not finite:
        raise _bad_line(file, form, "a value is not finite")
    return x, y, z


def _lines(file: Path, form: Form) -> Iterator[tuple[int, str]]:
    """Yield number and text of the lines with postings: the slow way, to name the one that is wrong."""
    with open_checked(file) as stream:
        for number, line in enumerate(io.BufferedReader(stream, 1 << 20), 1):
            if number > form.skipped and (text := line.decode("latin-1").strip()):
                yield number, text


def _bad_line(file: Path, form: Form, reason: str) -> DataError:
    for number, text in _lines(file, form):
        fields = text.split() if form.separator in (" ", BLANKS) else text.split(form.separator)
        if len(fields) != 3:
            return DataError(f"{file}, line {number}: {text[:80]!r} has {len(fields)} fields; three are needed")
        for field in fields:
            try:
                value = float(field.strip().replace(form.decimal, "."))
            except ValueError:
                return DataError(f"{file}, line {number}: {field[:40]!r} is not a number; correct or remove the line")
            if not np.isfinite(value):
                return DataError(f"{file}, line {number}: {field[:40]!r} is not finite; correct or remove the line")
    return DataError(f"{file} cannot be read as {WHAT}: {reason[:200]}")


def line_of(file: Path, form: Form, posting: int) -> int:
    """Return the number of the line that holds a posting, counted from 1; 0 if there is none."""
    return next((number for index, (number, _) in enumerate(_lines(file, form)) if index == posting), 0)
