import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcjax.corpus.example import Example
from kcjax.corpus.packing import TASKS, Record, TokenizedExample, pack, task_of, tasks_of, tokenize, windows
from kcjax.corpus.tokenizer import load_tokenizer

LENGTH = 32


@st.composite
def tokenized_examples(draw):
    """Examples of 2 to LENGTH tokens, of which some begin with one of two prefixes."""
    prefixes = [[1, 50, 51, 52], [1, 60, 61, 62, 63, 64]]
    examples = []
    for number in range(draw(st.integers(1, 40))):
        prefix = draw(st.sampled_from([[], *prefixes]))
        rest = draw(st.lists(st.integers(2, 40), min_size=2, max_size=LENGTH - len(prefix)))
        tokens = np.array(prefix + rest, np.int32)
        weights = np.where(np.arange(len(tokens)) < len(prefix), 0.0, 1.0).astype(np.float32)
        examples.append(TokenizedExample(f"e{number}", tokens, weights, len(prefix)))
    return examples


def unpacked(record: Record) -> list[tuple[list[int], list[float]]]:
    """Tokens and weights that each leaf segment sees: its prefix segment, then itself."""
    prefixes = set(record.prefix_ids[record.prefix_ids > 0].tolist())
    found = []
    for segment in range(1, record.segment_ids.max() + 1):
        own = record.segment_ids == segment
        if segment in prefixes:
            continue
        seen = own | (record.segment_ids == record.prefix_ids[own][0]) & (record.prefix_ids[own][0] > 0)
        np.testing.assert_array_equal(record.positions[seen], np.arange(seen.sum()))
        found.append((record.tokens[seen].tolist(), record.loss_weights[seen].tolist()))
    return found


@given(examples=tokenized_examples(), share=st.booleans(), open_records=st.integers(1, 8))
def test_every_example_is_packed_once_and_whole_with_the_positions_it_has_alone(examples, share, open_records):
    records = list(pack(examples, LENGTH, share_prefixes=share, open_records=open_records))
    found = sorted(item for record in records for item in unpacked(record))
    assert found == sorted((e.tokens.tolist(), e.loss_weights.tolist()) for e in examples)
    assert sorted(name for record in records for name in record.ids) == sorted(e.id for e in examples)
    for record in records:
        assert {len(getattr(record, name)) for name in ("tokens", "segment_ids", "positions", "loss_weights")} == {
            LENGTH
        }
        padding = record.segment_ids == 0
        assert not record.tokens[padding].any() and not record.loss_weights[padding].any()


@given(examples=tokenized_examples())
def test_sharing_prefixes_never_takes_more_tokens(examples):
    used = [sum((r.segment_ids > 0).sum() for r in pack(examples, LENGTH, share_prefixes=s)) for s in (False, True)]
    assert used[1] <= used[0]


def test_one_prompt_for_many_sentences_is_laid_down_once():
    prefix = [1, *range(100, 119)]
    examples = [TokenizedExample(str(i), np.array([*prefix, 2, 3]), np.ones(22, np.float32), 20) for i in range(6)]
    (record,) = pack(examples, LENGTH, share_prefixes=True)
    assert (record.tokens == 100).sum() == 1 and (record.tokens == 3).sum() == 6
    assert len(list(pack(examples, LENGTH))) == 6


def test_an_example_longer_than_a_record_is_never_cut():
    with pytest.raises(ValueError, match="long: 33 tokens do not fit a record of 32"):
        list(pack([TokenizedExample("long", np.ones(33, np.int32), np.ones(33, np.float32))], LENGTH))


def test_packing_fills_records_well():
    rng = np.random.default_rng(0)
    examples = [TokenizedExample(str(i), np.ones(n), np.ones(n)) for i, n in enumerate(rng.integers(20, 300, 2000))]
    records = list(pack(examples, 2048))
    assert np.mean([(r.segment_ids > 0).mean() for r in records]) > 0.98


def test_parts_are_tokenised_apart_and_only_the_learnt_ones_weigh(tiny_tokenizer_dir):
    tokenizer = load_tokenizer(tiny_tokenizer_dir)
    parts = (
        ("class City(Entity):\n\tpass\n", False),
        ('sentence = "Bergen"\n', False),
        ('results = [\n\tCity("Bergen")\n]', True),
    )
    result = tokenize(Example("x", parts), tokenizer)
    pieces = [tokenizer.encode(text, at_start=i == 0) for i, (text, _) in enumerate(parts)]
    assert result.tokens.tolist() == [tokenizer.bos_id, *sum(pieces, []), tokenizer.eos_id]
    learnt = len(pieces[2]) + 1
    assert result.loss_weights.tolist() == [0.0] * (len(result.tokens) - learnt) + [1.0] * learnt
    assert result.prefix == 1 + len(pieces[0])
    assert tokenizer.decode(result.tokens[result.loss_weights > 0]) == parts[2][0]


@given(st.integers(2, 300), st.integers(2, 64), st.lists(st.integers(0, 299)))
def test_windows_learn_every_token_once_and_fit_and_begin_with_bos(size, length, read):
    """`read` are places that the example itself does not learn; they stay so."""
    weights = np.ones(size, np.float32)
    weights[[0, *(place % size for place in read)]] = 0.0
    example = TokenizedExample("x", np.arange(size, dtype=np.int32), weights, kind="ner", types=("A",))
    pieces = list(windows(example, length))
    learnt = [token for piece in pieces for token in piece.tokens[piece.loss_weights > 0].tolist()]
    assert learnt == np.flatnonzero(weights).tolist()
    seen = [token for piece in pieces for token in piece.tokens.tolist()]
    assert set(seen) == set(range(size))
    for number, piece in enumerate(pieces):
        assert 1 < len(piece.tokens) == len(piece.loss_weights) <= length and piece.id == f"x#{number}"
        assert piece.tokens[0] == 0 and piece.loss_weights[0] == 0 and (piece.kind, piece.types) == ("ner", ("A",))
        assert (np.diff(piece.tokens[1:]) == 1).all()  # a stretch of the text
        assert piece.loss_weights.dtype == np.float32 and piece.tokens.dtype == np.int32
    for before, after in itertools.pairwise(pieces):
        assert before.tokens[-1] + 1 - after.tokens[1] == (length - 1) // 8  # which is read again


def test_a_prefix_leaves_what_is_learnt_after_it_a_token_to_follow(tiny_tokenizer_dir):
    """Else the first token learnt would be the first of its segment, which no token predicts."""
    tokenizer = load_tokenizer(tiny_tokenizer_dir)
    examples = [tokenize(Example(str(n), (("class A:", False), (f"A({n})", True))), tokenizer) for n in range(3)]
    (record,) = pack(examples, 128, share_prefixes=True)
    first = np.flatnonzero(np.diff(record.segment_ids, prepend=0))
    assert not record.loss_weights[first].any()
    assert record.loss_weights.sum() == sum(example.loss_weights.sum() for example in examples)


@pytest.mark.parametrize(
    ("id", "task"),
    [
        ("definition/Ship", "definition"),
        ("wnut17/definition/Ship", "definition"),
        ("d7/ner", "ner"),
        ("wnut17/a#1/re#12", "re"),
        ("d7@2/eae", "eae"),
        ("ner", "ner"),
        ("d7/sentiment", "other"),
        ("definition", "other"),
        ("", "other"),
    ],
)
def test_an_id_tells_the_task(id, task):
    assert task_of(id) == task


@given(tokenized_examples(), st.booleans(), st.randoms(use_true_random=False))
def test_every_learnt_position_has_the_task_of_its_example(examples, share, random):
    renamed = [dataclasses.replace(e, id=f"{e.id}/{random.choice(TASKS[2:])}") for e in examples]
    task_of_id = {e.id: TASKS.index(task_of(e.id)) for e in renamed}
    for record in pack(renamed, LENGTH, share_prefixes=share):
        tasks = tasks_of(record)
        leaves = [s for s in range(1, record.segment_ids.max() + 1) if s not in record.prefix_ids]
        for segment, id in zip(leaves, record.ids, strict=True):
            assert set(tasks[record.segment_ids == segment]) == {task_of_id[id]}
        assert not tasks[record.segment_ids == 0].any()
