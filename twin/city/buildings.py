"""Buildings of a city: footprints, heights, uses and residents, from a 3-D city model or from OpenStreetMap.

Every building of the source is in the table, also those off the grid; `building_id` on the grid is the table's index.
What is assumed rather than surveyed says so in the columns `source`, `height_source` and `residents_source`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from twin import variables
from twin.city.building_uses import STOREY_HEIGHT, use_of_function
from twin.city.footprints import crossing_outlines, footprints_of, levels_of, seen_from_above
from twin.city.green_roofs import green_columns, green_roof_of_attributes
from twin.city.gridspec import GridSpec
from twin.city.rasterize import cover_fraction, paint_facets
from twin.city.roofs import lowest_edges, mean_roof, roof_planes
from twin.geometry.records import BuildingModels

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
    building_fraction : (rows, columns) float
    roof_elevation : (rows, columns) float, m; NaN off the roofs
    roof_slope, roof_aspect : (rows, columns) float32, degrees, see `twin.city.roofs.roof_planes`; NaN off the roofs
    source : (n,) uint8, flag of `building_source` in `twin.variables` for each row of the table
    notes : what was skipped or repaired, in words
    roof_mean : (rows, columns) float, mean elevation of the roofs within each cell, m, also of cells that they cover in
        part; None unless it was asked for
    ground_offset : median height of the model's ground surfaces above the terrain, m; NaN where there are none
    """

    table: gpd.GeoDataFrame
    building_id: NDArray[np.int32]
    building_fraction: NDArray[Any]
    roof_elevation: NDArray[Any]
    roof_slope: NDArray[np.float32]
    roof_aspect: NDArray[np.float32]
    source: NDArray[np.uint8]
    notes: tuple[str, ...]
    ground_offset: float = float("nan")
    roof_mean: NDArray[Any] | None = None


def buildings_from_models(
    models: BuildingModels,
    spec: GridSpec,
    ground: NDArray[np.float64],
    *,
    roof_statistic: Literal["max", "mean"] = "max",
) -> PlacedBuildings:
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
    roof_statistic : {"max", "mean"}
        Elevation of a cell on a roof: of the highest facet at its centre, or the mean of the roofs within the cell
        (`twin.city.roofs.mean_roof`). A cell is roof where its centre is, either way.

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
    seen = seen_from_above(surfaces, count)
    # facets are numbered building by building, so that of equally high roofs the first building's wins
    order = np.argsort(surfaces.building, kind="stable")
    place = np.empty(len(order), np.int32)
    place[order] = np.arange(1, len(order) + 1, dtype=np.int32)
    raster = paint_facets(surfaces, spec, select=seen, labels=place)
    facet = np.concatenate([[0], order + 1]).astype(np.int32)[raster.label]
    slope, aspect = roof_planes(surfaces, facet)
    building_id = np.concatenate([[0], surfaces.building + 1]).astype(np.int32)[facet]
    roof = raster.elevation
    mean = mean_roof(surfaces, spec, select=seen) if roof_statistic == "mean" else None
    if mean is not None:
        roof = np.where((facet > 0) & np.isfinite(mean), mean, roof)
    del facet
    footprints = footprints_of(surfaces, count, seen)
    levels = levels_of(surfaces, count, seen)
    base = levels["base"].copy()
    terrain = mean_by_building(building_id, ground, count)
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
            "eaves_height": lowest_edges(surfaces, count, seen) - base,
            "roof_shape": models.buildings["roof_type"].to_numpy(dtype=object),
            "storeys": storeys,
            "use": use,
            "source": "3-D city model",
            "height_source": "roof surfaces of the 3-D city model",
            "storeys_source": np.where(told, "3-D city model", "estimated from the mean height").astype(object),
            **green_columns(green_roof_of_attributes(told) for told in _generic(models.buildings)),
        },
        geometry=footprints,
        crs=spec.crs,
        index=pd.RangeIndex(1, count + 1, name="building_id"),
    )
    return PlacedBuildings(
        table=with_residents(table, spec),
        building_id=building_id,
        building_fraction=cover_fraction(footprints, spec),
        roof_elevation=roof,
        roof_slope=slope,
        roof_aspect=aspect,
        source=np.full(count, variables.flag("building_source", "city_model"), np.uint8),
        notes=_facet_notes(raster, models, crossing_outlines(surfaces, seen)),
        ground_offset=offset,
        roof_mean=mean,
    )


def mean_by_building(labels: NDArray[np.int32], values: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Return the mean of `values` over the cells of each building, NaN where it has none."""
    inside = (labels > 0) & np.isfinite(values)
    number = np.bincount(labels[inside], minlength=count + 1)[1:]
    total = np.bincount(labels[inside], values[inside], count + 1)[1:]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(total / number, np.float64)


def with_residents(table: gpd.GeoDataFrame, spec: GridSpec) -> gpd.GeoDataFrame:
    """Return the table with residents estimated from floor area, and whether a building belongs to the grid."""
    area = np.asarray(table.geometry.area, np.float64)
    dwelling = (table["use"] == "residential").to_numpy(bool)
    people = np.where(dwelling, area * table["storeys"] * LIVING_SHARE / FLOOR_AREA_PER_RESIDENT, 0.0)
    source = np.where(dwelling, "estimated from floor area", "no dwelling").astype(object)
    source[(table["use"] == "unknown").to_numpy(bool)] = "use unknown, not estimated"
    return table.assign(residents=people, residents_source=source, on_grid=_on_grid(table.geometry, spec))


def _generic(buildings: pd.DataFrame) -> list[Any]:
    """Generic attributes of each building; None where the records hold none."""
    return list(buildings["generic"]) if "generic" in buildings else [None] * len(buildings)


def _on_grid(footprints: gpd.GeoSeries, spec: GridSpec) -> NDArray[np.bool_]:
    """A building belongs to the grid that holds a point of its inside, so that neighbouring grids count it once."""
    points = shapely.point_on_surface(np.asarray(footprints.values, dtype=object))
    x, y = shapely.bounds(points).reshape(-1, 4)[:, :2].T  # NaN for an empty footprint, which lies nowhere
    xmin, ymin, xmax, ymax = spec.bounds
    return np.asarray((x >= xmin) & (x < xmax) & (y >= ymin) & (y < ymax), bool)


def _facet_notes(raster: FacetRaster, models: BuildingModels, crossing: NDArray[np.int64]) -> tuple[str, ...]:
    notes = []
    if raster.vertical:
        notes.append(f"{raster.vertical} roof facets are vertical and hide no ground")
    if raster.degenerate:
        notes.append(f"{raster.degenerate} roof facets have no area")
    bent = int((raster.misfit > 0.1).sum())
    if bent:
        notes.append(f"{bent} of {raster.painted} roof facets deviate from a plane by more than 0.1 m")
    if len(crossing):
        owners = dict.fromkeys(models.buildings["id"].to_numpy(object)[models.surfaces.building[crossing]])
        notes.append(
            f"{len(crossing)} roof facets cross or touch themselves; what lies in an odd number of their loops is roof "
            f"({', '.join(map(str, list(owners)[:3]))}{' ...' if len(owners) > 3 else ''})"
        )
    return tuple(notes)


def no_buildings(spec: GridSpec) -> PlacedBuildings:
    """Return a grid without any building."""
    columns: dict[str, Any] = {
        "osm_id": pd.Series(dtype=object),
        "name": pd.Series(dtype=object),
        "height": pd.Series(dtype=float),
        "eaves_height": pd.Series(dtype=float),
        "roof_shape": pd.Series(dtype=object),
        "storeys": pd.Series(dtype=float),
        "use": pd.Series(dtype=object),
        "source": pd.Series(dtype=object),
        "height_source": pd.Series(dtype=object),
        "storeys_source": pd.Series(dtype=object),
        "green_roof": pd.Series(dtype=float),
        "green_roof_source": pd.Series(dtype=object),
        "residents": pd.Series(dtype=float),
        "residents_source": pd.Series(dtype=object),
        "on_grid": pd.Series(dtype=bool),
    }
    table = gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries([], crs=spec.crs), crs=spec.crs)
    table.index = pd.RangeIndex(1, 1, name="building_id")
    nowhere = np.full(spec.shape, np.nan, np.float32)
    return PlacedBuildings(
        table,
        np.zeros(spec.shape, np.int32),
        np.zeros(spec.shape, np.float32),
        nowhere,
        nowhere,
        nowhere,
        np.zeros(0, np.uint8),
        (),
    )
