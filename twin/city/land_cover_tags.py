"""What OpenStreetMap tags say about the ground: land-cover class, width and surface of roads, lengths.

Reference: OpenStreetMap wiki, "Map features". Widths of roads come from German guidelines where those give them; each
carries its source.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

Tags = Mapping[str, str]

# values that are not listed say nothing about the ground and are left out
LANDUSE_COVER = {
    "residential": "grass",
    "farmland": "cropland",
    "farm": "cropland",
    "vineyard": "shrub",
    "orchard": "grass",
    "meadow": "grass",
    "grass": "grass",
    "village_green": "grass",
    "recreation_ground": "grass",
    "greenfield": "grass",
    "allotments": "grass",
    "cemetery": "grass",
    "greenhouse_horticulture": "cropland",
    "plant_nursery": "cropland",
    "forest": "forest",
    "farmyard": "paving",
    "industrial": "paving",
    "commercial": "paving",
    "retail": "paving",
    "garages": "asphalt",
    "railway": "gravel",
    "quarry": "gravel",
    "construction": "bare_soil",
    "brownfield": "bare_soil",
    "landfill": "bare_soil",
    "reservoir": "water",
    "basin": "water",
}
_NATURAL = {
    "wood": "forest",
    "scrub": "shrub",
    "heath": "shrub",
    "grassland": "grass",
    "fell": "grass",
    "wetland": "grass",
    "water": "water",
    "sand": "bare_soil",
    "mud": "bare_soil",
    "bare_rock": "gravel",
    "scree": "gravel",
    "shingle": "gravel",
    "beach": "bare_soil",
}
_LEISURE = {
    "park": "grass",
    "garden": "grass",
    "common": "grass",
    "golf_course": "grass",
    "pitch": "grass",
    "playground": "grass",
    "dog_park": "grass",
    "nature_reserve": None,
    "swimming_pool": "water",
    "track": "paving",
}
_AMENITY = {"parking": "asphalt", "marketplace": "paving", "fuel": "asphalt", "bicycle_parking": "paving"}
_SURFACE = {
    "asphalt": "asphalt",
    "paved": "asphalt",
    "concrete": "asphalt",
    "concrete:plates": "asphalt",
    "paving_stones": "paving",
    "sett": "paving",
    "cobblestone": "paving",
    "unhewn_cobblestone": "paving",
    "concrete:lanes": "paving",
    "gravel": "gravel",
    "fine_gravel": "gravel",
    "compacted": "gravel",
    "pebblestone": "gravel",
    "unpaved": "gravel",
    "ground": "bare_soil",
    "dirt": "bare_soil",
    "earth": "bare_soil",
    "mud": "bare_soil",
    "sand": "bare_soil",
    "grass": "grass",
    "grass_paver": "grass",
}


@dataclass(frozen=True)
class RoadSurface:
    """Usual width of a road's paved part, m, its class of surface, and where the width comes from."""

    width: float
    cover: str
    source: str


_RAA = "RAA 2008 (FGSV): carriageway of one direction, hard shoulder included"
_RAL = "RAL 2012 (FGSV): carriageway of a two-lane rural road"
_RAST = "RASt 06 (FGSV): carriageway by the vehicles that meet on it"
_ASSUMED = "assumed"

ROAD_SURFACES = {
    "motorway": RoadSurface(12.0, "asphalt", _RAA),
    "motorway_link": RoadSurface(6.0, "asphalt", _RAA),
    "trunk": RoadSurface(8.0, "asphalt", _RAL),
    "trunk_link": RoadSurface(6.0, "asphalt", _RAL),
    "primary": RoadSurface(8.0, "asphalt", _RAL),
    "primary_link": RoadSurface(6.0, "asphalt", _RAL),
    "secondary": RoadSurface(6.5, "asphalt", _RAST),
    "secondary_link": RoadSurface(5.5, "asphalt", _RAST),
    "tertiary": RoadSurface(6.0, "asphalt", _RAST),
    "tertiary_link": RoadSurface(5.5, "asphalt", _RAST),
    "unclassified": RoadSurface(5.0, "asphalt", _RAST),
    "residential": RoadSurface(5.5, "asphalt", _RAST),
    "living_street": RoadSurface(4.75, "paving", _RAST),
    "road": RoadSurface(5.0, "asphalt", _ASSUMED),
    "service": RoadSurface(3.5, "asphalt", _ASSUMED),
    "pedestrian": RoadSurface(5.0, "paving", _ASSUMED),
    "cycleway": RoadSurface(2.5, "asphalt", _RAST),
    "footway": RoadSurface(2.5, "paving", _RAST),
    "steps": RoadSurface(2.0, "paving", _ASSUMED),
    "track": RoadSurface(3.0, "gravel", _ASSUMED),
    "bridleway": RoadSurface(2.0, "bare_soil", _ASSUMED),
    "path": RoadSurface(1.5, "bare_soil", _ASSUMED),
}
"""Width and surface of roads that carry neither `width` nor `surface`."""

_TRACK_COVER = {"grade1": "asphalt", "grade2": "gravel", "grade3": "gravel", "grade4": "bare_soil", "grade5": "grass"}
WATER_WIDTHS = {"river": 10.0, "canal": 10.0, "stream": 1.5, "ditch": 1.0, "drain": 1.0}
BALLAST_WIDTH = 4.0
"""Width of the ballast of one track, m; standard-gauge ballast beds are 3.6 to 4.5 m wide at the base."""


def area_cover(tags: Tags) -> str | None:
    """Return the land-cover class of an area's tags, None if they do not say.

    Examples
    --------
    >>> area_cover({"landuse": "farmland"}), area_cover({"building": "yes"})
    ('cropland', None)
    """
    if tags.get("building", "no") not in ("no", ""):
        return None
    if "highway" in tags:
        return road_surface(tags).cover
    paved = _SURFACE.get(tags.get("surface", ""))
    for key, table in (("amenity", _AMENITY), ("leisure", _LEISURE), ("natural", _NATURAL), ("landuse", LANDUSE_COVER)):
        found = table.get(tags.get(key, ""))
        if found is not None:
            return paved if paved and found not in ("water", "forest") else found
    if tags.get("waterway") in ("riverbank", "dock") or "water" in tags:
        return "water"
    return None


def road_surface(tags: Tags) -> RoadSurface:
    """Return width and surface of a road: its own tags first, then what is usual for its class.

    Examples
    --------
    >>> road_surface({"highway": "residential"}).width
    5.5
    >>> road_surface({"highway": "track", "tracktype": "grade4", "width": "2,5 m"})
    RoadSurface(width=2.5, cover='bare_soil', source='tag width')
    """
    usual = ROAD_SURFACES.get(tags.get("highway", ""), RoadSurface(3.0, "asphalt", _ASSUMED))
    cover = usual.cover
    if tags.get("highway") == "track":
        cover = _TRACK_COVER.get(tags.get("tracktype", ""), cover)
    cover = _SURFACE.get(tags.get("surface", ""), cover)
    width, source = usual.width, usual.source
    tagged = length(tags.get("width"))
    if tagged is not None and 0.5 <= tagged <= 60:
        width, source = tagged, "tag width"
    return RoadSurface(width, cover, source)


def length(text: str | None) -> float | None:
    """Read a length in metres as OpenStreetMap writes it; None if it cannot be read.

    Examples
    --------
    >>> length("12.5"), length("12,5 m"), length("3 storeys"), length(None)
    (12.5, 12.5, None, None)
    """
    match = re.fullmatch(r"\s*(\d+(?:[.,]\d+)?)\s*(?:m|meters?|metres?)?\s*", text or "")
    return float(match[1].replace(",", ".")) if match else None


def is_underground(tags: Tags) -> bool:
    """Tell whether something lies below the ground; what bridges it is seen from above and counts.

    Examples
    --------
    >>> is_underground({"highway": "primary", "tunnel": "yes"}), is_underground({"bridge": "yes", "layer": "1"})
    (True, False)
    """
    return tags.get("tunnel", "no") not in ("no", "") or tags.get("location") == "underground"
