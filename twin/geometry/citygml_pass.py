"""Large CityGML files by one compiled pass over their bytes, with the same answers as the general reader.

The pass (`citygml_pass_kernels`) proves the whole file well-formed and takes the polygons of plain buildings; a
building that has anything unusual goes to the general reader, and so does the file if anything outside has.
"""

from __future__ import annotations

import math
import mmap
import re
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from twin.errors import DataError, LimitError
from twin.geometry import citygml_codes_kernels as codes
from twin.geometry.archives import split_member
from twin.geometry.citygml_attributes import building_attributes
from twin.geometry.citygml_building import STRETCH, BuildingReader, corners
from twin.geometry.citygml_names import NameTable
from twin.geometry.citygml_polygons import local_name
from twin.geometry.sources import open_checked
from twin.geometry.surfaces import ranges

Box = tuple[float, float, float, float]

BUFFER_BYTES = 1 << 20
"""Bytes read at once; a building that is larger makes the buffer grow."""

LARGEST_BUFFER = 1 << 28
"""Bytes; a file with a larger building goes to the general reader."""

MOST_AGAIN = 1 << 28
"""Bytes read anew because a building brought a name that was not met before; a file made to need more is left."""

_DECLARATION = re.compile(
    rb"<\?xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*[\"']1\.0[\"']"
    rb"([ \t\r\n]+encoding[ \t\r\n]*=[ \t\r\n]*[\"'](?i:utf-8)[\"'])?"
    rb"([ \t\r\n]+standalone[ \t\r\n]*=[ \t\r\n]*[\"'](yes|no)[\"'])?[ \t\r\n]*\?>"
)
_HEAD_BYTES = 1 << 16
_OPTIONS: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}


PAYS_OFF = 32_000_000
"""Bytes of all files of one call, unpacked, from which the pass is used: its kernels load in 0.4 s, read 170 MB/s where
the general reader reads 25 MB/s, and take 10 s to compile once per installation (measured on a 2.5 GHz core)."""

_PACKED = 10  # CityGML packs to a tenth or less


def pays_off(files: list[Path]) -> bool:
    """Tell whether the files are so large together that the pass is the faster way."""
    places = {split[0] if (split := split_member(file)) else file for file in files}
    sizes = (place.stat().st_size * (_PACKED if place.suffix.lower() in (".gz", ".zip") else 1) for place in places)
    return sum(sizes) >= PAYS_OFF


def pass_over(file: Path, box: Box | None = None) -> tuple[BuildingReader, dict[str, str], Any] | None:
    """Return what `citygml_stream.stream_buildings` returns, or None if the file is not plain enough or not sound.

    Why it is not, the general reader says.
    """
    try:
        with open_checked(file) as stream:
            return _Pass(stream, box).run()
    except (DataError, LimitError, etree.XMLSyntaxError):
        return None


def _room(shape: tuple[int, ...], kind: Any) -> NDArray[Any]:
    """Return an array in pages of its own, that the system fills where they are used and gets back at once.

    From the heap, the same arrays left up to 15 MB behind that the process kept (measured).
    """
    return np.frombuffer(mmap.mmap(-1, math.prod(shape) * np.dtype(kind).itemsize), kind).reshape(shape)


class _Pass:
    """One file on its way through the buffer."""

    def __init__(self, stream: Any, box: Box | None) -> None:
        self.stream = stream
        self.reader = BuildingReader(box=box)
        self.root_srs: dict[str, str] = {}
        self.envelope: Any = None
        self.state = np.zeros(codes.STATES, np.int64)
        self.stack = np.zeros((2, codes.DEEPEST + 1), np.int32)
        self.filled = 0
        self.buffer = bytearray()
        self._make_room(BUFFER_BYTES)

    def run(self) -> tuple[BuildingReader, dict[str, str], Any] | None:
        from twin.geometry.citygml_pass_kernels import scan

        self._read()
        if not self._begin():
            return None
        names = self.names
        again = 0
        while True:
            status = scan(
                self.bytes,
                self.filled,
                names.classes,
                names.arena,
                names.start,
                names.table,
                names.meaning,
                self.stack,
                self.state,
                self.values,
                self.rings,
                self.polygons,
                self.long,
                self.buildings,
                self.spans,
                self.ids,
                self.hrefs,
                self.parts,
                self.id_table,
            )
            self._take_plain()
            first, last = self.state[[codes.FIRST, codes.LAST]].tolist()
            if status == codes.BY_TREE:
                self.reader.take(self._element(self.buffer[first:last]))
            elif status == codes.ENVELOPE:
                self._take_envelope(self._element(self.buffer[first:last]))
            elif status == codes.NEW_NAME:
                again += first - int(self.state[codes.POSITION])
                if again > MOST_AGAIN:
                    return None
                if not names.enter(bytes(self.buffer[first:last]), attribute=bool(self.state[codes.WHICH])):
                    return None
            elif status == codes.REFUSED:
                return None
            elif not self._read():
                whole = self.state[codes.ENDED] and self.state[codes.POSITION] == self.filled
                return (self.reader, self.root_srs, self.envelope) if whole else None

    def _make_room(self, size: int) -> None:
        """Make a larger buffer, and outputs that hold whatever so many bytes can say."""
        held = bytes(self.buffer[: self.filled]) if self.filled else b""
        self.buffer = bytearray(size)
        self.buffer[: len(held)] = held
        self.bytes = np.frombuffer(self.buffer, np.uint8)
        self.values = _room((size // 2 + 1,), np.float64)
        self.rings = _room((size // 10 + 1,), np.int64)
        self.polygons = _room((size // 10 + 1, 6), np.int64)
        self.long = _room((size // 3 + 1, 3), np.int64)
        self.buildings = _room((size // 10 + 1, 8), np.int64)
        self.spans = _room((size // 4 + 1, 4), np.int64)
        self.ids = _room((size // 10 + 1, 3), np.int64)
        self.hrefs = _room((size // 10 + 1, 4), np.int64)
        self.parts = _room((codes.MOST_PARTS, 4), np.int64)
        self.id_table = _room((size // 4,), np.int32)

    def _read(self) -> bool:
        """Move what is not read yet to the front and fill up; False at the end of the file."""
        position = int(self.state[codes.POSITION])
        rest = self.filled - position
        if position:
            self.bytes[:rest] = self.bytes[position : self.filled].copy()
            self.state[codes.POSITION] = 0
            self.filled = rest
        if 2 * rest > len(self.buffer):
            if len(self.buffer) >= LARGEST_BUFFER:
                raise LimitError("a building is too large for the pass")
            self._make_room(2 * len(self.buffer))
        data = self.stream.read(len(self.buffer) - rest)
        self.bytes[rest : rest + len(data)] = np.frombuffer(data, np.uint8)
        self.filled = rest + len(data)
        return bool(data)

    def _begin(self) -> bool:
        """Read the declaration and the root's namespaces; False if they are not what the pass can work with."""
        head = bytes(self.buffer[: min(self.filled, _HEAD_BYTES)])
        declared = _DECLARATION.match(head)
        if declared:
            self.state[codes.POSITION] = declared.end()
        elif head.startswith(b"<?xml"):
            return False
        if b"<!DOCTYPE" in head:
            return False
        parser = etree.XMLPullParser(events=("start",), **_OPTIONS)
        parser.feed(head)
        root: Any = next((element for _, element in parser.read_events()), None)
        if root is None or local_name(root) not in ("CityModel", "FeatureCollection"):
            return False
        spaces = {prefix or "": uri for prefix, uri in root.nsmap.items()}
        self.names = NameTable(spaces)
        declarations = (f"xmlns{':' * bool(key)}{key}={quoteattr(uri)}" for key, uri in spaces.items())
        self.opening = f"<{' '.join(('root', *declarations))}>".encode()
        self.parser = etree.XMLParser(**_OPTIONS)
        etree.fromstring(self.opening + b"</root>", self.parser)  # refuses namespaces that are no URI
        return True

    def _element(self, text: bytes | bytearray) -> Any:
        return etree.fromstring(b"".join((self.opening, text, b"</root>")), self.parser)[0]

    def _take_envelope(self, element: Any) -> None:
        self.envelope = corners(element)
        if element.get("srsName"):
            self.root_srs[element.get("srsName")] = "the model's envelope"

    def _take_plain(self) -> None:
        """Hand the plain buildings of this stretch to the reader."""
        n_values, n_rings, n_polygons, n_long, n_buildings, n_spans = self.state[codes.N_VALUES :].tolist()
        if not n_buildings:
            return
        buffer, reader, raw = self.buffer, self.reader, self.reader.raw
        for place, first, last in self.long[:n_long].tolist():
            self.values[place] = float(buffer[first:last])
        rows = self.buildings[:n_buildings].tolist()
        elements = self._attribute_elements(rows, self.spans[:n_spans].tolist())
        row_of = np.full(n_buildings, -1, np.int32)
        for number, (row, (element, systems)) in enumerate(zip(rows, elements, strict=True)):
            reader.seen += 1
            name = buffer[row[2] : row[3]].decode() or f"building {reader.seen} (no gml:id)"
            if reader.box is not None and reader.passes_by(element, name):
                continue
            for system in systems:
                reader.srs_names.setdefault(system, name)
            attributes = building_attributes(element, name, reader.repaired)
            attributes.lod = row[5]
            row_of[number] = len(reader.attributes)
            reader.attributes.append(attributes)
        owner = np.repeat(row_of, self.buildings[:n_buildings, 4])
        table, rings, values = self.polygons[:n_polygons], self.rings[:n_rings], self.values[:n_values]
        if (row_of < 0).any():
            wanted = owner >= 0
            ring_wanted = np.repeat(wanted, table[:, 0])
            values = values[np.repeat(ring_wanted, rings)]
            rings, table, owner = rings[ring_wanted], table[wanted], owner[wanted]
        raw.values.frombytes(values.tobytes())
        raw.ring_size.frombytes((rings // 3).tobytes())
        raw.polygon_size.frombytes(table[:, 0].tobytes())
        raw.kind.frombytes(table[:, 1].astype(np.uint8).tobytes())
        raw.building.frombytes(owner.tobytes())
        sizes = table[:, 4] - table[:, 3]
        raw.ids.extend(self.bytes[ranges(table[:, 3], sizes)].tobytes(), sizes)
        reader.check(STRETCH)

    def _attribute_elements(self, rows: list[list[int]], spans: list[list[int]]) -> list[tuple[Any, list[str]]]:
        """Return an element for each building with its attributes, parts and envelope alone, and its systems."""
        buffer = self.buffer
        pieces: list[bytes | bytearray] = [self.opening]
        systems: list[list[str]] = []
        k = 0
        for _, _, _, _, _, _, n_parts, n_spans in rows:
            mine: list[str] = []
            inner: list[list[bytes | bytearray]] = [[] for _ in range(n_parts)]
            pieces.append(b"<Building>")
            for sort, first, last, part in spans[k : k + n_spans]:
                if sort == codes.SYSTEM:
                    mine.append(buffer[first:last].decode())
                elif sort == codes.BOX:
                    if self.reader.box is not None:
                        pieces += (b"<boundedBy>", buffer[first:last], b"</boundedBy>")
                else:
                    (inner[part] if sort == codes.OF_PART else pieces).append(buffer[first:last])
            k += n_spans
            for texts in inner:
                pieces += (b"<buildingPart><BuildingPart>", *texts, b"</BuildingPart></buildingPart>")
            pieces.append(b"</Building>")
            systems.append(mine)
        pieces.append(b"</root>")
        return list(zip(etree.fromstring(b"".join(pieces), self.parser), systems, strict=True))
