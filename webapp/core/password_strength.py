"""How hard a password is to guess. The text is in its normal form (`passwords.normal`)."""

from dataclasses import dataclass

# A guesser tries this name first.
APP_NAME = "evergreen"
# zxcvbn's score, 0 to 4: 3 takes 10^8 guesses or more. It reads 72 characters at most.
GOOD_SCORE = 3
READ_AT_ONCE = 72
# Letters that have to be there besides the app's name and the person's own; shorter names may be
# part of any word.
MIN_OWN = 8
# What zxcvbn takes for letters in disguise. It tries all readings: with all of them in one password
# for half a minute, with so many for a tenth of a second.
LEET = set("4@8({[<369!1|0$5+7%2")
MOST_LEET = 9
SHORTEST_WORD = 4


@dataclass(frozen=True)
class Strength:
    """How hard a password is to guess: 0 to 4, and advice for its owner."""

    score: int
    good: bool
    words: str


def without_known_words(password: str, known: list[str]) -> str:
    """The password without the words that a guesser knows beforehand."""
    rest = password.casefold()
    for word in sorted(known, key=len, reverse=True):
        if len(word) >= SHORTEST_WORD:
            rest = rest.replace(word.casefold(), "")
    return rest


def estimate_strength(password: str, own: list[str]) -> Strength:
    """The strength of the stronger end: one end that can't be guessed is enough."""
    ends = {password[:READ_AT_ONCE], password[-READ_AT_ONCE:]}
    score, warning = max(_estimate(end, own) for end in ends)
    if score < GOOD_SCORE:
        return Strength(score, False, f"{warning} Four unrelated words do well.")
    return Strength(score, True, "Very hard to guess." if score > GOOD_SCORE else "Hard to guess.")


def _estimate(password: str, own: list[str]) -> tuple[int, str]:
    from zxcvbn import zxcvbn  # its word lists are large: loaded only when a password is chosen

    if len(LEET & set(password)) > MOST_LEET:
        password = password.translate(dict.fromkeys(map(ord, LEET), "·"))
    found = zxcvbn(password, user_inputs=own, max_length=READ_AT_ONCE)
    return found["score"], found["feedback"]["warning"] or "This is easy to guess."
