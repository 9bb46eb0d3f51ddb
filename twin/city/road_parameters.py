"""Speeds, capacities and lanes by road class, and which tags mean what: the assumptions behind a road network.

Every number carries its source. They stand in for what a map does not say; where the map says it (maxspeed, lanes),
the map wins and the link's `speed_source` tells so.

Sources
[HCM] Transportation Research Board: Highway Capacity Manual, 2010 and 6th edition (2016). Freeways 2,400 pc/h per lane
      at 70 mph and more; two-lane highways 1,700 pc/h per direction; signals 1,900 pc/h of green per lane.
[MS]  Horni, Nagel & Axhausen (2016), The Multi-Agent Transport Simulation MATSim, doi:10.5334/baw: defaults for
      OpenStreetMap classes (vehicles per hour and lane: motorway 2000, trunk 2000, links and primary 1500, secondary
      1000, tertiary, unclassified and residential 600, living street 300).
[StVO] German road traffic regulations, section 3(3): 50 km/h inside, 100 km/h outside built-up areas; section 42
      annex 3: walking speed in a living street; recommended 130 km/h on motorways (Autobahn-
      Richtgeschwindigkeits-Verordnung).
[A]   our assumption: typical speeds of driving where the legal limit is not what the road allows.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RoadClass:
    """What is assumed of one OpenStreetMap `highway` value.

    speed_inside, speed_outside : km/h, inside and outside built-up areas
    capacity : vehicles per hour and lane
    lanes : per direction
    speed_origin, capacity_origin : key of the source, as in the module's list
    """

    speed_inside: float
    speed_outside: float
    capacity: float
    lanes: float
    speed_origin: str
    capacity_origin: str


_HCM_TWO_LANE = "HCM: 1,700 pc/h per direction, less 12 % for heavy vehicles; MATSim default"
_MATSIM = "MATSim default"

ROAD_CLASSES: dict[str, RoadClass] = {
    "motorway": RoadClass(130, 130, 2000, 2, "StVO", "HCM: 2,400 pc/h, 12 % heavy vehicles; MATSim default"),
    "motorway_link": RoadClass(60, 60, 1500, 1, "assumed", _MATSIM),
    "trunk": RoadClass(50, 100, 2000, 1, "StVO", _MATSIM),
    "trunk_link": RoadClass(50, 60, 1500, 1, "assumed", _MATSIM),
    "primary": RoadClass(50, 100, 1500, 1, "StVO", _HCM_TWO_LANE),
    "primary_link": RoadClass(50, 60, 1500, 1, "assumed", _MATSIM),
    "secondary": RoadClass(50, 100, 1000, 1, "StVO", _MATSIM),
    "secondary_link": RoadClass(50, 60, 1000, 1, "assumed", _MATSIM),
    "tertiary": RoadClass(50, 80, 600, 1, "assumed", _MATSIM),
    "tertiary_link": RoadClass(50, 60, 600, 1, "assumed", _MATSIM),
    "unclassified": RoadClass(50, 60, 600, 1, "assumed", _MATSIM),
    "residential": RoadClass(30, 50, 600, 1, "assumed", _MATSIM),
    "living_street": RoadClass(7, 7, 300, 1, "StVO", _MATSIM),
    "service": RoadClass(15, 20, 300, 1, "assumed", "as a living street (assumed)"),
    "road": RoadClass(30, 50, 600, 1, "assumed", "as a residential street (assumed)"),
}
"""Classes for motor traffic. Not in it, on purpose: track, path, footway, cycleway, pedestrian, steps, busway."""

MAJOR_CLASSES = (
    "motorway",
    "motorway_link",
    "trunk",
    "trunk_link",
    "primary",
    "primary_link",
    "secondary",
    "secondary_link",
)
"""Classes on whose links a driver does not turn round."""

GATE_CLASSES = ("motorway", "motorway_link", "trunk", "trunk_link", "primary", "secondary", "tertiary", "unclassified")
"""Classes whose dead ends at the edge of an extract are taken to lead on."""

SPEED_WORDS = {  # km/h
    "none": 130.0,  # [StVO] recommended speed
    "walk": 7.0,  # upper end of what German courts call walking speed (4 to 7 km/h)
    "de:urban": 50.0,
    "de:rural": 100.0,
    "de:motorway": 130.0,
    "de:living_street": 7.0,
    "de:zone30": 30.0,
    "de:zone:30": 30.0,
    "de:bicycle_road": 30.0,
}
"""What the words of `maxspeed` and `source:maxspeed` mean in Germany, km/h ([StVO])."""

KILOMETRES_PER_MILE = 1.609344

SATURATION_FLOW = 1800.0
"""Vehicles per hour of green and lane; [HCM] 1,900 pc/h less 5 % for heavy vehicles."""

GREEN_SHARE_MAJOR = 0.45
GREEN_SHARE_MINOR = 0.35
"""Share of green at signals [A]: two main phases share a 90 s cycle after 2 x 6 s of clearance, main road favoured."""

ACCESS_KEYS = ("motorcar", "motor_vehicle", "vehicle", "access")
"""Tags that decide about cars, the most specific first."""

ACCESS_RESIDENTS = ("destination", "private", "customers", "residents", "delivery", "permit", "permissive_destination")
"""Values that admit only traffic with a destination on the road."""

ACCESS_OPEN = ("yes", "permissive", "designated", "official", "public", "unknown")
"""Values that admit everyone; any value in neither list keeps cars out."""

BLOCKING_BARRIERS = ("bollard", "block", "cycle_barrier", "jersey_barrier", "log", "debris", "planter", "chain")
"""Values of `barrier` at a node that stop cars, unless an access tag of the node opens it."""
