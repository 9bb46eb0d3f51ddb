"""ANUGA: the shallow water equations on triangles (DE0), as many triangles as we have cells, one thread."""

from __future__ import annotations

import sys
from importlib.metadata import version

import numpy as np

sys.path.pop(0)  # this file is called like the package it drives
import anuga

from benchmarks.protocol import serve


def prepare(inputs):
    return inputs


def simulate(inputs):
    elevation, dx = inputs["elevation"], float(inputs["dx"])
    rows, columns = elevation.shape
    domain = anuga.rectangular_cross_domain(columns // 2, rows // 2, len1=columns * dx, len2=rows * dx)
    domain.set_flow_algorithm("DE0")
    domain.set_store(False)
    domain.set_name("not_stored")
    centre = domain.centroid_coordinates
    column = np.minimum((centre[:, 0] / dx).astype(int), columns - 1)
    row = np.minimum((centre[:, 1] / dx).astype(int), rows - 1)
    bed = elevation[row, column]
    domain.set_quantity("elevation", bed, location="centroids")
    domain.set_quantity("friction", inputs["manning"][row, column], location="centroids")
    domain.set_quantity("stage", bed, location="centroids")
    wall = anuga.Reflective_boundary(domain)
    domain.set_boundary(dict.fromkeys(("left", "right", "top", "bottom"), wall))
    anuga.Rate_operator(domain, rate=float(inputs["rain"]))
    seconds = float(inputs["seconds"])
    domain.set_evolve_max_timestep(1.0)  # on dry ground its first step would be the whole rain
    for _ in domain.evolve(yieldstep=seconds, finaltime=seconds):
        pass
    depth = domain.quantities["stage"].centroid_values - domain.quantities["elevation"].centroid_values
    volume = float((depth * domain.areas).sum())
    fallen = float(inputs["rain"]) * seconds * rows * columns * dx * dx
    # the four triangles of a square have the same area: their mean is the mean depth of the square
    square = (row // 2) * (columns // 2) + column // 2
    mean = np.bincount(square, depth) / np.bincount(square)
    return {
        "depth": mean.reshape(rows // 2, columns // 2),
        "volume_error": volume / fallen - 1.0,
        "highest_depth": float(depth.max()),
    }


if __name__ == "__main__":
    serve(prepare, simulate, lambda: {"anuga": version("anuga")})
