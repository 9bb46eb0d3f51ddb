"""How large street trees are some years after planting: stem by age, crown by stem, height by crown.

No single survey of German street trees follows a species from planting to old age in all three, so that three sources
are joined, each named beside its numbers. Trees of one species and age differ by a third and more with soil, water and
pruning; what stands here is the middle.
"""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass

from twin.errors import InputError

SOURCES = {
    "UTD": "McPherson, van Doorn and Peper (2016), Urban Tree Database, USDA Forest Service RDS-2016-0005 and "
    "PSW-GTR-253, region NoEast (Queens, New York; street trees, age counted from planting): stem diameter by age",
    "ZSK": "Zentrum Stadtnatur und Klimaanpassung, City Trees II (Roetzer et al., TU Munich, six Bavarian cities): "
    "crown area of trees 60 years old",
    "COO19": "Coombes, Martin and Slater (2019), Urban Forestry and Urban Greening 44, 126421: crowns of free-standing "
    "urban trees are 24 to 27 times as wide as their stems; the middle taken",
    "MD26": "tree cadastre of Magdeburg (2026): regression of the logarithm of height on that of crown area by "
    "species, as published with n and R2; not repeated here",
    "BG90": "Brown and Gillespie (1990), Journal of Arboriculture 16(6), 158-161, table 2: transmissivity in leaf",
}
"""Citations of the keys in the table."""

PLANTED_STEM = 19.0 / math.pi
"""Stem diameter at planting, cm: nursery stock of 18 to 20 cm girth."""

CROWN_PER_STEM = 0.255
"""Crown diameter over stem diameter, m/cm, key COO19."""

ANCHOR = 60.0
"""Age of the trees of key ZSK, years."""

LAST_YEAR = 60.0
"""Longest time after planting for which sizes are given, years: no source on crowns reaches further."""


@dataclass(frozen=True)
class Species:
    """Growth of one species; `sources` names a key of `SOURCES` for each number, and a relative whose number it is.

    stem : coefficients of a polynomial in age (years, constant first), stem diameter in cm; with `log_stem` those of
        ``exp(a + b ln ln(age + 1) + c / 2)``
    crown_area : of a tree 60 years old, m2; without one the crown follows from the stem alone
    height : a, b of ``height = exp(a + b ln(crown area))``, m and m2
    transmissivity : share of direct sun through the crown in leaf; None where nobody measured it
    """

    name: str
    label_en: str
    label_de: str
    stem: tuple[float, ...]
    crown_area: float | None
    height: tuple[float, float]
    transmissivity: float | None
    sources: dict[str, str]
    log_stem: bool = False


def _species(
    name: str,
    labels: tuple[str, str],
    stem: tuple[float, ...],
    height: tuple[float, float],
    *,
    crown_area: float | None = None,
    transmissivity: float | None = None,
    stem_of: str = "",
    log_stem: bool = False,
) -> Species:
    sources = {
        "stem": "UTD" + (f", {stem_of}" if stem_of else ""),
        "crown": "ZSK" if crown_area else "COO19",
        "height": "MD26",
    }
    if transmissivity is not None:
        sources["transmissivity"] = "BG90"
    return Species(name, *labels, stem, crown_area, height, transmissivity, sources, log_stem)


# heights: n and R2 of the regressions in the order of the rows: 10435, 0.67; 8119, 0.47; 4031, 0.42; 1510, 0.65; 4858,
# 0.57; 5779, 0.31; 256, 0.69; 2479, 0.57
_TABLE = (
    _species("Tilia cordata", ("small-leaved lime", "Winterlinde"), (2.70741, 1.43292, -0.01191, 0.00006),
             (1.0799, 0.3864), crown_area=160.0),
    _species("Acer platanoides", ("Norway maple", "Spitzahorn"), (5.61705, 0.91636), (1.5002, 0.2716),
             transmissivity=0.10),
    _species("Acer pseudoplatanus", ("sycamore maple", "Bergahorn"), (5.61705, 0.91636), (1.5826, 0.2594),
             stem_of="Acer platanoides"),
    _species("Platanus acerifolia", ("London plane", "Platane"), (2.40322, 1.2942, -0.00705), (1.1471, 0.3503),
             crown_area=310.0, transmissivity=0.11),
    _species("Quercus robur", ("English oak", "Stieleiche"), (2.89687, 0.91156), (1.3798, 0.3120),
             stem_of="Quercus rubra"),
    _species("Robinia pseudoacacia", ("black locust", "Robinie"), (2.40322, 1.2942, -0.00705), (1.8419, 0.2185),
             crown_area=200.0, stem_of="Platanus acerifolia"),
    _species("Gleditsia triacanthos", ("honey locust", "Gleditschie"), (1.68387, 1.59967, 0.06782), (1.3762, 0.3001),
             transmissivity=0.38, log_stem=True),
    _species("Aesculus hippocastanum", ("horse chestnut", "Rosskastanie"), (3.34694, 0.45797, 0.00782),
             (1.3895, 0.3096), crown_area=110.0, transmissivity=0.08),
)  # fmt: skip

SPECIES: dict[str, Species] = {row.name: row for row in _TABLE}
"""All species by botanical name."""


@dataclass(frozen=True)
class TreeSize:
    """Size of a tree.

    height : of its top above ground, m
    crown_diameter : m
    """

    height: float
    crown_diameter: float


def find_species(name: str) -> Species:
    """Return a species by its botanical name, or the first of a genus, in Latin, English or German.

    Parameters
    ----------
    name : str
        Capital letters do not matter; cultivars in quotation marks and the sign for a hybrid are left aside.

    Raises
    ------
    InputError
        If there is no such species in the table.

    Examples
    --------
    >>> find_species("Linde").name, find_species("Tilia cordata 'Greenspire'").name, find_species("acer").label_de
    ('Tilia cordata', 'Tilia cordata', 'Spitzahorn')
    """
    if not isinstance(name, str):
        raise InputError(f"species is {name!r}; write its name, such as 'Tilia cordata'")
    words = name.split("'")[0].replace("×", " ").casefold().split()
    asked = " ".join(word for word in words if word != "x")
    for row in _TABLE:
        if asked in (
            row.name.casefold(),
            row.label_en.casefold(),
            row.label_de.casefold(),
            row.name.split()[0].lower(),
        ):
            return row
    for row in _TABLE:  # oak, Linde: the first of its kind
        if len(asked) > 2 and (row.label_en.casefold().endswith(asked) or row.label_de.casefold().endswith(asked)):
            return row
    names = [row.name for row in _TABLE]
    near = difflib.get_close_matches(name, [*names, *(row.label_de for row in _TABLE)], n=1)
    raise InputError(
        f"species {name!r} is not among those whose growth is known ({', '.join(names)})"
        + (f"; did you mean {near[0]!r}?" if near else "; give height and crown_diameter instead")
    )


def tree_size(species: str, years_after_planting: float) -> TreeSize:
    """Return how large a street tree is some years after planting.

    The stem grows with age, the crown with the stem, the height with the crown; the tree is planted with a stem of 18
    to 20 cm girth. Middle values: single trees differ by a third and more.

    Parameters
    ----------
    species : str
        See `find_species`.
    years_after_planting : float
        0 to 60.

    Returns
    -------
    TreeSize

    Raises
    ------
    InputError
        If the species is not in the table or the time beyond what was measured.

    References
    ----------
    `SOURCES`, with the key of each number in `SPECIES`.

    Examples
    --------
    >>> young, grown = tree_size("Tilia cordata", 5), tree_size("Tilia cordata", 30)
    >>> round(young.crown_diameter, 1), round(grown.crown_diameter, 1), round(grown.height, 1)
    (3.1, 9.4, 15.1)
    """
    row = find_species(species)
    years = years_after_planting
    if isinstance(years, bool) or not isinstance(years, (int, float)) or not 0.0 <= years <= LAST_YEAR:
        raise InputError(
            f"years_after_planting is {years!r}; growth is known from 0 to {LAST_YEAR:g} years after planting"
        )
    stem = _stem(row, _age_at_planting(row) + years)
    if row.crown_area is None:
        crown = CROWN_PER_STEM * stem
    else:
        crown = 2.0 * math.sqrt(row.crown_area / math.pi) * stem / _stem(row, ANCHOR)
    a, b = row.height
    return TreeSize(math.exp(a + b * math.log(math.pi / 4.0 * crown**2)), crown)


def _stem(row: Species, age: float) -> float:
    """Stem diameter, cm."""
    if row.log_stem:
        a, b, c = row.stem
        return math.exp(a + b * math.log(math.log(age + 1.0)) + c / 2.0)
    return sum(value * age**power for power, value in enumerate(row.stem))


def _age_at_planting(row: Species) -> float:
    """Age at which the stem is as thick as that of nursery stock, by bisection: growth never turns."""
    low, high = 1e-3, 20.0
    if _stem(row, low) >= PLANTED_STEM:
        return low
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if _stem(row, middle) < PLANTED_STEM else (low, middle)
    return high
