"""Results on disk, found by what they were computed from, never by a name.

One folder a stage, named by the stage's key: `result.nc`, and `manifest.json` written last. A folder without a
manifest is no result; one whose bytes do not match its manifest is computed anew, and said so.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import xarray as xr

from twin import progress
from twin.atomic import replacing
from twin.errors import InputError, TwinError
from twin.netcdf import read_netcdf, write_netcdf

RESULT, MANIFEST = "result.nc", "manifest.json"


@dataclass(frozen=True)
class Store:
    """A folder of stage results.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = Store(Path(folder))
    ...     store.put("ab", xr.Dataset({"a": ("x", [1.0])}))
    ...     float(store.get("ab").a[0]), store.get("cd")
    (1.0, None)
    """

    folder: Path

    def get(self, key: str) -> xr.Dataset | None:
        """Return the stored result of a stage, None if there is none that can be trusted."""
        place = self.folder / "stages" / key
        manifest = place / MANIFEST
        if not manifest.is_file():
            return None
        try:
            said = json.loads(manifest.read_text(encoding="utf-8"))
            if said["key"] != key or said["sha256"] != _digest(place / RESULT):
                raise ValueError("its bytes are not those its manifest names")
            return read_netcdf(place / RESULT)
        except (OSError, ValueError, KeyError, TypeError, RecursionError, TwinError) as error:
            progress.say(f"twin: stored result {place} is damaged ({error}); it is computed anew")
            shutil.rmtree(place, ignore_errors=True)
            return None

    def put(self, key: str, result: xr.Dataset) -> None:
        """Store the result of a stage; whoever reads meanwhile sees all of it or nothing."""
        place = self.folder / "stages" / key
        write_netcdf(result, place / RESULT)
        said = {
            "key": key,
            "sha256": _digest(place / RESULT),
            "model": result.attrs.get("model", ""),
            "twin_version": result.attrs.get("twin_version", ""),
        }
        with replacing(place / MANIFEST) as temporary:
            temporary.write_text(json.dumps(said, indent=1, sort_keys=True), encoding="utf-8")


def open_store(folder: str | os.PathLike[str]) -> Store:
    """Open a folder as a store, making it if need be.

    Raises
    ------
    InputError
        If the path is a file or cannot be written.
    """
    path = Path(folder)
    try:
        (path / "stages").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"the store {str(path)!r} cannot be used: {error}; give a folder that can be written"
        ) from error
    return Store(path)


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while block := handle.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
