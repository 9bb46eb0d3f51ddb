"""The packed chunks of a LAZ file of point formats 6 to 10, walked without unpacking: do their sizes fit the file?

Each chunk begins with one plain point, the number of points and the size of each packed layer; a decoder takes memory
for these sizes before it reads, so a damaged one would end the program.

References: Isenburg (2013), LASzip: lossless compression of LiDAR data; LASzip specification of the layered chunks.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import IO

from twin.errors import DataError

_LAYERED = 3
_LAYERS = {10: 9, 11: 1, 12: 2, 13: 1}
_EXTRA_BYTES = 14  # one layer a byte
_RECORD = 22204
_USER = b"laszip encoded"
_HEAD = 54


def check_layers(stream: IO[bytes], header: int, records: int, start: int, table: int, points: int, file: Path) -> None:
    """Refuse a LAZ file whose chunks say they are larger than the file, or hold other than its points.

    Parameters
    ----------
    stream : file
        The file, which can go back.
    header, records : int
        Bytes of the header, and records of variable length behind it.
    start, table : int
        Bytes at which the points and the table of chunks begin.
    points : int
        Points the header tells of.
    file : pathlib.Path
        For messages.

    Raises
    ------
    DataError
        If a chunk reaches beyond the table, or the chunks do not hold all points.
    """
    items = _items(stream, header, records, start, file)
    if items is None:
        return
    layers = sum(size if kind == _EXTRA_BYTES else _LAYERS[kind] for kind, size in items)
    record = sum(size for _, size in items)
    at, found = start + 8, 0
    while at < table:
        stream.seek(at + record)
        told = stream.read(4 * (1 + layers))
        if len(told) < 4 * (1 + layers):
            break
        count, *sizes = struct.unpack(f"<{1 + layers}I", told)
        found += count
        at += record + len(told) + sum(sizes)
        if count == 0:
            break
    if at != table or found != points:
        raise DataError(
            f"{file} holds {found:,} of {points:,} points in packed chunks that end at byte {at:,} of {table:,}; it is "
            "damaged: fetch it again"
        )


def _items(stream: IO[bytes], header: int, records: int, start: int, file: Path) -> list[tuple[int, int]] | None:
    """Return kind and size of what a point consists of, None if the file is not packed in layers."""
    at = header
    for _ in range(records):
        stream.seek(at)
        head = stream.read(_HEAD)
        if len(head) < _HEAD:
            break
        number, length = struct.unpack_from("<HH", head, 18)
        if head[2:16] == _USER and number == _RECORD and at + _HEAD + length <= start and length >= 34:
            content = stream.read(length)
            if struct.unpack_from("<H", content)[0] != _LAYERED:
                return None
            (count,) = struct.unpack_from("<H", content, 32)
            if length < 34 + 6 * count:
                break
            items = [struct.unpack_from("<HH", content, 34 + 6 * item) for item in range(count)]
            if any(kind not in _LAYERS and kind != _EXTRA_BYTES for kind, _ in items) or not items:
                break
            return [(int(kind), int(size)) for kind, size in items]
        at += _HEAD + length
    raise DataError(f"{file} does not say how its points are packed; it is damaged: fetch it again")
