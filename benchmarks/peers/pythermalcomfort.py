"""pythermalcomfort: the UTCI polynomial (compiled) and the steady PET of Walther and Goestchel."""

from __future__ import annotations

import sys
from importlib.metadata import version

sys.path.pop(0)  # this file is called like the package it drives
from pythermalcomfort.models import pet_steady, utci

from benchmarks.protocol import serve


def felt(inputs):
    ta, tr = inputs["air_temperature"], inputs["mean_radiant_temperature"]
    wind, humidity = inputs["wind_speed"], inputs["relative_humidity"]
    if sys.argv[2].startswith("UTCI"):
        return {"utci": utci(tdb=ta, tr=tr, v=wind, rh=humidity, limit_inputs=False, round_output=False).utci}
    # the person of VDI 3787 part 2: 80 W of work, in met of 58.2
    person = {"met": 80 / 58.2, "clo": 0.9, "age": 35, "weight": 75, "height": 1.75}
    return {"pet": pet_steady(tdb=ta, tr=tr, v=wind, rh=humidity, **person).pet}


if __name__ == "__main__":
    serve(lambda inputs: inputs, felt, lambda: {"pythermalcomfort": version("pythermalcomfort")})
