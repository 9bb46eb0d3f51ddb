"""What a comparison compares: a variant of a city with its results, and the records of the measures that made it.

Frozen data only. A variant knows nothing of how its results came about; whoever computes them fills these fields.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

import xarray as xr

from twin.errors import InputError

if TYPE_CHECKING:
    import geopandas as gpd

    from twin.city.city import City

MODELS = ("heat", "flood", "traffic")
"""Models whose results can be compared, in the order of tables and reports."""


@dataclass(frozen=True)
class MeasureRecord:
    """What a measure did to a city.

    Parameters
    ----------
    kind : str
        Name of the measure, such as ``"plant_trees"``.
    title_en, title_de : str
        What a planner calls it, one short line each.
    footprint : GeoDataFrame
        Where it acts: polygons, lines or points in the city's CRS; may be empty.
    changes : tuple of str
        What it changed: grid variables (``"canopy_height"``), ``"network"``, ``"buildings"``, ``"trees"``.
    cost : float, optional
        In euro, from 0; None if not known.
    notes : tuple of str
        What a reader of results should know, such as trees that found no place.
    notes_de : tuple of str, optional
        The same in German, one for one; without them German reports show `notes`.

    Raises
    ------
    InputError
        If the kind is empty, the cost negative or not finite, the footprint no GeoDataFrame, or a note has no
        counterpart in German.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> yard = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 20, 10)], crs="EPSG:25832")
    >>> MeasureRecord("unseal", "Unseal the yard", "Hof entsiegeln", yard, ("land_cover",), 12_000.0).area
    200.0
    """

    kind: str
    title_en: str
    title_de: str
    footprint: gpd.GeoDataFrame
    changes: tuple[str, ...] = ()
    cost: float | None = None
    notes: tuple[str, ...] = ()
    notes_de: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.notes_de and len(self.notes_de) != len(self.notes):
            raise InputError(
                f"measure {self.kind!r} has {len(self.notes)} notes and {len(self.notes_de)} in German; "
                "give one for each, or none"
            )
        if not self.kind:
            raise InputError("a measure record has no kind; name the measure, such as 'plant_trees'")
        if not hasattr(self.footprint, "geometry"):
            raise InputError(
                f"the footprint of measure {self.kind!r} is a {type(self.footprint).__name__}; "
                "give a GeoDataFrame in the city's CRS (it may be empty)"
            )
        if self.cost is not None and not (math.isfinite(self.cost) and self.cost >= 0):
            raise InputError(f"the cost of measure {self.kind!r} is {self.cost!r} euro; it must be finite and >= 0")

    @property
    def area(self) -> float:
        """Area of the footprint, m2; 0 for lines and points."""
        return float(self.footprint.geometry.area.sum())

    def title(self, language: str = "en") -> str:
        """Title in `language`: ``"en"`` or ``"de"``."""
        return self.title_de if language == "de" else self.title_en

    def notes_in(self, language: str = "en") -> tuple[str, ...]:
        """Notes in `language`: ``"en"`` or ``"de"``."""
        return self.notes_de if language == "de" and self.notes_de else self.notes


@dataclass(frozen=True, eq=False)
class Variant:
    """A city as one scenario makes it, with the results of every event.

    Parameters
    ----------
    name : str
        Key of the variant, such as ``"baseline"`` or ``"green-yards"``.
    title : str
        What people read.
    city : City
        The city with the measures applied.
    results : mapping of event name to xr.Dataset
        Each with ``attrs["model"]`` (``"heat"``, ``"flood"`` or ``"traffic"``), ``attrs["event_label_en"]`` and
        ``attrs["event_label_de"]``. An optional ``attrs["event_fingerprint"]`` says that two results met the same
        event; comparisons refuse to mix different ones.
    measures : tuple of MeasureRecord
        Empty for the baseline.
    title_en, title_de : str
        Titles for texts and maps in English and German; `title` where one is not given.

    Raises
    ------
    InputError
        If the name is empty, or a result does not say its model or event.

    Examples
    --------
    >>> import xarray as xr
    >>> hot = xr.Dataset(attrs={"model": "heat", "event_label_en": "hot day", "event_label_de": "Hitzetag"})
    >>> Variant("baseline", "Today", None, {"hot-day": hot}).event_label("hot-day", "de")
    'Hitzetag'
    """

    name: str
    title: str
    city: City
    results: Mapping[str, xr.Dataset]
    measures: tuple[MeasureRecord, ...] = field(default=())
    title_en: str = ""
    title_de: str = ""

    def __post_init__(self) -> None:
        if not self.name or re.search(r"[\x00-\x1f]", self.name):
            raise InputError(f"a variant is called {self.name!r}; give it a name without control characters")
        for event, result in self.results.items():
            model = result.attrs.get("model")
            if model not in MODELS:
                raise InputError(
                    f"result {event!r} of variant {self.name!r} has attrs['model'] = {model!r}; "
                    f"it must be one of: {', '.join(MODELS)}"
                )
            for attribute in ("event_label_en", "event_label_de"):
                if not result.attrs.get(attribute):
                    raise InputError(
                        f"result {event!r} of variant {self.name!r} has no attrs[{attribute!r}]; "
                        "say in words which event it answers"
                    )
        object.__setattr__(self, "results", MappingProxyType(dict(self.results)))
        object.__setattr__(self, "measures", tuple(self.measures))

    def title_in(self, language: str = "en") -> str:
        """What people read, in `language`: ``"en"`` or ``"de"``."""
        return (self.title_de if language == "de" else self.title_en) or self.title

    def event_label(self, event: str, language: str = "en") -> str:
        """What people call an event, in `language`: ``"en"`` or ``"de"``."""
        return str(self.results[event].attrs["event_label_de" if language == "de" else "event_label_en"])

    def model(self, event: str) -> str:
        """Model that answered an event: ``"heat"``, ``"flood"`` or ``"traffic"``."""
        return str(self.results[event].attrs["model"])

    @property
    def cost(self) -> float | None:
        """Sum of the measures' costs in euro; None if one of them is not known."""
        costs = [measure.cost for measure in self.measures]
        return None if any(cost is None for cost in costs) else float(sum(cost for cost in costs if cost is not None))
