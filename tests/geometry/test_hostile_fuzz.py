"""Some hundred files made wrong by a generator: every reader answers with records that hold together or a `TwinError`.

The long run is `python -m benchmarks fuzz`; its cases are the same for the same seed.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.fuzz.targets import TARGETS, case, first_files
from benchmarks.fuzz.worker import CPU_SECONDS, Worker, answer_to

CASES = 150


@pytest.fixture(autouse=True)
def _scans_need_an_extra(request: pytest.FixtureRequest) -> None:
    if "[las]" in request.node.name or "[look]" in request.node.name:
        pytest.importorskip("laspy")
        pytest.importorskip("lazrs")


@pytest.mark.parametrize("name", TARGETS)
def test_the_first_files_are_read(name: str, tmp_path: Path) -> None:
    for number in range(len(first_files(name))):
        outcome = answer_to(name, tmp_path, *case(name, 1, number))
        assert outcome.kind == "read", (number, outcome)


@pytest.mark.parametrize("name", TARGETS)
def test_changed_files_are_read_or_refused_and_nothing_else(name: str, tmp_path: Path) -> None:
    kinds = set()
    for number in range(CASES):
        outcome = answer_to(name, tmp_path, *case(name, 2026, number))
        assert outcome.kind != "finding", f"{name}, case {number}: {outcome.text}"
        kinds.add(outcome.kind)
    assert kinds == {"read", "refused"}  # the changes are neither all harmless nor all fatal


@pytest.mark.parametrize("name", TARGETS)
def test_a_case_follows_from_its_number_alone(name: str) -> None:
    assert case(name, 7, 31) == case(name, 7, 31)
    assert len({case(name, 7, number)[1] for number in range(40)}) > 20


def test_a_worker_that_dies_or_hangs_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = Worker("xyz")
    try:
        assert worker.read("dgm1.xyz", b"389000 5819000 34\n389001 5819000 35\n", {"crs": "EPSG:25833"}).kind == "read"
        assert worker.read("dgm1.xyz", b"words", {}).kind == "refused"
        worker.process.kill()
        assert "died" in worker.read("dgm1.xyz", b"words", {}).key
        assert worker.read("dgm1.xyz", b"words", {}).kind == "refused"  # a new one has started
    finally:
        worker.close()
    assert CPU_SECONDS <= 10


def test_a_fault_of_a_reader_is_told_with_its_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import twin.geometry

    def broken(path: Path) -> None:
        raise KeyError("oh")

    monkeypatch.setattr(twin.geometry, "read_osm", broken)
    outcome = answer_to("osm", tmp_path, "a.osm", b"<osm/>", {})
    assert outcome.kind == "finding"
    assert outcome.key.startswith("KeyError at ")
