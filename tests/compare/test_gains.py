"""Who gains and who loses: every person is counted once, in the home they have before."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from twin.compare import Variant, compare, home_changes, home_exposure, place_changes, place_exposure, who_gains
from twin.compare.examples import hamlet
from twin.compare.heat_wording import best_place, gain_sentence
from twin.errors import InputError, MissingDataError


def warmed(result, city, west, east):
    """Change the felt temperature west and east of the middle."""
    shift = np.where(np.arange(24) < 12, west, east)
    return result.assign(utci=result["utci"] + shift.astype(np.float32))


def changes_of(west, east, city=None):
    own, result = hamlet()
    city = own if city is None else city
    return home_changes(home_exposure(result, own), home_exposure(warmed(result, city, west, east), city))


def test_residents_gain_in_the_west_and_lose_in_the_east():
    table = who_gains(changes_of(-5, +3))
    row = table.loc["residents"]
    assert row[["people", "better", "worse", "same", "unknown"]].tolist() == [10.0, 4.0, 6.0, 0.0, 0.0]
    assert row["better_share"] == 40.0
    assert row["change"] == pytest.approx((-4 * 4 + 4 * 6) / 10)


def test_people_are_better_worse_same_unknown_or_gone():
    for west, east in ((-5, 0), (0, 3), (0, 0)):
        row = who_gains(changes_of(west, east)).loc["residents"]
        assert row[["better", "worse", "same", "unknown", "gone"]].sum() == row["people"]


def test_swapping_before_and_after_swaps_gains_and_losses():
    city, result = hamlet()
    before, after = home_exposure(result, city), home_exposure(warmed(result, city, -5, +3), city)
    forth, back = who_gains(home_changes(before, after)), who_gains(home_changes(after, before))
    assert forth["better"].tolist() == back["worse"].tolist()
    assert forth["change"].tolist() == [-value for value in back["change"]]


def test_more_shade_is_a_gain():
    city, result = hamlet()
    shady = result.assign(sunlit_fraction=result["sunlit_fraction"] * 0)
    changes = home_changes(home_exposure(result, city), home_exposure(shady, city), by="shaded_share")
    assert who_gains(changes).loc["residents", "better"] == 4.0


def test_homes_that_go_and_come_are_told_apart():
    city, result = hamlet()
    ids = city.grid["building_id"].copy(deep=True)
    ids[1:3, 3:5] = 0
    ids[8:10, 6:8] = 3
    houses = city.buildings.rename(index={1: 3}).assign(residents=[9.0, 6.0])
    other = city.with_changes(grid=city.grid.assign(building_id=ids), buildings=houses)
    felt = result["utci"].fillna(36.0).where(ids == 0)
    changes = home_changes(home_exposure(result, city), home_exposure(result.assign(utci=felt), other))
    assert changes["state"].to_dict() == {1: "gone", 2: "both", 3: "new"}
    row = who_gains(changes).loc["residents"]
    assert row[["people", "gone", "new", "same"]].tolist() == [10.0, 4.0, 9.0, 6.0]


def test_a_least_change_must_be_positive():
    for least in (0.0, -1.0, float("nan")):
        with pytest.raises(InputError, match="above 0"):
            who_gains(changes_of(0, 0), least=least)


def test_tables_that_do_not_belong_together_are_refused():
    city, result = hamlet()
    homes, places = home_exposure(result, city), place_exposure(result, city)
    with pytest.raises(InputError, match="have no column 'pet'"):
        home_changes(homes, homes, by="pet")
    with pytest.raises(InputError, match="have no column 'pet'"):
        place_changes(places, places, by="pet")
    with pytest.raises(MissingDataError, match="residents"):
        home_changes(homes.drop(columns="residents"), homes)


@pytest.fixture
def comparison():
    city, result = hamlet()
    aged = city.with_changes(buildings=city.buildings.assign(age_over_65=[3.0, 1.0]))
    today = Variant("baseline", "Heute", aged, {"hot": result})
    return compare([today, Variant("green", "60 Bäume", aged, {"hot": warmed(result, aged, -5, +3)})])


def test_sentences_say_who_gains_in_both_languages(comparison):
    green = comparison.others[0]
    assert gain_sentence(comparison, "hot", green, "de") == (
        "„60 Bäume“: 4 Einwohner mit mindestens 1 h weniger starker Wärmebelastung im Umkreis von 10 m um ihr Haus, "
        "6 Einwohner mit mindestens 1 h mehr (65 und älter: 3 weniger, 1 mehr)."
    )
    assert gain_sentence(comparison, "hot", green, "en").startswith("“60 Bäume”: 4 residents with at least 1 h less")
    assert "Spielplatz Am Bach" in best_place(comparison, "hot", green, "de")
    for language in ("de", "en"):
        assert gain_sentence(comparison, "hot", green, language) in comparison.text(language)


def test_where_nobody_gains_or_loses_it_says_so():
    city, result = hamlet()
    same = compare([Variant("baseline", "Heute", city, {"hot": result}), Variant("b", "Bank", city, {"hot": result})])
    sentence = gain_sentence(same, "hot", same.others[0], "de")
    assert sentence.startswith("„Bank“: für niemanden ändern sich die Stunden")
    assert gain_sentence(same, "hot", same.others[0], "en").startswith("“Bank”: for nobody do the hours")


def test_hostile_names_of_places_and_streets_do_not_run(tmp_path):
    city, result = hamlet()
    evil = "<script>alert(1)</script>"
    links = city.network.links.assign(name=evil)
    city = city.with_changes(
        places=city.places.assign(name=evil), network=dataclasses.replace(city.network, links=links)
    )
    shady = warmed(result, city, -5, +3).assign(sunlit_fraction=result["sunlit_fraction"] * 0)
    today = Variant("baseline", "Heute", city, {"hot": result})
    page = compare([today, Variant("green", "Grün", city, {"hot": shady})]).report(tmp_path / "r.html", "de")
    text = page.read_text(encoding="utf-8")
    assert evil not in text
    assert text.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 3  # the card, the table of places, that of streets


def test_the_comparison_holds_variants_side_by_side(comparison):
    areas = comparison.stress_areas("hot")
    assert areas["difference green"].sum() == pytest.approx(0.0)
    assert comparison.gains("hot").loc["age_over_65", "better"] == 3.0
    assert comparison.places("hot")["difference green"].tolist() == [-4.0, 4.0]
    assert comparison.walking_shade("hot")["difference green"].tolist() == [0.0]
    alone = dataclasses.replace(comparison, variants=comparison.variants[:1])
    with pytest.raises(InputError, match="nobody gains or loses"):
        alone.gains("hot")


def test_the_heat_products_belong_to_heat(variants):
    comparison = compare(variants)
    for ask in (comparison.stress_areas, comparison.gains, comparison.places, comparison.walking_shade):
        with pytest.raises(InputError, match="is one of flood; events of heat are: hot-day"):
            ask("rain")


def test_the_report_tells_each_gain_once(comparison, tmp_path):
    text = comparison.report(tmp_path / "report.html", "de").read_text(encoding="utf-8")
    head = text[: text.index('id="screening"')]
    assert head.count("Wer gewinnt, wer verliert") == 1
    assert "4 Einwohner mit mindestens 1 h weniger" in head
    for words in ("Freifläche nach Klasse der Wärmebelastung", "Spielplatz Am Bach", "Alle Straßen und Wege",
                  "60 Bäume: 65 und älter"):  # fmt: skip
        assert words in text
