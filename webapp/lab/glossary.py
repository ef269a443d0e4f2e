"""The words that a reader of the lab needs, as docs/glossary.md has them (a test compares)."""

import re
from collections.abc import Iterator

from markupsafe import Markup

WORDS: dict[str, str] = {
    "generation": "The number of a session's current pair of tokens. It begins with 0 and grows "
    "with each rotation.",
    "redeem": "To exchange a refresh token for a pair of tokens.",
    "successor": "The pair of tokens that a refresh token was exchanged for.",
    "grace": "30 seconds after the newest pair was last handed out, in which the same browser gets "
    "that pair again for the old token. Repeats after the pair's first use do not extend it.",
    "tombstone": "The entry in Redis of a session that has ended.",
    "hook": "The function that runs before each request: it reads the tokens and renews them if "
    "that is needed.",
    "worker": "A process of the server that answers requests. Each one has a token cache of its "
    "own.",
}
FORMS = re.compile(
    r"\b(generation|redeem|successor|grace|tombstone|hook|worker)(?:s|ed|ing)?\b", re.IGNORECASE
)
# Elements whose text stays as it is: names, controls, lists of links, and what may be folded up.
PLAIN = {
    *("a", "button", "code", "details", "dt", "fieldset", "form", "h1", "h2", "h3", "h4"),
    *("li", "nav", "option", "pre", "script", "select", "summary", "svg", "th", "time", "title"),
}
TOKENS = re.compile(r"(<!--.*?-->|<[^>]*>)", re.DOTALL)
TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")


def explain_first_mentions(html: str, link: str) -> Markup:
    """The page, in which the first mention of each word opens its meaning.

    `link` leads to the list of words, for browsers without popovers. The pages' own HTML is well
    formed: each element of PLAIN has an end tag.
    """
    left = set(WORDS)
    return Markup("".join(_explained(html, link, left)))  # noqa: S704 - autoescaped before


def _explained(html: str, link: str, left: set[str]) -> Iterator[str]:
    depth = 0
    for token in TOKENS.split(html):
        tag = TAG.match(token)
        if tag and tag[2].lower() in PLAIN:
            depth += -1 if tag[1] else 1
        if tag or depth or token.startswith("<!"):
            yield token
        else:
            yield FORMS.sub(lambda found: _mention(found, link, left), token)


def _mention(found: re.Match[str], link: str, left: set[str]) -> str:
    word, shown = found[1].lower(), found[0]
    if word not in left:
        return shown
    left.remove(word)
    return (
        f'<button type="button" class="term" popovertarget="meaning-{word}">{shown}</button>'
        f'<a class="term-link" href="{link}#word-{word}">{shown}</a>'
    )
