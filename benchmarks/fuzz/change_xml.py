"""Changes of an XML tree: elements deleted, repeated, moved, nested or renamed, attributes and numbers made wrong.

The changed file is well-formed unless a later change of its bytes undoes that.
"""

from __future__ import annotations

from contextlib import suppress
from random import Random
from typing import Any

from lxml import etree

from benchmarks.fuzz.change_bytes import NUMBERS, WORDS, change_bytes, change_number, change_text, encoded

_HEADS = (
    '<!DOCTYPE a [<!ENTITY b "cccc">]>',
    '<!DOCTYPE CityModel SYSTEM "http://127.0.0.1:9/x.dtd">',
    "<?xml-stylesheet href='x'?>",
    "<!-- -->" * 200,
)


def change_xml(data: bytes, rng: Random) -> bytes:
    """Change the tree of an XML file, or its bytes where it is no longer one."""
    chance = rng.random()
    if chance < 0.12:
        return change_bytes(data, rng)
    if chance < 0.2:
        return change_text(data, rng)
    try:
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))
    except (etree.XMLSyntaxError, ValueError):
        return change_bytes(data, rng)
    with suppress(ValueError, TypeError):  # a name or character that XML cannot hold: the rest stays as it is
        _change_tree(root, rng)
    text = etree.tostring(root, encoding="unicode")
    if rng.random() < 0.03:
        text = rng.choice(_HEADS) + text
    return encoded(text, rng)


def _change_tree(root: Any, rng: Random) -> None:
    elements = [element for element in root.iter() if isinstance(element.tag, str)]
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        element = rng.choice(elements)
        rng.choice((_attribute, _attribute, _text, _text, _text, _delete, _repeat, _move, _rename, _nest, _mix))(
            element, elements, rng
        )


def _attribute(element: Any, elements: list[Any], rng: Random) -> None:
    if not element.attrib:
        holders = [other for other in elements if other.attrib]
        if not holders:
            return
        element = rng.choice(holders)
    name = rng.choice(sorted(element.attrib))
    kind = rng.randrange(5)
    if kind == 0:
        del element.attrib[name]
    elif kind == 1:  # the same attribute of another element: ids that repeat, references in circles
        others = [other.get(name) for other in elements if other.get(name) is not None]
        element.set(name, rng.choice(others))
    elif kind == 2:
        ids = [value for other in elements for key, value in other.attrib.items() if key.endswith("id")]
        element.set(name, ("#" if rng.random() < 0.7 else "") + rng.choice(ids or ["x"]))
    elif kind == 3:
        element.set(name, rng.choice(NUMBERS))
    else:
        element.set(name, rng.choice(WORDS))


def _text(element: Any, elements: list[Any], rng: Random) -> None:
    speaking = [other for other in elements if other.text and other.text.strip()]
    if not speaking:
        element.text = rng.choice(WORDS)
        return
    element = rng.choice(speaking)
    kind = rng.randrange(6)
    words = element.text.split()
    if kind == 0:
        element.text = change_number(element.text, rng)
    elif kind == 1:  # one number too few or too many
        at = rng.randrange(len(words))
        element.text = " ".join(words[:at] + words[at + 1 :] + words[:1] * rng.choice((0, 0, 2)))
    elif kind == 2:
        rng.shuffle(words)
        element.text = " ".join(words)
    elif kind == 3:
        element.text = rng.choice((*WORDS, *NUMBERS))
    elif kind == 4:
        element.text = " ".join(words[: rng.randrange(len(words) + 1)])
    else:
        element.text = rng.choice(speaking).text


def _delete(element: Any, _: list[Any], rng: Random) -> None:
    parent = element.getparent()
    if parent is not None:
        if rng.random() < 0.3:  # the children take its place
            for child in list(element):
                element.addprevious(child)
        parent.remove(element)


def _repeat(element: Any, _: list[Any], rng: Random) -> None:
    from copy import deepcopy

    if element.getparent() is not None:
        for _i in range(rng.choice((1, 1, 2, 5, 40))):
            element.addnext(deepcopy(element))


def _move(element: Any, elements: list[Any], rng: Random) -> None:
    from copy import deepcopy

    other = rng.choice(elements)
    other.insert(rng.randrange(len(other) + 1), deepcopy(element))


def _rename(element: Any, elements: list[Any], rng: Random) -> None:
    name = etree.QName(element)
    space = name.namespace or ""
    kind = rng.randrange(4)
    if kind == 0:
        element.tag = rng.choice(elements).tag
    elif kind == 1:
        element.tag = name.localname
    elif kind == 2:
        element.tag = f"{{{space.replace('2.0', '3.0').replace('/gml', '/gml/3.2')}x}}{name.localname}"
    else:
        versions = (space.replace("2.0", "1.0"), space.replace("2.0", "3.0"), space + "/3.2")
        element.tag = f"{{{rng.choice(versions) or 'urn:x'}}}{name.localname}"


def _nest(element: Any, _: list[Any], rng: Random) -> None:
    parent = element.getparent()
    if parent is None:
        return
    place = parent.index(element)
    tag = element.tag if rng.random() < 0.6 else parent.tag
    outer = inner = etree.Element(tag, element.attrib if rng.random() < 0.5 else None)
    for _i in range(rng.choice((1, 2, 10, 100, 200, 300, 2000))):
        inner = etree.SubElement(inner, tag)
    inner.append(element)
    parent.insert(place, outer)


def _mix(element: Any, _: list[Any], rng: Random) -> None:
    stranger: Any = rng.choice((etree.Comment(" ? "), etree.ProcessingInstruction("x", "y"), etree.Element("x")))
    stranger.tail = rng.choice((" ", "7", "text"))
    element.insert(rng.randrange(len(element) + 1), stranger)
