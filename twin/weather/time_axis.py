"""Times of a source to an axis of regular steps: disorder and doubles are refused, gaps named and left empty."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twin import limits
from twin.errors import TwinError

Float = NDArray[np.float64]


def regular_axis(
    values: Mapping[str, ArrayLike], labels: ArrayLike, source: str, error: type[TwinError], step: float | None
) -> tuple[NDArray[np.datetime64], dict[str, Float], float, str]:
    """Return labels without gaps, values with NaN in the gaps, the step in seconds and words about the gaps.

    Raises
    ------
    TwinError
        `error`, if times are out of order, doubled, missing or not on steps.

    Examples
    --------
    >>> from twin.errors import DataError
    >>> times = np.array(["2024-07-01T00", "2024-07-01T01", "2024-07-01T03"], "M8[h]")
    >>> regular_axis({"a": [1.0, 2.0, 4.0]}, times, "x", DataError, 3600.0)[1]
    {'a': array([ 1.,  2., nan,  4.])}
    """
    times = np.asarray(labels, dtype="datetime64[ns]")
    arrays = {name: np.asarray(array, dtype=np.float64) for name, array in values.items()}
    if len(times) == 0:
        raise error(f"{source} holds no rows of weather")
    for name, array in arrays.items():
        if array.shape != times.shape:
            raise error(f"{source}: {name} has {array.size} values for {times.size} times")
    if np.isnat(times).any():
        raise error(f"{source}: row {int(np.isnat(times).argmax()) + 1} has no time")
    apart = np.diff(times) / np.timedelta64(1, "s")
    if (apart <= 0).any():
        n = int((apart <= 0).argmax())
        what = "is there twice" if apart[n] == 0 else f"comes after {stamp_of(times[n])}"
        raise error(
            f"{source}: the time {stamp_of(times[n + 1])} {what}; times must ascend"
            + ("; an hour of summer time? Give the table in standard time" if -7200 <= apart[n] <= 0 else "")
        )
    if step is None and len(times) < 2:
        raise error(f"{source} holds a single time; weather needs at least a day")
    counts, frequency = np.unique(apart, return_counts=True) if len(apart) else (np.array([step]), np.array([1]))
    seconds = float(counts[frequency.argmax()]) if step is None else float(step)
    if not 60 <= seconds <= 86400:
        raise error(f"{source}: its times are {seconds:g} s apart; steps of 1 min to 1 d are read")
    place = (times - times[0]) / np.timedelta64(1, "s") / seconds
    wrong = np.abs(place - np.round(place)) > 1e-6
    if wrong.any():
        n = int(wrong.argmax())
        raise error(f"{source}: {stamp_of(times[n])} does not lie on the steps of {seconds / 60:g} min of the others")
    index = np.round(place).astype(np.int64)
    count = int(index[-1]) + 1
    limits.check(count * 8.0 * max(len(arrays), 1), "MAX_FILE_BYTES", f"{source} spans {count:,} steps")
    if count == len(times):
        return times, arrays, seconds, ""
    whole = times[0] + np.round(np.arange(count) * seconds * 1e9).astype("timedelta64[ns]")
    filled = {}
    for name, array in arrays.items():
        filled[name] = np.full(count, np.nan)
        filled[name][index] = array
    return whole, filled, seconds, _name_gaps(whole, index, source)


def _name_gaps(times: NDArray[np.datetime64], present: NDArray[np.int64], name: str) -> str:
    after = np.flatnonzero(np.diff(present) > 1)
    spans = [f"{stamp_of(times[present[n] + 1])} to {stamp_of(times[present[n + 1] - 1])}" for n in after[:3]]
    more = f" and {len(after) - 3} more" if len(after) > 3 else ""
    missing = len(times) - len(present)
    return f"{missing} rows are missing in {name}: {', '.join(spans)}{more}; they are left empty"


def stamp_of(time: np.datetime64) -> str:
    """Return a time as text for messages: to the minute.

    Examples
    --------
    >>> stamp_of(np.datetime64("2024-07-01T14:10:00", "ns"))
    '2024-07-01T14:10'
    """
    return str(np.datetime_as_string(time, unit="m"))
