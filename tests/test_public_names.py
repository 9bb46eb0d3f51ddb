"""Every public name is explained: what it does, each parameter, what it raises, and an example that runs."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import textwrap
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

ROOMS = [
    "twin",
    "twin.city",
    "twin.compare",
    "twin.export",
    "twin.flood",
    "twin.geometry",
    "twin.heat",
    "twin.scenario",
    "twin.scenario.measures",
    "twin.traffic",
    "twin.weather",
]


def _public() -> Iterator[tuple[str, Any]]:
    """Yield every public function and class once, under the shortest name that leads to it."""
    seen: set[int] = set()
    for room in ROOMS:
        module = importlib.import_module(room)
        for name in module.__all__:
            thing = getattr(module, name)
            if (inspect.isfunction(thing) or inspect.isclass(thing)) and id(thing) not in seen:
                seen.add(id(thing))
                yield f"{room}.{name}", thing


PUBLIC = dict(_public())
FUNCTIONS = {name: thing for name, thing in PUBLIC.items() if inspect.isfunction(thing)}
CLASSES = {name: thing for name, thing in PUBLIC.items() if inspect.isclass(thing)}
METHODS = {
    f"{name}.{key}": inspect.unwrap(getattr(member, "__func__", member))
    for name, thing in CLASSES.items()
    if thing.__module__.startswith("twin.")
    for key, member in vars(thing).items()
    if not key.startswith("_") and inspect.isfunction(getattr(member, "__func__", member))
}


def _words(thing: Any) -> str:
    """Return what a thing says of itself, with what the public function it points to says."""
    text = inspect.getdoc(thing) or ""
    named = re.findall(r"see `(?:[\w.]+\.)?(\w+)`", text)
    return "\n".join(
        [text, *(inspect.getdoc(f) or "" for full, f in FUNCTIONS.items() if full.split(".")[-1] in named)]
    )


def _raises(function: Any) -> bool:
    """Whether the function itself raises; what it calls is described there."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    return any(isinstance(node, ast.Raise) and node.exc is not None for node in ast.walk(tree))


@pytest.mark.parametrize("room", ROOMS)
def test_a_table_of_contents_is_complete(room: str) -> None:
    module = importlib.import_module(room)
    assert len(module.__all__) == len(set(module.__all__))
    assert [name for name in module.__all__ if not hasattr(module, name)] == []


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_function_shows_an_example(name: str) -> None:
    assert ">>>" in _words(FUNCTIONS[name])


@pytest.mark.parametrize("name", sorted({**FUNCTIONS, **METHODS}))
def test_a_function_explains_every_parameter(name: str) -> None:
    function = {**FUNCTIONS, **METHODS}[name]
    text = _words(function)
    given = [p for p in inspect.signature(function).parameters if p not in ("self", "cls")]
    assert [p for p in given if p not in text] == []
    assert text.split("\n")[0].endswith((".", ":"))


@pytest.mark.parametrize("name", sorted({**FUNCTIONS, **METHODS}))
def test_a_function_says_what_it_raises(name: str) -> None:
    function = {**FUNCTIONS, **METHODS}[name]
    if _raises(function):
        assert "Raises" in _words(function)


@pytest.mark.parametrize("name", sorted({**FUNCTIONS, **METHODS}))
def test_a_function_names_all_types(name: str) -> None:
    function = {**FUNCTIONS, **METHODS}[name]
    given = [p for p in inspect.signature(function).parameters if p not in ("self", "cls")]
    assert set(function.__annotations__) >= {*given, "return"}


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_a_class_explains_its_fields(name: str) -> None:
    text = _words(CLASSES[name])
    assert text
    assert not text.startswith(CLASSES[name].__name__ + "(")  # what dataclasses write where nothing is said
    if is_dataclass(CLASSES[name]):
        missing = [field.name for field in fields(CLASSES[name]) if field.name not in text]
        assert missing == []


def test_every_public_name_stands_in_the_reference() -> None:
    pages = Path(__file__).parents[1] / "docs" / "reference"
    shown = set(re.findall(r"^::: ([\w.]+)$", "\n".join(page.read_text() for page in pages.glob("*.md")), re.M))
    ours = {thing.__module__ for thing in PUBLIC.values() if thing.__module__.startswith("twin.")}
    assert sorted(ours - shown) == []
