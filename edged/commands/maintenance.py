"""edged maintenance: a camera is being worked on."""

from __future__ import annotations

from edged.commands.verbs import asking

arguments, run = asking("maintenance")
