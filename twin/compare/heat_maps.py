"""Maps of heat that are no field of a result: classes of stress, cool places, shaded streets, homes that gain.

Drawn on the same sheet as all maps: one size and one scale for all variants, measures outlined, caveats underneath.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from twin import variables
from twin.compare import map_furniture as furniture
from twin.compare.colour_scales import STRESS_COLOURS, ColourScale, difference_scale
from twin.compare.cool_places import WALK, CoolPlaceRule, cool_places, homes_near, residents_near
from twin.compare.heat_comparison import homes_compared, streets_compared
from twin.compare.heat_days import clock_time, days_covered, of_days, sum_of_days
from twin.compare.heat_fields import stress_class_map
from twin.compare.indicators import outdoors
from twin.compare.language import number, quantity, say
from twin.compare.map_sheet import MapFigure, Sheet
from twin.errors import InputError
from twin.stress_classes import stress_classes

if TYPE_CHECKING:
    from twin.compare.comparison import Comparison
    from twin.compare.variant import Variant

COOL = "#1b7f79"
HOME_NEAR = "#9fd3cf"
HOME_FAR = "#d9822b"


def draw_heat_map(
    comparison: Comparison,
    event: str,
    variant: Variant,
    name: str,
    *,
    difference: bool = False,
    language: str = "en",
) -> MapFigure:
    """Draw one of the maps of heat: ``"stress_class"``, ``"cool_places"``, ``"street_shade"``, ``"home_changes"``.

    Parameters
    ----------
    comparison : Comparison
    event : str
        Of heat.
    variant : Variant
    name : str
        Of the map.
    difference : bool
        Variant minus baseline: streets and homes only; homes always are.
    language : {"en", "de"}

    Raises
    ------
    InputError
        If a map has no difference, or the name is not known.
    MissingDataError
        If the results lack what the map shows.

    Examples
    --------
    >>> from twin.compare.examples import greened
    >>> study = greened()
    >>> figure = draw_heat_map(study, "hot", study.baseline, "stress_class", language="de")
    >>> figure.title
    'Klassen der Wärmebelastung (UTCI), 12 Uhr'
    """
    if name == "home_changes":
        return _home_changes(comparison, event, variant, language)
    if name == "street_shade":
        return _street_shade(comparison, event, variant, difference, language)
    if difference:
        raise InputError(f"the map {name!r} has no difference; draw it for each variant, or ask for 'home_changes'")
    if name == "stress_class":
        return _stress_class(comparison, event, variant, language)
    if name == "cool_places":
        return _cool_places(comparison, event, variant, language)
    raise InputError(f"heat has no map {name!r}")


def _begin(
    comparison: Comparison, event: str, variant: Variant, label: str, note: str, difference: bool, language: str
) -> Sheet:
    extent = variant.city.spec.bounds
    sheet = Sheet.lay_out(comparison, event, label, extent, difference, variant, language, note)
    furniture.draw_relief(sheet.axes, variant.city)
    return sheet


def _at(comparison: Comparison, event: str, language: str) -> str:
    hour = comparison.views[event].hour
    if hour is None:
        return of_days(say("map.of_day", language), days_covered(comparison.result(event)), language)
    return say("map.hour", language, hour=clock_time(hour, comparison.result(event)["time"].attrs, language))


def _stress_class(comparison: Comparison, event: str, variant: Variant, language: str) -> MapFigure:
    from matplotlib.colors import BoundaryNorm, ListedColormap

    hour = comparison.views[event].hour
    classes = stress_classes("utci")
    maps = {v.name: np.asarray(stress_class_map(v.results[event], "utci", hour).values) for v in comparison.variants}
    found = [
        c for field, v in ((maps[v.name], v) for v in comparison.variants) for c in np.unique(field[outdoors(v.city)])
    ]
    shown = [number for number in range(len(classes)) if number in found]
    shown = list(range(min(shown), max(shown) + 1)) if shown else [5]
    label = say("map.stress_class", language) + _at(comparison, event, language)
    sheet = _begin(comparison, event, variant, label, "", False, language)
    furniture.draw_roads(sheet.axes, variant.city, sheet.extent)
    field = np.where(outdoors(variant.city), maps[variant.name], 255)
    colours = ListedColormap([STRESS_COLOURS[classes[number].meaning] for number in shown])
    norm = BoundaryNorm(np.arange(len(shown) + 1) - 0.5, len(shown))
    xmin, ymin, xmax, ymax = variant.city.spec.bounds
    masked = np.ma.masked_where(field == 255, field.astype(np.float64) - shown[0])
    image = sheet.axes.imshow(
        masked, cmap=colours, norm=norm, extent=(xmin, xmax, ymin, ymax), interpolation="nearest", alpha=0.88, zorder=2
    )
    furniture.draw_buildings(sheet.axes, variant.city, sheet.extent)
    words = [_class_words(classes[number], language) for number in shown]
    sheet.class_bar(image, words)
    sheet.finish(variant, language)
    inside = field[field < 255]
    shares = ", ".join(
        f"{classes[number].label(language)} {quantity(100.0 * float((inside == number).mean()), '%', 0, language)}"
        for number in shown
        if inside.size
    )
    alt = say("alt.classes", language, label=label, variant=variant.title_in(language), shares=shares,
              event=comparison.baseline.event_label(event, language),
              measures=say("alt.measures", language) if variant.measures else "")  # fmt: skip
    return MapFigure(sheet.figure, alt, sheet.title, sheet.tag)


def _class_words(one: Any, language: str) -> str:
    if not np.isfinite(one.lower):
        bounds = f"≤ {number(one.upper, 0, language)} °C"
    elif not np.isfinite(one.upper):
        bounds = f"> {number(one.lower, 0, language)} °C"
    else:
        bounds = f"{number(one.lower, 0, language)}–{number(one.upper, 0, language)} °C"
    return f"{one.label(language)}\n{bounds}"


def _cool_places(comparison: Comparison, event: str, variant: Variant, language: str) -> MapFigure:
    from matplotlib.collections import PathCollection
    from matplotlib.patches import Patch

    rule, view = CoolPlaceRule(), comparison.views[event]
    result, city = variant.results[event], variant.city
    places = cool_places(result, city, rule, hour=view.hour, network=view.footways)
    homes = homes_near(places, city, network=view.footways)
    label = say("map.cool_places", language) + _at(comparison, event, language)
    way = say("map.along_ways" if view.footways is not None else "map.straight", language)
    bound = quantity(rule.at_most or 0.0, "degC", 0, language)
    area = quantity(rule.least_area, "m2", 0, language)
    note = say("map.cool_rule", language, area=area, bound=bound, walk=quantity(WALK, "m", 0, language), way=way)
    sheet = _begin(comparison, event, variant, label, note, False, language)
    furniture.draw_roads(sheet.axes, city, sheet.extent)
    paths = [furniture.outline_path(part) for part in furniture.polygons_in(places.geometry, sheet.extent)]
    sheet.axes.add_collection(PathCollection(paths, facecolor=COOL, edgecolor="none", alpha=0.9, zorder=2))
    furniture.draw_buildings(sheet.axes, city, sheet.extent)
    lived = homes["residents"].fillna(0.0) > 0 if "residents" in homes else homes["near"] | True
    for near, colour in ((True, HOME_NEAR), (False, HOME_FAR)):
        chosen = homes[lived & (homes["near"] == near)]
        paths = [furniture.outline_path(part) for part in furniture.polygons_in(chosen.geometry, sheet.extent)]
        sheet.axes.add_collection(
            PathCollection(
                paths,
                facecolor=colour,
                edgecolor=furniture.INK,
                linewidth=0.3,
                hatch=None if near else "////",
                zorder=5,
            )
        )
    keys = [
        Patch(facecolor=COOL, label=say("map.cool", language)),
        Patch(facecolor=HOME_NEAR, edgecolor=furniture.INK, linewidth=0.4, label=say("map.home_near", language)),
        Patch(
            facecolor=HOME_FAR,
            edgecolor=furniture.INK,
            linewidth=0.4,
            hatch="////",
            label=say("map.home_far", language),
        ),
    ]
    sheet.key(keys)
    sheet.finish(variant, language)
    words = {"variant": variant.title_in(language), "event": comparison.baseline.event_label(event, language)}
    words |= {"count": number(float(len(places)), 0, language), "label": label}
    words["measures"] = say("alt.measures", language) if variant.measures else ""
    if "residents" in homes and homes["residents"].sum() > 0:
        people = residents_near(homes)
        words["share"] = quantity(float(people["share"].loc["residents"]), "%", 0, language)
        words["without"] = number(float(people["without"].loc["residents"]), 0, language)
        return MapFigure(sheet.figure, say("alt.cool_places", language, **words), sheet.title, sheet.tag)
    return MapFigure(sheet.figure, say("alt.cool_areas", language, **words), sheet.title, sheet.tag)


def _street_shade(comparison: Comparison, event: str, variant: Variant, difference: bool, language: str) -> MapFigure:
    from matplotlib.collections import LineCollection

    table = streets_compared(comparison, event)
    label = say("map.street_shade", language)
    if difference:
        values = 100.0 * table[f"difference {variant.name}"].to_numpy(np.float64)
        arrays = [100.0 * table[f"difference {v.name}"].to_numpy(np.float64) for v in comparison.others]
        scale = difference_scale(arrays, 2.0)
        note = say("map.unchanged", language, value=quantity(2.0, "pp", 0, language))
    else:
        values = 100.0 * table[variant.name].to_numpy(np.float64)
        arrays = [100.0 * table[v.name].to_numpy(np.float64) for v in comparison.variants]
        scale, note = ColourScale("viridis_r", 0.0, 100.0), ""
    sheet = _begin(comparison, event, variant, label, note, difference, language)
    furniture.draw_buildings(sheet.axes, variant.city, sheet.extent)
    lines, strength = [], []
    shown = scale.visible(values)
    for value, shape in zip(shown, table.geometry, strict=True):
        for part in getattr(shape, "geoms", [shape]):
            line = np.asarray(part.coords)[:, :2]
            if np.isfinite(value):
                lines.append(line)
                strength.append(value)
    round_ends = {"capstyle": "round", "joinstyle": "round"}
    every = [np.asarray(part.coords)[:, :2] for shape in table.geometry for part in getattr(shape, "geoms", [shape])]
    sheet.axes.add_collection(LineCollection(every, linewidths=1.0, colors="#8a919c", zorder=4.4, **round_ends))
    sheet.axes.add_collection(LineCollection(lines, linewidths=3.1, colors="#39414c", zorder=4.5, **round_ends))
    image = LineCollection(lines, linewidths=2.2, cmap=scale.colour_map(), norm=scale.norm(), zorder=5, **round_ends)
    image.set_array(np.asarray(strength, np.float64))
    sheet.axes.add_collection(image)
    sheet.colour_bar(image, scale, arrays, "pp" if difference else "%", language)
    sheet.finish(variant, language, roads=False)
    known = np.isfinite(values)
    weight = table["known_length"].to_numpy(np.float64)[known]
    mean = float((values[known] * weight).sum() / weight.sum()) if weight.sum() > 0 else float("nan")
    alt = say("alt.street_shade" if not difference else "alt.street_shade.difference", language,
              variant=variant.title_in(language), event=comparison.baseline.event_label(event, language),
              baseline=comparison.baseline.title_in(language), mean=quantity(mean, "%", 1, language, signed=difference),
              measures=say("alt.measures", language) if variant.measures else "")  # fmt: skip
    return MapFigure(sheet.figure, alt, sheet.title, sheet.tag)


def _home_changes(comparison: Comparison, event: str, variant: Variant, language: str) -> MapFigure:
    from matplotlib.collections import PathCollection

    changes = homes_compared(comparison, event, variant.name)
    arrays = [homes_compared(comparison, event, v.name)["difference"].to_numpy(np.float64) for v in comparison.others]
    scale = difference_scale(arrays, 0.1)
    label = variables.label("strong_heat_stress_duration", language) + say("map.around_homes", language)
    label += sum_of_days(comparison.result(event), language)
    note = say("map.unchanged", language, value=quantity(0.1, "h", 1, language))
    sheet = _begin(comparison, event, variant, label, note, True, language)
    furniture.draw_roads(sheet.axes, variant.city, sheet.extent)
    furniture.draw_buildings(sheet.axes, variant.city, sheet.extent)
    shown = scale.visible(changes["difference"].to_numpy(np.float64))
    paths, strength = [], []
    for value, shape in zip(shown, changes.geometry, strict=True):
        for part in getattr(shape, "geoms", [shape]):
            if np.isfinite(value) and part is not None and part.geom_type == "Polygon":
                paths.append(furniture.outline_path(part))
                strength.append(value)
    image = PathCollection(
        paths, cmap=scale.colour_map(), norm=scale.norm(), edgecolor=furniture.INK, linewidth=0.4, zorder=5
    )
    image.set_array(np.asarray(strength, np.float64))
    sheet.axes.add_collection(image)
    sheet.colour_bar(image, scale, arrays, "h", language)
    sheet.finish(variant, language)
    from twin.compare.heat_wording import gain_sentence

    sentence = gain_sentence(comparison, event, variant, language)
    alt = say("alt.home_changes", language, label=label, variant=variant.title_in(language),
              baseline=comparison.baseline.title_in(language), sentence=sentence,
              event=comparison.baseline.event_label(event, language))  # fmt: skip
    return MapFigure(sheet.figure, alt.strip(), sheet.title, sheet.tag)
