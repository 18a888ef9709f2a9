"""When systemd's watchdog may be fed: a pure rule over outcomes.

Something of ours that hangs starves it. A dead camera, a dead broker, a parked eye are declared down, and are no reason to restart.
"""

from __future__ import annotations

from dataclasses import dataclass

LAG_S, JOURNAL_S, CORE_S, MQTT_S, EYE_S = 2.0, 10.0, 20.0, 20.0, 20.0


@dataclass(frozen=True, slots=True)
class EyeFact:
    """One eye. Times in monotonic seconds, None for never. `declared_down`: blind with a published cause, or parked."""

    name: str
    advanced_mono_s: float | None
    replaced_mono_s: float | None
    declared_down: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """What control knows about itself. `journal_ok_mono_s`: the last no-op commit that succeeded.

    `core_ticked_mono_s`: the last tick that core took whole, None where no core runs.
    """

    loop_lag_s: float
    journal_ok_mono_s: float | None
    mqtt_advanced_mono_s: float | None
    mqtt_declared_down: bool
    eyes: tuple[EyeFact, ...] = ()
    core_ticked_mono_s: float | None = None


@dataclass(frozen=True, slots=True)
class Watchdog:
    """The rule. What has never happened counts from `started_mono_s`."""

    started_mono_s: float

    def fed(self, now_mono_s: float, facts: Facts) -> tuple[bool, str]:
        """Return whether to feed, and in words what starves it."""

        def age(*moments: float | None) -> float:
            return now_mono_s - max([self.started_mono_s, *(at for at in moments if at is not None)])

        if facts.loop_lag_s >= LAG_S:
            return False, f"control's loop lags {facts.loop_lag_s:.1f} s (limit {LAG_S:.0f} s)"
        if age(facts.journal_ok_mono_s) > JOURNAL_S:
            return False, f"no journal commit succeeded for {age(facts.journal_ok_mono_s):.0f} s (limit {JOURNAL_S:.0f} s)"
        if facts.core_ticked_mono_s is not None and age(facts.core_ticked_mono_s) > CORE_S:
            return False, f"core has taken no tick for {age(facts.core_ticked_mono_s):.0f} s (limit {CORE_S:.0f} s): nothing is decided"
        if not facts.mqtt_declared_down and age(facts.mqtt_advanced_mono_s) > MQTT_S:
            return False, f"MQTT neither advanced nor is declared down for {age(facts.mqtt_advanced_mono_s):.0f} s (limit {MQTT_S:.0f} s)"
        for eye in facts.eyes:
            still_s = age(eye.advanced_mono_s, eye.replaced_mono_s)
            if not eye.declared_down and still_s > EYE_S:
                return False, f"eye {eye.name} neither advanced nor was replaced for {still_s:.0f} s (limit {EYE_S:.0f} s)"
        return True, ""
