"""Maps of variants and of their differences, as matplotlib figures with words for those who cannot see them.

One colour scale per quantity for all variants of a comparison; differences centred on zero; measures outlined; what is
screening, whose data and which model printed under every map. All maps of one quantity have the same size, so that
they can be laid on top of each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from twin import variables
from twin.compare import map_furniture as furniture
from twin.compare.colour_scales import difference_scale, value_scale
from twin.compare.heat_days import clock_time, days_covered, of_days, sum_of_days
from twin.compare.language import index, quantity, say
from twin.compare.map_sheet import MapFigure, Sheet, decimals
from twin.errors import InputError, MissingDataError

if TYPE_CHECKING:
    from twin.compare.comparison import Comparison
    from twin.compare.variant import Variant

SMALLEST = {
    "utci_hottest_hour": 0.2,
    "utci_max": 0.2,
    "mean_radiant_temperature_max": 0.5,
    "strong_heat_stress_duration": 0.1,
    "very_strong_heat_stress_duration": 0.1,
    "pet_strong_heat_stress_duration": 0.1,
    "utci_degree_hours": 1.0,
    "pet_degree_hours": 1.0,
    "pet_max": 0.2,
    "pet_wg_max": 0.2,
    "perceived_temperature_max": 0.2,
    "wbgt_max": 0.1,
    "sunlit_hours": 0.1,
    "sky_view_factor": 0.01,
    "shaded_share": 0.02,
    "water_depth_max": 0.01,
    "flow_velocity_max": 0.02,
    "infiltrated_depth": 0.001,
    "road_flow": 5.0,
}
"""Smaller differences are not coloured; in the unit of the variable."""


HEAT_MAPS = ("stress_class", "cool_places", "street_shade", "home_changes")
"""Maps of heat that are no field of a result: classes, areas, streets, homes; see `twin.compare.heat_maps`."""


def draw(
    comparison: Comparison,
    event: str,
    variant: str | None = None,
    *,
    name: str | None = None,
    difference: bool = False,
    extent: Literal["grid", "network"] = "grid",
    language: str = "en",
) -> MapFigure:
    """Draw one map of a comparison.

    Parameters
    ----------
    comparison : Comparison
    event : str
        Name of the event.
    variant : str, optional
        The baseline if not given; for a difference, the first other variant.
    name : str, optional
        Variable, such as ``"flow_velocity_max"``; the most telling one of the model if not given. Traffic has one
        map, ``"road_flow"``; heat also has those of `HEAT_MAPS`.
    difference : bool
        Draw variant minus baseline.
    extent : {"grid", "network"}
        What part of the roads a traffic map shows.
    language : {"en", "de"}

    Returns
    -------
    MapFigure

    Raises
    ------
    InputError
        If event, variant, language or name are not known, or a difference is asked of the baseline.
    MissingDataError
        If the results hold no map.
    """
    index(language)
    comparison.result(event, variant)
    if difference and not comparison.others:
        raise InputError("there is no variant besides the baseline, so there is no difference to draw")
    chosen = (
        (comparison.others[0] if difference else comparison.baseline)
        if variant is None
        else comparison.variant(variant)
    )
    if difference and chosen is comparison.baseline:
        raise InputError(f"{chosen.name!r} is the baseline; ask for the difference of another variant")
    if comparison.baseline.model(event) == "traffic":
        if name not in (None, "road_flow"):
            raise InputError(f"traffic has no map {name!r}; it has 'road_flow'")
        from twin.compare.road_maps import draw_roads

        return draw_roads(comparison, event, chosen, difference=difference, extent=extent, language=language)
    if comparison.baseline.model(event) == "heat" and name in HEAT_MAPS:
        from twin.compare.heat_maps import draw_heat_map

        return draw_heat_map(comparison, event, chosen, name, difference=difference, language=language)
    maps = comparison.key_maps(event)
    if not maps:
        raise MissingDataError(f"the results of event {event!r} hold no map that can be drawn")
    return _draw_grid(comparison, event, chosen, name or maps[0], difference, language)


def _draw_grid(
    comparison: Comparison, event: str, variant: Variant, name: str, difference: bool, language: str
) -> MapFigure:
    fields = {
        v.name: np.asarray(comparison.key_map(event, name, v.name).values, np.float64) for v in comparison.variants
    }
    units = str(comparison.key_map(event, name).attrs.get("units", "")) or _units(name)
    label = map_label(comparison, event, name, language)
    base = fields[comparison.baseline.name]
    smallest = SMALLEST.get(name, 0.0)
    if difference:
        arrays = [fields[v.name] - base for v in comparison.others]
        scale = difference_scale(arrays, smallest)
        values = fields[variant.name] - base
        note = say("map.unchanged", language, value=quantity(smallest, units, decimals(smallest), language))
    else:
        arrays = list(fields.values())
        scale = value_scale(name, arrays)
        values = fields[variant.name]
        least = quantity(scale.hidden_below, units, decimals(scale.hidden_below), language)
        note = say("map.dry", language, least=least) if scale.hidden_below else ""

    extent = variant.city.spec.bounds
    sheet = Sheet.lay_out(comparison, event, label, extent, difference, variant, language, note)
    axes = sheet.axes
    furniture.draw_relief(axes, variant.city)
    furniture.draw_roads(axes, variant.city, extent)
    xmin, ymin, xmax, ymax = extent
    image = axes.imshow(
        scale.visible(values),
        cmap=scale.colour_map(),
        norm=scale.norm(),
        extent=(xmin, xmax, ymin, ymax),
        interpolation="nearest",
        alpha=0.88,
        zorder=2,
    )
    furniture.draw_buildings(axes, variant.city, extent)
    sheet.colour_bar(image, scale, arrays, units, language)
    sheet.finish(variant, language)
    alt = _alt(comparison, event, variant, label, values, units, difference, smallest, language)
    return MapFigure(sheet.figure, alt, sheet.title, sheet.tag)


def map_label(comparison: Comparison, event: str, name: str, language: str) -> str:
    """Return what a map shows, with the hour where it is one, and the number of days where they are several."""
    result = comparison.result(event)
    if name != "utci_hottest_hour":
        label = variables.label(name, language)
        if comparison.baseline.model(event) != "heat":
            return label
        summed = name.endswith(("_duration", "_degree_hours")) or name == "sunlit_hours"
        return of_days(label, days_covered(result), language) + (sum_of_days(result, language) if summed else "")
    hour = comparison.views[event].hour
    clock = "" if hour is None else clock_time(hour, result["time"].attrs, language)
    return variables.label("utci", language) + (say("map.hour", language, hour=clock) if clock else "")


def _units(name: str) -> str:
    variable = variables.VARIABLES.get("utci" if name == "utci_hottest_hour" else name)
    return "" if variable is None else variable.units


def _alt(
    comparison: Comparison,
    event: str,
    variant: Variant,
    label: str,
    values: NDArray[np.float64],
    units: str,
    difference: bool,
    smallest: float,
    language: str,
) -> str:
    known = values[np.isfinite(values)]
    known = known if known.size else np.zeros(1)
    digits = 1 if units == "degC" else 2
    words = {
        "label": label,
        "variant": variant.title_in(language),
        "event": comparison.baseline.event_label(event, language),
        "measures": say("alt.measures", language) if variant.measures else "",
        "low": quantity(float(known.min()), units, digits, language, signed=difference),
        "high": quantity(float(known.max()), units, digits, language, signed=difference),
    }
    if not difference:
        return say("alt.value", language, **words, middle=quantity(float(np.median(known)), units, digits, language))
    shares = {
        "share_less": quantity(100.0 * float((known <= -smallest).mean()), "%", 0, language),
        "share_more": quantity(100.0 * float((known >= smallest).mean()), "%", 0, language),
    }
    return say("alt.difference", language, **words, **shares, baseline=comparison.baseline.title_in(language))
