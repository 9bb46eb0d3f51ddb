"""The only place that sets numba options: compilation, threads and the cache folder.

What holds for every kernel of `twin`
- compiled on first call, never at import, and kept on disk: one folder per state of all kernel sources, because
  numba's own check does not see a change in a function imported from another file and would return old numbers;
- free of the GIL, so that schedulers and servers may run several;
- NaN and infinity keep their meaning (`fast=True` allows contraction, reciprocals, signed-zero and approximate
  functions, never the assumption that NaN or infinity do not occur);
- the same bits for any number of threads: a parallel loop owns its outputs, sums run in a fixed order.
"""

from __future__ import annotations

import hashlib
import os
import platform
import stat
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, overload

import numba
from numba.core import config as _numba_config
from numba.core import event
from numba.np.ufunc import parallel as thread_layers

from twin import progress

# Threads that wait for each other shall sleep, not spin: where other work wants the cores too, spinning at the end of
# each of a flood's thousands of short steps made it ten times slower (85 s instead of 9 s, two threads on two busy
# cores). Read by the OpenMP library when numba starts its threads; a value that the user set stays.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

config: Any = _numba_config
F = TypeVar("F", bound=Callable[..., Any])

_FAST = {"contract", "arcp", "nsz", "afn"}
_lock = threading.RLock()


@overload
def jit(function: F) -> F: ...
@overload
def jit(*, parallel: bool = ..., fast: bool = ...) -> Callable[[F], F]: ...
def jit(function: F | None = None, *, parallel: bool = False, fast: bool = False) -> Any:
    """Compile a kernel lazily, with the options that hold for all kernels of `twin`.

    Parameters
    ----------
    function : callable
        The kernel, when used as a bare decorator.
    parallel : bool
        Run its `prange` loops on threads.
    fast : bool
        Allow rearrangements that keep NaN and infinity honest.

    Examples
    --------
    >>> @jit
    ... def double(x):
    ...     return 2.0 * x
    >>> double(4.0)
    8.0
    """

    def compile_lazily(kernel: F) -> F:
        options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "parallel": parallel}
        options["fastmath"] = set(_FAST) if fast else False
        ours = kernel.__module__.startswith("twin.") and Path(kernel.__code__.co_filename).is_file()
        folder = cache_folder() if ours else None
        if folder is None:
            return numba.njit(**options)(kernel)  # type: ignore[no-any-return]
        before = config.CACHE_DIR
        config.CACHE_DIR = str(folder)  # read by numba while it decorates, then given back to others
        try:
            return numba.njit(cache=True, **options)(kernel)  # type: ignore[no-any-return]
        except RuntimeError as error:  # no place to write: work on without a cache
            warnings.warn(f"kernels are compiled anew in every process: {error}", RuntimeWarning, stacklevel=3)
            return numba.njit(**options)(kernel)  # type: ignore[no-any-return]
        finally:
            config.CACHE_DIR = before

    return compile_lazily if function is None else compile_lazily(function)


@cache
def cache_folder() -> Path | None:
    """Folder of compiled kernels for the present sources and numba; None if no safe folder can be had.

    `NUMBA_CACHE_DIR` moves it. A folder that other users can write is refused: its files are executed.
    """
    base = os.environ.get("NUMBA_CACHE_DIR")
    folder = (Path(base) if base else _user_cache()) / "twin" / source_key()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for part in (folder, folder.parent, folder.parent.parent):
            _refuse_shared(part)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        warnings.warn(
            f"kernel cache {folder} is not used: {error}. Kernels are compiled anew in every process; "
            "set NUMBA_CACHE_DIR to a folder of your own",
            RuntimeWarning,
            stacklevel=3,
        )
        return None
    return folder


def _refuse_shared(folder: Path) -> None:
    if sys.platform == "win32":  # access lists, not mode bits, guard a profile folder there
        return
    status = folder.stat()
    if status.st_mode & (stat.S_IWOTH | stat.S_IWGRP) and not status.st_mode & stat.S_ISVTX:
        raise PermissionError(f"{folder} can be written by other users, and cached kernels are executed")
    if status.st_uid not in (os.getuid(), 0):
        raise PermissionError(f"{folder} belongs to another user, and cached kernels are executed")


def _user_cache() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "twin-cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


@cache
def source_key() -> str:
    """Hash of every kernel source, the versions of numba and Python, and the processor.

    Examples
    --------
    >>> len(source_key())
    16
    """
    digest = hashlib.sha256()
    root = Path(__file__).parent
    for path in sorted([root / "kernels.py", *root.rglob("*_kernels.py")]):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    for version in (numba.__version__, platform.python_version(), platform.machine(), platform.processor()):
        digest.update(version.encode())
    return digest.hexdigest()[:16]


@contextmanager
def running(threads: int | None = None) -> Iterator[None]:
    """Hold the kernels for a block of work, with a given number of threads.

    Where numba has only its simplest thread layer, concurrent parallel calls would abort the process:
    there, and only there, callers wait for each other.

    Examples
    --------
    >>> with running(threads=1):
    ...     numba.get_num_threads()
    1
    """
    before = numba.get_num_threads()
    numba.set_num_threads(max(1, min(threads or before, config.NUMBA_NUM_THREADS)))
    try:
        if _thread_layer_is_exclusive():
            with _lock:
                yield
        else:
            yield
    finally:
        numba.set_num_threads(before)


def share_out(work: Callable[[int], object], parts: int) -> None:
    """Do `work(0)` to `work(parts - 1)` on as many threads as the kernels have at present.

    For kernels that are too large for a `prange` of their own, whose compilation takes several times that of its body.
    Each part owns its outputs, so the number of threads changes no bit.

    Parameters
    ----------
    work : callable
        Calls kernels, which leave the GIL to others.
    parts : int

    Examples
    --------
    >>> done = []
    >>> share_out(done.append, 3)
    >>> sorted(done)
    [0, 1, 2]
    """
    threads = min(parts, numba.get_num_threads())
    if threads <= 1:
        for part in range(parts):
            work(part)
        return
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(work, part) for part in range(parts)]:
            done.result()


def _thread_layer_is_exclusive() -> bool:
    try:
        return bool(
            thread_layers.threading_layer()  # type: ignore[no-untyped-call]
            == "workqueue"
        )
    except ValueError:  # not started yet: hold the lock, it costs nothing
        return True


class _Announcer(event.Listener):
    """Says once per process that kernels are being compiled, so that silence does not read as a hang."""

    def __init__(self) -> None:
        self.said = False

    def on_start(self, happening: Any) -> None:
        dispatcher = happening.data.get("dispatcher")
        module = getattr(getattr(dispatcher, "py_func", None), "__module__", "") or ""
        if not self.said and module.startswith("twin."):
            self.said = True
            progress.say("twin: compiling kernels (once per installation; `twin warmup` does it ahead) ...")

    def on_end(self, happening: Any) -> None:
        pass


event.register("numba:compile", _Announcer())  # type: ignore[no-untyped-call]
