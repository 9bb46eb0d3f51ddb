"""The look at a folder before anything is read: it must say what every file holds, and never raise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np


def look_at(path: Path, *, count: bool = True) -> Any:
    """Return the summaries of a file; DataError where the look finds it unusable, AssertionError where it raises."""
    from twin.errors import DataError, TwinError
    from twin.geometry.survey import survey_parts

    try:
        parts = survey_parts(path, count=count)
    except TwinError as error:
        raise AssertionError(f"the look raised {error}") from error
    if all(part.kind in ("unreadable", "other") for part in parts):
        raise DataError("; ".join([str(path), *(str(part.problem)[:500] for part in parts[:3])]))
    return parts


def check_summaries(parts: Any) -> None:
    """Say of each part a kind, sane bounds and counts, and a reason where it cannot be used."""
    assert parts, "no summary"
    for part in parts:
        assert part.problem or part.kind != "unreadable", "no reason why it is unreadable"
        assert len(str(part.problem)) < 3000, "the reason is too long"
        if part.bounds is not None:
            assert np.isfinite(part.bounds).all(), f"bounds are {part.bounds}"
            assert part.bounds[0] <= part.bounds[2], f"bounds are {part.bounds}"
            assert part.bounds[1] <= part.bounds[3], f"bounds are {part.bounds}"
        assert all(value >= 0 for value in part.counts.values()), f"counts are {part.counts}"
        assert repr(part), "it cannot be shown"
