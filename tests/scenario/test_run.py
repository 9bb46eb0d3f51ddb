import dataclasses
import re

import numpy as np
import pytest
import shapely
import xarray as xr

import twin
from twin import flood, heat, traffic
from twin.errors import InputError, MissingDataError
from twin.scenario import measures
from twin.scenario.couplings import Couplings
from twin.scenario.events import heavy_rain, hot_day, weekday_traffic
from twin.scenario.hamlet import LEFT, TOP
from twin.scenario.run import run
from twin.scenario.scenario import BASELINE, Scenario


def place(west, north, width, depth):
    return shapely.box(LEFT + west, TOP - north - depth, LEFT + west + width, TOP - north)


YARD = place(56, 76, 40, 32)
HOT = hot_day("2018-07-26", max_temperature=35, step="3 h")
RAIN = heavy_rain("44 mm", duration="20 min", simulated="25 min")
TRAFFIC = weekday_traffic()
GREEN = Scenario("green", [measures.unseal(YARD), measures.plant_trees(YARD)])
CALM = Scenario("calm", [measures.close_road("Dorfstraße", section=("Am Anger", "Hofgasse"))])
BUILT = Scenario("built", [measures.add_building(place(120, 12, 16, 12), height=9)])


@pytest.fixture
def calls(monkeypatch):
    """How often each model really runs."""
    counted = {"heat": 0, "flood": 0, "traffic": 0, "demand": 0}

    def watch(module, name, key):
        original = getattr(module, name)

        def counting(*arguments, **options):
            counted[key] += 1
            return original(*arguments, **options)

        monkeypatch.setattr(module, name, counting)

    watch(heat, "simulate", "heat")
    watch(flood, "simulate", "flood")
    watch(traffic, "assign", "traffic")
    watch(traffic, "gravity_demand", "demand")
    return counted


@pytest.fixture(scope="module")
def study(village):
    return run(village, [GREEN, CALM], [HOT, RAIN, TRAFFIC])


def same(a, b):
    return all(np.array_equal(a[name].values, b[name].values, equal_nan=True) for name in a.data_vars)


def test_the_baseline_is_always_there_and_first(study):
    assert list(study.results) == ["baseline", "green", "calm"]
    assert study.baseline.city is study.cities["baseline"]
    assert list(study.results["green"]) == ["hot day", "heavy rain", "traffic", "traffic after heavy rain"]


def test_a_closed_road_changes_traffic_and_nothing_else(study):
    today, calm = study.results["baseline"], study.results["calm"]
    assert same(today["hot day"], calm["hot day"])
    assert same(today["heavy rain"], calm["heavy rain"])
    flow = calm["traffic"].road_flow
    assert float(flow.sel(link="2:3:4")) == 0.0
    assert float(today["traffic"].road_flow.sel(link="2:3:4")) > 0.0
    assert float(flow.sel(link="4:2:5")) > float(today["traffic"].road_flow.sel(link="4:2:5"))


def test_unsealing_and_trees_reach_heat_and_water_alike(study):
    today, green = study.results["baseline"], study.results["green"]
    inside = twin.scenario.areas.cells_inside(YARD, study.baseline.city.spec)
    assert green["hot day"].utci_max.values[inside].mean() < today["hot day"].utci_max.values[inside].mean()
    assert float(green["heavy rain"].infiltrated_volume) > float(today["heavy rain"].infiltrated_volume)
    assert same(today["traffic"], green["traffic"])


def test_water_balances_in_every_result(study):
    for results in study.results.values():
        # the model's own balance, relative to the rain
        assert abs(float(results["heavy rain"].volume_error)) < 1e-6


def test_equal_stages_run_once(village, calls):
    run(village, [GREEN, CALM], [HOT, RAIN, TRAFFIC])
    # heat and flood: today and green; traffic: today = green, and calm, each dry and after the rain
    # (the dip closes the same links in every city, so that green's wet roads are today's)
    assert calls == {"heat": 2, "flood": 2, "traffic": 4, "demand": 1}


def test_residents_of_a_new_building_travel(village, calls):
    study = run(village, [BUILT], [TRAFFIC])
    assert calls["demand"] == 2
    today, built = (study.results[name]["traffic"] for name in ("baseline", "built"))
    assert float(built.assigned_demand) > float(today.assigned_demand)
    assert today.attrs["demand_basis"] != built.attrs["demand_basis"]


def test_a_store_saves_the_models_work_and_changes_no_number(village, calls, tmp_path):
    first = run(village, [GREEN, CALM], [HOT, RAIN, TRAFFIC], store=tmp_path)
    counted = dict(calls)
    second = run(village, [CALM, GREEN], [TRAFFIC, RAIN, HOT], store=tmp_path)
    assert calls == counted
    for scenario, results in first.results.items():
        for event, result in results.items():
            assert same(result, second.results[scenario][event]), (scenario, event)
            assert result.attrs["model"] == second.results[scenario][event].attrs["model"]


def test_an_interrupted_run_goes_on_where_it_stopped(village, calls, tmp_path, monkeypatch):
    count = flood.simulate

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(flood, "simulate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(village, [GREEN], [HOT, RAIN], store=tmp_path)
    assert calls["heat"] == 1
    for folder in (tmp_path / "stages").iterdir():
        assert sorted(path.name for path in folder.iterdir()) == ["manifest.json", "result.nc"]
    monkeypatch.setattr(flood, "simulate", count)
    run(village, [GREEN], [HOT, RAIN], store=tmp_path)
    assert calls["heat"] == 2
    assert calls["flood"] == 2


def test_order_of_scenarios_does_not_matter(village, study):
    other = run(village, [CALM, GREEN], [TRAFFIC, RAIN, HOT])
    for scenario, results in study.results.items():
        for event, result in results.items():
            assert same(result, other.results[scenario][event])


def test_threads_do_not_change_a_bit(village, study):
    single = run(village, [GREEN], [HOT, RAIN, TRAFFIC], threads=1)
    for event, result in single.results["green"].items():
        assert same(result, study.results["green"][event])


def test_flooded_roads_off_leaves_traffic_dry(village, study):
    dry = run(village, [], [RAIN, TRAFFIC], couplings=Couplings(flooded_roads=False))
    assert list(dry.results["baseline"]) == ["heavy rain", "traffic"]
    wet = study.results["baseline"]["traffic after heavy rain"]
    assert same(dry.results["baseline"]["traffic"], study.results["baseline"]["traffic"])
    # the dip under the street fills above 0.30 m: whoever would pass drives around
    assert wet.attrs["flooded_links"] >= 2
    assert float(wet.total_travel_time) > float(study.results["baseline"]["traffic"].total_travel_time)
    assert float(wet.road_flow.sel(link="2:3:4")) == 0.0


def test_surface_to_heat_off_leaves_only_the_shade(village, study):
    unsealed = Scenario("unsealed", [measures.unseal(YARD)])
    coupled = run(village, [unsealed], [HOT])
    off = run(village, [unsealed], [HOT], couplings=Couplings(surface_to_heat=False))
    assert same(off.results["unsealed"]["hot day"], off.results["baseline"]["hot day"])
    assert not same(coupled.results["unsealed"]["hot day"], coupled.results["baseline"]["hot day"])


def test_surface_to_water_off_leaves_only_the_crowns(village, study):
    unsealed = Scenario("unsealed", [measures.unseal(YARD)])
    off = run(village, [unsealed], [RAIN], couplings=Couplings(surface_to_water=False))
    assert same(off.results["unsealed"]["heavy rain"], off.results["baseline"]["heavy rain"])
    coupled = run(village, [unsealed], [RAIN])
    gained = [float(coupled.results[name]["heavy rain"].infiltrated_volume) for name in ("unsealed", "baseline")]
    assert gained[0] > gained[1]


def test_a_study_reads_shade_along_the_footways_it_is_given(study):
    roads = study.baseline.city.network
    lane = dataclasses.replace(roads, links=roads.links.iloc[:1])
    key = "heat_walking_shade_share"
    event = next(name for name, result in study.baseline.results.items() if "utci" in result)
    along_roads, along_all, along_lane = (
        study.compare(footways=ways).value(event, key) for ways in (None, roads, lane)
    )
    assert along_all == along_roads != along_lane


def test_a_study_compares_and_saves(study, tmp_path):
    comparison = study.compare()
    assert ("heavy rain", "flood_infiltrated_volume") in comparison.table.index
    folder = study.save(tmp_path / "saved")
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {"study.json", "indicators.csv", "green/heavy-rain.nc", "green/grid.nc", "green/measures.geojson"} <= names
    from twin.netcdf import read_netcdf

    xr.testing.assert_allclose(read_netcdf(folder / "green/heavy-rain.nc"), study.results["green"]["heavy rain"])


def test_a_saved_table_reads_like_the_fresh_one(study, tmp_path):
    from twin.scenario.indicator_table import read_saved_table

    folder = study.save(tmp_path / "saved")
    for language in ("en", "de"):
        assert read_saved_table(folder, language) == study.table(language)
        assert study.baseline.event_label("heavy rain", language) in study.table(language)
    assert "Heute" in study.table("de")
    with pytest.raises(InputError, match="no saved study"):
        read_saved_table(tmp_path)


def test_a_study_tells_what_it_holds(study):
    assert "3 results" not in repr(study)
    for text in (repr(study), study._repr_html_()):
        assert "hamlet" in text
        assert "green" in text
    assert "<script" not in study._repr_html_()


def test_text_from_files_is_escaped(village):
    study = run(village, [Scenario("a", title="<script>alert(1)</script>")], [TRAFFIC])
    assert "<script" not in study._repr_html_()


@pytest.mark.parametrize(
    ("scenarios", "events", "words"),
    [
        ([], [], "at least one event"),
        ([Scenario("Grün"), Scenario("grün")], [TRAFFIC], "two scenarios are called 'Grün' and 'grün'"),
        ([Scenario("Baseline")], [TRAFFIC], "two scenarios are called"),
        ([], [RAIN, heavy_rain("20 mm")], "two events are called 'heavy rain'"),
        (["green"], [TRAFFIC], "give twin.Scenario objects"),
        ([], ["rain"], "use twin.hot_day"),
        ([Scenario("far", [measures.unseal((0, 0, 9, 9))])], [HOT], "scenario 'far', measure 1"),
    ],
)
def test_mistakes_are_refused_before_any_model_runs(village, calls, scenarios, events, words):
    with pytest.raises(InputError, match=words):
        run(village, scenarios, events)
    assert set(calls.values()) == {0}


def test_traffic_without_roads_is_refused_before_any_model_runs(village, calls):
    with pytest.raises(MissingDataError, match="has no roads"):
        run(village.with_changes(network=None), [], [HOT, TRAFFIC])
    assert calls["heat"] == 0


def test_the_baseline_may_be_named_among_the_scenarios(village):
    assert list(run(village, [BASELINE, CALM], [TRAFFIC]).results) == ["baseline", "calm"]


def test_titles_follow_the_language(study):
    assert [variant.title for variant in study.compare("de").variants] == ["Heute", "green", "calm"]
    comparison = study.compare()
    assert [variant.title for variant in comparison.variants] == ["Today", "green", "calm"]
    assert comparison.heading("de").endswith("Varianten im Vergleich")
    named = dataclasses.replace(study, title="Shade", title_de="Schatten", description="Where to?").compare()
    assert [named.heading(language) for language in ("en", "de")] == ["Shade", "Schatten"]
    assert named.description == "Where to?"
    assert [comparison.baseline.title_in(language) for language in ("en", "de")] == ["Today", "Heute"]


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"\xff\xfe"])
def test_a_damaged_saved_study_is_refused(study, tmp_path, content):
    from twin.errors import DataError
    from twin.scenario.indicator_table import read_saved_table

    folder = study.save(tmp_path / "saved")
    (folder / "indicators.csv").write_bytes(content)
    with pytest.raises(DataError, match="run the study again"):
        read_saved_table(folder)


def test_a_terrain_with_holes_is_refused_with_bounds_that_would_do(village, calls):
    ground = village.grid["ground_elevation"].copy(deep=True)
    ground[:, -2:] = np.nan
    ground[0, :] = np.nan
    holed = village.with_changes(grid=village.grid.assign(ground_elevation=ground))
    xmin, ymin, xmax, ymax = village.spec.bounds
    size = village.spec.resolution
    wanted = f"bounds = [{xmin:.10g}, {ymin:.10g}, {xmax - 2 * size:.10g}, {ymax - size:.10g}]"
    with pytest.raises(MissingDataError) as told:
        run(holed, events=[heavy_rain("10 mm", duration="10 min")])
    assert wanted in str(told.value)
    assert not any(calls.values())


def test_a_name_in_place_of_a_city_is_refused():
    with pytest.raises(InputError, match="give a City"):
        run("bayreuth", events=[heavy_rain("10 mm", duration="10 min")])


def test_validation_says_the_same_numbers_in_german(study):
    for result in study.results["baseline"].values():
        english, german = (result.attrs[key] for key in ("validation", "validation_de"))
        numbers = re.findall(r"\d+(?:[.,]\d+)?(?:e-\d+)?", german)
        assert german != english
        assert [number.replace(",", ".") for number in numbers] == re.findall(r"\d+(?:\.\d+)?(?:e-\d+)?", english)


def test_a_field_that_leaves_a_result_names_whose_data_it_comes_from(village, tmp_path):
    """ODbL and dl-de/by ask for the name on whatever is made from the data, a single GeoTIFF too."""
    import rasterio

    from twin.city.city import Source
    from twin.export import write_geotiff

    sources = (Source("roads", "ODbL 1.0", "© OpenStreetMap contributors"), Source("DGM1", "dl-de/by-2.0", "© Survey"))
    named = dataclasses.replace(village, meta=dataclasses.replace(village.meta, sources=sources))
    water = run(named, events=[heavy_rain("10 mm", duration="10 min")]).results["baseline"]["heavy rain"]
    path = write_geotiff(water.water_depth_max, tmp_path / "depth.tif")
    with rasterio.open(path) as file:
        assert file.tags()["attribution"] == "© OpenStreetMap contributors; © Survey"
