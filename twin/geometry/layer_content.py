"""What is inside a vector file: whether its content is what its name says, and how a shapefile writes letters."""

from __future__ import annotations

import codecs
from pathlib import Path

from twin.errors import DataError
from twin.geometry.sources import head_of, open_checked

SUFFIXES = (".gpkg", ".shp", ".geojson", ".json", ".fgb", ".geojson.gz", ".json.gz")
"""Lower-case ends of the names of vector files."""

# what a file must begin with; the library that reads it goes by content and would follow files that point elsewhere
_BEGINS = {".gpkg": b"SQLite format 3\0", ".shp": b"\0\0\x27\x0a", ".fgb": b"fgb"}
_POINTERS = (b"gdal_streamed_alg", b"OGRVRTDataSource")
_CHUNK = 1 << 20
_NUMBERED = {"1252": "cp1252", "ansi1252": "cp1252", "88591": "latin-1", "65001": "utf-8", "utf8": "utf-8"}


def check_content(place: Path, file: Path, what: str) -> None:
    """Refuse a file that is not what its name says, before a library that opens anything sees it.

    Some formats that look like GeoJSON or XML to the eye name other files or services to be read.

    Parameters
    ----------
    place : pathlib.Path
        The file, or a member of an archive; not gzipped.
    file : pathlib.Path
        What it is called in messages.
    what : str
        What it should hold.

    Raises
    ------
    DataError
        If it is not.

    Examples
    --------
    >>> check_content(Path("town.gml"), Path("town.gml"), "a layer")
    Traceback (most recent call last):
    twin.errors.DataError: town.gml is GML, which is read for city models and development plans only; save ...
    """
    suffix = place.suffix.lower()
    if suffix in (".gml", ".xml"):
        raise DataError(
            f"{file} is GML, which is read for city models and development plans only; save the layer as GeoPackage, "
            "for example with QGIS or ogr2ogr"
        )
    if not place.name.lower().endswith(SUFFIXES):
        raise DataError(f"{file} is not a vector layer that is read; {what} ends in {', '.join(SUFFIXES)}")
    head = head_of(place, _CHUNK)
    start = _BEGINS.get(suffix)
    fits = head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{") if start is None else head.startswith(start)
    if not fits or any(word in head for word in _POINTERS):
        raise DataError(f"{file} cannot be read as {what}: its content is not what the ending {suffix!r} says")


def encoding_of(place: Path, notes: list[str]) -> str:
    """Return the encoding of a shapefile's attributes: as its .cpg says, else as its bytes tell.

    Parameters
    ----------
    place : pathlib.Path
        The .shp, its other files beside it.
    notes : list of str
        Gets what was noticed.
    """
    named = next((one for one in (place.with_suffix(".cpg"), place.with_suffix(".CPG")) if one.is_file()), None)
    if named is not None:
        word = named.read_bytes()[:64].decode("ascii", errors="replace").strip().strip("\0\ufeff")
        plain = "".join(letter for letter in word.lower() if letter.isalnum())
        try:
            return codecs.lookup(_NUMBERED.get(plain, word)).name
        except LookupError:
            notes.append(f"its .cpg names the encoding {word!r}, which is not known; the bytes of the .dbf decide")
    table = next((one for one in (place.with_suffix(".dbf"), place.with_suffix(".DBF")) if one.is_file()), None)
    if table is None:
        return "utf-8"
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with open_checked(table) as stream:
            head = stream.read(32)
            # the header's binary numbers would not decode
            stream.read(max(int.from_bytes(head[8:10], "little") - 32, 0))
            while data := stream.read(_CHUNK):
                decoder.decode(data.rstrip(b"\x1a"))
    except UnicodeDecodeError:
        notes.append("its attributes are not UTF-8 and no .cpg says what they are; they are read as Windows-1252")
        return "cp1252"
    return "utf-8"
