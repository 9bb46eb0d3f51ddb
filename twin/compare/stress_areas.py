"""How much open ground lies in each class of heat stress, in square metres and per cent, and how it changes.

Open cells only, never roofs; the part of the ground whose class is not known is told, not spread over the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin.compare.heat_fields import Hour, stress_class_map
from twin.compare.indicators import outdoors
from twin.errors import InputError
from twin.stress_classes import stress_classes

if TYPE_CHECKING:
    import pandas as pd

    from twin.city.city import City


def stress_class_areas(
    result: xr.Dataset,
    city: City,
    *,
    index: str = "utci",
    hour: Hour = None,
    area: NDArray[np.bool_] | None = None,
) -> pd.DataFrame:
    """Return the open ground in each class of heat stress.

    Parameters
    ----------
    result : xr.Dataset
        Of heat, on the city's grid.
    city : City
    index : str
        ``"utci"``, ``"pet"``, ``"pet_wg"`` or ``"perceived_temperature"``.
    hour : float, numpy.datetime64 or None
        When, see `twin.compare.heat_fields.value_at`; at the highest value of the day if not given.
    area : (y, x) bool, optional
        Cells that count; all if not given.

    Returns
    -------
    DataFrame
        Index `class` (its one word), the coldest first; columns `label`, `label_de`, `lower`, `upper` (degC), `area`
        (m2), `percent` (of the open ground whose class is known; NaN if there is none). `attrs["unknown_area"]`: open
        ground without a value, m2.

    Raises
    ------
    InputError
        If the index has no classes, or the area is not on the grid.
    MissingDataError
        If the result lacks the index.

    Examples
    --------
    >>> from twin.compare.examples import hamlet
    >>> city, result = hamlet()
    >>> table = stress_class_areas(result, city)
    >>> table[table["area"] > 0]["area"].to_dict()
    {'moderate_heat_stress': 560.0, 'strong_heat_stress': 560.0}
    """
    import pandas as pd

    found = np.asarray(stress_class_map(result, index, hour).values)[_counted(city, area)]
    classes = stress_classes(index)
    size = np.bincount(found, minlength=256).astype(np.float64) * city.spec.cell_area
    areas = size[: len(classes)]
    table = pd.DataFrame(
        {
            "label": [one.label_en for one in classes],
            "label_de": [one.label_de for one in classes],
            "lower": [one.lower for one in classes],
            "upper": [one.upper for one in classes],
            "area": areas,
            "percent": 100.0 * areas / areas.sum() if areas.sum() > 0 else np.nan,
        },
        index=pd.Index([one.meaning for one in classes], name="class"),
    )
    table.attrs["unknown_area"] = float(size[255])
    return table


def stress_class_changes(
    before: xr.Dataset,
    after: xr.Dataset,
    city: City,
    *,
    index: str = "utci",
    hour: Hour = None,
    city_after: City | None = None,
) -> pd.DataFrame:
    """Return how much open ground goes from which class to which: rows before, columns after.

    Parameters
    ----------
    before, after : xr.Dataset
        Of heat, on one grid.
    city : City
        As it was before.
    index, hour
        As for `stress_class_areas`.
    city_after : City, optional
        As it is after, where buildings differ: ground that is open in only one of them is left out and told in
        `attrs["other_area"]` (m2).

    Returns
    -------
    DataFrame
        m2; the classes in both directions, the coldest first.

    Raises
    ------
    InputError
        If the grids differ.

    Examples
    --------
    >>> from twin.compare.examples import hamlet
    >>> city, result = hamlet()
    >>> cooler = result.assign(utci=result["utci"] - 5)
    >>> table = stress_class_changes(result, cooler, city)
    >>> float(table.loc["strong_heat_stress", "moderate_heat_stress"])
    560.0
    """
    import pandas as pd

    then = outdoors(city if city_after is None else city_after)
    now = outdoors(city)
    if then.shape != now.shape:
        raise InputError(f"the grids have {now.shape} and {then.shape} cells; compute both on one grid")
    names = [one.meaning for one in stress_classes(index)]
    first = np.asarray(stress_class_map(before, index, hour).values)
    second = np.asarray(stress_class_map(after, index, hour).values)
    known = now & then & (first < len(names)) & (second < len(names))
    pair = first[known].astype(np.int64) * len(names) + second[known]
    areas = np.bincount(pair, minlength=len(names) ** 2).reshape(len(names), -1) * city.spec.cell_area
    table = pd.DataFrame(areas, index=pd.Index(names, name="before"), columns=pd.Index(names, name="after"))
    table.attrs["other_area"] = float(((now | then) & ~known).sum() * city.spec.cell_area)
    return table


def _counted(city: City, area: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
    open_cells = outdoors(city)
    if area is None:
        return open_cells
    if area.shape != open_cells.shape or area.dtype != np.bool_:
        raise InputError(f"area is {area.dtype} {area.shape}; it must be bool on the grid, {open_cells.shape}")
    return np.logical_and(open_cells, area)
