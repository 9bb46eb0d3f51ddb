import re
from pathlib import Path

import pytest

from twin.errors import DataError, InputError, TwinError
from twin.scenario import measures
from twin.scenario.files import find_study, load_study, packaged_studies
from twin.scenario.scenario import Scenario

STUDY = """
title = "A test"
language = "de"

[city]
sample = "bayreuth"
bounds = [679050, 5543300, 679250, 5543500]

[[event]]
kind = "heavy_rain"
depth = "20 mm"

[couplings]
surface_to_heat = false

[[scenario]]
name = "green"
title = "Green"

[[scenario.measure]]
kind = "unseal"
area = [679100, 5543350, 679200, 5543450]

[[scenario.measure]]
kind = "set_speed"
classes = ["residential"]
speed = "20 km/h"
"""


def write(folder, text=STUDY):
    path = folder / "study.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_says_what_python_would(tmp_path):
    spec = load_study(write(tmp_path))
    assert spec.name == "study"
    assert spec.language == "de"
    assert spec.city_source["bounds"] == (679050, 5543300, 679250, 5543500)
    assert spec.couplings.surface_to_heat is False
    assert spec.couplings.flooded_roads is True
    (plan,) = spec.scenarios
    assert plan.measures[0] == measures.unseal((679100, 5543350, 679200, 5543450))
    assert plan.measures[1] == measures.set_speed(classes=["residential"], speed="20 km/h")
    assert [event.label_en for event in spec.events] == ["heavy rain, 20 mm in 60 min"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('title = "A test"', 'titel = "A test"', r"study.toml: the file has no key 'titel'; did you mean 'title'"),
        (
            'depth = "20 mm"',
            'dept = "20 mm"',
            r"\[\[event\]\] 1 \(heavy_rain\) has no key 'dept'; did you mean 'depth'",
        ),
        ('kind = "heavy_rain"', 'kind = "havy_rain"', "has kind 'havy_rain'; did you mean 'heavy_rain'"),
        ('kind = "unseal"', 'kind = "seal"', "has kind 'seal'; did you mean 'unseal'"),
        ('kind = "unseal"', 'knd = "unseal"', "has kind ''"),
        ('name = "green"\n', "", r"\[\[scenario\]\] 1 has no name"),
        ("surface_to_heat", "surface_to_het", "did you mean 'surface_to_heat'"),
        ("surface_to_heat = false", 'surface_to_heat = "off"', "it is either true or false"),
        ('sample = "bayreuth"', 'smple = "bayreuth"', r"\[city\] has no key 'smple'; did you mean 'sample'"),
        ('sample = "bayreuth"', "resolution = 2", "either sample or file"),
        ('language = "de"', 'language = "fr"', "use one of: en, de"),
        ('speed = "20 km/h"', 'speed = "20"', r"\('green'\), measure 2 \(set_speed\): speed is '20'"),
        ("area = [679100, 5543350, 679200, 5543450]", 'area = "yards.geojson"', "no such file"),
        ("area = [679100, 5543350, 679200, 5543450]", "", "lacks 'area'"),
        ("[[event]]", "[event]", r"event must be written as \[\[event\]\]"),
        ("[[scenario]]", "[[scenario", "cannot be read as TOML"),
        ('title = "A test"', "title = 3", "it must be text"),
    ],
)
def test_mistakes_are_named_with_file_and_key(tmp_path, old, new, words):
    assert old in STUDY
    with pytest.raises(TwinError, match=words) as caught:
        load_study(write(tmp_path, STUDY.replace(old, new, 1)))
    assert "study.toml" in str(caught.value)


def test_a_file_that_is_not_text_is_refused(tmp_path):
    path = tmp_path / "study.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="cannot be read as TOML"):
        load_study(path)


def test_paths_count_from_the_folder_of_the_file(tmp_path, monkeypatch):
    folder = tmp_path / "deep"
    folder.mkdir()
    (folder / "yards.geojson").write_text(
        '{"type": "Polygon", "coordinates": [[[11.5, 50], [11.6, 50], [11.6, 50.1], [11.5, 50]]]}', encoding="utf-8"
    )
    path = write(folder, STUDY.replace("area = [679100, 5543350, 679200, 5543450]", 'area = "yards.geojson"'))
    monkeypatch.chdir(tmp_path)
    assert load_study(path).scenarios[0].measures[0].area.crs == "OGC:CRS84"


def test_ready_studies_are_found_by_name():
    assert {"neudrossenfeld", "heat-and-trees", "heavy-rain-and-unsealing", "tempo-30"} <= set(packaged_studies())
    with pytest.raises(InputError, match="did you mean 'neudrossenfeld'"):
        find_study("neudrossenfled")


@pytest.mark.parametrize("name", sorted(packaged_studies()))
def test_every_ready_study_can_be_read_and_has_a_text(name):
    spec = load_study(name)
    assert spec.description
    assert spec.title_de
    assert spec.scenarios
    assert spec.events


@pytest.fixture(scope="module")
def neudrossenfeld():
    from twin.city.samples import sample_city

    return sample_city("bayreuth")


@pytest.mark.parametrize("name", sorted(packaged_studies()))
def test_every_measure_of_a_ready_study_finds_its_place(neudrossenfeld, name):
    for plan in load_study(name).scenarios:
        after, records = plan.apply(neudrossenfeld)
        assert len(records) == len(plan.measures)
        assert after is not neudrossenfeld


def test_a_real_city_takes_every_measure(neudrossenfeld):
    plan = Scenario(
        "all",
        [
            measures.unseal((679112, 5543450, 679246, 5543586)),
            measures.plant_trees((679300, 5543200, 679400, 5543240), height=12),
            measures.add_building((679300, 5543150, 679330, 5543170), height=9),
            measures.close_road("Marktplatz"),
            measures.set_speed(name="Bayreuther Straße", speed="30 km/h"),
        ],
    )
    after, _ = plan.apply(neudrossenfeld)
    new = after.buildings.index.max()
    assert after.buildings.loc[new, "residents"] > 0
    assert (after.grid.building_id.values == new).sum() == pytest.approx(600 / 16, abs=10)
    assert after.buildings.dtypes["height"] == neudrossenfeld.buildings.dtypes["height"]


AREA = (679100, 5543350, 679200, 5543450)
MEASURES = {
    'kind = "plant_trees"\nspecies = "Winterlinde"\nyears_after_planting = 30': lambda: measures.plant_trees(
        AREA, species="Tilia cordata", years_after_planting=30
    ),
    'kind = "remove_trees"': lambda: measures.remove_trees(AREA),
    'kind = "unseal"\nto = "shrub"\nirrigated = true': lambda: measures.unseal(AREA, "shrub", irrigated=True),
    'kind = "irrigate"\nwetness = 0.8': lambda: measures.irrigate(AREA, wetness=0.8),
    'kind = "water_surface"\nsunk = "30 cm"': lambda: measures.water_surface(AREA, sunk=0.3),
    'kind = "shade_sail"\nheight = "5 m"\ntransmissivity = 0.2': lambda: measures.shade_sail(
        AREA, 5.0, transmissivity=0.2
    ),
    'kind = "lighten"\nwhat = "ground"\nalbedo = 0.35\naged = false': lambda: measures.lighten(
        "ground", AREA, albedo=0.35, aged=False
    ),
    'kind = "green_roof"\nform = "intensive"\nfraction = 0.7': lambda: measures.green_roof(
        AREA, form="intensive", fraction=0.7
    ),
    'kind = "facade_greening"\nfraction = 0.4\nheight = "6 m"\ncost = 1000': lambda: measures.facade_greening(
        AREA, fraction=0.4, height=6.0, cost=1000.0
    ),
    'kind = "remove_buildings"\nground = "gravel"': lambda: measures.remove_buildings(AREA, ground="gravel"),
}


@pytest.mark.parametrize("table", MEASURES)
def test_measures_in_a_file_are_those_of_python(tmp_path, table):
    text = STUDY[: STUDY.index("[[scenario.measure]]")]
    path = write(tmp_path, f"{text}[[scenario.measure]]\narea = {list(AREA)}\n{table}\n")
    assert load_study(path).scenarios[0].measures == (MEASURES[table](),)


@pytest.mark.parametrize("kind", ["green_roof", "facade_greening", "remove_buildings"])
def test_buildings_are_chosen_by_number_in_a_file(tmp_path, kind):
    text = STUDY[: STUDY.index("[[scenario.measure]]")]
    path = write(tmp_path, f'{text}[[scenario.measure]]\nkind = "{kind}"\nbuildings = [7, 3, 7]\n')
    assert load_study(path).scenarios[0].measures[0].buildings == (3, 7)


GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "measures.md"


def test_every_example_of_the_guide_can_be_written_so(tmp_path):
    text = re.sub(r'"plans\.geojson#[\w-]+"', str(list(AREA)), GUIDE.read_text(encoding="utf-8"))
    tables = "\n".join(re.findall(r"```toml\n(.*?)```", text, flags=re.DOTALL))
    path = write(tmp_path, STUDY[: STUDY.index("[[scenario.measure]]")] + tables)
    kinds = [measure.kind for measure in load_study(path).scenarios[0].measures]
    assert kinds == re.findall(r'^kind = "(\w+)"', tables, flags=re.MULTILINE)
    told = {name for line in re.findall(r"^## .*", text, flags=re.MULTILINE) for name in re.findall(r"`(\w+)`", line)}
    assert told | {"remove_buildings"} == set(kinds)


def test_the_guide_shows_the_sizes_that_trees_get():
    line = r"^\| [\w -]+ \(\*([\w ]+)\*\) \| (.*) \|$"
    rows = re.findall(line, GUIDE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert len(rows) == 8
    for name, cells in rows:
        for years, cell in zip((0, 5, 10, 20, 30, 40, 60), cells.split(" | "), strict=False):
            size = measures.tree_size(name, years)
            height, crown = map(float, cell.split(", "))
            assert height == round(size.height), (name, years)
            assert crown == round(size.crown_diameter, 1 if size.crown_diameter < 10 else None), (name, years)
