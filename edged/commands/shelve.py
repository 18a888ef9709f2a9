"""edged shelve: be quiet about one alarm for a while."""

from __future__ import annotations

from edged.commands.verbs import asking

arguments, run = asking("shelve")
