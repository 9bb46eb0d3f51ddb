"""Measures on roads: closing a section to through traffic, setting a speed.

Links keep their ids, so that flows of two scenarios compare link by link. Which links are meant is said by street
name, by an area or a section, by road class or by link id.
"""

from __future__ import annotations

import difflib
import heapq
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import shapely
from numpy.typing import NDArray

from twin.city.city import City
from twin.errors import InputError
from twin.scenario.areas import Area, AreaLike, read_area
from twin.scenario.measures.measure import check_cost, footprint, needs_network
from twin.units import Quantity, to_si

if TYPE_CHECKING:
    import geopandas as gpd

    from twin.city.roads import RoadNetwork
    from twin.compare.variant import MeasureRecord

_TOUCHED = 1.0
"""Length of a link that must lie in a section for the link to be closed there, m."""


@dataclass(frozen=True)
class CloseRoad:
    """A closed section, see `close_road`."""

    name: str | None
    section: Area | None
    between: tuple[str, str] | None
    links: tuple[str, ...] | None
    cost: float | None = None
    kind: ClassVar[str] = "close_road"

    def apply(self, city: City) -> tuple[City, MeasureRecord]:
        """Return the city with the section closed, and the record of its links.

        Raises
        ------
        InputError
            If the city has no roads, or none that is meant.
        """
        from twin.city.roads import close_links
        from twin.compare.variant import MeasureRecord

        network = needs_network(city, "close_road")
        table = network.links
        chosen = _by_name_or_id(table, self.name, self.links, "close_road")
        if self.section is not None:
            place = self.section.within(city.spec.crs)
            chosen = chosen & (_length_inside(table, place) > _TOUCHED)
            _refuse_none(chosen, f"close_road: no link{_of(self.name)} runs through the section")
        if self.between is not None:
            assert self.name is not None
            chosen = chosen & _between(network, chosen, self.name, self.between)
        closed = table["closed"].to_numpy(dtype=bool)
        earlier = int((chosen & closed).sum())
        _refuse_none(chosen & ~closed, f"close_road: every link{_of(self.name)} chosen is closed already")
        chosen = chosen & ~closed
        ids = table.index[chosen].tolist()
        changed = city.with_changes(network=close_links(network, ids))
        streets = _streets(table[chosen])
        record = MeasureRecord(
            kind=self.kind,
            title_en=f"{streets}: {_one_way_length(table[chosen]):.0f} m closed to through traffic",
            title_de=f"{streets}: {_one_way_length(table[chosen]):.0f} m für den Durchgangsverkehr gesperrt",
            footprint=footprint(city, table.geometry[chosen], link=ids),
            changes=("network",),
            cost=self.cost,
            notes=(f"{earlier} of its links were closed already",) if earlier else (),
            notes_de=(f"{earlier} Abschnitte und Richtungen waren schon gesperrt",) if earlier else (),
        )
        return changed, record


@dataclass(frozen=True)
class SetSpeed:
    """A lower speed on some streets, see `set_speed`; speed in m/s."""

    area: Area | None
    name: str | None
    classes: tuple[str, ...] | None
    speed: float
    cost: float | None = None
    kind: ClassVar[str] = "set_speed"

    def apply(self, city: City) -> tuple[City, MeasureRecord]:
        """Return the city with the speed set, and the record of its links.

        Raises
        ------
        InputError
            If the city has no roads, or none that is meant.
        """
        from twin.city.roads import set_speed as set_link_speed
        from twin.compare.variant import MeasureRecord

        network = needs_network(city, "set_speed")
        table = network.links
        chosen = _by_name_or_id(table, self.name, None, "set_speed")
        if self.classes is not None:
            classes = table["road_class"].to_numpy(dtype=str)
            unknown = sorted(set(self.classes) - set(classes))
            if unknown:
                raise InputError(
                    f"set_speed: no road has class {unknown[0]!r}; classes here: {', '.join(sorted(set(classes)))}"
                )
            chosen = chosen & np.isin(classes, self.classes)
        if self.area is not None:
            inside = _length_inside(table, self.area.within(city.spec.crs))
            chosen = chosen & (inside >= 0.5 * table.geometry.length.to_numpy())
        _refuse_none(chosen, "set_speed: no link has half its length in the area, with the name and classes asked for")
        # a limit binds who drives faster; it makes nobody faster
        faster = table["free_flow_speed"].to_numpy(dtype=float) > self.speed * (1 + 1e-9)
        slow = chosen & ~faster
        kmh = f"{self.speed * 3.6:.0f} km/h"
        _refuse_none(chosen & faster, f"set_speed: every link chosen is at {kmh} or below already")
        chosen = chosen & faster
        ids = table.index[chosen].tolist()
        length = _one_way_length(table[chosen])
        record = MeasureRecord(
            kind=self.kind,
            title_en=f"{kmh} on {length / 1000:.1f} km of street",
            title_de=f"Tempo {self.speed * 3.6:.0f} auf {length / 1000:.1f} km Straße".replace(".", ","),
            footprint=footprint(city, table.geometry[chosen], link=ids),
            changes=("network",),
            cost=self.cost,
            notes=(f"{slow.sum()} links at {kmh} or below stay as they are",) if slow.any() else (),
            notes_de=(f"{slow.sum()} Abschnitte und Richtungen mit höchstens {kmh} bleiben, wie sie sind",)
            if slow.any()
            else (),
        )
        return city.with_changes(network=set_link_speed(network, ids, self.speed)), record


def close_road(
    name: str | None = None,
    section: AreaLike | tuple[str, str] | None = None,
    links: Sequence[str] | None = None,
    *,
    cost: float | None = None,
) -> CloseRoad:
    """Close a section of a road to through traffic; residents along it still reach their homes.

    Parameters
    ----------
    name : str
        Street name, as on the map. Alone it closes the whole street.
    section : polygon in any form, or two street names
        Closes only what runs through the polygon, or what lies between two crossing streets.
    links : sequence of str
        Ids of links, instead of a name.
    cost : float, optional
        Cost of the measure in euro.

    Returns
    -------
    CloseRoad

    Raises
    ------
    InputError
        If nothing says which road, or two street names come without the street between them.

    Examples
    --------
    >>> close_road("Hauptstraße", section=("Bahnhofstraße", "Ringstraße")).between
    ('Bahnhofstraße', 'Ringstraße')
    """
    if name is None and section is None and links is None:
        raise InputError("close_road needs a name=, a section= or links=")
    if name is not None and links is not None:
        raise InputError("close_road needs a name= or links=, not both")
    between: tuple[str, str] | None = None
    area: Area | None = None
    if isinstance(section, (list, tuple)) and len(section) == 2 and all(isinstance(part, str) for part in section):
        between = (str(section[0]), str(section[1]))
        if name is None:
            raise InputError(f"close_road between {between[0]!r} and {between[1]!r} needs the name= of the street")
    elif section is not None:
        area = read_area(section, name="section")
    return CloseRoad(
        name=name,
        section=area,
        between=between,
        links=None if links is None else tuple(str(link) for link in links),
        cost=check_cost(cost, "close_road"),
    )


def set_speed(
    area: AreaLike | None = None,
    name: str | None = None,
    classes: Sequence[str] | None = None,
    *,
    speed: Quantity = "30 km/h",
    cost: float | None = None,
) -> SetSpeed:
    """Set a speed limit on the streets of an area, of a name or of some road classes (all that are given apply).

    Parameters
    ----------
    area : polygon in any form, optional
        Streets with at least half their length inside.
    name : str, optional
        Street name.
    classes : sequence of str, optional
        OpenStreetMap road classes, such as ``["residential", "tertiary"]``.
    speed : number (m/s) or text
        At least 5 km/h, at most 130 km/h. Streets that are slower already stay as they are.
    cost : float, optional
        Cost of the measure in euro.

    Returns
    -------
    SetSpeed

    Raises
    ------
    InputError
        If nothing says where, or the speed is out of range.

    Examples
    --------
    >>> round(set_speed(classes=["residential"], speed="30 km/h").speed, 2)
    8.33
    """
    if area is None and name is None and classes is None:
        raise InputError("set_speed needs an area=, a name= or classes=")
    metres = to_si(speed, "m/s", name="speed")
    if not 5 / 3.6 - 1e-9 <= metres <= 130 / 3.6 + 1e-9:
        raise InputError(f"speed is {speed!r}; it must lie between 5 km/h and 130 km/h (a bare number is m/s)")
    if isinstance(classes, str):
        classes = (classes,)
    return SetSpeed(
        area=None if area is None else read_area(area),
        name=name,
        classes=None if classes is None else tuple(classes),
        speed=metres,
        cost=check_cost(cost, "set_speed"),
    )


def _by_name_or_id(
    table: gpd.GeoDataFrame, name: str | None, links: Sequence[str] | None, what: str
) -> NDArray[np.bool_]:
    if links is not None:
        unknown = [link for link in links if link not in table.index]
        if unknown or not links:
            raise InputError(f"{what}: the network has no link {unknown[0] if unknown else links!r}")
        return np.asarray(table.index.isin(links))
    if name is None:
        return np.ones(len(table), dtype=bool)
    names = table["name"].astype(str)
    chosen = np.asarray(names.str.casefold() == name.strip().casefold())
    if not chosen.any():
        near = difflib.get_close_matches(name, sorted(set(names) - {""}), n=3, cutoff=0.5)
        hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else "; names are those of the map"
        raise InputError(f"{what}: no road is called {name!r}{hint}")
    return chosen


def _length_inside(table: gpd.GeoDataFrame, place: shapely.Geometry) -> NDArray[np.float64]:
    shapely.prepare(place)
    lines = table.geometry.values
    lengths = np.zeros(len(table))
    touching = shapely.intersects(place, lines)
    lengths[touching] = shapely.length(shapely.intersection(lines[touching], place))
    return lengths


def _between(
    network: RoadNetwork, chosen: NDArray[np.bool_], name: str, crossings: tuple[str, str]
) -> NDArray[np.bool_]:
    """Mark the links of a street on the shortest way along it between two crossing streets, in both directions."""
    table = network.links
    own = table[chosen]
    street_nodes = set(own["from_node"]) | set(own["to_node"])
    ends: list[set[int]] = []
    for crossing in crossings:
        other = table[_by_name_or_id(table, crossing, None, "close_road")]
        nodes = street_nodes & (set(other["from_node"]) | set(other["to_node"]))
        if not nodes:
            raise InputError(f"close_road: {name!r} and {crossing!r} have no junction in common")
        ends.append(nodes)
    neighbours: dict[int, list[tuple[float, int]]] = {}
    for start, end, length in zip(own["from_node"], own["to_node"], own["length"], strict=True):
        neighbours.setdefault(start, []).append((length, end))
        neighbours.setdefault(end, []).append((length, start))
    way = _shortest(neighbours, ends[0] - ends[1] or ends[0], ends[1])
    if len(way) < 2:
        raise InputError(f"close_road: {name!r} does not run from {crossings[0]!r} to {crossings[1]!r} in one piece")
    steps = {frozenset(pair) for pair in itertools.pairwise(way)}
    pairs = [frozenset(pair) for pair in zip(table["from_node"], table["to_node"], strict=True)]
    return np.asarray(chosen & np.array([pair in steps for pair in pairs], dtype=bool))


def _shortest(neighbours: dict[int, list[tuple[float, int]]], starts: set[int], ends: set[int]) -> list[int]:
    queue: list[tuple[float, int, tuple[int, ...]]] = [(0.0, node, (node,)) for node in sorted(starts)]
    heapq.heapify(queue)
    seen: set[int] = set()
    while queue:
        length, node, way = heapq.heappop(queue)
        if node in ends:
            return list(way)
        if node in seen:
            continue
        seen.add(node)
        for step, other in neighbours.get(node, ()):
            if other not in seen:
                heapq.heappush(queue, (length + step, other, (*way, other)))
    return []


def _refuse_none(chosen: NDArray[np.bool_], message: str) -> None:
    if not chosen.any():
        raise InputError(f"{message}; check the place on the map")


def _of(name: str | None) -> str:
    return "" if name is None else f" of {name!r}"


def _streets(links: gpd.GeoDataFrame) -> str:
    names = sorted({str(name) for name in links["name"]} - {""})
    if not names:
        return f"{len(links)} links"
    return ", ".join(names[:3]) + (f" (+{len(names) - 3})" if len(names) > 3 else "")


def _one_way_length(links: gpd.GeoDataFrame) -> float:
    """Length of the street, m: two directions between the same junctions count once."""
    pairs = [
        (*sorted(pair), round(length, 3))
        for *pair, length in zip(links["from_node"], links["to_node"], links["length"], strict=True)
    ]
    return float(sum(length for *_, length in set(pairs)))
