"""Pull points: topics kept, reference parameters echoed, released, made anew."""

from __future__ import annotations

import pytest

from edged.camera.onvif.events import PullPoint
from edged.camera.onvif.session import OnvifSession
from edged.camera.secret import Login
from edged.camera.settings import FleetSettings
from edged.model.errors import CameraError
from edged.simulator.station import Station
from tests.camera.conftest import PASSWORD, entry


def point(station: Station, camera_id: str) -> PullPoint:
    session = OnvifSession(entry(camera_id, station.camera(camera_id).http_port), FleetSettings(), Login("edged", PASSWORD))
    session.connect()
    return PullPoint(session)


@pytest.mark.parametrize("camera_id", ["digest", "wsse", "refs"])
def test_events_come_with_their_topic_and_the_subscription_is_given_back(station: Station, camera_id: str) -> None:
    events = point(station, camera_id)
    events.subscribe()
    told = {n.topic: n for n in events.pull(1.0)}
    alarm = told["VideoSource/RadiometryAlarm"]
    assert (alarm.operation, alarm.data["State"]) == ("Initialized", "false")
    assert alarm.at.utcoffset() is not None
    events._renew_at = 0.0
    assert events.pull(1.0) == ()
    assert station.camera(camera_id).events.open_count() == 1
    address, headers = events._xaddr, events._headers
    events.release()
    assert not events.open
    assert station.camera(camera_id).events.open_count() == 0
    with pytest.raises(CameraError):
        events._session.call_signed("pullpoint", "PullMessages", headers, address, 1.0, Timeout="PT1S", MessageLimit=1)


def test_a_forgotten_subscription_is_noticed_and_made_anew(station: Station) -> None:
    events = point(station, "digest")
    events.subscribe()
    events._session.call_signed("subscription", "Unsubscribe", events._headers, events._xaddr)
    with pytest.raises(CameraError):
        events.pull(1.0)
    assert not events.open
    events.subscribe()
    assert events.pull(1.0)
    assert events.made == 2
    events.release()
