"""What is said about the data is said in both directions and in both languages."""

from __future__ import annotations

import pytest

from twin.city.building_caveats import about_ground_offset


@pytest.mark.parametrize(("offset", "side", "seite"), [(39.7, "above", "über"), (-39.7, "below", "unter")])
def test_a_ground_far_off_the_terrain_is_told_with_its_side(offset, side, seite):
    (caveat,) = about_ground_offset(offset)
    assert f"39.7 m {side} the terrain" in caveat.text_en
    assert f"39,7 m {seite} dem Gelände" in caveat.text_de


@pytest.mark.parametrize("offset", [0.0, 0.4, -0.4, float("nan")])
def test_a_ground_at_the_terrain_or_unknown_is_nothing_to_tell(offset):
    assert about_ground_offset(offset) == []
