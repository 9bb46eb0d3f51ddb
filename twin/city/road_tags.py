"""What the tags of a road or a node say about cars: access, direction, speed, lanes, capacity.

Tags win over assumptions; where they are silent the numbers of `road_parameters` stand in, and the source is named.
"""

from __future__ import annotations

import math
import re

from twin.city import road_parameters as parameters


def access(tags: dict[str, str]) -> str:
    """Return ``"open"``, ``"residents"`` or ``"closed"`` for cars.

    Examples
    --------
    >>> access({"access": "no", "motor_vehicle": "destination"})
    'residents'
    """
    for key in parameters.ACCESS_KEYS:
        value = tags.get(key)
        if value is None:
            continue
        values = {part.strip() for part in value.split(";")}
        if values & set(parameters.ACCESS_OPEN):
            return "open"
        return "residents" if values & set(parameters.ACCESS_RESIDENTS) else "closed"
    return "open"


def blocks(tags: dict[str, str]) -> bool:
    """Return whether a node with these tags stops cars.

    Examples
    --------
    >>> blocks({"barrier": "bollard"}), blocks({"barrier": "gate"}), blocks({"barrier": "gate", "access": "no"})
    (True, False, True)
    """
    told = any(key in tags for key in parameters.ACCESS_KEYS)
    if "barrier" not in tags:
        return False
    return access(tags) == "closed" if told else tags["barrier"] in parameters.BLOCKING_BARRIERS


def directions(tags: dict[str, str]) -> tuple[bool, bool]:
    """Return whether cars may drive along and against the way.

    Examples
    --------
    >>> directions({"highway": "motorway"}), directions({"highway": "residential", "oneway": "-1"})
    ((True, False), (False, True))
    """
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


def read_speed(text: str) -> float | None:
    """Read a `maxspeed` value in km/h; None if it says nothing.

    Examples
    --------
    >>> read_speed("50"), round(read_speed("30 mph"), 3), read_speed("DE:urban"), read_speed("signals")
    (50.0, 48.28, 50.0, None)
    >>> read_speed("DE:zone:30"), read_speed("DE:20"), read_speed("walk")
    (30.0, 20.0, 7.0)
    """
    speeds = []
    for part in text.split(";"):
        word = part.strip().casefold()
        if word in parameters.SPEED_WORDS:
            speeds.append(parameters.SPEED_WORDS[word])
            continue
        zone = re.fullmatch(r"de:(?:zone:?)?(\d{1,3})", word)  # as zone:maxspeed and maxspeed:type have it
        word = zone.group(1) if zone else word
        number = word.removesuffix("km/h").removesuffix("kmh").removesuffix("kph").removesuffix("mph").strip()
        try:
            value = float(number)
        except ValueError:
            continue
        if math.isfinite(value) and 1.0 <= value <= 250.0:
            speeds.append(value * parameters.KILOMETRES_PER_MILE if word.endswith("mph") else value)
    return min(speeds) if speeds else None


def speed(tags: dict[str, str], along: bool, built_up: bool) -> tuple[float, str]:
    """Return the free-flow speed in km/h and where it comes from.

    Examples
    --------
    >>> speed({"highway": "tertiary", "maxspeed:backward": "30"}, along=True, built_up=True)
    (50, 'tertiary inside a built-up area (assumed)')
    """
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


def lanes(tags: dict[str, str], along: bool, one_way: bool) -> float:
    """Return the lanes in the direction of a link.

    Examples
    --------
    >>> lanes({"highway": "primary", "lanes": "4"}, along=True, one_way=False)
    2.0
    """

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


def capacity(road: str, lanes: float, signal: bool) -> tuple[float, str]:
    """Return the capacity in vehicles per hour and where the number comes from.

    Examples
    --------
    >>> capacity("primary", 2.0, signal=True)
    (1620.0, 'signals: 1800 veh/h of green x 0.45 (assumed)')
    """
    assumed = parameters.ROAD_CLASSES[road]
    if signal:
        share = parameters.GREEN_SHARE_MAJOR if road in parameters.MAJOR_CLASSES else parameters.GREEN_SHARE_MINOR
        per_lane = min(assumed.capacity, parameters.SATURATION_FLOW * share)
        if per_lane < assumed.capacity:
            return per_lane * lanes, f"signals: {parameters.SATURATION_FLOW:g} veh/h of green x {share:g} (assumed)"
    return assumed.capacity * lanes, assumed.capacity_origin
