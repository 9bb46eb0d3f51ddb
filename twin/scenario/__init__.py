"""Plans, events and what becomes of the city: measures, scenarios, couplings, runs, studies and their files.

measures/     what a planner can do: trees, unsealing, buildings, roads
areas.py      areas and points in the forms people have them in
scenario.py   `Scenario`: a named list of measures
events.py     hot day, heavy rain, weekday traffic
couplings.py  how the models of one study touch each other
run.py        `run`: every scenario meets every event, nothing is computed twice
store.py      results on disk, found by what they were computed from
study.py      `Study`: results to compare, report and save
files.py      studies as TOML files
hamlet.py     a made-up hamlet for examples, tests and warm-up
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

# public name -> module of this room
_CONTENTS = {
    "BASELINE": "scenario",
    "Couplings": "couplings",
    "Event": "events",
    "Scenario": "scenario",
    "Study": "study",
    "StudySpec": "files",
    "heavy_rain": "events",
    "hot_day": "events",
    "load_study": "files",
    "packaged_studies": "files",
    "weekday_traffic": "events",
}

__all__ = [
    "BASELINE",
    "Couplings",
    "Event",
    "Scenario",
    "Study",
    "StudySpec",
    "heavy_rain",
    "hot_day",
    "load_study",
    "packaged_studies",
    "weekday_traffic",
]

if TYPE_CHECKING:
    from twin.scenario.couplings import Couplings
    from twin.scenario.events import Event, heavy_rain, hot_day, weekday_traffic
    from twin.scenario.files import StudySpec, load_study, packaged_studies
    from twin.scenario.scenario import BASELINE, Scenario
    from twin.scenario.study import Study


def __getattr__(name: str) -> Any:
    module = _CONTENTS.get(name)
    if module is None:
        raise AttributeError(f"module 'twin.scenario' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"twin.scenario.{module}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
