"""For all tests: what takes long on a busy machine is no failure of Hypothesis."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("edged", deadline=None)
settings.load_profile("edged")
