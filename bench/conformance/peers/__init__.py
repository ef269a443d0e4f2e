"""The servers that are measured: each module starts one, as its documentation sets it up."""

NAMES: tuple[str, ...] = ()
