"""Layers of compression around a file, whole, cut off, nested, lying or exploding."""

from __future__ import annotations

import bz2
import gzip
import io
import struct
import zipfile
from random import Random

from benchmarks.fuzz.change_bytes import change_bytes

_PLACES = ("../{}", "/tmp/{}", "a/../../{}", "C:\\{}", "..\\{}", "{}/", "", "inner/{}", "__MACOSX/{}", "a\0{}")


def wrap(data: bytes, name: str, rng: Random) -> tuple[bytes, str]:
    """Return a file packed in one of many ways, and its new name."""
    kind = rng.randrange(12)
    if kind <= 1:
        return gzip.compress(data, 1, mtime=0), name + ".gz"
    if kind == 2:
        packed = gzip.compress(data, 1, mtime=0)
        return packed[: rng.randrange(len(packed))], name + ".gz"
    if kind == 3:
        return change_bytes(gzip.compress(data, 1, mtime=0), rng), name + ".gz"
    if kind == 4:
        return gzip.compress(gzip.compress(data, 1, mtime=0), 1, mtime=0), name + ".gz"
    if kind == 5:
        return bz2.compress(data, 1), name + rng.choice((".bz2", ""))
    if kind == 6:
        return gzip.compress(data, 1, mtime=0) * 2, name + ".gz"
    if kind == 7 and rng.random() < 0.1:
        return gzip.compress(data + b" " * 11_000_000, 9, mtime=0), name + ".gz"
    if kind == 8:
        return change_bytes(zipped({name: data}), rng), "tiles.zip"
    if kind == 9:
        return zipped({rng.choice(_PLACES).format(name): data}), "tiles.zip"
    if kind == 10:
        return zipped({"inner.zip": zipped({name: data}), name: data}), "tiles.zip"
    packed = zipped({name: data, f"b/{name}": data, "readme.txt": b"words"})
    if rng.random() < 0.3:  # a directory that tells another size
        at = packed.rfind(b"PK\x01\x02")
        packed = packed[: at + 24] + struct.pack("<I", rng.choice((0, 1, 10**9, 2**32 - 1))) + packed[at + 28 :]
    return packed, "tiles.zip"


def zipped(members: dict[str, bytes]) -> bytes:
    """Return an archive of these members, of one date."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name or "x")
            entry.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(entry, content)
    return sink.getvalue()
