"""Decimal numbers become the double that Python's `float` gives, bit for bit, or are left to it."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.geometry.decimal_kernels import LONG, PLAIN, number
from twin.geometry.xml_kernels import SHORT, WRONG


def convert(text):
    data = np.frombuffer(text.encode() + b" ", np.uint8)
    end, length, value = number(data, 0, len(data))
    return int(end), int(length), float(value)


def is_same(a, b):
    return struct.pack("d", a) == struct.pack("d", b)


def agrees(text):
    end, length, value = convert(text)
    assert end == len(text)
    assert length == LONG or is_same(value, float(text))
    return length == PLAIN


@settings(max_examples=500, deadline=None)
@given(st.floats(-1e7, 1e7), st.integers(0, 17))
def test_coordinates_of_any_precision_are_exact(value, digits):
    agrees(f"{value:.{digits}f}")
    agrees(repr(value))


@settings(max_examples=1000, deadline=None)
@given(st.integers(1, 10**7 - 1), st.integers(0, 10**12 - 1), st.integers(9, 12))
def test_up_to_nineteen_digits_are_converted_here(whole, part, digits):
    assert agrees(f"{whole}.{str(part).zfill(12)[:digits]}")


@settings(max_examples=500, deadline=None)
@given(st.integers(2**52, 2**53 - 1), st.integers(1, 12), st.sampled_from([-1, 0, 1]))
def test_numbers_halfway_between_two_doubles_round_as_python_does(mantissa, shift, aside):
    # (mantissa + 1/2) / 2^shift has at most shift + 1 decimals: exactly halfway between two doubles
    scaled = (2 * mantissa + 1) * 10 ** (shift + 1) // 2 ** (shift + 1)
    digits = str(scaled + aside)
    agrees(f"{digits[: -(shift + 1)]}.{digits[-(shift + 1) :]}")


@pytest.mark.parametrize(
    "text", ["0", "-0", "+1.5", ".5", "5.", "00012.50", "9007199254740993", "18446744073709551615"]
)
def test_forms_of_numbers(text):
    agrees(text)


@pytest.mark.parametrize("text", ["1e5", "-1.5E-3", "1.23456789012345678901", "1e999", "0.1234567890123456789"])
def test_what_is_too_long_is_left_to_python(text):
    end, length, _ = convert(text)
    assert (end, length) == (len(text), LONG)


@pytest.mark.parametrize("text", ["", "-", ".", "+.", "e5", "1e", "1e+", "nan", "inf", "_1"])
def test_what_is_no_number_is_none_here(text):
    assert convert(text)[0] == WRONG


def test_a_number_at_the_end_of_the_buffer_may_go_on():
    data = np.frombuffer(b"12.5", np.uint8)
    assert number(data, 0, 4)[0] == SHORT
