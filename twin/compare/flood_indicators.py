"""Indicators of flood results: where water stands or runs, which buildings and roads it meets, where it goes.

Areas count open ground only: water on roofs is not a flood. Buildings count by the deepest open cell that touches
their walls. Volumes are the model's own budget.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from twin.compare.exposure import building_exposure, residents_where
from twin.compare.indicators import Indicator, View, outdoors
from twin.errors import MissingDataError

if TYPE_CHECKING:
    from twin.city.city import City


def _area_deeper(result: xr.Dataset, city: City, view: View, threshold: float) -> float:
    deep = np.asarray(result["water_depth_max"].values) > threshold
    return float((deep & outdoors(city, view)).sum() * city.spec.cell_area)


def _mean_depth(result: xr.Dataset, city: City, view: View) -> float:
    depth = np.asarray(result["water_depth_max"].values, np.float64)[outdoors(city, view)]
    depth = depth[np.isfinite(depth)]
    return float(1000.0 * depth.mean()) if depth.size else float("nan")


def _buildings(result: xr.Dataset, city: City, threshold: float) -> float:
    return float((building_exposure(result["water_depth_max"], city)["value"] >= threshold).sum())


def _residents(result: xr.Dataset, city: City, threshold: float) -> float:
    return residents_where(building_exposure(result["water_depth_max"], city), threshold)


def _hazard_area(result: xr.Dataset, city: City, view: View) -> float:
    hazard = result["hazard_class"]
    flags = np.atleast_1d(hazard.attrs.get("flag_values", np.asarray([])))
    if flags.size < 2:
        raise MissingDataError("hazard_class has no flag_values, so its highest class is not known")
    return float(((np.asarray(hazard.values) == flags.max()) & outdoors(city, view)).sum() * city.spec.cell_area)


def _road_length_deeper(result: xr.Dataset, city: City, threshold: float) -> float:
    """Length of road centre lines under water, each section counted once, m."""
    import shapely

    from twin.compare.streets import sections

    if city.network is None:
        raise MissingDataError(f"{city.name!r} has no road network")
    spec = city.spec
    lines = sections(city.network).geometry.intersection(shapely.box(*spec.bounds))
    pieces = shapely.get_parts(shapely.segmentize(lines[~lines.is_empty].to_numpy(), spec.resolution))
    points, line = shapely.get_coordinates(pieces, return_index=True)
    within = np.flatnonzero(line[1:] == line[:-1])
    middle = 0.5 * (points[within] + points[within + 1])
    length = np.hypot(*(points[within + 1] - points[within]).T)
    column = np.clip(((middle[:, 0] - spec.left) / spec.resolution).astype(np.int64), 0, spec.columns - 1)
    row = np.clip(((spec.top - middle[:, 1]) / spec.resolution).astype(np.int64), 0, spec.rows - 1)
    deep = (np.asarray(result["water_depth_max"].values) > threshold) & outdoors(city)
    return float(length[deep[row, column]].sum())


def _scalar(result: xr.Dataset, name: str) -> float:
    return float(result[name].values)


_TERRAIN = ("terrain", "sewers", "land_cover", "edges")
_DEPTH = ("water_depth_max",)

INDICATORS = (
    Indicator(
        "flood_area_over_10cm",
        "flood",
        "open ground flooded deeper than 0.1 m",
        "Freifläche mit mehr als 0,1 m Wasser",
        "m2",
        0,
        "less",
        _TERRAIN,
        _DEPTH,
        lambda r, c, v: _area_deeper(r, c, v, 0.1),
        headline=True,
        local=True,
    ),
    Indicator(
        "flood_area_over_30cm",
        "flood",
        "open ground flooded deeper than 0.3 m",
        "Freifläche mit mehr als 0,3 m Wasser",
        "m2",
        0,
        "less",
        _TERRAIN,
        _DEPTH,
        lambda r, c, v: _area_deeper(r, c, v, 0.3),
        local=True,
    ),
    Indicator(
        "flood_area_over_50cm",
        "flood",
        "open ground flooded deeper than 0.5 m",
        "Freifläche mit mehr als 0,5 m Wasser",
        "m2",
        0,
        "less",
        _TERRAIN,
        _DEPTH,
        lambda r, c, v: _area_deeper(r, c, v, 0.5),
        local=True,
    ),
    Indicator(
        "flood_depth_max_mean",
        "flood",
        "highest water depth, mean over open ground",
        "höchste Wassertiefe, Mittel über die Freifläche",
        "mm",
        1,
        "less",
        _TERRAIN,
        _DEPTH,
        _mean_depth,
        local=True,
    ),
    Indicator(
        "flood_buildings_over_10cm",
        "flood",
        "buildings with at least 0.1 m of water at their walls",
        "Gebäude mit mindestens 0,1 m Wasser an den Wänden",
        "buildings",
        0,
        "less",
        _TERRAIN,
        _DEPTH,
        lambda r, c, v: _buildings(r, c, 0.1),
        headline=True,
    ),
    Indicator(
        "flood_buildings_over_30cm",
        "flood",
        "buildings with at least 0.3 m of water at their walls",
        "Gebäude mit mindestens 0,3 m Wasser an den Wänden",
        "buildings",
        0,
        "less",
        _TERRAIN,
        _DEPTH,
        lambda r, c, v: _buildings(r, c, 0.3),
    ),
    Indicator(
        "flood_residents_over_10cm",
        "flood",
        "residents of buildings with at least 0.1 m of water at the walls",
        "Einwohner in Gebäuden mit mindestens 0,1 m Wasser an den Wänden",
        "residents",
        0,
        "less",
        (*_TERRAIN, "residents"),
        _DEPTH,
        lambda r, c, v: _residents(r, c, 0.1),
        headline=True,
    ),
    Indicator(
        "flood_residents_over_30cm",
        "flood",
        "residents of buildings with at least 0.3 m of water at the walls",
        "Einwohner in Gebäuden mit mindestens 0,3 m Wasser an den Wänden",
        "residents",
        0,
        "less",
        (*_TERRAIN, "residents"),
        _DEPTH,
        lambda r, c, v: _residents(r, c, 0.3),
    ),
    Indicator(
        "flood_road_length_over_30cm",
        "flood",
        "roads under more than 0.3 m of water, not passable for cars",
        "Straßen unter mehr als 0,3 m Wasser, für Pkw nicht befahrbar",
        "m",
        0,
        "less",
        (*_TERRAIN, "roads"),
        _DEPTH,
        lambda r, c, v: _road_length_deeper(r, c, 0.3),
    ),
    Indicator(
        "flood_highest_hazard_area",
        "flood",
        "open ground in the highest hazard class",
        "Freifläche in der höchsten Gefahrenklasse",
        "m2",
        0,
        "less",
        _TERRAIN,
        ("hazard_class",),
        _hazard_area,
        local=True,
    ),
    Indicator(
        "flood_outflow_volume",
        "flood",
        "water that runs off beyond the area",
        "Wasser, das aus dem Gebiet abfließt",
        "m3",
        0,
        "less",
        _TERRAIN,
        ("outflow_volume",),
        lambda r, c, v: _scalar(r, "outflow_volume"),
    ),
    Indicator(
        "flood_infiltrated_volume",
        "flood",
        "water that infiltrates",
        "Wasser, das versickert",
        "m3",
        0,
        "more",
        ("land_cover",),
        ("infiltrated_volume",),
        lambda r, c, v: _scalar(r, "infiltrated_volume"),
    ),
    Indicator(
        "flood_stored_volume",
        "flood",
        "water still on the surface at the end",
        "Wasser, das am Ende noch auf der Oberfläche steht",
        "m3",
        0,
        "neutral",
        _TERRAIN,
        ("stored_volume",),
        lambda r, c, v: _scalar(r, "stored_volume"),
    ),
    Indicator(
        "flood_rain_volume",
        "flood",
        "rain on the area",
        "Niederschlag auf das Gebiet",
        "m3",
        0,
        "neutral",
        (),
        ("rain_volume",),
        lambda r, c, v: _scalar(r, "rain_volume"),
    ),
)
