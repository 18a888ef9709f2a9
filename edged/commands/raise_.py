"""edged raise: people found a fire."""

from __future__ import annotations

from edged.commands.verbs import asking

arguments, run = asking("raise")
