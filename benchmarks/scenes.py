"""Made-up scenes for speed and agreement: the same numbers everywhere, from a seed, no data file needed."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

Array = np.ndarray


def valley_town(n: int, dx: float = 2.0, seed: int = 7) -> dict[str, Array]:
    """Return a town in a valley: 1.2 % along, undulated, streets every 60 m, buildings raised by 8 m."""
    random = np.random.default_rng(seed)
    axis = (np.arange(n) + 0.5) * dx
    x, y = np.meshgrid(axis, axis)
    length = n * dx
    middle = length * 0.5 + 0.08 * length * np.sin(2 * np.pi * y / length)
    ground = 60 + 0.012 * y + 12 * ((x - middle) / (0.5 * length)) ** 2
    for wavelength, amplitude in ((60, 1.2), (10, 0.12)):
        noise = gaussian_filter(random.standard_normal((n, n)), wavelength / dx)
        ground += amplitude * noise / noise.std()
    building, _ = _blocks(x, y, length, random)
    road = ((x % 60) < 6) | ((y % 60) < 6)
    elevation = ground - 0.15 * road
    elevation[building] += 8.0
    manning = np.where(road, 0.016, 0.05)
    manning[building] = 0.02
    return {"elevation": elevation, "manning": manning, "dx": np.float64(dx)}


def flat_town(n: int, dx: float = 1.0, seed: int = 7) -> dict[str, Array]:
    """Return buildings of 4 to 25 m on flat ground, as height above ground."""
    random = np.random.default_rng(seed)
    axis = (np.arange(n) + 0.5) * dx
    x, y = np.meshgrid(axis, axis)
    building, height = _blocks(x, y, n * dx, random)
    return {"height": np.where(building, height, 0.0), "building": building, "dx": np.float64(dx)}


def _blocks(x: Array, y: Array, length: float, random: np.random.Generator) -> tuple[Array, Array]:
    building = np.zeros(x.shape, bool)
    height = np.zeros(x.shape)
    pitch = 60.0
    for row in range(int(length // pitch)):
        for column in range(int(length // pitch)):
            if random.random() < 0.12:  # a park
                continue
            cx, cy = (column + 0.5) * pitch, (row + 0.5) * pitch
            for _ in range(random.integers(1, 4)):
                wx, wy = random.uniform(10, 24, 2)
                ox, oy = random.uniform(-12, 12, 2)
                here = (abs(x - cx - ox) < wx / 2) & (abs(y - cy - oy) < wy / 2)
                building |= here
                height[here] = np.maximum(height[here], np.round(random.uniform(4, 25), 1))
    return building, height


def town_roads(side: int = 20, zones: int = 40, seed: int = 7) -> dict[str, Array]:
    """Return a square network of streets, two-way, with arterials every fifth street, and trips between zones."""
    random = np.random.default_rng(seed)
    node = np.arange(side * side).reshape(side, side) + 1
    tails, heads, fast = [], [], []
    for a, b, main in (
        (node[:, :-1], node[:, 1:], np.repeat((np.arange(side) % 5 == 0)[:, None], side - 1, 1)),
        (node[:-1], node[1:], np.repeat((np.arange(side) % 5 == 0)[None, :], side - 1, 0)),
    ):
        tails += [a.ravel(), b.ravel()]
        heads += [b.ravel(), a.ravel()]
        fast += [main.ravel(), main.ravel()]
    tail, head, main = np.concatenate(tails), np.concatenate(heads), np.concatenate(fast)
    length = random.uniform(80, 160, len(tail))
    origin = np.sort(random.choice(node.ravel(), zones, replace=False))
    demand = random.uniform(0, 12, (zones, zones))
    np.fill_diagonal(demand, 0)
    return {
        "tail": tail,
        "head": head,
        "length": length,
        "free_flow_time": length / np.where(main, 50 / 3.6, 30 / 3.6),
        "capacity": np.where(main, 1400.0, 500.0),
        "b": np.full(len(tail), 0.15),
        "power": np.full(len(tail), 4.0),
        "zone": origin,
        "demand": demand,
        "first_thru": np.int64(1),
        "gap": np.float64(1e-6),
    }
