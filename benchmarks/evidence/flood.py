"""Flood: still water, uniform flow, runoff from a plane, a dam break, and the water balance of a town."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np

from benchmarks.evidence.row import Row
from benchmarks.scenes import valley_town


def rows() -> Iterator[Row]:
    yield _lake()
    yield _plane()
    yield _dam_break()
    yield _balance("single")
    yield _balance("double")


def _grid(elevation: np.ndarray, manning: float | np.ndarray, dx: float):
    import twin

    rows, columns = elevation.shape
    spec = twin.GridSpec.from_bounds((0, 0, columns * dx, rows * dx), dx, "EPSG:25832")
    return spec.dataset().assign(
        surface_elevation=(("y", "x"), elevation),
        manning=(("y", "x"), np.broadcast_to(manning, elevation.shape).astype(float)),
    )


def _lake() -> Row:
    import twin

    random = np.random.default_rng(3)
    bed = random.uniform(0, 2, (40, 50))
    depth = np.maximum(1.2 - bed, 0.0)
    grid = _grid(bed, 0.03, 2.0)
    start = grid.surface_elevation.copy(data=depth)
    water = twin.flood.simulate(grid, initial_depth=start, duration=600.0, edges="closed", infiltration=False)
    moved = float(np.abs(water.water_depth.values[-1] - depth).max())
    return Row(
        "flood",
        "a lake among rough islands, 10 minutes",
        "analytic",
        "no change of depth",
        f"largest change {moved:.2g} m",
        "still water",
    )


def _plane() -> Row:
    import twin

    rain, slope, n, length = 40e-3 / 3600, 0.02, 0.03, 100.0
    dx = 1.0
    bed = np.repeat(((np.arange(100) + 0.5) * dx * slope)[::-1][None, :], 101, axis=0)
    water = twin.flood.simulate(
        _grid(bed, n, dx),
        rain=twin.weather.block_rain(rain * 3600, 3600.0),
        duration=3600.0,
        edges="open",
        infiltration=False,
    )
    found = float(water.water_depth.values[-1][50, 89])  # far from the sides, which are open too
    known = (n * rain * (90 - 0.5) / np.sqrt(slope)) ** 0.6
    return Row(
        "flood",
        f"steady runoff from a plane of {length:g} m at 2 %, 40 mm/h: depth 90 m below the divide",
        "analytic",
        f"{known * 1000:.3f} mm",
        f"{found * 1000:.3f} mm",
        "kinematic wave with Manning's law",
    )


def _dam_break() -> Row:
    import twin

    deep, dx, seconds, cells = 2.0, 1.0, 30.0, 600
    bed = np.zeros((3, cells))
    grid = _grid(bed, 1e-4, dx)
    x = (np.arange(cells) + 0.5) * dx - cells * dx / 2
    depth = np.where(x < 0, deep, 0.0) + bed
    water = twin.flood.simulate(
        grid,
        initial_depth=grid.surface_elevation.copy(data=depth),
        duration=seconds,
        edges="closed",
        infiltration=False,
    )
    found = water.water_depth.values[-1][1].astype(float)
    c = np.sqrt(9.81 * deep)
    known = np.where(x / seconds < -c, deep, np.where(x / seconds > 2 * c, 0, (2 * c - x / seconds) ** 2 / (9 * 9.81)))
    rms = float(np.sqrt(np.mean((found - known)[np.abs(x) < 2 * c * seconds] ** 2)))
    front = float(x[np.flatnonzero(found > 0.05)[-1]])
    true_front = float(x[np.flatnonzero(known > 0.05)[-1]])
    return Row(
        "flood",
        "dam break of 2 m on a dry, smooth bed, 30 s",
        "analytic",
        f"front (5 cm) at {true_front:.0f} m",
        f"front at {front:.0f} m, depth off by {rms:.2f} m (root mean square): the equations have no advection",
        "Ritter 1892",
    )


def _balance(precision: Literal["single", "double"]) -> Row:
    import twin

    town = valley_town(500)
    grid = _grid(town["elevation"], town["manning"], 2.0)
    rain = twin.weather.block_rain("60 mm", "60 min")
    water = twin.flood.simulate(
        grid, rain=rain, duration="60 min", edges="closed", infiltration=False, precision=precision
    )
    lowest = float(water.water_depth.min())
    return Row(
        "flood",
        f"60 mm in one hour on a town of 250,000 cells, buildings of 8 m, {precision} precision: balance, lowest depth",
        "analytic",
        "0; not negative",
        f"{float(water.volume_error):.2g} of the rain; {lowest:.2g} m",
        "conservation",
    )
