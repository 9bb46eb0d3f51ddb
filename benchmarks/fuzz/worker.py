"""The process that reads the cases, with a limit of memory, and the one who watches it.

A worker writes one line for each case to a pipe; if it says nothing for too long it is ended and started again.
"""

from __future__ import annotations

import contextlib
import faulthandler
import multiprocessing
import os
import re
import tempfile
import time
import traceback
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from benchmarks.fuzz import targets

CPU_SECONDS = 10.0
"""A case that computes longer is a finding."""

_PATIENCE = 3.0  # times that limit by the clock: other work shares the machine
_MEMORY = 1_500_000_000  # bytes beyond what the imports take
_BIG = 400_000_000  # bytes by which the peak may grow in one case: the seeds have some kilobytes


@dataclass(frozen=True)
class Outcome:
    """What became of a case.

    kind : ``"read"``, ``"refused"`` or ``"finding"``
    key : of a finding: type and place of the fault, the same for the same fault
    text : of a finding: its traceback
    seconds : CPU time
    """

    kind: str
    key: str = ""
    text: str = ""
    seconds: float = 0.0


@contextlib.contextmanager
def _environment(**changes: str) -> Iterator[None]:
    """Set variables for the processes that are started meanwhile."""
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


class Worker:
    """A process that reads files for one reader."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._folder = tempfile.TemporaryDirectory(prefix="twin-fuzz-", ignore_cleanup_errors=True)
        self.process: Any = None
        self._pipe: Any = None

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, self.name, self._folder.name), daemon=True)
        # compiled loops check their indices there, and do not mix with those of daily use
        compiled = str(Path(tempfile.gettempdir()) / "twin-fuzz-compiled")
        with _environment(NUMBA_BOUNDSCHECK="1", NUMBA_CACHE_DIR=compiled):
            self.process.start()
        theirs.close()
        try:
            self._pipe.recv()
        except EOFError:
            raise RuntimeError(f"the process that reads {self.name} does not start; see its traceback above") from None

    def read(self, file: str, content: bytes, options: dict[str, Any]) -> Outcome:
        """Return what becomes of a file."""
        if self.process is None:
            self._start()
        try:
            self._pipe.send((file, content, options))
            if not self._pipe.poll(CPU_SECONDS * _PATIENCE + 60.0):
                return self._ended("no answer")
            answer: Outcome = self._pipe.recv()
            return answer
        except (EOFError, BrokenPipeError, ConnectionResetError):
            return self._ended("the process died")

    def _ended(self, why: str) -> Outcome:
        self.process.kill()
        self.process.join()
        self.process = None
        log = Path(self._folder.name) / "fault.txt"
        text = log.read_text(errors="replace")[-4000:] if log.exists() else ""
        places = [line.strip() for line in text.splitlines() if "twin" in line and "File" in line]
        # a hang is not made small: every attempt would take as long
        return Outcome("finding", f"{why}: {places[0] if places else ''}", text, 60.0 if "Timeout" in text else 0.0)

    def close(self) -> None:
        """End the process and remove its folder."""
        if self.process is not None:
            self._pipe.close()
            self.process.join(5)
            self.process.kill()
        self._folder.cleanup()


def _serve(pipe: Connection, name: str, folder: str) -> None:
    import twin.geometry  # noqa: F401

    with (Path(folder) / "fault.txt").open("w") as log:
        faulthandler.enable(log)
        for number in range(len(targets.first_files(name))):  # imports and compiles, before memory is limited
            answer_to(name, Path(folder), *targets.case(name, 0, number))
        _limit_memory()
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # libraries in C complain there about every case
        pipe.send("ready")
        while True:
            try:
                file, content, options = pipe.recv()
            except (EOFError, OSError):
                return
            faulthandler.dump_traceback_later(CPU_SECONDS * _PATIENCE, exit=True, file=log)
            before = _peak()
            answer = answer_to(name, Path(folder), file, content, options)
            faulthandler.cancel_dump_traceback_later()
            if answer.kind != "finding" and _peak() - before > _BIG:
                grown = f"memory grew by {(_peak() - before) / 1e6:,.0f} MB"
                answer = Outcome("finding", f"memory: {name}", grown, answer.seconds)
            pipe.send(answer)


def answer_to(name: str, folder: Path, file: str, content: bytes, options: dict[str, Any]) -> Outcome:
    """Return what becomes of a file in this process."""
    path = folder / file
    path.write_bytes(content)
    start = time.process_time()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.simplefilter("ignore", PendingDeprecationWarning)  # of libraries among themselves
            warnings.simplefilter("ignore", DeprecationWarning)
            kind = targets.run(name, path, options)
    except Exception as error:  # whatever it is: it is what this looks for
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if f"{os.sep}twin{os.sep}" in frame.filename or "invariants" in frame.filename]
        last = own[-1] if own else frames[-1]
        words = re.sub(r"[0-9]+", "0", str(error)[:50]) if isinstance(error, AssertionError) else ""
        key = f"{type(error).__name__} at {Path(last.filename).name}:{last.name} {words}".strip()
        return Outcome("finding", key, traceback.format_exc()[-4000:], time.process_time() - start)
    finally:
        path.unlink(missing_ok=True)
    seconds = time.process_time() - start
    if seconds > CPU_SECONDS:
        return Outcome("finding", f"slow: {name}", f"{seconds:.1f} CPU seconds", seconds)
    return Outcome(kind, seconds=seconds)


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limit: growth of the peak is judged there too late to prevent it
        return
    pages = Path("/proc/self/statm")
    if pages.exists():
        held = int(pages.read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (held + _MEMORY, held + _MEMORY))


def _peak() -> int:
    """Return the most memory the process has held, bytes; 0 where that is unknown."""
    try:
        import resource
    except ImportError:
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
