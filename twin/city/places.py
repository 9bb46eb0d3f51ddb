"""Places where people are who matter most in heat, flood and noise: playgrounds, schools, hospitals, care homes, ...

One real place is one row, even where a map draws its ground, its buildings and a point for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

from twin.city.gridspec import GridSpec

if TYPE_CHECKING:
    import geopandas as gpd

    from twin.geometry.records import OsmData

_CARE = frozenset({"nursing_home", "assisted_living"})
_KEYS = frozenset({"amenity", "healthcare", "leisure", "social_facility"})  # one of them is in every rule
_GONE = ("disused", "abandoned", "demolished", "razed")


def _is(key: str, *values: str) -> Callable[[Mapping[str, str]], bool]:
    return lambda tags: any(part.strip() in values for part in tags.get(key, "").split(";"))


KINDS: dict[str, tuple[Callable[[Mapping[str, str]], bool], ...]] = {
    "playground": (_is("leisure", "playground"),),
    "school": (_is("amenity", "school"),),
    "kindergarten": (_is("amenity", "kindergarten", "childcare"),),
    "hospital": (_is("amenity", "hospital"), _is("healthcare", "hospital")),
    "clinic": (_is("amenity", "clinic"), _is("healthcare", "clinic")),
    "care_home": (_is("amenity", "nursing_home"), _is("social_facility", *_CARE)),
    "fire_station": (_is("amenity", "fire_station"),),
    "park": (_is("leisure", "park"),),
}
"""Kinds of places and the tags that make one (OpenStreetMap wiki, Map features: amenity, leisure, healthcare,
social_facility). A use counts, not what a building was built for: `building=school` alone is no school."""


def places_from_osm(osm: OsmData, spec: GridSpec) -> gpd.GeoDataFrame:
    """Return the places of an extract that touch the grid.

    Parameters
    ----------
    osm : OsmData
        From `twin.geometry.read_osm`.
    spec : GridSpec
        The grid.

    Returns
    -------
    GeoDataFrame
        One row a place, in the grid's CRS: `kind` (a key of `twin.city.places.KINDS`), `name` ("" if it has none),
        `osm_id` ("n5", "w12", "r7"), `geometry` (Polygon or MultiPolygon where the map has an area, else Point; whole,
        also where it leaves the grid). `attrs["notes"]` says what was taken together or left out.

    Notes
    -----
    Of areas of one kind, one that lies at least by half in a larger one is part of it: a school's ground with its
    buildings is one school. A point in an area of its kind stands for that area, and gives it its name if it has none;
    a point with another name than the area is a place of its own (two schools in one building). Something with two
    uses is two places. What is marked as disused is left out.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely.geometry import Point
    >>> none = gpd.GeoDataFrame({"osm_id": [], "tags": []}, geometry=[], crs=4326)
    >>> tags = {"leisure": "playground", "name": "Am Bach"}
    >>> swing = gpd.GeoDataFrame({"osm_id": ["n1"], "tags": [tags]}, geometry=[Point(11.5, 50.0)], crs=4326)
    >>> from twin.geometry.records import OsmData
    >>> osm = OsmData(np.empty(0, int), np.empty(0), np.empty(0), {}, (), (), none, none, swing, None, None)
    >>> x, y = swing.to_crs(25832).geometry[0].coords[0]
    >>> spec = GridSpec.from_bounds((x - 50, y - 50, x + 50, y + 50), 2.0, "EPSG:25832")
    >>> places_from_osm(osm, spec)[["kind", "name", "osm_id"]].values.tolist()
    [['playground', 'Am Bach', 'n1']]
    """
    import geopandas as gpd

    box = shapely.box(*spec.bounds)
    notes: list[str] = []
    rows: list[tuple[str, str, str]] = []
    shapes: list[Any] = []
    tables = [_projected(table, spec) for table in (osm.areas, osm.points)]
    gone = 0
    for kind, rules in KINDS.items():
        found = []
        for table in tables:
            fits = np.array([any(rule(tags) for rule in rules) for tags in table["tags"]], dtype=np.bool_)
            closed = np.array([any(tags.get(key) == "yes" for key in _GONE) for tags in table["tags"]], dtype=np.bool_)
            gone += int((fits & closed).sum())
            chosen = table[fits & ~closed] if len(table) else table
            found.append((chosen["osm_id"].tolist(), _names(chosen), np.asarray(chosen.geometry.values, dtype=object)))
        (area_ids, area_names, areas), (point_ids, point_names, points) = found
        owner = _owners(areas)
        parts = int((owner != np.arange(len(areas))).sum())
        stands_for = _standing_for(points, point_names, areas, area_names, owner)
        for place in np.flatnonzero(owner == np.arange(len(areas))).tolist():
            named = [area_names[place], *(area_names[i] for i in np.flatnonzero(owner == place))]
            named += [point_names[i] for i in np.flatnonzero(stands_for == place)]
            rows.append((kind, next(filter(None, named), ""), area_ids[place]))
            shapes.append(areas[place])
        for lone in np.flatnonzero(stands_for < 0).tolist():
            rows.append((kind, point_names[lone], point_ids[lone]))
            shapes.append(points[lone])
        same = int((stands_for >= 0).sum())
        if parts or same:
            notes.append(f"{kind}: {parts} areas inside others and {same} points inside areas are parts of them")
    if gone:
        notes.append(f"{gone} places are marked as disused and left out")
    whole = gpd.GeoDataFrame(
        {name: [row[i] for row in rows] for i, name in enumerate(("kind", "name", "osm_id"))},
        geometry=gpd.GeoSeries(shapes, crs=spec.crs),
        crs=spec.crs,
    )
    result: gpd.GeoDataFrame = whole[shapely.intersects(np.asarray(whole.geometry.values, dtype=object), box)]
    result = result.reset_index(drop=True)
    result.attrs["notes"] = notes
    return result


def _projected(table: gpd.GeoDataFrame, spec: GridSpec) -> gpd.GeoDataFrame:
    """Return what may be a place in the grid's CRS: in a town's extract nearly all areas are buildings and land use."""
    may_be = np.array([not _KEYS.isdisjoint(tags) for tags in table["tags"]], dtype=np.bool_)
    chosen: gpd.GeoDataFrame = table[may_be]
    return chosen.to_crs(spec.crs) if len(chosen) else chosen


def _names(table: gpd.GeoDataFrame) -> list[str]:
    return [str(tags.get("name", "")).strip() for tags in table["tags"]]


def _owners(areas: NDArray[Any]) -> NDArray[np.int64]:
    """Return for each area the largest one it is part of; itself if none."""
    owner = np.arange(len(areas))
    size = shapely.area(areas) if len(areas) else np.empty(0)
    if len(areas) < 2:
        return owner
    tree = shapely.STRtree(areas)
    pairs: list[tuple[int, int]] = list(zip(*tree.query(areas, predicate="intersects").tolist(), strict=True))
    # of two of one size (drawn twice) the first counts
    rank = np.lexsort((np.arange(len(areas)), -size))
    place = np.empty(len(areas), np.int64)
    place[rank] = np.arange(len(areas))
    for small, large in sorted(pairs, key=lambda pair: place[pair[1]]):
        if place[large] < place[small] and owner[small] == small and owner[large] == large:
            shared = shapely.area(shapely.intersection(areas[small], areas[large]))
            if shared >= 0.5 * size[small]:
                owner[small] = large
    return owner


def _standing_for(
    points: NDArray[Any], point_names: list[str], areas: NDArray[Any], area_names: list[str], owner: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return for each point the area it stands for, -1 for none."""
    result = np.full(len(points), -1, np.int64)
    if len(points) and len(areas):
        for point, area in zip(*shapely.STRtree(areas).query(points, predicate="intersects").tolist(), strict=True):
            names = {point_names[point].casefold(), area_names[area].casefold(), area_names[owner[area]].casefold()}
            if point_names[point] == "" or len(names - {""}) <= 1 or point_names[point] == area_names[area]:
                result[point] = owner[area]
    return result
