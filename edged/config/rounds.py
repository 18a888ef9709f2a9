"""What only all temperature rounds together can show: one name for two spots, neighbours that nobody measures."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from edged.assembly import lookout_of
from edged.config.meaning import Cameras
from edged.config.report import Fault
from edged.config.wording import closest
from edged.model.words import Words


def across_rounds(cameras: Cameras) -> Iterator[Fault]:
    """Yield the faults of spots among one another."""
    owners: dict[str, str] = {}
    for camera, document in cameras.values():
        for number, spot in enumerate(camera.rounds):
            if first := owners.get(spot.name):
                yield Fault(
                    document.place(("rounds", number, "name")),
                    f"cameras[{camera.id}].rounds[{spot.name}].name",
                    "duplicate_id",
                    Words(f"{spot.name} is a spot of camera {first} already", f"{spot.name} 已是摄像机 {first} 的测温点"),
                    Words("give each spot of the station its own name", "请为全站每个测温点取不同名称"),
                    "error",
                    camera.id,
                )
            owners.setdefault(spot.name, camera.id)
    yield from _unseen(cameras)
    for camera, document in cameras.values():
        for number, spot in enumerate(camera.rounds):
            path = f"cameras[{camera.id}].rounds[{spot.name}].neighbours"
            for other in spot.neighbours:
                if other in owners and other != spot.name:
                    continue
                near = closest(other, [name for name in owners if name != spot.name])
                yield Fault(
                    document.place(("rounds", number, "neighbours")),
                    path,
                    "unknown_name",
                    Words(f'no other spot is called "{other}"', f"没有名为 “{other}” 的其他测温点"),
                    Words(f"did you mean `{near}`?", f"是不是 `{near}`?") if near else Words("add it to `rounds:`", "请在 rounds: 中添加"),
                    "error",
                    camera.id,
                )


def _unseen(cameras: Cameras) -> Iterator[Fault]:
    """Yield the spots of which a corner lies in no view of their head: they are never measured."""
    for camera, document in cameras.values():
        lookout = lookout_of(camera) if camera.rounds and camera.enabled else None
        if lookout is None or any(view.preset is not None and view.pan_deg is None for view in camera.views):
            continue
        for number, spot in enumerate(camera.rounds):
            if not lookout.holds(np.array(spot.spot().points)).all():
                yield Fault(
                    document.place(("rounds", number)),
                    f"cameras[{camera.id}].rounds[{spot.name}]",
                    "spot_unseen",
                    Words(
                        f"spot {spot.name} lies in no view of {camera.id} as a whole",
                        f"测温点 {spot.name} 不完整在 {camera.id} 的任何视野内",
                    ),
                    Words("correct its angles, or add a view that holds it", "请改正角度, 或添加能看全它的视野"),
                    "warning",
                    camera.id,
                )
