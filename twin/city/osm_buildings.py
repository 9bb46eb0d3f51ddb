"""Buildings of OpenStreetMap: flat roofs at tagged or assumed heights, and a use from tags or surroundings."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from twin import variables
from twin.city.building_parts import find_parts
from twin.city.building_uses import osm_height, use_of_tags
from twin.city.buildings import PlacedBuildings, mean_by_building, with_residents
from twin.city.green_roofs import green_columns, green_roof_of_tags
from twin.city.gridspec import GridSpec
from twin.city.land_cover import projection
from twin.city.land_cover_tags import is_underground
from twin.city.rasterize import cover_fraction, paint_polygons
from twin.geometry.records import OsmData

_FLAGS = {
    "tag height": "osm_height_tagged",
    "tag building:levels": "osm_storeys_tagged",
    "assumed by type": "osm_height_assumed",
}


def buildings_from_osm(osm: OsmData, spec: GridSpec, ground: NDArray[np.float64]) -> PlacedBuildings:
    """Place the buildings of an OpenStreetMap extract, with flat roofs.

    Heights come from `height`, else from `building:levels` (with `roof:levels` and `roof:height`), else they are
    assumed by type; parts (`building:part`) with a height raise their own cells. A roof lies at the mean ground
    elevation under the building plus its height, nowhere below the ground. The shape that `roof:shape` names
    stands in the column `roof_shape`; the roof on the grid stays flat.

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
    notes: tuple[str, ...] = (
        (f"{int(buried.sum())} buildings lie underground and are left out",) if buried.any() else ()
    )
    chosen = areas[is_building & ~buried] if len(areas) else areas
    tags_of = list(chosen["tags"])
    shapes = projection(spec)(np.asarray(chosen.geometry.values, dtype=object))
    size = shapely.area(shapes) if len(shapes) else np.zeros(0)
    use = np.array([use_of_tags(tags, area) for tags, area in zip(tags_of, size, strict=True)], dtype=object)
    use = _use_by_surroundings(use, tags_of, shapes, osm, spec)
    tops = [osm_height(tags, use[row]) for row, tags in enumerate(tags_of)]
    other = areas[np.array(["building:part" in tags for tags in areas["tags"]], bool)] if len(areas) else areas
    parts = find_parts(list(other["tags"]), projection(spec)(np.asarray(other.geometry.values, dtype=object)), shapes)
    notes += parts.notes
    summit: dict[int, float] = {}
    for row in np.unique(parts.building).tolist():
        highest = np.flatnonzero(parts.building == row)[-1]
        top, _, source = tops[row]
        if source == "assumed by type":  # its highest part says how high it is
            tops[row] = (float(parts.height[highest]), int(parts.storeys[highest]), "tag height")
        else:
            summit[row] = max(top, float(parts.height[highest]))
    count = len(tags_of)
    height = np.array([top for top, _, _ in tops])
    highest_point = height.copy()
    highest_point[list(summit)] = list(summit.values())
    table = gpd.GeoDataFrame(
        {
            "osm_id": chosen["osm_id"].to_numpy(dtype=object),
            "name": [tags.get("name", "") for tags in tags_of],
            "height": highest_point,
            "eaves_height": height,
            "roof_shape": pd.Series([tags.get("roof:shape") for tags in tags_of], dtype=object).to_numpy(),
            "storeys": np.array([float(storeys) for _, storeys, _ in tops]),
            "use": use,
            "source": "OpenStreetMap",
            "height_source": [source for _, _, source in tops],
            "storeys_source": [source for _, _, source in tops],
            **green_columns(green_roof_of_tags(tags) for tags in tags_of),
        },
        geometry=shapes,
        crs=spec.crs,
        index=pd.RangeIndex(1, count + 1, name="building_id"),
    )
    building_id = paint_polygons(shapes, np.arange(1, count + 1), spec)
    foot = mean_by_building(building_id, ground, count)
    roof = np.concatenate([[np.nan], foot + height])[building_id]
    if len(parts.shapes):
        raised = np.concatenate([[np.nan], foot])[building_id] + parts.raised(building_id, spec)
        roof = np.where(np.isfinite(raised), raised, roof)
    level_roof = np.where(building_id > 0, np.float32(0.0), np.float32(np.nan))
    flags = {source: variables.flag("building_source", word) for source, word in _FLAGS.items()}
    return PlacedBuildings(
        table=with_residents(table, spec),
        building_id=building_id,
        building_fraction=cover_fraction(shapes, spec),
        roof_elevation=roof,
        roof_slope=level_roof,
        roof_aspect=np.full(spec.shape, np.nan, np.float32),
        source=np.array([flags[source] for _, _, source in tops], np.uint8),
        notes=notes,
    )


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
