"""Coordinates that belie their reference system: every reader names the likely cause and the way out.

The places lie in Berlin, Munich and the west of Germany, rounded to 100 m; a test checks them by transformation.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyproj import Transformer

from twin import geometry
from twin.city import GridSpec, build_city
from twin.errors import DataError

Put = Callable[[Any, Path, float, float, str], Any]


def citygml(gml: Any, folder: Path, x: float, y: float, crs: str) -> Any:
    file = folder / "t.gml"
    file.write_text(gml.city(gml.box_building("b1", origin=(x, y)), srs=crs))
    return geometry.read_citygml(file)


def cityjson(gml: Any, folder: Path, x: float, y: float, crs: str) -> Any:
    roof = {"type": "MultiSurface", "lod": "2", "boundaries": [[[0, 1, 2]]]}
    document = {
        "type": "CityJSON", "version": "2.0", "metadata": {"referenceSystem": crs},
        "transform": {"scale": [1, 1, 1], "translate": [x, y, 0]}, "vertices": [[0, 0, 9], [10, 0, 9], [10, 10, 9]],
        "CityObjects": {"b": {"type": "Building", "geometry": [roof]}},
    }  # fmt: skip
    file = folder / "t.city.json"
    file.write_text(json.dumps(document))
    return geometry.read_cityjson(file)


def xyz(gml: Any, folder: Path, x: float, y: float, crs: str) -> Any:
    file = folder / "t.xyz"
    step = 1e-5 if abs(x) < 180 else 1.0
    rows = [f"{x + step * i:.5f} {y + step * j:.5f} {34 + i + j}" for j in range(3) for i in range(4)]
    file.write_text("\n".join(rows))
    return geometry.read_xyz(file, crs=crs)


def raster(gml: Any, folder: Path, x: float, y: float, crs: str) -> Any:
    import rasterio

    file = folder / "t.tif"
    step = 1e-5 if abs(x) < 180 else 1.0
    options: dict[str, Any] = {"driver": "GTiff", "width": 4, "height": 3, "count": 1, "dtype": "float32", "crs": crs}
    with rasterio.open(file, "w", transform=rasterio.Affine(step, 0, x, 0, -step, y), **options) as sink:
        sink.write(np.full((1, 3, 4), 34, np.float32))
    return geometry.read_raster(file)


def trees(gml: Any, folder: Path, x: float, y: float, crs: str) -> Any:
    file = folder / "t.csv"
    rows = [f"{x + 10 * i};{y};12;8;Tilia" if abs(x) > 180 else f"{x};{y + 1e-4 * i};12;8;Tilia" for i in range(3)]
    file.write_text("x;y;baumhoehe;kronedurch;art_bot\n" + "\n".join(rows))
    return geometry.read_trees(file, crs=crs)


def vector(gml: Any, folder: Path, x: float, y: float, crs: str) -> Any:
    import geopandas as gpd
    import shapely

    file = folder / "t.gpkg"
    side = 1e-3 if abs(x) < 180 else 50.0
    frame = gpd.GeoDataFrame({"nutzart": ["Wald"]}, geometry=[shapely.box(x, y, x + side, y + side)], crs=crs)
    frame.to_file(file)
    return geometry.read_areas(file, classes={"column": "nutzart", "map": {"Wald": "forest"}})


def units(gml: Any, folder: Path, x: float, y: float, crs: str) -> Any:
    import geopandas as gpd
    import shapely

    file = folder / "t.gpkg"
    side = 1e-3 if abs(x) < 180 else 50.0
    columns = {"name": ["A"], "einwohner": [120]}
    gpd.GeoDataFrame(columns, geometry=[shapely.box(x, y, x + side, y + side)], crs=crs).to_file(file)
    return geometry.read_units(file)


def plan(gml: Any, folder: Path, x: float, y: float, crs: str) -> Any:
    from benchmarks.fuzz import seeds_more

    side = 1e-3 if abs(x) < 180 else 40.0
    text = seeds_more.plan().decode().replace("EPSG:25832", crs)
    for west in (0, 40, 50, 90):
        text = text.replace(str(500000 + west), repr(x + side * (west // 40 + (west % 40 > 0))))
    text = text.replace("5600030", repr(y + side)).replace("5600000", repr(y))
    file = folder / "t.gml"
    file.write_text(text)
    return geometry.read_plan(file)


def las(gml: Any, folder: Path, x: float, y: float, crs: str) -> Any:
    import pyproj

    laspy = pytest.importorskip("laspy")
    header = laspy.LasHeader(point_format=6, version="1.4")
    header.offsets, header.scales = (round(x), round(y), 0.0), (1e-6,) * 3
    header.add_crs(pyproj.CRS.from_user_input(crs), keep_compatibility=False)
    cloud = laspy.LasData(header)
    step = np.arange(12) * (1e-5 if abs(x) < 180 else 1.0)
    cloud.x, cloud.y, cloud.z = x + step % 4, y + step / 4, np.full(12, 34.0)
    cloud.classification = np.full(12, 2, np.uint8)
    cloud.write(str(folder / "t.las"))
    return geometry.read_las(folder / "t.las", resolution=1.0)


READERS: dict[str, Put] = {
    "citygml": citygml,
    "cityjson": cityjson,
    "xyz": xyz,
    "raster": raster,
    "trees": trees,
    "vector": vector,
    "units": units,
    "plan": plan,
    "las": las,
}
CAUSES = [
    ("swapped axes", 5820000.0, 389400.0, "EPSG:25833", "easting and northing are swapped"),
    ("zone prefix 33", 33389400.0, 5820000.0, "EPSG:25833", "zone prefix 33.*EPSG:5650|carry zone 33|zone 33; it was"),
    ("zone prefix 32", 32691900.0, 5334600.0, "EPSG:25832", "zone prefix 32.*EPSG:4647|carry zone 32|zone 32; it was"),
    ("zone prefix 32, other zone", 32691900.0, 5334600.0, "EPSG:25833", "zone prefix 32.*EPSG:4647|carry zone 32"),
    ("no prefix, though named", 691900.0, 5334600.0, "EPSG:4647", "UTM in Germany|carry no zone.*EPSG:25832"),
    ("Gauss-Krueger 2", 2563100.0, 5652100.0, "EPSG:25832", "Gauss-Krueger zone 2 .*EPSG:31466"),
    ("Gauss-Krueger 3", 3424100.0, 5652100.0, "EPSG:25832", "Gauss-Krueger zone 3 .*EPSG:31467"),
    ("Gauss-Krueger 4", 4468700.0, 5333900.0, "EPSG:25832", "Gauss-Krueger zone 4 .*EPSG:31468"),
    ("Gauss-Krueger 5", 5389400.0, 5820900.0, "EPSG:25833", "Gauss-Krueger zone 5 .*EPSG:31469"),
    ("Gauss-Krueger, northing first", 5333900.0, 4468700.0, "EPSG:25832", "zone 4, with northing first"),
    ("Soldner Berlin", 22600.0, 21200.0, "EPSG:25833", "Soldner Berlin.*EPSG:3068"),
    ("UTM in Soldner", 389400.0, 5820000.0, "EPSG:3068", "UTM in Germany .*EPSG:25832 or EPSG:25833"),
    ("UTM in Gauss-Krueger", 691900.0, 5334600.0, "EPSG:31468", "UTM in Germany"),
    ("degrees", 13.37, 52.52, "EPSG:25833", "look like degrees"),
    ("Web Mercator", 1488300.0, 6894700.0, "EPSG:25833", "Web Mercator"),
    ("LAEA Europe", 4549400.0, 3272500.0, "EPSG:25833", "LAEA Europe.*EPSG:3035"),
]  # fmt: skip


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(("x", "y", "crs", "cause"), [row[1:] for row in CAUSES], ids=[row[0] for row in CAUSES])
def test_coordinates_elsewhere_are_refused_with_their_likely_cause(
    gml: Any, tmp_path: Path, reader: str, x: float, y: float, crs: str, cause: str
) -> None:
    if reader == "xyz" and "it was" in cause:  # the zone in the easting of a tile is removed and said
        answer = xyz(gml, tmp_path, x, y, crs)
        assert f"the eastings carry the zone {crs[-2:]}; it was removed" in answer.attrs["note"]
        return
    with pytest.raises(DataError, match=cause) as caught:
        READERS[reader](gml, tmp_path, x, y, crs)
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize("reader", ["raster", "trees", "vector", "units"])
def test_swapped_degrees_are_refused(gml: Any, tmp_path: Path, reader: str) -> None:
    with pytest.raises(DataError, match="longitude and latitude seem to be swapped"):
        READERS[reader](gml, tmp_path, 52.52, 13.37, "EPSG:4326")


SYSTEMS = [
    ("EPSG:25832", 691900.0, 5334600.0),
    ("EPSG:25833", 389400.0, 5820000.0),
    ("EPSG:4647", 32691900.0, 5334600.0),
    ("EPSG:5650", 33389400.0, 5820000.0),
    ("EPSG:31466", 2563100.0, 5652100.0),
    ("EPSG:31467", 3541300.0, 5333900.0),
    ("EPSG:31468", 4468700.0, 5333900.0),
    ("EPSG:31469", 5389400.0, 5820900.0),
    ("EPSG:3068", 22600.0, 21200.0),
    ("EPSG:3035", 4549400.0, 3272500.0),
]


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(("crs", "x", "y"), SYSTEMS)
def test_coordinates_in_their_own_system_are_read(
    gml: Any, tmp_path: Path, reader: str, crs: str, x: float, y: float
) -> None:
    READERS[reader](gml, tmp_path, x, y, crs)


@pytest.mark.parametrize(("crs", "x", "y"), SYSTEMS)
def test_the_places_of_the_table_lie_in_germany(crs: str, x: float, y: float) -> None:
    lon, lat = Transformer.from_crs(crs, 4326, always_xy=True).transform(x, y)
    assert 5.8 < lon < 15.1
    assert 47.2 < lat < 55.1


@pytest.mark.parametrize("reader", ["citygml", "cityjson"])
def test_northing_first_is_exchanged_where_the_system_defines_it(gml: Any, tmp_path: Path, reader: str) -> None:
    answer = READERS[reader](gml, tmp_path, 5333900.0, 4468700.0, "urn:ogc:def:crs:EPSG::31468")
    models = answer if reader == "citygml" else answer.buildings
    assert models.surfaces.vertices[:, 0].min() == 4468700.0
    assert any("northing before easting" in note for note in models.report.notes)


@pytest.mark.parametrize("name", ["EPSG:5555", "urn:ogc:def:crs,crs:EPSG::25832,crs:EPSG::5783", "EPSG:25832+5783"])
def test_a_compound_system_gives_its_parts(gml: Any, tmp_path: Path, name: str) -> None:
    for reader in (citygml, cityjson):
        answer = reader(gml, tmp_path, 691900.0, 5334600.0, name)
        models = answer if reader is citygml else answer.buildings
        assert (models.crs.to_epsg(), models.vertical_datum) == (25832, "DHHN92")


def test_tiles_of_two_systems_are_refused_with_the_fix(gml: Any, tmp_path: Path) -> None:
    for name, srs in (("a.gml", "EPSG:25833"), ("b.gml", "EPSG:25832")):
        (tmp_path / name).write_text(gml.city(gml.box_building(name[0]), srs=srs))
    with pytest.raises(DataError, match=r"a\.gml is in .*33N.*b\.gml in .*32N.*transform them to one system first"):
        geometry.read_citygml(tmp_path)


@pytest.mark.parametrize(("lift", "who"), [(40.0, "the model"), (-40.0, "the terrain")])
def test_ellipsoidal_heights_against_heights_above_sea_level_are_named(
    gml: Any, tmp_path: Path, lift: float, who: str
) -> None:
    import xarray as xr

    models = citygml(gml, tmp_path, 389400.0, 5820000.0, "EPSG:25833")  # stands on 34 m
    spec = GridSpec(389390.0, 5820020.0, 1.0, 30, 40, "EPSG:25833")
    terrain = xr.DataArray(np.full(spec.shape, 34.0 - lift), spec.coordinates(), ("y", "x"))
    city = build_city("town", spec, terrain=terrain, buildings=models)
    told = [caveat.text_en for caveat in city.meta.caveats if "ellipsoidal" in caveat.text_en]
    assert len(told) == 1
    assert "40.0 m" in told[0]
    assert f"the heights of {who} are probably ellipsoidal" in told[0]
    assert "GCG2016" in told[0]


def test_a_named_ellipsoidal_datum_is_told_where_nothing_can_be_compared() -> None:
    from twin.city.building_caveats import about_ground_offset

    told = about_ground_offset(float("nan"), "ellipsoidal height", "DHHN2016")
    assert "the heights of the model are probably ellipsoidal" in told[0].text_en
    assert about_ground_offset(float("nan"), "DHHN92", "DHHN2016") == []
    assert about_ground_offset(0.3, "ellipsoidal height", "DHHN2016") == []  # measured: they agree
