"""Classes of heat stress and cold stress of each index, in words (English, German) and colours; hours and degree hours.

A class holds from its lower bound up to, not including, the next. Classes are numbered from 0, the coldest, as CF flags
are. Colours run from dark blue over green (no stress) to violet.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twin.errors import InputError

MISSING = 255
"""Class of a cell without a value."""

Reals = NDArray[np.float32]
Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class StressClass:
    """One class of an index.

    flag : one word, as CF asks
    label_en, label_de : for people
    lower : index from which it holds, degC; minus infinity for the coldest
    colour : for maps
    """

    flag: str
    label_en: str
    label_de: str
    lower: float
    colour: str


_COLD = ("#08306b", "#2171b5", "#6baed6", "#c6dbef")
_NONE = "#a1d99b"
_HEAT = ("#ffeda0", "#feb24c", "#f03b20", "#7a0177")
_INF = float("-inf")

# Broede et al. (2012), table of the ten categories of thermal stress; German words: VDI 3787 part 2
_UTCI = (
    StressClass("extreme_cold_stress", "extreme cold stress", "extremer Kältestress", _INF, "#041c42"),
    StressClass("very_strong_cold_stress", "very strong cold stress", "sehr starker Kältestress", -40, _COLD[0]),
    StressClass("strong_cold_stress", "strong cold stress", "starker Kältestress", -27, _COLD[1]),
    StressClass("moderate_cold_stress", "moderate cold stress", "mäßiger Kältestress", -13, _COLD[2]),
    StressClass("slight_cold_stress", "slight cold stress", "schwacher Kältestress", 0, _COLD[3]),
    StressClass("no_thermal_stress", "no thermal stress", "keine thermische Belastung", 9, _NONE),
    StressClass("moderate_heat_stress", "moderate heat stress", "mäßige Wärmebelastung", 26, _HEAT[0]),
    StressClass("strong_heat_stress", "strong heat stress", "starke Wärmebelastung", 32, _HEAT[1]),
    StressClass("very_strong_heat_stress", "very strong heat stress", "sehr starke Wärmebelastung", 38, _HEAT[2]),
    StressClass("extreme_heat_stress", "extreme heat stress", "extreme Wärmebelastung", 46, _HEAT[3]),
)
_WORDS = (
    ("extreme_cold_stress", "extreme cold stress", "extremer Kältestress"),
    ("strong_cold_stress", "strong cold stress", "starker Kältestress"),
    ("moderate_cold_stress", "moderate cold stress", "mäßiger Kältestress"),
    ("slight_cold_stress", "slight cold stress", "schwacher Kältestress"),
    ("no_thermal_stress", "no thermal stress", "keine thermische Belastung"),
    ("slight_heat_stress", "slight heat stress", "schwache Wärmebelastung"),
    ("moderate_heat_stress", "moderate heat stress", "mäßige Wärmebelastung"),
    ("strong_heat_stress", "strong heat stress", "starke Wärmebelastung"),
    ("extreme_heat_stress", "extreme heat stress", "extreme Wärmebelastung"),
)


def _nine(*bounds: float) -> tuple[StressClass, ...]:
    colours = (*_COLD, _NONE, *_HEAT)
    return tuple(
        StressClass(*words, lower, colour)
        for words, lower, colour in zip(_WORDS, (_INF, *bounds), colours, strict=True)
    )


CLASSES: dict[str, tuple[StressClass, ...]] = {
    "utci": _UTCI,
    # Matzarakis and Mayer (1996), WHO Newsletter on Biometeorology 18, 7-10; so in VDI 3787 part 2
    "pet": _nine(4, 8, 13, 18, 23, 29, 35, 41),
    "pet_wg": _nine(4, 8, 13, 18, 23, 29, 35, 41),
    # VDI 3787 part 2; Staiger, Laschewski and Graetz (2012)
    "perceived_temperature": _nine(-39, -26, -13, 0, 20, 26, 32, 38),
}
"""Classes by index, coldest first."""


def classify(index: str, values: ArrayLike) -> Bytes:
    """Sort values of an index into its classes.

    Parameters
    ----------
    index : str
        One of `CLASSES`.
    values : array
        degC, of any shape.

    Returns
    -------
    array of uint8
        Number of the class, 0 for the coldest; `MISSING` where the value is NaN.

    Raises
    ------
    InputError
        If the index has no classes.

    Examples
    --------
    >>> classify("utci", [-50.0, 20.0, 32.0, float("nan")])
    array([  0,   5,   7, 255], dtype=uint8)
    """
    field = np.asarray(values)
    bounds = np.array(
        [one.lower for one in _classes(index)[1:]], dtype=field.dtype if field.dtype.kind == "f" else float
    )
    found = np.searchsorted(bounds, field, side="right").astype(np.uint8)
    return np.where(np.isnan(field), np.uint8(MISSING), found)


def labels(index: str, language: str = "en") -> tuple[str, ...]:
    """Name the classes of an index for people, coldest first.

    Parameters
    ----------
    index : str
        One of `CLASSES`.
    language : str
        ``"en"`` or ``"de"``.

    Raises
    ------
    InputError
        If the index has no classes.

    Examples
    --------
    >>> labels("pet", "de")[-1]
    'extreme Wärmebelastung'
    """
    return tuple(one.label_de if language == "de" else one.label_en for one in _classes(index))


def flag_attributes(index: str) -> dict[str, object]:
    """Return CF attributes of a variable that holds the classes of an index.

    Parameters
    ----------
    index : str
        One of `CLASSES`.

    Raises
    ------
    InputError
        If the index has no classes.

    Examples
    --------
    >>> flag_attributes("pet")["flag_meanings"].split()[0]
    'extreme_cold_stress'
    """
    classes = _classes(index)
    return {
        "flag_values": np.arange(len(classes), dtype=np.uint8),
        "flag_meanings": " ".join(one.flag for one in classes),
        "flag_colors": " ".join(one.colour for one in classes),
    }


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


def _classes(index: str) -> tuple[StressClass, ...]:
    if index not in CLASSES:
        raise InputError(f"{index!r} has no classes of stress; there are some of: {', '.join(CLASSES)}")
    return CLASSES[index]


def _check_step(step: float) -> None:
    if not step > 0:
        raise InputError(f"step is {step:g} s; it must be positive")
