"""A tree cadastre in a city: what it adds, what wins over it, and what the city says about it. Synthetic trees."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import xarray as xr

from twin import GridSpec, build_city
from twin.city.city import Source
from twin.city.load import load_city
from twin.city.trees import WOOD_HEIGHT
from twin.errors import DataError, InputError
from twin.geometry.records import ReadReport, TreeRecords

SPEC = GridSpec(690000.0, 5540100.0, 1.0, 100, 100, "EPSG:25832")


def ground() -> xr.DataArray:
    return xr.DataArray(np.full(SPEC.shape, 300.0, np.float32), SPEC.coordinates(), ("y", "x"))


def cadastre(places, height=12.0, crown=6.0, origin="measured", crs=25832) -> TreeRecords:
    count = len(places)
    trees = gpd.GeoDataFrame(
        {
            "id": [str(i) for i in range(count)],
            "species": ["Tilia cordata"] * count,
            "height": np.full(count, height),
            "crown_diameter": np.full(count, crown),
            "trunk_circumference": np.full(count, 1.0),
            "height_source": pd.Series([origin] * count, dtype=object),
            "crown_diameter_source": pd.Series(["measured"] * count, dtype=object),
            "group": [False] * count,
        },
        geometry=[shapely.Point(690000 + x, 5540000 + y) for x, y in places],
        crs=25832,
    ).to_crs(crs)
    return TreeRecords(trees, trees.crs, "plain", ReadReport("trees.csv", count, count))


def said(city) -> str:
    return " ".join(caveat.text_en for caveat in city.meta.caveats)


def test_crowns_of_a_cadastre_stand_on_the_grid_and_in_the_table() -> None:
    city = build_city("town", SPEC, terrain=ground(), trees=cadastre([(50.5, 50.5)]))
    canopy = city.grid.canopy_height.values
    assert canopy[49, 50] == 12
    assert (canopy > 0).sum() == pytest.approx(np.pi * 9, rel=0.15)  # a disc of 6 m on cells of 1 m
    assert city.grid.canopy_base_height.values[49, 50] == 3
    assert city.trees.species.tolist() == ["Tilia cordata"]
    assert "no tree cadastre" not in said(city)
    assert "Crowns come from a tree cadastre" in said(city)
    assert "no tree cadastre" in said(build_city("town", SPEC, terrain=ground()))


def test_another_crs_places_the_same_trees() -> None:
    here = build_city("town", SPEC, terrain=ground(), trees=cadastre([(50.5, 50.5)]))
    there = build_city("town", SPEC, terrain=ground(), trees=cadastre([(50.5, 50.5)], crs=4326))
    xr.testing.assert_equal(here.grid.canopy_height, there.grid.canopy_height)


def test_estimated_sizes_are_counted_in_both_languages() -> None:
    records = cadastre([(10 * i + 5, 50) for i in range(8)], origin="dummy")
    city = build_city("town", SPEC, terrain=ground(), trees=records)
    assert "The heights of 8 of 8 trees are estimated" in said(city)
    assert any("Die Höhen von 8 der 8 Bäume" in caveat.text_de for caveat in city.meta.caveats)
    assert set(city.trees.source) == {"tree cadastre; height estimated"}
    thousand = cadastre([(x + 0.5, y + 0.5) for x in range(40) for y in range(30)], origin="assumed")
    city = build_city("town", SPEC, terrain=ground(), trees=thousand)
    assert "1,200 of 1,200" in said(city)
    assert any("1.200 der 1.200" in caveat.text_de for caveat in city.meta.caveats)


def test_woods_and_crowns_merge_by_the_highest_top(osm) -> None:
    extract = osm([(shapely.box(0, 60, 40, 100), {"natural": "wood"})])
    records = cadastre([(20.5, 80.5), (70.5, 20.5)], height=30.0)
    canopy = build_city("wood", SPEC, terrain=ground(), land_cover=extract, trees=records).grid.canopy_height.values
    assert canopy[19, 20] == 30
    assert canopy[19, 30] == WOOD_HEIGHT
    assert canopy[79, 70] == 30


def test_a_mapped_tree_at_the_place_of_a_cadastre_tree_is_the_same_tree(osm) -> None:
    points = [(shapely.Point(51, 50), {"natural": "tree"}), (shapely.Point(80, 80), {"natural": "tree"})]
    city = build_city("town", SPEC, terrain=ground(), land_cover=osm(points=points), trees=cadastre([(50, 50)]))
    assert len(city.trees) == 2
    assert city.trees.geometry.is_valid.all()
    assert city.grid.canopy_height.values[19, 80] == 10
    assert any("1 mapped trees" in note for report in city.meta.reports for note in report.notes)


def test_cadastre_mapped_and_planned_trees_make_one_table_that_can_be_exported(osm, tmp_path) -> None:
    from twin.export import city_layers, write_geopackage
    from twin.scenario.measures import plant_trees

    extract = osm(points=[(shapely.Point(80, 80), {"natural": "tree"})])
    city = build_city("town", SPEC, terrain=ground(), land_cover=extract, trees=cadastre([(50, 50)]))
    planned = plant_trees(points=[(690020.0, 5540020.0)], height=8, crown_diameter=4, base_height=2)
    after, _ = planned.apply(city)
    assert after.trees.height.tolist() == [12, 10, 8]
    write_geopackage(city_layers(after), tmp_path / "town.gpkg")
    back = gpd.read_file(tmp_path / "town.gpkg", layer="trees")
    assert back.source.tolist() == list(after.trees.source)
    assert back.species[0] == "Tilia cordata"


def test_measured_canopy_wins_where_it_was_surveyed_and_crowns_stand_beyond_it() -> None:
    west = GridSpec(690000.0, 5540100.0, 1.0, 100, 50, "EPSG:25832")
    heights = xr.DataArray(np.full(west.shape, 7.0), west.coordinates(), ("y", "x"))
    records = cadastre([(25.5, 50.5), (75.5, 50.5)])
    city = build_city("town", SPEC, terrain=ground(), canopy=heights, trees=records)
    canopy = city.grid.canopy_height.values
    assert (canopy[:, :49] == 7).all()
    assert canopy[49, 75] == 12
    assert len(city.trees) == 2
    assert "beyond it only" in said(city)


def test_trees_off_the_grid_are_counted_and_all_of_them_elsewhere_is_an_error() -> None:
    city = build_city("town", SPEC, terrain=ground(), trees=cadastre([(50, 50), (-2, 50), (500, 50)]))
    assert len(city.trees) == 2  # the crown of the second reaches the grid
    assert any("1 trees of the cadastre do not reach" in note for report in city.meta.reports for note in report.notes)
    with pytest.raises(DataError, match="km and more from the grid"):
        build_city("town", SPEC, terrain=ground(), trees=cadastre([(50000, 50)]))
    with pytest.raises(InputError, match="crown_diameter of tree 0 is 0 m"):
        build_city("town", SPEC, terrain=ground(), trees=cadastre([(50, 50)], crown=0.0))


def test_a_cadastre_without_a_tree_on_the_grid_makes_a_treeless_city() -> None:
    city = build_city("town", SPEC, terrain=ground(), trees=cadastre([(500, 50)]))
    assert len(city.trees) == 0
    assert not city.grid.canopy_height.values.any()


def test_the_source_of_the_trees_is_named_on_the_canopy() -> None:
    office = Source("Baumkataster", "dl-de/by-2.0", "parks office")
    city = build_city("town", SPEC, terrain=ground(), trees=cadastre([(50, 50)]), sources={"trees": office})
    assert "parks office" in city.grid.canopy_height.attrs["attribution"]
    assert office in city.meta.sources


TOML = """name = "Town"
crs = "EPSG:25832"
resolution = 10
bounds = [690000, 5540000, 690040, 5540030]
[terrain]
file = "ground.asc"
crs = "EPSG:25832"
[trees]
file = "trees.csv"
crs = "EPSG:25832"
"""


@pytest.fixture
def town(tmp_path: Path) -> Path:
    rows = "\n".join(["5 5 5 5"] * 3)
    head = "ncols 4\nnrows 3\nxllcorner 690000\nyllcorner 5540000\ncellsize 10\n"
    (tmp_path / "ground.asc").write_text(head + rows + "\n")
    (tmp_path / "trees.csv").write_text("Ost;Nord;Hoehe;Krone_neu\n690015;5540015;14,5;12\n", encoding="utf-8")
    return tmp_path


def test_city_toml_names_a_cadastre_and_its_columns(town) -> None:
    columns = 'columns = { x = "Ost", y = "Nord", height = "Hoehe", crown_diameter = "Krone_neu" }\n'
    (town / "city.toml").write_text(TOML + columns, encoding="utf-8")
    city = load_city(town)
    assert city.trees.height.tolist() == [14.5]
    assert city.grid.canopy_height.values[1, 1] == 14.5


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('columns = { hight = "Hoehe" }', "role 'hight'"),
        ('columns = "ulm"', "known layouts are"),
        ("columns = 3", "name of a layout or a table"),
        ("decimal = 3", "decimal is 3"),
        ('column = "berlin"', "did you mean 'columns'"),
    ],
)
def test_what_city_toml_says_wrong_about_trees_is_refused_before_reading(town, line, message) -> None:
    (town / "trees.csv").write_text("not read")
    (town / "city.toml").write_text(f"{TOML}{line}\n", encoding="utf-8")
    with pytest.raises(DataError, match=message):
        load_city(town)
