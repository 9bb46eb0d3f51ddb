"""Variants of a city side by side: indicators, who is affected, differences, maps, words and the report."""

from __future__ import annotations

from twin.compare.variant import MeasureRecord, Variant

__all__ = ["MeasureRecord", "Variant"]
