"""Members of .zip archives, read as streams where they lie: nothing is unpacked to disk.

A member has a path like any file, ``tiles.zip/inner/dgm1.xyz``. The whole directory of an archive is checked before one
member is opened, and what it says about a member's size is checked again while that member is read.
"""

from __future__ import annotations

import io
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from twin import limits
from twin.errors import DataError, LimitError

RATIO_FREE_BYTES = 10_000_000
"""Below this unpacked size (bytes) a high ratio harms nobody."""

_MARK = b"PK\x03\x04"
_NESTED = (".zip", ".7z", ".rar", ".tar", ".tgz", ".tar.gz")
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)


def is_archive(path: Path) -> bool:
    """Tell whether a path is a .zip archive, by its first bytes.

    Examples
    --------
    >>> is_archive(Path(__file__))
    False
    """
    if not path.is_file():
        return False
    with path.open("rb") as handle:
        return handle.read(4) == _MARK or path.suffix.lower() == ".zip"


def split_member(path: Path) -> tuple[Path, str] | None:
    """Return the archive and the member's name of a path that leads into an archive; None for all others.

    Examples
    --------
    >>> split_member(Path("nowhere.zip/inner/dgm1.xyz")) is None
    True
    """
    if path.exists():
        return None
    for parent in path.parents:
        if parent.suffix.lower() == ".zip" and parent.is_file():
            return parent, path.relative_to(parent).as_posix()
    return None


def members(archive: Path, suffixes: tuple[str, ...], what: str) -> list[Path]:
    """Return the paths of the members of an archive with one of the suffixes, in the order of their names.

    Parameters
    ----------
    archive : pathlib.Path
        The .zip file.
    suffixes : tuple of str
        Lower-case ends of names a reader knows, such as ``(".xyz", ".txt")``.
    what : str
        What is looked for, for the message.

    Raises
    ------
    DataError
        If the archive is damaged or cut off, is protected, names places outside itself, or holds nothing that fits.
    LimitError
        If it holds too many members or unpacks to more than `twin.limits` allow.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "town.zip"
    ...     with zipfile.ZipFile(path, "w") as file:
    ...         file.writestr("licence.pdf", "words")
    ...         file.writestr("tile/dgm1.xyz", "0 0 1")
    ...     [member.name for member in members(path, (".xyz",), "terrain")]
    ['dgm1.xyz']
    """
    with _opened(archive) as file:
        entries = _checked(archive, file)
    found = sorted(
        entry.filename
        for entry in entries
        if entry.filename.lower().endswith(suffixes) and not entry.filename.startswith("__MACOSX/")
    )
    if not found:
        names = ", ".join(entry.filename for entry in entries[:5]) or "no files"
        raise DataError(f"{archive} holds {names}; {what} is expected in it, ending in {', '.join(suffixes)}")
    return [archive / name for name in found]


class MemberStream(io.RawIOBase):
    """The unpacked bytes of one member, which must be as many as the archive's directory says."""

    def __init__(self, archive: Path, name: str) -> None:
        self.path = archive / name
        self._file = _open(archive)
        try:
            found = {entry.filename: entry for entry in _checked(archive, self._file)}
            if name not in found:
                names = ", ".join(list(found)[:5]) or "no files"
                raise DataError(f"{archive} has no member {name!r}; it holds {names}")
            self.entry = found[name]
            self._stream: IO[bytes] = self._file.open(self.entry)
        except _DAMAGE as error:
            self._file.close()
            if isinstance(error, DataError):
                raise
            raise DataError(f"{self.path} cannot be read ({str(error)[:200]}); fetch the archive again") from None
        except BaseException:
            self._file.close()
            raise
        self._read = 0

    @property
    def packed_size(self) -> int:
        """Bytes it takes in the archive."""
        return max(self.entry.compress_size, 1)

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` with what `read` gives."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes, none at the end."""
        try:
            data = self._stream.read(-1 if size is None else size)
        except _DAMAGE as error:
            raise DataError(
                f"{self.path} is damaged after {self._read:,} bytes ({error or 'cut off'}); fetch the archive again"
            ) from None
        self._read += len(data)
        if (not data and size != 0) and self._read != self.entry.file_size:
            raise DataError(
                f"{self.path} unpacks to {self._read:,} bytes; the archive's directory says "
                f"{self.entry.file_size:,}: it is damaged or made to deceive; fetch it again"
            )
        return data

    def close(self) -> None:
        """Close member and archive."""
        if not self.closed:
            self._stream.close()
            self._file.close()
        super().close()


def _open(archive: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(archive)
    except _DAMAGE as error:
        raise DataError(f"{archive} is a damaged or cut off zip archive ({error}); fetch it again") from None


@contextmanager
def _opened(archive: Path) -> Iterator[zipfile.ZipFile]:
    file = _open(archive)
    try:
        yield file
    finally:
        file.close()


def _checked(archive: Path, file: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Return the files of an archive after the checks of its directory."""
    entries = file.infolist()
    limits.check(len(entries), "MAX_ARCHIVE_MEMBERS", f"{archive} holds {len(entries):,} members")
    names: set[str] = set()
    for entry in entries:
        _check_entry(archive, entry)
        if entry.filename in names:
            raise DataError(f"{archive} holds {entry.filename!r} twice; it is not clear which counts: pack it again")
        names.add(entry.filename)
    packed, unpacked = (sum(getattr(entry, key) for entry in entries) for key in ("compress_size", "file_size"))
    limits.check(unpacked, "MAX_FILE_BYTES", f"{archive} unpacks to {unpacked:,} bytes")
    size = archive.stat().st_size
    if packed > size:  # members that share their bytes: small to keep, endless to unpack
        raise DataError(f"{archive} says its members take {packed:,} bytes, but has {size:,}; its directory is wrong")
    if unpacked > RATIO_FREE_BYTES and unpacked > limits.MAX_COMPRESSION_RATIO * size:
        raise LimitError(
            f"{archive} unpacks to more than {limits.MAX_COMPRESSION_RATIO:g} times its size of {size:,} bytes, as no "
            "geodata does (twin.limits.MAX_COMPRESSION_RATIO); do not use it unless you know where it comes from"
        )
    return [entry for entry in entries if not entry.is_dir()]


def _check_entry(archive: Path, entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    where = f"{archive}: member {name!r}"
    # the name as written: zipfile turns backslashes into slashes on some systems only
    parts = re.split(r"[/\\]", entry.orig_filename)
    if ".." in parts or parts[0] == "" or re.match(r"[A-Za-z]:", name) or "\\" in name or "\0" in entry.orig_filename:
        raise DataError(f"{where} names a place outside the archive; do not use it unless you know where it comes from")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise DataError(f"{where} is a link, not a file; pack the file itself")
    if entry.flag_bits & _ENCRYPTED:
        raise DataError(f"{where} is encrypted; unpack it with its password and pack it without one")
    if name.lower().endswith(_NESTED):
        raise DataError(f"{where} is an archive in an archive; unpack the outer one and name the inner")
    if entry.compress_type not in _METHODS:
        raise DataError(f"{where} is packed with method {entry.compress_type}; pack it with the usual one (deflate)")
