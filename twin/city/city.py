"""`City`: one frozen object with the grid, the buildings, the roads, the trees and what is known about them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from twin.city import summary
from twin.city.gridspec import GridSpec, same_crs
from twin.errors import InputError

if TYPE_CHECKING:
    import geopandas as gpd

    from twin.city.roads import RoadNetwork


@dataclass(frozen=True)
class Source:
    """One source a city was built from, with what its licence asks to be said.

    name : what the data are called
    license : its short name, such as ``"dl-de/by-2-0"``
    attribution : the words the licence asks for
    note : what else to know, such as the date
    """

    name: str
    license: str
    attribution: str
    note: str = ""


@dataclass(frozen=True)
class Caveat:
    """One thing a reader of results must know: an assumption, a coarse input, a gap.

    topic : ``"terrain"``, ``"heights"``, ``"buildings"``, ``"trees"``, ``"land_cover"``, ``"roads"``,
        ``"edges"``, ``"residents"``
    text_en, text_de : one sentence each
    """

    topic: str
    text_en: str
    text_de: str

    def text(self, language: str = "en") -> str:
        """Return the sentence in `language`: ``"en"`` or ``"de"``."""
        return self.text_de if language == "de" else self.text_en


@dataclass(frozen=True)
class CityMeta:
    """What is known about the data.

    sources : each `Source` once
    caveats : each `Caveat` once
    reports : what the readers read, repaired and refused
    """

    sources: tuple[Source, ...] = ()
    caveats: tuple[Caveat, ...] = ()
    reports: tuple[Any, ...] = ()


@dataclass(frozen=True, repr=False)
class City:
    """A city ready for the models; measures return a changed copy.

    name : what the city is called
    grid : xr.Dataset on (y, x), see `twin.variables`
    buildings : GeoDataFrame (index `building_id`, int from 1, as on the grid), footprints in the grid's CRS; columns
        `osm_id` or `gml_id`, `height` (m above ground), `eaves_height` (lowest roof edge, m above ground), `roof_shape`
        (as the source names it), `storeys`, `use`, `residents`, `green_roof` (0 to 1), `source`, `height_source`,
        `green_roof_source`, `on_grid` (bool)
    network : RoadNetwork or None; may reach beyond the grid
    trees : GeoDataFrame of single trees; columns `height`, `crown_diameter`, `crown_base_height` (m), `source`; with a
        tree cadastre also `id`, `species`, `trunk_circumference` (m), `height_source`, `crown_diameter_source`
    meta : sources, caveats, reports
    places : GeoDataFrame of places that matter to people (schools, hospitals, playgrounds ...), points or polygons with
        the columns `kind`, `name`, `osm_id`; None if nothing is known of them

    Raises
    ------
    InputError
        If grid and tables do not belong together: another CRS, or a building on the grid that the table lacks.
    """

    name: str
    grid: xr.Dataset
    buildings: gpd.GeoDataFrame
    network: RoadNetwork | None
    trees: gpd.GeoDataFrame
    meta: CityMeta = field(default_factory=CityMeta)
    places: gpd.GeoDataFrame | None = None

    def __post_init__(self) -> None:
        spec = self.spec
        if not isinstance(self.name, str) or not self.name.strip():
            raise InputError(f"the city's name is {self.name!r}; it must be a text that is not empty")
        for table, what in ((self.buildings, "buildings"), (self.trees, "trees"), (self.places, "places")):
            if table is not None and table.crs is not None and not same_crs(table.crs, spec.crs):
                raise InputError(
                    f"the {what} are in {table.crs.name}, the grid in {spec.crs.name}; use table.to_crs(grid's CRS)"
                )
        if not self.buildings.index.is_unique:
            raise InputError("the index of the buildings holds a number twice; it is the building_id of the grid")
        if "building_id" in self.grid:
            known = np.asarray(self.buildings.index, np.int64)
            used = np.unique(self.grid["building_id"].values)
            stray = np.setdiff1d(used[used != 0], known)
            if len(stray):
                raise InputError(
                    f"building_id holds {stray[0]}, which is no row of the buildings table "
                    f"({len(stray)} such numbers); 0 means no building"
                )

    @property
    def spec(self) -> GridSpec:
        """Where the grid lies."""
        return GridSpec.from_dataset(self.grid)

    def info(self) -> str:
        """Return everything that is known about the city as text: extent, layers, sources, caveats, reports."""
        return summary.text(self)

    def __repr__(self) -> str:
        return summary.text(self, brief=True)

    def _repr_html_(self) -> str:
        return summary.html(self)

    def with_changes(self, **changes: Any) -> City:
        """Return a copy with some fields replaced.

        Parameters
        ----------
        **changes
            Field and new value: `name`, `grid`, `buildings`, `network`, `trees`, `meta` or `places`.

        Raises
        ------
        InputError
            If grid and tables no longer belong together.
        """
        return replace(self, **changes)
