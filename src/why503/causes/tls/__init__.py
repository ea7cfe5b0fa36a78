"""Causes in TLS: who speaks it, which certificate is shown, and whether it was delivered."""
