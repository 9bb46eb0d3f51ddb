"""The smallest pieces of XML in a buffer of UTF-8: text, references, attribute values, comments and names.

Every function takes a place in the buffer and returns the place behind what it read, `SHORT` where the buffer ends
before that is known, or `WRONG` for what is not well-formed or too rare to be read here. None looks past `filled`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.kernels import jit

Bytes = NDArray[np.uint8]

SHORT, WRONG = -1, -2
IS_NAME, IS_SPACE, IS_SPECIAL = 1, 2, 4
"""Classes of bytes: part of a plain name, white space, and what text cannot hold without a closer look."""

LONGEST = 1_000_000
"""Bytes of one text or value; longer ones are left to the general parser, which has limits of its own."""

# Symbols of the file
#   b        (n,) uint8     the buffer; places i, j count its bytes; `filled` of them are valid
#   classes  (256,) uint8   class bits of each byte value
#   names                   all names met so far: bytes `arena[start[k]:start[k + 1]]` of the name k; `table` is an
#                           open-addressing hash table of k, -1 where empty, its length a power of 2


def byte_classes() -> Bytes:
    """Return the class bits of the 256 byte values.

    Examples
    --------
    >>> int(byte_classes()[ord("a")]), int(byte_classes()[ord(" ")]), int(byte_classes()[ord("<")])
    (1, 2, 4)
    """
    classes = np.zeros(256, np.uint8)
    for value in range(256):
        if chr(value) in ":-._" or (value < 128 and chr(value).isalnum()):
            classes[value] |= IS_NAME
        if value in b" \t\r\n":
            classes[value] |= IS_SPACE
        elif value < 32 or value > 127 or value in b"<&>":
            classes[value] |= IS_SPECIAL
    return classes


@jit
def character(b: Bytes, i: int, filled: int) -> int:
    """Pass one character of two to four bytes: shortest form, no surrogate, none that XML forbids."""
    c = b[i]
    if c < 0xC2 or c > 0xF4:
        return WRONG
    more = 1 if c < 0xE0 else (2 if c < 0xF0 else 3)
    if i + more >= filled:
        return SHORT
    for k in range(1, more + 1):
        if b[i + k] & 0xC0 != 0x80:
            return WRONG
    second = b[i + 1]
    if (c == 0xE0 and second < 0xA0) or (c == 0xED and second > 0x9F):
        return WRONG
    if (c == 0xF0 and second < 0x90) or (c == 0xF4 and second > 0x8F):
        return WRONG
    if c == 0xEF and second == 0xBF and b[i + 2] >= 0xBE:
        return WRONG
    return i + more + 1


@jit
def reference(b: Bytes, i: int, filled: int) -> int:
    """Pass one of the five named references, or a decimal number between 32 and 55295."""
    end = i + 1
    while end < filled and end < i + 9 and b[end] != 59:
        end += 1
    if end >= filled:
        return SHORT
    if b[end] != 59:
        return WRONG
    size = end - i - 1
    if size > 1 and b[i + 1] == 35:
        number = 0
        for k in range(i + 2, end):
            if b[k] < 48 or b[k] > 57:
                return WRONG
            number = number * 10 + b[k] - 48
        return end + 1 if 32 <= number < 0xD800 else WRONG
    first = b[i + 1]
    if size == 2 and b[i + 2] == 116 and (first == 108 or first == 103):  # lt, gt
        return end + 1
    if size == 3 and first == 97 and b[i + 2] == 109 and b[i + 3] == 112:  # amp
        return end + 1
    if size == 4 and first == 97 and b[i + 2] == 112 and b[i + 3] == 111 and b[i + 4] == 115:  # apos
        return end + 1
    if size == 4 and first == 113 and b[i + 2] == 117 and b[i + 3] == 111 and b[i + 4] == 116:  # quot
        return end + 1
    return WRONG


@jit
def text(b: Bytes, i: int, filled: int, classes: Bytes, blank: bool) -> int:
    """Pass character data up to the next tag; if `blank`, only white space will do."""
    start = i
    while True:
        if blank:
            while i < filled and classes[b[i]] & IS_SPACE:
                i += 1
        else:
            while i < filled and not classes[b[i]] & IS_SPECIAL:
                i += 1
        if i - start > LONGEST:
            return WRONG
        if i >= filled:
            return SHORT
        c = b[i]
        if c == 60:
            return i
        if blank:
            return WRONG
        if c == 38:
            i = reference(b, i, filled)
        elif c == 62:
            if i - start >= 2 and b[i - 1] == 93 and b[i - 2] == 93:
                return WRONG
            i += 1
        elif c > 127:
            i = character(b, i, filled)
        else:
            return WRONG
        if i < 0:
            return i


@jit
def value(b: Bytes, i: int, filled: int, classes: Bytes) -> tuple[int, bool]:
    """Pass an attribute's value whose opening quote stands at `i`; also tell whether its bytes are its characters."""
    quote = b[i]
    start = i
    i += 1
    literal = True
    while True:
        while i < filled and b[i] != quote and not classes[b[i]] & (IS_SPECIAL | IS_SPACE):
            i += 1
        if i - start > LONGEST:
            return WRONG, literal
        if i >= filled:
            return SHORT, literal
        c = b[i]
        if c == quote:
            return i + 1, literal
        if c == 38:
            i = reference(b, i, filled)
            literal = False
        elif c == 60:
            return WRONG, literal
        elif c > 127:
            i = character(b, i, filled)
        elif c == 32 or c == 62:
            i += 1
        elif c == 9 or c == 10 or c == 13:
            i += 1
            literal = False
        else:
            return WRONG, literal
        if i < 0:
            return i, literal


@jit
def comment(b: Bytes, i: int, filled: int, classes: Bytes) -> int:
    """Pass a comment that begins at `i`; one that holds a declaration is left to the general parser."""
    if i + 4 > filled:
        return SHORT
    if b[i + 2] != 45 or b[i + 3] != 45:
        return WRONG
    start = i
    i += 4
    while True:
        if i + 2 >= filled:
            return SHORT if i - start <= LONGEST else WRONG
        c = b[i]
        if c == 45 and b[i + 1] == 45:
            return i + 3 if b[i + 2] == 62 else WRONG
        if c == 60 and b[i + 1] == 33:
            return WRONG
        if c > 127:
            i = character(b, i, filled)
            if i < 0:
                return i
        elif c < 32 and not classes[c] & IS_SPACE:
            return WRONG
        else:
            i += 1


@jit
def name(
    b: Bytes,
    i: int,
    filled: int,
    classes: Bytes,
    arena: Bytes,
    start: NDArray[np.int32],
    table: NDArray[np.int32],
) -> tuple[int, int]:
    """Pass a name; also return its number, -1 for a new one."""
    j = i
    code = np.uint32(2166136261)
    while j < filled and classes[b[j]] & IS_NAME:
        code = np.uint32((code ^ np.uint32(b[j])) * np.uint32(16777619))
        j += 1
    if j >= filled:
        return SHORT, -1
    if j == i or j - i > 200:
        return WRONG, -1
    mask = len(table) - 1
    slot = np.int64(code) & mask
    steps = 0
    while table[slot] >= 0:
        steps += 1
        if steps > 100:  # names made to collide
            return WRONG, -1
        k = table[slot]
        if start[k + 1] - start[k] == j - i:
            same = True
            for m in range(j - i):
                if arena[start[k] + m] != b[i + m]:
                    same = False
                    break
            if same:
                return j, k
        slot = (slot + 1) & mask
    return j, -1


@jit
def end_of(b: Bytes, i: int, filled: int, classes: Bytes, arena: Bytes, first: int, last: int) -> int:
    """Pass the rest of an end tag from its name, which must be `arena[first:last]`."""
    size = last - first
    if i + size >= filled:
        return SHORT
    for k in range(size):
        if b[i + k] != arena[first + k]:
            return WRONG
    i += size
    while i < filled and classes[b[i]] & IS_SPACE:
        i += 1
    if i >= filled:
        return SHORT
    return i + 1 if b[i] == 62 else WRONG


@jit
def enter_name(arena: Bytes, start: NDArray[np.int32], table: NDArray[np.int32], k: int) -> None:
    """Enter the name k, whose bytes are in the arena, in the table."""
    code = np.uint32(2166136261)
    for i in range(start[k], start[k + 1]):
        code = np.uint32((code ^ np.uint32(arena[i])) * np.uint32(16777619))
    mask = len(table) - 1
    slot = np.int64(code) & mask
    while table[slot] >= 0:
        slot = (slot + 1) & mask
    table[slot] = k
