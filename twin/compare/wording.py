"""What a comparison says in words: three to eight sentences with numbers, units, direction and what they rest on.

Every headline names the assumption behind it. A number appears once; no adjective replaces it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.compare.indicators import IN_CHANGED_AREA, Indicator, indicator
from twin.compare.language import index, number, quantity, say, topic

if TYPE_CHECKING:
    from twin.compare.comparison import Comparison
    from twin.compare.variant import Variant

MOST_SENTENCES = 8

_SECOND = {
    "heat": ("heat_utci_afternoon_mean" + IN_CHANGED_AREA, "heat_residents_very_strong_stress"),
    "flood": ("flood_residents_over_10cm", "flood_outflow_volume"),
    "traffic": ("traffic_quiet_street_kilometres", "traffic_unserved_demand"),
}
_FIRST = {
    "heat": ("heat_utci_afternoon_mean", "heat_strong_stress_hours_mean"),
    "flood": ("flood_buildings_over_10cm", "flood_area_over_10cm"),
    "traffic": ("traffic_vehicle_hours", "traffic_vehicle_kilometres"),
}


def text(comparison: Comparison, language: str = "en") -> str:
    """Return the comparison in plain sentences: see `Comparison.text`."""
    index(language)
    if not comparison.others:
        return say("text.only", language, variant=comparison.baseline.title_in(language))
    # each event gets its headline first, then second sentences as long as there is room
    headlines = {event: headline(comparison, event, language) for event in comparison.events}
    said = [event for event in comparison.events if headlines[event]]
    shown = said if len(said) <= MOST_SENTENCES else said[: MOST_SENTENCES - 1]
    room = MOST_SENTENCES - len(shown) - (len(shown) < len(said))
    paragraphs = []
    for event in shown:
        sentences = [headlines[event]]
        for more in (
            second(comparison, event, language),
            _streets(comparison, event, language),
            *_heat(comparison, event, language),
        ):
            if more and room > 0:
                sentences.append(more)
                room -= 1
        paragraphs.append(" ".join(sentences))
    if len(shown) < len(said):
        paragraphs.append(say("text.more_events", language, count=len(said) - len(shown)))
    return "\n".join(paragraphs)


def headline(comparison: Comparison, event: str, language: str = "en") -> str:
    """Return the first sentence about an event, with the assumption it rests on; ``""`` if nothing was computed."""
    for key in _FIRST[comparison.baseline.model(event)]:
        if comparison.value(event, key) == comparison.value(event, key):
            one = indicator(key)
            return say(
                "text.headline",
                language,
                event=_capital(comparison.baseline.event_label(event, language)),
                label=comparison.label(event, key, language),
                changes=changes(comparison, event, one, language),
                assumption=rests_on(comparison, event, key, language),
            )
    return ""


def second(comparison: Comparison, event: str, language: str = "en") -> str:
    """Return a sentence about the people or the place an event meets; ``""`` if nothing was computed.

    The first that changes with a variant, else the first.
    """
    known = [
        key
        for key in _SECOND[comparison.baseline.model(event)]
        if comparison.value(event, key) == comparison.value(event, key)
    ]
    if not known:
        return ""
    moving = [
        key for key in known if any(comparison.judgement(event, key, v.name) != "same" for v in comparison.others)
    ]
    one = indicator((moving or known)[0])
    label = _capital(comparison.label(event, one.key, language))
    return say("text.also", language, label=label, changes=changes(comparison, event, one, language))


def changes(comparison: Comparison, event: str, one: Indicator, language: str = "en") -> str:
    """Return how an indicator changes with each variant, such as ``2 instead of 3 with “Trees” (−1, better)``."""
    return "; ".join(change(comparison, event, one, variant, language) for variant in comparison.others)


def change(comparison: Comparison, event: str, one: Indicator, variant: Variant, language: str = "en") -> str:
    """Return how an indicator changes with one variant."""
    before, after = comparison.value(event, one.key), comparison.value(event, one.key, variant.name)
    judgement = comparison.judgement(event, one.key, variant.name)
    digits = comparison.digits(event, one.key)
    after_text = quantity(after, one.unit, digits, language)
    if judgement == "unknown":
        return say("text.unknown", language, variant=variant.title_in(language))
    if judgement == "same":
        return say("text.stays", language, after=after_text, variant=variant.title_in(language))
    counted = one.unit in ("residents", "buildings", "sections")
    return say(
        "text.change",
        language,
        before=quantity(before, one.unit, digits, language),
        after=number(after, digits, language),
        variant=variant.title_in(language),
        difference=quantity(
            comparison.shown_difference(event, one.key, variant.name),
            "" if counted else one.unit,
            digits,
            language,
            signed=True,
        ),
        judgement=say(judgement, language),
    )


def rests_on(comparison: Comparison, event: str, key: str, language: str = "en") -> str:
    """Return the clause that names the assumptions behind an indicator."""
    topics = [topic(name, language) for name in comparison.topics(key, event)]
    if not topics:
        return say("text.rests.none", language)
    return say("text.rests", language, topics=", ".join(topics))


def _streets(comparison: Comparison, event: str, language: str) -> str:
    if comparison.baseline.model(event) != "traffic" or comparison.baseline.city.network is None:
        return ""
    table = comparison.street_differences(event)
    variant = comparison.others[0]
    difference = table[f"difference {variant.name}"].dropna()
    if difference.empty or difference.max() < 1 or difference.min() > -1:
        return ""
    return say(
        "text.streets",
        language,
        variant=variant.title_in(language),
        more=difference.idxmax(),
        more_difference=quantity(float(difference.max()), "h-1", 0, language, signed=True),
        less=difference.idxmin(),
        less_difference=quantity(float(difference.min()), "h-1", 0, language, signed=True),
    )


def _heat(comparison: Comparison, event: str, language: str) -> list[str]:
    """Return who gains and loses by heat with each variant, then the place and the street that gain most."""
    if comparison.baseline.model(event) != "heat":
        return []
    from twin.compare.heat_wording import best_place, best_street, gain_sentence

    said = [gain_sentence(comparison, event, variant, language) for variant in comparison.others]
    first = comparison.others[0]
    return [*said, best_place(comparison, event, first, language), best_street(comparison, event, first, language)]


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
