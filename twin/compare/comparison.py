"""`compare`: variants of a city against a baseline, as a table, difference maps, worst places, words and a report.

Every number is computed from the variants' own results with the same cells, hours and units; what could not be
computed stands in `Comparison.missing` with the reason.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin.compare.compatibility import check_comparable
from twin.compare.differences import difference_maps, road_differences, street_differences
from twin.compare.indicators import IN_CHANGED_AREA, Indicator, View, indicator, indicators
from twin.compare.language import rounded_difference, say
from twin.compare.result_caveats import MAP_TOPICS, WATER_TOPICS, result_caveats
from twin.compare.variant import MODELS, MeasureRecord, Variant
from twin.errors import InputError, MissingDataError

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from twin.city.city import Caveat
    from twin.city.roads import RoadNetwork

KEY_MAPS = {
    "heat": (
        "utci_hottest_hour",
        "utci_max",
        "mean_radiant_temperature_max",
        "strong_heat_stress_duration",
        "very_strong_heat_stress_duration",
        "utci_degree_hours",
        "pet_max",
        "pet_strong_heat_stress_duration",
        "pet_degree_hours",
        "pet_wg_max",
        "perceived_temperature_max",
        "wbgt_max",
        "sunlit_hours",
        "sky_view_factor",
    ),
    "flood": ("water_depth_max", "flow_velocity_max", "infiltrated_depth"),
}
"""Maps whose differences are computed, the most telling first."""


@dataclass(frozen=True)
class Missing:
    """One indicator that could not be computed: for which event and variant, and why."""

    event: str
    variant: str
    key: str
    reason: str


@dataclass(frozen=True, eq=False)
class Comparison:
    """Variants side by side; made by `compare`.

    variants : baseline first, then the others in the order given
    views : for each event, the cells and hour the indicators look at
    values : number of (event, indicator key, variant name)
    missing : what could not be computed, and why
    title, title_de, description : what a report opens with; the city's name where there is no title
    """

    variants: tuple[Variant, ...]
    values: dict[tuple[str, str, str], float]
    views: dict[str, View]
    missing: tuple[Missing, ...] = ()
    title: str = ""
    title_de: str = ""
    description: str = ""

    def heading(self, language: str = "en") -> str:
        """Return what a report in `language` opens with: the title of the study, else the city's name."""
        own = (self.title_de if language == "de" else self.title) or self.title or self.title_de
        return own or say("report.title", language, city=self.baseline.city.name)

    @property
    def baseline(self) -> Variant:
        """The variant the others are held against."""
        return self.variants[0]

    @property
    def others(self) -> tuple[Variant, ...]:
        """All variants but the baseline."""
        return self.variants[1:]

    @property
    def events(self) -> tuple[str, ...]:
        """Names of the events, heat first, then flood, then traffic."""
        return tuple(sorted(self.baseline.results, key=lambda event: MODELS.index(self.baseline.model(event))))

    def variant(self, name: str) -> Variant:
        """Return the variant of a name.

        Raises
        ------
        InputError
            If there is none.
        """
        for variant in self.variants:
            if variant.name == name:
                return variant
        raise InputError(f"there is no variant {name!r}; there are: {', '.join(v.name for v in self.variants)}")

    def result(self, event: str, variant: str | None = None) -> xr.Dataset:
        """Return the result of an event, of the baseline unless a variant is named.

        Raises
        ------
        InputError
            If there is no such event.
        """
        results = (self.baseline if variant is None else self.variant(variant)).results
        if event not in results:
            raise InputError(f"there is no event {event!r}; there are: {', '.join(self.events)}")
        return results[event]

    def keys(self, event: str) -> tuple[Indicator, ...]:
        """Return the indicators that were computed for an event in at least one variant."""
        have = {key for (one, key, _) in self.values if one == event}
        return tuple(i for i in indicators(self.baseline.model(event)) if i.key in have)

    def value(self, event: str, key: str, variant: str | None = None) -> float:
        """Return the indicator `key` of an `event`, of the baseline unless a `variant` is named; NaN if unknown."""
        return self.values.get((event, key, self.baseline.name if variant is None else variant), float("nan"))

    def difference(self, event: str, key: str, variant: str) -> float:
        """Return the indicator `key` of an `event` in a `variant` minus that of the baseline."""
        return self.value(event, key, variant) - self.value(event, key)

    def label(self, event: str, key: str, language: str = "en") -> str:
        """Return what the indicator `key` of an `event` is called in a `language`.

        With the zone of its hour and the number of its days.
        """
        from twin.compare.heat_days import indicator_label

        return indicator_label(indicator(key), self.result(event), language)

    def digits(self, event: str, key: str) -> int:
        """Return the digits at which values and differences of the indicator `key` of an `event` agree for a reader.

        One more than usual where a change would vanish by rounding, or a change too small to count would appear.
        """
        usual = indicator(key).decimals
        before = self.value(event, key)
        for variant in self.others:
            after = self.value(event, key, variant.name)
            if not np.isfinite(after - before):
                continue
            seen = rounded_difference(before, after, usual) != 0.0
            if seen != (abs(after - before) >= indicator(key).tolerance):
                return usual + 1
        return usual

    def shown_difference(self, event: str, key: str, variant: str) -> float:
        """Return the difference a reader sees in the indicator `key` of an `event`, from values rounded to `digits`.

        Of a `variant` from the baseline.
        """
        return rounded_difference(self.value(event, key), self.value(event, key, variant), self.digits(event, key))

    def judgement(self, event: str, key: str, variant: str) -> str:
        """Return ``"better"``, ``"worse"``, ``"same"``, ``"changed"`` (neutral indicators) or ``"unknown"``.

        Of the indicator `key` of an `event` in a `variant`. Differences a reader would not see, or below twice the
        solver's own gap, are the same.
        """
        change = self.difference(event, key, variant)
        if not np.isfinite(change):
            return "unknown"
        if abs(change) < self._noise(event, key):
            return "same"
        direction = indicator(key).direction
        if direction == "neutral":
            return "changed"
        return "better" if (change < 0) == (direction == "less") else "worse"

    def _noise(self, event: str, key: str) -> float:
        noise = indicator(key).tolerance
        gaps = [float(v.results[event]["relative_gap"]) for v in self.variants if "relative_gap" in v.results[event]]
        if gaps and np.isfinite(gaps).any():
            noise = max(noise, 2.0 * float(np.nanmax(gaps)) * abs(self.value(event, key)))
        return noise

    def caveats(self, topics: Iterable[str] | None = None) -> tuple[Caveat, ...]:
        """Return what a reader must know about the data, of all variants, each once; of some topics if given."""
        wanted = None if topics is None else set(topics)
        found = {}
        for variant in self.variants:
            of_results = [caveat for event in self.events for caveat in result_caveats(variant.results[event])]
            for caveat in (*variant.city.meta.caveats, *of_results):
                if wanted is None or caveat.topic in wanted:
                    found[caveat.topic, caveat.text_en] = caveat
        return tuple(found.values())

    def topics(self, key: str, event: str) -> tuple[str, ...]:
        """Return the caveated topics that the indicator `key` of `event` rests on.

        Those of the indicator in its own order; what is known of the water follows for traffic after a rain.
        """
        known = {caveat.topic for caveat in self.caveats()}
        wanted = dict.fromkeys((*indicator(key).assumptions, *self._water_topics(event)))
        return tuple(topic for topic in wanted if topic in known)

    def map_topics(self, event: str) -> tuple[str, ...]:
        """Return the topics of caveats that matter for the maps of `event`."""
        return (*MAP_TOPICS[self.baseline.model(event)], *self._water_topics(event))

    def _water_topics(self, event: str) -> tuple[str, ...]:
        """Topics that the water on roads rests on, for a result that met such water."""
        return WATER_TOPICS if "road_water_depth" in self.result(event) else ()

    @cached_property
    def table(self) -> pd.DataFrame:
        """Indicators as a table.

        Rows (event, indicator key). Columns (``"indicator"``, label | label_de | model | unit | direction | caveats),
        (baseline name, value) and for every other variant (name, value | difference | percent | judgement).
        `percent` is NaN for temperatures and where the baseline is 0.
        """
        import pandas as pd

        rows: dict[tuple[str, str], dict[tuple[str, str], object]] = {}
        for event in self.events:
            for one in self.keys(event):
                base = self.value(event, one.key)
                row: dict[tuple[str, str], object] = {
                    ("indicator", "label"): self.label(event, one.key, "en"),
                    ("indicator", "label_de"): self.label(event, one.key, "de"),
                    ("indicator", "model"): one.model,
                    ("indicator", "unit"): one.unit,
                    ("indicator", "direction"): one.direction,
                    ("indicator", "caveats"): ", ".join(self.topics(one.key, event)),
                    (self.baseline.name, "value"): base,
                }
                for variant in self.others:
                    change = self.difference(event, one.key, variant.name)
                    relative = base != 0 and one.unit != "degC"
                    row[variant.name, "value"] = self.value(event, one.key, variant.name)
                    row[variant.name, "difference"] = change
                    row[variant.name, "percent"] = 100.0 * change / abs(base) if relative else float("nan")
                    row[variant.name, "judgement"] = self.judgement(event, one.key, variant.name)
                rows[event, one.key] = row
        table = pd.DataFrame.from_dict(rows, orient="index")
        table.index = pd.MultiIndex.from_tuples(list(rows), names=["event", "indicator"])
        table.columns = pd.MultiIndex.from_tuples(
            [tuple(column) for column in table.columns], names=["variant", "field"]
        )
        return table

    def key_map(self, event: str, name: str, variant: str | None = None) -> xr.DataArray:
        """Return a map (y, x) of a result, such as ``"water_depth_max"`` or ``"utci_hottest_hour"``.

        Parameters
        ----------
        event, name : str
            Of the event and of the map, see `key_maps`.
        variant : str, optional
            The baseline if not given.

        Raises
        ------
        MissingDataError
            If the result does not hold it.
        """
        result = self.result(event, variant)
        if name == "utci_hottest_hour":
            from twin.compare.heat_indicators import utci_at_hottest_hour

            city = (self.baseline if variant is None else self.variant(variant)).city
            return utci_at_hottest_hour(result, city, self.views[event])
        if name == "sunlit_hours" and name not in result:
            from twin.compare.heat_fields import sunlit_hours

            return sunlit_hours(result)
        if name not in result or result[name].dims != ("y", "x"):
            raise MissingDataError(f"the result of event {event!r} holds no map {name!r}")
        return result[name]

    def key_maps(self, event: str) -> tuple[str, ...]:
        """Return the names of the maps all variants hold for an event, the most telling first."""
        names = []
        for name in KEY_MAPS.get(self.baseline.model(event), ()):
            needed = {"utci_hottest_hour": {"utci"}, "sunlit_hours": {"sunlit_hours", "sunlit_fraction"}}.get(
                name, {name}
            )
            if name == "utci_hottest_hour" and self.views[event].hour is None:
                continue
            if all(needed & set(variant.results[event]) for variant in self.variants):
                names.append(name)
        return tuple(names)

    @cached_property
    def differences(self) -> xr.Dataset:
        """Maps of variant minus baseline over (scenario, y, x), NaN where either has no value.

        Named like the maps (``utci_hottest_hour``, ``water_depth_max`` …); where several events give the same map, the
        name is followed by ``__`` and the event. Flows of roads are in `road_differences`.
        """
        return difference_maps(self)

    def road_differences(self, event: str) -> gpd.GeoDataFrame:
        """Return road sections with the vehicles per hour (both directions) of every variant and the differences.

        Columns ``name``, ``ref``, ``road_class``, ``length``, one column of flow per variant (its name), one column
        ``difference <name>`` per variant but the baseline, and ``geometry``. The `event` is one of traffic.
        """
        self.result(event)
        if event not in self._roads:
            self._roads[event] = road_differences(self, event)
        return self._roads[event].copy()

    @cached_property
    def _roads(self) -> dict[str, gpd.GeoDataFrame]:
        return {}

    def street_differences(self, event: str) -> pd.DataFrame:
        """Return the mean vehicles per hour on named streets in every variant at an `event`, the most changed first."""
        self.result(event)
        return street_differences(self, event)

    def worst_places(self, n: int = 10, event: str | None = None) -> gpd.GeoDataFrame:
        """Return the `n` places with the highest values of each event, over all variants.

        Returns
        -------
        GeoDataFrame
            Columns ``event``, ``model``, ``rank``, ``place`` (nearest street, in parentheses where the road itself
            has no name), ``building`` (number, NaN for roads), ``quantity``, ``unit``, ``residents``, one column per
            variant with the value there, and ``geometry`` (building footprint or road section). Buildings within 30 m
            of a worse one are left out, so that one pond is one place.
        """
        from twin.compare.worst_places import worst_places

        return worst_places(self, n, event)

    def stress_areas(self, event: str, index: str = "utci") -> pd.DataFrame:
        """Return the open ground by class of heat stress in every variant: see `twin.compare.class_areas`."""
        from twin.compare.heat_comparison import class_areas

        return class_areas(self, event, index)

    def gains(self, event: str, variant: str | None = None) -> pd.DataFrame:
        """Return who is better and who worse off at home: see `twin.compare.residents_gaining`."""
        from twin.compare.heat_comparison import residents_gaining

        return residents_gaining(self, event, variant)

    def places(self, event: str) -> gpd.GeoDataFrame:
        """Return the heat at playgrounds, schools and the like in every variant: see `twin.compare.places_compared`."""
        from twin.compare.heat_comparison import places_compared

        return places_compared(self, event)

    def walking_shade(self, event: str) -> gpd.GeoDataFrame:
        """Return the shade of streets and footways in every variant: see `twin.compare.streets_compared`."""
        from twin.compare.heat_comparison import streets_compared

        return streets_compared(self, event)

    @cached_property
    def _kept(self) -> dict[tuple[str, str, str], gpd.GeoDataFrame]:
        """Tables of (kind, event, variant) that several questions ask for."""
        return {}

    def text(self, language: str = "en") -> str:
        """Return three to eight plain sentences: what changes, by how much, and what that rests on.

        Parameters
        ----------
        language : str
            ``"en"`` or ``"de"``.
        """
        from twin.compare.wording import text

        return text(self, language)

    def map(
        self,
        event: str,
        variant: str | None = None,
        *,
        name: str | None = None,
        difference: bool = False,
        language: str = "en",
    ) -> object:
        """Return a matplotlib Figure of one map.

        Parameters
        ----------
        event : str
            Of the event.
        variant : str, optional
            The baseline if not given.
        name : str, optional
            Of the map, see `key_maps`; the most telling if not given. Heat also has ``"stress_class"``,
            ``"cool_places"``, ``"street_shade"`` and ``"home_changes"``.
        difference : bool
            Draw the variant minus the baseline.
        language : str
            ``"en"`` or ``"de"``.
        """
        from twin.compare.maps import draw

        return draw(self, event, variant, name=name, difference=difference, language=language).figure

    def report(self, path: str | os.PathLike[str], language: str = "en") -> Path:
        """Write one self-contained HTML file to `path`, in `language`: see `twin.compare.write_report`."""
        from twin.compare.report import write_report

        return write_report(self, path, language)

    def __repr__(self) -> str:
        lines = [f"Comparison of {self.baseline.city.name!r}: {', '.join(v.name for v in self.others) or 'no variant'}"]
        lines[0] += f" against {self.baseline.name}"
        lines += [
            f"  {event}: {self.baseline.event_label(event)} ({self.baseline.model(event)}), "
            f"{len(self.keys(event))} indicators"
            for event in self.events
        ]
        return "\n".join([*lines, self.text("en")])

    def _repr_html_(self) -> str:
        from twin.compare.report_tables import notebook_html

        return notebook_html(self)


def compare(
    variants: Sequence[Variant] | Iterable[Variant],
    baseline: str = "baseline",
    *,
    footways: RoadNetwork | None = None,
) -> Comparison:
    """Hold variants of a city against a baseline.

    Parameters
    ----------
    variants : sequence of Variant
        On one grid, with the same events; the baseline among them.
    baseline : str
        Name of the variant the others are held against.
    footways : RoadNetwork, optional
        Where people walk (``build_road_network(osm, crs, mode="foot")``); without it shade is read along the city's
        roads, and distances to cool places are straight lines.

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
        If grids, CRS, events, hours, links or units differ; the message says which field.

    Examples
    --------
    >>> import numpy as np, xarray as xr, geopandas as gpd
    >>> from twin import City, GridSpec
    >>> grid = GridSpec(500000, 5500004, 2.0, 2, 2, "EPSG:25832").dataset()
    >>> grid["building_id"] = (("y", "x"), np.zeros((2, 2), np.int32))
    >>> none = gpd.GeoDataFrame({"residents": []}, geometry=[], crs="EPSG:25832")
    >>> city = City("meadow", grid, none, None, none)
    >>> def rain(depth):
    ...     water = grid.drop_vars("building_id").assign(water_depth_max=(("y", "x"), np.full((2, 2), depth)))
    ...     return water.assign_attrs(model="flood", event_label_en="heavy rain", event_label_de="Starkregen")
    >>> today = Variant("baseline", "Today", city, {"rain": rain(0.2)})
    >>> green = Variant("green", "Green yards", city, {"rain": rain(0.05)})
    >>> table = compare([today, green]).table
    >>> float(table.loc[("rain", "flood_area_over_10cm"), ("green", "difference")])
    -16.0
    """
    given = tuple(variants)
    check_comparable(given, baseline)
    ordered = (*(v for v in given if v.name == baseline), *(v for v in given if v.name != baseline))
    values: dict[tuple[str, str, str], float] = {}
    missing: list[Missing] = []
    views: dict[str, View] = {}
    first = ordered[0]
    changed = changed_area([measure for variant in ordered for measure in variant.measures], first)
    for event, result in first.results.items():
        views[event] = View(changed, _hour(result, first), footways)
        for one in indicators(first.model(event)):
            local = one.key.endswith(IN_CHANGED_AREA)
            if local and changed is None:
                continue
            if one.optional and not any(set(one.needs) <= set(variant.results[event]) for variant in ordered):
                continue
            view = views[event] if local else View(None, views[event].hour, footways)
            absent = []
            for variant in ordered:
                try:
                    values[event, one.key, variant.name] = one.value(variant.results[event], variant.city, view)
                except MissingDataError as error:
                    absent.append(Missing(event, variant.name, one.key, str(error)))
            # what no variant knows, such as places, raises no question where it need not be there
            missing += [] if one.optional and len(absent) == len(ordered) else absent
    return Comparison(ordered, values, views, tuple(missing))


def _hour(result: xr.Dataset, variant: Variant) -> np.datetime64 | None:
    from twin.compare.heat_indicators import hottest_hour

    if result.attrs["model"] != "heat" or "utci" not in result:
        return None
    try:
        return hottest_hour(result, variant.city)
    except MissingDataError:  # the indicators that need the hour say so one by one
        return None


def changed_area(measures: Iterable[MeasureRecord], variant: Variant) -> NDArray[np.bool_] | None:
    """Return the cells that the footprints of measures touch, (y, x); None if no measure changes the ground.

    Measures that only change the network (their `changes` name nothing else) do not count: heat and water on a closed
    road are what they were.
    """
    from rasterio.features import geometry_mask

    shapes = [
        shape
        for measure in measures
        if set(measure.changes) != {"network"}
        for shape in measure.footprint.geometry
        if shape is not None and not shape.is_empty
    ]
    if not shapes:
        return None
    spec = variant.city.spec
    touched = ~geometry_mask(shapes, out_shape=spec.shape, transform=spec.transform, all_touched=True)
    return np.asarray(touched, np.bool_) if touched.any() else None
