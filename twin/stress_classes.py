"""Classes of thermal stress of the indices of felt temperature: bounds and names, the coldest class first.

Ground, because the heat model counts hours by these bounds and comparisons draw and name them. A value on a bound
belongs to the class below it: strong heat stress begins above 32 °C (UTCI).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.errors import InputError

UNKNOWN = 255
"""Class number of cells without a value."""


@dataclass(frozen=True)
class StressClass:
    """One class of thermal stress.

    meaning : one word for machines, such as ``"strong_heat_stress"``
    label_en, label_de : name for people
    lower, upper : bounds, degC; above `lower`, up to and including `upper`
    """

    meaning: str
    label_en: str
    label_de: str
    lower: float
    upper: float

    def label(self, language: str = "en") -> str:
        """Name in `language`: ``"en"`` or ``"de"``."""
        return self.label_de if language == "de" else self.label_en


_COLD = {
    "extreme_cold_stress": ("extreme cold stress", "extremer Kältestress"),
    "very_strong_cold_stress": ("very strong cold stress", "sehr starker Kältestress"),
    "strong_cold_stress": ("strong cold stress", "starker Kältestress"),
    "moderate_cold_stress": ("moderate cold stress", "mäßiger Kältestress"),
    "slight_cold_stress": ("slight cold stress", "leichter Kältestress"),
    "no_thermal_stress": ("no thermal stress", "keine Belastung"),
}
_HEAT = {
    "slight_heat_stress": ("slight heat stress", "leichte Wärmebelastung"),
    "moderate_heat_stress": ("moderate heat stress", "mäßige Wärmebelastung"),
    "strong_heat_stress": ("strong heat stress", "starke Wärmebelastung"),
    "very_strong_heat_stress": ("very strong heat stress", "sehr starke Wärmebelastung"),
    "extreme_heat_stress": ("extreme heat stress", "extreme Wärmebelastung"),
}


def _scale(bounds: tuple[float, ...], *meanings: str) -> tuple[StressClass, ...]:
    names = _COLD | _HEAT
    edges = (-math.inf, *bounds, math.inf)
    return tuple(
        StressClass(meaning, *names[meaning], lower, upper)
        for meaning, lower, upper in zip(meanings, edges[:-1], edges[1:], strict=True)
    )


# Matzarakis and Mayer (1996), WHO Newsletter 18, 7-10; the same bounds in VDI 3787 part 2 (2008)
_PET = _scale(
    (4.0, 8.0, 13.0, 18.0, 23.0, 29.0, 35.0, 41.0),
    "extreme_cold_stress",
    "strong_cold_stress",
    "moderate_cold_stress",
    "slight_cold_stress",
    "no_thermal_stress",
    "slight_heat_stress",
    "moderate_heat_stress",
    "strong_heat_stress",
    "extreme_heat_stress",
)

STRESS_CLASSES: dict[str, tuple[StressClass, ...]] = {
    # Bröde et al. (2012), International Journal of Biometeorology 56, 481-494, table of the assessment scale
    "utci": _scale(
        (-40.0, -27.0, -13.0, 0.0, 9.0, 26.0, 32.0, 38.0, 46.0),
        "extreme_cold_stress",
        "very_strong_cold_stress",
        "strong_cold_stress",
        "moderate_cold_stress",
        "slight_cold_stress",
        "no_thermal_stress",
        "moderate_heat_stress",
        "strong_heat_stress",
        "very_strong_heat_stress",
        "extreme_heat_stress",
    ),
    "pet": _PET,
    "pet_wg": _PET,
    # Staiger, Laschewski and Grätz (2012), International Journal of Biometeorology 56, 165-176; VDI 3787 part 2
    "perceived_temperature": _scale(
        (-39.0, -26.0, -13.0, 0.0, 20.0, 26.0, 32.0, 38.0),
        "extreme_cold_stress",
        "strong_cold_stress",
        "moderate_cold_stress",
        "slight_cold_stress",
        "no_thermal_stress",
        "slight_heat_stress",
        "moderate_heat_stress",
        "strong_heat_stress",
        "extreme_heat_stress",
    ),
}
"""Classes by index: `utci`, `pet`, `pet_wg`, `perceived_temperature`."""


def stress_classes(index: str) -> tuple[StressClass, ...]:
    """Return the classes of an index, the coldest first.

    Parameters
    ----------
    index : str
        ``"utci"``, ``"pet"``, ``"pet_wg"`` or ``"perceived_temperature"``.

    Raises
    ------
    InputError
        If the index has no classes.

    Examples
    --------
    >>> [(c.label_de, c.upper) for c in stress_classes("utci")[-3:-1]]
    [('starke Wärmebelastung', 38.0), ('sehr starke Wärmebelastung', 46.0)]
    """
    if index not in STRESS_CLASSES:
        raise InputError(f"{index!r} has no classes of thermal stress; these have: {', '.join(STRESS_CLASSES)}")
    return STRESS_CLASSES[index]


def classify(values: Any, index: str = "utci") -> NDArray[np.uint8]:
    """Return the class number of every value, 0 for the coldest class, 255 where there is no value.

    Parameters
    ----------
    values : array of float
        degC; NaN where there is none.
    index : str
        The index the values are of, see `stress_classes`.

    Raises
    ------
    InputError
        If the index has no classes.

    Examples
    --------
    >>> [stress_classes("utci")[i].meaning for i in classify([32.0, 32.1])]
    ['moderate_heat_stress', 'strong_heat_stress']
    """
    field = np.asarray(values)
    bounds = [one.upper for one in stress_classes(index)[:-1]]
    found = np.searchsorted(bounds, field, side="left").astype(np.uint8)
    return np.where(np.isnan(field), np.uint8(UNKNOWN), found).astype(np.uint8)
