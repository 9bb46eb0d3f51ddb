"""A finding made small: what can be left out of the file without the fault going away."""

from __future__ import annotations

from typing import Any

from benchmarks.fuzz.worker import Worker


def minimise(worker: Worker, key: str, file: str, content: bytes, options: dict[str, Any], tries: int = 400) -> bytes:
    """Return a shorter content with the same fault, by leaving out ever smaller stretches."""
    size = max(len(content) // 2, 1)
    while size and tries > 0:
        at = 0
        while at < len(content) and tries > 0:
            shorter = content[:at] + content[at + size :]
            tries -= 1
            if worker.read(file, shorter, options).key == key:
                content = shorter
            else:
                at += size
        size //= 2
    return content
