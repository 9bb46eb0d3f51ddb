"""How many days a heat result covers, and how people write its hours: with zone, and per day where there are several.

Sums over several days never stand under the name of one day.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from twin.compare.language import index, say

if TYPE_CHECKING:
    import xarray as xr

    from twin.compare.indicators import Indicator

AFTERNOON = (14, 15)
"""Clock hours between which the afternoon is read: PET maps of German cities show 14:00."""


def days_covered(result: xr.Dataset) -> int:
    """Return on how many days the steps of a result lie; 1 where they span no more than 24 h, or it has none.

    Examples
    --------
    >>> import xarray as xr
    >>> times = np.datetime64("2018-07-26T00", "ns") + np.arange(72) * np.timedelta64(1, "h")
    >>> days_covered(xr.Dataset(coords={"time": times})), days_covered(xr.Dataset())
    (3, 1)
    """
    if "time" not in result.coords:
        return 1
    times = np.atleast_1d(result["time"].values)
    if not len(times) or times.max() - times.min() < np.timedelta64(24, "h"):
        return 1
    return int(np.unique(times.astype("datetime64[D]")).size)


def zone(attributes: Mapping[Hashable, object], language: str = "en") -> str:
    """Return the name of the clock of a result, from the attributes of its time; ``""`` if it does not say.

    Examples
    --------
    >>> zone({"utc_offset_hours": 1.0}), zone({"utc_offset_hours": 1.0}, "de"), zone({"utc_offset_hours": 0.0}, "de")
    ('CET', 'MEZ', 'UTC+0')
    """
    if "utc_offset_hours" not in attributes:
        return ""
    offset = float(str(attributes["utc_offset_hours"]))
    if offset == 1.0:
        return "MEZ" if index(language) else "CET"
    return f"UTC{offset:+g}".replace("-", "−")


def clock_time(hour: np.datetime64, attributes: Mapping[Hashable, object], language: str = "en") -> str:
    """Return an hour as people write it, with its end where it is a step and its zone where that is known.

    Examples
    --------
    >>> steps = {"interval": "start", "step_seconds": 3600.0, "utc_offset_hours": 1.0}
    >>> clock_time(np.datetime64("2018-07-26T14:00"), steps, "de")
    '14–15 Uhr MEZ'
    """
    clocks = [str(np.datetime_as_string(hour, unit="m"))[11:]]
    if attributes.get("interval") == "start" and "step_seconds" in attributes:
        end = hour + np.timedelta64(round(float(str(attributes["step_seconds"]))), "s")
        clocks.append(str(np.datetime_as_string(end, unit="m"))[11:])
    if all(clock.endswith(":00") for clock in clocks):
        clocks = [str(int(clock[:2])) for clock in clocks]
        if len(clocks) == 2 and clocks[1] == "0":
            clocks[1] = "24"
    words = f"{'–'.join(clocks)} {'Uhr' if index(language) else 'h'}"
    return f"{words} {zone(attributes, language)}".rstrip()


def indicator_label(one: Indicator, result: xr.Dataset, language: str = "en") -> str:
    """Return what an indicator of a result is called: its label, with zone, and the number of days if several.

    Examples
    --------
    >>> import xarray as xr
    >>> from twin.compare.indicators import indicator
    >>> times = np.datetime64("2018-07-26T00", "ns") + np.arange(72) * np.timedelta64(1, "h")
    >>> indicator_label(indicator("heat_sunlit_hours_mean"), xr.Dataset(coords={"time": times}))
    'mean hours of direct sun outdoors, per day (mean of 3 days)'
    """
    from twin.compare.indicators import IN_CHANGED_AREA

    label = one.label(language)
    if one.model != "heat" or "time" not in result.coords:
        return label
    clock = "{}–{} {}".format(*AFTERNOON, "Uhr" if index(language) else "h")
    label = label.replace(clock, f"{clock} {zone(result['time'].attrs, language)}".rstrip())
    days = days_covered(result)
    if days == 1:
        return label
    label = of_days(label, days, language)
    ending = ""
    if one.key.endswith(IN_CHANGED_AREA):
        label, ending = label.rsplit(",", 1)
        ending = f",{ending}"
    if one.unit in ("h", "K h"):
        label += say("days.mean", language, days=days)
    elif clock in label:
        label += say("days.mean_only", language, days=days)
    return label + ending


def of_days(label: str, days: int, language: str = "en") -> str:
    """Return a label that speaks of the day for several days.

    Examples
    --------
    >>> of_days("höchste Temperatur des Tages", 3, "de")
    'höchste Temperatur der 3 Tage'
    """
    if days == 1:
        return label
    return label.replace("des Tages", f"der {days} Tage").replace("of the day", f"of {days} days")


def sum_of_days(result: xr.Dataset, language: str = "en") -> str:
    """Return the words that go behind hours summed over several days; ``""`` for one day.

    Examples
    --------
    >>> import xarray as xr
    >>> times = np.datetime64("2018-07-26T00", "ns") + np.arange(48) * np.timedelta64(1, "h")
    >>> sum_of_days(xr.Dataset(coords={"time": times}), "de")
    ', Summe über 2 Tage'
    """
    days = days_covered(result)
    return "" if days == 1 else say("days.sum", language, days=days)
