"""Annotated documents cut into sentences, which is what kcjax trains on and is asked for."""

import dataclasses
import logging
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from kcjax.corpus.document import Document, Mention, Relation

M = TypeVar("M", bound=Mention)

log = logging.getLogger(__name__)

_BREAK = re.compile(r"(?<!\s)\s*\n\s*|(?<=[.?!])(?P<closing>[\"'”’)\]]*)\s+(?=[\"'“‘(\[]*[A-ZÀ-Þ0-9])")
_ABBREVIATED = re.compile(r"\b(?:[A-Z]|vs|e\.g|i\.e|al|Mr|Mrs|Ms|Dr|Prof|St|Gen|Sen|Gov|Rep|Fig|No)\.$")


def sentence_bounds(text: str, spans: Iterable[tuple[int, int]] = ()) -> list[tuple[int, int]]:
    """(start, end) of the sentences of a text, without the blanks around them.

    A sentence ends at a line's end, and after `.`, `?` or `!` where what follows begins with a capital or a digit, but
    not after an initial or common abbreviation, nor within one of the `spans`, which are those of what is annotated.
    """
    taken = bytearray(len(text) + 1)  # positions within a span, where no sentence may end
    for start, end in spans:
        taken[start + 1 : end] = b"\1" * (end - start - 1)
    bounds, start = [], 0
    for found in _BREAK.finditer(text):
        end = found.end("closing") if found["closing"] is not None else found.start()
        # The abbreviation is looked for in a window, or long texts would take time in the square of their length.
        if any(taken[end : found.end() + 1]) or (found["closing"] == "" and _ABBREVIATED.search(text[end - 6 : end])):
            continue
        bounds.append((start, end))
        start = found.end()
    bounds.append((start, len(text)))
    trimmed = (
        (start + len(text[start:end]) - len(text[start:end].lstrip()), start + len(text[start:end].rstrip()))
        for start, end in bounds
    )
    return [(start, end) for start, end in trimmed if start < end]


def joined(sentences: Sequence[Sequence[str]]) -> tuple[str, list[tuple[int, int]], list[tuple[int, int]]]:
    """The text of sentences of tokens, all joined by one space, and (start, end) of its sentences and of its tokens."""
    sentence_spans, token_spans, position = [], [], 0
    for tokens in sentences:
        begin = position
        for token in tokens:
            token_spans.append((position, position + len(token)))
            position += len(token) + 1
        sentence_spans.append((begin, max(begin, position - 1)))
    text = " ".join(token for tokens in sentences for token in tokens)
    return text, [(start, min(end, len(text))) for start, end in sentence_spans], token_spans


def cut(document: Document, bounds: Iterable[tuple[int, int]], left_out: Counter[str]) -> Iterator[Document]:
    """Yields a document `ID.NUMBER` for each sentence, numbered from 0, with what is annotated in it.

    Args:
      bounds: (start, end) of the sentences, in order; one that is empty gets a number, but no document.
      left_out: counts what reaches beyond a sentence: mentions, relations, and arguments of an event, which stands in
        the sentence of its trigger.
    """
    kept: set[int] = set()
    relations, events = set(), 0
    for number, (start, end) in enumerate(bounds):
        if start >= end:
            continue

        def within(mention: Mention, start: int = start, end: int = end) -> bool:
            return start <= mention.start and mention.end <= end

        indices = [index for index, entity in enumerate(document.entities) if within(entity)]
        new = {index: place for place, index in enumerate(indices)}
        kept.update(indices)
        inside = [i for i, relation in enumerate(document.relations) if relation.head in new and relation.tail in new]
        relations.update(inside)
        happened = []
        for event in (event for event in document.events if within(event.trigger)):
            events += 1
            arguments = tuple(_moved(argument, -start) for argument in event.arguments if within(argument))
            left_out["argument outside of its event's sentence"] += len(event.arguments) - len(arguments)
            happened.append(dataclasses.replace(event, trigger=_moved(event.trigger, -start), arguments=arguments))
        yield Document(
            f"{document.id}.{number}",
            document.text[start:end],
            tuple(_moved(document.entities[index], -start) for index in indices),
            tuple(
                Relation(relation.type, new[relation.head], new[relation.tail], relation.confidence)
                for relation in (document.relations[i] for i in inside)
            ),
            tuple(happened),
        )
    left_out["entity across sentences"] += len(document.entities) - len(kept)
    left_out["relation across sentences"] += len(document.relations) - len(relations)
    left_out["event whose trigger is across sentences"] += len(document.events) - events


def report(left_out: Counter[str], prefix: str) -> None:
    """Says once what a reading left out."""
    if parts := [f"{count} x {what}" for what, count in sorted(left_out.items()) if count]:
        log.warning("%s: left out: %s", prefix, "; ".join(parts))


def _moved(mention: M, by: int) -> M:
    return dataclasses.replace(mention, start=mention.start + by, end=mention.end + by)
