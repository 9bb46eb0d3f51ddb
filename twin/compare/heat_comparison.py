"""Heat products of a whole comparison: every variant side by side, at the same hours, with the same rules.

Tables are worked out once for each variant and kept with the comparison.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.compare.gains import home_changes, who_gains
from twin.compare.heat_exposure import SENSITIVE, home_exposure, place_exposure
from twin.compare.heat_fields import Hour, check_whole_day, steps_at
from twin.compare.street_shade import HOURS, street_shade
from twin.compare.stress_areas import stress_class_areas
from twin.errors import InputError, MissingDataError

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from twin.compare.comparison import Comparison
    from twin.compare.variant import Variant

AT = 14.0
"""Clock hour at which exposure is read; the hottest hour where the results have no such step."""


def class_areas(comparison: Comparison, event: str, index: str = "utci") -> pd.DataFrame:
    """Return the open ground in each class of heat stress in every variant, at the comparison's hottest hour.

    Parameters
    ----------
    comparison : Comparison
    event : str
        Of heat.
    index : str
        ``"utci"``, ``"pet"``, ``"pet_wg"`` or ``"perceived_temperature"``.

    Returns
    -------
    DataFrame
        Index `class`, the coldest first; columns `label`, `label_de`, `lower`, `upper` (degC), for every variant
        (its name) the area in m2, ``"<name> %"`` its share of the known open ground, and for every variant but the
        baseline ``"difference <name>"`` (m2). `attrs["hour"]`: the hour, None for the highest of the day.

    Raises
    ------
    InputError
        If the event is not one of heat, or the index has no classes.
    MissingDataError
        If a result lacks the index.

    Examples
    --------
    >>> from twin.compare.examples import greened
    >>> class_areas(greened(), "hot").loc["strong_heat_stress", "baseline"]
    np.float64(560.0)
    """
    _check(comparison, event)
    hour = comparison.views[event].hour
    hourly = all(index in v.results[event] and "time" in v.results[event][index].dims for v in comparison.variants)
    when: Hour = hour if hourly else None
    table = None
    for variant in comparison.variants:
        areas = stress_class_areas(variant.results[event], variant.city, index=index, hour=when)
        if table is None:
            table = areas[["label", "label_de", "lower", "upper"]].copy()
        table[variant.name], table[f"{variant.name} %"] = areas["area"], areas["percent"]
    assert table is not None
    for variant in comparison.others:
        table[f"difference {variant.name}"] = table[variant.name] - table[comparison.baseline.name]
    table.attrs["hour"] = when
    return table


def residents_gaining(comparison: Comparison, event: str, variant: str | None = None) -> pd.DataFrame:
    """Return how many people have fewer and how many more hours of strong heat stress around their homes.

    Parameters
    ----------
    comparison : Comparison
    event : str
        Of heat.
    variant : str, optional
        Held against the baseline; the first other variant if not given.

    Returns
    -------
    DataFrame
        As from `twin.compare.who_gains`.

    Raises
    ------
    InputError
        If the event is not one of heat, or there is no variant besides the baseline.
    MissingDataError
        If the results hold no hours of strong heat stress, or the buildings no residents.

    Examples
    --------
    >>> from twin.compare.examples import greened
    >>> float(residents_gaining(greened(), "hot").loc["residents", "better"])
    4.0
    """
    return who_gains(homes_compared(comparison, event, variant))


def homes_compared(comparison: Comparison, event: str, variant: str | None = None) -> gpd.GeoDataFrame:
    """Return how the hours of strong heat stress change around every home.

    Parameters
    ----------
    comparison, event, variant
        As for `residents_gaining`.

    Returns
    -------
    GeoDataFrame
        As from `twin.compare.home_changes`.

    Raises
    ------
    InputError
        If the event is not one of heat, or there is no variant besides the baseline.
    MissingDataError
        If the results hold no hours of strong heat stress.

    Examples
    --------
    >>> from twin.compare.examples import greened
    >>> homes_compared(greened(), "hot")["difference"].tolist()
    [-4.0, 0.0]
    """
    _check(comparison, event)
    if not comparison.others:
        raise InputError("there is no variant besides the baseline, so nobody gains or loses")
    chosen = comparison.others[0] if variant is None else comparison.variant(variant)
    before, after = (_homes(comparison, event, one) for one in (comparison.baseline, chosen))
    if "stress_hours" not in before or "stress_hours" not in after:
        raise MissingDataError(f"the results of {event!r} hold no hours of strong heat stress")
    return home_changes(before, after)


def places_compared(comparison: Comparison, event: str) -> gpd.GeoDataFrame:
    """Return the hours of strong heat stress at playgrounds, schools and the like in every variant.

    Parameters
    ----------
    comparison : Comparison
    event : str
        Of heat.

    Returns
    -------
    GeoDataFrame
        Index as the places of the baseline; columns `kind`, `name`, `where` (see `twin.compare.place_exposure`), one
        column per variant (hours of strong heat stress, its name), ``"difference <name>"`` for every variant but the
        baseline, and `geometry`; the places hit hardest in the baseline first.

    Raises
    ------
    InputError
        If the event is not one of heat.
    MissingDataError
        If the city knows no places, or the results no hours of strong heat stress.

    Examples
    --------
    >>> from twin.compare.examples import greened
    >>> places_compared(greened(), "hot")[["kind", "baseline"]].values.tolist()
    [['playground', 4.0], ['school', 0.0]]
    """
    _check(comparison, event)
    table = None
    for variant in comparison.variants:
        key = ("places", event, variant.name)
        if key not in comparison._kept:
            result = variant.results[event]
            found = place_exposure(result, variant.city, kinds=SENSITIVE, hour=_hour(comparison, event))
            comparison._kept[key] = found
        found = comparison._kept[key]
        if "stress_hours" not in found:
            raise MissingDataError(f"the result of {event!r} holds no hours of strong heat stress")
        if table is None:
            table = found[["kind", "name", "where", "geometry"]].copy()
        table[variant.name] = found["stress_hours"].reindex(table.index)
    assert table is not None
    base = comparison.baseline.name
    for variant in comparison.others:
        table[f"difference {variant.name}"] = table[variant.name] - table[base]
    table = table[[*(column for column in table.columns if column != "geometry"), "geometry"]]
    ordered: gpd.GeoDataFrame = table.sort_values(base, ascending=False, kind="stable", na_position="last")
    return ordered


def streets_compared(comparison: Comparison, event: str) -> gpd.GeoDataFrame:
    """Return the shaded share of every street and footway from 11 to 16 h in every variant.

    Parameters
    ----------
    comparison : Comparison
        Made with ``compare(..., footways=...)``, or the city's roads are read.
    event : str
        Of heat.

    Returns
    -------
    GeoDataFrame
        Index `link`; columns `name`, `ref`, `road_class`, `known_length` (m, on the baseline's open cells), `walked`,
        one column per variant (shaded share, 0 to 1, its name), ``"difference <name>"`` for every variant but the
        baseline, and `geometry`.

    Raises
    ------
    InputError
        If the event is not one of heat.
    MissingDataError
        If there is no network or no `sunlit_fraction` by hour.

    Examples
    --------
    >>> from twin.compare.examples import greened
    >>> streets_compared(greened(), "hot")["baseline"].tolist()
    [0.5]
    """
    _check(comparison, event)
    table = None
    for variant in comparison.variants:
        found = _streets(comparison, event, variant)
        if table is None:
            table = found[["name", "ref", "road_class", "known_length", "walked", "geometry"]].copy()
            table.attrs = dict(found.attrs)
        table[variant.name] = found["shaded_share"].reindex(table.index)
    assert table is not None
    for variant in comparison.others:
        table[f"difference {variant.name}"] = table[variant.name] - table[comparison.baseline.name]
    return table[[*(column for column in table.columns if column != "geometry"), "geometry"]]


def _streets(comparison: Comparison, event: str, variant: Variant) -> gpd.GeoDataFrame:
    key = ("streets", event, variant.name)
    if key not in comparison._kept:
        # where people walk does not change with a closed road: one network for all
        network = comparison.views[event].footways or comparison.baseline.city.network
        result = variant.results[event]
        check_whole_day(result)
        comparison._kept[key] = street_shade(result, variant.city, network=network, hours=HOURS)
    return comparison._kept[key]


def _homes(comparison: Comparison, event: str, variant: Variant) -> gpd.GeoDataFrame:
    key = ("homes", event, variant.name)
    if key not in comparison._kept:
        hour = _hour(comparison, event)
        comparison._kept[key] = home_exposure(variant.results[event], variant.city, hour=hour)
    return comparison._kept[key]


def _hour(comparison: Comparison, event: str) -> Hour:
    """Return the hour at which exposure is read: 14 h where all results have it, else the hottest."""
    try:
        steps_at(comparison.result(event), AT, AT)
    except MissingDataError:
        return comparison.views[event].hour
    return AT


def _check(comparison: Comparison, event: str) -> None:
    comparison.result(event)
    model = comparison.baseline.model(event)
    if model != "heat":
        heat = [one for one in comparison.events if comparison.baseline.model(one) == "heat"]
        raise InputError(f"event {event!r} is one of {model}; events of heat are: {', '.join(heat) or 'none'}")
