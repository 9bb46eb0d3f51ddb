"""Buildings are exposed to the open cells around their walls."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from twin.compare.exposure import building_exposure, residents_where, ring_cells
from twin.errors import InputError, MissingDataError


def plain_rings(building_id, reach):
    """Every pair of a building and an open cell whose centre is within reach of one of its cells, by brute force."""
    limit = max(reach, 2**0.5) + 1e-9
    pairs = set()
    for y, x in np.argwhere(building_id > 0):
        for v, u in np.argwhere(building_id == 0):
            if np.hypot(y - v, x - u) <= limit:
                pairs.add((int(building_id[y, x]), int(v * building_id.shape[1] + u)))
    return sorted(pairs)


@settings(max_examples=60, deadline=None)
@given(
    hnp.arrays(np.int32, st.tuples(st.integers(1, 7), st.integers(1, 7)), elements=st.sampled_from([0, 0, 0, 1, 5, 9])),
    st.sampled_from([1.0, 2.0, 2.9]),
)
def test_rings_are_those_found_by_looking_at_every_pair_of_cells(building_id, reach):
    building, cell = ring_cells(building_id, reach)
    assert list(zip(building.tolist(), cell.tolist(), strict=True)) == plain_rings(building_id, reach)


def test_water_on_the_roof_does_not_reach_the_building(village):
    depth = xr.where(village.grid["building_id"] > 0, 5.0, 0.0).transpose("y", "x")
    assert building_exposure(depth, village)["value"].max() == 0.0


def test_one_wet_cell_at_a_corner_wets_the_building_and_no_other(village):
    depth = xr.zeros_like(village.grid["building_id"], dtype=float)
    depth[7, 5] = 0.4  # north-west of building 1, whose cells are rows 8-10 and columns 6-9
    exposed = building_exposure(depth, village)["value"]
    assert exposed.loc[1] == 0.4
    assert exposed.drop(1).max() == 0.0


def test_the_mean_over_a_ring_of_a_sloping_field_is_its_value_in_the_middle(village):
    column = xr.zeros_like(village.grid["building_id"], dtype=float) + np.arange(village.spec.columns)
    near = building_exposure(column, village, reach=10.0, statistic="mean")
    # building 1 covers columns 6 to 9; its ring is symmetric about 7.5
    assert near["value"].loc[1] == pytest.approx(7.5, abs=1e-12)


def test_a_building_without_open_cells_has_no_value(village):
    field = xr.full_like(village.grid["building_id"], np.nan, dtype=float)
    near = building_exposure(field, village)
    assert near["value"].isna().all()
    assert (near["cells"] == 0).all()
    assert residents_where(near, 0.0) == 0.0


def test_mirroring_the_village_mirrors_the_exposure(village):
    field = xr.zeros_like(village.grid["building_id"], dtype=float) + np.arange(village.spec.columns)
    ids = village.grid["building_id"]
    flipped = village.with_changes(grid=village.grid.assign(building_id=ids.copy(data=ids.values[:, ::-1])))
    there = building_exposure(field, village)["value"]
    here = building_exposure(field.copy(data=field.values[:, ::-1]), flipped)["value"]
    np.testing.assert_array_equal(here, there)


def test_a_map_of_another_grid_is_refused(village):
    with pytest.raises(InputError, match="city's grid"):
        building_exposure(xr.DataArray(np.zeros((2, 2)), dims=("y", "x"), name="depth"), village)


def test_a_city_without_residents_says_what_is_missing(village):
    nobody = village.with_changes(buildings=village.buildings.drop(columns="residents"))
    with pytest.raises(MissingDataError, match="residents"):
        building_exposure(xr.zeros_like(village.grid["building_id"], dtype=float), nobody)


def test_a_reach_below_one_cell_is_refused():
    with pytest.raises(InputError, match="reach"):
        ring_cells(np.zeros((2, 2), np.int32), 0.5)


def test_exposure_may_ask_for_an_age_group(village):
    people = village.buildings["residents"]
    aged = village.with_changes(buildings=village.buildings.assign(age_over_65=people / 4))
    field = village.grid["ground_elevation"]
    old = building_exposure(field, aged, group="age_over_65")["residents"]
    np.testing.assert_allclose(old, building_exposure(field, aged)["residents"] / 4)
    with pytest.raises(MissingDataError, match="no column 'age_under_6'; it has age_over_65"):
        building_exposure(field, aged, group="age_under_6")
    with pytest.raises(MissingDataError, match="read statistical units with age groups"):
        building_exposure(field, village, group="age_over_65")
