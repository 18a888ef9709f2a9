"""The physical generator: radiometric backgrounds, fires and clutter as mixed pixels in 8–14 µm, and what a sensor makes of them. Pure."""
