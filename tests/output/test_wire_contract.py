"""AsyncAPI channels and schema files cover each other; the design's example is a valid message."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import edged
from edged.geometry.datum import DatumName
from edged.model.errors import OutputGarbled
from edged.model.journal import ANNOUNCING
from edged.model.place import Ellipse, IgnitionPoint, PlaceWords, RangeInterval
from edged.output.mqtt import contract
from edged.output.mqtt.envelope import refused, render
from tests.fakes.journal_reader import AT, MemoryJournal, make_alarm, make_row
from tests.output.conftest import IDENTITY

DESIGN_TREE = (
    "alarm/event/{topic}", "alarm/active/{alarm_id}", "alarm/index", "alarm/command/{actor}", "alarm/media/{alarm_id}/{n}", "radio/tx",
    "radio/report", "camera/{camera_id}/state", "camera/{camera_id}/onvif-ej/{tail}", "camera/{camera_id}/overlay",
    "ptz/{camera_id}/command/{actor}", "status", "cursor/{consumer}", "replay/request/{consumer}",
)  # fmt: skip


def test_channels_and_schemas_cover_each_other() -> None:
    named = {name for one in contract.channels() for name in one.schemas}
    assert named == set(contract.schema_names())
    for message in contract.document()["components"]["messages"].values():
        if "payload" in message:
            assert (contract.FOLDER / message["payload"]["schema"]["$ref"]).is_file()


def test_every_topic_of_the_design_is_a_channel() -> None:
    have = {one.address for one in contract.channels()}
    assert {f"edged/v1/{{station}}/{one}" for one in DESIGN_TREE} <= have


@pytest.mark.parametrize("name", contract.schema_names())
def test_schema_is_one(name: str) -> None:
    Draft202012Validator.check_schema(json.loads((contract.FOLDER / "schemas" / f"{name}.json").read_text()))


def test_asyncapi_structure() -> None:
    whole = contract.document()
    assert whole["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= set(whole["info"])
    for channel in whole["channels"].values():
        assert set(channel["parameters"]) == set(re.findall(r"{(\w+)}", channel["address"]))
        for kind in ("parameters", "messages"):
            for name, target in channel[kind].items():
                assert target["$ref"] == f"#/components/{kind}/{name}"
                assert name in whole["components"][kind]
    used = [operation["channel"]["$ref"].removeprefix("#/channels/") for operation in whole["operations"].values()]
    assert sorted(used) == sorted(whole["channels"])
    assert {operation["action"] for operation in whole["operations"].values()} == {"send", "receive"}


def test_the_example_of_the_design_renders() -> None:
    (entry,) = MemoryJournal().append(replace(make_row(1), alarm=make_alarm()))
    payload = render(entry, IDENTITY)
    assert render(entry, IDENTITY) == payload
    contract.validate("edged/v1/cuntan-01/alarm/event/fire", payload)
    said = json.loads(payload)
    assert said["time"] == "2026-11-22T03:14:03.412+08:00"
    assert said["expirytime"] == "2026-11-22T03:44:03+08:00"
    assert (said["type"], said["sequence"], said["severitynumber"]) == ("cn.edged.alarm.v1", "0" * 19 + "1", 21)
    assert said["data"]["cap"] == {
        "status": "Actual", "msgType": "Alert", "scope": "Restricted", "category": ["Fire"], "event": "火警", "urgency": "Immediate",
        "severity": "Severe", "certainty": "Likely", "responseType": ["Assess"],
    }  # fmt: skip
    feature = said["data"]["ignition_point"]
    assert feature["geometry"] == {"type": "Point", "coordinates": [106.6061, 29.6135]}
    assert feature["properties"]["gcj02"] == pytest.approx([106.6098, 29.6108], abs=2e-3)
    assert said["data"]["gb28181"] == {"DeviceID": "50010500001320000003", "AlarmPriority": 1, "AlarmMethod": 5}
    assert "312" not in said["data"]["radio"]["s"]


FACADE = IgnitionPoint(
    29.6135, 106.6061, "single_lookout", Ellipse(21, 4, 45), height_m=14.04, surface="facade", structure_id="w12", side="SW", floor=5
)  # fmt: skip


def published(point: IgnitionPoint | None, datum: DatumName = "GCJ-02") -> dict[str, Any]:
    """Return the Feature of an alarm at a point, after it held to the contract."""
    (entry,) = MemoryJournal().append(replace(make_row(1), alarm=make_alarm(ignition_point=point)))
    payload = render(entry, replace(IDENTITY, datum=datum))
    contract.validate("edged/v1/cuntan-01/alarm/event/fire", payload)
    said = json.loads(payload)
    assert said["dataschema"] == "urn:edged:schema:alarm:1.0"
    return dict(said["data"]["ignition_point"])


def test_a_point_on_a_facade_says_which_how_high_and_on_what_floor() -> None:
    said = published(FACADE)["properties"]
    met = {name: said[name] for name in ("height_m", "surface", "structure", "side", "floor")}
    assert met == {"height_m": 14.0, "surface": "facade", "structure": "w12", "side": "SW", "floor": 5}
    assert "mirrored" not in said


def test_a_point_found_through_a_mirror_image_says_so() -> None:
    point = IgnitionPoint(29.6135, 106.6061, "bearing_only", interval=RangeInterval(45.0, 0.2, 800, 2400), surface="ground", mirrored=True)
    said = published(point)["properties"]
    assert (said["surface"], said["mirrored"]) == ("ground", True)
    assert not {"structure", "side", "floor", "height_m"} & set(said)


def test_what_is_not_known_of_a_point_is_left_out() -> None:
    for point in (None, IgnitionPoint(29.6135, 106.6061, "person")):
        assert not {"height_m", "surface", "structure", "side", "floor", "mirrored"} & set(published(point)["properties"])


def test_the_nearest_gate_is_told_where_one_is_near() -> None:
    (entry,) = MemoryJournal().append(replace(make_row(1), alarm=make_alarm(words=PlaceWords("七号仓西南侧5层", "W7", near="距2号门85m"))))
    payload = render(entry, IDENTITY)
    contract.validate("edged/v1/cuntan-01/alarm/event/fire", payload)
    assert json.loads(payload)["data"]["ignition_point"]["properties"]["near"] == "距2号门85m"
    assert "near" not in published(FACADE)["properties"]


@pytest.mark.parametrize(("datum", "extra"), [("WGS-84", set()), ("GCJ-02", {"gcj02"}), ("CGCS2000", {"cgcs2000"})])
def test_the_point_is_repeated_in_the_datum_of_the_station(datum: DatumName, extra: set[str]) -> None:
    feature = published(FACADE, datum)
    assert feature["geometry"]["coordinates"] == [106.6061, 29.6135]
    assert feature["properties"]["datum"] == "WGS-84"
    assert {"gcj02", "cgcs2000"} & set(feature["properties"]) == extra
    if datum == "CGCS2000":
        assert feature["properties"]["cgcs2000"] == pytest.approx([106.6061, 29.6135], abs=1e-5)


@pytest.mark.parametrize(
    "wrong",
    [{"surface": "water"}, {"side": "north"}, {"floor": 0}, {"floor": 2.5}, {"structure": 7}, {"cgcs2000": [106.6]}, {"height_m": "14"}],
)
def test_the_schema_judges_what_a_point_met(wrong: dict[str, Any]) -> None:
    (entry,) = MemoryJournal().append(replace(make_row(1), alarm=make_alarm(ignition_point=FACADE)))
    said = json.loads(render(entry, IDENTITY))
    said["data"]["ignition_point"]["properties"] |= wrong
    with pytest.raises(OutputGarbled, match=next(iter(wrong))):
        contract.validate("edged/v1/cuntan-01/alarm/event/fire", json.dumps(said).encode())


def test_a_test_is_marked_everywhere_and_an_exercise_is_not_actual() -> None:
    journal = MemoryJournal()
    (test,) = journal.append(make_row(1, "test"))
    said = json.loads(render(test, IDENTITY))
    assert (said["type"], said["data"]["test"], said["data"]["cap"]["status"]) == ("cn.edged.test.alarm.v1", True, "Test")
    contract.validate("edged/v1/cuntan-01/test/alarm/event/fire", json.dumps(said).encode())
    (real,) = journal.append(make_row(1))
    assert json.loads(render(real, replace(IDENTITY, exercise=True)))["data"]["cap"]["status"] == "Exercise"


@pytest.mark.parametrize(
    "row",
    [
        replace(make_row(1), alarm=None, kind="health", topic="camera", change="fell", data={"camera_id": "th-03", "rung": "reachable"}),
        replace(make_row(1), alarm=None, kind="notice", topic="system", change="noticed", actor="duty1", cause_id="01JD"),
        replace(make_row(1), publish=False),
        replace(make_row(1), alarm=make_alarm(state="cleared", ignition_point=None, cleared_at=AT, clear_reason="extinguished")),
        replace(
            make_row(1), alarm=make_alarm(slot=None, verified="person", not_seen_since=AT + timedelta(seconds=3), not_seen_cause="fog")
        ),
    ],
)
def test_every_kind_of_row_holds_to_the_contract(row: object) -> None:
    (entry,) = MemoryJournal().append(row)  # type: ignore[arg-type]
    topic = f"edged/v1/cuntan-01/alarm/event/{entry.row.topic}"
    contract.validate(topic, render(entry, IDENTITY))
    contract.validate(topic, refused(entry, IDENTITY, "too large"))


def test_an_infinite_number_does_not_keep_an_alarm_back() -> None:
    found = replace(make_alarm().evidence, log_likelihood=float("inf"))
    (entry,) = MemoryJournal().append(replace(make_row(1), alarm=make_alarm(evidence=found)))
    payload = render(entry, IDENTITY)
    contract.validate("edged/v1/cuntan-01/alarm/event/fire", payload)
    assert json.loads(payload)["data"]["evidence"]["log_likelihood"] == 1e9


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("edged/v1/x/alarm/event/weather/rain", b"{}"),
        ("edged/v1/x/test/status", b"{}"),
        ("edged/v1/x/alarm/event/fire", b""),
        ("edged/v1/x/alarm/event/fire", b"\xff\xfe"),
        ("edged/v1/x/cursor/a", b'{"epoch":"e","sequence":-1}'),
        ("edged/v1/x/cursor/a", b'{"epoch":"e","sequence":NaN}'),
        ("edged/v1/x/cursor/a", b'{"epoch":"e","sequence":1,"more":1}'),
        ("edged/v1/x/cursor/a", b"[" * 100_000),
        ("edged/v1/x/alarm/media/a/1", b"GIF89a"),
        ("edged/v1/x/ptz/th/command/a", b'{"command_id":"12345678","actor":"a","order":"look_at","expires_at":"2026-01-01T00:00:00Z"}'),
    ],
)
def test_garbage_is_named(topic: str, payload: bytes) -> None:
    with pytest.raises(OutputGarbled, match="edged/v1/x"):
        contract.validate(topic, payload)


def announced_by_core() -> set[str]:
    """Return the changes that core names where it tells people: literal arguments of the functions that announce."""
    found = set()
    for path in (Path(edged.__file__).parent / "core").glob("*.py"):
        for call in (node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)):
            name = call.func.attr if isinstance(call.func, ast.Attribute) else call.func.id if isinstance(call.func, ast.Name) else ""
            told_anew = name == "write" and any(
                word.arg == "state" and isinstance(word.value, ast.Constant) and word.value.value == "active" for word in call.keywords
            )
            if name in ("activate", "announce_again") or told_anew:
                found |= {arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)}
    return found


def test_what_core_announces_is_an_alert_and_nothing_else_is() -> None:
    assert announced_by_core() | {"raised", "pre_alarm"} == ANNOUNCING


@pytest.mark.parametrize(
    ("change", "kind"), [("second_source", "Alert"), ("new_zone", "Alert"), ("not_seen", "Update"), ("slot", "Update")]
)
def test_cap_says_whether_people_are_told_anew(change: str, kind: str) -> None:
    entry = MemoryJournal().append(make_row(1, change=change))[0]
    assert json.loads(render(entry, IDENTITY))["data"]["cap"]["msgType"] == kind
