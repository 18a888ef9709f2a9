"""Lens, head frames, rays, ground and error ellipses. NumPy only; degrees and metres in names."""
