"""What the ground is made of: land-cover classes, their parameters, and the source of every number.

The classes describe the ground, not what stands above it: a street under trees is asphalt, its crowns are in
`canopy_height`. Infiltration rates in the table are those of the unsealed soil; on a grid they are multiplied by the
unsealed share of the cell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin.errors import InputError

_MM_PER_HOUR = 1e-3 / 3600.0
_PER_HOUR = 1.0 / 3600.0

SOURCES = {
    "LOG16": "Lindberg, Onomura and Grimmond (2016), Influence of ground surface characteristics on the mean radiant "
    "temperature in urban areas, Int. J. Biometeorol. 60, 1439-1452",
    "OKE87": "Oke (1987), Boundary Layer Climates, 2nd ed., tables of radiative properties of natural surfaces and of "
    "urban materials; a value inside the range given there",
    "CHOW59": "Chow (1959), Open-Channel Hydraulics, table 5-6, normal value",
    "SWMM16": "Rossman and Huber (2016), Storm Water Management Model Reference Manual I: Hydrology, "
    "EPA/600/R-15/162A, chapter 4: Horton parameters of loam at field capacity, hydrologic soil group B",
    "DWA153": "DWA-M 153 (2007), table 2: mean runoff coefficient, taken as effectively sealed share",
    "DEF": "by definition of the class",
}
"""Citations of the keys in the table."""


@dataclass(frozen=True)
class Surface:
    """One land-cover class; `sources` names a key of `SOURCES` for each number.

    sealed_fraction, albedo, emissivity : 0 to 1
    manning : s m-1/3
    infiltration_initial_rate, infiltration_final_rate : of the unsealed soil, m/s
    infiltration_decay : 1/s
    """

    code: int
    name: str
    label_de: str
    sealed_fraction: float
    albedo: float
    emissivity: float
    manning: float
    infiltration_initial_rate: float
    infiltration_final_rate: float
    infiltration_decay: float
    sources: dict[str, str]


# Loam takes 3 in/h when dry and bare, twice that under dense vegetation, a third of either at field capacity; group B
# ends between 0.15 and 0.30 in/h. Decay: 2 to 7 per hour, 4 taken.
_BARE = (76.2 / 3, 3.8)
_MEADOW = (152.4 / 3, 5.7)
_WOOD = (152.4 / 3, 7.6)
_NONE = (0.0, 0.0)


def _surface(
    code: int,
    name: str,
    label_de: str,
    sealed: tuple[float, str],
    radiation: tuple[float, float, str],
    manning: float,
    soil: tuple[float, float],
) -> Surface:
    rates = "SWMM16" if soil != _NONE else "DEF"
    return Surface(
        code,
        name,
        label_de,
        sealed[0],
        radiation[0],
        radiation[1],
        manning,
        soil[0] * _MM_PER_HOUR,
        soil[1] * _MM_PER_HOUR,
        4.0 * _PER_HOUR if soil != _NONE else 0.0,
        {
            "sealed_fraction": sealed[1],
            "albedo": radiation[2],
            "emissivity": radiation[2],
            "manning": "CHOW59",
            "infiltration_initial_rate": rates,
            "infiltration_final_rate": rates,
            "infiltration_decay": rates,
        },
    )


# Manning, in the order of the rows: rough asphalt; dressed stone in mortar; smooth asphalt; clean gravel; earth after
# weathering; pasture with high grass; mature field crops; light brush and trees in summer; heavy stand of timber;
# clean straight stream.
_TABLE = (
    _surface(1, "asphalt", "Asphalt", (1.0, "DEF"), (0.18, 0.95, "LOG16"), 0.016, _NONE),
    _surface(2, "paving", "Pflaster", (0.75, "DWA153"), (0.20, 0.95, "LOG16"), 0.017, _BARE),
    _surface(3, "roof", "Dach", (1.0, "DEF"), (0.18, 0.95, "LOG16"), 0.013, _NONE),
    _surface(4, "gravel", "Kies und Schotter", (0.6, "DWA153"), (0.25, 0.92, "OKE87"), 0.025, _BARE),
    _surface(5, "bare_soil", "offener Boden", (0.0, "DEF"), (0.25, 0.94, "LOG16"), 0.022, _BARE),
    _surface(6, "grass", "Gras", (0.0, "DEF"), (0.16, 0.94, "LOG16"), 0.035, _MEADOW),
    _surface(7, "cropland", "Acker", (0.0, "DEF"), (0.20, 0.95, "OKE87"), 0.040, _BARE),
    _surface(8, "shrub", "Gebüsch", (0.0, "DEF"), (0.18, 0.96, "OKE87"), 0.060, _MEADOW),
    _surface(9, "forest", "Wald", (0.0, "DEF"), (0.18, 0.97, "OKE87"), 0.100, _WOOD),
    _surface(10, "water", "Wasser", (0.0, "DEF"), (0.05, 0.98, "LOG16"), 0.030, _NONE),
)

SURFACES: dict[str, Surface] = {surface.name: surface for surface in _TABLE}
"""All classes by name."""

CODES: dict[str, int] = {surface.name: surface.code for surface in _TABLE}
"""Code of each class on the grid."""

PARAMETERS = (
    "sealed_fraction",
    "albedo",
    "emissivity",
    "manning",
    "infiltration_initial_rate",
    "infiltration_final_rate",
    "infiltration_decay",
)
"""Variables of the grid that follow from the land cover."""


def surface(name: str) -> Surface:
    """Return a class by its name.

    Raises
    ------
    InputError
        If there is no such class.

    Examples
    --------
    >>> surface("grass").code
    6
    """
    if name not in SURFACES:
        raise InputError(f"land cover {name!r} is not known; use one of: {', '.join(SURFACES)}")
    return SURFACES[name]


def surface_parameters(
    land_cover: NDArray[Any], sealed_fraction: NDArray[Any] | None = None
) -> dict[str, NDArray[np.float32]]:
    """Look up the parameters of every cell.

    Parameters
    ----------
    land_cover : array of int
        Codes, 1 to 10.
    sealed_fraction : array of float, optional
        Sealed share where it is known better than from the class; NaN where it is not.

    Returns
    -------
    dict
        One float32 array for each name in `PARAMETERS`. Infiltration rates are those of the whole cell, the sealed
        share letting nothing in.

    Raises
    ------
    InputError
        If a code is not one of the table, or a share lies outside 0 to 1.

    Examples
    --------
    >>> surface_parameters(np.array([1, 6]))["sealed_fraction"].tolist()
    [1.0, 0.0]
    """
    codes = np.asarray(land_cover)
    unknown = np.setdiff1d(np.unique(codes), list(CODES.values()))
    if len(unknown):
        raise InputError(f"land_cover holds the code {unknown[0]}; codes are {CODES}")
    table = {name: np.zeros(max(CODES.values()) + 1) for name in PARAMETERS}
    for row in _TABLE:
        for name in PARAMETERS:
            table[name][row.code] = getattr(row, name)
    fields = {name: values[codes] for name, values in table.items()}
    if sealed_fraction is not None:
        share = np.where(np.isnan(sealed_fraction), fields["sealed_fraction"], sealed_fraction)
        if (share < 0).any() or (share > 1).any():
            raise InputError(f"sealed_fraction reaches from {share.min():g} to {share.max():g}; it must be 0 to 1")
        fields["sealed_fraction"] = share
    for name in ("infiltration_initial_rate", "infiltration_final_rate"):
        fields[name] = fields[name] * (1.0 - fields["sealed_fraction"])
    return {name: values.astype(np.float32) for name, values in fields.items()}


def land_cover_attributes() -> dict[str, Any]:
    """Return the CF attributes that say what the codes mean.

    Examples
    --------
    >>> land_cover_attributes()["flag_meanings"].split()[5]
    'grass'
    """
    return {
        "flag_values": np.array(list(CODES.values()), np.uint8),
        "flag_meanings": " ".join(CODES),
    }


def with_parameters(grid: xr.Dataset) -> xr.Dataset:
    """Return the grid with the parameters that follow from its `land_cover`, and `sealed_fraction` if it has one.

    Examples
    --------
    >>> grid = xr.Dataset({"land_cover": (("y", "x"), np.array([[1, 6]], np.uint8))})
    >>> [round(float(n), 3) for n in with_parameters(grid).manning.values[0]]
    [0.016, 0.035]
    """
    from twin import variables

    share = grid["sealed_fraction"].values if "sealed_fraction" in grid else None
    fields = surface_parameters(grid["land_cover"].values, share)
    source = {
        name: " | ".join(f"{key}: {SOURCES[key]}" for key in sorted({row.sources[name] for row in _TABLE}))
        for name in PARAMETERS
    }
    coordinates = grid["land_cover"].coords
    return grid.assign(
        {
            name: variables.describe(
                xr.DataArray(values, coordinates, ("y", "x"), name=name, attrs={"parameter_source": source[name]})
            )
            for name, values in fields.items()
        }
    )
