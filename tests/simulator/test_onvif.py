"""The ONVIF side against zeep with onvif-zeep's WSDLs, a client that the project did not write; and against bad requests."""

from __future__ import annotations

import http.client
import time
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.auth import HTTPDigestAuth

from edged.simulator.camera import Camera
from edged.simulator.soap import envelope
from edged.simulator.station import Station
from tests.simulator.conftest import PASSWORD, USER

DEGREES = "http://www.onvif.org/ver10/tptz/PanTiltSpaces/SphericalPositionSpaceDegrees"
SERVICE = {
    "devicemgmt": ("device", "http://www.onvif.org/ver10/device/wsdl", "DeviceBinding"),
    "media": ("media", "http://www.onvif.org/ver10/media/wsdl", "MediaBinding"),
    "ptz": ("ptz", "http://www.onvif.org/ver20/ptz/wsdl", "PTZBinding"),
    "imaging": ("imaging", "http://www.onvif.org/ver20/imaging/wsdl", "ImagingBinding"),
    "events": ("event", "http://www.onvif.org/ver10/events/wsdl", "EventBinding"),
}


def client(camera: Camera, service: str, password: str = PASSWORD, path: str | None = None, binding: str | None = None) -> Any:
    """Return a zeep proxy of one service, logging in as the camera wants it."""
    import onvif
    import zeep
    from zeep.transports import Transport
    from zeep.wsse.username import UsernameToken

    name, namespace, usual = SERVICE[service]
    session = requests.Session()
    session.trust_env = False
    wsse = None
    if camera.settings.auth == "wsse":
        wsse = UsernameToken(USER, password, use_digest=True)
    elif camera.settings.auth == "digest":
        session.auth = HTTPDigestAuth(USER, password)
    wsdl = Path(onvif.__file__).parent.parent / "wsdl" / f"{service}.wsdl"
    made = zeep.Client(str(wsdl), wsse=wsse, transport=Transport(session=session, operation_timeout=10))
    address = f"http://127.0.0.1:{camera.http_port}{path or f'/onvif/{name}_service'}"
    return made.create_service(f"{{{namespace}}}{binding or usual}", address)


def post(camera: Camera, body: str, path: str = "/onvif/device_service", auth: HTTPDigestAuth | None = None) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.post(f"http://127.0.0.1:{camera.http_port}{path}", data=envelope(body).encode(), auth=auth, timeout=10)


def subcodes(fault: Any) -> list[str]:
    return [code.localname for code in fault.subcodes]


@pytest.mark.parametrize("camera_id", ["th-01", "th-02", "co-001"])
def test_zeep_reads_every_answer(station: Station, camera_id: str) -> None:
    camera = station.camera(camera_id)
    device = client(camera, "devicemgmt")
    assert device.GetDeviceInformation().SerialNumber == f"SIM-{camera_id}"
    assert device.GetHostname().Name == camera_id
    addresses = {s.Namespace: s.XAddr for s in device.GetServices(IncludeCapability=False)}
    assert ("http://www.onvif.org/ver20/ptz/wsdl" in addresses) == (camera_id != "co-001")
    assert device.GetCapabilities(Category="All").Media.XAddr == addresses["http://www.onvif.org/ver10/media/wsdl"]
    assert any(scope.ScopeItem.endswith("Profile/T") for scope in device.GetScopes())
    media = client(camera, "media")
    profiles = media.GetProfiles()
    assert [p.token for p in profiles] == [f"profile_{lens}" for lens in camera.lenses]
    setup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
    uri = media.GetStreamUri(StreamSetup=setup, ProfileToken=profiles[0].token).Uri
    assert uri == f"rtsp://127.0.0.1:{camera.rtsp_port}/{camera.lenses[0]}"
    encoder = media.GetVideoEncoderConfigurations()[0]
    size = (encoder.Resolution.Width, encoder.Resolution.Height)
    assert (size, encoder.H264.GovLength) == (((640, 512), 16) if camera_id != "co-001" else ((640, 360), 10))
    assert media.GetVideoSources()[0].token == f"vs_{camera.lenses[0]}"
    assert client(camera, "imaging").GetOptions(VideoSourceToken=f"vs_{camera.lenses[0]}").Contrast.Max == 100
    assert client(camera, "events").GetEventProperties().FixedTopicSet is True


def test_time_needs_no_login(station: Station) -> None:
    answer = post(station.camera("th-02"), "<tds:GetSystemDateAndTime/>")
    assert answer.status_code == 200
    assert "<tt:UTCDateTime>" in answer.text


def test_digest_is_asked_for_and_checked(station: Station) -> None:
    camera = station.camera("th-02")
    before = camera.counters.refused_logins
    question = "<tds:GetDeviceInformation/>"
    refused = post(camera, question)
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].startswith("Digest ")
    assert camera.counters.refused_logins == before, "a question without a login is no refused login"
    assert post(camera, question, auth=HTTPDigestAuth(USER, "wrong")).status_code == 401
    assert camera.counters.refused_logins > before
    assert post(camera, question, auth=HTTPDigestAuth(USER, PASSWORD)).status_code == 200


def test_token_is_checked(station: Station) -> None:
    import zeep.exceptions

    camera = station.camera("th-01")
    before = camera.counters.refused_logins
    with pytest.raises(zeep.exceptions.Fault, match="not authorized") as fault:
        client(camera, "devicemgmt", password="wrong").GetDeviceInformation()
    assert subcodes(fault.value) == ["NotAuthorized"]
    assert camera.counters.refused_logins == before + 1


def test_clock_fault_refuses_tokens_until_the_offset_is_known(make_station: Any) -> None:
    import zeep.exceptions

    from edged.simulator.settings import SimulatedCamera

    station = make_station(SimulatedCamera(id="c", auth="wsse", clock_offset_s=120.0))
    with pytest.raises(zeep.exceptions.Fault, match="not authorized"):
        client(station.camera("c"), "devicemgmt").GetDeviceInformation()
    station.fault("clock", "c")
    ahead = (station.camera("c").utc().timestamp() - time.time()) / 3600
    assert 8.03 < ahead < 8.04


def test_head_turns_in_time(station: Station) -> None:
    camera = station.camera("th-01")
    ptz = client(camera, "ptz")
    token = "profile_thermal"
    place = {"PanTilt": {"x": 24.0, "y": -7.0, "space": DEGREES}, "Zoom": {"x": 0.25}}
    ptz.AbsoluteMove(ProfileToken=token, Position=place)
    moving = ptz.GetStatus(ProfileToken=token)
    assert moving.MoveStatus.PanTilt == "MOVING"
    assert 0.0 <= moving.Position.PanTilt.x < 24.0
    end = time.monotonic() + 5
    while "MOVING" in vars(ptz.GetStatus(ProfileToken=token).MoveStatus)["__values__"].values() and time.monotonic() < end:
        time.sleep(0.05)
    arrived = ptz.GetStatus(ProfileToken=token)
    assert (arrived.Position.PanTilt.x, arrived.Position.PanTilt.y, arrived.Position.Zoom.x) == (24.0, -7.0, 0.25)
    preset = ptz.SetPreset(ProfileToken=token, PresetName="东门")
    assert [p.Name for p in ptz.GetPresets(ProfileToken=token) if p.token == preset] == ["东门"]
    ptz.RelativeMove(ProfileToken=token, Translation={"PanTilt": {"x": 0.1, "y": 0.0}})
    ptz.ContinuousMove(ProfileToken=token, Velocity={"PanTilt": {"x": -1.0, "y": 0.0}}, Timeout="PT5S")
    ptz.Stop(ProfileToken=token, PanTilt=True, Zoom=True)
    assert ptz.GetStatus(ProfileToken=token).MoveStatus.PanTilt == "IDLE"
    ptz.GotoPreset(ProfileToken=token, PresetToken=preset)
    assert ptz.GetNodes()[0].token == "node_1"
    assert ptz.GetConfigurations()[0].token == "ptz_1"
    spaces = ptz.GetConfigurationOptions(ConfigurationToken="ptz_1").Spaces.AbsolutePanTiltPositionSpace
    assert [s.URI for s in spaces][1] == DEGREES


def test_wrong_moves_are_faults(station: Station) -> None:
    import zeep.exceptions

    ptz = client(station.camera("th-01"), "ptz")
    for position, profile, code in (
        ({"PanTilt": {"x": 0.0, "y": 80.0, "space": DEGREES}}, "profile_thermal", "InvalidPosition"),
        ({"PanTilt": {"x": 2.0, "y": 0.0}}, "profile_thermal", "InvalidPosition"),
        ({"PanTilt": {"x": 0.0, "y": 0.0, "space": "urn:none"}}, "profile_thermal", "SpaceNotSupported"),
        ({"PanTilt": {"x": 0.0, "y": 0.0}}, "profile_9", "NoProfile"),
    ):
        with pytest.raises(zeep.exceptions.Fault) as fault:
            ptz.AbsoluteMove(ProfileToken=profile, Position=position)
        assert code in subcodes(fault.value)


def test_stuck_head_takes_orders_and_stays(make_station: Any) -> None:
    from edged.simulator.settings import SimulatedCamera

    station = make_station(SimulatedCamera(id="c", auth="none"))
    station.fault("stuck-head", "c")
    ptz = client(station.camera("c"), "ptz")
    ptz.AbsoluteMove(ProfileToken="profile_thermal", Position={"PanTilt": {"x": 20.0, "y": -4.0, "space": DEGREES}})
    status = ptz.GetStatus(ProfileToken="profile_thermal")
    assert (status.MoveStatus.PanTilt, status.Position.PanTilt.x) == ("IDLE", 0.0)
    station.lift("stuck-head", "c")
    ptz.AbsoluteMove(ProfileToken="profile_thermal", Position={"PanTilt": {"x": 20.0, "y": -4.0, "space": DEGREES}})
    assert ptz.GetStatus(ProfileToken="profile_thermal").MoveStatus.PanTilt == "MOVING"


def test_events_end_to_end(station: Station) -> None:
    camera, auth = station.camera("th-02"), HTTPDigestAuth(USER, PASSWORD)
    created = post(
        camera,
        "<tev:CreatePullPointSubscription><tev:Filter><wsnt:TopicExpression>tns1:VideoSource/RadiometryAlarm</wsnt:TopicExpression>"
        "</tev:Filter><tev:InitialTerminationTime>PT60S</tev:InitialTerminationTime></tev:CreatePullPointSubscription>",
        "/onvif/event_service",
        auth,
    )
    assert created.status_code == 200
    reference = created.text.split("<wsa:ReferenceParameters>")[1].split("</wsa:ReferenceParameters>")[0]

    def ask(body: str, *, echoed: bool = True) -> requests.Response:
        text = envelope(body)
        if echoed:
            text = text.replace("<env:Body>", f"<env:Header>{reference}</env:Header><env:Body>")
        url = f"http://127.0.0.1:{camera.http_port}/onvif/subscription"
        with requests.Session() as session:
            session.trust_env = False
            return session.post(url, data=text.encode(), auth=auth, timeout=10)

    pull = "<tev:PullMessages><tev:Timeout>PT5S</tev:Timeout><tev:MessageLimit>10</tev:MessageLimit></tev:PullMessages>"
    first = ask(pull)
    assert 'PropertyOperation="Initialized"' in first.text
    assert "tns1:VideoSource/RadiometryAlarm" in first.text
    camera.events.change("tns1:VideoSource/RadiometryAlarm", {"VideoSource": "vs_thermal"}, {"State": "true"})
    second = ask(pull)
    assert 'PropertyOperation="Changed"' in second.text
    assert 'Name="State" Value="true"' in second.text
    assert ask("<tev:SetSynchronizationPoint/>").status_code == 200
    assert 'PropertyOperation="Initialized"' in ask(pull).text
    assert "ResourceUnknown" in ask(pull, echoed=False).text
    assert ask("<wsnt:Renew><wsnt:TerminationTime>PT30S</wsnt:TerminationTime></wsnt:Renew>").status_code == 200
    assert (
        "UnacceptableTerminationTime"
        in ask("<wsnt:Renew><wsnt:TerminationTime>1970-01-01T00:00:00Z</wsnt:TerminationTime></wsnt:Renew>").text
    )
    assert ask("<wsnt:Unsubscribe/>").status_code == 200
    assert "ResourceUnknown" in ask(pull).text
    assert camera.events.open_count() == 0


def test_own_alarm_follows_a_fire(make_station: Any) -> None:
    from edged.simulator.settings import SimulatedCamera

    station = make_station(SimulatedCamera(id="c", auth="none"))
    camera = station.camera("c")
    camera.ignite(start_s=camera.now_s() - 60)
    camera.watch_scene()
    values = {topic: dict(data) for topic, _, data in camera.events.topics()}
    assert values["tns1:VideoSource/RadiometryAlarm"] == {"State": "true"}
    assert values["tns1:RuleEngine/Radiometry/TemperatureAlarm"] == {"AlarmActive": "true"}


def test_no_events_fault(make_station: Any) -> None:
    from edged.simulator.settings import SimulatedCamera

    station = make_station(SimulatedCamera(id="c", auth="none"))
    station.fault("no-events", "c")
    answer = post(station.camera("c"), "<tev:CreatePullPointSubscription/>", "/onvif/event_service")
    assert (answer.status_code, "ActionNotSupported" in answer.text) == (500, True)


def test_bad_requests(station: Station) -> None:
    camera = station.camera("co-001")
    assert "ActionNotSupported" in post(camera, "<tds:FormatEverything/>").text
    assert "ActionNotSupported" in post(camera, "<tptz:GetNodes/>").text
    assert "there is no profile" in post(camera, "<trt:GetProfile><trt:ProfileToken>x</trt:ProfileToken></trt:GetProfile>").text
    assert post(camera, "<tds:GetHostname/>", "/elsewhere").status_code == 404
    url = f"http://127.0.0.1:{camera.http_port}"
    assert requests.get(f"{url}/onvif/device_service", timeout=5).status_code == 405
    assert "WellFormed" in requests.post(f"{url}/onvif/device_service", data=b"<a", timeout=5).text
    soap11 = b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body/></e:Envelope>'
    assert "VersionMismatch" in requests.post(f"{url}/onvif/device_service", data=soap11, timeout=5).text
    connection = http.client.HTTPConnection("127.0.0.1", camera.http_port, timeout=5)
    connection.putrequest("POST", "/onvif/device_service")
    connection.putheader("Content-Length", "99999999")
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_snapshot_is_a_picture_behind_a_login(station: Station) -> None:
    url = f"http://127.0.0.1:{station.camera('th-01').http_port}/snapshot/thermal.jpg"
    assert requests.get(url, timeout=5).status_code == 401
    answer = requests.get(url, auth=HTTPDigestAuth(USER, PASSWORD), timeout=5)
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.content[:2] == b"\xff\xd8"


def test_ports_are_named_when_taken(station: Station) -> None:
    from edged.model.errors import ConfigError
    from edged.simulator.settings import SimulatedCamera, SimulatorSettings

    taken = station.camera("th-01").http_port
    with pytest.raises(ConfigError, match=f"simulated camera x: http_port {taken} cannot be opened"):
        Station(SimulatorSettings(cameras=(SimulatedCamera(id="x", http_port=taken),))).start()
