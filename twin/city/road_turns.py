"""Which turns are forbidden: restrictions over a node, and barriers where a driver can only turn round.

Restrictions that cannot be used are counted with their reason, never dropped in silence.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from twin.city.road_links import barriers
from twin.geometry.records import OsmData, OsmRestriction

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd


def forbidden_turns(osm: OsmData, links: gpd.GeoDataFrame, mode: str = "car") -> tuple[pd.DataFrame, list[str]]:
    """Forbidden pairs of links, from restrictions over a node and from barriers."""
    import pandas as pd

    arriving: dict[int, list[tuple[str, int]]] = defaultdict(list)
    leaving: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for link, tail, head, way in zip(links.index, links["from_osm"], links["to_osm"], links["osm_way"], strict=True):
        arriving[head].append((link, way))
        leaving[tail].append((link, way))
    rows: dict[tuple[str, str], int] = {}
    outcome: Counter[str] = Counter()
    for restriction in osm.restrictions:
        result, pairs = _apply(restriction, arriving, leaving, mode)
        outcome[result] += 1
        for pair in pairs:
            rows.setdefault(pair, restriction.id)
    roads = set(links["osm_way"])
    for node in barriers(osm, [way for way in osm.roads if way.id in roads], mode):
        origin = links["from_osm"].to_dict()
        for before, _ in arriving[node]:
            for after, _ in leaving[node]:
                if links["to_osm"][after] != origin[before]:  # turning round is all a barrier allows
                    rows.setdefault((before, after), 0)
    pairs = sorted(rows)
    table = pd.DataFrame(
        {
            "from_link": pd.Series([before for before, _ in pairs], dtype=object),
            "to_link": pd.Series([after for _, after in pairs], dtype=object),
            "restriction": pd.Series([rows[pair] for pair in pairs], dtype="int64"),
        }
    )
    notes = [f"turn restrictions: {count} {result}" for result, count in sorted(outcome.items())]
    return table, notes


_GROUPS = {
    "car": ("motorcar", "motor_vehicle", "vehicle"),
    "bicycle": ("bicycle", "vehicle"),
    "foot": ("foot",),
}
_WHO = {"car": "cars", "bicycle": "bicycles", "foot": "pedestrians"}


def _does_not_bind(restriction: OsmRestriction, mode: str) -> str:
    """Return why a restriction says nothing to a mode; empty if it binds it."""
    if set(restriction.exempt) & set(_GROUPS[mode]):
        return f"{_WHO[mode]} are exempt"
    if mode == "foot" and "foot" not in restriction.only_for:
        return "it binds vehicles, not pedestrians"
    if restriction.only_for and not set(restriction.only_for) & set(_GROUPS[mode]):
        return f"it binds {', '.join(restriction.only_for)} only"
    if restriction.condition:
        return "it holds at certain times or for certain vehicles only"
    return ""


def _apply(
    restriction: OsmRestriction,
    arriving: dict[int, list[tuple[str, int]]],
    leaving: dict[int, list[tuple[str, int]]],
    mode: str,
) -> tuple[str, list[tuple[str, str]]]:
    """What became of a restriction, and the pairs of links it forbids."""
    fault = _does_not_bind(restriction, mode)
    if fault:
        return f"not used: {fault}", []
    if not restriction.kind.startswith(("no_", "only_")):
        return f"not used: kind {restriction.kind!r}", []
    if restriction.via_node is None:
        return "not used: over a way, not a node", []
    node = restriction.via_node
    before = [link for link, way in arriving[node] if way == restriction.from_way]
    after = [link for link, way in leaving[node] if way == restriction.to_way]
    if not before:
        return "not used: no car can come from its first road", []
    if len(before) > 1 or len(after) > 1:
        return "not used: ambiguous, a road passes its junction", []
    if restriction.kind.startswith("no_"):
        return ("applied", [(before[0], after[0])]) if after else ("not needed: no car can take its last road", [])
    if not after:
        return "not used: only_ leads into a road closed to cars", []
    return "applied", [(before[0], link) for link, _ in leaving[node] if link != after[0]]
