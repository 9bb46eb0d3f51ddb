"""Options of the heat model pass through the event of a hot day, checked when it is described."""

from __future__ import annotations

import pytest

import twin
from twin.errors import InputError
from twin.scenario.hamlet import hamlet


def test_options_reach_the_model() -> None:
    event = twin.hot_day(
        "2018-07-26", max_temperature=35, hours=["14:00"], sky="isotropic", directions=16, sun_samples=1
    )
    result = twin.run(hamlet(), events=event).results["baseline"][event.name]
    assert result.sizes["time"] == 1
    assert '"sky": "isotropic"' in result.attrs["options"]
    assert str(result.time.values[0])[11:16] == "14:00"


def test_options_make_another_event() -> None:
    plain, other = (twin.hot_day("2018-07-26", max_temperature=35, **options) for options in ({}, {"directions": 32}))
    assert plain.fingerprint != other.fingerprint


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"sky": "blue"}, "sky is or holds 'blue'"),
        ({"indices": ["humidex"]}, "humidex"),
        ({"directions": 30}, "multiple of 4"),
        ({"hours": 14}, "hours"),
        ({"receivers": "sphere"}, "did you mean 'receiver'"),
        ({"output": "day.zarr"}, "no option 'output'"),
    ],
)
def test_impossible_options_are_refused_before_any_work(options: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        twin.hot_day("2018-07-26", max_temperature=35, **options)
