"""Causes in the life of a pod or a roll-out: start, stop, crash, probes, order of steps."""
