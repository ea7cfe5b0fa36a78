"""Fits the table of weights to evidence whose cause is known; run by `make calibrate`."""
