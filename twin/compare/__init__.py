"""Variants of a city side by side: indicators, who is affected, differences, maps, words and the report."""

from __future__ import annotations

from twin.compare.comparison import Comparison, compare
from twin.compare.exposure import building_exposure
from twin.compare.indicators import Indicator, indicator, indicators
from twin.compare.report import write_report
from twin.compare.variant import MeasureRecord, Variant

__all__ = [
    "Comparison",
    "Indicator",
    "MeasureRecord",
    "Variant",
    "building_exposure",
    "compare",
    "indicator",
    "indicators",
    "write_report",
]
