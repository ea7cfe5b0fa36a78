"""Causes in finding the way: host, route, cluster, subset, endpoint, scope."""
