"""OpenStreetMap files of every form and place to one form: unpacked PBF in a temporary folder, written by osmium.

Each file is checked to its end before osmium opens it: size, compression, forbidden XML, whole blocks of PBF. osmium
then reads and writes it in compiled code, so that no object passes through Python only to be counted.
"""

from __future__ import annotations

import contextlib
import glob
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twin.errors import DataError, InputError, TwinError
from twin.geometry.archives import is_archive, members, split_member
from twin.geometry.osm_pbf import check_pbf, is_pbf
from twin.geometry.sources import existing_file, head_of, open_checked

SUFFIXES = (".osm", ".osm.gz", ".osm.bz2", ".osm.xml", ".osm.xml.gz", ".osm.xml.bz2", ".pbf")
"""Ends of names that count in a folder or an archive."""

WHAT = "an OpenStreetMap extract (.osm, .osm.gz, .osm.bz2 or .osm.pbf)"

Source = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]

_FORM = "osh.pbf,pbf_compression=none,add_metadata=version+timestamp"  # osh: else deleted objects lose their mark
_CHUNK = 1 << 20
_HISTORY = re.compile(r"\.osh(\.|$)", re.IGNORECASE)
_CHANGES = re.compile(r"\.osc(\.|$)", re.IGNORECASE)
_BZIP2 = b"BZh"
_DELETE = re.compile(rb"""\saction\s{0,9}=\s{0,9}["']delete["']""")


@dataclass(frozen=True)
class Extract:
    """One file in the form that `osm_blocks` reads.

    source : the file or member of an archive, as the user may name it
    blocks : the unpacked PBF file
    bounds : box it declares (west, south, east, north), if it does
    date : state of the data it declares, if it does
    deleted : kind and id of what an editor marked for deletion (`action="delete"`), of which osmium takes no notice
    """

    source: Path
    blocks: Path
    bounds: tuple[float, float, float, float] | None
    date: str | None
    deleted: frozenset[tuple[str, int]] = frozenset()


def find_extracts(path: Source) -> list[Path]:
    """Return the files that a path, a list, a folder, a pattern or a .zip archive stands for, each once.

    Raises
    ------
    DataError
        If there is none, or one is missing, empty, an archive of another kind or a Git LFS pointer.
    InputError
        If a list is empty or holds something else than paths.

    Examples
    --------
    >>> find_extracts("nowhere.osm")
    Traceback (most recent call last):
    twin.errors.DataError: nowhere.osm does not exist; an OpenStreetMap extract (.osm, .osm.gz, .osm.bz2 or .osm.pbf) \
is expected there
    """
    if isinstance(path, (str, os.PathLike)):
        return _files_at(Path(path))
    if not path or not all(isinstance(one, (str, os.PathLike)) for one in path):
        raise InputError(f"the list of extracts is {path!r}; it must name at least one file")
    found = [file for one in path for file in _files_at(Path(one))]
    return list(dict.fromkeys(found))


def _files_at(path: Path) -> list[Path]:
    if path.is_dir():
        inside = sorted(entry for entry in path.iterdir() if entry.is_file())
        found = [file for entry in inside for file in _in_folder(entry)]
        if not found:
            names = ", ".join(entry.name for entry in inside[:5]) or "no files"
            raise DataError(f"{path} holds {names}; {WHAT} is expected in it, ending in {', '.join(SUFFIXES)}")
        return found
    if not path.exists() and split_member(path) is None and glob.has_magic(str(path)):
        matches = sorted(Path(name) for name in glob.glob(str(path), recursive=True))  # noqa: PTH207 - the pattern has its own root
        if not matches:
            raise DataError(f"no file fits the pattern {path}; {WHAT} is expected there")
        return [file for match in matches for file in _files_at(match)]
    if is_archive(path) and path.stat().st_size:
        return [_checked(member) for member in members(path, SUFFIXES, WHAT)]
    return [_checked(path)]


def _in_folder(entry: Path) -> list[Path]:
    """Return the extracts a file in a folder stands for; other files may lie there and are no error."""
    if entry.name.lower().endswith(SUFFIXES):
        return [_checked(entry)]
    if is_archive(entry) and entry.stat().st_size:
        try:
            return [_checked(member) for member in members(entry, SUFFIXES, WHAT)]
        except DataError as error:
            if "is expected in it" in str(error):
                return []
            raise
    return []


def _checked(file: Path) -> Path:
    if _CHANGES.search(file.name):
        raise DataError(f"{file} is named as a list of changes (.osc), not an extract; apply it to one with osmium")
    if _HISTORY.search(file.name):
        raise DataError(
            f"{file} is named as a history (.osh) with every version of every object; "
            "cut one moment out of it with `osmium time-filter`"
        )
    known = file.exists() or split_member(file) is not None
    if known and not file.is_dir() and head_of(file, 3) == _BZIP2:
        return file
    return existing_file(file, WHAT)


def convert(file: Path, folder: Path, number: int) -> Extract:
    """Check a file to its end and have osmium write it into `folder` in the one form.

    Raises
    ------
    DataError
        If it is cut off, damaged, a history, a list of changes or not OpenStreetMap data.
    LimitError
        If it unpacks to more than `twin.limits` allow.
    """
    import osmium

    form, readable, date, edited = _check_form(file, folder / f"{number}.unpacked")
    blocks = folder / f"{number}.pbf"
    try:
        with osmium.io.Reader(osmium.io.File(str(readable), form)) as reader:
            header = reader.header()
            if header.has_multiple_object_versions:
                raise DataError(
                    f"{file} is a history with every version of every object; "
                    "cut one moment out of it with `osmium time-filter`"
                )
            bounds = _box(header)
            date = date or header.get("osmosis_replication_timestamp") or None
            writer = osmium.SimpleWriter(osmium.io.File(str(blocks), _FORM), overwrite=True)
            try:
                osmium.apply(reader, writer)
            finally:
                writer.close()
    except TwinError:
        raise
    except (RuntimeError, ValueError, OSError, osmium.InvalidLocationError) as error:
        raise DataError(
            f"{file} cannot be read as OpenStreetMap data: {str(error)[:200]}; nothing of it is used: it is cut off or "
            "not OSM, fetch it again"
        ) from None
    finally:
        if readable != file:
            readable.unlink(missing_ok=True)
    return Extract(file, blocks, bounds, date, _deleted(file) if edited else frozenset())


def _box(header: Any) -> tuple[float, float, float, float] | None:
    box = header.box()
    if not box.valid():
        return None
    low, high = box.bottom_left, box.top_right
    return (low.lon, low.lat, high.lon, high.lat)


def _check_form(file: Path, spare: Path) -> tuple[str, Path, str | None, bool]:
    """Return osmium's name for the format, the file it may open, the date an XML file declares, and if it has edits.

    What osmium cannot open where it lies (members of archives, bzip2) is unpacked to `spare` while it is checked.
    """
    with open_checked(file) as stream:
        start = stream.read(64)
        packed = stream.is_gzip
    inside = split_member(file) is not None
    if is_pbf(start):
        if packed or head_of(file, 3) == _BZIP2:
            raise DataError(f"{file} is a PBF file packed once more; unpack it")
        if inside:
            _pass(file, spare, xml=False)
        readable = spare if inside else file
        check_pbf(readable, file)
        return "pbf", readable, None, False
    if not start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise DataError(f"{file} begins with {start[:12]!r}: neither OSM XML nor PBF; {WHAT} is expected there")
    unpack = inside or head_of(file, 3) == _BZIP2
    head, edited = _pass(file, spare if unpack else None, xml=True)
    if b"<osmChange" in head:
        raise DataError(f"{file} is a list of changes (osmChange), not an extract; apply it to one with osmium")
    found = re.search(rb'(?:osm_base|<osm[^>]*\stimestamp)="([0-9T:.+Z-]{10,30})"', head)
    date = found.group(1).decode() if found else None
    return ("osm.gz" if packed and not unpack else "osm"), (spare if unpack else file), date, edited


def _pass(file: Path, spare: Path | None, *, xml: bool) -> tuple[bytes, bool]:
    """Read a file to its end, checked as it streams by, into `spare` if given; return its start and if it has edits."""
    head, tail, edited = b"", b"", False
    with contextlib.ExitStack() as stack:
        stream = stack.enter_context(open_checked(file, xml=xml))
        out = stack.enter_context(spare.open("wb")) if spare else None
        while data := stream.read(_CHUNK):
            if out:
                out.write(data)
            if len(head) < 4096:
                head += data[: 4096 - len(head)]
            edited = edited or (xml and _DELETE.search(tail + data) is not None)
            tail = data[-40:]
    return head, edited


def _deleted(file: Path) -> frozenset[tuple[str, int]]:
    from lxml import etree

    found = set()
    with open_checked(file, xml=True) as stream:
        try:
            for _, item in etree.iterparse(stream, events=("start",), resolve_entities=False, no_network=True):
                if item.get("action") == "delete":
                    found.add((str(item.tag)[:1], int(item.get("id", ""))))
                if item.tag in ("node", "way", "relation"):
                    while (before := item.getprevious()) is not None:  # what is done is let go
                        item.getparent().remove(before)
        except (etree.XMLSyntaxError, ValueError) as error:
            raise DataError(f"{file} cannot be read as OpenStreetMap data: {error}; fetch it again") from None
    return frozenset(found)
