"""Which column of a tree cadastre says what: known layouts, recognised from column names, and maps of one's own.

Names are compared without regard to case and umlauts (``HöHE`` is ``hoehe``). Nothing is guessed: a table that no
layout fits, or that several fit, is refused with the columns it has and what they might be.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from twin.errors import DataError, InputError

ROLES = ("height", "crown_diameter", "trunk_circumference", "species", "id", "kind", "x", "y", "wkt")
"""What a column of a tree table can be; at least one of the first three is needed to size a tree."""

_SIZES = ("height", "crown_diameter", "trunk_circumference")


@dataclass(frozen=True)
class Layout:
    """How one publisher writes its trees.

    name : of the layout
    columns : role (see `ROLES`) to column
    required : columns that together identify the layout
    trunk_unit : metres in one unit of the trunk's circumference; None if the numbers must tell
    crown_dummies : crown diameters (m) that stand for "not measured" unless the trunk says otherwise
    group_words : values of the column `kind` that mean several trees at one point
    """

    name: str
    columns: Mapping[str, str]
    required: tuple[str, ...]
    trunk_unit: float | None = None
    crown_dummies: tuple[float, ...] = ()
    group_words: tuple[str, ...] = field(default=())


# Column names as the towns publish them. Heilbronn's notes on its open data say: circumference in m, summed over the
# stems of a group of trees, and a standard crown of 2 m for trees of other owners.
LAYOUTS: tuple[Layout, ...] = (
    Layout(
        "berlin",
        {
            "height": "baumhoehe",
            "crown_diameter": "kronedurch",
            "trunk_circumference": "stammumfg",
            "species": "art_bot",
            "id": "gisid",
        },
        ("baumhoehe", "kronedurch"),
        trunk_unit=0.01,
    ),
    Layout(
        "koeln",
        {"height": "hoehe", "crown_diameter": "krone", "x": "x_koordina", "y": "y_koordina"},
        ("hoehe", "krone", "x_koordina", "y_koordina"),
    ),
    Layout(
        "heilbronn",
        {
            "crown_diameter": "krone_dm",
            "trunk_circumference": "st_umfang",
            "species": "wis_text",
            "id": "baum_nr",
            "kind": "typ",
        },
        ("krone_dm", "st_umfang", "wis_text"),
        trunk_unit=1.0,
        crown_dummies=(2.0,),
        group_words=("baumgruppe",),
    ),
    Layout("halle", {"height": "hoehe_m", "crown_diameter": "krone_m"}, ("hoehe_m", "krone_m")),
    Layout(
        "plain",
        {role: role for role in ("height", "crown_diameter", "trunk_circumference", "species", "id")},
        ("height", "crown_diameter"),
    ),
)
"""Layouts that are recognised; ``"plain"`` uses the names of this library."""

_HINTS = {
    "height": ("hoehe", "height", "hoch"),
    "crown_diameter": ("krone", "crown", "kd"),
    "trunk_circumference": ("umf", "circum", "girth"),
    "species": ("bot", "wis", "species", "art", "latein"),
}


def plain_name(name: str) -> str:
    """Return a column name without case, umlauts and outer spaces, for comparison.

    Examples
    --------
    >>> plain_name(" HöHE ")
    'hoehe'
    """
    text = name.strip().lstrip("\ufeff").lower()
    for letter, plain in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"), ("\ufffd", "oe")):
        text = text.replace(letter, plain)
    return text


def find_layout(
    columns: Mapping[str, str] | str | None, names: Sequence[str], where: str
) -> tuple[Layout, dict[str, str]]:
    """Return the layout of a table and the table's own name of each of its columns.

    Parameters
    ----------
    columns : mapping, str or None
        Role to column, the name of a known layout, or None to recognise it.
    names : sequence of str
        The table's columns.
    where : str
        The table, for messages.

    Returns
    -------
    layout : Layout
    found : dict
        Role to column, as the table spells it; roles that the table lacks are left out.

    Raises
    ------
    DataError
        If no layout fits or several do, or a column that was named is not there.
    InputError
        If a role or the name of a layout is not known.

    Examples
    --------
    >>> layout, found = find_layout(None, ["GISID", "kronedurch", "baumhoehe"], "trees.csv")
    >>> layout.name, found["crown_diameter"], "species" in found
    ('berlin', 'kronedurch', False)
    """
    present: dict[str, list[str]] = {}
    for name in names:
        present.setdefault(plain_name(name), []).append(name)
    layout = _recognised(present, where) if columns is None else layout_of(columns)
    needed = tuple(layout.columns.values()) if layout.name == "own" else layout.required
    for name in needed:
        if plain_name(name) not in present:
            near = difflib.get_close_matches(plain_name(name), list(present), n=1)
            hint = f"did you mean {present[near[0]][0]!r}? " if near else ""
            raise DataError(f"{where} has no column {name!r}; {hint}Its columns are: {_list(names)}")
    found = {}
    for role, name in layout.columns.items():
        spelled = present.get(plain_name(name), [])
        if len(spelled) > 1:
            exact = [one for one in spelled if one == name]
            if len(exact) != 1:
                raise DataError(f"{where} has {len(spelled)} columns {name!r}: {_list(spelled)}; rename all but one")
            spelled = exact
        if spelled:
            found[role] = spelled[0]
    return layout, found


def layout_of(columns: Mapping[str, str] | str) -> Layout:
    """Return the layout that a map of columns makes, or the known one of that name.

    Raises
    ------
    InputError
        If a role or the name is not known, or no column gives a size.

    Examples
    --------
    >>> layout_of("halle").columns["height"], layout_of({"height": "H"}).name
    ('hoehe_m', 'own')
    """
    return _own(columns) if isinstance(columns, Mapping) else _named(columns)


def _own(columns: Mapping[str, str]) -> Layout:
    for role, name in columns.items():
        if role not in ROLES:
            raise InputError(f"columns name the role {role!r}; roles are: {', '.join(ROLES)}")
        if not isinstance(name, str) or not name.strip():
            raise InputError(f"columns give {name!r} for {role}; it must be the name of a column")
    if not any(role in columns for role in _SIZES):
        raise InputError(f"columns name none of {', '.join(_SIZES)}; without one of them no tree has a size")
    return Layout("own", dict(columns), ())


def _named(name: str) -> Layout:
    for layout in LAYOUTS:
        if layout.name == name:
            return layout
    raise InputError(f"columns is {name!r}; known layouts are: {', '.join(layout.name for layout in LAYOUTS)}")


def _recognised(present: Mapping[str, list[str]], where: str) -> Layout:
    fitting = [layout for layout in LAYOUTS if all(name in present for name in layout.required)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise DataError(
            f"{where} fits the layouts {', '.join(layout.name for layout in fitting)}; say which with columns=, "
            "or name the columns yourself"
        )
    every = [name for names in present.values() for name in names]
    guesses = []
    for role, hints in _HINTS.items():
        likely = [name for name in every if any(hint in plain_name(name) for hint in hints)]
        guesses.append(f"{role} might be {_list(likely)}" if likely else f"nothing looks like {role}")
    raise DataError(
        f"{where} has columns of no known layout ({', '.join(layout.name for layout in LAYOUTS)}): {_list(every)}. "
        f'Name them, as in columns = {{height = "...", crown_diameter = "...", species = "..."}}; '
        f"{'; '.join(guesses)}"
    )


def _list(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:30])
    return f"{shown} and {len(names) - 30} more" if len(names) > 30 else shown
