"""Indicators of the heat products are what their labels say, worked out by hand on a hamlet."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from twin.compare import Variant, compare, indicator
from twin.compare.examples import hamlet
from twin.errors import MissingDataError


def comparison_of(city, result, **options):
    return compare([Variant("baseline", "Heute", city, {"hot": result})], **options)


CITY, RESULT = hamlet()
WARM = RESULT.assign(utci=RESULT["utci"] + 3.0)  # 39 °C in the west, 33 °C in the east, for four hours
OPEN = CITY.grid["building_id"].values == 0

BY_HAND = {
    "heat_very_strong_stress_hours_mean": 4.0 * 0.5,
    "heat_degree_hours_mean": 4.0 * (7.0 + 1.0) / 2,
    "heat_sunlit_hours_mean": 4.0 * 0.5,
    "heat_residents_strong_stress_hours_mean": 4.0,
    "heat_residents_cool_area_nearby": 100.0,
    "heat_walking_shade_share": 50.0,
    "heat_playgrounds_strong_stress_hours": 4.0,
    "heat_schools_strong_stress_hours": 4.0,
}


@pytest.mark.parametrize(("key", "expected"), BY_HAND.items())
def test_an_indicator_has_the_value_worked_out_by_hand(key, expected):
    assert indicator(key).value(WARM, CITY) == pytest.approx(expected, rel=1e-6)  # float32 fields


def test_the_same_number_comes_from_hours_and_from_the_maps_of_the_day():
    day = WARM.drop_vars(["utci", "sunlit_fraction", "time"]).assign(
        very_strong_heat_stress_duration=4.0 * (WARM["utci"].isel(time=0, drop=True) > 38).where(OPEN),
        utci_degree_hours=4.0 * (WARM["utci"].isel(time=0, drop=True) - 32.0),
        sunlit_hours=4.0 * WARM["sunlit_fraction"].isel(time=0, drop=True),
        strong_heat_stress_duration=WARM["utci"].isel(time=0, drop=True) * 0 + 4.0,
    )
    for key in ("heat_very_strong_stress_hours_mean", "heat_degree_hours_mean", "heat_sunlit_hours_mean",
                "heat_residents_strong_stress_hours_mean", "heat_playgrounds_strong_stress_hours"):  # fmt: skip
        assert indicator(key).value(day, CITY) == pytest.approx(indicator(key).value(WARM, CITY), rel=1e-6)


def test_one_hour_kept_is_not_told_as_11_to_16_h():
    some = WARM.isel(time=[1]).assign_attrs(options='{"hours": ["13:00"]}')
    some["time"].attrs["step_seconds"] = 3600.0
    with pytest.raises(MissingDataError, match="kept only the hours"):
        indicator("heat_walking_shade_share").value(some, CITY)
    with pytest.raises(MissingDataError, match="kept only the hours"):
        comparison_of(CITY, some).walking_shade("hot")


def test_footways_decide_who_reaches_a_cool_area():
    links = CITY.network.links
    lane = links.assign(geometry=links.geometry.intersection(CITY.buildings.geometry.iloc[0].buffer(10.5)))
    short = dataclasses.replace(CITY.network, links=lane)
    key = "heat_residents_cool_area_nearby"
    assert comparison_of(CITY, WARM, footways=CITY.network).value("hot", key) == 100.0
    assert comparison_of(CITY, WARM, footways=short).value("hot", key) == 0.0  # 10.8 m from the shade: a yard


def test_questions_a_city_does_not_raise_are_no_gaps_but_gaps_are_told():
    bare = CITY.with_changes(places=None, network=None)
    found = comparison_of(bare, WARM)
    assert not any("playground" in missing.key or "walking" in missing.key for missing in found.missing)
    assert np.isnan(found.value("hot", "heat_playgrounds_strong_stress_hours"))
    nobody = CITY.with_changes(buildings=CITY.buildings.drop(columns="residents"))
    assert "heat_residents_cool_area_nearby" in {missing.key for missing in comparison_of(nobody, WARM).missing}
