"""Changes of a JSON document, or of a sequence of them: values, keys, nesting, repetition, order."""

from __future__ import annotations

import json
from copy import deepcopy
from random import Random
from typing import Any

from benchmarks.fuzz.change_bytes import WORDS, change_bytes, change_text, encoded

_DEEP = "@deep@"
_VALUES: tuple[Any, ...] = (
    None, True, False, [], {}, "", 0, -1, 1, 0.5, -0.0, 7, 2**31, 2**53 + 1, 2**63, -(2**63) - 1, 2**70, 1e308, -1e308,
    5e-324, float("nan"), float("inf"), [[]], [[[]]], [None], [0, 0, 0], ["a"], {"type": "Building"}, "1", "NaN",
    _DEEP,
)  # fmt: skip
_KEYS = ("type", "boundaries", "children", "parents", "geometry", "values", "surfaces", "lod", "template", "vertices",
         "coordinates", "features", "properties", "id", "")  # fmt: skip


def change_json(data: bytes, rng: Random) -> bytes:
    """Change a JSON document, each line by itself if it is a sequence."""
    chance = rng.random()
    if chance < 0.08:
        return change_bytes(data, rng)
    if chance < 0.14:
        return change_text(data, rng)
    try:
        documents = _documents(data)
    except (ValueError, RecursionError):
        return change_bytes(data, rng)
    try:
        for _ in range(rng.choice((1, 1, 1, 2, 4))):
            if not documents:
                return b""
            if len(documents) > 1 and rng.random() < 0.2:
                _change_sequence(documents, rng)
            else:
                at = rng.randrange(len(documents))
                documents[at] = _changed(documents[at], rng)
        text = "\n".join(json.dumps(document) for document in documents)
    except (RecursionError, ValueError):
        return change_bytes(data, rng)
    if _DEEP in text:
        depth = rng.choice((5, 100, 900, 5000, 60_000))
        text = text.replace(f'"{_DEEP}"', "[" * depth + "]" * depth)
    return encoded(text, rng)


def _documents(data: bytes) -> list[Any]:
    text = data.decode("utf-8")
    try:
        return [json.loads(text)]
    except ValueError:
        return [json.loads(line) for line in text.splitlines() if line.strip()]


def _change_sequence(documents: list[Any], rng: Random) -> None:
    at = rng.randrange(len(documents))
    kind = rng.randrange(3)
    if kind == 0:
        del documents[at]
    elif kind == 1:
        documents.insert(at, deepcopy(rng.choice(documents)))
    else:
        rng.shuffle(documents)


def _places(document: Any) -> list[tuple[Any, Any]]:
    """Return container and key of every value."""
    out: list[tuple[Any, Any]] = []
    stack = [document]
    while stack:
        node = stack.pop()
        entries: Any = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        for key, value in entries:
            out.append((node, key))
            stack.append(value)
    return out


def _changed(document: Any, rng: Random) -> Any:
    places = _places(document)
    if not places or rng.random() < 0.01:
        return deepcopy(rng.choice(_VALUES))
    # half of the changes near the top: most values are vertices
    near = [place for place in places if isinstance(place[0], dict)]
    holder, key = rng.choice(near if near and rng.random() < 0.6 else places)
    value = holder[key]
    kind = rng.randrange(9)
    if kind <= 1:
        holder[key] = deepcopy(rng.choice(_VALUES))
    elif kind == 2:
        del holder[key]
    elif kind == 3:
        other = rng.choice(places)
        holder[key] = deepcopy(other[0].get(other[1]) if isinstance(other[0], dict) else _at(other))
    elif kind == 4 and isinstance(holder, list):
        holder[key:key] = [deepcopy(value) for _ in range(rng.choice((1, 2, 30)))]
    elif kind == 5 and isinstance(holder, dict):
        holder[rng.choice((*_KEYS, *sorted(holder)))] = holder.pop(key)
    elif kind == 6:
        holder[key] = [value] if rng.random() < 0.6 else value[0] if isinstance(value, list) and value else {"a": value}
    elif kind == 7:
        holder[key] = rng.choice(WORDS)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        holder[key] = rng.choice((-value, value + 1, value * 1000, value + 10**6, value - 10**9, value * 1.5))
    else:
        holder[key] = deepcopy(rng.choice(_VALUES))
    return document


def _at(place: tuple[Any, Any]) -> Any:
    holder, key = place
    return holder[key] if key < len(holder) else None
