import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from twin import __version__, cli
from twin.errors import InputError

ROOT = Path(__file__).parents[2]
SMALL = """
title = "small"

[city]
sample = "bayreuth"
bounds = [679200, 5543360, 679280, 5543440]
resolution = 8

[[event]]
kind = "heavy_rain"
depth = "10 mm"
duration = "5 min"
simulated = "6 min"

[[scenario]]
name = "green"

[[scenario.measure]]
kind = "unseal"
area = [679200, 5543360, 679280, 5543440]
"""


@pytest.fixture
def study(tmp_path):
    path = tmp_path / "small.toml"
    path.write_text(SMALL, encoding="utf-8")
    return path


def shell(*words, encoding="utf-8", cwd=None, **environment):
    """Run `twin` as a shell does, in a process of its own."""
    env = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "0", **environment}
    return subprocess.run(
        [sys.executable, "-m", "twin.cli", *map(str, words)], capture_output=True, env=env, cwd=cwd, timeout=300
    )


def test_version(capsys):
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"twin {__version__}\n"


@pytest.mark.parametrize(
    "words", [[], ["dance"], ["run"], ["demo", "--language", "fr"], ["run", "a", "--threads", "0"], ["--thread", "2"]]
)
def test_wrong_usage_is_exit_code_2(words, capsys):
    assert cli.main(words) == 2
    captured = capsys.readouterr()
    assert "usage: twin" in captured.err
    assert captured.out == ""


@pytest.mark.parametrize("command", ["demo", "run", "compare", "info", "new-city", "warmup"])
def test_every_command_explains_itself(command, capsys):
    assert cli.main([command, "--help"]) == 0
    assert f"usage: twin {command}" in capsys.readouterr().out


def test_a_refusal_is_one_line_on_standard_error(capsys):
    assert cli.main(["run", "nowhere"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("twin: there is no study file and no ready study 'nowhere'")
    assert captured.err.count("\n") == 1


def test_a_report_that_cannot_be_written_is_refused_before_the_models_run(study, tmp_path, capsys, monkeypatch):
    def never(*_, **__):
        raise AssertionError("the models ran")

    monkeypatch.setattr("twin.scenario.files.StudySpec.run", never)
    (tmp_path / "folder.html").mkdir()
    assert cli.main(["run", str(study), "--output", str(tmp_path / "folder.html")]) == 1
    assert "is a folder" in capsys.readouterr().err


def test_interruption_is_exit_code_130(study, capsys, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("twin.scenario.files.StudySpec.run", interrupted)
    assert cli.main(["run", str(study)]) == 130
    assert "interrupted" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (OSError(28, "No space left on device", "/data/result.nc"), "/data/result.nc cannot be written: No space left"),
        (MemoryError(), "too little memory"),
    ],
)
def test_troubles_of_the_machine_are_one_line(study, capsys, monkeypatch, trouble, words):
    def troubled(*_, **__):
        raise trouble

    monkeypatch.setattr("twin.scenario.files.StudySpec.run", troubled)
    assert cli.main(["run", str(study)]) == 1
    captured = capsys.readouterr().err
    assert words in captured
    assert captured.count("\n") == 1


def test_a_fault_of_the_program_is_not_hidden(study, monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr("twin.scenario.files.StudySpec.run", broken)
    with pytest.raises(ZeroDivisionError):
        cli.main(["run", str(study)])


def test_a_run_saves_what_compare_prints_again(study, tmp_path, capsys):
    folder = tmp_path / "results"
    assert cli.main(["run", str(study), "--output", str(folder), "--store", str(tmp_path / "store"), "--quiet"]) == 0
    printed = capsys.readouterr().out
    assert "heavy rain, 10 mm in 5 min" in printed
    assert str(folder.resolve()) in printed
    assert (folder / "report.html").stat().st_size > 10_000
    assert cli.main(["compare", str(folder)]) == 0
    table = capsys.readouterr().out.strip("\n")
    assert printed.startswith(table)
    assert cli.main(["compare", str(folder), "--language", "de"]) == 0
    assert "Änderung" in capsys.readouterr().out
    assert cli.main(["compare", str(tmp_path / "store")]) == 0
    assert capsys.readouterr().out.strip("\n") == table


def test_compare_of_a_folder_without_a_study_is_refused(tmp_path, capsys):
    assert cli.main(["compare", str(tmp_path)]) == 1
    assert "no saved study" in capsys.readouterr().err


def test_info_of_an_unknown_city_is_refused(capsys):
    assert cli.main(["info", "atlantis"]) == 1
    assert "atlantis" in capsys.readouterr().err


def test_info_names_what_a_city_lacks(capsys):
    assert cli.main(["info", "bayreuth"]) == 0
    out = capsys.readouterr().out
    assert "EPSG:25832" in out or "UTM zone 32N" in out
    assert "OpenStreetMap" in out


def test_output_means_a_report_or_a_folder(tmp_path):
    assert cli._targets(None) == (None, None)
    assert cli._targets(Path("a.html")) == (Path("a.html"), None)
    assert cli._targets(Path("a")) == (Path("a/report.html"), Path("a"))
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="is a file"):
        cli._targets(tmp_path / "file")


def test_a_console_without_utf8_keeps_the_minus_and_raises_nothing():
    narrow = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    cli._speak_safely(narrow, None)
    print("35 °C − straße ≥ 日本", file=narrow)
    narrow.flush()
    assert narrow.buffer.getvalue().decode("cp1252").strip() == "35 °C - straße >= ??"


def test_a_windows_console_shows_the_table(study):
    done = shell("run", study, "--language", "de", encoding="cp1252")
    assert done.returncode == 0, done.stderr.decode("cp1252")
    assert "Änderung" in done.stdout.decode("cp1252")
    assert done.stderr == b""


def test_help_answers_without_the_heavy_imports():
    code = (
        "import sys; from twin import cli; cli.main(['--help']); "
        "assert not {'numba', 'matplotlib', 'geopandas', 'xarray'} & set(sys.modules), sorted(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=60
    )
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT that a test could send to one process")
def test_ctrl_c_in_a_shell_ends_with_130_and_leaves_no_half_result(tmp_path):
    import signal
    import time

    study = tmp_path / "long.toml"
    # a day of rain on 1 km2 takes minutes: the signal comes long before the end
    study.write_text(
        '[city]\nsample = "bayreuth"\n[[event]]\nkind = "heavy_rain"\ndepth = "60 mm"\nduration = "24 h"\n',
        encoding="utf-8",
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "twin.cli", "run", str(study), "--store", str(tmp_path / "store"), "--output", "r.html"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    deadline = time.monotonic() + 120
    while not (tmp_path / "store").is_dir() and time.monotonic() < deadline:  # the run has begun
        time.sleep(0.1)
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert out == b""
    assert err.decode().startswith("twin: interrupted")
    assert "Traceback" not in err.decode()
    assert not any(path.is_file() for path in (tmp_path / "store").rglob("*"))
    assert not (tmp_path / "r.html").exists()


def test_info_of_an_unknown_city_names_the_samples(capsys):
    assert cli.main(["info", "bayruth"]) == 1
    assert "samples are: bayreuth, tiergarten" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["report.pdf", "table.csv", "results.nc"])
def test_an_output_of_another_format_is_refused_and_leaves_no_folder(study, tmp_path, capsys, name):
    assert cli.main(["run", str(study), "--output", str(tmp_path / name)]) == 1
    assert "ends in .html" in capsys.readouterr().err
    assert not (tmp_path / name).exists()


def test_info_shows_no_folders_of_the_machine(capsys):
    assert cli.main(["info", "bayreuth"]) == 0
    shown = capsys.readouterr().out
    assert "[north-bayreuth.osm.gz]" in shown
    assert str(ROOT) not in shown
