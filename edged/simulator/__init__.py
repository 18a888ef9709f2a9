"""A whole station to practise on; it can never reach a real radio or broker."""
