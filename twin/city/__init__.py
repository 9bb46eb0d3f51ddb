"""Records to a `City`: the grid, rasterising, land cover, trees, roads, and the sample cities.

gridspec.py   where the cells of a grid lie
city.py       the `City` and what is known about its data
load.py       `load_city`: a city.toml to a `City`
samples.py    `sample_city`: the cities that come with the package
build.py      `build_city`: records to a `City`
terrain.py    elevations onto the grid
rasterize.py  polygons and roof planes onto the grid
buildings.py  footprints, heights, uses, residents
surfaces.py   land-cover classes, their parameters and where those come from
land_cover.py OpenStreetMap tags to land-cover classes, widths of roads
trees.py      crowns of single trees and woods onto the grid
roads.py      the road network
caveats.py    what readers of results must know about the data, in English and German
summary.py    a city in a few lines, for the console and for notebooks
"""
