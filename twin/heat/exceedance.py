"""How long and how much a value exceeds a threshold: hours and degree hours over time series of fields.

Steps are means over their length. The classes of thermal stress, whose bounds serve as thresholds, are in
`twin.stress_classes`. The heat model sums its own statistics step by step; these functions are for fields kept by hour.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.errors import InputError

Reals = NDArray[np.float32]


def hours_above(values: NDArray[np.floating], threshold: float, *, step: float = 3600.0) -> Reals:
    """Count the hours in which a value lies above a threshold.

    Parameters
    ----------
    values : array (time, ...)
        Mean of each step; NaN where there is no value.
    threshold : float
        In the unit of the values.
    step : float
        Length of a step, s.

    Returns
    -------
    array (...), float32
        Hours; NaN where a value is missing in any step.

    Raises
    ------
    InputError
        If the step is not positive.

    Examples
    --------
    >>> hours_above(np.array([[30.0], [33.0], [35.0]]), 32.0)
    array([2.], dtype=float32)
    """
    _check_step(step)
    hours = np.zeros(values.shape[1:], dtype=np.float32)
    for field in values:
        hours += np.where(np.isnan(field), np.nan, field > threshold).astype(np.float32)
    return hours * np.float32(step / 3600.0)


def degree_hours(values: NDArray[np.floating], threshold: float, *, step: float = 3600.0) -> Reals:
    """Sum what a value exceeds a threshold by, over time.

    Parameters
    ----------
    values : array (time, ...)
        Mean of each step, degC; NaN where there is no value.
    threshold : float
        degC.
    step : float
        Length of a step, s.

    Returns
    -------
    array (...), float32
        K h; NaN where a value is missing in any step.

    Raises
    ------
    InputError
        If the step is not positive.

    Examples
    --------
    >>> degree_hours(np.array([[30.0], [33.0], [35.0]]), 32.0)
    array([4.], dtype=float32)
    """
    _check_step(step)
    total = np.zeros(values.shape[1:], dtype=np.float64)
    for field in values:
        total += np.maximum(np.asarray(field, dtype=np.float64) - threshold, 0.0)
    return (total * (step / 3600.0)).astype(np.float32)


def _check_step(step: float) -> None:
    if not step > 0:
        raise InputError(f"step is {step:g} s; it must be positive")
