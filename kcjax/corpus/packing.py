"""From text parts to tokens, and from token sequences of any length to records of one length."""

import dataclasses
import re
from collections.abc import Iterable, Iterator

import numpy as np

from kcjax.corpus.example import Example
from kcjax.corpus.tokenizer import Tokenizer


@dataclasses.dataclass(frozen=True)
class TokenizedExample:
    """`<bos> ... <eos>`; `loss_weights[t]` is the weight of learning to predict token t, 0 for what is only read.

    The first `prefix` tokens, `<bos>` and the schema prompt, are only read and may be shared with other examples.
    `kind` and `types` are the task and the types of the example.
    """

    id: str
    tokens: np.ndarray
    loss_weights: np.ndarray
    prefix: int = 0
    kind: str = ""
    types: tuple[str, ...] = ()


FIELDS = ("tokens", "segment_ids", "prefix_ids", "positions", "loss_weights")  # the arrays of a record
TASKS = ("other", "definition", "ner", "re", "ed", "eae")  # what an example may teach


@dataclasses.dataclass(frozen=True)
class Record:
    """Several examples end to end; int32 and float32 arrays of one fixed length.

    `segment_ids` number the pieces from 1, 0 is padding; a piece sees itself and, where its `prefix_ids` are not 0,
    the piece of that number, which it continues. `positions` are those each example would have alone; `ids` name them.
    """

    tokens: np.ndarray
    segment_ids: np.ndarray
    prefix_ids: np.ndarray
    positions: np.ndarray
    loss_weights: np.ndarray
    ids: tuple[str, ...]


@dataclasses.dataclass
class _Bundle:
    """Examples that begin with the same `prefix` tokens, which are laid down once."""

    prefix: np.ndarray
    members: list[TokenizedExample]

    @property
    def size(self) -> int:
        return len(self.prefix) + sum(len(member.tokens) - len(self.prefix) for member in self.members)


def tokenize(example: Example, tokenizer: Tokenizer) -> TokenizedExample:
    """Tokenises the parts apart and joins them. `<bos>` is never learnt, `<eos>` always is."""
    tokens, weights, prefix = [tokenizer.bos_id], [0.0], 0
    for index, (text, learnt) in enumerate(example.parts):
        ids = tokenizer.encode(text, at_start=index == 0)
        tokens += ids
        weights += [float(learnt)] * len(ids)
        if index == 0 and not learnt:
            # What is learnt first must follow a token of its own piece.
            next_learnt = any(learnt for _, learnt in example.parts[1:2])
            prefix = len(tokens) - next_learnt
    tokens.append(tokenizer.eos_id)
    weights.append(1.0)
    arrays = np.array(tokens, np.int32), np.array(weights, np.float32)
    return TokenizedExample(example.id, *arrays, prefix, example.kind, example.types)


def windows(example: TokenizedExample, length: int) -> Iterator[TokenizedExample]:
    """Cuts an example that is longer than a record into pieces of `length` tokens, each with the id `ID#NUMBER`.

    Every piece begins with `<bos>` and, but for the first, with an eighth of what came before, which is only read: so
    every token is learnt once.
    """
    bos, tokens, weights = example.tokens[:1], example.tokens[1:], example.loss_weights[1:]
    space, known, number = length - 1, 0, 0
    while known < len(tokens):
        start = max(0, known - space // 8)
        piece = slice(start, start + space)
        learnt = np.where(np.arange(start, start + len(tokens[piece])) < known, 0, weights[piece])
        yield dataclasses.replace(
            example,
            id=f"{example.id}#{number}",
            tokens=np.concatenate([bos, tokens[piece]]),
            loss_weights=np.concatenate([[0], learnt]).astype(np.float32),
        )
        known, number = start + space, number + 1


def pack(
    examples: Iterable[TokenizedExample], length: int, *, share_prefixes: bool = False, open_records: int = 64
) -> Iterator[Record]:
    """Best fit within a bounded buffer: an example goes into the fullest open record that still has room.

    When no open record has room and the buffer is full, the fullest one is closed. With `share_prefixes`, examples
    with the same schema prompt are first bundled behind one copy of it, as many as fit a record. The same examples
    in the same order give the same records.

    Raises:
      ValueError: an example is longer than `length`; the caller decides what becomes of those.
    """
    bins: list[list[_Bundle]] = []
    room: list[int] = []
    bundles = _bundles(examples, length) if share_prefixes else (_Bundle(e.tokens[:0], [e]) for e in examples)
    for bundle in bundles:
        need = bundle.size
        if need > length:
            raise ValueError(f"{bundle.members[0].id}: {need} tokens do not fit a record of {length}")
        if fitting := [i for i, space in enumerate(room) if space >= need]:
            best = min(fitting, key=room.__getitem__)
            bins[best].append(bundle)
            room[best] -= need
            continue
        if len(bins) == open_records:
            fullest = room.index(min(room))
            yield _record(bins.pop(fullest), length)
            room.pop(fullest)
        bins.append([bundle])
        room.append(length - need)
    for bundles_of_one in bins:
        yield _record(bundles_of_one, length)


def _bundles(examples: Iterable[TokenizedExample], length: int) -> Iterator[_Bundle]:
    """One open bundle per prefix, closed when the next example with that prefix does not fit any more."""
    open_bundles: dict[bytes, _Bundle] = {}
    for example in examples:
        key = example.tokens[: example.prefix].tobytes()
        bundle = open_bundles.get(key)
        if bundle and bundle.size + len(example.tokens) - example.prefix > length:
            yield open_bundles.pop(key)
            bundle = None
        if bundle:
            bundle.members.append(example)
        else:
            open_bundles[key] = _Bundle(example.tokens[: example.prefix], [example])
    yield from open_bundles.values()


def _record(bundles: list[_Bundle], length: int) -> Record:
    tokens, segment_ids, prefix_ids, positions = (np.zeros(length, np.int32) for _ in range(4))
    loss_weights = np.zeros(length, np.float32)
    start = segment = 0

    def lay(piece: np.ndarray, weights: np.ndarray | float, *, prefix_id: int, position: int) -> None:
        nonlocal start, segment
        segment += 1
        where = slice(start, start + len(piece))
        tokens[where], loss_weights[where] = piece, weights
        segment_ids[where], prefix_ids[where] = segment, prefix_id
        positions[where] = position + np.arange(len(piece))
        start += len(piece)

    for bundle in bundles:
        shared, prefix_id = len(bundle.prefix), 0
        if shared:
            lay(bundle.prefix, 0.0, prefix_id=0, position=0)
            prefix_id = segment
        for member in bundle.members:
            lay(member.tokens[shared:], member.loss_weights[shared:], prefix_id=prefix_id, position=shared)
    ids = tuple(member.id for bundle in bundles for member in bundle.members)
    return Record(tokens, segment_ids, prefix_ids, positions, loss_weights, ids)


def task_of(id: str) -> str:
    """What the example of that id teaches, of `TASKS`; ids are `.../definition/TYPE` and `.../TASK`, perhaps `#N`."""
    *_, before, last = ("", *re.sub(r"#\d+$", "", id).split("/"))
    return "definition" if before == "definition" else last if last in TASKS[2:] else "other"


def tasks_of(record: Record) -> np.ndarray:
    """int32 `[length]`: the place in `TASKS` of what each position's example teaches; 0 for a prefix that is shared."""
    shared = set(record.prefix_ids.tolist())
    table = np.zeros(int(record.segment_ids.max()) + 1, np.int32)
    own = (segment for segment in range(1, len(table)) if segment not in shared)
    for segment, id in zip(own, record.ids, strict=False):
        table[segment] = TASKS.index(task_of(id))
    return table[record.segment_ids]
