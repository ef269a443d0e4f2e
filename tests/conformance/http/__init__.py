"""Servers that need no code of their own: an adapter from URLs and fields."""

from .adapter import HttpAdapter
from .client import Client

__all__ = ["Client", "HttpAdapter"]
