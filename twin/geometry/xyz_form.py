"""How a text file of postings is written: header, separator and decimal mark, told from its first lines.

What can be read in two ways is refused with a way out, never guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from twin.errors import DataError
from twin.geometry.sources import open_checked

WHAT = "an XYZ terrain tile (one posting per line: easting, northing, height)"
BLANKS = r"\s+"
"""Separator of files with any blanks between the numbers."""

_HEAD = 1 << 16
_NORTH = {"y", "n", "north", "northing", "nord", "hochwert", "nordwert", "lat", "latitude"}


@dataclass(frozen=True)
class Form:
    """How the lines of a file are written: lines before the first posting, separator, decimal mark."""

    skipped: int
    separator: str
    decimal: str


def form_of(file: Path) -> Form:
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
            return Form(number, *_marks(line, number + 1, file))
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
        separator = " " if line == " ".join(fields) else BLANKS
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
