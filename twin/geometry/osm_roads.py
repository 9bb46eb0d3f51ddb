"""Roads and turn restrictions of an OpenStreetMap extract, as far as the file holds their nodes and ways.

Functions add what they had to repair or refuse to the two lists of the report.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from twin.geometry.osm_raw import RawObjects
from twin.geometry.osm_tags import is_road
from twin.geometry.records import OsmRestriction, OsmWay, Refusal


def _longest_known(present: NDArray[np.bool_]) -> slice:
    """Return the longest stretch without a gap."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], present, [False]]).astype(np.int8)))
    starts, stops = edges[::2], edges[1::2]
    if len(starts) == 0:
        return slice(0, 0)
    longest = int(np.argmax(stops - starts))
    return slice(int(starts[longest]), int(stops[longest]))


def known_stretch(
    name: str, refs: Sequence[int], raw: RawObjects, repaired: list[Refusal], refused: list[Refusal]
) -> NDArray[np.int64] | None:
    """Return the node ids of a line in order, without repetition, as far as the file has them; None if too few."""
    nodes = np.array(refs, dtype=np.int64)
    present = raw.positions(nodes) >= 0
    missing = int((~present).sum())
    if missing:
        nodes = nodes[_longest_known(present)]
    if len(nodes) > 1:
        nodes = nodes[np.concatenate([[True], nodes[1:] != nodes[:-1]])]
    if len(nodes) < 2:
        reason = f"{missing} of {len(refs)} nodes are not in the file" if missing else "it has fewer than two nodes"
        refused.append(Refusal(name, f"no line is left: {reason}"))
        return None
    if missing:
        repaired.append(
            Refusal(name, f"{missing} of {len(refs)} nodes are not in the file: its longest known stretch was kept")
        )
    return nodes


def select_roads(raw: RawObjects, repaired: list[Refusal], refused: list[Refusal]) -> list[OsmWay]:
    """Return the ways that carry traffic."""
    roads = []
    for number, (refs, tags) in raw.ways.items():
        if is_road(refs, tags):
            nodes = known_stretch(f"w{number}", refs, raw, repaired, refused)
            if nodes is not None:
                roads.append(OsmWay(number, nodes, tags))
    return roads


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
        # no_entry names several ways in, no_exit several ways out: one record each
        found += [
            OsmRestriction(number, tags.get("restriction", ""), start, via, via_ways, end, tags)
            for start in starts
            for end in ends
        ]
    return found, asked


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
