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
    "MUS55": "Musgrave (1955), How much of the rain enters the soil?, in Water: USDA Yearbook of Agriculture, 151-159: "
    "final rates of the hydrologic soil groups D, C, B and A part at 0.05, 0.15 and 0.30 in/h (1.3, 3.8 and 7.6 mm/h)",
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

INFILTRATION_BOUNDS = (0.0, 1.3, 3.8, 7.6)
"""Least final infiltration rate (mm/h) of very low (above it), low, medium and high infiltration: the hydrologic soil
groups D, C, B and A, key MUS55 of `SOURCES`, applied to the whole cell with its sealed share."""

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
    share = table["sealed_fraction"][codes]
    if sealed_fraction is not None:
        share = np.where(np.isnan(sealed_fraction), share, sealed_fraction)
        if (share < 0).any() or (share > 1).any():
            raise InputError(f"sealed_fraction reaches from {share.min():g} to {share.max():g}; it must be 0 to 1")
    fields = {}
    for name, values in table.items():  # one after the other: in float64, all of them would need half a city's memory
        field = share if name == "sealed_fraction" else values[codes]
        if name in ("infiltration_initial_rate", "infiltration_final_rate"):
            field = field * (1.0 - share)
        fields[name] = field.astype(np.float32)
    return fields


def infiltration_class(land_cover: NDArray[Any], final_rate: NDArray[Any]) -> NDArray[np.uint8]:
    """Sort cells by how much water they let in for good.

    Parameters
    ----------
    land_cover : array of int
        Codes, 1 to 10.
    final_rate : array of float
        Final infiltration rate of the whole cell, m/s, as in `surface_parameters`.

    Returns
    -------
    array of uint8
        Flags of `infiltration_class` in `twin.variables`: 0 sealed, 1 very low to 4 high, 5 water.

    Examples
    --------
    Asphalt, paving, gravel, grass, wood and water:

    >>> codes = np.array([1, 2, 4, 6, 9, 10])
    >>> infiltration_class(codes, surface_parameters(codes)["infiltration_final_rate"]).tolist()
    [0, 1, 2, 3, 4, 5]
    """
    from twin import variables

    # rates come in single precision, whose round-off must not move a soil across a bound
    bounds = np.array(INFILTRATION_BOUNDS, np.float64) * _MM_PER_HOUR * (1.0 - 1e-6)
    bounds[0] = 1e-12  # m/s
    classes = np.searchsorted(bounds.astype(np.float32), final_rate, side="right").astype(np.uint8)
    classes[np.asarray(land_cover) == CODES["water"]] = variables.flag("infiltration_class", "water")
    return classes


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
    """Return the grid with what follows from its `land_cover`, and `sealed_fraction` if it has one.

    That is all of `PARAMETERS`, and `infiltration_class`.

    Examples
    --------
    >>> grid = xr.Dataset({"land_cover": (("y", "x"), np.array([[1, 6]], np.uint8))})
    >>> [round(float(n), 3) for n in with_parameters(grid).manning.values[0]]
    [0.016, 0.035]
    """
    from twin import variables

    share = grid["sealed_fraction"].values if "sealed_fraction" in grid else None
    fields: dict[str, NDArray[Any]] = dict(surface_parameters(grid["land_cover"].values, share))
    source = {
        name: " | ".join(f"{key}: {SOURCES[key]}" for key in sorted({row.sources[name] for row in _TABLE}))
        for name in PARAMETERS
    }
    fields["infiltration_class"] = infiltration_class(grid["land_cover"].values, fields["infiltration_final_rate"])
    source["infiltration_class"] = f"MUS55: {SOURCES['MUS55']}"
    coordinates = grid["land_cover"].coords
    return grid.assign(
        {
            name: variables.describe(
                xr.DataArray(values, coordinates, ("y", "x"), name=name, attrs={"parameter_source": source[name]})
            )
            for name, values in fields.items()
        }
    )
