"""Whether trees are in leaf: what crowns let through when nobody says it."""

from __future__ import annotations

import numpy as np

from twin.heat.shade import CANOPY_TRANSMISSIVITY

LEAFLESS_TRANSMISSIVITY = 0.46
"""Share of direct sun through a crown without leaves: J. Konarska et al. (2014), Theor. Appl. Climatol. 117, measured
0.40 to 0.52 below single trees in Göteborg; the middle."""

IN_LEAF = (105, 304)
"""Days of the year between which deciduous trees are in leaf, middle of April to end of October (German lowlands)."""

TROPICS = 23.5
"""Latitude below which there is no winter, degrees."""


def canopy_transmissivity_of(date: np.datetime64, latitude: float) -> float:
    """Return the share of direct sun that a deciduous crown lets through on a day.

    Parameters
    ----------
    date : np.datetime64
        Any time of the day.
    latitude : float
        Degrees; south of the equator the seasons are half a year apart.

    Examples
    --------
    >>> canopy_transmissivity_of(np.datetime64("2018-07-26"), 50.0)
    0.04
    >>> canopy_transmissivity_of(np.datetime64("2018-07-26"), -35.0)
    0.46
    """
    if abs(latitude) < TROPICS:
        return CANOPY_TRANSMISSIVITY
    day = date.astype("datetime64[D]")
    number = int((day - day.astype("datetime64[Y]")).astype(int)) + 1
    if latitude < 0:
        number = (number + 182) % 365
    first, last = IN_LEAF
    return CANOPY_TRANSMISSIVITY if first <= number <= last else LEAFLESS_TRANSMISSIVITY
