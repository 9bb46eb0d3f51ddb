"""Who gains and who loses: how the heat around homes and at places changes from one variant to another.

People are counted where they live before; homes that a variant removes or adds are told apart, never counted as
better or worse.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from twin.compare.heat_exposure import groups_of
from twin.errors import InputError

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

LEAST = {"stress_hours": 1.0, "shaded_share": 0.1}
"""Least change that people would notice: one hour, a tenth of the sun; 0.5 K for felt temperatures."""


def home_changes(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame, by: str = "stress_hours") -> gpd.GeoDataFrame:
    """Return how a quantity changes around every home.

    Parameters
    ----------
    before, after : GeoDataFrame
        From `twin.compare.home_exposure`, for two variants of one city.
    by : str
        Column of both: ``"stress_hours"``, ``"utci"``, ``"shaded_share"`` ...

    Returns
    -------
    GeoDataFrame
        Index `building_id` of both; columns `before`, `after`, `difference`, `state` (``"both"``, ``"gone"``,
        ``"new"``), `residents` and the age groups (before; of new homes after), `geometry`.

    Raises
    ------
    InputError
        If a table lacks the column.

    Examples
    --------
    >>> from twin.compare.examples import hamlet
    >>> from twin.compare.heat_exposure import home_exposure
    >>> city, result = hamlet()
    >>> cooler = result.assign(utci=result["utci"] - 5)
    >>> home_changes(home_exposure(result, city), home_exposure(cooler, city))["difference"].tolist()
    [-4.0, 0.0]
    """
    import pandas as pd

    _check_column(by, "homes", before, after)
    groups = [name for name in groups_of(before) if name in after.columns]
    index = before.index.union(after.index)
    state = pd.Series("both", index=index, dtype=object)
    state[~index.isin(after.index)] = "gone"
    state[~index.isin(before.index)] = "new"
    fresh = after.loc[after.index.difference(before.index)]
    together = pd.concat([before[[*groups, "geometry"]], fresh[[*groups, "geometry"]]]).loc[index]
    values = {"before": before[by].reindex(index), "after": after[by].reindex(index)}
    table = together.assign(**values, difference=values["after"] - values["before"], state=state)
    found: gpd.GeoDataFrame = table[["before", "after", "difference", "state", *groups, "geometry"]]
    found.attrs["by"] = by
    return found


def who_gains(changes: gpd.GeoDataFrame, least: float | None = None) -> pd.DataFrame:
    """Return how many people are better off, worse off and neither, by group.

    Parameters
    ----------
    changes : GeoDataFrame
        From `home_changes`.
    least : float, optional
        Least change that counts, in the unit of the quantity, above 0: one hour, a tenth of the sun, or 0.5 K if not
        given.

    Returns
    -------
    DataFrame
        Index `group` (``"residents"``, then the age groups); columns `people`, `better`, `worse`, `same`, `unknown`
        (no open cell in reach), `gone`, `new` (people), `better_share`, `worse_share` (% of `people`), `change` (mean
        over the people whose change is known). `people` = better + worse + same + unknown + gone.

    Raises
    ------
    InputError
        If the least change is not above 0.

    Examples
    --------
    >>> from twin.compare.examples import hamlet
    >>> from twin.compare.heat_exposure import home_exposure
    >>> city, result = hamlet()
    >>> cooler = result.assign(utci=result["utci"] - 5)
    >>> changes = home_changes(home_exposure(result, city), home_exposure(cooler, city))
    >>> who_gains(changes).loc["residents", ["people", "better", "worse", "change"]].tolist()
    [10.0, 4.0, 0.0, -1.6]
    """
    import pandas as pd

    by = str(changes.attrs.get("by", ""))
    bound = LEAST.get(by, 0.5) if least is None else float(least)
    if not (math.isfinite(bound) and bound > 0):
        raise InputError(f"least is {least!r}; it must be a number above 0")
    # shade is wished for, heat is not
    gain = changes["difference"] * (1.0 if by == "shaded_share" else -1.0)
    here = changes["state"] == "both"
    known = here & changes["difference"].notna()
    parts = {
        "better": known & (gain >= bound - 1e-9),
        "worse": known & (gain <= -bound + 1e-9),
        "unknown": here & ~known,
        "gone": changes["state"] == "gone",
        "new": changes["state"] == "new",
    }
    parts["same"] = known & ~parts["better"] & ~parts["worse"]
    rows = {}
    for group in groups_of(changes):
        people = changes[group].fillna(0.0).astype(np.float64)
        row = {name: float(people[mask].sum()) for name, mask in parts.items()}
        row["people"] = float(people[~parts["new"]].sum())
        for name in ("better", "worse"):
            row[f"{name}_share"] = 100.0 * row[name] / row["people"] if row["people"] > 0 else float("nan")
        counted = float(people[known].sum())
        row["change"] = float((people * changes["difference"])[known].sum() / counted) if counted > 0 else float("nan")
        rows[group] = row
    order = ["people", "better", "worse", "same", "unknown", "gone", "new", "better_share", "worse_share", "change"]
    table = pd.DataFrame.from_dict(rows, orient="index")[order]
    table.index.name = "group"
    table.attrs["by"], table.attrs["least"] = by, bound
    return table


def place_changes(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame, by: str = "stress_hours") -> gpd.GeoDataFrame:
    """Return how a quantity changes at every place, the most improved first.

    Parameters
    ----------
    before, after : GeoDataFrame
        From `twin.compare.place_exposure`, for two variants of one city.
    by : str
        Column of both.

    Returns
    -------
    GeoDataFrame
        Index as the places; columns `kind`, `name`, `where`, `before`, `after`, `difference`, `geometry`; places whose
        change is not known last.

    Raises
    ------
    InputError
        If a table lacks the column.

    Examples
    --------
    >>> from twin.compare.examples import hamlet
    >>> from twin.compare.heat_exposure import place_exposure
    >>> city, result = hamlet()
    >>> cooler = result.assign(utci=result["utci"] - 5)
    >>> place_changes(place_exposure(result, city), place_exposure(cooler, city))["difference"].tolist()
    [-4.0, 0.0]
    """
    _check_column(by, "places", before, after)
    then = after[by].reindex(before.index)
    table = before[["kind", "name", "where", "geometry"]].assign(before=before[by], after=then)
    table["difference"] = table["after"] - table["before"]
    found: gpd.GeoDataFrame = table[["kind", "name", "where", "before", "after", "difference", "geometry"]]
    return found.sort_values("difference", ascending=by != "shaded_share", kind="stable", na_position="last")


def _check_column(by: str, rows: str, before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> None:
    for words, table in (("before", before), ("after", after)):
        if by not in table.columns:
            known = ", ".join(str(name) for name in table.columns if name != "geometry")
            raise InputError(f"the {rows} {words} have no column {by!r}; they have {known}")
