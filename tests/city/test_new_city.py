"""A folder of files becomes a city.toml that loads; the files are synthetic but those of the sample cities."""

from __future__ import annotations

import shutil
import tomllib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twin import cli
from twin.city.city_file import read_city_file
from twin.city.load import load_city
from twin.city.new_city import TO_FILL, new_city, propose_city
from twin.city.samples import sample_city, sample_folder
from twin.errors import DataError, InputError


def grid(west=389000, south=5819000, cell=10.0, count=10):
    row = " ".join(["34"] * count) + "\n"
    return f"ncols {count}\nnrows {count}\nxllcorner {west}\nyllcorner {south}\ncellsize {cell}\n{row * count}"


def fill(folder, **files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / f"{name}.asc").write_text(content)
    return folder


@pytest.mark.parametrize("name", ["tiergarten", "bayreuth"])
def test_a_copy_of_a_sample_gets_the_grid_of_the_sample_once_its_area_is_chosen(name, tmp_path):
    """What the file asks for is the area; CRS, cell size, layers and readers must come out as in the sample."""
    folder = tmp_path / name
    shutil.copytree(sample_folder(name), folder, ignore=shutil.ignore_patterns("city.toml"))
    written = read_city_file(new_city(folder))
    sample = read_city_file(sample_folder(name))
    assert (written.crs, written.resolution) == (sample.crs, sample.resolution)
    assert {key: part["file"][0].name for key, part in written.sections.items()} == {
        key: part["file"][0].name for key, part in sample.sections.items()
    }
    assert written.sections["buildings"].get("tile") == sample.sections["buildings"].get("tile")
    west, south = sample.bounds[0] + 400, sample.bounds[1] + 400
    place = (west, south, west + 80, south + 80)
    city, expected = load_city(folder, bounds=place), sample_city(name, bounds=place)
    assert city.spec == expected.spec
    assert city.grid.drop_attrs().identical(expected.grid.drop_attrs())


def test_a_written_city_loads_with_nothing_filled_in(tmp_path):
    folder = fill(tmp_path / "Ort mit Größe", dgm10=grid(), baumhöhe=grid())
    file = new_city(folder)
    assert TO_FILL in file.read_text(encoding="utf-8")
    city = load_city(folder)
    assert city.name == "Ort mit Größe"
    assert city.spec.bounds == (389000, 5819000, 389100, 5819100)
    assert float(city.grid.ground_elevation.min()) == 34.0


def test_an_existing_file_is_kept_unless_forced(tmp_path, capsys):
    folder = fill(tmp_path, dgm=grid())
    (folder / "city.toml").write_text("mine")
    with pytest.raises(InputError, match="exists; choose another"):
        new_city(folder)
    assert cli.main(["new-city", str(folder)]) == 1
    assert (folder / "city.toml").read_text() == "mine"
    assert cli.main(["new-city", str(folder), "--force", "--name", "Neu"]) == 0
    assert read_city_file(folder).name == "Neu"
    assert "check line" in capsys.readouterr().out


def test_paths_count_from_where_the_file_is_written(tmp_path):
    folder = fill(tmp_path / "data here", dgm=grid())
    file = new_city(folder, tmp_path / "town.toml")
    assert read_city_file(file).files("terrain") == ((folder / "dgm.asc").resolve(),)


def test_tiles_stand_together_and_coarser_doubles_are_left_out(tmp_path):
    folder = fill(tmp_path, dgm_a=grid(), dgm_b=grid(389100), dgm_coarse=grid(cell=20.0))
    proposal = propose_city(folder)
    assert tomllib.loads(proposal.text)["terrain"]["file"] == ["dgm_a.asc", "dgm_b.asc"]
    assert list(proposal.left_out) == ["dgm_coarse.asc"]
    assert "dgm_coarse.asc" in proposal.text


def test_a_single_nameless_raster_is_assumed_to_be_terrain_and_a_surface_is_not(tmp_path):
    assert "ASSUMED to be terrain" in propose_city(fill(tmp_path / "a", heights=grid())).text
    with pytest.raises(DataError, match=r"holds no terrain.*dom1\.asc"):
        propose_city(fill(tmp_path / "b", dom1=grid()))


def test_large_data_get_a_middle_that_asks_to_be_chosen(tmp_path):
    text = propose_city(fill(tmp_path, dgm=grid(cell=1000.0, count=40))).text
    west, south, east, north = tomllib.loads(text)["bounds"]
    assert "CHOOSE" in text
    assert ((west + east) / 2, (south + north) / 2) == (409000, 5839000)
    assert east - west == north - south == 10_000.0  # a million cells of 10 m


def test_what_lies_elsewhere_is_left_out_with_its_place(tmp_path):
    folder = fill(tmp_path, dgm=grid(), baum=grid(589000))
    proposal = propose_city(folder)
    assert "canopy" not in tomllib.loads(proposal.text)
    assert "lies elsewhere" in next(iter(proposal.left_out.values()))


def test_hostile_folders_are_refused_in_one_line(tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    pointer = tmp_path / "pointer"
    pointer.mkdir()
    (pointer / "dgm1.tif").write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:4d\nsize 1\n")
    for folder, reason in (
        (tmp_path / "empty", "holds no files"),
        (pointer, "Git LFS"),
        (tmp_path / "no", "no folder"),
    ):
        assert cli.main(["new-city", str(folder)]) == 1
        error = capsys.readouterr().err
        assert reason in error
        assert error.count("\n") == 1
        assert not (folder / "city.toml").exists()


def test_info_tells_what_files_hold_before_a_city_is_built(tmp_path, capsys):
    folder = fill(tmp_path, dgm=grid())
    assert cli.main(["info", str(folder)]) == 0
    assert "twin new-city" in capsys.readouterr().out
    assert cli.main(["info", str(folder / "dgm.asc")]) == 0
    assert capsys.readouterr().out.startswith("dgm.asc: raster (terrain), 10 rows")


def test_info_of_a_file_that_cannot_be_used_is_refused(tmp_path, capsys):
    (tmp_path / "a.gml").write_bytes(b"")
    assert cli.main(["info", str(tmp_path / "a.gml")]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "is empty" in captured.err


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(min_size=1, max_size=40).filter(str.strip))
def test_any_name_is_written_so_that_it_reads_back(tmp_path, name):
    folder = fill(tmp_path, dgm=grid())
    if any("\ud800" <= sign <= "\udfff" for sign in name):
        return
    assert tomllib.loads(propose_city(folder, name=name).text)["name"] == name.strip()
