"""Only what lies around the grid is read, and every file is looked at before the first long read; synthetic tiles."""

from __future__ import annotations

import gzip
import re
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from twin import geometry
from twin.city.gridspec import GridSpec
from twin.city.load import load_city
from twin.city.load_sources import around
from twin.city.samples import sample_folder
from twin.errors import DataError

HEAD = 'name = "Ort"\ncrs = "EPSG:25833"\nresolution = 2\nbounds = [389600, 5819600, 389640, 5819640]\n'
LOD2 = "lod2_3890_5819.gml.gz"


def postings(west: float, south: float, height: float = 34.0, count: int = 100, step: float = 10.0) -> str:
    x, y = np.meshgrid(west + step * (np.arange(count) + 0.5), south + step * (np.arange(count) + 0.5))
    return "".join(f"{e:.1f} {n:.1f} {height}\n" for e, n in zip(x.ravel(), y.ravel(), strict=True))


def place(folder: Path, text: str, **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / f"{name}.xyz").write_text(content)
    (folder / "city.toml").write_text(HEAD + text, encoding="utf-8")
    return folder


TERRAIN = '[terrain]\nfile = "dgm10_*.xyz"\ncrs = "EPSG:25833"\n'


def test_tiles_that_lie_elsewhere_are_not_read(tmp_path, monkeypatch):
    read: list[str] = []
    whole = geometry.read_xyz

    def spy(path, **options):
        read.append(Path(path).name)
        return whole(path, **options)

    monkeypatch.setattr(geometry, "read_xyz", spy)
    tiles = {f"dgm10_33_{east}_5819": postings(east * 1000.0, 5819000, east) for east in (388, 389, 390, 400)}
    city = load_city(place(tmp_path / "ort", TERRAIN, **tiles))
    assert np.unique(city.grid.ground_elevation).tolist() == [389.0]
    assert read == ["dgm10_33_389_5819.xyz"]  # 250 m around the grid touch no other


def test_a_name_that_its_content_belies_decides_nothing(tmp_path):
    wrong = {"dgm10_33_400_5819": postings(389000, 5819000)}
    assert float(load_city(place(tmp_path / "ort", TERRAIN, **wrong)).grid.ground_elevation.max()) == 34.0


def test_terrain_of_another_place_is_refused_with_both_places(tmp_path):
    tiles = {"dgm10_33_400_5819": postings(400_000, 5819000)}
    with pytest.raises(DataError, match=r"none of its 1 files lies at the grid .*reach x 400000 to 401000.*fetch"):
        load_city(place(tmp_path / "ort", TERRAIN, **tiles))


def test_terrain_in_a_zip_is_read_from_its_members(tmp_path):
    folder = place(tmp_path / "ort", '[terrain]\nfile = "dgm1.zip"\ncrs = "EPSG:25833"\n')
    with zipfile.ZipFile(folder / "dgm1.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("lizenz.txt", "dl-de/by-2.0")
        archive.writestr("dgm10_33_389_5819.xyz", postings(389000, 5819000, 35.5))
    assert np.unique(load_city(folder).grid.ground_elevation).tolist() == [35.5]


@pytest.fixture
def quarter(tmp_path: Path) -> Path:
    """The packaged LoD2 tile on flat ground, as its survey packs it: several tiles in one archive."""
    folder = place(tmp_path / "ort", TERRAIN, dgm10_33_389_5819=postings(389000, 5819000))
    tile = gzip.decompress((sample_folder("tiergarten") / LOD2).read_bytes())
    far = re.sub(rb"\b38(\d{4}\b)", rb"48\1", tile)
    with zipfile.ZipFile(folder / "lod2.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("LoD2_33_389_5819_1_BE.gml", tile)
        archive.writestr("LoD2_33_489_5819_1_BE.gml", far)
    return folder


def test_city_model_tiles_far_away_are_passed_by_and_the_city_says_so(quarter):
    toml = quarter / "city.toml"
    toml.write_text(toml.read_text() + '[buildings]\nfile = "lod2.zip"\nformat = "citygml"\n')
    city = load_city(quarter)
    assert len(city.buildings) == 40  # all within 2 km of the grid
    assert any("1 of 2 tiles lie too far" in note for report in city.meta.reports for note in report.notes)


def test_the_margin_of_buildings_is_the_planners_to_choose(quarter):
    toml = quarter / "city.toml"
    text = toml.read_text() + '[buildings]\nfile = "lod2.zip/LoD2_33_389*"\nformat = "citygml"\nmargin = {}\n'
    counts = []
    for margin in (0, 150, 2000):
        toml.write_text(text.format(margin))
        counts.append(len(load_city(quarter).buildings))
    assert counts[0] < counts[1] < counts[2] == 40


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[buildings]\nfile = "town.osm"\nformat = "citygml"\n', r"\[buildings\].*town\.osm holds osm, citygml is"),
        ('[roads]\nfile = "LOD2"\n', r"\[roads\].*holds citygml, osm is needed here; it belongs under \[buildings\]"),
        ('[canopy]\nfile = "town.osm"\n', r"\[canopy\].*holds osm.*belongs under \[land_cover\] and \[roads\]"),
        ('[trees]\nfile = "town.osm"\n', r"\[trees\].*holds osm, table or vector"),
    ],
)
def test_a_file_of_another_kind_is_refused_before_anything_is_read(tmp_path, monkeypatch, text, message):
    folder = place(tmp_path / "ort", TERRAIN + text.replace("LOD2", LOD2), dgm10_33_389_5819=postings(389000, 5819000))
    shutil.copy(sample_folder("tiergarten") / LOD2, folder)
    (folder / "town.osm").write_text('<osm version="0.6"><node id="1" lat="52" lon="13"/></osm>')
    monkeypatch.setattr(geometry, "read_xyz", lambda *_, **__: pytest.fail("a long read came before the checks"))
    with pytest.raises(DataError, match=message):
        load_city(folder)


def test_city_models_in_two_systems_are_refused_with_the_files_of_each(quarter):
    with zipfile.ZipFile(quarter / "lod2.zip") as archive:
        tile = archive.read("LoD2_33_389_5819_1_BE.gml")
    (quarter / "a.gml").write_bytes(tile)
    (quarter / "b.gml").write_bytes(tile.replace(b"25833", b"25832"))
    toml = quarter / "city.toml"
    toml.write_text(toml.read_text() + '[buildings]\nfile = ["a.gml", "b.gml"]\nformat = "citygml"\n')
    with pytest.raises(DataError, match=r"name 2 CRSs: EPSG:25833 \(a\.gml\); EPSG:25832 \(b\.gml\); keep those"):
        load_city(quarter)


def test_a_city_in_another_system_than_its_model_is_refused_with_the_line_to_write(quarter):
    toml = quarter / "city.toml"
    text = toml.read_text().replace('crs = "EPSG:25833"\nresolution', 'crs = "EPSG:25832"\nresolution')
    toml.write_text(text + '[buildings]\nfile = "lod2.zip"\nformat = "citygml"\n')
    with pytest.raises(DataError, match=r'is in EPSG:25833, the city in EPSG:25832; set crs = "EPSG:25833" at the top'):
        load_city(quarter)


def test_a_box_in_another_system_holds_the_box_asked_for():
    spec = GridSpec(389600, 5819640, 2.0, 20, 20, "EPSG:25833")
    from pyproj import CRS, Transformer

    west, south, east, north = around(spec, 100.0, CRS.from_epsg(4326))
    xmin, ymin, xmax, ymax = spec.bounds
    corners = Transformer.from_crs(25833, 4326, always_xy=True).transform(
        [xmin - 100, xmin - 100, xmax + 100, xmax + 100], [ymin - 100, ymax + 100, ymin - 100, ymax + 100]
    )
    assert west <= min(corners[0]) < max(corners[0]) <= east
    assert south <= min(corners[1]) < max(corners[1]) <= north
