"""Radiation measured in two places in Göteborg, against the model with its defaults.

Not fully independent: crown transmissivity was chosen from the literature after a first comparison with these data.
The sky, the walls and the ground around were not: their formulas and numbers were fixed on other grounds.

Observed mean radiant temperature is recomputed from the six measured fluxes. Lindberg, Holmer and Thorsson (2008);
Lindberg and Grimmond (2011).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rasterio
import xarray as xr
from pyproj import CRS

import twin
from twin.city.gridspec import GridSpec

SIGMA = 5.670374419e-8
# land cover of the data: paved, building, grass, bare soil, water
CODES = {1: 1, 2: 3, 5: 6, 6: 5, 7: 10}


def _layer(path: Path) -> tuple[np.ndarray, rasterio.Affine]:
    with rasterio.open(path) as raster:
        return raster.read(1).astype(np.float64), raster.transform


def _grid(folder: Path, names: tuple[str, str, str, str], epsg: int, resolution: float) -> xr.Dataset:
    (surface, corner), (ground, _), (crowns, _), (cover, _) = (_layer(folder / name) for name in names)
    spec = GridSpec(corner.c, corner.f, resolution, *surface.shape, CRS.from_epsg(epsg))
    roof = cover == 2
    layers = {
        "ground_elevation": ground,
        "surface_elevation": np.maximum(surface, ground),
        "building_id": roof.astype(np.int32),
        "land_cover": np.vectorize(CODES.get)(cover.astype(int)),
        "canopy_height": np.where(roof, 0.0, np.maximum(crowns, 0.0)),
    }
    return spec.dataset().assign({name: (("y", "x"), values) for name, values in layers.items()})


def _weather(path: Path) -> xr.Dataset:
    table = pd.read_csv(path, sep=r"\s+")
    first = pd.Timestamp(int(table["%iy"].iloc[0]), 1, 1) + pd.Timedelta(days=int(table["id"].iloc[0]) - 1)
    wind = table["Wind"].to_numpy(float)
    columns = {
        "air_temperature": table["Td"],
        "relative_humidity": table["RH"],
        "wind_speed": np.where(wind < 0, 2.0, wind),  # missing at one site
        "direct_normal_irradiance": table["Kdir"],
        "diffuse_irradiance": table["Kdiff"],
    }
    weather = xr.Dataset(
        {name: ("time", np.asarray(values, float)) for name, values in columns.items()},
        coords={"time": (first + pd.to_timedelta(table["it"].to_numpy(), unit="h")).to_numpy("M8[ns]")},
    )
    # rows begin their hour: so read, global = diffuse + direct times the sine of altitude closes to 3 W/m2
    weather.time.attrs.update(utc_offset_hours=1.0, interval="start")
    return weather


def _observed(table: pd.DataFrame) -> np.ndarray:
    absorbed = np.zeros(len(table))
    for letter, absorption in (("K", 0.7), ("L", 0.97)):
        sides = sum(table[letter + side] for side in "nesw")
        absorbed += absorption * (0.22 * sides + 0.06 * (table[letter + "down"] + table[letter + "up"])).to_numpy()
    return (absorbed / (0.97 * SIGMA)) ** 0.25 - 273.15


def _errors(shared_data: Callable[[str], Path], place: str) -> np.ndarray:
    if place == "Kronenhuset":
        folder = shared_data("heat/goteborg_kronenhuset_obs")
        names = ("DSM_KR.tif", "DEM_KR.tif", "CDSM_KR.asc", "landcover_KR.tif")
        grid, cell = _grid(folder, names, 3007, 1.0), (51, 117)
        table = pd.read_csv(folder / "measurements_kr.csv")
        weather, hours = _weather(folder / "MetFile_Prepared.txt"), table.hour.to_numpy() - 1
    else:
        folder = shared_data("heat/goteborg_gvc_obs")
        names = ("DSM_GVC_1m.tif", "DEM_GVC_1m.tif", "CDSM_GVC_1m.tif", "landcover_1m_GVC.tif")
        grid, cell = _grid(folder, names, 3006, 2.0), (51, 122)
        table = pd.read_csv(folder / "measurements_gvc.csv")
        table = table[table.date == int(place)]
        weather, hours = _weather(folder / f"MetFile{place}_Prepared.txt"), table.hour.to_numpy()
    result = twin.heat.simulate(grid, weather)
    share = result.sunlit_fraction.values[hours, cell[0], cell[1]]
    error = result.mean_radiant_temperature.values[hours, cell[0], cell[1]] - _observed(table)
    return np.stack([error, (share > 0.05) & (share < 0.95)])


@pytest.mark.shared
def test_mean_radiant_temperature_in_goteborg(shared_data: Callable[[str], Path]) -> None:
    """Found when this was written, per day and pooled over 35 hours: 2.5, 2.8, 5.1 and 3.7 K RMSE, bias +1.7 K.

    The most that may be asked of a model outdoors is about 5 K (ISO 7726); published for the same kind of site: 4.8 K.
    The last day is the weak one: all surfaces come out some 5 K too warm, as if the air had been cooler in the street.
    """
    found = {place: _errors(shared_data, place) for place in ("Kronenhuset", "20100707", "20100712")}
    for place, bound in (("Kronenhuset", 2.8), ("20100707", 3.1), ("20100712", 5.3)):
        assert np.sqrt((found[place][0] ** 2).mean()) < bound, place
    error, edge = np.concatenate(list(found.values()), axis=1)
    assert len(error) == 35
    assert np.sqrt((error**2).mean()) < 4.0
    assert np.sqrt((error[edge == 0] ** 2).mean()) < 3.5
    assert abs(error.mean()) < 2.0
