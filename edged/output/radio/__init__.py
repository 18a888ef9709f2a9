"""Tells to the PDT gateway and back."""
