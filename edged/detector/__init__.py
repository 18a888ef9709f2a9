"""Thermogram in, sightings out; small pure stages."""
