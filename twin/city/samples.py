"""The cities that come with the package, read by the same readers as any other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from twin.errors import InputError

if TYPE_CHECKING:
    from twin.city.city import City
    from twin.city.gridspec import Bounds

SAMPLES = {
    "bayreuth": "villages north of Bayreuth: OpenStreetMap on coarse terrain, with the whole road network",
    "tiergarten": "1 km2 of Berlin with the Reichstag: surveyed roofs, terrain and vegetation heights, few roads",
}
"""Names of the sample cities, and what they are."""


def sample_city(name: str, *, bounds: Bounds | None = None, resolution: float | None = None) -> City:
    """Load a sample city.

    Parameters
    ----------
    name : str
        ``"bayreuth"`` (default grid: the village Neudrossenfeld at 4 m, EPSG:25832) or ``"tiergarten"`` (1 m,
        EPSG:25833).
    bounds : (xmin, ymin, xmax, ymax), optional
        Other bounds, m, inside the data.
    resolution : float, optional
        Another cell size, m.

    Returns
    -------
    City

    Raises
    ------
    InputError
        If there is no sample of that name.

    Examples
    --------
    >>> city = sample_city("tiergarten", bounds=(389600, 5819900, 389640, 5819920), resolution=2.0)
    >>> city.grid.sizes["x"], city.spec.crs.to_epsg()
    (21, 25833)
    """
    from twin.city.load import load_city

    return load_city(sample_folder(name), bounds=bounds, resolution=resolution)


def sample_folder(name: str) -> Path:
    """Return the folder with the data, the `city.toml` and the README of a sample city.

    Examples
    --------
    >>> (sample_folder("bayreuth") / "README.md").is_file()
    True
    """
    if name not in SAMPLES:
        raise InputError(f"there is no sample city {name!r}; samples are: {', '.join(SAMPLES)}")
    return Path(__file__).resolve().parents[1] / "data" / name
