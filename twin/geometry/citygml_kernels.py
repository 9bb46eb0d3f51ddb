"""What the pass over the bytes of a CityGML file (`citygml_pass_kernels`) needs to know of a building as a whole.

Each function answers whether a building is so plain that the pass reads it as the general reader would; where it is
not, or where that is not known, the building goes to the general reader.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.geometry import citygml_codes_kernels as codes
from twin.geometry import xml_kernels as xml
from twin.kernels import jit

# Symbols
#   b, classes, arena, name_start, table     see xml_kernels
#   meaning     (names, 3)  of each name as an element and as an XML attribute (-1: not asked yet), and which names are
#                           the same once their namespaces are resolved
#   stack       (2, DEEPEST + 1)  name and mode (OUTSIDE ... SKIPPED) of the open elements
#   state       (STATES,)   where the pass stands, why it stopped, and how much it has written
#   values      coordinates;  rings: numbers of each;  polygons: rings, kind, level, id from, id to, 1 if in a boundary
#   long        number of a coordinate and where its text stands: it has too many digits for here
#   buildings   from, to, id from, id to, polygons, level, parts, spans
#   spans       sort (OWN, OF_PART, BOX, SYSTEM), from, to, part: attributes, own envelope, names of systems
#   ids         from, to, polygon or -1;  hrefs: from, to, level, kind;  id_table: work space, a power of 2
#   parts       polygons by part and level


@jit
def same_bytes(b: xml.Bytes, i: int, j: int, size: int) -> bool:
    """Tell whether two stretches of the buffer hold the same bytes."""
    k = 0
    while k < size and b[i + k] == b[j + k]:
        k += 1
    return k == size


@jit
def references_are_plain(
    b: xml.Bytes,
    ids: NDArray[np.int64],
    n_ids: int,
    hrefs: NDArray[np.int64],
    n_hrefs: int,
    polygons: NDArray[np.int64],
    chosen: int,
    id_table: NDArray[np.int32],
) -> bool:
    """Tell whether every reference that counts repeats a polygon that is there: then none changes anything."""
    size = 16
    while size < 2 * n_ids:
        size *= 2
    if size > len(id_table):
        return False
    id_table[:size] = -1
    steps = 0
    for turn in range(n_ids + n_hrefs):
        seek = turn >= n_ids
        k = turn - n_ids if seek else turn
        start = hrefs[k, 0] if seek else ids[k, 0]
        end = hrefs[k, 1] if seek else ids[k, 1]
        if seek:
            level = hrefs[k, 2]
            # levels are tried in the order 2, 3, 1
            if level != chosen and (chosen == 2 or (chosen == 3 and level == 1)):
                continue
            if hrefs[k, 3] != 0 or end == start:
                return False
            if b[start] == 35:
                start += 1
        code = np.uint32(2166136261)
        for i in range(start, end):
            code = np.uint32((code ^ np.uint32(b[i])) * np.uint32(16777619))
        slot = np.int64(code) & (size - 1)
        found = -1
        while id_table[slot] >= 0:
            steps += 1
            if steps > 16 * (n_ids + n_hrefs) + 1000:  # ids made to collide
                return False
            other = id_table[slot]
            if ids[other, 1] - ids[other, 0] == end - start and same_bytes(b, start, ids[other, 0], end - start):
                found = other
                break
            slot = (slot + 1) & (size - 1)
        if not seek:
            if found >= 0:
                return False
            id_table[slot] = k
        elif found < 0 or ids[found, 2] < 0 or polygons[ids[found, 2], 2] != hrefs[k, 2]:
            return False
    return True


@jit
def chosen_level(
    polygons: NDArray[np.int64], first: int, last: int, parts: NDArray[np.int64], n_parts: int, n_long: int
) -> int:
    """Return the level of detail a building is read at, 0 where that needs the general reader."""
    free = np.zeros(4, np.int64)
    bound = np.zeros(4, np.int64)
    for p in range(first, last):
        if polygons[p, 5]:
            bound[polygons[p, 2]] += 1
        else:
            free[polygons[p, 2]] += 1
    level = 0
    for other in (1, 3, 2):
        if free[other] + bound[other] > 0:
            level = other
    if level == 0 or (free[level] > 0 and bound[level] > 0):
        return 0
    in_parts = 0
    bare = False
    for k in range(n_parts):
        in_parts += parts[k, level]
        bare |= parts[k, level] == 0
    total = free[level] + bound[level]
    if bare and in_parts == total:
        return 0
    if total < last - first and n_long > 0:
        return 0
    return level


@jit
def keep_level(
    polygons: NDArray[np.int64],
    rings: NDArray[np.int64],
    values: NDArray[np.float64],
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    level: int,
) -> None:
    """Move the polygons of one level together, from the counts in `start`; `end` gets the counts that remain."""
    p_to, r_to, v_to = start[0], start[1], start[2]
    r, v = start[1], start[2]
    for p in range(start[0], end[0]):
        keep = polygons[p, 2] == level
        for _ in range(polygons[p, 0]):
            if keep:
                rings[r_to] = rings[r]
                for k in range(rings[r]):
                    values[v_to + k] = values[v + k]
                v_to += rings[r]
                r_to += 1
            v += rings[r]
            r += 1
        if keep:
            polygons[p_to] = polygons[p]
            p_to += 1
    end[0], end[1], end[2] = p_to, r_to, v_to


@jit
def attributes(
    b: xml.Bytes,
    j: int,
    filled: int,
    classes: xml.Bytes,
    arena: xml.Bytes,
    name_start: NDArray[np.int32],
    table: NDArray[np.int32],
    meaning: NDArray[np.int32],
    seen: NDArray[np.int32],
    found: NDArray[np.int64],
    inner: bool,
) -> int:
    """Pass the attributes and the end of a start tag from `j`, behind its name; write what they say to `found`."""
    found[:] = 0
    n_seen = 0
    while True:
        spaced = j
        while j < filled and classes[b[j]] & xml.IS_SPACE:
            j += 1
        if j + 1 >= filled:
            return xml.SHORT
        if b[j] == 62:
            return j + 1
        if b[j] == 47:
            found[codes.CLOSED] = 1
            return j + 2 if b[j + 1] == 62 else xml.WRONG
        if j == spaced or n_seen == codes.MOST_ATTRIBUTES:
            return xml.WRONG
        first = j
        j, name = xml.name(b, j, filled, classes, arena, name_start, table)
        if j < 0:
            return j
        if name < 0 or meaning[name, 1] < 0:
            found[codes.UNKNOWN_FROM], found[codes.UNKNOWN_TO] = first, j
            return codes.UNKNOWN
        for k in range(n_seen):
            if seen[k] == meaning[name, 2]:
                return xml.WRONG
        seen[n_seen] = meaning[name, 2]
        n_seen += 1
        for sign in (61, 34):
            while j < filled and classes[b[j]] & xml.IS_SPACE:
                j += 1
            if j >= filled:
                return xml.SHORT
            if b[j] != sign and (sign == 61 or b[j] != 39):
                return xml.WRONG
            if sign == 61:
                j += 1
        first = j + 1
        j, literal = xml.value(b, j, filled, classes)
        if j < 0:
            return j
        last = j - 1
        what = meaning[name, 1]
        if what == codes.PLAIN_ATTRIBUTE:
            continue
        if what == codes.DECLARATION:
            if inner:
                return xml.WRONG
            continue
        if not literal or last == first:
            found[codes.UNUSUAL] = 1
        if what == codes.ID:
            if found[codes.ID_TO] > 0:
                found[codes.UNUSUAL] = 1
            found[codes.ID_FROM], found[codes.ID_TO] = first, last
        elif what == codes.HREF:
            found[codes.HREF_FROM], found[codes.HREF_TO] = first, last
        elif what == codes.SRS_NAME:
            found[codes.SYSTEM_FROM], found[codes.SYSTEM_TO] = first, last
        else:
            found[codes.DIMENSION] = 1 if last - first == 1 and b[first] == 51 else 2
