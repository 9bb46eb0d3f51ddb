"""Hazard classes follow their limits."""

import numpy as np
import pytest
import xarray as xr

from twin import flood
from twin.errors import InputError


def _class(depth, velocity, limits=flood.LUBW):
    arrays = (xr.DataArray(np.atleast_1d(np.float32(value)), dims="x") for value in (depth, velocity))
    return int(flood.hazard_class(*arrays, limits)[0])


@pytest.mark.parametrize(
    ("depth", "velocity", "expected"),
    [
        (0.0, 0.0, 0),
        (0.049, 3.0, 0),  # below 5 cm nothing is shown, however fast
        (0.05, 0.0, 1),
        (0.099, 0.49, 1),
        (0.07, 0.5, 2),
        (0.07, 2.0, 3),
        (0.10, 0.0, 2),
        (0.499, 1.9, 2),
        (0.3, 2.1, 3),
        (0.5, 0.0, 3),
        (1.0, 0.0, 4),
        (9.0, 9.0, 4),
        (np.nan, 0.0, 255),
        (0.5, np.nan, 255),
    ],
)
def test_class_of_depth_and_velocity(depth, velocity, expected):
    assert _class(depth, velocity) == expected


def test_hazard_never_falls_with_depth_or_velocity():
    matrix = np.array(flood.LUBW.matrix)
    assert (np.diff(matrix, axis=0) >= 0).all()
    assert (np.diff(matrix, axis=1) >= 0).all()


def test_own_limits_are_used_and_told():
    limits = flood.HazardLimits((0.25,), (1.0,), ((0, 2), (1, 4)), "own")
    assert [_class(d, v, limits) for d in (0.2, 0.3) for v in (0.5, 1.5)] == [0, 2, 1, 4]
    result = flood.hazard_class(xr.DataArray([0.3], dims="x"), xr.DataArray([0.0], dims="x"), limits)
    assert result.attrs["source"] == "own"
    assert result.attrs["flag_values"].tolist() == [0, 1, 2, 3, 4]
    assert len(result.attrs["flag_meanings_de"].split()) == 5
    assert result.dtype == np.uint8


@pytest.mark.parametrize(
    ("depths", "velocities", "matrix"),
    [
        ((0.5, 0.1), (), ((0,), (1,), (2,))),
        ((0.0,), (), ((0,), (1,))),
        ((0.1,), (), ((0,),)),
        ((0.1,), (1.0,), ((0, 1), (1,))),
        ((0.1,), (), ((0,), (7,))),
        ((np.nan,), (), ((0,), (1,))),
    ],
)
def test_limits_that_make_no_sense_are_refused(depths, velocities, matrix):
    with pytest.raises(InputError):
        flood.HazardLimits(depths, velocities, matrix, "test")


def test_negative_depth_and_other_cells_are_refused():
    one, two = xr.DataArray([-0.1], dims="x"), xr.DataArray([0.1, 0.2], dims="x")
    with pytest.raises(InputError, match=r"-0\.1"):
        flood.hazard_class(one, abs(one))
    with pytest.raises(InputError, match="velocity"):
        flood.hazard_class(abs(one), two)
