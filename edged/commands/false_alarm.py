"""edged false-alarm: it was no fire, with the reason."""

from __future__ import annotations

from edged.commands.verbs import asking

arguments, run = asking("false_alarm")
