"""Kernel behind `twin.geometry.xyz`: lines of three plain numbers to arrays.

A number is plain if it has a sign or none, at most 15 digits and at most one decimal mark: then digits and power of ten
are both exact in double precision, and their quotient is the nearest number, as `float` would give it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.kernels import jit

_DIGITS = 15
_TAB, _LINE, _RETURN, _BLANK, _PLUS, _MINUS, _ZERO = 9, 10, 13, 32, 43, 45, 48

# Symbols
#   text        (n,) uint8     a file or part of it
#   begin, end  where its lines begin, and one behind the line feed of the last one
#   separator   code between numbers; that of a blank stands for any number of blanks and tabs
#   decimal     code of the decimal mark
#   powers      (16,)          powers of ten from 1 on
#   found       (3, lines)     easting, northing and height


@jit
def read_postings(
    text: NDArray[np.uint8],
    begin: int,
    end: int,
    separator: int,
    decimal: int,
    powers: NDArray[np.float64],
    found: NDArray[np.float64],
) -> int:
    """Write the numbers of every line that is not empty; return how many, or -1 at anything that is not plain."""
    n = 0
    i = begin
    while i < end:  # the line feed before `end` stops every loop below
        while text[i] == _BLANK or text[i] == _TAB:
            i += 1
        if text[i] == _RETURN and text[i + 1] == _LINE:
            i += 1
        if text[i] == _LINE:
            i += 1
            continue
        for axis in range(3):
            sign = 1.0
            if text[i] == _MINUS or text[i] == _PLUS:
                sign = 1.0 - 2.0 * (text[i] == _MINUS)
                i += 1
            value = 0
            first = i
            digit = text[i] - _ZERO
            while 0 <= digit <= 9:
                value = value * 10 + digit
                i += 1
                digit = text[i] - _ZERO
            digits, places = i - first, 0
            if text[i] == decimal:
                i += 1
                first = i
                digit = text[i] - _ZERO
                while 0 <= digit <= 9:
                    value = value * 10 + digit
                    i += 1
                    digit = text[i] - _ZERO
                places = i - first
            digits += places
            if digits == 0 or digits > _DIGITS:
                return -1
            found[axis, n] = sign * (value / powers[places])
            first = i
            while text[i] == _BLANK or text[i] == _TAB:
                i += 1
            if axis < 2:
                if separator == _BLANK:
                    if i == first:
                        return -1
                elif text[i] == separator:
                    i += 1
                    while text[i] == _BLANK or text[i] == _TAB:
                        i += 1
                else:
                    return -1
        if text[i] == _RETURN:
            i += 1
        if text[i] != _LINE:
            return -1
        i += 1
        n += 1
    return n
