"""CityGML by the compiled pass and by the general reader: whatever the file is, both say the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np


def read_both(path: Path, *, buffer: int = 1 << 21, **options: Any) -> Any:
    """Return what the compiled pass reads, with a buffer of so many bytes; AssertionError if the other differs."""
    from twin.errors import TwinError
    from twin.geometry import citygml_pass, read_citygml

    kept = citygml_pass.PAYS_OFF, citygml_pass.BUFFER_BYTES
    answers: list[Any] = []
    try:
        for bound in (0, 1 << 62):
            citygml_pass.PAYS_OFF, citygml_pass.BUFFER_BYTES = bound, buffer
            try:
                answers.append(read_citygml(path, **options))
            except TwinError as error:
                answers.append(error)
    finally:
        citygml_pass.PAYS_OFF, citygml_pass.BUFFER_BYTES = kept
    compiled, general = answers
    if isinstance(compiled, Exception) or isinstance(general, Exception):
        assert type(compiled) is type(general), f"the pass gives {compiled!r}, the general reader {general!r}"
        assert str(compiled) == str(general), f"the pass says {compiled}, the general reader {general}"
        raise compiled
    for name in ("vertices", "ring_start", "polygon_start", "kind", "building"):
        same = np.array_equal(getattr(compiled.surfaces, name), getattr(general.surfaces, name))
        assert same, f"surfaces.{name} differs between pass and general reader"
    assert compiled.buildings.equals(general.buildings), "the tables of pass and general reader differ"
    assert compiled.report == general.report, "the reports of pass and general reader differ"
    return compiled
