"""The head of the report: one card for each event that a planner reads in half a minute, and what it all rests on.

Each card says what changes, where most, for whom, and names the assumptions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.compare.indicators import IN_CHANGED_AREA, indicator
from twin.compare.language import number, quantity, say, topic
from twin.compare.report_tables import chip, escape
from twin.errors import MissingDataError

if TYPE_CHECKING:
    from twin.compare.comparison import Comparison
    from twin.compare.variant import Variant

_WHAT = {
    "heat": ("heat_utci_afternoon_mean" + IN_CHANGED_AREA, "heat_utci_afternoon_mean", "heat_strong_stress_hours_mean"),
    "flood": ("flood_buildings_over_10cm", "flood_area_over_10cm"),
    "traffic": ("traffic_vehicle_hours", "traffic_vehicle_kilometres"),
}
_WHOM = {
    "heat": ("heat_residents_utci_mean", "heat_residents_very_strong_stress"),
    "flood": ("flood_residents_over_10cm",),
    "traffic": ("traffic_quiet_street_kilometres", "traffic_unserved_demand"),
}


def answer(comparison: Comparison, language: str) -> str:
    """Return the cards of all events as HTML."""
    if not comparison.others:
        return f"<p>{escape(say('text.only', language, variant=comparison.baseline.title_in(language)))}</p>"
    cards = "".join(_card(comparison, event, language) for event in comparison.events)
    return f'<div class="cards">{cards}</div>'


def _card(comparison: Comparison, event: str, language: str) -> str:
    model = comparison.baseline.model(event)
    label = escape(comparison.baseline.event_label(event, language))
    parts = [f'<article class="card {model}"><h3><span class="model">{say(model, language)}</span> {label}</h3>']
    what = _first_known(comparison, event, _WHAT[model])
    for variant in comparison.others:
        parts.append(f'<div class="variant"><p class="name">{escape(variant.title_in(language))}</p>')
        if what:
            parts.append(_big(comparison, event, what, variant, language))
        rows = []
        if what.endswith(IN_CHANGED_AREA):
            everywhere = what.removesuffix(IN_CHANGED_AREA)
            words = _after_before(comparison, event, everywhere, variant, language)
            judged = chip(comparison.judgement(event, everywhere, variant.name), language)
            rows.append((say("report.everywhere", language), f"{escape(words)} {judged}"))
        if model == "flood" and np.isfinite(comparison.value(event, "flood_outflow_volume")):
            key = "flood_outflow_volume"
            judged = chip(comparison.judgement(event, key, variant.name), language)
            words = _after_before(comparison, event, key, variant, language)
            rows.append((upper(comparison.label(event, key, language)), f"{escape(words)} {judged}"))
        where = _where(comparison, event, variant, language)
        if where:
            rows.append((say("report.question.where", language), escape(where)))
        for key in _WHOM[model]:
            if np.isfinite(comparison.value(event, key)):
                judgement = comparison.judgement(event, key, variant.name)
                words = _after_before(comparison, event, key, variant, language)
                rows.append(
                    (
                        say("report.question.whom", language),
                        f"{escape(comparison.label(event, key, language))}: {escape(words)} "
                        f"{chip(judgement, language)}",
                    )
                )
                break
        if model == "heat":
            gains = _gains(comparison, event, variant, language)
            rows += [(say("report.gains", language), escape(gains))] if gains else []
        parts.append("<dl>" + "".join(f"<dt>{name}</dt><dd>{text}</dd>" for name, text in rows) + "</dl></div>")
    topics: dict[str, None] = {}
    for key in (*_WHAT[model][:1], *_WHOM[model][:1]):
        topics |= dict.fromkeys(topic(name, language) for name in comparison.topics(key, event))
    rests = ", ".join(topics) if topics else say("report.none", language)
    parts.append(f'<p class="rests"><strong>{say("report.rests", language)}</strong>: {escape(rests)}</p></article>')
    return "".join(parts)


def _gains(comparison: Comparison, event: str, variant: Variant, language: str) -> str:
    """Return who gains and loses, and the place and the street that gain most; ``""`` if nothing is known."""
    from twin.compare.heat_wording import best_place, best_street, gain_sentence

    said = (words(comparison, event, variant, language) for words in (gain_sentence, best_place, best_street))
    return " ".join(sentence for sentence in said if sentence)


def upper(words: str) -> str:
    """Return words with a capital first letter, the rest as it is."""
    return words[:1].upper() + words[1:]


def _first_known(comparison: Comparison, event: str, keys: tuple[str, ...]) -> str:
    return next((key for key in keys if np.isfinite(comparison.value(event, key))), "")


def _after_before(comparison: Comparison, event: str, key: str, variant: Variant, language: str) -> str:
    one, digits = indicator(key), comparison.digits(event, key)
    before, after = comparison.value(event, key), comparison.value(event, key, variant.name)
    if comparison.judgement(event, key, variant.name) == "same":
        return quantity(after, one.unit, digits, language)
    return say(
        "card.change",
        language,
        after=number(after, digits, language),
        before=quantity(before, one.unit, digits, language),
    )


def _big(comparison: Comparison, event: str, key: str, variant: Variant, language: str) -> str:
    change, digits = comparison.shown_difference(event, key, variant.name), comparison.digits(event, key)
    number_words = quantity(change, indicator(key).unit, digits, language, signed=True)
    judgement = comparison.judgement(event, key, variant.name)
    words = _after_before(comparison, event, key, variant, language)
    return (
        f'<p class="big"><span class="value">{escape(number_words)}</span> {chip(judgement, language)}</p>'
        f'<p class="what">{escape(comparison.label(event, key, language))}: {escape(words)}</p>'
    )


def _where(comparison: Comparison, event: str, variant: Variant, language: str) -> str:
    """Say where a variant changes most: the street next to the building, or the streets themselves."""
    from twin.compare.exposure import building_exposure
    from twin.compare.maps import SMALLEST
    from twin.compare.worst_places import place_names

    if comparison.baseline.model(event) == "traffic":
        changed = comparison.street_differences(event)[f"difference {variant.name}"].dropna()
        if changed.empty:
            return ""
        flows = {str(changed.idxmax()): float(changed.max()), str(changed.idxmin()): float(changed.min())}
        return "; ".join(
            f"{street} {quantity(flow, 'h-1', 0, language, signed=True)}"
            for street, flow in flows.items()
            if abs(flow) >= 1
        )
    maps = comparison.key_maps(event)
    if not maps:
        return ""
    name = maps[0]
    field = comparison.key_map(event, name, variant.name) - comparison.key_map(event, name)
    try:
        near = building_exposure(field, variant.city, reach=10.0 if name.startswith("utci") else None, statistic="mean")
    except MissingDataError:
        return ""
    near = near[near["value"].abs() >= SMALLEST[name]]
    if near.empty:
        return say("card.nowhere", language)
    most = near.loc[[near["value"].abs().idxmax()]]
    street = str(place_names(most, variant.city).iloc[0])
    here = say("near", language, street=street) if street else say("building", language, number=most.index[0])
    units = "degC" if name.startswith("utci") else "m"
    change = quantity(float(most["value"].iloc[0]), units, 1 if units == "degC" else 2, language, signed=True)
    return say("card.where", language, change=change, place=here)


def screening(comparison: Comparison, language: str) -> str:
    """Return what the results rest on, every caveat in full, as HTML."""
    caveats = comparison.caveats()
    if not caveats:
        return f"<p>{say('report.no_caveats', language)}</p>"
    items = "".join(
        f"<li><strong>{escape(upper(topic(caveat.topic, language)))}</strong>: {escape(caveat.text(language))}</li>"
        for caveat in caveats
    )
    return f'<div class="notice"><p>{say("report.screening.text", language)}</p><ul>{items}</ul></div>'
