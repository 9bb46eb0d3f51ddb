"""The floor for any reader on osmium: one pass that calls Python for each object and only counts."""

from __future__ import annotations

from importlib.metadata import version

import osmium

from benchmarks.protocol import serve


class Count(osmium.SimpleHandler):
    def __init__(self):
        super().__init__()
        self.nodes = self.ways = self.relations = 0

    def node(self, item):
        self.nodes += 1

    def way(self, item):
        self.ways += 1

    def relation(self, item):
        self.relations += 1


def read(path):
    count = Count()
    count.apply_file(path)
    return {"nodes": count.nodes, "ways": count.ways, "relations": count.relations}


if __name__ == "__main__":
    serve(lambda inputs: str(inputs["path"]), read, lambda: {"osmium": version("osmium")})
