"""A synthetic town on 2 m cells: valley, undulation, streets every 60 m, buildings raised 8 m. Needs no `twin`.

`city(500)` is the case of 250,000 cells behind the figures for speed and balance, `city(1000)` that of a million.
"""

import numpy as np
from scipy.ndimage import gaussian_filter

CELL = 2.0
PITCH = 60.0


def city(n, seed=7):
    """Elevation with buildings (m), Manning's n (s m-1/3), building mask, street mask; rows run along the valley."""
    rng = np.random.default_rng(seed)
    axis = (np.arange(n) + 0.5) * CELL
    x, y = np.meshgrid(axis, axis)
    length = n * CELL
    middle = 0.5 * length + 0.08 * length * np.sin(2 * np.pi * y / length)
    elevation = 60 + 0.012 * y + 12 * ((x - middle) / (0.5 * length)) ** 2
    for wavelength, amplitude in ((60, 1.2), (10, 0.12)):
        noise = gaussian_filter(rng.standard_normal((n, n)), wavelength / CELL)
        elevation += amplitude * noise / noise.std()
    building = np.zeros((n, n), bool)
    blocks = int(length // PITCH)
    for row in range(blocks):
        for column in range(blocks):
            if rng.random() < 0.12:  # a park
                continue
            for _ in range(rng.integers(1, 4)):
                width, depth = rng.uniform(10, 24), rng.uniform(10, 24)
                east, south = (column + 0.5) * PITCH + rng.uniform(-12, 12), (row + 0.5) * PITCH + rng.uniform(-12, 12)
                building |= (abs(x - east) < width / 2) & (abs(y - south) < depth / 2)
    street = ((x % PITCH) < 6) | ((y % PITCH) < 6)
    elevation = elevation - 0.15 * street + 8.0 * building
    manning = np.where(building, 0.02, np.where(street, 0.016, 0.05))
    return elevation, manning, building, street
