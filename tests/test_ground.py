"""Ground files: errors, units, limits, atomic files, progress, variables and provenance."""

from __future__ import annotations

import io
import math
import re
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from twin import errors, limits, progress, provenance, units, variables
from twin.atomic import replacing

finite = st.floats(-1e12, 1e12, allow_nan=False, allow_infinity=False)


# errors


@pytest.mark.parametrize(
    "kind",
    [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, Exception)],
)
def test_one_except_catches_everything_refused(kind: type[Exception]) -> None:
    assert issubclass(kind, errors.TwinError)


def test_errors_are_also_the_kind_python_users_expect() -> None:
    assert issubclass(errors.InputError, ValueError)
    assert issubclass(errors.DataError, ValueError)
    assert issubclass(errors.MissingDataError, LookupError)
    assert issubclass(errors.ConvergenceError, RuntimeError)


# units


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("44 mm", "m", 0.044),
        ("60 min", "s", 3600.0),
        ("2 h", "s", 7200.0),
        ("30 km/h", "m/s", 30 / 3.6),
        ("40 mm/h", "m/s", 40e-3 / 3600),
        ("200 l/(s ha)", "m/s", 200 * 1e-3 / 1e4),  # KOSTRA: one litre per second and hectare is 1e-7 m/s
        ("2 ha", "m2", 2e4),
        ("15 %", "1", 0.15),
        ("-3.5 °C", "degC", -3.5),
        ("1e-3 m", "m", 1e-3),
        (" 5 m ", "m", 5.0),
        (12, "m", 12.0),
        (np.float32(0.5), "m", 0.5),
    ],
)
def test_quantities_become_si(text: units.Quantity, unit: str, expected: float) -> None:
    assert units.to_si(text, unit) == pytest.approx(expected, rel=1e-14)


@given(finite)
def test_bare_numbers_pass_unchanged(number: float) -> None:
    assert units.to_si(number, "m") == number


@given(st.floats(0, 1e6), st.sampled_from([u for u, (d, _) in units._UNITS.items() if d == "length"]))
def test_a_unit_scales_linearly(number: float, unit: str) -> None:
    one = units.to_si(f"1 {unit}", "m")
    # two roundings: of the product here, of the product there
    assert units.to_si(f"{number!r} {unit}", "m") == pytest.approx(number * one, rel=1e-15)


@given(st.text(max_size=20))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        number = units.to_si(text, "m")
    except errors.InputError:
        return
    assert math.isfinite(number)


@pytest.mark.parametrize("bad", ["40", "mm", "40 parsec", "40 min", "nan m", "1e999 m", "", "--3 m"])
def test_text_that_is_no_length_is_refused_with_its_name(bad: str) -> None:
    with pytest.raises(errors.InputError, match="rain_depth is"):
        units.to_si(bad, "m", name="rain_depth")


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, None, True, [1.0], {}])
def test_values_that_are_no_quantity_are_refused(bad: object) -> None:
    with pytest.raises(errors.InputError, match="duration is"):
        units.to_si(bad, "s", name="duration")  # type: ignore[arg-type]


def test_the_minimum_holds_after_conversion() -> None:
    assert units.to_si("0 mm", "m", minimum=0) == 0
    with pytest.raises(errors.InputError, match=r"must be at least 0 m/s"):
        units.to_si("-3.0 mm/h", "m/s", name="rain_rate", minimum=0)


def test_every_dimension_has_an_example_that_can_be_read() -> None:
    for unit, (dimension, factor) in units._UNITS.items():
        if factor == 1.0:
            assert math.isfinite(units.to_si(units._example(dimension), unit))


# limits


def test_a_limit_names_itself_and_the_way_out() -> None:
    with pytest.raises(errors.LimitError, match=r"twin\.limits\.MAX_GRID_CELLS"):
        limits.check(limits.MAX_GRID_CELLS + 1, "MAX_GRID_CELLS", "the grid has 1e9 cells")


def test_a_limit_can_be_raised_by_its_user(monkeypatch: pytest.MonkeyPatch) -> None:
    limits.check(limits.MAX_GRID_CELLS, "MAX_GRID_CELLS", "the grid is as large as allowed")
    monkeypatch.setattr(limits, "MAX_GRID_CELLS", 3)
    with pytest.raises(errors.LimitError, match="at most 3 are allowed"):
        limits.check(4, "MAX_GRID_CELLS", "the grid has 4 cells")


# atomic


def _interrupted(target: Path, failure: BaseException) -> None:
    with replacing(target) as temporary:
        temporary.write_text("half")
        raise failure


def test_a_file_is_whole_or_not_there(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "result.txt"
    with pytest.raises(KeyboardInterrupt):
        _interrupted(target, KeyboardInterrupt())
    assert list(target.parent.iterdir()) == []


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "result.txt"
    target.write_text("old")
    with pytest.raises(OSError, match="disk full"):
        _interrupted(target, OSError("disk full"))
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_the_temporary_name_keeps_the_suffix_and_the_folder(tmp_path: Path) -> None:
    with replacing(tmp_path / "result.tif") as temporary:
        assert (temporary.parent, temporary.suffix) == (tmp_path, ".tif")
        temporary.write_bytes(b"")
    assert (tmp_path / "result.tif").exists()


def test_a_writer_that_writes_nothing_is_noticed(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), replacing(tmp_path / "result.txt"):
        pass


# progress


@pytest.fixture
def automatic_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TWIN_PROGRESS", raising=False)
    monkeypatch.setattr(progress, "_shown", None)


@pytest.mark.usefixtures("automatic_progress")
def test_nothing_is_shown_where_nobody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()  # not a terminal
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    with progress.stage("flood", total=10) as advance:
        advance(10)
    progress.say("done")
    assert stream.getvalue() == ""


@pytest.mark.usefixtures("automatic_progress")
def test_progress_reaches_its_end_even_if_work_is_reported_short(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    progress.show(True)
    with progress.stage("flood", total=10) as advance:
        advance(3)
        advance(100)  # more than is left: shown as the end, never beyond
    assert "100 %" in stream.getvalue()
    assert not re.search(r"1[1-9]\d %|[2-9]\d\d %", stream.getvalue())


@pytest.mark.usefixtures("automatic_progress")
def test_the_environment_silences_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", type("Terminal", (io.StringIO,), {"isatty": lambda self: True})())
    assert progress._visible()
    monkeypatch.setenv("TWIN_PROGRESS", "0")
    assert not progress._visible()


# variables


@pytest.mark.parametrize("variable", variables.VARIABLES.values(), ids=lambda variable: variable.name)
def test_a_variable_is_described_in_both_languages(variable: variables.Variable) -> None:
    assert variable.label("en")
    assert variable.label("de")
    assert variable.name == variable.name.lower()
    if variable.minimum is not None and variable.maximum is not None:
        assert variable.minimum < variable.maximum
    np.dtype(variable.dtype)


def test_no_variable_is_registered_twice() -> None:
    tuples = [value for name, value in vars(variables).items() if re.fullmatch("_[A-Z]+", name)]
    names = [variable.name for part in tuples for variable in part]
    assert sorted(names) == sorted(variables.VARIABLES)


def test_describing_adds_facts_and_keeps_what_was_said() -> None:
    grid = xr.Dataset({"utci": ("x", [30.0], {"source": "test"}), "own": ("x", [1.0])})
    described = variables.describe(grid)
    assert described.utci.attrs["units"] == "degC"
    assert described.utci.attrs["source"] == "test"
    assert described.own.attrs == {}
    assert grid.utci.attrs == {"source": "test"}


def test_an_unknown_variable_is_called_by_its_name() -> None:
    assert variables.label("moonlight", "de") == "moonlight"


# provenance

json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | finite | st.text(max_size=5),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=3), children, max_size=3),
    max_leaves=8,
)


@given(json_like)
def test_a_fingerprint_is_stable_and_ignores_the_order_of_keys(value: object) -> None:
    turned = dict(reversed(list(value.items()))) if isinstance(value, dict) else value
    assert provenance.fingerprint(value) == provenance.fingerprint(turned)


@given(st.lists(finite, min_size=1, max_size=6), st.integers(0, 5))
def test_a_fingerprint_sees_one_changed_number(numbers: list[float], position: int) -> None:
    array = np.array(numbers)
    changed = array.copy()
    changed[position % len(array)] = np.nextafter(changed[position % len(array)], np.inf)
    assert provenance.fingerprint(array) != provenance.fingerprint(changed)


def test_a_fingerprint_tells_structures_apart() -> None:
    values = [
        {"a": 1},
        {"a": 1.0},
        {"a": "1"},
        [1, 2],
        [12],
        [[1], 2],
        {"a": [1], "b": 2},
        np.zeros((2, 3)),
        np.zeros((3, 2)),
        np.zeros((2, 3), "float32"),
        xr.Dataset({"a": ("x", [0.0])}),
        xr.Dataset({"b": ("x", [0.0])}),
        xr.Dataset({"a": ("y", [0.0])}),
        xr.Dataset({"a": ("x", [0.0])}, coords={"x": [5.0]}),
    ]
    assert len({provenance.fingerprint(value) for value in values}) == len(values)


def test_a_stamp_says_where_a_result_comes_from_and_leaves_the_argument() -> None:
    result = xr.Dataset({"a": ("x", [0.0])})
    stamped = provenance.stamp(result, model="flood", options={"b": 2, "a": None}, inputs="abc")
    assert stamped.attrs["validation"] == "not validated"
    assert stamped.attrs["options"] == '{"a": null, "b": 2}'
    assert result.attrs == {}


def test_a_fingerprint_of_a_table_sees_values_index_columns_and_geometry() -> None:
    table = gpd.GeoDataFrame({"height": [9.0, 4.0]}, geometry=gpd.points_from_xy([0, 1], [0, 1]), crs=25832)
    moved = table.set_geometry(table.translate(0.001, 0.0))
    tables = [table, moved, table.assign(height=[9.0, 4.1]), table.rename(columns={"height": "top"}), table[::-1]]
    assert len({provenance.fingerprint(each) for each in tables}) == len(tables)
    assert provenance.fingerprint(table) == provenance.fingerprint(table.copy())


@pytest.mark.parametrize(("value", "rule"), [("90 cm", "at least 1 m"), ("0.2 km", "at most 100 m")])
def test_a_quantity_out_of_range_names_the_bound(value: str, rule: str) -> None:
    with pytest.raises(errors.InputError, match=f"spacing is '{value}'; it must be {rule}"):
        units.to_si(value, "m", name="spacing", minimum=1.0, maximum=100.0)
    assert units.to_si("0.1 km", "m", minimum=1.0, maximum=100.0) == 100.0
