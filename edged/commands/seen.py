"""edged seen: I have read it; stops repeats to me only."""

from __future__ import annotations

from edged.commands.verbs import asking

arguments, run = asking("seen")
