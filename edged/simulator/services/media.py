"""ONVIF media service: one profile a lens. Source: media.wsdl."""

from __future__ import annotations

from edged.simulator.camera import Camera
from edged.simulator.services.ptz import configuration as ptz_configuration
from edged.simulator.soap import Envelope, SoapFault, bad_argument, text
from edged.simulator.stream import Lens, LiveStream


def profile_lens(camera: Camera, token: str) -> Lens:
    """Return the lens of a profile token. Raises SoapFault."""
    for lens in camera.lenses:
        if token == f"profile_{lens}":
            return lens
    raise bad_argument(f"there is no profile {token[:60]}", "ter:NoProfile")


def get_profiles(camera: Camera, _: Envelope) -> str:
    """Answer a profile for each lens."""
    rows = "".join(_profile(camera, lens, "trt:Profiles") for lens in camera.lenses)
    return f"<trt:GetProfilesResponse>{rows}</trt:GetProfilesResponse>"


def get_profile(camera: Camera, request: Envelope) -> str:
    """Answer one profile."""
    lens = profile_lens(camera, text(request.body, "trt:ProfileToken"))
    return f"<trt:GetProfileResponse>{_profile(camera, lens, 'trt:Profile')}</trt:GetProfileResponse>"


def get_stream_uri(camera: Camera, request: Envelope) -> str:
    """Answer the RTSP address of a profile. Only unicast over RTSP is offered."""
    lens = profile_lens(camera, text(request.body, "trt:ProfileToken"))
    if text(request.body, "trt:StreamSetup/tt:Stream") != "RTP-Unicast":
        raise SoapFault("env:Sender", ("ter:InvalidArgVal", "ter:InvalidStreamSetup"), "only RTP-Unicast is offered")
    text(request.body, "trt:StreamSetup/tt:Transport/tt:Protocol")
    return _uri("GetStreamUri", f"rtsp://127.0.0.1:{camera.rtsp_port}/{lens}")


def get_snapshot_uri(camera: Camera, request: Envelope) -> str:
    """Answer the address of a JPEG of a profile."""
    lens = profile_lens(camera, text(request.body, "trt:ProfileToken"))
    return _uri("GetSnapshotUri", f"http://127.0.0.1:{camera.http_port}/snapshot/{lens}.jpg")


def get_video_sources(camera: Camera, _: Envelope) -> str:
    """Answer the lenses."""
    rows = "".join(
        f'<trt:VideoSources token="vs_{lens}"><tt:Framerate>{camera.stream(lens).fps:g}</tt:Framerate>'
        f"{_resolution(camera.stream(lens))}</trt:VideoSources>"
        for lens in camera.lenses
    )
    return f"<trt:GetVideoSourcesResponse>{rows}</trt:GetVideoSourcesResponse>"


def get_video_source_configurations(camera: Camera, _: Envelope) -> str:
    """Answer the picture area of each lens."""
    rows = "".join(_source(camera, lens, "trt:Configurations") for lens in camera.lenses)
    return f"<trt:GetVideoSourceConfigurationsResponse>{rows}</trt:GetVideoSourceConfigurationsResponse>"


def get_video_encoder_configurations(camera: Camera, _: Envelope) -> str:
    """Answer size, rate and key interval of each stream."""
    rows = "".join(_encoder(camera, lens, "trt:Configurations") for lens in camera.lenses)
    return f"<trt:GetVideoEncoderConfigurationsResponse>{rows}</trt:GetVideoEncoderConfigurationsResponse>"


def get_service_capabilities(_camera: Camera, _: Envelope) -> str:
    """Answer what the service can do."""
    return (
        '<trt:GetServiceCapabilitiesResponse><trt:Capabilities SnapshotUri="true" Rotation="false">'
        '<trt:ProfileCapabilities MaximumNumberOfProfiles="2"/>'
        '<trt:StreamingCapabilities RTPMulticast="false" RTP_TCP="true" RTP_RTSP_TCP="true"/>'
        "</trt:Capabilities></trt:GetServiceCapabilitiesResponse>"
    )


def set_synchronization_point(camera: Camera, request: Envelope) -> str:
    """Accept the wish for a key frame; a new viewer gets one anyway."""
    profile_lens(camera, text(request.body, "trt:ProfileToken"))
    return "<trt:SetSynchronizationPointResponse/>"


def _profile(camera: Camera, lens: Lens, tag: str) -> str:
    head = ptz_configuration("tt:PTZConfiguration") if camera.settings.has_head else ""
    metadata = (
        f'<tt:MetadataConfiguration token="meta_{lens}"><tt:Name>metadata</tt:Name><tt:UseCount>1</tt:UseCount>'
        f"<tt:PTZStatus><tt:Status>true</tt:Status><tt:Position>true</tt:Position></tt:PTZStatus>{_MULTICAST}"
        "<tt:SessionTimeout>PT60S</tt:SessionTimeout></tt:MetadataConfiguration>"
        if camera.settings.has_head and camera.settings.metadata_track
        else ""
    )
    return (
        f'<{tag} token="profile_{lens}" fixed="true"><tt:Name>{lens}</tt:Name>{_source(camera, lens, "tt:VideoSourceConfiguration")}'
        f"{_encoder(camera, lens, 'tt:VideoEncoderConfiguration')}{head}{metadata}</{tag}>"
    )


def _source(camera: Camera, lens: Lens, tag: str) -> str:
    width, height = camera.stream(lens).size
    return (
        f'<{tag} token="vsc_{lens}"><tt:Name>{lens}</tt:Name><tt:UseCount>1</tt:UseCount><tt:SourceToken>vs_{lens}</tt:SourceToken>'
        f'<tt:Bounds x="0" y="0" width="{width}" height="{height}"/></{tag}>'
    )


def _encoder(camera: Camera, lens: Lens, tag: str) -> str:
    stream = camera.stream(lens)
    gop = max(1, round(stream.fps * camera.settings.key_interval_s))
    return (
        f'<{tag} token="ve_{lens}"><tt:Name>{lens}</tt:Name><tt:UseCount>1</tt:UseCount><tt:Encoding>H264</tt:Encoding>'
        f"{_resolution(stream)}<tt:Quality>5</tt:Quality><tt:RateControl><tt:FrameRateLimit>{round(stream.fps)}</tt:FrameRateLimit>"
        f"<tt:EncodingInterval>1</tt:EncodingInterval><tt:BitrateLimit>{stream.kbps}</tt:BitrateLimit></tt:RateControl>"
        f"<tt:H264><tt:GovLength>{gop}</tt:GovLength><tt:H264Profile>Baseline</tt:H264Profile></tt:H264>{_MULTICAST}"
        f"<tt:SessionTimeout>PT60S</tt:SessionTimeout></{tag}>"
    )


_MULTICAST = (
    "<tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type><tt:IPv4Address>0.0.0.0</tt:IPv4Address></tt:Address><tt:Port>0</tt:Port>"
    "<tt:TTL>0</tt:TTL><tt:AutoStart>false</tt:AutoStart></tt:Multicast>"
)


def _resolution(stream: LiveStream) -> str:
    return f"<tt:Resolution><tt:Width>{stream.size[0]}</tt:Width><tt:Height>{stream.size[1]}</tt:Height></tt:Resolution>"


def _uri(operation: str, uri: str) -> str:
    return (
        f"<trt:{operation}Response><trt:MediaUri><tt:Uri>{uri}</tt:Uri><tt:InvalidAfterConnect>false</tt:InvalidAfterConnect>"
        f"<tt:InvalidAfterReboot>false</tt:InvalidAfterReboot><tt:Timeout>PT0S</tt:Timeout></trt:MediaUri></trt:{operation}Response>"
    )


OPERATIONS = {
    "GetProfiles": get_profiles,
    "GetProfile": get_profile,
    "GetStreamUri": get_stream_uri,
    "GetSnapshotUri": get_snapshot_uri,
    "GetVideoSources": get_video_sources,
    "GetVideoSourceConfigurations": get_video_source_configurations,
    "GetVideoEncoderConfigurations": get_video_encoder_configurations,
    "GetServiceCapabilities": get_service_capabilities,
    "SetSynchronizationPoint": set_synchronization_point,
}
