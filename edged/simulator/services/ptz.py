"""ONVIF PTZ service: generic and spherical-degree spaces. Source: ptz.wsdl 2.4, PTZ specification §5."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

from edged.geometry.head import wrap_deg
from edged.simulator.camera import Camera
from edged.simulator.head import (
    PAN_SPEED,
    TILT_MAX_DEG,
    TILT_MIN_DEG,
    TILT_SPEED,
    ZOOM_SPEED,
    OutOfRange,
    Position,
    norm_to_tilt,
    tilt_to_norm,
)  # fmt: skip
from edged.simulator.soap import PREFIXES, Envelope, SoapFault, bad_argument, duration_s, moment, number, text, unsupported

SPACES = "http://www.onvif.org/ver10/tptz/PanTiltSpaces/"
ZOOMS = "http://www.onvif.org/ver10/tptz/ZoomSpaces/"
GENERIC, DEGREES = SPACES + "PositionGenericSpace", SPACES + "SphericalPositionSpaceDegrees"
MOVE_GENERIC, MOVE_DEGREES = SPACES + "TranslationGenericSpace", SPACES + "SphericalTranslationSpaceDegrees"
SPEED_GENERIC, SPEED_DEGREES = SPACES + "VelocityGenericSpace", SPACES + "VelocitySpaceDegrees"
ZOOM = ZOOMS + "PositionGenericSpace"
MAX_PRESETS = 64
LONGEST_DRIVE_S = 60.0


def configuration(tag: str) -> str:
    """Return the one PTZ configuration."""
    return (
        f'<{tag} token="ptz_1"><tt:Name>head</tt:Name><tt:UseCount>2</tt:UseCount><tt:NodeToken>node_1</tt:NodeToken>'
        f"<tt:DefaultAbsolutePantTiltPositionSpace>{GENERIC}</tt:DefaultAbsolutePantTiltPositionSpace>"
        f"<tt:DefaultAbsoluteZoomPositionSpace>{ZOOM}</tt:DefaultAbsoluteZoomPositionSpace>"
        f"<tt:DefaultRelativePanTiltTranslationSpace>{MOVE_GENERIC}</tt:DefaultRelativePanTiltTranslationSpace>"
        f"<tt:DefaultContinuousPanTiltVelocitySpace>{SPEED_GENERIC}</tt:DefaultContinuousPanTiltVelocitySpace>"
        f"<tt:DefaultPTZTimeout>PT10S</tt:DefaultPTZTimeout>"
        f"<tt:PanTiltLimits>{_range2('tt:Range', GENERIC, -1, 1, -1, 1)}</tt:PanTiltLimits>"
        f"<tt:ZoomLimits>{_range1('tt:Range', ZOOM, 0, 1)}</tt:ZoomLimits></{tag}>"
    )


def get_nodes(_camera: Camera, _: Envelope) -> str:
    """Answer the one node."""
    return f"<tptz:GetNodesResponse>{_node()}</tptz:GetNodesResponse>"


def get_node(_camera: Camera, request: Envelope) -> str:
    """Answer the node by its token."""
    if text(request.body, "tptz:NodeToken") != "node_1":
        raise bad_argument("there is no such node", "ter:NoEntity")
    return f"<tptz:GetNodeResponse>{_node()}</tptz:GetNodeResponse>"


def get_configurations(_camera: Camera, _: Envelope) -> str:
    """Answer the one configuration."""
    return f"<tptz:GetConfigurationsResponse>{configuration('tptz:PTZConfiguration')}</tptz:GetConfigurationsResponse>"


def get_configuration_options(_camera: Camera, request: Envelope) -> str:
    """Answer the spaces and their ends."""
    if text(request.body, "tptz:ConfigurationToken") != "ptz_1":
        raise bad_argument("there is no such configuration", "ter:NoConfig")
    return (
        f"<tptz:GetConfigurationOptionsResponse><tptz:PTZConfigurationOptions><tt:Spaces>{_spaces()}</tt:Spaces>"
        f"<tt:PTZTimeout><tt:Min>PT0S</tt:Min><tt:Max>PT{LONGEST_DRIVE_S:g}S</tt:Max></tt:PTZTimeout>"
        "</tptz:PTZConfigurationOptions></tptz:GetConfigurationOptionsResponse>"
    )


def get_status(camera: Camera, request: Envelope) -> str:
    """Answer position, movement and the moment that they are true for."""
    _profile(camera, request)
    return f"<tptz:GetStatusResponse>{status(camera, 'tptz:PTZStatus')}</tptz:GetStatusResponse>"


def status(camera: Camera, tag: str) -> str:
    """Return a PTZStatus. The 2013 schema has room for one position, which is given in degrees; generic where the settings say so."""
    now_s = camera.now_s()
    head = camera.head
    here = head.at(now_s)
    if camera.settings.position_space == "degrees":
        pan_tilt = f'<tt:PanTilt x="{here.pan_deg:.4f}" y="{here.tilt_deg:.4f}" space="{DEGREES}"/>'
    else:
        pan_tilt = f'<tt:PanTilt x="{here.pan_deg / 180.0:.6f}" y="{tilt_to_norm(here.tilt_deg):.6f}" space="{GENERIC}"/>'
    return (
        f'<{tag}><tt:Position>{pan_tilt}<tt:Zoom x="{here.zoom_norm:.5f}" space="{ZOOM}"/></tt:Position>'
        f"<tt:MoveStatus><tt:PanTilt>{_word(head.turning(now_s))}</tt:PanTilt><tt:Zoom>{_word(head.zooming(now_s))}</tt:Zoom></tt:MoveStatus>"
        f"<tt:UtcTime>{moment(camera.utc())}</tt:UtcTime></{tag}>"
    )


def absolute_move(camera: Camera, request: Envelope) -> str:
    """Turn to a position."""
    _profile(camera, request)
    pan_tilt, zoom = _vector(request, "tptz:Position")
    pan_deg, tilt_deg = _degrees(pan_tilt, GENERIC, DEGREES) if pan_tilt is not None else (None, None)
    zoom_norm = _zoom(zoom) if zoom is not None else None
    if pan_tilt is None and zoom is None:
        raise bad_argument("no position is given", "ter:InvalidPosition")
    _turn(camera, pan_deg, tilt_deg, zoom_norm, _speed(request))
    return "<tptz:AbsoluteMoveResponse/>"


def relative_move(camera: Camera, request: Envelope) -> str:
    """Turn by an amount."""
    _profile(camera, request)
    pan_tilt, zoom = _vector(request, "tptz:Translation")
    here = camera.head.at(camera.now_s())
    pan_deg = tilt_deg = zoom_norm = None
    if pan_tilt is not None:
        x, y, space = _xy(pan_tilt, MOVE_GENERIC)
        if space not in (MOVE_GENERIC, MOVE_DEGREES):
            raise _no_space(space)
        scale = (180.0, (TILT_MAX_DEG - TILT_MIN_DEG) / 2.0) if space == MOVE_GENERIC else (1.0, 1.0)
        pan_deg, tilt_deg = wrap_deg(here.pan_deg + x * scale[0]), here.tilt_deg + y * scale[1]
    if zoom is not None:
        zoom_norm = here.zoom_norm + number(zoom.get("x"), "zoom")
    _turn(camera, pan_deg, tilt_deg, zoom_norm, _speed(request))
    return "<tptz:RelativeMoveResponse/>"


def continuous_move(camera: Camera, request: Envelope) -> str:
    """Turn with a velocity until stopped or the time is over."""
    _profile(camera, request)
    pan_tilt, zoom = _vector(request, "tptz:Velocity")
    timeout = min(duration_s(text(request.body, "tptz:Timeout", "PT10S")), LONGEST_DRIVE_S)
    x = y = z = 0.0
    if pan_tilt is not None:
        x, y, space = _xy(pan_tilt, SPEED_GENERIC)
        if space not in (SPEED_GENERIC, SPEED_DEGREES):
            raise _no_space(space)
        if space == SPEED_DEGREES:
            x, y = x / PAN_SPEED, y / TILT_SPEED
    if zoom is not None:
        z = number(zoom.get("x"), "zoom")
    if max(abs(x), abs(y), abs(z)) > 1.0:
        raise bad_argument("the velocity is out of range", "ter:InvalidVelocity")
    camera.order(camera.head.drive(camera.now_s(), x, y, z, timeout))
    return "<tptz:ContinuousMoveResponse/>"


def stop(camera: Camera, request: Envelope) -> str:
    """Hold the axes."""
    _profile(camera, request)
    turning, zooming = (text(request.body, f"tptz:{name}", "true").lower() in ("true", "1") for name in ("PanTilt", "Zoom"))
    camera.order(camera.head.stop(camera.now_s(), turning=turning, zooming=zooming))
    return "<tptz:StopResponse/>"


def get_presets(camera: Camera, request: Envelope) -> str:
    """Answer the presets with their positions."""
    _profile(camera, request)
    rows = "".join(
        f'<tptz:Preset token="{token}"><tt:Name>{escape(name)}</tt:Name><tt:PTZPosition>'
        f'<tt:PanTilt x="{p.pan_deg / 180.0:.6f}" y="{tilt_to_norm(p.tilt_deg):.6f}" space="{GENERIC}"/>'
        f'<tt:Zoom x="{p.zoom_norm:.5f}" space="{ZOOM}"/></tt:PTZPosition></tptz:Preset>'
        for token, (name, p) in camera.presets.items()
    )
    return f"<tptz:GetPresetsResponse>{rows}</tptz:GetPresetsResponse>"


def goto_preset(camera: Camera, request: Envelope) -> str:
    """Turn to a preset."""
    _profile(camera, request)
    token = text(request.body, "tptz:PresetToken")
    if token not in camera.presets:
        raise bad_argument(f"there is no preset {token[:60]}", "ter:NoToken")
    place: Position = camera.presets[token][1]
    _turn(camera, place.pan_deg, place.tilt_deg, place.zoom_norm, _speed(request))
    return "<tptz:GotoPresetResponse/>"


def set_preset(camera: Camera, request: Envelope) -> str:
    """Keep the present position under a new or a known token."""
    _profile(camera, request)
    token = text(request.body, "tptz:PresetToken", "")
    if token and token not in camera.presets:
        raise bad_argument(f"there is no preset {token[:60]}", "ter:NoToken")
    if not token and len(camera.presets) >= MAX_PRESETS:
        raise SoapFault("env:Receiver", ("ter:Action", "ter:TooManyPresets"), "no more presets are possible", 500)
    token = token or next(f"preset_{n}" for n in range(1, MAX_PRESETS + 2) if f"preset_{n}" not in camera.presets)
    camera.presets[token] = (text(request.body, "tptz:PresetName", token)[:64], camera.head.at(camera.now_s()))
    return f"<tptz:SetPresetResponse><tptz:PresetToken>{token}</tptz:PresetToken></tptz:SetPresetResponse>"


def get_service_capabilities(_camera: Camera, _: Envelope) -> str:
    """Answer what the service can do."""
    return (
        '<tptz:GetServiceCapabilitiesResponse><tptz:Capabilities EFlip="false" Reverse="false" MoveStatus="true" StatusPosition="true"/>'
        "</tptz:GetServiceCapabilitiesResponse>"
    )


def _profile(camera: Camera, request: Envelope) -> None:
    if not camera.settings.has_head:
        raise unsupported("this camera does not turn")
    if text(request.body, "tptz:ProfileToken") not in {f"profile_{lens}" for lens in camera.lenses}:
        raise bad_argument("there is no such profile", "ter:NoProfile")


def _vector(request: Envelope, path: str) -> tuple[Any, Any]:
    found = request.body.find(path, PREFIXES)
    if found is None:
        raise bad_argument(f"{path.split(':')[1]} is missing")
    return found.find("tt:PanTilt", PREFIXES), found.find("tt:Zoom", PREFIXES)


def _xy(element: Any, default_space: str) -> tuple[float, float, str]:
    return number(element.get("x"), "x"), number(element.get("y"), "y"), element.get("space") or default_space


def _degrees(element: Any, generic: str, degrees: str) -> tuple[float, float]:
    x, y, space = _xy(element, generic)
    if space == generic:
        if not (-1.0 <= x <= 1.0 and -1.0 <= y <= 1.0):
            raise bad_argument("the position is out of range", "ter:InvalidPosition")
        return x * 180.0, norm_to_tilt(y)
    if space == degrees:
        return x, y
    raise _no_space(space)


def _zoom(element: Any) -> float:
    if (space := element.get("space") or ZOOM) != ZOOM:
        raise _no_space(space)
    return number(element.get("x"), "zoom")


def _speed(request: Envelope) -> float:
    found = request.body.find("tptz:Speed/tt:PanTilt", PREFIXES)
    if found is None:
        return 1.0
    x, y, _ = _xy(found, "")
    return min(1.0, max(0.05, abs(x), abs(y)))


def _turn(camera: Camera, pan_deg: float | None, tilt_deg: float | None, zoom_norm: float | None, speed: float) -> None:
    try:
        camera.order(camera.head.turn_to(camera.now_s(), pan_deg, tilt_deg, zoom_norm, speed))
    except OutOfRange as fault:
        raise bad_argument(str(fault), "ter:InvalidPosition") from fault


def _no_space(space: str) -> SoapFault:
    return bad_argument(f"the space {space[-60:]} is not offered", "ter:SpaceNotSupported")


def _word(moving: bool) -> str:
    return "MOVING" if moving else "IDLE"


def _range2(tag: str, uri: str, x0: float, x1: float, y0: float, y1: float) -> str:
    return (
        f"<{tag}><tt:URI>{uri}</tt:URI><tt:XRange><tt:Min>{x0:g}</tt:Min><tt:Max>{x1:g}</tt:Max></tt:XRange>"
        f"<tt:YRange><tt:Min>{y0:g}</tt:Min><tt:Max>{y1:g}</tt:Max></tt:YRange></{tag}>"
    )


def _range1(tag: str, uri: str, x0: float, x1: float) -> str:
    return f"<{tag}><tt:URI>{uri}</tt:URI><tt:XRange><tt:Min>{x0:g}</tt:Min><tt:Max>{x1:g}</tt:Max></tt:XRange></{tag}>"


def _spaces() -> str:
    return "".join(
        (
            _range2("tt:AbsolutePanTiltPositionSpace", GENERIC, -1, 1, -1, 1),
            _range2("tt:AbsolutePanTiltPositionSpace", DEGREES, -180, 180, TILT_MIN_DEG, TILT_MAX_DEG),
            _range1("tt:AbsoluteZoomPositionSpace", ZOOM, 0, 1),
            _range2("tt:RelativePanTiltTranslationSpace", MOVE_GENERIC, -1, 1, -1, 1),
            _range2("tt:RelativePanTiltTranslationSpace", MOVE_DEGREES, -180, 180, -90, 90),
            _range1("tt:RelativeZoomTranslationSpace", ZOOMS + "TranslationGenericSpace", -1, 1),
            _range2("tt:ContinuousPanTiltVelocitySpace", SPEED_GENERIC, -1, 1, -1, 1),
            _range2("tt:ContinuousPanTiltVelocitySpace", SPEED_DEGREES, -PAN_SPEED, PAN_SPEED, -TILT_SPEED, TILT_SPEED),
            _range1("tt:ContinuousZoomVelocitySpace", ZOOMS + "VelocityGenericSpace", -1, 1),
            _range1("tt:PanTiltSpeedSpace", SPACES + "GenericSpeedSpace", 0, 1),
            _range1("tt:ZoomSpeedSpace", ZOOMS + "ZoomGenericSpeedSpace", 0, ZOOM_SPEED),
        )
    )


def _node() -> str:
    return (
        f'<tptz:PTZNode token="node_1" FixedHomePosition="true"><tt:Name>head</tt:Name><tt:SupportedPTZSpaces>{_spaces()}'
        f"</tt:SupportedPTZSpaces><tt:MaximumNumberOfPresets>{MAX_PRESETS}</tt:MaximumNumberOfPresets>"
        "<tt:HomeSupported>false</tt:HomeSupported></tptz:PTZNode>"
    )


OPERATIONS = {
    "GetNodes": get_nodes,
    "GetNode": get_node,
    "GetConfigurations": get_configurations,
    "GetConfigurationOptions": get_configuration_options,
    "GetStatus": get_status,
    "AbsoluteMove": absolute_move,
    "RelativeMove": relative_move,
    "ContinuousMove": continuous_move,
    "Stop": stop,
    "GetPresets": get_presets,
    "GotoPreset": goto_preset,
    "SetPreset": set_preset,
    "GetServiceCapabilities": get_service_capabilities,
}
