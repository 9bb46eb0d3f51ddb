"""The square kilometres that survey offices write into the names of their tiles.

``LoD2_32_652_5496_2_BY.gml``, ``dgm1_33_390_5819_1_be.xyz``: zone, easting and northing of the lower left corner in km,
side in km; ``3900_5819.gml`` (Berlin): easting in 100 m, northing in km. A name is a claim: compare it with the data.
"""

from __future__ import annotations

import re

from twin.geometry.region import Bounds

_TILE = re.compile(r"(?<!\d)(?:(3[123])_?)?(\d{3})[_-](\d{4})(?:_([12]|10))?(?!\d)")
_OLD_TILE = re.compile(r"(?<!\d)(\d{4})[_-](\d{4})(?!\d)")


def tile_of_name(name: str) -> Bounds | None:
    """Return the square that a file's name speaks of, in metres of the UTM zone without its number; None if none.

    Parameters
    ----------
    name : str
        Of the file, without folders.

    Examples
    --------
    >>> tile_of_name("dgm1_33_390_5819_1_be.xyz")
    (390000.0, 5819000.0, 391000.0, 5820000.0)
    >>> tile_of_name("LoD2_32_652_5496_2_BY.gml")
    (652000.0, 5496000.0, 654000.0, 5498000.0)
    """
    if match := _OLD_TILE.search(name):
        left, bottom, side = int(match[1]) * 100.0, int(match[2]) * 1000.0, 1000.0
    elif match := _TILE.search(name):
        left, bottom, side = int(match[2]) * 1000.0, int(match[3]) * 1000.0, 1000.0 * int(match[4] or 1)
    else:
        return None
    return left, bottom, left + side, bottom + side


def zone_of_name(name: str) -> int | None:
    """Return the UTM zone that a file's name speaks of, None if it names none.

    Examples
    --------
    >>> zone_of_name("dgm1_33_390_5819_1_be.xyz"), zone_of_name("3900_5819.gml")
    (33, None)
    """
    match = None if _OLD_TILE.search(name) else _TILE.search(name)
    return int(match[1]) if match and match[1] else None
