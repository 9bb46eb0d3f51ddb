"""`Scenario`: a named list of measures, applied in the order given.

Two measures may change the same variable in the same cells: the later one wins and the record says so. A building
on trees that the same scenario plants contradicts itself and is refused.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from html import escape
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from twin.city.city import City
from twin.errors import InputError
from twin.scenario.measures.measure import OPTIONAL, Measure, present
from twin.variables import VARIABLES

if TYPE_CHECKING:
    from twin.compare.variant import MeasureRecord


@dataclass(frozen=True)
class Scenario:
    """A plan: a name and what is done.

    Parameters
    ----------
    name : str
        Key of the scenario; must hold a letter or digit.
    measures : sequence of Measure
        Applied in this order.
    title, title_de : str
        What people read; the name unless given, and the same in German unless given.

    Raises
    ------
    InputError
        If the name is empty or something is no measure.

    Examples
    --------
    >>> Scenario("Grüne Höfe").slug
    'gruene-hoefe'
    """

    name: str
    measures: Sequence[Measure] = field(default=())
    title: str = ""
    title_de: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not any(sign.isalnum() for sign in self.name):
            raise InputError(f"a scenario is called {self.name!r}; give it a name with letters or digits")
        if not isinstance(self.measures, (list, tuple)):
            raise InputError(f"measures of scenario {self.name!r} must be a list, not a {type(self.measures).__name__}")
        for measure in self.measures:
            if not isinstance(measure, Measure) or isinstance(measure, type):
                raise InputError(
                    f"scenario {self.name!r} holds {measure!r}, which is no measure; "
                    "use those of twin.measures, such as plant_trees(...)"
                )
        object.__setattr__(self, "measures", tuple(self.measures))
        object.__setattr__(self, "title", self.title or self.name)
        object.__setattr__(self, "title_de", self.title_de or self.title)

    def title_in(self, language: str = "en") -> str:
        """Title in `language`: ``"en"`` or ``"de"``."""
        return self.title_de if language == "de" else self.title

    @property
    def slug(self) -> str:
        """The name as a safe file name."""
        return slug(self.name)

    def apply(self, city: City) -> tuple[City, tuple[MeasureRecord, ...]]:
        """Return the city with all measures applied, and their records.

        Raises
        ------
        InputError
            If a measure hits nothing, lies outside the grid, or contradicts an earlier one.
        """
        changed_by: dict[str, list[tuple[str, NDArray[np.bool_]]]] = {}
        records: list[MeasureRecord] = []
        for number, measure in enumerate(self.measures, start=1):
            where = f"scenario {self.name!r}, measure {number}"
            try:
                after, record = measure.apply(city)
            except InputError as error:
                raise InputError(f"{where}: {error}") from error
            notes, notes_de = list(record.notes), list(record.notes_in("de"))
            for name in map(str, after.grid.data_vars):
                if name in VARIABLES and VARIABLES[name].flags:
                    continue  # where a value comes from follows from the value
                cells = _changed(city, after, name)
                if not cells.any():
                    continue
                for kind, earlier in changed_by.get(name, []):
                    shared = int((cells & earlier).sum())
                    if shared and record.kind == "add_building" and kind == "plant_trees":
                        raise InputError(
                            f"{where}: the building stands on trees that the same scenario plants ({shared} cells); "
                            "move one of the two"
                        )
                    if shared:
                        notes.append(f"changes {name} in {shared} cells that an earlier {kind} changed: this one holds")
                        notes_de.append(
                            f"ändert „{VARIABLES[name].label_de if name in VARIABLES else name}“ in {shared} Zellen, "
                            "die eine frühere Maßnahme geändert hatte: diese gilt"
                        )
                changed_by.setdefault(name, []).append((record.kind, cells))
            records.append(replace(record, notes=tuple(notes), notes_de=tuple(notes_de)))
            city = after
        return city, tuple(records)

    def _repr_html_(self) -> str:
        items = "".join(f"<li>{escape(measure.kind)}</li>" for measure in self.measures)
        return f"<b>{escape(self.title)}</b> ({escape(self.name)})<ol>{items}</ol>"


def slug(name: str) -> str:
    """Turn a name into a file name that every system accepts; names that would collide stay apart.

    Examples
    --------
    >>> slug("Grüne Höfe"), slug("heat")
    ('gruene-hoefe', 'heat')
    >>> slug("../etc/passwd").startswith("etc-passwd-")
    True
    """
    text = name.casefold()
    for letters, plain in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss")):
        text = text.replace(letters, plain)
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    short = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60]
    # a hash wherever more than case, umlauts and blanks was lost, and for names that Windows reserves
    lossless = re.fullmatch(r"[\w -]+", text) is not None and text == text.strip() and short
    reserved = re.fullmatch(r"con|prn|aux|nul|com\d|lpt\d", short)
    if lossless and not reserved and plain.isascii() and len(plain) == len(text) <= 60:
        return short
    return f"{short or 'scenario'}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _changed(before: City, after: City, name: str) -> NDArray[np.bool_]:
    old, new = before.grid.get(name), after.grid[name]
    if (old is None and name not in OPTIONAL) or (old is not None and old.variable is new.variable):
        return np.zeros(1, dtype=bool)
    a, b = present(before.grid, name) if old is None else np.asarray(old.values), np.asarray(new.values)
    if a is b:
        return np.zeros(1, dtype=bool)
    both_missing = (a != a) & (b != b)
    return np.asarray((a != b) & ~both_missing)


BASELINE = Scenario("baseline", title="Today", title_de="Heute")
"""The city as it is."""
