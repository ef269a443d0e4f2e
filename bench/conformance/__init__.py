"""`python3 -m bench conformance`: the conformance kit against well-known servers and Evergreen."""
