"""solweig (Rust): sky view factor and shade of buildings, one thread, its GPU path off."""

from __future__ import annotations

import sys
from importlib.metadata import version

import numpy as np

sys.path.pop(0)  # this file is called like the package it drives
from solweig.rustalgos import pipeline, shadowing, skyview

from benchmarks.protocol import serve

shadowing.disable_gpu()
pipeline.disable_aniso_gpu()
pipeline.disable_gvf_gpu()
pipeline.disable_gvf_precompute_gpu()


def prepare(inputs):
    return inputs["height"].astype(np.float32), inputs["building"], inputs


def sky_view(state):
    height, building, inputs = state
    none = np.zeros_like(height)
    found = skyview.SkyviewRunner().calculate_svf(
        height, none, none, float(inputs["dx"]), False, float(height.max()), 2, 3.0
    )
    factor = np.array(found.svf)
    factor[building] = np.nan
    return {"sky_view_factor": factor}


def shade(state):
    height, building, inputs = state
    found = shadowing.calculate_shadows_wall_ht_25(
        float(inputs["azimuth"]), float(inputs["altitude"]), float(inputs["dx"]), float(height.max()), height
    )
    lit = np.array(found.bldg_sh, dtype=float)
    lit[building] = np.nan
    return {"sunlit": lit}


if __name__ == "__main__":
    work = {"sky view factor": sky_view, "shade": shade}[sys.argv[2]]
    serve(prepare, work, lambda: {"solweig": version("solweig")})
