"""Values that rooms hand to one another. Immutable, without behaviour that needs a clock or I/O."""
