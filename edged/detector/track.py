"""One hot spot followed over the frames of one view, and over the visits of its head."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from edged.detector.life import Life, Pace
from edged.model.sighting import Hotspot, ReasonAgainst, ReasonFor

if TYPE_CHECKING:
    from edged.detector.course import Course
    from edged.detector.endplace import EndPlace
    from edged.detector.rim import Rim
    from edged.detector.takenscale import Taking

MEMORY = 400
STOOD_S, STOOD_SIZES = 10.0, 1.0
OUTLINE_PX = 1.5
ALOFT_S = 60.0
"""A lowering heats a crane's brake for 25 s at most."""
GLINT_S, GLINT_MOST_S = 15.0, 60.0
"""The sun mirrored in water twinkles as a flame does, and comes out of a cloud as fast as one grows; so long in sight it has slid far
enough to be told, where the view stands; and at most so long where it sways."""


class Visit(NamedTuple):
    """What a source showed while the head looked once: begin, medians of its place (px, sway removed), half-level area, rise of its peak
    over the surroundings, excess, and light."""

    mono_s: float
    x: float
    y: float
    area: float
    rise: float
    excess: float
    light: float


class Sample(NamedTuple):
    """One look at a source: its place in the scene (px, sway removed), half-level area in a fixed window, peak, excess, and light: the sum
    over what exceeds a seventh of its rise."""

    mono_s: float
    x: float
    y: float
    area: float
    peak: float
    excess: float
    light: float


class Table(NamedTuple):
    """Samples as contiguous rows, (7, N) in the order of `Sample`'s parts, and the time of the last one."""

    until_s: float
    rows: npt.NDArray[np.float64]


def moved_px(then: Sample, now: Sample, doubt_px: float = 0.0) -> float:
    """Return how far a source surely moved between two looks, less what its growth in between moves its middle and what sway may."""
    grown = max(0.0, math.sqrt(now.area) - math.sqrt(then.area))
    return max(0.0, math.hypot(now.x - then.x, now.y - then.y) - grown - doubt_px)


def middle(looks: Sequence[Sample]) -> Sample:
    """Return the mean of some looks: what sway is left over moves single ones by pixels."""
    return looks[0] if len(looks) == 1 else Sample(*[sum(values) / len(looks) for values in zip(*looks, strict=True)])


@dataclass(slots=True, eq=False)
class Track:
    """One source followed in one view. `first_look`: it was there before the view was learnt, so it cannot be called new."""

    track_id: int
    born_s: float
    first_look: bool
    born_at_edge: bool
    spot: Hotspot
    last_s: float
    radiance: float | None = None
    seen: int = 1
    looks: int = 1
    looked: int = 1
    """How many of the looks were over when it was last found."""
    samples: deque[Sample] = field(default_factory=lambda: deque(maxlen=MEMORY))
    recent: deque[Sample] = field(default_factory=lambda: deque(maxlen=8))
    window: tuple[int, int, int, int] = (0, 0, 0, 0)
    beside: tuple[float, float] = (0.0, 0.0)
    """Half-level area and light that came in as the window grew: something beside it, mostly."""
    table: Table | None = None
    """`samples` as `since` reads them, made when they have changed; not kept while it rests."""
    course: Course | None = None
    course_s: float = -1e9
    reference_peak: float = 0.0
    reference_background: float = 0.0
    value: float = 0.0
    velocity: tuple[float, float] = (0.0, 0.0)
    held_for: dict[ReasonFor, float] = field(default_factory=dict)
    held_against: dict[ReasonAgainst, float] = field(default_factory=dict)
    doubt_px: float = 0.0
    """How far sway may have moved it from look to look, as the scene had sunk into the noise and told nothing of it."""
    placed_px: float = 0.0
    """How far sway may have moved it in its last look."""
    travelled_sizes: float = 0.0
    last_drift_s: float = -1e9
    crept: bool = False
    """Whether it once crept by half its size: it did not begin where it stands."""
    drift_px: int = 0
    """Its area when it last drifted."""
    passed_s: float = -1e9
    """When something last drove past it."""
    path: tuple[float, float, float, float] | None = None
    """Where its middle has been: left, top, right, below (px, sway removed)."""
    over_since_s: float | None = None
    with_step: bool = False
    hunted_s: float = -1e9
    """When the gain was last on its way, or began or ceased to be taken out, while it was seen."""
    bent_s: float = -1e9
    """When the curve of a gain was last taken out while it was seen."""
    climbed_s: float = 0.0
    """For how long it was seen to grow brighter steadily, in its place."""
    taking: Taking | None = None
    """What it took of the scale, if the gain collapsed as it began and it was near the end of the scale then."""
    many_alike: bool = False
    reported: float = 0.0
    reported_s: float = -1e9
    pictured_s: float = -1e9
    ever_reported: bool = False
    fast_path: bool = False
    standing: bool = False
    standing_told: bool = False
    vanished: bool = False
    """Whether it was lost while the head looked, though it was not seen to begin: it may be at its limit."""
    life: Life = field(default_factory=Life)
    end: EndPlace | None = None
    """The place at the end of a grey scale that it is, if it is one."""
    rim: Rim | None = None
    """What the rim round that place tells of its strength, where it is known."""
    visits: list[Visit] = field(default_factory=list)
    """Looks that ended before this one; the first and the latest are kept."""
    resumed_s: float | None = None
    """When it was found again, as the head looked here again or its turn came; None while it has been followed since it began."""
    stood_excess: float | None = None
    stood_peak: float | None = None
    stood_ended: bool = False
    """Excess and peak when it came to stand, and whether it was at the end of a grey scale then."""
    birth_rise: float = 0.0
    birth_px: int = 0
    """By how much its peak exceeded its surroundings in the first frame, and its half-level area then."""
    settled_px: int | None = None
    """Its half-level area once it had been followed for ten seconds at the end of a grey scale."""
    known_since_s: float = -1e9
    """Since when its place was watched: it stood there as it was, or nothing did."""
    known_level: float = float("-inf")
    """The level that its place was known to have when it was first seen there."""
    after_another: bool = False
    """Whether another as hot had been lost near by just before it was first seen: then it may be that one, farther on."""
    moved_in: bool | None = None
    """Whether it stood out in its full strength from the first frame on, after another: None while it has not stood out."""
    unlearnt: bool = False
    """Whether it began while the view was still being learnt: what is at its limit there shows a little later."""
    waited_s: float = 0.0
    """For how long it showed before it was followed, because more showed than a view follows."""
    unwatched: bool = False
    """Whether it began while the head looked elsewhere, or waited to be followed, so that nobody saw whether it drove in."""
    landed: bool = False
    """Whether it was there in its whole size at once, wide and even: a container, a plate, a warm roof that came out of the shade."""
    excused: bool = False
    """Whether its heat has an innocent cause at hand: it was there before anybody looked, or came with something."""
    tame: bool = False
    """Whether being beyond the absolute limit has an innocent cause at hand: it may have driven in, or stood
    there, and does not flicker."""
    landed_s: float = 0.0
    """For how long it was taken for a landed box."""
    with_body: bool = False
    """Whether a body that the learnt view does not know came with it."""
    company: list[tuple[float, float, float]] = field(default_factory=list)
    body_cells: int = 0
    """Where hot parts beside it made it seem part of a vehicle (px, sway removed), with their excess, and how many cells beside it had
    changed."""
    aloft: bool = False
    """Whether it is seen above all that stands on the ground or a roof of the zone."""
    in_turns: bool = False
    greatest_aloft: float = 0.0
    """Whether it fell by half there, from the greatest that it had, and has not outgrown that."""
    mirrored: bool = False
    """Whether it does at once what a stronger source above it does: its image in water or on wet ground."""
    glints: bool = False
    """Whether it slides as the sun does in a mirror, while the sun is up."""
    may_slide: bool = False
    """Whether it may slide so, for all that the sway lets be seen."""
    may_glint: bool = False
    """Whether the sun is up where a surface that may stand there would mirror it into the lens."""
    scene_change: bool = False
    """Whether it came with similar ones all over the view and a step of the scene, and has not gone its own way since."""

    @property
    def pace(self) -> Pace:
        """Return how its rise bends. At the end of a grey scale only the area says that it settles."""
        own = self.life.pace
        if self.end is None:
            return own
        area = self.end.life.pace
        return Pace(area.settles, own.keeps or area.keeps, own.gains or area.gains, min(own.begun_s, area.begun_s))

    @property
    def spreads(self) -> bool:
        """Tell whether it has grown beyond the end of a grey scale, or flames lick out of it there."""
        return (self.end is not None and (self.end.grown or self.end.stirs)) or (self.rim is not None and self.rim.grown)

    @property
    def twinkles(self) -> bool:
        """Tell whether it may be the sun in a mirror and has not been in sight for long enough to be told from it."""
        return self.may_glint and self.last_s - self.followed_since_s < (GLINT_MOST_S if self.may_slide else GLINT_S)

    @property
    def works(self) -> bool:
        """Tell whether it may be machinery that works aloft."""
        return self.aloft and (self.in_turns or self.age_s < ALOFT_S)

    @property
    def followed_since_s(self) -> float:
        """Return since when it has been followed without a break."""
        return self.born_s if self.resumed_s is None else self.resumed_s

    def since(self, span_s: float) -> npt.NDArray[np.float64]:
        """Return the samples of the last `span_s`, (7, N) in the order of `Sample`'s parts; at least the last one."""
        last = self.samples[-1].mono_s
        if self.table is None or self.table.until_s != last or self.table.rows.shape[1] != len(self.samples):
            flat = np.fromiter(chain.from_iterable(self.samples), np.float64, 7 * len(self.samples))
            self.table = Table(last, np.ascontiguousarray(flat.reshape(-1, 7).T))
        rows = self.table.rows
        return rows[:, np.count_nonzero(last - rows[0] > span_s) :]

    def goes_its_own_way(self) -> None:
        """It began with many alike, and is one by itself from now on."""
        self.many_alike = False
        self.held_against.pop("many_alike", None)

    @property
    def took_scale(self) -> bool:
        """Tell whether it made the gain collapse."""
        return self.taking is not None

    @property
    def over(self) -> float:
        """Return by how much its peak exceeds its surroundings and what its place was known to have."""
        return self.spot.peak - max(self.spot.background, self.known_level)

    @property
    def greatest_over(self) -> float:
        """Return `over`, or what that was as it took the scale."""
        return max(self.over, self.taking.over if self.taking is not None else 0.0)

    @property
    def greatest_excess(self) -> float:
        """Return its excess, or what that was as it took the scale."""
        return max(self.spot.excess, self.taking.excess if self.taking is not None else 0.0)

    @property
    def size_px(self) -> float:
        """Return the mean side of its box, at least 3 px."""
        _, _, w, h = self.spot.box_px
        return max(3.0, 0.5 * (w + h))

    @property
    def stood_s(self) -> float:
        """Return how long it has stood where it was first seen, 0 when it has moved by its own size or more."""
        return self.age_s if self.travelled_sizes < STOOD_SIZES else 0.0

    @property
    def stood(self) -> bool:
        """Tell whether it has stood for 10 s: then it is where it is, and what passes is something else."""
        return self.stood_s >= STOOD_S

    @property
    def rests(self) -> bool:
        """Tell whether it has not moved for 10 s, wherever it came from."""
        return self.last_s - max(self.born_s, self.last_drift_s) >= STOOD_S

    @property
    def age_s(self) -> float:
        """Return how long it has been followed."""
        return self.last_s - self.born_s

    def covers(self, west: float, north: float, east: float, south: float) -> bool:
        """Tell whether its outline now, `OUTLINE_PX` wider, covers a box of the scene (px, sway removed)."""
        x, y, w, h = self.spot.box_px
        at = self.recent[-1]
        left, top = x - (self.spot.x_px - at.x) - OUTLINE_PX, y - (self.spot.y_px - at.y) - OUTLINE_PX
        return left <= west and top <= north and east <= left + w + 2.0 * OUTLINE_PX and south <= top + h + 2.0 * OUTLINE_PX


def at_edge(spot: Hotspot, shape: tuple[int, ...]) -> bool:
    """Tell whether a spot lies at the edge of a picture, where parts of it come and go."""
    x, y, w, h = spot.box_px
    return x <= 2 or y <= 2 or x + w >= shape[1] - 2 or y + h >= shape[0] - 2
