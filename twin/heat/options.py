"""Options of the heat model, checked as soon as they are given."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from twin.errors import InputError
from twin.heat import materials
from twin.heat.checks import check_count
from twin.heat.index_table import INDICES

SKIES = ("anisotropic", "isotropic")
RECEIVERS = ("standing", "sphere")


@dataclass(frozen=True)
class Options:
    """What the user of `twin.heat.simulate` may choose.

    directions, sun_samples, sky, receiver, indices, hourly, hours, canopy_transmissivity, wall_albedo : as there
    """

    directions: int = 64
    sun_samples: int = 3
    sky: str = "anisotropic"
    receiver: str = "standing"
    indices: tuple[str, ...] = ("utci",)
    hourly: tuple[str, ...] | None = None
    hours: tuple[str, ...] | None = None
    canopy_transmissivity: float | None = None
    wall_albedo: float = materials.WALL_ALBEDO

    def __post_init__(self) -> None:
        check_count("directions", self.directions, 8, 256)
        if self.directions % 4:
            raise InputError(f"directions is {self.directions}; it must be a multiple of 4 from 8 to 256")
        check_count("sun_samples", self.sun_samples, 1, 60)
        _one_of("sky", self.sky, SKIES)
        _one_of("receiver", self.receiver, RECEIVERS)
        object.__setattr__(self, "indices", names("indices", self.indices))
        for index in self.indices:
            _one_of("indices", index, tuple(INDICES))
        if self.hourly is not None:
            object.__setattr__(self, "hourly", names("hourly", self.hourly))
            for name in self.hourly:
                _one_of("hourly", name, self.fields)
        if self.hours is not None:
            object.__setattr__(self, "hours", names("hours", self.hours))
        for name in ("canopy_transmissivity", "wall_albedo"):
            value = getattr(self, name)
            if value is None and name == "canopy_transmissivity":
                continue
            if not isinstance(value, (int, float, np.number)) or not 0 <= value <= 1:
                raise InputError(f"{name} is {value!r}; it must lie in 0 to 1")

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the fields that can be kept by step."""
        return ("sunlit_fraction", "mean_radiant_temperature", *self.indices)


def names(option: str, given: str | Sequence[str]) -> tuple[str, ...]:
    """Return one name or several as a tuple; refuse what is no name, and names given twice.

    Parameters
    ----------
    option : str
        What the option is called.
    given : str or sequence of str
        Its value.

    Raises
    ------
    InputError
        If it is something else.

    Examples
    --------
    >>> names("indices", "utci")
    ('utci',)
    """
    if isinstance(given, str):
        return (given,)
    found = tuple(given) if isinstance(given, Iterable) else ()
    sound = isinstance(given, Iterable) and all(isinstance(name, str) for name in found)
    if not sound or len(set(found)) != len(found):
        raise InputError(f"{option} is {given!r}; it must be a list of different names")
    return found


def steps_at(hours: tuple[str, ...] | None, weather: xr.Dataset) -> tuple[int, ...]:
    """Return the steps of the weather that begin at given hours of the day; all if none are given.

    Parameters
    ----------
    hours : tuple of str, optional
        Such as ``("14:00",)``, in the time of the weather.
    weather : xr.Dataset
        With `time`.

    Raises
    ------
    InputError
        If an hour cannot be read or no step has that label.

    Examples
    --------
    >>> times = np.arange("2018-07-26", "2018-07-27", np.timedelta64(1, "h"), dtype="datetime64[ns]")
    >>> steps_at(("14:00",), xr.Dataset(coords={"time": times}))
    (14,)
    """
    times = weather["time"].values.astype("datetime64[m]")
    if hours is None:
        return tuple(range(len(times)))
    minutes = (times - times.astype("datetime64[D]")).astype(int)
    found: list[int] = []
    for hour in hours:
        before, _, after = hour.partition(":")
        if not (before.isdigit() and after.isdigit() and len(after) == 2 and int(before) < 24 and int(after) < 60):
            raise InputError(f"hours holds {hour!r}; write an hour of the day like '14:00'")
        these = np.flatnonzero(minutes == 60 * int(before) + int(after))
        if not len(these):
            raise InputError(
                f"hours holds {hour!r}, but no step of the weather has that time; its first are "
                + ", ".join(str(time)[11:16] for time in times[:3])
            )
        found += these.tolist()
    return tuple(sorted(found))


def _one_of(option: str, value: object, known: tuple[str, ...]) -> None:
    if value not in known:
        raise InputError(f"{option} is or holds {value!r}; it knows {', '.join(map(repr, known))}")
