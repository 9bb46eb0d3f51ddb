"""Physiologically equivalent temperature (PET): air temperature of a room in which a body keeps the same balance.

The room has radiation at air temperature, 0.1 m/s and 12 hPa of vapour. Two versions exist and differ by up to 8 K in
ordinary summer air; so every result must name its own: `pet` is that of the guideline VDI 3787 part 2 (Hoeppe's MEMI as
its program has it), `pet_wg` that of Walther and Goestchel (2018). Wind is that at the body, 1.1 m above ground.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twin.errors import InputError
from twin.heat.air import broadcast, cells, vapour_pressure

PRESSURE = 1013.25
"""Air pressure of the standard atmosphere at sea level, hPa."""

PERSON_HEIGHT_OF_WIND = 1.1
"""Height above ground of the wind that PET is made for, m (VDI 3787 part 2)."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Person:
    """Who feels the heat; the defaults are those of VDI 3787 part 2.

    age : years
    height : m
    weight : kg
    male : basal metabolism and sweat differ between the sexes
    activity : W produced beyond the basal rate; 80 is a slow walk
    clothing : clo, 0.05 to 2
    """

    age: float = 35.0
    height: float = 1.75
    weight: float = 75.0
    male: bool = True
    activity: float = 80.0
    clothing: float = 0.9


class Law(NamedTuple):
    """Constants in which the versions of PET differ; in this order they are the kernel's `law`."""

    zero: float
    blood_heat: float
    blood_rise: float
    blood_from: float
    sweat_from: float
    latent_exchange: float
    least_exchange: float
    most_sweat: float
    through_skin: float
    skin_constant: float


# Hoeppe (1984), Die Energiebilanz des Menschen, rounded as in the program of VDI 3787 part 2: absolute zero at -273.2,
# and the blood flow above 36.6 degC as 0.0208 core - 0.76075 l m-2 s-1 instead of 6.3 / 3600 + 75 / 3600 (core - 36.6)
VDI = Law(
    zero=-273.2,
    blood_heat=1.06 * 3640.0,
    blood_rise=74.88,
    blood_from=(0.76075 * 3600.0 + 6.3) / 74.88,
    sweat_from=36.6,
    latent_exchange=0.633 * 2.42e6 / (1010.0 * 1013.25),
    least_exchange=0.0,
    most_sweat=math.inf,
    through_skin=2.42e6 / 0.79e7,
    skin_constant=0.203,
)
WALTHER_GOESTCHEL = Law(
    zero=-273.15,
    blood_heat=3640.0,
    blood_rise=75.0,
    blood_from=36.6,
    sweat_from=36.34,
    latent_exchange=1.67,
    least_exchange=3.0,
    most_sweat=500.0,
    through_skin=0.0,
    skin_constant=0.202,
)
ROOM_ACTIVITY, ROOM_CLOTHING = 80.0, 0.9
"""Activity, W, and clothing, clo, in the reference room of Walther and Goestchel."""


def pet(
    air_temperature: ArrayLike,
    mean_radiant_temperature: ArrayLike,
    wind_speed: ArrayLike,
    relative_humidity: ArrayLike,
    *,
    person: Person | None = None,
    pressure: float = PRESSURE,
) -> Floats:
    """Compute PET as the guideline VDI 3787 part 2 does.

    Parameters
    ----------
    air_temperature : array
        degC, -60 to 60.
    mean_radiant_temperature : array
        degC, -90 to 120.
    wind_speed : array
        m/s 1.1 m above ground (not 10 m), 0 to 60.
    relative_humidity : array
        Percent, 0 to 100.
    person : Person, optional
        The guideline's by default: 35 years, 1.75 m, 75 kg, male, 80 W, 0.9 clo.
    pressure : float
        Air pressure, hPa, 500 to 1100.

    Returns
    -------
    array, degC
        Of the broadcast shape; NaN stays NaN.

    Raises
    ------
    InputError
        If a value lies outside its range.

    References
    ----------
    P. Hoeppe (1984): Die Energiebilanz des Menschen. Wissenschaftliche Mitteilungen des Meteorologischen Instituts der
    Universitaet Muenchen 49. P. Hoeppe (1999): The physiological equivalent temperature. International Journal of
    Biometeorology 43, 71-75. VDI 3787 part 2 (2008).

    Examples
    --------
    >>> pet(30.0, [30.0, 60.0], 1.0, 50.0).round(1)
    array([29.2, 42.8])
    """
    return _equivalent(
        air_temperature, mean_radiant_temperature, wind_speed, relative_humidity, person or Person(), pressure, VDI
    )


def pet_wg(
    air_temperature: ArrayLike,
    mean_radiant_temperature: ArrayLike,
    wind_speed: ArrayLike,
    relative_humidity: ArrayLike,
    *,
    person: Person | None = None,
    pressure: float = PRESSURE,
) -> Floats:
    """Compute PET in the version of Walther and Goestchel (2018), who corrected sweating and vapour diffusion.

    Parameters
    ----------
    air_temperature, mean_radiant_temperature, wind_speed, relative_humidity, person, pressure
        As for `pet`.

    Returns
    -------
    array, degC
        Of the broadcast shape; NaN stays NaN.

    Raises
    ------
    InputError
        If a value lies outside its range.

    References
    ----------
    E. Walther, Q. Goestchel (2018): The P.E.T. comfort index: Questioning the model. Building and Environment 137,
    1-10.

    Examples
    --------
    >>> pet_wg(30.0, [30.0, 60.0], 1.0, 50.0).round(1)
    array([29.4, 41.7])
    """
    return _equivalent(
        air_temperature,
        mean_radiant_temperature,
        wind_speed,
        relative_humidity,
        person or Person(),
        pressure,
        WALTHER_GOESTCHEL,
    )


def _equivalent(
    air_temperature: ArrayLike,
    mean_radiant_temperature: ArrayLike,
    wind_speed: ArrayLike,
    relative_humidity: ArrayLike,
    person: Person,
    pressure: float,
    law: Law,
) -> Floats:
    _check_person(person)
    if not 500.0 <= pressure <= 1100.0:
        raise InputError(f"pressure is {pressure:g} hPa; it must lie in 500 to 1100 hPa")
    ta, tr, wind, humidity = broadcast(
        air_temperature=air_temperature,
        mean_radiant_temperature=mean_radiant_temperature,
        wind_speed=wind_speed,
        relative_humidity=relative_humidity,
    )
    from twin.heat import pet_kernels as loops

    out = np.empty(ta.shape)
    body = _body(person, law)
    room = body
    if law is WALTHER_GOESTCHEL:
        room = _body(Person(person.age, person.height, person.weight, person.male, ROOM_ACTIVITY, ROOM_CLOTHING), law)
    vapour = vapour_pressure(ta, humidity)
    air, radiant, blown, moist = (cells(field) for field in (ta, tr, wind, vapour))
    loops.equivalent_temperatures(
        air, radiant, blown, moist, float(pressure), body, room, np.array(law), out.reshape(-1)
    )
    return out


def _body(person: Person, law: Law) -> Floats:
    """Columns of `body`, see pet_kernels."""
    build = person.height * 100.0 / person.weight ** (1.0 / 3.0)
    years = 0.004 * (30.0 - person.age)
    if person.male:
        basal = 3.45 * person.weight**0.75 * (1.0 + years + 0.010 * (build - 43.4))
    else:
        basal = 3.19 * person.weight**0.75 * (1.0 + years + 0.018 * (build - 42.1))
    skin = law.skin_constant * person.weight**0.425 * person.height**0.725  # Du Bois and Du Bois (1916)
    clo = person.clothing
    covered = (-2.36 + 173.51 * clo - 100.76 * clo**2 + 19.28 * clo**3) / 100.0
    corrected = law is WALTHER_GOESTCHEL
    growth = 1.0 + (0.31 if corrected else 0.15 / 0.9) * clo
    surface = covered + growth - 1.0
    if corrected:
        covered = min(1.0, covered)
    resistance = clo / 6.45 / (1.0 if corrected else covered)
    # the clothed body as a cylinder, of a height that grows with the clothing
    share = 1.0 if clo >= 2 else (person.height - 0.2) / person.height if clo > 0.6 else 0.5 if clo > 0.3 else 0.1
    circumference = 6.28 * person.height * share
    inside = covered * skin / circumference
    outside = (growth - 1.0 + covered) * skin / circumference
    conductance = circumference * (outside - inside) / (resistance * math.log(outside / inside) * surface * skin)
    rise = (surface if corrected else 1.0) / conductance
    sweat = 1.0 if corrected or person.male else 0.7
    heat = (person.activity + basal) / skin
    return np.array([heat, covered, surface, resistance, rise, 0.725, sweat, growth])


def _check_person(person: Person) -> None:
    ranges = {"age": (5, 110), "height": (1.0, 2.3), "weight": (20, 250), "activity": (0, 500), "clothing": (0.05, 2.0)}
    for name, (low, high) in ranges.items():
        value = getattr(person, name)
        if not low <= value <= high:
            raise InputError(f"{name} of the person is {value:g}; it must lie in {low:g} to {high:g}")
