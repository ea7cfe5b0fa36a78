"""Causes in the language that two ends speak: HTTP version, port protocol, broken messages."""
