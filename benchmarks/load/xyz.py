"""Terrain as XYZ text to a raster, against pandas."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.case import Case


def _postings() -> dict[str, np.ndarray]:
    """Write a synthetic tile of 1000 x 1000 postings, two decimals, as surveys do."""
    import tempfile

    path = Path(tempfile.mkdtemp()) / "synthetic.xyz"
    x, y = np.meshgrid(389000 + np.arange(1000.0), 5819000 + np.arange(1000.0))
    z = 34 + 3 * np.sin(x / 90) * np.cos(y / 70)
    np.savetxt(path, np.column_stack([x.ravel(), y.ravel(), z.ravel()]), fmt="%.2f")
    return {"path": np.array(str(path)), "postings": np.int64(x.size)}


def _read_postings(path: str) -> dict[str, Any]:
    from twin.geometry.xyz import read_xyz

    return {"raster": read_xyz(path, crs="EPSG:25833").values}


def _in_lines(inputs: dict[str, np.ndarray], answers: dict[str, np.ndarray]) -> dict[str, Any]:
    """Bring both answers into one order: the south row comes first in the file, the north row in the raster."""
    heights = answers.pop("raster")[::-1].ravel() if "raster" in answers else answers["heights"]
    return {"heights": heights, "sum of heights, m": float(heights.sum(dtype=np.float64))}


CASES = (
    Case(
        name="XYZ, one tile",
        text="synthetic DGM1 tile of 1000 x 1000 postings as text, 27 MB, to a raster",
        inputs=_postings,
        prepare=lambda inputs: str(inputs["path"]),
        work=_read_postings,
        amount=lambda inputs, answers: float(inputs["postings"]),
        unit="postings",
        peer="pandas_csv",
        compare=("heights",),
        check=_in_lines,
        note="pandas gives three columns; twin also finds the lattice, checks every posting against it and returns a "
        "raster in single precision, which is the difference.",
    ),
)
