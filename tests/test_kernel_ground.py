"""`twin.kernels`: where compiled code is kept, what is refused, and threads."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import warnings
from pathlib import Path
from types import SimpleNamespace

import numba
import numpy as np
import pytest

import twin
from twin import kernels

PACKAGE = Path(twin.__file__).parent


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    kernels.cache_folder.cache_clear()
    yield monkeypatch
    kernels.cache_folder.cache_clear()


def test_a_kernel_computes_what_its_python_says() -> None:
    def total(values):
        answer = 0.0
        for value in values:
            answer += value
        return answer

    numbers = np.linspace(0, 1, 1001)
    assert kernels.jit(total)(numbers) == total(numbers)


@pytest.mark.parametrize("fast", [False, True])
def test_nan_and_infinity_keep_their_meaning(fast: bool) -> None:
    @kernels.jit(fast=fast)
    def facts(x, y):
        return np.isnan(x), x == x, np.isinf(y), y > 1e300

    assert facts(np.nan, np.inf) == (True, False, True, True)


def test_division_by_zero_is_infinity_not_an_exception() -> None:
    @kernels.jit
    def divide(a, b):
        return a / b

    assert divide(1.0, 0.0) == np.inf


def test_the_cache_is_keyed_by_the_sources(tmp_path: Path, fresh: pytest.MonkeyPatch) -> None:
    fresh.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    folder = kernels.cache_folder()
    assert folder == tmp_path / "twin" / kernels.source_key()
    assert folder.is_dir()


@pytest.mark.skipif(sys.platform == "win32", reason="access lists, not mode bits, guard folders there")
@pytest.mark.parametrize("mode", [0o777, 0o770])
def test_a_folder_others_can_write_is_refused(tmp_path: Path, fresh: pytest.MonkeyPatch, mode: int) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(mode)
    fresh.setenv("NUMBA_CACHE_DIR", str(shared))
    with pytest.warns(RuntimeWarning, match="can be written by other users"):
        assert kernels.cache_folder() is None


def test_a_cache_that_cannot_be_written_is_said_and_survived(tmp_path: Path, fresh: pytest.MonkeyPatch) -> None:
    obstacle = tmp_path / "a file"
    obstacle.write_text("")
    fresh.setenv("NUMBA_CACHE_DIR", str(obstacle))
    with pytest.warns(RuntimeWarning, match="set NUMBA_CACHE_DIR to a folder of your own"):
        assert kernels.cache_folder() is None


def test_kernels_of_others_are_left_out_of_the_cache(tmp_path: Path, fresh: pytest.MonkeyPatch) -> None:
    fresh.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    kernels.jit(lambda x: x)(1.0)
    assert list(tmp_path.rglob("*.nbi")) == []


def test_threads_are_given_back_even_after_an_error() -> None:
    before = numba.get_num_threads()

    def fail() -> None:
        with kernels.running(threads=1):
            assert numba.get_num_threads() == 1
            raise ValueError

    with pytest.raises(ValueError):
        fail()
    assert numba.get_num_threads() == before


def test_more_threads_than_there_are_means_all_of_them() -> None:
    with kernels.running(threads=10_000):
        assert numba.get_num_threads() == numba.config.NUMBA_NUM_THREADS


def test_concurrent_parallel_calls_survive_the_simplest_thread_layer(tmp_path: Path) -> None:
    """Numba's workqueue layer aborts the process on concurrent calls; `running` makes callers wait."""
    script = tmp_path / "many_callers.py"
    script.write_text(
        textwrap.dedent(
            """
            from concurrent.futures import ThreadPoolExecutor
            import numpy as np
            from numba import prange
            from twin import kernels

            @kernels.jit(parallel=True)
            def square(values, out):
                for i in prange(len(values)):
                    out[i] = values[i] * values[i]

            def work(seed):
                values = np.full(20_000, float(seed))
                out = np.empty_like(values)
                for _ in range(20):
                    with kernels.running():
                        square(values, out)
                return float(out.sum())

            work(1)
            with ThreadPoolExecutor(4) as pool:
                assert list(pool.map(work, range(8))) == [20_000.0 * s * s for s in range(8)]
            print("survived")
            """
        )
    )
    ours = {"NUMBA_THREADING_LAYER": "workqueue", "NUMBA_NUM_THREADS": "2", "PYTHONPATH": str(PACKAGE.parent)}
    environment = os.environ | ours
    answer = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, env=environment)
    assert (answer.returncode, answer.stdout.strip()) == (0, "survived"), answer.stderr


def test_the_announcer_speaks_once(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(kernels.progress, "say", said.append)
    announcer = kernels._Announcer()

    kernel = SimpleNamespace(py_func=SimpleNamespace(__module__="twin.flood.flow_kernels"))
    happening = SimpleNamespace(data={"dispatcher": kernel})

    announcer.on_start(happening)
    announcer.on_start(happening)
    assert len(said) == 1


def test_no_warning_in_a_folder_of_our_own(tmp_path: Path, fresh: pytest.MonkeyPatch) -> None:
    fresh.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        kernels.cache_folder()
