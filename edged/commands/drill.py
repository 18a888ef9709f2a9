"""edged drill: inject a synthetic fire; always a test."""

from __future__ import annotations

from edged.commands.verbs import asking

arguments, run = asking("drill")
