"""`run`: every scenario meets every event, and nothing is computed twice.

A stage is one model on one set of inputs, found by the fingerprint of exactly those inputs: closing a road does not
run the heat model again. Equal stages are shared within a run, and across runs with a store. All measures are applied
before the first model starts, so that a mistake in the last one costs no waiting.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from twin import progress
from twin.city.city import City
from twin.errors import InputError, MissingDataError
from twin.provenance import fingerprint
from twin.scenario.couplings import HEAT_SURFACE, WATER_SURFACE, Couplings, ground_seen, passable_share
from twin.scenario.events import Event
from twin.scenario.scenario import BASELINE, Scenario
from twin.scenario.store import Store, open_store
from twin.variables import describe

if TYPE_CHECKING:
    from twin.city.roads import RoadNetwork
    from twin.scenario.study import Study

HEAT_INPUTS = (
    "ground_elevation",
    "surface_elevation",
    "building_id",
    "canopy_height",
    "canopy_base_height",
    "canopy_transmissivity",
    "sail_height",
    "sail_transmissivity",
    "facade_green_fraction",
    "wall_albedo",
    *HEAT_SURFACE,
)
"""Grid variables the heat model is given."""

FLOOD_INPUTS = ("ground_elevation", "surface_elevation", "canopy_height", *WATER_SURFACE)
"""Grid variables the flood model is given."""

SAME_DEMAND = "trips of the baseline city, the same in every scenario"
OWN_DEMAND = "trips of the scenario's residents on the baseline's roads"


@dataclass
class _Stages:
    """Results by key: in memory for this run, on disk if there is a store."""

    store: Store | None
    memory: dict[str, Any] = field(default_factory=dict)

    def result(self, key: str, compute: Callable[[], xr.Dataset]) -> xr.Dataset:
        found: xr.Dataset | None = self.memory.get(key)
        if found is None and self.store is not None:
            found = self.store.get(key)
        if found is None:
            found = compute()
            if self.store is not None:
                self.store.put(key, found)
        self.memory[key] = found
        return found


def run(
    city: City,
    scenarios: Sequence[Scenario] | Scenario = (),
    events: Sequence[Event] | Event = (),
    *,
    couplings: Couplings | None = None,
    store: str | os.PathLike[str] | None = None,
    threads: int | None = None,
    name: str = "study",
    title: str = "",
    title_de: str = "",
    description: str = "",
) -> Study:
    """Run every scenario through every event.

    Parameters
    ----------
    city : City
        The city as it is.
    scenarios : sequence of Scenario
        What is to be compared; the baseline is always included.
    events : sequence of Event
        What happens; at least one.
    couplings : Couplings, optional
        Links between the models; all on unless given.
    store : path, optional
        Folder that keeps results across runs.
    threads : int, optional
        Threads of the models; all cores unless given. Results do not depend on it.
    name : str
        What the study is called.
    title, title_de, description : str
        What its report opens with, in English and German; the city's name stands there without a title.

    Returns
    -------
    Study

    Raises
    ------
    InputError
        If names collide, a measure cannot be applied, or there is no event.
    MissingDataError
        If the city lacks what an event needs.

    Notes
    -----
    Trips are computed once, from the baseline city, and reused for all scenarios: a measure on a road changes routes,
    not how many people travel. Only a scenario that changes residents (`add_building`) gets trips of its own. Traffic
    after a rain meets the deepest water of each road at once, which is on the safe side.

    Examples
    --------
    >>> from twin.scenario.events import weekday_traffic
    >>> from twin.scenario.hamlet import hamlet
    >>> study = run(hamlet(), events=[weekday_traffic()])
    >>> 0.0 < float(study.results["baseline"]["traffic"].vehicle_distance)
    True
    """
    from twin.compare.variant import Variant
    from twin.scenario.study import Study

    couplings = couplings or Couplings()
    plans = _checked_scenarios(scenarios)
    happenings = _checked_events(events)
    _check_city(city, happenings)
    stages = _Stages(None if store is None else open_store(store))
    applied = [plan.apply(city) for plan in plans]
    variants = []
    for plan, (changed, records) in zip(plans, applied, strict=True):
        progress.say(f"twin: {plan.title}")
        results = _results(city, changed, happenings, couplings, stages, threads)
        variants.append(Variant(plan.name, plan.title, changed, results, records))
    return Study(
        name=name,
        variants=tuple(variants),
        scenarios=plans,
        events=happenings,
        couplings=couplings,
        title=title,
        title_de=title_de,
        description=description,
    )


def _results(
    baseline: City,
    city: City,
    events: Sequence[Event],
    couplings: Couplings,
    stages: _Stages,
    threads: int | None,
) -> dict[str, xr.Dataset]:
    results: dict[str, xr.Dataset] = {}
    for event in events:
        if event.model == "heat":
            results[event.name] = _labelled(_heat(baseline, city, event, couplings, stages, threads), event, city)
        elif event.model == "flood":
            results[event.name] = _labelled(_flood(baseline, city, event, couplings, stages, threads), event, city)
        else:
            results[event.name] = _labelled(_traffic(baseline, city, event, stages, threads), event, city)
    if not couplings.flooded_roads:
        return results
    for rain in (event for event in events if event.model == "flood"):
        for traffic in (event for event in events if event.model == "traffic"):
            assert city.network is not None
            depth = results[rain.name]["water_depth_max"]
            passable, depths = passable_share(city.network, depth, couplings)
            after = after_rain(traffic, rain)
            result = _traffic(baseline, city, traffic, stages, threads, passable)
            closed = np.nan_to_num(depths) > float(couplings.passable_depth)
            result = describe(result.assign(road_water_depth=("link", depths)))
            result = _labelled(result, after, city, fingerprint(traffic.fingerprint, rain.fingerprint))
            results[after.name] = result.assign_attrs(
                flooded_links=int(closed.sum()), passable_depth=float(couplings.passable_depth)
            )
    return results


def after_rain(traffic: Event, rain: Event) -> Event:
    """Return the event that traffic after a rain is.

    Examples
    --------
    >>> from twin.scenario.events import heavy_rain, weekday_traffic
    >>> after_rain(weekday_traffic(), heavy_rain("44 mm")).name
    'traffic after heavy rain'
    """
    return Event(
        name=f"{traffic.name} after {rain.name}",
        model="traffic",
        label_en=f"{traffic.label_en}, after {rain.label_en}",
        label_de=f"{traffic.label_de}, nach {rain.label_de}",
        forcing=traffic.forcing,
        options=traffic.options,
    )


def _heat(
    baseline: City, city: City, event: Event, couplings: Couplings, stages: _Stages, threads: int | None
) -> xr.Dataset:
    seen = city.grid if couplings.surface_to_heat else ground_seen(city.grid, baseline.grid, HEAT_SURFACE)
    grid = _inputs(seen, HEAT_INPUTS)
    weather = event.weather(city)

    def compute() -> xr.Dataset:
        from twin import heat

        return heat.simulate(grid, weather, **event.options, threads=threads)

    # equal numbers on another day, in another zone or with other caveats are another weather
    when = (weather["time"].values, dict(weather["time"].attrs), str(weather.attrs.get("caveats", "")))
    return stages.result(_key("heat", _grid_parts(grid), weather, when, event.options), compute)


def _flood(
    baseline: City, city: City, event: Event, couplings: Couplings, stages: _Stages, threads: int | None
) -> xr.Dataset:
    seen = city.grid if couplings.surface_to_water else ground_seen(city.grid, baseline.grid, WATER_SURFACE)
    grid = _inputs(seen, FLOOD_INPUTS)
    rain = event.weather(city)

    def compute() -> xr.Dataset:
        from twin import flood

        return flood.simulate(grid, rain=rain, **event.options, threads=threads)

    return stages.result(_key("flood", _grid_parts(grid), rain, event.options), compute)


def _traffic(
    baseline: City,
    city: City,
    event: Event,
    stages: _Stages,
    threads: int | None,
    passable: xr.DataArray | None = None,
) -> xr.Dataset:
    network = city.network
    assert network is not None
    own = not _same_residents(baseline, city)
    origin = city.with_changes(network=baseline.network) if own else baseline
    demand_key = _key("traffic", "demand", _network_parts(origin.network), _people_parts(origin), event.forcing)

    def compute() -> xr.Dataset:
        from twin import traffic

        demand = stages.memory.get(demand_key)
        if demand is None:
            demand = stages.memory[demand_key] = traffic.gravity_demand(origin, **event.forcing)
        return traffic.assign(network, demand, passable=passable, **event.options, threads=threads)

    result = stages.result(_key("traffic", _network_parts(network), demand_key, event.options, passable), compute)
    return result.assign_attrs(demand_basis=OWN_DEMAND if own else SAME_DEMAND)


def _inputs(grid: xr.Dataset, names: Sequence[str]) -> xr.Dataset:
    """Return only what a model may read, so that its key holds all it depends on."""
    return grid[[name for name in dict.fromkeys(names) if name in grid]]


def _labelled(result: xr.Dataset, event: Event, city: City, event_fingerprint: str | None = None) -> xr.Dataset:
    """Say which event a result belongs to and whose data it comes from, also on fields that leave it one by one."""
    whose = "; ".join(dict.fromkeys(source.attribution for source in city.meta.sources if source.attribution))
    if whose:
        fields = {name: field for name, field in result.data_vars.items() if field.ndim}
        result = result.assign({name: field.assign_attrs(attribution=whose) for name, field in fields.items()})
        result = result.assign_attrs(attribution=whose)
    return result.assign_attrs(
        event=event.name,
        event_label_en=event.label_en,
        event_label_de=event.label_de,
        event_fingerprint=event_fingerprint or event.fingerprint,
    )


def _same_residents(baseline: City, city: City) -> bool:
    return city.buildings is baseline.buildings or _people_parts(baseline) == _people_parts(city)


def _key(model: str, *parts: object) -> str:
    return fingerprint(model, _code(model), *(dict(part) if isinstance(part, Mapping) else part for part in parts))


@cache
def _code(model: str) -> str:
    """Hash of all sources a result of `model` depends on: a store must not outlive a change of the code."""
    root = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for folder in (root, root / "weather", root / model):
        for path in sorted(folder.glob("*.py")):
            digest.update(path.relative_to(root).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _grid_parts(grid: xr.Dataset) -> list[object]:
    return [grid, grid.coords["spatial_ref"].attrs.get("crs_wkt", "") if "spatial_ref" in grid.coords else ""]


def _network_parts(network: RoadNetwork | None) -> str:
    assert network is not None
    return fingerprint(network.nodes, network.links, network.turns)


def _people_parts(city: City) -> str:
    table = city.buildings
    columns = [name for name in ("residents", "use", "storeys", "height", "geometry") if name in table.columns]
    return fingerprint(table[columns])


def _checked_scenarios(scenarios: Sequence[Scenario] | Scenario) -> tuple[Scenario, ...]:
    given = (scenarios,) if isinstance(scenarios, Scenario) else tuple(scenarios)
    for item in given:
        if not isinstance(item, Scenario):
            raise InputError(f"scenarios holds {item!r}; give twin.Scenario objects")
    plans = (BASELINE, *(plan for plan in given if plan is not BASELINE and plan != BASELINE))
    seen: dict[str, str] = {}
    for plan in plans:
        if plan.slug in seen:
            raise InputError(
                f"two scenarios are called {seen[plan.slug]!r} and {plan.name!r}; give each a name of its own"
            )
        seen[plan.slug] = plan.name
    return plans


def _checked_events(events: Sequence[Event] | Event) -> tuple[Event, ...]:
    given = (events,) if isinstance(events, Event) else tuple(events)
    if not given:
        raise InputError("a study needs at least one event: twin.hot_day, twin.heavy_rain or twin.weekday_traffic")
    names = []
    for event in given:
        if not isinstance(event, Event):
            raise InputError(f"events holds {event!r}; use twin.hot_day, twin.heavy_rain or twin.weekday_traffic")
        names.append(event.name)
    names += [after_rain(t, r).name for t in given for r in given if t.model == "traffic" and r.model == "flood"]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"two events are called {twice[0]!r}; give one another name, such as name='{twice[0]} 2'")
    return given


def _check_city(city: City, events: Sequence[Event]) -> None:
    if not isinstance(city, City):
        raise InputError(
            f"city is {city!r:.60}; give a City: twin.load_city('my-town/city.toml') or twin.sample_city('bayreuth')"
        )
    if any(event.model == "traffic" for event in events) and (city.network is None or not len(city.network.links)):
        raise MissingDataError(
            f"{city.name!r} has no roads, and a traffic event needs them; build it with an OpenStreetMap extract"
        )
    if any(event.model != "traffic" for event in events):
        _refuse_gaps(city)
    needed = {"heat": "albedo", "flood": "manning"}
    for event in events:
        if event.model != "traffic":
            event.weather(city)  # an impossible option is found here, not after the first model
        variable = needed.get(event.model)
        if variable is not None and variable not in city.grid:
            raise MissingDataError(f"the grid of {city.name!r} has no {variable!r}, which {event.name!r} needs")


def _refuse_gaps(city: City) -> None:
    """Refuse a terrain with holes before the first model does, and say which bounds would do."""
    from twin.city.terrain import covered_bounds

    ground = city.grid.get("ground_elevation")
    if ground is None or not (missing := int(np.isnan(ground.values).sum())):
        return
    covered = covered_bounds(ground.values, city.spec)
    way = "" if covered is None else f"bounds = [{', '.join(f'{edge:.10g}' for edge in covered)}], or "
    raise MissingDataError(
        f"the terrain of {city.name!r} is empty in {missing} of {ground.size} cells, and heat and water need it "
        f"everywhere; give the city {way}terrain that covers it whole"
    )
