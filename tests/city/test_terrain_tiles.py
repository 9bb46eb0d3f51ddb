"""Terrain in tiles as surveys give it out: XYZ, folders, patterns, archives. All tiles are synthetic."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import numpy as np
import pytest

from twin.city.load import load_city
from twin.errors import DataError

HEAD = 'name = "Town"\ncrs = "EPSG:25832"\nresolution = 1\nbounds = [678000, 5543000, 678008, 5543006]\n'
HEIGHTS = np.round(330 + np.arange(48.0).reshape(6, 8) * 0.13, 2)


def tile(columns: slice, heights: np.ndarray = HEIGHTS, *, zone: str = "") -> str:
    """Return the postings (cell centres) of some columns, south row first."""
    return "\n".join(
        f"{zone}{678000.5 + column:.2f} {5543000.5 + row:.2f} {heights[5 - row, column]:.2f}"
        for row in range(6)
        for column in range(8)[columns]
    )


def load(folder: Path, file: str, crs: str = 'crs = "EPSG:25832"\n') -> np.ndarray:
    (folder / "city.toml").write_text(f"{HEAD}[terrain]\nfile = {file}\n{crs}", encoding="utf-8")
    return load_city(folder).grid.ground_elevation.values


def test_a_single_tile_is_copied(tmp_path) -> None:
    (tmp_path / "dgm1.xyz").write_text(tile(slice(None)))
    assert np.array_equal(load(tmp_path, '"dgm1.xyz"'), HEIGHTS.astype(np.float32))


def test_the_zone_in_the_easting_needs_no_crs(tmp_path) -> None:
    (tmp_path / "dgm1.txt").write_text(tile(slice(None), zone="32"))
    assert np.array_equal(load(tmp_path, '"dgm1.txt"', ""), HEIGHTS.astype(np.float32))


@pytest.mark.parametrize("name", ['"tiles"', '"tiles/dgm1_*"', '["tiles/dgm1_w.xyz", "tiles/dgm1_e.xyz.gz"]'])
def test_tiles_of_a_folder_or_pattern_are_joined(tmp_path, name) -> None:
    (tmp_path / "tiles").mkdir()
    (tmp_path / "tiles" / "dgm1_w.xyz").write_text(tile(slice(0, 5)))
    (tmp_path / "tiles" / "dgm1_e.xyz.gz").write_bytes(gzip.compress(tile(slice(4, 8)).encode()))
    (tmp_path / "tiles" / "readme.txt").write_text("Licence: synthetic")
    (tmp_path / "tiles" / "licence.pdf").write_bytes(b"%PDF")
    assert np.array_equal(load(tmp_path, name), HEIGHTS.astype(np.float32))


def test_tiles_of_an_archive_are_joined(tmp_path) -> None:
    with zipfile.ZipFile(tmp_path / "dgm1.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/w.xyz", tile(slice(0, 4)))
        archive.writestr("a/e.xyz", tile(slice(4, 8)))
        archive.writestr("a/licence.pdf", "words")
        archive.writestr("a/readme.txt", "words")
    assert np.array_equal(load(tmp_path, '"dgm1.zip"'), HEIGHTS.astype(np.float32))


def test_tiles_that_contradict_each_other_are_refused(tmp_path) -> None:
    (tmp_path / "a.xyz").write_text(tile(slice(0, 5)))
    (tmp_path / "b.xyz").write_text(tile(slice(4, 8), HEIGHTS + 0.5))
    with pytest.raises(DataError, match=r"contradict each other in 6 cells: b\.xyz says .* at E 678004\.5"):
        load(tmp_path, '"*.xyz"')


def test_a_missing_tile_is_said(tmp_path) -> None:
    (tmp_path / "a.xyz").write_text(tile(slice(0, 4)))
    (tmp_path / "city.toml").write_text(f'{HEAD}[terrain]\nfile = "a.xyz"\ncrs = "EPSG:25832"\n')
    city = load_city(tmp_path)
    assert np.isnan(city.grid.ground_elevation.values[:, 4:]).all()
    place = "does not cover 50.0% of the grid, within E 678004 to 678008, N 5543000 to 5543006"
    assert any(place in caveat.text_en for caveat in city.meta.caveats)


def test_a_damaged_tile_is_not_passed_over(tmp_path) -> None:
    (tmp_path / "a.xyz").write_text(tile(slice(0, 5)))
    (tmp_path / "b.xyz").write_text(tile(slice(4, 8)) + "\n678004.5 5543000.5")
    with pytest.raises(DataError, match=r"b\.xyz, line 25: .* has 2 fields"):
        load(tmp_path, '"*.xyz"')


def test_a_pattern_without_tiles_is_refused(tmp_path) -> None:
    with pytest.raises(DataError, match=r"\[terrain\]: .* leads to no file ending in"):
        load(tmp_path, '"dgm5_*.xyz"')
