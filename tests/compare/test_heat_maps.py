"""Maps of classes, cool places, streets and homes: legend in both languages, one scale, colours told apart by all."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from twin.compare import MeasureRecord, Variant, compare
from twin.compare.colour_scales import STRESS_COLOURS, value_scale
from twin.compare.examples import hamlet
from twin.compare.maps import HEAT_MAPS, draw
from twin.errors import InputError, MissingDataError
from twin.stress_classes import STRESS_CLASSES


@pytest.fixture(scope="module")
def comparison():
    city, result = hamlet()
    yard = city.buildings.iloc[[0]][["geometry"]].buffer(6.0).to_frame("geometry").set_geometry("geometry")
    trees = MeasureRecord("plant_trees", "Trees", "Bäume", yard, ("canopy_height",))
    cooler = result.assign(utci=result["utci"] - 5, sunlit_fraction=result["sunlit_fraction"] * 0)
    today = Variant("baseline", "Heute", city, {"hot": result})
    return compare([today, Variant("green", "Grüne Höfe", city, {"hot": cooler}, (trees,))])


def words(figure):
    return " ".join(text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text")))


EXPECTED = {
    "stress_class": ("mäßige Wärmebelastung", "moderate heat stress", "26–32 °C"),
    "cool_places": ("kühler Ort", "cool place", "200 m²"),
    "street_shade": ("Schatten", "shade", "%"),
    "home_changes": ("Stunden", "hours", "h"),
}


@pytest.mark.parametrize("name", HEAT_MAPS)
def test_a_map_names_what_it_shows_in_both_languages(comparison, name):
    german, english, both = EXPECTED[name]
    for language, word in (("de", german), ("en", english)):
        figure = draw(comparison, "hot", "green", name=name, language=language)
        shown = words(figure.figure).replace("\n", " ")
        assert word in shown
        assert both in shown
        assert "Grüne Höfe" in figure.alt
        assert "nan" not in figure.alt
        assert len(figure.png()) > 10_000


@pytest.mark.parametrize("name", ["stress_class", "street_shade"])
def test_variants_share_one_scale_and_one_size(comparison, name):
    figures = [draw(comparison, "hot", variant, name=name) for variant in ("baseline", "green")]
    sizes = {tuple(figure.figure.get_size_inches()) for figure in figures}
    assert len(sizes) == 1
    labels = [[tick.get_text() for tick in figure.figure.axes[1].get_xticklabels()] for figure in figures]
    assert labels[0] == labels[1]


def test_classes_and_cool_places_have_no_difference(comparison):
    for name in ("stress_class", "cool_places"):
        with pytest.raises(InputError, match="has no difference"):
            draw(comparison, "hot", "green", name=name, difference=True)


def test_what_a_result_lacks_is_said(comparison):
    city, result = hamlet()
    dark = compare([Variant("baseline", "Heute", city, {"hot": result.drop_vars("sunlit_fraction")})])
    with pytest.raises(MissingDataError, match="sunlit_fraction"):
        draw(dark, "hot", name="street_shade")
    with pytest.raises(InputError, match="nobody gains"):
        draw(dark, "hot", name="home_changes")


def test_a_day_without_hours_is_drawn_from_its_highest_values():
    city, result = hamlet()
    day = result.drop_vars(["utci", "sunlit_fraction", "time"]).assign(utci_max=result["utci"].max("time"))
    figure = draw(
        compare([Variant("baseline", "Heute", city, {"hot": day})]), "hot", name="stress_class", language="de"
    )
    assert "Tageshöchstwert" in figure.title


def luminance(colour):
    red, green, blue = ((c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4) for c in to_rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("index", STRESS_CLASSES)
def test_neighbouring_classes_differ_in_lightness_alone(index):
    # those who see no colour tell them by lightness: darker away from no stress on both sides
    meanings = [one.meaning for one in STRESS_CLASSES[index]]
    light = [luminance(STRESS_COLOURS[meaning]) for meaning in meanings]
    middle = meanings.index("no_thermal_stress")
    assert all(a < b for a, b in itertools.pairwise(light[: middle + 1]))
    assert all(a > b for a, b in itertools.pairwise(light[middle:]))
    contrasts = [(max(a, b) + 0.05) / (min(a, b) + 0.05) for a, b in itertools.pairwise(light)]
    assert min(contrasts) > 1.15


def test_sun_and_sky_are_bright_where_there_is_much():
    assert value_scale("sky_view_factor", [np.array([0.4, 0.5])]).maximum == 1.0
    assert value_scale("sunlit_hours", [np.array([3.0, 12.0])]).minimum == 0.0
    assert value_scale("pet_max", [np.array([30.0, 40.0])]).ramp == "inferno"
