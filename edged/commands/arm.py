"""edged arm: how far alarms of a head or zone go."""

from __future__ import annotations

from edged.commands.verbs import asking

arguments, run = asking("arm")
