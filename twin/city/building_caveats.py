"""What a reader of results must know about a city's buildings, as sentences in English and German."""

from __future__ import annotations

import math

import geopandas as gpd

from twin.city.city import Caveat
from twin.city.gridspec import Bounds, GridSpec

LARGEST_OFFSET = 2.0
"""Ground surfaces of a model may differ this much (m) from the terrain in the median before the datum is in doubt."""

_GEOID = (33.0, 53.0)  # m, of the quasigeoid above the ellipsoid in Germany, 35 to 50, with room for the ground's own

EDGE = 100.0
"""Nearer than this (m) to the end of the building data, buildings filed under a neighbouring tile may be missing."""


def about_ground_offset(offset: float, model: str | None = None, terrain: str | None = None) -> list[Caveat]:
    """Say that a 3-D city model stands well above or below the terrain, and the likely cause.

    Parameters
    ----------
    offset : float
        Median height of the model's ground above the terrain, m; NaN if the model has no ground.
    model, terrain : str, optional
        Vertical datums that they name.

    References
    ----------
    Bundesamt fuer Kartographie und Geodaesie, German Combined Quasigeoid GCG2016 (range of its heights).

    Examples
    --------
    >>> about_ground_offset(-0.3)
    []
    >>> "39.7 m above" in about_ground_offset(39.7)[0].text_en
    True
    >>> "ellipsoidal" in about_ground_offset(39.7)[0].text_en, "ellipsoidal" in about_ground_offset(7.0)[0].text_en
    (True, False)
    """
    above = [name is not None and name.startswith("ellipsoid") for name in (model, terrain)]
    named = above[0] != above[1] and model is not None and terrain is not None
    far = abs(offset) > LARGEST_OFFSET
    if not far and not (named and math.isnan(offset)):
        return []
    side, seite = ("above", "über") if offset > 0 else ("below", "unter")
    english, german = "their vertical datums may differ.", "Die Höhenbezugssysteme sind womöglich verschieden."
    if named or _GEOID[0] <= abs(offset) <= _GEOID[1]:
        first = above[0] if named else offset > 0
        who, wer = ("the model", "des Modells") if first else ("the terrain", "des Geländes")
        english = (
            f"the heights of {who} are probably ellipsoidal (GPS), the others above sea level (DHHN), which in Germany "
            "are 35 to 50 m apart: convert them with the quasigeoid GCG2016 before anything is concluded from heights."
        )
        german = (
            f"Die Höhen {wer} sind wohl ellipsoidisch (GPS), die anderen über Normalhöhennull (DHHN); sie liegen in "
            "Deutschland 35 bis 50 m auseinander: vor jeder Aussage über Höhen mit dem Quasigeoid GCG2016 umrechnen."
        )
    if not far:
        start = f"The 3-D city model names the heights {model}, the terrain {terrain}: "
        anfang = f"Das 3D-Stadtmodell nennt die Höhen {model}, das Gelände {terrain}: "
    else:
        start = f"The ground of the 3-D city model lies {abs(offset):.1f} m {side} the terrain (median): "
        anfang = f"Der Boden des 3D-Stadtmodells liegt {decimal(abs(offset), 1)} m {seite} dem Gelände (Median): "
    return [Caveat("heights", start + english, anfang + german)]


def about_buildings(table: gpd.GeoDataFrame, buried: int, *, counted: bool = False) -> list[Caveat]:
    """Say which heights and residents are assumed; `counted` if residents come from statistical units.

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
    if unknown and not counted:
        found.append(
            Caveat(
                "residents",
                f"The use of {unknown} of {len(here)} buildings is unknown; no residents are counted in them.",
                f"Die Nutzung von {unknown} der {len(here)} Gebäude ist unbekannt; dort zählen keine Einwohner.",
            )
        )
    if counted:
        found.append(
            Caveat(
                "residents",
                "Residents are those of statistical units, spread over their dwellings by floor area; where a unit "
                "does not tell, they are estimated from floor area.",
                "Einwohner sind die der statistischen Einheiten, nach Geschossfläche auf deren Wohngebäude verteilt; "
                "wo eine Einheit nichts angibt, sind sie aus der Geschossfläche geschätzt.",
            )
        )
    elif float(here["residents"].sum()) > 0:
        found.append(
            Caveat(
                "residents",
                "Residents are estimated from floor area (47.4 m² of living space each), not counted.",
                "Einwohner sind aus der Geschossfläche geschätzt (47,4 m² Wohnfläche je Kopf), nicht gezählt.",
            )
        )
    return found


def about_filled_buildings(count: int, area: float, what: tuple[str, str], rims: int) -> tuple[Caveat, ...]:
    """Say how many buildings were filled from another source.

    Parameters
    ----------
    count : int
        Buildings filled.
    area : float
        Their area on the grid, m2.
    what : (str, str)
        The source in English and German.
    rims : int
        Shapes that were left out because they are narrower than a building.

    Examples
    --------
    >>> about_filled_buildings(2, 310.0, ("OpenStreetMap", "OpenStreetMap"), 0)[0].text_en
    'The building data lack 2 buildings (310 m²); they are filled from OpenStreetMap.'
    """
    if count == 0:
        return ()
    left_en = f" {rims} narrower shapes are left out." if rims else ""
    left_de = f" {rims} schmalere Formen sind weggelassen." if rims else ""
    german = f"{area:,.0f}".replace(",", ".")
    return (
        Caveat(
            "buildings",
            f"The building data lack {count} buildings ({area:,.0f} m²); they are filled from {what[0]}.{left_en}",
            f"In den Gebäudedaten fehlen {count} Gebäude ({german} m²); sie sind aus {what[1]} ergänzt.{left_de}",
        ),
    )


def about_edges(
    spec: GridSpec, extent: Bounds | None, *, declared: bool = True, filled: Bounds | None = None
) -> list[Caveat]:
    """Say at which edges of the grid buildings may be missing.

    Parameters
    ----------
    spec : GridSpec
        The grid.
    extent : (xmin, ymin, xmax, ymax) or None
        How far the building data reach, in the grid's CRS, m; None says nothing.
    declared : bool
        Whether the data say that they are complete within it; otherwise it is that of the buildings found.
    filled : (xmin, ymin, xmax, ymax), optional
        How far another source reaches from which missing buildings were filled.

    Examples
    --------
    >>> spec = GridSpec(0, 1000, 10.0, 100, 100, "EPSG:25832")
    >>> about_edges(spec, (-500, -500, 1500, 1500)), len(about_edges(spec, (0, -500, 1500, 1500)))
    ([], 1)
    """
    if extent is None:
        return []
    near = [names for names, room in _rooms(spec, extent).items() if room < EDGE]
    if not near:
        return []
    sides, seiten = join([e for e, _ in near], "and"), join([d for _, d in near], "und")
    if declared:
        english = (
            f"The building data end within {EDGE:g} m of the grid's edge in the {sides}: "
            "buildings filed under neighbouring tiles are missing there."
        )
        german = (
            f"Die Gebäudedaten enden keine {EDGE:g} m hinter dem Rasterrand im {seiten}: "
            "Gebäude aus Nachbarkacheln fehlen dort."
        )
    else:
        english = (
            f"The building data do not say how far they are complete; there is no building beyond {EDGE:g} m of the "
            f"grid's edge in the {sides}, where some may be missing."
        )
        german = (
            f"Die Gebäudedaten sagen nicht, bis wohin sie vollständig sind; weiter als {EDGE:g} m hinter dem "
            f"Rasterrand im {seiten} steht kein Gebäude, dort können welche fehlen."
        )
    closed = [] if filled is None else [n for n, room in _rooms(spec, filled).items() if n in near and room >= EDGE]
    if closed:
        english += f" In the {join([e for e, _ in closed], 'and')}, another source fills them as far as it knows them."
        german += f" Im {join([d for _, d in closed], 'und')} füllt eine andere Quelle sie, soweit sie sie kennt."
    return [Caveat("edges", english, german)]


def _rooms(spec: GridSpec, extent: Bounds) -> dict[tuple[str, str], float]:
    """How far an extent reaches beyond each edge of the grid, m."""
    xmin, ymin, xmax, ymax = spec.bounds
    return {
        ("west", "Westen"): xmin - extent[0],
        ("south", "Süden"): ymin - extent[1],
        ("east", "Osten"): extent[2] - xmax,
        ("north", "Norden"): extent[3] - ymax,
    }


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
