"""Causes in clocks: timeouts and maximum ages."""
