"""Where rain on roofs goes: over the eaves, and onto which ground, or into the building."""

from __future__ import annotations

import numpy as np
import xarray as xr

from twin import variables
from twin.city.gridspec import check_grid
from twin.city.roofs import FLAT


def roof_drainage(grid: xr.Dataset) -> xr.Dataset:
    """Tell which roof cells drain over their eaves, and onto which open cell.

    Rain runs down a pitched roof from cell to cell, each time to the neighbour (of eight) in the direction the roof
    faces, until it leaves the building. Roofs that are flat (slope below `FLAT`), roofs that fall towards a
    higher one, and valleys without a way out drain inside: into gutters and downpipes that a model of the surface does
    not show. Gutters at the eaves are not in the data either: what drains over the eaves is the most that can.

    Parameters
    ----------
    grid : xr.Dataset
        A city's grid with `building_id`, `surface_elevation`, `roof_slope` and `roof_aspect`.

    Returns
    -------
    xr.Dataset
        On (y, x): `roof_drainage` (flags: no roof, over the eaves, inside) and `eaves_receiver` (row times columns plus
        column of the open cell, -1 where there is none).

    Raises
    ------
    MissingDataError
        If a variable is missing.

    Examples
    --------
    A roof of two cells that faces east beside an open cell:

    >>> from twin.city.gridspec import GridSpec
    >>> spec = GridSpec(0, 1, 1.0, 1, 3, "EPSG:25832")
    >>> east = {"building_id": [[1, 1, 0]], "surface_elevation": [[9.0, 8, 2]], "roof_slope": [[45.0, 45, np.nan]],
    ...         "roof_aspect": [[90.0, 90, np.nan]]}
    >>> grid = spec.dataset().assign({name: (("y", "x"), values) for name, values in east.items()})
    >>> roof_drainage(grid).eaves_receiver.values.tolist()
    [[2, 2, -1]]
    """
    needed = ("building_id", "surface_elevation", "roof_slope", "roof_aspect")
    spec = check_grid(grid, needed)
    roof = np.asarray(grid["building_id"].values) > 0
    number = np.full(spec.shape, -1, np.int32)
    rows, columns = np.nonzero(roof)
    number[rows, columns] = np.arange(len(rows), dtype=np.int32)
    slope, aspect = (np.asarray(grid[name].values)[rows, columns] for name in ("roof_slope", "roof_aspect"))
    level = np.asarray(grid["surface_elevation"].values)
    steps = np.round(np.nan_to_num(aspect, nan=0.0) / 45.0).astype(np.int64) % 8
    down = np.array([-1, -1, 0, 1, 1, 1, 0, -1])[steps] + rows
    right = np.array([0, 1, 1, 1, 0, -1, -1, -1])[steps] + columns
    on_grid = (down >= 0) & (down < spec.rows) & (right >= 0) & (right < spec.columns)
    down, right = np.where(on_grid, down, rows), np.where(on_grid, right, columns)
    with np.errstate(invalid="ignore"):
        runs = on_grid & (slope >= FLAT) & np.isfinite(aspect) & (level[down, right] <= level[rows, columns])
    target = number[down, right]
    itself = np.arange(len(rows), dtype=np.int32)
    # where a cell's water stands after one step: the next roof cell, or the open cell it falls on
    following = np.where(runs & (target >= 0), target, itself)
    receiver = np.where(runs & (target < 0), down * spec.columns + right, -1).astype(np.int32)
    for _ in range(max(1, int(np.ceil(np.log2(len(rows) + 1))))):  # every round doubles the way that is followed
        following = following[following]
    drainage, receivers = np.zeros(spec.shape, np.uint8), np.full(spec.shape, -1, np.int32)
    found = receiver[following] if len(rows) else receiver
    over, inside = (variables.flag("roof_drainage", word) for word in ("over_eaves", "inside"))
    drainage[rows, columns] = np.where(found >= 0, over, inside)
    receivers[rows, columns] = found
    layers = {"roof_drainage": (("y", "x"), drainage), "eaves_receiver": (("y", "x"), receivers)}
    return variables.describe(spec.dataset().assign(layers))
