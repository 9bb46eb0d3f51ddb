"""Records to a `City`: the grid, rasterising, land cover, trees, roads, and the sample cities.

gridspec.py   where the cells of a grid lie
city.py       the `City` and what is known about its data
load.py       `load_city`: a city.toml to a `City`
samples.py    `sample_city`: the cities that come with the package
build.py      `build_city`: records to a `City`
terrain.py    elevations onto the grid
rasterize.py  polygons and roof planes onto the grid
surfaces.py   land-cover classes, their parameters and where those come from
trees.py      crowns of single trees and woods onto the grid
roads.py      the road network
"""
