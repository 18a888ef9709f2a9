"""edged: a supplementary early warning of fire for a port, from thermal lookouts to officers' radios."""

__version__ = "0.1.0"
