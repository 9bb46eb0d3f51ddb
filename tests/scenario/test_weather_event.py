"""The event that reads its weather from a file: described early, read for the place of the city, run like a hot day."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from twin.errors import DataError, InputError
from twin.scenario import load_study, weather_file
from twin.scenario.run import run
from twin.weather import hot_day


@pytest.fixture
def epw(tmp_path: Path) -> Path:
    """Two synthetic days, the second the hotter; hours labelled by their end, as EPW has it."""
    lines = ["LOCATION,Synthetic,-,DEU,made for tests,0,49.95,11.66,1.0,340"]
    lines += ["DESIGN CONDITIONS,0", "TYPICAL/EXTREME PERIODS,0", "GROUND TEMPERATURES,0"]
    lines += ["HOLIDAYS/DAYLIGHT SAVINGS,No,0,0,0", "COMMENTS 1,synthetic", "COMMENTS 2,", "DATA PERIODS,1,1,Data,,,"]
    for day, top in (("2018-07-25", 29), ("2018-07-26", 34)):
        weather = hot_day(day, max_temperature=top, latitude=49.95, longitude=11.66)
        for n in range(24):
            row = weather.isel(time=n)
            fields = [*day.split("-"), n + 1, 60, "?9", f"{float(row.air_temperature):.2f}", 99.9]
            fields += [f"{float(row.relative_humidity):.1f}", 999999, 9999, 9999, 9999]
            fields += [f"{float(row[name]):.1f}" for name in ("global_irradiance", "direct_normal_irradiance")]
            fields += [f"{float(row.diffuse_irradiance):.1f}", 0, 0, 0, 0, 999, 2.0, 99]
            lines.append(",".join(map(str, fields)))
    file = tmp_path / "town.epw"
    file.write_text("\n".join(lines))
    return file


def test_event_takes_the_hottest_day_for_the_city(epw: Path, village) -> None:
    event = weather_file(epw)
    assert event.label_en == "hottest day of town.epw"
    assert event.label_de == "heißester Tag aus town.epw"
    day = event.weather(village)
    assert str(day.time.values[0])[:10] == "2018-07-26"
    assert float(day.air_temperature.max()) == pytest.approx(34.0, abs=0.1)


def test_run_on_a_file_tells_where_its_weather_is_from(epw: Path, village) -> None:
    study = run(village, (), (weather_file(epw, date="2018-07-25", indices=("utci",)),))
    result = study.results["baseline"]["measured weather"]
    assert 40 < float(np.nanmax(result.mean_radiant_temperature_max)) < 75
    assert "assumed weather" not in result.attrs["caveats"]


def test_a_study_file_names_weather_beside_it(epw: Path) -> None:
    study = epw.parent / "study.toml"
    head = '[city]\nsample = "bayreuth"\n[[event]]\nkind = "weather_file"\n'
    study.write_text(head + 'file = "town.epw"\ndate = "07-26"\n')
    (event,) = load_study(study).events
    assert Path(event.forcing["file"]) == epw
    study.write_text(head + 'file = "lost.epw"\n')
    with pytest.raises(DataError, match=r"lost\.epw does not exist"):
        load_study(study)


def test_unknown_options_are_refused_at_once(epw: Path) -> None:
    with pytest.raises(InputError, match="did you mean 'wind_speed'"):
        weather_file(epw, wind_sped=2)
    with pytest.raises(InputError, match="file is empty"):
        weather_file([])


def test_several_days_need_a_date(epw: Path, village) -> None:
    with pytest.raises(InputError, match="date of the first"):
        weather_file(epw, days=2).weather(village)
    assert weather_file(epw, date="2018-07-25", days=2).weather(village).sizes["time"] == 48


def test_weather_of_another_place_gets_a_caveat(epw: Path, village) -> None:
    epw.write_text(epw.read_text().replace("49.95,11.66", "52.50,13.40"))
    assert "weather of a place" in weather_file(epw).weather(village).attrs["caveats"]


def test_estimated_radiation_stands_in_the_results_and_their_report(epw: Path, village) -> None:
    from twin.compare.result_caveats import result_caveats

    lines = epw.read_text().splitlines()
    rows = [line.split(",") for line in lines[8:]]
    bare = [",".join([*row[:14], "9999", "9999", *row[16:]]) for row in rows]  # global radiation alone
    epw.write_text("\n".join(lines[:8] + bare))
    study = run(village, (), (weather_file(epw),))
    result = study.results["baseline"]["measured weather"]
    assert "direct and diffuse radiation are estimated from global radiation" in result.attrs["caveats"]
    (caveat,) = result_caveats(result)
    assert caveat.text("en").startswith("Part of the weather was not measured but estimated")
