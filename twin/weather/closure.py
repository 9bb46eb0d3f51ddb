"""What do the time labels of a file mean? The radiation knows: global = diffuse + direct x sine of the sun's altitude.

For each meaning a label can have, the sun is put where that meaning puts it, and what is left of the balance is
measured. The right meaning leaves 1 to 5 W/m2, half an hour's error 15 to 40. No other model takes part in it: nothing
is fitted to what is to be computed later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin.errors import InputError, MissingDataError
from twin.weather.hot_day import standard_time
from twin.weather.steps import start_lag, step_seconds
from twin.weather.sun import check_place
from twin.weather.sun_steps import sine_while_up

LEAST_STEPS = 4
"""Steps with direct sun below which nothing is decided."""
LEAST_SINE, LEAST_DIRECT = 0.05, 20.0
LARGEST_RESIDUAL = 0.06
"""Of the mean direct irradiance on the ground: what a balance may leave and still count as closed."""
CLEAR = 2.0
"""How many times larger the next best meaning's residual must be."""

MOST_STEPS = 600
OFFSETS = tuple(half / 2 for half in range(-24, 29))


@dataclass(frozen=True)
class LabelConvention:
    """What labels mean, and how sure that is.

    interval : ``"start"``, ``"end"`` or ``"instant"``
    utc_offset : hours that the clock of the labels is ahead of UTC
    residual : what the balance leaves with it, root mean square, W/m2
    residuals : the same for every candidate on that clock, by interval
    offsets : the same for the interval found, by UTC offset
    steps : steps with direct sun that were used
    equivalent : other readings that put the sun at the same place, such as ``"end of the interval, UTC+0"``
    """

    interval: str
    utc_offset: float
    residual: float
    residuals: Mapping[str, float]
    offsets: Mapping[float, float]
    steps: int
    equivalent: tuple[str, ...]

    @property
    def words(self) -> str:
        """What was found, in a sentence with its residuals."""
        others = ", ".join(f"{name} {left:.1f}" for name, left in self.residuals.items() if name != self.interval)
        return (
            f"labels found to mark the {_meaning(self.interval)}, UTC{self.utc_offset:+g}: the radiation balance "
            f"leaves {self.residual:.1f} W/m2 ({others}; {self.steps} steps)"
        )


def label_convention(
    weather: xr.Dataset, *, latitude: float, longitude: float, utc_offset: float | None = None
) -> LabelConvention:
    """Find out what the time labels of weather mean, from its own radiation.

    Parameters
    ----------
    weather : xr.Dataset
        `global_irradiance`, `diffuse_irradiance` and `direct_normal_irradiance` over `time`, regular steps of at most
        3 h. What `time.attrs` say of the labels is not used: they are taken as they stand.
    latitude, longitude : float
        Degrees.
    utc_offset : float, optional
        Hours that the clock is ahead of UTC, where it is known; then only the meaning of the label is sought. Without
        it, the clock is first tried as the standard time of the place (in Germany UTC+1), then as any half hour.

    Returns
    -------
    LabelConvention
        Radiation alone cannot tell the start of an interval in UTC+1 from its end in UTC: both put the sun at the same
        place, and such readings are listed as equivalent.

    Raises
    ------
    MissingDataError
        If one of the three radiations is missing.
    InputError
        If the sun shines in too few steps, no candidate closes the balance, or two do: with the residuals of all.

    Examples
    --------
    >>> from twin.weather import hot_day
    >>> day = hot_day("2018-07-26", max_temperature=35, latitude=49.95, longitude=11.6, step="10 min")
    >>> found = label_convention(day, latitude=49.95, longitude=11.6)
    >>> found.interval, found.utc_offset
    ('start', 1.0)
    """
    check_place(latitude, longitude)
    names = ("global_irradiance", "diffuse_irradiance", "direct_normal_irradiance")
    for name in names:
        if name not in weather:
            raise MissingDataError(
                f"the weather has no {name}; what its labels mean can only be found from global, diffuse and direct "
                "normal irradiance together. Say it: twin.weather.relabel(weather, interval=..., utc_offset=...)"
            )
    step = step_seconds(weather)
    if step > 3 * 3600:
        raise InputError(f"steps of {step / 3600:g} h are too long to find out what their labels mean; at most 3 h")
    total, diffuse, normal = (np.asarray(weather[name].values, dtype=np.float64) for name in names)
    sunny = np.flatnonzero((normal > LEAST_DIRECT) & (total > 0) & np.isfinite(total + diffuse + normal))
    sunny = sunny[:: max(1, len(sunny) // MOST_STEPS)]
    if len(sunny) < LEAST_STEPS:
        raise InputError(
            f"direct sun shines in {len(sunny)} steps of the weather; at least {LEAST_STEPS} are needed to find out "
            "what its labels mean. Say it: twin.weather.relabel(weather, interval=..., utc_offset=...)"
        )
    labels: NDArray[np.datetime64] = weather["time"].values[sunny].astype("datetime64[ns]")
    measured = total[sunny] - diffuse[sunny]
    beam = normal[sunny]
    _refuse_horizontal(measured, beam)

    def leaves(interval: str, offset: float) -> float:
        starts = np.asarray(
            labels - start_lag(interval, step) - np.timedelta64(round(offset * 3600), "s"), labels.dtype
        )
        if interval == "instant":
            middle = np.asarray(starts + np.timedelta64(round(step * 5e8), "ns"), labels.dtype)
            sine, _ = sine_while_up(middle, 0.0, latitude=latitude, longitude=longitude)
        else:
            sine, _ = sine_while_up(starts, step, latitude=latitude, longitude=longitude)
        # near the horizon refraction and shade decide, unless this reading puts the sun below it
        seen = (sine > LEAST_SINE) | (measured > 30.0)
        left = measured[seen] - beam[seen] * sine[seen]
        return float(np.sqrt(np.mean(left**2))) if seen.any() else float("inf")

    clock = standard_time(latitude, longitude) if utc_offset is None else float(utc_offset)
    residuals = {interval: leaves(interval, clock) for interval in ("start", "end", "instant")}
    mean = float(measured.mean())
    limit = max(3.0, LARGEST_RESIDUAL * mean)
    if utc_offset is None and min(residuals.values()) > limit:
        by_offset = {offset: leaves("end", offset) for offset in OFFSETS}
        clock = min(by_offset, key=by_offset.__getitem__)
        residuals = {interval: leaves(interval, clock) for interval in ("start", "end", "instant")}
    best, next_best = sorted(residuals, key=residuals.__getitem__)[:2]
    listed = ", ".join(f"{_meaning(name)} {left:.1f} W/m2" for name, left in residuals.items())
    if residuals[best] > limit:
        raise InputError(
            f"no meaning of the time labels closes the radiation balance at {latitude:.2f}, {longitude:.2f} on a clock "
            f"of UTC{clock:+g}: {listed} (at most {limit:.1f} counts as closed). Place or columns are wrong, or "
            "diffuse and direct radiation were not measured together; say the meaning with twin.weather.relabel"
        )
    if residuals[next_best] < CLEAR * residuals[best] or residuals[next_best] - residuals[best] < 2.0:
        raise InputError(
            f"two meanings of the time labels close the radiation balance alike: {listed}. The steps are too short or "
            "the sun too seldom to tell; say the meaning with twin.weather.relabel"
        )
    hours = step / 3600
    middle = {"start": 0.5, "end": -0.5, "instant": 0.0}
    same = tuple(
        f"{_meaning(name)}, UTC{clock + (middle[name] - middle[best]) * hours:+g}" for name in residuals if name != best
    )
    return LabelConvention(
        interval=best,
        utc_offset=clock,
        residual=residuals[best],
        residuals=residuals,
        offsets={offset: leaves(best, offset) for offset in (clock - 1, clock - 0.5, clock, clock + 0.5, clock + 1)},
        steps=len(sunny),
        equivalent=same,
    )


def _refuse_horizontal(measured: NDArray[np.float64], beam: NDArray[np.float64]) -> None:
    left = float(np.sqrt(np.mean((measured - beam) ** 2)))
    if left < 0.02 * float(measured.mean()):
        raise InputError(
            "direct_normal_irradiance is global minus diffuse irradiance to within 2 %: it falls on the ground, not on "
            "a surface that faces the sun. Give it as 'direct_horizontal' to twin.weather.weather_from_table"
        )


def _meaning(interval: str) -> str:
    return {"start": "start of the interval", "end": "end of the interval", "instant": "instant itself"}[interval]
