"""Air around a body: printed saturation pressures, and what air cannot be."""

from __future__ import annotations

import numpy as np
import pytest

from twin.errors import InputError
from twin.heat.air import broadcast, saturation_vapour_pressure, vapour_pressure


@pytest.mark.parametrize(
    ("temperature", "expected"),
    # Hardy (1998), table of saturation vapour pressure over water, Pa
    [(-100.0, 0.0036), (0.0, 611.213), (100.0, 101419.0)],
)
def test_saturation_is_that_of_its_90(temperature: float, expected: float) -> None:
    assert 100 * float(saturation_vapour_pressure(temperature)) == pytest.approx(expected, rel=2e-4, abs=5e-5)


def test_vapour_pressure_is_a_share_of_saturation() -> None:
    assert float(vapour_pressure(25.0, 40.0)) == pytest.approx(0.4 * float(saturation_vapour_pressure(25.0)))


def test_fields_take_one_shape_and_missing_values_pass() -> None:
    air, wind = broadcast(air_temperature=[[20.0], [np.nan]], wind_speed=[0.0, 1.0, 2.0])
    assert air.shape == wind.shape == (2, 3)
    assert np.isnan(air[1]).all()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("air_temperature", 293.15, "air_temperature is 293.15 degC; it must lie in -60 to 60 degC"),
        ("mean_radiant_temperature", 330.0, "mean_radiant_temperature is 330 degC"),
        ("wind_speed", -0.1, "wind_speed is -0.1 m/s; it must lie in 0 to 60 m/s"),
        ("relative_humidity", 100.5, "relative_humidity is 100.5 %; it must lie in 0 to 100 %"),
        ("relative_humidity", float("inf"), "relative_humidity is inf %"),
    ],
)
def test_impossible_air_is_refused_by_name(name: str, value: float, words: str) -> None:
    with pytest.raises(InputError, match=words):
        broadcast(**{name: [np.nan, value]})


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError, match=r"air_temperature \(2,\), wind_speed \(3,\)"):
        broadcast(air_temperature=[1.0, 2.0], wind_speed=[1.0, 2.0, 3.0])
