"""Growth of street trees against what others measured, and as growth must be."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.errors import InputError
from twin.scenario.measures import tree_size
from twin.scenario.measures.tree_growth import CROWN_PER_STEM, SOURCES, SPECIES, find_species
from twin.scenario.measures.tree_growth import _age_at_planting as age_at_planting
from twin.scenario.measures.tree_growth import _stem as stem


@given(st.sampled_from(sorted(SPECIES)), st.floats(0, 59.9), st.floats(0.1, 60))
def test_trees_only_grow(name, years, more):
    young, old = tree_size(name, years), tree_size(name, min(60.0, years + more))
    assert old.height > young.height
    assert old.crown_diameter > young.crown_diameter
    assert 3.0 < young.height < 30.0
    assert 1.0 < young.crown_diameter < 22.0


@pytest.mark.parametrize(
    ("name", "area"),
    [
        ("Tilia cordata", 160.0),
        ("Robinia pseudoacacia", 200.0),
        ("Aesculus hippocastanum", 110.0),
        ("Platanus acerifolia", 310.0),
    ],
)
def test_crowns_at_sixty_are_those_of_bavarian_cities(name, area):
    # City Trees II: shaded area of trees 60 years old
    years = 60.0 - age_at_planting(find_species(name))
    assert math.pi / 4 * tree_size(name, years).crown_diameter ** 2 == pytest.approx(area, rel=1e-6)


def test_two_independent_sources_agree_on_limes():
    # crown by stem (Coombes et al. 2019) on the stem of Queens (McPherson et al. 2016) against crowns in Bavaria
    crown = CROWN_PER_STEM * stem(find_species("Tilia cordata"), 60.0)
    assert crown == pytest.approx(2 * math.sqrt(160 / math.pi), rel=0.06)


def test_planes_are_as_high_as_in_queens_within_a_third():
    # Urban Tree Database, NoEast, Platanus x acerifolia: height = 3.29515 + 0.30021 d - 0.00109 d2, not used here
    row = find_species("Platane")
    for years in (10, 20, 30):
        d = stem(row, years + age_at_planting(row))
        queens = 3.29515 + 0.30021 * d - 0.00109 * d**2
        assert tree_size("Platane", years).height == pytest.approx(queens, rel=0.45)


def test_a_tree_is_planted_with_the_stem_of_nursery_stock():
    for name, row in SPECIES.items():
        if row.crown_area is None:
            # girth of 19 cm, crown 25.5 times as wide as the stem
            assert tree_size(name, 0).crown_diameter == pytest.approx(0.255 * 19 / math.pi, rel=0.01), name


def test_every_number_has_a_source():
    for row in SPECIES.values():
        assert {source.split(",")[0] for source in row.sources.values()} <= set(SOURCES)
        assert ("transmissivity" in row.sources) == (row.transmissivity is not None)
        if row.transmissivity is not None:
            assert 0.05 < row.transmissivity < 0.5


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("tilia CORDATA", "Tilia cordata"),
        ("Platanus × acerifolia", "Platanus acerifolia"),
        ("Platanus x acerifolia", "Platanus acerifolia"),
        ("Gleditsia triacanthos 'Skyline'", "Gleditsia triacanthos"),
        ("Roßkastanie", "Aesculus hippocastanum"),
        ("Eiche", "Quercus robur"),
        ("oak", "Quercus robur"),
        ("Quercus", "Quercus robur"),
        ("Bergahorn", "Acer pseudoplatanus"),
    ],
)
def test_species_are_found_by_the_names_people_use(asked, found):
    assert find_species(asked).name == found


@pytest.mark.parametrize("asked", ["", "x", "'", "Ginkgo biloba", "e", 7, None])
def test_unknown_species_are_refused_with_those_known(asked):
    with pytest.raises(InputError, match="species"):
        find_species(asked)


@pytest.mark.parametrize("years", [-1, 60.1, math.inf, math.nan, True, "30"])
def test_years_beyond_what_was_measured_are_refused(years):
    with pytest.raises(InputError, match="from 0 to 60 years"):
        tree_size("Tilia cordata", years)
