import numpy as np
import pytest
import shapely

from twin.city.surfaces import SURFACES
from twin.errors import InputError
from twin.provenance import fingerprint
from twin.scenario import measures
from twin.scenario.hamlet import LEFT, TOP, hamlet
from twin.scenario.scenario import Scenario


def place(west, north, width, depth):
    return shapely.box(LEFT + west, TOP - north - depth, LEFT + west + width, TOP - north)


YARD = place(56, 76, 40, 32)
MEASURES = {
    "plant_trees": lambda: measures.plant_trees(YARD),
    "unseal": lambda: measures.unseal(YARD),
    "add_building": lambda: measures.add_building(place(120, 10, 16, 12), height="9 m"),
    "close_road": lambda: measures.close_road("Dorfstraße", section=("Am Anger", "Hofgasse")),
    "set_speed": lambda: measures.set_speed(classes=["secondary"], speed="30 km/h"),
}


def everything(city):
    return fingerprint(
        city.grid,
        fingerprint(city.buildings, city.trees, city.network.nodes, city.network.links, city.network.turns),
    )


@pytest.mark.parametrize("kind", MEASURES)
def test_a_measure_leaves_its_city_as_it_was(kind):
    city = hamlet()
    before = everything(city)
    after, record = MEASURES[kind]().apply(city)
    assert everything(city) == before
    assert everything(after) != before
    assert record.kind == kind


@pytest.mark.parametrize("kind", MEASURES)
def test_a_measure_changes_what_it_says_and_shares_the_rest(village, kind):
    after, record = MEASURES[kind]().apply(village)
    for name in map(str, village.grid.data_vars):
        same = np.array_equal(village.grid[name].values, after.grid[name].values, equal_nan=True)
        if name in record.changes:
            assert not np.shares_memory(village.grid[name].values, after.grid[name].values)
        else:
            assert np.shares_memory(village.grid[name].values, after.grid[name].values), name
            assert same
        assert after.grid[name].dtype == village.grid[name].dtype
        assert str(after.grid[name].attrs) == str(village.grid[name].attrs)
    assert ("network" in record.changes) == (after.network is not village.network)
    assert ("buildings" in record.changes) == (after.buildings is not village.buildings)
    assert ("trees" in record.changes) == (after.trees is not village.trees)
    assert record.footprint.crs == village.spec.crs
    assert len(record.footprint) > 0


def test_trees_stand_on_a_lattice_of_the_spacing(village):
    after, record = measures.plant_trees(YARD, spacing="8 m", height=12, crown_diameter=6).apply(village)
    new = after.trees[after.trees.source == "planned"]
    # 40 m x 32 m at 8 m: five by four
    assert len(new) == len(record.footprint) == 20
    assert sorted(set(np.round(np.diff(sorted(set(new.geometry.x))), 9))) == [8.0]
    assert after.grid.canopy_height.values.max() == 12.0


def test_trees_do_not_stand_on_roofs_roads_or_under_crowns(village):
    after, record = measures.plant_trees(village.spec.bounds, spacing=4).apply(village)
    new = after.trees[after.trees.source == "planned"].geometry
    assert not new.intersects(village.buildings.union_all()).any()
    # Dorfstraße: its line runs at 64 m, one lane of 3.25 m each way
    assert (np.abs(new.y - (TOP - 64.0)) > 3.25).all()
    assert not new.distance(village.trees.geometry.iloc[0]).lt(2.0).any()
    assert "on roofs" in record.notes[0]
    assert "on roads" in record.notes[0]
    assert "under existing crowns" in record.notes[0]
    counted = sum(int(word.split()[0]) for word in record.notes[0].split(": ")[1].split(", "))
    assert counted + len(new) == 40 * 32


def test_trees_only_on_roofs_are_refused(village):
    with pytest.raises(InputError, match="finds no place among 16: 16 on roofs"):
        measures.plant_trees(place(20, 24, 16, 16), spacing=4).apply(village)


def test_given_points_are_where_the_trees_stand(village):
    points = [(LEFT + 10.3, TOP - 50.1), (LEFT + 150.0, TOP - 120.0), (LEFT - 50.0, TOP)]
    after, record = measures.plant_trees(points=points).apply(village)
    new = after.trees[after.trees.source == "planned"].geometry
    assert [(p.x, p.y) for p in new] == points[:2]
    assert record.notes == ("1 of 3 places left out: 1 outside the grid",)


def test_unsealed_ground_gets_all_parameters_of_its_new_class(village):
    after, record = measures.unseal(YARD, to="grass").apply(village)
    yard = (village.grid.land_cover.values == 2) & (village.grid.building_id.values == 0)
    grass = SURFACES["grass"]
    assert yard.sum() == 80
    for name in ("sealed_fraction", "albedo", "emissivity", "manning", "infiltration_final_rate", "infiltration_decay"):
        assert np.allclose(after.grid[name].values[yard], getattr(grass, name), rtol=1e-6)
        assert np.array_equal(after.grid[name].values[~yard], village.grid[name].values[~yard])
    # 80 cells of 16 m², sealed to 75 % as paving
    assert record.title_en == "1,280 m² unsealed to grass"
    assert record.title_de.startswith("1.280 m² entsiegelt")
    assert "sealed area falls by 960 m²" in record.notes


def test_roofs_and_open_roads_stay_sealed(village):
    after, record = measures.unseal(village.spec.bounds).apply(village)
    roofs = village.grid.building_id.values > 0
    assert (after.grid.sealed_fraction.values[roofs] == 1.0).all()
    row = int(63.0 / 4)
    assert (after.grid.land_cover.values[row] == 1).all()
    assert any("roads open to traffic" in note for note in record.notes)
    assert any("roofs" in note for note in record.notes)


def test_a_closed_road_may_be_greened(village):
    closed, _ = measures.close_road("Dorfstraße", section=("Am Anger", "Hofgasse")).apply(village)
    street = place(48, 60, 64, 8)
    with pytest.raises(InputError, match="none of the 32 cells in the area is sealed ground"):
        measures.unseal(street).apply(village)
    after, _ = measures.unseal(street).apply(closed)
    assert (after.grid.land_cover.values == 6).sum() > (village.grid.land_cover.values == 6).sum()


def test_a_new_building_is_on_the_grid_and_in_the_table(village):
    outline = place(120, 12, 16, 12)
    after, record = measures.add_building(outline, height="9 m").apply(village)
    cells = after.grid.building_id.values == 5
    # 16 m x 12 m on cells of 4 m
    assert cells.sum() == 12
    assert np.allclose(after.grid.building_fraction.values[cells], 1.0)
    ground = village.grid.ground_elevation.values[cells].astype(float).mean()
    assert np.allclose(after.grid.surface_elevation.values[cells], ground + 9.0, atol=1e-4)  # float32 at 330 m
    assert after.buildings.loc[5, "height"] == 9.0
    # 192 m² x 3 storeys x 75 % living space / 47.4 m² each
    assert after.buildings.loc[5, "residents"] == pytest.approx(192 * 3 * 0.75 / 47.4)
    assert "residents, assumed" in record.notes[0]


@pytest.mark.parametrize(
    ("outline", "words"),
    [
        (place(30, 30, 20, 20), "overlaps building 1"),
        (place(70, 56, 20, 14), "a road open to traffic"),
        (place(150, 10, 20, 10), "beyond the grid"),
        (place(121, 10, 0.5, 0.5), "no cell centre"),
    ],
)
def test_a_building_that_cannot_stand_there_is_refused(village, outline, words):
    with pytest.raises(InputError, match=words):
        measures.add_building(outline, height=9).apply(village)


def test_trees_under_a_new_building_are_felled(village):
    after, record = measures.add_building(place(124, 96, 16, 12), height=9, residents=12).apply(village)
    assert len(after.trees) == 1
    assert record.notes == ("1 trees felled",)
    assert (after.grid.canopy_height.values[after.grid.building_id.values == 5] == 0).all()


def test_a_section_between_two_streets_is_closed_in_both_directions(village):
    after, record = measures.close_road("Dorfstraße", section=("Am Anger", "Hofgasse")).apply(village)
    links = after.network.links
    assert set(links.index[links.closed | links.residents_only]) == {"2:3:4", "2:4:3"}
    assert record.title_en == "Dorfstraße: 80 m closed to through traffic"


def test_a_section_drawn_as_a_polygon_closes_what_runs_through_it(village):
    _, record = measures.close_road("dorfstraße", section=place(60, 50, 10, 30)).apply(village)
    assert set(record.footprint.link) == {"2:3:4", "2:4:3"}


def test_a_misspelt_street_gets_a_suggestion(village):
    with pytest.raises(InputError, match="did you mean 'Dorfstraße'"):
        measures.close_road("Dorfstrase").apply(village)


def test_closing_the_only_access_keeps_residents_access(village):
    after, _ = measures.close_road("Am Anger").apply(village)
    anger = after.network.links[after.network.links.name == "Am Anger"]
    assert not anger.closed.any()
    assert anger.residents_only.all()


def test_a_limit_makes_nobody_faster(village):
    slow, _ = measures.set_speed(name="Am Anger", speed="20 km/h").apply(village)
    after, record = measures.set_speed(slow.spec.bounds, speed="30 km/h").apply(slow)
    before, now = slow.network.links.free_flow_speed, after.network.links.free_flow_speed
    assert (now <= before).all()
    assert now["5:3:9"] == pytest.approx(20 / 3.6)
    assert now["2:3:4"] == pytest.approx(30 / 3.6)
    assert record.notes == ("2 links at 30 km/h or below stay as they are",)
    with pytest.raises(InputError, match="at 30 km/h or below already"):
        measures.set_speed(name="Am Anger", speed="30 km/h").apply(slow)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: measures.plant_trees(), "either area= or points="),
        (lambda: measures.plant_trees(YARD, points=[(0, 0)]), "either area= or points="),
        (lambda: measures.plant_trees(YARD, spacing="0.1 m"), "spacing"),
        (lambda: measures.plant_trees(YARD, height=-3), "height is -3"),
        (lambda: measures.plant_trees(YARD, height="61 m"), "at most 60 m"),
        (lambda: measures.plant_trees(YARD, height=8, base_height=9), "below the height"),
        (lambda: measures.plant_trees(YARD, height="8 s"), "unit is not one of length"),
        (lambda: measures.plant_trees(YARD, cost=-1), "cost"),
        (lambda: measures.unseal(YARD, to="asphalt"), "open ground is one of"),
        (lambda: measures.add_building(YARD, height=1), "at least 2 m"),
        (lambda: measures.add_building(YARD, height=6, storeys=9), "room for 1 to 3"),
        (lambda: measures.close_road(), "needs a name=, a section= or links="),
        (lambda: measures.close_road(section=("A", "B")), "needs the name="),
        (lambda: measures.set_speed(), "needs an area=, a name= or classes="),
        (lambda: measures.set_speed(name="A", speed=50), "between 5 km/h and 130 km/h"),
    ],
)
def test_impossible_measures_are_refused_when_written_down(call, words):
    with pytest.raises(InputError, match=words):
        call()


@pytest.mark.parametrize(
    "measure",
    [
        measures.plant_trees((0, 0, 50, 50)),
        measures.plant_trees(points=[(0, 0)]),
        measures.unseal((0, 0, 50, 50)),
        measures.add_building((0, 0, 50, 50), height=9),
        measures.close_road(section=(0, 0, 50, 50)),
        measures.set_speed((0, 0, 50, 50)),
    ],
)
def test_measures_far_away_are_refused(village, measure):
    with pytest.raises(InputError):
        measure.apply(village)


def test_measures_on_roads_need_roads(village):
    import dataclasses

    bare = dataclasses.replace(village, network=None)
    with pytest.raises(InputError, match="needs roads"):
        measures.close_road("Dorfstraße").apply(bare)


def test_every_note_is_said_in_german_too(village):
    """A council reads the report; 4 of the 5 measures leave something out here."""
    told = [
        measures.unseal(YARD, to="grass").apply(village)[1],
        measures.plant_trees(village.spec.bounds, spacing=4).apply(village)[1],
        measures.set_speed(classes=["residential", "tertiary"], speed="30 km/h").apply(village)[1],
        MEASURES["add_building"]().apply(village)[1],
    ]
    assert sum(bool(record.notes) for record in told) >= 3
    for record in told:
        assert len(record.notes_in("de")) == len(record.notes)
        for english, german in zip(record.notes, record.notes_in("de"), strict=True):
            assert english != german
            assert not set(german.split()) & {"left", "out", "of", "on", "roads", "below", "from", "falls"}


def test_a_later_measure_says_in_german_what_it_overrides(village):
    plan = Scenario("twice", [measures.unseal(YARD, to="gravel"), measures.unseal(YARD, to="grass")])
    notes = plan.apply(village)[1][1].notes_in("de")
    assert any("Bodenbedeckung" in note and "diese gilt" in note for note in notes)
