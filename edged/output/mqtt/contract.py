"""The MQTT contract, checked: which schema holds on which topic, read from `asyncapi.yaml` and `schemas/`.

`validate(topic, payload)` is for tests and for whatever arrives. An empty payload is right on retained topics only.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

import yaml
from jsonschema import Draft202012Validator, FormatChecker

from edged.model.errors import OutputGarbled

FOLDER = Path(__file__).parent
MEDIA_BYTES = 262_144


@dataclass(frozen=True, slots=True)
class Channel:
    """One row of the AsyncAPI document. `schemas` is empty for pictures."""

    key: str
    pattern: re.Pattern[str]
    address: str
    schemas: tuple[str, ...]
    action: str
    retain: bool
    qos: int


@cache
def document() -> dict[str, Any]:
    """Return the AsyncAPI document."""
    return cast(dict[str, Any], yaml.safe_load((FOLDER / "asyncapi.yaml").read_text(encoding="utf-8")))


@cache
def schema_names() -> tuple[str, ...]:
    """Return the names of all schema files."""
    return tuple(sorted(path.stem for path in (FOLDER / "schemas").glob("*.json")))


@cache
def validator(name: str) -> Draft202012Validator:
    """Return the validator of one schema; dates are checked too."""
    schema = json.loads((FOLDER / "schemas" / f"{name}.json").read_text(encoding="utf-8"))
    checker = FormatChecker(formats=())
    checker.checks("date-time", raises=ValueError)(_is_time)
    return Draft202012Validator(schema, format_checker=checker)


_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def _is_time(value: object) -> bool:
    return not isinstance(value, str) or _TIME.fullmatch(value) is not None


@cache
def channels() -> tuple[Channel, ...]:
    """Return all channels, in the order of the document."""
    whole = document()
    by_channel = {op["channel"]["$ref"].rsplit("/", 1)[1]: op for op in whole["operations"].values()}
    out = []
    for key, entry in whole["channels"].items():
        names = tuple(name for name in entry["messages"] if "payload" in whole["components"]["messages"][name])
        operation = by_channel[key]
        binding = operation["bindings"]["mqtt"]
        out.append(
            Channel(key, _pattern(entry["address"]), entry["address"], names, operation["action"], binding["retain"], binding["qos"])
        )
    return tuple(out)


def _pattern(address: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", address)
    body = "".join(re.escape(p) if i % 2 == 0 else (r".+" if p == "tail" else r"[^/+#]+") for i, p in enumerate(parts))
    return re.compile(body)


def channel(topic: str) -> Channel:
    """Return the channel of a topic. Raises OutputGarbled for a topic outside the contract."""
    for one in channels():
        if one.pattern.fullmatch(topic) and ("/test/" in one.address or not re.match(r"edged/v1/[^/]+/test(/|$)", topic)):
            return one
    raise OutputGarbled(f"topic {topic} is not in the contract: see asyncapi.yaml")


def parse(topic: str, payload: bytes) -> dict[str, Any] | None:
    """Return the message on a topic, None for a picture or an empty retained one. Raises OutputGarbled, naming the field."""
    where = channel(topic)
    if not payload:
        if where.retain:
            return None
        raise OutputGarbled(f"{topic}: empty message, only retained topics are cleared by one")
    if not where.schemas:
        if payload[:2] != b"\xff\xd8" or len(payload) > MEDIA_BYTES:
            raise OutputGarbled(f"{topic}: not a JPEG of at most {MEDIA_BYTES} bytes")
        return None
    try:
        value = json.loads(payload, parse_constant=_no_constant)
    except (ValueError, RecursionError) as fault:
        raise OutputGarbled(f"{topic}: not JSON in UTF-8: {fault}") from fault
    faults = []
    for name in where.schemas:
        found = min(validator(name).iter_errors(value), key=lambda e: len(e.absolute_path), default=None)
        if found is None:
            return cast(dict[str, Any], value)
        faults.append(f"{name} at {'.'.join(map(str, found.absolute_path)) or 'top'}: {found.message[:200]}")
    raise OutputGarbled(f"{topic}: {'; '.join(faults)}")


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def validate(topic: str, payload: bytes) -> None:
    """Check a message against the contract; every test that sees one calls this. Raises OutputGarbled."""
    parse(topic, payload)
