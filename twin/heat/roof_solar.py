"""Solar potential of roofs: what every roof cell receives on its slope, shaded by all around, and what modules make.

A roof cell is a plane with the slope and aspect of the grid (`roof_slope`, `roof_aspect`), flat where these are not
known; shade and sky are those of the roof surface as the grid has it, dormers and neighbours included.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from twin import kernels
from twin.city.gridspec import check_grid
from twin.errors import InputError, MissingDataError
from twin.heat.inputs import used_names
from twin.heat.irradiation import Irradiation, Skies, described, sum_of_light
from twin.heat.obstacles import Obstacles
from twin.heat.scene import obstacles_of
from twin.heat.shade import CANOPY_TRANSMISSIVITY, sunlight
from twin.heat.views import look_around
from twin.heat.window import Window, global_origin

if TYPE_CHECKING:
    from twin.city.city import City

MODULE_EFFICIENCY = 0.21
"""Of commercial silicon modules; an assumption within the 20 to 23 % they are sold with (Fraunhofer ISE, Photovoltaics
Report 2024)."""

PERFORMANCE_RATIO = 0.84
"""Yield over that of modules at 25 degC without losses: median of about a hundred German plants of 2010, N. Reich et
al. (2012), Progress in Photovoltaics 20, 717-726."""

LEAST_SHARE = 0.75
"""Roofs that receive less than this share of an open horizontal place are left out: an assumption."""

COVERED_SHARE = 0.7
"""Share of a suitable roof that modules cover, the rest being edges, windows and distances: an assumption."""

FLAT = 5.0
"""Roofs with less slope count as flat, degrees: an aspect means nothing there."""

PLATE = 512

Float32 = NDArray[np.float32]
Float = NDArray[np.float64]


def roof_solar_potential(
    city: City | xr.Dataset,
    weather: xr.Dataset | None = None,
    *,
    albedo: float = 0.2,
    sky: Skies = "perez",
    canopy_transmissivity: float = CANOPY_TRANSMISSIVITY,
    sun_samples: int = 3,
    directions: int = 32,
    threads: int | None = None,
) -> xr.Dataset:
    """Compute what roofs receive from the sun and the sky, on their own slope.

    Parameters
    ----------
    city : City or xr.Dataset
        A city or its grid, with `building_id`, `ground_elevation` and `surface_elevation`, and `roof_slope` and
        `roof_aspect` where they are known.
    weather : xr.Dataset, optional
        Light over time, see `irradiation.sum_of_light`; without it a year of cloudless days.
    albedo : float
        Of what lies before a sloping roof, 0 to 1.
    sky : {"perez", "haydavies", "isotropic"}
        How diffuse light is spread over the sky.
    canopy_transmissivity : float
        Share of light through crowns, 0 to 1, where the grid does not say otherwise.
    sun_samples : int
        Positions of the sun in a step of the weather.
    directions : int
        Azimuths of the horizon, a multiple of 4.
    threads : int, optional
        All of them if not given.

    Returns
    -------
    xr.Dataset
        On (y, x): `roof_irradiation` (kWh per m2 of the sloping roof), NaN off the roofs, with `building_id`,
        `roof_slope` and `roof_aspect` as they were used. See `roof_yield` for areas and electricity by building.

    Raises
    ------
    InputError, MissingDataError
        If an option is out of range, there is no building, or the weather has no light.

    References
    ----------
    R. Perez, P. Ineichen, R. Seals, J. Michalsky, R. Stewart (1990): Modeling daylight availability and irradiance
    components from direct and global irradiance. Solar Energy 44, 271-289.

    Examples
    --------
    A flat roof that nothing shades receives what the weather brings:

    >>> from twin.city import GridSpec
    >>> spec = GridSpec.from_bounds((691000, 5537000, 691018, 5537018), 2.0, 25832)
    >>> house = np.zeros((9, 9)); house[3:6, 3:6] = 6.0
    >>> layers = {"building_id": house > 0, "ground_elevation": 0 * house, "surface_elevation": house}
    >>> grid = spec.dataset().assign({name: (("y", "x"), values) for name, values in layers.items()})
    >>> result = roof_solar_potential(grid)
    >>> round(float(result.roof_irradiation[4, 4]) / result.attrs["global_irradiation"], 2)
    1.0
    """
    for name, share in (("albedo", albedo), ("canopy_transmissivity", canopy_transmissivity)):
        if not 0 <= share <= 1:
            raise InputError(f"{name} is {share!r}; it must lie within 0 to 1")
    if directions < 4 or directions % 4:
        raise InputError(f"directions is {directions!r}; it must be a multiple of 4")
    if not 1 <= sun_samples <= 60:
        raise InputError(f"sun_samples is {sun_samples!r}; it must lie within 1 to 60")
    grid = city if isinstance(city, xr.Dataset) else city.grid
    spec = check_grid(grid, ("building_id", "ground_elevation", "surface_elevation"))
    number = np.asarray(grid["building_id"].values).astype(np.int32)
    roof = number > 0
    if not roof.any():
        raise MissingDataError("the grid has no building (building_id is 0 everywhere), so no roof to look at")
    light = sum_of_light(weather, spec, sky=sky, samples=sun_samples)
    names = used_names(grid)
    fields = {name: grid[name].values for name in names} | {"building_id": number}
    tilt, aspect, said = _planes(grid, roof)
    obstacles = obstacles_of(fields, spec.resolution, global_origin(spec))
    received = np.full(spec.shape, np.nan, np.float32)
    with kernels.running(threads):
        for plate in _plates(spec.shape):
            here = plate.of(roof)
            if here.any():
                planes = np.radians(plate.of(tilt)[here]), np.radians(plate.of(aspect)[here])
                plate.of(received)[here] = _receive(
                    obstacles, light, plate, here, planes, albedo, canopy_transmissivity, directions
                )
    result = spec.dataset().assign(
        roof_irradiation=(("y", "x"), received),
        building_id=(("y", "x"), number),
        roof_slope=(("y", "x"), np.where(roof, tilt, np.nan).astype(np.float32)),
        roof_aspect=(("y", "x"), np.where(roof & (tilt > 0), aspect, np.nan).astype(np.float32)),
    )
    options = {
        "albedo": albedo,
        "sky": sky,
        "canopy_transmissivity": canopy_transmissivity,
        "sun_samples": sun_samples,
        "directions": directions,
    }
    used = [name for name in (*names, "roof_slope", "roof_aspect") if name in grid]
    light = replace(light, caveats=(*light.caveats, *said))
    return described(result, light, options, (grid[used], weather))


def roof_yield(
    result: xr.Dataset,
    *,
    module_efficiency: float = MODULE_EFFICIENCY,
    performance_ratio: float = PERFORMANCE_RATIO,
    least_irradiation: float | None = None,
    covered_share: float = COVERED_SHARE,
) -> pd.DataFrame:
    """Estimate the electricity that modules on the roofs of each building make.

    Parameters
    ----------
    result : xr.Dataset
        From `roof_solar_potential`.
    module_efficiency, performance_ratio, covered_share : float
        Of the modules; of the whole plant; share of suitable roofs that modules cover. Above 0 to 1.
    least_irradiation : float, optional
        Cells with less are not suitable, kWh/m2 over the time of the result; three quarters of what an open horizontal
        place receives if not given.

    Returns
    -------
    DataFrame
        By `building_id`: `roof_area` (m2, on the slope), `roof_irradiation` (kWh/m2, mean), `suitable_area` (m2) and
        `electricity` (kWh over the time of the result, a year if its weather is one).

    Raises
    ------
    InputError
        If a share is out of range.

    Examples
    --------
    >>> cells = {"roof_irradiation": [[1000.0, 500.0]], "building_id": [[3, 3]], "roof_slope": [[0.0, 60.0]]}
    >>> result = xr.Dataset({name: (("y", "x"), values) for name, values in cells.items()},
    ...                     attrs={"resolution": 2.0, "global_irradiation": 1100.0})
    >>> roof_yield(result).loc[3].round(1).tolist()
    [12.0, 666.7, 4.0, 493.9]
    """
    shares = {
        "module_efficiency": module_efficiency,
        "performance_ratio": performance_ratio,
        "covered_share": covered_share,
    }
    for name, share in shares.items():
        if not 0 < share <= 1:
            raise InputError(f"{name} is {share!r}; it must lie above 0 and up to 1")
    least = LEAST_SHARE * result.attrs["global_irradiation"] if least_irradiation is None else least_irradiation
    number = result["building_id"].values
    roof = number > 0
    energy = result["roof_irradiation"].values[roof].astype(np.float64)
    tilt = np.nan_to_num(result["roof_slope"].values[roof].astype(np.float64))
    area = result.attrs["resolution"] ** 2 / np.cos(np.radians(tilt))
    good = energy >= least
    table = pd.DataFrame(
        {
            "building_id": number[roof],
            "roof_area": area,
            "energy": area * energy,
            "suitable_area": np.where(good, area, 0.0),
            "electricity": np.where(good, area * energy, 0.0) * covered_share * module_efficiency * performance_ratio,
        }
    )
    sums = table.groupby("building_id").sum()
    mean = sums.pop("energy") / sums["roof_area"]
    sums.insert(1, "roof_irradiation", mean)
    return sums


def _plates(shape: tuple[int, int]) -> Iterator[Window]:
    for row in range(0, shape[0], PLATE):
        for column in range(0, shape[1], PLATE):
            yield Window(row, column, min(PLATE, shape[0] - row), min(PLATE, shape[1] - column))


def _planes(grid: xr.Dataset, roof: NDArray[np.bool_]) -> tuple[Float32, Float32, tuple[str, ...]]:
    """Slope and aspect of the roofs, degrees, and what is said where they are not known."""
    unknown = np.full(roof.shape, np.nan, np.float32)
    slope = grid["roof_slope"].values.astype(np.float32) if "roof_slope" in grid else unknown
    aspect = grid["roof_aspect"].values.astype(np.float32) if "roof_aspect" in grid else unknown
    steep = slope >= FLAT
    known = np.isfinite(slope) & (~steep | np.isfinite(aspect))
    missing = int((roof & ~known).sum())
    said: tuple[str, ...] = ()
    if missing:
        said = (f"{100 * missing / int(roof.sum()):.0f} % of the roof cells have no known slope and count as flat",)
    tilted = known & steep
    return (
        np.where(tilted, slope, 0.0).astype(np.float32),
        np.where(tilted, aspect, 0.0).astype(np.float32),
        said,
    )


def _receive(
    obstacles: Obstacles,
    light: Irradiation,
    plate: Window,
    here: NDArray[np.bool_],
    planes: tuple[Float32, Float32],
    albedo: float,
    transmissivity: float,
    directions: int,
) -> Float32:
    """Energy on the roof cells of a plate, in the order of `here`, kWh/m2."""
    tilt, aspect = (angle.astype(np.float64) for angle in planes)
    normal = np.stack([np.sin(tilt) * np.sin(aspect), np.sin(tilt) * np.cos(aspect), np.cos(tilt)])
    direct = np.zeros(len(tilt))
    lit = np.empty((plate.rows, plate.columns), np.float32)
    for vector, altitude, azimuth in zip(light.beam, light.altitude, light.azimuth, strict=True):
        lit[:] = 0.0
        sunlight(
            obstacles,
            altitude=float(altitude),
            azimuth=float(azimuth),
            canopy_transmissivity=transmissivity,
            window=plate,
            receivers="surface",
            add_to=lit,
        )
        direct += lit[here] * np.maximum(vector @ normal, 0.0)
    share = _sky_share(obstacles, plate, here, tilt, aspect, transmissivity, directions)
    diffuse = light.sky * (1 + np.cos(tilt)) / 2 + light.horizon * np.sin(tilt)
    reflected = albedo * light.total * (1 - np.cos(tilt)) / 2
    return (direct + np.maximum(diffuse, 0.0) * share + reflected).astype(np.float32)


def _sky_share(
    obstacles: Obstacles,
    plate: Window,
    here: NDArray[np.bool_],
    tilt: Float,
    aspect: Float,
    transmissivity: float,
    directions: int,
) -> Float:
    """Share of a free sky, weighted by the cosine on the roof's plane, that is left by what stands around."""
    surface = obstacles.surface_barriers
    roofs_as_ground: dict[str, Any] = {
        "ground": obstacles.solid,
        "slope": surface.lean,
        "roof": np.zeros_like(obstacles.roof),
    }
    views = look_around(replace(obstacles, **roofs_as_ground), directions=directions, window=plate)
    seen, free = np.zeros(len(tilt)), np.zeros(len(tilt))
    for n, azimuth in enumerate(np.radians(views.azimuth)):
        towards = np.cos(azimuth - aspect)
        own = np.arctan(np.maximum(-np.tan(tilt) * towards, 0.0))
        horizon = np.maximum(views.horizon[n][here] * (np.pi / 2 / 255.0), own)
        for angle, total in ((horizon, seen), (own, free)):
            upward = np.cos(tilt) * np.cos(angle) ** 2 / 2
            total += upward + np.sin(tilt) * towards * (np.pi / 4 - angle / 2 - np.sin(2 * angle) / 4)
    sky, crowns = views.factors[0][here].astype(np.float64), views.factors[1][here].astype(np.float64)
    hidden = crowns / np.maximum(sky + crowns, 1e-9)
    return np.asarray(np.clip(seen / free, 0.0, 1.0) * (1 - hidden * (1 - transmissivity)), np.float64)
