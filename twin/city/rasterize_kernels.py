"""Kernels behind `twin.city.rasterize`: planes of facets and their heights at cell centres, exact cover of cells."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from twin.kernels import jit

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

PLANE, VERTICAL, DEGENERATE = 1, 2, 3
"""What a chosen facet is: a plane over some ground, one seen edge-on from above, or nothing with an area."""

# Symbols, shapes and units of all kernels
#   vertices        (n, 3)  easting, northing, elevation [m]
#   u, v            (n,)    vertices in cells: u to the right, v downwards; the grid's outer corner is (0, 0)
#   ring_start      (r+1,)  offsets of rings into the vertices; rings are open
#   polygon_start   (p+1,)  offsets of polygons into rings; the first ring is the outline, the others are holes
#   a, b, c         (p,)    plane of a polygon: z = a u + b v + c  [m]
#   state           (p,)    one of the states above; only a PLANE is painted
#   misfit          (p,)    largest vertical distance of an outline vertex from the plane [m]
#   label           (p,)    number written where the polygon is the highest, 1 or more
#   crossings       (n_max) work space: at least as long as the largest number of vertices of one polygon
#   elevation       (rows, columns)    z of the highest plane at each cell centre; unchanged where none lies
#   labels          (rows, columns)    label of that plane; unchanged where none lies
#   cover           (rows, columns+1)  zero on entry; share of each cell inside the polygons (last column: work space)


@jit
def fit_planes(
    vertices: Floats,
    ring_start: Integers,
    polygon_start: Integers,
    chosen: NDArray[np.bool_],
    left: float,
    top: float,
    resolution: float,
    steepest: float,
    u: Floats,
    v: Floats,
    a: Floats,
    b: Floats,
    c: Floats,
    state: NDArray[np.uint8],
    misfit: Floats,
) -> float:
    """Write vertices in cells, plane, state and misfit of the chosen facets; return the largest distance in cells.

    The plane goes through the mean of the outline with Newell's normal, summed from that mean against round-off. A
    vertex that is not finite gives a distance of NaN.
    """
    farthest: float = 0.0
    for p in range(len(polygon_start) - 1):
        state[p] = 0
        if not chosen[p]:
            continue
        start = ring_start[polygon_start[p]]
        end = ring_start[polygon_start[p] + 1]
        mu, mv, mz = 0.0, 0.0, 0.0
        for i in range(start, ring_start[polygon_start[p + 1]]):
            u[i] = (vertices[i, 0] - left) / resolution
            v[i] = (top - vertices[i, 1]) / resolution
            away = max(abs(u[i]), abs(v[i]))
            # the sum of a number with zero times another is that number, or NaN if one of them is not finite
            if not (away + 0.0 * (u[i] + v[i] + vertices[i, 2]) <= farthest):
                farthest = float(away + 0.0 * (u[i] + v[i] + vertices[i, 2]))
                if farthest != farthest:
                    return farthest
            if i < end:
                mu += u[i]
                mv += v[i]
                mz += vertices[i, 2]
        number = max(end - start, 1)
        mu, mv, mz = mu / number, mv / number, mz / number
        nu, nv, nz = 0.0, 0.0, 0.0
        j = end - 1
        for i in range(start, end):
            u0, v0, z0 = u[j] - mu, v[j] - mv, vertices[j, 2] - mz
            u1, v1, z1 = u[i] - mu, v[i] - mv, vertices[i, 2] - mz
            nu += v0 * z1 - z0 * v1
            nv += z0 * u1 - u0 * z1
            nz += u0 * v1 - v0 * u1
            j = i
        area = abs(nz) * resolution * resolution
        length = math.sqrt((nu * resolution) ** 2 + (nv * resolution) ** 2 + area * area)  # m2, as areas
        if length <= 1e-9 or end - start < 3:
            state[p] = DEGENERATE
        elif area < steepest * length:
            state[p] = VERTICAL
        else:
            state[p] = PLANE
            a[p] = -nu / nz
            b[p] = -nv / nz
            c[p] = mz - a[p] * mu - b[p] * mv
            worst = 0.0
            for i in range(start, end):
                worst = max(worst, abs(a[p] * u[i] + b[p] * v[i] + c[p] - vertices[i, 2]))
            misfit[p] = worst
    return farthest


@jit
def paint_planes(
    u: Floats,
    v: Floats,
    ring_start: Integers,
    polygon_start: Integers,
    a: Floats,
    b: Floats,
    c: Floats,
    state: NDArray[np.uint8],
    label: NDArray[np.int32],
    crossings: Floats,
    elevation: Floats,
    labels: NDArray[np.int32],
) -> None:
    """Raise `elevation` to the planes above it, at the centres inside each polygon by the even-odd rule."""
    rows, columns = elevation.shape
    for p in range(len(polygon_start) - 1):
        if state[p] != PLANE:
            continue
        low = np.inf
        high = -np.inf
        for i in range(ring_start[polygon_start[p]], ring_start[polygon_start[p + 1]]):
            low = min(low, v[i])
            high = max(high, v[i])
        # a centre on an edge belongs to the polygon on its right and lower side: every centre of a partition has one
        first = max(0, math.ceil(low - 0.5)) if low < rows else rows
        last = min(rows, math.ceil(high - 0.5)) if high > 0 else 0
        for row in range(first, last):
            line = row + 0.5
            n = 0
            for ring in range(polygon_start[p], polygon_start[p + 1]):
                start, end = ring_start[ring], ring_start[ring + 1]
                j = end - 1
                for i in range(start, end):
                    if (v[i] <= line) != (v[j] <= line):
                        # from the upper to the lower end, so that two neighbours compute the same crossing
                        if v[i] < v[j]:
                            crossings[n] = u[i] + (line - v[i]) / (v[j] - v[i]) * (u[j] - u[i])
                        else:
                            crossings[n] = u[j] + (line - v[j]) / (v[i] - v[j]) * (u[i] - u[j])
                        n += 1
                    j = i
            for i in range(1, n):
                key = crossings[i]
                j = i - 1
                while j >= 0 and crossings[j] > key:
                    crossings[j + 1] = crossings[j]
                    j -= 1
                crossings[j + 1] = key
            for pair in range(0, n - 1, 2):
                left = min(max(crossings[pair], 0.0), columns)
                right = min(max(crossings[pair + 1], 0.0), columns)
                for column in range(math.ceil(left - 0.5), math.ceil(right - 0.5)):
                    z = a[p] * (column + 0.5) + b[p] * line + c[p]
                    known = labels[row, column]
                    if known == 0 or z > elevation[row, column]:
                        elevation[row, column] = z
                        labels[row, column] = label[p]
                    elif z == elevation[row, column] and label[p] < known:
                        labels[row, column] = label[p]


@jit
def cover_cells(u: Floats, v: Floats, ring_start: Integers, polygon_start: Integers, cover: Floats) -> None:
    """Add the share of each cell inside the polygons.

    Each edge adds the signed area between itself and the right end of the grid: its own cell gets the part to the
    right of the edge, all cells further right the height of the edge. The second follows from a running sum.
    """
    rows = cover.shape[0]
    columns = cover.shape[1] - 1
    for p in range(len(polygon_start) - 1):
        for ring in range(polygon_start[p], polygon_start[p + 1]):
            start, end = ring_start[ring], ring_start[ring + 1]
            twice = 0.0
            j = end - 1
            for i in range(start, end):
                twice += (u[j] - u[start]) * (v[i] - v[start]) - (u[i] - u[start]) * (v[j] - v[start])
                j = i
            weight = -1.0 if (twice > 0.0) == (ring == polygon_start[p]) else 1.0
            j = end - 1
            for i in range(start, end):
                _cover_edge(u[j], v[j], u[i], v[i], weight, rows, columns, cover)
                j = i
    for row in range(rows):
        total = 0.0
        for column in range(columns):
            total += cover[row, column]
            cover[row, column] = total


@jit
def _cover_edge(
    u0: float, v0: float, u1: float, v1: float, weight: float, rows: int, columns: int, cover: Floats
) -> None:
    if v0 == v1:
        return
    if v0 > v1:  # always downwards, so that an edge shared by two rings cancels to the last bit
        u0, v0, u1, v1, weight = u1, v1, u0, v0, -weight
    slope = (u1 - u0) / (v1 - v0)
    top = min(max(v0, 0.0), rows)
    bottom = min(max(v1, 0.0), rows)
    for row in range(int(top), min(math.ceil(bottom), rows)):
        va = max(top, float(row))
        vb = min(bottom, row + 1.0)
        if vb <= va:
            continue
        ua = u0 if va == v0 else u0 + slope * (va - v0)
        ub = u1 if vb == v1 else u0 + slope * (vb - v0)
        _cover_row(ua, ub, weight * (vb - va), row, columns, cover)


@jit
def _cover_row(ua: float, ub: float, height: float, row: int, columns: int, cover: Floats) -> None:
    left = min(ua, ub)
    right = max(ua, ub)
    width = right - left
    if right <= 0.0:
        cover[row, 0] += height
        return
    if left >= columns:
        return
    if left < 0.0:
        cover[row, 0] += height * (-left / width)
    start = max(left, 0.0)
    stop = min(right, float(columns))
    column = int(start)
    last = int(stop)
    if last == column or width == 0.0:
        part = height if start == left and stop == right else height * ((stop - start) / width)
        inside = 0.5 * (start + stop) - column
        if column < columns:
            cover[row, column] += part * (1.0 - inside)
            cover[row, column + 1] += part * inside
        return
    while start < stop and column < columns:
        end = min(stop, column + 1.0)
        part = height * ((end - start) / width)
        inside = 0.5 * (start + end) - column
        cover[row, column] += part * (1.0 - inside)
        cover[row, column + 1] += part * inside
        start = end
        column += 1
