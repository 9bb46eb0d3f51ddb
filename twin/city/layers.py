"""Fields of a city to one described Dataset: types, units, how each was made, its source and licence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin import variables
from twin.city.city import Source
from twin.city.gridspec import GridSpec
from twin.city.surfaces import land_cover_attributes, with_parameters

ROLES = ("terrain", "buildings", "land_cover", "canopy", "trees", "roads", "fill_buildings", "residents")
"""What a source can be the source of."""

# which roles stand behind a variable
_ORIGIN = {
    "ground_elevation": ("terrain",),
    "ground_source": ("terrain",),
    "surface_elevation": ("terrain", "buildings", "fill_buildings"),
    **dict.fromkeys(
        (
            "building_id",
            "building_source",
            "building_fraction",
            "roof_elevation",
            "roof_slope",
            "roof_aspect",
            "green_roof_fraction",
        ),
        ("buildings", "fill_buildings"),
    ),
    **dict.fromkeys(
        ("canopy_height", "canopy_base_height", "canopy_source"), ("canopy", "trees", "buildings", "fill_buildings")
    ),
}


def described_grid(
    spec: GridSpec,
    fields: dict[str, tuple[NDArray[Any], str]],
    sources: Mapping[str, Source],
    canopy_measured: bool,
    vertical_datum: str | None,
) -> xr.Dataset:
    """Return the grid with the fields given as (values, how they were made), and what follows from the land cover."""
    grid = spec.dataset()
    for name, (values, how) in fields.items():
        typed = np.asarray(values, variables.VARIABLES[name].dtype)
        grid[name] = (("y", "x"), typed, {"processing": how})
    grid = with_parameters(grid)
    grid["land_cover"].attrs.update(land_cover_attributes())
    for key, array in grid.data_vars.items():
        roles = _ORIGIN.get(str(key), ("land_cover", "buildings", "fill_buildings"))
        if not canopy_measured:
            roles = tuple("land_cover" if role == "canopy" else role for role in roles)
        origins = list(dict.fromkeys(sources[role] for role in roles if role in sources))
        if origins:
            array.attrs["source"] = "; ".join(origin.name for origin in origins)
            array.attrs["license"] = "; ".join(dict.fromkeys(origin.license for origin in origins))
            array.attrs["attribution"] = "; ".join(dict.fromkeys(origin.attribution for origin in origins))
        if str(key).endswith("elevation") and vertical_datum:
            array.attrs["vertical_datum"] = vertical_datum
    return variables.describe(grid)
