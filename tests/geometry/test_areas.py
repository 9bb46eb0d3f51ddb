"""Every area of a layer means a land cover or is counted as unknown. All layers here are synthetic, written from the
descriptions of the schemas (GeoInfoDok, Urban Atlas)."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from twin.city.surfaces import CODES
from twin.errors import DataError, InputError, TwinError
from twin.geometry import read_areas
from twin.geometry.class_map import LAND_COVERS, class_map_names, find_class_map, key_of

WEST, SOUTH = 500000.0, 5600000.0


def layer(folder: Path, name: str = "nutzung.gpkg", crs: object = 25832, shapes=None, **columns) -> Path:
    count = len(next(iter(columns.values())))
    boxes = [shapely.box(WEST + 20 * n, SOUTH, WEST + 20 * n + 20, SOUTH + 20) for n in range(count)]
    place = folder / name
    gpd.GeoDataFrame(columns, geometry=boxes if shapes is None else shapes, crs=crs).to_file(place)
    return place


# ALKIS as object numbers with attributes, expected from the definitions of GeoInfoDok 7.1.2
ALKIS = [
    ("41001", "", "", "grass"),
    ("41002", "", "", "paving"),
    ("41008", "4420", "", "grass"),
    ("41008", "4275", "", "asphalt"),
    ("42001", "", "", "asphalt"),
    ("42001", "2312", "", "grass"),
    ("42009", "5310", "", "asphalt"),
    ("42010", "", "", "gravel"),
    ("43001", "", "1010", "cropland"),
    ("43001", "", "1020", "grass"),
    ("43001", "", "1040", "shrub"),
    ("43002", "", "1300", "forest"),
    ("43007", "1000", "", "bare_soil"),
    ("44006", "8620", "", "water"),
]


def test_alkis_numbers_and_attributes_tell_the_ground(tmp_path) -> None:
    codes, functions, plants, covers = zip(*ALKIS, strict=True)
    place = layer(tmp_path, OBJART=codes, FKT=functions, VEG=plants)
    records = read_areas(place, classes="alkis")
    assert records.areas["land_cover"].tolist() == list(covers)
    assert records.class_map == "alkis"
    assert (records.report.found, records.report.used) == (len(ALKIS), len(ALKIS))
    assert records.report.notes == ()


def test_numbers_may_be_numbers(tmp_path) -> None:
    records = read_areas(layer(tmp_path, objart=[43002, 41001]), classes="alkis")
    assert records.areas["land_cover"].tolist() == ["forest", "grass"]
    records = read_areas(layer(tmp_path, "b.gpkg", OBJART=[43002.0, np.nan]), classes="atkis")
    assert records.areas["land_cover"].tolist() == ["forest", None]


def test_the_simplified_schema_is_read_by_its_german_words(tmp_path) -> None:
    words = [
        "Landwirtschaft",
        "Landwirtschaft",
        "Unland/Vegetationslose Fläche",
        "Sport-, Freizeit- und Erholungsfläche",
    ]
    place = layer(tmp_path, nutzart=words, bez=["Grünland", "Ackerland; Hopfen", None, "Verkehrsübungsplatz"])
    records = read_areas(place, classes="alkis-simplified")
    assert records.areas["land_cover"].tolist() == ["grass", "cropland", "grass", "asphalt"]
    assert records.areas["class"].tolist() == words


def test_a_shapefile_cuts_names_and_still_fits(tmp_path) -> None:
    place = layer(tmp_path, "nutzung.shp", NUTZART=["Straßenverkehr", "Gehölz"], BEZ=["Fußgängerzone", None])
    place.with_suffix(".cpg").unlink()
    assert read_areas(place, classes="alkis-simplified").areas["land_cover"].tolist() == ["paving", "shrub"]


def test_layers_named_by_their_class_are_read_together(tmp_path) -> None:
    for name in ("AX_Wald", "AX_Fliessgewaesser"):
        layer(tmp_path, f"{name}.shp", anzahl=[1])
    records = read_areas(tmp_path / "AX_*.shp", classes="alkis")
    assert records.areas["land_cover"].tolist() == ["water", "forest"]
    place = tmp_path / "town.gpkg"
    for name in ("AX_Wald", "AX_Heide", "AX_Gebaeude"):
        gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.box(WEST, SOUTH, WEST + 9, SOUTH + 9)], crs=25832).to_file(
            place, layer=name
        )
    records = read_areas(place, classes="alkis", layer=["AX_Wald", "AX_Heide"])
    assert records.areas["class"].tolist() == ["AX_Wald", "AX_Heide"]


def test_residential_ground_is_sealed_in_part(tmp_path) -> None:
    records = read_areas(layer(tmp_path, OBJART=["41001", "43002"]), classes="atkis")
    sealed = records.areas["sealed_fraction"].to_numpy()
    assert sealed[0] == 0.25
    assert np.isnan(sealed[1])


def test_urban_atlas_sealing_follows_from_its_levels(tmp_path) -> None:
    records = read_areas(layer(tmp_path, code_2018=["11210", "11220", "50000"]), classes="urban-atlas")
    # the middle of the level s, half of it under buildings: (s/2) / (1 - s/2)
    assert records.areas["sealed_fraction"].to_numpy()[:2] == pytest.approx([0.325 / 0.675, 0.2 / 0.8], abs=0.005)
    assert records.areas["land_cover"].tolist()[2] == "water"


def test_unknown_classes_are_kept_counted_and_named(tmp_path) -> None:
    words = ["Wald", "Mondlandschaft", "Mondlandschaft", "Walt", None]
    records = read_areas(layer(tmp_path, nutzart=words), classes="alkis-simplified")
    assert records.areas["land_cover"].tolist() == ["forest", None, None, None, None]
    note = records.report.notes[0]
    assert "3 classes of 4 areas are not in the map 'alkis-simplified'" in note
    assert "'Mondlandschaft' (2)" in note
    assert "'Walt' (1)" in note
    assert "'' (1)" in note


def test_a_map_that_knows_nothing_of_the_layer_is_refused_with_a_near_word(tmp_path) -> None:
    place = layer(tmp_path, nutzart=["Wohnbauflächen", "Wohnbauflächen"])
    with pytest.raises(DataError, match="did the map mean 'Wohnbauflächen' by 'Wohnbaufläche'"):
        read_areas(place, classes="alkis-simplified")


def test_a_layer_without_the_column_lists_its_columns(tmp_path) -> None:
    place = layer(tmp_path, nutzungart=["Wald"], zahl=[1])
    with pytest.raises(DataError, match=r"no column 'nutzart', 'nutzungsart'.*did you mean 'nutzungart'.*'zahl'"):
        read_areas(place, classes="alkis-simplified")


def test_a_map_of_ones_own(tmp_path) -> None:
    place = layer(tmp_path, art=["Hof", "Wiese"])
    own = {"column": "Art", "map": {"Hof": {"land_cover": "paving", "sealed_fraction": 0.9}, "Wiese": "grass"}}
    records = read_areas(place, classes=own)
    assert records.areas["land_cover"].tolist() == ["paving", "grass"]
    assert records.areas["sealed_fraction"].tolist()[0] == 0.9
    assert records.class_map == "own"
    file = tmp_path / "own.toml"
    file.write_text('name = "town"\ncolumn = "art"\n[map]\nHof = "paving"\nWiese = "grass"\n', encoding="utf-8")
    assert read_areas(place, classes=file).class_map == "town"


def test_a_map_may_build_on_a_shipped_one(tmp_path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(
        'extends = "alkis-simplified"\n[[row]]\nclass = ["Weg"]\nland_cover = "asphalt"\n', encoding="utf-8"
    )
    records = read_areas(layer(tmp_path, nutzart=["Weg", "Wald"]), classes=file)
    assert records.areas["land_cover"].tolist() == ["asphalt", "forest"]


@pytest.mark.parametrize(
    ("classes", "words"),
    [
        ("alkiss", "did you mean 'alkis'"),
        ("nowhere.toml", "there is no such file"),
        ({"column": "art"}, "neither map nor"),
        ({"map": {"a": "grass"}}, "name the column"),
        ({"column": "art", "map": {"a": "gras"}}, "did you mean 'grass'"),
        ({"column": "art", "map": {"a": 7}}, "leads to 7"),
        ({"column": "art", "map": {}}, "must lead from classes"),
        ({"column": "art", "map": {"a": {"land_cover": "grass", "sealed_fraction": 40}}}, "between 0 and 1"),
        ({"column": "art", "map": {"a": {"landcover": "grass"}}}, "did you mean 'land_cover'"),
        ({"colum": "art", "map": {"a": "grass"}}, "did you mean 'column'"),
    ],
)
def test_an_impossible_map_is_refused_with_the_way_out(tmp_path, classes, words) -> None:
    with pytest.raises(InputError, match=words):
        read_areas(layer(tmp_path, art=["a"]), classes=classes)


def test_a_self_crossing_area_is_repaired_and_reported(tmp_path) -> None:
    bow = shapely.Polygon([(WEST, SOUTH), (WEST + 20, SOUTH + 20), (WEST + 20, SOUTH), (WEST, SOUTH + 20)])
    line = shapely.LineString([(WEST, SOUTH), (WEST + 5, SOUTH)])
    flat = shapely.Polygon([(WEST, SOUTH), (WEST + 5, SOUTH), (WEST + 9, SOUTH)])
    good = shapely.box(WEST, SOUTH, WEST + 20, SOUTH + 20)
    place = layer(tmp_path, shapes=[bow, line, flat, None, good], oid=list("abcde"), nutzart=["Wald"] * 5)
    records = read_areas(place, classes="alkis-simplified")
    assert records.areas["id"].tolist() == ["a", "e"]
    assert records.areas.geometry.area.tolist() == [200.0, 400.0]
    assert records.report.repaired[0].id == "a"
    assert "Self-intersection" in records.report.repaired[0].reason
    reasons = " ".join(one.reason for one in records.report.refused)
    assert "no polygon but LineString (first: b)" in reasons
    assert "no geometry (first: d)" in reasons
    assert "no area (first: c)" in reasons


def test_bounds_keep_what_reaches_them_and_count_the_rest(tmp_path) -> None:
    place = layer(tmp_path, nutzart=["Wald"] * 5)
    records = read_areas(place, classes="alkis-simplified", bounds=(WEST + 30, SOUTH + 5, WEST + 50, SOUTH + 6))
    assert len(records.areas) == 2
    assert "3 areas lie outside the bounds and are left out" in records.report.notes
    with pytest.raises(DataError, match=r"none of its 5 areas reaches the bounds .*check the CRS"):
        read_areas(place, classes="alkis-simplified", bounds=(0, 0, 1, 1))


def geojson(folder: Path, points, crs: str | None = None) -> Path:
    content = {"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"nutzart": "Wald"},
         "geometry": {"type": "Polygon", "coordinates": [points]}}]}  # fmt: skip
    if crs:
        content["crs"] = {"type": "name", "properties": {"name": crs}}
    place = folder / "wald.geojson"
    place.write_text(json.dumps(content))
    return place


SQUARE = [[500000, 5600000], [500020, 5600000], [500020, 5600020], [500000, 5600000]]


def test_geojson_is_in_degrees_unless_its_old_crs_member_says_otherwise(tmp_path) -> None:
    degrees = [[11.5, 50.0], [11.6, 50.0], [11.6, 50.1], [11.5, 50.0]]
    assert read_areas(geojson(tmp_path, degrees), classes="alkis-simplified").crs.to_epsg() == 4326
    place = geojson(tmp_path, SQUARE, "urn:ogc:def:crs:EPSG::25832")
    assert read_areas(place, classes="alkis-simplified").crs.to_epsg() == 25832


def test_geojson_in_metres_without_a_crs_needs_one(tmp_path) -> None:
    place = geojson(tmp_path, SQUARE)
    with pytest.raises(DataError, match="these are no degrees; name the CRS"):
        read_areas(place, classes="alkis-simplified")
    records = read_areas(place, classes="alkis-simplified", crs=25832)
    assert records.crs.to_epsg() == 25832


@pytest.mark.parametrize(
    ("corner", "crs", "cause"),
    [
        ((5600000, 500000), "EPSG:25832", "easting and northing are swapped"),
        ((32500000, 5600000), "EPSG:25832", "zone prefix 32"),
        ((4500000, 5600000), "EPSG:25832", "Gauss-Krueger zone 4"),
        ((11.5, 50.0), "EPSG:25832", "look like degrees"),
        ((50.0, 11.5), "EPSG:4326", "longitude and latitude seem to be swapped"),
    ],
)
def test_coordinates_that_cannot_belong_to_the_crs_are_named(tmp_path, corner, crs, cause) -> None:
    x, y = corner
    place = geojson(tmp_path, [[x, y], [x + 0.01, y], [x, y + 0.01], [x, y]], crs)
    with pytest.raises(DataError, match=cause):
        read_areas(place, classes="alkis-simplified", crs=crs)


def test_a_missing_crs_is_asked_for_and_a_given_one_wins_with_a_note(tmp_path) -> None:
    place = layer(tmp_path, "nutzung.shp", nutzart=["Wald"])
    records = read_areas(place, classes="alkis-simplified", crs=25833)
    assert records.crs.to_epsg() == 25833
    assert any("zone 33N was given and is used" in note for note in records.report.notes)
    place.with_suffix(".prj").unlink()
    with pytest.raises(DataError, match="names no CRS; give it: crs="):
        read_areas(place, classes="alkis-simplified")


def test_files_in_different_crs_are_refused_with_the_fix(tmp_path) -> None:
    first = layer(tmp_path, "a.gpkg", nutzart=["Wald"])
    second = layer(tmp_path, "b.gpkg", crs=25833, nutzart=["Wald"])
    with pytest.raises(DataError, match=r"zone 32N, but .*zone 33N; read them apart, transform one of them"):
        read_areas([first, second], classes="alkis-simplified")


def test_every_shipped_map_leads_to_land_covers_with_a_source_and_a_reason() -> None:
    assert tuple(CODES) == LAND_COVERS
    for name in class_map_names():
        classes = find_class_map(name)
        for row in classes.rows:
            assert row.land_cover in CODES
            assert row.source in classes.sources, (name, row.words)
            assert row.reason, (name, row.words)
            assert row.role == "" or row.role in classes.attributes, (name, row.words)


def test_every_object_type_of_actual_use_has_a_row() -> None:
    """GeoInfoDok 7.1.2, areas of Tatsächliche Nutzung."""
    numbers = [*range(41001, 41011), 42001, 42006, 42009, 42010, 42015, 42016, *range(43001, 43008)]
    numbers += [44001, 44005, 44006, 44007]
    classes = find_class_map("alkis")
    assert [number for number in numbers if not classes.knows(str(number))] == []


def test_no_class_of_a_map_is_written_twice() -> None:
    for name in class_map_names():
        rows = find_class_map(name).rows
        plain = [(key_of(word), row.role, value) for row in rows for word in row.words for value in row.values or ("",)]
        doubled = {entry for entry in plain if plain.count(entry) > 1}
        # one spelling may be written with and without a slash, which compare equal
        assert all("unland" in entry[0] for entry in doubled), doubled


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_as_no_layer(tmp_path_factory, data) -> None:
    place = tmp_path_factory.mktemp("fuzz") / "town.geojson"
    place.write_bytes(data)
    with pytest.raises(TwinError):
        read_areas(place, classes="alkis")
