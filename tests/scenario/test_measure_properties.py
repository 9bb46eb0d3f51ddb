"""What holds for any area a person may draw."""

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twin.errors import TwinError
from twin.scenario import measures
from twin.scenario.hamlet import LEFT, TOP, hamlet

CITY = hamlet()
CALM = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
coordinate = st.floats(-40, 200, allow_nan=False)
triangles = st.lists(st.tuples(coordinate, coordinate), min_size=3, max_size=3, unique=True).map(
    lambda points: shapely.Polygon([(LEFT + x, TOP - y) for x, y in points])
)


def tried(measure):
    """The changed city, or None where the measure is refused as it should be."""
    try:
        return measure().apply(CITY)[0]
    except TwinError:
        return None


@CALM
@given(triangles, st.sampled_from(["grass", "gravel", "shrub", "bare_soil"]))
def test_unsealing_never_seals_and_stays_inside(area, to):
    city = tried(lambda: measures.unseal(area, to=to))
    if city is None:
        return
    before, after = CITY.grid.sealed_fraction.values, city.grid.sealed_fraction.values
    assert (after <= before).all()
    changed = after != before
    x, y = np.meshgrid(CITY.spec.x, CITY.spec.y)
    assert shapely.dwithin(shapely.points(x[changed], y[changed]), area, 1e-6).all()
    assert (CITY.grid.building_id.values[changed] == 0).all()


@CALM
@given(triangles)
def test_unsealing_twice_is_refused_or_changes_nothing_more(area):
    city = tried(lambda: measures.unseal(area))
    if city is None:
        return
    with pytest.raises(TwinError, match="none of the"):
        measures.unseal(area).apply(city)


@CALM
@given(triangles, st.floats(2, 30), st.floats(2, 15))
def test_trees_stand_in_their_area_apart_and_off_the_roofs(area, spacing, crown):
    city = tried(lambda: measures.plant_trees(area, spacing=spacing, crown_diameter=crown))
    if city is None:
        return
    new = city.trees[city.trees.source == "planned"].geometry
    assert shapely.dwithin(new.values, area, 1e-6).all()
    if len(new) > 1:
        nearest = shapely.STRtree(new.values).query_nearest(new.values, exclusive=True, return_distance=True)[1]
        assert nearest.min() >= spacing * (1 - 1e-9)
    roofs = CITY.grid.building_id.values > 0
    assert (city.grid.canopy_height.values[roofs] == 0).all()
    assert (city.grid.canopy_height.values >= CITY.grid.canopy_height.values).all()
    canopy = city.grid.canopy_height.values > 0
    assert (city.grid.canopy_base_height.values[canopy] < city.grid.canopy_height.values[canopy]).all()


@CALM
@given(triangles, st.floats(2, 60))
def test_a_building_keeps_tables_and_grid_in_step(area, height):
    city = tried(lambda: measures.add_building(area, height=height))
    if city is None:
        return
    ids = set(np.unique(city.grid.building_id.values).tolist()) - {0}
    assert ids == set(city.buildings.index)
    cells = city.grid.building_id.values == 5
    assert (city.grid.land_cover.values[cells] == 3).all()
    assert len(np.unique(city.grid.surface_elevation.values[cells])) == 1
    assert not (city.buildings.geometry.loc[[5]].intersection(CITY.buildings.union_all()).area > 1.0).any()


@CALM
@given(triangles, st.floats(5, 130))
def test_a_limit_never_speeds_up(area, kmh):
    city = tried(lambda: measures.set_speed(area, speed=f"{kmh} km/h"))
    if city is None:
        return
    before, after = CITY.network.links.free_flow_speed, city.network.links.free_flow_speed
    assert (after <= before).all()
    assert (after >= np.minimum(before, kmh / 3.6) - 1e-9).all()


def test_a_mirrored_area_gets_mirrored_trees():
    lawn = shapely.box(LEFT + 100, TOP - 50, LEFT + 131, TOP - 9)
    mirrored = shapely.box(LEFT + 29, TOP - 50, LEFT + 60, TOP - 9)
    bare = CITY.with_changes(
        grid=CITY.grid.assign(
            building_id=CITY.grid.building_id * 0,
            land_cover=CITY.grid.land_cover * 0 + 6,
            canopy_height=CITY.grid.canopy_height * 0,
        ),
        network=None,
    )
    east = measures.plant_trees(lawn, spacing=7).apply(bare)[1].footprint.centroid
    west = measures.plant_trees(mirrored, spacing=7).apply(bare)[1].footprint.centroid
    mirror = {(round(2 * (LEFT + 80) - p.x, 6), round(p.y, 6)) for p in east}
    assert {(round(p.x, 6), round(p.y, 6)) for p in west} == mirror


@CALM
@given(triangles, st.floats(2.2, 60), st.floats(0, 1))
def test_sails_hang_over_their_area_and_never_over_roofs(area, height, through):
    city = tried(lambda: measures.shade_sail(area, height, transmissivity=through))
    if city is None:
        return
    sail = city.grid.sail_height.values > 0
    x, y = np.meshgrid(CITY.spec.x, CITY.spec.y)
    assert shapely.dwithin(shapely.points(x[sail], y[sail]), area, 1e-6).all()
    assert (CITY.grid.building_id.values[sail] == 0).all()
    assert city.grid.drop_vars(["sail_height", "sail_transmissivity"], errors="ignore").equals(CITY.grid)


@CALM
@given(triangles, st.floats(0, 5))
def test_water_keeps_the_balance_of_land(area, sunk):
    city = tried(lambda: measures.water_surface(area, sunk=sunk))
    if city is None:
        return
    wet = city.grid.land_cover.values == 10
    lowered = CITY.grid.surface_elevation.values.astype(float) - city.grid.surface_elevation.values
    assert np.allclose(lowered, np.where(wet, sunk, 0.0), atol=1e-4)  # single precision at 320 m
    assert (CITY.grid.building_id.values[wet] == 0).all()
    assert (city.grid.canopy_height.values <= CITY.grid.canopy_height.values).all()


@CALM
@given(triangles)
def test_felling_leaves_no_crown_of_a_felled_tree(area):
    city = tried(lambda: measures.remove_trees(area))
    if city is None:
        return
    assert (city.grid.canopy_height.values <= CITY.grid.canopy_height.values).all()
    assert not city.trees.intersects(area).any()
    crowned = city.grid.canopy_height.values > 0
    assert (city.grid.canopy_base_height.values[crowned] < city.grid.canopy_height.values[crowned]).all()
    x, y = np.meshgrid(CITY.spec.x, CITY.spec.y)
    if len(city.trees):
        assert (shapely.distance(shapely.points(x[crowned], y[crowned]), city.trees.union_all()) <= 4.0).all()
    else:
        assert not crowned.any()


@CALM
@given(triangles, st.floats(0.05, 0.95), st.sampled_from(["ground", "roofs", "walls"]))
def test_nothing_gets_darker(area, albedo, what):
    city = tried(lambda: measures.lighten(what, area, albedo=albedo))
    if city is None:
        return
    assert (city.grid.albedo.values >= CITY.grid.albedo.values).all()
    lighter = city.grid.albedo.values > CITY.grid.albedo.values
    assert ((CITY.grid.building_id.values > 0) == (what == "roofs"))[lighter].all()


@CALM
@given(triangles, st.floats(0.01, 1), st.floats(0.01, 1))
def test_green_roofs_hold_as_much_in_any_order(area, first, second):
    """What a roof holds is its share times the store of the substrate: initial rate over decay."""
    city = tried(lambda: measures.green_roof(area, fraction=first))
    if city is None:
        return
    share = first
    if second > first + 1e-3:
        city, share = measures.green_roof(area, fraction=second).apply(city)[0], second
    rate, decay = city.grid.infiltration_initial_rate.values, city.grid.infiltration_decay.values
    green = (CITY.grid.building_id.values > 0) & (rate > 0)
    assert np.allclose((rate[green] / decay[green]).astype(float), 0.0135 * share, rtol=1e-4)
    assert np.allclose(city.grid.green_roof_fraction.values[green], share)
