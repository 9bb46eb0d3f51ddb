"""The sun on facades: what the walls of a city receive over a day or a year, by height, orientation and building.

A wall is an open cell beside a building (`city.wall_cells`): it stands at that cell's edge towards the building if it
runs along the grid, and through the cell's centre if it runs aslant. It is cut into parts one above another.
"""

from __future__ import annotations

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
from twin.heat.rays import even_azimuths
from twin.heat.scene import obstacles_of
from twin.heat.shade import CANOPY_TRANSMISSIVITY
from twin.heat.wall_shade import Walls, add_wall_beam, lines_from_walls, make_walls, own_steps
from twin.heat.window import global_origin

if TYPE_CHECKING:
    from twin.city.city import City

ORIENTATIONS = ("north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest")

Float = NDArray[np.float64]


def facade_irradiation(
    city: City | xr.Dataset,
    weather: xr.Dataset | None = None,
    *,
    step: float = 3.0,
    albedo: float = 0.2,
    sky: Skies = "perez",
    canopy_transmissivity: float = CANOPY_TRANSMISSIVITY,
    sun_samples: int = 3,
    directions: int = 64,
    threads: int | None = None,
) -> xr.Dataset:
    """Compute what walls receive from the sun and the sky.

    The beam is followed exactly to every part of every wall, past buildings, terrain and crowns. Diffuse light comes
    from the sky that the middle of the part sees. The ground reflects what an open place receives, as much as the
    wall's foot sees of the sky; light from other walls is left out, so that narrow streets receive somewhat more.

    Parameters
    ----------
    city : City or xr.Dataset
        A city, or its grid with `building_id`, `ground_elevation` and `surface_elevation`; walls of a grid alone face
        along its axes.
    weather : xr.Dataset, optional
        Light over time, see `irradiation.sum_of_light`; without it a year of cloudless days.
    step : float
        Height of the parts of a wall, m, above 0.
    albedo : float
        Of the ground, 0 to 1.
    sky : {"perez", "haydavies", "isotropic"}
        How diffuse light is spread over the sky.
    canopy_transmissivity : float
        Share of light through crowns, 0 to 1, where the grid does not say otherwise.
    sun_samples : int
        Positions of the sun in a step of the weather.
    directions : int
        Azimuths along which walls look for the sky, a multiple of 4.
    threads : int, optional
        All of them if not given.

    Returns
    -------
    xr.Dataset
        On (y, x), NaN where there is no wall: `facade_irradiation` (kWh/m2 of wall, mean over its height),
        `wall_height`, `wall_azimuth`; and over `wall`, one entry for each of these cells, row by row: `wall_row`,
        `wall_column`, `wall_building` (the number of its building), `wall_area` (m2), `wall_irradiation` (kWh/m2),
        with `part_irradiation` over (wall, part), NaN above the wall, and `part_bottom` (m above the foot). See
        `facades_by` for sums.

    Raises
    ------
    InputError, MissingDataError
        If an option is out of range, the grid lacks a variable, or the weather has no light.

    References
    ----------
    R. Perez, P. Ineichen, R. Seals, J. Michalsky, R. Stewart (1990): Modeling daylight availability and irradiance
    components from direct and global irradiance. Solar Energy 44, 271-289.

    Examples
    --------
    A house of 6 m, alone on a plain, in a year without clouds:

    >>> from twin.city import GridSpec
    >>> spec = GridSpec.from_bounds((691000, 5537000, 691018, 5537018), 2.0, 25832)
    >>> house = np.zeros((9, 9)); house[3:6, 3:6] = 6.0
    >>> layers = {"building_id": house > 0, "ground_elevation": 0 * house, "surface_elevation": house}
    >>> grid = spec.dataset().assign({name: (("y", "x"), values) for name, values in layers.items()})
    >>> sides = facades_by(facade_irradiation(grid), "orientation")
    >>> sides.wall_area.tolist(), bool(sides.facade_irradiation["south"] > sides.facade_irradiation["north"])
    ([36.0, 36.0, 36.0, 36.0], True)
    """
    _check(step, albedo, canopy_transmissivity, directions, sun_samples)
    grid, layers = _walls_of(city)
    spec = check_grid(grid, ("building_id", "ground_elevation", "surface_elevation"))
    light = sum_of_light(weather, spec, sky=sky, samples=sun_samples)
    fields = {name: grid[name].values for name in used_names(grid)}
    fields["building_id"] = np.asarray(fields["building_id"]).astype(np.int32)
    obstacles = obstacles_of(fields, spec.resolution, global_origin(spec))
    walls = make_walls(obstacles, layers["wall_height"].values, layers["wall_azimuth"].values)
    with kernels.running(threads):
        parts = _receive(obstacles, light, walls, step, albedo, canopy_transmissivity, directions)
    place, tall = walls.place, walls.tall
    bottom = np.arange(parts.shape[1]) * step
    depth = np.clip(tall[:, None] - bottom, 0.0, step)
    mean = (parts * depth).sum(axis=1) / np.maximum(depth.sum(axis=1), 1e-9)
    received = np.full(spec.shape, np.nan, np.float32)
    received[place[:, 0], place[:, 1]] = mean
    normal = np.radians(walls.facing)
    length = spec.resolution / np.maximum(np.abs(np.sin(normal)), np.abs(np.cos(normal)))
    result = layers.assign(
        facade_irradiation=(("y", "x"), received),
        wall_row=("wall", place[:, 0].astype(np.int32)),
        wall_column=("wall", place[:, 1].astype(np.int32)),
        wall_building=("wall", _owners(fields["building_id"], fields["surface_elevation"], place)),
        wall_area=("wall", (tall * length).astype(np.float32), {"units": "m2"}),
        wall_irradiation=("wall", mean.astype(np.float32), {"units": "kWh m-2"}),
        part_irradiation=(
            ("wall", "part"),
            np.where(depth > 0, parts, np.nan).astype(np.float32),
            {"units": "kWh m-2"},
        ),
        part_bottom=("part", bottom, {"units": "m"}),
    )
    options = {
        "step": step,
        "albedo": albedo,
        "sky": sky,
        "canopy_transmissivity": canopy_transmissivity,
        "sun_samples": sun_samples,
        "directions": directions,
    }
    return described(result, light, options, (grid[list(fields)], weather))


def facades_by(result: xr.Dataset, what: str) -> pd.DataFrame:
    """Sum walls by orientation or building.

    Parameters
    ----------
    result : xr.Dataset
        From `facade_irradiation`.
    what : {"orientation", "building"}
        Eight orientations, or the numbers of the buildings.

    Returns
    -------
    DataFrame
        `wall_area` (m2), `facade_energy` (kWh) and `facade_irradiation` (kWh/m2) for each that has walls.

    Raises
    ------
    InputError
        If `what` is neither.

    Examples
    --------
    >>> walls = xr.Dataset({"wall_area": ("wall", [10.0, 30.0]), "wall_irradiation": ("wall", [500.0, 100.0]),
    ...                     "wall_building": ("wall", [7, 7])})
    >>> facades_by(walls, "building").loc[7].tolist()
    [40.0, 8000.0, 200.0]
    """
    if what == "building":
        key: Any = result["wall_building"].values
    elif what == "orientation":
        facing = result["wall_azimuth"].values[result["wall_row"].values, result["wall_column"].values]
        octant = np.round(np.asarray(facing, np.float64) / 45.0).astype(np.int64) % 8
        key = pd.Categorical.from_codes(octant, categories=pd.Index(ORIENTATIONS), ordered=True)
    else:
        raise InputError(f"what is {what!r}; it must be 'orientation' or 'building'")
    area = result["wall_area"].values.astype(np.float64)
    table = pd.DataFrame(
        {what: key, "wall_area": area, "facade_energy": area * result["wall_irradiation"].values.astype(np.float64)}
    )
    sums = table.groupby(what, observed=True).sum()
    return sums.assign(facade_irradiation=sums["facade_energy"] / sums["wall_area"])


def _check(step: float, albedo: float, transmissivity: float, directions: int, samples: int) -> None:
    if not 0.1 <= step <= 1000:
        raise InputError(f"step is {step!r} m; parts of walls must be 0.1 m to 1000 m high")
    for name, share in (("albedo", albedo), ("canopy_transmissivity", transmissivity)):
        if not 0 <= share <= 1:
            raise InputError(f"{name} is {share!r}; it must lie within 0 to 1")
    if directions < 4 or directions % 4:
        raise InputError(f"directions is {directions!r}; it must be a multiple of 4")
    if not 1 <= samples <= 60:
        raise InputError(f"sun_samples is {samples!r}; it must lie within 1 to 60")


def _walls_of(city: City | xr.Dataset) -> tuple[xr.Dataset, xr.Dataset]:
    """Return the grid and its walls; a grid alone has no footprints, so its walls face across the sides of cells."""
    import geopandas as gpd

    from twin.city.city import City
    from twin.city.walls import wall_cells

    if isinstance(city, xr.Dataset):
        spec = check_grid(city, ("building_id", "ground_elevation", "surface_elevation"))
        number = np.asarray(city["building_id"].values).astype(np.int32)
        grid = city.assign(building_id=(("y", "x"), number))
        numbers = np.unique(number[number > 0])
        footprints = gpd.GeoDataFrame(index=numbers, geometry=[None] * len(numbers), crs=spec.crs)
        city = City("grid", grid, footprints, None, gpd.GeoDataFrame(geometry=[], crs=spec.crs))
    walls = wall_cells(city)
    if not np.isfinite(walls["wall_height"].values).any():
        raise MissingDataError("the grid has no walls: no open cell lies beside a building; see city.wall_cells")
    return city.grid, walls


def _owners(number: NDArray[np.int32], surface: NDArray[Any], place: NDArray[np.int64]) -> NDArray[np.int32]:
    """Number of the highest building beside each of the cells."""
    height = np.pad(np.where(number > 0, surface, -np.inf), 1, constant_values=-np.inf)
    numbers = np.pad(number, 1)
    steps = ((-1, 0), (0, 1), (1, 0), (0, -1))
    beside = np.stack([height[place[:, 0] + 1 + down, place[:, 1] + 1 + right] for down, right in steps])
    owner = np.stack([numbers[place[:, 0] + 1 + down, place[:, 1] + 1 + right] for down, right in steps])
    return np.asarray(owner[beside.argmax(axis=0), np.arange(len(place))], np.int32)


def _receive(
    obstacles: Obstacles,
    light: Irradiation,
    walls: Walls,
    step: float,
    albedo: float,
    transmissivity: float,
    directions: int,
) -> Float:
    """Energy on every part of every wall (walls, parts), kWh/m2; 0 above the wall."""
    from twin.heat import wall_kernels

    parts = walls.parts(step)
    normal = np.stack([np.sin(np.radians(walls.facing)), np.cos(np.radians(walls.facing))])
    received, shade = np.zeros((len(walls.place), parts)), np.zeros(len(walls.place))
    for vector, altitude, azimuth in zip(light.beam, light.altitude, light.azimuth, strict=True):
        gain = vector[0] * normal[0] + vector[1] * normal[1]
        add_wall_beam(obstacles, walls, altitude, azimuth, step, transmissivity, gain, received, shade)
    seen = np.zeros((2, len(walls.place), parts))
    azimuths = even_azimuths(directions)
    row, column, near, far, start = lines_from_walls(azimuths, obstacles, np.inf)
    wall_kernels.see_sky(
        walls.place,
        walls.foot,
        walls.side,
        walls.tall,
        np.radians(walls.facing),
        step,
        obstacles.solid,
        obstacles.roof,
        obstacles.top,
        obstacles.base,
        obstacles.highest,
        np.radians(azimuths),
        row,
        column,
        near,
        far,
        start,
        own_steps(obstacles),
        seen,
    )
    view = seen[1] + transmissivity * (seen[0] - seen[1])
    open_sky = 2.0 * view
    diffuse = (light.sky / 2 + light.horizon) * open_sky
    reflected = 0.5 * albedo * light.total * np.minimum(open_sky[:, :1], 1.0)
    there = np.arange(parts) * step < walls.tall[:, None]
    return np.asarray(np.where(there, received + np.maximum(diffuse, 0.0) + reflected, 0.0))
