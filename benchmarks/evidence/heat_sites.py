"""Two places in Göteborg where six short- and six longwave fluxes were measured, and what the model says of them.

Rows of the weather begin their hour (so read, global = diffuse + direct times the sine of the sun's altitude closes to
3 W/m2; as ends, to 35). Labels of Kronenhuset name the end of the hour. Measured mean radiant temperature is computed
from the measured fluxes. Lindberg, Holmer and Thorsson (2008); Lindberg and Grimmond (2011).
"""

from __future__ import annotations

import csv
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from benchmarks.environments import PEERS, is_installed, python_of
from benchmarks.evidence.row import REFERENCE

SITES = {
    "goteborg_kronenhuset_obs": "courtyard Kronenhuset, 7 October 2005",
    "goteborg_gvc_obs 20100707": "street GVC, 7 July 2010",
    "goteborg_gvc_obs 20100712": "street GVC, 12 July 2010",
}
# UMEP land cover to ours: paved, building, grass, bare soil, water
LAND_COVER = {1: 1, 2: 3, 5: 6, 6: 5, 7: 10}
COLUMNS = {"down": "down", "up": "up", "north": "n", "east": "e", "south": "s", "west": "w"}
SIGMA = 5.670374419e-8
EDGE = 0.5
"""An hour at whose measured or modelled middle the beam is partly there has a shadow edge over the station."""


@dataclass(frozen=True)
class Found:
    """Measured and modelled, hour by hour.

    hours : (n,) step of the weather
    tmrt : measured and modelled, degC
    fluxes : (kind, direction) to measured and modelled, W/m2
    edge : (n,) whether a shadow edge crosses the station in that hour
    """

    hours: np.ndarray
    tmrt: tuple[np.ndarray, np.ndarray]
    fluxes: dict[tuple[str, str], tuple[np.ndarray, np.ndarray]]
    edge: np.ndarray


def there(name: str) -> bool:
    return (REFERENCE / "heat" / name.split()[0]).exists()


def load(name: str) -> tuple[xr.Dataset, xr.Dataset, tuple[int, int], list[dict[str, float]], np.ndarray]:
    """Return grid, weather, the station's cell, its measurements and their steps in the weather."""
    import rasterio
    from pyproj import CRS

    import twin

    folder = REFERENCE / "heat" / name.split()[0]
    old = "kronenhuset" in name
    files = (
        "DSM_KR.tif",
        "DEM_KR.tif",
        "CDSM_KR.asc",
        "landcover_KR.tif",
        "MetFile_Prepared.txt",
        "measurements_kr.csv",
    )
    if not old:
        day = name.split()[1]
        files = ("DSM_GVC_1m.tif", "DEM_GVC_1m.tif", "CDSM_GVC_1m.tif", "landcover_1m_GVC.tif")
        files += (f"MetFile{day}_Prepared.txt", "measurements_gvc.csv")
    layers = []
    for file in files[:4]:
        with rasterio.open(folder / file) as source:
            layers.append(source.read(1).astype(float))
            if file.startswith("DSM"):
                transform, crs = source.transform, source.crs.to_epsg()
    surface, ground, canopy, cover = layers
    spec = twin.GridSpec(transform.c, transform.f, transform.a, *surface.shape, CRS.from_epsg(crs))
    building = cover == 2
    grid = spec.dataset().assign(
        ground_elevation=(("y", "x"), ground),
        surface_elevation=(("y", "x"), np.where(building, np.maximum(surface, ground), ground)),
        building_id=(("y", "x"), building.astype("int32")),
        land_cover=(("y", "x"), np.vectorize(LAND_COVER.get)(cover.astype(int)).astype("uint8")),
        canopy_height=(("y", "x"), np.where(building | (canopy < 0.5), 0.0, canopy)),
    )
    table = np.genfromtxt(folder / files[4], comments="%")
    start = np.datetime64(f"{int(table[0, 0])}-01-01") + np.timedelta64(int(table[0, 1]) - 1, "D")
    time = start.astype("datetime64[ns]") + table[:, 2].astype("timedelta64[h]")
    weather = xr.Dataset(
        {
            "air_temperature": ("time", table[:, 11]),
            "relative_humidity": ("time", np.clip(table[:, 10], 1, 100)),
            "wind_speed": ("time", np.where(table[:, 9] < 0, 2.0, table[:, 9])),  # not measured at GVC
            "global_irradiance": ("time", np.maximum(table[:, 14], 0)),
            "direct_normal_irradiance": ("time", np.maximum(table[:, 22], 0)),
            "diffuse_irradiance": ("time", np.maximum(table[:, 21], 0)),
        },
        coords={"time": ("time", time, {"utc_offset_hours": 1.0, "interval": "start"})},
    )
    with (folder / files[5]).open(encoding="utf-8") as file:
        lines = [
            {key: float(value) for key, value in line.items()}
            for line in csv.DictReader(file)
            if old or line["date"] == name.split()[1]
        ]
    hours = np.array([int(line["hour"]) - (1 if old else 0) for line in lines])
    return grid, weather, (51, 117) if old else (51, 122), lines, hours


def radiant(fluxes: dict[tuple[str, str], np.ndarray]) -> np.ndarray:
    """Return the mean radiant temperature of six short- and six longwave fluxes, degC (VDI 3787 part 2)."""
    absorbed = np.zeros(len(next(iter(fluxes.values()))))
    for kind, share in (("K", 0.70), ("L", 0.97)):
        for direction in COLUMNS:
            weight = 0.06 if direction in ("down", "up") else 0.22
            absorbed += share * weight * fluxes[kind, direction]
    return (absorbed / (0.97 * SIGMA)) ** 0.25 - 273.15


def compare(name: str, **options: object) -> Found:
    """Run the model at a site and set it beside what was measured."""
    import twin

    grid, weather, (row, column), lines, hours = load(name)
    result = twin.heat.simulate(grid, weather, **options)
    place = (float(grid.x[column]), float(grid.y[row]))
    modelled = twin.heat.radiation_fluxes(grid, weather, [place], **options)
    pairs = {}
    for kind, key in (("K", "shortwave"), ("L", "longwave")):
        for direction, letter in COLUMNS.items():
            measured = np.array([line[f"{kind}{letter}"] for line in lines])
            pairs[kind, direction] = measured, modelled[key].sel(direction=direction).values[0, hours]
    share = result.sunlit_fraction.values[hours, row, column]
    edge = (share > 0.05) & (share < 0.95)
    found = result.mean_radiant_temperature.values[hours, row, column].astype(float)
    return Found(hours, (radiant({key: pair[0] for key, pair in pairs.items()}), found), pairs, edge)


def score(measured: np.ndarray, modelled: np.ndarray, unit: str = "K") -> str:
    error = modelled - measured
    return f"RMSE {np.sqrt(np.mean(error**2)):.1f} {unit}, bias {error.mean():+.1f} {unit}"


def solweig(name: str, *, anisotropic: bool = True) -> np.ndarray | None:
    """Run solweig at a site, with the site's own parameters; mean radiant temperature of the measured hours, degC."""
    import twin

    if not is_installed("solweig"):
        return None
    grid, weather, (row, column), _, hours = load(name)
    longitude, latitude = twin.GridSpec.from_dataset(grid).geographic_centre
    codes = {ours: theirs for theirs, ours in LAND_COVER.items()}
    which = "KR" if "kronenhuset" in name else "GVC"
    parameters = REFERENCE / "heat" / name.split()[0] / f"parametersforsolweig_{which}.json"
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "given.npz"), Path(folder, "found.npz")
        np.savez(
            source,
            dsm=grid.surface_elevation.values,
            dem=grid.ground_elevation.values,
            cdsm=grid.canopy_height.values,
            cover=np.vectorize(codes.get)(grid.land_cover.values),
            resolution=float(grid.x[1] - grid.x[0]),
            latitude=latitude,
            longitude=longitude,
            offset=1.0,
            anisotropic=anisotropic,
            parameters=str(parameters),
            time=weather.time.values.astype("M8[s]").astype(int),
            **{str(key): weather[key].values for key in weather},
        )
        command = [python_of("solweig"), PEERS / "solweig_sites.py", source, target]
        subprocess.run([str(part) for part in command], check=True, capture_output=True)
        with np.load(target) as found:
            return np.asarray(found["tmrt"][hours, row, column], dtype=float)
