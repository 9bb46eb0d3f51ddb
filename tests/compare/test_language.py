"""Numbers and words are those of the reader's language."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.compare import language
from twin.errors import InputError


def test_a_decimal_comma_is_german_only():
    assert language.number(1234.5, 1, "de") == "1.234,5"
    assert language.number(1234.5, 1, "en") == "1,234.5"


def test_a_difference_that_rounds_to_zero_has_no_sign_of_its_own():
    assert language.number(-0.04, 1, "en", signed=True) == "±0.0"
    assert language.number(-0.04, 1, "en") == "0.0"


def test_a_number_that_is_not_known_is_a_dash():
    assert language.number(float("nan"), 1, "de") == "–"


def test_a_difference_of_percentages_is_in_percentage_points():
    assert language.quantity(-12.5, "%", 1, "de", signed=True) == "−12,5 Prozentpunkte"
    assert language.quantity(12.5, "%", 1, "de") == "12,5 %"


def test_an_unknown_language_is_refused():
    with pytest.raises(InputError, match="'fr'"):
        language.say("and", "fr")


def test_both_languages_of_a_sentence_take_the_same_values():
    def fields(text):
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    for key, (english, german) in language._WORDS.items():
        assert fields(english) == fields(german), key
        assert english, key
        assert german, key


@given(st.floats(-1e9, 1e9), st.integers(0, 4))
def test_a_german_number_reads_back_as_the_rounded_value(value, decimals):
    text = language.number(value, decimals, "de")
    back = float(text.replace(".", "").replace(",", ".").replace("−", "-"))
    # half a unit of the last digit is what rounding may change; the relative part is float64 round-off
    assert back == pytest.approx(value, abs=0.5 * 10.0**-decimals + 1e-6)


def test_titles_of_variants_follow_the_language_of_text_map_and_report(variants):
    from dataclasses import replace

    from twin.compare import compare
    from twin.compare.maps import draw
    from twin.compare.report import render

    today, *others = variants
    named = [replace(today, title_en="As it is", title_de="Wie es ist")]
    named += [replace(one, title_en=f"plan {i}", title_de=f"Entwurf {i}") for i, one in enumerate(others)]
    comparison = compare(named)
    event = comparison.events[0]
    for spoken, right, wrong in (("de", "Entwurf 0", "plan 0"), ("en", "plan 0", "Entwurf 0")):
        sheet = draw(comparison, event, difference=True, language=spoken)
        for said in (comparison.text(spoken), sheet.tag, sheet.alt, render(comparison, spoken)):
            assert right in said
            assert wrong not in said
            assert others[0].title not in said
