"""Measures against heat: each changes what it says, nothing else, and can be taken at its numbers."""

import math

import numpy as np
import pytest
import shapely

from twin.city.store import open_city, save_city
from twin.city.surfaces import SURFACES
from twin.errors import DataError, InputError, TwinError
from twin.provenance import fingerprint
from twin.scenario import measures
from twin.scenario.couplings import HEAT_SURFACE, ground_seen
from twin.scenario.hamlet import LEFT, TOP, hamlet
from twin.scenario.measures.light_surfaces import aged_albedo
from twin.scenario.measures.measure import OPTIONAL, on_carriageway
from twin.scenario.run import HEAT_INPUTS
from twin.scenario.scenario import Scenario
from twin.variables import VARIABLES


def place(west, north, width, depth):
    return shapely.box(LEFT + west, TOP - north - depth, LEFT + west + width, TOP - north)


YARD, LAWN = place(56, 76, 40, 32), place(120, 8, 28, 32)
MEASURES = {
    "trees of a species": lambda: measures.plant_trees(LAWN, species="Gleditsia triacanthos", years_after_planting=20),
    "felling": lambda: measures.remove_trees(place(30, 20, 30, 30)),
    "unsealing, watered": lambda: measures.unseal(YARD, irrigated=True),
    "watering": lambda: measures.irrigate(LAWN),
    "water": lambda: measures.water_surface(YARD, sunk="0.4 m"),
    "sail": lambda: measures.shade_sail(YARD, "4 m"),
    "light pavement": lambda: measures.lighten("ground", YARD, albedo=0.4),
    "light roofs": lambda: measures.lighten("roofs", buildings=[1, 2], albedo=0.7),
    "light walls": lambda: measures.lighten("walls", buildings=[1, 2], albedo=0.6),
    "green roofs": lambda: measures.green_roof(buildings=[2, 4]),
    "green facades": lambda: measures.facade_greening(place(50, 10, 40, 30)),
    "removal": lambda: measures.remove_buildings(buildings=[4], ground="paving"),
}
TOUCHES = {  # the only variables that a measure may change
    "trees of a species": {"canopy_height", "canopy_base_height", "canopy_transmissivity"},
    "felling": {"canopy_height", "canopy_base_height"},
    "watering": {"soil_wetness"},
    "sail": {"sail_height", "sail_transmissivity"},
    "light pavement": {"albedo"},
    "light roofs": {"albedo"},
    "light walls": {"wall_albedo"},
    "green roofs": {
        "green_roof_fraction",
        "albedo",
        "emissivity",
        "manning",
        "infiltration_initial_rate",
        "infiltration_decay",
    },
    "green facades": {"facade_green_fraction"},
}


def everything(city):
    return fingerprint(
        city.grid,
        fingerprint(city.buildings, city.trees, city.network.nodes, city.network.links, city.network.turns),
    )


def changed(before, after):
    """Names of the variables whose values differ, added ones among them."""
    names = {*map(str, before.grid.data_vars), *map(str, after.grid.data_vars)}
    kept = {name for name in names if name in before.grid and name in after.grid}
    return (names - kept) | {name for name in kept if not before.grid[name].equals(after.grid[name])}


@pytest.mark.parametrize("name", MEASURES)
def test_a_measure_leaves_its_city_as_it_was(name):
    city = hamlet()
    before = everything(city)
    after, _ = MEASURES[name]().apply(city)
    assert everything(city) == before
    assert everything(after) != before


@pytest.mark.parametrize("name", MEASURES)
def test_a_measure_changes_what_it_says_and_only_where_it_acts(village, name):
    after, record = MEASURES[name]().apply(village)
    assert changed(village, after) <= set(record.changes)
    if name in TOUCHES:
        assert changed(village, after) == TOUCHES[name]
    reach = shapely.buffer(record.footprint.union_all(), village.spec.resolution)
    x, y = np.meshgrid(village.spec.x, village.spec.y)
    near = shapely.intersects_xy(reach, x, y)
    for variable in village.grid.data_vars:
        old, new = village.grid[variable].values, after.grid[variable].values
        assert np.array_equal(old[~near], new[~near], equal_nan=True), variable
        assert str(after.grid[variable].attrs) == str(village.grid[variable].attrs)
        assert after.grid[variable].dtype == village.grid[variable].dtype
    for table in ("buildings", "trees", "network"):
        assert (table in record.changes) == (getattr(after, table) is not getattr(village, table))


@pytest.mark.parametrize("name", MEASURES)
def test_new_variables_are_as_registered(village, name):
    after, _ = MEASURES[name]().apply(village)
    for variable in OPTIONAL:
        if variable not in after.grid:
            continue
        array, rule = after.grid[variable], VARIABLES[variable]
        assert array.dims == rule.dims
        assert array.dtype == rule.dtype
        assert array.attrs["long_name_de"] == rule.label_de
        known = array.values[np.isfinite(array.values)]
        assert known.size
        assert known.min() >= rule.minimum
        assert known.max() <= rule.maximum


@pytest.mark.parametrize("name", MEASURES)
def test_a_record_speaks_both_languages(village, name):
    _, record = MEASURES[name]().apply(village)
    assert record.title("de") != record.title("en")
    assert len(record.notes) == len(record.notes_in("de"))
    assert all(a != b for a, b in zip(record.notes, record.notes_in("de"), strict=True))
    assert record.area > 0


def test_the_heat_stage_knows_every_variable_a_measure_brings():
    assert set(OPTIONAL) <= set(HEAT_INPUTS)


def test_a_city_with_all_of_them_is_saved_and_opened_exactly(village, tmp_path):
    plan = Scenario("all", [MEASURES[name]() for name in ("trees of a species", "sail", "light walls", "watering")])
    after, _ = plan.apply(village)
    again = open_city(save_city(after, tmp_path / "city.nc"))
    assert again.grid.identical(after.grid)
    assert {"sail_height", "wall_albedo", "soil_wetness", "canopy_transmissivity"} <= set(again.grid.data_vars)


def test_without_the_coupling_heat_sees_neither_water_nor_wet_soil(village):
    after, _ = measures.irrigate(LAWN).apply(village)
    seen = ground_seen(after.grid, village.grid, HEAT_SURFACE)
    assert np.isnan(seen.soil_wetness.values).all()


# --- trees that come and go


def test_felling_what_was_planted_takes_the_city_back(village):
    planted, _ = measures.plant_trees(LAWN, species="Platanus acerifolia", years_after_planting=5).apply(village)
    back, record = measures.remove_trees(shapely.buffer(LAWN, 1.0)).apply(planted)
    assert len(back.trees) == len(village.trees)
    assert back.grid.equals(village.grid)
    assert record.title_en.startswith(f"{len(planted.trees) - len(village.trees)} trees felled")


def test_crowns_that_reach_in_from_outside_stay(village):
    # the stem at 44 m east stands outside, half of its crown of 8 m reaches in
    with pytest.raises(InputError, match="no tree stands in the area"):
        measures.remove_trees(place(60, 100, 10, 10)).apply(village)
    two, _ = measures.plant_trees(points=[(LEFT + 50.0, TOP - 32.0)], height=6, crown_diameter=8).apply(village)
    left, _ = measures.remove_trees(place(47, 28, 8, 8)).apply(two)
    assert np.array_equal(left.grid.canopy_height.values, village.grid.canopy_height.values)
    assert np.array_equal(left.grid.canopy_base_height.values, village.grid.canopy_base_height.values)


def test_canopy_without_stems_is_felled_too(village):
    bare = village.with_changes(trees=village.trees.iloc[:0])
    after, record = measures.remove_trees(village.spec.bounds).apply(bare)
    assert (after.grid.canopy_height.values == 0).all()
    assert "without its stems" in record.notes[0]


def test_only_crowns_of_a_species_that_was_measured_let_light_through(village):
    planted, record = MEASURES["trees of a species"]().apply(village)
    through = planted.grid.canopy_transmissivity.values
    new = planted.grid.canopy_height.values > village.grid.canopy_height.values
    assert np.allclose(through[new], 0.38)  # Brown and Gillespie 1990, table 2
    assert np.isnan(through[~new]).all()
    assert "38 % of direct sun passes the crowns in leaf" in record.notes
    beside = [(LEFT + 108.0, TOP - 20.0)]
    lime, _ = measures.plant_trees(points=beside, species="Linde", height=20, crown_diameter=30).apply(planted)
    covered = lime.grid.canopy_height.values == 20
    assert np.isnan(lime.grid.canopy_transmissivity.values[covered]).all()  # nobody measured limes


# --- ground


def test_only_open_ground_is_watered(village):
    after, record = measures.irrigate(village.spec.bounds).apply(village)
    wet = after.grid.soil_wetness.values == 1.0
    assert (village.grid.sealed_fraction.values[wet] < 1).all()
    assert (village.grid.building_id.values[wet] == 0).all()
    assert np.isnan(after.grid.soil_wetness.values[~wet]).all()
    open_ground = (village.grid.sealed_fraction.values < 1) & (village.grid.building_id.values == 0)
    assert np.array_equal(wet, open_ground & ~on_carriageway(village, open_ground))
    assert any("roofs" in note for note in record.notes)


def test_watered_yards_are_unsealed_and_wet(village):
    after, record = MEASURES["unsealing, watered"]().apply(village)
    dry, _ = measures.unseal(YARD).apply(village)
    assert changed(dry, after) == {"soil_wetness"}
    assert np.array_equal(after.grid.soil_wetness.values == 1, after.grid.land_cover.values != village.grid.land_cover)
    assert "watered, so that it stays wet" in record.notes


def test_water_lies_below_the_ground_by_the_room_it_says(village):
    after, record = MEASURES["water"]().apply(village)
    wet = after.grid.land_cover.values == 10
    assert wet.sum() == 80  # 40 m x 32 m in cells of 16 m²
    lowered = (village.grid.surface_elevation - after.grid.surface_elevation).values.astype(float)
    assert lowered.sum() * 16 == pytest.approx(0.4 * 1280, rel=1e-4)  # single precision at 320 m
    assert "room for 512 m³" in record.notes[-1]
    assert (lowered[~wet] == 0).all()
    for name in ("infiltration_initial_rate", "infiltration_final_rate", "sealed_fraction"):
        assert (after.grid[name].values[wet] == 0).all()
    assert np.allclose(after.grid.albedo.values[wet], SURFACES["water"].albedo)
    level, _ = measures.water_surface(YARD).apply(village)
    assert "ground_elevation" not in changed(village, level)


def test_trees_do_not_stand_in_the_new_water(village):
    after, record = measures.water_surface(place(120, 90, 24, 20)).apply(village)
    assert len(after.trees) == 1
    assert "1 trees felled" in record.notes
    assert (after.grid.canopy_height.values[after.grid.land_cover.values == 10] == 0).all()


def test_light_surfaces_weather_and_never_get_darker(village):
    assert aged_albedo(0.8) == pytest.approx(0.59)  # Title 24: 0.2 + 0.65 (0.8 - 0.2)
    after, record = measures.lighten("ground", village.spec.bounds, albedo=0.35).apply(village)
    assert (after.grid.albedo.values >= village.grid.albedo.values).all()
    paved = np.isin(village.grid.land_cover.values, (1, 2))
    assert np.allclose(after.grid.albedo.values[paved], 0.2975)
    assert np.array_equal(after.grid.albedo.values[~paved], village.grid.albedo.values[~paved])
    assert "albedo 0.35 when new, 0.30 after three years" in record.notes[-1]
    with pytest.raises(InputError, match=r"nothing there is darker than 0\.30"):
        measures.lighten("ground", village.spec.bounds, albedo=0.35).apply(after)
    new, _ = measures.lighten("ground", YARD, albedo=0.35, aged=False).apply(village)
    assert np.float32(0.35) in new.grid.albedo.values


def test_light_walls_stand_on_the_cells_of_their_buildings(village):
    after, record = MEASURES["light walls"]().apply(village)
    walls = after.grid.wall_albedo.values
    assert np.array_equal(np.isfinite(walls), np.isin(village.grid.building_id.values, (1, 2)))
    # outlines of 64 m and 72 m, 7 m and 10 m high
    assert record.title_en.startswith("1,168 m² of wall")


# --- sails


def test_a_sail_hangs_over_open_ground_only(village):
    after, record = measures.shade_sail(place(16, 20, 24, 24), "5 m", transmissivity=0.25).apply(village)
    sail = after.grid.sail_height.values == 5
    assert sail.sum() == 36 - 16  # 24 m x 24 m with a house of 16 m x 16 m
    assert (after.grid.sail_transmissivity.values[~sail] == 1).all()
    assert np.allclose(after.grid.sail_transmissivity.values[sail], 0.25)
    assert "256 m² left out: roofs" in record.notes


def test_a_sail_leaves_room_for_lorries(village):
    street = place(60, 60, 20, 8)
    with pytest.raises(InputError, match=r"hangs 4 m above a road open to traffic, which needs 4\.5 m"):
        measures.shade_sail(street, "4 m").apply(village)
    after, _ = measures.shade_sail(street, "4.5 m").apply(village)
    assert (after.grid.sail_height.values > 0).sum() == 10


def test_under_trees_a_sail_adds_no_shade_and_says_so(village):
    _, record = measures.shade_sail(place(40, 28, 8, 8), "4.5 m").apply(village)
    assert record.notes == ("64 m² lie under tree crowns and add no shade",)


def test_the_second_sail_holds_and_the_record_says_so(village):
    plan = Scenario("two", [measures.shade_sail(YARD, "4 m"), measures.shade_sail(YARD, "5 m")])
    after, records = plan.apply(village)
    assert after.grid.sail_height.values.max() == 5
    assert "changes sail_height in 80 cells that an earlier shade_sail changed: this one holds" in records[1].notes


def test_a_building_ends_sails_and_watering_where_it_stands(village):
    plan = [measures.shade_sail(LAWN, "4 m"), measures.irrigate(LAWN), measures.add_building(LAWN, height=9)]
    after, _ = Scenario("dense", plan).apply(village)
    built, _ = plan[2].apply(village)
    assert after.grid.equals(built.grid)


# --- roofs and facades


def test_green_in_two_steps_is_green_at_once(village):
    step, _ = measures.green_roof(buildings=[2], fraction=0.3).apply(village)
    once, _ = measures.green_roof(buildings=[2], fraction=0.8).apply(village)
    twice, _ = measures.green_roof(buildings=[2], fraction=0.8).apply(step)
    for name in once.grid.data_vars:
        assert np.allclose(once.grid[name].values, twice.grid[name].values, rtol=1e-6, atol=1e-9, equal_nan=True), name
    with pytest.raises(InputError, match="20 are as green already"):
        measures.green_roof(buildings=[2], fraction=0.8).apply(twice)


@pytest.mark.parametrize(("form", "kept"), [("extensive", 13.5), ("intensive", 21.6)])
def test_green_roofs_keep_what_they_hold_and_no_more(village, form, kept):
    from twin import flood
    from twin.weather import block_rain

    after, _ = measures.green_roof(buildings=[2], form=form).apply(village)
    roof = after.grid.building_id.values == 2
    light = flood.simulate(after.grid, rain=block_rain("5 mm", duration="30 min"), duration="40 min")
    heavy = flood.simulate(after.grid, rain=block_rain("60 mm", duration="60 min"), duration="90 min")
    # of 5 mm a film of some hundredths runs over the eaves before the substrate has taken it
    assert light.infiltrated_depth.values[roof].mean() * 1000 == pytest.approx(5.0, abs=0.3)
    assert heavy.infiltrated_depth.values[roof].max() * 1000 == pytest.approx(kept, abs=0.2)
    assert abs(float(heavy.volume_error)) < 1e-6


def test_steep_roofs_stay_bare(village):
    slope = np.where(village.grid.building_id.values == 2, 30.0, 0.0).astype(np.float32)
    steep = village.with_changes(grid=village.grid.assign(roof_slope=(("y", "x"), slope)))
    with pytest.raises(InputError, match="20 are steeper than 15 degrees"):
        measures.green_roof(buildings=[2]).apply(steep)
    _, record = measures.green_roof(buildings=[1, 2]).apply(steep)
    assert "320 m² left out: roofs steeper than 15 degrees" in record.notes
    assert measures.green_roof(buildings=[2], steepest=35).apply(steep)[1].area == 320.0


def test_the_table_of_buildings_knows_their_green_roofs(village):
    table = village.buildings.assign(green_roof=0.0, green_roof_source="not known")
    after, record = measures.green_roof(buildings=[2], fraction=0.5).apply(village.with_changes(buildings=table))
    assert "buildings" in record.changes
    assert after.buildings.green_roof.to_dict() == {1: 0.0, 2: 0.5, 3: 0.0, 4: 0.0}
    assert after.buildings.green_roof_source[2] == "planned"
    assert table.green_roof[2] == 0.0


def test_facades_are_green_up_to_the_height_plants_climb(village):
    after, record = measures.facade_greening(buildings=[1, 2], fraction=0.6, height="7 m").apply(village)
    share = after.grid.facade_green_fraction.values
    ids = village.grid.building_id.values
    assert np.allclose(share[ids == 1], 0.6)  # 7 m high
    assert np.allclose(share[ids == 2], 0.42)  # 10 m high
    assert (share[~np.isin(ids, (1, 2))] == 0).all()
    # 0.6 of 64 m x 7 m and 0.42 of 72 m x 10 m
    assert record.title_en == "571 m² of facade greened on 2 buildings"
    with pytest.raises(InputError, match="as green already"):
        measures.facade_greening(buildings=[1], fraction=0.5).apply(after)


def test_walls_between_neighbours_are_no_facade(village):
    joined, _ = measures.add_building(place(80, 20, 16, 16), height=10).apply(village)
    _, alone = measures.facade_greening(buildings=[2], fraction=1.0).apply(village)
    _, pair = measures.facade_greening(buildings=[2], fraction=1.0).apply(joined)
    assert alone.title_en.startswith("720 m²")
    assert pair.title_en.startswith("556 m²")  # 16.4 m of the outline lie within 0.2 m of the neighbour


def test_a_building_that_comes_and_goes_leaves_grass(village):
    built, _ = measures.add_building(LAWN, height=9).apply(village)
    back, record = measures.remove_buildings(buildings=[5]).apply(built)
    for name in village.grid.data_vars:
        old, new = village.grid[name].values, back.grid[name].values
        assert np.allclose(old, new, rtol=0, atol=1e-6, equal_nan=True), name
    assert list(back.buildings.index) == list(village.buildings.index)
    assert record.notes[1] == "their ground becomes grass"
    paved, _ = measures.remove_buildings(place(100, 76, 24, 28), ground="paving").apply(village)
    cells = village.grid.building_id.values == 4
    assert (paved.grid.building_id.values[cells] == 0).all()
    assert np.allclose(paved.grid.sealed_fraction.values[cells], 0.75)
    assert np.array_equal(paved.grid.surface_elevation.values[cells], village.grid.ground_elevation.values[cells])


# --- what is refused

HOSTILE = {
    "far away": (0.0, 0.0, 9.0, 9.0),
    "degrees": (11.5, 50.0, 11.6, 50.1),
    "empty": shapely.Polygon(),
    "a point": shapely.Point(LEFT, TOP),
    "bow tie": shapely.Polygon([(LEFT, TOP), (LEFT + 9, TOP - 9), (LEFT + 9, TOP), (LEFT, TOP - 9)]),
    "too small": shapely.box(LEFT + 0.1, TOP - 0.2, LEFT + 0.2, TOP - 0.1),
    "not finite": (0.0, 0.0, math.inf, 9.0),
    "no area": 7,
}
BY_AREA = {
    "remove_trees": measures.remove_trees,
    "irrigate": measures.irrigate,
    "water_surface": measures.water_surface,
    "shade_sail": measures.shade_sail,
    "ground": lambda area: measures.lighten("ground", area, albedo=0.5),
    "walls": lambda area: measures.lighten("walls", area, albedo=0.5),
    "green_roof": measures.green_roof,
    "facade_greening": measures.facade_greening,
    "remove_buildings": measures.remove_buildings,
}


@pytest.mark.parametrize("area", HOSTILE)
@pytest.mark.parametrize("kind", BY_AREA)
def test_impossible_areas_are_refused_by_name(village, kind, area):
    with pytest.raises((InputError, DataError)) as caught:
        BY_AREA[kind](HOSTILE[area]).apply(village)
    assert len(str(caught.value)) > 20


@pytest.mark.parametrize("kind", ["irrigate", "water_surface", "shade_sail", "ground"])
def test_measures_on_the_ground_are_refused_on_roofs(village, kind):
    with pytest.raises(InputError, match="16 roofs"):
        BY_AREA[kind](place(20, 24, 16, 16)).apply(village)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: measures.plant_trees(YARD, species="Tilia cordata"), "how large is Tilia cordata"),
        (lambda: measures.plant_trees(YARD, years_after_planting=20), "needs a species"),
        (
            lambda: measures.plant_trees(YARD, species="Winterlnde", years_after_planting=2),
            "did you mean 'Winterlinde'",
        ),
        (lambda: measures.plant_trees(YARD, species="Linde", years_after_planting=61), "from 0 to 60"),
        (lambda: measures.plant_trees(YARD, species="Linde", years_after_planting=math.nan), "from 0 to 60"),
        (lambda: measures.plant_trees(YARD, transmissivity=1.5), "transmissivity is 1.5"),
        (lambda: measures.irrigate(YARD, wetness=2), "wetness is 2"),
        (lambda: measures.water_surface(YARD, sunk="9 m"), "at most 5 m"),
        (lambda: measures.shade_sail(YARD, "1 m"), "height"),
        (lambda: measures.shade_sail(YARD, transmissivity=-0.1), "transmissivity is -0.1"),
        (lambda: measures.lighten("floor", YARD, albedo=0.5), "it is one of: ground, roofs, walls"),
        (lambda: measures.lighten("ground", buildings=[1], albedo=0.5), "needs area="),
        (lambda: measures.lighten("roofs", YARD, [1], albedo=0.5), "one of the two"),
        (lambda: measures.lighten("roofs", YARD, albedo=0.99), "nothing in a city"),
        (lambda: measures.lighten("roofs", YARD, albedo=0.5, aged="yes"), "true or false"),
        (lambda: measures.unseal(YARD, irrigated=1), "true or false"),
        (lambda: measures.green_roof(), "either area= or buildings="),
        (lambda: measures.green_roof(buildings=[]), "give numbers of buildings"),
        (lambda: measures.green_roof(buildings=[True]), "give numbers of buildings"),
        (lambda: measures.green_roof(buildings=[1], form="moss"), "extensive, intensive"),
        (lambda: measures.green_roof(buildings=[1], fraction=0), "fraction is 0"),
        (lambda: measures.green_roof(buildings=[1], steepest=-1), "slope from 0 to 90"),
        (lambda: measures.green_roof(buildings=[77]).apply(hamlet()), "no building 77 on the grid"),
        (lambda: measures.facade_greening(buildings=[1], height="0 m"), "height"),
        (lambda: measures.remove_buildings(buildings=[1], ground="water"), "ground is 'water'"),
        (lambda: measures.remove_trees(YARD, cost=-1), "cost"),
    ],
)
def test_impossible_values_are_refused_with_the_way_out(call, words):
    with pytest.raises(TwinError, match=words):
        call()
