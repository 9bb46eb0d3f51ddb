"""The city.toml that the guide shows says only what is known, and every section of the schema is in it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from twin.city.city_file import read_city_file
from twin.city.city_file_sections import FORMATS, MESH, SECTIONS, SUFFIXES
from twin.errors import DataError

GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "own-city.md"


@pytest.fixture(scope="module")
def shown() -> str:
    """The first whole file that the guide shows."""
    if not GUIDE.is_file():
        pytest.skip("the guide is not part of the installed package")
    blocks = re.findall(r"```toml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    return next(block for block in blocks if "[sources.survey]" in block)


def names(value: object) -> list[str]:
    return [str(name) for name in (value if isinstance(value, list) else [value])]


def test_the_file_of_the_guide_is_accepted_and_shows_every_section(shown, tmp_path):
    content = tomllib.loads(shown)
    for section in (*SECTIONS, "meshes"):
        entries = content[section] if section == "meshes" else [content[section]]
        for entry in entries:
            for name in names(entry["file"]):
                (tmp_path / name.replace("*", "32_678")).write_text("x")
    (tmp_path / "city.toml").write_text(shown, encoding="utf-8")
    wanted = read_city_file(tmp_path)
    assert set(wanted.sections) == set(SECTIONS)
    assert wanted.meshes[0]["place"] == (679200.0, 5543600.0)
    assert wanted.sections["buildings"]["margin"] == 2000.0
    assert wanted.sections["roads"]["source"] == "osm"


def test_every_format_and_section_has_suffixes():
    kinds = {form for forms in FORMATS.values() for form in forms} | {"mesh", *(set(SECTIONS) - set(FORMATS))}
    assert kinds <= set(SUFFIXES)
    assert "file" not in MESH


def test_a_byte_order_mark_of_a_windows_editor_is_no_fault(shown, tmp_path):
    (tmp_path / "a.asc").write_text("x")
    text = 'name = "Ort"\ncrs = "EPSG:25832"\nresolution = 2\nbounds = [0, 0, 4, 4]\n[terrain]\nfile = "a.asc"\n'
    (tmp_path / "city.toml").write_text(text, encoding="utf-8-sig")
    assert read_city_file(tmp_path).name == "Ort"


MESSAGES = ("holds no terrain", "names no CRS", "files name", "lies at the grid", "is needed here", "is cut off",
            "is a Git LFS pointer", "has no roads, and a traffic event needs")  # fmt: skip


@pytest.mark.parametrize("message", MESSAGES)
def test_the_messages_that_the_guide_explains_exist(message):
    import twin

    text = GUIDE.read_text(encoding="utf-8") if GUIDE.is_file() else message
    assert message in text or message in ("files name", "lies at the grid")
    code = "".join(file.read_text(encoding="utf-8") for file in Path(twin.__file__).parent.rglob("*.py"))
    assert message in re.sub(r'"\s*\n\s*f?"', "", code)


def test_a_path_that_leads_nowhere_names_file_section_and_what_is_there(tmp_path):
    (tmp_path / "dgm1_32_500_5700.tif").write_text("x")
    text = 'name = "Ort"\ncrs = "EPSG:25832"\nresolution = 2\nbounds = [0, 0, 4, 4]\n[terrain]\nfile = "dgm1.tif"\n'
    (tmp_path / "city.toml").write_text(text)
    with pytest.raises(DataError, match=r"city\.toml, \[terrain\]: file .*does not exist.*there are: dgm1_32_500_5700"):
        read_city_file(tmp_path)
