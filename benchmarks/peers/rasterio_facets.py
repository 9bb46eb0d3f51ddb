"""Facets one by one with rasterio: the mask of each in the window it covers, its plane by Newell's normal."""

from __future__ import annotations

import numpy as np
import rasterio
from rasterio.features import geometry_mask
from rasterio.transform import Affine

from benchmarks.protocol import serve


def prepare(inputs):
    return inputs


def plane(points):
    centre = points.mean(axis=0)
    local = points - centre
    normal = np.cross(local, np.roll(local, -1, axis=0)).sum(axis=0)
    return centre, normal


def paint(inputs):
    vertices, ring_start, polygon_start = (inputs[name] for name in ("vertices", "ring_start", "polygon_start"))
    left, top, resolution = (float(value) for value in inputs["corner"])
    rows, columns = (int(value) for value in inputs["shape"])
    elevation = np.full((rows, columns), np.nan)
    for first, last in zip(polygon_start[:-1].tolist(), polygon_start[1:].tolist(), strict=True):
        rings = [vertices[ring_start[ring] : ring_start[ring + 1]] for ring in range(first, last)]
        centre, normal = plane(rings[0])
        if abs(normal[2]) < 0.01 * np.linalg.norm(normal):
            continue
        low, high = rings[0].min(axis=0), rings[0].max(axis=0)
        c0, c1 = max(0, int((low[0] - left) // resolution)), min(columns, int((high[0] - left) // resolution) + 1)
        r0, r1 = max(0, int((top - high[1]) // resolution)), min(rows, int((top - low[1]) // resolution) + 1)
        if c0 >= c1 or r0 >= r1:
            continue
        transform = Affine(resolution, 0, left + c0 * resolution, 0, -resolution, top - r0 * resolution)
        shape = {"type": "Polygon", "coordinates": [np.vstack([ring, ring[:1]])[:, :2].tolist() for ring in rings]}
        inside = geometry_mask([shape], (r1 - r0, c1 - c0), transform, invert=True)
        x = left + (np.arange(c0, c1) + 0.5) * resolution - centre[0]
        y = top - (np.arange(r0, r1) + 0.5) * resolution - centre[1]
        height = centre[2] - (normal[0] * x + normal[1] * y[:, None]) / normal[2]
        window = elevation[r0:r1, c0:c1]
        np.fmax(window, np.where(inside, height, np.nan), out=window)
    return {"elevation": elevation}


if __name__ == "__main__":
    serve(prepare, paint, lambda: {"rasterio": rasterio.__version__, "numpy": np.__version__})
