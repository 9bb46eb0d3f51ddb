"""What happens to the city: a hot day, heavy rain, weekday traffic.

An event is a frozen description that every scenario meets alike; it becomes forcing when it meets a city. No
statistics are invented: a rain is given by its depth, never by a return period.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from twin.errors import InputError
from twin.provenance import fingerprint
from twin.units import Quantity, to_si

if TYPE_CHECKING:
    import xarray as xr

    from twin.city.city import City

MODELS = ("heat", "flood", "traffic")


@dataclass(frozen=True)
class Event:
    """One event and the model that answers it; made by `hot_day`, `heavy_rain` or `weekday_traffic`.

    name : key of its results, unique in a study
    model : ``"heat"``, ``"flood"`` or ``"traffic"``
    label_en, label_de : what people call it
    forcing : what its weather is made from, in SI
    options : passed to the model as they are
    """

    name: str
    model: str
    label_en: str
    label_de: str
    forcing: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.model not in MODELS:
            raise InputError(
                f"event {self.name!r} asks for model {self.model!r}; it must be one of {', '.join(MODELS)}"
            )
        if not self.name or re.search(r"[\x00-\x1f]", self.name):
            raise InputError(f"an event is called {self.name!r}; give it a name without control characters")
        object.__setattr__(self, "forcing", MappingProxyType(dict(self.forcing)))
        object.__setattr__(self, "options", MappingProxyType(dict(self.options)))

    def __getstate__(self) -> dict[str, Any]:
        """Return plain dictionaries: read-only views cannot be sent to another process."""
        return {**self.__dict__, "forcing": dict(self.forcing), "options": dict(self.options)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take them back as read-only views."""
        for key, value in state.items():
            object.__setattr__(self, key, MappingProxyType(value) if isinstance(value, dict) else value)

    def label(self, language: str = "en") -> str:
        """What people call the event, in `language`: ``"en"`` or ``"de"``."""
        return self.label_de if language == "de" else self.label_en

    @property
    def fingerprint(self) -> str:
        """Hash of everything that makes the event; its name and labels do not count."""
        return fingerprint(self.model, dict(self.forcing), dict(self.options))

    def weather(self, city: City) -> xr.Dataset:
        """Return the forcing of a hot day or rain for the place of `city`.

        Raises
        ------
        InputError
            For a traffic event, which has none.
        """
        from twin import weather

        if self.model == "heat":
            longitude, latitude = city.spec.geographic_centre
            if "file" in self.forcing:
                return weather.day_from_file(latitude=latitude, longitude=longitude, **self.forcing)
            return weather.hot_day(latitude=latitude, longitude=longitude, **self.forcing)
        if self.model == "flood":
            return weather.block_rain(self.forcing["depth"], self.forcing["duration"])
        raise InputError(f"event {self.name!r} is traffic; it has no weather")


def hot_day(date: str | datetime.date, *, max_temperature: Quantity, name: str = "hot day", **options: Any) -> Event:
    """Describe a cloudless hot day.

    Parameters
    ----------
    date : str or datetime.date
        Day, such as ``"2018-07-26"``; it sets the course of the sun.
    max_temperature : number (degC) or text
        Highest air temperature of the day, 15 to 50 degC.
    name : str
        Key of its results.
    **options
        Passed to `twin.weather.hot_day`, such as ``min_temperature``, or to `twin.heat.simulate`, such as ``indices``,
        ``hours`` or ``sky``.

    Returns
    -------
    Event

    Raises
    ------
    InputError
        If the date cannot be read, the temperature is out of range or an option is unknown or impossible.

    Examples
    --------
    >>> hot_day("2018-07-26", max_temperature=35).label_en
    'hot day, 35 °C on 2018-07-26'
    >>> dict(hot_day("2018-07-26", max_temperature=35, hours="14:00").options)
    {'hours': ('14:00',)}
    """
    day = _day(date)
    hottest = to_si(max_temperature, "degC", name="max_temperature")
    if not 15.0 <= hottest <= 50.0:
        raise InputError(f"max_temperature is {max_temperature!r}; a hot day lies between 15 and 50 degC")
    of_model, of_weather = heat_options(options)
    _known_options("twin.weather", "hot_day", of_weather, also=_heat_names())
    _check_hot_day(day, hottest, of_weather)
    return Event(
        name=name,
        model="heat",
        label_en=f"hot day, {hottest:g} °C on {day.isoformat()}",
        label_de=f"Hitzetag, {hottest:g} °C am {day.day}.{day.month}.{day.year}".replace(
            f"{hottest:g}", _german(hottest)
        ),
        forcing={"date": day.isoformat(), "max_temperature": hottest, **of_weather},
        options=of_model,
    )


def heat_options(options: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Part options into those of `twin.heat.simulate`, checked, and the rest.

    Parameters
    ----------
    options : mapping
        By name.

    Returns
    -------
    of_heat, others : dict

    Raises
    ------
    InputError
        If the heat model refuses one.

    Examples
    --------
    >>> heat_options({"sky": "isotropic", "min_temperature": 20})
    ({'sky': 'isotropic'}, {'min_temperature': 20})
    """
    from twin.heat.options import Options

    names = _heat_names()
    mine = {name: value for name, value in options.items() if name in names}
    checked = Options(**mine)
    for hour in checked.hours or ():
        if not re.fullmatch(r"([01]?\d|2[0-3]):[0-5]\d", hour):
            raise InputError(f"hours holds {hour!r}; write an hour of the day like '14:00'")
    return {name: getattr(checked, name) for name in mine}, {n: v for n, v in options.items() if n not in names}


def _heat_names() -> tuple[str, ...]:
    from twin.heat.options import Options

    return tuple(Options.__dataclass_fields__)


def heavy_rain(
    depth: Quantity | None = None,
    *,
    duration: Quantity = "60 min",
    simulated: Quantity | None = None,
    return_period: object = None,
    name: str = "heavy rain",
) -> Event:
    """Describe a rain of constant rate.

    Parameters
    ----------
    depth : number (m) or text
        Depth of the whole rain, such as ``"44 mm"``, up to 0.5 m.
    duration : number (s) or text
        Length of the rain, 5 min to 24 h.
    simulated : number (s) or text, optional
        How long the water is followed; the rain and one hour after unless given.
    return_period : not accepted
        Rain statistics are the user's: read the depth from your KOSTRA table.
    name : str
        Key of its results.

    Returns
    -------
    Event

    Raises
    ------
    InputError
        If a value is out of range, or a return period is given instead of a depth.

    Examples
    --------
    >>> heavy_rain("44 mm", duration="60 min").label_de
    'Starkregen, 44 mm in 60 min'
    """
    asked = return_period if return_period is not None else depth if _is_return_period(depth) else None
    if asked is not None:
        raise InputError(
            f"the rain is given as a return period ({asked!r}); depths of a return period differ from place to place: "
            'read yours from the KOSTRA-DWD table of your town and give it as depth, such as heavy_rain("44 mm")'
        )
    if depth is None:
        raise InputError('heavy_rain needs a depth, such as heavy_rain("44 mm", duration="60 min")')
    fallen = to_si(depth, "m", name="depth")
    if not 0.0 < fallen <= 0.5:
        raise InputError(f"depth is {depth!r}; it must lie above 0 and at most 0.5 m (a bare number is metres)")
    seconds = to_si(duration, "s", name="duration")
    if not 300.0 <= seconds <= 86400.0:
        raise InputError(f"duration is {duration!r}; it must lie between 5 min and 24 h (a bare number is seconds)")
    followed = seconds + 3600.0 if simulated is None else to_si(simulated, "s", name="simulated")
    if followed < seconds:
        raise InputError(f"simulated is {simulated!r}, shorter than the rain of {seconds / 60:g} min")
    words = f"{fallen * 1000:g} mm in {seconds / 60:g} min"
    return Event(
        name=name,
        model="flood",
        label_en=f"heavy rain, {words}",
        label_de=f"Starkregen, {words}".replace(".", ","),
        forcing={"depth": fallen, "duration": seconds},
        options={"duration": followed},
    )


def weekday_traffic(*, gap: float = 1e-4, name: str = "traffic", **demand_options: Any) -> Event:
    """Describe the traffic of a weekday's busiest hour, from residents and the roads out of town.

    Parameters
    ----------
    gap : float
        Relative gap at which drivers count as settled on their routes, 1e-12 to 0.1.
    name : str
        Key of its results.
    **demand_options
        Passed to `twin.traffic.gravity_demand`.

    Returns
    -------
    Event

    Raises
    ------
    InputError
        If the gap is out of range.

    Examples
    --------
    >>> weekday_traffic().label_en
    'weekday traffic, busiest hour'
    """
    if isinstance(gap, bool) or not isinstance(gap, (int, float)) or not 1e-12 <= gap <= 0.1:
        raise InputError(f"gap is {gap!r}; it must lie between 1e-12 and 0.1")
    _known_options("twin.traffic", "gravity_demand", demand_options)
    return Event(
        name=name,
        model="traffic",
        label_en="weekday traffic, busiest hour",
        label_de="Werktagsverkehr, Spitzenstunde",
        forcing=demand_options,
        options={"gap": float(gap)},
    )


def _day(date: str | datetime.date) -> datetime.date:
    if isinstance(date, datetime.datetime):
        return date.date()
    if isinstance(date, datetime.date):
        return date
    try:
        return datetime.date.fromisoformat(date)
    except (TypeError, ValueError) as error:
        raise InputError(f"date is {date!r}; write a day as '2018-07-26'") from error


def _check_hot_day(day: datetime.date, hottest: float, options: Mapping[str, Any]) -> None:
    """Let the weather of the day be made once, so that it refuses now what it would refuse in the city."""
    if not options:
        return
    from twin import weather

    offset = options.get("utc_offset")
    known = isinstance(offset, (int, float)) and -14 <= offset <= 14
    # on the equator the sun rises and sets each day, and around noon of the clock at this longitude
    longitude = (15.0 * offset + 180.0) % 360.0 - 180.0 if known and offset is not None else 15.0
    weather.hot_day(day, max_temperature=hottest, latitude=0.0, longitude=longitude, **options)


def _german(number: float) -> str:
    return f"{number:g}".replace(".", ",")


def _is_return_period(depth: object) -> bool:
    return isinstance(depth, str) and bool(
        re.search(r"\b(a|yr|years?|jahre?|jährlich|annual|T\s*=)\b|T\s*=", depth, re.IGNORECASE)
    )


def _known_options(module: str, function: str, options: Mapping[str, Any], also: tuple[str, ...] = ()) -> None:
    """Refuse option names the function does not have, before anything runs."""
    if not options:
        return
    import difflib
    import importlib
    import inspect

    known = list(inspect.signature(getattr(importlib.import_module(module), function)).parameters)
    # the city says where it lies; date and temperature have words of their own
    known = [name for name in known if name not in ("city", "date", "max_temperature", "latitude", "longitude")]
    known += also
    for option in options:
        if option not in known:
            near = difflib.get_close_matches(option, known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; it knows {', '.join(known)}"
            raise InputError(f"{module}.{function} has no option {option!r}{hint}")
