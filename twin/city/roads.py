"""The road network of a city: junctions, directed links, turn restrictions.

A link is one direction of a road between two junctions. Its id is stable: a scenario closes or slows a link, it never
removes one, so flows of two scenarios compare link by link. All functions return new networks.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from twin.city import road_links
from twin.city.road_connection import cut_off, keep_connected
from twin.city.road_modes import MODES
from twin.city.road_turns import forbidden_turns
from twin.errors import DataError, InputError, MissingDataError
from twin.geometry.records import OsmData, OsmWay, ReadReport, Refusal

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
        `bicycle`, `foot` (bool: cyclists, pedestrians may go this way, be it only to a destination there), `cycleway`,
        `sidewalk` (str, see `twin.city.road_sides`), `surface`, `smoothness` (str, the map's words, "" if none),
        `geometry` (line in driving direction)
    turns : DataFrame of forbidden turns; columns `from_link`, `to_link` (link ids), `restriction` (OSM id; 0 = barrier)
    report : what was found, used and left out, with reasons
    """

    nodes: gpd.GeoDataFrame
    links: gpd.GeoDataFrame
    turns: pd.DataFrame
    report: ReadReport = field(default_factory=lambda: ReadReport("road network"))


def build_road_network(
    osm: OsmData, crs: CRS | str | int, *, classes: Sequence[str] | None = None, mode: str = "car"
) -> RoadNetwork:
    """Build the network for motor traffic from an OpenStreetMap extract, or that for cycling or walking.

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
    classes : sequence of str, optional
        `highway` values to use, of `road_modes.MODES[mode].classes`; all of these if not given.
    mode : str
        ``"car"``, ``"bicycle"`` or ``"foot"``. For the latter two, paths, stairs and tracks count as far as they are
        open to them, one-way streets may be ridden against where the map allows it, speeds are means of cyclists and
        pedestrians, and `lanes` and `capacity` are NaN: such a network is for distances and reach, not for
        `twin.traffic.assign`. Who may use what: `twin.city.road_modes`.

    Returns
    -------
    RoadNetwork
        `report.found` counts roads of these classes, `report.refused` names those left out, `report.notes` says how
        many junctions there were, how many remain, and what became of the turn restrictions.

    Raises
    ------
    InputError
        If the mode or a class is unknown or the CRS is not metric.
    DataError
        If no road for the mode is left.

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
    import pyproj

    target = pyproj.CRS.from_user_input(crs)
    if not target.is_projected or abs(target.axis_info[0].unit_conversion_factor - 1.0) > 1e-12:
        raise InputError(f"the CRS is {target.name!r}; roads need a projected CRS in metres, such as EPSG:25832")
    if mode not in MODES:
        raise InputError(f"mode is {mode!r}; a network is built for {', '.join(map(repr, MODES))}")
    known = MODES[mode].classes
    wanted = known if classes is None else tuple(classes)
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise InputError(f"road class {unknown[0]!r} is unknown; known are {', '.join(known)}")

    candidates = [way for way in osm.roads if way.tags.get("highway") in wanted and len(way.nodes) > 1]
    refused: list[Refusal] = []
    ways = [way for way in candidates if road_links.admits(way, mode, refused)]
    x, y = road_links.project(osm, target)
    position = {int(node): i for i, node in enumerate(osm.node_id)}
    ways = [way for way in ways if road_links.is_complete(way, position, refused)]
    if not ways:
        traffic = {"car": "motor traffic", "bicycle": "bicycles", "foot": "pedestrians"}[mode]
        raise DataError(
            f"the extract has no road open to {traffic} (of {len(osm.roads)} ways with a highway tag, "
            f"{len(candidates)} are of the classes asked for, {len(refused)} of these are closed or incomplete)"
        )
    pieces = road_links.cut(ways, road_links.junctions(ways) | road_links.barriers(osm, ways, mode), mode)
    links = road_links.link_table(pieces, osm, x, y, position, target, mode)
    turns, turn_notes = forbidden_turns(osm, links, mode)
    nodes = road_links.node_table(links, osm, x, y, position, target)
    links, nodes, turns, dropped = keep_connected(links, nodes, turns)
    refused += [Refusal(link, "not connected both ways with the rest of the network") for link in dropped]
    notes = (
        f"{len(road_links.junctions(candidates))} junctions (nodes shared by roads or at their ends) on "
        f"{len(candidates)} roads of the classes asked for, whatever their access",
        f"the network has {len(nodes)} junctions and dead ends, {len(links)} directed links, "
        f"{int(nodes.gate.sum())} gates",
        f"{len(dropped)} directed links left out because they are not connected both ways with the rest",
        *turn_notes,
        *road_links.unheeded(ways),
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
        that traffic with a destination there may use them and no one may drive through; a gate counts as served from
        outside the extract. False closes all of them (a flooded road). What cannot arrive is reported as unserved
        demand by `twin.traffic.assign`.

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
        lost = cut_off(network.nodes, network.links, table["closed"].to_numpy(dtype=bool))
        serves = np.isin(table["from_node"], lost) | np.isin(table["to_node"], lost)
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
