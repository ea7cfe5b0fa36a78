"""Causes in what the proxies were told: old, refused, or by another path."""
