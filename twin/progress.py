"""Progress of long work: one line per stage, quiet where nobody watches.

Kernels never call back. A model runs its kernel for a block of steps, then reports; between blocks Ctrl-C is heard.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_shown: bool | None = None


def show(on: bool | None) -> None:
    """Turn progress on (True), off (False) or to automatic (None: on a terminal and in notebooks).

    Examples
    --------
    >>> show(False)
    """
    global _shown
    _shown = on


def _visible() -> bool:
    if _shown is not None:
        return _shown
    if os.environ.get("TWIN_PROGRESS") == "0":
        return False
    return "ipykernel" in sys.modules or bool(sys.stderr and sys.stderr.isatty())


@contextmanager
def stage(label: str, total: float = 1.0) -> Iterator[Callable[[float], None]]:
    """Show one stage of long work; the function it yields is told how much was done since the last call.

    Examples
    --------
    >>> with stage("flood", total=3600.0) as advance:
    ...     advance(60.0)
    """
    if not _visible():
        yield lambda done: None
        return
    from tqdm.auto import tqdm

    form = "{desc:<28} {percentage:3.0f} %|{bar:24}| {elapsed}"
    with tqdm(total=total, desc=label, bar_format=form, leave=True) as bar:

        def advance(done: float) -> None:
            bar.update(min(done, total - bar.n))

        yield advance
        bar.update(total - bar.n)


def say(message: str) -> None:
    """Print one line for the person who watches, on standard error, unless progress is off.

    Examples
    --------
    >>> show(False)
    >>> say("nobody sees this")
    """
    if _visible():
        print(message, file=sys.stderr, flush=True)
