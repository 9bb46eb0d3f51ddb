"""Crowns, sails and what they let through."""

from __future__ import annotations

import numpy as np

from twin.heat.obstacles import SAIL_THICKNESS, SAIL_TRANSMISSIVITY, make_obstacles

FLAT = np.zeros((2, 3))


def test_a_sail_is_a_thin_crown_where_no_crown_is_higher() -> None:
    sail = np.array([[3.0, 3.0, 0.0], [3.0, 0.0, 0.0]])
    tree = np.array([[0.0, 8.0, 8.0], [2.0, 0.0, 0.0]])
    made = make_obstacles(FLAT, FLAT, FLAT > 0, resolution=1.0, canopy_height=tree, sail_height=sail)
    assert made.top.tolist() == [[3, 8, 8], [3, 0, 0]]
    np.testing.assert_allclose(made.top - made.base, [[SAIL_THICKNESS, 6, 6], [SAIL_THICKNESS, 0, 0]], rtol=1e-6)
    assert made.transmissivity is not None
    cloth = np.float32(SAIL_TRANSMISSIVITY)
    np.testing.assert_array_equal(made.transmissivity, [[cloth, np.nan, np.nan], [cloth, np.nan, np.nan]])


def test_a_sail_below_a_roof_hides_nothing() -> None:
    roof = np.full_like(FLAT, 6.0)
    made = make_obstacles(FLAT, roof, roof > 0, resolution=1.0, sail_height=FLAT + 3.0)
    np.testing.assert_array_equal(made.top, made.base)


def test_given_transmissivities_stay_and_none_means_the_same_everywhere() -> None:
    tree = FLAT + 5.0
    through = np.array([[0.3, np.nan, np.nan]] * 2)
    sail = np.array([[0.0, 6.0, 0.0]] * 2)
    made = make_obstacles(
        FLAT,
        FLAT,
        FLAT > 0,
        resolution=1.0,
        canopy_height=tree,
        canopy_transmissivity=through,
        sail_height=sail,
        sail_transmissivity=np.full_like(FLAT, 0.4),
    )
    np.testing.assert_array_equal(made.transmissivity, np.float32([[0.3, 0.4, np.nan]] * 2))
    plain = make_obstacles(
        FLAT, FLAT, FLAT > 0, resolution=1.0, canopy_height=tree, canopy_transmissivity=FLAT + np.nan, sail_height=FLAT
    )
    assert plain.transmissivity is None
