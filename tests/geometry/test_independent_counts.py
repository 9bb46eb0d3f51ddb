"""What the readers give is what lxml, json, osmium and rasterio count in the same files, object by object."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.evidence import geometry, independent_counts
from benchmarks.fuzz import seeds_text


@pytest.fixture
def at_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(geometry, "REFERENCE", tmp_path)
    return tmp_path


def test_synthetic_files_count_as_they_were_written(at_home: Path) -> None:
    (at_home / "a.gml").write_bytes(seeds_text.citygml())
    (at_home / "a.json").write_bytes(seeds_text.cityjson())
    assert independent_counts.citygml(at_home / "a.gml")["buildings"] == 3
    # one building by boundary surfaces and one of two parts; the third is a bare solid
    assert independent_counts.citygml(at_home / "a.gml")["wall"] == 12
    assert independent_counts.cityjson(at_home / "a.json")["areas"] == 2  # road and water; the plant is an instance


def test_the_packaged_samples_hold_what_is_counted_independently(sample, monkeypatch: pytest.MonkeyPatch) -> None:
    tile, extract = sample("tiergarten/lod2_3890_5819.gml.gz"), sample("tiergarten/berlin-siegessaeule.osm.gz")
    monkeypatch.setattr(geometry, "REFERENCE", tile.parents[1])
    row = geometry._compared(tile, independent_counts.citygml, geometry._citygml, "lxml")
    assert row.found == "the same", row
    assert "40 buildings, 652 roof" in row.known
    assert geometry._extract(extract).found == "the same, object by object"


def test_a_reader_that_lost_something_would_show(at_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (at_home / "a.osm").write_bytes(seeds_text.osm())
    known = independent_counts.osm(at_home / "a.osm")
    known["trees"] |= {"n999"}
    monkeypatch.setattr(independent_counts, "osm", lambda path: known)
    assert "differs: 1 trees neither used nor named" in geometry._extract(at_home / "a.osm").found


@pytest.mark.shared
def test_no_reference_file_differs_from_its_count(shared_data) -> None:
    shared_data("city/README.md")
    small = [file for file in sorted(geometry._CITY.glob("*/*.gml*")) if file.stat().st_size < 160_000]
    assert small
    for file in small:
        row = geometry._compared(file, independent_counts.citygml, geometry._citygml, "lxml")
        assert row.found == "the same", row
