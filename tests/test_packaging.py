"""What surrounds the code agrees with it: versions, licence, promises of the README, samples, metadata."""

from __future__ import annotations

import gzip
import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml

import twin

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = Path(twin.__file__).parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
SAMPLES = sorted(path for path in (PACKAGE / "data").rglob("*") if path.is_file())


def _read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_versions_agree() -> None:
    assert yaml.safe_load(_read("CITATION.cff"))["version"] == twin.__version__
    assert yaml.safe_load(_read("publiccode.yml"))["softwareVersion"] == twin.__version__
    assert f"## [{twin.__version__}]" in _read("CHANGELOG.md")


@pytest.mark.parametrize("readme", ["README.md", "README.de.md"])
@pytest.mark.parametrize("command", ["pip install . && twin demo", 'pip install ".[test]" && pytest'])
def test_the_readme_promises_two_commands(readme: str, command: str) -> None:
    assert command in _read(readme).splitlines()


@pytest.mark.parametrize("page", ["README.md", "README.de.md", "CONTRIBUTING.md"])
def test_links_of_the_front_pages_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\(([^)#]+)", _read(page))
    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []


def test_the_licence_is_the_apache_licence() -> None:
    text = _read("LICENSE")
    assert PROJECT["license"] == "Apache-2.0"
    assert "Apache License\n                           Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text


@pytest.mark.parametrize("language", ["en", "de"])
def test_publiccode_describes_itself_within_the_bounds_of_the_standard(language: str) -> None:
    """publiccode.yml 0.4: short description at most 150 characters, long one 150 to 10,000."""
    description = yaml.safe_load(_read("publiccode.yml"))["description"][language]
    assert len(description["shortDescription"]) <= 150
    assert 150 <= len(description["longDescription"]) <= 10_000
    assert len(description["features"]) >= 1


def test_publiccode_names_what_the_standard_requires() -> None:
    """Mandatory keys of version 0.4, https://yml.publiccode.tools/schema.core.html."""
    content = yaml.safe_load(_read("publiccode.yml"))
    required = {
        "publiccodeYmlVersion",
        "name",
        "url",
        "releaseDate",
        "platforms",
        "developmentStatus",
        "softwareType",
        "description",
        "legal",
        "maintenance",
        "localisation",
    }
    assert required <= set(content)
    assert content["legal"]["license"] == PROJECT["license"]
    assert content["maintenance"]["type"] == "community"
    assert content["maintenance"]["contacts"]
    assert set(content["localisation"]["availableLanguages"]) == {"en", "de"}


def test_every_dependency_has_a_reason() -> None:
    text = _read("docs/dependencies.md")
    optional = [entry for group in PROJECT["optional-dependencies"].values() for entry in group]
    names = {re.split(r"[\[<>=!~ ;]", entry)[0] for entry in [*PROJECT["dependencies"], *optional]}
    assert {name for name in names if f"`{name}`" not in text} == set()


def test_the_code_imports_nothing_that_is_not_declared() -> None:
    import ast
    import sys

    declared = {re.split(r"[\[<>=!~ ;]", entry)[0].lower() for entry in PROJECT["dependencies"]}
    # affine comes with rasterio, whose transforms are its type
    extras = [entry for extra in ("las", "zarr") for entry in PROJECT["optional-dependencies"][extra]]
    declared |= {re.split(r"[\[<>=!~ ;]", entry)[0].lower() for entry in extras}
    declared |= {"twin", "affine", "__future__"} | {"pil" for name in declared if name == "pillow"}
    undeclared = {}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            else:
                continue
            for name in names:
                top = name.split(".")[0]
                if top not in sys.stdlib_module_names and top.lower() not in declared:
                    undeclared[f"{path.relative_to(PACKAGE)}:{node.lineno}"] = name
    assert undeclared == {}


def test_every_declared_library_is_used() -> None:
    imported = {
        name.split(".")[0].lower()
        for path in PACKAGE.rglob("*.py")
        for name in re.findall(r"^\s*(?:import|from) ([\w.]+)", path.read_text(encoding="utf-8"), re.M)
    }
    # xarray loads h5netcdf as its engine; rioxarray gives users the .rio of what the library returns
    imported |= {"h5netcdf", "rioxarray"} | {"pillow" for name in imported if name == "pil"}
    declared = {re.split(r"[\[<>=!~ ;]", entry)[0].lower() for entry in PROJECT["dependencies"]}
    assert declared - imported == set()


def test_the_package_is_typed() -> None:
    assert (PACKAGE / "py.typed").exists()


def test_samples_are_small() -> None:
    assert SAMPLES
    assert sum(path.stat().st_size for path in SAMPLES) < 6_000_000


@pytest.mark.parametrize("path", [path for path in SAMPLES if ".osm" in path.suffixes], ids=lambda path: path.name)
def test_samples_name_no_contributor(path: Path) -> None:
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    assert re.search(rb"\s(user|uid)=", text) is None


def test_every_sample_is_explained() -> None:
    page = _read("docs/data.md")
    assert [
        path.name for path in SAMPLES if path.suffix not in (".md", ".txt", ".toml") and path.name not in page
    ] == []


def test_the_command_line_is_installed_where_the_package_is() -> None:
    try:
        distribution = metadata.distribution("urban-twin")
    except metadata.PackageNotFoundError:
        pytest.skip("the package is used from its checkout, not installed")
    commands = {entry.name: entry.value for entry in distribution.entry_points if entry.group == "console_scripts"}
    assert commands == {"twin": "twin.cli:main"}
    assert distribution.version == twin.__version__
