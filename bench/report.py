"""Markdown tables, and the line that names the machine."""

import os
import platform
import re
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from .rounds import Spread


def table(title: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    print(f"\n**{title}**\n")
    print("\n".join(f"| {' | '.join(line)} |" for line in lines), flush=True)


def spread(values: Spread, digits: int) -> str:
    return f"{values.median:.{digits}f} ({values.low:.{digits}f}-{values.high:.{digits}f})"


def machine() -> str:
    """One line: date, CPU, cores, Python."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{date.today()}, {cpu_model()}, {os.cpu_count()} cores, {python}"


def cpu_model() -> str:
    info = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*: (.*)", info.read_text()) if info.exists() else None
    return re.sub(r"\((R|TM)\)", "", found[1]) if found else platform.processor()
