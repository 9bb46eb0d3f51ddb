"""OpenStreetMap areas: closed ways and multipolygon relations to valid polygons in degrees.

Rings are assembled from member ways by their geometry: what lies inside an odd number of rings belongs to the area.
Invalid outlines are repaired and reported; what cannot be closed is refused and reported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twin import limits
from twin.geometry.osm_blocks import Tags
from twin.geometry.osm_raw import RawObjects, RawWay
from twin.geometry.osm_tags import has_area_key, is_area, speaking_tags
from twin.geometry.records import Refusal

if TYPE_CHECKING:
    import geopandas as gpd


def assemble_areas(raw: RawObjects, repaired: list[Refusal], refused: list[Refusal]) -> tuple[gpd.GeoDataFrame, int]:
    """Return the areas of an extract and how many it should have held.

    Parameters
    ----------
    raw : RawObjects
        Nodes, ways and relations of the file.
    repaired, refused : list of Refusal
        Are added to.

    Returns
    -------
    areas : GeoDataFrame
        Columns `osm_id`, `tags`, `geometry` (Polygon or MultiPolygon, EPSG:4326).
    found : int
        Number of ways and relations tagged as areas.
    """
    import geopandas as gpd

    names, all_tags, shapes, consumed, members, asked = _relations(raw, repaired, refused)
    closed = {
        number: way
        for number, way in raw.ways.items()
        if way.closed and number not in consumed and is_area(True, way.tags)
    }
    way_names, way_tags, way_shapes = _closed_ways(raw, closed, repaired, refused)
    unclosed = [
        number
        for number, way in raw.ways.items()
        if not way.closed and number not in members and "highway" not in way.tags and has_area_key(way.tags)
    ]
    refused += [Refusal(f"w{number}", "it is tagged as an area but its outline is not closed") for number in unclosed]
    table = gpd.GeoDataFrame(
        {"osm_id": way_names + names, "tags": way_tags + all_tags}, geometry=way_shapes + shapes, crs="EPSG:4326"
    )
    return table, asked + len(closed) + len(unclosed)


def _closed_ways(
    raw: RawObjects, closed: dict[int, RawWay], repaired: list[Refusal], refused: list[Refusal]
) -> tuple[list[str], list[Tags], list[Any]]:
    import shapely

    names: list[str] = []
    all_tags: list[Tags] = []
    rings: list[NDArray[np.int64]] = []
    for number, way in closed.items():
        different = len(set(way.refs.tolist()))
        if different < 3:
            refused.append(Refusal(f"w{number}", f"an area needs three different nodes, it has {different}"))
        elif len(way.refs) > limits.MAX_POLYGON_VERTICES:
            refused.append(Refusal(f"w{number}", _too_long(len(way.refs))))
        elif way.missing:
            reason = f"{way.missing} of {len(way.refs)} nodes of the area are not in the file"
            refused.append(Refusal(f"w{number}", reason))
        else:
            names.append(f"w{number}")
            all_tags.append(way.tags)
            rings.append(way.rows)
    if not rings:
        return [], [], []
    owner = np.repeat(np.arange(len(rings)), [len(ring) for ring in rings])
    shapes: Any = shapely.polygons(shapely.linearrings(raw.node_xy[np.concatenate(rings)], indices=owner))
    return _valid(names, all_tags, list(shapes), repaired, refused)


def _too_long(corners: int) -> str:
    return f"it has {corners:,} corners; at most {limits.MAX_POLYGON_VERTICES:,} (twin.limits.MAX_POLYGON_VERTICES)"


def _valid(
    names: list[str], all_tags: list[Tags], shapes: list[Any], repaired: list[Refusal], refused: list[Refusal]
) -> tuple[list[str], list[Tags], list[Any]]:
    """Repair polygons that cross or touch themselves; refuse what has no area left."""
    import shapely

    kept: tuple[list[str], list[Tags], list[Any]] = ([], [], [])
    for name, tags, shape, good, area in zip(
        names, all_tags, shapes, shapely.is_valid(shapes), shapely.area(shapes), strict=True
    ):
        polygon = shape
        if not good:
            polygon = _polygons_of(shapely.make_valid(shape))
            reason = shapely.is_valid_reason(shape).split("[")[0]
            if not polygon.is_empty:
                repaired.append(Refusal(name, f"its outline was not valid ({reason}) and was rebuilt"))
        if area == 0.0 if good else (polygon.is_empty or polygon.area == 0.0):
            refused.append(Refusal(name, "its outline encloses no area"))
            continue
        kept[0].append(name)
        kept[1].append(tags)
        kept[2].append(polygon)
    return kept


def _polygons_of(shape: Any) -> Any:
    """Return the polygons in a geometry of any kind as one Polygon or MultiPolygon."""
    import shapely

    flat: list[Any] = []
    for part in shapely.get_parts([shape]):
        flat += list(shapely.get_parts([part])) if part.geom_type == "MultiPolygon" else [part]
    polygons = [part for part in flat if part.geom_type == "Polygon" and part.area > 0.0]
    return polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)


def _relations(
    raw: RawObjects, repaired: list[Refusal], refused: list[Refusal]
) -> tuple[list[str], list[Tags], list[Any], set[int], set[int], int]:
    """Assemble multipolygons; also return the ways they speak for, all their member ways and their number."""
    names: list[str] = []
    all_tags: list[Tags] = []
    shapes: list[Any] = []
    consumed: set[int] = set()
    all_members: set[int] = set()
    asked = 0
    for number, (members, own_tags) in raw.relations.items():
        if own_tags.get("type") not in ("multipolygon", "boundary"):
            continue
        ways = [(ref, role) for form, ref, role in members if form == "w"]
        tags, speakers = _area_tags(raw, own_tags, ways)
        if not has_area_key(tags) or tags.get("area") == "no":
            continue
        asked += 1
        all_members.update(ref for ref, _ in ways)
        name = f"r{number}"
        shape, fault = _assemble(raw, ways)
        if shape is None:
            refused.append(Refusal(name, fault or "its members enclose no area"))
            continue
        if fault:
            repaired.append(Refusal(name, fault))
        consumed |= speakers
        names.append(name)
        all_tags.append(tags)
        shapes.append(shape)
    return *_valid(names, all_tags, shapes, repaired, refused), consumed, all_members, asked


def _area_tags(raw: RawObjects, own: Tags, ways: list[tuple[int, str]]) -> tuple[Tags, set[int]]:
    """Return the tags of a multipolygon and the outer ways that say the same and must not count a second time.

    Until about 2015 the tags stood on the outer ways and the relation had only its type; both are read.
    """
    outer = [ref for ref, role in ways if role != "inner" and ref in raw.ways]
    tagged = {ref: speaking_tags(raw.ways[ref].tags) for ref in outer}
    if not has_area_key(own):
        tags = dict(own)
        speakers = {ref for ref, entry in tagged.items() if has_area_key(entry)}
        if speakers and not set(speaking_tags(own)) - {"name"}:
            first = tagged[min(speakers)]
            tags |= {
                key: value for key, value in first.items() if all(tagged[ref].get(key) == value for ref in speakers)
            }
        return tags, speakers if has_area_key(tags) else set()
    claim = {key: value for key, value in own.items() if has_area_key({key: value})}
    return own, {ref for ref, entry in tagged.items() if claim and claim.items() <= entry.items()}


def _assemble(raw: RawObjects, ways: list[tuple[int, str]]) -> tuple[Any | None, str | None]:
    """Return the polygons that member ways enclose, and what had to be repaired or why there are none."""
    import shapely

    absent = [ref for ref, _ in ways if ref not in raw.ways]
    present = [(ref, role) for ref, role in ways if ref in raw.ways]
    corners = sum(len(raw.ways[ref].refs) for ref, _ in present)
    if corners > limits.MAX_POLYGON_VERTICES:
        return None, _too_long(corners)
    segments = {True: _segments(raw, [ref for ref, role in present if role != "inner"])}
    segments[False] = _segments(raw, [ref for ref, role in present if role == "inner"])
    lost_nodes = segments[True][1] + segments[False][1]
    if absent or lost_nodes:
        # a part is missing: roles decide, or an inner ring would fill the hole of a lost outer ring
        outer, _ = _enclosed(segments[True][0])
        inner, _ = _enclosed(segments[False][0])
        what = f"{len(absent)} of {len(ways)} member ways and {lost_nodes} of their nodes are not in the file"
        if outer is None:
            return None, f"its outline cannot be closed: {what}"
        shape = outer if inner is None else _polygons_of(shapely.difference(outer, inner))
        return shape, f"{what}: only the rings that close were kept"
    shape, loose = _enclosed(np.concatenate([segments[True][0], segments[False][0]]))
    if shape is None:
        return None, "its member ways do not close to a ring"
    return shape, f"{loose} loose ends of member ways were left out" if loose else None


def _segments(raw: RawObjects, refs: list[int]) -> tuple[NDArray[np.float64], int]:
    """Return the segments (n, 2, 2) of ways without those that come twice, and how many nodes are not in the file."""
    pairs: list[NDArray[np.int64]] = []
    lost = 0
    for ref in refs:
        rows = raw.ways[ref].rows
        lost += raw.ways[ref].missing
        pair = np.column_stack([rows[:-1], rows[1:]])
        pairs.append(pair[(pair >= 0).all(axis=1) & (pair[:, 0] != pair[:, 1])])
    if not pairs:
        return np.empty((0, 2, 2)), lost
    rows, counts = np.unique(np.sort(np.concatenate(pairs), axis=1), axis=0, return_counts=True)
    # a border that two rings share has the area on both sides or on none
    return raw.node_xy[rows[counts % 2 == 1]], lost


def _enclosed(segments: NDArray[np.float64]) -> tuple[Any | None, int]:
    """Return what lies inside an odd number of rings, and the number of loose ends."""
    import shapely

    if len(segments) < 3:
        return None, len(segments) * 2
    _, counts = np.unique(segments.reshape(-1, 2), axis=0, return_counts=True)
    loose = int((counts % 2 == 1).sum())
    strokes: Any = shapely.linestrings(segments)
    noded = shapely.node(shapely.multilinestrings(strokes))
    shape = _polygons_of(shapely.build_area(noded))
    return (None if shape.is_empty else shape), loose
