"""Causes in limits and load: pools, ejection, rate limits, saturation."""
