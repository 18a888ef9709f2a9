"""What keys the settings classes know at a place: for did-you-mean, the reference and the editor schema."""

from __future__ import annotations

import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from edged.model.section import Section
from edged.model.words import Words


def members(annotation: Any) -> list[Any]:
    """Return the alternatives of a type, with `Annotated`, unions and None taken off."""
    if get_origin(annotation) is Annotated:
        return members(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return [m for part in get_args(annotation) for m in members(part)]
    return [] if annotation is type(None) else [annotation]


def children(annotation: Any, step: str | int) -> list[Any]:
    """Return the types that may stand at `step` (a key or an index) of a value of this type."""
    found: list[Any] = []
    for member in members(annotation):
        origin, args = get_origin(member), get_args(member)
        if isinstance(member, type) and issubclass(member, BaseModel):
            if isinstance(step, str) and (info := keys(member).get(step)):
                found.append(info.annotation)
        elif origin in (list, tuple, set, frozenset) and isinstance(step, int) and args:
            fixed = origin is tuple and Ellipsis not in args
            found.append(args[min(step, len(args) - 1)] if fixed else args[0])
        elif origin is not None and isinstance(step, str) and len(args) == 2 and origin is not Literal:
            found.append(args[1])
    return found


def shapes_at(root: Any, way: Sequence[str | int]) -> list[Any]:
    """Return the types that may stand at `way` below `root`."""
    here = [root]
    for step in way:
        here = [child for annotation in here for child in children(annotation, step)]
    return [m for annotation in here for m in members(annotation)]


def sections_at(root: Any, way: Sequence[str | int]) -> list[type[BaseModel]]:
    """Return the settings classes that may stand at `way` below `root`."""
    return [m for m in shapes_at(root, way) if isinstance(m, type) and issubclass(m, BaseModel)]


def keys(section: type[BaseModel]) -> dict[str, FieldInfo]:
    """Return the keys of a section as they are written in YAML."""
    return {info.alias or name: info for name, info in section.model_fields.items()}


def retired(section: type[BaseModel]) -> dict[str, Words]:
    """Return the section's retired keys and what replaced each."""
    return section.retired if issubclass(section, Section) else {}


def words_of(info: FieldInfo) -> Words:
    """Return the sentence that a key was declared with."""
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    en = info.description or ""
    return Words(en, str(extra.get("zh", en)))


def advanced(info: FieldInfo) -> bool:
    """Tell whether most stations never touch this key."""
    return isinstance(info.json_schema_extra, dict) and bool(info.json_schema_extra.get("advanced"))


@dataclass(frozen=True, slots=True)
class Homed:
    """A section and the way people write to it (`[]` for a list, `<name>` for a free key)."""

    way: str
    section: type[BaseModel]


def homes(root: type[BaseModel], way: str = "", above: tuple[type[BaseModel], ...] = ()) -> Iterator[Homed]:
    """Walk all sections below `root`, parents first; a section inside itself is walked once."""
    yield Homed(way, root)
    if root in above:
        return
    for name, info in keys(root).items():
        step = f"{way}.{name}" if way else name
        for inner, suffix in _inner(info.annotation, ""):
            yield from homes(inner, step + suffix, (*above, root))


def _inner(annotation: Any, suffix: str) -> Iterator[tuple[type[BaseModel], str]]:
    for member in members(annotation):
        origin, args = get_origin(member), get_args(member)
        if isinstance(member, type) and issubclass(member, BaseModel):
            yield member, suffix
        elif origin in (list, tuple, set, frozenset) and args:
            yield from _inner(args[0], suffix + "[]")
        elif origin is not None and origin is not Literal and len(args) == 2:
            yield from _inner(args[1], suffix + ".<name>")
