"""Words for people, in English and Chinese."""

from __future__ import annotations

from typing import NamedTuple


class Words(NamedTuple):
    """The same sentence twice."""

    en: str
    zh: str

    def said(self, language: str) -> str:
        """Return the sentence in `language` (`zh` or anything else for English)."""
        return self.zh if language == "zh" else self.en
