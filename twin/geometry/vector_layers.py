"""Vector layers opened in one place: GeoPackage, shapefile, GeoJSON and FlatGeobuf, plain, gzipped or in a .zip.

A layer comes as it is: features in the file's order, in the CRS the file names. What a shapefile lacks is found out
(encoding) or left open (CRS), never guessed silently; what was noticed stands in the layer's notes.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin import limits
from twin.errors import DataError, InputError
from twin.geometry.archives import is_archive, members, split_member
from twin.geometry.layer_content import SUFFIXES, check_content, encoding_of
from twin.geometry.region import Bounds
from twin.geometry.sources import existing_file, head_of, open_checked

if TYPE_CHECKING:
    import geopandas as gpd
    from pyproj import CRS

_DRIVERS = ("GPKG", "ESRI Shapefile", "GeoJSON", "GeoJSONSeq", "FlatGeobuf", "TopoJSON", "ESRIJSON", "JSONFG")
_SIDECARS = (".shx", ".dbf", ".prj", ".cpg")
_GZIP = b"\x1f\x8b"
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Layer:
    """One layer of a file.

    file : where it was read from
    name : of the layer
    table : its features, index 1 to n in the file's order; with bounds only those whose envelopes reach them
    crs : that the file names, None if it names none
    total : features in the file, whatever the bounds
    extent : (xmin, ymin, xmax, ymax) of all of them, None if unknown
    notes : what was noticed while reading
    """

    file: Path
    name: str
    table: gpd.GeoDataFrame
    crs: CRS | None
    total: int
    extent: Bounds | None
    notes: tuple[str, ...]


def layer_files(
    path: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    what: str,
    *,
    suffixes: tuple[str, ...] = SUFFIXES,
) -> list[Path]:
    """Return the vector files that a file, a list of files, a folder, a pattern or a .zip archive names.

    Parameters
    ----------
    path : path-like or sequence of path-like
        A pattern has ``*`` or ``?`` in its last part, also inside an archive: ``areas.zip/*.shp``; in a folder and in
        an archive all files count that end in one of the suffixes.
    what : str
        What is expected, for the message.
    suffixes : tuple of str
        Lower-case ends of names; those of vector files unless given.

    Raises
    ------
    DataError
        If there is none, or one is missing, empty, or no data but a pointer to data.
    InputError
        If the list is empty.
    LimitError
        If an archive holds more than `twin.limits` allow.

    Examples
    --------
    >>> layer_files("nowhere/*.shp", "a layer of areas")
    Traceback (most recent call last):
    twin.errors.DataError: nowhere/*.shp: no file has such a name; a layer of areas is expected there
    """
    if not isinstance(path, (str, os.PathLike)):
        if not path:
            raise InputError(f"the list of files is empty; name at least one file with {what}")
        return [file for one in path for file in layer_files(one, what, suffixes=suffixes)]
    place = Path(path)
    if place.is_dir():
        found = sorted(one for one in place.iterdir() if one.is_file() and one.name.lower().endswith(suffixes))
        if not found:
            raise DataError(f"{place} is a folder without a file ending in {', '.join(suffixes)}; {what} is expected")
    elif any(mark in place.name for mark in "*?") and not place.exists():
        found = _matching(place, what, suffixes)
    elif is_archive(place) and place.stat().st_size:
        found = members(place, suffixes, what)
    else:
        found = [place]
    return [existing_file(file, what) for file in found]


def _matching(place: Path, what: str, suffixes: tuple[str, ...]) -> list[Path]:
    """Return the files, or members of an archive, that a pattern fits; sidecars do not count where others do."""
    inside = split_member(place)
    if inside is None:
        found = sorted(one for one in place.parent.glob(place.name) if one.is_file())
    else:
        pattern = inside[1].replace("[", "[[]")
        every = members(inside[0], ("",), what)
        found = [one for one in every if fnmatchcase(one.relative_to(inside[0]).as_posix(), pattern)]
    if not found:
        raise DataError(f"{place.as_posix()}: no file has such a name; {what} is expected there")
    found = [one for one in found if one.name.lower().endswith((*suffixes, ".zip"))] or found
    packed = [one for one in found if is_archive(one) and one.stat().st_size]
    return [file for one in found for file in (members(one, suffixes, what) if one in packed else [one])]


def open_layer(file: Path, what: str, *, layer: str | None = None, bounds: Bounds | None = None) -> Layer:
    """Read one layer of a file.

    Parameters
    ----------
    file : pathlib.Path
        One of those that `layer_files` returns.
    what : str
        What it should hold, for messages.
    layer : str, optional
        Its name; needed where a file has several layers with geometry.
    bounds : (xmin, ymin, xmax, ymax), optional
        Read only features whose envelope reaches this box, in the CRS of the layer.

    Raises
    ------
    DataError
        If the file is damaged, has no such layer or several, or the layer has no geometry.
    LimitError
        If the file is larger than ``twin.limits.MAX_FILE_BYTES``.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     place = Path(folder) / "town.geojson"
    ...     _ = place.write_text('{"type": "Feature", "properties": {"art": "Wald"}, '
    ...                          '"geometry": {"type": "Point", "coordinates": [11.5, 50.0]}}')
    ...     layer = open_layer(place, "a layer")
    >>> layer.table["art"].tolist(), layer.crs.to_epsg(), layer.total
    (['Wald'], 4326, 1)
    """
    import geopandas as gpd
    import pandas as pd
    import pyogrio
    import pyogrio.raw
    import shapely
    from pyogrio import errors

    notes: list[str] = []
    with _on_disk(file, what) as place, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        check_content(place, file, what)
        options: dict[str, Any] = {}
        if place.suffix.lower() == ".shp":
            options["encoding"] = encoding_of(place, notes)
        try:
            name = _layer_name(pyogrio.list_layers(place), layer, file, what)
            info = pyogrio.read_info(place, layer=name, force_feature_count=True, force_total_bounds=True, **options)
            if info.get("driver") not in _DRIVERS:
                raise DataError(f"{file} is read as {info.get('driver')}, which is not {what}")
            meta, _, shapes, fields = pyogrio.raw.read(place, layer=name, bbox=bounds, **options)
            geometry = None if shapes is None else shapely.from_wkb(shapes)
        except errors.CRSError as error:
            raise DataError(
                f"{file} names a CRS that is not understood ({error}); for a shapefile remove its .prj and give "
                "crs='EPSG:...'"
            ) from None
        except (
            errors.DataSourceError, errors.DataLayerError, errors.FieldError, errors.FeatureError, errors.GeometryError,
            shapely.errors.ShapelyError, ValueError, TypeError, RuntimeError, OverflowError, OSError,
        ) as error:  # fmt: skip
            reason = str(error).replace(str(place), file.name)
            raise DataError(f"{file} cannot be read as {what}: {reason}") from None
    if geometry is None:
        raise DataError(f"{file} holds no geometry; for a shapefile, the .shp, .shx and .dbf must lie together")
    notes += sorted({str(one.message).split("\n")[0].replace(str(place), file.name) for one in caught})
    crs = _named_crs(meta["crs"], notes)
    columns = dict(zip(map(str, meta["fields"]), fields, strict=True))
    table = gpd.GeoDataFrame(columns, geometry=geometry, crs=crs, index=pd.RangeIndex(1, len(geometry) + 1))
    total = int(info["features"])
    extent = info.get("total_bounds")
    box = tuple(float(value) for value in extent) if extent is not None else None
    return Layer(file, name, table, crs, max(total, len(table)), box, tuple(notes))  # type: ignore[arg-type]


def _named_crs(text: str | None, notes: list[str]) -> CRS | None:
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    from twin.geometry.reference_systems import split_compound

    if text is None:
        return None
    try:
        return split_compound(CRS.from_user_input(text))[0]
    except CRSError:
        notes.append("the CRS it names is not understood; give crs='EPSG:...'")
        return None


def _layer_name(listed: Any, layer: str | None, file: Path, what: str) -> str:
    every = [str(name) for name, _ in listed]
    if layer is not None:
        if layer not in every:
            raise DataError(f"{file} has no layer {layer!r}; its layers are: {', '.join(every)}")
        return layer
    shown = [str(name) for name, kind in listed if kind is not None]
    if not every:
        raise DataError(f"{file} has no layers; {what} is expected in it")
    if len(shown) > 1:
        raise DataError(f"{file} has {len(shown)} layers: {', '.join(shown)}; say which with layer=")
    return shown[0] if shown else every[0]


@contextmanager
def _on_disk(file: Path, what: str) -> Iterator[Path]:
    """Give a place on disk where the file lies unpacked, with what belongs to it."""
    inside = split_member(file)
    packed = inside is None and head_of(file, 2) == _GZIP
    if inside is None and not packed:
        limits.check(file.stat().st_size, "MAX_FILE_BYTES", f"{file} has {file.stat().st_size:,} bytes")
        yield file
        return
    with tempfile.TemporaryDirectory(prefix="twin-layer-") as folder:
        # a name of our own: what the archive calls its member never becomes a path
        name = file.name.lower().removesuffix(".gz")
        suffix = next((end for end in SUFFIXES if name.endswith(end)), ".geojson")
        place = Path(folder) / (_plain_stem(file) + suffix)
        _unpack(file, place)
        if inside is not None and suffix == ".shp":
            archive = inside[0]
            for other in members(archive, (".shp", *_SIDECARS), what):
                if other != file and other.parent == file.parent and other.stem.lower() == file.stem.lower():
                    _unpack(other, place.with_suffix(other.suffix.lower()))
        yield place


def _plain_stem(file: Path) -> str:
    stem = file.name.split(".")[0]
    kept = "".join(letter for letter in stem if letter.isalnum() or letter in "_-")
    return kept[:60] or "layer"


def _unpack(file: Path, place: Path) -> None:
    with open_checked(file) as stream, place.open("wb") as out:
        shutil.copyfileobj(stream, out, _CHUNK)
