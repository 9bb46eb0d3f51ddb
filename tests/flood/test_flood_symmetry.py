"""North is like east: mirrored and turned ground gives mirrored and turned water."""

import numpy as np
import pytest

from twin import flood
from twin.weather.rain import block_rain

TURNS = {
    "east to west": (lambda a: a[..., ::-1], lambda a: a[..., ::-1]),
    "north to south": (lambda a: a[..., ::-1, :], lambda a: a[..., ::-1, :]),
    "a quarter turn": (lambda a: np.rot90(a, axes=(-2, -1)), lambda a: np.rot90(a, -1, axes=(-2, -1))),
    "half a turn": (lambda a: np.rot90(a, 2, axes=(-2, -1)), lambda a: np.rot90(a, 2, axes=(-2, -1))),
    "transposed": (lambda a: np.swapaxes(a, -2, -1), lambda a: np.swapaxes(a, -2, -1)),
}


@pytest.mark.parametrize("name", TURNS)
@pytest.mark.parametrize("edges", ["open", "closed"])
def test_turned_ground_gives_turned_water(town, make_grid, name, edges):
    """Sums of two and of four discharges are in another order, so equal to the round-off that five minutes spread."""
    elevation, manning, *_ = town.city(40)
    elevation = elevation[:, :33].copy()
    elevation[10:14, 5:9] = np.nan
    manning = manning[:, :33]
    turn, back = TURNS[name]

    def run(ground, roughness):
        grid = make_grid(ground, roughness)
        return flood.simulate(
            grid, rain=block_rain("20 mm", "5 min"), duration="5 min", edges=edges, precision="double"
        )

    plain, turned = run(elevation, manning), run(turn(elevation), turn(manning))
    for field in ("water_depth", "water_depth_max", "flow_velocity_max"):
        np.testing.assert_allclose(back(turned[field].values), plain[field].values, atol=1e-7, err_msg=field)
    assert float(turned.outflow_volume) == pytest.approx(float(plain.outflow_volume), rel=1e-9)


def test_field_and_model_scale_together(make_grid):
    """Without friction the equations have one scale: lengths by 4 and times by 2 give depths by 4 (Froude)."""
    x = np.arange(40)
    ground = 0.2 * np.cos(x[:, None] / 5) * np.sin(x[None, :] / 7)
    lake = np.maximum(0.05 - ground, 0) + 0.2 * (x[None, :] < 10)

    def run(scale, seconds):
        grid = make_grid(ground * scale, 0.0, size=scale)
        start = grid.surface_elevation.copy(data=lake * scale)
        return flood.simulate(grid, duration=seconds, initial_depth=start, edges="closed", precision="double")

    small, large = run(1.0, 4.0), run(4.0, 8.0)
    # the film below which nothing flows, 0.01 mm, does not scale
    np.testing.assert_allclose(large.water_depth / 4, small.water_depth, atol=2e-3)
    assert float(abs(large.water_depth / 4 - small.water_depth.values).mean()) < 1e-5
