"""What survives which format: the table of docs/how-to/export.md, checked line by line."""

from __future__ import annotations

import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import xarray as xr
from pandas.testing import assert_frame_equal

from twin import City, GridSpec
from twin.city import open_city, save_city
from twin.export import city_layers, write_cityjson, write_geopackage, write_geotiff, write_glb
from twin.geometry import SurfaceKind, read_cityjson, read_mesh, read_raster
from twin.scenario.hamlet import hamlet


@pytest.fixture(scope="module")
def city() -> City:
    return hamlet(2.0)


def test_the_guide_names_every_format() -> None:
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "export.md").read_text(encoding="utf-8")
    table = re.search(r"## What comes back\n(.*?)\n## ", page, re.S)
    assert table
    for name in ("NetCDF", "Zarr", "GeoTIFF", "GeoPackage", "CityJSON", "glTF"):
        assert re.search(rf"^\| {name}", table[1], re.M), name


def test_netcdf_keeps_everything(tmp_path: Path, city: City) -> None:
    again = open_city(save_city(city, tmp_path / "city.nc"))
    xr.testing.assert_identical(again.grid, city.grid)
    assert_frame_equal(again.buildings, city.buildings, check_exact=True)
    assert_frame_equal(again.trees, city.trees, check_exact=True)
    assert again.network is not None
    assert city.network is not None
    assert_frame_equal(again.network.links, city.network.links, check_exact=True)
    assert again.meta == city.meta


def test_geotiff_keeps_values_place_and_units(tmp_path: Path, city: City) -> None:
    path = write_geotiff(city.grid.ground_elevation, tmp_path / "ground.tif")
    again = read_raster(path)
    np.testing.assert_array_equal(again.values, city.grid.ground_elevation.values)
    assert again.dtype == city.grid.ground_elevation.dtype
    np.testing.assert_array_equal(again.x.values, city.grid.x.values)
    np.testing.assert_array_equal(again.y.values, city.grid.y.values)
    assert GridSpec.from_dataset(again) == city.spec
    assert again.attrs["units"] == "m"


def test_geotiff_keeps_gaps_and_64_bits(tmp_path: Path) -> None:
    spec = GridSpec.from_bounds((389000, 5819000, 389006, 5819004), 2.0, "EPSG:25833")
    values = np.array([[1 / 3, np.nan, 1e-9], [-2.5, 8848.86, 0.0]])
    field = spec.dataset().assign(depth=(("y", "x"), values)).depth
    np.testing.assert_array_equal(read_raster(write_geotiff(field, tmp_path / "a.tif")).values, values)


def test_geotiff_is_cloud_optimised(tmp_path: Path) -> None:
    spec = GridSpec.from_bounds((0, 0, 1500, 1500), 1.0, "EPSG:25832")
    values = np.arange(spec.rows * spec.columns, dtype=np.float32).reshape(spec.shape) % 997
    path = write_geotiff(spec.dataset().assign(a=(("y", "x"), values)).a, tmp_path / "a.tif")
    with rasterio.open(path) as source:
        structure = source.tags(ns="IMAGE_STRUCTURE")
        assert structure["LAYOUT"] == "COG"
        assert structure["COMPRESSION"] == "DEFLATE"
        assert source.block_shapes == [(512, 512)]
        assert source.overviews(1) == [2, 4]
        # overviews come before the image, whose tiles follow one another, so that a reader gets a part by one request
        places = [f"BLOCK_OFFSET_{column}_{row}" for row in range(3) for column in range(3)]
        tiles = [int(source.get_tag_item(place, "TIFF", bidx=1)) for place in places]
        assert tiles == sorted(tiles)
    np.testing.assert_array_equal(read_raster(path).values, values)


def test_geopackage_keeps_tables_geometry_and_crs(tmp_path: Path, city: City) -> None:
    layers = city_layers(city)
    path = write_geopackage(layers, tmp_path / "city.gpkg")
    for name, frame in layers.items():
        again = gpd.read_file(path, layer=name)
        flat = frame.reset_index() if frame.index.name else frame.reset_index(drop=True)
        assert again.crs == frame.crs
        assert set(again.columns) == set(flat.columns)
        assert again.geometry.geom_equals_exact(flat.geometry, 0.0).all()
        for column in flat.columns.drop("geometry"):
            assert again[column].tolist() == flat[column].tolist(), (name, column)


def test_cityjson_keeps_blocks_heights_and_attributes(tmp_path: Path, city: City) -> None:
    data = read_cityjson(write_cityjson(city, tmp_path / "city.city.json"))
    table = data.buildings.buildings
    assert table["measured_height"].tolist() == city.buildings["height"].tolist()
    assert [told["use"] for told in table["generic"]] == city.buildings["use"].tolist()
    assert data.buildings.crs == city.spec.crs


def test_gltf_keeps_roofs_and_numbers_of_buildings(tmp_path: Path, city: City) -> None:
    models = read_mesh(write_glb(city, tmp_path / "city.glb"))
    assert models.crs == city.spec.crs
    assert models.buildings["id"].tolist() == ["1", "2", "3", "4"]
    surfaces = models.surfaces
    for row in range(4):
        roofs = np.flatnonzero((surfaces.building == row) & (surfaces.kind == SurfaceKind.ROOF))
        first = surfaces.ring_start[surfaces.polygon_start[roofs]]
        levels = np.unique(np.round(surfaces.vertices[first, 2], 3))
        mine = city.grid.building_id.values == row + 1
        # 32-bit metres from a local origin
        np.testing.assert_allclose(levels, np.unique(city.grid.surface_elevation.values[mine]), atol=1e-3)
        ring = (
            np.repeat(np.repeat(surfaces.building, np.diff(surfaces.polygon_start)), np.diff(surfaces.ring_start))
            == row
        )
        box = (*surfaces.vertices[ring].min(0)[:2], *surfaces.vertices[ring].max(0)[:2])
        np.testing.assert_allclose(box, city.buildings.geometry.iloc[row].bounds, atol=1e-4)
