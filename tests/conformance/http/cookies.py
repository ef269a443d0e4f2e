"""The cookies of one browser, by the rules of RFC 6265, sections 5.1 to 5.4, that matter here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from .response import Response


@dataclass(frozen=True)
class Cookie:
    name: str
    value: str
    path: str
    is_deleted: bool


@dataclass(frozen=True)
class Jar:
    """Name and path of each cookie → its value."""

    entries: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def get(self, name: str | None) -> str | None:
        """That of the longest path, if there are several."""
        found = [(len(path), value) for (each, path), value in self.entries.items() if each == name]
        return max(found)[1] if found else None

    def without(self, name: str | None) -> "Jar":
        return Jar({key: value for key, value in self.entries.items() if key[0] != name})

    def replaced(self, name: str, value: str) -> "Jar":
        """With another value, at the same path."""
        keys = [key for key in self.entries if key[0] == name] or [(name, "/")]
        return Jar({**self.entries, **dict.fromkeys(keys, value)})

    def after(self, response: Response, url: str) -> "Jar":
        """What a browser has after the response to a request of `url`."""
        entries = dict(self.entries)
        for line in response.cookie_lines:
            cookie = parse(line, url)
            if not cookie:
                continue
            entries.pop((cookie.name, cookie.path), None)
            if not cookie.is_deleted:
                entries[cookie.name, cookie.path] = cookie.value
        return Jar(entries)

    def header(self, url: str) -> str:
        """The Cookie header of a request of `url`, longest path first; "" for none."""
        target = urlsplit(url).path or "/"
        sent = [key for key in self.entries if matches(key[1], target)]
        sent.sort(key=lambda key: -len(key[1]))
        return "; ".join(f"{key[0]}={self.entries[key]}" for key in sent)


def parse(line: str, url: str) -> Cookie | None:
    """None for a line that a browser ignores: without a name, or of another host."""
    pair, *rest = line.split(";")
    name, equals, value = (part.strip() for part in pair.partition("="))
    attributes = {}
    for each in rest:
        key, _, text = each.partition("=")
        attributes[key.strip().lower()] = text.strip()
    domain = attributes.get("domain", "").lstrip(".")
    host = urlsplit(url).hostname or ""
    if not equals or not name or (domain and host != domain and not host.endswith(f".{domain}")):
        return None
    path = attributes.get("path", "")
    if not path.startswith("/"):
        path = (urlsplit(url).path or "/").rpartition("/")[0] or "/"
    age = attributes.get("max-age", "")
    is_past = age.lstrip("-").isdecimal() and int(age) <= 0
    is_deleted = is_past or not value or (not age and "1970" in attributes.get("expires", ""))
    return Cookie(name, value, path, is_deleted)


def matches(path: str, target: str) -> bool:
    """RFC 6265, section 5.1.4."""
    return target == path or target.startswith(path if path.endswith("/") else f"{path}/")
