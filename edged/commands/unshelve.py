"""edged unshelve: end a shelf."""

from __future__ import annotations

from edged.commands.verbs import asking

arguments, run = asking("unshelve")
