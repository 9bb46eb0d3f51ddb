"""Changes of an OpenStreetMap PBF file inside its packed blocks, with sizes that fit the change or do not.

Reference: OpenStreetMap wiki, "PBF Format", file format and encoding of fileblocks.
"""

from __future__ import annotations

import zlib
from random import Random

from benchmarks.fuzz.change_bytes import change_bytes

_Block = tuple[str, bytes]


def change_pbf(data: bytes, rng: Random) -> bytes:
    """Change the bytes of a PBF file, or the content, order and number of its blocks."""
    if rng.random() < 0.25:
        return change_bytes(data, rng)
    try:
        blocks = blocks_of(data)
    except (ValueError, IndexError, zlib.error):
        return change_bytes(data, rng)
    if not blocks:
        return change_bytes(data, rng)
    at = rng.randrange(len(blocks))
    kind = rng.randrange(8)
    if kind == 0:
        del blocks[at]
    elif kind == 1:
        blocks.insert(at, blocks[rng.randrange(len(blocks))])
    elif kind == 2:
        rng.shuffle(blocks)
    else:
        content = blocks[at][1]
        for _ in range(rng.choice((1, 1, 2, 5))):
            content = change_bytes(content, rng)
        blocks[at] = (rng.choice(("OSMHeader", "OSMData", "x")) if kind == 3 else blocks[at][0], content)
    lie = rng.choice((0, 1, -1, 2**31, 2**40)) if rng.random() < 0.15 else None
    return b"".join(packed(name, content, lie) for name, content in blocks)


def packed(name: str, content: bytes, lie: int | None = None) -> bytes:
    data = zlib.compress(content, 1)
    size = len(content) if lie is None else (len(content) + lie) % 2**63
    blob = b"\x10" + _varint(size) + b"\x1a" + _varint(len(data)) + data
    header = b"\x0a" + _varint(len(name)) + name.encode() + b"\x18" + _varint(len(blob))
    return len(header).to_bytes(4, "big") + header + blob


def blocks_of(data: bytes) -> list[_Block]:
    """Return name and unpacked content of each block."""
    out: list[_Block] = []
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        header = _fields(data[at + 4 : at + 4 + size])
        at += 4 + size
        length = header.get(3)
        if not isinstance(length, int):
            raise ValueError("no size")
        blob = _fields(data[at : at + length])
        at += length
        name, body = header.get(1), blob.get(3)
        raw = zlib.decompress(body) if isinstance(body, bytes) else blob.get(1, b"")
        if not isinstance(name, bytes) or not isinstance(raw, bytes):
            raise ValueError("no block")
        out.append((name.decode("latin-1"), raw))
    return out


def _fields(message: bytes) -> dict[int, int | bytes]:
    found: dict[int, int | bytes] = {}
    at = 0
    while at < len(message):
        key, at = _number(message, at)
        value, at = _number(message, at)
        if key & 7 == 2:
            found[key >> 3] = message[at : at + value]
            at += value
        else:
            found[key >> 3] = value
    return found


def _number(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)
