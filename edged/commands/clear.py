"""edged clear: the fire is over, with the reason."""

from __future__ import annotations

from edged.commands.verbs import asking

arguments, run = asking("clear")
