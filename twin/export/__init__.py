"""Results for other programs: GeoTIFF for rasters, GeoPackage and GeoJSON for tables, CityJSON and glTF in 3-D.

Every file is written whole or not at all, carries its CRS, and the attributions its licences ask for.
"""

from twin.export.cityjson import write_cityjson
from twin.export.geopackage import city_layers, write_geojson, write_geopackage
from twin.export.geotiff import write_geotiff
from twin.export.mesh import write_glb
from twin.netcdf import read_netcdf, write_netcdf

__all__ = [
    "city_layers",
    "read_netcdf",
    "write_cityjson",
    "write_geojson",
    "write_geopackage",
    "write_geotiff",
    "write_glb",
    "write_netcdf",
]
