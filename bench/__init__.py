"""Measurements of Evergreen and its peers: `python3 -m bench`."""
