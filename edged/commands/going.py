"""edged going: I am on my way."""

from __future__ import annotations

from edged.commands.verbs import asking

arguments, run = asking("going")
