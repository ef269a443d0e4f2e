"""Reproducible measurements, against peers: `python3 -m bench`."""
