"""What surrounds the daemon in a box: simulated cameras, the files for broker and daemon, and a named consumer. Run in the box.

Writes /run/practice/etc (the station's files), /run/practice/broker (mosquitto's), then /run/practice/consumer.json again and again.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

from edged.practice import Practice, simulated
from edged.simulator.upstream import Upstream

FOLDER = Path("/run/practice")


def main() -> None:
    settings = simulated(("th-01", "th-02"))
    small = tuple(camera.model_copy(update={"width": 320, "height": 256, "fps": 5.0}) for camera in settings.cameras)
    practice = Practice(FOLDER, settings.model_copy(update={"cameras": small}))
    practice.simulator.start()
    practice.write()
    practice.start_broker()
    assert practice.broker is not None
    practice.broker.stop()
    consumer = Upstream(practice.port, *practice.consumer)
    consumer.start()
    while True:
        known = [[e["data"]["alarm_id"], e["data"]["state"], e["id"], e["sequence"]] for e in consumer.alarms()]
        text = json.dumps({"alarms": known, "missing": consumer.missing(), "duplicates": consumer.duplicates()})
        (FOLDER / "new.json").write_text(text)
        (FOLDER / "new.json").replace(FOLDER / "consumer.json")
        time.sleep(0.2)


if __name__ == "__main__":
    main()
