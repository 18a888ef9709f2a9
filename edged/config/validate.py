"""Plain values into frozen settings, with every complaint at its line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from edged.config.document import Document, Way, spelled
from edged.config.report import Fault
from edged.config.shapes import sections_at, shapes_at
from edged.config.wording import complaint, missing_key, unknown_key
from edged.model.words import Words

Settings = TypeVar("Settings", bound=BaseModel)


def validated(
    document: Document, model: type[Settings], *, prefix: str = "", entry: str | None = None
) -> tuple[Settings | None, list[Fault]]:
    """Return the settings that the document holds, or None and why. Values that reading refused are not complained of twice."""
    data = {} if document.data is None else document.data
    try:
        settings = model.model_validate_json(json.dumps(data))
    except ValidationError as fault:
        errors = fault.errors(include_url=False)
    else:
        switched = list(_switches(document, data, model, prefix, entry))
        return (None if document.hurt(()) or switched else settings), switched
    faults: dict[tuple[Way, str], Fault] = {}
    for error in errors:
        way, rest = _way(data, error["loc"])
        if any(way[: len(bad)] == bad for bad in document.broken):
            continue
        made = _fault(document, data, model, error, way, rest, prefix, entry)
        faults.setdefault((way if made.rule not in ("unknown_key", "missing_key") else (*way, *rest[-1:]), _kind(made.rule)), made)
    return None, [*faults.values(), *_switches(document, data, model, prefix, entry)]


def _switches(document: Document, data: Any, model: type[BaseModel], prefix: str, entry: str | None) -> Iterator[Fault]:
    """Yield a fault for each `true` or `false` where a number belongs: pydantic would take it as 1 or 0."""
    rest: list[tuple[Way, Any]] = [((), data)]
    while rest:
        way, here = rest.pop()
        if isinstance(here, dict | list):
            rest += [((*way, step), inner) for step, inner in (here.items() if isinstance(here, dict) else enumerate(here))]
        elif isinstance(here, bool) and (shapes := shapes_at(model, way)) and not {bool, Any} & set(shapes) and {int, float} & set(shapes):
            rule, words, suggestion = complaint({"type": "float_type", "input": here})
            yield Fault(document.place(way), _joined(prefix, spelled(way, data)), rule, words, suggestion, "error", entry)


def _joined(prefix: str, path: str) -> str:
    return f"{prefix}.{path}" if prefix and path and not path.startswith("[") else prefix + path


def _kind(rule: str) -> str:
    return rule if rule in ("unknown_key", "missing_key", "retired_key") else "value"


def _way(data: Any, location: Sequence[str | int]) -> tuple[Way, tuple[str | int, ...]]:
    """Follow a pydantic location into the data; names of union branches are left out. Returns the way and what was left over."""
    way: list[str | int] = []
    rest: list[str | int] = []
    here = data
    for step in location:
        if isinstance(here, dict) and step in here:
            here = here[step]
        elif isinstance(here, list) and isinstance(step, int) and 0 <= step < len(here):
            here = here[int(step)]
        else:
            rest.append(step)
            continue
        way.append(step)
    return tuple(way), tuple(rest)


def _fault(
    document: Document, data: Any, model: type[BaseModel], error: Any, way: Way, rest: tuple[str | int, ...], prefix: str, entry: str | None
) -> Fault:
    kind = error["type"]
    at_key = False
    suggestion: Words | None
    if kind == "extra_forbidden":
        rule, words, suggestion = unknown_key(str(way[-1]), sections_at(model, way[:-1]), model)
        at_key, shown = True, way
    elif kind in ("missing", "union_tag_not_found"):
        word = str(rest[-1]) if rest and kind == "missing" else str(error.get("ctx", {}).get("discriminator", "kind")).strip("'")
        words, suggestion = missing_key(word, sections_at(model, way))
        rule, shown = "missing_key", (*way, word)
        at_key = bool(way) and isinstance(way[-1], str)
    else:
        rule, words, suggestion = complaint(error)
        if rule == "limit" and way[-1:] == ("lat_wgs84",):
            suggestion = Words("latitude and longitude exchanged?", "纬度和经度写反了?")
        shown = way
        at_key = rule in ("value", "length") and isinstance(document.data, dict | list)
    return Fault(document.place(way, key=at_key), _joined(prefix, spelled(shown, data)), rule, words, suggestion, "error", entry)
