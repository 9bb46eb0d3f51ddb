"""One pass over the bytes of a CityGML file: well-formedness of all of it, polygons of the buildings that are plain.

What is not proven here to be read as the general reader would is not read here: a building with anything unusual is
handed over whole (`BY_TREE`), and so is a file (`REFUSED`). The pass can stop between any two buildings.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.geometry import citygml_codes_kernels as gml
from twin.geometry import citygml_kernels as whole
from twin.geometry import decimal_kernels as decimal
from twin.geometry import xml_kernels as xml
from twin.kernels import jit

Integers = NDArray[np.int64]

# Symbols: see citygml_kernels. A `unit` is what can only be read whole: a building, or the model's own envelope.
# Numbers called n_... count what is written; `done` holds them as they were when the last unit was complete.


@jit
def scan(
    b: xml.Bytes,
    filled: int,
    classes: xml.Bytes,
    arena: xml.Bytes,
    name_start: NDArray[np.int32],
    table: NDArray[np.int32],
    meaning: NDArray[np.int32],
    stack: NDArray[np.int32],
    state: Integers,
    values: NDArray[np.float64],
    rings: Integers,
    polygons: Integers,
    long: Integers,
    buildings: Integers,
    spans: Integers,
    ids: Integers,
    hrefs: Integers,
    parts: Integers,
    id_table: NDArray[np.int32],
) -> int:
    """Read on from `state`; return why the pass stopped."""
    i = state[gml.POSITION]
    depth = state[gml.DEPTH]
    ended = state[gml.ENDED]
    done = np.zeros(6, np.int64)
    start_counts = np.zeros(3, np.int64)
    end_counts = np.zeros(3, np.int64)
    seen = np.zeros(gml.MOST_ATTRIBUTES, np.int32)
    found = np.zeros(gml.FOUND, np.int64)
    n_values = n_rings = n_polygons = n_long = n_buildings = n_spans = n_ids = n_hrefs = n_parts = 0
    safe, safe_depth = i, depth
    unit = unit_depth = part_depth = span_depth = box_depth = ring_depth = polygon_depth = -1
    is_building = plain = has_box = False
    part = kind = level = boundary = ring_values = unit_id = unit_id_end = first_span = span_from = srs = srs_end = 0
    status = gml.MORE
    while True:
        if unit < 0:
            safe, safe_depth = i, depth
        if i >= filled:
            break
        mode = stack[1, depth - 1] if depth > 0 else gml.OUTSIDE
        if b[i] != 60:
            if mode == gml.IN_POSITIONS and plain:
                while i < filled and classes[b[i]] & xml.IS_SPACE:
                    i += 1
                if i >= filled:
                    break
                if b[i] == 60:
                    continue
                before = i
                i, length, number = decimal.number(b, i, filled)
                if i == xml.SHORT:
                    break
                if i == xml.WRONG or not (classes[b[i]] & xml.IS_SPACE or b[i] == 60):
                    plain = False
                    i = before
                    continue
                if length == decimal.LONG:
                    long[n_long, 0], long[n_long, 1], long[n_long, 2] = n_values, before, i
                    n_long += 1
                values[n_values] = number
                n_values += 1
                ring_values += 1
                continue
            i = xml.text(b, i, filled, classes, depth == 0)
            if i < 0:
                status = gml.REFUSED if i == xml.WRONG else gml.MORE
                if depth == 0 and i == xml.SHORT and unit < 0:  # white space at the end
                    safe = filled
                break
            continue
        if i + 1 >= filled:
            break
        tag = i
        closing = b[i + 1] == 47
        if b[i + 1] == 33:
            i = xml.comment(b, i, filled, classes)
            if i < 0:
                status = gml.REFUSED if i == xml.WRONG else gml.MORE
                break
            if mode == gml.IN_RING or mode == gml.IN_POSITIONS:
                plain = False
            continue
        if not closing:
            j, name = xml.name(b, i + 1, filled, classes, arena, name_start, table)
            if j < 0 or ended:
                status = gml.MORE if j == xml.SHORT and not ended else gml.REFUSED
                break
            if name < 0 or meaning[name, 0] < 0:
                state[gml.FIRST], state[gml.LAST], state[gml.WHICH] = i + 1, j, 0
                status = gml.NEW_NAME
                break
            code = meaning[name, 0]
            if depth >= gml.DEEPEST or (code == gml.BUILDING and unit >= 0):
                status = gml.REFUSED
                break
            if unit < 0 and (code == gml.BUILDING or (code == gml.ENVELOPES and depth == 2)):
                unit, unit_depth = i, depth
                is_building = plain = code == gml.BUILDING
                has_box = False
                part_depth = span_depth = box_depth = ring_depth = polygon_depth = -1
                n_ids = n_hrefs = n_parts = 0
                n_values, n_rings, n_polygons = done[0], done[1], done[2]
                n_long, n_buildings, n_spans = done[3], done[4], done[5]
                start_counts[0], start_counts[1], start_counts[2] = n_polygons, n_rings, n_values
                first_span = n_spans
                unit_id = unit_id_end = srs = srs_end = 0
            j = whole.attributes(b, j, filled, classes, arena, name_start, table, meaning, seen, found, depth > 0)
            if j < 0 or (unit < 0 and found[gml.DIMENSION] == 2):
                status = gml.MORE if j == xml.SHORT else gml.REFUSED
                if j == gml.UNKNOWN:
                    state[gml.FIRST], state[gml.LAST] = found[gml.UNKNOWN_FROM], found[gml.UNKNOWN_TO]
                    state[gml.WHICH] = 1
                    status = gml.NEW_NAME
                break
            closing = found[gml.CLOSED] == 1
            id_from, id_to = found[gml.ID_FROM], found[gml.ID_TO]
            system, system_to = found[gml.SYSTEM_FROM], found[gml.SYSTEM_TO]
            plain &= found[gml.UNUSUAL] == 0 and found[gml.DIMENSION] != 2
            if unit >= 0 and is_building:
                plain &= depth > unit_depth or found[gml.DIMENSION] + found[gml.HREF_FROM] + system == 0
                size = system_to - system
                # "3" would be taken for a dimension, "#..." for a reference
                plain &= size != 1 and b[system] != 35
                if system > 0 and (srs == 0 or srs_end - srs != size or not whole.same_bytes(b, srs, system, size)):
                    spans[n_spans, 0], spans[n_spans, 1], spans[n_spans, 2] = gml.SYSTEM, system, system_to
                    spans[n_spans, 3] = 0
                    n_spans += 1
                    srs, srs_end = system, system_to
            i = j
            new = gml.SKIPPED
            if unit < 0:
                new = gml.OUTSIDE
            elif depth == unit_depth:
                if is_building:
                    new = gml.OBJECT
                    unit_id, unit_id_end = id_from, id_to
            elif mode == gml.OBJECT:
                own = depth == unit_depth + 1
                if gml.GEOMETRY_1 <= code <= gml.GEOMETRY_3:
                    new, level, kind, boundary = gml.IN_GEOMETRY, code - gml.GEOMETRY_1 + 1, 0, 0
                elif code == gml.BOUNDARIES:
                    new = gml.IN_BOUNDARIES
                elif code == gml.PARTS:
                    new = gml.IN_PARTS
                    plain &= own
                elif code == gml.INSTALLATIONS:
                    new = gml.IN_INSTALLATIONS
                elif code == gml.UNUSUAL_CHILD:
                    plain = False
                elif code == gml.ATTRIBUTE and (own or depth == part_depth + 1):
                    span_depth, span_from = depth, tag
            elif mode == gml.IN_BOUNDARIES:
                if code >= gml.SURFACE:
                    new, kind = gml.IN_SURFACE, code - gml.SURFACE
                elif code == gml.ENVELOPES and depth == unit_depth + 2 and not has_box:
                    has_box = True
                    box_depth, span_from = depth, tag
            elif mode == gml.IN_SURFACE:
                if gml.GEOMETRY_1 <= code <= gml.GEOMETRY_3:
                    new, level, boundary = gml.IN_GEOMETRY, code - gml.GEOMETRY_1 + 1, 1
                elif code == gml.OPENINGS:
                    new = gml.IN_OPENING
            elif mode == gml.IN_OPENING:
                new = gml.IN_SURFACE
            elif mode == gml.IN_INSTALLATIONS:
                new = gml.OBJECT
            elif mode == gml.IN_PARTS:
                new = gml.OBJECT
                part_depth = depth
                if n_parts == gml.MOST_PARTS:
                    plain = False
                    n_parts = 0
                parts[n_parts, 0] = parts[n_parts, 1] = parts[n_parts, 2] = parts[n_parts, 3] = 0
                part = n_parts
                n_parts += 1
            elif mode == gml.IN_GEOMETRY or mode == gml.IN_POLYGON:
                new = mode
                if code == gml.POLYGON:
                    plain &= mode == gml.IN_GEOMETRY
                    new, polygon_depth = gml.IN_POLYGON, depth
                    polygons[n_polygons, 0] = 0
                    polygons[n_polygons, 1], polygons[n_polygons, 2] = kind, level
                    polygons[n_polygons, 3], polygons[n_polygons, 4] = id_from, id_to
                    polygons[n_polygons, 5] = boundary
                elif code == gml.RING and mode == gml.IN_POLYGON:
                    new, ring_depth, ring_values = gml.IN_RING, depth, 0
                    outer = meaning[stack[0, depth - 1], 0]
                    if polygons[n_polygons, 0] == 0 and outer != gml.EXTERIOR and outer != gml.OUTER:
                        plain = False
                if found[gml.HREF_FROM] > 0 and (code == gml.EXTERIOR or code == gml.REFERRING):
                    hrefs[n_hrefs, 0], hrefs[n_hrefs, 1] = found[gml.HREF_FROM], found[gml.HREF_TO]
                    hrefs[n_hrefs, 2], hrefs[n_hrefs, 3] = level, kind
                    n_hrefs += 1
            elif mode == gml.IN_RING:
                plain &= code == gml.POSITIONS
                new = gml.IN_POSITIONS
            elif mode == gml.IN_POSITIONS:
                plain = False
            if unit >= 0 and id_to > 0:
                ids[n_ids, 0], ids[n_ids, 1] = id_from, id_to
                ids[n_ids, 2] = n_polygons if depth == polygon_depth else -1
                n_ids += 1
            stack[0, depth], stack[1, depth] = name, new
            depth += 1
            if not closing:
                continue
        else:
            if depth == 0:
                status = gml.REFUSED
                break
            name = stack[0, depth - 1]
            i = xml.end_of(b, i + 2, filled, classes, arena, name_start[name], name_start[name + 1])
            if i < 0:
                status = gml.REFUSED if i == xml.WRONG else gml.MORE
                break
        # an element ends at i
        depth -= 1
        if depth == 0:
            ended = 1
        if unit < 0:
            continue
        if depth == ring_depth:
            ring_depth = -1
            plain &= ring_values > 0 and ring_values % 3 == 0
            rings[n_rings] = ring_values
            n_rings += 1
            polygons[n_polygons, 0] += 1
        elif depth == polygon_depth:
            polygon_depth = -1
            plain &= polygons[n_polygons, 0] > 0
            if part_depth >= 0:
                parts[part, level] += 1
            n_polygons += 1
        elif depth in (span_depth, box_depth):
            spans[n_spans, 0] = gml.BOX if depth == box_depth else (gml.OF_PART if part_depth >= 0 else gml.OWN)
            spans[n_spans, 1], spans[n_spans, 2], spans[n_spans, 3] = span_from, i, part
            n_spans += 1
            span_depth = box_depth = -1
        elif depth == part_depth:
            part_depth = -1
        elif depth == unit_depth:
            chosen = 0
            if plain:
                chosen = whole.chosen_level(polygons, start_counts[0], n_polygons, parts, n_parts, n_long - done[3])
                if (
                    chosen
                    and n_hrefs
                    and not whole.references_are_plain(b, ids, n_ids, hrefs, n_hrefs, polygons, chosen, id_table)
                ):
                    chosen = 0
            if chosen == 0:
                state[gml.FIRST], state[gml.LAST] = unit, i
                safe, safe_depth = i, depth
                status = gml.BY_TREE if is_building else gml.ENVELOPE
                break
            end_counts[0], end_counts[1], end_counts[2] = n_polygons, n_rings, n_values
            whole.keep_level(polygons, rings, values, start_counts, end_counts, chosen)
            n_polygons, n_rings, n_values = end_counts[0], end_counts[1], end_counts[2]
            row = buildings[n_buildings]
            row[0], row[1], row[2], row[3] = unit, i, unit_id, unit_id_end
            row[4], row[5], row[6], row[7] = n_polygons - start_counts[0], chosen, n_parts, n_spans - first_span
            n_buildings += 1
            done[0], done[1], done[2], done[3], done[4], done[5] = (
                n_values,
                n_rings,
                n_polygons,
                n_long,
                n_buildings,
                n_spans,
            )
            unit = unit_depth = -1
    state[gml.POSITION], state[gml.DEPTH], state[gml.ENDED] = safe, safe_depth, ended
    state[gml.N_VALUES : gml.STATES] = done
    return status
