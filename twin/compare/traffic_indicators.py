"""Indicators of traffic results: time and distance driven, how full roads are, what can no longer arrive.

All are for the hour of the demand, motor vehicles only, over the whole network of the result (which may reach beyond
the grid).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin.compare.indicators import Indicator
from twin.compare.streets import links_of

if TYPE_CHECKING:
    from twin.city.city import City

QUIET_CLASSES = ("residential", "living_street", "service", "unclassified", "track", "pedestrian")
"""OSM road classes people live on; traffic there is a nuisance first."""


def _scalar(result: xr.Dataset, name: str) -> float:
    return float(result[name].values)


def _mean_speed(result: xr.Dataset) -> float:
    hours = _scalar(result, "total_travel_time")
    return _scalar(result, "vehicle_distance") / hours if hours > 0 else float("nan")


def _ratio(result: xr.Dataset) -> NDArray[np.float64]:
    ratio = np.asarray(result["volume_capacity_ratio"].values, np.float64)
    return ratio[np.isfinite(ratio)]  # a closed link has no capacity, so no ratio


def _kilometres_in_quiet_streets(result: xr.Dataset, city: City) -> float:
    links = links_of(result, city)
    quiet = links["road_class"].isin(QUIET_CLASSES).to_numpy()
    flow = np.nan_to_num(np.asarray(result["road_flow"].values, np.float64))
    return float((flow * links["length"].to_numpy(np.float64))[quiet].sum() / 1000.0)


def _closed_by_water(result: xr.Dataset) -> float:
    if "flooded_links" in result.attrs:
        return float(result.attrs["flooded_links"])
    passable = float(result.attrs.get("passable_depth", 0.3))
    return float((np.nan_to_num(np.asarray(result["road_water_depth"].values, np.float64)) > passable).sum())


_ROADS = ("demand", "roads")

INDICATORS = (
    Indicator(
        "traffic_vehicle_hours",
        "traffic",
        "time driven by all vehicles",
        "Fahrzeit aller Fahrzeuge",
        "vehicle h",
        1,
        "less",
        _ROADS,
        ("total_travel_time",),
        lambda r, c, v: _scalar(r, "total_travel_time"),
        headline=True,
    ),
    Indicator(
        "traffic_vehicle_kilometres",
        "traffic",
        "distance driven by all vehicles",
        "Fahrleistung aller Fahrzeuge",
        "vehicle km",
        0,
        "less",
        _ROADS,
        ("vehicle_distance",),
        lambda r, c, v: _scalar(r, "vehicle_distance"),
    ),
    Indicator(
        "traffic_mean_speed",
        "traffic",
        "mean speed",
        "mittlere Geschwindigkeit",
        "km/h",
        1,
        "neutral",
        _ROADS,
        ("total_travel_time", "vehicle_distance"),
        lambda r, c, v: _mean_speed(r),
    ),
    Indicator(
        "traffic_quiet_street_kilometres",
        "traffic",
        "distance driven on residential and minor streets",
        "Fahrleistung in Wohn- und Nebenstraßen",
        "vehicle km",
        0,
        "less",
        _ROADS,
        ("road_flow",),
        lambda r, c, v: _kilometres_in_quiet_streets(r, c),
        headline=True,
    ),
    Indicator(
        "traffic_volume_capacity_max",
        "traffic",
        "volume to capacity of the fullest road",
        "Auslastung der vollsten Straße",
        "%",
        0,
        "less",
        _ROADS,
        ("volume_capacity_ratio",),
        lambda r, c, v: 100.0 * float(_ratio(r).max(initial=0.0)),
    ),
    Indicator(
        "traffic_links_above_capacity",
        "traffic",
        "road sections and directions above capacity",
        "überlastete Abschnitte und Richtungen",
        "sections",
        0,
        "less",
        _ROADS,
        ("volume_capacity_ratio",),
        lambda r, c, v: float((_ratio(r) > 1.0).sum()),
    ),
    Indicator(
        "traffic_unserved_demand",
        "traffic",
        "trips that can no longer arrive",
        "Fahrten, die nicht mehr ankommen",
        "vehicles/h",
        0,
        "less",
        _ROADS,
        ("unserved_demand",),
        lambda r, c, v: _scalar(r, "unserved_demand"),
        headline=True,
    ),
    Indicator(
        "traffic_links_closed_by_water",
        "traffic",
        "road sections and directions closed by water",
        "durch Wasser gesperrte Abschnitte und Richtungen",
        "sections",
        0,
        "less",
        ("terrain", "sewers", "roads"),
        ("road_water_depth",),
        lambda r, c, v: _closed_by_water(r),
        optional=True,
    ),
)
