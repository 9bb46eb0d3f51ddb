"""Town of several CityGML files: folders, lists, patterns, archives and their members; buildings filed twice."""

from __future__ import annotations

import gzip
import zipfile

import numpy as np
import pytest

from twin.errors import DataError
from twin.geometry import read_citygml


@pytest.fixture
def town(gml, write, tmp_path):
    """A folder of three tiles, one plain, one packed, one in an archive, with other things beside them."""
    write("a.gml", gml.city(gml.box_building("a")))
    write("b.gml.gz", gzip.compress(gml.city(gml.box_building("b", 20.0)).encode()))
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        archive.writestr("inner/c.gml", gml.city(gml.box_building("c", 40.0)))
        archive.writestr("licence.txt", "words")
    with zipfile.ZipFile(tmp_path / "terrain.zip", "w") as archive:
        archive.writestr("dgm1.xyz", "389000 5819000 34")
    write("readme.txt", "words")
    return tmp_path


def names(models):
    return sorted(models.buildings["id"])


def test_a_folder_is_read_with_its_packed_tiles_and_archives(town):
    models = read_citygml(town)
    assert names(models) == ["a", "b", "c"]
    assert len(models.surfaces) == 18
    assert models.report.found == models.report.used == 3


def test_a_pattern_names_tiles(town):
    assert names(read_citygml(town / "*.gml*")) == ["a", "b"]
    assert names(read_citygml(str(town / "**" / "c.zip"))) == ["c"]


def test_a_pattern_that_fits_nothing_is_an_error(town):
    with pytest.raises(DataError, match=r"no file fits the pattern .*\*\.citygml"):
        read_citygml(town / "*.citygml")


def test_a_list_may_mix_files_archives_members_patterns_and_folders(town, write):
    assert names(read_citygml([town / "a.gml", town / "c.zip" / "inner" / "c.gml", str(town / "b*")])) == [
        "a",
        "b",
        "c",
    ]
    (town / "empty").mkdir()
    with pytest.raises(DataError, match="is a folder without a file ending in"):
        read_citygml([town / "a.gml", town / "empty"])


def test_a_name_with_brackets_is_a_name_if_it_exists(gml, write):
    assert names(read_citygml(write("tile[1].gml", gml.city(gml.box_building("a"))))) == ["a"]


def test_a_damaged_archive_among_the_tiles_stops_all(town):
    (town / "d.zip").write_bytes((town / "c.zip").read_bytes()[:100])
    with pytest.raises(DataError, match=r"d\.zip"):
        read_citygml(town)


def test_a_building_filed_in_two_tiles_counts_once_and_is_reported(gml, write):
    tiles = [
        write("1.gml", gml.city(gml.box_building("a"), gml.box_building("edge", 20.0))),
        write("2.gml", gml.city(gml.box_building("edge", 20.0), gml.box_building("b", 40.0))),
    ]
    models = read_citygml(tiles)
    assert names(models) == ["a", "b", "edge"]
    assert (models.report.found, models.report.used) == (4, 3)
    assert [entry.id for entry in models.report.refused] == ["edge"]
    assert "comes twice with the same geometry" in models.report.refused[0].reason


def test_two_halves_of_a_building_in_two_tiles_are_both_kept_and_reported(gml, write):
    tiles = [write(f"{i}.gml", gml.city(gml.box_building("edge", 10.0 * i))) for i in range(2)]
    models = read_citygml(tiles)
    assert names(models) == ["edge", "edge#2"]
    assert "same gml:id" in models.report.repaired[0].reason


def test_a_box_holds_for_all_tiles(town):
    models = read_citygml(town, bounds=(389_015.0, 5_819_000.0, 389_035.0, 5_819_010.0))
    assert names(models) == ["b"]
    assert np.ptp(models.surfaces.vertices[:, 0]) == 10.0
    assert sum("outside the bounds" in note for note in models.report.notes) == 2
