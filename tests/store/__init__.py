"""The journal and the input log."""
