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

WET_GROUND = 1.26
"""Coefficient of Priestley and Taylor (1972) over wet ground."""

DRY, SATURATED = 610.0, 2380.0
"""Thermal admittance of dry and of saturated soil, J m-2 K-1 s-1/2: means of sand and clay, Oke (1987), table 2.1."""

SOILS = ("gravel", "bare_soil", "grass", "cropland", "shrub", "forest")
"""Classes whose admittance follows the wetness of the soil."""

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
    soil_wetness: NDArray[Any] | None = None,
) -> NDArray[np.float32]:
    """Lay out albedo, emissivity, admittance and effective evaporation coefficient of every cell.

    Parameters
    ----------
    land_cover : array of int (rows, columns)
        Codes of `twin.city.surfaces`.
    albedo, emissivity, sealed_fraction : array (rows, columns), optional
        0 to 1; where missing or NaN, that of the land cover.
    soil_wetness : array (rows, columns), optional
        0 (dry) to 1 (saturated or irrigated); where missing or NaN, that of the land cover on a hot day. The share of
        wet ground's evaporation goes with it in proportion (J. W. Deardorff 1978, J. Geophys. Res. 83, 1889-1903), the
        admittance of soils from dry over that of the class to saturated.

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
    admittance, coefficient = uptake[..., 0], uptake[..., 1]
    if soil_wetness is not None:
        admittance, coefficient = _wetted(np.asarray(land_cover), uptake, np.asarray(soil_wetness, np.float64))
    evaporation = coefficient * (1.0 - chosen["sealed_fraction"])
    layers = (chosen["albedo"], chosen["emissivity"], admittance, evaporation)
    return np.ascontiguousarray(np.stack(layers, axis=-1), dtype=np.float32)


def _wetted(
    land_cover: NDArray[Any], uptake: NDArray[np.float64], wetness: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return admittance and evaporation coefficient of ground of a given wetness."""
    wet = WET_GROUND * wetness
    usual = uptake[..., 1] / WET_GROUND
    below = DRY + (uptake[..., 0] - DRY) * wetness / np.maximum(usual, 1e-6)
    above = uptake[..., 0] + (SATURATED - uptake[..., 0]) * (wetness - usual) / np.maximum(1.0 - usual, 1e-6)
    soil = np.isin(land_cover, [CODES[name] for name in SOILS])
    admittance = np.where(soil, np.where(wetness < usual, below, above), uptake[..., 0])
    known = ~np.isnan(wetness) & (land_cover != CODES["water"])
    return np.where(known, admittance, uptake[..., 0]), np.where(known, wet, uptake[..., 1])
