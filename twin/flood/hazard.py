"""Hazard classes from water depth and flow velocity, by limits that are data and can be replaced.

Classes are CF flags: 0 none, 1 low, 2 moderate, 3 high, 4 very high; cells outside the domain hold 255.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from twin.errors import InputError
from twin.variables import describe

OUTSIDE = 255
_MEANINGS_EN = ("none", "low", "moderate", "high", "very_high")
_MEANINGS_DE = ("keine", "gering", "mittel", "hoch", "sehr_hoch")


@dataclass(frozen=True)
class HazardLimits:
    """Where one class of depth or velocity ends and the next begins, and the hazard of each pair.

    depths : ascending limits, m; a depth that equals a limit belongs to the class above
    velocities : ascending limits, m/s
    matrix : hazard 0 to 4, a row for each class of depth (one more than limits), a column for each of velocity
    source : where the numbers come from

    Raises
    ------
    InputError
        If limits do not ascend from above 0, or the matrix does not fit them.

    Examples
    --------
    >>> HazardLimits((0.1, 0.5), (1.0,), ((0, 0), (1, 2), (3, 4)), "town council").depths
    (0.1, 0.5)
    """

    depths: tuple[float, ...]
    velocities: tuple[float, ...]
    matrix: tuple[tuple[int, ...], ...]
    source: str

    def __post_init__(self) -> None:
        for name, limits in (("depth", self.depths), ("velocity", self.velocities)):
            rising = all(low < high for low, high in zip((0.0, *limits), limits, strict=False))
            if not rising or not np.isfinite(limits).all():
                raise InputError(f"the {name} limits are {limits}; they must be finite and ascend from above 0")
        shape = (len(self.depths) + 1, len(self.velocities) + 1)
        if len(self.matrix) != shape[0] or any(len(row) != shape[1] for row in self.matrix):
            raise InputError(f"the hazard matrix must have {shape[0]} rows (depth) of {shape[1]} numbers (velocity)")
        if any(value not in range(5) for row in self.matrix for value in row):
            raise InputError("the hazard matrix holds a class other than 0, 1, 2, 3, 4")


LUBW = HazardLimits(
    depths=(0.05, 0.10, 0.50, 1.00),
    velocities=(0.2, 0.5, 2.0),
    matrix=((0, 0, 0, 0), (1, 1, 2, 3), (2, 2, 2, 3), (3, 3, 3, 3), (4, 4, 4, 4)),
    source=(
        "class limits as in the heavy-rain hazard maps of LUBW, Leitfaden Kommunales Starkregenrisikomanagement in "
        "Baden-Wuerttemberg (2016), which shows depth and velocity apart; the worse of the two is taken here"
    ),
)
"""Depth 5, 10, 50, 100 cm and velocity 0.2, 0.5, 2 m/s; the hazard is the higher of both, none below 5 cm."""


def hazard_class(depth: xr.DataArray, velocity: xr.DataArray, limits: HazardLimits = LUBW) -> xr.DataArray:
    """Classify cells by depth and velocity.

    Parameters
    ----------
    depth : xr.DataArray
        Water depth, m, >= 0, NaN outside the domain; usually the highest of a run.
    velocity : xr.DataArray
        Flow velocity, m/s, >= 0, on the same cells.
    limits : HazardLimits
        Limits and matrix; the default is `LUBW`.

    Returns
    -------
    xr.DataArray
        `hazard_class`, uint8, with CF flags and labels in English and German; 255 where a value is missing.

    Raises
    ------
    InputError
        If the shapes differ or a value is negative.

    Examples
    --------
    >>> depth = xr.DataArray([0.02, 0.07, 0.30, 2.0, np.nan], dims="x")
    >>> hazard_class(depth, xr.zeros_like(depth) + 0.1).values.tolist()
    [0, 1, 2, 4, 255]
    """
    if depth.dims != velocity.dims or depth.shape != velocity.shape:
        raise InputError(f"depth is {depth.dims} {depth.shape} and velocity {velocity.dims} {velocity.shape}")
    for name, array in (("depth", depth), ("velocity", velocity)):
        if bool((array < 0).any()):
            raise InputError(f"a {name} is {float(array.min()):g}; it must be >= 0")
    # float32 results are compared with limits of the same type, so that 0.1 stored as float32 is not below 0.1
    by_depth = np.digitize(depth.values, np.asarray(limits.depths, dtype=depth.dtype))
    by_velocity = np.digitize(velocity.values, np.asarray(limits.velocities, dtype=velocity.dtype))
    # digitize puts NaN into the highest class: those cells are outside
    classes = np.asarray(limits.matrix, dtype=np.uint8)[by_depth, by_velocity]
    classes = np.where(np.isnan(depth.values) | np.isnan(velocity.values), np.uint8(OUTSIDE), classes)
    attributes = {
        "flag_values": np.arange(5, dtype=np.uint8),
        "flag_meanings": " ".join(_MEANINGS_EN),
        "flag_meanings_de": " ".join(_MEANINGS_DE),
        "outside_domain": OUTSIDE,
        "depth_limits": np.array(limits.depths),
        "velocity_limits": np.array(limits.velocities),
        "source": limits.source,
    }
    return describe(xr.DataArray(classes, depth.coords, depth.dims, "hazard_class", attributes))
