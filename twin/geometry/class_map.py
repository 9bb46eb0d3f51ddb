"""Maps from the classes of land-use layers to land cover: shipped as data, or one's own.

A class is matched without regard to case, umlauts and punctuation. What a map does not name stays unknown; nothing is
guessed. `sealed_fraction` is the sealed share of the open ground of an area; buildings are put on top of it.
"""

from __future__ import annotations

import difflib
import math
import os
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from twin.errors import DataError, InputError
from twin.geometry.tree_layouts import plain_name

LAND_COVERS = (
    "asphalt", "paving", "roof", "gravel", "bare_soil", "grass", "cropland", "shrub", "forest", "water",
)  # fmt: skip
"""Names of the land-cover classes a map can lead to, as in `twin.city.surfaces`."""

_FOLDER = Path(__file__).parent / "class_maps"
_ROW = ("class", "with", "land_cover", "sealed_fraction", "source", "reason")
_FILE = ("name", "title", "extends", "columns", "sources", "row", "column", "map")


@dataclass(frozen=True)
class ClassRow:
    """What one class means.

    words : all spellings of the class
    role, values : attribute that must have one of these values, ``""`` and none if the class alone decides
    land_cover : name of a land-cover class
    sealed_fraction : 0 to 1, NaN where the land cover says it
    source, reason : where it comes from and why
    """

    words: tuple[str, ...]
    role: str
    values: tuple[str, ...]
    land_cover: str
    sealed_fraction: float
    source: str
    reason: str


@dataclass(frozen=True)
class ClassMap:
    """A map from classes to land cover.

    name : such as ``"alkis"``; ``"own"`` for one's own
    columns : columns that can hold the class, in order of preference
    attributes : role to the columns that can hold it
    rows : what each class means
    sources : key of a source to its citation
    """

    name: str
    columns: tuple[str, ...]
    attributes: Mapping[str, tuple[str, ...]]
    rows: tuple[ClassRow, ...]
    sources: Mapping[str, str]

    def meaning(self, word: str, attributes: Mapping[str, str]) -> ClassRow | None:
        """Return the row for a class, the one whose attribute fits first; None if the class is not known.

        Parameters
        ----------
        word : str
            The class as the source writes it.
        attributes : mapping
            Role to the value of that attribute, as text.
        """
        plain = key_of(word)
        found: ClassRow | None = None
        for row in self._by_word.get(plain, ()):
            if not row.role:
                found = found or row
            elif any(part in row.values for part in _parts(attributes.get(row.role, ""))):
                return row
        return found

    def knows(self, word: str) -> bool:
        """Tell whether the map names a class, `word` as the source writes it."""
        return key_of(word) in self._by_word

    @cached_property
    def _by_word(self) -> dict[str, tuple[ClassRow, ...]]:
        index: dict[str, tuple[ClassRow, ...]] = {}
        for row in self.rows:
            for word in {key_of(word) for word in row.words}:
                index[word] = (*index.get(word, ()), row)
        return index

    def words(self) -> tuple[str, ...]:
        """Return all spellings of all classes."""
        return tuple(dict.fromkeys(word for row in self.rows for word in row.words))


def class_map_names() -> tuple[str, ...]:
    """Return the names of the maps that come with the library.

    Examples
    --------
    >>> class_map_names()
    ('alkis', 'alkis-simplified', 'atkis', 'urban-atlas')
    """
    return tuple(sorted(file.stem for file in _FOLDER.glob("*.toml")))


def find_class_map(classes: str | os.PathLike[str] | Mapping[str, Any]) -> ClassMap:
    """Return a map of classes.

    Parameters
    ----------
    classes : str, path or mapping
        The name of a shipped map, a TOML file of one's own, or the same as a mapping: ``column`` and ``map`` (class to
        the name of a land cover, or to ``land_cover`` and ``sealed_fraction``).

    Raises
    ------
    DataError
        If the file cannot be read.
    InputError
        If there is no such map, or it holds a key, a land cover or a number that is not possible.

    Examples
    --------
    >>> find_class_map("alkis").meaning("43001", {"VEG": "1020"}).land_cover
    'grass'
    >>> own = find_class_map({"column": "art", "map": {"Hof": {"land_cover": "paving", "sealed_fraction": 0.9}}})
    >>> own.meaning("hof", {}).sealed_fraction
    0.9
    """
    if isinstance(classes, Mapping):
        return _built(dict(classes), "classes", None)
    name = os.fspath(classes)
    if name in class_map_names():
        return _shipped(name)
    file = Path(name)
    if file.suffix.lower() == ".toml" or file.is_file():
        if not file.is_file():
            raise InputError(f"classes is {name!r}, and there is no such file; give a TOML file with column and [map]")
        return _built(_read(file), str(file), file)
    near = difflib.get_close_matches(name, class_map_names(), n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"shipped maps are: {', '.join(class_map_names())}"
    raise InputError(f"classes is {name!r}, which is no map of classes; {hint}")


def key_of(word: str) -> str:
    """Return a class without case, umlauts and punctuation, for comparison.

    Examples
    --------
    >>> key_of("Unland/Vegetationslose Fläche"), key_of("Unland, vegetationslose Flaeche")
    ('unlandvegetationsloseflaeche', 'unlandvegetationsloseflaeche')
    """
    return "".join(letter for letter in plain_name(word) if letter.isalnum() or letter == "_")


@lru_cache(maxsize=16)
def _shipped(name: str) -> ClassMap:
    file = _FOLDER / f"{name}.toml"
    return _built(_read(file), str(file), file)


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{file} cannot be read as TOML: {error}") from None


def _built(content: dict[str, Any], where: str, file: Path | None) -> ClassMap:
    _only(content, _FILE, where)
    parent = find_class_map(content["extends"]) if "extends" in content else None
    if "map" in content:
        if not isinstance(content.get("column"), str) or not content["column"].strip():
            raise InputError(f"{where}: column is {content.get('column')!r}; name the column that holds the class")
        if not isinstance(content["map"], Mapping) or not content["map"]:
            raise InputError(f"{where}: map is {content['map']!r}; it must lead from classes to land covers")
        rows = [_own_row(word, value, where) for word, value in content["map"].items()]
        columns: dict[str, Any] = {"class": [content["column"]]}
    else:
        if "row" not in content and parent is None:
            raise InputError(f"{where}: it has neither map nor [[row]]; write column = '...' and map = {{...}}")
        rows = [_row(row, f"{where}: row {number}") for number, row in enumerate(content.get("row", ()), start=1)]
        columns = content.get("columns", {})
        if not isinstance(columns, Mapping) or not all(isinstance(names, list) for names in columns.values()):
            raise InputError(f"{where}: columns must lead from class and attributes to lists of column names")
    sources = dict(parent.sources) if parent else {}
    sources.update(content.get("sources", {}))
    given = {role: tuple(map(str, names)) for role, names in columns.items()}
    inherited = dict(parent.attributes) if parent else {}
    class_columns = given.pop("class", parent.columns if parent else ())
    if not class_columns:
        raise InputError(f"{where}: columns has no class; name the columns that can hold it")
    name = str(content.get("name", "own")) if file is not None else "own"
    return ClassMap(name, class_columns, inherited | given, tuple(rows) + (parent.rows if parent else ()), sources)


def _own_row(word: Any, value: Any, where: str) -> ClassRow:
    entry = {"land_cover": value} if isinstance(value, str) else value
    if not isinstance(entry, Mapping):
        raise InputError(f"{where}: {word!r} leads to {value!r}; give the name of a land cover, such as 'grass'")
    return _row({"class": [str(word)], "source": "own", "reason": "own map", **entry}, f"{where}: {word!r}")


def _row(row: Mapping[str, Any], where: str) -> ClassRow:
    _only(row, _ROW, where)
    words = row.get("class", ())
    if not isinstance(words, Sequence) or isinstance(words, str) or not words:
        raise InputError(f"{where}: class is {words!r}; it must be a list of spellings")
    cover = row.get("land_cover")
    if cover not in LAND_COVERS:
        near = difflib.get_close_matches(str(cover), LAND_COVERS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"land covers are: {', '.join(LAND_COVERS)}"
        raise InputError(f"{where}: land_cover is {cover!r}; {hint}")
    sealed = row.get("sealed_fraction", math.nan)
    if isinstance(sealed, bool) or not isinstance(sealed, (int, float)) or sealed < 0 or sealed > 1:
        raise InputError(f"{where}: sealed_fraction is {sealed!r}; it must lie between 0 and 1")
    told = row.get("with", {})
    if not isinstance(told, Mapping) or len(told) > 1:
        raise InputError(f"{where}: with is {told!r}; it must name one attribute and its values")
    role, values = next(iter(told.items()), ("", ()))
    keys = tuple(key_of(str(value)) for value in values)
    source, reason = str(row.get("source", "")), str(row.get("reason", ""))
    return ClassRow(tuple(map(str, words)), role, keys, str(cover), float(sealed), source, reason)


def _only(table: Mapping[str, Any], known: Iterable[str], where: str) -> None:
    known = list(known)
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(str(key), known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"keys are: {', '.join(known)}"
            raise InputError(f"{where} has no key {key!r}; {hint}")


def _parts(text: str) -> list[str]:
    """Return the keys of an attribute: the whole text, and each of several values in one cell."""
    whole = key_of(text)
    return [whole, *(key_of(part) for part in text.replace("|", ";").split(";"))] if whole else []
