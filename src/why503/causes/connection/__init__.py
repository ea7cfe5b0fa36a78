"""Causes on the connection itself: who closed, who refused, who never answered."""
