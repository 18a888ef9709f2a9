"""A file as plain values with the place of each, and the ways to take it apart and lay one over another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from edged.config.report import Fault, Place

Way = tuple[str | int, ...]
"""Keys and indices from the root of a file to a value."""


@dataclass(slots=True)
class Document:
    """One file as plain values. `values` and `keys` give the place of each; `broken` holds the ways whose value was refused."""

    file: str
    data: Any = None
    lines: list[str] = field(default_factory=list)
    values: dict[Way, Place] = field(default_factory=dict)
    keys: dict[Way, Place] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    broken: set[Way] = field(default_factory=set)
    unreadable: bool = False

    def place(self, way: Way, *, key: bool = False) -> Place:
        """Return where `way` stands in the file (its key with `key`), or the nearest thing above it."""
        first, second = (self.keys, self.values) if key else (self.values, self.keys)
        for end in range(len(way), -1, -1):
            if found := first.get(way[:end]) or second.get(way[:end]):
                return found
        return Place(self.file)

    def hurt(self, way: Way) -> bool:
        """Tell whether a value at or below `way` was refused."""
        return self.unreadable or any(bad[: len(way)] == way for bad in self.broken)


def entries(document: Document, way: Way) -> list[Document]:
    """Return each entry of the list at `way` as a document of its own."""
    here = document.data
    for step in way:
        here = here.get(step) if isinstance(here, dict) else None
    if not isinstance(here, list):
        return []
    out = [Document(document.file, item, document.lines, unreadable=document.unreadable) for item in here]
    depth = len(way)
    for name in ("values", "keys"):
        for whole, place in getattr(document, name).items():
            if len(whole) > depth and whole[:depth] == way:
                getattr(out[whole[depth]], name)[whole[depth + 1 :]] = place
    for bad in document.broken:
        if len(bad) > depth and bad[:depth] == way:
            out[int(bad[depth])].broken.add(bad[depth + 1 :])
    return out


def section(document: Document, name: str) -> Document:
    """Return the section under a top-level key as a document of its own (empty where there is none)."""
    inside = document.data.get(name) if isinstance(document.data, dict) else None
    out = Document(document.file, inside, document.lines, unreadable=document.unreadable)
    out.values = {whole[1:]: place for whole, place in document.values.items() if whole[:1] == (name,)}
    out.keys = {whole[1:]: place for whole, place in document.keys.items() if whole[:1] == (name,)}
    out.broken = {bad[1:] for bad in document.broken if bad[:1] == (name,)}
    return out


def without(document: Document, *names: str) -> Document:
    """Return the document without these top-level keys."""
    inside = {k: v for k, v in document.data.items() if k not in names} if isinstance(document.data, dict) else document.data
    broken = {bad for bad in document.broken if not (bad and bad[0] in names)}
    return Document(document.file, inside, document.lines, document.values, document.keys, document.faults, broken, document.unreadable)


def overlay(base: Document, over: Document) -> Document:
    """Return `base` with what `over` says put on top: sections key by key, everything else whole. Places come along."""
    out = Document(over.file, None, over.lines, unreadable=base.unreadable or over.unreadable)

    def take(document: Document, way: Way) -> None:
        for name in ("values", "keys"):
            getattr(out, name).update({w: p for w, p in getattr(document, name).items() if w[: len(way)] == way})
        out.broken.update(bad for bad in document.broken if bad[: len(way)] == way)

    def merge(lower: Any, upper: Any, way: Way) -> Any:
        if not (isinstance(lower, dict) and isinstance(upper, dict)):
            take(over, way)
            return upper
        for document in (base, over):
            for name in ("values", "keys"):
                if place := getattr(document, name).get(way):
                    getattr(out, name)[way] = place
        merged = {}
        for key in [*lower, *(k for k in upper if k not in lower)]:
            if key in upper and key in lower:
                merged[key] = merge(lower[key], upper[key], (*way, key))
            else:
                take(base if key in lower else over, (*way, key))
                merged[key] = lower[key] if key in lower else upper[key]
        return merged

    out.data = merge(base.data, over.data, ())
    return out


def spelled(way: Way, data: Any = None) -> str:
    """Return a way for people: `cameras[th-03].thermal.hfov_deg`; entries of `data` that have an `id` go by it."""
    out, here = "", data
    for step in way:
        if isinstance(here, Mapping):
            here = here.get(step)
        elif isinstance(here, list) and isinstance(step, int) and step < len(here):
            here = here[step]
        else:
            here = None
        if isinstance(step, int):
            named = (here.get("id") or here.get("name")) if isinstance(here, Mapping) else None
            out += f"[{named if isinstance(named, str) else step + 1}]"
        else:
            out += f".{step}" if out else step
    return out
