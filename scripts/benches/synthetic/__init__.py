"""Synthetic sites with known truth, for the benches."""
