"""How the models of one study touch each other, each link with a switch of its own.

Heat, flood and traffic never see one another: what passes between them passes here. A switch that is off shows what
the other paths do alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
import xarray as xr
from numpy.typing import NDArray

from twin.city.gridspec import GridSpec
from twin.errors import InputError
from twin.scenario.measures.measure import replace_variables
from twin.units import Quantity, to_si

if TYPE_CHECKING:
    from twin.city.roads import RoadNetwork

HEAT_SURFACE = ("albedo", "emissivity", "land_cover", "sealed_fraction", "soil_wetness")
"""What unsealing, watering and light paving change for the heat model."""

WATER_SURFACE = ("manning", "infiltration_initial_rate", "infiltration_final_rate", "infiltration_decay")
"""What unsealing changes for the flood model."""

THIN_FILM = 0.01
"""Depth below which a wet cell is rain on its way, not a flooded road, m."""

DEEPEST_FITTED = 0.30
"""Deepest water of the observations behind `safe_speed`, m."""


@dataclass(frozen=True)
class Couplings:
    """Which links between the models are on.

    flooded_roads : traffic after a rain event meets roads that its water slows or closes
    surface_to_heat : the heat model sees the ground as the measures leave it (off: the baseline's ground)
    surface_to_water : the flood model sees the ground as the measures leave it (off: the baseline's ground)
    passable_depth : number (m) or text; deepest water a car still drives through, 0.30 m after [1]_

    References
    ----------
    .. [1] Pregnolato, M., Ford, A., Wilkinson, S. M., Dawson, R. J. (2017): The impact of flooding on road transport:
       a depth-disruption function. Transportation Research Part D 55, 67-81.

    Examples
    --------
    >>> Couplings(surface_to_heat=False).flooded_roads
    True
    """

    flooded_roads: bool = True
    surface_to_heat: bool = True
    surface_to_water: bool = True
    passable_depth: Quantity = 0.30

    def __post_init__(self) -> None:
        for name in ("flooded_roads", "surface_to_heat", "surface_to_water"):
            if not isinstance(getattr(self, name), bool):
                raise InputError(f"coupling {name} is {getattr(self, name)!r}; it is either true or false")
        depth = to_si(self.passable_depth, "m", name="passable_depth")
        if not THIN_FILM < depth <= 1.0:
            raise InputError(f"passable_depth is {self.passable_depth!r}; it must lie between {THIN_FILM} m and 1 m")
        object.__setattr__(self, "passable_depth", depth)


def safe_speed(depth: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the highest speed at which cars still drive through water, m/s.

    Parameters
    ----------
    depth : array of float
        Water depth, m, from 0; above 0.30 m no car passes and the speed is 0.

    Returns
    -------
    array of float

    Notes
    -----
    ``v = 0.0009 w² - 0.5529 w + 86.9448`` in km/h with the depth w in mm: Pregnolato et al. 2017, equation of the
    depth-disruption curve, fitted to observations and experiments up to 300 mm.

    Examples
    --------
    >>> np.round(safe_speed(np.array([0.0, 0.15, 0.31])) * 3.6, 2)
    array([86.94, 24.26,  0.  ])
    """
    w = np.asarray(depth, dtype=np.float64) * 1000.0
    kmh = 0.0009 * w**2 - 0.5529 * w + 86.9448
    return np.where(w > DEEPEST_FITTED * 1000.0, 0.0, kmh) / 3.6


def depth_on_links(network: RoadNetwork, depth: xr.DataArray) -> NDArray[np.float64]:
    """Return the deepest water along each link, sampled every half cell; NaN for links that never touch the grid.

    Parameters
    ----------
    network : RoadNetwork
        In the CRS of the grid.
    depth : xr.DataArray
        Water depth on (y, x), m; cells of NaN (buildings) hold no water on a road.
    """
    owner, sampled = _samples(network, depth)
    deepest = np.full(len(network.links), np.nan)
    np.fmax.at(deepest, owner, sampled)
    return deepest


def passable_share(
    network: RoadNetwork, depth: xr.DataArray, couplings: Couplings
) -> tuple[xr.DataArray, NDArray[np.float64]]:
    """Return how much of each link's free-flow speed the water leaves: 0 where too deep, 1 where dry.

    A link takes as long as its pieces do, each at the speed its own depth allows. Links outside the grid, and pieces
    under less than a film of water, stay as they are. Networks do not tell bridges apart: a road over a stream counts
    as flooded once the water on the grid below it is deep, which is on the safe side.

    Returns
    -------
    share : xr.DataArray over `link`
        0 to 1, as `twin.traffic.assign` takes it.
    depths : array of float
        Deepest water of each link, m, NaN off the grid.
    """
    depths = depth_on_links(network, depth)
    impassable = np.nan_to_num(depths) > float(couplings.passable_depth)
    speed = network.links["free_flow_speed"].to_numpy(dtype=np.float64)
    owner, sampled = _samples(network, depth)
    allowed = np.where(sampled > THIN_FILM, safe_speed(np.minimum(sampled, DEEPEST_FITTED)), np.inf)
    # time of the whole link over its time when dry, from the pieces that lie on the grid
    extra = np.bincount(owner, speed[owner] / np.minimum(allowed, speed[owner]) - 1.0, minlength=len(speed))
    share = np.where(impassable, 0.0, 1.0 / (1.0 + extra / _piece_counts(network, depth)))
    return xr.DataArray(share, {"link": network.links.index.to_numpy()}, ("link",), name="passable"), depths


def _piece_counts(network: RoadNetwork, depth: xr.DataArray) -> NDArray[np.int64]:
    lengths = shapely.length(network.links.geometry.values)
    resolution = GridSpec.from_dataset(depth).resolution
    return np.asarray(np.maximum(2, np.ceil(lengths / (0.5 * resolution))), dtype=np.int64)


def _samples(network: RoadNetwork, depth: xr.DataArray) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the row of the link and the depth at the middle of every piece that lies on the grid."""
    spec = GridSpec.from_dataset(depth)
    counts = _piece_counts(network, depth)
    lines = network.links.geometry.values
    owner = np.repeat(np.arange(len(lines)), counts)
    first = np.repeat(np.cumsum(counts) - counts, counts)
    share = (np.arange(len(owner)) - first + 0.5) / counts[owner]
    points = shapely.get_coordinates(shapely.line_interpolate_point(lines[owner], share, normalized=True))
    columns = np.floor((points[:, 0] - spec.left) / spec.resolution).astype(int)
    rows = np.floor((spec.top - points[:, 1]) / spec.resolution).astype(int)
    here = (columns >= 0) & (columns < spec.columns) & (rows >= 0) & (rows < spec.rows)
    values = np.asarray(depth.values, dtype=np.float64)
    return owner[here], np.nan_to_num(values[rows[here], columns[here]])


def ground_seen(grid: xr.Dataset, baseline: xr.Dataset, names: tuple[str, ...]) -> xr.Dataset:
    """Return `grid` with the ground's parameters of `baseline` wherever buildings are the same in both."""
    same = grid["building_id"].values == baseline["building_id"].values
    # an optional variable that only a measure brought was empty before
    old = {
        name: np.where(same, baseline[name].values if name in baseline else np.nan, grid[name].values)
        for name in names
        if name in grid
    }
    return replace_variables(grid, old)
