"""For all tests: slow on a busy machine is no failure of Hypothesis; CI draws the same examples each time, people draw new ones."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("edged", deadline=None, derandomize=os.environ.get("CI") == "true")
settings.register_profile("many", deadline=None, max_examples=1500)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "edged"))
