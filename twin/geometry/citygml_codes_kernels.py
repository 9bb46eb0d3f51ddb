"""Numbers that the pass over a CityGML file and its kernels share: states, meanings, modes and sorts of spans.

They are compiled into the kernels, hence the file's name: a change here must compile them anew.
"""

from __future__ import annotations

MORE, NEW_NAME, BY_TREE, ENVELOPE, REFUSED = range(5)
"""Why the pass stopped: more bytes are needed; a name is to be entered; an element is handed over; the file is."""

POSITION, DEPTH, ENDED, FIRST, LAST, WHICH = range(6)
N_VALUES, N_RINGS, N_POLYGONS, N_LONG, N_BUILDINGS, N_SPANS, STATES = range(6, 13)

OTHER, BUILDING, POLYGON, RING, POSITIONS, EXTERIOR, OUTER, REFERRING = range(8)
GEOMETRY_1, GEOMETRY_2, GEOMETRY_3, BOUNDARIES, OPENINGS, PARTS, INSTALLATIONS, UNUSUAL_CHILD = range(8, 16)
ENVELOPES, ATTRIBUTE, SURFACE = range(16, 19)
"""What the name of an element means; `SURFACE` + k is a boundary surface of kind k, `UNUSUAL_CHILD` what only the
general reader reads."""

PLAIN_ATTRIBUTE, ID, HREF, SRS_NAME, SRS_DIMENSION, DECLARATION = range(6)
"""What the name of an XML attribute means."""

OUTSIDE, OBJECT, IN_BOUNDARIES, IN_SURFACE, IN_OPENING, IN_PARTS, IN_INSTALLATIONS = range(7)
IN_GEOMETRY, IN_POLYGON, IN_RING, IN_POSITIONS, SKIPPED = range(7, 12)

OWN, OF_PART, BOX, SYSTEM = range(4)
DEEPEST = 200
MOST_ATTRIBUTES = 32
MOST_PARTS = 2000

ID_FROM, ID_TO, HREF_FROM, HREF_TO, SYSTEM_FROM, SYSTEM_TO, DIMENSION, UNUSUAL, CLOSED, UNKNOWN_FROM, UNKNOWN_TO = (
    range(11)
)
"""Places in the list of what the attributes of one element say: values from and to; `DIMENSION` is 0 without an
srsDimension, 1 for 3, 2 for another; `UNUSUAL` and `CLOSED` are 1 where they hold."""

FOUND = 11
UNKNOWN = -3
"""Returned in place of a position: an attribute's name is met for the first time."""
