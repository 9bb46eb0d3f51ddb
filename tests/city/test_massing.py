"""Planned blocks use what the plan permits, never more, and say what it leaves open. All plans are synthetic."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pytest
import shapely
import xarray as xr
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pyproj import CRS

from twin.city import massing
from twin.city.plan_massing import GUIDE_VALUES, LOWEST_STOREY, shrunk
from twin.errors import InputError
from twin.geometry.records import PlanRecords, ReadReport

PLOT = shapely.box(0, 0, 40, 30)
NOTHING = math.nan


def plan(*rows: dict, crs: int = 25832) -> PlanRecords:
    table = {"kind": "plot", "use": "WA"} | dict.fromkeys(
        ("grz", "gfz", "bmz", "storeys", "height", "top_elevation", "dwellings"), NOTHING
    )
    full = [table | {"id": f"A{n}", "geometry": PLOT} | row for n, row in enumerate(rows)]
    areas = gpd.GeoDataFrame(full, geometry="geometry", crs=crs)
    return PlanRecords(areas, CRS.from_epsg(crs), "Am Anger", "5.4", ReadReport("plan.gml", len(rows), len(rows)))


def window(*bounds: float, **row: object) -> dict:
    return {"kind": "window", "use": "", "geometry": shapely.box(*bounds)} | row


def test_a_plot_without_a_window_is_shrunk_to_its_grz() -> None:
    (block,) = massing(plan({"grz": 0.4, "gfz": 1.2, "storeys": 3.0})).itertuples()
    assert block.geometry.area == pytest.approx(0.4 * 1200, rel=1e-5)
    assert block.floor_area == pytest.approx(1.2 * 1200, rel=1e-5)
    assert PLOT.contains(block.geometry)
    assert "the plot shrunk evenly to the GRZ" in block.assumed
    assert (block.storeys, block.height, block.use, block.plan_use) == (3, 9.0, "residential", "WA")


def test_the_window_is_the_footprint_where_the_grz_allows_it() -> None:
    blocks = massing(plan({"grz": 0.4, "storeys": 2.0}, window(5, 5, 25, 15)))
    assert blocks.geometry.iloc[0].equals(shapely.box(5, 5, 25, 15))
    assert "shrunk" not in blocks["assumed"].iloc[0]
    assert blocks["grz"].iloc[0] == pytest.approx(200 / 1200)


def test_a_window_larger_than_the_grz_is_shrunk_inside_itself() -> None:
    blocks = massing(plan({"grz": 0.2, "storeys": 2.0}, window(0, 0, 40, 20)))
    assert blocks.geometry.area.sum() == pytest.approx(240, rel=1e-5)
    assert shapely.box(0, 0, 40, 20).contains(blocks.geometry.iloc[0])
    assert "the building window shrunk evenly to the GRZ" in blocks["assumed"].iloc[0]


def test_two_windows_make_two_blocks_that_share_the_grz() -> None:
    blocks = massing(plan({"grz": 0.25, "gfz": 0.5, "storeys": 2.0}, window(0, 0, 15, 30), window(25, 0, 40, 30)))
    assert len(blocks) == 2
    assert blocks.geometry.area.sum() == pytest.approx(300, rel=1e-5)
    assert blocks["floor_area"].sum() == pytest.approx(600, rel=1e-5)


def test_storeys_follow_from_gfz_and_grz_and_the_floor_area_is_exact() -> None:
    (block,) = massing(plan({"grz": 0.4, "gfz": 1.0})).itertuples()
    assert block.storeys == 3  # 1.0 / 0.4 = 2.5: three storeys on a smaller footprint
    assert block.floor_area == pytest.approx(1200, rel=1e-5)
    assert block.geometry.area == pytest.approx(400, rel=1e-5)
    assert "3 storeys from GFZ and GRZ" in block.assumed


def test_storeys_may_not_exceed_the_gfz() -> None:
    (block,) = massing(plan({"grz": 0.4, "gfz": 0.8, "storeys": 4.0})).itertuples()
    assert block.storeys == 4
    assert block.floor_area == pytest.approx(0.8 * 1200, rel=1e-5)


@pytest.mark.parametrize(
    ("height", "storeys", "expected"),
    [
        (12.0, NOTHING, (4, 12.0)),  # storeys from the height
        (10.5, 3.0, (3, 9.0)),  # three storeys end below the height
        (8.0, 3.0, (3, 8.0)),  # lower storeys of 2.67 m
        (6.0, 3.0, (2, 6.0)),  # no room for three
        (2.0, NOTHING, (1, 2.0)),
    ],
)
def test_the_height_of_the_plan_bounds_the_storeys(height, storeys, expected) -> None:
    (block,) = massing(plan({"grz": 0.4, "height": height, "storeys": storeys})).itertuples()
    assert (block.storeys, block.height) == expected


def test_guide_values_stand_in_and_are_named() -> None:
    (block,) = massing(plan({"use": "MI"})).itertuples()
    assert (block.grz, block.gfz) == pytest.approx(GUIDE_VALUES["MI"], rel=1e-5)
    assert "GRZ 0.6, guide value of BauNVO section 17 for MI" in block.assumed
    assert "50% of it dwellings" in block.assumed
    assert block.use == "mixed"


def test_heights_above_sea_level_count_from_the_ground() -> None:
    y, x = np.arange(29.5, -1, -1.0), np.arange(0.5, 41)
    ground = xr.DataArray(np.full((len(y), len(x)), 320.0), {"y": y, "x": x}, ("y", "x"))
    row = {"grz": 0.4, "top_elevation": 329.0}
    (block,) = massing(plan(row), ground=ground).itertuples()
    assert (block.storeys, block.height) == (3, 9.0)
    (block,) = massing(plan(row)).itertuples()
    assert "no ground elevation was given" in block.assumed
    with pytest.raises(InputError, match="329 m above sea level is below the ground"):
        massing(plan(row), ground=ground + 20)


def test_the_cubic_index_bounds_the_footprint() -> None:
    (block,) = massing(plan({"use": "GE", "grz": 0.8, "bmz": 4.0, "height": 10.0})).itertuples()
    assert block.geometry.area * block.height == pytest.approx(4.0 * 1200, rel=1e-4)
    assert block.residents == 0.0


def test_plots_that_say_nothing_are_left_out_with_the_reason() -> None:
    blocks = massing(plan({"grz": 0.4, "storeys": 2.0}, {"use": "", "geometry": shapely.box(100, 0, 140, 30)}))
    assert blocks["plot"].tolist() == ["A0"]
    assert list(blocks.attrs["left_out"]) == ["A1"]
    with pytest.raises(InputError, match=r"no plot of plan\.gml can be built on: A0: neither GRZ"):
        massing(plan({"use": ""}))


def test_windows_alone_are_built_on() -> None:
    blocks = massing(plan(window(0, 0, 20, 10, grz=1.0, storeys=2.0)))
    assert blocks.geometry.area.tolist() == [200.0]


def test_plots_that_overlap_are_built_once() -> None:
    blocks = massing(
        plan({"grz": 1.0, "storeys": 2.0}, {"grz": 1.0, "storeys": 2.0, "geometry": shapely.box(20, 0, 60, 30)})
    )
    assert blocks.geometry.area.sum() == pytest.approx(1800)
    assert blocks.geometry.iloc[0].intersection(blocks.geometry.iloc[1]).area == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("storey_height", [0, 2.0, 9.0, math.nan, "3 m"])
def test_an_impossible_storey_height_is_refused(storey_height) -> None:
    with pytest.raises(InputError, match="storey_height is"):
        massing(plan({"grz": 0.4}), storey_height=storey_height)


def test_a_plan_in_degrees_is_refused() -> None:
    with pytest.raises(InputError, match="in degrees; transform it to metres"):
        massing(plan({"grz": 0.4}, crs=4326))


ANGLES = st.lists(st.floats(0, 2 * math.pi), min_size=3, max_size=9, unique=True)


@settings(max_examples=40)
@given(ANGLES, st.floats(15, 60), st.floats(0.1, 1.0), st.floats(0.1, 3.0), st.one_of(st.none(), st.integers(1, 6)))
def test_grz_and_gfz_are_kept_exactly_on_any_plot(angles, radius, grz, gfz, storeys) -> None:
    points = [(radius * math.cos(angle), radius * math.sin(angle)) for angle in sorted(angles)]
    shape = shapely.Polygon(points)
    assume(shape.is_valid and shape.area > 400)
    row = {"grz": grz, "gfz": gfz, "storeys": NOTHING if storeys is None else float(storeys), "geometry": shape}
    try:
        blocks = massing(plan(row))
    except InputError:
        return
    assert blocks.geometry.area.sum() <= grz * shape.area * (1 + 1e-5)
    assert blocks["floor_area"].sum() <= gfz * shape.area * (1 + 1e-5)
    assert shape.buffer(1e-6).contains(blocks.union_all())
    if storeys is None:
        # as much floor as the plan permits, within one per cent
        assert blocks["floor_area"].sum() == pytest.approx(gfz * shape.area, rel=0.01)
    assert (blocks["height"] / blocks["storeys"] >= LOWEST_STOREY).all()


@given(st.floats(0.01, 1.5))
def test_shrinking_meets_the_area(share) -> None:
    shape = shapely.Polygon([(0, 0), (50, 0), (50, 10), (12, 10), (12, 40), (0, 40)])
    assert shrunk(shape, share * shape.area).area == pytest.approx(min(share, 1.0) * shape.area, rel=2e-6)
