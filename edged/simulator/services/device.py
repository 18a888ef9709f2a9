"""ONVIF device service. Source: devicemgmt.wsdl, Core §8."""

from __future__ import annotations

from datetime import datetime

from edged.simulator.camera import Camera
from edged.simulator.soap import PREFIXES, Envelope, text

FIRMWARE = "1.0-practice"
_PATHS = {"tds": "device", "trt": "media", "tptz": "ptz", "timg": "imaging", "tev": "event"}


def address(camera: Camera, service: str) -> str:
    """Return the XAddr of a service by its prefix."""
    return f"http://127.0.0.1:{camera.http_port}/onvif/{_PATHS[service]}_service"


def services_of(camera: Camera) -> tuple[str, ...]:
    """Return the prefixes of the services that a camera has."""
    return ("tds", "trt", "timg", "tev", *(("tptz",) if camera.settings.has_head else ()))


def get_system_date_and_time(camera: Camera, _: Envelope) -> str:
    """Answer the camera's own clock, whole seconds as the standard has it."""
    utc = camera.utc()
    return (
        "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>Manual</tt:DateTimeType>"
        "<tt:DaylightSavings>false</tt:DaylightSavings><tt:TimeZone><tt:TZ>CST-8</tt:TZ></tt:TimeZone>"
        f"<tt:UTCDateTime>{_fields(utc)}</tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
    )


def get_device_information(camera: Camera, _: Envelope) -> str:
    """Answer maker, model and serial number."""
    model = {"lookout": "Practice Bi-Spectrum PTZ", "thermal": "Practice Thermal Bullet", "panorama": "Practice Panorama"}
    return (
        "<tds:GetDeviceInformationResponse><tds:Manufacturer>edged</tds:Manufacturer>"
        f"<tds:Model>{model.get(camera.settings.kind, 'Practice Dome')}</tds:Model><tds:FirmwareVersion>{FIRMWARE}</tds:FirmwareVersion>"
        f"<tds:SerialNumber>SIM-{camera.settings.id}</tds:SerialNumber><tds:HardwareId>simulated</tds:HardwareId>"
        "</tds:GetDeviceInformationResponse>"
    )


def get_services(camera: Camera, request: Envelope) -> str:
    """Answer every service with its address and version."""
    text(request.body, "tds:IncludeCapability", "false")
    rows = "".join(
        f"<tds:Service><tds:Namespace>{PREFIXES[s]}</tds:Namespace><tds:XAddr>{address(camera, s)}</tds:XAddr>"
        "<tds:Version><tt:Major>2</tt:Major><tt:Minor>40</tt:Minor></tds:Version></tds:Service>"
        for s in services_of(camera)
    )
    return f"<tds:GetServicesResponse>{rows}</tds:GetServicesResponse>"


def get_capabilities(camera: Camera, _: Envelope) -> str:
    """Answer the older list of services."""
    ptz = f"<tt:PTZ><tt:XAddr>{address(camera, 'tptz')}</tt:XAddr></tt:PTZ>" if camera.settings.has_head else ""
    return (
        f"<tds:GetCapabilitiesResponse><tds:Capabilities><tt:Device><tt:XAddr>{address(camera, 'tds')}</tt:XAddr></tt:Device>"
        f"<tt:Events><tt:XAddr>{address(camera, 'tev')}</tt:XAddr><tt:WSSubscriptionPolicySupport>false</tt:WSSubscriptionPolicySupport>"
        "<tt:WSPullPointSupport>true</tt:WSPullPointSupport>"
        "<tt:WSPausableSubscriptionManagerInterfaceSupport>false</tt:WSPausableSubscriptionManagerInterfaceSupport></tt:Events>"
        f"<tt:Imaging><tt:XAddr>{address(camera, 'timg')}</tt:XAddr></tt:Imaging>"
        f"<tt:Media><tt:XAddr>{address(camera, 'trt')}</tt:XAddr><tt:StreamingCapabilities><tt:RTPMulticast>false</tt:RTPMulticast>"
        "<tt:RTP_TCP>true</tt:RTP_TCP><tt:RTP_RTSP_TCP>true</tt:RTP_RTSP_TCP></tt:StreamingCapabilities></tt:Media>"
        f"{ptz}</tds:Capabilities></tds:GetCapabilitiesResponse>"
    )


def get_service_capabilities(camera: Camera, _: Envelope) -> str:
    """Answer which logins it takes."""
    auth = camera.settings.auth
    return (
        f'<tds:GetServiceCapabilitiesResponse><tds:Capabilities><tds:Network NTP="1"/>'
        f'<tds:Security UsernameToken="{str(auth == "wsse").lower()}" HttpDigest="{str(auth == "digest").lower()}"/>'
        "<tds:System/></tds:Capabilities></tds:GetServiceCapabilitiesResponse>"
    )


def get_hostname(camera: Camera, _: Envelope) -> str:
    """Answer the camera's name."""
    return (
        "<tds:GetHostnameResponse><tds:HostnameInformation><tt:FromDHCP>false</tt:FromDHCP>"
        f"<tt:Name>{camera.settings.id}</tt:Name></tds:HostnameInformation></tds:GetHostnameResponse>"
    )


def get_scopes(camera: Camera, _: Envelope) -> str:
    """Answer name, hardware and profiles."""
    scopes = [f"name/{camera.settings.id}", "hardware/simulated", "Profile/Streaming", "Profile/T", "location/practice"]
    rows = "".join(
        f"<tds:Scopes><tt:ScopeDef>Fixed</tt:ScopeDef><tt:ScopeItem>onvif://www.onvif.org/{s}</tt:ScopeItem></tds:Scopes>" for s in scopes
    )
    return f"<tds:GetScopesResponse>{rows}</tds:GetScopesResponse>"


def get_network_interfaces(camera: Camera, _: Envelope) -> str:
    """Answer one interface with a made-up hardware address."""
    digits = f"{sum(camera.settings.id.encode()) % 65536:04x}"
    return (
        '<tds:GetNetworkInterfacesResponse><tds:NetworkInterfaces token="eth0"><tt:Enabled>true</tt:Enabled>'
        "<tt:Info><tt:Name>eth0</tt:Name>"
        f"<tt:HwAddress>02:00:00:00:{digits[:2]}:{digits[2:]}</tt:HwAddress></tt:Info></tds:NetworkInterfaces>"
        "</tds:GetNetworkInterfacesResponse>"
    )


def _fields(utc: datetime) -> str:
    return (
        f"<tt:Time><tt:Hour>{utc.hour}</tt:Hour><tt:Minute>{utc.minute}</tt:Minute><tt:Second>{utc.second}</tt:Second></tt:Time>"
        f"<tt:Date><tt:Year>{utc.year}</tt:Year><tt:Month>{utc.month}</tt:Month><tt:Day>{utc.day}</tt:Day></tt:Date>"
    )


OPERATIONS = {
    "GetSystemDateAndTime": get_system_date_and_time,
    "GetDeviceInformation": get_device_information,
    "GetServices": get_services,
    "GetCapabilities": get_capabilities,
    "GetServiceCapabilities": get_service_capabilities,
    "GetHostname": get_hostname,
    "GetScopes": get_scopes,
    "GetNetworkInterfaces": get_network_interfaces,
}
