"""Indicators are what their labels say, worked out by hand on a village whose results are formulas."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import xarray as xr

from twin.compare import compare
from twin.compare.indicators import View, indicator, indicators
from twin.errors import InputError, MissingDataError

PUBLIC_KEYS = {
    "heat_utci_afternoon_mean",
    "heat_strong_stress_share",
    "heat_very_strong_stress_share",
    "heat_strong_stress_hours_mean",
    "heat_mean_radiant_temperature_max_mean",
    "heat_residents_utci_mean",
    "heat_residents_very_strong_stress",
    "heat_residents_near_cool_place",
    "heat_very_strong_stress_hours_mean",
    "heat_degree_hours_mean",
    "heat_pet_max_mean",
    "heat_pet_strong_stress_hours_mean",
    "heat_sunlit_hours_mean",
    "heat_residents_strong_stress_hours_mean",
    "heat_residents_cool_area_nearby",
    "heat_walking_shade_share",
    "heat_playgrounds_strong_stress_hours",
    "heat_schools_strong_stress_hours",
    "heat_care_strong_stress_hours",
    "flood_area_over_10cm",
    "flood_area_over_30cm",
    "flood_area_over_50cm",
    "flood_depth_max_mean",
    "flood_buildings_over_10cm",
    "flood_buildings_over_30cm",
    "flood_residents_over_10cm",
    "flood_residents_over_30cm",
    "flood_road_length_over_30cm",
    "flood_highest_hazard_area",
    "flood_outflow_volume",
    "flood_infiltrated_volume",
    "flood_stored_volume",
    "flood_rain_volume",
    "traffic_vehicle_hours",
    "traffic_vehicle_kilometres",
    "traffic_mean_speed",
    "traffic_quiet_street_kilometres",
    "traffic_volume_capacity_max",
    "traffic_links_above_capacity",
    "traffic_unserved_demand",
    "traffic_links_closed_by_water",
}


def test_public_keys_are_a_promise():
    local = {key.removesuffix("_in_changed_area") for key in (i.key for i in indicators()) if key.endswith("_area")}
    assert {i.key for i in indicators() if not i.key.endswith("_in_changed_area")} == PUBLIC_KEYS
    assert local <= PUBLIC_KEYS


def test_every_indicator_is_labelled_in_both_languages():
    for one in indicators():
        assert one.label("en") != one.label("de")
        assert one.direction in ("less", "more", "neutral")


def test_an_unknown_key_names_its_neighbours():
    with pytest.raises(InputError, match="flood_buildings_over_10cm"):
        indicator("flood_building_over_10cm")


def test_a_uniform_field_has_its_value_as_mean_and_stress_everywhere(village, results):
    heat = results["heat"](village)
    heat = heat.assign(utci=heat["utci"] * 0 + 33.0)
    assert indicator("heat_utci_afternoon_mean").value(heat, village) == pytest.approx(33.0, abs=1e-5)  # float32 field
    assert indicator("heat_strong_stress_share").value(heat, village) == 100.0
    assert indicator("heat_very_strong_stress_share").value(heat, village) == 0.0


def test_roofs_do_not_count_as_outdoors(village, results):
    heat = results["heat"](village)
    hot_roofs = heat.assign(utci=heat["utci"].where(village.grid["building_id"] == 0, 99.0))
    key = indicator("heat_utci_afternoon_mean")
    assert key.value(hot_roofs, village) == key.value(heat, village)


def test_the_share_above_32_degrees_is_the_share_of_columns_above_it(village, results):
    # 30 + 12 c / 80 > 32 from column 14 on; buildings take the same 12 rows out of 4 columns in 6 groups
    open_cells = village.grid["building_id"].values == 0
    expected = 100 * open_cells[:, 14:].sum() / open_cells.sum()
    assert indicator("heat_strong_stress_share").value(results["heat"](village), village) == pytest.approx(expected)


def test_the_changed_area_looks_at_its_cells_only(village, results):
    area = np.zeros(village.spec.shape, bool)
    area[:, 10:12] = True
    mean = indicator("heat_utci_afternoon_mean_in_changed_area").value(results["heat"](village), village, View(area))
    ground = (village.grid["building_id"].values == 0)[:, 10:12].sum(axis=0)
    assert mean == pytest.approx(np.average([31.5, 31.65], weights=ground), abs=1e-5)  # float32 field


def test_a_day_without_an_afternoon_is_not_given_one(village, results):
    morning = results["heat"](village).isel(time=slice(0, 2))
    with pytest.raises(MissingDataError, match="from 14 to 15 h"):
        indicator("heat_utci_afternoon_mean").value(morning, village)


def test_flooded_area_is_the_number_of_deep_open_cells_times_their_size(village, results):
    flood = results["flood"](village)
    deep = (flood["water_depth_max"].values > 0.3).sum()  # the fixture has no water on roofs
    assert indicator("flood_area_over_30cm").value(flood, village) == 25.0 * deep


def test_deeper_thresholds_never_flood_more(village, results):
    flood = results["flood"](village)
    areas = [indicator(f"flood_area_over_{d}cm").value(flood, village) for d in (10, 30, 50)]
    assert areas == sorted(areas, reverse=True)


def test_residents_of_flooded_buildings_are_those_of_the_buildings_counted(village, results):
    flood = results["flood"](village)
    flood = flood.assign(water_depth_max=flood["water_depth_max"] * 0)
    flood["water_depth_max"][7, 5] = 0.2
    assert indicator("flood_buildings_over_10cm").value(flood, village) == 1
    assert indicator("flood_buildings_over_30cm").value(flood, village) == 0
    assert indicator("flood_residents_over_10cm").value(flood, village) == village.buildings["residents"].loc[1]


def test_a_flooded_street_counts_once_though_it_has_two_directions(village, results):
    flood = results["flood"](village)
    flood = flood.assign(water_depth_max=flood["water_depth_max"] * 0 + 1.0)
    inside = 400.0 + 380.0 + 2 * 130.0  # Hauptstraße across the grid, Gartenweg along the north and its two arms
    value = indicator("flood_road_length_over_30cm").value(flood, village)
    # roads that run on a boundary between cells lose nothing; buildings stand beside the roads
    assert value == pytest.approx(inside, abs=1e-6)


def test_mean_speed_is_distance_by_time(village, results):
    traffic = results["traffic"](village)
    # 50 km/h free flow, times 1.2
    assert indicator("traffic_mean_speed").value(traffic, village) == pytest.approx(50 / 1.2, rel=1e-12)


def test_quiet_streets_hold_the_traffic_that_leaves_the_main_road(village, results):
    key = indicator("traffic_quiet_street_kilometres")
    shifted = key.value(results["traffic"](village, 100.0), village) - key.value(results["traffic"](village), village)
    # 100 vehicles in each of two directions over 130 + 380 + 130 m
    assert shifted == pytest.approx(2 * 100 * 0.640, rel=1e-12)


def test_a_closed_link_without_capacity_does_not_spoil_the_fullest_road(village, results):
    traffic = results["traffic"](village)
    traffic["volume_capacity_ratio"][0] = np.nan
    assert indicator("traffic_volume_capacity_max").value(traffic, village) == pytest.approx(75.0)


def test_a_result_that_lacks_a_variable_says_which(village, results):
    with pytest.raises(MissingDataError, match="unserved_demand"):
        indicator("traffic_unserved_demand").value(results["traffic"](village).drop_vars("unserved_demand"), village)


def test_traffic_after_a_rain_rests_on_what_the_water_rests_on(variants):
    """The roads it finds open are no better known than the terrain that the water ran over."""
    plain = compare(variants, "baseline")
    event = next(event for event in plain.events if plain.baseline.model(event) == "traffic")
    wet = [
        dataclasses.replace(
            v, results={**v.results, event: v.results[event].assign(road_water_depth=("link", _depths(v, event)))}
        )
        for v in variants
    ]
    key = "traffic_vehicle_hours"
    assert "terrain" not in plain.topics(key, event)
    after = compare(wet, "baseline")
    assert after.topics(key, event) == (*plain.topics(key, event), "terrain", "sewers")
    assert {"terrain", "sewers"} <= set(after.map_topics(event))


def _depths(variant, event):
    return np.zeros(variant.results[event].sizes["link"])


def test_the_afternoon_is_the_step_that_begins_at_14_h_and_its_label_names_the_clock(village, results):
    from twin.compare import Variant, compare

    heat = results["heat"](village)
    hour = xr.where(heat["time"].dt.hour == 14, 33.0, 50.0).transpose("time").values[:, None, None]
    heat = heat.assign(utci=heat["utci"] * 0 + hour.astype(np.float32))
    heat["time"].attrs.update(interval="start", step_seconds=3600.0, utc_offset_hours=1.0)
    assert indicator("heat_utci_afternoon_mean").value(heat, village) == pytest.approx(33.0, abs=1e-5)  # float32 field
    comparison = compare([Variant("baseline", "Today", village, {"hot": heat})])
    assert comparison.label("hot", "heat_utci_afternoon_mean", "de").endswith("im Freien, 14–15 Uhr MEZ")
    heat["time"].attrs["utc_offset_hours"] = 2.0
    assert "14–15 h UTC+2" in comparison.label("hot", "heat_utci_afternoon_mean", "en")


def test_hours_of_two_equal_days_are_those_of_one_day_and_named_as_such(village, results):
    from twin.compare import Variant, compare
    from twin.compare.maps import map_label

    one = results["heat"](village)
    # six steps of 3 h, then the same again: 36 h that reach into the next day
    two = xr.concat([one[["utci"]], one[["utci"]].assign_coords(time=one["time"] + np.timedelta64(18, "h"))], "time")
    two = two.assign(strong_heat_stress_duration=2 * one["strong_heat_stress_duration"]).assign_attrs(one.attrs)
    keys = [i.key for i in indicators("heat") if i.unit in ("h", "K h") and not i.optional and "area" not in i.key]
    assert "heat_strong_stress_hours_mean" in keys
    single, double = (compare([Variant("baseline", "Today", village, {"hot": day})]) for day in (one, two))
    for key in keys:
        assert double.value("hot", key) == pytest.approx(single.value("hot", key), rel=1e-6)  # float32 sums
        assert "mean of 2 days" in double.label("hot", key)
        assert "days" not in single.label("hot", key)
    assert map_label(double, "hot", "strong_heat_stress_duration", "de").endswith("Summe über 2 Tage")
    assert "Tage" not in map_label(single, "hot", "strong_heat_stress_duration", "de")
