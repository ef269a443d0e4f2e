"""The hidden fields of a page's form, such as a CSRF token."""

from html.parser import HTMLParser


def hidden_fields(page: str, path: str) -> dict[str, str]:
    """Those of the form that posts to `path`, or else of the first form that posts."""
    parser = _Forms()
    parser.feed(page)
    for action, fields in parser.forms:
        if action.split("?")[0].endswith(path):
            return fields
    return parser.forms[0][1] if parser.forms else {}


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form" and found.get("method", "").lower() == "post":
            self.forms.append((found.get("action", ""), {}))
        elif tag == "input" and found.get("type") == "hidden" and self.forms:
            self.forms[-1][1][found.get("name", "")] = found.get("value", "")
