"""Comparisons refuse what does not compare, judge by direction, and say it in words."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from twin.city.gridspec import GridSpec
from twin.compare import Variant, compare
from twin.errors import InputError


@pytest.fixture(scope="module")
def comparison(variants):
    return compare(variants)


def changed(variant, **fields):
    return dataclasses.replace(variant, **fields)


def with_result(variant, event, result):
    return changed(variant, results={**variant.results, event: result})


def test_the_baseline_comes_first_whatever_the_order(variants):
    assert compare(variants[::-1]).baseline.name == "baseline"


def test_differences_are_variant_minus_baseline(comparison):
    assert comparison.difference("hot-day", "heat_utci_afternoon_mean_in_changed_area", "green") == pytest.approx(
        -1.5, abs=1e-5
    )  # the fixture cools the western third, where the yard lies, by 1.5; float32 fields


def test_the_table_has_one_row_for_every_value(comparison):
    assert len(comparison.table) == len({(event, key) for event, key, _ in comparison.values})
    row = comparison.table.loc[("rain", "flood_buildings_over_10cm")]
    assert row["green", "difference"] == row["green", "value"] - row["baseline", "value"]
    assert row["green", "percent"] == pytest.approx(100 * row["green", "difference"] / row["baseline", "value"])
    assert row["indicator", "caveats"].startswith("terrain")


def test_temperatures_have_no_percent(comparison):
    assert np.isnan(comparison.table.loc[("hot-day", "heat_utci_afternoon_mean"), ("green", "percent")])


def test_less_heat_is_better_and_more_infiltration_too(comparison):
    assert comparison.judgement("hot-day", "heat_utci_afternoon_mean", "green") == "better"
    assert comparison.judgement("rain", "flood_infiltrated_volume", "green") == "better"
    assert comparison.judgement("traffic", "traffic_vehicle_hours", "green") == "worse"
    assert comparison.judgement("rain", "flood_stored_volume", "green") == "changed"


def test_a_variant_equal_to_the_baseline_changes_nothing(variants):
    same = changed(variants[0], name="copy", title="Copy")
    comparison = compare([variants[0], same])
    judged = {comparison.judgement(event, key, "copy") for event, key, _ in comparison.values}
    assert judged == {"same"}
    for layer in comparison.differences.data_vars.values():
        assert float(np.nanmax(np.abs(layer.values))) == 0.0


def test_exchanging_baseline_and_variant_changes_the_sign(variants, comparison):
    back = compare(variants, baseline="green")
    for event, key, name in comparison.values:
        if name == "green" and not key.startswith("heat"):  # the hottest hour is the baseline's own
            assert back.difference(event, key, "baseline") == -comparison.difference(event, key, "green")


def test_a_difference_below_the_solver_gap_is_no_difference(variants):
    loose = [with_result(v, "traffic", v.results["traffic"].assign(relative_gap=((), 0.2))) for v in variants]
    assert compare(loose).judgement("traffic", "traffic_vehicle_hours", "green") == "same"


def test_differences_keep_the_grid_and_its_crs(comparison):
    spec = GridSpec.from_dataset(comparison.differences)
    assert spec == comparison.baseline.city.spec
    assert comparison.differences["water_depth_max"].dims == ("scenario", "y", "x")
    assert comparison.differences["scenario"].values.tolist() == ["green"]


def test_two_events_of_one_model_keep_their_maps_apart(variants):
    twice = [with_result(v, "rain-2", v.results["rain"]) for v in variants]
    assert {"water_depth_max__rain", "water_depth_max__rain-2"} <= set(compare(twice).differences.data_vars)


def test_the_worst_pond_is_named_once_by_its_street(comparison):
    places = comparison.worst_places(5, "rain")
    assert places["rank"].tolist() == [1, 2, 3, 4, 5]
    assert places["baseline"].is_monotonic_decreasing
    assert set(places["place"]) <= {"Hauptstraße", "Gartenweg"}
    centres = places.geometry.centroid
    nearest = min(a.distance(b) for i, a in enumerate(centres) for b in centres[:i])
    assert nearest >= 30.0


def test_traffic_of_both_directions_stands_on_one_section(comparison):
    roads = comparison.road_differences("traffic")
    assert len(roads) == 6
    assert roads.loc["b+", "baseline"] == 1200.0
    assert roads.loc["b+", "difference green"] == -240.0


def test_the_most_changed_street_comes_first(comparison):
    streets = comparison.street_differences("traffic")
    assert streets.index[0] == "Gartenweg"
    assert streets.loc["Gartenweg", "difference green"] == pytest.approx(240.0)


def test_other_grids_are_refused_by_field(variants):
    city = variants[1].city
    moved = city.with_changes(grid=city.grid.assign_coords(x=city.grid["x"] + 5.0))
    with pytest.raises(InputError, match="differ in left"):
        compare([variants[0], changed(variants[1], city=moved)])


def test_other_crs_is_refused_by_name(variants):
    city = variants[1].city
    spec = dataclasses.replace(city.spec, crs=type(city.spec.crs)("EPSG:25833"))
    tables = {name: getattr(city, name).set_crs(spec.crs, allow_override=True) for name in ("buildings", "trees")}
    east = city.with_changes(grid=city.grid.assign_coords(spec.coordinates()), network=None, **tables)
    with pytest.raises(InputError, match=r"differ in crs: .*32N.*33N"):
        compare([variants[0], changed(variants[1], city=east)])


def test_a_missing_event_is_refused_by_name(variants):
    fewer = changed(variants[1], results={k: r for k, r in variants[1].results.items() if k != "rain"})
    with pytest.raises(InputError, match="'rain' was computed for 'baseline' but not for 'green'"):
        compare([variants[0], fewer])


@pytest.mark.parametrize("attribute", ["event_label_en", "event_fingerprint", "model"])
def test_another_event_under_the_same_name_is_refused(variants, attribute):
    other = variants[1].results["rain"].assign_attrs({attribute: "traffic"})
    with pytest.raises(InputError, match=f"differs in {attribute}"):
        compare([variants[0], with_result(variants[1], "rain", other)])


def test_other_hours_links_and_units_are_refused(variants):
    heat, traffic = variants[1].results["hot-day"], variants[1].results["traffic"]
    with pytest.raises(InputError, match="coordinate 'time'"):
        compare([variants[0], with_result(variants[1], "hot-day", heat.isel(time=slice(1, None)))])
    with pytest.raises(InputError, match="close a link, never remove it"):
        compare([variants[0], with_result(variants[1], "traffic", traffic.isel(link=slice(1, None)))])
    kelvin = heat.assign(utci_max=heat["utci_max"].assign_attrs(units="K"))
    with pytest.raises(InputError, match="utci_max"):
        compare([variants[0], with_result(variants[1], "hot-day", kelvin)])


def test_a_result_off_its_citys_grid_is_refused(variants):
    off = variants[1].results["rain"].assign_coords(x=variants[1].results["rain"]["x"] + 1)
    with pytest.raises(InputError, match="grid of its city"):
        compare([variants[0], with_result(variants[1], "rain", off)])


def test_names_must_differ_and_the_baseline_exist(variants):
    with pytest.raises(InputError, match="2 times"):
        compare([variants[0], variants[0]])
    with pytest.raises(InputError, match="'today' is not among"):
        compare(variants, baseline="today")
    with pytest.raises(InputError, match="no variants"):
        compare([])


@pytest.mark.parametrize("name", ["length", "indicator", "difference baseline"])
def test_a_variant_may_not_take_the_name_of_a_column(variants, name):
    with pytest.raises(InputError, match="column"):
        compare([variants[0], changed(variants[1], name=name)])


def test_what_cannot_be_computed_is_listed_with_the_reason(variants):
    nobody = [
        changed(v, city=v.city.with_changes(buildings=v.city.buildings.drop(columns="residents"))) for v in variants
    ]
    comparison = compare(nobody)
    missing = {m.key: m.reason for m in comparison.missing}
    assert "residents" in missing["flood_residents_over_10cm"]
    assert comparison.value("rain", "flood_area_over_10cm") > 0
    assert comparison.text("en")


def test_a_road_measure_does_not_make_a_changed_area(variants):
    road_only = changed(variants[1], measures=variants[1].measures[1:])
    assert not any(key.endswith("_in_changed_area") for _, key, _ in compare([variants[0], road_only]).values)


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_text_has_three_to_eight_sentences_with_units_direction_and_assumptions(comparison, language):
    text = comparison.text(language)
    sentences = [s for s in text.replace("\n", " ").split(". ") if s]
    assert 3 <= len(sentences) <= 8
    words = {
        "en": ("terrain", "building heights", "traffic demand", "better", "worse", "°C"),
        "de": ("Gelände", "Gebäudehöhen", "Verkehrsnachfrage", "besser", "schlechter", "°C"),
    }
    for word in words[language]:
        assert word in text
    assert ("−1,5 °C" in text) == (language == "de")
    assert ("−1.5 °C" in text) == (language == "en")


def test_many_events_still_give_eight_sentences_at_most(variants):
    def many(v):
        return changed(v, results={f"rain-{i}": v.results["rain"] for i in range(12)})

    text = compare([many(v) for v in variants]).text("en")
    assert len(text.split("\n")) == 8
    assert "5 more results" in text


def test_a_lone_baseline_says_so(variants):
    comparison = compare(variants[:1])
    assert "nothing to compare" in comparison.text("en")
    assert comparison.differences.sizes["scenario"] == 0
    assert "Comparison of 'Musterdorf'" in repr(comparison)


def test_representations_escape_what_came_from_data(variants_of, city_called):
    comparison = compare(variants_of(city_called("<b>Dorf</b>"), title="<script>alert(1)</script>"))
    html = comparison._repr_html_()
    assert "<script>" not in html
    assert "<b>Dorf" not in html
    assert "&lt;script&gt;" in html


def test_results_are_not_changed_by_comparing(variants, results, village):
    compare(variants)
    for event, model in (("hot-day", "heat"), ("rain", "flood"), ("traffic", "traffic")):
        assert variants[0].results[event].identical(results[model](village))


def test_three_variants_share_one_table(variants):
    third = changed(variants[1], name="third", title="Third")
    table = compare([*variants, third]).table
    assert (table["third", "difference"].dropna() == table["green", "difference"].dropna()).all()


def test_the_name_of_an_unknown_variant_or_event_is_refused(comparison):
    with pytest.raises(InputError, match="baseline, green"):
        comparison.variant("blue")
    with pytest.raises(InputError, match="hot-day, rain, traffic"):
        comparison.result("snow")
    assert isinstance(comparison.variant("green"), Variant)


@pytest.mark.parametrize(
    ("before", "after", "digits", "difference"),
    [
        (40.74, 40.68, 2, -0.06),  # would read 40.7, 40.7, better
        (11.251, 11.249, 2, 0.0),  # would read 11.3, 11.2, no change
        (40.76, 40.64, 1, -0.2),  # as written: 40.8 and 40.6
        (40.0, 40.0, 1, 0.0),
    ],
)
def test_the_difference_a_reader_sees_is_that_of_the_values_a_reader_sees(
    comparison, before, after, digits, difference
):
    from dataclasses import replace

    from twin.compare.language import number

    event, key, name = "hot-day", "heat_utci_afternoon_mean", "green"
    values = {k: v for k, v in comparison.values.items() if k[1] != key}
    values |= {(event, key, "baseline"): before, (event, key, name): after}
    seen = replace(comparison, values=values)
    assert seen.digits(event, key) == digits
    assert seen.shown_difference(event, key, name) == pytest.approx(difference, abs=1e-9)
    for language in ("en", "de"):
        words = seen.text(language)
        assert number(after, digits, language) in words
        if seen.judgement(event, key, name) != "same":
            assert f"({number(difference, digits, language, signed=True)} °C" in words
