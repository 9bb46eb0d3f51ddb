"""The notebooks run from top to bottom, without a network, and are stored without output."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

# runs inside the kernel before the story: only connections within this machine are allowed
NO_NETWORK = """
import socket
_connect = socket.socket.connect
def _refuse(self, address):
    host = address[0] if isinstance(address, tuple) else "local"
    if host not in ("127.0.0.1", "::1", "localhost", "local"):
        raise OSError(f"this notebook opens a connection to {host}")
    return _connect(self, address)
socket.socket.connect = _refuse
"""


def test_there_is_a_story() -> None:
    assert "01_first_city.ipynb" in {path.name for path in NOTEBOOKS}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_stored_without_output(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.source for cell in code if cell.outputs or cell.execution_count] == []
    assert notebook.cells[0].cell_type == "markdown"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
# jupyter's own clients warn about their clean-up on some versions of Python; the story itself is judged in its kernel
@pytest.mark.filterwarnings("default")
def test_notebook_tells_its_story_without_a_network(path: Path, tmp_path: Path, monkeypatch) -> None:
    from nbclient import NotebookClient

    import twin

    # the kernel is a new process: it must find the same package, installed or in its checkout
    place = str(Path(twin.__file__).parents[1])
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [place, os.environ.get("PYTHONPATH")])))
    monkeypatch.setenv("TWIN_PROGRESS", "0")
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(NO_NETWORK))
    NotebookClient(
        notebook, timeout=900, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    shown = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert any("image/png" in output.get("data", {}) for output in shown), "the story shows no figure"
    assert not [output for output in shown if output.output_type == "error"]
