"""One line of evidence."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

REFERENCE = Path(os.environ.get("TWIN_SHARED_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
"""Folder of reference data that may be used but not passed on."""


@dataclass(frozen=True)
class Row:
    """A case, what is known, what was found, and where the known comes from.

    kind : ``"analytic"``, ``"published"``, ``"field"`` or ``"program"``
    """

    area: str
    case: str
    kind: str
    known: str
    found: str
    source: str


def absent(area: str, case: str, kind: str, source: str) -> Row:
    return Row(area, case, kind, "-", "not run: reference data are not on this machine", source)
