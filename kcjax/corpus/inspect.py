"""A packed record taken apart again, to look at."""

import dataclasses
import itertools
from collections.abc import Iterator

import numpy as np

from kcjax.corpus.packing import Record
from kcjax.corpus.tokenizer import Tokenizer


@dataclasses.dataclass(frozen=True)
class Segment:
    """A piece of a record that sees itself, and the piece numbered `prefix` where that is not 0.

    `parts` are stretches of its text with whether they are learnt; `id` is "" for a prompt that several examples share.
    """

    id: str
    number: int
    prefix: int
    tokens: int
    learnt: int
    parts: tuple[tuple[str, bool], ...]

    @property
    def title(self) -> str:
        after = f", continues {self.prefix}" if self.prefix else ""
        return (
            f"{self.number}{after}: {self.id or 'a prompt that is shared'}, {self.tokens} tokens, {self.learnt} learnt"
        )


def segments(record: Record, tokenizer: Tokenizer) -> Iterator[Segment]:
    """The segments in order; `<bos>` and `<eos>` have no text."""
    shared = set(record.prefix_ids.tolist())
    ids = iter(record.ids)
    for number in range(1, int(record.segment_ids.max()) + 1):
        where = np.flatnonzero(record.segment_ids == number)
        tokens, learnt = record.tokens[where].tolist(), (record.loss_weights[where] > 0).tolist()
        parts: list[tuple[str, bool]] = []
        for is_learnt, group in itertools.groupby(zip(tokens, learnt, strict=True), key=lambda pair: pair[1]):
            begins = not any(text for text, _ in parts) and not record.positions[where[0]]
            parts.append((tokenizer.decode((token for token, _ in group), at_start=begins), is_learnt))
        yield Segment(
            id="" if number in shared else next(ids),
            number=number,
            prefix=int(record.prefix_ids[where[0]]),
            tokens=len(where),
            learnt=sum(learnt),
            parts=tuple(part for part in parts if part[0]),
        )
