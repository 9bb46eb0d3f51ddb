"""The floor for any reader on lxml: one pass over the file's elements, each event looked at by nobody and freed."""

from __future__ import annotations

import gzip
from pathlib import Path

import lxml
from lxml import etree

from benchmarks.protocol import serve


def read(path):
    elements = 0
    with gzip.open(path) if path.endswith(".gz") else Path(path).open("rb") as stream:
        for _, element in etree.iterparse(stream):
            elements += 1
            element.clear()
    return {"elements": elements}


if __name__ == "__main__":
    serve(lambda inputs: str(inputs["path"]), read, lambda: {"lxml": lxml.__version__})
