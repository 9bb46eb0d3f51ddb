"""Files to records: 3-D city models, OpenStreetMap extracts and rasters, read whole or refused.

Table of contents; the readers load when they are first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

_CONTENTS = {
    "concatenate_models": "twin.geometry.building_models",
    "read_citygml": "twin.geometry.citygml",
    "read_osm": "twin.geometry.osm",
    "read_raster": "twin.geometry.raster",
    "resample": "twin.geometry.resampling",
    "BuildingModels": "twin.geometry.records",
    "OsmData": "twin.geometry.records",
    "OsmRestriction": "twin.geometry.records",
    "OsmWay": "twin.geometry.records",
    "ReadReport": "twin.geometry.records",
    "Refusal": "twin.geometry.records",
    "SurfaceKind": "twin.geometry.records",
    "Surfaces": "twin.geometry.records",
}

__all__ = [
    "BuildingModels",
    "OsmData",
    "OsmRestriction",
    "OsmWay",
    "ReadReport",
    "Refusal",
    "SurfaceKind",
    "Surfaces",
    "concatenate_models",
    "read_citygml",
    "read_osm",
    "read_raster",
    "resample",
]

if TYPE_CHECKING:
    from twin.geometry.building_models import concatenate_models
    from twin.geometry.citygml import read_citygml
    from twin.geometry.osm import read_osm
    from twin.geometry.raster import read_raster
    from twin.geometry.records import (
        BuildingModels,
        OsmData,
        OsmRestriction,
        OsmWay,
        ReadReport,
        Refusal,
        SurfaceKind,
        Surfaces,
    )
    from twin.geometry.resampling import resample


def __getattr__(name: str) -> Any:
    module = _CONTENTS.get(name)
    if module is None:
        raise AttributeError(f"module 'twin.geometry' has no attribute {name!r}")
    value = getattr(importlib.import_module(module), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
