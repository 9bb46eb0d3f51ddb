"""What measures do to the people: through the heat model, in the hamlet, each where it acts and in its direction."""

import numpy as np
import pytest
import shapely

from twin import heat
from twin.scenario import measures
from twin.scenario.events import hot_day
from twin.scenario.hamlet import LEFT, TOP, hamlet
from twin.scenario.run import HEAT_INPUTS

VILLAGE = hamlet()
WEATHER = hot_day("2018-07-26", max_temperature=35).weather(VILLAGE)
HOUR = 13  # the sun stands high


def place(west, north, width, depth):
    return shapely.box(LEFT + west, TOP - north - depth, LEFT + west + width, TOP - north)


YARD, LAWN = place(56, 76, 40, 32), place(120, 8, 28, 32)


def felt(city):
    grid = city.grid[[name for name in HEAT_INPUTS if name in city.grid]]
    return heat.simulate(grid, WEATHER, directions=16, sun_samples=1).mean_radiant_temperature.values[HOUR]


@pytest.fixture(scope="module")
def today():
    return felt(VILLAGE)


def change(measure, today):
    after, record = measure.apply(VILLAGE)
    return felt(after) - today, record


def inside(area):
    x, y = np.meshgrid(VILLAGE.spec.x, VILLAGE.spec.y)
    return shapely.contains_xy(area, x, y) & (VILLAGE.grid.building_id.values == 0)


def test_under_a_sail_people_are_cooler_and_thicker_cloth_cools_more(today):
    thick, _ = change(measures.shade_sail(YARD, "4 m", transmissivity=0.05), today)
    thin, _ = change(measures.shade_sail(YARD, "4 m", transmissivity=0.5), today)
    middle = inside(place(68, 88, 16, 8))
    assert (thick[middle] < -10).all()  # the sun on a person weighs 200 W/m2 and more, a kelvin is 6 W/m2
    assert (thick[middle] < thin[middle]).all()
    assert (thin[middle] < 0).all()


def test_watered_and_wet_ground_is_cooler_than_dry(today):
    wet, _ = change(measures.irrigate(LAWN), today)
    green, _ = change(measures.unseal(YARD), today)
    watered, _ = change(measures.unseal(YARD, irrigated=True), today)
    pond, _ = change(measures.water_surface(YARD), today)
    middle = inside(place(64, 84, 24, 16))
    assert (wet[inside(place(124, 12, 20, 24))] < -0.2).all()
    assert (green[middle] < 0).all()
    assert (watered[middle] < green[middle]).all()
    assert (pond[middle] < 0).all()


def test_a_light_pavement_throws_the_sun_at_people(today):
    light, _ = change(measures.lighten("ground", YARD, albedo=0.6, aged=False), today)
    middle = inside(place(64, 84, 24, 16))
    # what is reflected reaches the person whole, what was absorbed only in part
    assert (light[middle] > 0).all()


def test_green_walls_are_cooler_and_light_walls_brighter_only_near_them(today):
    green, _ = change(measures.facade_greening(buildings=[2], fraction=1.0), today)
    light, _ = change(measures.lighten("walls", buildings=[2], albedo=0.8, aged=False), today)
    before = inside(place(60, 36, 20, 4))  # the sunlit southern wall
    assert (green[before] < 0).all()
    assert (np.abs(light[before]) > 0.05).all()
    far = np.nan_to_num(np.abs(green) + np.abs(light))[inside(place(120, 100, 30, 20))]
    assert (far < 0.02).all()


def test_trees_shade_more_when_grown_and_gleditsias_less_than_planes(today):
    def shaded(**options):
        return np.nansum(change(measures.plant_trees(LAWN, spacing=14, **options), today)[0])

    assert shaded(species="Platane", years_after_planting=30) < shaded(species="Platane", years_after_planting=5) < 0
    sizes = {"height": 14, "crown_diameter": 9}
    assert shaded(species="Platane", **sizes) < shaded(species="Gleditsia triacanthos", **sizes) < 0


def test_green_roofs_change_nothing_for_people_on_the_ground(today):
    changed, record = change(measures.green_roof(buildings=[1, 2, 3]), today)
    assert np.nanmax(np.abs(changed)) == 0.0
    assert any("heat on the ground does not change" in note for note in record.notes)
