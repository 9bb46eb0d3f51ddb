"""`City`: one frozen object with the grid, the buildings, the roads, the trees and what is known about them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import xarray as xr

from twin.city.gridspec import GridSpec

if TYPE_CHECKING:
    import geopandas as gpd

    from twin.city.roads import RoadNetwork


@dataclass(frozen=True)
class Source:
    """One source a city was built from, with what its licence asks to be said."""

    name: str
    license: str
    attribution: str
    note: str = ""


@dataclass(frozen=True)
class Caveat:
    """One thing a reader of results must know: an assumption, a coarse input, a gap.

    topic : ``"terrain"``, ``"heights"``, ``"trees"``, ``"land_cover"``, ``"roads"``, ``"edges"``, ``"residents"``
    text_en, text_de : one sentence each
    """

    topic: str
    text_en: str
    text_de: str

    def text(self, language: str = "en") -> str:
        """Return the sentence in ``"en"`` or ``"de"``."""
        return self.text_de if language == "de" else self.text_en


@dataclass(frozen=True)
class CityMeta:
    """What is known about the data: sources, caveats, reports of the readers."""

    sources: tuple[Source, ...] = ()
    caveats: tuple[Caveat, ...] = ()
    reports: tuple[Any, ...] = ()


@dataclass(frozen=True)
class City:
    """A city ready for the models; measures return a changed copy.

    name : what the city is called
    grid : xr.Dataset on (y, x), see `twin.variables`
    buildings : GeoDataFrame (index `building_id`, int from 1, as on the grid), footprints in the grid's CRS; columns
        `osm_id` or `gml_id`, `height` (m above ground), `storeys`, `use`, `residents`, `height_source`,
        `on_grid` (bool)
    network : RoadNetwork or None; may reach beyond the grid
    trees : GeoDataFrame of single trees; columns `height`, `crown_diameter` (m), `source`
    meta : sources, caveats, reports
    """

    name: str
    grid: xr.Dataset
    buildings: gpd.GeoDataFrame
    network: RoadNetwork | None
    trees: gpd.GeoDataFrame
    meta: CityMeta = field(default_factory=CityMeta)

    @property
    def spec(self) -> GridSpec:
        """Where the grid lies."""
        return GridSpec.from_dataset(self.grid)

    def with_changes(self, **changes: Any) -> City:
        """Return a copy with some fields replaced."""
        return replace(self, **changes)
