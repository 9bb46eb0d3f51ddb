"""Changes of bytes and of plain text: what transmission, editors and exports do to a file, and what an attacker may.

Every function takes the content and a generator and returns the changed content; nothing else decides.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

NUMBERS = (
    "NaN", "nan", "inf", "-inf", "Infinity", "1e308", "-1e308", "1e999", "1e-320", "-0", "0", "-1", "1", "0.5",
    "2147483647", "-2147483649", "9223372036854775807", "18446744073709551616", "99999999999999999999999999",
    "389000,5", "5.819.000,25", "389 000", "0x10", "1_000", "\u0663", "--5", "1e", ".", "", "-9999", "-32768",
    "-3.4028235e+38", "3.4e38", "32389000", "4490655.1", "13.4", "52.5", "1e7", "1e12", "180.0001", "9000.1",
)  # fmt: skip
WORDS = (
    "", " ", "\t", "\n", "\x00", "\ufeff", "ä", "\u202e", "null", "true", "None", "yes", "../../etc/passwd", "%s%n",
    "EPSG:25832", "EPSG:31467", "EPSG:4326", "EPSG:99999999", "urn:ogc:def:crs:EPSG::4647", "urn:adv:crs:nowhere",
    "http://127.0.0.1:9/x", "a" * 5000, "-", "#", "&amp;", "]]>", "'", '"', "DE:urban", "walk", "50 mph", "1e999 km/h",
)  # fmt: skip
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_LIMIT = 400_000  # bytes: a case stays small


def change_bytes(data: bytes, rng: Random) -> bytes:
    """Flip, insert, cut, repeat or exchange stretches of bytes."""
    if not data:
        return bytes(rng.randrange(256) for _ in range(rng.randrange(40)))
    out = bytearray(data)
    at = rng.randrange(len(out))
    size = min(rng.choice((1, 1, 2, 4, 8, 30, 200)), len(out) - at)
    kind = rng.randrange(9)
    if kind == 0:
        out[at] ^= 1 << rng.randrange(8)
    elif kind == 1:
        out[at : at + size] = bytes(rng.randrange(256) for _ in range(size))
    elif kind == 2:
        del out[at : at + size]
    elif kind == 3:
        out[at:at] = out[at : at + size] * rng.choice((1, 2, 20))
    elif kind == 4:
        del out[at:]
    elif kind == 5:
        other = rng.randrange(len(out))
        out[at : at + size] = out[other : other + size]
    elif kind == 6:
        out[at : at + size] = bytes([rng.choice((0, 255, 32, 127))]) * size
    elif kind == 7:
        out[at:at] = rng.choice((b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\r", b"\n\n", b"<", b">", b"{", b"]", b'"'))
    else:
        value = rng.choice((0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF))
        out[at : at + 4] = value.to_bytes(4, rng.choice(("little", "big")))
    return bytes(out[:_LIMIT])


def change_number(text: str, rng: Random) -> str:
    """Put an impossible number in the place of one or of several."""
    found = list(_NUMBER.finditer(text))
    if not found:
        return text + rng.choice(NUMBERS)
    for match in sorted(rng.sample(found, min(len(found), rng.choice((1, 1, 1, 2, 5)))), key=lambda m: -m.start()):
        text = text[: match.start()] + rng.choice(NUMBERS) + text[match.end() :]
    return text


def move_numbers(text: str, rng: Random) -> str:
    """Move or scale all large numbers: a town far away, in another unit, or with the zone before the easting."""
    move = rng.choice((1e6, 32e6, -1e7, 1e12, 1e300))
    scale = rng.choice((1.0, 1.0, 1000.0, 1e-5, -1.0))

    def moved(match: re.Match[str]) -> str:
        value = float(match.group())
        return repr(value * scale + move) if abs(value) > 1e4 else match.group()

    return _NUMBER.sub(moved, text)


def change_lines(text: str, rng: Random) -> str:
    """Delete, repeat, exchange or cut lines."""
    lines = text.split("\n")
    at = rng.randrange(len(lines))
    kind = rng.randrange(6)
    if kind == 0:
        del lines[at]
    elif kind == 1:
        lines[at:at] = [lines[at]] * rng.choice((1, 2, 50))
    elif kind == 2:
        other = rng.randrange(len(lines))
        lines[at], lines[other] = lines[other], lines[at]
    elif kind == 3:
        lines[at] = lines[at][: rng.randrange(len(lines[at]) + 1)]
    elif kind == 4:
        lines[at] = lines[at] + rng.choice((" ", ";", ",", "\t", '"', "\x00")) + rng.choice((*NUMBERS, *WORDS))
    else:
        rng.shuffle(lines)
    return "\n".join(lines)[:_LIMIT]


def change_token(text: str, rng: Random) -> str:
    """Put another word of the file, or a strange one, in the place of a word."""
    found = list(re.finditer(r"[\w.:#/-]+", text))
    if not found:
        return text
    at = rng.choice(found)
    word = rng.choice((rng.choice(found).group(), rng.choice(WORDS), rng.choice(NUMBERS)))
    return text[: at.start()] + word + text[at.end() :]


def change_marks(text: str, rng: Random) -> str:
    """Exchange decimal points, separators or line ends throughout."""
    old, new = rng.choice(
        ((".", ","), (",", "."), (" ", "\t"), (" ", ";"), (";", ","), ("\n", "\r\n"), ("\n", "\r"), (" ", "  "),
         ("\n", " "), (" ", "\u00a0"), ('"', "'"), (",", ""))
    )  # fmt: skip
    return text.replace(old, new)


_TEXT: tuple[Callable[[str, Random], str], ...] = (
    change_number, change_number, move_numbers, change_lines, change_lines, change_token, change_token, change_marks,
)  # fmt: skip


def change_text(data: bytes, rng: Random) -> bytes:
    """Change plain text of lines and words; now and then its bytes or its encoding."""
    if rng.random() < 0.15:
        return change_bytes(data, rng)
    text = rng.choice(_TEXT)(data.decode("utf-8", "surrogateescape"), rng)
    return encoded(text, rng)[:_LIMIT]


def encoded(text: str, rng: Random) -> bytes:
    """Return text in UTF-8, seldom in another encoding."""
    encoding = "utf-8" if rng.random() < 0.93 else rng.choice(("utf-8-sig", "utf-16", "utf-32", "cp1252", "latin-1"))
    if encoding in ("cp1252", "latin-1"):
        return text.encode(encoding, "replace")
    return text.encode(encoding, "surrogateescape" if encoding == "utf-8" else "replace")
