"""Lines of a diagram's labels: SVG does not break text by itself."""

import re
import unicodedata

# Thai has no spaces between words: its labels have a zero-width space where a line may end.
BREAK = "\u200b"
# A number stays with the word before it.
PIECE = re.compile(rf"[^ {BREAK}]+(?: \d{{1,3}}\b[.,:]?)?[ {BREAK}]?")
THAI = re.compile("[\u0e00-\u0e7f]")
# In em. Thai has vowels and tone marks above and below its letters, up to two at once.
LINE, THAI_LINE = 1.3, 1.55
# Widths in em, of a wide font: DejaVu Sans. Letter → width; of other letters.
WIDTHS = dict.fromkeys("ijlI.,:;'|!()[]/ ", 0.36) | dict.fromkeys("mwMW→✓✕@", 0.95)
CAPITAL, LETTER = 0.7, 0.61
BOLD = 1.12


def break_lines(text: str, room: float, *, bold: bool = False) -> list[str]:
    """Lines of at most `room` em; a word that is longer than a line is cut."""
    lines: list[str] = []
    line = ""
    for piece in PIECE.findall(text):
        if line and width(f"{line}{piece}".rstrip(), bold=bold) > room:
            lines.append(line)
            line = ""
        rest = piece
        while width(rest.rstrip(), bold=bold) > room:
            head = _beginning(rest, room, bold=bold)
            lines.append(head)
            rest = rest[len(head) :]
        line += rest
    shown = [each.replace(BREAK, "").strip() for each in (*lines, line)]
    return [each for each in shown if each] or [""]


def width(text: str, *, bold: bool = False) -> float:
    """An estimate in em, rather too wide than too narrow."""
    return sum(map(_width, text)) * (BOLD if bold else 1)


def line_height(text: str) -> float:
    return THAI_LINE if THAI.search(text) else LINE


def _width(letter: str) -> float:
    if unicodedata.category(letter) in ("Mn", "Cf"):
        return 0  # a mark on the letter before it
    return WIDTHS.get(letter, CAPITAL if letter.isupper() else LETTER)


def _beginning(text: str, room: float, *, bold: bool) -> str:
    """The longest one that fits, of one letter at least; a mark stays with its letter.

    A path ends before one of its slashes, if it can.
    """
    ends = [end for end in range(len(text), 1, -1) if _is_whole(text, end)]
    fitting = [end for end in ends if width(text[:end], bold=bold) <= room]
    slashes = (end for end in fitting if text[end : end + 1] == "/")
    return text[: next(slashes, next(iter(fitting), 1))]


def _is_whole(text: str, end: int) -> bool:
    return end == len(text) or unicodedata.category(text[end]) != "Mn"
