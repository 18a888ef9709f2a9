"""edged on-scene: I have arrived."""

from __future__ import annotations

from edged.commands.verbs import asking

arguments, run = asking("on_scene")
