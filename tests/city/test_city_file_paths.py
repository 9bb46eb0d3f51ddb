"""`file` in a city.toml: lists, folders, patterns and members of archives; synthetic files without content."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from twin.city.city_file_paths import RASTERS, find_files
from twin.errors import DataError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("dgm1_32_a.xyz", "dgm1_32_b.xyz", "dom1_32_a.xyz", "tiles/one.tif", "tiles/two.TIF", "tiles/x.pdf",
                 "Stadt [2024]/dgm1.tif", "tiles/.hidden.tif"):  # fmt: skip
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    with zipfile.ZipFile(tmp_path / "lod2.zip", "w") as archive:
        for name in ("in/LoD2_32_500_5700.gml", "in/LoD2_32_501_5700.gml", "licence.txt"):
            archive.writestr(name, "x")
    return tmp_path


def found(folder: Path, value: object) -> list[str]:
    return [path.relative_to(folder.resolve()).as_posix() for path in find_files(value, folder, RASTERS, "city.toml")]


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("dgm1_32_a.xyz", ["dgm1_32_a.xyz"]),
        (["tiles/one.tif", "dgm1_32_a.xyz"], ["tiles/one.tif", "dgm1_32_a.xyz"]),
        (["dgm1_32_a.xyz", "dgm1_*.xyz"], ["dgm1_32_a.xyz", "dgm1_32_b.xyz"]),
        ("dgm1_*.xyz", ["dgm1_32_a.xyz", "dgm1_32_b.xyz"]),
        ("d?m1_32_a.xyz", ["dgm1_32_a.xyz", "dom1_32_a.xyz"]),
        ("tiles", ["tiles/one.tif", "tiles/two.TIF"]),
        ("*/one.tif", ["tiles/one.tif"]),
        ("Stadt [2024]", ["Stadt [2024]/dgm1.tif"]),
        ("Stadt [2024]/*.tif", ["Stadt [2024]/dgm1.tif"]),
        ("lod2.zip", ["lod2.zip"]),
        ("lod2.zip/in/LoD2_32_500_5700.gml", ["lod2.zip/in/LoD2_32_500_5700.gml"]),
        ("lod2.zip/in/*.gml", ["lod2.zip/in/LoD2_32_500_5700.gml", "lod2.zip/in/LoD2_32_501_5700.gml"]),
        ("lod2.zip/*501*.gml", ["lod2.zip/in/LoD2_32_501_5700.gml"]),
    ],
)
def test_what_a_section_names_is_found_once_and_in_order(folder, value, names):
    assert found(folder, value) == names


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (7, "file is 7; it must be a path"),
        ([], "file is \\[\\]"),
        ([""], "it must be a path"),
        ("dgm1_33_a.xyz", r"does not exist; paths are relative to .*; there are: dgm1_32_a\.xyz, dgm1_32_b\.xyz"),
        ("*.asc", r"leads to no file ending in \.tif, "),
        ("nowhere/*.tif", "leads to no file"),
        ("lod2.zip/in/LoD2_32_502_5700.gml", r"has no member 'in/LoD2_32_502_5700\.gml'; it holds in/LoD2_32_500"),
        ("lod2.zip/*.xyz", "has no member"),
    ],
)
def test_what_leads_nowhere_is_refused_with_what_is_there(folder, value, message):
    with pytest.raises(DataError, match=message):
        found(folder, value)
