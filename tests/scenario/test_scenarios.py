import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from twin.errors import InputError
from twin.scenario import measures
from twin.scenario.hamlet import LEFT, TOP
from twin.scenario.scenario import BASELINE, Scenario, slug


def place(west, north, width, depth):
    return shapely.box(LEFT + west, TOP - north - depth, LEFT + west + width, TOP - north)


YARD = place(56, 76, 40, 32)


def test_the_baseline_changes_nothing(village):
    city, records = BASELINE.apply(village)
    assert city is village
    assert records == ()


def test_later_measures_hold_where_two_meet_and_the_record_says_so(village):
    plan = Scenario("twice", [measures.unseal(YARD, to="gravel"), measures.unseal(YARD, to="grass")])
    city, records = plan.apply(village)
    row, column = int(90 / 4), int(70 / 4)
    assert city.grid.land_cover.values[row, column] == 6
    assert not any("earlier" in note for note in records[0].notes)
    assert "changes land_cover in 80 cells that an earlier unseal changed: this one holds" in records[1].notes


def test_a_building_on_trees_of_the_same_plan_is_a_contradiction(village):
    lawn = place(120, 10, 24, 24)
    plan = Scenario("muddled", [measures.plant_trees(lawn), measures.add_building(lawn, height=9)])
    with pytest.raises(InputError, match=r"scenario 'muddled', measure 2: the building stands on trees"):
        plan.apply(village)
    # the other way round trees find no place on the roof
    plan = Scenario("muddled", [measures.add_building(lawn, height=9), measures.plant_trees(lawn)])
    with pytest.raises(InputError, match=r"measure 2: plant_trees finds no place"):
        plan.apply(village)


def test_order_of_measures_on_different_ground_does_not_matter(village):
    first = [measures.unseal(YARD), measures.plant_trees(place(120, 10, 24, 24)), measures.set_speed(name="Am Anger")]
    a, _ = Scenario("a", first).apply(village)
    b, _ = Scenario("b", first[::-1]).apply(village)
    for name in a.grid.data_vars:
        assert np.array_equal(a.grid[name].values, b.grid[name].values)
    assert a.network.links.drop(columns="geometry").equals(b.network.links.drop(columns="geometry"))


def test_an_error_names_scenario_and_measure(village):
    plan = Scenario("far", [measures.unseal(YARD), measures.unseal((0, 0, 9, 9))])
    with pytest.raises(InputError, match=r"scenario 'far', measure 2: unseal: area lies at"):
        plan.apply(village)


@pytest.mark.parametrize(
    ("name", "items", "words"),
    [
        ("", [], "letters or digits"),
        ("///", [], "letters or digits"),
        ("a", [3], "which is no measure"),
        ("a", [measures.PlantTrees], "which is no measure"),
        ("a", "plant_trees", "must be a list"),
    ],
)
def test_what_is_no_scenario_is_refused(name, items, words):
    with pytest.raises(InputError, match=words):
        Scenario(name, items)


def test_scenarios_are_frozen():
    with pytest.raises(AttributeError):
        Scenario("a").name = "b"


@given(st.text(min_size=1, max_size=200))
def test_slugs_are_safe_on_every_system(name):
    safe = slug(name)
    assert safe
    assert set(safe) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert len(safe) <= 80
    assert safe not in {"con", "prn", "aux", "nul", "com1", "lpt1"}


def test_names_that_look_alike_get_slugs_of_their_own():
    assert len({slug(name) for name in ("a/b", "a.b", "a:b", "a b", "com1", "日本", "中国")}) == 7
