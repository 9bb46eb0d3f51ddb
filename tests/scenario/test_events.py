import datetime

import numpy as np
import pytest

from twin.errors import InputError
from twin.scenario.events import heavy_rain, hot_day, weekday_traffic


def test_rain_brings_the_depth_it_names(village):
    weather = heavy_rain("44 mm", duration="60 min").weather(village)
    rate = weather.rain_rate.values
    # block_rain marks the start of each step; the sum over the hour is the depth
    times = (
        weather.time.values.astype("timedelta64[s]").astype(float)
        if weather.time.dtype.kind == "m"
        else weather.time.values
    )
    steps = np.diff(times.astype(float))
    assert (rate[:-1] * steps).sum() == pytest.approx(0.044, rel=1e-9)


def test_the_hot_day_is_as_hot_as_asked_at_the_place_of_the_city(village):
    weather = hot_day("2018-07-26", max_temperature="35 °C").weather(village)
    # hourly means stay a little below the peak between two of them
    assert 34.5 < float(weather.air_temperature.max()) <= 35.0
    longitude, latitude = village.spec.geographic_centre
    assert (longitude, latitude) == (pytest.approx(11.65, abs=0.01), pytest.approx(49.98, abs=0.01))


@pytest.mark.parametrize(
    "asked", [{"depth": "T=100"}, {"depth": "100 a"}, {"depth": "30 years"}, {"return_period": 100}]
)
def test_a_return_period_needs_the_users_own_table(asked):
    with pytest.raises(InputError, match="KOSTRA"):
        heavy_rain(**asked)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: heavy_rain(), "needs a depth"),
        (lambda: heavy_rain(44), "bare number is metres"),
        (lambda: heavy_rain("-3 mm"), "depth is"),
        (lambda: heavy_rain("44 mm", duration="2 min"), "between 5 min and 24 h"),
        (lambda: heavy_rain("44 mm", duration="60 min", simulated="30 min"), "shorter than the rain"),
        (lambda: heavy_rain(float("nan")), "finite"),
        (lambda: hot_day("26.7.2018", max_temperature=35), "write a day as"),
        (lambda: hot_day("2018-07-26", max_temperature=350), "between 15 and 50"),
        (lambda: hot_day("2018-07-26", max_temperature=35, humidity=3), "has no option 'humidity'"),
        (lambda: hot_day("2018-07-26", max_temperature=35, latitude=49), "has no option 'latitude'"),
        (lambda: hot_day("2018-07-26", max_temperature=35, wind_speed=-1), "wind_speed is -1"),
        (lambda: hot_day("2018-07-26", max_temperature=35, wind_speed="-5 km/h"), "wind_speed is -1.38"),
        (lambda: hot_day("2018-07-26", max_temperature=35, relative_humidity=140), "relative_humidity is 140"),
        (lambda: hot_day("2018-07-26", max_temperature=30, min_temperature=33), "33 degC, above max_temperature 30"),
        (lambda: hot_day("2018-07-26", max_temperature=35, step="7 min"), "must divide a day"),
        (lambda: hot_day("2018-07-26", max_temperature=35, hours="14"), "hours holds '14'; write an hour"),
        (lambda: hot_day("2018-07-26", max_temperature=35, hours=("9:00", "25:00")), "hours holds '25:00'"),
        (lambda: weekday_traffic(city=None), "has no option 'city'"),
        (lambda: weekday_traffic(gap=2), "gap is 2"),
        (lambda: weekday_traffic(name=""), "without control characters"),
    ],
)
def test_impossible_events_are_refused_when_written_down(call, words):
    with pytest.raises(InputError, match=words):
        call()


def test_the_fingerprint_follows_the_event_not_its_name():
    assert heavy_rain("44 mm").fingerprint == heavy_rain(0.044, name="other").fingerprint
    assert heavy_rain("44 mm").fingerprint != heavy_rain("45 mm").fingerprint
    day = datetime.date(2018, 7, 26)
    assert hot_day(day, max_temperature=35).fingerprint == hot_day("2018-07-26", max_temperature="35 degC").fingerprint


def test_labels_stand_in_both_languages():
    event = heavy_rain("44.5 mm", duration="90 min")
    assert event.label("en") == "heavy rain, 44.5 mm in 90 min"
    assert event.label("de") == "Starkregen, 44,5 mm in 90 min"
    assert hot_day("2018-07-26", max_temperature=35.5).label("de") == "Hitzetag, 35,5 °C am 26.7.2018"


def test_events_can_be_sent_to_another_process():
    import copy
    import pickle

    event = heavy_rain("44 mm")
    for twin_of in (pickle.loads(pickle.dumps(event)), copy.deepcopy(event)):
        assert twin_of == event
        with pytest.raises(TypeError):
            twin_of.forcing["depth"] = 1.0


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("wind_speed = -1", "wind_speed is -1"),
        ("relative_humidity = 140", "relative_humidity is 140"),
        ("min_temperature = 40", "above max_temperature 35"),
        ('hours = "14"', "hours holds '14'"),
        ('relative_humidity = "dry"', "relative_humidity is 'dry'"),
    ],
)
def test_a_study_names_file_and_event_of_an_impossible_value(tmp_path, line, words):
    from twin.scenario import load_study

    study = tmp_path / "study.toml"
    good = '[[event]]\nkind = "hot_day"\ndate = "2018-07-26"\nmax_temperature = 35\n'
    study.write_text(f'[city]\nsample = "bayreuth"\n{good}{good}name = "second"\n{line}\n')
    with pytest.raises(InputError, match=rf"study\.toml: \[\[event\]\] 2 \(hot_day\): .*{words}"):
        load_study(study)


@pytest.mark.parametrize("offset", [-9.5, 0, 10, 13])
def test_a_zone_of_any_part_of_the_world_is_described(offset):
    assert hot_day("2018-07-26", max_temperature=35, utc_offset=offset).forcing["utc_offset"] == offset
