"""The head of a LAS or LAZ file, checked against the file before a library decodes its points.

Counts, offsets and sizes that do not fit into the file are refused here, so that nothing is allocated on their word.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from twin.errors import DataError
from twin.geometry.las_layers import check_layers

_SIZES = {2: 227, 3: 235, 4: 375}  # bytes of the public header block: ASPRS LAS 1.2, 1.3, 1.4
_SMALLEST_SCALE, _LARGEST_SCALE = 1e-9, 1.0
_VLR, _EVLR = 54, 60  # bytes of the head of a variable length record


@dataclass(frozen=True)
class LasHeader:
    """What the head of a file says.

    version : such as "1.4"; packed : whether it is LAZ; points : how many
    low, high : smallest and largest x, y, z
    """

    version: str
    packed: bool
    points: int
    low: tuple[float, float, float]
    high: tuple[float, float, float]


def checked_header(stream: IO[bytes], size: int, file: Path) -> LasHeader:
    """Read the head of a LAS or LAZ file and check it against the size of the file.

    Parameters
    ----------
    stream : binary file
        At its beginning.
    size : int
        Bytes in the file.
    file : pathlib.Path
        For messages.

    Raises
    ------
    DataError
        If the file is none, is cut off, or says what cannot be.

    References
    ----------
    ASPRS (2019): LAS specification 1.4-R15.

    Examples
    --------
    >>> import io
    >>> checked_header(io.BytesIO(b"PK and so on"), 12, Path("a.las"))
    Traceback (most recent call last):
    twin.errors.DataError: a.las begins with b'PK a': a LAS or LAZ point cloud is expected there
    """
    head = stream.read(375)
    if head[:4] != b"LASF":
        raise DataError(f"{file} begins with {head[:4]!r}: a LAS or LAZ point cloud is expected there")
    if len(head) < 227:
        raise DataError(f"{file} is cut off within its header ({len(head)} bytes); fetch it again")
    major, minor = head[24], head[25]
    if major != 1 or minor not in _SIZES:
        raise DataError(f"{file} is LAS of version {major}.{minor}; versions 1.2, 1.3 and 1.4 can be read")
    (length,) = struct.unpack_from("<H", head, 94)
    start, records = struct.unpack_from("<II", head, 96)
    form, record = struct.unpack_from("<BH", head, 104)
    (points,) = struct.unpack_from("<I", head, 107)
    if len(head) < min(_SIZES[minor], length) or length < _SIZES[minor] or not length <= start <= size:
        raise DataError(
            f"{file} is cut off or damaged: its header has {length} bytes and its points begin at byte {start:,} of "
            f"{size:,}; fetch it again"
        )
    if records * _VLR > start - length:
        raise DataError(f"{file} says it has {records:,} records before its points, for which there is no room")
    if minor == 4:
        extra_start, extra = struct.unpack_from("<QI", head, 235)
        (points,) = struct.unpack_from("<Q", head, 247)
        if extra and (extra_start > size or extra * _EVLR > size - extra_start):
            raise DataError(f"{file} is cut off: its {extra:,} records after the points are missing; fetch it again")
    packed = bool(form & 0x80)
    if not packed:
        room = (size - start) // max(record, 1)
        if record < 20 or points > room:
            raise DataError(
                f"{file} says it has {points:,} points of {record} bytes, but holds {room:,}; it is cut off: fetch it "
                "again"
            )
    else:
        table = _check_chunks(stream, start, size, points, file)
        if points:
            check_layers(stream, length, records, start, table, points, file)
    _check_lattice(struct.unpack_from("<6d", head, 131), file)
    high_low = struct.unpack_from("<6d", head, 179)
    high, low = high_low[0::2], high_low[1::2]
    if points and (not all(map(math.isfinite, high_low)) or any(a > b for a, b in zip(low, high, strict=True))):
        raise DataError(f"{file} says its points reach from {low} to {high}, which cannot be; its header is damaged")
    return LasHeader(f"{major}.{minor}", packed, int(points), (low[0], low[1], low[2]), (high[0], high[1], high[2]))


def _check_lattice(numbers: tuple[float, ...], file: Path) -> None:
    scales, shifts = numbers[:3], numbers[3:]
    if not all(_SMALLEST_SCALE <= abs(scale) <= _LARGEST_SCALE for scale in scales):
        raise DataError(
            f"{file} has the scales {scales}; they must lie between {_SMALLEST_SCALE:g} and {_LARGEST_SCALE:g} m: its "
            "header is damaged"
        )
    if not all(math.isfinite(shift) and abs(shift) < 1e9 for shift in shifts):
        raise DataError(f"{file} has the offsets {shifts}; they must be finite and below 1e9 m: its header is damaged")


def _check_chunks(stream: IO[bytes], start: int, size: int, points: int, file: Path) -> int:
    """Return where the table of packed chunks of a LAZ file begins, after a check (Isenburg 2013, LASzip)."""
    stream.seek(start)
    place = stream.read(8)
    table = struct.unpack("<q", place)[0] if len(place) == 8 else 0
    if table == -1:  # written by a stream that could not go back: the place stands at the end
        stream.seek(max(size - 8, 0))
        table = struct.unpack("<q", stream.read(8))[0]
    if not start + 8 <= table <= size - 8:
        raise DataError(f"{file} is cut off: the table of its packed chunks is missing; fetch it again")
    stream.seek(table)
    _, chunks = struct.unpack("<II", stream.read(8))
    if chunks > points + 1 or chunks > size:
        raise DataError(f"{file} says it has {chunks:,} packed chunks for {points:,} points; it is damaged")
    return int(table)
