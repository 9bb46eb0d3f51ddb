"""Facets the usual way: each cut into triangles by mapbox-earcut, the triangles scanned by a numba loop."""

from __future__ import annotations

import math
from importlib.metadata import version

import mapbox_earcut
import numba
import numpy as np

from benchmarks.protocol import serve


@numba.njit
def scan(u, v, z, corners, elevation):
    rows, columns = elevation.shape
    for t in range(len(corners)):
        i, j, k = corners[t, 0], corners[t, 1], corners[t, 2]
        ux, uy, vx, vy = u[j] - u[i], u[k] - u[i], v[j] - v[i], v[k] - v[i]
        twice = ux * vy - uy * vx
        if abs(twice) < 1e-9:
            continue
        a = ((z[j] - z[i]) * vy - (z[k] - z[i]) * vx) / twice
        b = ((z[k] - z[i]) * ux - (z[j] - z[i]) * uy) / twice
        first = max(0, math.ceil(min(v[i], v[j], v[k]) - 0.5))
        last = min(rows, math.ceil(max(v[i], v[j], v[k]) - 0.5))
        for row in range(first, last):
            line = row + 0.5
            left, right = np.inf, -np.inf
            for p, q in ((i, j), (j, k), (k, i)):
                if (v[p] <= line) != (v[q] <= line):
                    if v[p] < v[q]:
                        x = u[p] + (line - v[p]) / (v[q] - v[p]) * (u[q] - u[p])
                    else:
                        x = u[q] + (line - v[q]) / (v[p] - v[q]) * (u[p] - u[q])
                    left, right = min(left, x), max(right, x)
            for column in range(max(0, math.ceil(left - 0.5)), min(columns, math.ceil(right - 0.5))):
                height = z[i] + a * (column + 0.5 - u[i]) + b * (line - v[i])
                if not elevation[row, column] >= height:
                    elevation[row, column] = height


def prepare(inputs):
    return inputs


def paint(inputs):
    for _ in range(int(inputs["times"])):
        elevation = once(inputs)
    return {"elevation": elevation}


def once(inputs):
    vertices, ring_start, polygon_start = (inputs[name] for name in ("vertices", "ring_start", "polygon_start"))
    left, top, resolution = inputs["corner"]
    u = (vertices[:, 0] - left) / resolution
    v = (top - vertices[:, 1]) / resolution
    flat = np.column_stack([u, v])
    parts = []
    ring_ends = ring_start.astype(np.uint32)
    for first, last in zip(polygon_start[:-1].tolist(), polygon_start[1:].tolist(), strict=True):
        start, stop = int(ring_start[first]), int(ring_start[last])
        ends = ring_ends[first + 1 : last + 1] - np.uint32(start)
        parts.append(mapbox_earcut.triangulate_float64(flat[start:stop], ends) + np.uint32(start))
    corners = np.concatenate(parts).astype(np.int64).reshape(-1, 3)
    elevation = np.full(tuple(inputs["shape"]), np.nan)
    scan(u, v, vertices[:, 2].copy(), corners, elevation)
    return elevation


if __name__ == "__main__":
    serve(prepare, paint, lambda: {name: version(name) for name in ("mapbox-earcut", "numba", "numpy")})
