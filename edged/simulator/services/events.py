"""ONVIF event service with pull points, and the subscription manager of WS-BaseNotification. Source: events.wsdl, bw-2.wsdl."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from xml.sax.saxutils import escape, quoteattr

from edged.simulator.camera import Camera
from edged.simulator.events import DEFAULT_S, Notice, TooManySubscriptions, UnknownSubscription
from edged.simulator.services.device import address
from edged.simulator.soap import PREFIXES, Envelope, SoapFault, bad_argument, duration_s, moment, text

REFERENCE = "http://edged.example/subscription"
"""Namespace of the subscription id where it travels in ReferenceParameters."""
MAX_MESSAGES = 100
_DIALECT = "http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet"


def get_event_properties(camera: Camera, _: Envelope) -> str:
    """Answer the topics that the camera has."""
    topics = "".join(_topic(topic, source, data) for topic, source, data in camera.events.topics())
    return (
        "<tev:GetEventPropertiesResponse>"
        "<tev:TopicNamespaceLocation>http://www.onvif.org/onvif/ver10/topics/topicns.xml</tev:TopicNamespaceLocation>"
        f"<wsnt:FixedTopicSet>true</wsnt:FixedTopicSet><wstop:TopicSet>{topics}</wstop:TopicSet>"
        f"<wsnt:TopicExpressionDialect>{_DIALECT}</wsnt:TopicExpressionDialect>"
        "<tev:MessageContentFilterDialect>http://www.onvif.org/ver10/tev/messageContentFilter/ItemFilter</tev:MessageContentFilterDialect>"
        "<tev:MessageContentSchemaLocation>http://www.onvif.org/onvif/ver10/schema/onvif.xsd</tev:MessageContentSchemaLocation>"
        "</tev:GetEventPropertiesResponse>"
    )


def create_pull_point_subscription(camera: Camera, request: Envelope) -> str:
    """Open a pull point."""
    if camera.faults.has("no-events"):
        raise SoapFault("env:Receiver", ("ter:ActionNotSupported",), "events are not available", 500)
    given = text(request.body, "tev:InitialTerminationTime", "")
    expressions = request.body.findall("tev:Filter/wsnt:TopicExpression", PREFIXES)
    topics = tuple(part.strip() for e in expressions for part in (e.text or "").split("|") if part.strip())
    if any(not t.startswith("tns1:") for t in topics):
        raise SoapFault("env:Sender", ("ter:InvalidArgVal", "ter:InvalidFilterFault"), "a topic outside tns1 is not known")
    try:
        new = camera.events.create(topics, _life_s(camera, given) if given else DEFAULT_S)
    except TooManySubscriptions as fault:
        raise SoapFault(
            "env:Receiver", ("ter:Action", "ter:MaxNotificationConsumers"), "no more subscriptions are possible", 500
        ) from fault
    base = address(camera, "tev").replace("event_service", "subscription")
    where = (
        f"<wsa:Address>{base}</wsa:Address><wsa:ReferenceParameters>"
        f'<sim:SubscriptionId xmlns:sim="{REFERENCE}">{new.subscription_id}</sim:SubscriptionId></wsa:ReferenceParameters>'
        if camera.events.reference_parameters
        else f"<wsa:Address>{base}/{new.subscription_id}</wsa:Address>"
    )
    return (
        f"<tev:CreatePullPointSubscriptionResponse><tev:SubscriptionReference>{where}</tev:SubscriptionReference>"
        f"<wsnt:CurrentTime>{moment(camera.utc())}</wsnt:CurrentTime><wsnt:TerminationTime>{moment(new.ends_at)}</wsnt:TerminationTime>"
        "</tev:CreatePullPointSubscriptionResponse>"
    )


async def pull_messages(camera: Camera, request: Envelope) -> str:
    """Answer events, waiting for the first one."""
    name = _subscription_id(request)
    hold = duration_s(text(request.body, "tev:Timeout"))
    limit = text(request.body, "tev:MessageLimit")
    if not limit.isdigit() or int(limit) < 1:
        raise bad_argument("MessageLimit must be a whole number above zero")
    try:
        notices = await camera.events.pull(name, hold, min(int(limit), MAX_MESSAGES))
        ends_at = camera.events.find(name).ends_at
    except UnknownSubscription as fault:
        raise _unknown() from fault
    return (
        f"<tev:PullMessagesResponse><tev:CurrentTime>{moment(camera.utc())}</tev:CurrentTime>"
        f"<tev:TerminationTime>{moment(ends_at)}</tev:TerminationTime>{''.join(map(_notification, notices))}</tev:PullMessagesResponse>"
    )


def set_synchronization_point(camera: Camera, request: Envelope) -> str:
    """Send every property again."""
    try:
        camera.events.synchronise(_subscription_id(request))
    except UnknownSubscription as fault:
        raise _unknown() from fault
    return "<tev:SetSynchronizationPointResponse/>"


def renew(camera: Camera, request: Envelope) -> str:
    """Give a subscription a new end."""
    life_s = _life_s(camera, text(request.body, "wsnt:TerminationTime"))
    try:
        kept = camera.events.renew(_subscription_id(request), life_s)
    except UnknownSubscription as fault:
        raise _unknown() from fault
    return (
        f"<wsnt:RenewResponse><wsnt:TerminationTime>{moment(kept.ends_at)}</wsnt:TerminationTime>"
        f"<wsnt:CurrentTime>{moment(camera.utc())}</wsnt:CurrentTime></wsnt:RenewResponse>"
    )


def unsubscribe(camera: Camera, request: Envelope) -> str:
    """End a subscription."""
    try:
        camera.events.close(_subscription_id(request))
    except UnknownSubscription as fault:
        raise _unknown() from fault
    return "<wsnt:UnsubscribeResponse/>"


def get_service_capabilities(_camera: Camera, _: Envelope) -> str:
    """Answer what the service can do."""
    return (
        '<tev:GetServiceCapabilitiesResponse><tev:Capabilities WSSubscriptionPolicySupport="false" WSPullPointSupport="true"/>'
        "</tev:GetServiceCapabilitiesResponse>"
    )


def _subscription_id(request: Envelope) -> str:
    """Return the id that travelled in the header, or else in the address (the server puts it there as `path_id`)."""
    header = request.header
    echoed = header.findtext(f"{{{REFERENCE}}}SubscriptionId") if header is not None else None
    return (echoed or request.path_id).strip()


def _unknown() -> SoapFault:
    return SoapFault("env:Sender", ("ter:InvalidArgVal", "wsnt:ResourceUnknownFault"), "there is no such subscription, or it ended")


def _life_s(camera: Camera, given: str) -> float:
    if given.startswith("P"):
        life = duration_s(given)
    else:
        try:
            life = (datetime.fromisoformat(given.replace("Z", "+00:00")) - camera.utc()).total_seconds()
        except (ValueError, TypeError) as fault:
            raise bad_argument("the termination time cannot be read", "wsnt:UnacceptableTerminationTimeFault") from fault
    if life <= 0:
        raise bad_argument("the termination time has passed", "wsnt:UnacceptableTerminationTimeFault")
    return life


def _topic(topic: str, source: tuple[tuple[str, str], ...], data: tuple[tuple[str, str], ...]) -> str:
    first, *rest = topic.split("/")
    described = (
        '<tt:MessageDescription IsProperty="true">'
        f"<tt:Source>{''.join(_described(n, 'tt:ReferenceToken') for n, _ in source)}</tt:Source>"
        f"<tt:Data>{''.join(_described(n, 'xs:boolean') for n, _ in data)}</tt:Data></tt:MessageDescription>"
    )
    for n, part in enumerate(reversed(rest)):
        described = _nest(part, described, leaf=n == 0)
    return f"<{first}>{described}</{first}>"


def _nest(part: str, inner: str, *, leaf: bool) -> str:
    mark = ' wstop:topic="true"' if leaf else ""
    return f"<{part}{mark}>{inner}</{part}>"


def _described(name: str, kind: str) -> str:
    return f'<tt:SimpleItemDescription Name="{name}" Type="{kind}" xmlns:xs="http://www.w3.org/2001/XMLSchema"/>'


def _notification(notice: Notice) -> str:
    items = [
        f"<tt:{tag}>{''.join(f'<tt:SimpleItem Name={quoteattr(n)} Value={quoteattr(v)}/>' for n, v in pairs)}</tt:{tag}>"
        for tag, pairs in (("Source", notice.source), ("Data", notice.data))
    ]
    return (
        f'<wsnt:NotificationMessage><wsnt:Topic Dialect="{_DIALECT}">{escape(notice.topic)}</wsnt:Topic><wsnt:Message>'
        f'<tt:Message UtcTime="{moment(notice.utc)}" PropertyOperation="{notice.operation}">{"".join(items)}</tt:Message>'
        "</wsnt:Message></wsnt:NotificationMessage>"
    )


OPERATIONS: dict[str, Callable[[Camera, Envelope], str | Awaitable[str]]] = {
    "GetEventProperties": get_event_properties,
    "CreatePullPointSubscription": create_pull_point_subscription,
    "PullMessages": pull_messages,
    "SetSynchronizationPoint": set_synchronization_point,
    "GetServiceCapabilities": get_service_capabilities,
}
SUBSCRIPTION_OPERATIONS = {"Renew": renew, "Unsubscribe": unsubscribe}
