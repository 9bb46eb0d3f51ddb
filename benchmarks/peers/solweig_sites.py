"""solweig at a station: mean radiant temperature hour by hour; run in its own environment, GPU path off.

python benchmarks/peers/solweig_sites.py INPUT.npz OUTPUT.npz
"""

from __future__ import annotations

import datetime
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.pop(0)  # a file beside this one is called like the package
import rasterio
import solweig
from solweig.rustalgos import pipeline, shadowing

shadowing.disable_gpu()
pipeline.disable_aniso_gpu()
pipeline.disable_gvf_gpu()
pipeline.disable_gvf_precompute_gpu()


def run(source: str, target: str) -> None:
    given = dict(np.load(source, allow_pickle=False))
    with tempfile.TemporaryDirectory() as folder:
        surface = solweig.SurfaceData.prepare(
            dsm=given["dsm"].astype(np.float32),
            dem=given["dem"].astype(np.float32),
            cdsm=given["cdsm"].astype(np.float32),
            land_cover=given["cover"].astype(np.uint8),
            pixel_size=float(given["resolution"]),
            working_dir=folder + "/work",
            smooth_quantized_dem=False,
            force_recompute=True,
        )
        weather = [
            solweig.Weather(
                # its times end an interval
                datetime=datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=int(second) + 3600),
                ta=float(given["air_temperature"][n]),
                rh=float(given["relative_humidity"][n]),
                ws=float(given["wind_speed"][n]),
                global_rad=float(given["global_irradiance"][n]),
                measured_direct_rad=float(given["direct_normal_irradiance"][n]),
                measured_diffuse_rad=float(given["diffuse_irradiance"][n]),
            )
            for n, second in enumerate(given["time"])
        ]
        place = solweig.Location(
            latitude=float(given["latitude"]), longitude=float(given["longitude"]), utc_offset=float(given["offset"])
        )
        options = {}
        if "parameters" in given:
            options["materials"] = solweig.load_params(str(given["parameters"]))
        solweig.calculate(
            surface,
            weather,
            place,
            output_dir=folder + "/out",
            outputs=["tmrt"],
            use_anisotropic_sky=bool(given["anisotropic"]),
            human=solweig.HumanParams(abs_k=0.70, abs_l=0.97),
            **options,
        )
        maps = []
        for path in sorted(Path(folder, "out").rglob("tmrt_[0-9]*.tif")):
            with rasterio.open(path) as file:
                maps.append(file.read(1))
        names = [path.name for path in sorted(Path(folder, "out").rglob("tmrt_[0-9]*.tif"))]
    np.savez(target, tmrt=np.stack(maps), names=np.array(names))


if __name__ == "__main__":
    run(sys.argv[1], sys.argv[2])
