"""The base of every settings class, and the one way to declare a key.

Settings are frozen; unknown keys are errors; each key carries a sentence in English and Chinese from which the technician's
reference and the editor schema are generated.
"""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from edged.model.words import Words

NAME, NAME_FROM_LETTER, MOST_NAME = r"^[\w.-]+$", r"^[A-Za-z0-9][\w.-]*$", 40
"""Names in files, to be declared with `max_length`: the same bound written `{1,40}` behind a class of Unicode letters takes two megabytes
in every section that holds the key, directly or within another."""
USER_NAME = r"^[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}$"
"""An MQTT user name is a topic level: no `+`, `#`, `/`, `%` or blank."""


class Section(BaseModel):
    """One section of the YAML. Subclasses list their retired keys: old name → what replaced it."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)
    retired: ClassVar[dict[str, Words]] = {}


class ValueFault(ValueError):
    """What a validator of a section raises: why the value cannot be, and what to write instead, in both languages."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.zh = zh


def key(default: Any, en: str, zh: str, *, advanced: bool = False, **limits: Any) -> Any:
    """Declare a key: default (`...` for required), a sentence in two languages, pydantic limits (`ge`, `le`, `pattern`, …)."""
    if isinstance(default, list | dict | tuple) and not default:
        kind = type(default)
        return Field(default_factory=kind, description=en, json_schema_extra={"zh": zh, "advanced": advanced}, **limits)
    return Field(default, description=en, json_schema_extra={"zh": zh, "advanced": advanced}, **limits)
