"""thermal-comfort: the Fortran program of VDI 3787 part 2 for PET, its person fixed."""

from __future__ import annotations

import sys
from importlib.metadata import version

import numpy as np

sys.path.pop(0)  # this file is called like the package it drives
from thermal_comfort import pet_static

from benchmarks.protocol import serve


def felt(inputs):
    ta, tr = inputs["air_temperature"], inputs["mean_radiant_temperature"]
    wind, humidity = inputs["wind_speed"], inputs["relative_humidity"]
    return {"pet": pet_static(ta, tr, wind, humidity, np.full_like(ta, 1013.25))}


if __name__ == "__main__":
    serve(lambda inputs: inputs, felt, lambda: {"thermal-comfort": version("thermal-comfort")})
