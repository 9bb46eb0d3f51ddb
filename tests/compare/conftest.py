"""A small made-up village with results made up by formula: quick to compare, and every number can be worked out."""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import xarray as xr

from twin import variables
from twin.city.city import Caveat, City, CityMeta, Source
from twin.city.gridspec import GridSpec
from twin.city.roads import RoadNetwork
from twin.compare.variant import MeasureRecord, Variant
from twin.provenance import stamp

CRS = "EPSG:25832"
LEFT, TOP, SIZE, ROWS, COLUMNS = 700_000.0, 5_500_300.0, 5.0, 60, 80


def make_city(name: str = "Musterdorf", attribution: str = "© Example survey") -> City:
    spec = GridSpec(LEFT, TOP, SIZE, ROWS, COLUMNS, CRS)
    grid = spec.dataset()
    x, y = np.meshgrid(spec.x - LEFT, spec.y - (TOP - ROWS * SIZE))
    grid["ground_elevation"] = (("y", "x"), (400 + 6 * np.sin(x / 70) + 0.03 * y).astype(np.float32))
    boxes, ids = [], np.zeros(spec.shape, np.int32)
    for row in range(4):
        for column in range(6):
            left, bottom = LEFT + 30 + 60 * column, TOP - 55 - 65 * row
            boxes.append(shapely.box(left, bottom, left + 20, bottom + 15))
            top_row, first = 8 + 13 * row, 6 + 12 * column
            ids[top_row : top_row + 3, first : first + 4] = len(boxes)
    grid["building_id"] = (("y", "x"), ids)
    buildings = gpd.GeoDataFrame(
        {
            "height": 8.0,
            "storeys": 2,
            "use": "residential",
            "residents": [float(2 + i % 5) for i in range(24)],
            "height_source": "assumed",
            "on_grid": True,
        },
        index=pd.RangeIndex(1, 25, name="building_id"),
        geometry=boxes,
        crs=CRS,
    )
    return City(
        name,
        variables.describe(grid),
        buildings,
        make_network(),
        gpd.GeoDataFrame({"height": [], "crown_diameter": [], "source": []}, geometry=[], crs=CRS),
        CityMeta(
            sources=(
                Source("Example survey", "dl-de/by-2-0", attribution, "made up"),
                Source("OpenStreetMap", "ODbL 1.0", "© OpenStreetMap contributors"),
            ),
            caveats=(
                Caveat("terrain", "Terrain from SRTM, 90 m.", "Gelände aus SRTM, 90 m."),
                Caveat("heights", "Building heights are assumed.", "Gebäudehöhen sind angenommen."),
                Caveat("residents", "Residents are estimated.", "Einwohner sind geschätzt."),
            ),
        ),
    )


def make_network() -> RoadNetwork:
    places = {
        1: (LEFT - 300, TOP - 150),
        2: (LEFT + 10, TOP - 150),
        3: (LEFT + 390, TOP - 150),
        4: (LEFT + 800, TOP - 150),
        5: (LEFT + 10, TOP - 20),
        6: (LEFT + 390, TOP - 20),
    }
    roads = [
        ("a", 1, 2, "Hauptstraße", "B 2", "primary"),
        ("b", 2, 3, "Hauptstraße", "B 2", "primary"),
        ("c", 3, 4, "Hauptstraße", "B 2", "primary"),
        ("d", 2, 5, "Gartenweg", "", "residential"),
        ("e", 5, 6, "Gartenweg", "", "residential"),
        ("f", 6, 3, "", "", "residential"),
    ]
    rows = {}
    for number, (key, start, end, name, ref, road_class) in enumerate(roads):
        for direction, (here, there) in (("+", (start, end)), ("-", (end, start))):
            line = shapely.LineString([places[here], places[there]])
            rows[key + direction] = {
                "from_node": here,
                "to_node": there,
                "osm_way": 100 + number,
                "name": name,
                "ref": ref,
                "road_class": road_class,
                "length": line.length,
                "lanes": 1,
                "free_flow_speed": 50 / 3.6,
                "capacity": 800.0,
                "residents_only": False,
                "closed": False,
                "speed_source": "class",
                "capacity_source": "class",
                "geometry": line,
            }
    links = gpd.GeoDataFrame.from_dict(rows, orient="index").set_geometry("geometry").set_crs(CRS)
    links.index.name = "link"
    nodes = gpd.GeoDataFrame(
        {"osm_id": list(places), "signals": False, "gate": [True, False, False, True, False, False]},
        index=pd.Index(list(places), name="node"),
        geometry=[shapely.Point(p) for p in places.values()],
        crs=CRS,
    )
    return RoadNetwork(nodes, links, pd.DataFrame({"from_link": [], "to_link": [], "restriction": []}))


def heat_result(city: City, cooling: float = 0.0) -> xr.Dataset:
    """Warmer to the east; `cooling` takes degrees off the western third."""
    spec = city.spec
    hours = np.datetime64("2018-07-26T00:00", "ns") + np.arange(5, 21, 3) * np.timedelta64(1, "h")
    column = np.arange(COLUMNS)
    place = 30.0 + 12.0 * column / COLUMNS - cooling * (column < COLUMNS // 3)
    course = np.array([-10.0, -4.0, -1.0, 0.0, -2.0, -9.0])
    utci = (course[:, None, None] + np.broadcast_to(place, spec.shape)[None]).astype(np.float32)
    utci[:, city.grid["building_id"].values > 0] = np.nan
    result = spec.dataset().assign_coords(time=hours)
    result["utci"] = (("time", "y", "x"), utci)
    result["utci_max"] = (("y", "x"), utci.max(axis=0))
    result["mean_radiant_temperature_max"] = (("y", "x"), utci.max(axis=0) + 20)
    result["strong_heat_stress_duration"] = (("y", "x"), (3.0 * (utci > 32).sum(axis=0)).astype(np.float32))
    result = variables.describe(result)
    result = stamp(result, model="heat", options={"step": "3 h"}, inputs=f"heat{cooling}")
    return result.assign_attrs(event_label_en="hot day, 35 °C", event_label_de="Hitzetag, 35 °C")


def flood_result(city: City, less: float = 0.0) -> xr.Dataset:
    """A pond around the middle, 0.6 m deep, shallower by `less`."""
    spec = city.spec
    row, column = np.mgrid[0:ROWS, 0:COLUMNS]
    depth = 0.6 - less - 0.02 * np.hypot(row - 30, column - 40)
    depth = np.where(city.grid["building_id"].values > 0, 0.0, np.maximum(depth, 0.0)).astype(np.float32)
    result = spec.dataset()
    result["water_depth_max"] = (("y", "x"), depth)
    result["flow_velocity_max"] = (("y", "x"), depth / 2)
    result["infiltrated_depth"] = (("y", "x"), np.full(spec.shape, 0.01 + less / 100, np.float32))
    hazard = np.digitize(depth, [0.1, 0.3, 0.5]).astype(np.uint8)
    flags = {"flag_values": np.array([0, 1, 2, 3], np.uint8), "flag_meanings": "none low moderate high"}
    result["hazard_class"] = (("y", "x"), hazard, flags)
    stored = float(depth.sum() * spec.cell_area)
    infiltrated = float(spec.cell_area * ROWS * COLUMNS * (0.01 + less / 100))
    for key, value in {
        "rain_volume": 5280.0,
        "infiltrated_volume": infiltrated,
        "stored_volume": stored,
        "outflow_volume": 5280.0 - infiltrated - stored,
        "volume_error": 1e-12,
    }.items():
        result[key] = ((), value)
    result = variables.describe(result)
    result = stamp(result, model="flood", options={"duration": 7200}, inputs=f"flood{less}")
    return result.assign_attrs(
        event_label_en="heavy rain, 44 mm in 60 min", event_label_de="Starkregen, 44 mm in 60 min"
    )


def traffic_result(city: City, shift: float = 0.0) -> xr.Dataset:
    """`shift` vehicles per hour and direction leave Hauptstraße inside the village for the way round it."""
    assert city.network is not None
    links = city.network.links
    flow = {"a": 600.0, "b": 600.0 - shift, "c": 600.0, "d": 50.0 + shift, "e": 50.0 + shift, "f": 50.0 + shift}
    flows = np.array([flow[key[0]] for key in links.index])
    seconds = links["length"].to_numpy() / links["free_flow_speed"].to_numpy()
    result = xr.Dataset(coords={"link": ("link", np.array(links.index, dtype=str))})
    result["road_flow"] = ("link", flows)
    result["free_flow_time"] = ("link", seconds)
    result["travel_time"] = ("link", seconds * 1.2)
    result["road_speed"] = ("link", links["free_flow_speed"].to_numpy() / 1.2)
    result["volume_capacity_ratio"] = ("link", flows / links["capacity"].to_numpy())
    for key, value in {
        "relative_gap": 1e-7,
        "total_travel_time": float((flows * seconds * 1.2).sum() / 3600),
        "vehicle_distance": float((flows * links["length"].to_numpy()).sum() / 1000),
        "unserved_demand": 0.0,
    }.items():
        result[key] = ((), value)
    result = variables.describe(result)
    result = stamp(result, model="traffic", options={"gap": 1e-6}, inputs=f"traffic{shift}")
    return result.assign_attrs(event_label_en="weekday traffic", event_label_de="Werktagsverkehr")


def make_variants(
    city: City | None = None, title: str = "Green yards", measure: str = "Plant 12 trees"
) -> list[Variant]:
    city = make_city() if city is None else city
    yard = gpd.GeoDataFrame(geometry=[shapely.box(LEFT + 20, TOP - 200, LEFT + 120, TOP - 100)], crs=CRS)
    road = gpd.GeoDataFrame(geometry=[shapely.LineString([(LEFT + 10, TOP - 150), (LEFT + 390, TOP - 150)])], crs=CRS)
    today = {"hot-day": heat_result(city), "rain": flood_result(city), "traffic": traffic_result(city)}
    green = {
        "hot-day": heat_result(city, 1.5),
        "rain": flood_result(city, 0.15),
        "traffic": traffic_result(city, 120.0),
    }
    return [
        Variant("baseline", "Today", city, today),
        Variant(
            "green",
            title,
            city,
            green,
            (
                MeasureRecord("plant_trees", measure, "12 Bäume pflanzen", yard, ("canopy_height", "trees"), 18_000.0),
                MeasureRecord("slow_road", "30 km/h", "Tempo 30", road, ("network",), None, ("signs only",)),
            ),
        ),
    ]


@pytest.fixture(scope="session")
def village() -> City:
    return make_city()


@pytest.fixture(scope="session")
def variants(village: City) -> list[Variant]:
    return make_variants(village)


@pytest.fixture(scope="session")
def variants_of() -> Callable[..., list[Variant]]:
    """Make variants of a city of one's own, with one's own titles."""
    return make_variants


@pytest.fixture(scope="session")
def city_called() -> Callable[..., City]:
    """Make the village under another name and attribution."""
    return make_city


@pytest.fixture(scope="session")
def results() -> dict[str, Callable[..., xr.Dataset]]:
    """Make a result of each model."""
    return {"heat": heat_result, "flood": flood_result, "traffic": traffic_result}
