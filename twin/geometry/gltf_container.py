"""glTF 2.0 files taken apart and checked before a library builds meshes from them.

Checked are versions, extensions, counts and the tree of nodes. Buffers come from the file itself, from its own text or
from a file beside it, never from an address or another folder; images and materials are cut out unread.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import struct
from pathlib import Path
from typing import Any

from twin import limits
from twin.errors import DataError
from twin.geometry.sources import existing_file, open_checked

_JSON, _BINARY = 0x4E4F534A, 0x004E4942
_LOOKS = ("KHR_materials_", "KHR_texture_", "KHR_lights_", "EXT_texture_", "MSFT_texture_", "KHR_xmp", "EXT_lights_")
_FLOAT, _TRIANGLES, _STRIP, _FAN = 5126, 4, 5, 6
_INDEX_TYPES = (5121, 5123, 5125)


def checked_glb(file: Path, content: bytes) -> tuple[bytes, dict[str, Any], list[str]]:
    """Return a glTF file as one binary glTF with geometry only, the scene's extras, and notes on what was left out.

    Parameters
    ----------
    file : pathlib.Path
        Where it lies: for messages, and to find buffers beside it.
    content : bytes
        Its bytes.

    Raises
    ------
    DataError
        If it is damaged, names buffers elsewhere, or packs its geometry in a way that is not read.
    LimitError
        If it holds more triangles than ``twin.limits.MAX_MESH_FACES``.

    Examples
    --------
    >>> checked_glb(Path("a.gltf"), b'{"asset": {"version": "1.0"}}')
    Traceback (most recent call last):
    twin.errors.DataError: a.gltf is glTF of version '1.0'; version 2 can be read
    """
    tree, binary = _parts(file, content)
    version = str(_table(tree.get("asset")).get("version"))
    if not version.startswith("2"):
        raise DataError(f"{file} is glTF of version {version!r}; version 2 can be read")
    used = {str(name) for key in ("extensionsUsed", "extensionsRequired") for name in _list(tree.get(key))}
    packed = sorted(name for name in used if not name.startswith(_LOOKS) and name != "KHR_mesh_quantization")
    unknown = [name for name in packed if "compression" in name or "instancing" in name]
    unknown += [name for name in packed if name in _list(tree.get("extensionsRequired")) and name not in unknown]
    if unknown:
        raise DataError(f"{file} needs the glTF extension {unknown[0]}, which is not read; export it without")
    buffers = [_buffer(file, entry, binary) for entry in _list(tree.get("buffers"))]
    _check_accessors(file, tree)
    _check_nodes(file, tree)
    notes = _check_primitives(file, tree)
    if tree.get("images"):
        notes.append("textures are not read")
    if tree.get("skins") or tree.get("animations"):
        notes.append("movements are not read; the model stands as it is stored")
    scenes = _list(tree.get("scenes"))
    number = tree.get("scene", 0)
    extras = _table(scenes[number].get("extras")) if isinstance(number, int) and 0 <= number < len(scenes) else {}
    return _repacked(file, tree, buffers), extras, notes


def _parts(file: Path, content: bytes) -> tuple[dict[str, Any], bytes | None]:
    """Return the tables and the binary chunk of a file."""
    text, binary = content, None
    if content[:4] == b"glTF":
        if len(content) < 20 or struct.unpack("<I", content[8:12])[0] != len(content):
            raise DataError(f"{file} is cut off or damaged: its length is not what its header says; fetch it again")
        place, text = 12, b""
        while place + 8 <= len(content):
            length, kind = struct.unpack("<II", content[place : place + 8])
            chunk = content[place + 8 : place + 8 + length]
            if len(chunk) != length:
                raise DataError(f"{file} is cut off within a chunk; fetch it again")
            if kind == _JSON and not text:
                text = chunk
            elif kind == _BINARY and binary is None:
                binary = chunk
            place += 8 + length
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{file} is no glTF: its text is not JSON ({str(error)[:80]})") from None
    if not isinstance(tree, dict) or "asset" not in tree:
        raise DataError(f"{file} is JSON but no glTF: it has no 'asset'")
    return tree, binary


def _buffer(file: Path, entry: Any, binary: bytes | None) -> bytes:
    uri, length = _table(entry).get("uri"), _table(entry).get("byteLength")
    if not isinstance(length, int) or length < 0:
        raise DataError(f"{file}: a buffer has the byteLength {length!r}; it must be a whole number")
    if uri is None:
        content = binary or b""
    elif str(uri).startswith("data:"):
        head, _, text = str(uri).partition(",")
        try:
            content = base64.b64decode(text, validate=True) if head.endswith(";base64") else b""
        except binascii.Error as error:
            raise DataError(f"{file}: a buffer within the file is damaged ({error})") from None
    else:
        from urllib.parse import unquote

        name = unquote(str(uri))
        address = re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", name) or name.startswith(("/", "\\"))
        if address or ".." in re.split(r"[/\\]", name):
            raise DataError(
                f"{file} wants a buffer from {str(uri)[:80]!r}; only files beside it are read: export it as .glb"
            )
        beside = existing_file(file.parent / name, f"a buffer of {file.name}")
        if beside.is_symlink() or (beside.exists() and file.parent.resolve() not in beside.resolve().parents):
            raise DataError(f"{file} wants a buffer from {name!r}, a link to another folder; export it as .glb")
        with open_checked(beside) as stream:
            content = stream.read()
    if len(content) < length:
        raise DataError(f"{file}: a buffer has {len(content):,} of {length:,} bytes; it is cut off: fetch it again")
    return content[:length]


def _check_accessors(file: Path, tree: dict[str, Any]) -> None:
    for accessor in map(_table, _list(tree.get("accessors"))):
        count = accessor.get("count")
        if not isinstance(count, int) or count < 0:
            raise DataError(f"{file}: an accessor has the count {count!r}; it must be a whole number")
        limits.check(count, "MAX_MESH_VERTICES", f"{file}: an accessor has {count:,} entries")
        if "sparse" in accessor or "bufferView" not in accessor:
            raise DataError(f"{file} stores geometry as sparse accessors, which are not read; export it without")


def _check_nodes(file: Path, tree: dict[str, Any]) -> None:
    """Refuse nodes that are no forest: a node within itself has no end."""
    nodes = [_table(node) for node in _list(tree.get("nodes"))]
    parents: dict[int, int] = {}
    for number, node in enumerate(nodes):
        for child in _list(node.get("children")):
            if not isinstance(child, int) or not 0 <= child < len(nodes) or child in parents:
                raise DataError(f"{file}: node {child!r} does not exist or has two parents; the file is damaged")
            parents[child] = number
    for number in range(len(nodes)):
        steps, here = 0, number
        while here in parents:
            here, steps = parents[here], steps + 1
            if steps > min(len(nodes), 1000):
                raise DataError(f"{file}: nodes contain each other; the file is damaged")


def _check_primitives(file: Path, tree: dict[str, Any]) -> list[str]:
    """Check how triangles are stored; refuse more of them, instances counted, than the limit."""
    accessors = [_table(entry) for entry in _list(tree.get("accessors"))]
    triangles, skipped = [], 0
    stray = [node["mesh"] for node in map(_table, _list(tree.get("nodes"))) if "mesh" in node]
    stray = [mesh for mesh in stray if not isinstance(mesh, int) or not 0 <= mesh < len(_list(tree.get("meshes")))]
    if stray:
        raise DataError(f"{file}: a node names mesh {stray[0]!r}, which is not there; the file is damaged")
    for mesh in map(_table, _list(tree.get("meshes"))):
        count = 0
        for primitive in map(_table, _list(mesh.get("primitives"))):
            mode = primitive.get("mode", _TRIANGLES)
            if mode == _FAN:
                raise DataError(f"{file} stores triangles as fans, which are not read; export it as plain triangles")
            if mode not in (_TRIANGLES, _STRIP):
                skipped += 1
                continue
            position = _entry(accessors, _table(primitive.get("attributes")).get("POSITION"), file)
            if position.get("componentType") != _FLOAT or position.get("type") != "VEC3":
                raise DataError(f"{file} stores coordinates as integers, which are not read; export it without packing")
            corners = position
            if "indices" in primitive:
                corners = _entry(accessors, primitive["indices"], file)
                if corners.get("componentType") not in _INDEX_TYPES or corners.get("type") != "SCALAR":
                    raise DataError(f"{file}: the indices of a mesh are no whole numbers; the file is damaged")
            count += corners["count"] // 3 if mode == _TRIANGLES else max(corners["count"] - 2, 0)
        triangles.append(count)
    total = sum(triangles[node["mesh"]] for node in map(_table, _list(tree.get("nodes"))) if "mesh" in node)
    limits.check(total, "MAX_MESH_FACES", f"{file} holds {total:,} triangles")
    return [f"{skipped} parts of points or lines are left out"] if skipped else []


def _entry(table: list[dict[str, Any]], index: Any, file: Path) -> dict[str, Any]:
    if not isinstance(index, int) or not 0 <= index < len(table):
        raise DataError(f"{file}: a mesh names accessor {index!r} of {len(table)}; the file is damaged")
    return table[index]


def _repacked(file: Path, tree: dict[str, Any], buffers: list[bytes]) -> bytes:
    """Return one binary glTF with all buffers in one and without anything that is not geometry."""
    starts = [0]
    for content in buffers:
        starts.append(starts[-1] + len(content) + (-len(content)) % 4)
    views = []
    for view in map(_table, _list(tree.get("bufferViews"))):
        number = view.get("buffer")
        if not isinstance(number, int) or not 0 <= number < len(buffers):
            raise DataError(f"{file}: a part of it lies in buffer {number!r} of {len(buffers)}; it is damaged")
        offset, length = view.get("byteOffset", 0), view.get("byteLength")
        whole = isinstance(offset, int) and isinstance(length, int) and offset >= 0 and length >= 0
        if not whole or offset + length > len(buffers[number]):
            raise DataError(f"{file}: a part of it reaches beyond its buffer; the file is damaged")
        views.append({**view, "buffer": 0, "byteOffset": starts[number] + offset})
    meshes = []
    for mesh in map(_table, _list(tree.get("meshes"))):
        kept = [
            {key: value for key, value in _table(part).items() if key in ("attributes", "indices", "mode")}
            for part in _list(mesh.get("primitives"))
            if _table(part).get("mode", _TRIANGLES) in (_TRIANGLES, _STRIP)
        ]
        for part in kept:
            names = _table(part["attributes"])
            part["attributes"] = {key: names[key] for key in ("POSITION", "_BUILDING_ID") if key in names}
        meshes.append({"name": str(mesh.get("name", "mesh")), "primitives": kept})
    nodes = [
        {key: value for key, value in _table(node).items() if key not in ("extensions", "extras", "camera", "skin")}
        for node in _list(tree.get("nodes"))
    ]
    body = b"".join(content + b"\0" * (-len(content) % 4) for content in buffers)
    kept_keys: dict[str, Any] = {key: tree[key] for key in ("scene", "scenes", "accessors") if key in tree}
    slim: dict[str, Any] = {
        "asset": {"version": "2.0"},
        **kept_keys,
        "nodes": nodes,
        "meshes": meshes,
        "bufferViews": views,
    }
    slim["buffers"] = [{"byteLength": len(body)}]
    text = json.dumps(slim).encode()
    text += b" " * (-len(text) % 4)
    size = 12 + 8 + len(text) + 8 + len(body)
    return b"".join(
        [b"glTF", struct.pack("<II", 2, size), struct.pack("<II", len(text), _JSON), text,
         struct.pack("<II", len(body), _BINARY), body]
    )  # fmt: skip


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
