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

from typing import TYPE_CHECKING

from twin.contents import lazily

_CONTENTS = {
    "BASELINE": "twin.scenario.scenario:BASELINE",
    "Couplings": "twin.scenario.couplings:Couplings",
    "Event": "twin.scenario.events:Event",
    "Scenario": "twin.scenario.scenario:Scenario",
    "Study": "twin.scenario.study:Study",
    "StudySpec": "twin.scenario.files:StudySpec",
    "heavy_rain": "twin.scenario.events:heavy_rain",
    "hot_day": "twin.scenario.events:hot_day",
    "weather_file": "twin.scenario.weather_event:weather_file",
    "load_study": "twin.scenario.files:load_study",
    "packaged_studies": "twin.scenario.files:packaged_studies",
    "weekday_traffic": "twin.scenario.events:weekday_traffic",
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
    "weather_file",
    "weekday_traffic",
]

if TYPE_CHECKING:
    from twin.scenario.couplings import Couplings
    from twin.scenario.events import Event, heavy_rain, hot_day, weekday_traffic
    from twin.scenario.files import StudySpec, load_study, packaged_studies
    from twin.scenario.scenario import BASELINE, Scenario
    from twin.scenario.study import Study
    from twin.scenario.weather_event import weather_file


__getattr__, __dir__ = lazily(__name__, _CONTENTS)
