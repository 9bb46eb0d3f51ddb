"""Records to a `City`: the grid, rasterising, land cover, trees, roads, and the sample cities.

gridspec.py   where the cells of a grid lie
city.py       the `City` and what is known about its data
load.py       `load_city`: a city.toml to a `City`; load_checks.py heads of all files first, load_sources.py and
              load_layers.py only what lies around the grid
city_file.py  what a city.toml may say: city_file_sections.py its sections, city_file_values.py and
              city_file_paths.py their values and files
new_city.py   a folder of downloaded files to a city.toml: new_city_roles.py and new_city_layers.py what each file
              stands for, new_city_place.py and new_city_model.py where, new_city_text.py the file
samples.py    `sample_city`: the cities that come with the package
build.py      `build_city`: records to a `City`
ground.py     the ground of a city: terrain.py elevations onto the grid, gap_filling.py gaps on request,
              model_terrain.py from the ground surfaces of buildings
rasterize.py  polygons and roof planes onto the grid
polygons.py   shapely polygons as flat arrays
buildings.py  buildings of 3-D models, osm_buildings.py of OpenStreetMap; footprints.py surfaces from above;
              building_uses.py their uses and assumed heights
placing.py    which buildings a city gets; filled_buildings.py those that its model lacks,
              raster_buildings.py from a raster of heights
walls.py      open cells beside walls, their height and direction
roofs.py      slope, aspect and eaves of roofs; drainage.py where their rain goes;
              green_roofs.py what tells of green ones
residents.py  residents of statistical units onto dwellings
plan_massing.py  planned blocks from the building areas of a development plan
mesh_buildings.py  buildings from meshes: on the terrain, among those of a 3-D city model
surfaces.py   land-cover classes, their parameters and where those come from
cover.py      which land cover a city gets; land_cover.py OpenStreetMap and land-use layers onto the grid;
              land_cover_tags.py which tags mean what, widths of roads
canopy.py     the canopy of a city; trees.py crowns of single trees and woods onto the grid
layers.py     fields to one described Dataset, with sources and licences
roads.py      the road network
places.py     playgrounds, schools, hospitals, care homes and their like
caveats.py    what readers of results must know about the data, building_caveats.py about buildings
city_model.py terrain and land cover from a CityJSON model, where there are no others
store.py      a city in one file and back; stored_tables.py, stored_values.py how tables and objects lie in it
summary.py    a city in a few lines, for the console and for notebooks
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.contents import lazily

_CONTENTS = {
    "Caveat": "twin.city.city:Caveat",
    "City": "twin.city.city:City",
    "CityMeta": "twin.city.city:CityMeta",
    "GridSpec": "twin.city.gridspec:GridSpec",
    "RoadNetwork": "twin.city.roads:RoadNetwork",
    "Source": "twin.city.city:Source",
    "assign_residents": "twin.city.residents:assign_residents",
    "build_city": "twin.city.build:build_city",
    "land_cover_from_records": "twin.city.land_cover:land_cover_from_records",
    "load_city": "twin.city.load:load_city",
    "places_from_osm": "twin.city.places:places_from_osm",
    "roof_drainage": "twin.city.drainage:roof_drainage",
    "massing": "twin.city.plan_massing:massing",
    "open_city": "twin.city.store:open_city",
    "sample_city": "twin.city.samples:sample_city",
    "save_city": "twin.city.store:save_city",
    "stand_on_terrain": "twin.city.mesh_buildings:stand_on_terrain",
    "wall_cells": "twin.city.walls:wall_cells",
    "with_meshes": "twin.city.mesh_buildings:with_meshes",
}

__all__ = [
    "Caveat",
    "City",
    "CityMeta",
    "GridSpec",
    "RoadNetwork",
    "Source",
    "assign_residents",
    "build_city",
    "land_cover_from_records",
    "load_city",
    "massing",
    "open_city",
    "places_from_osm",
    "roof_drainage",
    "sample_city",
    "save_city",
    "stand_on_terrain",
    "wall_cells",
    "with_meshes",
]

if TYPE_CHECKING:
    from twin.city.build import build_city
    from twin.city.city import Caveat, City, CityMeta, Source
    from twin.city.drainage import roof_drainage
    from twin.city.gridspec import GridSpec
    from twin.city.land_cover import land_cover_from_records
    from twin.city.load import load_city
    from twin.city.mesh_buildings import stand_on_terrain, with_meshes
    from twin.city.places import places_from_osm
    from twin.city.plan_massing import massing
    from twin.city.residents import assign_residents
    from twin.city.roads import RoadNetwork
    from twin.city.samples import sample_city
    from twin.city.store import open_city, save_city
    from twin.city.walls import wall_cells

__getattr__, __dir__ = lazily(__name__, _CONTENTS)
