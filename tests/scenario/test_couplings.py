import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from twin.errors import InputError
from twin.scenario.couplings import Couplings, depth_on_links, ground_seen, passable_share, safe_speed
from twin.scenario.hamlet import LEFT, TOP


def water(village, depth, west=60, east=100):
    """Water of one depth across the street between two eastings."""
    grid = village.grid
    inside = (grid.x > LEFT + west) & (grid.x < LEFT + east) & (abs(grid.y - (TOP - 64)) < 9)
    # y and x of the mask come out as (x, y): put them in the order of the grid
    mask = inside.transpose("y", "x").values
    return xr.DataArray(np.where(mask, depth, 0.0), grid.ground_elevation.coords, ("y", "x"), name="water_depth_max")


def links_of(village, values):
    return dict(zip(village.network.links.index, values, strict=True))


def test_depth_disruption_follows_pregnolato_2017():
    # v = 0.0009 w² - 0.5529 w + 86.9448 km/h, w in mm: by hand at 0, 100, 200 and 300 mm
    depths = np.array([0.0, 0.1, 0.2, 0.3])
    assert np.allclose(safe_speed(depths) * 3.6, [86.9448, 40.6548, 12.3648, 2.0748], atol=1e-9)
    assert safe_speed(np.array([0.3001]))[0] == 0.0


@given(st.floats(0, 0.3), st.floats(0, 0.3))
def test_deeper_water_is_never_faster(a, b):
    shallow, deep = sorted((a, b))
    slow, fast = safe_speed(np.array([deep, shallow]))
    assert slow <= fast + 1e-12


def test_deep_water_closes_the_links_it_lies_on_and_no_others(village):
    share, depths = passable_share(village.network, water(village, 0.4), Couplings())
    shares = links_of(village, share.values)
    assert {link for link, value in shares.items() if value == 0.0} == {"2:3:4", "2:4:3"}
    assert links_of(village, depths)["2:3:4"] == pytest.approx(0.4)


def test_links_off_the_grid_are_untouched(village):
    everywhere = water(village, 0.5) * 0 + 0.5
    share, depths = passable_share(village.network, everywhere, Couplings())
    shares, deep = links_of(village, share.values), links_of(village, depths)
    for link in ("1:1:2", "3:5:6", "4:2:5"):
        assert np.isnan(deep[link])
        assert shares[link] == 1.0
    assert shares["5:3:9"] == 0.0


def test_a_link_takes_as_long_as_its_wet_and_dry_pieces(village):
    # 40 m of the 80 m between the junctions stand under 0.10 m, where 40.6548 km/h remain of 50 km/h;
    # one piece of 2 m more or less at the ends of the water is 0.6 % of the time
    share, _ = passable_share(village.network, water(village, 0.1, 60, 100), Couplings())
    expected = 1.0 / (0.5 + 0.5 * 50.0 / 40.6548)
    assert links_of(village, share.values)["2:3:4"] == pytest.approx(expected, rel=0.006)


def test_a_film_of_rain_slows_nobody(village):
    share, _ = passable_share(village.network, water(village, 0.009), Couplings())
    assert (share.values == 1.0).all()


def test_both_directions_see_the_same_water(village):
    depths = links_of(village, depth_on_links(village.network, water(village, 0.2, 50, 71)))
    assert depths["2:3:4"] == depths["2:4:3"]


def test_the_limit_of_passability_is_the_users(village):
    share, _ = passable_share(village.network, water(village, 0.2), Couplings(passable_depth="15 cm"))
    assert links_of(village, share.values)["2:3:4"] == 0.0


def test_the_baselines_ground_is_seen_but_new_roofs_stay(village):
    from twin.scenario import measures

    lawn = (LEFT + 120, TOP - 22, LEFT + 136, TOP - 10)
    green, _ = measures.unseal((LEFT + 56, TOP - 108, LEFT + 96, TOP - 76)).apply(village)
    built, _ = measures.add_building(lawn, height=9).apply(green)
    seen = ground_seen(built.grid, village.grid, ("land_cover", "albedo"))
    new = built.grid.building_id.values == 5
    assert (seen.land_cover.values[new] == 3).all()
    assert np.array_equal(seen.land_cover.values[~new], village.grid.land_cover.values[~new])


@pytest.mark.parametrize(
    "options", [{"flooded_roads": "no"}, {"passable_depth": 3}, {"passable_depth": "0 m"}, {"surface_to_heat": 1}]
)
def test_impossible_couplings_are_refused(options):
    with pytest.raises(InputError):
        Couplings(**options)
