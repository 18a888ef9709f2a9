"""The topic tree of one station (DESIGN §8). Tests have the same tree under `test/`."""

from __future__ import annotations

from dataclasses import dataclass

from edged.model.errors import OutputGarbled
from edged.model.journal import Lane, RowTopic


@dataclass(frozen=True, slots=True)
class Topics:
    """Topics of a station. `lane` test puts them under `test/`."""

    station: str

    def root(self, lane: Lane = "real") -> str:
        """Return the root without a trailing slash."""
        return f"edged/v1/{self.station}/test" if lane == "test" else f"edged/v1/{self.station}"

    def event(self, topic: RowTopic, lane: Lane) -> str:
        """Return the topic of a journal row."""
        return f"{self.root(lane)}/alarm/event/{topic}"

    def active(self, alarm_id: str) -> str:
        """Return the retained topic of an active alarm."""
        return f"{self.root()}/alarm/active/{alarm_id}"

    def index(self) -> str:
        """Return the retained index."""
        return f"{self.root()}/alarm/index"

    def reply(self, user: str) -> str:
        """Return where answers to this user go unless it names a topic below."""
        return f"{self.root()}/reply/{user}"

    def may_answer(self, response_topic: str, user: str) -> bool:
        """Tell whether a response topic is the user's own. Any other would let users write what only edged may."""
        own = self.reply(user)
        return (response_topic == own or response_topic.startswith(own + "/")) and not set("+#\0") & set(response_topic)

    def levels(self, topic: str) -> tuple[Lane, list[str]]:
        """Return lane and levels below the root. Raises OutputGarbled for a foreign topic."""
        parts = topic.split("/")
        if parts[:3] != ["edged", "v1", self.station] or len(parts) < 4:
            raise OutputGarbled(f"topic {topic} is not of station {self.station}")
        if parts[3] == "test":
            return "test", parts[4:]
        return "real", parts[3:]
