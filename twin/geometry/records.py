"""What readers hand on: plain records, before anything is put on a grid.

Coordinates stay in the source's own CRS, which the record names. Every record carries a `ReadReport`, so that
nothing is dropped silently.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from pyproj import CRS


@dataclass(frozen=True)
class Refusal:
    """One thing that was repaired or refused.

    id : which, as the source names it
    reason : why
    """

    id: str
    reason: str


@dataclass(frozen=True)
class ReadReport:
    """How many objects a source held and what became of them.

    source : file or folder
    found, used : numbers of objects
    repaired, refused : which, and why
    notes : what else the reader noticed, in words
    """

    source: str
    found: int = 0
    used: int = 0
    repaired: tuple[Refusal, ...] = ()
    refused: tuple[Refusal, ...] = ()
    notes: tuple[str, ...] = ()


class SurfaceKind(IntEnum):
    """What a boundary surface of a building is."""

    UNKNOWN = 0
    ROOF = 1
    WALL = 2
    GROUND = 3
    CLOSURE = 4
    OUTER_CEILING = 5
    OUTER_FLOOR = 6


@dataclass(frozen=True)
class Surfaces:
    """Planar polygons in one flat buffer: polygon -> rings -> vertices.

    vertices : (v, 3) float64, easting, northing, elevation in m; rings are open (the first vertex is not repeated)
    ring_start : (r + 1,) int64, offsets of each ring into `vertices`
    polygon_start : (p + 1,) int64, offsets of each polygon into rings; the first ring is the outline, others are holes
    kind : (p,) uint8, a `SurfaceKind`
    building : (p,) int32, row of the building table the polygon belongs to
    """

    vertices: NDArray[np.float64]
    ring_start: NDArray[np.int64]
    polygon_start: NDArray[np.int64]
    kind: NDArray[np.uint8]
    building: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.kind)


@dataclass(frozen=True)
class BuildingModels:
    """Buildings of a 3-D city model with all their surfaces.

    surfaces : roofs, walls and ground, by row of `buildings`
    report : what was read, repaired and refused
    buildings : DataFrame, one row a building (parts are merged into their building), columns
        `id`, `name`, `function`, `roof_type` (str or None), `storeys` (float), `measured_height` (m, float),
        `lod` (int), `generic` (dict of str: the generic attributes, as the source names them)
    crs : horizontal CRS; None if the source names none
    vertical_datum : for example ``"DHHN2016"``; None if unknown
    bounds : envelope that the source declares for itself (xmin, ymin, xmax, ymax), None if it declares none
    """

    buildings: pd.DataFrame
    surfaces: Surfaces
    crs: CRS | None
    vertical_datum: str | None
    bounds: tuple[float, float, float, float] | None
    report: ReadReport


@dataclass(frozen=True)
class CityJsonData:
    """Everything with surfaces in a CityJSON file.

    buildings : buildings with their parts; its `crs`, `vertical_datum` and `bounds` hold for all of the file
    areas : GeoDataFrame of the other city objects seen from above, columns `id`, `class` ("Road", "WaterBody" and so
        on, as CityJSON names it), `attributes` (dict), `lod` (float), `height` (m, the mean height of a PlantCover;
        NaN where the model does not tell it), `geometry`
    area_surfaces : their polygons with elevations; `building` is the row of `areas`
    relief : triangles of the terrain (TINRelief); `building` counts the relief objects
    report : what was read, repaired and refused, of all of it
    trees : single trees (SolitaryVegetationObject); None if the file has none
    """

    buildings: BuildingModels
    areas: gpd.GeoDataFrame
    area_surfaces: Surfaces
    relief: Surfaces
    report: ReadReport
    trees: TreeRecords | None = None


@dataclass(frozen=True)
class TreeRecords:
    """Single trees of a cadastre, each with a size and where it comes from.

    trees : GeoDataFrame of points, columns
        `id` (str, the source's own or ``"row 7"``; ``"parks.csv row 7"`` where several files were read), `species`
        (botanical name, ``""`` if unknown), `height`, `crown_diameter` (m, never missing), `trunk_circumference` (m,
        NaN if unknown), `height_source`, `crown_diameter_source` (``"measured"``, ``"class"``: the middle of a class;
        ``"estimated"``: missing in the source; ``"dummy"``: the source's number is impossible or stands for "unknown",
        estimated; ``"assumed"``: nothing is known), `group` (bool, one point for several trees)
    crs : of the points
    layout : which layout the columns have, such as ``"berlin"``; of several files all, ``"berlin, koeln"``
    report : what was read, repaired and refused
    """

    trees: gpd.GeoDataFrame
    crs: CRS
    layout: str
    report: ReadReport


@dataclass(frozen=True)
class AreaRecords:
    """Areas of a land-use or land-cover layer, each with the class that the source gives it.

    areas : GeoDataFrame of polygons, columns
        `id` (str, the source's own or ``"row 7"``), `class` (str, the source's own word; ``""`` where it has none),
        `land_cover` (name of a land-cover class of `twin.city.surfaces`, None where the class is not known),
        `sealed_fraction` (0 to 1, of the open ground between buildings; NaN where the land cover says it), `geometry`
    crs : of the areas
    class_map : which map of classes was used, such as ``"alkis"``; ``"own"`` for one's own
    report : what was read, repaired and refused; classes that the map does not know are counted in its notes
    """

    areas: gpd.GeoDataFrame
    crs: CRS
    class_map: str
    report: ReadReport


@dataclass(frozen=True)
class UnitRecords:
    """Statistical units (districts, blocks, cells of the census grid) with the people who live there.

    units : GeoDataFrame of polygons, columns
        `id` (str), `name` (str, ``""`` if the source has none), `residents` (float; NaN where they are withheld for
        privacy or missing), `age_...` (float, residents of an age group, such as `age_under_6` or `age_over_65`; NaN
        where unknown), `geometry`
    crs : of the units
    report : what was read, repaired and refused
    grid_size : side of the cells, m, where the units are cells of the census, which leaves out cells without residents;
        None for units of any shape
    """

    units: gpd.GeoDataFrame
    crs: CRS
    report: ReadReport
    grid_size: float | None = None


@dataclass(frozen=True)
class PlanRecords:
    """Building areas of a development plan (Bebauungsplan), with the measures of use it permits.

    areas : GeoDataFrame of polygons, columns
        `id` (str, gml:id), `kind` (``"plot"``: part of a building area with measures of use; ``"window"``: the part
        of it that may be built over), `use` (str, as the plan codes it, such as ``"WA"``; ``""`` if not stated), `grz`
        (site occupancy index, built over plot area), `gfz` (floor space index, floor over plot area), `storeys`
        (greatest number of full storeys), `height` (greatest height above ground, m), `top_elevation` (greatest height
        above sea level, m), `bmz` (cubic index, m3 over m2 of plot), `dwellings` (greatest number), all NaN where not
        stated, `geometry`
    crs : of the areas
    name : of the plan, ``""`` if not stated
    version : of XPlanGML, such as ``"5.4"``
    report : what was read, repaired and refused
    """

    areas: gpd.GeoDataFrame
    crs: CRS
    name: str
    version: str
    report: ReadReport


@dataclass(frozen=True)
class OsmWay:
    """One way that carries traffic.

    id : of the way
    nodes : ids of its nodes, in order
    tags : all of them
    """

    id: int
    nodes: NDArray[np.int64]
    tags: dict[str, str]


@dataclass(frozen=True)
class OsmRestriction:
    """A turn restriction: no or only from one way, over a node (or ways), to another way.

    id : of the relation
    kind : value of `restriction`, such as ``"no_left_turn"``
    from_way, to_way : ids of ways
    via_node, via_ways : id of the node, or of the ways in their order, between them
    tags : all of the relation
    exempt : vehicles that it does not bind (`except`), such as ``"bicycle"``
    only_for : vehicles that it binds, if not all (`restriction:hgv`)
    condition : when or for whom alone it holds (`restriction:conditional`), as the map says it; "" = always
    """

    id: int
    kind: str
    from_way: int
    via_node: int | None
    via_ways: tuple[int, ...]
    to_way: int
    tags: dict[str, str]
    exempt: tuple[str, ...] = ()
    only_for: tuple[str, ...] = ()
    condition: str = ""


@dataclass(frozen=True)
class OsmData:
    """What a town's OpenStreetMap extract says, longitude and latitude in degrees (EPSG:4326).

    node_id, node_lon, node_lat : nodes of `roads`, sorted by id
    node_tags : tags of those nodes that have any
    roads : every way with a `highway` tag that is not an area
    restrictions : turn restrictions whose members are all present
    areas : GeoDataFrame of polygons (closed ways and multipolygon relations) with a `building`, `landuse`, `natural`,
        `leisure`, `water`, `waterway=riverbank`, `amenity` or area `highway` tag; columns `osm_id` ("w12", "r7"),
        `tags` (dict), `geometry`
    lines : GeoDataFrame of waterways, railways, barriers and tree rows; same columns
    points : GeoDataFrame of tagged nodes (trees, bus stops, places, amenities); same columns, `osm_id` "n5"
    bounds : the extract's own box (west, south, east, north), if it declares one
    date : state of the data as the file declares it, if it does
    report : what was read, repaired and refused
    """

    node_id: NDArray[np.int64]
    node_lon: NDArray[np.float64]
    node_lat: NDArray[np.float64]
    node_tags: dict[int, dict[str, str]]
    roads: tuple[OsmWay, ...]
    restrictions: tuple[OsmRestriction, ...]
    areas: gpd.GeoDataFrame
    lines: gpd.GeoDataFrame
    points: gpd.GeoDataFrame
    bounds: tuple[float, float, float, float] | None
    date: str | None
    report: ReadReport = field(default_factory=lambda: ReadReport("OpenStreetMap"))
