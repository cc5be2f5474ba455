"""Names in text: when two are the same, and where they stand."""

import re
import unicodedata

Span = tuple[int, int]

# Thai to Khmer, Japanese, Chinese and Korean: no spaces between words, or words that run on.
RUN_ON = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\U00020000-\U0003ffff"
_INSIDE = re.compile(rf"(?![{RUN_ON}]{{2}})\w\w")


def mention_key(text: str) -> str:
    """Equal for mentions that differ in case, spaces or the way their characters are encoded alone."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def occurrences(text: str, string: str) -> tuple[list[Span], list[Span]]:
    """Where a string stands as whole words, and where inside a word, each in text order; they may overlap.

    A word goes on beyond an edge between two letters or digits, but not between two of scripts without spaces.
    """
    whole: list[Span] = []
    inside: list[Span] = []
    at = text.find(string) if string else -1
    while at >= 0:
        span = (at, at + len(string))
        is_inside = any(0 < edge < len(text) and _INSIDE.fullmatch(text, edge - 1, edge + 1) for edge in span)
        (inside if is_inside else whole).append(span)
        at = text.find(string, at + 1)
    return whole, inside


def boundaries(text: str) -> list[int]:
    """Where words begin or end, from 0 to the length of the text: everywhere but inside a word, as of `occurrences`."""
    return [0, *(at for at in range(1, len(text)) if not _INSIDE.fullmatch(text, at - 1, at + 1)), len(text)]


def distance(a: Span, b: Span) -> int:
    """Characters between two spans, 0 if they touch or overlap."""
    return max(a[0] - b[1], b[0] - a[1], 0)
