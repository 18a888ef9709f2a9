"""Above which tilt of a head nothing stands on the ground or a roof of its zone: there are cranes, funnels and aircraft."""

from __future__ import annotations

import numpy as np

from edged.geometry.head import all_to_head
from edged.geometry.site import SiteModel
from edged.model.site import Mount

NEAR_M, STEP_M, STEP_DEG = 100.0, 50.0, 2.0
ABOVE_DEG = 0.3
"""A lorry and its flames stand 10 m high, at 2 km so many degrees; and a bearing errs by a tenth."""


def skyline_deg(site: SiteModel, mount: Mount) -> float:
    """Return the tilt, in head angles, above which nothing stands on the ground or on a roof within the plan's radius, at any pan."""
    post = site.post(mount)
    away = np.arange(NEAR_M, site.plan.radius_m + STEP_M, STEP_M)
    azimuth = np.radians(np.arange(0.0, 360.0, STEP_DEG))
    east = post.east_m + np.outer(np.sin(azimuth), away)
    north = post.north_m + np.outer(np.cos(azimuth), away)
    corners, tops = site.corners
    far = np.hypot(*(corners - post.at).T) if len(corners) else np.zeros(0)
    near = (far >= NEAR_M) & (far <= site.plan.radius_m)
    distance = np.concatenate([np.broadcast_to(away, east.shape).ravel(), far[near]])
    height = np.concatenate([site.ground.height_m(east.ravel(), north.ravel()), tops[near]])
    elevation = np.degrees(np.arctan2(height - post.height_m - site.curvature * distance**2, distance))
    level = np.stack([np.degrees(azimuth), np.full(azimuth.shape, float(elevation.max()) + ABOVE_DEG)], axis=1)
    return float(all_to_head(mount, level)[:, 1].max())
