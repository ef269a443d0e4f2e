"""Password strength, by zxcvbn. Passwords are normalized (`passwords.normalize`)."""

from dataclasses import dataclass

from .text import N_, Message

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

EASY = N_("This is easy to guess.")
# Those of zxcvbn, so that they can be translated.
WARNINGS = {
    N_("A word by itself is easy to guess."),
    N_("Common names and surnames are easy to guess."),
    N_("Dates are often easy to guess."),
    N_("Names and surnames by themselves are easy to guess."),
    N_("Recent years are easy to guess."),
    N_('Repeats like "aaa" are easy to guess.'),
    N_('Repeats like "abcabcabc" are only slightly harder to guess than "abc".'),
    N_('Sequences like "abc" or "6543" are easy to guess.'),
    N_("Short keyboard patterns are easy to guess."),
    N_("Straight rows of keys are easy to guess."),
    N_("This is a top-10 common password."),
    N_("This is a top-100 common password."),
    N_("This is a very common password."),
    N_("This is similar to a commonly used password."),
}


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
        weakness = Message(warning if warning in WARNINGS else EASY)
        advice = Message("{weakness} Four unrelated words do well.", weakness=weakness)
        return Strength(score, False, advice)
    return Strength(
        score, True, N_("Very hard to guess.") if score > GOOD_SCORE else N_("Hard to guess.")
    )


def _estimate(password: str, own: list[str]) -> tuple[int, str]:
    from zxcvbn import zxcvbn  # its word lists take 12 MB: only in a worker that needs them

    if len(LEET & set(password)) > MAX_LEET:
        password = password.translate(dict.fromkeys(map(ord, LEET), "·"))
    result = zxcvbn(password, user_inputs=own, max_length=READ_AT_ONCE)
    return result["score"], result["feedback"]["warning"]
