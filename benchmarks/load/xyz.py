"""Terrain as XYZ text to a raster."""

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

    return {"heights": read_xyz(path, crs="EPSG:25833").values}


def _against_pandas(inputs: dict[str, np.ndarray], answers: dict[str, np.ndarray]) -> dict[str, float]:
    import pandas as pd

    table = pd.read_csv(str(inputs["path"]), sep=" ", header=None)
    heights = table[2].to_numpy().reshape(1000, 1000)[::-1]
    return {"largest difference from pandas, m": float(np.abs(answers["heights"] - heights).max())}


CASES = (
    Case(
        name="XYZ, one tile",
        text="synthetic DGM1 tile of 1000 x 1000 postings as text, 27 MB, to a raster",
        inputs=_postings,
        prepare=lambda inputs: str(inputs["path"]),
        work=_read_postings,
        amount=lambda inputs, answers: float(inputs["postings"]),
        unit="postings",
        check=_against_pandas,
    ),
)
