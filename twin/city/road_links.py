"""From ways to links: which roads carry cars, where they are cut, and the tables of links and nodes.

Nodes are named by their OpenStreetMap id here; the network numbers them at the end.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twin.city import road_modes, road_sides, road_tags
from twin.city import road_parameters as parameters
from twin.geometry.records import OsmData, OsmWay, Refusal

if TYPE_CHECKING:
    import geopandas as gpd
    from pyproj import CRS


@dataclass
class Piece:
    """A stretch of a way between two junctions, before it becomes one or two links."""

    way: OsmWay
    nodes: NDArray[np.int64]
    forward: bool
    backward: bool
    residents_only: bool


def project(osm: OsmData, crs: CRS) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return eastings and northings of the extract's road nodes, m."""
    from pyproj import Transformer

    x, y = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(osm.node_lon, osm.node_lat)
    return np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)


def junctions(ways: Iterable[OsmWay]) -> set[int]:
    """Return the nodes that ways share (or meet themselves in) and the ends of ways.

    Examples
    --------
    >>> a, b = OsmWay(1, np.array([1, 2, 3]), {}), OsmWay(2, np.array([2, 4]), {})
    >>> sorted(junctions([a, b]))
    [1, 2, 3, 4]
    """
    uses: Counter[int] = Counter()
    ends: set[int] = set()
    for way in ways:
        uses.update(way.nodes.tolist())
        ends |= {int(way.nodes[0]), int(way.nodes[-1])}
    return {node for node, count in uses.items() if count > 1} | ends


def admits(way: OsmWay, mode: str, refused: list[Refusal]) -> bool:
    """Return whether a mode may use a road at all; note the tag that keeps it out.

    Examples
    --------
    >>> admits(OsmWay(1, np.array([1, 2]), {"highway": "service", "access": "no"}), "car", [])
    False
    """
    if road_modes.access(way.tags, mode) == "closed":
        whom = {"car": "cars", "bicycle": "bicycles", "foot": "pedestrians"}[mode]
        refused.append(Refusal(f"w{way.id}", f"closed to {whom} ({road_modes.why_closed(way.tags, mode)})"))
        return False
    return True


def is_complete(way: OsmWay, position: dict[int, int], refused: list[Refusal]) -> bool:
    """Return whether all nodes of a way are in the extract; note the first that is not.

    Examples
    --------
    >>> is_complete(OsmWay(1, np.array([1, 2]), {}), {1: 0}, [])
    False
    """
    missing = [int(node) for node in way.nodes if int(node) not in position]
    if missing:
        refused.append(Refusal(f"w{way.id}", f"node n{missing[0]} is not in the extract"))
    return not missing


def barriers(osm: OsmData, ways: Sequence[OsmWay], mode: str = "car") -> set[int]:
    """Return the nodes of these roads where a barrier stops a mode."""
    on_roads = {int(node) for way in ways for node in way.nodes}
    return {node for node, tags in osm.node_tags.items() if node in on_roads and road_modes.blocks(tags, mode)}


def cut(ways: Sequence[OsmWay], at: set[int], mode: str = "car") -> list[Piece]:
    """Cut ways at the given nodes; a loop from a junction back to it is halved.

    Examples
    --------
    >>> way = OsmWay(1, np.array([1, 2, 3]), {"highway": "residential", "oneway": "yes"})
    >>> [(piece.nodes.tolist(), piece.backward) for piece in cut([way], {1, 2, 3})]
    [([1, 2], False), ([2, 3], False)]
    """
    pieces = []
    for way in ways:
        forward, backward = road_modes.directions(way.tags, mode)
        residents = road_modes.access(way.tags, mode) == "residents"
        nodes = way.nodes[np.concatenate([[True], way.nodes[1:] != way.nodes[:-1]])]
        cuts = [i for i, node in enumerate(nodes) if int(node) in at]
        for first, last in itertools.pairwise(cuts):
            stretch = nodes[first : last + 1]
            # a loop that leaves and meets the same junction is halved, or it could never be driven to
            halves = [stretch]
            if stretch[0] == stretch[-1] and len(stretch) > 2:
                middle = len(stretch) // 2
                halves = [stretch[: middle + 1], stretch[middle:]]
            pieces += [Piece(way, part, forward, backward, residents) for part in halves]
    return pieces


def link_table(
    pieces: Sequence[Piece],
    osm: OsmData,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    position: dict[int, int],
    crs: CRS,
    mode: str = "car",
) -> gpd.GeoDataFrame:
    """Make the table of directed links, with `from_osm` and `to_osm` as ends."""
    import geopandas as gpd
    import shapely

    inside = _built_up(pieces, osm, x, y, position, crs) if mode == "car" else np.zeros(len(pieces), np.bool_)
    rows: dict[str, list[Any]] = defaultdict(list)
    lines = []
    used: Counter[str] = Counter()
    for piece, built_up in zip(pieces, inside, strict=True):
        tags = piece.way.tags
        one_way = piece.forward != piece.backward
        for along in (True, False):
            if not (piece.forward if along else piece.backward):
                continue
            nodes = piece.nodes if along else piece.nodes[::-1]
            at = [position[int(node)] for node in nodes]
            line = shapely.LineString(np.column_stack([x[at], y[at]]))
            road = str(tags["highway"])
            if mode == "car":
                speed, speed_source = road_tags.speed(tags, along, bool(built_up))
                lanes = road_tags.lanes(tags, along, one_way)
                signal = any("traffic_signals" in osm.node_tags.get(int(n), {}).get("highway", "") for n in nodes[1:])
                capacity, capacity_source = road_tags.capacity(road, lanes, signal)
            else:
                speed, speed_source = road_modes.speed(tags, mode)
                lanes, capacity, capacity_source = math.nan, math.nan, "none is known for this mode"
            identity = f"{piece.way.id}:{nodes[0]}:{nodes[-1]}"
            used[identity] += 1
            if used[identity] > 1:
                identity += f":{used[identity]}"
            values = {
                "link": identity, "from_osm": int(nodes[0]), "to_osm": int(nodes[-1]), "osm_way": piece.way.id,
                "name": tags.get("name", ""), "ref": tags.get("ref", ""), "road_class": road,
                "length": max(float(line.length), 0.1), "lanes": lanes, "free_flow_speed": speed / 3.6,
                "capacity": capacity, "residents_only": piece.residents_only, "closed": False,
                "speed_source": speed_source, "capacity_source": capacity_source,
                "bicycle": _may(tags, "bicycle", along), "foot": _may(tags, "foot", along),
                "cycleway": road_sides.cycleway(tags, along), "sidewalk": road_sides.sidewalk(tags, along),
                "surface": tags.get("surface", ""), "smoothness": tags.get("smoothness", ""),
            }  # fmt: skip
            for key, value in values.items():
                rows[key].append(value)
            lines.append(line)
    table = gpd.GeoDataFrame(dict(rows), geometry=lines, crs=crs)
    return table.set_index("link")


def unheeded(ways: Sequence[OsmWay]) -> list[str]:
    """Return what the tags of these roads say that a network does not follow, in words.

    Examples
    --------
    >>> unheeded([OsmWay(1, np.array([1, 2]), {"maxspeed:conditional": "30 @ (22:00-06:00)"})])
    ['maxspeed:conditional on 1 roads is not followed: the value without a condition counts']
    """
    notes = [
        f"{key} on {count} roads is not followed: the value without a condition counts"
        for key, count in sorted(
            Counter(key for way in ways for key in way.tags if key.endswith(":conditional")).items()
        )
    ]
    turning = sum(way.tags.get("oneway") in ("reversible", "alternating") for way in ways)
    if turning:
        notes.append(f"{turning} roads change their direction with time: both directions are taken as open")
    return notes


def _may(tags: dict[str, str], mode: str, along: bool) -> bool:
    return road_modes.access(tags, mode) != "closed" and road_modes.directions(tags, mode)[0 if along else 1]


def _built_up(
    pieces: Sequence[Piece],
    osm: OsmData,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    position: dict[int, int],
    crs: CRS,
) -> NDArray[np.bool_]:
    """Whether the middle of each piece lies within 25 m of built-up land use, or its class says so."""
    import shapely

    tags = osm.areas["tags"] if len(osm.areas) else []
    settled = [t.get("landuse") in ("residential", "commercial", "retail", "industrial") for t in tags]
    middle = [position[int(piece.nodes[len(piece.nodes) // 2])] for piece in pieces]
    other = [position[int(piece.nodes[(len(piece.nodes) - 1) // 2])] for piece in pieces]
    px, py = (x[middle] + x[other]) / 2, (y[middle] + y[other]) / 2
    inside = np.array([piece.way.tags["highway"] in ("residential", "living_street") for piece in pieces], dtype=bool)
    if any(settled):
        polygons = osm.areas[np.array(settled)].to_crs(crs).geometry.to_numpy()
        ground = shapely.union_all(shapely.buffer(shapely.make_valid(polygons), 25.0, quad_segs=2))
        shapely.prepare(ground)
        inside |= shapely.contains_xy(ground, px, py)
    return inside


def node_table(
    links: gpd.GeoDataFrame,
    osm: OsmData,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    position: dict[int, int],
    crs: CRS,
) -> gpd.GeoDataFrame:
    """Make the table of nodes that links use, with signals and gates."""
    import geopandas as gpd

    ids = np.unique(np.concatenate([links["from_osm"].to_numpy(), links["to_osm"].to_numpy()]))
    at = [position[int(node)] for node in ids]
    signals = ["traffic_signals" in osm.node_tags.get(int(n), {}).get("highway", "") for n in ids]
    frame = gpd.GeoDataFrame(
        {"osm_id": ids, "signals": signals, "gate": _gates(links, osm, ids, at)},
        geometry=gpd.points_from_xy(x[at], y[at]),
        crs=crs,
    )
    frame.index.name = "node"
    return frame


def _gates(links: gpd.GeoDataFrame, osm: OsmData, ids: NDArray[np.int64], at: list[int]) -> NDArray[np.bool_]:
    """Ends of through roads at or beyond the edge of the extract (0.001 degrees, about 100 m, inside count).

    An end has one neighbour, or (one carriageway of a divided road) nothing that arrives or nothing that leaves.
    """
    neighbours: dict[int, set[int]] = defaultdict(set)
    leads_on: set[int] = set()
    tails, heads = set(links["from_osm"]), set(links["to_osm"])
    for tail, head, road in zip(links["from_osm"], links["to_osm"], links["road_class"], strict=True):
        neighbours[tail].add(head)
        neighbours[head].add(tail)
        if road in parameters.GATE_CLASSES:
            leads_on |= {tail, head}
    lon, lat = osm.node_lon[at], osm.node_lat[at]
    west, south, east, north = osm.bounds or (lon.min(), lat.min(), lon.max(), lat.max())
    margin = 0.001
    edge = (lon < west + margin) | (lon > east - margin) | (lat < south + margin) | (lat > north - margin)
    ends = np.array(
        [int(n) in leads_on and (len(neighbours[int(n)]) == 1 or n not in tails or n not in heads) for n in ids],
        dtype=bool,
    )
    return np.asarray(edge & ends, dtype=bool)
