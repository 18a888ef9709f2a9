"""ONVIF imaging service: what little a thermal lens has. Source: imaging.wsdl."""

from __future__ import annotations

from edged.simulator.camera import Camera
from edged.simulator.soap import Envelope, bad_argument, text

_RANGE = "<tt:Min>0</tt:Min><tt:Max>100</tt:Max>"


def _source(camera: Camera, request: Envelope) -> str:
    token = text(request.body, "timg:VideoSourceToken")
    if token not in {f"vs_{lens}" for lens in camera.lenses}:
        raise bad_argument(f"there is no video source {token[:60]}", "ter:NoSource")
    return token


def get_imaging_settings(camera: Camera, request: Envelope) -> str:
    """Answer brightness, contrast, focus and sharpness."""
    _source(camera, request)
    return (
        "<timg:GetImagingSettingsResponse><timg:ImagingSettings><tt:Brightness>50</tt:Brightness><tt:Contrast>50</tt:Contrast>"
        "<tt:Focus><tt:AutoFocusMode>MANUAL</tt:AutoFocusMode></tt:Focus><tt:Sharpness>50</tt:Sharpness>"
        "</timg:ImagingSettings></timg:GetImagingSettingsResponse>"
    )


def get_options(camera: Camera, request: Envelope) -> str:
    """Answer the ranges of the settings."""
    _source(camera, request)
    return (
        f"<timg:GetOptionsResponse><timg:ImagingOptions><tt:Brightness>{_RANGE}</tt:Brightness><tt:Contrast>{_RANGE}</tt:Contrast>"
        f"<tt:Focus><tt:AutoFocusModes>MANUAL</tt:AutoFocusModes></tt:Focus><tt:Sharpness>{_RANGE}</tt:Sharpness>"
        "</timg:ImagingOptions></timg:GetOptionsResponse>"
    )


def get_status(camera: Camera, request: Envelope) -> str:
    """Answer that the focus rests."""
    _source(camera, request)
    return (
        "<timg:GetStatusResponse><timg:Status><tt:FocusStatus20><tt:Position>0.5</tt:Position><tt:MoveStatus>IDLE</tt:MoveStatus>"
        "</tt:FocusStatus20></timg:Status></timg:GetStatusResponse>"
    )


def get_service_capabilities(_camera: Camera, _: Envelope) -> str:
    """Answer what the service can do."""
    return '<timg:GetServiceCapabilitiesResponse><timg:Capabilities ImageStabilization="false"/></timg:GetServiceCapabilitiesResponse>'


OPERATIONS = {
    "GetImagingSettings": get_imaging_settings,
    "GetOptions": get_options,
    "GetStatus": get_status,
    "GetServiceCapabilities": get_service_capabilities,
}
