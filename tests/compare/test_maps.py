"""Maps have one scale for all variants, say what they show in words, and carry attribution and caveats."""

from __future__ import annotations

import dataclasses
import struct

import numpy as np
import pytest

from twin.compare import compare
from twin.compare.colour_scales import difference_scale, value_scale
from twin.compare.map_furniture import hillshade
from twin.compare.maps import draw
from twin.errors import InputError


@pytest.fixture(scope="module")
def comparison(variants):
    return compare(variants)


def words(figure):
    return " ".join(text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text")))


CASES = [("hot-day", False), ("hot-day", True), ("rain", False), ("rain", True), ("traffic", False), ("traffic", True)]


@pytest.mark.parametrize(("event", "difference"), CASES)
@pytest.mark.parametrize("language", ["en", "de"])
def test_every_map_carries_attribution_caveats_and_units(comparison, event, difference, language):
    figure = draw(comparison, event, "green", difference=difference, language=language)
    text = words(figure.figure)
    assert "© OpenStreetMap contributors" in text
    assert "© Example survey" in text
    topic = {"hot-day": ("building heights", "Gebäudehöhen"), "rain": ("terrain", "Gelände"),
             "traffic": ("traffic demand", "Verkehrsnachfrage")}[event]  # fmt: skip
    assert topic[language == "de"] in text
    assert {"hot-day": "°C", "rain": "m", "traffic": ("vehicles/h", "Kfz/h")[language == "de"]}[event] in text
    assert "Green yards" in text
    assert "Green yards" in figure.alt


def test_variants_share_one_scale_and_one_size(comparison):
    figures = [draw(comparison, "hot-day", name) for name in ("baseline", "green")]
    limits = [f.figure.axes[0].images[1].get_clim() for f in figures]
    assert limits[0] == limits[1]
    sizes = {struct.unpack("!II", f.png()[16:24]) for f in figures}  # width and height from the PNG header
    assert len(sizes) == 1


def test_difference_scales_are_centred_on_zero(comparison):
    low, high = draw(comparison, "rain", "green", difference=True).figure.axes[0].images[1].get_clim()
    assert low == -high < 0


def test_unchanged_cells_are_not_coloured(comparison):
    image = draw(comparison, "hot-day", "green", difference=True).figure.axes[0].images[1]
    shown = np.isfinite(np.ma.filled(image.get_array(), np.nan))
    assert not shown[:, 30:].any()  # the fixture cools columns 0 to 25 only
    assert shown[:, :26].any()


def test_a_scale_of_nothing_known_can_still_be_drawn():
    assert value_scale("utci_max", [np.full(3, np.nan)]).maximum > value_scale("utci_max", [np.full(3, np.nan)]).minimum
    assert difference_scale([np.zeros(3)], 0.1).maximum > 0


def test_equal_values_everywhere_give_a_scale_with_two_ends():
    scale = value_scale("utci_max", [np.full(4, 31.0)])
    assert scale.minimum < scale.maximum


def test_a_slope_to_the_light_is_brighter_than_one_away_from_it():
    east = np.tile(np.arange(5.0), (5, 1))  # rises to the east: faces west, towards the light in the north-west
    assert hillshade(east, 1.0)[2, 2] > hillshade(np.zeros((5, 5)), 1.0)[2, 2] > hillshade(-east, 1.0)[2, 2]
    north = np.tile(np.arange(5.0)[:, None], (1, 5))  # rows run south, so this rises to the south: faces north
    assert hillshade(north, 1.0)[2, 2] > hillshade(-north, 1.0)[2, 2]


def test_relief_survives_missing_elevations():
    height = np.zeros((3, 3))
    height[1, 1] = np.nan
    assert np.isfinite(hillshade(height, 1.0)).all()


def test_titles_with_dollars_and_line_breaks_are_drawn_as_they_stand(variants_of):
    comparison = compare(variants_of(title="5$ per $\\frac{1}{0}$ tree\nand more"))
    assert draw(comparison, "hot-day", "green").png().startswith(b"\x89PNG")


def test_measures_that_only_touch_roads_are_not_drawn_on_heat(variants, comparison):
    roads = dataclasses.replace(variants[1], measures=variants[1].measures[1:])
    with_yard = draw(comparison, "hot-day", "green").figure.axes[0].collections
    only_road = draw(compare([variants[0], roads]), "hot-day", "green").figure.axes[0].collections
    assert len(with_yard) == len(only_road) + 2  # one outline, white and coloured


def test_the_difference_of_the_baseline_is_refused(comparison):
    with pytest.raises(InputError, match="is the baseline"):
        draw(comparison, "rain", "baseline", difference=True)
    with pytest.raises(InputError, match="extent"):
        draw(comparison, "traffic", extent="world")
    with pytest.raises(InputError, match="language"):
        draw(comparison, "rain", language="fr")


def test_the_whole_network_can_be_shown(comparison):
    near = draw(comparison, "traffic", "green", difference=True).figure.axes[0].get_xlim()
    far = draw(comparison, "traffic", "green", difference=True, extent="network").figure.axes[0].get_xlim()
    assert far[0] < near[0] < near[1] < far[1]


def test_the_small_picture_shows_the_colours_of_the_full_one(comparison):
    import io

    from PIL import Image

    figure = draw(comparison, "hot-day", "green", difference=True)
    full = io.BytesIO()
    figure.figure.savefig(full, dpi=160)
    wanted = np.asarray(Image.open(full).convert("RGB"), int)
    got = np.asarray(Image.open(io.BytesIO(figure.png())).convert("RGB"), int)
    assert got.shape == wanted.shape
    # measured 0.2 of 255 in the mean on maps of a village; 1 is below what an eye tells apart
    assert np.abs(got - wanted).mean() < 1.0


def test_wide_german_words_under_a_map_are_not_cut(variants):
    """The longest statement a model makes, in the language with the longer words."""
    from twin.heat.model import VALIDATION_DE

    stated = {"validation": VALIDATION_DE, "validation_de": VALIDATION_DE}
    said = [
        dataclasses.replace(v, results={event: result.assign_attrs(stated) for event, result in v.results.items()})
        for v in variants
    ]
    comparison = compare(said, "baseline")
    figure = draw(comparison, comparison.events[0], "baseline", language="de").figure
    figure.canvas.draw()
    for text in figure.texts:
        assert text.get_window_extent().x1 <= figure.bbox.x1, text.get_text()


def test_an_outlined_area_stays_in_sight(village):
    import geopandas as gpd
    import shapely
    from matplotlib.figure import Figure

    from twin.compare import map_furniture as furniture
    from twin.compare.variant import MeasureRecord

    crown = shapely.Point(700_100, 5_500_100).buffer(2.0)
    place = gpd.GeoDataFrame(geometry=[crown], crs="EPSG:25832")
    axes = Figure().add_subplot()
    furniture.draw_measures(
        axes, [MeasureRecord("plant_trees", "Tree", "Baum", place, ("trees",))], village.spec.bounds
    )
    points_per_metre = 334.0 / 400.0
    for lines in axes.collections:
        outline = shapely.Polygon(lines.get_segments()[0])
        half_width = lines.get_linewidths()[0] / 2 / points_per_metre
        assert outline.exterior.distance(crown) > half_width
