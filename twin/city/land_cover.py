"""Land cover from OpenStreetMap: which tags mean which class, and how wide a road is.

Polygons are painted from large to small, waters and paved areas above land use, roads above all of them; a cell takes
the class at its centre. What no polygon covers is taken as grass and counted, because maps leave open land white.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from twin.city.gridspec import GridSpec
from twin.city.rasterize import paint_polygons, reaching
from twin.city.surfaces import CODES

if TYPE_CHECKING:
    from twin.geometry.records import OsmData

Tags = Mapping[str, str]

YARD_SEALED = 0.25
"""Assumed sealed share of the open ground in residential areas (drives, terraces, paths). An assumption."""

# OpenStreetMap wiki, "Map features"; values that are not listed say nothing about the ground and are left out
_LANDUSE = {
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
_WATER_WIDTH = {"river": 10.0, "canal": 10.0, "stream": 1.5, "ditch": 1.0, "drain": 1.0}
_BALLAST_WIDTH = 4.0
"""Width of the ballast of one track, m; standard-gauge ballast beds are 3.6 to 4.5 m wide at the base."""


@dataclass(frozen=True)
class LandCover:
    """Land cover on a grid.

    cover : (rows, columns) uint8 codes
    sealed_fraction : (rows, columns) float32, NaN where the class says it
    mapped : (rows, columns) bool, cells whose centre some polygon, road or water covers
    woods : polygons of woods that reach the grid, in its CRS
    """

    cover: NDArray[np.uint8]
    sealed_fraction: NDArray[np.float32]
    mapped: NDArray[np.bool_]
    woods: tuple[Any, ...]


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
    for key, table in (("amenity", _AMENITY), ("leisure", _LEISURE), ("natural", _NATURAL), ("landuse", _LANDUSE)):
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


def land_cover_from_osm(osm: OsmData, spec: GridSpec) -> LandCover:
    """Paint the land cover of an OpenStreetMap extract onto a grid.

    Buildings are not painted here: a cell is roof where its centre lies in a building of the city.

    Parameters
    ----------
    osm : OsmData
        The extract, in longitude and latitude.
    spec : GridSpec
        The grid.

    Returns
    -------
    LandCover

    Examples
    --------
    >>> import geopandas as gpd
    >>> from twin.geometry.records import OsmData
    >>> none = gpd.GeoDataFrame({"osm_id": [], "tags": []}, geometry=[], crs=4326)
    >>> field = gpd.GeoDataFrame({"osm_id": ["w1"], "tags": [{"landuse": "farmland"}]},
    ...                          geometry=[shapely.box(8.9, 49.9, 9.1, 50.1)], crs=4326)
    >>> ids, places = np.zeros(0, np.int64), np.zeros(0)
    >>> osm = OsmData(ids, places, places, {}, (), (), field, none, none, None, None)
    >>> land_cover_from_osm(osm, GridSpec(500000, 5540000, 10.0, 1, 2, "EPSG:25832")).cover.tolist()
    [[7, 7]]
    """
    project = projection(spec)
    shapes, covers, sealed, woods = [], [], [], []
    areas = project(np.asarray(osm.areas.geometry.values, dtype=object))
    order = np.argsort(-shapely.area(areas), kind="stable") if len(areas) else np.zeros(0, np.int64)
    tags_of = list(osm.areas["tags"]) if len(areas) else []
    late: list[int] = []
    for row in order:
        cover = area_cover(tags_of[row])
        if cover is None or is_underground(tags_of[row]):
            continue
        if cover == "forest":
            woods.append(areas[row])
        if cover in ("water", "asphalt", "paving") and tags_of[row].get("landuse") not in _LANDUSE:
            late.append(int(row))
            continue
        shapes.append(areas[row])
        covers.append(CODES[cover])
        sealed.append(YARD_SEALED if tags_of[row].get("landuse") == "residential" and cover == "grass" else np.nan)
    for row in late:
        shapes.append(areas[row])
        covers.append(CODES[str(area_cover(tags_of[row]))])
        sealed.append(np.nan)
    for shape, cover in [*_lines(osm, spec), *_roads(osm, spec)]:
        shapes.append(shape)
        covers.append(CODES[cover])
        sealed.append(np.nan)

    winner = paint_polygons(shapes, np.arange(1, len(shapes) + 1), spec)
    cover_of = np.array([CODES["grass"], *covers], np.uint8)
    sealed_of = np.array([np.nan, *sealed], np.float32)
    frame = shapely.box(*spec.bounds)
    here = tuple(wood for wood in woods if shapely.intersects(wood, frame))
    return LandCover(cover_of[winner], sealed_of[winner], winner > 0, here)


def projection(spec: GridSpec) -> Any:
    """Return a function that projects an array of longitude-latitude geometries to the grid's CRS.

    Examples
    --------
    >>> project = projection(GridSpec(0, 1, 1.0, 1, 1, "EPSG:25832"))
    >>> project(np.array([shapely.Point(9.0, 0.0)], dtype=object))[0].wkt  # on the central meridian, at the equator
    'POINT (500000 0)'
    """
    transformer = Transformer.from_crs("EPSG:4326", spec.crs, always_xy=True)

    def project(geometries: NDArray[Any]) -> NDArray[Any]:
        if len(geometries) == 0:
            return geometries

        def move(xy: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))

        return np.asarray(shapely.transform(geometries, move), dtype=object)

    return project


def is_underground(tags: Tags) -> bool:
    """Tell whether something lies below the ground; what bridges it is seen from above and counts.

    Examples
    --------
    >>> is_underground({"highway": "primary", "tunnel": "yes"}), is_underground({"bridge": "yes", "layer": "1"})
    (True, False)
    """
    return tags.get("tunnel", "no") not in ("no", "") or tags.get("location") == "underground"


def _lines(osm: OsmData, spec: GridSpec) -> list[tuple[Any, str]]:
    found, geometries = [], []
    for tags, line in zip(osm.lines["tags"], osm.lines.geometry, strict=True) if len(osm.lines) else ():
        if is_underground(tags):
            continue
        if tags.get("railway") in ("rail", "light_rail", "narrow_gauge"):
            found.append((_BALLAST_WIDTH, "gravel"))
        elif tags.get("waterway") in _WATER_WIDTH:
            found.append((length(tags.get("width")) or _WATER_WIDTH[tags["waterway"]], "water"))
        else:
            continue
        geometries.append(line)
    return _buffered(np.array(geometries, dtype=object), found, spec)


def _roads(osm: OsmData, spec: GridSpec) -> list[tuple[Any, str]]:
    found, geometries, rank = [], [], []
    wideness = list(ROAD_SURFACES)
    for way in osm.roads:
        if is_underground(way.tags) or way.tags.get("highway") not in ROAD_SURFACES or len(way.nodes) < 2:
            continue
        rows = np.searchsorted(osm.node_id, way.nodes)
        surface = road_surface(way.tags)
        found.append((surface.width, surface.cover))
        geometries.append(shapely.LineString(np.column_stack([osm.node_lon[rows], osm.node_lat[rows]])))
        rank.append(-wideness.index(way.tags["highway"]))
    order = np.argsort(rank, kind="stable")  # the larger road is painted last
    shapes = np.array(geometries, dtype=object)[order] if len(order) else np.array([], dtype=object)
    return _buffered(shapes, [found[row] for row in order], spec)


def _buffered(lines: NDArray[Any], found: list[tuple[float, str]], spec: GridSpec) -> list[tuple[Any, str]]:
    """Widen those lines, given in longitude and latitude, that may reach the grid."""
    if len(lines) == 0:
        return []
    lines = projection(spec)(lines)
    widths = np.array([width for width, _ in found])
    near = np.flatnonzero(reaching(lines, spec, margin=float(widths.max())))
    shapes = shapely.buffer(lines[near], widths[near] / 2, quad_segs=4, cap_style="flat")
    return [(shape, found[row][1]) for shape, row in zip(shapes, near, strict=True)]
