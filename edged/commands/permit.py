"""edged permit: hot work is allowed at a place for some hours."""

from __future__ import annotations

from edged.commands.verbs import asking

arguments, run = asking("permit")
