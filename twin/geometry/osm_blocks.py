"""OpenStreetMap objects out of PBF blocks that osmium has written itself, unpacked: a block at a time, by NumPy.

Whatever a file was, osmium reads it to its end and writes it again in this one form (`osm_convert`), so nothing from
outside is decoded here. Coordinates stay whole numbers of 1e-7 degrees until they are stored.

Reference: OpenStreetMap wiki, "PBF Format", encoding of OSM entities into fileblocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Tags = dict[str, str]
_Ints = NDArray[np.int64]

NODES, WAYS, RELATIONS = 2, 3, 4
"""Field of a group that says what it holds; nodes are dense."""

PER_DEGREE = 10_000_000
"""Whole numbers of a coordinate in one degree."""

_MEMBER_TYPES = "nwr"


class _Strings:
    """The strings of a block, decoded when asked for."""

    def __init__(self, block: bytes, at: int, end: int) -> None:
        self._block = block
        self._place = [(start, stop) for _, start, stop in _fields(block, at, end)]
        self._known: dict[int, str] = {}

    def __getitem__(self, number: int) -> str:
        text = self._known.get(number)
        if text is None:
            start, stop = self._place[number]
            # cut by an editor in the middle of a letter: better a mark than no town
            text = self._known[number] = self._block[start:stop].decode("utf-8", "replace")
        return text


@dataclass(frozen=True)
class Block:
    """Objects of one kind, in the order of the file.

    kind : NODES, WAYS or RELATIONS
    id, version, timestamp, visible : one value an object
    x, y : longitude and latitude in 1e-7 degrees (nodes)
    start, refs : offsets (n + 1) into the references of ways, or of members (relations)
    member_types, member_roles : of each member (relations)
    """

    kind: int
    id: _Ints
    version: _Ints
    timestamp: _Ints
    visible: NDArray[np.bool_]
    x: _Ints
    y: _Ints
    start: _Ints
    refs: _Ints
    member_types: _Ints
    member_roles: _Ints
    _strings: _Strings
    _tag_start: _Ints
    _tags: list[int]

    def tags(self, row: int) -> Tags:
        """Return the tags of one object."""
        first, last = int(self._tag_start[row]), int(self._tag_start[row + 1])
        strings, words = self._strings, self._tags
        return {strings[words[i]]: strings[words[i + 1]] for i in range(2 * first, 2 * last, 2)}

    def tagged(self) -> list[int]:
        """Return the rows that have any tags."""
        rows: list[int] = np.flatnonzero(np.diff(self._tag_start)).tolist()
        return rows

    def members(self, row: int) -> list[tuple[str, int, str]]:
        """Return kind, id and role of the members of a relation."""
        part = slice(int(self.start[row]), int(self.start[row + 1]))
        forms, refs, roles = self.member_types[part], self.refs[part], self.member_roles[part]
        return [
            (_MEMBER_TYPES[form], ref, self._strings[role])
            for form, ref, role in zip(forms.tolist(), refs.tolist(), roles.tolist(), strict=True)
        ]


def blocks(file: Path, kinds: tuple[int, ...] = (NODES, WAYS, RELATIONS)) -> Iterator[Block]:
    """Yield the blocks of a converted file that hold objects of these kinds, in the order of the file."""
    with file.open("rb") as handle:
        while start := handle.read(4):
            header = handle.read(int.from_bytes(start, "big"))
            fields = {field: (at, stop) for field, at, stop in _fields(header, 0, len(header))}
            blob = handle.read(fields[3][0])
            at, stop = fields[1]
            if header[at:stop] == b"OSMData":
                (raw,) = [(at, stop) for field, at, stop in _fields(blob, 0, len(blob)) if field == 1]
                yield from _decode(blob, *raw, kinds)


def _decode(block: bytes, at: int, end: int, kinds: tuple[int, ...]) -> Iterator[Block]:
    fields = list(_fields(block, at, end))
    strings = next(_Strings(block, start, stop) for field, start, stop in fields if field == 1)
    for field, start, stop in fields:
        if field != 2 or start == stop:
            continue
        inside = list(_fields(block, start, stop))
        kind = inside[0][0]
        if kind not in kinds:
            continue
        yield _nodes(block, strings, *inside[0][1:]) if kind == NODES else _with_members(block, strings, kind, inside)


def _nodes(block: bytes, strings: _Strings, at: int, end: int) -> Block:
    part = {field: (start, stop) for field, start, stop in _fields(block, at, end)}
    ids = np.cumsum(_signed(_varints(block, *part[1])))
    about = {field: (start, stop) for field, start, stop in _fields(block, *part[5])} if 5 in part else {}
    ones = np.ones(len(ids), np.int64)
    version = _varints(block, *about[1]).astype(np.int64) if 1 in about else ones * 0
    timestamp = np.cumsum(_signed(_varints(block, *about[2]))) if 2 in about else ones * 0
    visible = _varints(block, *about[6]) > 0 if 6 in about else ones > 0
    words = _varints(block, *part[10]).astype(np.int64) if 10 in part else np.empty(0, np.int64)
    tag_start = np.zeros(len(ids) + 1, np.int64)
    if len(words):  # key, value, key, value, 0 for each node; no key is 0
        ends = np.flatnonzero(words == 0)
        tag_start[1:] = (ends - np.arange(len(ends))) // 2
        words = np.delete(words, ends)
    none = np.empty(0, np.int64)
    x, y = (np.cumsum(_signed(_varints(block, *part[field]))) for field in (9, 8))
    return Block(
        NODES, ids, version, timestamp, visible, x, y, none, none, none, none, strings, tag_start, words.tolist()
    )


def _with_members(block: bytes, strings: _Strings, kind: int, inside: list[tuple[int, int, int]]) -> Block:
    """Decode ways or relations: their frames one by one, all their numbers together."""
    ids, versions, times, seen = [], [], [], []
    packed: dict[int, list[bytes]] = {2: [], 3: [], 8: [], 9: [], 10: []}
    for _, start, stop in inside:
        part = {field: (first, last) for field, first, last in _fields(block, start, stop)}
        ids.append(part[1][0])
        about = {field: first for field, first, _ in _fields(block, *part[4])} if 4 in part else {}
        versions.append(about.get(1, 0))
        times.append(about.get(2, 0))
        seen.append(bool(about.get(6, 1)))
        for field, parts in packed.items():
            first, last = part.get(field, (0, 0))
            parts.append(block[first:last])
    keys, tag_start = _joined(packed[2])
    values, _ = _joined(packed[3])
    words = np.column_stack([keys, values]).astype(np.int64).ravel().tolist()
    deltas, start_of = _joined(packed[8 if kind == WAYS else 9])
    refs = np.concatenate([[0], np.cumsum(_signed(deltas))])
    refs = refs[1:] - np.repeat(refs[start_of[:-1]], np.diff(start_of))
    none = np.empty(0, np.int64)
    types, roles = none, none
    if kind == RELATIONS:
        types, roles = (_joined(packed[field])[0].astype(np.int64) for field in (10, 8))
    whole = np.array(ids, np.uint64).astype(np.int64)
    return Block(
        kind, whole, np.array(versions, np.int64), np.array(times, np.int64), np.array(seen, np.bool_), none, none,
        start_of, refs, types, roles, strings, tag_start, words,
    )  # fmt: skip


def _joined(parts: list[bytes]) -> tuple[NDArray[np.uint64], _Ints]:
    """Return the numbers in many packed fields and where each field begins."""
    data = np.frombuffer(b"".join(parts), np.uint8)
    cuts = np.cumsum([0, *map(len, parts)])
    return _numbers(data), np.concatenate([[0], np.cumsum(data < 128)])[cuts]


def _varints(block: bytes, at: int, end: int) -> NDArray[np.uint64]:
    return _numbers(np.frombuffer(block, np.uint8, end - at, at))


def _numbers(data: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Decode base-128 numbers, seven bits a byte, the lowest first; the last byte of each is below 128."""
    ends = np.flatnonzero(data < 128)
    starts = np.concatenate([[0], ends[:-1] + 1])[: len(ends)]
    values: NDArray[np.uint64] = (data[starts] & 127).astype(np.uint64)
    size = ends - starts
    longer = np.flatnonzero(size > 0)
    step = 1
    while len(longer):
        values[longer] |= (data[starts[longer] + step] & 127).astype(np.uint64) << np.uint64(7 * step)
        step += 1
        longer = longer[size[longer] >= step]
    return values


def _signed(values: NDArray[np.uint64]) -> _Ints:
    """Undo the zigzag that keeps small negative numbers short: 0, 1, 2, 3 stand for 0, -1, 1, -2."""
    return (values >> np.uint64(1)).astype(np.int64) ^ -(values & np.uint64(1)).astype(np.int64)


def _fields(block: bytes, at: int, end: int) -> list[tuple[int, int, int]]:
    """Return number, first and last byte of each field of a message; of a whole number: its value and 0."""
    found = []
    while at < end:
        key, value = block[at], block[at + 1]
        at += 2
        if key >= 128 or value >= 128:  # most are one byte long: a call for each would take half of the time
            key, at = _number(block, at - 2)
            value, at = _number(block, at)
        if key & 7 == 0:
            found.append((key >> 3, value, 0))
        else:  # osmium writes no others than bytes and whole numbers
            found.append((key >> 3, at, at + value))
            at += value
    return found


def _number(block: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = block[at]
        value |= (byte & 127) << shift
        at += 1
        if byte < 128:
            return value, at
        shift += 7
