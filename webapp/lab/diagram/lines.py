"""Lines of a diagram's labels: SVG does not break text by itself."""

import re
import unicodedata

# Thai has no spaces between words: its labels have a zero-width space where a line may end.
BREAK = "\u200b"
PIECE = re.compile(rf"[^ {BREAK}]+[ {BREAK}]?")
THAI = re.compile("[\u0e00-\u0e7f]")
# In em. Thai has vowels and tone marks above and below its letters, up to two at once.
LINE, THAI_LINE = 1.3, 1.55


def break_lines(text: str, width: int) -> list[str]:
    """Lines of at most `width` columns; a word that is longer than a line is cut."""
    lines: list[str] = []
    line = ""
    for piece in PIECE.findall(text):
        if line and columns(f"{line}{piece}".rstrip()) > width:
            lines.append(line)
            line = ""
        while columns(piece.rstrip()) > width:
            head = first_columns(piece, width)
            lines.append(head)
            piece = piece[len(head) :]
        line += piece
    return [each.replace(BREAK, "").strip() for each in (*lines, line)]


def columns(text: str) -> int:
    """The letters of the text without its combining marks, which need no room of their own."""
    return sum(unicodedata.category(letter) not in ("Mn", "Cf") for letter in text)


def first_columns(text: str, width: int) -> str:
    """The longest beginning with that many columns; a mark stays with its letter."""
    ends = (end for end in range(len(text), 0, -1) if columns(text[:end]) <= width)
    return text[: next(ends)]


def line_height(text: str) -> float:
    return THAI_LINE if THAI.search(text) else LINE
