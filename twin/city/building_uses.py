"""What a building is used for and how high it is, from tags and codes, else by assumption.

What these functions assume they say, so that the city can flag it.
"""

from __future__ import annotations

from typing import Any

from twin.city.land_cover_tags import length

STOREY_HEIGHT = 3.0
"""Assumed height of a storey, floor to floor, m."""

ROOF_HEIGHT = 2.0
"""Assumed mean height of the roof of a small house above its eaves, m."""

OUTBUILDING_AREA = 50.0
"""Footprints smaller than this (m2) with the tag building=yes are taken as garages and sheds."""

# use -> OpenStreetMap values of `building`
_USES = {
    "residential": (
        "house detached semidetached_house semi terrace terraced_house residential apartments bungalow "
        "dormitory villa static_caravan cabin farm"
    ),
    "outbuilding": (
        "garage garages shed hut carport roof barn farm_auxiliary stable cowshed sty greenhouse container ruins "
        "storage_tank silo transformer_tower bunker entrance hangar toilets service allotment_house boathouse"
    ),
    "commercial": "commercial retail industrial warehouse office supermarket kiosk hotel manufacture",
    "public": (
        "school kindergarten university college hospital church chapel cathedral mosque synagogue public civic "
        "government townhall train_station fire_station sports_hall museum library theatre"
    ),
}
_USE_OF = {value: use for use, values in _USES.items() for value in values.split()}

# assumed height in m and storeys where neither height nor levels are tagged: mean of eaves and ridge
_ASSUMED = {
    "apartments": (12.0, 4),
    "dormitory": (12.0, 4),
    "bungalow": (5.0, 1),
    "static_caravan": (3.0, 1),
    "cabin": (3.0, 1),
    "church": (12.0, 1),
    "cathedral": (25.0, 1),
    "chapel": (7.0, 1),
    "barn": (8.0, 1),
    "farm_auxiliary": (6.0, 1),
    "stable": (6.0, 1),
    "cowshed": (6.0, 1),
    "hangar": (8.0, 1),
    "silo": (12.0, 1),
    "industrial": (8.0, 1),
    "warehouse": (8.0, 1),
    "supermarket": (6.0, 1),
    "office": (12.0, 4),
    "school": (9.0, 3),
    "hospital": (15.0, 5),
}
_ASSUMED_BY_USE = {
    "residential": (2 * STOREY_HEIGHT + ROOF_HEIGHT, 2),
    "outbuilding": (3.0, 1),
    "commercial": (7.0, 2),
    "public": (9.0, 2),
}


def osm_height(tags: dict[str, str], use: str) -> tuple[float, int, str]:
    """Return height above ground (m), storeys and where both come from, of a building in OpenStreetMap.

    Examples
    --------
    >>> osm_height({"building": "house", "height": "9.5"}, "residential")
    (9.5, 3, 'tag height')
    >>> osm_height({"building": "yes", "building:levels": "2"}, "residential")
    (8.0, 2, 'tag building:levels')
    >>> osm_height({"building": "garage"}, "outbuilding")
    (3.0, 1, 'assumed by type')
    """
    levels = length(tags.get("building:levels"))
    tagged = length(tags.get("height"))
    storeys = round(levels) if levels is not None and 0 < levels <= 100 else None
    if tagged is not None and 0 < tagged <= 400:
        return tagged, storeys or max(1, round(tagged / STOREY_HEIGHT)), "tag height"
    if storeys:
        return storeys * STOREY_HEIGHT + _roof_height(tags, use, storeys), storeys, "tag building:levels"
    height, assumed = _ASSUMED.get(tags["building"]) or _ASSUMED_BY_USE[use]
    return height, assumed, "assumed by type"


def _roof_height(tags: dict[str, str], use: str, storeys: int) -> float:
    """Return the mean height of a roof above its eaves, m: half of its own height, as it slopes."""
    if tags.get("roof:shape") == "flat":
        return 0.0
    ridge = length(tags.get("roof:height"))
    levels = length(tags.get("roof:levels"))
    if ridge is not None and ridge <= 100:
        return ridge / 2
    if levels is not None and 0 < levels <= 10:  # storeys under the roof are not among building:levels
        return levels * STOREY_HEIGHT / 2
    return ROOF_HEIGHT if use == "residential" and storeys <= 3 else 0.0


def use_of_function(function: Any) -> str:
    """Read the German function codes (31001_1000 ...) of a 3-D city model; ``"unknown"`` for any other.

    Examples
    --------
    >>> use_of_function("31001_2463"), use_of_function("1000")
    ('outbuilding', 'unknown')
    """
    catalogue, _, digits = str(function or "").rpartition("_")
    if catalogue != "31001" or not digits.isdigit() or len(digits) != 4:
        return "unknown"
    # AdV catalogue of building functions: 1xxx dwelling (1313 garden shed), 2xxx economy (246x parking, 272x barns)
    if digits.startswith("246") or digits in ("1313", "2721", "2723", "2724", "2726"):
        return "outbuilding"
    return {"1": "residential", "2": "commercial", "3": "public"}.get(digits[0], "unknown")


def use_of_tags(tags: dict[str, str], area: float) -> str:
    """Tell a building's use from its OpenStreetMap tags, and from its area (m2) where they only say ``yes``.

    Examples
    --------
    >>> use_of_tags({"building": "yes"}, 30.0), use_of_tags({"building": "yes"}, 120.0)
    ('outbuilding', 'residential')
    """
    value = tags.get("building", "yes")
    if value in _USE_OF:
        return _USE_OF[value]
    if any(key in tags for key in ("shop", "office", "craft", "tourism")):
        return "commercial"
    if "amenity" in tags or "historic" in tags:
        return "public"
    return "outbuilding" if area < OUTBUILDING_AREA else "residential"
