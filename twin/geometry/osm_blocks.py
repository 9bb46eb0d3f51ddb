"""OpenStreetMap objects out of PBF blocks that osmium has written itself, unpacked: a block at a time, by NumPy.

Whatever a file was, osmium reads it to its end and writes it again in this one form (`osm_convert`), so nothing from
outside is decoded here. Coordinates stay whole numbers of 1e-7 degrees until they are stored.

Reference: OpenStreetMap wiki, "PBF Format", encoding of OSM entities into fileblocks.
"""

from __future__ import annotations

import functools
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

_MEMBER_TYPES = np.array(["n", "w", "r"], dtype=object)


class _Strings:
    """The strings of a block, decoded when the first is asked for."""

    def __init__(self, block: bytes, at: int, end: int) -> None:
        self._place = (block, at, end)

    @functools.cached_property
    def all(self) -> NDArray[np.object_]:
        """Every string by its number."""
        block, at, end = self._place
        # cut by an editor in the middle of a letter: better a mark than no town
        words = [block[start:stop].decode("utf-8", "replace") for _, start, stop in _fields(block, at, end)]
        return np.array(words, dtype=object)


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
    _keys: _Ints
    _values: _Ints

    @functools.cached_property
    def _words(self) -> tuple[list[int], list[str], list[str]]:
        words = self._strings.all
        return self._tag_start.tolist(), words[self._keys].tolist(), words[self._values].tolist()

    def tags(self, row: int) -> Tags:
        """Return the tags of one object."""
        starts, keys, values = self._words
        part = slice(starts[row], starts[row + 1])
        return dict(zip(keys[part], values[part], strict=True))

    def tagged(self) -> list[int]:
        """Return the rows that have any tags."""
        rows: list[int] = np.flatnonzero(np.diff(self._tag_start)).tolist()
        return rows

    def members(self, row: int) -> list[tuple[str, int, str]]:
        """Return kind, id and role of the members of a relation."""
        part = slice(int(self.start[row]), int(self.start[row + 1]))
        forms, roles = _MEMBER_TYPES[self.member_types[part]], self._strings.all[self.member_roles[part]]
        return list(zip(forms.tolist(), self.refs[part].tolist(), roles.tolist(), strict=True))


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
        NODES, ids, version, timestamp, visible, x, y, none, none, none, none, strings,
        tag_start, words[::2], words[1::2],
    )  # fmt: skip


def _with_members(block: bytes, strings: _Strings, kind: int, inside: list[tuple[int, int, int]]) -> Block:
    """Decode ways or relations, all of a group in step: one field of each, then the next field of each."""
    data = np.frombuffer(block, np.uint8)
    ends = np.array([stop for _, _, stop in inside], np.int64)
    part = _in_step(data, np.array([start for _, start, _ in inside], np.int64), ends, (1, 2, 3, 4, 8, 9, 10))
    about = _in_step(data, *part[4], (1, 2, 3, 4, 5, 6))
    keys, tag_start = _joined(data, *part[2])
    values, _ = _joined(data, *part[3])
    deltas, start_of = _joined(data, *part[8 if kind == WAYS else 9])
    refs = np.concatenate([[0], np.cumsum(_signed(deltas))])
    refs = refs[1:] - np.repeat(refs[start_of[:-1]], np.diff(start_of))
    none = np.empty(0, np.int64)
    types, roles = none, none
    if kind == RELATIONS:
        types, roles = (_joined(data, *part[field])[0].astype(np.int64) for field in (10, 8))
    unseen = (about[6][0] == 0) & (about[6][1] >= 0)
    return Block(
        kind, part[1][0], about[1][0], about[2][0], ~unseen, none, none, start_of, refs, types, roles, strings,
        tag_start, keys.astype(np.int64), values.astype(np.int64),
    )  # fmt: skip


def _in_step(data: NDArray[np.uint8], at: _Ints, end: _Ints, order: tuple[int, ...]) -> dict[int, tuple[_Ints, _Ints]]:
    """Return first and last byte of the fields of many messages, which have them in this order, not always all.

    Of a whole number: its value and 0. Of a field that a message lacks: 0 and -1, or no bytes.
    """
    at = at.copy()
    found = {}
    for field in order:
        first, last = np.zeros(len(at), np.int64), np.full(len(at), -1, np.int64)
        here = np.flatnonzero(at < end)
        here = here[data[at[here]] >> 3 == field]
        bytes_follow = data[at[here]] & 7 == 2
        value, after = _numbers_at(data, at[here] + 1)
        first[here] = np.where(bytes_follow, after, value)
        last[here] = np.where(bytes_follow, after + value, 0)
        at[here] = np.where(bytes_follow, after + value, after)
        found[field] = (first, last)
    return found


def _numbers_at(data: NDArray[np.uint8], at: _Ints) -> tuple[_Ints, _Ints]:
    """Return the base-128 numbers that begin at these bytes, and where the next field begins."""
    value = np.zeros(len(at), np.uint64)
    at = at.copy()
    going, shift = np.arange(len(at)), 0
    while len(going):
        byte = data[at[going]]
        value[going] |= (byte & 127).astype(np.uint64) << np.uint64(shift)
        at[going] += 1
        going, shift = going[byte >= 128], shift + 7
    return value.astype(np.int64), at


def _joined(data: NDArray[np.uint8], first: _Ints, last: _Ints) -> tuple[NDArray[np.uint64], _Ints]:
    """Return the numbers in many packed fields and where each field begins."""
    size = np.maximum(last - first, 0)
    cuts = np.concatenate([[0], np.cumsum(size)])
    part = data[np.arange(cuts[-1]) + np.repeat(first - cuts[:-1], size)]
    return _numbers(part), np.concatenate([[0], np.cumsum(part < 128)])[cuts]


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
