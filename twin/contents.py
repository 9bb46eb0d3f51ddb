"""Tables of contents: public names of a package that are loaded when they are first used.

Importing such a package imports none of its files, so that `import twin` stays quick and light.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from typing import Any


def lazily(package: str, contents: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Make the `__getattr__` and `__dir__` of a package.

    Parameters
    ----------
    package : str
        Its `__name__`; it must have an `__all__`.
    contents : mapping
        Public name to its place: a module (``"twin.heat"``) or a name in one (``"twin.city.load:load_city"``).

    Returns
    -------
    tuple
        Two functions. The first loads a name once, and raises `AttributeError` for a name not in the contents.

    Examples
    --------
    >>> find, _ = lazily("twin", {"root": "math:sqrt"})
    >>> find("root")(9.0)
    3.0
    >>> del sys.modules["twin"].root
    """

    def load(name: str) -> Any:
        place = contents.get(name)
        if place is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module, _, attribute = place.partition(":")
        value = importlib.import_module(module)
        if attribute:
            value = getattr(value, attribute)
        setattr(sys.modules[package], name, value)
        return value

    def names() -> list[str]:
        return sorted(sys.modules[package].__all__)

    return load, names
