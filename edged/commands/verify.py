"""edged verify: show the place to a second lens."""

from __future__ import annotations

from edged.commands.verbs import asking

arguments, run = asking("verify")
