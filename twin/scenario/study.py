"""`Study`: what a run returns. Results of all scenarios and events, ready to be compared, reported and saved."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xarray as xr

from twin.atomic import replacing
from twin.city.city import City
from twin.netcdf import write_netcdf
from twin.scenario.couplings import Couplings
from twin.scenario.events import Event
from twin.scenario.scenario import Scenario, slug

if TYPE_CHECKING:
    from twin.city.roads import RoadNetwork
    from twin.compare import Comparison
    from twin.compare.variant import Variant


@dataclass(frozen=True, eq=False, repr=False)
class Study:
    """Results of all scenarios and events.

    name : what the study is called
    variants : the baseline first, then the scenarios, each with city, measures and results
    scenarios : what was asked for, in the same order
    events : what happened
    couplings : which links between the models were on
    title, title_de, description : what the report opens with; without a title the city's name
    """

    name: str
    variants: tuple[Variant, ...]
    scenarios: tuple[Scenario, ...]
    events: tuple[Event, ...]
    couplings: Couplings
    title: str = ""
    title_de: str = ""
    description: str = ""

    @property
    def baseline(self) -> Variant:
        """The city as it is, with its results."""
        return self.variants[0]

    @property
    def results(self) -> dict[str, dict[str, xr.Dataset]]:
        """Results by scenario name, then by event name."""
        return {variant.name: dict(variant.results) for variant in self.variants}

    @property
    def cities(self) -> dict[str, City]:
        """Cities by scenario name, measures applied."""
        return {variant.name: variant.city for variant in self.variants}

    def compare(self, language: str = "en", *, footways: RoadNetwork | None = None) -> Comparison:
        """Compare every scenario with the baseline: table, difference maps, worst places, text.

        Parameters
        ----------
        language : str
            ``"en"`` or ``"de"``: which titles the scenarios get where no language is asked for. Texts, maps and
            reports of the comparison take the titles of their own language.
        footways : RoadNetwork, optional
            Ways for people on foot, as from `city.roads.build_road_network` with ``mode="foot"``: shade is read and
            distances to cool places are measured along them; along the city's roads and in straight lines without.

        Returns
        -------
        Comparison
        """
        from twin.compare import compare

        found = self._comparison if footways is None else compare(self.variants, self.baseline.name, footways=footways)
        plans = {plan.name: plan for plan in self.scenarios}
        named = tuple(
            replace(
                variant,
                title=plans[variant.name].title_in(language),
                title_en=plans[variant.name].title_in("en"),
                title_de=plans[variant.name].title_in("de"),
            )
            for variant in found.variants
        )
        return replace(found, variants=named, title=self.title, title_de=self.title_de, description=self.description)

    @cached_property
    def _comparison(self) -> Comparison:
        from twin.compare import compare

        return compare(self.variants, self.baseline.name)

    def table(self, language: str = "en") -> str:
        """Return the indicators of all scenarios as text in columns.

        Parameters
        ----------
        language : str
            ``"en"`` or ``"de"``.

        Returns
        -------
        str
        """
        from twin.scenario.indicator_table import format_table

        return format_table(
            self.compare().table,
            language,
            events={event: self.baseline.event_label(event, language) for event in self.baseline.results},
            titles={plan.name: plan.title_in(language) for plan in self.scenarios},
        )

    def report(
        self, path: str | os.PathLike[str], language: str = "en", *, footways: RoadNetwork | None = None
    ) -> Path:
        """Write the comparison as one self-contained HTML file.

        Parameters
        ----------
        path : path
            Where to; an existing file is replaced.
        language : str
            ``"en"`` or ``"de"``.
        footways : RoadNetwork, optional
            See `compare`.

        Returns
        -------
        Path
        """
        return Path(self.compare(language, footways=footways).report(path, language))

    def save(self, folder: str | os.PathLike[str], *, fields: bool = True) -> Path:
        """Write results (NetCDF), changed grids, measures (GeoJSON) and indicators (CSV) into a folder.

        `study.json` is written last: a folder without it is not a whole study.

        Parameters
        ----------
        folder : path
            Made if need be; files of the same names are replaced.
        fields : bool
            Off writes only `indicators.csv` and `study.json`.

        Returns
        -------
        Path
            The folder.
        """
        target = Path(folder)
        target.mkdir(parents=True, exist_ok=True)
        (target / "study.json").unlink(missing_ok=True)
        listing = []
        for plan, variant in zip(self.scenarios, self.variants, strict=True):
            place = target / slug(variant.name)
            files = {}
            if fields:
                files["grid"] = write_netcdf(variant.city.grid, place / "grid.nc")
                for event, result in variant.results.items():
                    files[event] = write_netcdf(result, place / f"{slug(event)}.nc")
                _write_footprints(variant, place / "measures.geojson")
            listing.append(
                {
                    "name": variant.name,
                    "title_en": plan.title_in("en"),
                    "title_de": plan.title_in("de"),
                    "measures": [_described(record) for record in variant.measures],
                    "files": {key: path.relative_to(target).as_posix() for key, path in files.items()},
                }
            )
        with replacing(target / "indicators.csv") as temporary:
            table = self.compare().table.copy()
            table.columns = [": ".join(column) for column in table.columns]
            table.to_csv(temporary, encoding="utf-8")
        from twin import __version__

        content = {
            "name": self.name,
            "twin_version": __version__,
            "city": self.baseline.city.name,
            "couplings": asdict(self.couplings),
            "events": [
                {"name": event.name, "model": event.model, **_plain(event.forcing), **_plain(event.options)}
                for event in self.events
            ],
            "results": [
                {"name": event, "label_en": result.attrs["event_label_en"], "label_de": result.attrs["event_label_de"]}
                for event, result in self.baseline.results.items()
            ],
            "variants": listing,
        }
        with replacing(target / "study.json") as temporary:
            temporary.write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")
        return target

    def __repr__(self) -> str:
        city = self.baseline.city
        lines = [f"<twin.Study {self.name!r}: {city.name}, {_extent(city)}>"]
        lines += [f"  event     {event.label_en}" for event in self.events]
        lines += [f"  scenario  {variant.title} ({len(variant.measures)} measures)" for variant in self.variants]
        off = [key for key, on in asdict(self.couplings).items() if on is False]
        if off:
            lines.append(f"  couplings off: {', '.join(off)}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        city = self.baseline.city
        rows = []
        for variant in self.variants:
            measures = "<br>".join(escape(record.title_en) for record in variant.measures) or "none"
            events = "<br>".join(escape(variant.event_label(event)) for event in variant.results)
            rows.append(f"<tr><td>{escape(variant.title)}</td><td>{measures}</td><td>{events}</td></tr>")
        return (
            f"<h4>{escape(self.name)}</h4><p>{escape(city.name)}, {escape(_extent(city))}</p>"
            "<table><thead><tr><th>scenario</th><th>measures</th><th>results</th></tr></thead>"
            f"<tbody>{''.join(rows)}</tbody></table>"
        )


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value if isinstance(value, (bool, int, float, str)) else str(value) for key, value in values.items()}


def _extent(city: City) -> str:
    spec = city.spec
    width, height = spec.columns * spec.resolution / 1000.0, spec.rows * spec.resolution / 1000.0
    return f"{width:.2f} x {height:.2f} km in cells of {spec.resolution:g} m, {spec.crs.name}"


def _described(record: Any) -> dict[str, Any]:
    return {
        "kind": record.kind,
        "title_en": record.title_en,
        "title_de": record.title_de,
        "changes": list(record.changes),
        "cost": record.cost,
        "notes": list(record.notes),
    }


def _write_footprints(variant: Variant, path: Path) -> None:
    """Write all footprints of a scenario as one GeoJSON file in the city's CRS."""
    features = []
    for number, record in enumerate(variant.measures):
        properties = {"measure": number + 1, "kind": record.kind, "title": record.title_en}
        features += [
            {"type": "Feature", "properties": properties, "geometry": geometry.__geo_interface__}
            for geometry in record.footprint.geometry
        ]
    crs = variant.city.spec.crs.to_string()
    content = {
        "type": "FeatureCollection",
        "crs": {"type": "name", "properties": {"name": crs}},
        "features": features,
    }
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(content), encoding="utf-8")
