"""Who may use a road: cars, bicycles, pedestrians; in which direction, past which barriers, how fast.

A tag for the mode itself wins over one for a group of vehicles, that over `access`, and all of them over what the class
of road means in German law.

Sources
[StVO] German road traffic regulations: section 18(1) and (9) motorways and roads for motor vehicles only (signs 330.1,
       331.1) are closed to bicycles and pedestrians; annex 2 signs 237 (cycle path, no others), 238 (bridle path, none
       but riders), 239 (footpath, no vehicles), 242.1 (pedestrian zone, no vehicles), 220 (one-way streets bind
       cyclists too, unless a sign lets them in); section 2(4) a cycle path with sign 237, 240 or 241 must be used.
[OSM]  OpenStreetMap wiki, "OSM tags for routing/Access restrictions", Germany; "Key:access"; "Key:oneway:bicycle";
       "Bicycle" (contraflow as `cycleway=opposite...`); "Key:barrier".
[S]    Schleinitz, Petzoldt, Franke-Bartholdt, Krems & Gehlert (2017), Safety Science 92, 290-297: bicycles without
       motor move at 15.3 km/h on average.
[W]    Weidmann (1993), Transporttechnik der Fussgaenger, IVT ETH Zuerich 90: 1.34 m/s on the level, 0.61 m/s
       horizontally up stairs.
"""

from __future__ import annotations

from dataclasses import dataclass

from twin.city import road_parameters as parameters
from twin.city import road_tags

_NO_WHEELS = frozenset({"footway", "pedestrian", "steps", "corridor", "platform", "bridleway"})
_NO_FEET = frozenset({"cycleway", "bridleway"})
_NOBODY = frozenset({"motorway", "motorway_link", "busway", "bus_guideway", "raceway"})
_PATHS = ("track", "path", "cycleway", "footway", "pedestrian", "bridleway", "busway", "bus_guideway")

CYCLING_SPEED = 15.3 / 3.6
"""m/s [S]."""

WALKING_SPEED = 1.34
"""m/s on the level [W]."""

STAIR_SPEED = 0.61
"""m/s, horizontally, up stairs [W]."""


@dataclass(frozen=True)
class Mode:
    """A way to move.

    name : ``"car"``, ``"bicycle"`` or ``"foot"``
    classes : `highway` values it can use
    keys : tags that decide, the most specific first
    closed : `highway` values that only a tag for the mode itself opens
    barriers : values of `barrier` at a node that stop it
    """

    name: str
    classes: tuple[str, ...]
    keys: tuple[str, ...]
    closed: frozenset[str] = frozenset()
    barriers: frozenset[str] = frozenset()


MODES: dict[str, Mode] = {
    "car": Mode(
        "car",
        tuple(parameters.ROAD_CLASSES),
        parameters.ACCESS_KEYS,
        barriers=frozenset(parameters.BLOCKING_BARRIERS),
    ),
    "bicycle": Mode(
        "bicycle",
        (*parameters.ROAD_CLASSES, *_PATHS),
        ("bicycle", "vehicle", "access"),
        closed=_NO_WHEELS | _NOBODY,
        barriers=frozenset({"stile", "turnstile", "kissing_gate", "full-height_turnstile", "debris", "log"}),
    ),
    "foot": Mode(
        "foot",
        (*parameters.ROAD_CLASSES, *_PATHS, "steps", "corridor", "platform"),
        ("foot", "access"),
        closed=_NO_FEET | _NOBODY,
    ),
}
"""The modes a network can be built for."""


def access(tags: dict[str, str], mode: str) -> str:
    """Return ``"open"``, ``"residents"`` (only with a destination there) or ``"closed"``.

    Also closed: where one must use a path beside the road (`use_sidepath`) or get off the bicycle (`dismount`).

    Examples
    --------
    >>> access({"highway": "footway"}, "bicycle"), access({"highway": "footway", "bicycle": "yes"}, "bicycle")
    ('closed', 'open')
    >>> access({"highway": "trunk", "motorroad": "yes"}, "foot"), access({"highway": "track"}, "foot")
    ('closed', 'open')
    """
    if mode == "car":
        return road_tags.access(tags)
    known = MODES[mode]
    own = tags.get(mode)
    if own is None and (tags.get("highway") in known.closed or tags.get("motorroad") == "yes"):
        return "closed"
    for key in known.keys:
        value = tags.get(key)
        if value is None:
            continue
        values = {part.strip() for part in value.split(";")}
        if values & {*parameters.ACCESS_OPEN}:
            return "open"
        return "residents" if values & {*parameters.ACCESS_RESIDENTS} else "closed"
    return "open"


def why_closed(tags: dict[str, str], mode: str) -> str:
    """Return the tag that keeps a mode out.

    Examples
    --------
    >>> why_closed({"highway": "service", "access": "no"}, "car"), why_closed({"highway": "steps"}, "bicycle")
    ('access=no', 'highway=steps')
    """
    for key in MODES[mode].keys:
        if key in tags:
            return f"{key}={tags[key]}"
    return "motorroad=yes" if tags.get("motorroad") == "yes" else f"highway={tags.get('highway')}"


def directions(tags: dict[str, str], mode: str) -> tuple[bool, bool]:
    """Return whether a mode may move along and against the way.

    Examples
    --------
    >>> street = {"highway": "residential", "oneway": "yes"}
    >>> directions(street, "bicycle"), directions(street | {"cycleway": "opposite"}, "bicycle")
    ((True, False), (True, True))
    >>> directions(street, "foot")
    (True, True)
    """
    if mode == "car":
        return road_tags.directions(tags)
    if mode == "foot":
        value = tags.get("oneway:foot", "")
        return (value != "-1", value not in ("yes", "true", "1"))
    if "oneway:bicycle" in tags:
        # "no" frees cyclists from the roundabout's or street's rule, "-1" sends them the other way
        return road_tags.directions({"oneway": tags["oneway:bicycle"]})
    along, against = road_tags.directions({key: value for key, value in tags.items() if key in _ONE_WAY})
    if along and against:
        return True, True
    if any(tags.get(key, "").startswith("opposite") for key in _CYCLEWAYS):
        return True, True
    for side in ("left", "right", "both"):
        # a cycle path of its own on one side that may be ridden both ways, or against the street
        value = tags.get(f"cycleway:{side}:oneway", "")
        if value == "no":
            return True, True
        if value == "-1":
            return (True, True) if along else (along, against)
        if value == "yes" and not along:
            return True, True
    return along, against


_ONE_WAY = ("highway", "junction", "oneway", "oneway:vehicle")
_CYCLEWAYS = ("cycleway", "cycleway:left", "cycleway:right", "cycleway:both")


def blocks(tags: dict[str, str], mode: str) -> bool:
    """Return whether a node with these tags stops a mode.

    Examples
    --------
    >>> blocks({"barrier": "bollard"}, "car"), blocks({"barrier": "bollard"}, "bicycle")
    (True, False)
    """
    if mode == "car":
        return road_tags.blocks(tags)
    if "barrier" not in tags:
        return False
    known = MODES[mode]
    if any(key in tags for key in known.keys):
        return access(tags, mode) == "closed"
    return tags["barrier"] in known.barriers


def speed(tags: dict[str, str], mode: str) -> tuple[float, str]:
    """Return the speed of a cyclist or pedestrian in km/h and where it comes from.

    Examples
    --------
    >>> round(speed({"highway": "steps"}, "foot")[0], 2)
    2.2
    """
    if mode == "bicycle":
        return CYCLING_SPEED * 3.6, "mean of cyclists (Schleinitz et al. 2017)"
    if tags.get("highway") == "steps":
        return STAIR_SPEED * 3.6, "mean of pedestrians up stairs (Weidmann 1993)"
    return WALKING_SPEED * 3.6, "mean of pedestrians (Weidmann 1993)"
