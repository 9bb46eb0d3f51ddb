"""How grounds, walls and crowns take up heat: what the heat model needs beyond the city's table of surfaces.

Albedo, emissivity and sealed share come from the grid, or else from `twin.city.surfaces`; thermal admittance and
evaporation stand here, a source per number. The sealed share of a cell evaporates nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.city.surfaces import CODES, surface_parameters


@dataclass(frozen=True)
class HeatUptake:
    """What one land cover class does with the energy it absorbs.

    admittance : thermal admittance (square root of conductivity times heat capacity), J m-2 K-1 s-1/2
    evaporation : Priestley-Taylor coefficient of the unsealed part: 1.26 over wet ground, 0 when nothing evaporates
    """

    admittance: float
    evaporation: float


# Admittance: T. R. Oke (1987), Boundary Layer Climates, 2nd ed., tables 2.1 and 7.4: asphalt 1205, dense concrete
# 1785, dry sandy soil 620, saturated 2550, dry clay 600, saturated 2210, still water 1545; soils here are half dry.
# Evaporation: C. Priestley and R. Taylor (1972), Mon. Weather Rev. 100: 1.26 over wet ground; H. de Bruin and
# A. Holtslag (1982), J. Appl. Meteorol. 21: about 1 over well-watered short grass. Values below allow for the dry
# topsoil of a hot spell and are assumptions within that range; gravel and bare soil dry first.
UPTAKE: dict[str, HeatUptake] = {
    "asphalt": HeatUptake(1205.0, 0.75),  # what evaporates is the unsealed share only: grass in the gaps
    "paving": HeatUptake(1785.0, 0.75),
    "roof": HeatUptake(1205.0, 0.75),  # no receiver; kept so that a cleared plot has numbers
    "gravel": HeatUptake(1000.0, 0.30),
    "bare_soil": HeatUptake(1000.0, 0.40),
    "grass": HeatUptake(1000.0, 0.75),
    "cropland": HeatUptake(1000.0, 0.80),
    "shrub": HeatUptake(1000.0, 0.85),
    "forest": HeatUptake(1000.0, 0.90),
    "water": HeatUptake(15450.0, 1.26),  # mixing carries heat down: ten times still water, so that it hardly warms
}

WALL_ALBEDO = 0.20
"""Mixed facades, Lindberg et al. (2008)."""

WALL_EMISSIVITY = 0.90
"""Lindberg et al. (2008)."""

WALL_ADMITTANCE = 1065.0
"""Brick, Oke (1987), table 7.4."""

CROWN_ALBEDO = 0.18
"""Deciduous crowns in leaf, Oke (1987), table 1.1: 0.15 to 0.20."""


def ground_fields(
    land_cover: NDArray[Any],
    *,
    albedo: NDArray[Any] | None = None,
    emissivity: NDArray[Any] | None = None,
    sealed_fraction: NDArray[Any] | None = None,
) -> NDArray[np.float32]:
    """Lay out albedo, emissivity, admittance and effective evaporation coefficient of every cell.

    Parameters
    ----------
    land_cover : array of int (rows, columns)
        Codes of `twin.city.surfaces`.
    albedo, emissivity, sealed_fraction : array (rows, columns), optional
        0 to 1; where missing or NaN, that of the land cover.

    Returns
    -------
    array (rows, columns, 4), float32

    Raises
    ------
    InputError
        If a code is unknown.

    Examples
    --------
    >>> ground_fields(np.array([[1, 6]]))[0, :, 3].tolist()
    [0.0, 0.75]
    """
    defaults = surface_parameters(land_cover)
    given = {"albedo": albedo, "emissivity": emissivity, "sealed_fraction": sealed_fraction}
    chosen = {
        name: defaults[name] if field is None else np.where(np.isnan(field), defaults[name], field)
        for name, field in given.items()
    }
    table = np.zeros((max(CODES.values()) + 1, 2))
    for name, code in CODES.items():
        table[code] = (UPTAKE[name].admittance, UPTAKE[name].evaporation)
    uptake = table[np.asarray(land_cover, dtype=np.int64)]
    evaporation = uptake[..., 1] * (1.0 - chosen["sealed_fraction"])
    layers = (chosen["albedo"], chosen["emissivity"], uptake[..., 0], evaporation)
    return np.ascontiguousarray(np.stack(layers, axis=-1), dtype=np.float32)
