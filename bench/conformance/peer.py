"""What the comparison knows of a server that it measures."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from tests.conformance import Adapter


@dataclass(frozen=True)
class Peer:
    name: str
    start: Callable[[Path], AbstractContextManager[Adapter]]
    """Starts the server with its files in the folder, and stops it at the end."""
    packages: tuple[str, ...] = ()
    """Of PyPI; their versions are printed."""
    versions: tuple[str, ...] = ()
    """Of other packages: `oidc-provider 9.13.3`."""
    notes: tuple[str, ...] = ()
    """How it is set up, and what was chosen in its favour."""

    @property
    def label(self) -> str:
        found = [f"{package} {version(package)}" for package in self.packages]
        return ", ".join([*found, *self.versions])
