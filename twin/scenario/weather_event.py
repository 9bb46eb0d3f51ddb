"""The event `weather_file`: heat on a day that was measured, or that stands in a test reference year.

The file is looked at when the event is described and read when it meets a city, before the first model starts.
"""

from __future__ import annotations

import datetime
import difflib
import inspect
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from twin.errors import InputError
from twin.scenario.events import Event, heat_options

_OWN = ("file", "date", "days", "latitude", "longitude", "kind")
_WORDS = {"hottest": ("hottest day", "heißester Tag"), "typical": ("typical hot day", "typischer Hitzetag")}


def weather_file(
    file: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    *,
    date: str | datetime.date = "hottest",
    days: int = 1,
    file_kind: str = "auto",
    name: str = "measured weather",
    **options: Any,
) -> Event:
    """Describe heat on a day out of a weather file: EPW, DWD test reference year, DWD stations, UMEP.

    Parameters
    ----------
    file : path, or several
        As for `twin.weather.read_weather`.
    date : str or datetime.date
        ``"hottest"``, ``"typical"`` (of the hot days), a day such as ``"2018-07-26"``, or ``"07-26"`` in typical years.
    days : int
        How many days in a row, where a date is given.
    file_kind : str
        ``"epw"``, ``"dwd_try"``, ``"dwd_cdc"``, ``"umep"``; told by the first lines of the file unless given.
    name : str
        Key of its results.
    **options
        Passed to `twin.weather.day_from_file`, such as ``wind_speed`` or ``estimate_radiation``, or to
        `twin.heat.simulate`.

    Returns
    -------
    Event

    Raises
    ------
    InputError, DataError
        If the file is missing or of no known kind, or an option is unknown.

    Examples
    --------
    >>> weather_file("nowhere.epw")
    Traceback (most recent call last):
    twin.errors.DataError: nowhere.epw does not exist; weather is expected there
    """
    from twin.weather.file_day import day_from_file
    from twin.weather.weather_files import kind_of_file

    files = (file,) if isinstance(file, (str, os.PathLike)) else tuple(file)
    if not files:
        raise InputError("file is empty; name a weather file")
    paths = tuple(os.fspath(one) for one in files)
    of_model, of_day = heat_options(options)
    known = [word for word in inspect.signature(day_from_file).parameters if word not in _OWN]
    for option in of_day:
        if option not in known:
            near = difflib.get_close_matches(option, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"it knows {', '.join(known)}"
            raise InputError(f"weather_file has no option {option!r}; {hint}")
    found = kind_of_file(paths[0] if len(paths) == 1 else paths) if file_kind == "auto" else file_kind
    day = date.isoformat() if isinstance(date, datetime.date) else date
    english, german = _WORDS.get(day, (f"{day}", f"{day}"))
    source = Path(paths[0]).name + (f" (+{len(paths) - 1})" if len(paths) > 1 else "")
    span = "" if days == 1 else f", {days} days"
    return Event(
        name=name,
        model="heat",
        label_en=f"{english} of {source}{span}",
        label_de=f"{german} aus {source}{span.replace('days', 'Tage')}",
        forcing={"file": paths[0] if len(paths) == 1 else paths, "date": day, "days": days, "kind": found, **of_day},
        options=of_model,
    )
