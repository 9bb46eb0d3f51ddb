"""`simulate`: shade, mean radiant temperature and felt temperature in a city through a day.

Receivers are people standing on open ground; roofs and building interiors are NaN. Air temperature, humidity and wind
are those of the weather everywhere: the model resolves radiation, not the urban heat island and not the wind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin import progress, provenance
from twin.city.gridspec import GridSpec, check_grid
from twin.heat import materials
from twin.heat.checks import OPTIONAL, REQUIRED, check_options, check_values
from twin.heat.forcing import Forcing, make_forcing
from twin.heat.obstacles import Obstacles, make_obstacles
from twin.heat.radiation_budget import SPIN_UP_DAYS, radiate
from twin.heat.shade import CANOPY_TRANSMISSIVITY, sunlight
from twin.heat.utci import STRONG_HEAT_STRESS, utci_polynomial
from twin.heat.views import Views, look_around
from twin.variables import describe

VALIDATION = (
    "geometry: analytic canyon, wall, basin and slope within 0.005; UTCI: independent code within 1e-8 K; mean radiant "
    "temperature: 35 hours measured at two places in Göteborg, RMSE 4.1 K, bias +2.5 K (these data also led to "
    "the choice of crown transmissivity and diffuse split)"
)
"""What this model, with its defaults, was compared with; the tests hold the numbers."""

VALIDATION_DE = (
    "Geometrie: analytische Schlucht, Wand, Mulde und Hang auf 0,005 genau; UTCI: unabhängiger Code auf 1e-8 K genau; "
    "mittlere Strahlungstemperatur: 35 gemessene Stunden an zwei Orten in Göteborg, RMSE 4,1 K, mittlere Abweichung "
    "+2,5 K (diese Daten haben auch die Wahl von Kronendurchlässigkeit und Diffusanteil geleitet)"
)

LARGE = 1e9
"""Bytes from which the need for memory is told before the work."""

Float32 = NDArray[np.float32]


def simulate(
    grid: xr.Dataset,
    weather: xr.Dataset,
    *,
    directions: int = 64,
    sun_samples: int = 3,
    canopy_transmissivity: float = CANOPY_TRANSMISSIVITY,
    wall_albedo: float = materials.WALL_ALBEDO,
    threads: int | None = None,
) -> xr.Dataset:
    """Simulate shade, mean radiant temperature and UTCI for every cell of open ground and every step of the weather.

    Parameters
    ----------
    grid : xr.Dataset
        A city's grid with `ground_elevation`, `surface_elevation` and `land_cover`; `building_id`, `canopy_height`,
        `canopy_base_height`, `albedo`, `emissivity` and `sealed_fraction` are used where present. Cells with a
        building, or whose surface rises 0.5 m or more above the ground, are solid; nobody stands on them.
    weather : xr.Dataset
        See `twin.weather.hot_day`: at least a day of regular steps.
    directions : int
        Azimuths along which views are measured, 8 to 256, a multiple of 4. With 64 the sky view is within 0.005 of
        the exact value even in the cell beside a long wall; with 32 within 0.01, in half the time.
    sun_samples : int
        Positions of the sun within a step, 1 to 60; their shadows are averaged.
    canopy_transmissivity : float
        Share of radiation that passes a crown, 0 to 1.
    wall_albedo : float
        Of all facades, 0 to 1.
    threads : int, optional
        Threads of the kernels; the result does not depend on it.

    Returns
    -------
    xr.Dataset
        Over (time, y, x): `sunlit_fraction`, `mean_radiant_temperature`, `utci`; over (y, x): `sky_view_factor`,
        `mean_radiant_temperature_max`, `utci_max`, `strong_heat_stress_duration`. NaN on roofs.

    Raises
    ------
    MissingDataError
        If the grid or the weather lacks a variable.
    InputError
        If a value or an option is impossible, or no cell is open ground.

    References
    ----------
    P. Hoeppe (1992), Wetter und Leben 44, 147-151; VDI 3787 part 2; F. Lindberg, B. Holmer, S. Thorsson (2008), Int. J.
    Biometeorol. 52, 697-713; P. Broede et al. (2012), Int. J. Biometeorol. 56, 481-494.

    Examples
    --------
    >>> from twin.weather import hot_day
    >>> from pyproj import CRS
    >>> spec = GridSpec(691000, 5537020, 2.0, 10, 10, CRS.from_epsg(25832))
    >>> flat = (("y", "x"), np.zeros(spec.shape, np.float32))
    >>> grid = spec.dataset().assign(
    ...     ground_elevation=flat, surface_elevation=flat, building_id=(("y", "x"), np.zeros(spec.shape, np.int32)),
    ...     land_cover=(("y", "x"), np.full(spec.shape, 6, np.uint8)))
    >>> day = hot_day("2018-07-26", max_temperature=35, latitude=49.95, longitude=11.6)
    >>> result = simulate(grid, day)
    >>> bool(result.mean_radiant_temperature_max.mean() > 50)
    True
    """
    from twin import kernels

    check_options(directions, sun_samples, canopy_transmissivity, wall_albedo, threads)
    spec = check_grid(grid, REQUIRED)
    fields, roof = check_values(grid)
    obstacles = make_obstacles(
        fields["ground_elevation"],
        fields["surface_elevation"],
        roof,
        resolution=spec.resolution,
        canopy_height=fields.get("canopy_height"),
        canopy_base_height=fields.get("canopy_base_height"),
    )
    ground = materials.ground_fields(
        grid["land_cover"].values,
        albedo=fields.get("albedo"),
        emissivity=fields.get("emissivity"),
        sealed_fraction=fields.get("sealed_fraction"),
    )
    forcing = make_forcing(weather, spec, samples=sun_samples, directions=directions)

    _announce(spec, len(forcing.air), directions)
    with kernels.running(threads), progress.stage("heat", total=2.0 * len(forcing.air) + 8.0) as advance:
        views = look_around(obstacles, directions=directions)
        advance(6.0)
        sunlit = np.zeros((len(forcing.air), *spec.shape), dtype=np.float32)
        for n in range(len(forcing.air)):
            _shade(obstacles, forcing, n, canopy_transmissivity, sunlit[n])
            advance(1.0)
        radiant, felt = _radiate(views, ground, forcing, sunlit, canopy_transmissivity, wall_albedo, advance)
    sunlit[:, roof] = np.nan

    options = {
        "directions": directions,
        "sun_samples": sun_samples,
        "canopy_transmissivity": canopy_transmissivity,
        "wall_albedo": wall_albedo,
        "spin_up_days": SPIN_UP_DAYS,
    }
    return _wrap(spec, weather, grid, views, sunlit, radiant, felt, forcing.step, options)


def memory_needed(cells: int, steps: int, directions: int = 64) -> float:
    """Estimate the bytes that `simulate` holds at its peak.

    Examples
    --------
    >>> memory_needed(250 * 250, 24) / 1e6  # MB
    40.0
    """
    hourly = 4 * 4 * steps  # sunlit share, ground temperature, radiant temperature, UTCI
    return float(cells * (hourly + directions + 192))


def _announce(spec: GridSpec, steps: int, directions: int) -> None:
    need = memory_needed(spec.rows * spec.columns, steps, directions)
    if need > LARGE:
        progress.say(
            f"twin: heat on {spec.rows} x {spec.columns} cells and {steps} steps needs about {need / 1e9:.1f} GB of "
            "memory and a minute for every million cells and day; a coarser grid or a smaller extent needs less"
        )


def _shade(obstacles: Obstacles, forcing: Forcing, n: int, transmissivity: float, out: Float32) -> None:
    for altitude, azimuth, weight in zip(forcing.altitude[n], forcing.azimuth[n], forcing.weight[n], strict=True):
        if weight > 0:
            sunlight(
                obstacles,
                altitude=altitude,
                azimuth=azimuth,
                canopy_transmissivity=transmissivity,
                weight=weight,
                add_to=out,
            )


def _radiate(
    views: Views,
    ground: Float32,
    forcing: Forcing,
    sunlit: Float32,
    transmissivity: float,
    wall_albedo: float,
    advance: Callable[[float], None],
) -> tuple[Float32, Float32]:
    radiant = radiate(views, ground, sunlit, forcing, canopy_transmissivity=transmissivity, wall_albedo=wall_albedo)
    advance(2.0)
    felt = np.empty_like(sunlit)
    for n in range(len(sunlit)):
        polynomial = utci_polynomial(forcing.temperature[n], forcing.wind[n], forcing.humidity[n])
        felt[n] = np.polyval(polynomial[::-1], radiant[n] - forcing.temperature[n])
        advance(1.0)
    return radiant, felt


def _validation(options: Mapping[str, object]) -> dict[str, str]:
    defaults = {"directions": 64, "sun_samples": 3, "canopy_transmissivity": CANOPY_TRANSMISSIVITY}
    defaults["wall_albedo"] = materials.WALL_ALBEDO
    changed = ", ".join(name for name, value in defaults.items() if options[name] != value)
    if not changed:
        return {"validation": VALIDATION, "validation_de": VALIDATION_DE}
    return {
        "validation": f"not validated with this {changed}; with defaults: {VALIDATION}",
        "validation_de": f"nicht validiert mit geändertem {changed}; mit den Vorgaben: {VALIDATION_DE}",
    }


def _wrap(
    spec: GridSpec,
    weather: xr.Dataset,
    grid: xr.Dataset,
    views: Views,
    sunlit: Float32,
    radiant: Float32,
    felt: Float32,
    step: float,
    options: Mapping[str, object],
) -> xr.Dataset:
    roof = np.isnan(views.factors[0])
    hours = np.where(roof, np.nan, (felt > STRONG_HEAT_STRESS).sum(axis=0) * (step / 3600.0))
    hourly, once = ("time", "y", "x"), ("y", "x")
    result = spec.dataset().assign_coords(time=weather["time"])
    result = result.assign(
        sky_view_factor=(once, views.factors[0].copy()),
        sunlit_fraction=(hourly, sunlit),
        mean_radiant_temperature=(hourly, radiant),
        utci=(hourly, felt),
        mean_radiant_temperature_max=(once, radiant.max(axis=0)),
        utci_max=(once, felt.max(axis=0)),
        strong_heat_stress_duration=(once, hours.astype(np.float32)),
    )
    caveats = [text for text in (grid.attrs.get("caveats"), weather.attrs.get("caveats")) if text]
    caveats += [
        "air temperature, humidity and wind are uniform: no heat island, no wind shelter",
        "nothing casts shade from beyond the grid's border",
    ]
    result.attrs["caveats"] = "; ".join(str(text) for text in caveats)
    result.attrs["cells"] = "open ground only; NaN on roofs and inside buildings"
    used = [name for name in (*REQUIRED, *OPTIONAL) if name in grid]
    inputs = provenance.fingerprint(grid[used], weather)
    return provenance.stamp(describe(result), model="heat", options=options, inputs=inputs, **_validation(options))
