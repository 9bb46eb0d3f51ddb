"""What the names of elements and attributes mean to the pass over a CityGML file (`citygml_pass_kernels`).

A name is looked at once, when the pass meets it for the first time; its prefix must be one that the root declares.
"""

from __future__ import annotations

import re

import numpy as np

from twin.geometry import citygml_codes_kernels as codes
from twin.geometry import citygml_polygons as tags

MOST_NAMES = 2000
"""Different names in one file; CityGML has some 500, a file with more goes to the general reader."""

_NAME = re.compile(r"(?:([A-Za-z_][\w.-]*):)?([A-Za-z_][\w.-]*)", re.ASCII)
_XML_NAMES = ("xml", "xmlns")
_ATTRIBUTES = ("name", "function", "roofType", "storeysAboveGround", "measuredHeight", "height")


class NameTable:
    """The names met so far, as the kernels want them.

    classes : class bits of the bytes, see `xml_kernels`
    arena, start, table : bytes of the names, where each begins, and the hash table
    meaning : (names, 3) meaning as an element and as an attribute, -1 where not asked yet; number of the resolved name
    """

    def __init__(self, spaces: dict[str, str]) -> None:
        from twin.geometry.xml_kernels import byte_classes

        self.spaces = spaces
        self.classes = byte_classes()
        self.arena = np.zeros(200 * MOST_NAMES, np.uint8)
        self.start = np.zeros(MOST_NAMES + 2, np.int32)
        self.table = np.full(4 * 1024 if MOST_NAMES < 2048 else 4 * MOST_NAMES, -1, np.int32)
        self.meaning = np.full((MOST_NAMES + 1, 3), -1, np.int32)
        self._numbers: dict[bytes, int] = {}
        self._resolved: dict[tuple[str, str], int] = {}

    def enter(self, name: bytes, *, attribute: bool) -> bool:
        """Enter a name with its meaning; False if it is none, has an unknown prefix, or there are too many."""
        from twin.geometry.xml_kernels import enter_name

        parts = _NAME.fullmatch(name.decode("ascii", "replace"))
        if parts is None:
            return False
        prefix, local = parts[1] or "", parts[2]
        if attribute and "xmlns" in (prefix, name.decode()):
            space, meaning = "xmlns", codes.DECLARATION
        elif prefix in _XML_NAMES or (prefix and prefix not in self.spaces):
            return False
        elif attribute:
            space = self.spaces[prefix] if prefix else ""
            meaning = _attribute_meaning(space, local)
        else:
            space = self.spaces.get(prefix, "")
            meaning = _element_meaning(space, local)
        number = self._numbers.get(name)
        if number is None:
            number = len(self._numbers)
            if number >= MOST_NAMES:
                return False
            self._numbers[name] = number
            first = int(self.start[number])
            self.arena[first : first + len(name)] = np.frombuffer(name, np.uint8)
            self.start[number + 1] = first + len(name)
            enter_name(self.arena, self.start, self.table, number)
        self.meaning[number, int(attribute)] = meaning
        if attribute:
            self.meaning[number, 2] = self._resolved.setdefault((space, local), len(self._resolved))
        return True


def _attribute_meaning(space: str, local: str) -> int:
    tag = f"{{{space}}}{local}"
    if tag in (tags.GML + "id", tags.GML_32 + "id"):
        return codes.ID
    if tag == tags.HREF:
        return codes.HREF
    if not space and local in ("srsName", "srsDimension"):
        return codes.SRS_NAME if local == "srsName" else codes.SRS_DIMENSION
    return codes.PLAIN_ATTRIBUTE


def _element_meaning(space: str, local: str) -> int:
    tag = f"{{{space}}}{local}"
    if tag in tags.BUILDINGS:
        return codes.BUILDING
    for names, code in (
        (tags.POLYGONS, codes.POLYGON),
        (tags.RINGS, codes.RING),
        (tags.POSITIONS, codes.POSITIONS),
        ((tags.GML + "exterior", tags.GML_32 + "exterior"), codes.EXTERIOR),
        ((tags.GML + "outerBoundaryIs",), codes.OUTER),
        (tags.REFERRING, codes.REFERRING),
        (tags.ENVELOPES, codes.ENVELOPES),
    ):
        if tag in names:
            return code
    for level, code in (("1", codes.GEOMETRY_1), ("2", codes.GEOMETRY_2), ("3", codes.GEOMETRY_3)):
        if local.startswith("lod" + level) and local[4:] in tags.GEOMETRY:
            return code
    for group, code in (
        (tags.BOUNDARIES, codes.BOUNDARIES),
        (tags.OPENINGS, codes.OPENINGS),
        (tags.PARTS, codes.PARTS),
        (tags.MEMBERS, codes.INSTALLATIONS),
        ((tags.INSIDE, *tags.CURVES), codes.UNUSUAL_CHILD),
        (_ATTRIBUTES, codes.ATTRIBUTE),
    ):
        if local in group:
            return code
    if local.endswith(("Attribute", "AttributeSet")):
        return codes.ATTRIBUTE
    return codes.SURFACE + int(tags.KINDS[local]) if local in tags.KINDS else codes.OTHER
