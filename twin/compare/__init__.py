"""Variants of a city side by side: indicators, who is affected, differences, maps, words and the report."""

from __future__ import annotations

from twin.compare.comparison import Comparison, compare
from twin.compare.cool_places import CoolPlaceRule, cool_places, homes_near, residents_near
from twin.compare.exposure import building_exposure
from twin.compare.gains import home_changes, place_changes, who_gains
from twin.compare.heat_comparison import (
    class_areas,
    homes_compared,
    places_compared,
    residents_gaining,
    streets_compared,
)
from twin.compare.heat_exposure import exposure_by_group, exposure_by_kind, home_exposure, place_exposure
from twin.compare.heat_fields import (
    degree_hours,
    hours_above,
    shaded_share,
    stress_class_map,
    sunlit_hours,
    value_at,
)
from twin.compare.indicators import Indicator, indicator, indicators
from twin.compare.report import write_report
from twin.compare.street_shade import shade_by_street, shade_differences, street_shade, walking_shade
from twin.compare.stress_areas import stress_class_areas, stress_class_changes
from twin.compare.variant import MeasureRecord, Variant
from twin.compare.zones import zone_statistics

__all__ = [
    "Comparison",
    "CoolPlaceRule",
    "Indicator",
    "MeasureRecord",
    "Variant",
    "building_exposure",
    "class_areas",
    "compare",
    "cool_places",
    "degree_hours",
    "exposure_by_group",
    "exposure_by_kind",
    "home_changes",
    "home_exposure",
    "homes_compared",
    "homes_near",
    "hours_above",
    "indicator",
    "indicators",
    "place_changes",
    "place_exposure",
    "places_compared",
    "residents_gaining",
    "residents_near",
    "shade_by_street",
    "shade_differences",
    "shaded_share",
    "street_shade",
    "streets_compared",
    "stress_class_areas",
    "stress_class_changes",
    "stress_class_map",
    "sunlit_hours",
    "value_at",
    "walking_shade",
    "who_gains",
    "write_report",
    "zone_statistics",
]
