"""Options of a flood run, checked before any work."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from twin.errors import InputError
from twin.units import Quantity, to_si

AFTERFLOW = 3600.0
"""How long a run goes on after the rain if nobody says how long, s."""


def output_times(duration: Quantity | None, rain_end: float, output_step: Quantity | None) -> NDArray[np.float64]:
    """Times at which depths are kept, s; the last is the end of the run.

    Parameters
    ----------
    duration : number or str, optional
        Length of the run, s or text; by default the rain and `AFTERFLOW`.
    rain_end : float
        When the rain ends, s.
    output_step : number or str, optional
        Time between the outputs, s or text; by default only the end.

    Raises
    ------
    InputError
        If a quantity cannot be read, or the run would end before the rain.

    Examples
    --------
    >>> output_times("25 min", 600.0, "10 min").tolist()
    [600.0, 1200.0, 1500.0]
    """
    if duration is None:
        if rain_end == 0.0:
            raise InputError("duration is not given and there is no rain to take it from; give it, such as '2 h'")
        seconds = rain_end + AFTERFLOW
    else:
        seconds = to_si(duration, "s", name="duration")
        if seconds <= 0:
            raise InputError(f"duration is {duration!r}; it must be longer than 0 s")
    if seconds < rain_end:
        raise InputError(
            f"duration is {seconds:g} s and the rain lasts {rain_end:g} s; simulate at least as long as it rains, "
            "or cut the rain"
        )
    if output_step is None:
        return np.array([seconds])
    step = to_si(output_step, "s", name="output_step")
    if step <= 0:
        raise InputError(f"output_step is {output_step!r}; it must be longer than 0 s")
    if seconds / step > 10_000:
        raise InputError(f"output_step is {output_step!r}, {seconds / step:.0f} times in the run; keep at most 10,000")
    count = math.ceil(seconds / step - 1e-9)
    return np.append(np.arange(1, count) * step, seconds)


def check_range(name: str, value: float, low: float, high: float) -> None:
    """Refuse an option out of its range.

    Examples
    --------
    >>> check_range("theta", 0.9, 0.7, 1.0)
    """
    if not (isinstance(value, (int, float)) and low <= value <= high):
        raise InputError(f"{name} is {value!r}; it must be a number from {low:g} to {high:g}")
