"""Homes and places are exposed to the open ground around and inside them, worked out by hand on a hamlet."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from twin.compare import exposure_by_group, exposure_by_kind, home_exposure, place_exposure
from twin.compare.examples import hamlet
from twin.errors import InputError, MissingDataError


@pytest.fixture
def place():
    return hamlet()


def points(city, *rows):
    kinds, shapes = zip(*rows, strict=True)
    moved = [shapely.transform(shape, lambda xy: xy + np.array([500000.0, 5500000.0])) for shape in shapes]
    return gpd.GeoDataFrame({"kind": list(kinds)}, geometry=moved, crs=city.spec.crs)


def test_homes_meet_what_lies_around_them(place):
    city, result = place
    homes = home_exposure(result, city)
    assert homes["stress_hours"].tolist() == [4.0, 0.0]
    assert homes["utci"].tolist() == [36.0, 30.0]
    assert homes["shaded_share"].tolist() == [0.0, 1.0]
    assert homes.attrs["notes"] == ()


def test_every_person_counts_once_by_group(place):
    city, result = place
    aged = city.with_changes(buildings=city.buildings.assign(age_over_65=[3.0, 1.0]))
    table = exposure_by_group(home_exposure(result, aged))
    assert table.loc["residents", "stress_hours"] == pytest.approx(4.0 * 4 / 10)
    assert table.loc["age_over_65", "stress_hours"] == pytest.approx(4.0 * 3 / 4)
    assert table["people"].tolist() == [10.0, 4.0]


def test_a_home_walled_in_is_told_apart(place):
    city, result = place
    ids = city.grid["building_id"].values.copy()
    ids[0:8, 0:10] = 1  # the first house fills its corner and all ground within 10 m but what is farther
    roofs = np.where(ids > 0, np.nan, result["utci"].values)
    roofs[:, :, :16] = np.nan
    walled = city.with_changes(grid=city.grid.assign(building_id=city.grid["building_id"].copy(data=ids)))
    homes = home_exposure(result.assign(utci=result["utci"].copy(data=roofs))[["utci"]], walled)
    assert homes.loc[1, "cells"] == 0
    assert np.isnan(homes.loc[1, "utci"])
    assert exposure_by_group(homes).loc["residents", "people_without_value"] == 4.0


def test_without_hours_the_day_is_told_and_said(place):
    city, result = place
    felt = result["utci"]
    day = result.drop_vars(["utci", "sunlit_fraction", "time"]).assign(
        utci_max=felt.isel(time=0, drop=True), strong_heat_stress_duration=felt.isel(time=0, drop=True) * 0 + 3.0
    )
    homes = home_exposure(day, city)
    assert homes["utci_max"].tolist() == [36.0, 30.0]
    assert homes["stress_hours"].tolist() == [3.0, 3.0]
    assert "shaded_share" not in homes
    assert any("highest of the day" in note for note in homes.attrs["notes"])
    with pytest.raises(MissingDataError, match="no map of heat"):
        home_exposure(day[["spatial_ref"]], city)


def test_places_are_read_inside_else_around_else_not_at_all(place):
    city, result = place
    given = points(
        city,
        ("playground", shapely.box(20, 0, 28, 4)),  # half in the sun: 2 x 2 cells each side of x = 24
        ("school", shapely.box(6, 18, 10, 22)),  # is the first house
        ("hospital", shapely.Point(8, 20)),  # in the middle of that house: nothing open within 1 m
        ("care_home", shapely.Point(500, 500)),
        ("clinic", shapely.box(44, 20, 52, 28)),  # a quarter of it on the grid
    )
    table = place_exposure(result, city, places=given, reach=1.0)
    assert table["where"].tolist() == ["inside", "around", "none", "outside", "inside"]
    assert table["cells"].tolist()[0] == 8
    assert table["stress_hours"].tolist()[:2] == [2.0, 4.0]
    assert np.isnan(table["stress_hours"].iloc[2])
    assert table["share_on_grid"].tolist() == [1.0, 1.0, 1.0, 0.0, 0.25]
    kinds = exposure_by_kind(table)
    assert kinds.loc["hospital", ["places", "without_cells"]].tolist() == [1, 1]
    assert kinds.loc["playground", "stress_hours"] == 2.0


def test_the_order_of_places_does_not_matter(place):
    city, result = place
    given = points(city, ("playground", shapely.box(0, 0, 4, 4)), ("school", shapely.Point(30, 4)))
    forth = place_exposure(result, city, places=given)
    back = place_exposure(result, city, places=given.iloc[::-1])
    assert forth.drop(columns="geometry").equals(back.loc[forth.index].drop(columns="geometry"))


def test_hostile_places_are_refused_by_name(place):
    city, result = place
    with pytest.raises(InputError, match="'zoo' is no kind of place"):
        place_exposure(result, city, kinds=["zoo"])
    with pytest.raises(InputError, match="no column 'kind'"):
        place_exposure(result, city, places=city.places.drop(columns="kind"))
    with pytest.raises(InputError, match=r"use places\.to_crs"):
        place_exposure(result, city, places=city.places.to_crs(4326))
    with pytest.raises(MissingDataError, match="knows no places"):
        place_exposure(result, city.with_changes(places=None))
    with pytest.raises(InputError, match="reach is nan"):
        place_exposure(result, city, reach=float("nan"))
    with pytest.raises(InputError, match="on the city's grid"):
        place_exposure(result.isel(x=slice(0, 5)), city)
    empty = points(city, ("school", shapely.Polygon()))
    assert place_exposure(result, city, places=empty)["where"].tolist() == ["outside"]


def test_all_kinds_and_one_kind(place):
    city, result = place
    assert len(place_exposure(result, city, kinds=None)) == 2
    assert place_exposure(result, city, kinds="school")["kind"].tolist() == ["school"]
    assert place_exposure(result, city, kinds=["hospital"]).empty
