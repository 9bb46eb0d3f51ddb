"""Shared by all tests: where reference data outside the repository lies, if it is there."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# some tests use the evidence and the fuzzing of `benchmarks/`, which is no part of the package; last, so that an
# installed `twin` comes before that of the checkout
sys.path.append(str(Path(__file__).resolve().parents[1]))

# a busy machine is no fault of the code: no example is timed; the check of the repository repeats the same examples
settings.register_profile(
    "twin",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=bool(os.environ.get("CI")),
    database=None if os.environ.get("CI") else settings.default.database,
)
settings.load_profile("twin")


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """Path of a reference file that may not be shipped; skips the test where it is absent."""
    root = Path(os.environ.get("TWIN_SHARED_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")

    def find(relative: str) -> Path:
        path = root / relative
        if not path.exists():
            pytest.skip(f"reference data {relative} is not on this machine (set TWIN_SHARED_DATA to its folder)")
        return path

    return find
