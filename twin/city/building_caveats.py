"""What a reader of results must know about a city's buildings, as sentences in English and German."""

from __future__ import annotations

import geopandas as gpd

from twin.city.city import Caveat
from twin.city.gridspec import Bounds, GridSpec

LARGEST_OFFSET = 2.0
"""Ground surfaces of a model may differ this much (m) from the terrain in the median before the datum is in doubt."""

EDGE = 100.0
"""Nearer than this (m) to the end of the building data, buildings filed under a neighbouring tile may be missing."""


def about_ground_offset(offset: float) -> list[Caveat]:
    """Say that a 3-D city model stands well above or below the terrain.

    Examples
    --------
    >>> about_ground_offset(-0.3)
    []
    >>> "39.7 m above" in about_ground_offset(39.7)[0].text_en
    True
    """
    if not abs(offset) > LARGEST_OFFSET:
        return []
    side, seite = ("above", "über") if offset > 0 else ("below", "unter")
    return [
        Caveat(
            "heights",
            f"The ground of the 3-D city model lies {abs(offset):.1f} m {side} the terrain (median): their vertical "
            "datums may differ.",
            f"Der Boden des 3D-Stadtmodells liegt {decimal(abs(offset), 1)} m {seite} dem Gelände (Median): Die "
            "Höhenbezugssysteme sind womöglich verschieden.",
        )
    ]


def about_buildings(table: gpd.GeoDataFrame, buried: int) -> list[Caveat]:
    """Say which heights and residents are assumed.

    Examples
    --------
    >>> columns = {"on_grid": [True], "height_source": ["assumed by type"], "use": ["public"], "residents": [0.0]}
    >>> [caveat.topic for caveat in about_buildings(gpd.GeoDataFrame(columns), buried=0)]
    ['heights']
    """
    here = table[table["on_grid"]]
    found = []
    if len(here) == 0:
        found.append(
            Caveat("heights", "There is no building on the grid.", "Auf dem Raster steht kein Gebäude."),
        )
    assumed = int((here["height_source"] == "assumed by type").sum())
    if assumed:
        found.append(
            Caveat(
                "heights",
                f"The heights of {assumed} of {len(here)} buildings are assumed by building type.",
                f"Die Höhen von {assumed} der {len(here)} Gebäude sind nach Gebäudeart angenommen.",
            )
        )
    if buried:
        found.append(
            Caveat(
                "heights",
                f"On {buried} roof cells the roof lies below the terrain; they are raised to it.",
                f"In {buried} Dachzellen liegt das Dach unter dem Gelände; sie sind darauf angehoben.",
            )
        )
    unknown = int((here["use"] == "unknown").sum())
    if unknown:
        found.append(
            Caveat(
                "residents",
                f"The use of {unknown} of {len(here)} buildings is unknown; no residents are counted in them.",
                f"Die Nutzung von {unknown} der {len(here)} Gebäude ist unbekannt; dort zählen keine Einwohner.",
            )
        )
    if float(here["residents"].sum()) > 0:
        found.append(
            Caveat(
                "residents",
                "Residents are estimated from floor area (47.4 m² of living space each), not counted.",
                "Einwohner sind aus der Geschossfläche geschätzt (47,4 m² Wohnfläche je Kopf), nicht gezählt.",
            )
        )
    return found


def about_edges(spec: GridSpec, extent: Bounds | None) -> list[Caveat]:
    """Say at which edges of the grid buildings may be missing.

    Examples
    --------
    >>> spec = GridSpec(0, 1000, 10.0, 100, 100, "EPSG:25832")
    >>> about_edges(spec, (-500, -500, 1500, 1500)), len(about_edges(spec, (0, -500, 1500, 1500)))
    ([], 1)
    """
    if extent is None:
        return []
    xmin, ymin, xmax, ymax = spec.bounds
    rooms = {
        ("west", "Westen"): xmin - extent[0],
        ("south", "Süden"): ymin - extent[1],
        ("east", "Osten"): extent[2] - xmax,
        ("north", "Norden"): extent[3] - ymax,
    }
    near = [names for names, room in rooms.items() if room < EDGE]
    if not near:
        return []
    return [
        Caveat(
            "edges",
            f"The building data end within {EDGE:g} m of the grid's edge in the {join([e for e, _ in near], 'and')}: "
            "buildings filed under neighbouring tiles are missing there.",
            f"Die Gebäudedaten enden keine {EDGE:g} m hinter dem Rasterrand im {join([d for _, d in near], 'und')}: "
            "Gebäude aus Nachbarkacheln fehlen dort.",
        )
    ]


def percent(share: float, digits: int = 0) -> str:
    """Write a share as German texts do.

    Examples
    --------
    >>> percent(0.125, 1)
    '12,5 %'
    """
    return f"{decimal(100 * share, digits)} %"


def decimal(value: float, digits: int) -> str:
    """Write a number with a decimal comma.

    Examples
    --------
    >>> decimal(39.72, 1)
    '39,7'
    """
    return f"{value:.{digits}f}".replace(".", ",")


def join(words: list[str], last: str) -> str:
    """List words in a sentence.

    Examples
    --------
    >>> join(["west", "south", "east"], "and")
    'west, south and east'
    """
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"
