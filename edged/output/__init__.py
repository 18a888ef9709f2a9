"""Readers of the journal that tell the world."""
