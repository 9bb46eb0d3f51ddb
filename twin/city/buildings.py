"""Buildings of a city: footprints, heights, uses and residents, from a 3-D city model or from OpenStreetMap.

Every building of the source is in the table, also those off the grid; `building_id` on the grid is the table's index.
What is assumed rather than surveyed says so in the columns `height_source` and `residents_source`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from twin.city.building_uses import STOREY_HEIGHT, osm_height, use_of_function, use_of_tags
from twin.city.gridspec import GridSpec
from twin.city.land_cover import projection
from twin.city.land_cover_tags import is_underground
from twin.city.rasterize import cover_fraction, paint_facets, paint_polygons
from twin.geometry.records import BuildingModels, OsmData, SurfaceKind, Surfaces

if TYPE_CHECKING:
    from twin.city.rasterize import FacetRaster

FLOOR_AREA_PER_RESIDENT = 47.4
"""Living space per resident in Germany 2022, m2 (Statistisches Bundesamt, Bestand an Wohnungen und Wohngebäuden)."""

LIVING_SHARE = 0.75
"""Assumed living space as a share of footprint times storeys: walls, stairs, cellars and slopes take the rest."""


@dataclass(frozen=True)
class PlacedBuildings:
    """Buildings on a grid.

    table : GeoDataFrame as in `twin.city.city.City`
    building_id : (rows, columns) int32
    building_fraction : (rows, columns) float64
    roof_elevation : (rows, columns) float64, m; NaN off the roofs
    notes : what was skipped or repaired, in words
    ground_offset : median height of the model's ground surfaces above the terrain, m; NaN where there are none
    """

    table: gpd.GeoDataFrame
    building_id: NDArray[np.int32]
    building_fraction: NDArray[np.float64]
    roof_elevation: NDArray[np.float64]
    notes: tuple[str, ...]
    ground_offset: float = float("nan")


def buildings_from_models(models: BuildingModels, spec: GridSpec, ground: NDArray[np.float64]) -> PlacedBuildings:
    """Place the buildings of a 3-D city model.

    Roofs keep the elevations of their planes; nothing is computed from ground and height. A building whose facets
    carry no kind (a bare solid) is seen from above with all of them.

    Parameters
    ----------
    models : BuildingModels
        In the CRS of `spec`.
    spec : GridSpec
        The grid.
    ground : (rows, columns) float
        Ground elevation, m; used where a building has no ground surface of its own.

    Returns
    -------
    PlacedBuildings

    Examples
    --------
    >>> from twin.city.samples import sample_folder
    >>> from twin.geometry import read_citygml
    >>> models = read_citygml(sample_folder("tiergarten") / "lod2_3890_5819.gml.gz")
    >>> spec = GridSpec(389780, 5820034, 1.0, 100, 100, "EPSG:25833")  # the Reichstag
    >>> placed = buildings_from_models(models, spec, np.full(spec.shape, 35.0))
    >>> round(float(np.nanmax(placed.roof_elevation)))
    86
    """
    surfaces = models.surfaces
    count = len(models.buildings)
    seen = _seen_from_above(surfaces, count)
    raster = paint_facets(surfaces, spec, select=seen)
    footprints = _footprints(surfaces, count, seen)
    levels = _levels(surfaces, count, seen)
    base = levels["base"].copy()
    inside = raster.label > 0
    terrain = _mean_by_building(raster.label, ground, count)
    gaps = (base - terrain)[np.isfinite(base) & np.isfinite(terrain)]
    offset = float(np.median(gaps)) if len(gaps) else float("nan")
    base[np.isnan(base)] = terrain[np.isnan(base)]
    storeys = np.asarray(models.buildings["storeys"], np.float64).copy()
    told = np.isfinite(storeys) & (storeys > 0)
    mean_height = levels["mean_roof"] - base
    estimate = np.maximum(1.0, np.round(np.nan_to_num(mean_height) / STOREY_HEIGHT))
    storeys[~told] = estimate[~told]
    use = np.array([use_of_function(value) for value in models.buildings["function"]], dtype=object)
    table = gpd.GeoDataFrame(
        {
            "gml_id": models.buildings["id"].to_numpy(dtype=object),
            "name": models.buildings["name"].to_numpy(dtype=object),
            "height": levels["top"] - base,
            "storeys": storeys,
            "use": use,
            "height_source": "roof surfaces of the 3-D city model",
            "storeys_source": np.where(told, "3-D city model", "estimated from the mean height").astype(object),
        },
        geometry=footprints,
        crs=spec.crs,
        index=pd.RangeIndex(1, count + 1, name="building_id"),
    )
    return PlacedBuildings(
        table=_with_residents(table, spec),
        building_id=raster.label,
        building_fraction=cover_fraction(footprints, spec),
        roof_elevation=np.where(inside, raster.elevation, np.nan),
        notes=_facet_notes(raster),
        ground_offset=offset,
    )


def buildings_from_osm(osm: OsmData, spec: GridSpec, ground: NDArray[np.float64]) -> PlacedBuildings:
    """Place the buildings of an OpenStreetMap extract, with flat roofs.

    Heights come from `height`, else from `building:levels`, else they are assumed by type. A roof lies at the mean
    ground elevation under the building plus its height, nowhere below the ground.

    Parameters
    ----------
    osm : OsmData
        The extract, in longitude and latitude.
    spec : GridSpec
        The grid.
    ground : (rows, columns) float
        Ground elevation, m.

    Returns
    -------
    PlacedBuildings

    Examples
    --------
    >>> from twin.geometry.records import OsmData
    >>> none = gpd.GeoDataFrame({"osm_id": [], "tags": []}, geometry=[], crs=4326)
    >>> barn = gpd.GeoDataFrame({"osm_id": ["w1"], "tags": [{"building": "barn"}]},
    ...                         geometry=[shapely.box(8.99, 49.99, 9.01, 50.01)], crs=4326)
    >>> ids, places = np.zeros(0, np.int64), np.zeros(0)
    >>> osm = OsmData(ids, places, places, {}, (), (), barn, none, none, None, None)
    >>> spec = GridSpec(500000, 5538640, 10.0, 1, 2, "EPSG:25832")
    >>> buildings_from_osm(osm, spec, np.full((1, 2), 300.0)).roof_elevation.tolist()
    [[308.0, 308.0]]
    """
    areas = osm.areas
    is_building = np.array([tags.get("building", "no") not in ("no", "") for tags in areas["tags"]], bool)
    buried = is_building & np.array([is_underground(tags) for tags in areas["tags"]], bool)
    notes = (f"{int(buried.sum())} buildings lie underground and are left out",) if buried.any() else ()
    chosen = areas[is_building & ~buried] if len(areas) else areas
    tags_of = list(chosen["tags"])
    shapes = projection(spec)(np.asarray(chosen.geometry.values, dtype=object))
    size = shapely.area(shapes) if len(shapes) else np.zeros(0)
    use = np.array([use_of_tags(tags, area) for tags, area in zip(tags_of, size, strict=True)], dtype=object)
    use = _use_by_surroundings(use, tags_of, shapes, osm, spec)
    tops = [osm_height(tags, use[row]) for row, tags in enumerate(tags_of)]
    count = len(tags_of)
    height = np.array([top for top, _, _ in tops])
    table = gpd.GeoDataFrame(
        {
            "osm_id": chosen["osm_id"].to_numpy(dtype=object),
            "name": [tags.get("name", "") for tags in tags_of],
            "height": height,
            "storeys": np.array([float(storeys) for _, storeys, _ in tops]),
            "use": use,
            "height_source": [source for _, _, source in tops],
            "storeys_source": [source for _, _, source in tops],
        },
        geometry=shapes,
        crs=spec.crs,
        index=pd.RangeIndex(1, count + 1, name="building_id"),
    )
    building_id = paint_polygons(shapes, np.arange(1, count + 1), spec)
    level = _mean_by_building(building_id, ground, count) + height
    roof = np.concatenate([[np.nan], level])[building_id]
    return PlacedBuildings(
        table=_with_residents(table, spec),
        building_id=building_id,
        building_fraction=cover_fraction(shapes, spec),
        roof_elevation=roof,
        notes=notes,
    )


def polygons_of(surfaces: Surfaces, rows: NDArray[np.int64]) -> NDArray[Any]:
    """Return facets seen from above as shapely polygons, in the order of `rows`; None where a ring is too short.

    Examples
    --------
    >>> facet = Surfaces(np.array([[0, 0, 5.0], [4, 0, 5], [4, 3, 7], [0, 3, 7]]), np.array([0, 4]), np.array([0, 1]),
    ...                  np.array([1], np.uint8), np.array([0], np.int32))
    >>> polygons_of(facet, np.array([0]))[0].area
    12.0
    """
    rings = len(surfaces.ring_start) - 1
    made = np.full(rings, None, dtype=object)
    enough = np.diff(surfaces.ring_start) >= 3
    index = np.repeat(np.cumsum(enough) - 1, np.diff(surfaces.ring_start))
    used = np.repeat(enough, np.diff(surfaces.ring_start))
    if enough.any():
        made[enough] = shapely.linearrings(surfaces.vertices[used, :2], indices=index[used])
    out = np.full(len(rows), None, dtype=object)
    for place, row in enumerate(rows):
        first, last = surfaces.polygon_start[row], surfaces.polygon_start[row + 1]
        if made[first] is not None:
            out[place] = shapely.Polygon(made[first], [ring for ring in made[first + 1 : last] if ring is not None])
    return out


def _seen_from_above(surfaces: Surfaces, count: int) -> NDArray[np.bool_]:
    top = np.isin(surfaces.kind, (SurfaceKind.ROOF, SurfaceKind.OUTER_FLOOR))
    roofed = np.zeros(count, bool)
    roofed[surfaces.building[surfaces.kind == SurfaceKind.ROOF]] = True
    return np.asarray(top | ((surfaces.kind == SurfaceKind.UNKNOWN) & ~roofed[surfaces.building]), bool)


def _footprints(surfaces: Surfaces, count: int, seen: NDArray[np.bool_]) -> NDArray[Any]:
    """Union of a building's ground surfaces, of its roofs where it has none."""
    ground = surfaces.kind == SurfaceKind.GROUND
    grounded = np.zeros(count, bool)
    grounded[surfaces.building[ground]] = True
    rows = np.flatnonzero(ground | (seen & ~grounded[surfaces.building]))
    shapes = shapely.make_valid(polygons_of(surfaces, rows))
    owner = surfaces.building[rows]
    out = np.full(count, None, dtype=object)
    order = np.argsort(owner, kind="stable")
    starts = np.searchsorted(owner[order], np.arange(count + 1))
    for building in range(count):
        members = shapes[order[starts[building] : starts[building + 1]]]
        union = shapely.union_all(members) if len(members) else shapely.Polygon()
        # repairs and vertical facets leave lines and points behind, which are no footprint
        areal = [part for part in shapely.get_parts(union) if part.geom_type == "Polygon"]
        out[building] = areal[0] if len(areal) == 1 else shapely.MultiPolygon(areal)
    return out


def _levels(surfaces: Surfaces, count: int, seen: NDArray[np.bool_]) -> dict[str, NDArray[np.float64]]:
    """Highest and mean roof and lowest ground vertex of each building, m; NaN where it has none."""
    facet = np.repeat(
        np.repeat(np.arange(len(surfaces)), np.diff(surfaces.polygon_start)), np.diff(surfaces.ring_start)
    )
    z = surfaces.vertices[:, 2]
    owner = surfaces.building[facet]
    top, base = np.full(count, -np.inf), np.full(count, np.inf)
    on_roof = seen[facet]
    on_ground = (surfaces.kind == SurfaceKind.GROUND)[facet]
    np.maximum.at(top, owner[on_roof], z[on_roof])
    np.minimum.at(base, owner[on_ground], z[on_ground])
    number = np.bincount(owner[on_roof], minlength=count)
    total = np.bincount(owner[on_roof], z[on_roof], count)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total / number
    return {
        "top": np.where(np.isfinite(top), top, np.nan),
        "base": np.where(np.isfinite(base), base, np.nan),
        "mean_roof": mean,
    }


def _mean_by_building(labels: NDArray[np.int32], values: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    inside = (labels > 0) & np.isfinite(values)
    number = np.bincount(labels[inside], minlength=count + 1)[1:]
    total = np.bincount(labels[inside], values[inside], count + 1)[1:]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(total / number, np.float64)


def _use_by_surroundings(
    use: NDArray[Any], tags_of: list[dict[str, str]], shapes: NDArray[Any], osm: OsmData, spec: GridSpec
) -> NDArray[Any]:
    """Let land use decide where the tags only say that there is a building."""
    vague = np.array([tags.get("building") == "yes" for tags in tags_of], bool) & (use == "residential")
    trade = {"industrial": "commercial", "commercial": "commercial", "retail": "commercial"}
    chosen = np.array([tags.get("landuse") in trade for tags in osm.areas["tags"]], bool)
    if not vague.any() or not chosen.any():
        return use
    zones = projection(spec)(np.asarray(osm.areas.geometry.values, dtype=object)[chosen])
    tree = shapely.STRtree(zones)
    hit = tree.query(shapely.point_on_surface(shapes), predicate="within")[0]
    out = use.copy()
    out[np.intersect1d(hit, np.flatnonzero(vague))] = "commercial"
    return out


def _with_residents(table: gpd.GeoDataFrame, spec: GridSpec) -> gpd.GeoDataFrame:
    area = np.asarray(table.geometry.area, np.float64)
    dwelling = (table["use"] == "residential").to_numpy(bool)
    people = np.where(dwelling, area * table["storeys"] * LIVING_SHARE / FLOOR_AREA_PER_RESIDENT, 0.0)
    source = np.where(dwelling, "estimated from floor area", "no dwelling").astype(object)
    source[(table["use"] == "unknown").to_numpy(bool)] = "use unknown, not estimated"
    return table.assign(residents=people, residents_source=source, on_grid=_on_grid(table.geometry, spec))


def _on_grid(footprints: gpd.GeoSeries, spec: GridSpec) -> NDArray[np.bool_]:
    """A building belongs to the grid that holds a point of its inside, so that neighbouring grids count it once."""
    points = shapely.point_on_surface(np.asarray(footprints.values, dtype=object))
    x, y = shapely.bounds(points).reshape(-1, 4)[:, :2].T  # NaN for an empty footprint, which lies nowhere
    xmin, ymin, xmax, ymax = spec.bounds
    return np.asarray((x >= xmin) & (x < xmax) & (y >= ymin) & (y < ymax), bool)


def _facet_notes(raster: FacetRaster) -> tuple[str, ...]:
    notes = []
    if raster.vertical:
        notes.append(f"{raster.vertical} roof facets are vertical and hide no ground")
    if raster.degenerate:
        notes.append(f"{raster.degenerate} roof facets have no area")
    bent = int((raster.misfit > 0.1).sum())
    if bent:
        notes.append(f"{bent} of {raster.painted} roof facets deviate from a plane by more than 0.1 m")
    return tuple(notes)
