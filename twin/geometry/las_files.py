"""Files of laser scans found, opened and decoded; what goes wrong on the way is named with the file."""

from __future__ import annotations

import glob
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pyproj import CRS
from pyproj.exceptions import CRSError

from twin.errors import DataError, InputError
from twin.geometry.archives import split_member
from twin.geometry.las_header import LasHeader, checked_header
from twin.geometry.reference_systems import split_compound
from twin.geometry.sources import existing_files, open_checked

WHAT = "a LAS or LAZ point cloud"
SUFFIXES = (".las", ".laz")

_PORTION = 1_000_000  # points decoded at a time


def needs_laspy() -> None:
    """Raise `InputError` with the way out if laspy is not installed.

    Examples
    --------
    >>> needs_laspy() is None  # doctest: +SKIP
    True
    """
    try:
        import laspy  # noqa: F401
    except ImportError:
        raise InputError(
            'point clouds need the library laspy, which is not installed: pip install "urban-twin[las]"'
        ) from None


def scan_files(path: Any) -> list[Path]:
    """Return all files of a path, list, folder or pattern, each checked to be there.

    Examples
    --------
    >>> scan_files([])
    Traceback (most recent call last):
    twin.errors.InputError: path is an empty list; give at least one point cloud
    """
    given = list(path) if isinstance(path, (list, tuple)) else [path]
    found: list[Path] = []
    for entry in given:
        place = Path(entry)
        if place.is_dir():
            tiles = sorted(file for file in place.iterdir() if file.name.lower().endswith(SUFFIXES))
            if not tiles:
                raise DataError(f"{place} holds no file that ends in {', '.join(SUFFIXES)}; {WHAT} is expected there")
        elif not place.exists() and split_member(place) is None and glob.has_magic(str(place)):
            tiles = [Path(name) for name in sorted(glob.glob(str(place)))]  # noqa: PTH207 - the pattern has its own root
            if not tiles:
                raise DataError(f"no file fits the pattern {place}; {WHAT} is expected there")
        else:
            tiles = [place]
        for tile in tiles:
            found += existing_files(tile, WHAT, SUFFIXES)
    if not found:
        raise InputError("path is an empty list; give at least one point cloud")
    return list(dict.fromkeys(found))


def scan_header(file: Path) -> LasHeader:
    """Return the checked head of a file.

    Examples
    --------
    >>> scan_header(Path(__file__))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    twin.errors.DataError: ... a LAS or LAZ point cloud is expected there
    """
    with _stream(file) as (stream, size):
        return checked_header(stream, size, file)


@contextmanager
def _stream(file: Path) -> Iterator[tuple[Any, int]]:
    """Yield a file as a stream that can go back, and its size; a member of an archive from memory."""
    if split_member(file) is None:
        with file.open("rb") as handle:
            yield handle, file.stat().st_size
        return
    with open_checked(file) as packed:
        content = packed.read()
    yield io.BytesIO(content), len(content)


@contextmanager
def _opened(file: Path) -> Iterator[Any]:
    """Open a file with laspy; whatever goes wrong while it is read is a `DataError`."""
    import laspy

    with _stream(file) as (stream, _):
        try:
            # the sequential decoder keeps one chunk in memory, the parallel one as many as there are cores
            with laspy.open(stream, laz_backend=laspy.LazBackend.Lazrs, closefd=False) as reader:
                yield reader
        except (DataError, InputError, GeneratorExit, KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # the decoder of LAZ panics with an error that is no Exception
            text = f"{type(error).__name__}: {error}"[:160]
            raise DataError(f"{file} cannot be read as {WHAT}: {text}; it is damaged: fetch it again") from None


def decoded(file: Path) -> Iterator[Any]:
    """Yield the points of a file in portions."""
    with _opened(file) as reader:
        yield from reader.chunk_iterator(_PORTION)


def scan_system(files: list[Path], given: CRS | None) -> tuple[CRS, str | None]:
    """Return the horizontal CRS of all files and the name of their vertical datum."""
    named: tuple[CRS, str | None] | None = None
    for file in files:
        with _opened(file) as reader:
            try:
                found = reader.header.parse_crs()
                if found is not None:
                    split_compound(found)[0].to_cf()  # a damaged text can give a CRS that lacks parameters
            except (CRSError, ValueError, LookupError, TypeError, AttributeError) as error:
                raise DataError(f"{file} names a CRS that cannot be read: {error!r:.120}") from None
        if found is None and given is None:
            raise DataError(f"{file} names no CRS; give it as crs='EPSG:...'")
        if found is None:
            continue
        units = {
            axis.unit_name for part in found.sub_crs_list or [found] if part.is_vertical for axis in part.axis_info
        }
        if units - {"metre"}:
            raise DataError(f"{file} has heights in {', '.join(units)}; transform it to metres first")
        here = split_compound(found)
        if given is not None and here[0] != given:
            raise DataError(f"{file} names the CRS {here[0].name}, but {given.name} was given; leave crs out")
        if named is not None and here[0] != named[0]:
            raise DataError(
                f"{files[0]} is in {named[0].name}, {file} in {here[0].name}; transform them to one CRS first"
            )
        named = named or here
    return named or (given, None)  # type: ignore[return-value]  # a missing CRS was refused above
