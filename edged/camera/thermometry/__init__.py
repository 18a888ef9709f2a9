"""Doors by which cameras tell temperatures beside their video."""
