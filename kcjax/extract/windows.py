"""Long texts cut into stretches that a model can read, of whole sentences, with a sentence in common."""

import itertools
import re
from collections.abc import Callable, Sequence

from kcjax.text import Span

# A sentence ends with one of these and what closes it, before a blank; scripts that need no blank have their own; and
# with an empty line. One that is cut wrongly ("Dr. Duarte") is whole in the next stretch, if not in this one.
_END = re.compile(r"[.!?…]+[\"'”’»)\]]*\s+|[。！？｡।۔]+[」』”’）]*\s*|\n\s*\n\s*")
_WORD = re.compile(r"\s+|\S{1,24}\s*")  # or a piece of what goes on without blanks


def sentences(text: str) -> list[Span]:
    """Where the sentences are; together they are the whole text."""
    return list(itertools.pairwise(sorted({0, *(match.end() for match in _END.finditer(text)), len(text)})))


def windows(text: str, limit: int, count: Callable[[Sequence[str]], Sequence[int]]) -> list[Span]:
    """Stretches of at most `limit` tokens, without blanks at their ends, that have all of the text but blanks.

    Each begins with the last sentence of the one before, or of a sentence that is too long itself with its last words.

    Args:
      count: how many tokens each of some strings has; those of a stretch are taken to be as many as those of its parts.
    """
    units: list[tuple[Span, int]] = []
    for span, tokens in _counted(text, sentences(text), count):
        if tokens <= limit:
            units.append((span, tokens))
        else:
            words = [(span[0] + m.start(), span[0] + m.end()) for m in _WORD.finditer(text[slice(*span)])]
            units += _joined(_counted(text, words, count), max(limit // 4, 1))
    found: list[Span] = []
    first = 0
    while first < len(units):
        last, tokens = first, 0
        while last < len(units) and (last == first or tokens + units[last][1] <= limit):
            tokens += units[last][1]
            last += 1
        found.append((units[first][0][0], units[last - 1][0][1]))
        if last == len(units):
            break
        repeats = last - 1 > first and units[last - 1][1] + units[last][1] <= limit
        first = last - 1 if repeats else last
    stripped = ((start + len(s) - len(s.lstrip()), start + len(s.rstrip())) for start, s in _with_text(text, found))
    return [span for span in stripped if span[0] < span[1]]


def _with_text(text: str, spans: Sequence[Span]) -> list[tuple[int, str]]:
    return [(start, text[start:end]) for start, end in spans]


def _counted(
    text: str, spans: Sequence[Span], count: Callable[[Sequence[str]], Sequence[int]]
) -> list[tuple[Span, int]]:
    return list(zip(spans, count([text[start:end] for start, end in spans]), strict=True))


def _joined(words: Sequence[tuple[Span, int]], limit: int) -> list[tuple[Span, int]]:
    """Neighbours joined up to so many tokens."""
    units: list[tuple[Span, int]] = []
    for (start, end), tokens in words:
        if units and units[-1][1] + tokens <= limit:
            units[-1] = (units[-1][0][0], end), units[-1][1] + tokens
        else:
            units.append(((start, end), tokens))
    return units
