"""Land-cover classes: a source for every number, values from those sources, CF flags."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from twin.city.surfaces import (
    CODES,
    PARAMETERS,
    SOURCES,
    SURFACES,
    land_cover_attributes,
    surface,
    surface_parameters,
    with_parameters,
)
from twin.errors import InputError
from twin.variables import VARIABLES

MM_PER_HOUR = 1e-3 / 3600


def test_codes_are_those_of_the_architecture() -> None:
    assert CODES == {
        "asphalt": 1,
        "paving": 2,
        "roof": 3,
        "gravel": 4,
        "bare_soil": 5,
        "grass": 6,
        "cropland": 7,
        "shrub": 8,
        "forest": 9,
        "water": 10,
    }


@pytest.mark.parametrize("name", SURFACES)
def test_every_number_names_a_known_source_and_lies_in_its_range(name) -> None:
    row = SURFACES[name]
    assert set(row.sources) == set(PARAMETERS)
    assert set(row.sources.values()) <= set(SOURCES)
    for parameter in PARAMETERS:
        rule = VARIABLES[parameter]
        value = getattr(row, parameter)
        assert rule.minimum is None or value >= rule.minimum
        assert rule.maximum is None or value <= rule.maximum


@pytest.mark.parametrize(
    ("name", "albedo", "emissivity"),
    # Lindberg, Onomura and Grimmond (2016): dark asphalt, cobblestone, grass, bare soil, water
    [
        ("asphalt", 0.18, 0.95),
        ("paving", 0.20, 0.95),
        ("grass", 0.16, 0.94),
        ("bare_soil", 0.25, 0.94),
        ("water", 0.05, 0.98),
    ],
)
def test_radiation_properties_are_those_of_the_paper(name, albedo, emissivity) -> None:
    assert (SURFACES[name].albedo, SURFACES[name].emissivity) == (albedo, emissivity)


@pytest.mark.parametrize(
    ("name", "normal"),
    # Chow (1959), table 5-6: rough asphalt, high grass, mature field crops, light brush and trees in summer,
    # heavy stand of timber, clean straight stream
    [("asphalt", 0.016), ("grass", 0.035), ("cropland", 0.040), ("shrub", 0.060), ("forest", 0.100), ("water", 0.030)],
)
def test_roughness_is_the_normal_value_of_the_table(name, normal) -> None:
    assert SURFACES[name].manning == normal


def test_infiltration_follows_from_the_manual() -> None:
    # 3 in/h for dry bare loam, doubled under dense vegetation, a third of it at field capacity
    assert SURFACES["bare_soil"].infiltration_initial_rate == pytest.approx(3 * 25.4 / 3 * MM_PER_HOUR)
    assert SURFACES["grass"].infiltration_initial_rate == pytest.approx(6 * 25.4 / 3 * MM_PER_HOUR)
    for row in SURFACES.values():
        if row.infiltration_final_rate:  # group B: 0.15 to 0.30 in/h; decay 2 to 7 per hour
            assert 0.15 * 25.4 * 0.99 <= row.infiltration_final_rate / MM_PER_HOUR <= 0.30 * 25.4
            assert 2 <= row.infiltration_decay * 3600 <= 7
            assert row.infiltration_initial_rate > row.infiltration_final_rate


def test_sealed_ground_takes_no_water() -> None:
    fields = surface_parameters(np.array([CODES["asphalt"], CODES["roof"], CODES["water"]]))
    assert not fields["infiltration_initial_rate"].any()
    assert not fields["infiltration_final_rate"].any()


def test_rates_shrink_with_the_sealed_share() -> None:
    codes = np.array([CODES["grass"]] * 3)
    rates = surface_parameters(codes, np.array([0.0, 0.25, np.nan]))["infiltration_final_rate"]
    assert rates[1] == pytest.approx(0.75 * rates[0])
    assert rates[2] == rates[0]


def test_flags_are_written_as_cf_wants_them() -> None:
    attributes = land_cover_attributes()
    assert attributes["flag_values"].dtype == np.uint8
    assert len(attributes["flag_values"]) == len(attributes["flag_meanings"].split()) == 10


def test_parameters_on_a_grid_carry_units_and_sources() -> None:
    grid = with_parameters(xr.Dataset({"land_cover": (("y", "x"), np.array([[1, 6, 10]], np.uint8))}))
    for name in PARAMETERS:
        assert grid[name].dtype == np.float32
        assert grid[name].attrs["units"] == VARIABLES[name].units
        assert "parameter_source" in grid[name].attrs


def test_unknown_classes_and_impossible_shares_are_refused() -> None:
    with pytest.raises(InputError, match="code 11"):
        surface_parameters(np.array([1, 11]))
    with pytest.raises(InputError, match="code 0"):
        surface_parameters(np.array([0]))
    with pytest.raises(InputError, match="must be 0 to 1"):
        surface_parameters(np.array([1]), np.array([1.2]))
    with pytest.raises(InputError, match="use one of: asphalt"):
        surface("tarmac")
