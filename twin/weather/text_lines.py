"""Text files of weather to lines: UTF-8 or Windows-1252, plain, gzipped or in a .zip archive; numbers out of columns.

What is no text, is cut off or belongs to another kind is refused by name.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twin.errors import DataError
from twin.geometry.sources import only_file, open_checked

SUFFIXES = (".epw", ".dat", ".txt", ".csv")

HEAD = 20_000
"""Bytes in which every kind of weather file has said what it is."""

KINDS = {
    "epw": "an EnergyPlus weather file (.epw)",
    "dwd_try": "a test reference year of the Deutscher Wetterdienst",
    "dwd_cdc": "a station product of the Deutscher Wetterdienst (CDC)",
    "umep": "a meteorological file of UMEP or SOLWEIG",
}
READERS = {"epw": "read_epw", "dwd_try": "read_dwd_try", "dwd_cdc": "read_dwd_cdc", "umep": "read_umep_met"}


def read_lines(path: str | os.PathLike[str], kind: str) -> tuple[Path, list[str]]:
    """Read a file of one of the `KINDS` to lines.

    Parameters
    ----------
    path : path
        The file, or an archive with the only one of its kind.
    kind : str
        Key of `KINDS`; ``""`` where any will do.

    Raises
    ------
    DataError
        If it is missing, empty, no text, or of another kind.

    Examples
    --------
    >>> read_lines("nowhere.epw", "epw")
    Traceback (most recent call last):
    twin.errors.DataError: nowhere.epw does not exist; an EnergyPlus weather file (.epw) is expected there
    """
    what = KINDS.get(kind, "weather")
    file = only_file(path, what, SUFFIXES)
    lines = decoded(file, what)
    found = kind_of(lines)
    if kind and found != kind:
        other = f"it looks like {KINDS[found]}: use twin.weather.{READERS[found]}" if found else "it is something else"
        first = next((line for line in lines if line.strip()), "")
        raise DataError(f"{file} does not hold {what}; {other} (it begins {first.strip()[:60]!r})")
    return file, lines


def decoded(file: Path, what: str, most: int = -1) -> list[str]:
    """Return the lines of a checked file, of its first `most` bytes where these are enough.

    Raises
    ------
    DataError
        If it holds no text.
    """
    with open_checked(file) as stream:
        data = stream.read(most)
    if most >= 0:
        data = data[: data.rfind(b"\n") + 1] or data  # no letter is cut in two
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise DataError(f"{file} is text in UTF-16; save it as UTF-8: {what} is expected there")
    if b"\0" in data[:100_000]:
        raise DataError(f"{file} is no text (it holds zero bytes); {what} is expected there")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    return text.splitlines()


def kind_of(lines: Sequence[str]) -> str:
    """Tell the kind of a weather file by its first lines; ``""`` if it is none that is known.

    Examples
    --------
    >>> kind_of(["LOCATION,Essen,-,DEU,TRY,104100,51.4,6.97,1.0,152"])
    'epw'
    >>> kind_of(["STATIONS_ID;MESS_DATUM;QN_9;TT_TU;RF_TU;eor"])
    'dwd_cdc'
    """
    head = [line.strip() for line in lines[:60]]
    first = next((line for line in head if line), "")
    if first.upper().startswith("LOCATION,"):
        return "epw"
    columns = [word.strip().upper() for word in first.split(";")]
    if columns[0] == "STATIONS_ID" and "MESS_DATUM" in columns:
        return "dwd_cdc"
    words = first.lower().lstrip("%#").split()
    if words[:3] == ["iy", "id", "it"] and len(words) >= 20:
        return "umep"
    if any({"MM", "DD", "HH", "WR", "WG", "RF", "B", "D"} <= set(line.split()) for line in head):
        return "dwd_try"
    return ""


def parse_numbers(rows: Sequence[Sequence[str]], columns: int, file: Path, first_line: int) -> NDArray[np.float64]:
    """Turn rows of text into numbers, refusing by line what is none.

    Parameters
    ----------
    rows : sequence of sequences of str
        Fields of each line.
    columns : int
        How many a line must have at least.
    file : pathlib.Path
        For messages.
    first_line : int
        Number of the first row's line in the file.

    Raises
    ------
    DataError
        If a line has too few fields or one that is no number.

    Examples
    --------
    >>> parse_numbers([["1", "2.5"]], 2, Path("x"), 1).tolist()
    [[1.0, 2.5]]
    """
    for number, row in enumerate(rows):
        if len(row) < columns:
            last = number == len(rows) - 1
            raise DataError(
                f"{file}, line {first_line + number}: {len(row)} fields, {columns} are expected"
                + ("; the file is cut off: fetch it again" if last else "")
            )
    try:
        return np.array([row[:columns] for row in rows], dtype=np.float64).reshape(len(rows), columns)
    except ValueError:
        for number, row in enumerate(rows):
            for column, text in enumerate(row[:columns], start=1):
                try:
                    float(text)
                except ValueError:
                    raise DataError(
                        f"{file}, line {first_line + number}: field {column} is {text[:30]!r}; a number is expected"
                        + (" (with a decimal point)" if "," in text else "")
                    ) from None
        raise


def whole_days(
    month: NDArray[np.float64], day: NDArray[np.float64], year: NDArray[np.int64], file: Path, first_line: int
) -> NDArray[np.datetime64]:
    """Return dates, refusing by line one that does not exist.

    Raises
    ------
    DataError
        For a 31 June and the like.

    Examples
    --------
    >>> whole_days(np.array([2.0]), np.array([3.0]), np.array([2024]), Path("x"), 1).tolist()
    [datetime.date(2024, 2, 3)]
    """
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    months = np.asarray(month, dtype=np.int64)
    valid = (months >= 1) & (months <= 12) & (month == months) & (day == np.floor(day)) & (day >= 1)
    length = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])[np.clip(months, 1, 12) - 1]
    valid &= day <= length + (leap & (months == 2))
    if not valid.all():
        n = int((~valid).argmax())
        raise DataError(f"{file}, line {first_line + n}: there is no day {day[n]:g} in month {month[n]:g} of {year[n]}")
    start = (year - 1970).astype("datetime64[Y]").astype("datetime64[M]") + (months - 1)
    return np.asarray(start.astype("datetime64[D]") + (np.asarray(day, dtype=np.int64) - 1))
