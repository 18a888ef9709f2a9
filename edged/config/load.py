"""A station's folder into frozen settings. One bad entry costs one entry: it runs on its last good version or is set aside.

Never writes in the configuration folder; keeps the last good versions under the state folder when one is given.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from edged.camera.settings import CameraSettings
from edged.config.areas import across_areas
from edged.config.crosscheck import across_cameras, across_plan, across_secrets, across_station
from edged.config.document import Document, Way, entries, overlay, section, without
from edged.config.last_good import LastGood, read_last_good, write_last_good
from edged.config.meaning import across_shapes
from edged.config.plan import GroundFound, ground_under, keep_ground, position, site_plan
from edged.config.report import ConfigFaults, Fault, Place, Report
from edged.config.rounds import across_rounds
from edged.config.salvage import salvage
from edged.config.secret import locate
from edged.config.sight import across_beacons, across_sight
from edged.config.site_source import Feature, built, site
from edged.config.validate import validated
from edged.config.wording import unknown_key
from edged.config.yaml_source import read
from edged.model.site import SitePlan, Zone
from edged.model.words import Words
from edged.settings import CameraFile, StationSettings

STATION = "station.yaml"
"""Beside a file of this name cameras/, commissioned/ and site.geojson are read; any other name stands alone."""

EntryState = Literal["current", "config_stale", "quarantined"]


@dataclass(frozen=True, slots=True)
class EntryStatus:
    """What became of one entry (camera id, `station`, or plan feature `site:…`)."""

    entry: str
    file: str
    state: EntryState
    words: Words


@dataclass(frozen=True, slots=True)
class Loaded:
    """A station that can run.

    `settings.cameras` holds what runs, without quarantined entries and with file names made absolute. `site` has mounts of these cameras;
    a zone's `talkgroup` is the group's *address*. `faults` are all of this run, warnings included.
    """

    settings: StationSettings
    site: SitePlan
    faults: tuple[Fault, ...]
    entries: tuple[EntryStatus, ...]
    folder: Path

    @property
    def cameras(self) -> tuple[CameraSettings, ...]:
        """The cameras that run."""
        return self.settings.cameras

    def errors(self) -> tuple[Fault, ...]:
        """Return the faults that are not merely warnings."""
        return tuple(fault for fault in self.faults if fault.severity == "error")


@dataclass(frozen=True, slots=True)
class Changes:
    """What a reload must touch."""

    added: tuple[CameraSettings, ...]
    removed: tuple[str, ...]
    changed: tuple[CameraSettings, ...]
    sections: frozenset[str]
    site: bool

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed or self.sections or self.site)


def load(station_yaml: Path, state_dir: Path | None = None) -> Loaded:
    """Return the station. `state_dir` None: judge the files alone, remember nothing.

    Beside a file called station.yaml, cameras/*.yaml, commissioned/*.yaml and site.geojson are read too; any other name stands alone.

    Raises ConfigFaults (exit status 78) when no station or no camera can be used, with every fault of all files.
    """
    return _Loading(Path(station_yaml), state_dir).done()


def changes(old: Loaded, new: Loaded) -> Changes:
    """Return what differs between two loads."""
    before = {camera.id: camera for camera in old.cameras}
    after = {camera.id: camera for camera in new.cameras}
    sections = {
        name for name in StationSettings.model_fields if name != "cameras" and getattr(old.settings, name) != getattr(new.settings, name)
    }
    return Changes(
        tuple(camera for name, camera in after.items() if name not in before),
        tuple(name for name in before if name not in after),
        tuple(camera for name, camera in after.items() if name in before and before[name] != camera),
        frozenset(sections),
        old.site != new.site,
    )


class _Loading:
    """One run over all files."""

    def __init__(self, station_yaml: Path, state_dir: Path | None) -> None:
        self._path, self._folder, self._state = station_yaml, station_yaml.parent, state_dir / "config" if state_dir else None
        self._whole = station_yaml.name == STATION
        self._kept = read_last_good(self._state) if self._state else LastGood()
        self._next = LastGood()
        self._report = Report()
        self._entries: list[EntryStatus] = []
        self._cameras: dict[str, tuple[CameraSettings, Document]] = {}
        self._taken: dict[str, Place] = {}
        self._nameless: set[str] = set()

    def done(self) -> Loaded:
        document = read(self._path)
        self._report.add(*document.faults)
        settings, fresh = self._station(without(document, "cameras"))
        near = position(settings)
        for one in self._camera_files(document):
            self._camera_file(one)
        self._unnamed()
        features, plan_known = self._site(near)
        zones = [f.name for f in features if isinstance(f.value, Zone)]
        self._report.add(*across_cameras(self._cameras, zones, plan_known=plan_known))
        if settings is not None:
            if fresh:
                self._report.add(*across_station(settings, document, zones, plan_known=plan_known))
            self._report.add(*across_plan(settings, features, document))
        self._report.add(*across_shapes(features, self._cameras))
        self._report.add(*across_secrets(list(self._secrets(settings, document)), self._folder))
        if settings is None or not self._cameras:
            raise ConfigFaults(self._report.ordered(), _nothing(self._path, settings is None))
        whole = self._resolved(settings)
        ground = self._ground(whole, document)
        plan = site_plan(whole, features, ground.terrain)
        self._report.add(*across_areas(self._cameras, whole.core, datetime.now(ZoneInfo(whole.station.time_zone)).date()))
        self._report.add(*across_beacons(self._cameras))
        self._report.add(*across_rounds(self._cameras))
        self._report.add(*across_sight(features, self._cameras, plan))
        self._remember(ground)
        return Loaded(whole, plan, self._report.ordered(), tuple(self._entries), self._folder)

    def _station(self, document: Document) -> tuple[StationSettings | None, bool]:
        settings, faults = (None, []) if document.unreadable else validated(document, StationSettings)
        self._report.add(*faults)
        if settings is not None:
            self._next.station = document.data
            self._note("station", document.file, "current")
            return settings, True
        kept = validated(Document("last good", self._kept.station), StationSettings)[0] if self._kept.station is not None else None
        self._next.station = self._kept.station
        self._note("station", document.file, "config_stale" if kept else "quarantined")
        return kept, False

    def _camera_files(self, station: Document) -> Iterator[Document]:
        if isinstance(station.data, dict) and "cameras" in station.data:
            inside = Document(station.file, {"cameras": station.data["cameras"]}, station.lines, unreadable=station.unreadable)
            for name in ("values", "keys"):
                getattr(inside, name).update({w: p for w, p in getattr(station, name).items() if w[:1] == ("cameras",)})
            inside.broken = {bad for bad in station.broken if bad[:1] == ("cameras",)}
            yield inside
        elif station.unreadable:
            yield Document(station.file, {"cameras": []}, unreadable=True)
        if not self._whole:
            return
        folder = self._folder / "cameras"
        try:
            paths = sorted(path for path in folder.iterdir() if path.suffix in (".yaml", ".yml") and not path.name.startswith("."))
        except FileNotFoundError:
            return
        except OSError as fault:
            words = Words(f"cannot be listed: {fault.strerror}", f"无法列出: {fault.strerror}")
            advice = Words("check that it is a folder that group edged may read", "请检查它是目录且 edged 组可读")
            self._report.add(Fault(Place(str(folder)), "", "unreadable", words, advice))
            for file in sorted({name for name in self._kept.files.values() if Path(name).parent == folder}):
                yield Document(file, unreadable=True)
            return
        for path in paths:
            found = salvage(path)
            self._report.add(*found.document.faults)
            yield found.document
            for camera_id in found.broken:
                if camera_id.isdigit() and camera_id not in self._kept.cameras:
                    self._nameless.add(found.document.file)
                if camera_id not in self._taken:
                    self._stale(camera_id, found.document, Document(found.document.file, unreadable=True))

    def _camera_file(self, document: Document) -> None:
        if document.unreadable:
            for camera_id in [c for c, file in self._kept.files.items() if file == document.file]:
                self._stale(camera_id, document, Document(document.file, unreadable=True))
            return
        data = document.data
        if not isinstance(data, dict) or not isinstance(data.get("cameras"), list):
            words = Words("a camera file holds `cameras:` and below it a list of entries", "摄像机文件应以 `cameras:` 开头, 下面是条目列表")
            advice = Words("write `cameras:`, then lines that begin with `  - id: …`", "请写 `cameras:`, 再写以 `  - id: …` 开头的行")
            self._report.add(Fault(document.place(("cameras",)), "cameras", "type", words, advice))
            for camera_id in [c for c, file in self._kept.files.items() if file == document.file]:
                self._stale(camera_id, document, document)
            return
        for name in data:
            if name not in ("cameras", "defaults"):
                rule, words, advice = unknown_key(name, [CameraFile], CameraFile)
                self._report.add(Fault(document.place((name,), key=True), name, rule, words, advice))
        shared = section(document, "defaults")
        if shared.data is not None and not isinstance(shared.data, dict):
            words = Words("`defaults:` is a section of `key: value` lines", "`defaults:` 下应为 “键: 值”")
            self._report.add(Fault(document.place(("defaults",)), "defaults", "type", words))
            shared = Document(document.file)
        for number, entry in enumerate(entries(document, ("cameras",)), 1):
            self._entry(document, overlay(shared, entry) if shared.data else entry, entry, number)

    def _entry(self, document: Document, entry: Document, own: Document, number: int) -> None:
        camera_id = entry.data.get("id") if isinstance(entry.data, dict) else None
        name = camera_id if isinstance(camera_id, str) and camera_id else str(number)
        spot = own.place(("id",))
        if isinstance(camera_id, str) and (first := self._taken.get(camera_id)):
            words = Words(
                f"id {camera_id} stands in {first.file}:{first.line} already", f"id {camera_id} 已在 {first.file}:{first.line} 使用"
            )
            advice = Words("rename or delete this entry; the first one runs", "请改名或删除此条目; 第一个照常运行")
            self._report.add(Fault(spot, f"cameras[{name}].id", "duplicate_id", words, advice, "error", name))
            self._note(f"{name}#{number}", document.file, "quarantined")
            return
        if isinstance(camera_id, str):
            self._taken[camera_id] = spot
        whole = self._commissioned(entry, name)
        settings, faults = validated(whole, CameraSettings, prefix=f"cameras[{name}]", entry=name)
        self._report.add(*faults)
        if settings is None:
            if not isinstance(camera_id, str):
                self._nameless.add(document.file)
            self._stale(name, document, whole)
            return
        self._cameras[settings.id] = settings, whole
        self._next.cameras[settings.id], self._next.files[settings.id] = whole.data, document.file
        self._note(settings.id, document.file, "current")

    def _unnamed(self) -> None:
        """Keep what ran from a file in which a bad entry has no legible id: it may be that entry."""
        for camera_id, file in self._kept.files.items():
            if file in self._nameless and camera_id not in self._taken and camera_id not in self._cameras:
                self._stale(camera_id, Document(file), Document(file, unreadable=True))

    def _commissioned(self, entry: Document, name: str) -> Document:
        """Lay what calibration and console wrote for this camera over the technician's entry. A bad file of theirs is left out."""
        path = self._folder / "commissioned" / f"{name}.yaml"
        if not self._whole or not isinstance(entry.data, dict) or "/" in name or not path.exists():
            return entry
        over = read(path)
        self._report.add(*(replace(fault, entry=name) for fault in over.faults))
        if over.unreadable or over.broken or not isinstance(over.data, dict):
            return entry
        merged = overlay(entry, over)
        settings, faults = validated(merged, CameraSettings, prefix=f"cameras[{name}]", entry=name)
        if settings is None and validated(entry, CameraSettings)[0] is not None:
            self._report.add(*faults)
            return entry
        return merged

    def _stale(self, camera_id: str, document: Document, whole: Document) -> None:
        kept = self._kept.cameras.get(camera_id)
        settings = validated(Document("last good", kept), CameraSettings)[0] if kept is not None else None
        if settings is None:
            self._note(camera_id, document.file, "quarantined")
            return
        self._cameras[camera_id] = settings, whole
        self._next.cameras[camera_id], self._next.files[camera_id] = kept or {}, document.file
        self._note(camera_id, document.file, "config_stale")

    def _site(self, near: tuple[float, float] | None) -> tuple[list[Feature], bool]:
        path = self._folder / "site.geojson"
        if not self._whole or not path.exists():
            return [], True
        found = site(read(path), near)
        self._report.add(*found.faults)
        features = list(found.features)
        lost = list(self._kept.features) if found.unreadable else [n for n in found.lost if n in self._kept.features]
        for name in lost:
            data = self._kept.features[name]
            if (feature := built(name, data)) is not None:
                features.append(replace(feature, document=Document(str(path))))
        drawn = {name: number for number, name in enumerate(found.order)}
        features.sort(key=lambda feature: drawn.get(feature.name, len(drawn)))
        self._next.features = {feature.name: feature.data for feature in features}
        for name in [*found.lost, *(lost if found.unreadable else ())]:
            self._note(f"site:{name}", str(path), "config_stale" if name in self._next.features else "quarantined")
        return features, not found.unreadable

    def _secrets(self, settings: StationSettings | None, document: Document) -> Iterator[tuple[str, Document, Way, str, str | None]]:
        for camera_id, (camera, whole) in self._cameras.items():
            if camera.password_file:
                yield camera.password_file, whole, ("password_file",), f"cameras[{camera_id}].password_file", camera_id
        if settings is not None and settings.mqtt.password_file:
            yield str(settings.mqtt.password_file), document, ("mqtt", "password_file"), "mqtt.password_file", None

    def _resolved(self, settings: StationSettings) -> StationSettings:
        """Return the settings with the cameras in them and every file name absolute."""
        cameras = tuple(
            camera.model_copy(update={"password_file": str(locate(Path(camera.password_file), self._folder).absolute())})
            if camera.password_file
            else camera
            for camera, _ in self._cameras.values()
        )
        mqtt = settings.mqtt
        if mqtt.password_file:
            mqtt = mqtt.model_copy(update={"password_file": locate(mqtt.password_file, self._folder).absolute()})
        if mqtt.tls:
            names = {
                name: (self._folder / path).absolute() for name in ("ca_file", "cert_file", "key_file") if (path := getattr(mqtt.tls, name))
            }
            mqtt = mqtt.model_copy(update={"tls": mqtt.tls.model_copy(update=names)})
        consumers = tuple(
            one.model_copy(update={"hmac_key_file": locate(one.hmac_key_file, self._folder).absolute()}) if one.hmac_key_file else one
            for one in mqtt.consumers
        )
        place = settings.site
        if place.terrain:
            place = place.model_copy(update={"terrain": (self._folder / place.terrain).absolute()})
        return settings.model_copy(update={"mqtt": mqtt.model_copy(update={"consumers": consumers}), "cameras": cameras, "site": place})

    def _ground(self, settings: StationSettings, document: Document) -> GroundFound:
        found = ground_under(settings, document, self._state)
        if found.fault is not None:
            self._report.add(found.fault)
            self._note("site:terrain", str(settings.site.terrain), "config_stale" if found.stale else "quarantined")
        return found

    def _remember(self, ground: GroundFound) -> None:
        if self._state is None:
            return
        try:
            write_last_good(self._state, self._next)
            keep_ground(self._state, ground)
        except OSError as fault:
            words = Words(f"the last good settings cannot be kept: {fault.strerror}", f"无法保存上一次可用的配置: {fault.strerror}")
            advice = Words("check room and owner of the state folder", "请检查状态目录的空间与属主")
            self._report.add(Fault(Place(str(self._state)), "", "state", words, advice, "warning"))

    def _note(self, entry: str, file: str, state: EntryState) -> None:
        self._entries.append(EntryStatus(entry, file, state, _STATES[state]))


_STATES: dict[str, Words] = {
    "current": Words("runs as written", "按文件运行"),
    "config_stale": Words("runs on its last good version until the file is mended", "文件有误, 按上一次可用的版本运行"),
    "quarantined": Words("does not run: it was never right; mend the file", "未运行: 没有可用的版本, 请改正文件"),
}


def _nothing(path: Path, station: bool) -> Words:
    if station:
        return Words(f"{path}: no station can be run from this file; mend the faults above", f"{path}: 无法据此运行站点; 请改正以上错误")
    if path.name != STATION:
        return Words(
            f"{path}: no camera entry can be used; write `cameras:` in it (cameras/*.yaml are read beside a file called {STATION} only)",
            f"{path}: 没有可用的摄像机条目; 请在其中写 `cameras:` (仅当文件名为 {STATION} 时才读取 cameras/*.yaml)",
        )
    return Words(
        f"{path}: no camera entry can be used; mend the faults above, or add an entry under cameras/ (id, kind, address)",
        f"{path}: 没有可用的摄像机条目; 请改正以上错误, 或在 cameras/ 下添加条目 (id, kind, address)",
    )
