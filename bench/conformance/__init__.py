"""`python3 -m bench conformance`: the conformance kit against Evergreen and well-known servers."""

import os


def run(runs: int) -> None:
    """BENCH_PEERS, if set, names the servers, with commas between them."""
    from .study import study

    study(runs, [name for name in os.environ.get("BENCH_PEERS", "").split(",") if name])
