"""Which profile shows the heat, which the visible picture, and where they stream from, without credentials."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit, urlunsplit

from edged.camera.base import CameraLacks, Profile, Streams
from edged.camera.onvif.session import OnvifSession
from edged.camera.optics import ThermalSettings, VisibleSettings
from edged.camera.settings import CameraSettings
from edged.model.errors import CameraGarbled

THERMAL_WORDS = ("thermal", "therm", "heat", "infrared", "lwir", "热", "红外")
MOST_PROFILES = 64
_SETUP = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}


def read_profiles(session: OnvifSession) -> tuple[Profile, ...]:
    """Return the media profiles. Raises CameraError."""
    return tuple(_profile(each) for each in (session.call("media", "GetProfiles") or ())[:MOST_PROFILES])


def read_streams(session: OnvifSession) -> Streams:
    """Return the stream addresses of the lenses that the settings name. Raises CameraError, also where a thermal lens is not found."""
    camera = session.camera
    ask_thermal = camera.thermal is not None and camera.thermal.stream == "onvif"
    ask_visible = camera.visible is not None and camera.visible.stream == "onvif"
    profiles = read_profiles(session) if ask_thermal or ask_visible or camera.thermal is None else ()
    thermal, visible = choose(profiles, camera)
    thermal_url = stream_uri(session, thermal.token) if ask_thermal and thermal else None
    visible_url = stream_uri(session, visible.token) if visible and (ask_visible or camera.visible is None) else None
    if camera.thermal is not None and not ask_thermal:
        thermal_url = camera.thermal.stream
    if camera.visible is not None and not ask_visible:
        visible_url = camera.visible.stream
    return Streams(thermal_url, visible_url, thermal, visible, _snapshot(session, visible or thermal))


def choose(profiles: tuple[Profile, ...], camera: CameraSettings) -> tuple[Profile | None, Profile | None]:
    """Return the profiles of the thermal and of the visible lens.

    Named ones win. Else the thermal lens is the source whose profiles are called thermal; with two sources and no such word, the second
    one (the order of the vendors); with one source, that one. Raises CameraLacks for a name that the camera does not have.
    """
    video = tuple(p for p in profiles if p.encoding in ("", "H264", "H265", "JPEG")) or profiles
    thermal = _named(video, camera, camera.thermal)
    visible = _named(video, camera, camera.visible)
    if camera.thermal is None:
        return None, visible or next(iter(video), None)
    sources = list(dict.fromkeys(p.source_token for p in video))
    if thermal is None:
        called = [p for p in video if any(word in (p.name + p.token + p.source_token).lower() for word in THERMAL_WORDS)]
        fallback = [p for p in video if p.source_token == (sources[1] if len(sources) > 1 else sources[0])] if sources else []
        thermal = next(iter(_by_codec(called or fallback)), None)
    if visible is None and thermal is not None:
        others = [p for p in video if p.source_token != thermal.source_token] or [p for p in video if p.token != thermal.token]
        visible = next(iter(_by_codec(others)), None) if len(sources) > 1 or camera.visible is not None else None
    return thermal, visible


def stream_uri(session: OnvifSession, token: str) -> str:
    """Return the RTSP address of a profile, on the host that reaches the camera, without credentials. Raises CameraError."""
    told = session.call("media", "GetStreamUri", {"StreamSetup": _SETUP, "ProfileToken": token})
    address = str(getattr(told, "Uri", None) or "").strip()
    parts = urlsplit(address)
    if parts.scheme not in ("rtsp", "rtsps") or not parts.hostname:
        raise CameraGarbled(
            f"camera {session.camera.label}: ONVIF GetStreamUri of profile {token} gives no rtsp:// address: write it into thermal.stream",
            zh=f"摄像机 {session.camera.label}: 配置 {token} 未给出 rtsp:// 地址: 请在 thermal.stream 中填写",
        )
    return bare(address, session.camera.address)


def bare(address: str, host: str) -> str:
    """Return a stream address with this host and without user and password."""
    parts = urlsplit(address)
    try:
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        port = ""
    return urlunsplit((parts.scheme, f"{host}{port}", parts.path, parts.query, ""))


def _profile(each: Any) -> Profile:
    encoder = getattr(each, "VideoEncoderConfiguration", None)
    size, rate = getattr(encoder, "Resolution", None), getattr(encoder, "RateControl", None)
    source = getattr(each, "VideoSourceConfiguration", None)
    return Profile(
        token=str(getattr(each, "token", "") or ""),
        name=str(getattr(each, "Name", "") or "")[:80],
        source_token=str(getattr(source, "SourceToken", "") or ""),
        encoding=str(getattr(encoder, "Encoding", "") or ""),
        width=int(getattr(size, "Width", 0) or 0),
        height=int(getattr(size, "Height", 0) or 0),
        fps=float(getattr(rate, "FrameRateLimit", 0) or 0),
        ptz=getattr(each, "PTZConfiguration", None) is not None,
    )


def _named(profiles: tuple[Profile, ...], camera: CameraSettings, lens: ThermalSettings | VisibleSettings | None) -> Profile | None:
    if lens is None or lens.profile is None:
        return None
    for profile in profiles:
        if lens.profile in (profile.token, profile.name):
            return profile
    have = ", ".join(f"{p.token} ({p.name})" for p in profiles) or "none"
    raise CameraLacks(
        f"camera {camera.label}: it has no media profile {lens.profile}; it has {have}: correct `profile` of {camera.id}",
        zh=f"摄像机 {camera.label}: 没有媒体配置 {lens.profile}; 现有 {have}: 请更正 {camera.id} 的 profile",
    )


def _by_codec(profiles: list[Profile]) -> list[Profile]:
    return sorted(profiles, key=lambda p: p.encoding == "JPEG")


def _snapshot(session: OnvifSession, profile: Profile | None) -> str | None:
    if profile is None:
        return None
    try:
        told = session.call("media", "GetSnapshotUri", {"ProfileToken": profile.token})
    except (CameraLacks, CameraGarbled):
        return None
    address = str(getattr(told, "Uri", None) or "")
    return session.rewritten(bare(address, urlsplit(address).hostname or "")) if address.startswith("http://") else None
