"""What the units count is what the buildings hold, and every building says where its residents come from."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from twin.city import assign_residents
from twin.city.residents import COUNTED, NO_DWELLING, OUTSIDE, PARTLY, WITHHELD
from twin.errors import InputError
from twin.geometry.records import ReadReport, UnitRecords

UTM = CRS.from_epsg(25832)


def houses(boxes, use="residential", storeys=2.0, estimate=5.0) -> gpd.GeoDataFrame:
    table = {"use": use, "storeys": storeys, "residents": estimate, "residents_source": "estimated from floor area"}
    shapes = [shapely.box(x, y, x + width, y + depth) for x, y, width, depth in boxes]
    out = gpd.GeoDataFrame(table, geometry=shapes, crs=UTM, index=range(1, len(shapes) + 1))
    out.index.name = "building_id"
    return out


def blocks(boxes, residents, crs=UTM, grid_size=None, **ages) -> UnitRecords:
    shapes = [shapely.box(x, y, x + width, y + depth) for x, y, width, depth in boxes]
    data = {"id": [f"u{n}" for n in range(len(shapes))], "name": "", "residents": np.asarray(residents, float)}
    units = gpd.GeoDataFrame(data | ages, geometry=shapes, crs=crs)
    return UnitRecords(units, crs, ReadReport("units", len(shapes), len(shapes)), grid_size)


def test_residents_follow_floor_area() -> None:
    table = houses([(0, 0, 10, 10), (20, 0, 10, 20)], storeys=[3.0, 1.0])
    placed, report = assign_residents(table, blocks([(0, 0, 50, 50)], [100]))
    # 300 m2 and 200 m2 of floor
    assert placed["residents"].tolist() == pytest.approx([60.0, 40.0], rel=1e-12)
    assert (placed["residents_source"] == COUNTED).all()
    assert (report.found, report.used) == (1, 1)
    assert table["residents"].tolist() == [5.0, 5.0]  # the argument stays as it was


def test_nobody_lives_in_shops_while_there_are_dwellings() -> None:
    table = houses([(0, 0, 10, 10), (20, 0, 10, 10), (40, 0, 5, 5)], use=["residential", "commercial", "unknown"])
    placed, _ = assign_residents(table, blocks([(0, 0, 50, 50)], [100]))
    assert placed["residents"].tolist() == [100.0, 0.0, 0.0]
    assert placed["residents_source"].iloc[1] == NO_DWELLING


def test_buildings_of_unknown_use_stand_in_and_it_is_said() -> None:
    table = houses([(0, 0, 10, 10), (20, 0, 10, 10)], use=["unknown", "commercial"], estimate=0.0)
    placed, report = assign_residents(table, blocks([(0, 0, 50, 50)], [100]))
    assert placed["residents"].tolist() == [100.0, 0.0]
    assert "in 1 units without dwellings they live in buildings of unknown use" in report.notes


def test_a_unit_without_a_building_to_live_in_is_reported() -> None:
    table = houses([(0, 0, 10, 10)])
    placed, report = assign_residents(table, blocks([(0, 0, 50, 50), (50, 0, 50, 50)], [100, 7]))
    assert placed["residents"].sum() == 100.0
    assert [(one.id, one.reason) for one in report.refused] == [("u1", "7 residents, but no building to live in")]
    assert (report.found, report.used) == (2, 1)


def test_a_building_on_a_border_lives_in_both_units() -> None:
    table = houses([(40, 0, 20, 10)])
    placed, _ = assign_residents(table, blocks([(0, 0, 50, 50), (50, 0, 50, 50)], [100, 30]))
    assert placed["residents"].tolist() == pytest.approx([130.0], rel=1e-12)


def test_withheld_units_keep_the_estimate_and_say_so() -> None:
    table = houses([(0, 0, 10, 10), (45, 0, 10, 10), (80, 0, 10, 10), (300, 0, 10, 10)])
    placed, report = assign_residents(table, blocks([(0, 0, 50, 50), (50, 0, 50, 50)], [10, np.nan]))
    assert placed["residents_source"].tolist() == [COUNTED, PARTLY, WITHHELD, OUTSIDE]
    # 200 m2 and half of 200 m2 of floor share ten; the other half keeps half of its estimate of five
    assert placed["residents"].tolist() == pytest.approx([20 / 3, 10 / 3 + 2.5, 5.0, 5.0], rel=1e-12)
    assert "1 units withhold their residents; buildings there keep the estimate from floor area" in report.notes


def test_between_the_cells_of_the_census_nobody_lives() -> None:
    table = houses([(0, 0, 10, 10), (150, 0, 10, 10), (250, 0, 10, 10), (900, 0, 10, 10)])
    cells = blocks([(0, 0, 100, 100), (200, 0, 100, 100)], [4, 6], grid_size=100.0)
    placed, _ = assign_residents(table, cells)
    assert placed["residents"].tolist() == [4.0, 0.0, 6.0, 5.0]


def test_age_groups_go_the_same_way() -> None:
    table = houses([(0, 0, 10, 10), (20, 0, 10, 10), (70, 0, 10, 10)])
    units = blocks([(0, 0, 50, 50), (50, 0, 50, 50)], [100, 8], age_over_65=[30.0, np.nan], age_under_6=[6.0, 2.0])
    placed, _ = assign_residents(table, units)
    assert placed["age_over_65"].tolist()[:2] == [15.0, 15.0]
    assert np.isnan(placed["age_over_65"].iloc[2])
    assert placed["age_under_6"].tolist() == [3.0, 3.0, 2.0]


def test_of_a_unit_that_reaches_beyond_the_buildings_the_share_inside_counts() -> None:
    table = houses([(0, 0, 10, 10)])
    placed, report = assign_residents(table, blocks([(0, 0, 100, 100)], [80]), covered=(0, 0, 100, 25))
    assert placed["residents"].sum() == 20.0
    assert any("1 units reach beyond the area of the buildings" in note for note in report.notes)


def test_census_cells_are_placed_in_the_buildings_crs() -> None:
    laea = CRS.from_epsg(3035)
    cell = gpd.GeoSeries([shapely.box(4337000, 2689100, 4337100, 2689200)], crs=laea).to_crs(UTM)
    middle = cell.iloc[0].centroid
    table = houses([(middle.x - 5, middle.y - 5, 10, 10)])
    placed, _ = assign_residents(table, blocks([(4337000, 2689100, 100, 100)], [12], crs=laea, grid_size=100.0))
    assert placed["residents"].tolist() == [12.0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda table: table.drop(columns="storeys"), "lack the column 'storeys'"),
        (lambda table: table.iloc[:0], "there are no buildings"),
        (lambda table: table.assign(geometry=table.geometry.translate(1e6)), "none of the 1 units of units reaches"),
    ],
)
def test_tables_that_do_not_fit_are_refused(change, words) -> None:
    with pytest.raises(InputError, match=words):
        assign_residents(change(houses([(0, 0, 10, 10)])), blocks([(0, 0, 50, 50)], [1]))


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.integers(0, 190), st.integers(0, 90), st.integers(5, 40), st.integers(5, 40)),
        min_size=1,
        max_size=12,
    ),
    st.lists(st.one_of(st.none(), st.integers(0, 500)), min_size=2, max_size=2),
    st.lists(st.sampled_from(["residential", "mixed", "unknown", "commercial"]), min_size=12, max_size=12),
)
def test_what_the_units_count_is_placed_or_reported(boxes, residents, uses) -> None:
    table = houses(boxes, use=uses[: len(boxes)], estimate=0.0)
    units = blocks([(0, 0, 115, 130), (115, 0, 115, 130)], [np.nan if one is None else one for one in residents])
    placed, report = assign_residents(table, units)
    lost = sum(float(one.reason.split()[0]) for one in report.refused)
    assert placed["residents"].sum() + lost == pytest.approx(sum(one or 0 for one in residents), rel=1e-12, abs=1e-9)
    assert (placed["residents"] >= 0).all()
