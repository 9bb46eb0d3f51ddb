"""What heat means for people in words: who gains and loses, which places and streets gain most; English and German."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.compare.heat_comparison import places_compared, residents_gaining, streets_compared
from twin.compare.heat_days import sum_of_days
from twin.compare.language import number, people_group, place_title, quantity, say
from twin.errors import MissingDataError

if TYPE_CHECKING:
    from twin.compare.comparison import Comparison
    from twin.compare.variant import Variant


def gain_sentence(comparison: Comparison, event: str, variant: Variant, language: str = "en") -> str:
    """Return who has fewer and who has more hours of strong heat stress at home; ``""`` if that is not known.

    Parameters
    ----------
    comparison : Comparison
    event : str
        Of heat.
    variant : Variant
        Held against the baseline.
    language : {"en", "de"}

    Examples
    --------
    >>> from twin.compare.examples import greened
    >>> study = greened("60 Bäume")
    >>> gain_sentence(study, "hot", study.variant("green"), "de")[:61]
    '„60 Bäume“: 4 Einwohner mit mindestens 1 h weniger starker Wä'
    """
    try:
        table = residents_gaining(comparison, event, variant.name)
    except MissingDataError:
        return ""
    everybody = {str(name): float(table[name].loc["residents"]) for name in table.columns}
    if not everybody["people"] + everybody["new"] > 0:
        return ""
    least = quantity(float(table.attrs["least"]), "h", 0, language)
    several = sum_of_days(comparison.result(event), language).removeprefix(", ")
    least += f" ({several})" if several else ""
    if max(everybody[name] for name in ("better", "worse", "gone", "new")) < 0.5:
        return say("text.gains.none", language, variant=variant.title_in(language), least=least)
    better, worse = (quantity(everybody[name], "residents", 0, language) for name in ("better", "worse"))
    sentence = say("text.gains", language, variant=variant.title_in(language), least=least, better=better, worse=worse)
    groups = []
    for group in table.index[1:]:
        counts = [float(table[name].loc[group]) for name in ("better", "worse")]
        if sum(counts) >= 0.5:
            fewer, more = (number(count, 0, language) for count in counts)
            name = people_group(str(group), language)
            groups.append(say("text.gains.group", language, group=name, better=fewer, worse=more))
    if groups:
        sentence += f" ({'; '.join(groups)})"
    if everybody["gone"] >= 0.5 or everybody["new"] >= 0.5:
        gone, new = (number(everybody[name], 0, language) for name in ("gone", "new"))
        sentence += say("text.gains.moved", language, gone=gone, new=new)
    return sentence + "."


def best_place(comparison: Comparison, event: str, variant: Variant, language: str = "en") -> str:
    """Return which playground, school or the like gains most by a variant; ``""`` if none gains half an hour.

    Examples
    --------
    >>> from twin.compare.examples import greened
    >>> study = greened("Trees")
    >>> best_place(study, "hot", study.variant("green"))
    'Of places, playground Am Bach gains most (−4.0 h).'
    """
    try:
        table = places_compared(comparison, event)
    except MissingDataError:
        return ""
    change = table[f"difference {variant.name}"].dropna()
    if change.empty or change.min() > -0.5:
        return ""
    place = table.loc[change.idxmin()]
    name = place_title(str(place["kind"]), str(place["name"]), language)
    most = quantity(float(change.min()), "h", 1, language, signed=True)
    most += sum_of_days(comparison.result(event), language)
    return say("text.best_places", language, place=name, change=most)


def best_street(comparison: Comparison, event: str, variant: Variant, language: str = "en") -> str:
    """Return which named street gains most shade by a variant; ``""`` if none gains a twentieth of its length.

    Examples
    --------
    >>> from twin.compare.examples import greened
    >>> study = greened("Trees", cooler=0.0, shady=True)
    >>> best_street(study, "hot", study.variant("green"))
    'Of streets, Dorfstraße gains most shade (+50 percentage points of its length from 11 to 16 h).'
    """
    try:
        table = streets_compared(comparison, event)
    except MissingDataError:
        return ""
    table = table[(table["name"].fillna("") != "") & table[f"difference {variant.name}"].notna()]
    length = table["known_length"]
    gained = (table[f"difference {variant.name}"] * length).groupby(table["name"]).sum()
    change = gained / length.groupby(table["name"]).sum()
    if change.empty or not np.isfinite(change.max()) or change.max() < 0.05:
        return ""
    words = quantity(100.0 * float(change.max()), "%", 0, language, signed=True)
    return say("text.best_streets", language, street=change.idxmax(), change=words)
