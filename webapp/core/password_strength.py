"""Password strength, by zxcvbn. Passwords are normalized (`passwords.normalize`)."""

from dataclasses import dataclass

# A guesser tries this name first.
APP_NAME = "evergreen"
# zxcvbn's score, 0 to 4: 3 takes 10^8 guesses or more. It reads 72 characters at most.
GOOD_SCORE = 3
READ_AT_ONCE = 72
# Characters that a password needs besides the app's name and the user's name and e-mail.
MIN_OWN = 8
# Characters that zxcvbn takes for disguised letters. It tries all combinations: all of these in one
# password would take half a minute, MAX_LEET of them a tenth of a second.
LEET = set("4@8({[<369!1|0$5+7%2")
MAX_LEET = 9
# Shorter names may be part of any word.
SHORTEST_WORD = 4


@dataclass(frozen=True)
class Strength:
    """`score` is 0 to 4, `words` the advice for the user."""

    score: int
    good: bool
    words: str


def without_known_words(password: str, known: list[str]) -> str:
    """The password without the words that a guesser would try first."""
    remainder = password.casefold()
    for word in sorted(known, key=len, reverse=True):
        if len(word) >= SHORTEST_WORD:
            remainder = remainder.replace(word.casefold(), "")
    return remainder


def estimate_strength(password: str, own: list[str]) -> Strength:
    """The strength of the stronger end: zxcvbn reads READ_AT_ONCE characters at most."""
    ends = {password[:READ_AT_ONCE], password[-READ_AT_ONCE:]}
    score, warning = max(_estimate(end, own) for end in ends)
    if score < GOOD_SCORE:
        return Strength(score, False, f"{warning} Four unrelated words do well.")
    return Strength(score, True, "Very hard to guess." if score > GOOD_SCORE else "Hard to guess.")


def _estimate(password: str, own: list[str]) -> tuple[int, str]:
    from zxcvbn import zxcvbn  # its word lists take 12 MB: only in a worker that needs them

    if len(LEET & set(password)) > MAX_LEET:
        password = password.translate(dict.fromkeys(map(ord, LEET), "·"))
    result = zxcvbn(password, user_inputs=own, max_length=READ_AT_ONCE)
    return result["score"], result["feedback"]["warning"] or "This is easy to guess."
