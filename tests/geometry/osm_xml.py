"""OpenStreetMap XML for tests, object by object; synthetic."""

from __future__ import annotations


def node(number, lon, lat, **tags):
    return f'<node id="{number}" lat="{lat!r}" lon="{lon!r}">{tag_text(tags)}</node>'


def way(number, refs, **tags):
    return f'<way id="{number}">{"".join(f"<nd ref={chr(34)}{r}{chr(34)}/>" for r in refs)}{tag_text(tags)}</way>'


def relation(number, members, **tags):
    body = "".join(f'<member type="{form}" ref="{ref}" role="{role}"/>' for form, ref, role in members)
    return f'<relation id="{number}">{body}{tag_text(tags)}</relation>'


def tag_text(tags):
    return "".join(f'<tag k="{key.replace("__", ":")}" v="{value}"/>' for key, value in tags.items())


def osm(*objects, head=""):
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{head}<osm version="0.6" generator="synthetic">{"".join(objects)}</osm>'
    )


def square(first, lon, lat, size=0.001):
    corners = [(lon, lat), (lon + size, lat), (lon + size, lat + size), (lon, lat + size)]
    return [node(first + i, x, y) for i, (x, y) in enumerate(corners)], [first, first + 1, first + 2, first + 3, first]


def cross():
    """Four roads that meet in node 5; node 4 carries signals."""
    return [
        node(1, 11.5, 50.001),
        node(2, 11.501, 50.0),
        node(3, 11.5, 49.999),
        node(4, 11.499, 50.0, highway="traffic_signals"),
        node(5, 11.5, 50.0),
        way(12, [1, 5], highway="residential", name="Nordweg"),
        way(11, [5, 2], highway="primary"),
        way(13, [5, 3], highway="service"),
        way(14, [4, 5], highway="primary", oneway="yes"),
    ]
