"""Opening files that come from somewhere else: plain, gzip or in a .zip archive, checked while they stream.

A file is refused before it is parsed when it is missing, empty, a Git LFS pointer, cut off, too large or packed too
tightly; XML must not declare a document type or entities. What passes here is read to its end or not at all.
"""

from __future__ import annotations

import bz2
import gzip
import io
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from twin import limits
from twin.errors import DataError, LimitError
from twin.geometry.archives import MemberStream, is_archive, members, split_member

_CHUNK = 1 << 20
_GZIP = b"\x1f\x8b"
_BZIP2 = b"BZh"
_RATIO_FREE_BYTES = 10_000_000  # below this, a high ratio harms nobody
_ARCHIVES = {
    b"PK\x03\x04": "a zip archive",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"Rar!": "a RAR archive",
    b"BZh": "packed with bzip2",
    b"\xfd7zXZ": "packed with xz",
    b"\x28\xb5\x2f\xfd": "packed with Zstandard",
}
_FORBIDDEN = (b"<!DOCTYPE", b"<!ENTITY")
_OVERLAP = max(len(word) for word in _FORBIDDEN) - 1


class CheckedStream(io.RawIOBase):
    """A binary file, unpacked if it is gzip or bzip2, that stops at the limits of `twin.limits` and at forbidden XML.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    xml : bool
        Refuse document type and entity declarations as they stream by.
    """

    def __init__(self, path: Path, *, xml: bool = False) -> None:
        self.path = path
        self.unpacked = 0
        self._xml = xml
        self._tail = b""
        self._handle, self._packed_size = _handle(path)
        start = self._handle.read(3)
        self.is_gzip = start[:2] == _GZIP
        if isinstance(self._handle, MemberStream):
            self._handle.close()
            self._handle, self._packed_size = _handle(path)
        else:
            self._handle.seek(0)
        self._stream: Any = gzip.GzipFile(fileobj=self._handle) if self.is_gzip else self._handle
        if start == _BZIP2:  # only what a reader lets pass: existing_file refuses it
            self._stream = bz2.BZ2File(self._handle)

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` with what `read` gives."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` unpacked bytes, none at the end."""
        if size is None or size < 0:
            return b"".join(iter(lambda: self.read(_CHUNK), b""))
        try:
            data: bytes = self._stream.read(size)
        except EOFError:
            raise DataError(
                f"{self.path} is cut off: its packed stream ends after {self.unpacked:,} unpacked bytes without its "
                "end mark; fetch the file again"
            ) from None
        except (OSError, zlib.error) as error:
            raise DataError(
                f"{self.path} is damaged after {self.unpacked:,} unpacked bytes ({error}); fetch the file again"
            ) from None
        self.unpacked += len(data)
        self._check_limits()
        if self._xml and data:
            self._check_xml(data)
        return data

    def close(self) -> None:
        """Close the file."""
        self._handle.close()
        super().close()

    def _check_limits(self) -> None:
        limits.check(self.unpacked, "MAX_FILE_BYTES", f"{self.path} unpacks to more than {self.unpacked:,} bytes")
        if self.unpacked > _RATIO_FREE_BYTES and self.unpacked > limits.MAX_COMPRESSION_RATIO * self._packed_size:
            raise LimitError(
                f"{self.path} unpacks to more than {limits.MAX_COMPRESSION_RATIO:g} times its size of "
                f"{self._packed_size:,} bytes, as no geodata does (twin.limits.MAX_COMPRESSION_RATIO); "
                "do not use it unless you know where it comes from"
            )

    def _check_xml(self, data: bytes) -> None:
        if self.unpacked == len(data) and (data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in data[:4]):
            raise DataError(f"{self.path} is XML in UTF-16 or UTF-32; save it as UTF-8")
        window = self._tail + data
        for word in _FORBIDDEN:
            if word in window:
                raise DataError(
                    f"{self.path} holds a {word[2:].decode()} declaration; geodata needs none and it can be an "
                    "attack, so it is refused. Remove the declaration if you trust the file"
                )
        self._tail = window[-_OVERLAP:]


def _handle(path: Path) -> tuple[Any, int]:
    """Return the file or member of an archive as a binary stream, and how many bytes it takes packed."""
    inside = split_member(path)
    if inside is None:
        return path.open("rb"), path.stat().st_size
    member = MemberStream(*inside)
    return member, member.packed_size


def head_of(path: Path, size: int = 64) -> bytes:
    """Return the first bytes of a file or of a member of an archive, as they are packed.

    Examples
    --------
    >>> head_of(Path(__file__), 10)
    b'\"\"\"Opening'
    """
    handle, _ = _handle(path)
    with handle:
        data: bytes = handle.read(size)
    return data


def existing_files(path: str | os.PathLike[str], what: str, suffixes: tuple[str, ...]) -> list[Path]:
    """Return the file at `path`, or the members of the .zip archive there whose names end in `suffixes`, each checked.

    Parameters
    ----------
    path : path-like
        The file, the archive, or a member of one: ``tiles.zip/inner/dgm1.xyz``.
    what : str
        What it should hold, for the message.
    suffixes : tuple of str
        Lower-case ends of the names that count in an archive.

    Raises
    ------
    DataError
        As `existing_file`; also if the archive holds nothing that fits.
    LimitError
        If the archive holds more than `twin.limits` allow.

    Examples
    --------
    >>> existing_files(Path(__file__), "a module", (".py",))[0].name
    'sources.py'
    """
    file = Path(path)
    if is_archive(file):
        if file.stat().st_size == 0:
            return [existing_file(file, what)]
        return [existing_file(member, what) for member in members(file, suffixes, what)]
    return [existing_file(file, what)]


def only_file(path: str | os.PathLike[str], what: str, suffixes: tuple[str, ...]) -> Path:
    """Return the one file that `existing_files` finds.

    Raises
    ------
    DataError
        If an archive holds several.

    Examples
    --------
    >>> only_file(Path(__file__), "a module", (".py",)).name
    'sources.py'
    """
    files = existing_files(path, what, suffixes)
    if len(files) > 1:
        names = ", ".join(split[1] for file in files[:5] if (split := split_member(file)))
        raise DataError(f"{path} holds {len(files)} files that could be {what} ({names}); name one as {files[0]}")
    return files[0]


def existing_file(path: str | os.PathLike[str], what: str) -> Path:
    """Return `path` as a Path after checking that a readable, non-empty file with real content lies there.

    Parameters
    ----------
    path : path-like
        The file.
    what : str
        What it should hold, for the message.

    Raises
    ------
    DataError
        If it is missing, a folder, empty, an archive or a Git LFS pointer.

    Examples
    --------
    >>> existing_file("nowhere.osm", "an OpenStreetMap extract")
    Traceback (most recent call last):
    twin.errors.DataError: nowhere.osm does not exist; an OpenStreetMap extract is expected there
    """
    file = Path(path)
    if not file.exists() and split_member(file) is None:
        raise DataError(f"{file} does not exist; {what} is expected there")
    if file.is_dir():
        raise DataError(f"{file} is a folder; name the file in it that holds {what}")
    try:
        head = head_of(file)
    except OSError as error:
        raise DataError(f"{file} cannot be read: {error.strerror}; {what} is expected there") from None
    if not head:
        raise DataError(f"{file} is empty (0 bytes); {what} is expected there: fetch the file again")
    if head.startswith(b"version https://git-lfs.github.com/spec/"):
        raise DataError(
            f"{file} is a Git LFS pointer, not the data itself; fetch it with "
            "`git lfs pull` or download the file from its publisher"
        )
    for mark, kind in _ARCHIVES.items():
        if head.startswith(mark):
            raise DataError(f"{file} is {kind}; unpack it and name the file that holds {what}")
    return file


@contextmanager
def open_checked(path: Path, *, xml: bool = False) -> Iterator[CheckedStream]:
    """Open a file for reading as a `CheckedStream` and close it at the end of the block.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "note.gz"
    ...     _ = path.write_bytes(gzip.compress(b"whole"))
    ...     with open_checked(path) as stream:
    ...         stream.read()
    b'whole'
    """
    stream = CheckedStream(path, xml=xml)
    try:
        yield stream
    finally:
        stream.close()


def read_through(path: Path, *, xml: bool = False, head_bytes: int = 4096) -> bytes:
    """Read a file to its end for the checks alone; return its first unpacked bytes.

    Examples
    --------
    >>> read_through(Path(__file__), head_bytes=10)
    b'\"\"\"Opening'
    """
    with open_checked(path, xml=xml) as stream:
        head = b""
        while data := stream.read(_CHUNK):
            if len(head) < head_bytes:
                head += data[: head_bytes - len(head)]
    return head
