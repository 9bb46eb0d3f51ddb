"""Tree cadastres to records. Every table here is synthetic, written from what the towns say about their columns."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from twin.errors import DataError, InputError
from twin.geometry import read_trees
from twin.geometry import tree_sizes as sizes
from twin.geometry.tree_layouts import LAYOUTS, find_layout

E, N = 389000.0, 5819000.0


def write(folder: Path, text: str, name: str = "trees.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def berlin(
    folder: Path, rows: list[tuple[object, ...]], head: str = "x,y,baumhoehe,kronedurch,stammumfg,art_bot"
) -> Path:
    lines = [",".join("" if cell is None else str(cell) for cell in row) for row in rows]
    return write(folder, "\n".join([head, *lines]) + "\n")


def limes(count: int, height: float = 16.0, crown: float = 8.0, trunk: float = 100.0) -> list[tuple[object, ...]]:
    return [(E + 10 * i, N, height, crown, trunk, "Tilia cordata") for i in range(count)]


def test_berlin_is_recognised_and_its_trunks_are_in_centimetres(tmp_path) -> None:
    records = read_trees(berlin(tmp_path, limes(3)), crs=25833)
    assert records.layout == "berlin"
    assert records.crs.to_epsg() == 25833
    assert records.trees.trunk_circumference.tolist() == [1.0] * 3
    assert records.trees.species.tolist() == ["Tilia cordata"] * 3
    assert set(records.trees.height_source) == {"measured"}
    assert (records.report.found, records.report.used) == (3, 3)
    assert records.trees.geometry.x.tolist() == [E, E + 10, E + 20]


def test_koeln_is_recognised_in_windows_1252_with_classes_and_decimal_commas(tmp_path) -> None:
    text = "X_Koordina;Y_Koordina;KRONE;HöHE\n356000,25;5645000,5;bis 5 m;10-15 m\n356010,0;5645000;5 bis 10 m;> 20 m\n"
    records = read_trees(write(tmp_path, text, encoding="cp1252"), crs=25832)
    assert records.layout == "koeln"
    assert records.trees.height.tolist() == [12.5, 20.0]
    assert records.trees.crown_diameter.tolist() == [2.5, 7.5]
    assert set(records.trees.height_source) == {"class"}
    assert records.trees.geometry.x.tolist() == [356000.25, 356010.0]
    assert any("Windows-1252" in note for note in records.report.notes)


def test_codes_of_classes_are_not_taken_for_metres(tmp_path) -> None:
    text = "X_Koordina;Y_Koordina;KRONE;HöHE\n356000;5645000;1;2\n356010;5645000;2;3\n"
    with pytest.raises(DataError, match="codes of classes"):
        read_trees(write(tmp_path, text), crs=25832)


def test_heilbronn_estimates_heights_and_doubts_standard_crowns(tmp_path) -> None:
    head = "BAUM_NR,TYP,WIS_TEXT,ST_UMFANG,KRONE_DM,x,y\n"
    rows = (
        "1,Laubbaum,Acer platanoides,2.0,2,515000,5443000\n"  # such a trunk carries no crown of 2 m: the standard one
        "2,Laubbaum,Acer platanoides,0.2,2,515010,5443000\n"  # a young tree may
        "3,Baumgruppe,Acer campestre,9.0,6,515020,5443000\n"  # nine stems, one crown
    )
    trees = read_trees(write(tmp_path, head + rows), crs=25832).trees
    assert trees.crown_diameter_source.tolist() == ["dummy", "measured", "measured"]
    assert trees.crown_diameter[0] == pytest.approx(25.5 * 2.0 / np.pi)  # Coombes et al. 2019
    assert set(trees.height_source) == {"estimated"}
    assert trees.group.tolist() == [False, False, True]
    diameter = 100 * 2.0 / np.pi  # McPherson et al. 2016, London plane
    assert trees.height[0] == pytest.approx(3.29515 + 0.30021 * diameter - 0.00109 * diameter**2)
    assert trees.height[2] == pytest.approx(sizes.height_from_trunk(sizes.trunk_from_crown(np.array([6.0])))[0])


def test_halle_is_recognised_in_a_geopackage_a_shapefile_and_geojson(tmp_path) -> None:
    table = gpd.GeoDataFrame(
        {"hoehe_m": [11.0, None], "krone_m": [7.0, 5.0]},
        geometry=gpd.points_from_xy([12.0, 12.001], [51.5, 51.5]),
        crs=4326,
    )
    for name, crs in (("trees.gpkg", 25833), ("trees.shp", 25833), ("trees.geojson", 4326)):
        table.to_crs(crs).to_file(tmp_path / name, engine="pyogrio")
        records = read_trees(tmp_path / name)
        assert records.layout == "halle"
        assert records.crs.to_epsg() == crs
        assert records.trees.height_source.tolist() == ["measured", "estimated"]
        assert records.trees.crown_diameter.tolist() == [7.0, 5.0]


def test_longitude_and_latitude_need_no_crs_and_wkt_may_name_its_own(tmp_path) -> None:
    text = "lon,lat,hoehe_m,krone_m\n13.4,52.5,10,5\n"
    assert read_trees(write(tmp_path, text)).crs.to_epsg() == 4326
    text = "geom;hoehe_m;krone_m\nSRID=25833;POINT(389000 5819000);10;5\n".replace("SRID=25833;", "")
    records = read_trees(write(tmp_path, text), crs="EPSG:25833")
    assert records.trees.geometry.x.tolist() == [389000.0]
    text = 'geom,hoehe_m,krone_m\n"SRID=25833;POINT (389000 5819000)",10,5\n"LINESTRING (0 0, 1 1)",10,5\n'
    records = read_trees(write(tmp_path, text))
    assert records.crs.to_epsg() == 25833
    assert [one.reason.split(" (")[0] for one in records.report.refused] == ["no usable coordinates"]


def test_a_map_of_ones_own_reads_any_table(tmp_path) -> None:
    path = write(
        tmp_path, "Ost\tNord\tH\tKD\tUmf\tArt\n389000\t5819000\t9\t4\t63\tAcer\n389010\t5819000\t9\t4\t95\tAcer\n"
    )
    own = {
        "x": "Ost",
        "y": "Nord",
        "height": "H",
        "crown_diameter": "KD",
        "trunk_circumference": "umf",
        "species": "Art",
    }
    records = read_trees(path, columns=own, crs=25833)
    assert records.layout == "own"
    assert records.trees.trunk_circumference.tolist() == pytest.approx([0.63, 0.95])
    assert any("centimetres" in note for note in records.report.notes)


def test_unknown_columns_are_refused_with_candidates(tmp_path) -> None:
    path = write(tmp_path, "x,y,Baumhöhe_neu,Kronenbreite\n389000,5819000,9,4\n")
    with pytest.raises(DataError, match=r"no known layout.*height might be 'Baumhöhe_neu'.*might be 'Kronenbreite'"):
        read_trees(path, crs=25833)
    with pytest.raises(DataError, match="did you mean 'Kronenbreite'"):
        read_trees(path, crs=25833, columns={"crown_diameter": "Kronenbreiten"})
    with pytest.raises(InputError, match="role 'hight'"):
        read_trees(path, crs=25833, columns={"hight": "x"})
    with pytest.raises(InputError, match="known layouts are"):
        read_trees(path, crs=25833, columns="ulm")
    with pytest.raises(InputError, match="no tree has a size"):
        read_trees(path, crs=25833, columns={"species": "x"})


def test_a_table_that_fits_two_layouts_is_refused_unless_one_is_named(tmp_path) -> None:
    path = write(tmp_path, "x,y,baumhoehe,kronedurch,hoehe_m,krone_m\n389000,5819000,9,4,8,3\n")
    with pytest.raises(DataError, match="berlin, halle"):
        read_trees(path, crs=25833)
    assert read_trees(path, crs=25833, columns="halle").trees.height.tolist() == [8.0]


@pytest.mark.parametrize("cell", ["0", "99", "-4", "61", "abc", "nan", "1e9"])
def test_impossible_heights_are_replaced_and_flagged(tmp_path, cell) -> None:
    records = read_trees(berlin(tmp_path, [*limes(12), (E, N + 5, cell, 8, 100, "Tilia cordata")]), crs=25833)
    assert records.trees.height_source.tolist() == ["measured"] * 12 + ["dummy"]
    assert records.trees.height.iloc[-1] == pytest.approx(16.0)  # the limes of the table, not the relation alone
    assert records.report.repaired[0].id == "1 trees"


@pytest.mark.parametrize("cell", ["0", "99", "-1", "41"])
def test_impossible_crowns_are_replaced_and_flagged(tmp_path, cell) -> None:
    records = read_trees(berlin(tmp_path, [*limes(12), (E, N + 5, 16, cell, 100, "Tilia cordata")]), crs=25833)
    assert records.trees.crown_diameter_source.iloc[-1] == "dummy"
    assert records.trees.crown_diameter.iloc[-1] == pytest.approx(8.0)


def test_a_trunk_of_99_centimetres_is_a_trunk(tmp_path) -> None:
    assert read_trees(berlin(tmp_path, limes(1, trunk=99)), crs=25833).trees.trunk_circumference.tolist() == [0.99]


def test_a_tree_without_sizes_takes_the_median_of_its_species_and_else_is_assumed(tmp_path) -> None:
    oaks = [(E + 10 * i, N + 50, 22, 12, 200, "Quercus robur") for i in range(10)]
    bare = [(E, N + 9, None, None, None, name) for name in ("Tilia cordata",)]
    trees = read_trees(berlin(tmp_path, [*limes(30), *oaks, *bare]), crs=25833).trees
    assert (trees.height.iloc[-1], trees.crown_diameter.iloc[-1]) == (16.0, 8.0)
    trees = read_trees(berlin(tmp_path, [*limes(2), *bare]), crs=25833).trees
    assert trees.height_source.iloc[-1] == trees.crown_diameter_source.iloc[-1] == "assumed"
    assert (trees.height.iloc[-1], trees.crown_diameter.iloc[-1]) == (10.0, 6.0)


def test_trees_at_one_place_count_once_and_are_said(tmp_path) -> None:
    records = read_trees(berlin(tmp_path, limes(3) + limes(2)), crs=25833)
    assert (records.report.found, records.report.used) == (5, 3)
    assert records.report.refused[0].id == "2 trees"
    assert "same place" in records.report.refused[0].reason


def test_every_row_is_used_refused_or_out_of_bounds(tmp_path) -> None:
    rows = [*limes(6), (None, N, 1, 1, 1, ""), ("east", N, 1, 1, 1, ""), (0, 0, 9, 4, 50, ""), limes(1)[0]]
    path = berlin(tmp_path, rows)
    path.write_bytes(path.read_bytes() + b"389000,58190")  # cut off in the middle of a row
    records = read_trees(path, crs=25833, bounds=(E - 1, N - 1, E + 25, N + 1))
    refused = sum(int(one.id.split()[0]) for one in records.report.refused)
    assert (records.report.found, records.report.used, refused) == (11, 3, 5)
    assert "3 trees lie outside the bounds and are left out" in records.report.notes


def test_no_tree_in_the_bounds_is_an_error(tmp_path) -> None:
    with pytest.raises(DataError, match="none of its 3 trees lies in the bounds"):
        read_trees(berlin(tmp_path, limes(3)), crs=25833, bounds=(0, 0, 1, 1))


@pytest.mark.parametrize(
    ("x", "y", "crs", "cause"),
    [
        (N, E, 25833, "swapped"),
        (4490655.0, 5331000.0, 25832, "Gauss-Krueger zone 4"),
        (13.4, 52.5, 25833, "degrees"),
        (33389000.0, N, 25833, "zone prefix 33"),
        (E, N, 4326, "no degrees"),
        (52.5, 13.4, 4326, "swapped"),
    ],
)
def test_foreign_coordinates_are_named(tmp_path, x, y, crs, cause) -> None:
    path = write(tmp_path, f"x,y,hoehe_m,krone_m\n{x},{y},10,5\n")
    with pytest.raises(DataError, match=cause):
        read_trees(path, crs=crs)


def test_a_missing_crs_is_asked_for(tmp_path) -> None:
    with pytest.raises(DataError, match="names no CRS"):
        read_trees(berlin(tmp_path, limes(1)))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"x,y,hoehe_m,krone_m\n", "holds no tree"),
        (b"\x00\x01\x02\x00", "zero bytes"),
        (b"just words\n", "no list of columns"),
        (b'x,y,hoehe_m,krone_m\n389000,5819000,"10,5\n', "cut off"),
        (b"hoehe_m,krone_m\n10,5\n", "no columns of coordinates"),
        (b"x,y,hoehe_m,krone_m\n,,10,5\n", "can be used"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
    ],
)
def test_hostile_tables_are_refused(tmp_path, content, message) -> None:
    (tmp_path / "trees.csv").write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_trees(tmp_path / "trees.csv", crs=25833)


@pytest.mark.parametrize("name", ["trees.geojson", "trees.gpkg", "trees.shp"])
def test_damaged_vector_files_are_refused(tmp_path, name) -> None:
    (tmp_path / name).write_bytes(b'{"type": "FeatureCollection", "features": [{"type": "Feat')
    with pytest.raises(DataError, match="cannot be read"):
        read_trees(tmp_path / name)


def test_crown_outlines_and_empty_geometry_are_counted(tmp_path) -> None:
    features = [
        {"type": "Feature", "properties": {"hoehe_m": 9, "krone_m": 4}, "geometry": geometry}
        for geometry in (
            {"type": "Point", "coordinates": [12.0, 51.5]},
            {"type": "MultiPoint", "coordinates": [[12.1, 51.5]]},
            {"type": "Polygon", "coordinates": [[[12, 51], [12, 52], [13, 52], [12, 51]]]},
            None,
        )
    ]
    path = write(tmp_path, json.dumps({"type": "FeatureCollection", "features": features}), "trees.geojson")
    records = read_trees(path)
    assert (records.report.found, records.report.used) == (4, 2)
    assert records.report.refused[0].id == "2 trees"


def test_a_byte_order_mark_and_gzip_change_nothing(tmp_path) -> None:
    text = "baumhoehe,kronedurch,x,y\n9,4,389000,5819000\n"
    (tmp_path / "packed.csv.gz").write_bytes(gzip.compress(text.encode("utf-8-sig")))
    assert read_trees(tmp_path / "packed.csv.gz", crs=25833).trees.height.tolist() == [9.0]


@pytest.mark.parametrize("wrong", [{"delimiter": "ab"}, {"decimal": "'"}, {"bounds": (1, 0, 0, 1)}, {"crs": "nowhere"}])
def test_impossible_arguments_are_refused(tmp_path, wrong) -> None:
    with pytest.raises(InputError):
        read_trees(berlin(tmp_path, limes(1)), **{"crs": 25833, **wrong})


def test_no_layout_hides_another() -> None:
    for layout in LAYOUTS:
        assert find_layout(None, list(layout.columns.values()), "table")[0] is layout


@given(st.floats(-1e7, 1e7, allow_nan=False).map(lambda value: round(value, 3)))
def test_a_number_reads_alike_in_english_and_german(value) -> None:
    english = f"{value:,.3f}"
    german = english.replace(",", "_").replace(".", ",").replace("_", ".")
    assert sizes.number(english) == sizes.number(german) == sizes.number(f"{value:.3f}") == value


@given(st.text(max_size=12))
def test_no_cell_breaks_the_reader(cell) -> None:
    value, _ = sizes.size(cell)
    assert np.isnan(value) or np.isfinite(value)


CELLS = st.one_of(st.text("0123456789.,- m<>", max_size=8), st.floats(0, 1e7), st.none(), st.just("10-15 m"))


@given(st.lists(CELLS, max_size=20), st.sampled_from([None, ".", ","]))
def test_a_column_reads_as_its_cells_do(cells, decimal) -> None:
    values, classes = sizes.sizes(cells, decimal)
    expected = [sizes.size(cell, decimal) for cell in cells]
    np.testing.assert_array_equal(values, [value for value, _ in expected])
    assert classes.tolist() == [is_class for _, is_class in expected]


@given(st.floats(0.05, np.pi))
def test_relations_between_sizes_invert(trunk) -> None:
    around = np.array([trunk])
    assert sizes.trunk_from_crown(sizes.crown_from_trunk(around))[0] == pytest.approx(trunk, rel=1e-9)
    assert sizes.trunk_from_height(sizes.height_from_trunk(around))[0] == pytest.approx(trunk, rel=1e-7)


@given(st.lists(st.sampled_from([np.nan, 4.0, 9.0, 30.0]), min_size=1, max_size=40), st.integers(0, 40))
def test_filling_keeps_what_is_known_and_leaves_nothing_open(values, start) -> None:
    known = np.array(values)
    usual = np.where(np.arange(len(known)) % 3 == 0, np.nan, 5.0 + start)
    names = ["Tilia cordata", "Tilia tomentosa", ""] * len(known)
    filled, guessed = sizes.fill(known, [usual], names[: len(known)], 10.0, 60.0)
    there = ~np.isnan(known)
    assert (filled[there] == known[there]).all()
    assert ((filled > 0) & (filled <= 60)).all()
    assert not (guessed & there).any()


def test_points_are_points(tmp_path) -> None:
    trees = read_trees(berlin(tmp_path, limes(2)), crs=25833).trees
    assert (shapely.get_type_id(trees.geometry.values) == 0).all()
