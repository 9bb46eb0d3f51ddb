"""Which OpenStreetMap ways are roads, areas or lines: the tagging rules in one place.

Every function looks at the tags of one way, and whether it ends where it began, and answers yes or no.
Reference: OpenStreetMap wiki, "Map features" and "Overpass turbo/Polygon Features".
"""

from __future__ import annotations

from collections.abc import Mapping

# keys that make a closed way an area, with the values that stay lines even when closed
_AREA_KEYS: dict[str, frozenset[str]] = {
    "building": frozenset({"no"}),
    "landuse": frozenset({"no"}),
    "natural": frozenset({"no", "coastline", "cliff", "ridge", "arete", "tree_row", "valley"}),
    "leisure": frozenset({"no", "slipway", "track"}),
    "water": frozenset({"no"}),
    "amenity": frozenset({"no", "bench"}),
    "healthcare": frozenset({"no"}),
    "building:part": frozenset({"no"}),
}
_AREA_WATERWAYS = frozenset({"riverbank", "dock"})
_AREA_HIGHWAYS = frozenset({"services", "rest_area"})
_LINE_KEYS = ("waterway", "railway", "barrier")
_LINE_NATURAL = frozenset({"tree_row", "coastline", "cliff"})
_SPEAKING_OF_AREAS = frozenset({*_AREA_KEYS, "waterway", "highway"})
_SPEAKING_OF_LINES = frozenset({*_LINE_KEYS, "natural"})
_MUTE_KEYS = frozenset({"created_by", "source", "note", "fixme", "FIXME", "attribution", "type", "source:date"})


def has_area_key(tags: Mapping[str, str]) -> bool:
    """Tell whether the tags describe something that covers ground.

    Examples
    --------
    >>> has_area_key({"landuse": "forest"}), has_area_key({"natural": "tree_row"})
    (True, False)
    """
    if _SPEAKING_OF_AREAS.isdisjoint(tags):
        return False
    for key, lines in _AREA_KEYS.items():
        value = tags.get(key)
        if value is not None and (value not in lines or (value == "track" and tags.get("area") == "yes")):
            return True
    highway = tags.get("highway")
    return tags.get("waterway") in _AREA_WATERWAYS or (
        highway is not None and (highway in _AREA_HIGHWAYS or tags.get("area") == "yes")
    )


def is_area(closed: bool, tags: Mapping[str, str]) -> bool:
    """Tell whether a way is the outline of an area: closed, with an area tag, not ``area=no``.

    Examples
    --------
    >>> is_area(True, {"building": "yes"})
    True
    """
    return closed and tags.get("area") != "no" and has_area_key(tags)


def is_road(closed: bool, tags: Mapping[str, str]) -> bool:
    """Tell whether a way carries traffic along its line; a closed way with ``area=yes`` does not.

    Examples
    --------
    >>> is_road(False, {"highway": "residential"})
    True
    >>> is_road(True, {"highway": "pedestrian", "area": "yes"})
    False
    """
    highway = tags.get("highway")
    if highway is None or highway == "no":
        return False
    return not (closed and (tags.get("area") == "yes" or highway in _AREA_HIGHWAYS))


def is_line(tags: Mapping[str, str]) -> bool:
    """Tell whether a way is a waterway, railway, barrier, tree row, cliff or coastline.

    Examples
    --------
    >>> is_line({"waterway": "stream"}), is_line({"waterway": "riverbank"})
    (True, False)
    """
    if _SPEAKING_OF_LINES.isdisjoint(tags):
        return False
    if tags.get("natural") in _LINE_NATURAL:
        return True
    return any(tags.get(key, "no") != "no" for key in _LINE_KEYS) and tags.get("waterway") not in _AREA_WATERWAYS


def speaking_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Return the tags that say what a thing is, without those about its editing.

    Examples
    --------
    >>> speaking_tags({"created_by": "JOSM", "highway": "bus_stop"})
    {'highway': 'bus_stop'}
    """
    return {key: value for key, value in tags.items() if key not in _MUTE_KEYS}
