"""Land cover onto a grid, from OpenStreetMap (tags: `twin.city.land_cover_tags`) or from layers of land use.

Polygons are painted from large to small, waters and paved areas above land use, roads above all of them; a cell takes
the class at its centre. What no polygon covers is taken as grass and counted, because maps leave open land white.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from twin import variables
from twin.city.gridspec import GridSpec, same_crs
from twin.city.land_cover_tags import (
    BALLAST_WIDTH,
    LANDUSE_COVER,
    ROAD_SURFACES,
    WATER_WIDTHS,
    area_cover,
    is_underground,
    length,
    road_surface,
)
from twin.city.polygons import reaching
from twin.city.rasterize import paint_polygons
from twin.city.surfaces import CODES, surface
from twin.errors import InputError

if TYPE_CHECKING:
    from twin.geometry.records import AreaRecords, OsmData

YARD_SEALED = 0.25
"""Assumed sealed share of the open ground in residential areas (drives, terraces, paths). An assumption."""


@dataclass(frozen=True)
class LandCover:
    """Land cover on a grid.

    cover : (rows, columns) uint8 codes
    sealed_fraction : (rows, columns) float32, NaN where the class says it
    mapped : (rows, columns) bool, cells whose centre some polygon, road or water covers
    woods : polygons of woods that reach the grid, in its CRS
    source : (rows, columns) uint8, flags of `land_cover_source` in `twin.variables`
    """

    cover: NDArray[np.uint8]
    sealed_fraction: NDArray[np.float32]
    mapped: NDArray[np.bool_]
    woods: tuple[Any, ...]
    source: NDArray[np.uint8]


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
        if cover in ("water", "asphalt", "paving") and tags_of[row].get("landuse") not in LANDUSE_COVER:
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
    return LandCover(cover_of[winner], sealed_of[winner], winner > 0, here, _source(winner, "map"))


def land_cover_from_records(records: AreaRecords, spec: GridSpec, *, roads: OsmData | None = None) -> LandCover:
    """Paint the areas of a vector layer, such as land use of ALKIS, onto a grid, large ones first.

    Areas of mixed classes bring the sealed share that their class map gives; infiltration is that of the rest.
    Buildings are not painted here: a cell is roof where its centre lies in a building of the city.

    Parameters
    ----------
    records : AreaRecords
        In any CRS. Areas whose land cover is not known are not painted.
    spec : GridSpec
        The grid.
    roads : OsmData, optional
        Carriageways and paths, painted above the areas.

    Returns
    -------
    LandCover

    Raises
    ------
    InputError
        If an area has a land cover that is none of the table, or a sealed share outside 0 to 1.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from pyproj import CRS
    >>> from twin.geometry.records import AreaRecords, ReadReport
    >>> areas = gpd.GeoDataFrame({"id": ["1"], "class": ["Wohnbaufläche"], "land_cover": ["grass"],
    ...                           "sealed_fraction": [0.4]}, geometry=[shapely.box(0, 0, 1, 1)], crs=25832)
    >>> records = AreaRecords(areas, CRS(25832), "alkis", ReadReport("layer"))
    >>> cover = land_cover_from_records(records, GridSpec(0, 1, 1.0, 1, 2, "EPSG:25832"))
    >>> cover.cover.tolist(), cover.mapped.tolist(), round(float(cover.sealed_fraction[0, 0]), 3)
    ([[6, 6]], [[True, False]], 0.4)
    """
    areas = records.areas
    if not same_crs(records.crs, spec.crs):
        areas = areas.to_crs(spec.crs)
    known = areas["land_cover"].notna().to_numpy(bool) & ~areas.geometry.is_empty.to_numpy(bool)
    areas = areas[known]
    size = areas.geometry.area.to_numpy()
    areas = areas.iloc[np.argsort(-size, kind="stable")]
    names = areas["land_cover"].to_numpy(dtype=object)
    for name in dict.fromkeys(names):
        surface(name)
    share = areas["sealed_fraction"].to_numpy(np.float64)
    wrong = (share < 0) | (share > 1)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InputError(
            f"sealed_fraction of area {areas['id'].iloc[row]} is {share[row]:g}; it must be 0 to 1, or NaN if unknown"
        )
    shapes = [*areas.geometry.to_numpy(dtype=object)]
    covers = [CODES[name] for name in names]
    above = [] if roads is None else _roads(roads, spec)
    winner = paint_polygons([*shapes, *(shape for shape, _ in above)], np.arange(1, len(shapes) + len(above) + 1), spec)
    cover_of = np.array([CODES["grass"], *covers, *(CODES[cover] for _, cover in above)], np.uint8)
    sealed_of = np.array([np.nan, *share, *(np.nan for _ in above)], np.float32)
    frame = shapely.box(*spec.bounds)
    woods = tuple(
        shape
        for shape, name in zip(shapes, names, strict=True)
        if name == "forest" and shapely.intersects(shape, frame)
    )
    source = _source(winner, "land_use_layer")
    source[winner > len(shapes)] = variables.flag("land_cover_source", "map")
    return LandCover(cover_of[winner], sealed_of[winner], winner > 0, woods, source)


def _source(winner: NDArray[np.int32], word: str) -> NDArray[np.uint8]:
    return np.where(winner > 0, np.uint8(variables.flag("land_cover_source", word)), np.uint8(0))


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


def _lines(osm: OsmData, spec: GridSpec) -> list[tuple[Any, str]]:
    found, geometries = [], []
    for tags, line in zip(osm.lines["tags"], osm.lines.geometry, strict=True) if len(osm.lines) else ():
        if is_underground(tags):
            continue
        if tags.get("railway") in ("rail", "light_rail", "narrow_gauge"):
            found.append((BALLAST_WIDTH, "gravel"))
        elif tags.get("waterway") in WATER_WIDTHS:
            found.append((length(tags.get("width")) or WATER_WIDTHS[tags["waterway"]], "water"))
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
        paved = road_surface(way.tags)
        found.append((paved.width, paved.cover))
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
