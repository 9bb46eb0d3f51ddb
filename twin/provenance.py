"""Where a result comes from: package version, fingerprint of inputs and options, what it was validated against."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr


def fingerprint(*parts: object) -> str:
    """SHA-256 over anything made of Datasets, tables, arrays, mappings, sequences and scalars, whatever the key order.

    Examples
    --------
    >>> fingerprint({"a": 1, "b": 2.0}) == fingerprint({"b": 2.0, "a": 1})
    True
    >>> fingerprint(np.zeros(3)) == fingerprint(np.zeros(4))
    False
    """
    digest = hashlib.sha256()
    for part in parts:
        _feed(digest, part)
    return digest.hexdigest()


def _feed(digest: Any, part: object) -> None:
    if isinstance(part, xr.Dataset):
        _feed(digest, {str(name): part[name] for name in (*part.data_vars, *part.coords)})
    elif isinstance(part, xr.DataArray):
        _feed(digest, (part.dims, part.values))
    elif isinstance(part, pd.DataFrame):
        columns = [part[name] for name in part.columns]
        values = [list(one.to_wkb()) if hasattr(one, "to_wkb") else one.to_numpy() for one in columns]
        _feed(digest, [np.asarray(part.index), *zip(map(str, part.columns), values, strict=True)])
    elif isinstance(part, np.ndarray):
        if part.dtype.kind == "O":
            _feed(digest, [str(item) for item in part.ravel()])
            return
        digest.update(f"array {part.dtype.str} {part.shape}".encode())
        digest.update(np.ascontiguousarray(part).tobytes())
    elif isinstance(part, Mapping):
        digest.update(b"{")
        for key in sorted(part, key=str):
            digest.update(f"{key}=".encode())
            _feed(digest, part[key])
        digest.update(b"}")
    elif isinstance(part, (list, tuple, set, frozenset)):
        digest.update(b"[")
        for item in sorted(part, key=str) if isinstance(part, (set, frozenset)) else part:
            _feed(digest, item)
            digest.update(b",")
        digest.update(b"]")
    else:
        digest.update(f"{type(part).__name__} {part!r}".encode())


def stamp(
    result: xr.Dataset,
    *,
    model: str,
    options: Mapping[str, Any],
    inputs: str,
    validation: str = "not validated",
    validation_de: str = "nicht validiert",
) -> xr.Dataset:
    """Return `result` with the attributes every result of `twin` carries.

    Parameters
    ----------
    result : xr.Dataset
        What the model computed.
    model : str
        Short name: ``"heat"``, ``"flood"``, ``"traffic"``.
    options : mapping
        Every option in full, defaults included.
    inputs : str
        `fingerprint` of grid, network and forcing.
    validation : str
        What this configuration was validated against, or ``"not validated"``.
    validation_de : str
        The same in German.

    Examples
    --------
    >>> stamp(xr.Dataset(), model="flood", options={"dt": 1}, inputs="ab").attrs["model"]
    'flood'
    """
    from twin import __version__

    return result.assign_attrs(
        model=model,
        twin_version=__version__,
        options=json.dumps(dict(options), sort_keys=True, default=str),
        input_fingerprint=inputs,
        validation=validation,
        validation_de=validation_de,
    )
