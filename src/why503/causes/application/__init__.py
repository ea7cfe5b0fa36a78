"""Causes in the application's own answer."""
