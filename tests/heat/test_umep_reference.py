"""Shade and sky view in Athens against reference output of UMEP, and why they are not the same by default.

UMEP measures the distance to a wall from cell centre to cell centre; here a wall stands at its cell's edge, half a cell
nearer. With walls put back to the centres (`walls="centres"`), shade must be identical in every cell.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio

from twin.heat.obstacles import Obstacles, make_obstacles
from twin.heat.shade import sunlight
from twin.heat.views import look_around
from twin.heat.wall_shade import wall_shade_from_centres

Golden = dict[str, np.ndarray]
SUN = {"morning": (30.0, 90.0), "noon": (60.0, 180.0)}  # altitude and azimuth of the reference


@pytest.fixture(scope="module")
def golden(shared_data: Callable[[str], Path]) -> Golden:
    with np.load(shared_data("heat/golden_umep_athens/golden_umep.npz")) as archive:
        data = {name: archive[name] for name in archive.files}
    with rasterio.open(shared_data("heat/athens/DEM.tif")) as raster:
        data["dem"] = raster.read(1)
    return data


@pytest.fixture(scope="module")
def athens(golden: Golden) -> Obstacles:
    surface = golden["input_dsm"]
    roof = surface - golden["dem"] > 2.0
    ground = np.where(roof, golden["dem"], surface)
    above = {
        name: np.where(golden[layer] > 0, np.maximum(golden[layer] - ground, 0.0), 0.0)
        for name, layer in (("canopy_height", "input_cdsm"), ("canopy_base_height", "input_tdsm"))
    }
    return make_obstacles(ground, surface, roof, resolution=1.0, **above)


def _absolute(golden: Golden, athens: Obstacles) -> Obstacles:
    """The surface and the crowns bit by bit as the reference was given them."""
    surface = golden["input_dsm"]
    return replace(
        athens,
        ground=np.where(athens.roof, golden["dem"], surface),
        solid=surface,
        top=golden["input_cdsm"],
        base=golden["input_tdsm"],
    )


def _bare(athens: Obstacles) -> Obstacles:
    return replace(athens, top=athens.ground, base=athens.ground)


@pytest.mark.shared
@pytest.mark.parametrize("time", SUN)
def test_shade_of_buildings_is_identical_with_walls_at_cell_centres(
    golden: Golden, athens: Obstacles, time: str
) -> None:
    altitude, azimuth = SUN[time]
    got = sunlight(_absolute(golden, athens), altitude=altitude, azimuth=azimuth, receivers="surface", walls="centres")
    np.testing.assert_array_equal(got > 0, golden[f"shadow_{time}_bldg_sh"] > 0)


@pytest.mark.shared
@pytest.mark.parametrize("time", SUN)
def test_shade_of_crowns_is_identical_with_crowns_at_cell_centres(golden: Golden, athens: Obstacles, time: str) -> None:
    altitude, azimuth = SUN[time]
    scene = _absolute(golden, athens)
    got = sunlight(
        scene, altitude=altitude, azimuth=azimuth, canopy_transmissivity=0.5, receivers="surface", walls="centres"
    )
    np.testing.assert_array_equal(got == 0.5, golden[f"shadow_{time}_veg_sh"] == 0)
    on_ground = sunlight(scene, altitude=altitude, azimuth=azimuth, canopy_transmissivity=0.5, walls="centres")
    np.testing.assert_array_equal(on_ground, np.where(athens.roof, 0, got))


@pytest.mark.shared
def test_shade_on_walls_is_as_high(golden: Golden, athens: Obstacles) -> None:
    altitude, azimuth = SUN["noon"]
    height, facing = golden["input_wall_ht"], golden["input_wall_asp"]
    got = wall_shade_from_centres(golden["input_dsm"], height, facing, altitude=altitude, azimuth=azimuth)
    np.testing.assert_allclose(got, golden["shadow_noon_wall_sh"], atol=1e-4)  # elevations are single precision


@pytest.mark.shared
@pytest.mark.parametrize("time", SUN)
def test_shade_differs_only_where_half_a_cell_matters(golden: Golden, athens: Obstacles, time: str) -> None:
    altitude, azimuth = SUN[time]
    got = sunlight(athens, altitude=altitude, azimuth=azimuth, canopy_transmissivity=0.0)
    expected = golden[f"shadow_{time}_bldg_sh"] * golden[f"shadow_{time}_veg_sh"]
    # found: 0.3 % in the morning (walls along the sun), 1.7 % at noon (walls across it)
    assert (got != expected)[~athens.roof].mean() < 0.02


@pytest.mark.shared
def test_sky_view_is_near_and_lower_for_nearer_walls(golden: Golden, athens: Obstacles) -> None:
    """Found for ground cells: buildings RMSE 0.029, bias -0.023, of which half stays with walls at the centres.

    The rest is that of 153 patches of sky against continuous horizon angles. Crowns: RMSE 0.006.
    """
    inner = np.zeros(athens.roof.shape, bool)
    inner[30:-30, 30:-30] = True
    inner &= ~athens.roof
    buildings = look_around(_bare(athens)).factors[0] - golden["svf_total"]
    crowns = 1 - look_around(athens).factors[1] - golden["svf_veg"]
    assert np.sqrt((buildings[inner] ** 2).mean()) < 0.032
    assert -0.03 < buildings[inner].mean() < 0.0
    assert np.sqrt((crowns[inner] ** 2).mean()) < 0.008
