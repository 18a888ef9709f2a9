"""Matrices of temperatures. The multipart answer is *synthesised* after published parsers: no recording of a camera was to be had."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from edged.camera.onvif.events import read_notification
from edged.camera.optics import ReadingSettings
from edged.camera.thermometry.matrix import append_data, celsius
from edged.camera.thermometry.onvif import BOX, readings
from edged.model.errors import CameraGarbled
from edged.model.event import CameraEvent

TYPE = "multipart/form-data;boundary=boundary"
HEAT = np.linspace(-20.0, 400.0, 24 * 16, dtype=np.float32).reshape(16, 24)


def answer(matrix: bytes, each: int, *, lengths: bool = True, **more: float) -> bytes:
    """Return a synthesised answer of 24 × 16 pixels. Its JPEG holds the bytes of a boundary."""
    jpeg = b"\xff\xd8 x \r\n--boundary-like \xff\xd9" if lengths else b"\xff\xd8\xff\xd9"
    head = {"jpegPicWidth": 24, "jpegPicHeight": 16, "jpegPicLen": len(jpeg), "temperatureDataLength": each, "p2pDataLen": 24 * 16 * each}
    text = json.dumps({"JpegPictureWithAppendData": head | more}).encode()
    out = b""
    for kind, part in (("application/json", text), ("image/pjpeg", jpeg), ("application/octet-stream", matrix)):
        length = f"Content-Length: {len(part)}\r\n" if lengths else ""
        out += f"--boundary\r\nContent-Type: {kind}\r\n{length}\r\n".encode() + part + b"\r\n"
    return out + b"--boundary--\r\n"


@pytest.mark.parametrize("lengths", [True, False])
def test_floats_are_celsius(lengths: bool) -> None:
    found = append_data(answer(HEAT.astype("<f4").tobytes(), 4, lengths=lengths), TYPE)
    assert np.array_equal(found.celsius, HEAT)
    assert found.jpeg.startswith(b"\xff\xd8")
    assert found.jpeg.endswith(b"\xff\xd9")


def test_integers_have_scale_and_offset() -> None:
    raw = np.round((HEAT + 273.15 - 50.0) * 10.0).astype("<i2")
    found = append_data(answer(raw.tobytes(), 2, scale=10.0, offset=50.0), TYPE)
    assert np.abs(found.celsius - HEAT).max() <= 0.051


@pytest.mark.parametrize("more", [{"p2pDataLen": 7}, {"jpegPicWidth": 0}, {"temperatureDataLength": 3}, {"jpegPicWidth": "wide"}])
def test_a_head_that_contradicts_itself_is_garbled(more: dict[str, float]) -> None:
    with pytest.raises(CameraGarbled, match="jpegPicWithAppendData"):
        append_data(answer(HEAT.astype("<f4").tobytes(), 4, **more), TYPE)


@given(st.integers(0, 1600))
def test_an_answer_cut_anywhere_is_garbled(at: int) -> None:
    whole = answer(HEAT.astype("<f4").tobytes(), 4)
    with pytest.raises(CameraGarbled):
        append_data(whole[: min(at, len(whole) - 40)], TYPE)


@given(st.binary(max_size=200))
def test_garbage_is_garbled_and_nothing_worse(data: bytes) -> None:
    with pytest.raises(CameraGarbled):
        append_data(b"--boundary\r\n" + data, TYPE)


def test_a_scale_of_nought_is_refused() -> None:
    with pytest.raises(ValueError, match="scale"):
        celsius(b"\0\0", 1, 1, 2, scale=0.0)


def test_a_radiometry_event_becomes_a_reading_at_its_place() -> None:
    body = etree.fromstring(
        '<m xmlns:t="http://www.onvif.org/ver10/schema" UtcTime="2026-01-01T00:00:00Z">'
        '<t:Source><t:SimpleItem Name="VideoSource" Value="1"/></t:Source><t:Data><t:ElementItem Name="Reading">'
        '<x ItemID="box-1" MaxTemperature="373.15" MinTemperature="283.15"/></t:ElementItem></t:Data></m>'
    )
    topic = SimpleNamespace(_value_1=f"tns1:{BOX}")
    told = read_notification(SimpleNamespace(Topic=topic, Message=SimpleNamespace(_value_1=body)))
    assert told is not None
    event = CameraEvent("th-01", told.topic, told.operation, dict(told.source), dict(told.data), told.at)
    place = ReadingSettings(id="box-1", x=0.25, y=0.5, width=0.1, height=0.1)
    read = readings(event, {"box-1": place})
    assert read is not None
    (spot,) = read.readings
    assert (spot.x, spot.y, round(spot.temp_c, 2), spot.least_c) == (0.25, 0.5, 100.0, pytest.approx(10.0))
    assert readings(event, {}) is None
    assert readings(replace(event, data=event.data | {"MaxTemperature": "-5"}), {"box-1": place}) is None
    assert readings(replace(event, topic="VideoSource/MotionAlarm"), {"box-1": place}) is None
