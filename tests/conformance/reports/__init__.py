"""Reports of a run, by name."""

from collections.abc import Callable

from ..run import Report
from .html import render_html
from .json import render_json
from .junit import render_junit
from .markdown import render_markdown
from .text import render_text

FORMATS: dict[str, Callable[[Report], str]] = {
    "text": render_text,
    "json": render_json,
    "markdown": render_markdown,
    "junit": render_junit,
    "html": render_html,
}

__all__ = ["FORMATS"]
