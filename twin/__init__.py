"""Urban digital twin: city geometry on a grid, heat, flood and traffic models, scenarios compared.

This file is the table of contents. Names are loaded when they are first used; importing `twin` computes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.contents import lazily

__version__ = "0.1.0"

# public name -> where it lives (a module, or a name in a module)
_CONTENTS = {
    "City": "twin.city.city:City",
    "GridSpec": "twin.city.gridspec:GridSpec",
    "load_city": "twin.city.load:load_city",
    "sample_city": "twin.city.samples:sample_city",
    "build_city": "twin.city.build:build_city",
    "Scenario": "twin.scenario.scenario:Scenario",
    "BASELINE": "twin.scenario.scenario:BASELINE",
    "Event": "twin.scenario.events:Event",
    "hot_day": "twin.scenario.events:hot_day",
    "heavy_rain": "twin.scenario.events:heavy_rain",
    "weekday_traffic": "twin.scenario.events:weekday_traffic",
    "Couplings": "twin.scenario.couplings:Couplings",
    "Study": "twin.scenario.study:Study",
    "load_study": "twin.scenario.files:load_study",
    "run": "twin.scenario.run:run",
    "measures": "twin.scenario.measures",
    "TwinError": "twin.errors:TwinError",
    "geometry": "twin.geometry",
    "city": "twin.city",
    "weather": "twin.weather",
    "heat": "twin.heat",
    "flood": "twin.flood",
    "traffic": "twin.traffic",
    "compare": "twin.compare",
    "scenario": "twin.scenario",
    "export": "twin.export",
    "limits": "twin.limits",
    "progress": "twin.progress",
}

__all__ = [
    "BASELINE",
    "City",
    "Couplings",
    "Event",
    "GridSpec",
    "Scenario",
    "Study",
    "TwinError",
    "__version__",
    "build_city",
    "city",
    "compare",
    "export",
    "flood",
    "geometry",
    "heat",
    "heavy_rain",
    "hot_day",
    "limits",
    "load_city",
    "load_study",
    "measures",
    "progress",
    "run",
    "sample_city",
    "scenario",
    "traffic",
    "weather",
    "weekday_traffic",
]

if TYPE_CHECKING:
    from twin import city, compare, export, flood, geometry, heat, limits, progress, scenario, traffic, weather
    from twin.city.build import build_city
    from twin.city.city import City
    from twin.city.gridspec import GridSpec
    from twin.city.load import load_city
    from twin.city.samples import sample_city
    from twin.errors import TwinError
    from twin.scenario import measures
    from twin.scenario.couplings import Couplings
    from twin.scenario.events import Event, heavy_rain, hot_day, weekday_traffic
    from twin.scenario.files import load_study
    from twin.scenario.run import run
    from twin.scenario.scenario import BASELINE, Scenario
    from twin.scenario.study import Study


__getattr__, __dir__ = lazily(__name__, _CONTENTS)
