"""Errors of zeep, requests, urllib3 and lxml, turned into ours at this border: who, what was tried, what came back, what to do next."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import contextmanager

import requests
import urllib3
import zeep.exceptions
from lxml import etree

from edged.camera.base import CameraLacks, SubscriptionGone
from edged.camera.onvif.transport import AnswerTooLong, LoginWanted
from edged.camera.secret import Login, redacted
from edged.camera.settings import CameraSettings
from edged.model.errors import CameraError, CameraGarbled, CameraRefused, CameraUnreachable

REFUSED = ("notauthorized", "failedauthentication", "senderauthorizationfailed", "sendernotauthorized", "operationprohibited")
LACKS = ("actionnotsupported", "notsupported", "optionalactionnotimplemented")
GONE = ("resourceunknown", "resourceunknownfault", "unknownsubscription", "invalidsubscription")
KNOWN = (
    OSError, http.client.HTTPException, requests.RequestException, urllib3.exceptions.HTTPError, zeep.exceptions.Error, etree.LxmlError,
    AnswerTooLong, LoginWanted, ValueError, TypeError, AttributeError, LookupError, RecursionError,
)  # fmt: skip
"""What may come out of a call; zeep's parsing of a strange answer ends in any of the last five."""


class Refusal(CameraRefused):
    """A login was refused or missing. `sent`: a wrong login was sent; `date`: the camera's Date header; `challenge`: what it asks for."""

    def __init__(self, message: str, zh: str, *, sent: bool, date: str = "", challenge: str = "") -> None:
        super().__init__(message, zh)
        self.sent, self.date, self.challenge = sent, date, challenge


@contextmanager
def translated(camera: CameraSettings, tried: str, login: Login) -> Iterator[None]:
    """Turn every error of the libraries under it into a CameraError."""
    try:
        yield
    except CameraError:
        raise
    except KNOWN as fault:
        raise translate(camera, tried, fault, login) from None
    except onvif_error() as fault:
        raise translate(camera, tried, fault.__context__ or fault, login) from None


def onvif_error() -> type[Exception]:
    """Return onvif-zeep's only error class, whose message hides the real one in `__context__`."""
    from edged.camera.onvif.wsdl import load_onvif

    found: type[Exception] = load_onvif().exceptions.ONVIFError
    return found


def translate(camera: CameraSettings, tried: str, fault: BaseException, login: Login) -> CameraError:
    """Return our error for a library's."""
    at = f"{camera.address}:{camera.onvif_port}"
    head, kopf_zh = f"camera {camera.label}: ONVIF {tried}", f"摄像机 {camera.label}: ONVIF {tried}"
    if isinstance(fault, LoginWanted):
        return Refusal(*refused_words(camera, tried, f"HTTP {fault.status}"), sent=fault.sent, date=fault.date, challenge=fault.challenge)
    if isinstance(fault, zeep.exceptions.Fault):
        return _fault(camera, tried, fault, login)
    if isinstance(fault, zeep.exceptions.TransportError) and fault.status_code in (401, 403):
        return Refusal(*refused_words(camera, tried, f"HTTP {fault.status_code}"), sent=True)
    text = redacted(f"{type(fault).__name__}: {fault}", login)
    if isinstance(fault, zeep.exceptions.TransportError) and fault.status_code in (404, 405):
        return CameraLacks(
            f"{head}: HTTP {fault.status_code}: there is no such ONVIF service at {at}: check onvif_port, and that ONVIF is switched on",
            zh=f"{kopf_zh}: HTTP {fault.status_code}: {at} 没有该 ONVIF 服务: 请检查 onvif_port 以及 ONVIF 是否启用",
        )
    if isinstance(fault, zeep.exceptions.TransportError) and fault.status_code in (429, 502, 503, 504):
        return CameraUnreachable(
            f"{head}: HTTP {fault.status_code}: the camera is busy; it is asked again later", zh=f"{kopf_zh}: 摄像机忙, 稍后重试"
        )
    if isinstance(fault, TimeoutError | requests.Timeout) or "time for the whole call is over" in str(fault) or "timed out" in str(fault):
        return CameraUnreachable(
            f"{head}: no whole answer from {at} in time: check power, cable and network load; it is tried again by itself",
            zh=f"{kopf_zh}: {at} 未在时限内完整应答: 请检查电源、网线和网络负载; 将自动重试",
        )
    if isinstance(fault, OSError | requests.ConnectionError | urllib3.exceptions.HTTPError | http.client.HTTPException):
        if "refused" in str(fault).lower():
            return CameraUnreachable(
                f"{head}: {at} refuses connections: check address, onvif_port and whether ONVIF is switched on in the camera",
                zh=f"{kopf_zh}: {at} 拒绝连接: 请检查 address、onvif_port 以及摄像机是否启用 ONVIF",
            )
        return CameraUnreachable(
            f"{head}: {at} cannot be reached ({text}): check power, cable and address; it is tried again by itself",
            zh=f"{kopf_zh}: 无法连接 {at} ({text}): 请检查电源、网线和地址; 将自动重试",
        )
    return CameraGarbled(
        f"{head}: the answer cannot be understood ({text}): look for newer firmware; `edged probe {camera.id}` shows what works",
        zh=f"{kopf_zh}: 应答无法解析 ({text}): 请查找新固件; edged probe {camera.id} 显示哪些功能可用",
    )


def refused_words(camera: CameraSettings, tried: str, came: str) -> tuple[str, str]:
    """Return the message of a refused login in both languages."""
    where = "password_file" if camera.credential is None else f"credential {camera.credential}"
    return (
        f"camera {camera.label}: ONVIF {tried} refused ({came}): check username and {where} of {camera.id}, and that the camera lets this "
        f"user in over ONVIF",
        f"摄像机 {camera.label}: ONVIF {tried} 被拒绝 ({came}): 请检查 {camera.id} 的 username 和 {where}, 以及该用户是否有 ONVIF 权限",
    )


def _fault(camera: CameraSettings, tried: str, fault: zeep.exceptions.Fault, login: Login) -> CameraError:
    names = [str(code).rsplit("}", 1)[-1].rsplit(":", 1)[-1].lower() for code in (*(fault.subcodes or ()), fault.code or "")]
    detail = etree.tostring(fault.detail, encoding="unicode").lower() if etree.iselement(fault.detail) else str(fault.detail or "").lower()
    reason = redacted(str(fault.message or fault.code or "no reason given"), login, 160)
    plain = reason.lower().replace(" ", "")
    if any(n in REFUSED for n in names) or "notauthorized" in plain or "unauthorized" in plain:
        return Refusal(*refused_words(camera, tried, reason), sent=True)
    if any(n in GONE for n in names) or any(n in detail for n in GONE[:2]):
        return SubscriptionGone(
            f"camera {camera.label}: the event subscription is gone ({reason}); a new one is made",
            zh=f"摄像机 {camera.label}: 事件订阅已失效 ({reason}); 将重新订阅",
        )
    if any(n in LACKS for n in names) or "notsupported" in plain or "notimplemented" in plain:
        return CameraLacks(
            f"camera {camera.label}: ONVIF {tried}: the camera does not have this ({reason})",
            zh=f"摄像机 {camera.label}: ONVIF {tried}: 摄像机不支持 ({reason})",
        )
    return CameraError(
        f"camera {camera.label}: ONVIF {tried}: the camera answers with a fault ({reason}); `edged probe {camera.id}` shows what works",
        zh=f"摄像机 {camera.label}: ONVIF {tried}: 摄像机返回错误 ({reason}); edged probe {camera.id} 显示哪些功能可用",
    )
