"""The road network of a city: junctions, directed links, turn restrictions.

A link is one direction of a road between two junctions. Its id is stable: a scenario closes or slows a link, it never
removes one, so flows of two scenarios compare link by link. All functions return new networks.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twin.city import road_parameters as parameters
from twin.errors import DataError, InputError, MissingDataError
from twin.geometry.records import OsmData, OsmRestriction, OsmWay, ReadReport, Refusal

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from pyproj import CRS


@dataclass(frozen=True)
class RoadNetwork:
    """Roads as a graph, in the CRS of the city's grid.

    nodes : GeoDataFrame (index `node`, int) of junctions and dead ends; columns `osm_id`, `signals` (bool),
        `gate` (bool: a road leaves the extract here), `geometry` (point)
    links : GeoDataFrame (index `link`, str) of directed links; columns
        `from_node`, `to_node` (int), `osm_way` (int), `name`, `ref` (str, "" if none), `road_class`
        (OSM highway value),
        `length` (m), `lanes` (per direction), `free_flow_speed` (m/s), `capacity` (vehicles per hour),
        `residents_only` (bool: destination traffic only), `closed` (bool), `speed_source`, `capacity_source` (str),
        `geometry` (line in driving direction)
    turns : DataFrame of forbidden turns; columns `from_link`, `to_link` (link ids), `restriction` (OSM id; 0 = barrier)
    report : what was found, used and left out, with reasons
    """

    nodes: gpd.GeoDataFrame
    links: gpd.GeoDataFrame
    turns: pd.DataFrame
    report: ReadReport = field(default_factory=lambda: ReadReport("road network"))


@dataclass
class _Piece:
    """A stretch of a way between two junctions, before it becomes one or two links."""

    way: OsmWay
    nodes: NDArray[np.int64]
    forward: bool
    backward: bool
    residents_only: bool


def build_road_network(
    osm: OsmData, crs: CRS | str | int, *, classes: Sequence[str] = tuple(parameters.ROAD_CLASSES)
) -> RoadNetwork:
    """Build the network for motor traffic from an OpenStreetMap extract.

    Ways are cut at nodes that they share and at their ends. Roads closed to cars are left out, those for destination
    traffic (also private ones) are marked `residents_only`. Speeds come from `maxspeed`, else from the class and
    from whether the road lies in a built-up area (landuse of the extract); capacities from class, lanes and signals
    (`twin.city.road_parameters`). Roads that end at the edge of the extract get a gate. Kept is the largest part in
    which every node can be reached from every other, where gates count as connected outside the extract.

    Parameters
    ----------
    osm : OsmData
        From `twin.geometry.osm.read_osm`.
    crs : pyproj.CRS or what it accepts
        Projected CRS in metres for the result.
    classes : sequence of str
        `highway` values to use, of `road_parameters.ROAD_CLASSES`.

    Returns
    -------
    RoadNetwork
        `report.found` counts roads of these classes, `report.refused` names those left out, `report.notes` says how
        many junctions there were, how many remain, and what became of the turn restrictions.

    Raises
    ------
    InputError
        If a class is unknown or the CRS is not metric.
    DataError
        If no road for motor traffic is left.

    Examples
    --------
    >>> import geopandas as gpd
    >>> none = gpd.GeoDataFrame({"osm_id": [], "tags": []}, geometry=[], crs=4326)
    >>> way = OsmWay(7, np.array([1, 2]), {"highway": "primary", "maxspeed": "70"})
    >>> lon, lat = np.array([11.5, 11.51]), np.array([50.0, 50.0])
    >>> osm = OsmData(np.array([1, 2]), lon, lat, {}, (way,), (), none, none, none, None, None)
    >>> network = build_road_network(osm, "EPSG:25832")
    >>> list(network.links.index), round(float(network.links.free_flow_speed.iloc[0]) * 3.6)
    (['7:1:2', '7:2:1'], 70)
    """
    from pyproj import CRS as ProjCRS

    target = ProjCRS.from_user_input(crs)
    if not target.is_projected or abs(target.axis_info[0].unit_conversion_factor - 1.0) > 1e-12:
        raise InputError(f"the CRS is {target.name!r}; roads need a projected CRS in metres, such as EPSG:25832")
    unknown = [name for name in classes if name not in parameters.ROAD_CLASSES]
    if unknown:
        raise InputError(f"road class {unknown[0]!r} is unknown; known are {', '.join(parameters.ROAD_CLASSES)}")

    candidates = [way for way in osm.roads if way.tags.get("highway") in classes and len(way.nodes) > 1]
    junctions = _junctions(candidates)
    refused: list[Refusal] = []
    ways = [way for way in candidates if _admits_cars(way, refused)]
    x, y = _project(osm, target)
    position = {int(node): i for i, node in enumerate(osm.node_id)}
    ways = [way for way in ways if _is_complete(way, position, refused)]
    if not ways:
        raise DataError(
            f"the extract has no road open to motor traffic (of {len(osm.roads)} ways with a highway tag, "
            f"{len(candidates)} are of the classes asked for, {len(refused)} of these are closed or incomplete)"
        )
    pieces = _cut(ways, _junctions(ways) | _barriers(osm, ways))
    links = _links(pieces, osm, x, y, position, target)
    turns, turn_notes = _forbidden_turns(osm, links)
    nodes = _nodes(links, osm, x, y, position, target)
    links, nodes, turns, dropped = _keep_connected(links, nodes, turns)
    notes = (
        f"{len(junctions)} junctions (nodes shared by ways or at their ends) on {len(candidates)} roads of the classes "
        "asked for, whatever their access",
        f"{len(nodes)} junctions and dead ends, {len(links)} directed links, {int(nodes.gate.sum())} gates in the network",
        f"{dropped} directed links left out because they are not connected both ways with the rest",
        *turn_notes,
    )
    report = ReadReport("road network from OpenStreetMap", len(candidates), len(ways), (), tuple(refused), notes)
    return RoadNetwork(nodes, links, turns, report)


def links_named(network: RoadNetwork, name: str) -> list[str]:
    """Return the ids of all links whose name or reference number is `name` (``"Hauptstraße"``, ``"B 85"``).

    A link with several references (``"B 2;B 85"``) answers to each.

    Raises
    ------
    MissingDataError
        If no link is called so; the message offers names that are close.

    Examples
    --------
    >>> from twin.city.roads import small_network
    >>> links_named(small_network(), "Ring")
    ['2:2:3', '2:3:2']
    """
    wanted = name.strip().casefold()

    def answers(text: str) -> bool:
        return any(part.strip().casefold() == wanted for part in str(text).split(";"))

    found = [
        str(link)
        for link, road, ref in zip(network.links.index, network.links["name"], network.links["ref"], strict=True)
        if answers(road) or answers(ref)
    ]
    if not found:
        import difflib

        names = sorted({str(text) for column in ("name", "ref") for text in network.links[column] if text})
        close = difflib.get_close_matches(name, names, n=3, cutoff=0.5) or names[:5]
        raise MissingDataError(f"no road of the network is called {name!r}; names that come close: {', '.join(close)}")
    return found


def close_links(network: RoadNetwork, links: Iterable[str], *, keep_access: bool = True) -> RoadNetwork:
    """Close links to traffic.

    Parameters
    ----------
    network : RoadNetwork
    links : iterable of str
        Ids; close both directions of a road by naming both.
    keep_access : bool
        Junctions that no other open road serves stay reachable: the closed links at them become `residents_only`, so
        that traffic with a destination there may use them and no one may drive through. False closes all of them
        (a flooded road), and what cannot arrive is reported as unserved demand.

    Returns
    -------
    RoadNetwork

    Raises
    ------
    InputError
        If an id is unknown.

    Examples
    --------
    >>> closed = close_links(small_network(), ["2:2:3", "2:3:2"])
    >>> list(closed.links.index[closed.links.closed])
    ['2:2:3', '2:3:2']
    """
    chosen = _chosen(network, links)
    table = network.links.copy()
    table["closed"] = table["closed"].to_numpy(dtype=bool) | chosen
    if keep_access:
        cut_off = _cut_off(network, table["closed"].to_numpy(dtype=bool))
        serves = np.isin(table["from_node"], cut_off) | np.isin(table["to_node"], cut_off)
        spared = chosen & serves & ~network.links["closed"].to_numpy(dtype=bool)
        table.loc[spared, "closed"] = False
        table.loc[spared, "residents_only"] = True
    return replace(network, links=table)


def set_speed(network: RoadNetwork, links: Iterable[str], speed: float, *, source: str = "measure") -> RoadNetwork:
    """Set the free-flow speed of links, as a speed limit does; a link that is slower already keeps its speed.

    Parameters
    ----------
    network : RoadNetwork
    links : iterable of str
        Ids.
    speed : float
        m/s, 0.5 to 70.
    source : str
        Written to `speed_source`.

    Raises
    ------
    InputError
        If an id is unknown or the speed impossible.

    Examples
    --------
    >>> slow = set_speed(small_network(), ["2:2:3"], 30 / 3.6)
    >>> round(float(slow.links.free_flow_speed["2:2:3"]) * 3.6)
    30
    """
    if not (math.isfinite(speed) and 0.5 <= speed <= 70.0):
        raise InputError(f"speed is {speed!r} m/s; a speed limit must be 0.5 to 70 m/s (1.8 to 252 km/h)")
    chosen = _chosen(network, links)
    table = network.links.copy()
    chosen &= table["free_flow_speed"].to_numpy(dtype=float) > speed
    table.loc[chosen, "free_flow_speed"] = float(speed)
    table.loc[chosen, "speed_source"] = source
    return replace(network, links=table)


def small_network() -> RoadNetwork:
    """Return a made-up triangle of three two-way roads, for examples.

    Examples
    --------
    >>> len(small_network().links)
    6
    """
    import geopandas as gpd

    none = gpd.GeoDataFrame({"osm_id": [], "tags": []}, geometry=[], crs=4326)
    tags = [{"highway": "primary", "ref": "B 1"}, {"highway": "tertiary", "name": "Ring"}, {"highway": "residential"}]
    ways = [OsmWay(i + 1, np.array(ends), tags[i]) for i, ends in enumerate([(1, 2), (2, 3), (3, 1)])]
    lon, lat = np.array([11.5, 11.52, 11.51]), np.array([50.0, 50.0, 50.01])
    return build_road_network(
        OsmData(np.arange(1, 4), lon, lat, {}, tuple(ways), (), none, none, none, None, None), "EPSG:25832"
    )


def _chosen(network: RoadNetwork, links: Iterable[str]) -> NDArray[np.bool_]:
    wanted = [links] if isinstance(links, str) else [str(link) for link in links]
    known = set(network.links.index)
    for link in wanted:
        if link not in known:
            raise InputError(f"link {link!r} is not in the network; find ids with twin.city.roads.links_named")
    return np.asarray(network.links.index.isin(wanted), dtype=bool)


def _cut_off(network: RoadNetwork, closed: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Nodes that can no longer be both reached and left, but could before."""
    before = _connected(network.nodes, network.links, network.links["closed"].to_numpy(dtype=bool))
    after = _connected(network.nodes, network.links, closed)
    return np.asarray(network.nodes.index.to_numpy()[before & ~after], dtype=np.int64)


def _connected(nodes: Any, links: Any, closed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which nodes lie in the largest strongly connected part; gates are connected outside the extract."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    count = len(nodes)
    index = {int(node): i for i, node in enumerate(nodes.index)}
    tail = np.array([index[int(n)] for n in links["from_node"]], dtype=np.int64)[~closed]
    head = np.array([index[int(n)] for n in links["to_node"]], dtype=np.int64)[~closed]
    gates = np.flatnonzero(nodes["gate"].to_numpy(dtype=bool))
    outside = np.full(len(gates), count)
    tails, heads = np.concatenate([tail, gates, outside]), np.concatenate([head, outside, gates])
    graph = coo_matrix((np.ones(len(tails), dtype=np.int8), (tails, heads)), shape=(count + 1, count + 1))
    _, part = connected_components(graph, directed=True, connection="strong")
    sizes = np.bincount(part[:count], minlength=part.max() + 1)
    return np.asarray(part[:count] == sizes.argmax(), dtype=bool)


def _project(osm: OsmData, crs: CRS) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    from pyproj import Transformer

    x, y = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(osm.node_lon, osm.node_lat)
    return np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)


def _junctions(ways: Iterable[OsmWay]) -> set[int]:
    uses: Counter[int] = Counter()
    ends: set[int] = set()
    for way in ways:
        uses.update(way.nodes.tolist())
        ends |= {int(way.nodes[0]), int(way.nodes[-1])}
    return {node for node, count in uses.items() if count > 1} | ends


def _access(tags: dict[str, str]) -> str:
    """Return ``"open"``, ``"residents"`` or ``"closed"`` for cars."""
    for key in parameters.ACCESS_KEYS:
        value = tags.get(key)
        if value is None:
            continue
        values = {part.strip() for part in value.split(";")}
        if values & set(parameters.ACCESS_OPEN):
            return "open"
        return "residents" if values & set(parameters.ACCESS_RESIDENTS) else "closed"
    return "open"


def _admits_cars(way: OsmWay, refused: list[Refusal]) -> bool:
    if _access(way.tags) == "closed":
        reason = next(f"{key}={way.tags[key]}" for key in parameters.ACCESS_KEYS if key in way.tags)
        refused.append(Refusal(f"w{way.id}", f"closed to cars ({reason})"))
        return False
    return True


def _is_complete(way: OsmWay, position: dict[int, int], refused: list[Refusal]) -> bool:
    missing = [int(node) for node in way.nodes if int(node) not in position]
    if missing:
        refused.append(Refusal(f"w{way.id}", f"node n{missing[0]} is not in the extract"))
    return not missing


def _barriers(osm: OsmData, ways: Sequence[OsmWay]) -> set[int]:
    on_roads = {int(node) for way in ways for node in way.nodes}
    return {node for node, tags in osm.node_tags.items() if node in on_roads and _blocks(tags)}


def _blocks(tags: dict[str, str]) -> bool:
    told = any(key in tags for key in parameters.ACCESS_KEYS)
    if "barrier" not in tags:
        return False
    return _access(tags) == "closed" if told else tags["barrier"] in parameters.BLOCKING_BARRIERS


def _directions(tags: dict[str, str]) -> tuple[bool, bool]:
    """Whether cars may drive along and against the way."""
    value = next(
        (tags[key] for key in ("oneway:motorcar", "oneway:motor_vehicle", "oneway:vehicle", "oneway") if key in tags),
        "",
    )
    if value in ("-1", "reverse"):
        return False, True
    if value in ("yes", "true", "1"):
        return True, False
    if value in ("no", "false", "0"):
        return True, True
    circular = tags.get("junction") in ("roundabout", "circular") or tags.get("highway") == "motorway"
    return True, not circular


def _cut(ways: Sequence[OsmWay], junctions: set[int]) -> list[_Piece]:
    pieces = []
    for way in ways:
        forward, backward = _directions(way.tags)
        residents = _access(way.tags) == "residents"
        nodes = way.nodes[np.concatenate([[True], way.nodes[1:] != way.nodes[:-1]])]
        cuts = [i for i, node in enumerate(nodes) if int(node) in junctions]
        for first, last in zip(cuts[:-1], cuts[1:], strict=True):
            stretch = nodes[first : last + 1]
            # a loop that leaves and meets the same junction is halved, or it could never be driven to
            halves = [stretch]
            if stretch[0] == stretch[-1] and len(stretch) > 2:
                middle = len(stretch) // 2
                halves = [stretch[: middle + 1], stretch[middle:]]
            pieces += [_Piece(way, part, forward, backward, residents) for part in halves]
    return pieces


def _links(
    pieces: Sequence[_Piece],
    osm: OsmData,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    position: dict[int, int],
    crs: CRS,
) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import shapely

    inside = _built_up(pieces, osm, x, y, position, crs)
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
            speed, speed_source = _speed(tags, along, bool(built_up))
            lanes = _lanes(tags, along, one_way)
            signal = any("traffic_signals" in osm.node_tags.get(int(n), {}).get("highway", "") for n in nodes[1:])
            capacity, capacity_source = _capacity(road, lanes, signal)
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
            }  # fmt: skip
            for key, value in values.items():
                rows[key].append(value)
            lines.append(line)
    table = gpd.GeoDataFrame(dict(rows), geometry=lines, crs=crs)
    return table.set_index("link")


def _built_up(
    pieces: Sequence[_Piece],
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


def read_speed(text: str) -> float | None:
    """Read a `maxspeed` value in km/h; None if it says nothing.

    Examples
    --------
    >>> read_speed("50"), round(read_speed("30 mph"), 3), read_speed("DE:urban"), read_speed("signals")
    (50.0, 48.28, 50.0, None)
    """
    speeds = []
    for part in text.split(";"):
        word = part.strip().casefold()
        if word in parameters.SPEED_WORDS:
            speeds.append(parameters.SPEED_WORDS[word])
            continue
        number = word.removesuffix("km/h").removesuffix("kmh").removesuffix("kph").removesuffix("mph").strip()
        try:
            value = float(number)
        except ValueError:
            continue
        if math.isfinite(value) and 1.0 <= value <= 250.0:
            speeds.append(value * parameters.KILOMETRES_PER_MILE if word.endswith("mph") else value)
    return min(speeds) if speeds else None


def _speed(tags: dict[str, str], along: bool, built_up: bool) -> tuple[float, str]:
    """Free-flow speed in km/h and where it comes from."""
    direction = "forward" if along else "backward"
    for key in (
        f"maxspeed:{direction}", "maxspeed", "zone:maxspeed", "maxspeed:type", "source:maxspeed", "zone:traffic",
    ):  # fmt: skip
        value = tags.get(key)
        speed = read_speed(value) if value else None
        if speed is not None:
            return speed, f"{key}={value}"
    road = parameters.ROAD_CLASSES[tags["highway"]]
    where, speed = ("inside", road.speed_inside) if built_up else ("outside", road.speed_outside)
    return speed, f"{tags['highway']} {where} a built-up area ({road.speed_origin})"


def _lanes(tags: dict[str, str], along: bool, one_way: bool) -> float:
    """Lanes in the direction of a link."""

    def number(key: str) -> float | None:
        try:
            value = float(tags[key].split(";")[0])
        except (KeyError, ValueError):
            return None
        return value if 1 <= value <= 12 else None

    told = number(f"lanes:{'forward' if along else 'backward'}")
    if told is not None:
        return told
    total = number("lanes")
    if total is None:
        return parameters.ROAD_CLASSES[tags["highway"]].lanes
    return total if one_way else max(1.0, total / 2)


def _capacity(road: str, lanes: float, signal: bool) -> tuple[float, str]:
    """Vehicles per hour and where the number comes from."""
    assumed = parameters.ROAD_CLASSES[road]
    if signal:
        share = parameters.GREEN_SHARE_MAJOR if road in parameters.MAJOR_CLASSES else parameters.GREEN_SHARE_MINOR
        per_lane = min(assumed.capacity, parameters.SATURATION_FLOW * share)
        if per_lane < assumed.capacity:
            return per_lane * lanes, f"signals: {parameters.SATURATION_FLOW:g} veh/h of green x {share:g} (assumed)"
    return assumed.capacity * lanes, assumed.capacity_origin


def _nodes(
    links: gpd.GeoDataFrame,
    osm: OsmData,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    position: dict[int, int],
    crs: CRS,
) -> gpd.GeoDataFrame:
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


def _forbidden_turns(osm: OsmData, links: gpd.GeoDataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Forbidden pairs of links, from restrictions over a node and from barriers."""
    import pandas as pd

    arriving: dict[int, list[tuple[str, int]]] = defaultdict(list)
    leaving: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for link, tail, head, way in zip(links.index, links["from_osm"], links["to_osm"], links["osm_way"], strict=True):
        arriving[head].append((link, way))
        leaving[tail].append((link, way))
    rows: dict[tuple[str, str], int] = {}
    outcome: Counter[str] = Counter()
    for restriction in osm.restrictions:
        result, pairs = _apply(restriction, arriving, leaving)
        outcome[result] += 1
        for pair in pairs:
            rows.setdefault(pair, restriction.id)
    roads = set(links["osm_way"])
    for node in _barriers(osm, [way for way in osm.roads if way.id in roads]):
        origin = links["from_osm"].to_dict()
        for before, _ in arriving[node]:
            for after, _ in leaving[node]:
                if links["to_osm"][after] != origin[before]:  # turning round is all a barrier allows
                    rows.setdefault((before, after), 0)
    pairs = sorted(rows)
    table = pd.DataFrame(
        {
            "from_link": pd.Series([before for before, _ in pairs], dtype=object),
            "to_link": pd.Series([after for _, after in pairs], dtype=object),
            "restriction": pd.Series([rows[pair] for pair in pairs], dtype="int64"),
        }
    )
    notes = [f"turn restrictions: {count} {result}" for result, count in sorted(outcome.items())]
    return table, notes


def _apply(
    restriction: OsmRestriction,
    arriving: dict[int, list[tuple[str, int]]],
    leaving: dict[int, list[tuple[str, int]]],
) -> tuple[str, list[tuple[str, str]]]:
    """What became of a restriction, and the pairs of links it forbids."""
    exempt = {part.strip() for part in restriction.tags.get("except", "").split(";")}
    if exempt & {"motorcar", "motor_vehicle", "vehicle"}:
        return "not used: cars are exempt", []
    if not restriction.kind.startswith(("no_", "only_")):
        return f"not used: kind {restriction.kind!r}", []
    if restriction.via_node is None:
        return "not used: over a way, not a node", []
    node = restriction.via_node
    before = [link for link, way in arriving[node] if way == restriction.from_way]
    after = [link for link, way in leaving[node] if way == restriction.to_way]
    if not before:
        return "not used: no car can come from its first road", []
    if len(before) > 1 or len(after) > 1:
        return "not used: ambiguous, a road passes its junction", []
    if restriction.kind.startswith("no_"):
        return ("applied", [(before[0], after[0])]) if after else ("not needed: no car can take its last road", [])
    if not after:
        return "not used: only_ leads into a road closed to cars", []
    return "applied", [(before[0], link) for link, _ in leaving[node] if link != after[0]]


def _keep_connected(
    links: gpd.GeoDataFrame, nodes: gpd.GeoDataFrame, turns: pd.DataFrame
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, pd.DataFrame, int]:
    number = dict(zip(nodes["osm_id"], range(len(nodes)), strict=True))
    links["from_node"] = links["from_osm"].map(number)
    links["to_node"] = links["to_osm"].map(number)
    kept = _connected(nodes, links, np.zeros(len(links), dtype=bool))
    stays = kept[links["from_node"].to_numpy()] & kept[links["to_node"].to_numpy()]
    nodes = nodes[kept].reset_index(drop=True)
    nodes.index.name = "node"
    dropped = int((~stays).sum())
    links = links[stays].copy()
    if links.empty:
        raise DataError("no two junctions of the road network can be reached from each other; the extract is too small")
    number = dict(zip(nodes["osm_id"], range(len(nodes)), strict=True))
    links["from_node"] = links["from_osm"].map(number).astype("int64")
    links["to_node"] = links["to_osm"].map(number).astype("int64")
    links = links.drop(columns=["from_osm", "to_osm"])
    order = ["from_node", "to_node", *[c for c in links.columns if c not in ("from_node", "to_node", "geometry")]]
    turns = turns[turns["from_link"].isin(links.index) & turns["to_link"].isin(links.index)].reset_index(drop=True)
    return links[[*order, "geometry"]], nodes, turns, dropped
