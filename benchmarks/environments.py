"""Environments of the peers: one folder each, made on demand from a pinned requirement file.

python -m benchmarks peers               lists them
python -m benchmarks peers install NAME  makes the environment of one (needs a network)
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
from pathlib import Path

PEERS = Path(__file__).parent / "peers"
ENVIRONMENTS = PEERS / "envs"


def names() -> list[str]:
    return sorted(path.stem for path in PEERS.glob("*.txt"))


def python_of(name: str) -> Path:
    """Return the interpreter of a peer, whether it exists or not."""
    folder = ENVIRONMENTS / name
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def is_installed(name: str) -> bool:
    return (ENVIRONMENTS / name / "complete").exists()


def install(name: str) -> None:
    if name not in names():
        raise SystemExit(f"there is no peer {name!r}; there are: {', '.join(names())}")
    folder = ENVIRONMENTS / name
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder, with_pip=True)
    requirements = PEERS / f"{name}.txt"
    command = [python_of(name), "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", requirements]
    subprocess.run([str(part) for part in command], check=True)
    (folder / "complete").write_text(requirements.read_text(encoding="utf-8"), encoding="utf-8")
    print(f"{name} is ready")
