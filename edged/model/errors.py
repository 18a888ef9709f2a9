"""The one tree of errors.

A message names the device or the line, what was tried, what came back, and what a person does next.
`…Unreachable` heals by itself, `…Refused` needs a person, `…Garbled` means that the peer broke its protocol.
"""


class EdgedError(Exception):
    """Any fault that edged reports in words; `zh` is the same message in Chinese where there is one."""

    def __init__(self, message: str, zh: str | None = None) -> None:
        super().__init__(message)
        self.zh = zh or message

    def said(self, language: str) -> str:
        """Return the message in `language` (`zh` or anything else for English)."""
        return self.zh if language == "zh" else str(self)


class ConfigError(EdgedError):
    """A file of the technician's cannot be used."""


class CalibrationError(EdgedError):
    """Pose, lens or landmarks contradict one another."""


class CameraError(EdgedError):
    """A camera did not do what was asked."""


class CameraUnreachable(CameraError):
    """No answer in time; tried again with growing pauses."""


class CameraRefused(CameraError):
    """Login or permission refused; not tried again before the longest pause."""


class CameraGarbled(CameraError):
    """The answer breaks ONVIF, RTSP or the codec."""


class OutputError(EdgedError):
    """Broker, radio or siren did not take what was sent."""


class OutputUnreachable(OutputError):
    """No connection; kept in the journal and tried again."""


class OutputRefused(OutputError):
    """Credentials, access list or address refused."""


class OutputGarbled(OutputError):
    """A peer sent something that its contract does not allow."""


class StoreError(EdgedError):
    """The journal or another file could not be read or written."""


class StoreUnreachable(StoreError):
    """Disk full, read-only or locked for the moment."""


class StoreRefused(StoreError):
    """Another daemon holds the state folder, or permission is missing."""


class StoreGarbled(StoreError):
    """A file is damaged: its digest or its form is wrong."""


class CommandRefused(EdgedError):
    """A person's verb was not allowed or made no sense; the text goes back to that person."""
