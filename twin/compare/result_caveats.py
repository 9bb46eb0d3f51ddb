"""What results themselves say a reader must know: assumed weather, synthetic demand, what a model leaves out.

The city's own caveats (`City.meta.caveats`) are about its data; these are about the answer computed from them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import xarray as xr

from twin.compare.language import say

if TYPE_CHECKING:
    from twin.city.city import Caveat

MAP_TOPICS = {
    "heat": ("weather", "heights", "trees", "land_cover", "terrain", "edges"),
    "flood": ("terrain", "sewers", "land_cover", "heights", "edges"),
    "traffic": ("demand", "roads", "residents"),
}
"""Topics of caveats that matter for the maps of each model."""

WATER_TOPICS = ("terrain", "sewers")
"""Topics that the water on roads rests on: traffic after a rain is no better known than the water."""


def result_caveats(result: xr.Dataset) -> tuple[Caveat, ...]:
    """Return the caveats of one result.

    Parameters
    ----------
    result : xr.Dataset
        Of any model; ``attrs["caveat_en"]`` and ``attrs["caveat_de"]`` are used where the model writes them.

    Returns
    -------
    tuple of Caveat
        Topics ``"weather"``, ``"sewers"`` or ``"demand"``.

    Examples
    --------
    >>> [caveat.topic for caveat in result_caveats(xr.Dataset(attrs={"model": "traffic"}))]
    ['demand']
    """
    from twin.city.city import Caveat

    attributes = result.attrs
    model = attributes.get("model")
    topic = {"heat": "weather", "flood": "sewers", "traffic": "demand"}.get(str(model))
    if topic is None:
        return ()
    if "caveat_en" in attributes and "caveat_de" in attributes:
        return (Caveat(topic, str(attributes["caveat_en"]), str(attributes["caveat_de"])),)
    key = f"caveat.{topic}"
    if model == "heat":
        words = str(attributes.get("caveats", ""))
        if "assumed weather: cloudless day" in words:
            key = "caveat.weather.assumed"
        elif any(word in words for word in ("assumed weather", "estimated from global", "gaps filled")):
            key = "caveat.weather.estimated"
    elif model == "flood" and "sewer" in " ".join(_options(result)):
        return ()  # the model was told about sewers
    return (Caveat(topic, say(key, "en"), say(key, "de")),)


def _options(result: xr.Dataset) -> tuple[str, ...]:
    try:
        options = json.loads(str(result.attrs.get("options", "{}")))
    except json.JSONDecodeError:
        return ()
    return tuple(str(option) for option in options) if isinstance(options, dict) else ()
