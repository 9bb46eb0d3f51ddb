"""Indicators: one number per variant and event, with a stable public key.

Keys are a contract: tables, files and other programs refer to them, so a key is never renamed or given another
meaning. Each indicator names the topics of `City.meta.caveats` its value rests on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin.errors import InputError, MissingDataError

if TYPE_CHECKING:
    from twin.city.city import City
    from twin.city.roads import RoadNetwork

Direction = Literal["less", "more", "neutral"]


@dataclass(frozen=True)
class View:
    """What part of a result an indicator looks at; the same for all variants of a comparison.

    area : (y, x) bool, cells that count; None for all
    hour : time of the hottest hour; None for the result's own
    footways : network people walk on; None for that of the city, which is one of roads
    """

    area: NDArray[np.bool_] | None = None
    hour: np.datetime64 | None = None
    footways: RoadNetwork | None = None


WHOLE = View()
"""The whole area, the result's own hottest hour."""


@dataclass(frozen=True)
class Indicator:
    """A number that answers one question about a result.

    key : stable public name
    model : ``"heat"``, ``"flood"`` or ``"traffic"``
    label_en, label_de : what it is called
    unit : unit of the value
    decimals : digits after the decimal point that a reader is shown
    direction : what a planner wishes for: ``"less"``, ``"more"`` or ``"neutral"``
    assumptions : topics of `City.meta.caveats` the value rests on
    needs : result variables it reads
    compute : the function over result, city and view
    headline : whether it opens a report
    local : whether it also makes sense for a part of the grid
    optional : whether results or cities may lack what it needs because they do not raise the question
    """

    key: str
    model: str
    label_en: str
    label_de: str
    unit: str
    decimals: int
    direction: Direction
    assumptions: tuple[str, ...]
    needs: tuple[str, ...]
    compute: Callable[[xr.Dataset, City, View], float]
    headline: bool = False
    local: bool = False
    optional: bool = False

    def label(self, language: str = "en") -> str:
        """Name in `language`: ``"en"`` or ``"de"``."""
        return self.label_de if language == "de" else self.label_en

    def value(self, result: xr.Dataset, city: City, view: View = WHOLE) -> float:
        """Return the indicator of one result.

        Parameters
        ----------
        result : xr.Dataset
            Of the indicator's model.
        city : City
            The city the result was computed for.
        view : View
            Part of the grid and hour to look at.

        Raises
        ------
        MissingDataError
            If the result or the city lacks what the indicator needs.
        """
        absent = [name for name in self.needs if name not in result]
        if absent:
            raise MissingDataError(f"indicator {self.key!r} needs {', '.join(absent)}, which the result does not hold")
        return float(self.compute(result, city, view))

    @property
    def tolerance(self) -> float:
        """Half a unit of the last digit shown: smaller differences read as "same"."""
        return float(0.5 * 10.0**-self.decimals)


IN_CHANGED_AREA = "_in_changed_area"
"""Ending of the keys that look only at the cells the measures touch."""


def in_changed_area(indicator: Indicator) -> Indicator:
    """Return the indicator under the key and label it has for the footprints of the measures."""
    return replace(
        indicator,
        key=indicator.key + IN_CHANGED_AREA,
        label_en=f"{indicator.label_en}, in the changed area",
        label_de=f"{indicator.label_de}, im veränderten Bereich",
    )


@cache
def _registry() -> Mapping[str, Indicator]:
    from twin.compare import flood_indicators, heat_indicators, traffic_indicators

    found: dict[str, Indicator] = {}
    for module in (heat_indicators, flood_indicators, traffic_indicators):
        for indicator in module.INDICATORS:
            for one in (indicator, in_changed_area(indicator)) if indicator.local else (indicator,):
                if one.key in found:
                    raise AssertionError(f"indicator key {one.key!r} is used twice")
                found[one.key] = one
    return MappingProxyType(found)


def indicators(model: str | None = None) -> tuple[Indicator, ...]:
    """Return all indicators, or those of one model, in the order of tables.

    Examples
    --------
    >>> [i.key for i in indicators("traffic")][:2]
    ['traffic_vehicle_hours', 'traffic_vehicle_kilometres']
    """
    return tuple(i for i in _registry().values() if model is None or i.model == model)


def indicator(key: str) -> Indicator:
    """Return the indicator of a key.

    Raises
    ------
    InputError
        If there is none; the message names the nearest.

    Examples
    --------
    >>> indicator("flood_buildings_over_10cm").direction
    'less'
    """
    import difflib

    found = _registry().get(key)
    if found is None:
        near = difflib.get_close_matches(key, _registry(), n=3, cutoff=0.3)
        raise InputError(f"there is no indicator {key!r}; near it: {', '.join(near) or ', '.join(_registry())}")
    return found


def outdoors(city: City, view: View = WHOLE) -> NDArray[np.bool_]:
    """Return the open cells of the grid, (y, x) bool: no roofs, and within the view's area.

    Raises
    ------
    MissingDataError
        If the grid has no `building_id`.
    """
    if "building_id" not in city.grid:
        raise MissingDataError(f"the grid of {city.name!r} has no variable 'building_id' to tell roofs from ground")
    ground: NDArray[np.bool_] = np.asarray(city.grid["building_id"].values) == 0
    return ground if view.area is None else np.logical_and(ground, view.area)
