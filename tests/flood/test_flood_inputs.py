"""Impossible input is refused, before any work, with a message that names what is wrong."""

import numpy as np
import pytest
import xarray as xr

from twin import flood
from twin.errors import InputError, MissingDataError
from twin.weather.rain import block_rain


@pytest.fixture
def grid(make_grid):
    return make_grid(np.zeros((4, 5)))


@pytest.fixture
def rain():
    return block_rain("10 mm", "10 min")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"solver": "full"}, "solver is 'full'"),
        ({"precision": "half"}, "precision is 'half'"),
        ({"edges": "ajar"}, "edges is 'ajar'"),
        ({"duration": "5 min"}, "the rain lasts 600 s"),
        ({"duration": "an hour"}, "duration is 'an hour'"),
        ({"duration": "44 mm"}, "not one of time"),
        ({"duration": -5}, "longer than 0 s"),
        ({"output_step": "0 s"}, "output_step is '0 s'"),
        ({"output_step": 1e-4}, "at most 10,000"),
        ({"courant": 0.9}, "courant is 0.9"),
        ({"theta": 0.2}, "theta is 0.2"),
        ({"froude_limit": float("nan")}, "froude_limit is nan"),
        ({"threads": 0}, "threads is 0"),
        ({"canopy_storage": "-1 mm"}, "canopy_storage"),
        ({"arrival_depth": 0}, "arrival_depth"),
        ({"velocity_depth": "0 cm"}, "velocity_depth"),
    ],
)
def test_impossible_options_are_refused(grid, rain, options, words):
    with pytest.raises(InputError, match=words):
        flood.simulate(grid, rain=rain, **options)


def test_no_rain_and_no_duration_is_refused(grid):
    with pytest.raises(InputError, match="duration is not given"):
        flood.simulate(grid)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("manning", -0.1, r"manning is -0.1 at x = 500003, y = 5499995 \(and in 0 more cells\)"),
        ("manning", np.nan, "manning is nan"),
        ("manning", 25.0, "manning is 25"),
        ("surface_elevation", np.inf, "surface_elevation is inf"),
        ("surface_elevation", -9999.0, "surface_elevation is -9999"),
    ],
)
def test_impossible_cells_are_named(grid, rain, name, value, words):
    grid[name][2, 1] = value
    with pytest.raises(InputError, match=words):
        flood.simulate(grid, rain=rain)


def test_missing_variables_are_named(grid, rain):
    with pytest.raises(MissingDataError, match="manning"):
        flood.simulate(grid.drop_vars("manning"), rain=rain)
    with pytest.raises(MissingDataError, match="surface_elevation"):
        flood.simulate(grid.drop_vars("surface_elevation"), rain=rain)
    with pytest.raises(MissingDataError, match="infiltration_final_rate, infiltration_decay"):
        flood.simulate(grid.assign(infiltration_initial_rate=grid.manning * 0), rain=rain)


def test_ground_is_used_where_roofs_are_not_known(grid, rain):
    ground = grid.rename(surface_elevation="ground_elevation")
    result = flood.simulate(ground, rain=rain, edges="closed")
    assert '"elevation": "ground_elevation"' in result.attrs["options"]


def test_empty_domain_is_refused(make_grid, rain):
    with pytest.raises(InputError, match="NaN in every cell"):
        flood.simulate(make_grid(np.full((3, 3), np.nan)), rain=rain)


def test_horton_rates_that_rise_are_refused(grid, rain):
    rates = {"infiltration_initial_rate": 1e-6, "infiltration_final_rate": 1e-5, "infiltration_decay": 1e-3}
    grid = grid.assign({name: grid.manning * 0 + value for name, value in rates.items()})
    with pytest.raises(InputError, match="above the initial rate"):
        flood.simulate(grid, rain=rain)
    assert float(flood.simulate(grid, rain=rain, infiltration=False).infiltrated_volume) == 0.0


@pytest.mark.parametrize("value", [-0.1, np.nan, np.inf])
def test_impossible_water_at_the_start_is_refused(grid, on_grid, value):
    start = np.zeros((4, 5))
    start[1, 1] = value
    with pytest.raises(InputError, match="initial_depth is"):
        flood.simulate(grid, duration=10, initial_depth=on_grid(start))


def test_water_at_the_start_must_lie_on_the_grid(grid, on_grid):
    with pytest.raises(InputError, match="must be"):
        flood.simulate(grid, duration=10, initial_depth=on_grid(np.zeros((5, 4))))
    elsewhere = (grid.manning * 0).assign_coords(x=grid.x + 2)
    with pytest.raises(InputError, match="its x differs"):
        flood.simulate(grid, duration=10, initial_depth=elsewhere)


def test_rain_that_is_no_rain_is_refused(grid):
    with pytest.raises(InputError, match="rain is a float"):
        flood.simulate(grid, rain=44.0)
    with pytest.raises(MissingDataError, match="rain_rate"):
        flood.simulate(grid, rain=xr.Dataset({"snow": ("time", [0.0])}))


@pytest.mark.parametrize("shape", [(1, 2), (2, 1), (1, 30)])
def test_smallest_grids_keep_their_water(make_grid, rain, shape):
    ground = np.arange(np.prod(shape), dtype=float).reshape(shape)
    result = flood.simulate(make_grid(ground), rain=rain, edges="closed")
    assert abs(float(result.volume_error)) <= 1e-12
    assert float(result.water_depth.min()) >= 0


def test_crowns_keep_rain_up_to_their_storage(make_grid, rain):
    grid = make_grid(np.zeros((3, 4)), canopy_height=np.array([[5.0, 0.0, np.nan, 12.0]] * 3))
    result = flood.simulate(grid, rain=rain, edges="closed", canopy_storage="1.5 mm")
    assert float(result.intercepted_volume) == pytest.approx(6 * 4 * 1.5e-3, rel=1e-6)
    assert float(flood.simulate(grid, rain=rain, canopy_storage=0).intercepted_volume) == 0.0
    more = flood.simulate(grid, rain=rain, edges="closed", canopy_storage="1 m")  # keeps all it gets
    assert float(more.intercepted_volume) == pytest.approx(6 * 4 * 10e-3, rel=1e-6)


def test_arrival_is_when_the_rain_has_filled_the_depth(make_grid):
    """60 mm/h on a flat closed plane: 1 cm after 600 s; reported at the end of the step of at most 5 s."""
    grid = make_grid(np.zeros((3, 3)))
    result = flood.simulate(grid, rain=block_rain("60 mm", "1 h"), edges="closed", arrival_depth="1 cm")
    assert float(result.arrival_time.min()) == pytest.approx(600.0, abs=5.0)
    assert float(result.arrival_time.max()) == pytest.approx(600.0, abs=5.0)
