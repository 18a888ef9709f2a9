"""A port's clutter bank: what is warm, hot or cold there without being a fire, each kind with its physics. Pure."""
