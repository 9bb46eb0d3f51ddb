"""The house stands as docs/architecture.md says: imports point down, kernels keep to themselves."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import twin

ROOT = Path(twin.__file__).parent
GROUND = {
    "errors",
    "units",
    "limits",
    "atomic",
    "progress",
    "kernels",
    "variables",
    "netcdf",
    "provenance",
    "contents",
    "stress_classes",
}
# a room may import itself and every room of a lower storey; rooms of one storey do not know each other
STOREY: dict[str, float] = dict.fromkeys(GROUND, 0.0) | {
    "geometry": 1,
    "city": 2,
    "weather": 2,
    "heat": 3,
    "flood": 3,
    "traffic": 3,
    "compare": 3,
    "scenario": 5,
    "export": 6,
    "cli": 7,
    "__main__": 8,
}
WORDS_OF_KERNELS = {"prange", "int32", "int64", "uint32", "uint64", "uintp", "float32", "float64"}
# where the cells of a grid lie: readers that resample onto a grid need it as well, so it counts as a ground file
LATTICE = {"city/gridspec.py"}
STOREY["gridspec"] = 0.5
FILES = sorted(path for path in ROOT.rglob("*.py") if path != ROOT / "__init__.py")
KERNELS = [path for path in FILES if path.name.endswith("_kernels.py")]


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _room(path: Path) -> str:
    place = path.relative_to(ROOT)
    return "gridspec" if place.as_posix() in LATTICE else place.parts[0].removesuffix(".py")


def _imports(path: Path) -> Iterator[tuple[int, str]]:
    """Yield every module of `twin` a file imports, at its top, inside functions and for type checkers."""
    package = ["twin", *path.relative_to(ROOT).parent.parts]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "twin":
                    yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = (
                ".".join(package[: len(package) - node.level + 1] + ([node.module] if node.module else []))
                if node.level
                else node.module or ""
            )
            if base.split(".")[0] == "twin":
                for alias in node.names:
                    yield node.lineno, f"{base}.{alias.name}"


def test_every_file_has_a_room_of_known_storey() -> None:
    assert {_room(path) for path in FILES} <= set(STOREY)


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_imports_point_down(path: Path) -> None:
    room = _room(path)
    upward = []
    for line, module in _imports(path):
        parts = module.split(".")
        if parts[1:2] == ["__version__"]:
            continue
        target = parts[1] if len(parts) > 1 else ""
        if parts[1:3] == ["city", "gridspec"]:
            target = "gridspec"
        allowed = target == room or (
            target in STOREY and (STOREY[target] < STOREY[room] or STOREY[target] == STOREY[room] == 0)
        )
        if not allowed:
            upward.append(f"{_name(path)}:{line} imports {module}")
    assert not upward


def test_only_one_file_speaks_to_numba() -> None:
    speakers = set()
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom) and not node.level
                else []
            )
            # prange and number types are names for the compiler; they carry no options
            harmless = isinstance(node, ast.ImportFrom) and {alias.name for alias in node.names} <= WORDS_OF_KERNELS
            if any(name.split(".")[0] == "numba" for name in names) and not harmless:
                speakers.add(_name(path))
    assert speakers == {"kernels.py"}


@pytest.mark.parametrize("path", KERNELS, ids=_name)
def test_kernel_files_borrow_from_kernel_files_of_their_room_alone(path: Path) -> None:
    """Numba's cache does not see a change in another file; the key of its folder does, if that is a kernel file."""
    room = ".".join(("twin", *path.relative_to(ROOT).parent.parts))
    borrowed = [
        module
        for _, module in _imports(path)
        if not module.startswith("twin.kernels") and not re.match(rf"{re.escape(room)}\.\w+_kernels(\.\w+)?$", module)
    ]
    assert not borrowed


@pytest.mark.parametrize("path", KERNELS, ids=_name)
def test_kernel_files_hold_loops_not_words(path: Path) -> None:
    """Kernels know numpy, math and the compiler; no Dataset, no table, no exception."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    foreign = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    } - {"__future__", "math", "numpy", "numba", "twin", "typing"}
    raised = [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Raise)]
    assert (foreign, raised) == (set(), [])


def test_only_kernel_files_compile() -> None:
    compiling = {
        _name(path)
        for path in FILES
        if not path.name.endswith("_kernels.py") and path.name != "kernels.py"
        for _, module in _imports(path)
        if module == "twin.kernels.jit"
    }
    assert not compiling


def test_no_room_is_called_miscellaneous() -> None:
    forbidden = {"utils", "util", "helpers", "helper", "common", "misc", "tools"}
    assert not {_name(path) for path in FILES if path.stem.strip("_") in forbidden}


def test_every_file_says_what_it_is_for() -> None:
    silent = {_name(path) for path in FILES if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))}
    assert not silent
