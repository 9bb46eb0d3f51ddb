"""`import twin` is a table of contents: quick, and without the heavy libraries."""

from __future__ import annotations

import subprocess
import sys

import pytest

import twin

PROBE = """
import sys, time
before = time.process_time()
import twin
seconds = time.process_time() - before
heavy = [name for name in ("numba", "trimesh", "matplotlib", "geopandas", "xarray") if name in sys.modules]
print(f"{seconds:.3f}", ",".join(heavy) or "none")
"""


def test_import_is_light() -> None:
    answer = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)
    seconds, heavy = answer.stdout.split()
    assert heavy == "none"
    assert float(seconds) < 1.0  # CPU seconds; some hundredths in practice


@pytest.mark.parametrize("name", sorted(twin.__all__))
def test_every_name_in_the_contents_leads_somewhere(name: str) -> None:
    assert getattr(twin, name) is not None


def test_contents_and_all_agree() -> None:
    assert sorted(twin.__all__) == sorted({*twin._CONTENTS, "__version__"})
    assert dir(twin) == sorted(twin.__all__)


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'wind'"):
        _ = twin.wind
