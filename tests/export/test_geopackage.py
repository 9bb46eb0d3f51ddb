"""GeoPackage and GeoJSON hold every row, in a CRS that other programs understand."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import xarray as xr
from shapely import LineString, Point, box

from twin import City, GridSpec
from twin.city.roads import RoadNetwork
from twin.errors import DataError, InputError
from twin.export import city_layers, write_geojson, write_geopackage

CRS = "EPSG:25832"


@pytest.fixture
def city() -> City:
    buildings = gpd.GeoDataFrame(
        {"height": [9.0, np.nan], "use": ["residential", ""], "tags": [{"name": "Rathaus ß"}, {}]},
        geometry=[box(0, 0, 10, 10), box(20, 0, 30, 10)],
        index=pd.Index([1, 2], name="building_id"),
        crs=CRS,
    )
    links = gpd.GeoDataFrame(
        {"name": ["Hauptstraße", "Hauptstraße"], "length": [50.0, 50.0], "closed": [False, True]},
        geometry=[LineString([(0, 0), (50, 0)]), LineString([(50, 0), (0, 0)])],
        index=pd.Index(["7:0:f", "7:0:b"], name="link"),
        crs=CRS,
    )
    nodes = gpd.GeoDataFrame(
        {"signals": [False, True]},
        geometry=[Point(0, 0), Point(50, 0)],
        index=pd.Index([0, 1], name="node"),
        crs=CRS,
    )
    trees = gpd.GeoDataFrame({"height": []}, geometry=[], crs=CRS)
    grid = GridSpec.from_bounds((0, 0, 10, 10), 2.0, CRS).dataset()
    return City("test", grid, buildings, RoadNetwork(nodes, links, pd.DataFrame()), trees)


def test_layers_come_back_with_rows_types_and_crs(tmp_path: Path, city: City) -> None:
    path = write_geopackage(city_layers(city), tmp_path / "city.gpkg", attribution="© OpenStreetMap contributors")
    assert {name for name, _ in pyogrio.list_layers(path)} == {"buildings", "roads", "junctions"}
    buildings = gpd.read_file(path, layer="buildings")
    assert buildings.crs.to_epsg() == 25832
    assert buildings.building_id.tolist() == [1, 2]
    assert buildings.height.iloc[0] == 9.0
    assert np.isnan(buildings.height.iloc[1])
    assert json.loads(buildings.tags.iloc[0]) == {"name": "Rathaus ß"}
    assert buildings.geometry.geom_equals(city.buildings.geometry.reset_index(drop=True)).all()
    roads = gpd.read_file(path, layer="roads")
    assert roads.link.tolist() == ["7:0:f", "7:0:b"]
    assert roads.closed.tolist() == [False, True]
    assert pyogrio.read_info(path, layer="roads")["dataset_metadata"]["attribution"] == "© OpenStreetMap contributors"


def test_flows_become_columns_of_the_roads(city: City) -> None:
    flows = xr.Dataset({"road_flow": ("link", [300.0, 0.0]), "relative_gap": 1e-7}, coords={"link": ["7:0:f", "7:0:b"]})
    roads = city_layers(city, flows=flows)["roads"]
    assert roads.road_flow.tolist() == [300.0, 0.0]
    assert "road_flow" not in city.network.links


def test_flows_of_another_city_are_refused(city: City) -> None:
    flows = xr.Dataset({"road_flow": ("link", [1.0])}, coords={"link": ["99:0:f"]})
    with pytest.raises(InputError, match="99:0:f"):
        city_layers(city, flows=flows)


def test_geojson_is_longitude_and_latitude(tmp_path: Path, city: City) -> None:
    buildings = city.buildings.set_geometry(city.buildings.translate(689000, 5539000))
    path = write_geojson(buildings, tmp_path / "b.geojson", attribution="© OpenStreetMap contributors")
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["description"] == "© OpenStreetMap contributors"
    assert "crs" not in content  # RFC 7946: always WGS 84
    longitude, latitude = content["features"][0]["geometry"]["coordinates"][0][0]
    assert (round(longitude, 1), round(latitude, 1)) == (11.6, 50.0)
    assert content["features"][1]["properties"]["building_id"] == 2
    again = gpd.read_file(path).to_crs(CRS)
    # seven decimals of a degree are about a centimetre
    assert again.geometry.hausdorff_distance(buildings.geometry.reset_index(drop=True)).max() < 0.02


def test_an_existing_file_is_replaced_whole(tmp_path: Path, city: City) -> None:
    path = tmp_path / "city.gpkg"
    write_geopackage({"old": city.buildings}, path)
    write_geopackage({"new": city.buildings}, path)
    assert [name for name, _ in pyogrio.list_layers(path)] == ["new"]
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_written_is_refused(tmp_path: Path, city: City) -> None:
    with pytest.raises(InputError, match=r"ends in \.gpkg"):
        write_geopackage({"a": city.buildings}, tmp_path / "a.shp")
    with pytest.raises(InputError, match="layers is empty"):
        write_geopackage({}, tmp_path / "a.gpkg")
    with pytest.raises(InputError, match="no CRS"):
        write_geopackage({"a": city.buildings.set_crs(None, allow_override=True)}, tmp_path / "a.gpkg")
    with pytest.raises(InputError, match="upper and lower case"):
        write_geopackage({"a": city.buildings, "A": city.buildings}, tmp_path / "a.gpkg")
    with pytest.raises(InputError, match="no name"):
        write_geopackage({" ": city.buildings}, tmp_path / "a.gpkg")
    with pytest.raises(InputError, match=r"ends in \.geojson"):
        write_geojson(city.buildings, tmp_path / "a.gpkg")
    with pytest.raises(DataError, match="cannot be written"):
        write_geopackage({"a": city.buildings.rename(columns={"height": "fid", "use": "FID"})}, tmp_path / "a.gpkg")
    assert list(tmp_path.iterdir()) == []
