"""Limits that keep an untrusted or mistaken input from exhausting the machine.

All of them stand here and nowhere else. Raise one by assigning to it: ``twin.limits.MAX_GRID_CELLS = 2e8``.
"""

from __future__ import annotations

from twin.errors import LimitError

MAX_FILE_BYTES = 4_000_000_000
"""Largest file read, after decompression."""

MAX_COMPRESSION_RATIO = 300.0
"""Largest ratio of unpacked to packed size before an archive is refused (checked above 10 MB unpacked)."""

MAX_ARCHIVE_MEMBERS = 10_000
"""Most members in one .zip archive."""

MAX_GRID_CELLS = 100_000_000
"""Most cells in one grid."""

MAX_RASTER_CELLS = 400_000_000
"""Most cells read from one raster file."""

MAX_MESH_CELLS = 20_000_000
"""Most cells of a grid written as a 3-D model: a binary glTF file cannot be longer than 4 GB."""

MAX_MESH_FACES = 2_000_000
"""Most polygons in one mesh that is read."""

MAX_MESH_VERTICES = 20_000_000
"""Most vertices, or other entries of one list, in a mesh that is read."""

MAX_POLYGON_VERTICES = 2_000_000
"""Most vertices in one polygon."""

MAX_OD_PAIRS = 25_000_000
"""Most origin-destination pairs in one assignment."""


def check(value: float, limit: str, what: str) -> None:
    """Raise `LimitError` when `value` is above the limit of that name.

    Examples
    --------
    >>> check(4, "MAX_GRID_CELLS", "the grid has 4 cells")
    """
    bound = globals()[limit]
    if value > bound:
        raise LimitError(
            f"{what}; at most {bound:,.0f} are allowed (twin.limits.{limit}). "
            f"Ask for less, or raise twin.limits.{limit} if the machine can hold it"
        )
