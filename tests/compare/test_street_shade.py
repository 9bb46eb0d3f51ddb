"""Shade along streets is the share of their walked length in shade, worked out by hand."""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import numpy as np
import pytest
import shapely

from twin.compare import shade_by_street, shade_differences, street_shade, walking_shade
from twin.compare.examples import hamlet
from twin.errors import InputError, MissingDataError

MIDDAY = (12, 14)


def network_of(city, *rows):
    """Give the hamlet other ways: (name, class, sidewalk, coordinates from the lower left corner)."""
    assert city.network is not None
    lines = [shapely.LineString([(500000 + x, 5500000 + y) for x, y in line]) for *_, line in rows]
    table = gpd.GeoDataFrame(
        {
            "from_node": range(0, 2 * len(rows), 2),
            "to_node": range(1, 2 * len(rows), 2),
            "osm_way": range(len(rows)),
            "name": [row[0] for row in rows],
            "ref": "",
            "road_class": [row[1] for row in rows],
            "length": [line.length for line in lines],
            "foot": True,
            "sidewalk": [row[2] for row in rows],
        },
        index=[f"w{i}" for i in range(len(rows))],
        geometry=lines,
        crs=city.spec.crs,
    )
    return dataclasses.replace(city.network, links=table)


def shaded_above(city, result, y):
    """Shade everything more than y metres from the lower edge, at all hours."""
    north = city.spec.y - 5500000 > y
    sun = np.broadcast_to(~north[None, :, None], result["sunlit_fraction"].shape).astype(np.float32)
    return result.assign(sunlit_fraction=result["sunlit_fraction"].copy(data=sun))


def test_a_footway_is_walked_on_itself():
    city, result = hamlet()
    ways = network_of(city, ("", "footway", "", [(0, 9), (36, 9)]))
    street = street_shade(result, city, network=ways, hours=MIDDAY).iloc[0]
    assert street["shaded_share"] == pytest.approx(12 / 36, abs=1e-12)  # the sun ends at 24 m
    assert street["known_length"] == pytest.approx(36)
    assert street["utci"] == pytest.approx(36 - 6 * 12 / 36, abs=1e-6)  # float32 field
    assert street["walked"] == "itself"


@pytest.mark.parametrize(
    ("sidewalk", "forth", "share", "best"),
    [("", True, 0.5, 1.0), ("both", True, 0.5, 1.0), ("left", True, 1.0, 1.0), ("right", True, 0.0, 0.0),
     ("left", False, 0.0, 0.0), ("right", False, 1.0, 1.0), ("none", True, 0.0, 0.0)],
)  # fmt: skip
def test_a_street_is_walked_on_its_sidewalks(sidewalk, forth, share, best):
    # eastward along y = 9: the left sidewalk lies 4 m to the north, at 13 m; shade begins at 10 m
    city, result = hamlet()
    line = [(0, 9), (48, 9)] if forth else [(48, 9), (0, 9)]
    ways = network_of(city, ("Hauptstraße", "residential", sidewalk, line))
    street = street_shade(shaded_above(city, result, 10), city, network=ways, hours=MIDDAY).iloc[0]
    assert street["shaded_share"] == pytest.approx(share, abs=1e-12)
    assert street["shaded_share_best_side"] == pytest.approx(best, abs=1e-12)


def test_only_what_lies_on_open_ground_of_the_grid_counts():
    city, result = hamlet()
    # from far outside through the first house (6 to 10 m) to x = 20
    ways = network_of(city, ("", "footway", "", [(-100, 20), (20, 20)]), ("", "footway", "", [(-90, 3), (-50, 3)]))
    table = street_shade(result, city, network=ways, hours=MIDDAY)
    assert table.index.tolist() == ["w0"]
    assert table["known_length"].iloc[0] == pytest.approx(16.0)
    assert table["length"].iloc[0] == pytest.approx(120.0)


def test_both_directions_are_one_way_and_its_direction_does_not_matter():
    city, result = hamlet()
    ways = network_of(city, ("Weg", "footway", "", [(0, 9), (37, 9)]))
    back = ways.links.iloc[[0]].copy()
    back.index = ["w0-"]
    back["from_node"], back["to_node"] = ways.links["to_node"].iloc[0], ways.links["from_node"].iloc[0]
    back["geometry"] = back.geometry.reverse()
    links = gpd.GeoDataFrame(gpd.pd.concat([ways.links, back]), crs=ways.links.crs)
    both = street_shade(result, city, network=dataclasses.replace(ways, links=links), hours=MIDDAY)
    turned = street_shade(result, city, network=dataclasses.replace(ways, links=links.iloc[::-1]), hours=MIDDAY)
    assert len(both) == 1
    assert turned["shaded_share"].iloc[0] == pytest.approx(both["shaded_share"].iloc[0], abs=1e-12)


def test_the_city_counts_by_length():
    city, result = hamlet()
    ways = network_of(
        city,
        ("Sonnenweg", "footway", "", [(0, 9), (20, 9)]),
        ("Schattenweg", "footway", "", [(28, 9), (48, 9)]),
        ("Schattenweg", "footway", "", [(28, 5), (38, 5)]),
        ("", "footway", "", [(28, 3), (38, 3)]),
    )
    table = street_shade(result, city, network=ways, hours=MIDDAY)
    assert walking_shade(table)["shaded_share"] == pytest.approx(40 / 60, abs=1e-12)
    streets = shade_by_street(table)
    assert streets.index.tolist() == ["Sonnenweg", "Schattenweg"]
    assert streets.loc["Schattenweg", ["length", "shaded_share"]].tolist() == pytest.approx([30.0, 1.0])


def test_hours_are_kept_apart():
    city, result = hamlet()
    sun = result["sunlit_fraction"].copy(deep=True)
    sun[1] = 0.0
    table = street_shade(result.assign(sunlit_fraction=sun), city, hours=MIDDAY)
    row = table.iloc[0]
    assert [row[f"shaded_share_{hour}"] for hour in (12, 13, 14)] == [0.5, 1.0, 0.5]
    assert row["shaded_share"] == pytest.approx(2.0 / 3.0)
    assert table.attrs["hours"] == ("2018-07-26T12:00", "2018-07-26T13:00", "2018-07-26T14:00")


def test_hours_that_were_not_kept_are_told():
    city, result = hamlet()
    some = result.isel(time=[0, 2])
    some["time"].attrs["step_seconds"] = 3600.0
    table = street_shade(some, city, hours=MIDDAY)
    assert any("only 2 steps from 12 to 14 h" in note for note in table.attrs["notes"])


def test_differences_need_the_same_hours():
    city, result = hamlet()
    today = street_shade(result, city, hours=MIDDAY)
    with pytest.raises(InputError, match="use the same hours"):
        shade_differences(today, street_shade(result, city, hours=(12, 13)))
    assert shade_differences(today, today)["shaded_share difference"].tolist() == [0.0]


def test_sidewalks_drawn_apart_are_not_walked_twice():
    city, result = hamlet()
    ways = network_of(
        city,
        ("Allee", "residential", "separate", [(0, 9), (48, 9)]),
        ("Allee", "footway", "", [(24, 13), (48, 13)]),
    )
    table = street_shade(result, city, network=ways, hours=MIDDAY)
    assert table.index.tolist() == ["w1"]
    assert any("ways of their own" in note for note in table.attrs["notes"])


def test_nobody_walks_on_a_motorway_or_where_it_is_forbidden():
    city, result = hamlet()
    ways = network_of(city, ("", "motorway", "", [(0, 9), (48, 9)]), ("", "footway", "", [(0, 5), (48, 5)]))
    ways.links.loc["w1", "foot"] = False
    assert street_shade(result, city, network=ways, hours=MIDDAY).empty


def test_hostile_input_is_refused():
    city, result = hamlet()
    with pytest.raises(MissingDataError, match="no network"):
        street_shade(result, city.with_changes(network=None), hours=MIDDAY)
    with pytest.raises(MissingDataError, match="'sunlit_fraction' by hour"):
        street_shade(result.drop_vars("sunlit_fraction"), city)
    with pytest.raises(MissingDataError, match="no step from 20 to 22"):
        street_shade(result, city, hours=(20, 22))
    with pytest.raises(InputError, match="shaded_below"):
        street_shade(result, city, hours=MIDDAY, shaded_below=0.0)
    away = dataclasses.replace(city.network, links=city.network.links.to_crs(4326))
    with pytest.raises(InputError, match="build it in the city's CRS"):
        street_shade(result, city, network=away, hours=MIDDAY)
    no_index = street_shade(result.drop_vars("utci"), city, hours=MIDDAY)
    assert "utci" not in no_index
    assert any("no mean of utci" in note for note in no_index.attrs["notes"])
