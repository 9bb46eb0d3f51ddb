"""Which column of a table of statistical units says what: usual names, the census tables, and maps of one's own."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence

from twin.errors import DataError, InputError
from twin.geometry.tree_layouts import plain_name

RESIDENTS = (
    "einwohner", "insgesamt_bevoelkerung", "residents", "population", "einwohnerzahl", "ew", "ew_gesamt", "ewz",
    "e_e", "bevoelkerung", "anzahl_einwohner", "pop",
)  # fmt: skip
"""Names of columns that hold all residents, in order of preference."""

_NAMES = ("name", "bezeichnung", "bez", "stadtteil", "ortsteil", "bezirk", "plr_name", "statbez_name", "gen")
_IDS = ("gitter_id_100m", "gitter_id_1km", "gitter_id_10km", "plr_id", "schluessel", "nummer", "id", "gml_id", "fid")

# Tables of the census of 2022 "Alter in 5 Altersklassen" and "Alter infrastrukturell"; names as in their headers.
CENSUS_AGES: Mapping[str, str] = {
    "unter18": "age_under_18",
    "a18bis29": "age_18_to_29",
    "a30bis49": "age_30_to_49",
    "a50bis64": "age_50_to_64",
    "a65undaelter": "age_over_65",
    "unter3": "age_under_3",
    "a3bis5": "age_3_to_5",
    "a6bis9": "age_6_to_9",
    "a10bis15": "age_10_to_15",
    "a16bis18": "age_16_to_18",
    "a19bis24": "age_19_to_24",
    "a25bis39": "age_25_to_39",
    "a40bis59": "age_40_to_59",
    "a60bis66": "age_60_to_66",
    "a67bis74": "age_67_to_74",
    "a75undaelter": "age_over_75",
}
"""Columns of the census tables of age to the names of the records; `age_over_65` is 65 and older."""

_AGE = re.compile(r"^age_[a-z0-9_]+$")


def find_unit_columns(
    columns: Mapping[str, str] | None, names: Sequence[str], where: str
) -> dict[str, tuple[str, ...]]:
    """Return which of a table's columns hold what.

    Parameters
    ----------
    columns : mapping or None
        Role (``residents``, ``id``, ``name``, ``age_...``) to a column, or to several joined by ``+``.
    names : sequence of str
        The table's columns.
    where : str
        The table, for messages.

    Returns
    -------
    dict
        Role to the columns that are added, as the table spells them; always with ``residents``.

    Raises
    ------
    DataError
        If a column that is named is missing, or none can be told to hold the residents.
    InputError
        If a role is not known.

    Examples
    --------
    >>> find_unit_columns({"residents": "EW", "age_under_6": "u3 + a3_6"}, ["ew", "U3", "A3_6"], "units.gpkg")
    {'residents': ('ew',), 'age_under_6': ('U3', 'A3_6')}
    """
    present: dict[str, str] = {}
    for name in names:
        present.setdefault(plain_name(name), name)
    found: dict[str, tuple[str, ...]] = {}
    for role, text in (columns or {}).items():
        if role not in ("residents", "id", "name") and not _AGE.match(role):
            near = difflib.get_close_matches(role, ("residents", "id", "name", "age_under_6", "age_over_65"), n=1)
            hint = f"did you mean {near[0]!r}?" if near else "roles are residents, id, name and age_...: age_over_65"
            raise InputError(f"columns name the role {role!r}; {hint}")
        if not isinstance(text, str) or not text.strip():
            raise InputError(f"columns give {text!r} for {role}; it must be the name of a column")
        whole = plain_name(text) in present
        parts = [text] if whole else [part.strip() for part in text.split("+")]
        for part in parts:
            if plain_name(part) not in present:
                near = difflib.get_close_matches(plain_name(part), list(present), n=1)
                hint = f"did you mean {present[near[0]]!r}? " if near else ""
                raise DataError(f"{where} has no column {part!r}; {hint}Its columns are: {_list(names)}")
        found[role] = tuple(present[plain_name(part)] for part in parts)
    for role, usual in (("residents", RESIDENTS), ("id", _IDS), ("name", _NAMES)):
        if role not in found and (there := [present[one] for one in usual if one in present]):
            found[role] = (there[0],)
    for plain, role in CENSUS_AGES.items():
        if role not in found and plain in present:
            found[role] = (present[plain],)
    for plain, name in present.items():
        if _AGE.match(plain) and plain not in found:
            found[plain] = (name,)
    if "residents" not in found:
        raise DataError(
            f"{where} has no column that is known to hold residents (such as Einwohner); name it: columns = "
            f"{{'residents': '...'}}. Its columns are: {_list(names)}"
        )
    return found


def _list(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:30])
    return f"{shown} and {len(names) - 30} more" if len(names) > 30 else shown or "none"
