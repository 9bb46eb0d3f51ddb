"""Sections of a city.toml beyond terrain, buildings and map; all files here are synthetic."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from twin.city.load import load_city
from twin.city.surfaces import CODES
from twin.errors import DataError

HEAD = 'name = "Ort"\ncrs = "EPSG:25832"\nresolution = 2\nbounds = [500000, 5700000, 500040, 5700040]\n'
WEST, SOUTH = 500_000.0, 5_700_000.0


def grid(path: Path, value: float = 50.0, hole: bool = False) -> None:
    values = np.full((40, 40), value)
    if hole:
        values[20:24, 20:24] = -9999
    rows = "\n".join(" ".join(f"{number:g}" for number in row) for row in values)
    head = f"ncols 40\nnrows 40\nxllcorner {WEST - 20}\nyllcorner {SOUTH - 20}\ncellsize 2\nNODATA_value -9999\n"
    path.write_text(head + rows + "\n")


@pytest.fixture
def town(tmp_path: Path) -> Path:
    grid(tmp_path / "dgm2.asc")
    return tmp_path


def toml(town: Path, text: str, terrain: str = 'file = "dgm2.asc"\ncrs = "EPSG:25832"') -> Path:
    (town / "city.toml").write_text(f"{HEAD}[terrain]\n{terrain}\n{text}", encoding="utf-8")
    return town


def square(x: float, y: float, side: float) -> shapely.Polygon:
    return shapely.box(WEST + x, SOUTH + y, WEST + x + side, SOUTH + y + side)


def layer(path: Path, columns: dict[str, list[object]], shapes: list[shapely.Polygon], crs: int = 25832) -> None:
    gpd.GeoDataFrame(columns, geometry=shapes, crs=25832).to_crs(crs).to_file(path)


def model(path: Path, west: float, name: str) -> None:
    """One house of 10 m by 10 m, 8 m high, on ground at 50 m, as CityJSON."""
    x, y = WEST + west, SOUTH + 10
    low = [[x, y, 50], [x + 10, y, 50], [x + 10, y + 10, 50], [x, y + 10, 50]]
    corners = low + [[a, b, 58] for a, b, _ in low] + [[a, b, 50] for a, b in ((x - 5, y - 5), (x + 15, y - 5))]
    corners += [[x + 15, y + 15, 50], [x - 5, y + 15, 50]]
    kinds = {"surfaces": [{"type": "RoofSurface"}, {"type": "GroundSurface"}], "values": [0, 1]}
    faces = [[[4, 5, 6, 7]], [[3, 2, 1, 0]]]
    house = {"type": "MultiSurface", "lod": "2", "boundaries": faces, "semantics": kinds}
    plot = {"type": "MultiSurface", "lod": "1", "boundaries": [[[8, 9, 10, 11]]]}
    document = {
        "type": "CityJSON",
        "version": "2.0",
        "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/25832"},
        "transform": {"scale": [1, 1, 1], "translate": [0, 0, 0]},
        "CityObjects": {
            name: {"type": "Building", "geometry": [house]},
            f"{name}-plot": {"type": "LandUse", "geometry": [plot]},
        },
        "vertices": [[int(number) for number in corner] for corner in corners],
    }
    path.write_text(json.dumps(document))


def test_a_land_use_layer_becomes_land_cover(town):
    layer(town / "tn.gpkg", {"nutzart": ["Wald", "Hafenbecken"]}, [square(0, 0, 20), square(20, 20, 20)], crs=4326)
    classes = '{ column = "nutzart", map = { Wald = "forest", Hafenbecken = "water" } }'
    text = f'[land_cover]\nfile = "tn.gpkg"\nclasses = {classes}\n'
    cover = load_city(toml(town, text)).grid.land_cover
    assert cover.sel(x=WEST + 11, y=SOUTH + 11) == CODES["forest"]
    assert cover.sel(x=WEST + 31, y=SOUTH + 31) == CODES["water"]
    assert cover.sel(x=WEST + 11, y=SOUTH + 31) == CODES["grass"]


def test_a_map_of_classes_may_lie_beside_the_file(town):
    layer(town / "tn.gpkg", {"art": ["Hof"]}, [square(0, 0, 40)])
    (town / "klassen.toml").write_text('column = "art"\n[map]\nHof = "paving"\n')
    city = load_city(toml(town, '[land_cover]\nfile = "tn.gpkg"\nclasses = "klassen.toml"\n'))
    assert np.unique(city.grid.land_cover).tolist() == [CODES["paving"]]


def test_gaps_of_the_terrain_stay_unless_filling_is_asked_for(town):
    grid(town / "dgm2.asc", hole=True)
    assert np.isnan(load_city(toml(town, "")).grid.ground_elevation).any()
    filled = load_city(toml(town, "", 'file = "dgm2.asc"\ncrs = "EPSG:25832"\nfill = 20'))
    assert (filled.grid.ground_elevation == 50.0).all()
    assert any("fill" in caveat.text_en.lower() for caveat in filled.meta.caveats)


def test_several_city_models_stand_together_and_can_be_the_ground(town):
    for number, west in enumerate((0.0, 20.0)):
        model(town / f"tile_{number}.city.json", west + 5, f"house-{number}")
    (town / "city.toml").write_text(HEAD + '[buildings]\nfile = "tile_*.city.json"\n')
    city = load_city(town)
    assert len(city.buildings) == 2
    assert city.grid.ground_elevation.sel(x=WEST + 31, y=SOUTH + 11) == 50.0
    assert float(city.grid.surface_elevation.max()) == 58.0


def test_what_one_source_of_buildings_lacks_another_fills(town):
    model(town / "one.city.json", 5.0, "house")
    ndom = np.zeros((40, 40))
    ndom[20:25, 25:30] = 6.0  # a house that the model does not know
    rows = "\n".join(" ".join(f"{number:g}" for number in row) for row in ndom)
    head = f"ncols 40\nnrows 40\nxllcorner {WEST - 20}\nyllcorner {SOUTH - 20}\ncellsize 2\n"
    (town / "gebaeudehoehen.asc").write_text(head + rows + "\n")
    text = '[buildings]\nfile = "one.city.json"\n[fill_buildings]\nfile = "gebaeudehoehen.asc"\ncrs = "EPSG:25832"\n'
    city = load_city(toml(town, text))
    assert len(city.buildings) == 2
    assert len(np.unique(city.grid.building_source)) == 3  # none, model, filled


def test_a_planned_building_stands_on_the_terrain(town):
    corners = "v 0 0 0\nv 10 0 0\nv 10 10 0\nv 0 10 0\nv 0 0 7\nv 10 0 7\nv 10 10 7\nv 0 10 7\n"
    faces = "f 4 3 2 1\nf 5 6 7 8\nf 1 2 6 5\nf 2 3 7 6\nf 3 4 8 7\nf 4 1 5 8\n"
    (town / "neubau.obj").write_text(corners + faces)
    text = f'[[meshes]]\nfile = "neubau.obj"\nplace = [{WEST + 10}, {SOUTH + 10}]\nup = "z"\nname = "Neubau"\n'
    city = load_city(toml(town, text))
    assert len(city.buildings) == 1
    assert float(city.grid.surface_elevation.max()) == pytest.approx(57.0, abs=1e-3)  # 50 m of ground and 7 m
    assert int((city.grid.building_id > 0).sum()) == 25  # 10 m by 10 m in cells of 2 m


def test_residents_of_units_live_in_the_dwellings(town):
    model(town / "one.city.json", 5.0, "house")
    document = json.loads((town / "one.city.json").read_text())
    document["CityObjects"]["house"]["attributes"] = {"function": "31001_1010"}  # ALKIS: dwelling
    (town / "one.city.json").write_text(json.dumps(document))
    layer(town / "bloecke.gpkg", {"block": ["1"], "EW": [12.0]}, [square(0, 0, 40)])
    text = '[buildings]\nfile = "one.city.json"\n[residents]\nfile = "bloecke.gpkg"\ncolumns = { residents = "EW" }\n'
    city = load_city(toml(town, text))
    assert city.buildings["residents"].sum() == pytest.approx(12.0)


def test_laser_points_are_terrain_and_canopy(town):
    laspy = pytest.importorskip("laspy", reason="laser points need the extra `las`")
    header = laspy.LasHeader(point_format=6, version="1.4")
    header.scales, header.offsets = (0.01, 0.01, 0.01), (WEST, SOUTH, 0)
    east, north = np.meshgrid(WEST + np.arange(-19.0, 60, 2), SOUTH + np.arange(-19.0, 60, 2))
    tree = (np.abs(east - WEST - 21) < 3) & (np.abs(north - SOUTH - 21) < 3)
    scan = laspy.LasData(header)
    scan.x, scan.y = np.r_[east.ravel(), east[tree]], np.r_[north.ravel(), north[tree]]
    scan.z = np.r_[np.full(east.size, 61.0), np.full(tree.sum(), 73.0)]
    scan.classification = np.r_[np.full(east.size, 2), np.full(tree.sum(), 5)].astype(np.uint8)
    scan.write(town / "als.las")
    crs = 'file = "als.las"\ncrs = "EPSG:25832"\n'
    city = load_city(toml(town, f"[canopy]\n{crs}", crs))
    assert np.unique(city.grid.ground_elevation).tolist() == [61.0]
    assert float(city.grid.canopy_height.max()) == pytest.approx(12.0, abs=0.01)
    assert int((city.grid.canopy_height > 0).sum()) == int(tree.sum())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[land_cover]\nfile = "tn.gpkg"\n', r"\[land_cover\]: a layer of land use needs classes.*alkis"),
        ('[land_cover]\nfile = "tn.gpkg"\nclasses = "alkiss"\n', "did you mean 'alkis'"),
        ('[land_cover]\nfile = "tn.gpkg"\nclasses = 3\n', "classes is 3; it must be the name of a map"),
        ('[land_cover]\nfile = "t.osm"\nclasses = "alkis"\n', "classes is for format vector, not for osm"),
        ('[buildings]\nfile = "t.osm"\nroof = "max"\n', "roof is for 3-D buildings"),
        ('[buildings]\nfile = "t.osm"\nmargin = -5\n', "margin is -5 m; it must be 0 or more"),
        ('[[meshes]]\nfile = "a.obj"\nplace = [1]\n', r"\[\[meshes\]\] number 1: place is \[1\]; it must be \[easting"),
        ('[[meshes]]\nfile = "a.obj"\nscale = 0\n', "scale is 0; it must be above 0"),
        ('[[meshes]]\nfile = "a.obj"\nupp = "z"\n', "did you mean 'up'"),
        ('[[meshes]]\nfile = "a.obj"\n[buildings]\nfile = "t.osm"\n', "as a measure of a scenario instead"),
        ('[residents]\nfile = "tn.gpkg"\ncolumns = "EW"\n', "write a table such as"),
        ('[canopy]\nfile = "dgm2.asc"\nclasses = [2.5]\n', "it must be a list of classes from 0 to 255"),
        ('[fill_buildings]\nfile = "dgm2.asc"\nformat = "tiff"\n', "it must be one of: osm, citygml, cityjson, raster"),
    ],
)
def test_a_wrong_section_is_refused_with_key_value_and_way_out(town, text, message):
    layer(town / "tn.gpkg", {"nutzart": ["Wald"]}, [square(0, 0, 20)])
    (town / "t.osm").write_text('<osm version="0.6"/>')
    (town / "a.obj").write_text("v 0 0 0\n")
    with pytest.raises(DataError, match=message):
        load_city(toml(town, text))


def test_a_city_without_terrain_and_without_a_model_is_refused(town):
    (town / "city.toml").write_text(HEAD + "[terrain]\nfill = 20\n")
    with pytest.raises(DataError, match=r"no \[terrain\] with a file; a city needs ground elevations"):
        load_city(town)
