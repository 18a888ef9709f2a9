"""What core must know of the station: frozen, built by the composition root, replaced whole on a reload."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo

from edged.core.settings import CoreSettings
from edged.geometry.settings import WeatherSettings
from edged.geometry.site import SiteModel
from edged.geometry.vantage import Lookout
from edged.model.alarm import Arming
from edged.model.journal import Address, TellPath
from edged.model.rounds import RoundRule
from edged.model.site import Mount, SitePlan


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules of one station.

    `lookouts`: cameras whose eyes judge heat; the station is blind when none of them sees. `arming`: configured level by camera; what a
    person orders by the verb `arm` is in the journal and wins. `escalation`: shift leader and next talkgroup. `test_radios`: the only
    addresses that a drill may reach. `paths`: the ways out that exist (`gateway`, `serial`, `siren`). `names`: what people call a camera.
    `weather`: the air as assumed. `rounds`: spots that are measured, by name. `turning`: heads that edged turns, with their tours.
    `site`: the plan made ready for rays.
    """

    station_id: str
    language: str
    settings: CoreSettings
    plan: SitePlan
    lookouts: tuple[str, ...]
    arming: Mapping[str, Arming]
    talkgroup: Address | None
    zone_talkgroups: Mapping[str, Address]
    duty: tuple[Address, ...]
    escalation: tuple[Address, ...]
    test_radios: tuple[Address, ...]
    paths: frozenset[TellPath]
    simulated: bool
    names: Mapping[str, str]
    tz: tzinfo
    mounts: Mapping[str, Mount]
    weather: WeatherSettings
    rounds: Mapping[str, RoundRule]
    turning: Mapping[str, Lookout]
    site: SiteModel = field(repr=False, compare=False)

    @classmethod
    def build(
        cls,
        station_id: str,
        *,
        language: str = "zh",
        settings: CoreSettings | None = None,
        plan: SitePlan | None = None,
        lookouts: Iterable[str] | None = None,
        arming: Mapping[str, Arming] | None = None,
        talkgroup: Address | None = None,
        zone_talkgroups: Mapping[str, Address] | None = None,
        duty: Iterable[Address] = (),
        escalation: Iterable[Address] = (),
        test_radios: Iterable[Address] = (),
        paths: Iterable[TellPath] = ("gateway",),
        simulated: bool = False,
        names: Mapping[str, str] | None = None,
        tz: tzinfo = UTC,
        weather: WeatherSettings | None = None,
        rounds: Iterable[RoundRule] = (),
        turning: Iterable[Lookout] = (),
    ) -> Rules:
        """Return the rules. Without `lookouts` every thermal mount of the plan is one; zones bring their own talkgroups."""
        plan = plan or SitePlan()
        groups = {zone.zone_id: Address("group", zone.talkgroup) for zone in plan.zones if zone.talkgroup}
        return cls(
            station_id=station_id,
            language=language,
            settings=settings or CoreSettings(),
            plan=plan,
            lookouts=tuple(sorted(lookouts if lookouts is not None else (m.camera_id for m in plan.mounts if m.lens == "thermal"))),
            arming=dict(arming or {}),
            talkgroup=talkgroup,
            zone_talkgroups={**groups, **(zone_talkgroups or {})},
            duty=tuple(duty),
            escalation=tuple(escalation),
            test_radios=tuple(test_radios),
            paths=frozenset(paths),
            simulated=simulated,
            names=dict(names or {}),
            tz=tz,
            mounts={m.camera_id: m for m in plan.mounts},
            weather=weather or WeatherSettings(),
            rounds={rule.name: rule for rule in rounds},
            turning={one.mount.camera_id: one for one in turning},
            site=SiteModel(plan),
        )

    def name(self, camera_id: str) -> str:
        """Return what people call a camera."""
        return self.names.get(camera_id, camera_id)

    def groups(self, zone_id: str | None) -> tuple[Address, ...]:
        """Return the talkgroup of a zone, else the station's."""
        found = self.zone_talkgroups.get(zone_id or "", self.talkgroup)
        return () if found is None else (found,)
