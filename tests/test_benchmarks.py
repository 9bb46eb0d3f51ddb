"""The benchmarks run and compare; what they measure is not judged here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy

import twin

ROOT = Path(__file__).resolve().parents[1]


def _command(*words: str) -> subprocess.CompletedProcess[str]:
    place = str(Path(twin.__file__).parents[1])
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), place]), "TWIN_PROGRESS": "0"}
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *words], capture_output=True, text=True, cwd=ROOT, env=environment
    )


def test_the_command_lists_every_area_and_its_peer() -> None:
    answer = _command()
    assert answer.returncode == 0, answer.stderr
    for word in ("load", "heat", "flood", "traffic", "solweig", "anuga", "aequilibrae", "lxml_dom"):
        assert word in answer.stdout


def test_every_peer_has_a_pinned_environment_and_a_driver() -> None:
    peers = ROOT / "benchmarks" / "peers"
    pinned = sorted(path.stem for path in peers.glob("*.txt"))
    drivers = {path.stem for path in peers.glob("*.py")}
    assert set(pinned) <= drivers
    for driver in drivers - set(pinned):  # a second driver of the same peer is named after it
        assert any(driver.startswith(f"{peer}_") for peer in pinned), driver
    for path in peers.glob("*.txt"):
        for line in path.read_text(encoding="utf-8").split():
            assert "==" in line


def test_a_case_is_measured_and_its_answer_checked() -> None:
    answer = _command("traffic", "--case", "town network", "--repeat", "2")
    assert answer.returncode == 0, answer.stderr
    assert "| town network | twin | 1 |" in answer.stdout
    gap = float(answer.stdout.split("relative gap: ")[1].split(".\n")[0])
    assert 0 <= gap <= 1e-6  # what the case asks for, recomputed from the flows by SciPy's shortest paths


def test_an_unknown_area_is_refused() -> None:
    assert _command("noise").returncode == 2


def test_a_driver_may_print_what_it_likes(tmp_path: Path) -> None:
    """The protocol keeps standard output for itself, whatever the program under measurement prints."""
    driver = tmp_path / "chatty.py"
    driver.write_text(
        textwrap.dedent(
            """
            from benchmarks.protocol import serve

            def work(state):
                print("chatter")
                return {"total": state.sum()}

            serve(lambda inputs: inputs["numbers"], work, lambda: {"chatty": "1"})
            """
        )
    )
    numpy.savez(tmp_path / "inputs.npz", numbers=numpy.arange(5))
    orders = f"run\nanswers {tmp_path / 'answers.npz'}\n"
    answer = subprocess.run(
        [sys.executable, str(driver), str(tmp_path / "inputs.npz")],
        input=orders,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    lines = [json.loads(line) for line in answer.stdout.splitlines()]
    assert [next(iter(line)) for line in lines] == ["ready", "cpu", "answers"]
    assert "chatter" in answer.stderr
    with numpy.load(tmp_path / "answers.npz") as found:
        assert found["total"] == 10


def test_the_curve_builds_a_town_from_its_files_and_says_what_it_took(tmp_path: Path) -> None:
    written = tmp_path / "out.md"
    answer = _command("curve", "--sizes", "1", "--folder", str(tmp_path / "towns"), "--output", str(written))
    assert answer.returncode == 0, answer.stderr
    row = next(line for line in answer.stdout.splitlines() if line.startswith("| 1 | 250,000 |"))
    buildings = int(row.split("|")[3].replace(",", ""))
    assert 500 <= buildings <= 700  # as many as a German town has on a square kilometre
    assert row in written.read_text(encoding="utf-8")
