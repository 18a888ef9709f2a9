"""What the detector and core are worth: recordings, inserted fires and rendered scenes played to them, and what came of it counted."""
