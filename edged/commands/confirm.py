"""edged confirm: it is a fire; the radio text goes now."""

from __future__ import annotations

from edged.commands.verbs import asking

arguments, run = asking("confirm")
