"""The worst places are places where someone lives, and one pond or square is one place."""

from __future__ import annotations

import dataclasses

import pytest

from twin.compare import compare


def with_buildings(variants, buildings):
    """Give all variants a city with other buildings."""
    return [dataclasses.replace(v, city=v.city.with_changes(buildings=buildings)) for v in variants]


@pytest.mark.parametrize(("event", "shift", "named"), [("rain", 29.0, False), ("rain", 31.0, True)])
def test_a_building_within_30_metres_of_a_worse_one_is_the_same_place(variants, event, shift, named):
    first, second = compare(variants).worst_places(2, event)["building"]
    buildings = variants[0].city.buildings.copy()
    worst = buildings.geometry.loc[first]
    ours = buildings.geometry.loc[second]
    buildings.loc[[second], "geometry"] = [
        type(ours)([(x + shift, y) for x, y in worst.exterior.coords]),
    ]
    places = compare(with_buildings(variants, buildings)).worst_places(2, event)
    assert places["building"].iloc[0] == first
    assert (second in set(places["building"])) == named


def test_hot_places_are_where_people_live(variants):
    hottest = compare(variants).worst_places(1, "hot-day")["building"].iloc[0]
    buildings = variants[0].city.buildings.copy()
    buildings.loc[hottest, "residents"] = 0.0
    places = compare(with_buildings(variants, buildings)).worst_places(24, "hot-day")
    assert hottest not in set(places["building"])
    assert len(places) == 23


def test_where_nobody_is_known_to_live_the_hottest_buildings_are_named(variants):
    buildings = variants[0].city.buildings.assign(residents=0.0)
    assert len(compare(with_buildings(variants, buildings)).worst_places(3, "hot-day")) == 3
