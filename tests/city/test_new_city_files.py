"""What surveys hand out becomes a city: zipped XYZ tiles, several kilometre tiles, PBF, tables, layers, laser points.

The files are made from the packaged sample of Berlin, or synthetic, in the form in which they are downloaded.
"""

from __future__ import annotations

import gzip
import re
import shutil
import tomllib
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

import twin
from twin import cli
from twin.city.city_file import read_city_file
from twin.city.load import load_city
from twin.city.new_city import new_city, propose_city
from twin.city.samples import sample_folder

SAMPLE = sample_folder("tiergarten")
LOD2 = SAMPLE / "lod2_3890_5819.gml.gz"


def postings(west: float, south: float, count: int, step: float, height: float = 34.0) -> str:
    x, y = np.meshgrid(west + step * (np.arange(count) + 0.5), south + step * (np.arange(count) + 0.5))
    return "".join(f"{e:.2f} {n:.2f} {height:.2f}\n" for e, n in zip(x.ravel(), y.ravel(), strict=True))


@pytest.fixture(scope="module")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three downloads of one place, as a planner has them: DGM1 as XYZ in a .zip, LoD2 as .gml.gz, OSM as .osm.pbf."""
    import osmium

    folder = tmp_path_factory.mktemp("downloads") / "Tiergarten"
    folder.mkdir()
    ground = twin.geometry.read_raster(SAMPLE / "dgm1_berlin_tiergarten.tif", bounds=(389600, 5819600, 389999, 5819999))
    x, y = np.meshgrid(ground.x.values, ground.y.values)
    lines = "".join(
        f"{e:.1f} {n:.1f} {z:.2f}\n" for e, n, z in zip(x.ravel(), y.ravel(), ground.values.ravel(), strict=True)
    )
    with zipfile.ZipFile(folder / "dgm1_33_389_5819_1_be.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("dgm1_33_389_5819_1_be.xyz", lines)
        archive.writestr("dgm1_33_389_5819_1_be.html", "<html>metadata</html>")
    shutil.copy(LOD2, folder / "LoD2_33_389_5819_1_BE.gml.gz")
    with osmium.SimpleWriter(str(folder / "tiergarten.osm.pbf")) as writer:
        for entity in osmium.FileProcessor(str(SAMPLE / "berlin-siegessaeule.osm.gz")):
            writer.add(entity)
    (folder / "Lizenz.pdf").write_bytes(b"%PDF-1.4")
    return folder


def test_a_planner_gets_a_city_from_three_downloads(downloads, tmp_path, capsys):
    """The steps of docs/how-to/own-city."""
    folder = tmp_path / "Tiergarten"
    shutil.copytree(downloads, folder)
    assert cli.main(["info", str(folder)]) == 0
    assert cli.main(["new-city", str(folder)]) == 0
    city = load_city(folder, resolution=2.0)
    told = capsys.readouterr().out
    for name in ("dgm1_33_389_5819_1_be.xyz: points (terrain)", "LoD2_33_389_5819_1_BE.gml.gz: citygml", "osm PBF"):
        assert name in told
    assert 'crs = "EPSG:25833"' in (folder / "city.toml").read_text(encoding="utf-8")
    assert len(city.buildings) == 40
    assert city.network is not None
    assert city.places is not None
    assert not np.isnan(city.grid.ground_elevation).any()


def test_the_city_of_the_downloads_is_that_of_the_sample(downloads, tmp_path):
    """XYZ in an archive and PBF hold what GeoTIFF and XML do, to the centimetre in which XYZ is written."""
    shutil.copytree(downloads, tmp_path / "ort")
    new_city(tmp_path / "ort")
    place = (389700, 5819700, 389900, 5819900)
    city, sample = load_city(tmp_path / "ort", bounds=place), twin.sample_city("tiergarten", bounds=place)
    assert np.abs(city.grid.ground_elevation.values - sample.grid.ground_elevation.values).max() <= 0.0051
    for name in ("building_id", "land_cover"):
        assert (city.grid[name].values == sample.grid[name].values).all(), name


def test_many_tiles_in_subfolders_are_named_by_patterns(tmp_path):
    (tmp_path / "DGM").mkdir()
    for east in range(380, 390, 2):
        for north in (5818, 5820):
            name = f"dgm50_33_{east}_{north}_2_be.xyz"
            (tmp_path / "DGM" / name).write_text(postings(east * 1e3, north * 1e3, 40, 50.0))
    (tmp_path / "DGM" / "dom1_33_380_5818.xyz").write_text(postings(380e3, 5818e3, 4, 50.0))
    text = propose_city(tmp_path).text
    content = tomllib.loads(text)
    assert content["terrain"]["file"] == "DGM/dgm50_33_*_2_be.xyz"
    assert content["crs"] == "EPSG:25833"
    assert "as the name of" in text
    (tmp_path / "city.toml").write_text(text, encoding="utf-8")
    assert len(read_city_file(tmp_path).files("terrain")) == 10
    west, south, *_ = content["bounds"]
    city = load_city(tmp_path, bounds=(west, south, west + 200, south + 200), resolution=50.0)
    assert float(city.grid.ground_elevation.max()) == 34.0


def test_a_tile_that_lies_unpacked_beside_its_archive_counts_once(downloads, tmp_path):
    shutil.copytree(downloads, tmp_path / "ort")
    shutil.copy(LOD2, tmp_path / "ort" / "LoD2_33_389_5819_1_BE_copy.gml.gz")
    with zipfile.ZipFile(tmp_path / "ort" / "dgm1_33_389_5819_1_be.zip") as archive:
        archive.extract("dgm1_33_389_5819_1_be.xyz", tmp_path / "ort")
    proposal = propose_city(tmp_path / "ort")
    content = tomllib.loads(proposal.text)
    assert isinstance(content["terrain"]["file"], str)
    assert isinstance(content["buildings"]["file"], str)
    assert sum("the same place as" in reason for reason in proposal.left_out.values()) == 2


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    (tmp_path / "dgm1_33_389_5819.xyz").write_text(postings(389600, 5819600, 40, 2.0))
    return tmp_path


def loaded(folder: Path) -> twin.City:
    new_city(folder)
    return load_city(folder)


def test_a_tree_cadastre_is_proposed_if_it_can_be_read(plain):
    (plain / "Baumkataster.csv").write_text("x;y;baumhoehe;kronedurch\n389640;5819640;12;8\n", encoding="utf-8")
    (plain / "Baumliste.csv").write_text("nr;gattung\n1;Tilia\n", encoding="utf-8")
    city = loaded(plain)
    assert len(city.trees) == 1
    text = (plain / "city.toml").read_text(encoding="utf-8")
    assert re.search(r"Found, but not used:\n#   Baumliste\.csv: a table whose columns no tree", text)


def test_longitude_and_latitude_of_trees_need_no_crs(plain):
    from pyproj import Transformer

    lon, lat = Transformer.from_crs(25833, 4326, always_xy=True).transform(389640, 5819640)
    row = f"{lon:.6f};{lat:.6f};12;8"
    (plain / "baeume.csv").write_text(f"lon;lat;height;crown_diameter\n{row}\n", encoding="utf-8")
    assert len(loaded(plain).trees) == 1
    assert "crs" not in tomllib.loads((plain / "city.toml").read_text(encoding="utf-8"))["trees"]


def test_land_use_is_proposed_with_the_map_that_knows_its_classes(plain):
    shapes = [shapely.box(389600, 5819600, 389640, 5819680), shapely.box(389640, 5819600, 389680, 5819680)]
    table = gpd.GeoDataFrame({"nutzart": ["Wald", "Wohnbaufläche"]}, geometry=shapes, crs=25833)
    table.to_file(plain / "NutzungFlurstueck.shp")
    unknown = gpd.GeoDataFrame({"nutzart": ["Kategorie 7"]}, geometry=shapes[:1], crs=25833)
    unknown.to_file(plain / "eigene.gpkg")
    city = loaded(plain)
    content = tomllib.loads((plain / "city.toml").read_text(encoding="utf-8"))
    assert content["land_cover"] == {
        "file": "NutzungFlurstueck.shp",
        "format": "vector",
        "classes": "alkis-simplified",
        "source": "land_cover",
    }
    assert "no shipped map knows its classes" in (plain / "city.toml").read_text(encoding="utf-8")
    assert len(np.unique(city.grid.land_cover)) > 1


def test_the_census_grid_gives_residents(plain):
    from pyproj import Transformer

    (plain / "dgm1_33_389_5819.xyz").write_text(postings(389600, 5819600, 150, 2.0))
    east, north = Transformer.from_crs(25833, 3035, always_xy=True).transform(389655, 5819840)
    west, south = int(east // 100 * 100), int(north // 100 * 100)
    (plain / "Zensus2022_Bevoelkerungszahl_100m-Gitter.csv").write_text(
        f"GITTER_ID_100m;x_mp_100m;y_mp_100m;Einwohner\nCRS3035RES100mN{south}E{west};{west + 50};{south + 50};42\n",
        encoding="utf-8",
    )
    shutil.copy(LOD2, plain / "LoD2_33_389_5819_1_BE.gml.gz")
    city = loaded(plain)
    assert any("Zensus2022" in report.source for report in city.meta.reports)


def test_buildings_alone_make_a_city_that_says_what_its_ground_is(tmp_path):
    shutil.copy(LOD2, tmp_path / "LoD2_33_389_5819_1_BE.gml.gz")
    file = new_city(tmp_path)
    assert "for rain, fetch the DGM1" in file.read_text(encoding="utf-8")
    city = load_city(tmp_path, resolution=10.0)
    assert len(city.buildings) == 40
    assert any(caveat.topic == "terrain" for caveat in city.meta.caveats)


def test_laser_points_are_terrain_where_there_is_no_other(tmp_path):
    laspy = pytest.importorskip("laspy", reason="laser points need the extra `las`")
    from pyproj import CRS

    header = laspy.LasHeader(point_format=6, version="1.4")
    header.scales, header.offsets = (0.01, 0.01, 0.01), (389600, 5819600, 0)
    header.add_crs(CRS.from_epsg(25833))
    scan = laspy.LasData(header)
    east, north = (axis.ravel() for axis in np.meshgrid(np.arange(0.25, 60, 0.5), np.arange(0.25, 60, 0.5)))
    house = (abs(east - 30) < 5) & (abs(north - 30) < 5)
    scan.x, scan.y = 389600 + east, 5819600 + north
    scan.z = np.where(house, 60.0, 34.0)
    scan.classification = np.where(house, 6, 2).astype(np.uint8)
    scan.write(tmp_path / "3dm_33_389_5819.las")
    city = loaded(tmp_path)
    assert "fill = 50" in (tmp_path / "city.toml").read_text(encoding="utf-8")
    assert (abs(city.grid.ground_elevation - 34.0) < 1e-3).all()  # also where the house hides the ground


def test_what_cannot_stand_in_a_city_is_listed_with_the_way_out(plain):
    (plain / "neubau.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
    (plain / "plan.gml").write_text('<XPlanAuszug xmlns="http://www.xplanung.de/xplangml/6/0"></XPlanAuszug>')
    (plain / "kaputt.gml.gz").write_bytes(gzip.compress(LOD2.read_bytes())[:500])
    left_out = propose_city(plain).left_out
    assert "[[meshes]] with place" in left_out["neubau.obj"]
    assert "development plan" in left_out["plan.gml"]
    assert "kaputt.gml.gz" in left_out
