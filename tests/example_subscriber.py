"""An upstream in 60 lines: takes every alarm once, in order, and proves that it missed none. Alone: python tests/example_subscriber.py
HOST PORT STATION USER STATE_FILE [PASSWORD] prints a line per row and, whenever it has all, `{"missed": 0, …}`."""

import json
import sys
import time
import uuid
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.properties import PacketTypes, Properties

host, port, station, user, state_file, *password = sys.argv[1:]
root, state_path = f"edged/v1/{station}", Path(state_file)
state = json.loads(state_path.read_text()) if state_path.exists() else {"epoch": None, "sequence": 0}
early, index, asked_at = {}, None, 0.0


def on_connect(client, userdata, flags, reason, properties):
    client.subscribe([(f"{root}/alarm/event/#", 1), (f"{root}/alarm/index", 1), (f"{root}/reply/{user}/#", 1)])


def on_message(client, userdata, message):
    global index
    body = json.loads(message.payload)
    if message.topic.endswith("/alarm/index"):
        index = body
        if body["epoch"] != state["epoch"]:  # a new journal: its first row says which one it continues
            state.update(epoch=body["epoch"], sequence=body["first_sequence"] - 1)
    elif "sequence" in body and (body["epoch"] != state["epoch"] or int(body["sequence"]) > state["sequence"]):  # else a duplicate
        early[body["epoch"], int(body["sequence"])] = body
    before = state["sequence"]
    while (row := early.pop((state["epoch"], state["sequence"] + 1), None)) is not None:
        state["sequence"] += 1
        print(json.dumps({"sequence": state["sequence"], "epoch": row["epoch"], "id": row["id"]}), flush=True)  # act on it here
    if state["sequence"] != before:
        (part := state_path.with_suffix(".part")).write_text(json.dumps(state))
        part.replace(state_path)
        client.publish(f"{root}/cursor/{user}", json.dumps(state), 1, retain=True)
    if index and index["epoch"] == state["epoch"] and state["sequence"] >= index["last_sequence"]:
        print(json.dumps({"missed": 0, "up_to": state["sequence"], "epoch": state["epoch"]}), flush=True)


client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=user, protocol=mqtt.MQTTv5)
client.username_pw_set(user, password[0] if password else None)
client.on_connect, client.on_message = on_connect, on_message
client.reconnect_delay_set(1, 5)
session, answer = Properties(PacketTypes.CONNECT), Properties(PacketTypes.PUBLISH)
session.SessionExpiryInterval, answer.ResponseTopic = 3600, f"{root}/reply/{user}/replay"
client.connect_async(host, int(port), clean_start=False, properties=session)
client.loop_start()
while True:
    time.sleep(0.2)
    known = max([index["last_sequence"] if index else 0, *(number for epoch, number in list(early) if epoch == state["epoch"])])
    if client.is_connected() and known > state["sequence"] and time.monotonic() - asked_at > 1:  # a gap: ask, and ask again
        ask, asked_at = {"request_id": uuid.uuid4().hex, "epoch": state["epoch"]}, time.monotonic()
        ask |= {"from": state["sequence"] + 1, "to": known}
        client.publish(f"{root}/replay/request/{user}", json.dumps(ask), 1, properties=answer)
