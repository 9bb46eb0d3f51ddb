"""Roads and turn restrictions of an OpenStreetMap extract, as far as the file holds their nodes and ways.

Functions add what they had to repair or refuse to the two lists of the report.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.geometry.osm_blocks import Tags
from twin.geometry.osm_raw import RawObjects, RawWay
from twin.geometry.osm_tags import is_road
from twin.geometry.records import OsmRestriction, OsmWay, Refusal

_Ints = NDArray[np.int64]


def _longest_known(present: NDArray[np.bool_]) -> slice:
    """Return the longest stretch without a gap."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], present, [False]]).astype(np.int8)))
    starts, stops = edges[::2], edges[1::2]
    if len(starts) == 0:
        return slice(0, 0)
    longest = int(np.argmax(stops - starts))
    return slice(int(starts[longest]), int(stops[longest]))


def known_stretch(name: str, way: RawWay, repaired: list[Refusal], refused: list[Refusal]) -> _Ints | None:
    """Return the rows of a line's nodes in order, without repetition, as far as the file has them; None if too few."""
    rows = way.rows
    missing = way.missing
    if missing:
        rows = rows[_longest_known(rows >= 0)]
    if len(rows) > 1 and (rows[1:] == rows[:-1]).any():
        rows = rows[np.concatenate([[True], rows[1:] != rows[:-1]])]
    if len(rows) < 2:
        reason = f"{missing} of {len(way.refs)} nodes are not in the file" if missing else "it has fewer than two nodes"
        refused.append(Refusal(name, f"no line is left: {reason}"))
        return None
    if missing:
        repaired.append(
            Refusal(name, f"{missing} of {len(way.refs)} nodes are not in the file: its longest known stretch was kept")
        )
    return rows


def select_roads(raw: RawObjects, repaired: list[Refusal], refused: list[Refusal]) -> tuple[list[OsmWay], int]:
    """Return the ways that carry traffic, and how many there should be."""
    roads = []
    asked = 0
    for number, way in raw.ways.items():
        if "highway" in way.tags and is_road(way.closed, way.tags):
            asked += 1
            rows = known_stretch(f"w{number}", way, repaired, refused)
            if rows is not None:
                roads.append(OsmWay(number, raw.node_id[rows], way.tags))
    return roads, asked


def select_restrictions(raw: RawObjects, roads: set[int], refused: list[Refusal]) -> tuple[list[OsmRestriction], int]:
    """Return the turn restrictions whose members are all there, and how many there should be."""
    found: list[OsmRestriction] = []
    asked = 0
    for number, (members, tags) in raw.relations.items():
        kind_of_relation = tags.get("type", "")
        if kind_of_relation != "restriction" and not kind_of_relation.startswith("restriction:"):
            continue
        starts = [ref for form, ref, role in members if role == "from" and form == "w"]
        ends = [ref for form, ref, role in members if role == "to" and form == "w"]
        via_nodes = [ref for form, ref, role in members if role == "via" and form == "n"]
        via_ways = tuple(ref for form, ref, role in members if role == "via" and form == "w")
        asked += max(1, len(starts) * len(ends))
        reason = _restriction_fault(raw, roads, starts, ends, via_nodes, via_ways)
        if reason:
            refused += [Refusal(f"r{number}", reason)] * max(1, len(starts) * len(ends))
            continue
        via = via_nodes[0] if via_nodes else None
        kind, only_for, condition = _kind(tags)
        exempt = tuple(part.strip() for part in tags.get("except", "").split(";") if part.strip())
        # no_entry names several ways in, no_exit several ways out: one record each
        found += [
            OsmRestriction(number, kind, start, via, via_ways, end, tags, exempt, only_for, condition)
            for start in starts
            for end in ends
        ]
    return found, asked


def _kind(tags: Tags) -> tuple[str, tuple[str, ...], str]:
    """Return the kind of a restriction, the vehicles it is for (none: all) and its condition ("": always).

    A restriction for all wins over one for some vehicles, and one that always holds over one with a condition.
    """
    of_type = tags.get("type", "").partition(":")[2]
    if tags.get("restriction"):
        return tags["restriction"], tuple(filter(None, (of_type,))), ""
    some: dict[str, list[str]] = {}
    for key, value in sorted(tags.items()):
        first, _, vehicle = key.partition(":")
        if first == "restriction" and vehicle and "conditional" not in vehicle:
            some.setdefault(value, []).append(vehicle)
    if some:
        value = max(some, key=lambda kind: len(some[kind]))
        return value, tuple(some[value]), ""
    for key, value in sorted(tags.items()):
        if key.startswith("restriction:") and key.endswith(":conditional"):
            kind, _, condition = value.partition("@")
            vehicle = key.removeprefix("restriction:").removesuffix("conditional").rstrip(":")
            vehicles = tuple(filter(None, (vehicle or of_type,)))
            return kind.strip(), vehicles, condition.strip().strip("()") or "?"
    return "", (), ""


def _restriction_fault(
    raw: RawObjects,
    roads: set[int],
    starts: list[int],
    ends: list[int],
    via_nodes: list[int],
    via_ways: tuple[int, ...],
) -> str | None:
    if not starts or not ends or not (via_nodes or via_ways):
        missing = [name for name, has in (("from", starts), ("via", via_nodes or via_ways), ("to", ends)) if not has]
        return f"the turn restriction is incomplete: it has no {' and no '.join(missing)} member"
    if len(via_nodes) > 1 or (via_nodes and via_ways):
        return "the turn restriction names several via members that are not a chain of ways"
    absent = [way for way in (*starts, *via_ways, *ends) if way not in roads]
    if absent:
        state = "not a road" if absent[0] in raw.ways else "not in the file"
        return f"the turn restriction is incomplete: way {absent[0]} is {state}"
    if via_nodes and raw.positions(via_nodes)[0] < 0:
        return f"the turn restriction is incomplete: node {via_nodes[0]} is not in the file"
    return None
