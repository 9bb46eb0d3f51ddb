"""The texts of a PBF block, looked at before osmium does: a NUL in one of them makes it read beyond its memory.

Keys, values, roles and names of all objects of a block stand in one table at its head; only that is walked.

Reference: OpenStreetMap wiki, "PBF Format", file format and definition of the OSMData fileblock.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

_RAW, _RAW_SIZE, _ZLIB = 1, 2, 3
_OTHER = {4: "lzma", 5: "bzip2", 6: "lz4", 7: "zstd"}
_TABLE = 1
_TEXT = 1
_MAX_BLOCK = 32 * 1024 * 1024


def fault_of(blob: bytes) -> str | None:
    r"""Return what is wrong with the texts of a block of data, None if nothing is.

    Parameters
    ----------
    blob : bytes
        The Blob message of an OSMData block.

    Examples
    --------
    >>> block = b"\x0a\x0b" + b"\x0a\x00" + b"\x0a\x07highway"
    >>> fault_of(b"\x0a\x0d" + block) is None
    True
    >>> fault_of(b"\x0a\x0d" + block.replace(b"high", b"hi\0h"))
    "holds a NUL character in the text 'hi\\x00hway'; fetch the file again"
    """
    try:
        data = _unpacked(blob)
        for number, start, end in _parts(data):
            # the first text is always empty, which gives the one zero that is right
            if number == _TABLE and data.find(b"\0", start + 2, end) >= 0:
                table = data[start:end]
                for text, first, last in _parts(table):
                    if text == _TEXT and b"\0" in table[first:last]:
                        words = table[first:last][:40].decode("utf-8", "replace")
                        return f"holds a NUL character in the text {words!r}; fetch the file again"
    except (IndexError, zlib.error) as error:
        return f"cannot be unpacked ({error or 'cut off'}); fetch the file again"
    except ValueError as error:
        return str(error)
    return None


def _unpacked(blob: bytes) -> bytes:
    for number, start, end in _parts(blob):
        if number == _RAW:
            return blob[start:end]
        if number == _ZLIB:
            return zlib.decompressobj().decompress(blob[start:end], _MAX_BLOCK)
        if number in _OTHER:
            raise ValueError(
                f"is packed with {_OTHER[number]}; pack it with zlib: "
                "osmium cat IN -o OUT.osm.pbf -f pbf,pbf_compression=zlib"
            )
    return b""


def _parts(message: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield number, start and end of each field of bytes; whole numbers are passed over."""
    at = 0
    while at < len(message):
        key, at = _number(message, at)
        value, at = (0, at + {1: 8, 5: 4}[key & 7]) if key & 7 in (1, 5) else _number(message, at)
        if key & 7 == 2:
            yield key >> 3, at, min(at + value, len(message))
            at += value


def _number(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128 or shift > 63:
            return value, at
