"""Tables in text (CSV and the like) to rows of text, whatever their encoding and delimiter.

Nothing is converted: numbers with a decimal comma stay what they are until the reader of a column says so. A row with
too few or too many fields is named, not repaired.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from twin.errors import DataError
from twin.geometry.sources import open_checked

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class TextTable:
    """The rows of a table in text.

    rows : DataFrame of text, index = line of the file
    found : rows below the header
    short : rows with another number of fields than the header, such as ``"row 7"``
    notes : what was noticed
    """

    rows: pd.DataFrame
    found: int
    short: tuple[str, ...]
    notes: tuple[str, ...]


def read_text_table(file: Path, what: str, delimiter: str | None = None) -> TextTable:
    """Read a table in text: UTF-8 or Windows-1252, plain, gzipped or in an archive.

    Parameters
    ----------
    file : pathlib.Path
        The file, checked by `twin.geometry.sources.existing_file`.
    what : str
        What it should hold, for messages.
    delimiter : str, optional
        One character; the most frequent of ``; , tab |`` in the first line without it.

    Raises
    ------
    DataError
        If it is no text, has no columns or is cut off inside a quoted field.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     place = Path(folder) / "town.csv"
    ...     _ = place.write_bytes("Straße;Zahl\\nÖ;1,5\\n".encode("cp1252"))
    ...     table = read_text_table(place, "a table")
    >>> table.rows.iloc[0].tolist(), table.notes
    (['Ö', '1,5'], ('the file is not UTF-8; it is read as Windows-1252',))
    """
    import pandas as pd

    notes: list[str] = []
    with open_checked(file) as stream:
        data = stream.read()
    if b"\0" in data[:100_000]:
        raise DataError(f"{file} is no text (it holds zero bytes); {what} is expected there")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
        notes.append("the file is not UTF-8; it is read as Windows-1252")
    lines = text.splitlines(keepends=True)
    head = lines[0] if lines else ""
    if delimiter is None:
        delimiter = max(";,\t|", key=head.count)
        if head.count(delimiter) == 0:
            raise DataError(f"{file}: its first line {head.strip()[:80]!r} is no list of columns; name delimiter=")
    try:
        rows = [row for row in csv.reader(lines, delimiter=delimiter, strict=True) if row]
    except csv.Error as error:
        raise DataError(f"{file} is no CSV or is cut off ({error}); save it again") from None
    header = _once([name.strip() for name in rows[0]] if rows else [], notes)
    whole = [(number, row) for number, row in enumerate(rows[1:], start=2) if len(row) == len(header)]
    short = [f"row {number}" for number, row in enumerate(rows[1:], start=2) if len(row) != len(header)]
    table = pd.DataFrame([row for _, row in whole], columns=header, dtype=object)
    table.index = pd.Index([number for number, _ in whole])
    return TextTable(table, len(rows) - 1 if rows else 0, tuple(short), tuple(notes))


def _once(names: list[str], notes: list[str]) -> list[str]:
    """Return names of columns without doubles: a later one gets its number."""
    seen: set[str] = set()
    out = []
    for number, name in enumerate(names, start=1):
        own = name
        while own in seen:
            own += f" ({number})"
        if own != name and name:
            notes.append(f"the column {name[:40]!r} comes more than once; the first counts")
        seen.add(own)
        out.append(own)
    return out


def text_of(cell: object) -> str:
    """Return what a cell holds as text without outer spaces; ``""`` for an empty one, no ``.0`` after whole numbers.

    Examples
    --------
    >>> text_of(7.0), text_of(" a "), text_of(None), text_of(float("nan"))
    ('7', 'a', '', '')
    """
    if not isinstance(cell, (str, int, float)) or cell != cell:  # None, NaN and the like
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()
