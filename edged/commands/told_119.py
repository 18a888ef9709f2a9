"""edged told-119: the fire brigade was called."""

from __future__ import annotations

from edged.commands.verbs import asking

arguments, run = asking("told_119")
