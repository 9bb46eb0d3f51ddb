"""Indices of one step as a table over mean radiant temperature, looked up for every cell.

Where air temperature, humidity and wind are the same everywhere, an index depends on the radiant temperature alone.
A table has even rows, as many as keep linear interpolation within `TOLERANCE` of the index itself, kinks included; the
index is computed only where it bends. Where it jumps (PET of hot moist air under cold surfaces), the jump is at most
1/40 K from its place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.errors import InputError
from twin.heat.perceived_temperature import perceived_temperature
from twin.heat.pet import PRESSURE, Person, pet, pet_wg
from twin.heat.utci import utci_polynomial
from twin.heat.wbgt import wbgt

TOLERANCE = 0.01
"""Largest difference between a table and its index, K."""

RANGE = (-90.0, 120.0)
"""Radiant temperatures of a table, degC: all that `mean_radiant_temperature` may be (see `twin.variables`)."""

COARSEST, FINEST = 3.0, 3.0 / 128.0
"""Spacing of rows, K: where the search begins, and where it ends."""

Floats = NDArray[np.float64]
Reals = NDArray[np.float32]


class Index(NamedTuple):
    """An index that has tables: its function of one state of the air, and the height its wind belongs to.

    along : (air temperature, relative humidity, wind, person, pressure) -> function of radiant temperatures
    wind_height : m above ground
    """

    along: Callable[[float, float, float, Person, float], Callable[[Floats], Floats]]
    wind_height: float


@dataclass(frozen=True)
class IndexTable:
    """An index over mean radiant temperature, for one state of the air.

    index : name, such as ``"utci"``
    start, step : radiant temperature of the first row and between rows, degC and K
    values : index by row, degC
    """

    index: str
    start: float
    step: float
    values: Reals

    @property
    def stop(self) -> float:
        """Radiant temperature of the last row, degC."""
        return self.start + self.step * (len(self.values) - 1)


def tabulate(
    index: str,
    air_temperature: float,
    relative_humidity: float,
    wind_speed: float,
    *,
    person: Person | None = None,
    pressure: float = PRESSURE,
    tolerance: float = TOLERANCE,
) -> IndexTable:
    """Tabulate an index over mean radiant temperature for one state of the air.

    Parameters
    ----------
    index : str
        One of `INDICES`.
    air_temperature : float
        degC.
    relative_humidity : float
        Percent, 0 to 100.
    wind_speed : float
        m/s at the height the index is made for: `wind_height(index)`.
    person : Person, optional
        For the versions of PET; that of VDI 3787 part 2 by default.
    pressure : float
        Air pressure, hPa; UTCI and perceived temperature are made for that of sea level.
    tolerance : float
        Largest error of a look-up within `RANGE`, K.

    Returns
    -------
    IndexTable

    Raises
    ------
    InputError
        If there is no such index, or a number is missing or impossible.

    Examples
    --------
    >>> table = tabulate("utci", 30.0, 40.0, 2.0)
    >>> table.start, table.stop
    (-90.0, 120.0)
    """
    if not tolerance > 0:
        raise InputError(f"tolerance is {tolerance:g} K; it must be positive")
    _check(air_temperature=air_temperature, relative_humidity=relative_humidity, wind_speed=wind_speed)
    felt = _index(index).along(
        float(air_temperature), float(relative_humidity), float(wind_speed), person or Person(), float(pressure)
    )
    start, stop = RANGE
    step = COARSEST
    place = start + step * np.arange(round((stop - start) / step) + 1, dtype=np.float64)
    value = felt(place)
    places, values = [place], [value]
    # intervals that are still halved: left end, index at both ends, error when their parent was halved
    left, at_left, at_right, before = place[:-1], value[:-1], value[1:], np.full(len(place) - 1, np.inf)
    while len(left) and step > FINEST:
        step *= 0.5
        middle = felt(left + step)
        error = np.abs(middle - 0.5 * (at_left + at_right))
        places.append(left + step)
        values.append(middle)
        # Two halvings must be good and both are kept: a kink beside a bend can hide from one middle, and beside a kink
        # the error is up to twice that in the middle.
        open_ = (before > tolerance) | (error > 0.6 * tolerance)
        at_left, at_right = (
            np.stack([at_left, middle], 1)[open_].ravel(),
            np.stack([middle, at_right], 1)[open_].ravel(),
        )
        left, before = np.stack([left, left + step], 1)[open_].ravel(), np.repeat(error[open_], 2)
    place, value = np.concatenate(places), np.concatenate(values)
    order = np.argsort(place)
    rows = start + step * np.arange(round((stop - start) / step) + 1, dtype=np.float64)
    column = np.interp(rows, place[order], value[order])
    return IndexTable(index, start, step, column.astype(np.float32))


def apply(table: IndexTable, mean_radiant_temperature: Reals, out: Reals) -> None:
    """Look an index up for every cell.

    Parameters
    ----------
    table : IndexTable
        From `tabulate`.
    mean_radiant_temperature : array, float32, C-contiguous
        degC. NaN stays NaN; beyond `RANGE` the outermost lines of the table go on.
    out : array, float32, C-contiguous, of the same shape
        Filled with the index, degC; may be the same array.

    Raises
    ------
    InputError
        If the arrays differ in shape, are not float32 or have gaps in memory.

    Examples
    --------
    >>> radiant = np.array([[20.0, 60.0]], dtype=np.float32)
    >>> felt = np.empty_like(radiant)
    >>> apply(tabulate("utci", 30.0, 40.0, 2.0), radiant, felt)
    >>> felt.round(1)
    array([[26.3, 36.5]], dtype=float32)
    """
    if mean_radiant_temperature.shape != out.shape:
        raise InputError(f"out has the shape {out.shape}; radiant temperature has {mean_radiant_temperature.shape}")
    for name, field in (("mean_radiant_temperature", mean_radiant_temperature), ("out", out)):
        if field.dtype != np.float32 or not field.flags.c_contiguous:
            raise InputError(f"{name} is {field.dtype} with strides {field.strides}; it must be float32 without gaps")
    from twin.heat import index_table_kernels as loops

    loops.look_up(table.values, table.start, 1.0 / table.step, mean_radiant_temperature.reshape(-1), out.reshape(-1))


def wind_height(index: str) -> float:
    """Return the height above ground, m, of the wind an index is made for.

    Parameters
    ----------
    index : str
        One of `INDICES`.

    Examples
    --------
    >>> wind_height("utci")
    10.0
    """
    return _index(index).wind_height


def _index(name: str) -> Index:
    if name not in INDICES:
        raise InputError(f"there is no index {name!r}; there are: {', '.join(INDICES)}")
    return INDICES[name]


def _check(**numbers: float) -> None:
    for name, number in numbers.items():
        if not np.ndim(number) == 0 or not np.isfinite(number):
            raise InputError(f"{name} is {number}; a table is made for one finite number")


def _utci(
    air_temperature: float, relative_humidity: float, wind_speed: float, person: Person, pressure: float
) -> Callable[[Floats], Floats]:
    polynomial = np.polynomial.Polynomial(utci_polynomial(air_temperature, wind_speed, relative_humidity))

    def along(radiant: Floats) -> Floats:
        return np.asarray(polynomial(radiant - air_temperature), dtype=np.float64)

    return along


def _of_person(
    index: Callable[..., Floats],
) -> Callable[[float, float, float, Person, float], Callable[[Floats], Floats]]:
    def of_state(
        air_temperature: float, relative_humidity: float, wind_speed: float, person: Person, pressure: float
    ) -> Callable[[Floats], Floats]:
        def along(radiant: Floats) -> Floats:
            return index(air_temperature, radiant, wind_speed, relative_humidity, person=person, pressure=pressure)

        return along

    return of_state


def _perceived(
    air_temperature: float, relative_humidity: float, wind_speed: float, person: Person, pressure: float
) -> Callable[[Floats], Floats]:
    def along(radiant: Floats) -> Floats:
        return perceived_temperature(air_temperature, radiant, wind_speed, relative_humidity)

    return along


def _wbgt(
    air_temperature: float, relative_humidity: float, wind_speed: float, person: Person, pressure: float
) -> Callable[[Floats], Floats]:
    def along(radiant: Floats) -> Floats:
        return wbgt(air_temperature, radiant, wind_speed, relative_humidity, pressure=pressure)

    return along


INDICES: dict[str, Index] = {
    "utci": Index(_utci, 10.0),
    "pet": Index(_of_person(pet), 1.1),
    "pet_wg": Index(_of_person(pet_wg), 1.1),
    "perceived_temperature": Index(_perceived, 1.1),
    "wbgt": Index(_wbgt, 1.1),
}
"""Indices that have tables, by name."""
