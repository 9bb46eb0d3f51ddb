"""The sections of a `city.toml` that are layers, tables and planned buildings, to records around the grid."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xarray as xr

from twin import progress
from twin.city.gridspec import GridSpec
from twin.city.ground import place_ground
from twin.city.load_sources import MAP_MARGIN, MODEL_MARGIN, RASTER_MARGIN, CityData
from twin.city.mesh_buildings import with_meshes

if TYPE_CHECKING:
    from twin.geometry.records import AreaRecords, BuildingModels, CityJsonData, OsmData, TreeRecords, UnitRecords

_CENSUS_CELL = 100.0  # m: units at the rim of the buildings that were read would have too few of them


def land_cover_of(data: CityData, model: CityJsonData | None) -> OsmData | CityJsonData | AreaRecords | None:
    """Return what the land cover comes from: the section's file, or the areas of the city's own CityJSON model.

    Parameters
    ----------
    data : CityData
        Of the city.
    model : CityJsonData or None
        From which the buildings come.
    """
    from twin.city.city_model import CLASS_COVER

    section = data.wanted.sections.get("land_cover")
    if section is None:
        return model if model is not None and model.areas["class"].isin(list(CLASS_COVER)).any() else None
    if section["format"] == "osm":
        return data.extract("land_cover")
    if section["format"] == "cityjson":
        if data.wanted.files("land_cover") == data.wanted.files("buildings") and model is not None:
            return model
        return data.city_json("land_cover")
    return _areas(data)


def _areas(data: CityData) -> AreaRecords:
    from twin.geometry import read_areas

    section = data.wanted.sections["land_cover"]
    files = [head.path for head in data.heads["land_cover"]]
    crs = section.get("crs") or next((head.crs for head in data.heads["land_cover"] if head.crs is not None), None)
    box = None if crs is None else data.around(float(section.get("margin", RASTER_MARGIN)), crs)
    with progress.stage("read land cover") as advance:
        found = read_areas(
            list(dict.fromkeys(files)),
            classes=section["classes"],
            layer=section.get("layer"),
            crs=section.get("crs"),
            bounds=box,
        )
        advance(1)
    return found


def trees_of(data: CityData) -> TreeRecords | None:
    """Return the trees of a cadastre, if the city has one; sizes that are missing need whole tables.

    Parameters
    ----------
    data : CityData
        Of the city.
    """
    from twin.geometry import read_trees

    section = data.wanted.sections.get("trees")
    if section is None:
        return None
    files: list[Path] = []
    for file in data.wanted.files("trees"):  # of an archive, the members that are tables or layers
        files += [head.path for head in data.heads["trees"] if file in head.path.parents] or [file]
    options = {key: section.get(key) for key in ("columns", "crs", "delimiter", "decimal", "layer")}
    with progress.stage("read trees") as advance:
        found = read_trees(list(dict.fromkeys(files)), **options)
        advance(1)
    return found


def fill_buildings_of(data: CityData) -> OsmData | BuildingModels | xr.DataArray | None:
    """Return the second source of buildings, if the city has one.

    Parameters
    ----------
    data : CityData
        Of the city.
    """
    section = data.wanted.sections.get("fill_buildings")
    if section is None:
        return None
    form = section["format"]
    if form == "osm":
        return data.extract("fill_buildings")
    if form == "raster":
        return data.heights("fill_buildings")
    return data.city_gml("fill_buildings") if form == "citygml" else data.city_json("fill_buildings").buildings


def canopy_of(data: CityData, terrain: xr.DataArray | None, model: CityJsonData | None) -> xr.DataArray | None:
    """Return the heights of vegetation above ground; of laser points, their height above the terrain.

    Parameters
    ----------
    data : CityData
        Of the city.
    terrain : xarray.DataArray or None
        As read.
    model : CityJsonData or None
        The city's CityJSON model, whose ground counts where there is no terrain.
    """
    if "canopy" not in data.wanted.sections:
        return None
    field = data.heights("canopy")
    if not any(head.kind == "laser" for head in data.heads["canopy"]):
        return field
    spec = GridSpec.from_dataset(field.to_dataset(name="canopy"))
    # plants hide the ground from the laser: the ground between them counts, but is not shown as ground
    ground = place_ground(terrain, spec, model=model, fill=RASTER_MARGIN)
    above: xr.DataArray = (field - ground.values).clip(min=0.0)
    return above.assign_attrs(field.attrs)


def residents_of(data: CityData) -> UnitRecords | None:
    """Return the statistical units, if the city has any, from where buildings are read.

    Parameters
    ----------
    data : CityData
        Of the city.
    """
    from twin.geometry import read_units

    section = data.wanted.sections.get("residents")
    if section is None:
        return None
    heads = data.heads["residents"]
    buildings = data.wanted.sections.get("buildings", {})
    usual = MAP_MARGIN if buildings.get("format") == "osm" else MODEL_MARGIN
    crs = section.get("crs") or next((head.crs for head in heads if head.crs is not None), None)
    box = None if crs is None else data.around(max(0.0, float(buildings.get("margin", usual)) - _CENSUS_CELL), crs)
    options = {key: section.get(key) for key in ("columns", "crs", "delimiter", "decimal", "layer")}
    with progress.stage("read residents") as advance:
        found = read_units(list(dict.fromkeys(head.path for head in heads)), bounds=box, **options)
        advance(1)
    return found


def add_meshes(
    data: CityData, models: BuildingModels | None, terrain: xr.DataArray | None, ground: CityJsonData | None
) -> BuildingModels | None:
    """Put the [[meshes]] among the buildings, on the terrain of the grid.

    Parameters
    ----------
    data : CityData
        Of the city.
    models : BuildingModels or None
        The buildings there are.
    terrain : xarray.DataArray or None
        As read; without it, the ground of `ground` or of the buildings counts.
    ground : CityJsonData or None
        The city's CityJSON model.
    """
    from twin.geometry import read_mesh

    if not data.wanted.meshes:
        return models
    meshes = []
    for entry in data.wanted.meshes:
        options: dict[str, Any] = {key: value for key, value in entry.items() if key != "file"}
        mesh = read_mesh(entry["file"], **{"crs": data.spec.crs, **options})
        meshes.append(mesh if mesh.crs is not None else replace(mesh, crs=data.spec.crs))
    fill = float(data.wanted.sections.get("terrain", {}).get("fill", 0.0))
    placed = place_ground(terrain, data.spec, model=ground or models, fill=fill)
    coordinates = data.spec.dataset().coords
    field = xr.DataArray(placed.values, {key: coordinates[key] for key in ("y", "x", "spatial_ref")}, ("y", "x"))
    if placed.vertical_datum:
        field.attrs["vertical_datum"] = placed.vertical_datum
    return with_meshes(models, meshes, field)
