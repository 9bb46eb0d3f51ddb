"""Colours of maps: one scale per quantity for all variants, one about zero for differences, safe for the colour-blind.

Sequential ramps rise in lightness only one way; the diverging ramp goes from purple (less) over white to orange (more).
Purple against orange is told apart with every common form of colour blindness (Brewer's PuOr).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

DEPTH_CLASSES = (0.05, 0.1, 0.2, 0.3, 0.5, 1.0)
"""Lower bounds of the classes of water depth, m; shallower water is not coloured."""

_WATER = ("#bcd7ee", "#8fc1e3", "#5aa2d1", "#2b7bba", "#0b559f", "#08264d")  # one hue, ever darker


@dataclass(frozen=True)
class ColourScale:
    """How values become colours.

    ramp : name of a matplotlib colour map, or ``"water"`` for the classes of water depth
    minimum, maximum : ends of the scale; values beyond get the end colours
    bounds : class bounds; empty for a continuous scale
    hidden_below : values with a smaller magnitude are not coloured, so that the backdrop shows
    diverging : whether the scale is centred on zero
    """

    ramp: str
    minimum: float
    maximum: float
    bounds: tuple[float, ...] = ()
    hidden_below: float = 0.0
    diverging: bool = False

    def norm(self) -> Any:
        """Return the matplotlib norm."""
        from matplotlib.colors import BoundaryNorm, Normalize

        if self.bounds:
            return BoundaryNorm(self.bounds, len(_WATER), extend="max")
        return Normalize(self.minimum, self.maximum, clip=False)

    def colour_map(self) -> Any:
        """Return the matplotlib colour map; NaN is transparent."""
        from matplotlib import colormaps
        from matplotlib.colors import ListedColormap

        if self.ramp == "water":
            return ListedColormap(_WATER)
        return colormaps[self.ramp].with_extremes(bad=(0, 0, 0, 0))

    def visible(self, values: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the values with NaN where they are not coloured."""
        return np.where(np.abs(values) < self.hidden_below, np.nan, np.asarray(values, np.float64))

    def extend(self, values: Iterable[NDArray[np.floating]]) -> str:
        """Return which ends of the colour bar are pointed because values lie beyond: matplotlib's `extend`."""
        low = any(bool((array < self.minimum).any()) for array in values) and not self.bounds
        high = any(bool((array > self.maximum).any()) for array in values)
        return {(False, False): "neither", (True, False): "min", (False, True): "max", (True, True): "both"}[low, high]


_FELT = ("utci", "pet", "perceived_temperature", "wbgt", "mean_radiant")


def value_scale(name: str, values: Iterable[NDArray[np.floating]]) -> ColourScale:
    """Return the scale of a quantity over all variants.

    Parameters
    ----------
    name : str
        Variable, such as ``"water_depth_max"``.
    values : iterable of arrays
        The maps of all variants.

    Examples
    --------
    >>> value_scale("utci_max", [np.array([28.3, 40.1])]).maximum
    42.0
    """
    if name == "water_depth_max":
        return ColourScale("water", DEPTH_CLASSES[0], DEPTH_CLASSES[-1], DEPTH_CLASSES, hidden_below=DEPTH_CLASSES[0])
    low, high = _middle_range(values)
    if name in ("flow_velocity_max", "infiltrated_depth"):
        low = 0.0
    step = _step(high - low)
    # flowing water dark where it is fast; a film that creeps is not coloured
    hidden = 0.1 if name == "flow_velocity_max" else 0.0
    if name in ("sky_view_factor", "shaded_share"):
        return ColourScale("cividis", 0.0, 1.0)
    ramp = "inferno" if name.startswith(_FELT) or name.endswith("heat_stress_duration") else "cividis_r"
    if name == "sunlit_hours":  # the sun is bright
        ramp, low = "cividis", 0.0
    minimum, maximum = np.floor(low / step) * step, np.ceil(high / step) * step
    return ColourScale(ramp, float(minimum), float(max(maximum, minimum + step)), hidden_below=hidden)


def difference_scale(values: Iterable[NDArray[np.floating]], smallest: float) -> ColourScale:
    """Return a scale centred on zero over the differences of all variants.

    Parameters
    ----------
    values : iterable of arrays
    smallest : float
        Differences below are not coloured.

    Examples
    --------
    >>> scale = difference_scale([np.array([-3.0, 1.0])], 0.1)
    >>> scale.minimum, scale.maximum
    (-3.0, 3.0)
    """
    known = np.abs(np.concatenate([np.ravel(array[np.isfinite(array)]) for array in values] or [np.zeros(0)]))
    known = known[known >= smallest]
    # the 98th percentile: a single odd cell must not wash out the rest
    reach = float(np.percentile(known, 98)) if known.size else 10.0 * smallest
    step = _step(reach)
    reach = float(np.ceil(round(reach / step, 6)) * step)
    return ColourScale("PuOr_r", -reach, reach, hidden_below=smallest, diverging=True)


def _middle_range(values: Iterable[NDArray[np.floating]]) -> tuple[float, float]:
    known = np.concatenate([np.ravel(array[np.isfinite(array)]) for array in values] or [np.zeros(0)])
    if not known.size:
        return 0.0, 1.0
    low, high = np.percentile(known, (0.5, 99.5))
    return float(low), float(high)


def _step(span: float) -> float:
    """Round step that cuts a span into about ten."""
    if not span > 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(span / 10.0))
    return float(next(k * power for k in (1.0, 2.0, 5.0, 10.0) if k * power >= span / 10.0 * (1 - 1e-9)))


STRESS_COLOURS = {
    "extreme_cold_stress": "#1c2f5e",
    "very_strong_cold_stress": "#274c8c",
    "strong_cold_stress": "#3b72b0",
    "moderate_cold_stress": "#6c9dcb",
    "slight_cold_stress": "#a5c6e0",
    "no_thermal_stress": "#f0f4f4",
    "slight_heat_stress": "#f9dc86",
    "moderate_heat_stress": "#f2b54b",
    "strong_heat_stress": "#df7f35",
    "very_strong_heat_stress": "#b03a2c",
    "extreme_heat_stress": "#5e1224",
}
"""Colours of classes of heat stress: cold blue, heat from pale yellow to dark red, ever darker away from no stress, so
that the order is told by lightness alone."""
