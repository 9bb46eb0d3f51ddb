"""Files to records: 3-D city models, OpenStreetMap extracts and rasters, read whole or refused.

Table of contents; the readers load when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.contents import lazily

_CONTENTS = {
    "concatenate_cityjson": "twin.geometry.cityjson_join:concatenate_cityjson",
    "concatenate_models": "twin.geometry.building_models:concatenate_models",
    "read_areas": "twin.geometry.areas:read_areas",
    "read_citygml": "twin.geometry.citygml:read_citygml",
    "read_cityjson": "twin.geometry.cityjson:read_cityjson",
    "read_las": "twin.geometry.las:read_las",
    "read_mesh": "twin.geometry.meshes:read_mesh",
    "read_osm": "twin.geometry.osm:read_osm",
    "read_plan": "twin.geometry.plans:read_plan",
    "read_raster": "twin.geometry.raster:read_raster",
    "read_units": "twin.geometry.statistical_units:read_units",
    "read_xyz": "twin.geometry.xyz:read_xyz",
    "read_trees": "twin.geometry.tree_table:read_trees",
    "resample": "twin.geometry.resampling:resample",
    "AreaRecords": "twin.geometry.records:AreaRecords",
    "BuildingModels": "twin.geometry.records:BuildingModels",
    "CityJsonData": "twin.geometry.records:CityJsonData",
    "OsmData": "twin.geometry.records:OsmData",
    "OsmRestriction": "twin.geometry.records:OsmRestriction",
    "OsmWay": "twin.geometry.records:OsmWay",
    "PlanRecords": "twin.geometry.records:PlanRecords",
    "ReadReport": "twin.geometry.records:ReadReport",
    "Refusal": "twin.geometry.records:Refusal",
    "SurfaceKind": "twin.geometry.records:SurfaceKind",
    "Surfaces": "twin.geometry.records:Surfaces",
    "TreeRecords": "twin.geometry.records:TreeRecords",
    "UnitRecords": "twin.geometry.records:UnitRecords",
}

__all__ = [
    "AreaRecords",
    "BuildingModels",
    "CityJsonData",
    "OsmData",
    "OsmRestriction",
    "OsmWay",
    "PlanRecords",
    "ReadReport",
    "Refusal",
    "SurfaceKind",
    "Surfaces",
    "TreeRecords",
    "UnitRecords",
    "concatenate_cityjson",
    "concatenate_models",
    "read_areas",
    "read_citygml",
    "read_cityjson",
    "read_las",
    "read_mesh",
    "read_osm",
    "read_plan",
    "read_raster",
    "read_trees",
    "read_units",
    "read_xyz",
    "resample",
]

if TYPE_CHECKING:
    from twin.geometry.areas import read_areas
    from twin.geometry.building_models import concatenate_models
    from twin.geometry.citygml import read_citygml
    from twin.geometry.cityjson import read_cityjson
    from twin.geometry.cityjson_join import concatenate_cityjson
    from twin.geometry.las import read_las
    from twin.geometry.meshes import read_mesh
    from twin.geometry.osm import read_osm
    from twin.geometry.plans import read_plan
    from twin.geometry.raster import read_raster
    from twin.geometry.records import (
        AreaRecords,
        BuildingModels,
        CityJsonData,
        OsmData,
        OsmRestriction,
        OsmWay,
        PlanRecords,
        ReadReport,
        Refusal,
        SurfaceKind,
        Surfaces,
        TreeRecords,
        UnitRecords,
    )
    from twin.geometry.resampling import resample
    from twin.geometry.statistical_units import read_units
    from twin.geometry.tree_table import read_trees
    from twin.geometry.xyz import read_xyz


__getattr__, __dir__ = lazily(__name__, _CONTENTS)
