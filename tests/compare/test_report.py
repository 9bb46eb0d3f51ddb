"""The report is one file, safe against hostile names, readable without scripts, on phones and on paper."""

from __future__ import annotations

import dataclasses
import importlib.util
import itertools
import os
import re
from html.parser import HTMLParser
from pathlib import Path

import geopandas as gpd
import pytest

from twin.compare import Variant, compare, write_report
from twin.compare.report_tables import measure_table
from twin.errors import InputError
from twin.geometry.records import ReadReport

HOSTILE = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>${words}$title"

CONTRAST = """(() => {
  const parse = c => c.match(/[\\d.]+/g).map(Number);
  const light = c => { const [r, g, b] = c.map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
                       return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const ground = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor);
                        if (c.length < 4 || c[3] > 0) return c.slice(0, 3); } return [255, 255, 255]; };
  const bad = [];
  document.querySelectorAll('body *').forEach(e => {
    if (e.matches('option') || !Array.from(e.childNodes).some(n => n.nodeType === 3 && n.textContent.trim())) return;
    const a = light(parse(getComputedStyle(e).color).slice(0, 3)), b = light(ground(e));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) bad.push(e.tagName + ' ' + e.className + ' ' + ratio.toFixed(2));
  });
  return bad; })()"""


class Tags(HTMLParser):
    """Collect tags with their attributes, and refuse unbalanced ones."""

    VOID = ("meta", "link", "img", "br", "input")

    def __init__(self):
        super().__init__()
        self.tags, self.open = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def comparison(variants):
    return compare(variants)


@pytest.fixture(scope="module")
def report(comparison, tmp_path_factory):
    return write_report(comparison, tmp_path_factory.mktemp("report") / "report.html")


@pytest.fixture(scope="module")
def hostile_report(variants_of, city_called, tmp_path_factory):
    variants = variants_of(city_called(HOSTILE, HOSTILE), title=HOSTILE, measure=HOSTILE)
    return write_report(compare(variants), tmp_path_factory.mktemp("hostile") / "report.html", "de")


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    place = Path(__file__).with_name("chromium.py")
    spec = importlib.util.spec_from_file_location("compare_chromium", place)
    chromium = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(chromium)
    if chromium.find() is None:
        if os.environ.get("CI"):
            pytest.fail("chromium is missing, and continuous integration must look at the report")
        pytest.skip("chromium is not on this machine")
    with chromium.Browser(tmp_path_factory.mktemp("chromium")) as running:
        yield running


@pytest.fixture
def shots(tmp_path):
    folder = Path(os.environ.get("TWIN_SCREENSHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def tags(path):
    parser = Tags()
    parser.feed(path.read_text(encoding="utf-8"))
    assert not parser.open
    return parser.tags


def test_the_file_refers_to_nothing_outside_itself(report):
    for tag, attributes in tags(report):
        for name in ("src", "href", "srcset", "poster", "action"):
            assert (attributes.get(name) or "#").startswith(("#", "data:")), (tag, attributes.get(name, "")[:80])
    css = re.search(r"<style>(.*?)</style>", report.read_text(encoding="utf-8"), re.DOTALL)
    assert css is not None
    assert "url(" not in css[1]
    assert "@import" not in css[1]


def test_every_picture_has_words(report):
    pictures = [attributes for tag, attributes in tags(report) if tag == "img"]
    # two variants and a difference for each event, the whole network, the classes of stress, and what changes at homes
    assert len(pictures) == 3 * 2 + 3 + 1 + 2 + 1
    assert all(len(attributes["alt"]) > 40 for attributes in pictures)


def test_the_report_says_what_a_planner_asks(report):
    text = report.read_text(encoding="utf-8")
    for part in (
        "−1.5 °C",
        "most near",
        "Rests on",
        "Terrain from SRTM, 90 m.",
        "18,000 €",
        "signs only",
        "dl-de/by-2-0",
        "© OpenStreetMap contributors",
        "water balance error",
        "not validated",
        "heat1.5",
        'lang="en"',
    ):
        assert part in text, part


def test_folders_of_the_machine_do_not_show(variants_of, village, tmp_path):
    reports = (ReadReport("/home/somebody/secret/town.osm", 3, 2), ReadReport("C:\\Users\\somebody\\roofs.gml", 1, 1))
    meta = dataclasses.replace(village.meta, reports=reports)
    variants = variants_of(village.with_changes(meta=meta))[:1]
    text = write_report(compare(variants), tmp_path / "report.html").read_text(encoding="utf-8")
    assert "town.osm" in text
    assert "roofs.gml" in text
    assert "somebody" not in text


def test_a_road_measured_in_both_directions_counts_once(variants, tmp_path):
    measure = variants[1].measures[1]
    line = measure.footprint.geometry.iloc[0]
    both = gpd.GeoDataFrame(geometry=[line, line.reverse()], crs=measure.footprint.crs)
    one = dataclasses.replace(variants[1], measures=(dataclasses.replace(measure, footprint=both),))
    assert "380 m" in measure_table(compare([variants[0], one]), "en")


def test_the_report_stays_small(report):
    assert report.stat().st_size < 6_000_000


def test_hostile_names_stay_text(hostile_report):
    found = tags(hostile_report)
    assert sum(tag == "script" for tag, _ in found) == 1
    assert not any("onerror" in attributes for _, attributes in found)
    assert "$title" in hostile_report.read_text(encoding="utf-8")  # kept as it was written, not filled in


def test_an_unknown_language_leaves_no_file(comparison, tmp_path):
    with pytest.raises(InputError):
        write_report(comparison, tmp_path / "report.html", "fr")
    assert list(tmp_path.iterdir()) == []


def test_a_report_that_fails_half_way_leaves_the_old_one(variants, tmp_path, monkeypatch):
    target = tmp_path / "report.html"
    target.write_text("old")

    def fail(*arguments, **options):
        raise OSError("disk full")

    monkeypatch.setattr(Path, "write_text", fail)
    with pytest.raises(OSError, match="disk full"):
        write_report(compare(variants[:1]), target)
    monkeypatch.undo()
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_a_lone_baseline_can_be_reported(variants, tmp_path):
    tags(write_report(compare(variants[:1]), tmp_path / "alone.html"))


@pytest.mark.parametrize(("width", "mobile"), [(1280, False), (390, True)])
def test_the_page_fits_its_window_quietly(browser, report, shots, width, mobile):
    browser.open(report, width, mobile=mobile)
    assert browser.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert browser.evaluate("innerWidth") == width
    assert browser.complaints() == []
    assert browser.requests() == [report.resolve().as_uri()]
    assert browser.evaluate("Array.from(document.images).every(i => i.complete && i.naturalWidth > 0)")
    browser.screenshot(shots / f"report-{width}.png")


@pytest.mark.parametrize("width", [1280, 390])
def test_hostile_names_neither_run_nor_widen_the_page(browser, hostile_report, shots, width):
    browser.open(hostile_report, width, mobile=width == 390)
    assert browser.complaints() == []
    assert browser.requests() == [hostile_report.resolve().as_uri()]
    assert browser.evaluate("innerWidth") == width  # a page that is too wide widens a phone's window
    assert browser.evaluate("document.documentElement.scrollWidth <= innerWidth")
    browser.screenshot(shots / f"hostile-{width}.png")


def test_the_slider_moves_the_dividing_line_by_keyboard(browser, report):
    browser.open(report, 1280)
    browser.evaluate("document.querySelector('input[type=range]').focus()")
    before = browser.evaluate("document.querySelector('.stage').style.getPropertyValue('--cut')")
    for kind in ("keyDown", "keyUp"):
        browser.call("Input.dispatchKeyEvent", type=kind, key="ArrowRight", code="ArrowRight", windowsVirtualKeyCode=39)
    after = browser.evaluate("document.querySelector('.stage').style.getPropertyValue('--cut')")
    assert (before, after) == ("50%", "51%")


def test_the_slider_moves_by_touch(browser, report):
    browser.open(report, 390, mobile=True)
    browser.evaluate("document.querySelector('.stage').scrollIntoView({behavior: 'instant'})")
    box = browser.evaluate("(r => [r.left, r.top, r.width])(document.querySelector('.stage').getBoundingClientRect())")
    point = {"x": box[0] + 0.2 * box[2], "y": box[1] + 100}
    browser.call("Input.dispatchTouchEvent", type="touchStart", touchPoints=[point])
    browser.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
    cut = browser.evaluate("parseFloat(document.querySelector('.stage').style.getPropertyValue('--cut'))")
    assert cut == pytest.approx(20, abs=1)  # a percent of the picture is three pixels


def test_the_right_hand_variant_covers_the_left_from_the_line_on(browser, report):
    browser.open(report, 1280)
    clip = browser.evaluate("getComputedStyle(document.querySelector('.view.right')).clipPath")
    assert clip.startswith("inset(")
    assert clip.endswith("50%)")


def test_side_by_side_shows_both_variants_whole(browser, report):
    browser.open(report, 1280)
    browser.evaluate("document.querySelector('.controls button').click()")
    assert browser.evaluate(
        "Array.from(document.querySelector('.stage').children).filter(e => e.matches('.view'))"
        ".every(e => getComputedStyle(e).clipPath === 'none' && e.offsetWidth > 300)"
    )


def test_without_scripts_both_variants_are_seen(browser, report, shots):
    browser.open(report, 1280, scripts=False)
    assert browser.complaints() == []
    browser.screenshot(shots / "report-without-scripts.png")
    browser.call("Emulation.setScriptExecutionDisabled", value=False)
    shown = browser.evaluate("Array.from(document.querySelectorAll('.stage .view')).map(e => e.offsetWidth)")
    assert len(shown) == 8
    assert min(shown) > 300


def test_on_paper_both_variants_are_seen_and_nothing_is_cut(browser, report, shots):
    browser.call("Emulation.setEmulatedMedia", media="print")
    try:
        browser.open(report, 690)  # A4 without margins of 14 mm, in CSS pixels
        assert browser.evaluate(
            "Array.from(document.querySelectorAll('.stage .view')).every(e => e.offsetWidth > 300"
            " && getComputedStyle(e).clipPath === 'none')"
        )
        assert browser.evaluate("document.documentElement.scrollWidth <= innerWidth")
        browser.screenshot(shots / "report-print.png")
    finally:
        browser.call("Emulation.setEmulatedMedia", media="")
    browser.pdf(shots / "report.pdf")
    assert (shots / "report.pdf").read_bytes().startswith(b"%PDF")


def test_all_text_has_enough_contrast(browser, report):
    browser.open(report, 1280)
    assert browser.evaluate(CONTRAST) == []  # WCAG 2.1 AA: 4.5 to 1


def test_headings_do_not_skip_levels_and_controls_have_names(browser, report):
    browser.open(report, 1280)
    levels = browser.evaluate("Array.from(document.querySelectorAll('h1,h2,h3,h4')).map(h => Number(h.tagName[1]))")
    assert levels[0] == 1
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels))
    assert browser.evaluate("Array.from(document.querySelectorAll('input,select')).every(e => e.labels.length === 1)")


def test_a_place_without_buildings_and_roads_can_be_compared_and_reported(village, results, tmp_path):
    empty = village.with_changes(
        grid=village.grid.assign(building_id=village.grid["building_id"] * 0),
        buildings=village.buildings.iloc[:0],
        network=None,
    )
    heat, flood = (results[model](empty) for model in ("heat", "flood"))
    comparison = compare([Variant(name, name, empty, {"h": heat, "f": flood}) for name in ("baseline", "other")])
    assert comparison.worst_places().empty
    assert "road network" in {m.key: m.reason for m in comparison.missing}["flood_road_length_over_30cm"]
    tags(comparison.report(tmp_path / "empty.html", "de"))


def test_a_result_without_a_single_value_says_so(village, results, tmp_path):
    heat = results["heat"](village)
    nothing = heat.assign(utci=heat["utci"] * float("nan"))
    comparison = compare([Variant("baseline", "Today", village, {"h": nothing})])
    assert any("no value" in m.reason for m in comparison.missing)
    tags(comparison.report(tmp_path / "nothing.html"))


def test_the_german_report_says_in_german_what_was_validated(variants, tmp_path):
    stated = {"validation": "a lake at rest", "validation_de": "ein See in Ruhe"}
    named = [
        dataclasses.replace(v, results={event: result.assign_attrs(stated) for event, result in v.results.items()})
        for v in variants
    ]
    report = compare(named, "baseline").report(tmp_path / "report.html", language="de").read_text(encoding="utf-8")
    assert "ein See in Ruhe" in report
    assert "a lake at rest" not in report


def test_the_report_opens_with_the_title_and_the_description_of_the_study(comparison):
    from twin.compare.report import render

    study = dataclasses.replace(comparison, title="A cool square", title_de="Ein kühler Platz", description=HOSTILE)
    for language, title in (("en", "A cool square"), ("de", "Ein kühler Platz")):
        page = render(study, language)
        assert f"<h1>{title}</h1>" in page
        assert f"<title>{title}</title>" in page
        assert "Musterdorf" in page.split('class="subtitle"')[1].split("</p>")[0]
        assert page.count('<p class="description">&lt;script&gt;') == 1
    plain = render(comparison, "de")
    assert "<h1>Musterdorf: Varianten im Vergleich</h1>" in plain
    assert '<p class="description">' not in plain
