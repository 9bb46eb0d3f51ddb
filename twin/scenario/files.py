"""Studies as TOML files: a city, events, scenarios with measures, couplings.

A file says nothing that Python could not: every table is checked against the function it calls, and a key that is not
known is refused with the file, the key and the nearest one that is. Paths in a file count from the file's own folder.
"""

from __future__ import annotations

import dataclasses
import difflib
import inspect
import os
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin import limits
from twin.city.city import City
from twin.errors import DataError, InputError, TwinError
from twin.scenario import measures
from twin.scenario.couplings import Couplings
from twin.scenario.events import Event, heavy_rain, hot_day, weekday_traffic
from twin.scenario.scenario import Scenario
from twin.scenario.weather_event import weather_file

if TYPE_CHECKING:
    from twin.scenario.study import Study

EVENTS: dict[str, Callable[..., Event]] = {
    "hot_day": hot_day,
    "weather_file": weather_file,
    "heavy_rain": heavy_rain,
    "weekday_traffic": weekday_traffic,
}

MEASURES: dict[str, Callable[..., measures.Measure]] = {
    "plant_trees": measures.plant_trees,
    "remove_trees": measures.remove_trees,
    "unseal": measures.unseal,
    "irrigate": measures.irrigate,
    "water_surface": measures.water_surface,
    "shade_sail": measures.shade_sail,
    "lighten": measures.lighten,
    "green_roof": measures.green_roof,
    "facade_greening": measures.facade_greening,
    "add_building": measures.add_building,
    "mesh_building": measures.mesh_building,
    "planned_buildings": measures.planned_buildings,
    "remove_buildings": measures.remove_buildings,
    "close_road": measures.close_road,
    "set_speed": measures.set_speed,
}

_TOP = ("title", "title_de", "description", "language", "city", "couplings", "event", "scenario")
_CITY = ("sample", "file", "bounds", "resolution")
_PATHS = ("area", "points", "section", "footprint", "file", "plan")
LANGUAGES = ("en", "de")


@dataclass(frozen=True)
class StudySpec:
    """A study as its file describes it, ready to run.

    name : the file's name without its ending
    title, title_de, description : texts for people
    city_source : the table `[city]`, paths made absolute
    scenarios, events, couplings : what is run
    language : language of the report
    path : the file
    """

    name: str
    title: str
    title_de: str
    description: str
    city_source: Mapping[str, Any]
    scenarios: tuple[Scenario, ...]
    events: tuple[Event, ...]
    couplings: Couplings
    language: str
    path: Path

    def load_city(self) -> City:
        """Build the city of the study: a sample or the user's own.

        Raises
        ------
        TwinError
            If it cannot be had.
        """
        source = dict(self.city_source)
        if "sample" in source:
            from twin.city.samples import sample_city

            name = source.pop("sample")
            return sample_city(name, **source)
        from twin.city.load import load_city

        return load_city(source.pop("file"), **source)

    def run(self, *, store: str | os.PathLike[str] | None = None, threads: int | None = None) -> Study:
        """Build the city and run the study.

        Parameters
        ----------
        store : path, optional
            Folder that keeps results across runs.
        threads : int, optional
            Threads of the models; all cores unless given.

        Returns
        -------
        Study
        """
        from twin.scenario.run import run

        return run(
            self.load_city(),
            self.scenarios,
            self.events,
            couplings=self.couplings,
            store=store,
            threads=threads,
            name=self.title_de if self.language == "de" else self.title,
            # a file without a title is called like itself, which is no heading
            title="" if self.title == self.name else self.title,
            title_de="" if self.title_de == self.name else self.title_de,
            description=self.description,
        )

    def _repr_html_(self) -> str:
        events = "".join(f"<li>{escape(event.label(self.language))}</li>" for event in self.events)
        plans = "".join(f"<li>{escape(plan.title)}: {len(plan.measures)} measures</li>" for plan in self.scenarios)
        return f"<h4>{escape(self.title)}</h4><p>{escape(self.description)}</p><ul>{events}</ul><ul>{plans}</ul>"


def load_study(study: str | os.PathLike[str]) -> StudySpec:
    """Read a study file.

    Parameters
    ----------
    study : path or str
        A TOML file, or the name of a study that comes with the package, such as ``"neudrossenfeld"``.

    Returns
    -------
    StudySpec
        ``load_study(...).run()`` returns the `Study`.

    Raises
    ------
    InputError, DataError
        If there is no such study, or it holds a key or value that is not understood.

    Examples
    --------
    >>> load_study("neudrossenfeld").city_source["sample"]
    'bayreuth'
    """
    path = find_study(study)
    content = _read(path)
    _only_known(content, _TOP, path, "the file")
    for key in ("title", "title_de", "description"):
        if not isinstance(content.get(key, ""), str):
            raise DataError(f"{path}: {key} is {content[key]!r}; it must be text")
    language = content.get("language", "en")
    if language not in LANGUAGES:
        raise InputError(f"{path}: language is {language!r}; use one of: {', '.join(LANGUAGES)}")
    title = content.get("title", path.stem)
    return StudySpec(
        name=path.stem,
        title=title,
        title_de=content.get("title_de", title),
        description=content.get("description", "").strip(),
        city_source=_city(content.get("city"), path),
        scenarios=tuple(
            _scenario(table, path, number) for number, table in _tables(content.get("scenario", []), path, "scenario")
        ),
        events=tuple(
            _call(EVENTS, table, path, f"[[event]] {number}")
            for number, table in _tables(content.get("event", []), path, "event")
        ),
        couplings=_couplings(content.get("couplings", {}), path),
        language=language,
        path=path,
    )


def packaged_studies() -> dict[str, Path]:
    """Return the studies that come with the package, by name.

    Examples
    --------
    >>> "neudrossenfeld" in packaged_studies()
    True
    """
    package = Path(__file__).parents[1]
    for folder in (package / "_scenarios", package.parent / "scenarios"):
        if folder.is_dir():
            return {path.stem: path for path in sorted(folder.glob("*.toml"))}
    return {}


def find_study(study: str | os.PathLike[str]) -> Path:
    """Return the file of a study given by path or by the name of a packaged one.

    Raises
    ------
    InputError
        If there is neither.
    """
    path = Path(study)
    if path.is_file():
        return path.resolve()
    ready = packaged_studies()
    name = os.fspath(study)
    if name in ready:
        return ready[name]
    near = difflib.get_close_matches(name, ready, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"ready studies: {', '.join(ready) or 'none'}"
    raise InputError(f"there is no study file and no ready study {name!r}; {hint}")


def _read(path: Path) -> dict[str, Any]:
    limits.check(path.stat().st_size, "MAX_FILE_BYTES", f"{path} has {path.stat().st_size} bytes")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{path} cannot be read as TOML: {error}") from error


def _tables(value: Any, path: Path, key: str) -> Iterable[tuple[int, dict[str, Any]]]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise DataError(f"{path}: {key} must be written as [[{key}]]")
    return enumerate(value, start=1)


def _only_known(table: Mapping[str, Any], known: Iterable[str], path: Path, where: str) -> None:
    known = list(known)
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(known)}"
            raise InputError(f"{path}: {where} has no key {key!r}; {hint}")


def _city(table: Any, path: Path) -> dict[str, Any]:
    if not isinstance(table, dict):
        raise DataError(f'{path}: the table [city] is missing; write [city] with sample = "bayreuth" or file = "..."')
    _only_known(table, _CITY, path, "[city]")
    if ("sample" in table) == ("file" in table):
        raise InputError(f"{path}: [city] needs either sample or file, one of the two")
    source = dict(table)
    if "file" in source:
        source["file"] = path.parent / str(source["file"])
    if "bounds" in source:
        source["bounds"] = tuple(source["bounds"])
    return source


def _scenario(table: dict[str, Any], path: Path, number: int) -> Scenario:
    where = f"[[scenario]] {number}"
    _only_known(table, ("name", "title", "title_de", "measure"), path, where)
    if "name" not in table:
        raise InputError(f"{path}: {where} has no name")
    where = f"{where} ({table['name']!r})"
    done = tuple(
        _call(MEASURES, measure, path, f"{where}, measure {place}")
        for place, measure in _tables(table.get("measure", []), path, "scenario.measure")
    )
    try:
        return Scenario(table["name"], done, str(table.get("title", "")), str(table.get("title_de", "")))
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def _couplings(table: Any, path: Path) -> Couplings:
    if not isinstance(table, dict):
        raise DataError(f"{path}: couplings must be written as [couplings]")
    _only_known(table, [field.name for field in dataclasses.fields(Couplings)], path, "[couplings]")
    try:
        return Couplings(**table)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def _call(functions: Mapping[str, Callable[..., Any]], table: dict[str, Any], path: Path, where: str) -> Any:
    """Call the function a table names with the table's other keys."""
    kind = str(table.get("kind", ""))
    if kind not in functions:
        near = difflib.get_close_matches(kind, functions, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"use one of: {', '.join(functions)}"
        raise InputError(f"{path}: {where} has kind {kind!r}; {hint}")
    function = functions[kind]
    parameters = inspect.signature(function).parameters
    options = {key: value for key, value in table.items() if key != "kind"}
    if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        _only_known(options, parameters, path, f"{where} ({kind})")
    missing = [
        name
        for name, parameter in parameters.items()
        if parameter.default is parameter.empty
        and parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
        and name not in options
    ]
    if missing:
        raise InputError(f"{path}: {where} ({kind}) lacks {missing[0]!r}")
    for key in _PATHS:
        if isinstance(options.get(key), str):
            options[key] = path.parent / options[key]
        elif key == "file" and isinstance(options.get(key), list) and all(isinstance(one, str) for one in options[key]):
            options[key] = [path.parent / one for one in options[key]]
    try:
        return function(**options)
    except TwinError as error:
        raise type(error)(f"{path}: {where} ({kind}): {error}") from error
