"""OpenStreetMap objects of one or several files: each id once, in its newest version, all or what touches a box.

The order of objects in a file does not matter. With a box, nodes outside it are looked at and forgotten: what stays in
memory is bounded by what the box holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from twin.geometry.osm_blocks import NODES, PER_DEGREE, RELATIONS, WAYS, Block, Tags, blocks
from twin.geometry.osm_convert import Extract

Bounds = tuple[float, float, float, float]
Members = list[tuple[str, int, str]]
_Ints = NDArray[np.int64]
_WayContent = tuple[_Ints, Tags]
_RelationContent = tuple[Members, Tags]
_Content = TypeVar("_Content", _WayContent, _RelationContent)


class RawWay(NamedTuple):
    """One way.

    refs : ids of its nodes
    rows : their rows in `RawObjects.node_id`, -1 where a node is not there
    tags : all of them
    closed : it ends where it began
    missing : how many of its nodes are not there
    """

    refs: _Ints
    rows: _Ints
    tags: Tags
    closed: bool
    missing: int


@dataclass
class RawObjects:
    """Everything of interest in the files: nodes in arrays, sorted by id; ways and relations by id.

    misplaced : nodes that lie nowhere on Earth
    repeated, contradicting, deleted : objects that come more than once; of these in one version but with different
        content; objects that a file marks as deleted
    nodes_in_box : ids of the nodes in the box; None without a box
    """

    node_id: _Ints
    node_xy: NDArray[np.float64]
    node_tags: dict[int, Tags]
    ways: dict[int, RawWay]
    relations: dict[int, tuple[Members, Tags]]
    misplaced: list[int]
    repeated: int
    contradicting: int
    deleted: int
    nodes_in_box: _Ints | None

    def positions(self, refs: Sequence[int] | _Ints) -> _Ints:
        """Return the rows of node ids in `node_id`, -1 where a node is not in the file."""
        return _rows(self.node_id, np.asarray(refs, dtype=np.int64))


@dataclass
class _Newest(Generic[_Content]):
    """Picks the newest of objects with one id; of equals the one that comes last. None stands for a deleted one."""

    found: dict[int, tuple[tuple[int, int], _Content | None]] = field(default_factory=dict)
    repeated: int = 0
    contradicting: int = 0

    def add(self, number: int, stamp: tuple[int, int], content: _Content | None) -> None:
        known = self.found.get(number)
        if known is not None:
            self.repeated += 1
            self.contradicting += stamp == known[0] and not _same(content, known[1])
        if known is None or stamp >= known[0]:
            self.found[number] = (stamp, content)

    def existing(self) -> dict[int, _Content]:
        """Return what is not deleted."""
        return {number: content for number, (_, content) in self.found.items() if content is not None}


def _same(one: _Content | None, other: _Content | None) -> bool:
    if one is None or other is None:
        return one is other
    return list(one[0]) == list(other[0]) and one[1] == other[1]


def collect(extracts: Sequence[Extract], bounds: Bounds | None) -> RawObjects:
    """Read converted files; with `bounds` only the ways with a node in the box, whole, and what hangs on them."""
    inside = None if bounds is None else _nodes_in(extracts, bounds)
    ways: _Newest[_WayContent] = _Newest()
    relations: _Newest[_RelationContent] = _Newest()
    nodes = _NodeRecords()
    kinds = (NODES, WAYS, RELATIONS) if inside is None else (WAYS,)
    for block in _all(extracts, kinds):
        if block.kind == NODES:
            nodes.add(block, None)
        elif block.kind == WAYS:
            _add_ways(ways, block, None if inside is None else _touching(block, inside))
        else:
            _add_relations(relations, block)
    if inside is not None:
        _add_what_hangs_on(extracts, ways, relations, nodes, inside)
    deleted = sum(content is None for _, content in (*ways.found.values(), *relations.found.values()))
    node_id, node_xy, node_tags, misplaced = nodes.newest()
    return RawObjects(
        node_id,
        node_xy,
        node_tags,
        _placed(ways.existing(), node_id),
        relations.existing(),
        misplaced,
        ways.repeated + relations.repeated + nodes.repeated,
        ways.contradicting + relations.contradicting + nodes.contradicting,
        deleted + nodes.deleted,
        inside,
    )


def _all(extracts: Sequence[Extract], kinds: tuple[int, ...]) -> Iterable[Block]:
    for extract in extracts:
        gone = {
            kind: np.array([number for form, number in extract.deleted if form == letter], np.int64)
            for kind, letter in ((NODES, "n"), (WAYS, "w"), (RELATIONS, "r"))
        }
        for block in blocks(extract.blocks, kinds):
            if len(gone[block.kind]):
                yield replace(block, visible=block.visible & ~np.isin(block.id, gone[block.kind]))
            else:
                yield block


def _rows(known: _Ints, wanted: _Ints) -> _Ints:
    if len(known) == 0:
        return np.full(wanted.shape, -1, dtype=np.int64)
    rows = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    return np.where(known[rows] == wanted, rows, -1).astype(np.int64)


def _nodes_in(extracts: Sequence[Extract], bounds: Bounds) -> _Ints:
    """Return the ids of the nodes in a box, sorted; a node with several versions counts if one of them lies there."""
    west, south, east, north = (value * PER_DEGREE for value in bounds)
    found = [np.empty(0, np.int64)]
    for block in _all(extracts, (NODES,)):
        within = (block.x >= west) & (block.x <= east) & (block.y >= south) & (block.y <= north)
        found.append(block.id[within & block.visible])
    return np.unique(np.concatenate(found))


def _touching(block: Block, inside: _Ints) -> NDArray[np.bool_]:
    """Return which ways have a node in the box."""
    hits = np.concatenate([[0], np.cumsum(_rows(inside, block.refs) >= 0)])
    return np.asarray(np.diff(hits[block.start]) > 0, dtype=np.bool_)


def _add_ways(ways: _Newest[_WayContent], block: Block, chosen: NDArray[np.bool_] | None) -> None:
    numbers, visible, start = block.id.tolist(), block.visible.tolist(), block.start.tolist()
    stamps = list(zip(block.version.tolist(), block.timestamp.tolist(), strict=True))
    for row in range(len(numbers)) if chosen is None else np.flatnonzero(chosen).tolist():
        content = (block.refs[start[row] : start[row + 1]], block.tags(row)) if visible[row] else None
        ways.add(numbers[row], stamps[row], content)


def _add_relations(
    relations: _Newest[_RelationContent], block: Block, wanted: tuple[_Ints, _Ints] | None = None
) -> None:
    """Add relations; with `wanted` (nodes, ways) only those with such a member."""
    chosen: list[int] = list(range(len(block.id)))
    if wanted is not None:
        nodes, ways = wanted
        hit = ((block.member_types == 0) & (_rows(nodes, block.refs) >= 0)) | (
            (block.member_types == 1) & (_rows(ways, block.refs) >= 0)
        )
        sums = np.concatenate([[0], np.cumsum(hit)])
        chosen = np.flatnonzero(np.diff(sums[block.start])).tolist()
    for row in chosen:
        content = (block.members(row), block.tags(row)) if block.visible[row] else None
        relations.add(int(block.id[row]), (int(block.version[row]), int(block.timestamp[row])), content)


def _add_what_hangs_on(
    extracts: Sequence[Extract],
    ways: _Newest[_WayContent],
    relations: _Newest[_RelationContent],
    nodes: _NodeRecords,
    inside: _Ints,
) -> None:
    """Add the relations of what touches the box, the other rings of its multipolygons, and all nodes of these."""
    known = np.array(sorted(ways.found), np.int64)
    for block in _all(extracts, (RELATIONS,)):
        _add_relations(relations, block, (inside, known))
    rings = {
        ref
        for members, tags in relations.existing().values()
        if tags.get("type") == "multipolygon"
        for form, ref, _ in members
        if form == "w" and ref not in ways.found
    }
    if rings:
        lost = np.array(sorted(rings), np.int64)
        for block in _all(extracts, (WAYS,)):
            _add_ways(ways, block, _rows(lost, block.id) >= 0)
    refs = [refs for refs, _ in ways.existing().values()]
    wanted = np.unique(np.concatenate([inside, *refs]))
    for block in _all(extracts, (NODES,)):
        nodes.add(block, _rows(wanted, block.id) >= 0)


class _NodeRecords:
    """Nodes as the files give them, until the newest of each is known."""

    def __init__(self) -> None:
        self.parts: list[tuple[_Ints, ...]] = []
        self.tags: list[tuple[int, Tags]] = []
        self.count = self.repeated = self.contradicting = self.deleted = 0

    def add(self, block: Block, chosen: NDArray[np.bool_] | None) -> None:
        columns = (block.id, block.version, block.timestamp, block.x, block.y, block.visible.astype(np.int64))
        tagged = block.tagged()
        if chosen is None:
            self.tags += [(self.count + row, block.tags(row)) for row in tagged]
            self.parts.append(columns)
            self.count += len(block.id)
            return
        place = np.cumsum(chosen) - 1 + self.count
        self.tags += [(int(place[row]), block.tags(row)) for row in tagged if chosen[row]]
        self.parts.append(tuple(column[chosen] for column in columns))
        self.count += int(chosen.sum())

    def newest(self) -> tuple[_Ints, NDArray[np.float64], dict[int, Tags], list[int]]:
        """Return ids (sorted), coordinates in degrees, tags, and the ids that lie nowhere on Earth."""
        if not self.parts:
            return np.empty(0, np.int64), np.empty((0, 2)), {}, []
        number, version, timestamp, x, y, visible = (np.concatenate(column) for column in zip(*self.parts, strict=True))
        wins = np.arange(self.count)
        if not (np.diff(number) > 0).all():
            order = np.lexsort((timestamp, version, number))  # stable: of equals the last written stays last
            again = number[order[1:]] == number[order[:-1]]
            one, other = order[:-1][again], order[1:][again]
            equal = (version[one] == version[other]) & (timestamp[one] == timestamp[other])
            self.repeated = int(again.sum())
            self.contradicting = int((equal & ((x[one] != x[other]) | (y[one] != y[other]))).sum())
            wins = order[np.append(~again, True)]
        self.deleted = int((visible[wins] == 0).sum())
        wins = wins[visible[wins] != 0]
        good = (np.abs(x[wins]) <= 180 * PER_DEGREE) & (np.abs(y[wins]) <= 90 * PER_DEGREE)
        misplaced = number[np.sort(wins[~good])].tolist()
        wins = wins[good]
        kept = np.zeros(self.count, np.bool_)
        kept[wins] = True
        tags = {int(number[record]): entry for record, entry in self.tags if kept[record]}
        return number[wins], np.column_stack([x[wins], y[wins]]) / PER_DEGREE, tags, misplaced


def _placed(ways: dict[int, _WayContent], node_id: _Ints) -> dict[int, RawWay]:
    """Return ways with the rows of their nodes, looked up for all of them at once."""
    contents = list(ways.values())
    if not contents:
        return {}
    refs = np.concatenate([refs for refs, _ in contents])
    rows = _rows(node_id, refs)
    stop = np.cumsum([len(refs) for refs, _ in contents])
    start = np.concatenate([[0], stop[:-1]])
    closed = np.zeros(len(contents), np.bool_)
    long = np.flatnonzero(stop - start >= 3)
    closed[long] = refs[start[long]] == refs[stop[long] - 1]
    lost = np.concatenate([[0], np.cumsum(rows < 0)])
    missing = lost[stop] - lost[start]
    return {
        number: RawWay(refs[first:last], rows[first:last], tags, ends, absent)
        for number, (_, tags), first, last, ends, absent in zip(
            ways, contents, start.tolist(), stop.tolist(), closed.tolist(), missing.tolist(), strict=True
        )
    }
