"""The frame of a PBF file, walked without unpacking: is it whole, and how large will it become?

A PBF file is a chain of (4-byte length, BlobHeader, Blob); header and blob are protocol-buffer messages of which only
the sizes are read here.

Reference: OpenStreetMap wiki, "PBF Format", file format and encoding of fileblocks.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from twin import limits
from twin.errors import DataError
from twin.geometry.osm_pbf_strings import fault_of

_MAX_HEADER = 64 * 1024
_MAX_BLOB = 32 * 1024 * 1024


def is_pbf(start: bytes) -> bool:
    r"""Tell whether a file that begins so is an OpenStreetMap PBF file.

    Examples
    --------
    >>> is_pbf(b"\x00\x00\x00\x0d\x0a\x09OSMHeader\x18\x7c")
    True
    """
    return len(start) > 15 and start[6:15] == b"OSMHeader" and start[4:6] == b"\x0a\x09"


def check_pbf(path: Path, named: Path | None = None) -> int:
    """Return the unpacked size of a PBF file in bytes after checking that it ends with a whole block.

    Messages call it `named`, if it is a copy of that.

    Raises
    ------
    DataError
        If a block is cut off or its sizes are impossible.
    LimitError
        If the unpacked size exceeds ``twin.limits.MAX_FILE_BYTES``.
    """
    unpacked = 0
    size = path.stat().st_size
    file = named or path
    with path.open("rb") as handle:
        while start := handle.read(4):
            at = handle.tell() - len(start)
            length = int.from_bytes(start, "big")
            if len(start) < 4 or not 0 < length <= _MAX_HEADER:
                raise _broken(file, at)
            header = _fields(handle.read(length), file, at)
            blob_size = header.get(3, -1)
            if not 0 <= blob_size <= _MAX_BLOB or handle.tell() + blob_size > size:
                raise _broken(file, at)
            end = handle.tell() + blob_size
            unpacked += _unpacked_size(handle, blob_size, file, at)
            handle.seek(end - blob_size)
            if fault := fault_of(handle.read(blob_size)):
                raise DataError(f"{file}: the PBF block at byte {at:,} {fault}")
            limits.check(unpacked, "MAX_FILE_BYTES", f"{file} unpacks to more than {unpacked:,} bytes")
    return unpacked


def _unpacked_size(handle: BinaryIO, blob_size: int, file: Path, at: int) -> int:
    # raw_size is written before the data by all known writers; if not, the packed size is a lower bound
    head = handle.read(min(blob_size, 32))
    if head[:1] == b"\x10":
        value, _ = _varint(head, 1, file, at)
        if value > _MAX_BLOB:
            raise _broken(file, at)
        return value
    return blob_size


def _fields(message: bytes, file: Path, at: int) -> dict[int, int]:
    """Return the integer fields of a protocol-buffer message; byte fields are skipped."""
    found: dict[int, int] = {}
    place = 0
    while place < len(message):
        key, place = _varint(message, place, file, at)
        value, place = _varint(message, place, file, at)
        if key & 7 == 0:
            found[key >> 3] = value
        elif key & 7 == 2:
            place += value
        else:
            raise _broken(file, at)
    return found


def _varint(message: bytes, place: int, file: Path, at: int) -> tuple[int, int]:
    value = shift = 0
    while place < len(message) and shift < 64:
        byte = message[place]
        value |= (byte & 127) << shift
        place += 1
        if byte < 128:
            return value, place
        shift += 7
    raise _broken(file, at)


def _broken(file: Path, at: int) -> DataError:
    return DataError(f"{file} is cut off or damaged: the PBF block at byte {at:,} is not whole; fetch the file again")
