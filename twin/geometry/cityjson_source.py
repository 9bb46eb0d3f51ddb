"""CityJSON files opened and parsed: plain, gzip or in a zip archive, one document or a sequence of features.

What passes here is a dictionary of city objects with vertices in metres as one array; anything else is a `DataError`.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from twin.errors import DataError
from twin.geometry.records import Refusal
from twin.geometry.sources import only_file, open_checked

WHAT = "a CityJSON file"
_VERSIONS = ("1.0", "1.1", "2.0")
NAMES = (".json", ".jsonl", ".json.gz", ".jsonl.gz")
"""Ends of the names of CityJSON files in folders and archives."""


@dataclass(frozen=True)
class Feature:
    """City objects that share a list of vertices: a whole document, or one feature of a sequence.

    objects : city objects by id
    vertices : (v, 3) float64, m
    """

    objects: dict[str, Any]
    vertices: NDArray[np.float64]


@dataclass
class Document:
    """A CityJSON file.

    metadata : as the file gives it
    features : one, or those of a sequence
    templates : geometries that instances repeat; template_vertices : (t, 3) float64, their vertices
    refused : what was left out on the way
    """

    version: str
    metadata: dict[str, Any]
    features: list[Feature]
    templates: list[Any]
    template_vertices: NDArray[np.float64]
    refused: list[Refusal] = field(default_factory=list)


def read_document(path: Path) -> Document:
    """Read a CityJSON file into memory, checked down to its vertices.

    Raises
    ------
    DataError
        If it is missing, cut off, not JSON, not CityJSON, or its transform or vertices are impossible.
    LimitError
        If it unpacks to more than `twin.limits` allow.

    Examples
    --------
    >>> import tempfile
    >>> text = '{"type": "CityJSON", "version": "1.0", "CityObjects": {}, "vertices": [[1, 2, 3]]}'
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "town.json"
    ...     _ = file.write_text(text)
    ...     read_document(file).features[0].vertices.tolist()
    [[1.0, 2.0, 3.0]]
    """
    text = _bytes(path)
    doubles: set[str] = set()
    try:
        head = _parse(text, path, doubles)
        lines: list[Any] = []
    except _SeveralValuesError:
        rows = [line for line in text.splitlines() if line.strip()]
        head, *lines = [
            _parse(row, path, doubles, where=f"line {number} of {path}") for number, row in enumerate(rows, 1)
        ]
    if isinstance(head, dict) and head.get("type") == "CityJSONFeature":
        raise DataError(
            f"{path} begins with a CityJSONFeature; the first line of a sequence must be a CityJSON object with the "
            "transform and the metadata of all features"
        )
    if not isinstance(head, dict) or head.get("type") != "CityJSON":
        raise DataError(f'{path} is JSON but not CityJSON: its "type" is not "CityJSON"; {WHAT} is expected there')
    version = head.get("version")
    if not isinstance(version, str) or not version.startswith(_VERSIONS):
        raise DataError(
            f"{path} is CityJSON of version {str(version)[:40]!r}; versions {', '.join(_VERSIONS)} can be read"
        )
    metadata = head.get("metadata")
    transform = _transform(head, version, path)
    features = [_feature(head, transform, str(path))]
    refused: list[Refusal] = []
    for number, line in enumerate(lines, 2):
        where = f"line {number} of {path}"
        if not isinstance(line, dict) or line.get("type") != "CityJSONFeature":
            raise DataError(f'{where} is not a CityJSONFeature; every line after the first must be one ("type")')
        feature = _feature(line, transform, where)
        if not isinstance(line.get("id"), str) or line["id"] not in feature.objects:
            refused.append(
                Refusal(str(line.get("id"))[:80], f"line {number}: the feature holds no city object of its id")
            )
            continue
        features.append(feature)
    refused += [
        Refusal(name[:80], "the name comes twice in one object of the file; its last value counts")
        for name in sorted(doubles)
    ]
    templates, points = _templates(head, path)
    return Document(version, metadata if isinstance(metadata, dict) else {}, features, templates, points, refused)


@contextmanager
def collector_paused() -> Iterator[None]:
    """Keep the collector of cycles out of a block that makes many lists without any: it would walk them all again.

    Reading Den Haag takes 0.33 CPU s with the collector and 0.20 s without.

    Examples
    --------
    >>> with collector_paused():
    ...     gc.isenabled()
    False
    """
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


class _SeveralValuesError(Exception):
    """The text goes on after its first JSON value."""


def _bytes(path: Path) -> bytes:
    """Return the unpacked content; of an archive, that of the one CityJSON file in it."""
    with open_checked(only_file(path, WHAT, NAMES)) as stream:
        return stream.read()


def _parse(text: bytes, path: Path, doubles: set[str], *, where: str = "") -> Any:
    where = where or str(path)

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        table = dict(pairs)
        if len(table) != len(pairs):
            seen: set[str] = set()
            doubles.update(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        return table

    def no_number(word: str) -> NoReturn:
        raise DataError(f"{where} holds {word} as a number, which JSON does not know; remove it")

    try:
        return json.loads(text, object_pairs_hook=once, parse_constant=no_number)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data" and where == str(path) and text[error.pos : error.pos + 1] in (b"{", b"["):
            raise _SeveralValuesError from None
        raise DataError(
            f"{where} is not JSON: {error.msg} at byte {error.pos:,} of {len(text):,}; it is cut off or damaged, "
            "fetch it again"
        ) from None
    except RecursionError:
        raise DataError(f"{where} is nested deeper than any CityJSON; it is damaged or an attack") from None
    except ValueError as error:  # not UTF-8, or a number of thousands of digits
        raise DataError(f"{where} is not JSON in UTF-8: {error}") from None


def _transform(
    head: dict[str, Any], version: str, path: Path
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Return scale and translation; None if the file has none, which version 1.0 allows."""
    transform = head.get("transform")
    if transform is None:
        if not version.startswith("1.0"):
            raise DataError(f"{path}: CityJSON {version} needs a transform and has none; vertices cannot be placed")
        return None
    parts = []
    for key in ("scale", "translate"):
        values = _numbers(transform.get(key) if isinstance(transform, dict) else None)
        if values is None or values.shape != (3,) or not np.isfinite(values).all():
            raise DataError(f"{path}: transform has no {key} of three finite numbers; vertices cannot be placed")
        parts.append(values)
    if (parts[0] == 0).any():
        raise DataError(
            f"{path}: transform has the scale {parts[0].tolist()}; zero would put all vertices in one plane"
        )
    return parts[0], parts[1]


def _feature(table: dict[str, Any], transform: Any, where: str) -> Feature:
    objects = table.get("CityObjects")
    if not isinstance(objects, dict):
        raise DataError(f'{where} has no table "CityObjects"; it is not CityJSON')
    return Feature(objects, _vertices(table.get("vertices"), transform, where))


def _vertices(value: Any, transform: Any, where: str) -> NDArray[np.float64]:
    if not isinstance(value, list):
        raise DataError(f'{where} has no list "vertices"; it is not CityJSON')
    vertices = _numbers(value) if value else np.zeros((0, 3))
    if vertices is None or vertices.shape != (len(value), 3):
        raise DataError(f"{where}: vertices must be triples of numbers that fit into 64 bits; one is not")
    if transform is not None:
        with np.errstate(over="ignore", invalid="ignore"):
            vertices = vertices * transform[0] + transform[1]
    return vertices


def _numbers(value: Any) -> NDArray[np.float64] | None:
    """Return a nested list of numbers as an array; None if something in it is not a number."""
    try:
        array = np.array(value)
    except (ValueError, OverflowError, TypeError, RecursionError):
        return None
    return array.astype(np.float64) if array.dtype.kind in "iuf" else None


def _templates(head: dict[str, Any], path: Path) -> tuple[list[Any], NDArray[np.float64]]:
    table = head.get("geometry-templates")
    if not isinstance(table, dict):
        return [], np.zeros((0, 3))
    templates = table.get("templates")
    points = _vertices(table.get("vertices-templates", []), None, f"{path}, geometry-templates")
    return templates if isinstance(templates, list) else [], points
