"""Heat: view factors and shadows with closed forms, UTCI beside another program, radiation measured in Gothenburg."""

from __future__ import annotations

import csv
from collections.abc import Iterator

import numpy as np

from benchmarks.evidence.row import REFERENCE, Row, absent

LINDBERG = "Lindberg, Holmer & Thorsson 2008, doi:10.1007/s00484-008-0162-7; Lindberg & Grimmond 2011"
# UMEP land cover to ours: paved, building, grass, bare soil, water
LAND_COVER = {1: 1, 2: 3, 5: 6, 6: 5, 7: 10}


def rows() -> Iterator[Row]:
    yield _canyon()
    yield _shadow()
    yield _utci()
    yield from _field()


def _canyon() -> Row:
    from twin.heat.obstacles import make_obstacles
    from twin.heat.views import sky_view_factor

    width, height = 21, 10.5
    surface = np.full((801, 41), height)
    surface[:, 10 : 10 + width] = 0.0
    obstacles = make_obstacles(np.zeros_like(surface), surface, surface > 0, resolution=1.0)
    found = float(sky_view_factor(obstacles)[400, 20])
    known = float(np.cos(np.arctan(2 * height / width)))
    return Row(
        "heat",
        f"sky view in the middle of a street as wide as twice its height ({width} m)",
        "analytic",
        f"{known:.4f}",
        f"{found:.4f}",
        "cos(atan(2 H / W)), infinite canyon",
    )


def _shadow() -> Row:
    from twin.heat.obstacles import make_obstacles
    from twin.heat.shade import sunlight

    surface = np.zeros((60, 21))
    surface[40:44] = 10.0
    obstacles = make_obstacles(np.zeros_like(surface), surface, surface > 0, resolution=1.0)
    lit = sunlight(obstacles, altitude=30.0, azimuth=180.0)
    found = float((1.0 - lit[:40, 10]).sum())
    known = 10.0 / np.tan(np.radians(30.0))
    return Row(
        "heat",
        "shadow of a 10 m wall, sun 30 degrees high, cells of 1 m",
        "analytic",
        f"{known:.2f} m",
        f"{found:.2f} m",
        "H / tan(altitude)",
    )


def _utci() -> Row:
    from pythermalcomfort.models import utci as reference

    from twin.heat.utci import utci

    random = np.random.default_rng(1)
    ta = random.uniform(0, 45, 5000)
    tr = ta + random.uniform(-10, 45, 5000)
    wind, humidity = random.uniform(0.5, 10, 5000), random.uniform(10, 95, 5000)
    ours = np.asarray(utci(ta, tr, wind, humidity))
    theirs = np.asarray(reference(tdb=ta, tr=tr, v=wind, rh=humidity, limit_inputs=False, round_output=False).utci)
    return Row(
        "heat",
        "UTCI, 5,000 random conditions of summer",
        "program",
        "pythermalcomfort",
        f"largest difference {np.abs(ours - theirs).max():.2g} K",
        "Broede et al. 2012, polynomial",
    )


def _field() -> Iterator[Row]:
    pairs = []
    for name, case in (
        ("goteborg_kronenhuset_obs", "courtyard Kronenhuset, 7 October 2005"),
        ("goteborg_gvc_obs 20100707", "street GVC, 7 July 2010"),
        ("goteborg_gvc_obs 20100712", "street GVC, 12 July 2010"),
    ):
        label = f"mean radiant temperature, {case}"
        if not (REFERENCE / "heat" / name.split()[0]).exists():
            yield absent("heat", label, "field", LINDBERG)
            continue
        observed, modelled = _site(name)
        pairs.append((observed, modelled))
        yield Row("heat", label, "field", f"{len(observed)} hours measured", _score(observed, modelled), LINDBERG)
    if len(pairs) == 3:
        observed, modelled = (np.concatenate(side) for side in zip(*pairs, strict=True))
        yield Row("heat", "all three days", "field", f"{len(observed)} hours", _score(observed, modelled), LINDBERG)


def _score(observed: np.ndarray, modelled: np.ndarray) -> str:
    error = modelled - observed
    share = np.corrcoef(observed, modelled)[0, 1] ** 2
    return f"RMSE {np.sqrt(np.mean(error**2)):.1f} K, bias {error.mean():+.1f} K, R² {share:.2f}"


def _site(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return measured and modelled mean radiant temperature of a site, hour by hour."""
    import rasterio
    import xarray as xr

    import twin

    folder = REFERENCE / "heat" / name.split()[0]
    old = "kronenhuset" in name
    files = (
        ("DSM_KR.tif", "DEM_KR.tif", "CDSM_KR.asc", "landcover_KR.tif", "MetFile_Prepared.txt", "measurements_kr.csv")
        if old
        else (
            "DSM_GVC_1m.tif",
            "DEM_GVC_1m.tif",
            "CDSM_GVC_1m.tif",
            "landcover_1m_GVC.tif",
            f"MetFile{name.split()[1]}_Prepared.txt",
            "measurements_gvc.csv",
        )
    )
    layers = []
    for file in files[:4]:
        with rasterio.open(folder / file) as source:
            layers.append(source.read(1).astype(float))
            if file.startswith("DSM"):
                transform, crs = source.transform, source.crs.to_epsg()
    dsm, dem, canopy, cover = layers
    row, column = (51, 117) if old else (51, 122)
    spec = twin.GridSpec(transform.c, transform.f, transform.a, *dsm.shape, _crs(crs))
    building = cover == 2
    canopy = np.where(building | (canopy < 0.5), 0.0, canopy)
    land = np.vectorize(LAND_COVER.get)(cover.astype(int)).astype("uint8")
    grid = spec.dataset().assign(
        ground_elevation=(("y", "x"), dem),
        surface_elevation=(("y", "x"), np.where(building, dsm, dem)),
        building_id=(("y", "x"), building.astype("int32")),
        land_cover=(("y", "x"), land),
        canopy_height=(("y", "x"), canopy),
    )
    met = np.genfromtxt(folder / files[4], comments="%")
    wind = np.where(met[:, 9] < 0, 2.0, met[:, 9])  # GVC has no wind; its radiation does not need it
    start = np.datetime64(f"{int(met[0, 0])}-01-01") + np.timedelta64(int(met[0, 1]) - 1, "D")
    time = start.astype("datetime64[ns]") + met[:, 2].astype("timedelta64[h]")
    weather = xr.Dataset(
        {
            "air_temperature": ("time", met[:, 11]),
            "relative_humidity": ("time", np.clip(met[:, 10], 1, 100)),
            "wind_speed": ("time", wind),
            "global_irradiance": ("time", np.maximum(met[:, 14], 0)),
            "direct_normal_irradiance": ("time", np.maximum(met[:, 22], 0)),
            "diffuse_irradiance": ("time", np.maximum(met[:, 21], 0)),
        },
        coords={"time": ("time", time, {"utc_offset_hours": 1.0, "interval": "start"})},
    )
    result = twin.heat.simulate(grid, weather)
    modelled = result.mean_radiant_temperature.isel(y=row, x=column).values
    with (folder / files[5]).open(encoding="utf-8") as file:
        table = [line for line in csv.DictReader(file) if old or line["date"] == name.split()[1]]
    pairs = []
    for line in table:
        # labels of Kronenhuset name the end of the hour; both sites are recomputed from their six fluxes
        hour = int(line["hour"]) - (1 if old else 0)
        pairs.append((_radiant(line), modelled[hour]))
    observed, found = np.array(pairs).T
    return observed, found


def _radiant(line: dict[str, str]) -> float:
    flux = {key: float(value) for key, value in line.items() if key[0] in "KL"}
    absorbed = 0.0
    for kind, share in (("K", 0.70), ("L", 0.97)):
        sides = sum(flux[f"{kind}{side}"] for side in "nesw")
        absorbed += share * (0.22 * sides + 0.06 * (flux[f"{kind}down"] + flux[f"{kind}up"]))
    return (absorbed / (0.97 * 5.670374419e-8)) ** 0.25 - 273.15


def _crs(code: int):
    from pyproj import CRS

    return CRS.from_epsg(code)
