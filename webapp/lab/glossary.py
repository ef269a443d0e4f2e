"""The words that a reader of the lab needs, as docs/glossary.md has them (a test compares)."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from markupsafe import Markup

from webapp.core.text import N_

WORDS: dict[str, str] = {
    N_("generation"): N_(
        "The number of a session's current pair of tokens. It begins with 0 and grows with each "
        "rotation."
    ),
    N_("redeem"): N_("To exchange a refresh token for a pair of tokens."),
    N_("successor"): N_("The refresh token that a refresh token was exchanged for."),
    N_("repeat"): N_(
        "To redeem a refresh token again before its successor was used, or in the grace. The "
        "result is the same successor, with a new access token."
    ),
    N_("grace"): N_(
        "30 seconds in which the same browser gets the newest refresh token again for the old one, "
        "even if the new one was used already. They count from the last time that it was handed "
        "out unused."
    ),
    N_("tombstone"): N_("The entry in Redis of a session that has ended."),
    N_("hook"): N_(
        "The function that runs before each request: it reads the tokens and renews them if that "
        "is needed."
    ),
    N_("cache"): N_(
        "The access tokens that a worker has verified and may accept again without asking a store."
    ),
    N_("worker"): N_(
        "A process of the server that answers requests. Each one has a cache of its own."
    ),
}
# Elements whose text stays as it is: names, controls and steps.
PLAIN = {
    *("a", "button", "code", "dt", "fieldset", "form", "h1", "h2", "h3", "h4"),
    *("nav", "ol", "option", "pre", "script", "select", "summary", "svg", "th", "time", "title"),
}
TOKENS = re.compile(r"(<!--.*?-->|<[^>]*>)", re.DOTALL)
TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
# Thai vowels and tone marks are no letters to `re`.
LETTER = r"[\w\u0e00-\u0e7f]"


def explain_first_mentions(
    html: str, link: str, translate: Callable[[str], str] = lambda word: word
) -> Markup:
    """The page, in which the first mention of each word opens its meaning.

    `link` leads to the list of words, for browsers without popovers. `translate` gives a word in
    the language of the page. The pages' own HTML is well formed: each element of PLAIN has an end
    tag.
    """
    mentions = _Mentions({translate(word).lower(): word for word in WORDS}, link)
    return Markup("".join(_explained(html, mentions)))  # noqa: S704 - autoescaped before


@dataclass
class _Mentions:
    left: dict[str, str]
    """Words in the language of the page that were not mentioned yet, and their English ones."""
    link: str

    def __post_init__(self) -> None:
        words = "|".join(map(re.escape, self.left))
        # Thai has no spaces between words: only a word between two zero-width spaces is whole.
        self.pattern = re.compile(
            rf"(?<!{LETTER})({words})(?:s|ed|ing)?(?!{LETTER})", re.IGNORECASE
        )

    def explain(self, found: re.Match[str]) -> str:
        shown, word = found[0], self.left.pop(found[1].lower(), None)
        if word is None:
            return shown
        return (
            f'<button type="button" class="term" popovertarget="meaning-{word}">{shown}</button>'
            f'<a class="term-link" href="{self.link}#word-{word}">{shown}</a>'
        )


def _explained(html: str, mentions: _Mentions) -> Iterator[str]:
    depth = 0
    for token in TOKENS.split(html):
        tag = TAG.match(token)
        if tag and tag[2].lower() in PLAIN:
            depth += -1 if tag[1] else 1
        if tag or depth or token.startswith("<!"):
            yield token
        else:
            yield mentions.pattern.sub(mentions.explain, token)
