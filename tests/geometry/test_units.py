"""Residents come as published: withheld is unknown, never zero. All tables are synthetic, in the published layouts."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from twin.errors import DataError, InputError, TwinError
from twin.geometry import read_units

HEAD = "GITTER_ID_100m;x_mp_100m;y_mp_100m;Einwohner\n"
EAST, NORTH = 4337000, 2689100


def cell(column: int, residents: object, size: int = 100) -> str:
    x, y = EAST + column * size, NORTH
    return f"CRS3035RES{size}mN{y}E{x};{x + size // 2};{y + size // 2};{residents}\n"


def census(folder: Path, *rows: str, head: str = HEAD, name: str = "zensus.csv", encoding: str = "utf-8") -> Path:
    place = folder / name
    place.write_bytes((head + "".join(rows)).encode(encoding))
    return place


def districts(folder: Path, name: str = "units.gpkg", crs: object = 25832, **columns) -> Path:
    count = len(next(iter(columns.values())))
    boxes = [shapely.box(500000 + 100 * n, 5600000, 500100 + 100 * n, 5600100) for n in range(count)]
    place = folder / name
    gpd.GeoDataFrame(columns, geometry=boxes, crs=crs).to_file(place)
    return place


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_the_census_of_2022_gives_cells_with_residents(tmp_path, encoding) -> None:
    records = read_units(census(tmp_path, cell(0, 4), cell(1, "–"), cell(2, 117), encoding=encoding))
    assert records.crs.to_epsg() == 3035
    assert records.grid_size == 100.0
    assert records.units["residents"].tolist()[::2] == [4.0, 117.0]
    assert np.isnan(records.units["residents"].iloc[1])
    assert records.units["id"].iloc[0] == "CRS3035RES100mN2689100E4337000"
    assert records.units.geometry.iloc[0].bounds == (4337000, 2689100, 4337100, 2689200)
    assert "the residents of 1 cells are withheld or missing" in records.report.notes
    assert (records.report.found, records.report.used) == (3, 3)


def test_the_census_of_2011_writes_minus_one_where_it_withholds(tmp_path) -> None:
    head = "Gitter_ID_100m,x_mp_100m,y_mp_100m,Einwohner\n"
    rows = "100mN26891E43370,4337050,2689150,-1\n100mN26891E43371,4337150,2689150,8\n"
    units = read_units(census(tmp_path, rows, head=head)).units
    assert np.isnan(units["residents"].iloc[0])
    assert units["residents"].iloc[1] == 8.0
    assert units.geometry.iloc[1].bounds == (4337100, 2689100, 4337200, 2689200)


@pytest.mark.parametrize("name", ["100mN26891E43371", "CRS3035RES100mN2689100E4337100"])
def test_a_cell_is_placed_by_its_name_where_it_has_no_midpoint(tmp_path, name) -> None:
    units = read_units(census(tmp_path, f"{name};;;8\n")).units
    assert units.geometry.iloc[0].bounds == (4337100, 2689100, 4337200, 2689200)


def test_cells_of_a_kilometre_are_larger(tmp_path) -> None:
    head = "GITTER_ID_1km;x_mp_1km;y_mp_1km;Einwohner\n"
    records = read_units(census(tmp_path, "CRS3035RES1000mN2689000E4337000;4337500;2689500;812\n", head=head))
    assert records.grid_size == 1000.0
    assert records.units.geometry.iloc[0].area == 1e6


def test_age_tables_are_joined_to_the_residents_cell_by_cell(tmp_path) -> None:
    people = census(tmp_path, cell(0, 10), cell(1, 20))
    head = "GITTER_ID_100m;x_mp_100m;y_mp_100m;Insgesamt_Bevoelkerung;Unter18;a65undaelter;werterlaeuternde_Zeichen\n"
    ages = census(
        tmp_path,
        f"CRS3035RES100mN{NORTH}E{EAST + 100};{EAST + 150};{NORTH + 50};19;5;–;KLAMMERN\n",
        head=head,
        name="alter.csv",
    )
    units = read_units([people, ages]).units
    assert units["residents"].tolist() == [10.0, 20.0]  # the first table counts where both know a number
    assert np.isnan(units["age_under_18"].iloc[0])
    assert units["age_under_18"].iloc[1] == 5.0
    assert np.isnan(units["age_over_65"].iloc[1])


def test_bounds_keep_the_cells_that_reach_them(tmp_path) -> None:
    place = census(tmp_path, *(cell(n, n + 1) for n in range(5)))
    records = read_units(place, bounds=(EAST + 150, NORTH, EAST + 250, NORTH + 10))
    assert records.units["residents"].tolist() == [2.0, 3.0]
    assert "3 cells lie outside the bounds and are left out" in records.report.notes
    with pytest.raises(DataError, match="none of its 5 cells can be used in the bounds"):
        read_units(place, bounds=(0, 0, 1, 1))


def test_cells_without_a_place_and_twice_are_refused(tmp_path) -> None:
    report = read_units(census(tmp_path, cell(0, 3), "somewhere;;;9\n", cell(0, 5))).report
    assert [one.reason.split(",")[0] for one in report.refused] == [
        "neither a midpoint nor a name that tells the place",
        "again",
    ]


def test_the_grid_is_read_gzipped_and_in_its_archive(tmp_path) -> None:
    place = census(tmp_path, cell(0, 3))
    packed = tmp_path / "zensus.csv.gz"
    packed.write_bytes(gzip.compress(place.read_bytes()))
    assert read_units(packed).units["residents"].sum() == 3.0
    archive = tmp_path / "Zensus2022.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.write(place, "Zensus2022_Bevoelkerungszahl_100m-Gitter.csv")
        file.writestr("Readme.pdf", b"words")
    assert read_units(archive).units["residents"].sum() == 3.0


@pytest.mark.parametrize(
    ("rows", "head", "words"),
    [
        (("a;1;2;3;4\n",), HEAD, "no table of the census or is cut off"),
        (("a;1;2\n",), "GITTER_ID_100m;x_mp_100m;y_mp_100m\n", "no column that is known to hold residents"),
        ((), HEAD, "none of its 0 cells"),
        (("1;2\n",), "name;Einwohner\n", "is a table without areas"),
    ],
)
def test_a_table_that_is_no_grid_is_refused(tmp_path, rows, head, words) -> None:
    with pytest.raises(DataError, match=words):
        read_units(census(tmp_path, *rows, head=head))


def test_cells_of_two_sizes_are_refused(tmp_path) -> None:
    head = "GITTER_ID_1km;x_mp_1km;y_mp_1km;Einwohner\n"
    large = census(tmp_path, "1kmN2689E4337;4337500;2689500;812\n", head=head, name="km.csv")
    with pytest.raises(DataError, match="cells of different size"):
        read_units([census(tmp_path, cell(0, 3)), large])


def test_districts_are_read_by_usual_names(tmp_path) -> None:
    place = districts(tmp_path, Nummer=[11, 12], Stadtteil=["Altstadt", "Höfe"], Einwohner=[1200, 80])
    records = read_units(place)
    assert records.grid_size is None
    assert records.units[["id", "name", "residents"]].to_numpy().tolist() == [
        ["11", "Altstadt", 1200.0],
        ["12", "Höfe", 80.0],
    ]


def test_a_map_of_columns_adds_age_groups(tmp_path) -> None:
    place = districts(tmp_path, "units.shp", EW=["1.200", "80"], A0_3=["40", "2"], A3_6=["41,5", "1"])
    place.with_suffix(".cpg").unlink()
    units = read_units(place, columns={"residents": "ew", "age_under_6": "A0_3 + A3_6"}, decimal=",").units
    assert units["residents"].tolist() == [1200.0, 80.0]
    assert units["age_under_6"].tolist() == [81.5, 3.0]


def test_impossible_numbers_are_unknown_and_reported(tmp_path) -> None:
    records = read_units(districts(tmp_path, id=["a", "b", "c"], Einwohner=[-1.0, np.nan, 7.0]))
    assert records.units["residents"].isna().tolist() == [True, True, False]
    assert "first: a" in records.report.repaired[0].reason
    assert "the residents of 2 units are withheld or missing" in records.report.notes


@pytest.mark.parametrize(
    ("columns", "error", "words"),
    [
        (None, DataError, "no column that is known to hold residents"),
        ({"residents": "EWX"}, DataError, "no column 'EWX'; did you mean 'EW_X'"),
        ({"resident": "EW_X"}, InputError, "did you mean 'residents'"),
        ({"residents": ""}, InputError, "must be the name of a column"),
        ({"age over 65": "EW_X"}, InputError, "did you mean 'age_over_65'"),
    ],
)
def test_columns_that_do_not_fit_are_named(tmp_path, columns, error, words) -> None:
    with pytest.raises(error, match=words):
        read_units(districts(tmp_path, EW_X=[1]), columns=columns)


def test_units_in_metres_without_a_crs_are_asked_for_it(tmp_path) -> None:
    place = districts(tmp_path, "units.shp", Einwohner=[1])
    place.with_suffix(".prj").unlink()
    with pytest.raises(DataError, match="names no CRS"):
        read_units(place)
    assert read_units(place, crs=25832).crs.to_epsg() == 25832


@given(st.binary(max_size=120))
def test_any_bytes_after_the_header_are_read_or_refused(tmp_path_factory, data) -> None:
    place = tmp_path_factory.mktemp("fuzz") / "zensus.csv"
    place.write_bytes(HEAD.encode() + data)
    try:
        units = read_units(place).units
    except TwinError:
        return
    assert not (units["residents"] < 0).any()
