"""PET in both versions: against printed values, independent programs, and the equations solved the plain way."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pythermalcomfort.models import pet_steady
from scipy.optimize import brentq

from twin import kernels
from twin.errors import InputError
from twin.heat.air import vapour_pressure
from twin.heat.pet import Person, pet, pet_wg

AIR = {
    "ta": st.floats(-10, 45),
    "tr": st.floats(-10, 85),
    "wind": st.floats(0.1, 10),
    "humidity": st.floats(5, 100),
}

# answers of the guideline's own program (VDI 3787 part 2, as wrapped by thermal-comfort 1.1.5) at 1013.25 hPa:
# air temperature, radiant temperature, wind, relative humidity, PET
GUIDELINE = [
    (-10, -10, 0.1, 50, -10.656),
    (-10, 20, 3, 80, -11.366),
    (0, -5, 1, 90, -5.54),
    (5, 40, 1, 60, 12.876),
    (10, 10, 10, 70, 2.756),
    (15, 15, 0.1, 50, 14.807),
    (20, 20, 0.1, 50, 19.991),
    (20, 55, 1, 40, 31.817),
    (25, 25, 0.5, 50, 23.861),
    (25, 60, 2, 40, 35.063),
    (28, 28, 0.1, 90, 28.775),
    (30, 30, 1, 50, 29.248),
    (30, 65, 0.3, 30, 48.874),
    (33, 70, 1, 35, 50.104),
    (35, 35, 5, 20, 34.761),
    (35, 75, 0.5, 40, 56.695),
    (38, 60, 10, 15, 44.908),
    (40, 40, 1, 60, 41.344),
    (40, 80, 3, 10, 56.862),
    (45, 45, 0.3, 20, 45.873),
    (45, 65, 2, 30, 56.316),
    (38, -8, 0.15, 97, 18.915),
]
# that program ends its search for the clothing's temperature within 0.001 K, which strong wind and sweat turn into
# up to 0.06 K of PET (99.9 % of 20,000 random states)
SEARCH = 0.07


@pytest.mark.parametrize(("ta", "tr", "wind", "humidity", "expected"), GUIDELINE)
def test_the_guideline_is_met(ta: float, tr: float, wind: float, humidity: float, expected: float) -> None:
    assert float(pet(ta, tr, wind, humidity)) == pytest.approx(expected, abs=SEARCH)


@pytest.mark.parametrize(("pressure", "expected"), [(800, 50.482), (950, 49.473), (1013.25, 49.128)])
def test_the_guideline_is_met_at_other_pressures(pressure: float, expected: float) -> None:
    assert float(pet(35, 65, 1, 40, pressure=pressure)) == pytest.approx(expected, abs=SEARCH)


def test_single_point_values_of_another_program(shared_data: Callable[[str], Path]) -> None:
    with np.load(shared_data("heat/golden_umep_athens/golden_params.npz")) as file:
        ta, humidity, tr, wind = file["pet_single_point__inputs"].T
        found = pet(ta, tr, wind, humidity, person=Person(height=1.80))
        # its clothing enlarges the body by 13.5 %, the guideline's program's by 15 %: 0.064 K in the cold
        np.testing.assert_allclose(found, file["pet_single_point__outputs"], atol=0.07)


def _vapour(temperature: float) -> float:
    return 6.11 * 10 ** (7.45 * temperature / (235 + temperature))


def _by_equations(ta: float, tr: float, wind: float, e: float) -> float:
    """Solve the guideline's balance from the skin outwards and inwards by bracketing, for its own person."""
    weight, height, clo, growth, p = 75.0, 1.75, 0.9, 0.15, 1013.25
    metabolism = 80 + 3.45 * weight**0.75 * (1 + 0.004 * (30 - 35) + 0.01 * (height * 100 / weight ** (1 / 3) - 43.4))
    area = 0.203 * weight**0.425 * height**0.725
    covered = (-2.36 + 173.51 * clo - 100.76 * clo**2 + 19.28 * clo**3) / 100
    clothed = area * (covered + growth)
    resistance = clo / 6.45 / covered
    around = 6.28 * (height - 0.2)
    inner, outer = covered * area / around, clothed / around
    through = around * (outer - inner) / (resistance * math.log(outer / inner) * clothed)

    def breath(t: float, vapour: float) -> float:
        out = 0.47 * t + 21
        return 1.44e-6 * metabolism * (1010 * (t - out) + 0.623 * 2.42e6 / p * (vapour - _vapour(out)))

    def surface(t: float, air: float, radiant: float, h: float, emissivity: float) -> float:
        return h * (air - t) + 0.725 * emissivity * 5.67e-8 * ((radiant + 273.2) ** 4 - (t + 273.2) ** 4)

    h = 2.67 + 6.5 * wind**0.67
    heat = metabolism + breath(ta, e)

    def state(skin: float) -> tuple[float, float, float, float]:
        cloth = brentq(lambda t: through * (skin - t) + surface(t, ta, tr, h, 0.95), -200, 200, xtol=1e-11)

        def inwards(core: float) -> float:
            flow = 6.3 if core <= 36.6 else 3600 * (0.0208 * core - 0.76075)
            flow /= 1 + 0.5 * max(0.0, 34 - skin)
            return heat - area * (5.28 + 1.06 * 3640 * min(flow, 90.0) / 3600) * (core - skin)

        core = brentq(inwards, skin, skin + 60, xtol=1e-11)
        sweat = max(0.0, 304.94 / 3.6e6 * (0.1 * skin + 0.9 * core - 36.6)) * 2.42e6 * area
        exchange = 0.633 * h / (p * 1010) * 2.42e6 / (1 + 0.92 * h * resistance)
        most = exchange * area * (_vapour(skin) - e)
        wet = min(1.0, sweat / most) if most > 0 else 1.0
        lost = min(sweat, max(most, 0.0))
        diffused = 2.42e6 / 0.79e7 * area * (1 - wet) * (_vapour(skin) - e)
        gain = heat - lost - diffused + clothed * surface(cloth, ta, tr, h, 0.95)
        return gain + area * (1 - covered) * surface(skin, ta, tr, h, 0.99), cloth, lost, wet

    skin = brentq(lambda t: state(t)[0], -30, 60, xtol=1e-9)
    _, cloth, lost, wet = state(skin)
    still = 2.67 + 6.5 * 0.1**0.67

    def room(t: float) -> float:
        gain = metabolism + breath(t, 12) - lost - 2.42e6 / 0.79e7 * area * (1 - wet) * (_vapour(skin) - 12)
        gain += clothed * surface(cloth, t, t, still, 0.95)
        return gain + area * (1 - covered) * surface(skin, t, t, still, 0.99)

    return float(brentq(room, -100, 120, xtol=1e-9))


# the blood flow as rounded in the guideline's program steps by 10 % where the core passes 36.6 degC; within the states
# that this opens, equations have no root and the kernel's is beside: 0.02 K
@given(ta=st.floats(-10, 36), tr=st.floats(-10, 70), wind=st.floats(0.1, 10), humidity=st.floats(5, 80))
@settings(deadline=None, max_examples=60)
def test_kernel_solves_the_equations(ta: float, tr: float, wind: float, humidity: float) -> None:
    expected = _by_equations(ta, tr, wind, float(vapour_pressure(ta, humidity)))
    assert float(pet(ta, tr, wind, humidity)) == pytest.approx(expected, abs=0.02)


def _corrected_by_equations(ta: float, tr: float, wind: float, e: float) -> float:
    """Solve the equations of Walther and Goestchel from the skin outwards and inwards by bracketing."""
    weight, height, clo = 75.0, 1.75, 0.9
    skin_area = 0.202 * weight**0.425 * height**0.725
    basal = 3.45 * weight**0.75 * (1 + 0.004 * (30 - 35) + 0.01 * (height * 100 / weight ** (1 / 3) - 43.4))
    heat = (80 + basal) / skin_area
    growth = 0.31 * clo
    covered = (173.51 * clo - 2.36 - 100.76 * clo**2 + 19.28 * clo**3) / 100
    clothed, resistance = covered + growth, clo / 6.45
    around = 6.28 * (height - 0.2)
    inner, outer = covered * skin_area / around, clothed * skin_area / around
    through = around * (outer - inner) / (resistance * math.log(outer / inner) * clothed * skin_area)

    def surface(t: float, air: float, radiant: float, h: float, emissivity: float) -> float:
        return h * (air - t) + 0.725 * emissivity * 5.67e-8 * ((radiant + 273.15) ** 4 - (t + 273.15) ** 4)

    def breath(air: float, vapour: float) -> float:
        out = 0.47 * air + 21
        moist = 0.623 * 2.42e6 / 1013.25 * (vapour - float(vapour_pressure(out, 100.0)))
        return 1.44e-6 * heat * (1010 * (air - out) + moist)

    def flow(skin: float, core: float) -> float:
        return min(90.0, (6.3 + 75 * max(0.0, core - 36.6)) / (1 + 0.5 * max(0.0, 34 - skin)))

    def gain(skin: float, core: float, cloth: float, air: float, radiant: float, v: float, vapour: float) -> float:
        h = max(3.0, 2.67 + 6.5 * v**0.67)
        share = 0.0417737 + 0.7451833 / (flow(skin, core) + 0.585417)
        sweat = 2420 / 3600 * min(500.0, 304.94 * max(0.0, share * skin + (1 - share) * core - 36.34))
        dampness = float(vapour_pressure(skin, 100.0)) - vapour
        wet = min(1.0, sweat / (1.67 * h / (1 + 0.92 * h * resistance) * dampness))
        diffused = (1 - wet) * dampness * 1.67 * 0.38 / (1 / ((1 + growth) * h) + resistance)
        sides = (1 - covered) * surface(skin, air, radiant, h, 0.99) + clothed * surface(cloth, air, radiant, h, 0.95)
        return heat + breath(air, vapour) + sides - sweat - diffused

    h = max(3.0, 2.67 + 6.5 * wind**0.67)

    def state(skin: float) -> tuple[float, float]:
        cloth = brentq(lambda t: through * (skin - t) + clothed * surface(t, ta, tr, h, 0.95), -99, 200, xtol=1e-11)
        inwards = heat + breath(ta, e)
        core = brentq(
            lambda t: inwards - (5.28 + 3640 / 3600 * flow(skin, t)) * (t - skin), skin, skin + 60, xtol=1e-11
        )
        return core, cloth

    skin = brentq(lambda t: gain(t, *state(t), ta, tr, wind, e), -40, 60, xtol=1e-10)
    core, cloth = state(skin)
    return float(brentq(lambda t: gain(skin, core, cloth, t, t, 0.1, 12.0), -99, 140, xtol=1e-9))


@given(ta=st.floats(-10, 45), tr=st.floats(-10, 85), wind=st.floats(0.1, 10), humidity=st.floats(5, 90))
@settings(deadline=None, max_examples=60)
def test_kernel_solves_the_corrected_equations(ta: float, tr: float, wind: float, humidity: float) -> None:
    expected = _corrected_by_equations(ta, tr, wind, float(vapour_pressure(ta, humidity)))
    assert float(pet_wg(ta, tr, wind, humidity)) == pytest.approx(expected, abs=0.005)


def test_walther_and_goestchel_as_an_independent_program_has_it() -> None:
    random = np.random.default_rng(7)
    ta, tr = random.uniform(0, 36, 60), random.uniform(0, 75, 60)
    wind, humidity = 10 ** random.uniform(-1, 1, 60), random.uniform(5, 75, 60)
    expected = pet_steady(
        tdb=ta, tr=tr, v=wind, rh=humidity, met=80 / 58.2, clo=0.9, age=35, weight=75, height=1.75
    ).pet
    # rounded to 0.01 K there, and vapour pressures of two formulas
    np.testing.assert_allclose(pet_wg(ta, tr, wind, humidity), expected, atol=0.02)


def test_walther_and_goestchel_validation_table(shared_data: Callable[[str], Path]) -> None:
    table = json.loads(shared_data("heat/thermal_indices_tables/ts_pet_steady.json").read_text())
    checked = 0
    for row in table["data"]:
        inputs = row["inputs"]
        person = Person(age=23, height=1.8, weight=75, activity=58.2 * inputs["met"], clothing=inputs["clo"])
        found = pet_wg(inputs["tdb"], inputs["tr"], inputs["v"], inputs["rh"], person=person)
        # written for sitting persons of the program's defaults
        assert float(found) == pytest.approx(row["outputs"]["pet"], abs=0.1)
        checked += 1
    assert checked > 3


@given(**AIR)
@settings(deadline=None, max_examples=300)
def test_both_versions_always_end_with_a_number(ta: float, tr: float, wind: float, humidity: float) -> None:
    for index in (pet, pet_wg):
        assert -60 < float(index(ta, tr, wind, humidity)) < 120


@given(ta=st.floats(-60, 60), tr=st.floats(-90, 120), wind=st.floats(0, 60), humidity=st.floats(0, 100))
@settings(deadline=None, max_examples=300)
def test_both_versions_end_wherever_input_is_allowed(ta: float, tr: float, wind: float, humidity: float) -> None:
    for index in (pet, pet_wg):
        assert math.isfinite(float(index(ta, tr, wind, humidity)))


@given(ta=st.floats(-10, 38), tr=st.floats(-10, 75), wind=st.floats(0.1, 10), humidity=st.floats(5, 70))
@settings(deadline=None, max_examples=200)
def test_more_radiation_never_feels_cooler(ta: float, tr: float, wind: float, humidity: float) -> None:
    for index in (pet, pet_wg):
        cool, warm = index(ta, [tr, tr + 1.0], wind, humidity)
        assert warm > cool


def test_the_room_feels_like_itself() -> None:
    # definition: radiation of the air's temperature, 0.1 m/s, 12 hPa
    for ta in (15.0, 20.0, 25.0, 30.0):
        humidity = 12.0 / float(vapour_pressure(ta, 100.0)) * 100.0
        for index in (pet, pet_wg):
            assert float(index(ta, ta, 0.1, humidity)) == pytest.approx(ta, abs=1e-3)


def test_versions_differ_by_up_to_several_kelvin() -> None:
    ta, tr, humidity = np.meshgrid(np.arange(20, 41, 5.0), np.arange(20, 81, 10.0), [20.0, 50.0, 80.0])
    assert 3.0 < np.abs(pet(ta, tr, 1.0, humidity) - pet_wg(ta, tr, 1.0, humidity)).max() < 15.0


def test_shapes_are_broadcast_and_missing_cells_stay_missing() -> None:
    found = pet(np.array([[20.0], [np.nan]]), np.linspace(20, 60, 5), 1.0, 50.0)
    assert found.shape == (2, 5)
    assert np.isfinite(found[0]).all()
    assert np.isnan(found[1]).all()


def test_results_are_the_same_for_any_number_of_threads() -> None:
    random = np.random.default_rng(5)
    ta, tr = random.uniform(0, 40, 3000), random.uniform(0, 80, 3000)
    found = []
    for threads in (1, 2):
        with kernels.running(threads):
            found.append(pet(ta, tr, 1.0, 50.0))
    assert np.array_equal(found[0], found[1])


@pytest.mark.parametrize(
    "change",
    [{"age": 70.0}, {"height": 1.5}, {"weight": 50.0}, {"male": False}, {"activity": 160.0}, {"clothing": 0.5}],
)
def test_every_trait_of_a_person_counts(change: dict[str, float]) -> None:
    for index in (pet, pet_wg):
        assert abs(float(index(35, 60, 1, 40, person=Person(**change))) - float(index(35, 60, 1, 40))) > 0.003  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"age": 3}, "age of the person is 3; it must lie in 5 to 110"),
        ({"clothing": 0.0}, "clothing of the person is 0"),
        ({"weight": float("nan")}, "weight of the person is nan"),
        ({"height": 175}, "height of the person is 175"),
    ],
)
def test_impossible_persons_are_refused(change: dict[str, float], words: str) -> None:
    with pytest.raises(InputError, match=words):
        pet(20, 20, 1, 50, person=Person(**change))  # type: ignore[arg-type]


def test_impossible_air_is_refused() -> None:
    with pytest.raises(InputError, match=r"pressure is 101325 hPa"):
        pet(20, 20, 1, 50, pressure=101325)
    with pytest.raises(InputError, match=r"wind_speed is -1 m/s"):
        pet_wg(20, 20, -1, 50)
