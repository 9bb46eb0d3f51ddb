"""Pluvial flooding: rain on a grid, shallow flow, infiltration, hazard classes.

`simulate` runs the model; `HazardLimits`, `LUBW` and `hazard_class` classify what it finds.
"""

from twin.flood.hazard import LUBW, HazardLimits, hazard_class
from twin.flood.model import simulate

__all__ = ["LUBW", "HazardLimits", "hazard_class", "simulate"]
