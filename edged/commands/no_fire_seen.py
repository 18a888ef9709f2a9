"""edged no-fire-seen: I see no fire here (never closes the alarm)."""

from __future__ import annotations

from edged.commands.verbs import asking

arguments, run = asking("no_fire_seen")
