"""The rows of a tree table as trees: each with a size that is measured, estimated or assumed, and says so."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twin.errors import DataError
from twin.geometry import tree_sizes
from twin.geometry.delimited_text import text_of
from twin.geometry.records import Refusal
from twin.geometry.tree_layouts import Layout

if TYPE_CHECKING:
    import pandas as pd

_CODES = 10  # plain whole numbers below this in a table of classes are codes of classes, not metres


def sized_trees(
    table: Any,
    roles: Mapping[str, str],
    layout: Layout,
    labels: list[str],
    good: NDArray[np.bool_],
    decimal: str | None,
    notes: list[str],
    file: Path,
) -> tuple[pd.DataFrame, list[Refusal]]:
    """Return the table of trees with every size known, estimated or assumed, and what was repaired.

    Parameters
    ----------
    table : DataFrame
        The rows as text.
    roles : mapping
        Role to column.
    layout : Layout
        What is known of the publisher.
    labels : list of str
        What each row is called.
    good : (n,) bool
        Rows that are used; the others shape no median.
    decimal : str or None
        Decimal mark; detected without it.
    notes : list of str
        Gets what was noticed.
    file : pathlib.Path
        For messages.

    Raises
    ------
    DataError
        If a column of sizes holds codes of classes.
    """
    import pandas as pd

    count = len(table)
    species = [text_of(cell) for cell in table[roles["species"]]] if "species" in roles else [""] * count
    group = np.zeros(count, bool)
    if "kind" in roles and layout.group_words:
        group = np.array([text_of(cell).lower() in layout.group_words for cell in table[roles["kind"]]], bool)
    if group.any():
        notes.append(f"{int((group & good).sum())} points stand for groups of trees; their trunks are not used")
    height, height_class, height_bad = _column(table, roles, "height", tree_sizes.TALLEST, decimal)
    crown, crown_class, crown_bad = _column(table, roles, "crown_diameter", tree_sizes.WIDEST, decimal)
    for role, values, classes in (("height", height, height_class), ("crown_diameter", crown, crown_class)):
        if layout.name == "koeln" and not classes.any():
            _check_codes(values, roles[role], file)
    trunk = _trunk(table, roles, layout, decimal, notes)
    alone = np.where(group, np.nan, trunk)

    # a standard crown is believed where the trunk is as thin as such a crown makes it
    standard = np.isin(crown, layout.crown_dummies)
    with np.errstate(invalid="ignore"):
        young = tree_sizes.crown_from_trunk(alone) <= 2 * crown
    dummy = standard & ~young & ~group
    crown_bad |= dummy
    crown = np.where(dummy, np.nan, crown)

    height_known, crown_known = ~np.isnan(height), ~np.isnan(crown)
    only = np.where(good, 1.0, np.nan)  # refused trees shape no median
    full_height, no_height = tree_sizes.fill(
        height * only,
        [tree_sizes.height_from_trunk(alone), tree_sizes.height_from_trunk(tree_sizes.trunk_from_crown(crown))],
        species,
        tree_sizes.ASSUMED_HEIGHT,
        tree_sizes.TALLEST,
    )
    full_crown, no_crown = tree_sizes.fill(
        crown * only,
        [tree_sizes.crown_from_trunk(alone), tree_sizes.crown_from_trunk(tree_sizes.trunk_from_height(height))],
        species,
        tree_sizes.ASSUMED_CROWN,
        tree_sizes.WIDEST,
    )
    trees = pd.DataFrame(
        {
            "id": pd.Series(labels, dtype=object),
            "species": pd.Series(species, dtype=object),
            "height": full_height,
            "crown_diameter": full_crown,
            "trunk_circumference": trunk,
            "height_source": _origins(height_known, height_class, height_bad, no_height),
            "crown_diameter_source": _origins(crown_known, crown_class, crown_bad, no_crown),
            "group": group,
        }
    )
    repaired = []
    for what, bad in (("height", height_bad), ("crown diameter", crown_bad)):
        bad = bad & good
        if bad.any():
            first = labels[int(np.argmax(bad))]
            reason = f"{what} is 0, negative, impossible or a dummy and is estimated (first: {first})"
            repaired.append(Refusal(f"{int(bad.sum())} trees", reason))
    return trees, repaired


def _column(
    table: Any, roles: Mapping[str, str], role: str, largest: float, decimal: str | None
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return sizes (NaN where there is none that can be), which are classes, and which were refused."""
    if role not in roles:
        nothing = np.zeros(len(table), bool)
        return np.full(len(table), np.nan), nothing, nothing.copy()
    values, classes = tree_sizes.sizes(table[roles[role]], decimal)
    filled = np.array([bool(text_of(cell)) for cell in table[roles[role]]], dtype=bool)
    with np.errstate(invalid="ignore"):
        possible = (values > 0) & (values <= largest) & ~np.isin(values, tree_sizes.UNKNOWN_CODES)
    return np.where(possible, values, np.nan), classes, filled & ~possible


def _check_codes(values: NDArray[np.float64], column: str, file: Path) -> None:
    known = np.unique(values[~np.isnan(values)])
    if len(known) > 1 and known[-1] < _CODES and np.all(known == np.round(known)):
        raise DataError(
            f"{file}: column {column!r} holds only the numbers {', '.join(f'{one:g}' for one in known)}, which are "
            "codes of classes rather than metres; write the classes out, such as '10-15 m', or leave the column out "
            "of a map of your own"
        )


def _trunk(
    table: Any, roles: Mapping[str, str], layout: Layout, decimal: str | None, notes: list[str]
) -> NDArray[np.float64]:
    if "trunk_circumference" not in roles:
        return np.full(len(table), np.nan)
    values, _, _ = _column(table, roles, "trunk_circumference", np.inf, decimal)
    unit = layout.trunk_unit
    if unit is None:
        # a trunk is rarely thicker than 5 m around and rarely thinner than 8 cm
        known = values[~np.isnan(values)]
        unit = 0.01 if len(known) and float(np.median(known)) > 8.0 else 1.0
        notes.append(f"trunk circumferences are taken as {'centimetres' if unit < 1 else 'metres'}, by their median")
    metres = values * unit
    with np.errstate(invalid="ignore"):
        return np.where(metres <= tree_sizes.THICKEST, metres, np.nan)


def _origins(
    known: NDArray[np.bool_], classes: NDArray[np.bool_], bad: NDArray[np.bool_], assumed: NDArray[np.bool_]
) -> Any:
    import pandas as pd

    origin = np.select([known & classes, known, assumed, bad], ["class", "measured", "assumed", "dummy"], "estimated")
    return pd.Series(origin, dtype=object)
