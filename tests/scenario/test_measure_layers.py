"""After any measure, what cells say of their origin and infiltration still fits what is on them."""

from __future__ import annotations

import numpy as np
import pytest

import twin
from twin import measures
from twin.city.surfaces import infiltration_class
from twin.variables import flag

X, Y = 679300.0, 5543500.0
MEASURES = {
    "building": lambda: measures.add_building((679216, 5543304, 679240, 5543328), height=9),
    "trees": lambda: measures.plant_trees((X, Y, X + 60, Y + 30), spacing=10, height=12, crown_diameter=6),
    "green roofs": lambda: measures.green_roof((679100, 5543400, 679300, 5543600), steepest=90),
    "facades": lambda: measures.facade_greening((679100, 5543400, 679300, 5543600), height="4 m"),
    "light walls": lambda: measures.lighten("walls", (679100, 5543400, 679300, 5543600), albedo=0.6),
    "removal": lambda: measures.remove_buildings((679100, 5543400, 679200, 5543500)),
    "water": lambda: measures.water_surface((679112, 5543450, 679200, 5543540), sunk=0.2),
    "sail": lambda: measures.shade_sail((679112, 5543450, 679160, 5543500), "5 m"),
    "watered": lambda: measures.unseal((679112, 5543450, 679246, 5543586), irrigated=True),
    "limes": lambda: measures.plant_trees((X, Y, X + 60, Y + 30), species="Linde", years_after_planting=30),
    "unsealing": lambda: measures.unseal((679000.0, 5543400.0, 679200.0, 5543600.0), to="grass"),
}


@pytest.fixture(scope="module")
def village() -> twin.City:
    return twin.sample_city("bayreuth", bounds=(678900, 5543300, 679500, 5543700))


@pytest.mark.parametrize("name", MEASURES)
def test_layers_still_fit_together_after_a_measure(name: str, village: twin.City) -> None:
    after, record = MEASURES[name]().apply(village)
    grid = after.grid
    roof = grid.building_id.values > 0
    assert np.array_equal(grid.building_source.values > 0, roof)
    assert np.array_equal(grid.canopy_source.values > 0, grid.canopy_height.values > 0)
    assert np.array_equal(np.isfinite(grid.roof_slope.values), roof)
    classes = infiltration_class(grid.land_cover.values, grid.infiltration_final_rate.values)
    assert np.array_equal(grid.infiltration_class.values, classes)
    changed = [str(key) for key in grid.data_vars if key not in village.grid or not grid[key].equals(village.grid[key])]
    assert set(changed) <= set(record.changes)
    planned = flag("land_cover_source", "planned")
    new_cover = grid.land_cover.values != village.grid.land_cover.values
    assert (grid.land_cover_source.values[new_cover] == planned).all()


def test_planned_things_say_that_they_are_planned(village: twin.City) -> None:
    built, _ = MEASURES["building"]().apply(village)
    assert int((built.grid.building_source == flag("building_source", "planned")).sum()) == 36
    assert built.buildings.iloc[-1][["source", "eaves_height", "green_roof"]].tolist() == ["planned", 9.0, 0.0]
    planted, _ = MEASURES["trees"]().apply(village)
    new = planted.grid.canopy_source.values == flag("canopy_source", "planned")
    assert new.any()
    assert (planted.grid.canopy_height.values[new] == 12.0).all()
