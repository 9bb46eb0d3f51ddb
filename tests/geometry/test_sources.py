"""Files are checked while they stream, at every seam."""

from __future__ import annotations

import gzip

import pytest

from twin import limits
from twin.errors import DataError, LimitError
from twin.geometry.sources import existing_file, open_checked, read_through

CHUNK = 1 << 20


@pytest.mark.parametrize("offset", [0, 1, 5, 8])
@pytest.mark.parametrize("word", ["<!DOCTYPE", "<!ENTITY"])
def test_a_declaration_across_two_chunks_is_seen(write, offset, word):
    text = "<a>" + " " * (CHUNK - 3 - offset) + word + " x>"
    with pytest.raises(DataError, match=word[2:]):
        read_through(write("t.xml", text), xml=True)


def test_small_reads_see_a_declaration_too(write):
    with open_checked(write("t.xml", "<a/>  <!DOCTYPE a>"), xml=True) as stream:
        pieces = iter(lambda: stream.read(3), b"")
        with pytest.raises(DataError, match="DOCTYPE"):
            list(pieces)


def test_what_is_read_is_what_was_written(write):
    content = bytes(range(256)) * 10_000
    for name, data in (("plain", content), ("packed", gzip.compress(content))):
        with open_checked(write(name, data)) as stream:
            assert stream.read() == content
    two_members = gzip.compress(content[:1000]) + gzip.compress(content[1000:])
    with open_checked(write("two", two_members)) as stream:
        assert stream.read() == content


def test_junk_after_a_gzip_is_damage(write):
    with pytest.raises(DataError, match="damaged"):
        read_through(write("t.gz", gzip.compress(b"whole") + b"junk that is no gzip"))


def test_a_large_plain_file_is_stopped(write, monkeypatch):
    monkeypatch.setattr(limits, "MAX_FILE_BYTES", 2 * CHUNK)
    with pytest.raises(LimitError, match="MAX_FILE_BYTES"):
        read_through(write("t", bytes(3 * CHUNK)))


def test_a_high_ratio_below_ten_megabytes_is_no_harm(write):
    assert read_through(write("t.gz", gzip.compress(b" " * 9_000_000)), head_bytes=3) == b"   "


@pytest.mark.parametrize(("mark", "kind"), [(b"PK\x03\x04", "zip"), (b"BZh9", "bzip2"), (b"7z\xbc\xaf", "7-Zip")])
def test_archives_are_named(write, mark, kind):
    with pytest.raises(DataError, match=kind):
        existing_file(write("t", mark + bytes(20)), "anything")
