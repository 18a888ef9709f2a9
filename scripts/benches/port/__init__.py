"""Port scenes for benches: things drawn from a law, painted only where they change, and watched by the daemon's detector and core."""
