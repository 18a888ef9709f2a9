"""The law of inserted fires and of clutter, read from `law.yaml` beside this file; other files of its form may be given."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

import yaml


@dataclass(frozen=True, slots=True)
class Law:
    """The law as written, and the first 16 hexadecimal digits of its SHA-256."""

    values: Mapping[str, Any]
    digest: str

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


def law() -> Law:
    """Return the law."""
    text = resources.files("edged.evaluation").joinpath("law.yaml").read_bytes()
    return Law(yaml.safe_load(text), hashlib.sha256(text).hexdigest()[:16])
