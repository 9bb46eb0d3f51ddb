"""Checks of single values in a `city.toml`: numbers, texts, boxes, CRSs, choices.

Each takes the table, the key and the place for the message, and returns the checked value or raises a `DataError`
that names place, key, value, rule and way out.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pyproj import CRS
from pyproj.exceptions import CRSError

from twin.city.gridspec import Bounds
from twin.errors import DataError, InputError

Table = Mapping[str, Any]
Check = Callable[[Table, str, str], Any]


def check_keys(table: Table, keys: tuple[str, ...], where: str) -> None:
    """Refuse a key that is not known, with the nearest one that is.

    Examples
    --------
    >>> check_keys({"nodta": 0}, ("nodata",), "city.toml, [terrain]")
    Traceback (most recent call last):
    twin.errors.DataError: city.toml, [terrain]: key 'nodta' is not known; did you mean 'nodata'? Keys here are: nodata
    """
    for key in table:
        if key not in keys:
            near = difflib.get_close_matches(key, keys, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise DataError(f"{where}: key {key!r} is not known; {hint}Keys here are: {', '.join(keys)}")


def text(table: Table, key: str, where: str) -> str:
    """Return a text with something in it.

    Examples
    --------
    >>> text({"name": "Halle"}, "name", "city.toml")
    'Halle'
    """
    value = table.get(key)
    if not isinstance(value, str) or not value.strip():
        raise DataError(f"{where}: {key} is {value!r}; it must be a text that is not empty")
    return value


def sign(table: Table, key: str, where: str) -> str:
    """Return a text that may be a blank or a tab, as separators of columns are.

    Examples
    --------
    >>> sign({"delimiter": " "}, "delimiter", "city.toml, [trees]")
    ' '
    """
    value = table.get(key)
    if not isinstance(value, str) or not value:
        raise DataError(f"{where}: {key} is {value!r}; it must be a text that is not empty")
    return value


def number(table: Table, key: str, where: str) -> float:
    """Return a finite number.

    Examples
    --------
    >>> number({"resolution": 2}, "resolution", "city.toml")
    2.0
    """
    value = table.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise DataError(f"{where}: {key} is {value!r}; it must be a number")
    return float(value)


def distance(table: Table, key: str, where: str) -> float:
    """Return a number of metres, 0 or more.

    Examples
    --------
    >>> distance({"margin": 500}, "margin", "city.toml, [roads]")
    500.0
    """
    value = number(table, key, where)
    if value < 0:
        raise DataError(f"{where}: {key} is {value:g} m; it must be 0 or more")
    return value


def positive(table: Table, key: str, where: str) -> float:
    """Return a number above 0.

    Examples
    --------
    >>> positive({"scale": 0.001}, "scale", "city.toml, [[meshes]]")
    0.001
    """
    value = number(table, key, where)
    if value <= 0:
        raise DataError(f"{where}: {key} is {value:g}; it must be above 0")
    return value


def place(table: Table, key: str, where: str) -> tuple[float, ...]:
    """Return [easting, northing] or [easting, northing, elevation] in metres.

    Examples
    --------
    >>> place({"place": [389500, 5819500]}, "place", "city.toml, [[meshes]]")
    (389500.0, 5819500.0)
    """
    value = table.get(key)
    if (
        not isinstance(value, list)
        or len(value) not in (2, 3)
        or not all(isinstance(item, (int, float)) and math.isfinite(item) for item in value)
    ):
        raise DataError(
            f"{where}: {key} is {value!r}; it must be [easting, northing] or [easting, northing, elevation]"
        )
    return tuple(float(item) for item in value)


def box(table: Table, key: str, where: str) -> Bounds:
    """Return [xmin, ymin, xmax, ymax] as floats.

    Examples
    --------
    >>> box({"bounds": [0, 0, 10, 20]}, "bounds", "city.toml")
    (0.0, 0.0, 10.0, 20.0)
    """
    value = table.get(key)
    if (
        not isinstance(value, list)
        or len(value) != 4
        or not all(isinstance(edge, (int, float)) and math.isfinite(edge) for edge in value)
        or value[0] >= value[2]
        or value[1] >= value[3]
    ):
        raise DataError(f"{where}: {key} is {value!r}; it must be [xmin, ymin, xmax, ymax] in metres with min < max")
    west, south, east, north = (float(edge) for edge in value)
    return west, south, east, north


def system(table: Table, key: str, where: str) -> CRS:
    """Return a CRS.

    Examples
    --------
    >>> system({"crs": "EPSG:25832"}, "crs", "city.toml").to_epsg()
    25832
    """
    name = text(table, key, where)
    try:
        return CRS.from_user_input(name)
    except CRSError as error:
        raise DataError(
            f'{where}: {key} is {name!r}, which is no CRS ({error}); write for example "EPSG:25832"'
        ) from error


def nodata(table: Table, key: str, where: str) -> float | str:
    """Return the value that means "empty", or ``"none"`` if every number is a height.

    Examples
    --------
    >>> nodata({"nodata": "none"}, "nodata", "city.toml, [terrain]")
    'none'
    """
    return "none" if table.get(key) == "none" else number(table, key, where)


def one_of(*words: str) -> Check:
    """Return a check that a text is one of some words.

    Examples
    --------
    >>> one_of("max", "mean")({"roof": "max"}, "roof", "city.toml, [buildings]")
    'max'
    """

    def check(table: Table, key: str, where: str) -> str:
        value = table.get(key)
        if value not in words:
            raise DataError(f"{where}: {key} is {value!r}; it must be one of: {', '.join(words)}")
        return str(value)

    return check


def whole_numbers(table: Table, key: str, where: str) -> tuple[int, ...]:
    """Return a list of whole numbers from 0 to 255, as the classes of laser points are.

    Examples
    --------
    >>> whole_numbers({"classes": [2, 8]}, "classes", "city.toml, [terrain]")
    (2, 8)
    """
    value = table.get(key)
    if (
        not isinstance(value, list)
        or not value
        or not all(isinstance(item, int) and not isinstance(item, bool) and 0 <= item <= 255 for item in value)
    ):
        raise DataError(f"{where}: {key} is {value!r}; it must be a list of classes from 0 to 255, such as [2]")
    return tuple(value)


def tree_columns(table: Table, key: str, where: str) -> Any:
    """Return the map of a tree cadastre's columns: the name of a known layout, or role to column.

    Examples
    --------
    >>> tree_columns({"columns": "berlin"}, "columns", "city.toml, [trees]")
    'berlin'
    """
    from twin.geometry.tree_layouts import layout_of

    value = table.get(key)
    if not isinstance(value, (str, dict)):
        raise DataError(
            f"{where}: {key} is {value!r}; it must be the name of a layout or a table such as "
            '{ height = "Hoehe", crown_diameter = "Krone", species = "Art" }'
        )
    try:
        layout_of(value)
    except InputError as error:
        raise DataError(f"{where}: {error}") from None
    return value


def layers(table: Table, key: str, where: str) -> str | list[str]:
    """Return the name of a layer, or several.

    Examples
    --------
    >>> layers({"layer": ["AX_Wald", "AX_Weg"]}, "layer", "city.toml, [land_cover]")
    ['AX_Wald', 'AX_Weg']
    """
    value = table.get(key)
    if isinstance(value, list) and value and all(isinstance(name, str) and name for name in value):
        return list(value)
    return sign(table, key, where)


def columns(table: Table, key: str, where: str) -> dict[str, str]:
    """Return what columns hold: role to column.

    Examples
    --------
    >>> columns({"columns": {"residents": "EW"}}, "columns", "city.toml, [residents]")
    {'residents': 'EW'}
    """
    value = table.get(key)
    if not isinstance(value, dict) or not value or not all(isinstance(name, str) and name for name in value.values()):
        raise DataError(f'{where}: {key} is {value!r}; write a table such as {{ residents = "EW_HAUPT" }}')
    return dict(value)


def class_map(table: Table, key: str, where: str) -> Any:
    """Return what the classes of a layer mean: the name of a shipped map, a TOML file, or a table.

    Examples
    --------
    >>> class_map({"classes": "alkis"}, "classes", "city.toml, [land_cover]")
    'alkis'
    """
    from twin.geometry.class_map import find_class_map

    value = table.get(key)
    if not isinstance(value, (str, dict)):
        raise DataError(
            f"{where}: {key} is {value!r}; it must be the name of a map, a TOML file, or a table such as "
            '{ column = "nutzart", map = { "Wald" = "forest" } }'
        )
    if isinstance(value, str) and value.lower().endswith(".toml"):
        value = str(Path(where.split(", [")[0]).parent / value)
    try:
        find_class_map(value)
    except (InputError, DataError) as error:
        raise DataError(f"{where}: {error}") from None
    return value
