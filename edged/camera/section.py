"""The base of a camera's settings."""

from __future__ import annotations

from pydantic import ConfigDict

from edged.model.section import Section


class CameraSection(Section):
    """A section whose errors never repeat what was written: it might be a password."""

    model_config = ConfigDict(hide_input_in_errors=True)
