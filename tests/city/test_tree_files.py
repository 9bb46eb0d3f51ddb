"""Tree cadastres in several files: in a city.toml, and as `twin new-city` proposes them. All tables are synthetic."""

from __future__ import annotations

import tomllib
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest

from twin.city.load import load_city
from twin.city.new_city import new_city, propose_city
from twin.city.summary import file_name
from twin.errors import DataError

HEAD = 'name = "Ort"\ncrs = "EPSG:25833"\nresolution = 2\nbounds = [389600, 5819600, 389680, 5819680]\n'
E, N = 389600.0, 5819600.0
COLUMNS = "gisid;x;y;baumhoehe;kronedurch;art_bot\n"
STREETS = f"{COLUMNS}s1;{E + 10};{N + 10};12;8;Tilia\ns2;{E + 30};{N + 10};14;8;Acer\n"
PARKS = f"{COLUMNS}p1;{E + 50};{N + 10};20;8;Quercus\np2;{E + 30};{N + 10.05};14;8;Acer\n"
KOELN = f"X_Koordina;Y_Koordina;KRONE;HöHE\n{E + 50};{N + 50};5-10 m;10-15 m\n"


@pytest.fixture
def town(tmp_path: Path) -> Path:
    rows = "\n".join(" ".join(["34"] * 40) for _ in range(40))
    head = f"ncols 40\nnrows 40\nxllcorner {E}\nyllcorner {N}\ncellsize 2\n"
    (tmp_path / "dgm2_33_389_5819.asc").write_text(f"{head}{rows}\n")
    return tmp_path


def tables(town: Path, **texts: str) -> None:
    for name, text in texts.items():
        (town / f"{name}.csv").write_text(text, encoding="utf-8")


def layer(path: Path, crs: int, *places: tuple[float, float], **options: str) -> None:
    columns = {"hoehe_m": [10.0] * len(places), "krone_m": [6.0] * len(places)}
    points = gpd.points_from_xy(*np.transpose([(E + x, N + y) for x, y in places]))
    gpd.GeoDataFrame(columns, geometry=points, crs=25833).to_crs(crs).to_file(path, **options)


def toml(town: Path, trees: str) -> Path:
    terrain = '[terrain]\nfile = "dgm2_33_389_5819.asc"\ncrs = "EPSG:25833"\n'
    (town / "city.toml").write_text(f"{HEAD}{terrain}[trees]\n{trees}\n", encoding="utf-8")
    return town


def proposed(town: Path) -> dict[str, Any]:
    return tomllib.loads(propose_city(town).text).get("trees", {})


@pytest.mark.parametrize(
    "file", ['["baum_streets.csv", "baum_parks.csv"]', '"baum_*.csv"', '"baeume"', '"t.zip"', '"t.zip/*s.csv"']
)
def test_a_cadastre_of_several_files_stands_in_the_city(town, file) -> None:
    tables(town, baum_streets=STREETS, baum_parks=PARKS)
    (town / "baeume").mkdir()
    tables(town / "baeume", streets=STREETS, parks=PARKS)
    with zipfile.ZipFile(town / "t.zip", "w") as archive:
        archive.writestr("streets.csv", STREETS)
        archive.writestr("parks.csv", PARKS)
        archive.writestr("licence.txt", "dl-de/by-2.0")
        archive.writestr("metadata.json", '{"title": "trees"}')
    city = load_city(toml(town, f'file = {file}\ncrs = "EPSG:25833"'))
    assert sorted(city.trees.height) == [12.0, 14.0, 20.0]
    assert float(city.grid.canopy_height.sel(x=E + 49, y=N + 11)) == 20.0
    (report,) = [report for report in city.meta.reports if "streets.csv" in report.source]
    assert (report.found, report.used) == (4, 3)
    assert "parks.csv" in report.source
    assert any("stand in an earlier file" in entry.reason for entry in report.refused)


def test_layouts_may_differ_and_one_map_of_columns_serves_all(town) -> None:
    tables(town, streets=STREETS, west=KOELN)
    city = load_city(toml(town, 'file = ["streets.csv", "west.csv"]\ncrs = "EPSG:25833"'))
    assert sorted(city.trees.height) == [12.0, 12.5, 14.0]
    own = "Ost;Nord;Hoehe\n{};{};{}\n"
    tables(town, a=own.format(E + 10, N + 10, 9), b=own.format(E + 20, N + 10, 11))
    columns = 'columns = { x = "Ost", y = "Nord", height = "Hoehe" }'
    city = load_city(toml(town, f'file = ["a.csv", "b.csv"]\ncrs = "EPSG:25833"\n{columns}'))
    assert sorted(city.trees.height) == [9.0, 11.0]


def test_conflicting_crs_are_refused_before_anything_is_read(town, monkeypatch) -> None:
    layer(town / "a.gpkg", 25833, (10, 10))
    layer(town / "b.gpkg", 25832, (20, 10))
    monkeypatch.setattr("twin.geometry.read_raster", None)  # terrain would be read first
    with pytest.raises(DataError, match=r"\[trees\].*2 CRSs: EPSG:25833 \(a\.gpkg\); EPSG:25832 \(b\.gpkg\); keep"):
        load_city(toml(town, 'file = ["a.gpkg", "b.gpkg"]'))


def test_other_layers_of_a_file_bring_no_conflict(town) -> None:
    layer(town / "a.gpkg", 25833, (10, 10), layer="baeume")
    layer(town / "a.gpkg", 25832, (20, 10), layer="entwurf")
    assert len(load_city(toml(town, 'file = "a.gpkg"\nlayer = "baeume"')).trees) == 1


def test_all_cadastres_that_can_stand_together_are_proposed(town) -> None:
    tables(town, baeume_strasse=STREETS, baeume_park=PARKS, baeume_west=KOELN)
    new_city(town)
    content = tomllib.loads((town / "city.toml").read_text(encoding="utf-8"))
    assert sorted(content["trees"]["file"]) == ["baeume_park.csv", "baeume_strasse.csv", "baeume_west.csv"]
    assert content["trees"]["crs"] == "EPSG:25833"
    assert len(load_city(town).trees) == 4


def test_a_table_without_a_crs_joins_a_layer_that_stands_there_and_it_says_so(town) -> None:
    layer(town / "baeume_wald.gpkg", 25833, (10, 60), (20, 60), (30, 60))
    tables(town, baeume_strasse=STREETS)
    new_city(town)
    text = (town / "city.toml").read_text(encoding="utf-8")
    assert 'crs = "EPSG:25833"  # ASSUMED of baeume_strasse.csv, which names none, from baeume_wald.gpkg' in text
    assert len(load_city(town).trees) == 5


def test_what_cannot_stand_with_the_others_is_left_out_with_the_reason(town) -> None:
    layer(town / "baeume_wald.gpkg", 25833, (10, 60), (20, 60), (30, 60))
    layer(town / "baeume_ost.gpkg", 25832, (10, 40))
    tables(town, baeume_fern=STREETS.replace(f"{N + 10}", f"{N + 90010}"))
    tables(town, baeume_grad="lon;lat;height;crown_diameter\n13.37;52.51;12;8\n")
    left = propose_city(town).left_out
    assert proposed(town)["file"] == "baeume_wald.gpkg"
    assert "it is in ETRS89 / UTM zone 32N and cannot stand beside baeume_wald.gpkg" in left["baeume_ost.gpkg"]
    assert "it names no CRS and cannot stand beside baeume_wald.gpkg" in left["baeume_fern.csv"]
    assert "it is in WGS 84 and cannot stand" in left["baeume_grad.csv"]
    new_city(town)
    assert len(load_city(town).trees) == 3


def test_one_cadastre_in_two_formats_is_proposed_once(town) -> None:
    layer(town / "baeume.gpkg", 25833, (10, 10), (20, 30))
    layer(town / "baeume.geojson", 4326, (10, 10), (20, 30))
    layer(town / "baeume.shp", 25833, (10, 10), (20, 30))
    kept = proposed(town)["file"]
    assert kept == "baeume.gpkg"
    left = propose_city(town).left_out
    assert left["baeume.shp"] == "the same trees as baeume.gpkg"
    assert "it is in WGS 84" in left["baeume.geojson"]


def test_of_several_layers_of_a_file_one_is_proposed(town) -> None:
    layer(town / "baeume.gpkg", 25833, (10, 10), (20, 30), layer="baeume_strasse")
    layer(town / "baeume.gpkg", 25833, (40, 10), layer="baeume_park")
    new_city(town)
    assert proposed(town)["layer"] in ("baeume_strasse", "baeume_park")
    assert any("[trees] names one layer" in reason for reason in propose_city(town).left_out.values())
    assert len(load_city(town).trees) in (1, 2)


def test_the_city_names_the_files_and_what_counts_once(town) -> None:
    tables(town, baum_streets=STREETS, baum_parks=PARKS)
    text = load_city(toml(town, 'file = ["baum_streets.csv", "baum_parks.csv"]\ncrs = "EPSG:25833"')).info()
    assert "[baum_streets.csv, baum_parks.csv] refused baum_parks.csv: 1 trees: stand in an earlier file" in text


def test_names_of_many_files_are_cut_short_and_commas_of_folders_are_no_list() -> None:
    assert file_name(", ".join(f"/d/{name}.csv" for name in "abcd")) == "a.csv, b.csv, c.csv, ..."
    assert file_name("/Ort, Kreis/baum.csv") == "baum.csv"
    assert file_name("C:\\d\\a.csv, C:\\d\\b.csv") == "a.csv, b.csv"
