"""Statistics of a day: highest value, mean, hours above the classes of heat stress, degree hours.

They are taken step by step, so that no hourly field has to be kept. NaN (roofs) stays NaN.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.stress_classes import STRESS_CLASSES

Float32 = NDArray[np.float32]

WARM = ("moderate_heat_stress", "strong_heat_stress", "very_strong_heat_stress", "extreme_heat_stress")
"""Classes above whose lower bound hours are counted."""


def _hours_names(index: str) -> tuple[tuple[str, float], ...]:
    prefix = "" if index == "utci" else f"{index}_"
    classes = (one for one in STRESS_CLASSES[index] if one.meaning in WARM)
    return tuple((f"{prefix}{one.meaning}_duration", one.lower) for one in classes)


STRESS = {index: _hours_names(index) for index in STRESS_CLASSES}
"""Names of hours of heat stress and the bound above which they count, degC, by index."""

DEGREE_HOURS = {"utci": 32.0, "pet": 35.0, "pet_wg": 35.0, "perceived_temperature": 32.0}
"""Degree hours count above strong heat stress, degC."""

LASTING = 1e9
"""A threshold that nothing reaches, degC."""


@dataclass(frozen=True)
class Running:
    """Statistics of the steps so far, over the cells of a plate.

    highest, excess : (rows, columns) float32; total : the same in float64; over : (thresholds, rows, columns) float32
    """

    highest: Float32
    total: NDArray[np.float64]
    excess: Float32
    over: Float32


def statistics_of(name: str) -> tuple[str, ...]:
    """Return the names of the maps that a quantity gives.

    Parameters
    ----------
    name : str
        ``"mean_radiant_temperature"`` or an index.

    Examples
    --------
    >>> statistics_of("mean_radiant_temperature")
    ('mean_radiant_temperature_max', 'mean_radiant_temperature_mean')
    """
    hours = tuple(key for key, _ in STRESS.get(name, ()))
    degrees = (f"{name}_degree_hours",) if name in DEGREE_HOURS else ()
    return (f"{name}_max", f"{name}_mean", *hours, *degrees)


def begin(name: str, shape: tuple[int, int]) -> Running:
    """Return the statistics of a quantity before the first step.

    Parameters
    ----------
    name : str
        ``"mean_radiant_temperature"`` or an index.
    shape : tuple
        Rows and columns.

    Examples
    --------
    >>> begin("utci", (2, 3)).over.shape
    (4, 2, 3)
    """
    return Running(
        highest=np.full(shape, -np.inf, np.float32),
        total=np.zeros(shape, np.float64),
        excess=np.zeros(shape, np.float32),
        over=np.zeros((len(STRESS.get(name, ())), *shape), np.float32),
    )


def add(running: Running, name: str, values: Float32, hours: float) -> None:
    """Take one step into the statistics.

    Parameters
    ----------
    running : Running
        Changed.
    name : str
        ``"mean_radiant_temperature"`` or an index.
    values : array (rows, columns)
        Of the step, degC.
    hours : float
        Its length.

    Examples
    --------
    >>> running = begin("wbgt", (1, 1))
    >>> add(running, "wbgt", np.array([[30]], np.float32), 1.0)
    >>> float(running.highest[0, 0])
    30.0
    """
    from twin.heat import statistics_kernels as loops

    thresholds = np.array([threshold for _, threshold in STRESS.get(name, ())], np.float32)
    loops.add_step(
        values,
        float(hours),
        thresholds,
        DEGREE_HOURS.get(name, LASTING),
        running.highest,
        running.total,
        running.excess,
        running.over,
    )


def finish(running: Running, name: str, steps: int) -> dict[str, Float32]:
    """Return the maps of a quantity by name.

    Parameters
    ----------
    running : Running
        After the last step.
    name : str
        ``"mean_radiant_temperature"`` or an index.
    steps : int
        How many were taken.

    Examples
    --------
    >>> running = begin("utci", (1, 1))
    >>> for felt in (31.0, 35.0):
    ...     add(running, "utci", np.array([[felt]], np.float32), 1.0)
    >>> maps = finish(running, "utci", 2)
    >>> [float(maps[key][0, 0]) for key in ("utci_mean", "strong_heat_stress_duration", "utci_degree_hours")]
    [33.0, 1.0, 3.0]
    """
    mean = (running.total / steps).astype(np.float32)
    roof = np.isnan(mean)
    maps = {f"{name}_max": running.highest, f"{name}_mean": mean}
    maps |= {key: running.over[k] for k, (key, _) in enumerate(STRESS.get(name, ()))}
    if name in DEGREE_HOURS:
        maps[f"{name}_degree_hours"] = running.excess
    for field in maps.values():
        field[roof] = np.nan
    return maps
