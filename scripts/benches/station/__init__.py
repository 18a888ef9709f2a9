"""The parts of `scripts/bench site`: which fires, who sees them when, what pictures show, what real detector and core make of it."""
