"""Where the bearings of a head are counted from: its calibrated mount, with what is known of its drift."""

from __future__ import annotations

from edged.core.draft import Draft
from edged.core.settings import CoreSettings
from edged.geometry.drift import Limits, drift, widened
from edged.model.site import Mount


def mount_of(draft: Draft, camera_id: str) -> Mount | None:
    """Return the mount that bearings of this head are counted from, None where none may be: not calibrated, or its aim is a fault.

    A steady drift is taken out; drift that is not known widens 1σ.
    """
    mount = draft.rules.mounts.get(camera_id)
    if mount is None or not mount.calibrated:
        return None
    aimed = draft.live.aims.get(camera_id)
    if aimed is None or aimed.mount != mount:
        return mount
    return None if aimed.head.astray else widened(mount, drift(aimed.head), limits(draft.rules.settings))


def limits(settings: CoreSettings) -> Limits:
    """Return what the settings say of drift."""
    return Limits(settings.drift_deg, settings.drift_allowance_deg, settings.drift_unknown_h * 3600.0)
