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
            except TwinError as error:  # not the error itself, whose frames would keep all that was read
                answers.append((type(error), str(error)))
    finally:
        citygml_pass.PAYS_OFF, citygml_pass.BUFFER_BYTES = kept
    compiled, general = answers
    if isinstance(compiled, tuple) or isinstance(general, tuple):
        assert compiled == general, f"the pass gives {compiled!r:.300}, the general reader {general!r:.300}"
        raise compiled[0](compiled[1])
    for name in ("vertices", "ring_start", "polygon_start", "kind", "building"):
        same = np.array_equal(getattr(compiled.surfaces, name), getattr(general.surfaces, name))
        assert same, f"surfaces.{name} differs between pass and general reader"
    assert compiled.buildings.equals(general.buildings), "the tables of pass and general reader differ"
    assert compiled.report == general.report, "the reports of pass and general reader differ"
    return compiled
