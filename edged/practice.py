"""A whole station to practise on, composed: simulated cameras, broker, daemon, gateway stand-in. All on 127.0.0.1, in one folder.

Used by `edged demo`, by the end-to-end tests and by the benches.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from edged.assembly import identity_of
from edged.config.load import load
from edged.geometry.earth import from_enu
from edged.geometry.place import locate
from edged.geometry.site import SiteModel
from edged.model.errors import EdgedError
from edged.model.site import Mount, SitePlan
from edged.output.mqtt.access import access_list, mosquitto_conf, password_line
from edged.simulator.broker import PracticeBroker, free_port
from edged.simulator.gateway import Gateway, Officer
from edged.simulator.mosquitto import Mosquitto, installed
from edged.simulator.settings import SimulatorSettings
from edged.simulator.station import Station

STATION = "practice-01"
CONSUMER = "practice-city"
GATEWAY = "pdt-gateway"
DUTY = "duty-desk"
TALKGROUP, DUTY_RADIO, TEST_RADIO = "8001", "80010001", "80010099"
STOP_S = 15.0


def simulated(cameras: tuple[str, ...], clips: Mapping[str, Path] | None = None, **more: Any) -> SimulatorSettings:
    """Return a simulated station with these cameras of the example station on free ports; `clips` replaces a camera's yard."""
    whole = SimulatorSettings(**more).only(cameras)
    clips = clips or {}
    changed = tuple(
        camera.model_copy(update={"http_port": 0, "rtsp_port": 0, "clip": str(clips[camera.id]) if camera.id in clips else None})
        for camera in whole.cameras
    )
    return whole.model_copy(update={"cameras": changed})


class Practice:
    """The parts, started one by one or all by `start`; `stop` ends whatever runs."""

    def __init__(
        self,
        folder: Path,
        simulator: SimulatorSettings,
        *,
        core: Mapping[str, Any] | None = None,
        arming: str = "radio",
        officer: Officer | None = None,
        show: Callable[[str], None] = print,
    ) -> None:
        self.folder = folder
        self.config, self.state, self.socket = folder / "etc", folder / "state", folder / "control.sock"
        self.log = folder / "edged.log"
        self.port = free_port()
        self.passwords = {name: secrets.token_urlsafe(12) for name in ("edged", CONSUMER, GATEWAY, DUTY)}
        self.simulator = Station(simulator)
        self.broker: Mosquitto | PracticeBroker | None = None
        self.daemon: subprocess.Popen[bytes] | None = None
        self.gateway = Gateway(STATION, self.port, GATEWAY, self.passwords[GATEWAY], officer=officer or Officer(DUTY_RADIO), show=show)
        self._core, self._arming, self._show = dict(core or {}), arming, show

    @property
    def consumer(self) -> tuple[str, str, str]:
        """The named consumer: station, user, password."""
        return STATION, CONSUMER, self.passwords[CONSUMER]

    def start(self) -> Practice:
        """Start everything. Raises EdgedError."""
        self.simulator.start()
        self.write()
        self.start_broker()
        self.start_daemon()
        self.gateway.start()
        return self

    def stop(self) -> None:
        """End everything that runs."""
        self.gateway.stop()
        self.stop_daemon()
        if self.broker is not None:
            self.broker.stop()
        self.simulator.stop()

    def __enter__(self) -> Practice:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def write(self) -> None:
        """Write the station's files as a technician would; the simulator must run, its ports are in them."""
        secrets_dir = self.config / "secrets"
        secrets_dir.mkdir(parents=True, exist_ok=True)
        (self.config / "cameras").mkdir(exist_ok=True)
        (secrets_dir / "broker.password").write_text(self.passwords["edged"] + "\n")
        (secrets_dir / "cameras.password").write_text(self.simulator.cameras[0].settings.password + "\n")
        for path in secrets_dir.iterdir():
            path.chmod(0o600)
        self.write_station()
        cameras = [self._camera(camera.settings.id) for camera in self.simulator.cameras]
        self._yaml("cameras/lookouts.yaml", {"cameras": cameras})
        (self.config / "site.geojson").write_text(json.dumps(self._site(), ensure_ascii=False), encoding="utf-8")

    def write_station(self, **more: Any) -> None:
        """Write station.yaml; `more` adds or replaces sections."""
        known = {
            "station": {"id": STATION, "name": "演习站", "simulated": True, "language": "zh"},
            "core": {"hold_s": 3, "arming": self._arming, **self._core},
            "mqtt": {
                "host": "127.0.0.1",
                "port": self.port,
                "username": "edged",
                "password_file": "secrets/broker.password",
                "consumers": [{"name": CONSUMER, "delivery": "cursor"}],
            },
            "radio": {"gateway_user": GATEWAY},
            "fleet": {"stagger_s": 0},
            "talkgroups": {"patrol": {"id": TALKGROUP, "name": "巡逻"}},
            "people": {DUTY: {"name": "值班台", "role": "duty", "radio": DUTY_RADIO}},
            "duty": {"talkgroup": "patrol", "radios": [DUTY_RADIO], "test_radios": [TEST_RADIO]},
        }
        self._yaml("station.yaml", {**known, **more})

    def start_broker(self) -> None:
        """Start mosquitto with the station's access list, or the practice broker where it is not installed."""
        if isinstance(self.broker, Mosquitto):
            self.broker.start()
            return
        settings = load(self.config / "station.yaml").settings
        if installed() is None:
            self.broker = PracticeBroker(self.port).start()
            return
        home = self.folder / "broker"
        conf = mosquitto_conf(settings.mqtt, home / "passwords", home / "acl", None)
        acl = access_list(identity_of(settings), settings.mqtt, settings.radio)
        self.broker = Mosquitto(home, self.port, conf, self.passwords, acl, password_line).start()

    def start_daemon(self) -> None:
        """Start `edged run` on this folder; its log goes to `edged.log`."""
        environment = {k: v for k, v in os.environ.items() if k not in ("NOTIFY_SOCKET", "WATCHDOG_USEC")}
        with self.log.open("ab") as out:
            self.daemon = subprocess.Popen(
                [sys.executable, "-m", "edged", "run", "-c", str(self.config / "station.yaml"), "--state", str(self.state),
                 "--socket", str(self.socket)],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=environment,
            )  # fmt: skip

    def stop_daemon(self) -> None:
        """Stop it in order. Harmless when it does not run."""
        daemon, self.daemon = self.daemon, None
        if daemon is None or daemon.poll() is not None:
            return
        daemon.send_signal(signal.SIGTERM)
        try:
            daemon.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._show(f"the daemon did not stop in {STOP_S:.0f} s: killed; see {self.log}")
            daemon.kill()
            daemon.wait(STOP_S)

    def kill_daemon(self) -> None:
        """Kill it as a power cut would."""
        if self.daemon is not None:
            self.daemon.kill()
            self.daemon.wait(STOP_S)
            self.daemon = None

    def wait_for(self, what: str, found: Callable[[], bool], timeout_s: float) -> None:
        """Wait until `found`. Raises EdgedError when it is not so in time or the daemon ended, with the end of its log."""
        end = time.monotonic() + timeout_s
        while not found():
            if self.daemon is not None and self.daemon.poll() is not None:
                raise EdgedError(f"the daemon ended with status {self.daemon.returncode} before {what}:\n{self.tail()}")
            if time.monotonic() > end:
                raise EdgedError(f"not in {timeout_s:.0f} s: {what}:\n{self.tail()}")
            time.sleep(0.1)

    def tail(self, lines: int = 25) -> str:
        """Return the end of the daemon's log."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])

    def _camera(self, camera_id: str) -> dict[str, Any]:
        camera = self.simulator.camera(camera_id)
        known = camera.settings
        entry: dict[str, Any] = {
            "id": camera_id,
            "name": f"{camera_id} 模拟",
            "kind": "lookout" if known.has_thermal else "corridor" if known.kind == "corridor" else "panorama",
            "address": "127.0.0.1",
            "onvif_port": camera.http_port,
            "username": known.username,
            "password_file": "secrets/cameras.password",
            "mount": {
                "lat_wgs84": known.lat_wgs84,
                "lon_wgs84": known.lon_wgs84,
                "height_m": known.height_m,
                "azimuth_deg": known.azimuth_deg,
                "calibrated": True,
            },
        }
        if known.has_thermal:
            entry["thermal"] = {"picture": "white-hot", "hfov_deg": known.hfov_deg}
            if known.has_head and not known.clip:
                entry["views"] = [{"id": "yard", "pan_deg": known.pan_deg, "tilt_deg": known.tilt_deg, "dwell_s": 3600}]
        return entry

    def _site(self) -> dict[str, Any]:
        """Return a plan with one yard around what the first camera looks at, and one gate."""
        first = self.simulator.cameras[0].settings
        level = SiteModel(SitePlan(), (first.lat_wgs84, first.lon_wgs84))
        mount = Mount(first.id, first.lat_wgs84, first.lon_wgs84, first.height_m, first.azimuth_deg)
        middle = locate(level, mount, first.pan_deg, min(first.tilt_deg, -1.0), 0.1)
        east, north = level.plane(middle.lat_wgs84, middle.lon_wgs84)

        def at(x: float, y: float) -> list[float]:
            lat, lon = from_enu(first.lat_wgs84, first.lon_wgs84, east + x, north + y)
            return [lon, lat]

        ring = [at(-300, -300), at(300, -300), at(300, 300), at(-300, 300), at(-300, -300)]
        zone = {"kind": "zone", "id": "a3", "name": "A3堆场", "code": "A3", "gate": "2门", "talkgroup": "patrol"}
        gate = {"kind": "gate", "name": "2门"}
        return {
            "type": "FeatureCollection",
            "features": [
                {"type": "Feature", "properties": zone, "geometry": {"type": "Polygon", "coordinates": [ring]}},
                {"type": "Feature", "properties": gate, "geometry": {"type": "Point", "coordinates": at(0, -350)}},
            ],
        }

    def _yaml(self, name: str, value: Mapping[str, Any]) -> None:
        (self.config / name).write_text(yaml.safe_dump(dict(value), allow_unicode=True, sort_keys=False), encoding="utf-8")
