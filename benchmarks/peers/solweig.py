"""solweig (Rust): sky view factor and shade of buildings, one thread, its GPU path off."""

from __future__ import annotations

import datetime
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy as np

sys.path.pop(0)  # this file is called like the package it drives
import solweig
from solweig.rustalgos import pipeline, shadowing, skyview

from benchmarks.protocol import serve

shadowing.disable_gpu()
pipeline.disable_aniso_gpu()
pipeline.disable_gvf_gpu()
pipeline.disable_gvf_precompute_gpu()


SIDES = ("north", "east", "south", "west")


def prepare(inputs):
    return inputs["height"].astype(np.float32), inputs["building"], inputs


def open_sky():
    """Return what it finds for each side on an open plane: not 1, its patches are not shared out evenly."""
    flat = np.zeros((9, 9), np.float32)
    found = skyview.SkyviewRunner().calculate_svf(flat, flat, flat, 1.0, False, 1.0, 2, 3.0)
    return {side: float(np.array(getattr(found, f"svf_{side}"))[4, 4]) for side in SIDES}


def sky_view(state):
    height, building, inputs = state
    crown = inputs["canopy"].astype(np.float32) if "canopy" in inputs else np.zeros_like(height)
    top = float(max(height.max(), crown.max()))
    found = skyview.SkyviewRunner().calculate_svf(
        height, crown, crown * np.float32(0.25), float(inputs["dx"]), "canopy" in inputs, top, 2, 3.0
    )
    answers = {"sky_view_factor": found.svf, "sky_view_factor_past_crowns": found.svf_veg}
    for side in SIDES:
        answers[f"sky_view_factor_{side}"] = np.array(getattr(found, f"svf_{side}")) / OPEN[side]
    return {name: np.where(building, np.nan, np.array(factor)) for name, factor in answers.items()}


def prepare_shade(inputs):
    """Arrays as it takes them, and what keeps roofs out of the comparison: all made before the clock runs."""
    height, building, _ = prepare(inputs)
    given = {}
    if "walls" in inputs:
        canopy = inputs["canopy"].astype(np.float32)
        given = {
            "veg_canopy_dsm": canopy,
            "veg_trunk_dsm": 0.25 * canopy,
            "bush": np.zeros_like(canopy),
            "walls": inputs["walls"].astype(np.float32),
            "aspect": np.radians(inputs["facing"]).astype(np.float32),
        }
    sun = (float(inputs["azimuth"]), float(inputs["altitude"]), float(inputs["dx"]), float(height.max()))
    no_wall = np.where(inputs["walls"] > 0, 0.0, np.nan).astype(np.float32) if given else None
    return sun, height, given, np.where(building, np.nan, 0.0).astype(np.float32), no_wall


def shade(state):
    sun, height, given, gap, no_wall = state
    found = shadowing.calculate_shadows_wall_ht_25(*sun, height, **given)
    lit = np.array(found.bldg_sh)
    if given:
        lit *= np.asarray(found.veg_sh)
    lit += gap
    answers = {"sunlit": lit}
    if given:
        answers["shade on walls, m"] = np.asarray(found.wall_sh) + no_wall
    return answers


def hours(folder, name):
    import rasterio

    fields = []
    for path in sorted(Path(folder, "out").rglob(f"{name}_[0-9]*.tif")):
        with rasterio.open(path) as file:
            fields.append(file.read(1))
    return np.stack(fields)


def whole_day(state):
    height, building, inputs = state
    with tempfile.TemporaryDirectory() as folder:
        surface = solweig.SurfaceData.prepare(
            dsm=height,
            dem=np.zeros_like(height),
            cdsm=inputs["canopy"].astype(np.float32) if "canopy" in inputs else None,
            land_cover=np.where(building, 2, 5).astype(np.uint8),
            pixel_size=float(inputs["dx"]),
            working_dir=folder + "/work",
            force_recompute=True,
        )
        weather = [
            solweig.Weather(
                # its times end an interval
                datetime=datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=int(second) + 3600),
                ta=float(inputs["air_temperature"][n]),
                rh=float(inputs["relative_humidity"][n]),
                ws=float(inputs["wind_speed"][n]),
                global_rad=float(inputs["global_irradiance"][n]),
                measured_direct_rad=float(inputs["direct_normal_irradiance"][n]),
                measured_diffuse_rad=float(inputs["diffuse_irradiance"][n]),
            )
            for n, second in enumerate(inputs["time"])
        ]
        place = solweig.Location(
            latitude=float(inputs["latitude"]),
            longitude=float(inputs["longitude"]),
            utc_offset=float(inputs["utc_offset"]),
        )
        found = solweig.calculate(
            surface,
            weather,
            place,
            output_dir=folder + "/out",
            outputs=["tmrt", "utci"] if "hourly" in inputs else [],
            use_anisotropic_sky=str(inputs["sky"]) == "anisotropic",
        )
        answers = {
            "highest_radiant_temperature": found.tmrt_max,
            "highest_utci": found.utci_max,
            "mean_utci": found.utci_mean,
        }
        if "hourly" in inputs:
            answers["radiant_temperature"] = hours(folder, "tmrt")
            answers["utci"] = hours(folder, "utci")
    return {name: np.where(building, np.nan, np.asarray(value, float)) for name, value in answers.items()}


OPEN = open_sky()

if __name__ == "__main__":
    chosen = sys.argv[2]
    topics = (("hot day", whole_day), ("sky view factor", sky_view), ("shade", shade))
    work = next(function for topic, function in topics if chosen.startswith(topic))
    serve(prepare_shade if work is shade else prepare, work, lambda: {"solweig": version("solweig")})
