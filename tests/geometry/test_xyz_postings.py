"""The compiled reader of postings: exact to the last bit where it reads, and silent where it should not."""

from __future__ import annotations

import gzip
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.geometry import xyz_postings
from twin.geometry.xyz_form import form_of
from twin.geometry.xyz_kernels import read_postings

POWERS = 10.0 ** np.arange(16)

sign = st.sampled_from(["", "-", "+"])
whole = st.text("0123456789", min_size=1, max_size=8)
decimals = st.text("0123456789", min_size=0, max_size=7)
plain = st.builds(lambda s, w, d, point: s + w + ("." + d if d or point else ""), sign, whole, decimals, st.booleans())


def parse(text: bytes, separator: str = " ", decimal: str = ".") -> np.ndarray | None:
    """Return what the kernel finds in text that ends with a line feed, None if it declines."""
    found = np.full((3, text.count(b"\n") + 1), np.nan)
    buffer = np.frombuffer(text, np.uint8)
    number = read_postings(buffer, 0, len(buffer), ord(separator), ord(decimal), POWERS, found)
    return None if number < 0 else found[:, :number].T


@given(st.lists(st.tuples(plain, plain, plain), min_size=1, max_size=20), st.sampled_from([" ", ";", ","]), st.data())
def test_numbers_are_those_of_float_to_the_last_bit(rows, separator, data) -> None:
    gap = data.draw(st.sampled_from([separator, separator + " ", "\t"] if separator == " " else [separator]))
    end = data.draw(st.sampled_from(["\n", "\r\n", " \n", "\n\n"]))
    text = "".join(gap.join(row) + end for row in rows).encode()
    found = parse(text, separator)
    expected = np.array([[float(word) for word in row] for row in rows])
    assert found is not None
    assert found.tobytes() == expected.tobytes()  # with the sign of zero


@given(plain, plain)
def test_a_decimal_comma_means_the_same(a, b) -> None:
    with_points = parse(f"{a} {b} {a}\n".encode())
    with_commas = parse(f"{a} {b} {a}\n".replace(".", ",").encode(), decimal=",")
    assert np.array_equal(with_points, with_commas)


@pytest.mark.parametrize(
    "line",
    [
        "1 2", "1 2 3 4", "1 2 x", "1 2 nan", "1 2 inf", "1 2 1e5", "1 2 0x10", "1 2 3,5", "1 2 3.5.1", "1 2 --3",
        "1 2 -", "1 2 .", "1 2 3#", "# 1 2 3", "1;2;3", "1 2 1234567890123456", "1 2 0.1234567890123456", "1 2 3\r4",
        "1 2 3\0", "1 2 \xb2", "1 2\v3", "1_0 2 3", "1 2 \u0663",
    ],
)  # fmt: skip
def test_what_is_not_three_plain_numbers_is_left_to_the_other_reader(line) -> None:
    assert parse(f"1 2 3\n{line}\n1 2 3\n".encode()) is None


@given(st.binary(max_size=60))
def test_any_bytes_are_read_as_numbers_or_declined(text) -> None:
    found = parse(text + b"\n")
    if found is not None:
        words = text.decode("latin-1").split()
        assert found.ravel().tolist() == [float(word) for word in words]


@given(st.integers(0, 2**32 - 1))
def test_lines_cut_anywhere_between_two_chunks_stay_whole(seed) -> None:
    rng = np.random.default_rng(seed)
    rows = np.round(rng.uniform(-50, 4e5, (int(rng.integers(1, 40)), 3)), 2)
    text = "x y z\n" + "\n".join(" ".join(f"{value:.2f}" for value in row) for row in rows) + rng.choice(["", "\n"])
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        file = Path(folder) / "tile.xyz"
        file.write_text(text)
        form = form_of(file)
        patch.setattr(xyz_postings, "_CHUNK", int(rng.integers(1, 200)))
        patch.setattr(xyz_postings, "_parsed", None)  # the other reader is not needed
        assert np.array_equal(np.transpose(xyz_postings.postings(file, form)), rows)


def test_an_unusual_number_far_down_brings_the_other_reader(tmp_path, monkeypatch) -> None:
    lines = [f"{389000 + number % 100} {5819000 + number // 100} {number / 7:.2f}" for number in range(10_000)]
    lines[7000] = "389000 5819070 1.0e3"
    file = tmp_path / "tile.xyz.gz"
    file.write_bytes(gzip.compress("\n".join(lines).encode()))
    monkeypatch.setattr(xyz_postings, "_CHUNK", 10_000)
    x, _, z = xyz_postings.postings(file, form_of(file))
    assert (len(x), z[7000], z[9999]) == (10_000, 1000.0, 1428.43)
