"""Tables of heat for the report: ground by class of stress, who gains and loses, places, shade on streets.

What the results do not hold is left out here; the list of what was not computed says why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.compare.heat_comparison import class_areas, places_compared, residents_gaining, streets_compared
from twin.compare.heat_days import clock_time, sum_of_days
from twin.compare.language import number, people_group, place_title, quantity, rounded_difference, say, unit
from twin.compare.report_tables import Cell, escape, table
from twin.errors import MissingDataError

if TYPE_CHECKING:
    from twin.compare.comparison import Comparison


def heat_tables(comparison: Comparison, event: str, language: str) -> str:
    """Return all tables of heat of an event as HTML; ``""`` where there is nothing to tell."""
    parts = []
    for make in (class_table, gain_table, place_table, shade_table):
        try:
            parts.append(make(comparison, event, language))
        except MissingDataError:
            continue
    return "".join(parts)


def class_table(comparison: Comparison, event: str, language: str) -> str:
    """Return the open ground by class of heat stress, classes that occur only."""
    areas = class_areas(comparison, event)
    names = [variant.name for variant in comparison.variants]
    areas = areas[areas[names].sum(axis=1) > 0]
    if areas.empty:
        return ""
    head = [say("report.class", language)]
    head += [escape(variant.title_in(language)) for variant in comparison.variants]
    head += [f"{say('report.change', language)}: {escape(variant.title_in(language))}" for variant in comparison.others]
    rows = []
    for _, one in areas.iterrows():
        row: list[Cell] = [escape(f"{one['label_de' if language == 'de' else 'label']} ({_bounds(one, language)})")]
        for name in names:
            share = quantity(float(one[f"{name} %"]), "%", 1, language)
            row.append((f"{quantity(float(one[name]), 'm2', 0, language)} ({share})", "number"))
        for variant in comparison.others:
            change = quantity(
                rounded_difference(float(one[names[0]]), float(one[variant.name]), 0), "m2", 0, language, signed=True
            )
            row.append((change, "number"))
        rows.append(row)
    caption = escape(say("report.classes", language) + _at(comparison, event, language))
    return table(head, rows, caption, language)


def _at(comparison: Comparison, event: str, language: str) -> str:
    hour = comparison.views[event].hour
    if hour is None:
        return say("map.of_day", language)
    return say("map.hour", language, hour=clock_time(hour, comparison.result(event)["time"].attrs, language))


def _bounds(one: object, language: str) -> str:
    lower, upper = (float(one[name]) for name in ("lower", "upper"))  # type: ignore[index]
    if not np.isfinite(lower):
        return f"≤ {number(upper, 0, language)} °C"
    if not np.isfinite(upper):
        return f"> {number(lower, 0, language)} °C"
    return f"{number(lower, 0, language)}–{number(upper, 0, language)} °C"


def gain_table(comparison: Comparison, event: str, language: str) -> str:
    """Return who has fewer and who has more hours of strong heat stress at home, by variant and group."""
    counted = ("people", "better", "worse", "same", "unknown", "gone", "new")
    rows: list[list[Cell]] = []
    least = 1.0
    tables = {
        variant.title_in(language): residents_gaining(comparison, event, variant.name) for variant in comparison.others
    }
    # nobody moves in most studies: columns of noughts say nothing
    shown = [
        name
        for name in counted
        if name in ("people", "better", "worse", "same") or any(gains[name].sum() > 0 for gains in tables.values())
    ]
    for title, gains in tables.items():
        least = float(gains.attrs["least"])
        for group in gains.index:
            row: list[Cell] = [escape(f"{title}: {people_group(str(group), language)}")]
            for name in shown:
                words = number(float(gains[name].loc[group]), 0, language)
                if name in ("better", "worse"):
                    words += f" ({quantity(float(gains[f'{name}_share'].loc[group]), '%', 1, language)})"
                row.append((words, "number"))
            change = float(gains["change"].loc[group])
            row.append((quantity(change, "h", 1, language, signed=True), "number"))
            rows.append(row)
    if not rows or not any(gains["people"].sum() + gains["new"].sum() > 0 for gains in tables.values()):
        return ""
    heads = {"people": "people", "better": "fewer_hours", "worse": "more_hours", "same": "same_hours"}
    heads |= {"unknown": "not_known", "gone": "gone", "new": "new"}
    head = [say("report.group", language), *[say(f"report.{heads[name]}", language) for name in shown]]
    head.append(say("report.mean_change", language))
    note = say("report.gains.explain", language, least=quantity(least, "h", 0, language))
    caption = say("report.gains", language) + sum_of_days(comparison.result(event), language)
    return table(head, rows, caption, language) + f'<p class="note">{escape(note)}</p>'


def place_table(comparison: Comparison, event: str, language: str, n: int = 15) -> str:
    """Return the hours of strong heat stress at places, those hit hardest first."""
    places = places_compared(comparison, event)
    if places.empty:
        return ""
    head = [say("report.place", language)]
    head += [f"{escape(variant.title_in(language))} ({unit('h', language)})" for variant in comparison.variants]
    head += [f"{say('report.change', language)}: {escape(variant.title_in(language))}" for variant in comparison.others]
    rows = []
    for _, place in places.head(n).iterrows():
        words = place_title(str(place["kind"]), str(place["name"]), language)
        row: list[Cell] = [escape(words[:1].upper() + words[1:])]
        if place["where"] in ("none", "outside"):
            row[0] = f'{row[0]}<span class="under">{escape(say("where." + str(place["where"]), language))}</span>'
        row += [(number(float(place[v.name]), 1, language), "number") for v in comparison.variants]
        for variant in comparison.others:
            change = rounded_difference(float(place[comparison.baseline.name]), float(place[variant.name]), 1)
            row.append((number(change, 1, language, signed=True), "number"))
        rows.append(row)
    caption = table(
        head, rows, escape(say("report.places", language) + sum_of_days(comparison.result(event), language)), language
    )
    if len(places) > n:
        more = say("report.more_places", language, count=number(float(len(places) - n), 0, language))
        caption += f'<p class="note">{escape(more)}</p>'
    return caption


def shade_table(comparison: Comparison, event: str, language: str, n: int = 10) -> str:
    """Return the shade on all ways together, then on the named streets that change most, or have least shade."""
    ways = streets_compared(comparison, event)
    if ways.empty:
        return ""
    names = [variant.name for variant in comparison.variants]
    length = ways["known_length"]
    weighted = ways[names].mul(length, axis=0)
    every = {name: float(weighted[name].sum() / length[weighted[name].notna()].sum()) for name in names}
    named = ways["name"].fillna("") != ""
    groups = ways["name"][named]
    streets = weighted[named].groupby(groups).sum().div(length[named].groupby(groups).sum(), axis=0)
    if comparison.others:
        change = streets[names[1:]].sub(streets[names[0]], axis=0).abs().max(axis=1)
        streets = streets.loc[change.sort_values(ascending=False, kind="stable").index]
        streets = streets[change.loc[streets.index] >= 0.005]
    else:
        streets = streets.sort_values(names[0], kind="stable")
    head = [say("report.street", language)]
    head += [escape(variant.title_in(language)) for variant in comparison.variants]
    head += [f"{say('report.change', language)}: {escape(variant.title_in(language))}" for variant in comparison.others]
    listed = [(say("report.all_streets", language), every)]
    listed += [(str(street), dict(row)) for street, row in streets.head(n).iterrows()]
    rows = []
    for words, values in listed:
        row: list[Cell] = [escape(words)]
        row += [(quantity(100.0 * float(values[name]), "%", 0, language), "number") for name in names]
        for name in names[1:]:
            change_here = rounded_difference(100.0 * float(values[names[0]]), 100.0 * float(values[name]), 0)
            row.append((quantity(change_here, "%", 0, language, signed=True), "number"))
        rows.append(row)
    notes = "".join(f'<p class="note">{escape(note)}</p>' for note in _notes(ways, language))
    return table(head, rows, escape(say("report.shade", language)), language) + notes


def _notes(ways: object, language: str) -> list[str]:
    kinds = ways["walked"]  # type: ignore[index]
    length = ways["known_length"]  # type: ignore[index]
    assumed = float(length[kinds == "sidewalks assumed"].sum()) / float(length.sum())
    notes = []
    if assumed > 0:
        notes.append(say("report.shade.assumed", language, share=quantity(100.0 * assumed, "%", 0, language)))
    paths = ("footway", "path", "pedestrian", "steps")
    if not ways["road_class"].isin(paths).any():  # type: ignore[index]
        notes.append(say("report.shade.roads", language))
    return notes
