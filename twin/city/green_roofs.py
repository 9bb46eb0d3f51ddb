"""Green roofs, as OpenStreetMap tags and the generic attributes of 3-D city models tell of them.

What nobody tells is taken as no green roof, and the building says so in `green_roof_source`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

UNKNOWN = "not known, taken as none"
"""`green_roof_source` of buildings about which nothing is told."""

_TAGS = {"roof:material": ("grass", "green", "plants", "turf", "vegetation"), "roof:surface": ("grass", "green")}
# names of attributes, in small letters without marks: words for a green roof in German and English city models
_ATTRIBUTES = ("gruendach", "dachbegruenung", "gruendachanteil", "begruentesdach", "greenroof", "greenrooffraction",
               "roofgreening", "vegetatedroof")  # fmt: skip
_YES = ("ja", "yes", "true", "wahr", "extensiv", "intensiv", "extensive", "intensive")
_NO = ("nein", "no", "false", "falsch", "keine", "none")


def green_roof_of_tags(tags: Mapping[str, str]) -> tuple[float, str]:
    """Return the green share of a roof in OpenStreetMap, 0 to 1, and what tells it.

    Parameters
    ----------
    tags : mapping
        Of the building. `roof:material` and `roof:surface` count.

    Examples
    --------
    >>> green_roof_of_tags({"building": "school", "roof:material": "grass"})
    (1.0, 'tag roof:material')
    >>> green_roof_of_tags({"building": "house"})
    (0.0, 'not known, taken as none')
    """
    told = [key for key in _TAGS if key in tags]
    for key in told:
        if tags[key].strip().lower() in _TAGS[key]:
            return 1.0, f"tag {key}"
    return (0.0, f"tag {told[0]}") if told else (0.0, UNKNOWN)


def green_roof_of_attributes(generic: Any) -> tuple[float, str]:
    """Return the green share of a roof in a 3-D city model, 0 to 1, and which attribute tells it.

    Parameters
    ----------
    generic : mapping or None
        Generic attributes of the building. One called `Gruendach`, `Dachbegruenung`, `green_roof` or alike counts, as
        yes or no, a share, or a percentage.

    Examples
    --------
    >>> green_roof_of_attributes({"Dachbegrünung": "60 %"}), green_roof_of_attributes({"greenRoof": "true"})
    ((0.6, 'attribute Dachbegrünung'), (1.0, 'attribute greenRoof'))
    """
    for key, value in generic.items() if isinstance(generic, Mapping) else ():
        plain = str(key).lower().replace("ü", "ue")
        if re.sub("[^a-z]", "", plain) not in _ATTRIBUTES:
            continue
        share = _share(str(value).strip().lower())
        if share is not None:
            return share, f"attribute {key}"
    return 0.0, UNKNOWN


def green_columns(found: Iterable[tuple[float, str]]) -> dict[str, NDArray[Any]]:
    """Return the columns `green_roof` and `green_roof_source` of a table of buildings.

    Examples
    --------
    >>> green_columns([(0.0, UNKNOWN)])["green_roof"].tolist()
    [0.0]
    """
    pairs = list(found)
    return {
        "green_roof": np.array([share for share, _ in pairs], np.float64),
        "green_roof_source": np.array([source for _, source in pairs], dtype=object),
    }


def _share(text: str) -> float | None:
    """Read yes, no, 0.6 or 60 %; None for anything else."""
    if text in _YES:
        return 1.0
    if text in _NO:
        return 0.0
    match = re.fullmatch(r"(\d+(?:[.,]\d+)?)\s*(%?)", text)
    if match is None:
        return None
    value = float(match[1].replace(",", "."))
    if match[2] or 1.0 < value <= 100.0:
        value /= 100.0
    return value if math.isfinite(value) and 0.0 <= value <= 1.0 else None
