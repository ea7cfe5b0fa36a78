"""Causes in filters and policies that refuse, or fail, a request."""
