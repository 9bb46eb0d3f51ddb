"""Python values as text and back without loss: what tables hold in their cells and what is known about a city.

The text is JSON; what JSON does not know stands as an object with one key that begins with a tilde. Only the record
types listed here come back as objects: reading builds nothing else and runs no code.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from twin.city.city import Caveat, CityMeta, Source
from twin.city.roads import RoadNetwork
from twin.errors import DataError, InputError
from twin.geometry.records import ReadReport, Refusal

RECORDS: dict[str, type[Any]] = {
    kind.__name__: kind for kind in (Caveat, CityMeta, ReadReport, Refusal, RoadNetwork, Source)
}
"""Record types that can be stored, by name."""


def to_text(value: Any, where: str) -> str:
    """Return a value as text.

    Parameters
    ----------
    value : object
        Numbers, texts, None, dates, arrays, geometries, CRSs, the records of `RECORDS`, and lists, tuples, sets and
        mappings of these.
    where : str
        What it belongs to, for the message.

    Raises
    ------
    InputError
        If it holds anything else.

    Examples
    --------
    >>> to_text(("Rathaus", float("nan")), "name")
    '{"~tuple":["Rathaus",{"~float":"nan"}]}'
    """
    return json.dumps(_plain(value, where), ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def from_text(text: str | bytes, where: str) -> Any:
    """Return the value that `to_text` wrote.

    Raises
    ------
    DataError
        If the text is none of its, or holds a record of a kind or with fields that are not known here.

    Examples
    --------
    >>> from_text('{"~tuple":["Rathaus",{"~float":"inf"}]}', "name")
    ('Rathaus', inf)
    """
    try:
        return _value(json.loads(text), where)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError, shapely.errors.ShapelyError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{where} cannot be read back ({error!r:.120}); the file is damaged: save it again") from None


def _plain(value: Any, where: str) -> Any:
    if value is None or isinstance(value, (bool, str)) or type(value) is int:
        return value
    if type(value) is float:
        return value if math.isfinite(value) else {"~float": repr(value)}
    if isinstance(value, np.generic):
        inner = value.item() if value.dtype.kind in "iufbU" else str(value)
        return {"~numpy": [value.dtype.str, _plain(inner, where)]}
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in "iufbUO":
            raise InputError(f"{where} holds an array of {value.dtype}, which cannot be stored")
        return {
            "~array": [value.dtype.str, list(value.shape), [_plain(item, where) for item in value.ravel().tolist()]]
        }
    if isinstance(value, list):
        return [_plain(item, where) for item in value]
    for kind in (tuple, set, frozenset):
        if type(value) is kind:
            items = [_plain(item, where) for item in (value if kind is tuple else sorted(value, key=repr))]
            return {f"~{kind.__name__}": items}
    if isinstance(value, Mapping):
        if all(isinstance(key, str) and not key.startswith("~") for key in value):
            return {key: _plain(item, where) for key, item in value.items()}
        return {"~mapping": [[_plain(key, where), _plain(item, where)] for key, item in value.items()]}
    if value is pd.NA or value is pd.NaT:
        return {"~missing": str(value)}
    if isinstance(value, (pd.Timestamp, pd.Timedelta)):
        return {f"~{type(value).__name__}": value.isoformat()}
    if isinstance(value, BaseGeometry):
        return {"~wkb": shapely.to_wkb(value, hex=True)}
    if isinstance(value, CRS):
        return {"~crs": value.to_wkt()}
    if dataclasses.is_dataclass(value) and RECORDS.get(type(value).__name__) is type(value):
        fields = {field.name: _plain(getattr(value, field.name), where) for field in dataclasses.fields(value)}
        return {"~record": [type(value).__name__, fields]}
    raise InputError(f"{where} holds {str(value)[:60]!r} of type {type(value).__name__}, which cannot be stored")


def _value(plain: Any, where: str) -> Any:
    if isinstance(plain, list):
        return [_value(item, where) for item in plain]
    if not isinstance(plain, dict):
        return plain
    key = next(iter(plain), "")
    if len(plain) != 1 or not key.startswith("~"):
        return {name: _value(item, where) for name, item in plain.items()}
    content = plain[key]
    if key in ("~tuple", "~set", "~frozenset"):
        return {"~tuple": tuple, "~set": set, "~frozenset": frozenset}[key](_value(item, where) for item in content)
    if key == "~float":
        return float(content)
    if key == "~numpy":
        return np.dtype(content[0]).type(_value(content[1], where))
    if key == "~array":
        items = [_value(item, where) for item in content[2]]
        flat = np.empty(len(items), dtype=np.dtype(content[0]))
        flat[:] = items
        return flat.reshape(content[1])
    if key == "~mapping":
        return {_value(name, where): _value(item, where) for name, item in content}
    if key == "~missing":
        return {"<NA>": pd.NA, "NaT": pd.NaT}[content]
    if key == "~Timestamp":
        return pd.Timestamp(content)
    if key == "~Timedelta":
        return pd.Timedelta(content)
    if key == "~wkb":
        return shapely.from_wkb(content)
    if key == "~crs":
        return CRS.from_wkt(content)
    if key == "~record":
        return _record(content[0], {name: _value(item, where) for name, item in content[1].items()}, where)
    raise DataError(f"{where} holds {key!r}, which this version does not know; update urban-twin to read it")


def _record(name: str, fields: dict[str, Any], where: str) -> Any:
    kind = RECORDS.get(name)
    known = {field.name for field in dataclasses.fields(kind)} if kind else set()
    if kind is None or not set(fields) <= known:
        unknown = name if kind is None else f"{name}.{sorted(set(fields) - known)[0]}"
        raise DataError(f"{where} holds {unknown}, which this version does not know; update urban-twin to read it")
    return kind(**fields)
