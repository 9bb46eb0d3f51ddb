"""The example of the README runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def _first_example(page: str) -> str:
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.search(r"```python\n(.*?)```", text, re.DOTALL)[1]


def test_the_readme_example_writes_its_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(compile(_first_example("README.md"), "README.md", "exec"), names)
    assert "calm" in capsys.readouterr().out
    assert "</html>" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_both_readmes_show_the_same_calls() -> None:
    calls = [re.findall(r"twin\.[a-z_.A-Z]+\(", _first_example(page)) for page in ("README.md", "README.de.md")]
    assert [call for call in calls[0] if call != "twin.Scenario("] == [c for c in calls[1] if c != "twin.Scenario("]
