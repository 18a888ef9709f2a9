"""The bank: every kind of clutter by its name, and how one is made. The table is data; ranges and rates are a law's."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from edged.simulator.generator.clutter import people, plant, sky, vehicles, window
from edged.simulator.generator.clutter.body import Happening
from edged.simulator.generator.clutter.draw import Draw, Ranges
from edged.simulator.generator.clutter.outlook import Outlook

Maker = Callable[[Draw, Outlook, float], Happening]

KINDS: dict[str, Maker] = {
    "walker": people.walker,
    "cigarette": people.cigarette,
    "joss_paper": people.joss_paper,
    "barbecue": people.barbecue,
    "fireworks": people.fireworks,
    "welding": people.welding,
    "lorry_parks": vehicles.lorry_parks,
    "lorry_passes": vehicles.lorry_passes,
    "car_parks": vehicles.car_parks,
    "comes_nearer": vehicles.comes_nearer,
    "hot_wheel": vehicles.hot_wheel,
    "dpf_regeneration": vehicles.dpf_regeneration,
    "gate_queue": vehicles.gate_queue,
    "reach_stacker": vehicles.reach_stacker,
    "brake_resistor": plant.brake_resistor,
    "rtg_genset": plant.rtg_genset,
    "reefer_rack": plant.reefer_rack,
    "funnel": plant.funnel,
    "kitchen_flue": plant.kitchen_flue,
    "stack": plant.stack,
    "steam": plant.steam,
    "machine": plant.machine,
    "bitumen": plant.bitumen,
    "landed_box": plant.landed_box,
    "floodlights": plant.floodlights,
    "sunrise_roofs": sky.sunrise_roofs,
    "cloud_gap": sky.cloud_gap,
    "cloud": sky.cloud,
    "glint": sky.glint,
    "aircraft": sky.aircraft,
    "helicopter": sky.helicopter,
    "birds": sky.birds,
    "insect": window.insect,
    "crawler": window.crawler,
    "rain": window.rain,
    "drop": window.drop,
    "moth": window.moth,
}


def build(kind: str, rng: np.random.Generator, outlook: Outlook, ranges: Ranges, at_s: float) -> Happening:
    """Return one thing of this kind that begins at `at_s`. Raises KeyError where the kind or a range that it draws is unknown."""
    return KINDS[kind](Draw(rng, ranges), outlook, at_s)
