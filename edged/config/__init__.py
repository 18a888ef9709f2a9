"""YAML with positions, every fault in one run, last good versions."""
