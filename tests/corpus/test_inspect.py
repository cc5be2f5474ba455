"""A record taken apart: every token in one segment, texts and what is learnt as they were before packing."""

import numpy as np
import pytest

from kcjax.corpus.example import Example
from kcjax.corpus.inspect import segments
from kcjax.corpus.packing import pack, tokenize, windows
from kcjax.corpus.tokenizer import load_tokenizer

EXAMPLES = [
    Example(f"d{n}/ner", (("class Ship:\n", False), (f'sentence = "Åsa {n}"\n', False), (f"results = [{n}]", True)))
    for n in range(4)
]


@pytest.fixture(params=["tiny_tokenizer_dir", "sentencepiece_dir"])
def tokenizer(request):
    return load_tokenizer(request.getfixturevalue(request.param))


def test_segments_are_the_examples_with_their_texts_and_what_is_learnt(tokenizer):
    tokenized = [tokenize(example, tokenizer) for example in EXAMPLES]
    (record,) = pack(tokenized, 1024)
    found = list(segments(record, tokenizer))
    assert [(s.id, s.number, s.prefix) for s in found] == [(e.id, n, 0) for n, e in enumerate(EXAMPLES, start=1)]
    for segment, example, packed in zip(found, EXAMPLES, tokenized, strict=True):
        read, learnt = example.text.removesuffix(example.parts[2][0]), example.parts[2][0]
        assert segment.parts == ((read, False), (learnt, True))
        assert (segment.tokens, segment.learnt) == (len(packed.tokens), int(packed.loss_weights.sum()))
        assert segment.title == f"{segment.number}: {segment.id}, {segment.tokens} tokens, {segment.learnt} learnt"


def test_a_shared_prompt_is_a_segment_that_the_others_continue(tokenizer):
    (record,) = pack([tokenize(example, tokenizer) for example in EXAMPLES], 1024, share_prefixes=True)
    prompt, *others = segments(record, tokenizer)
    assert (prompt.id, prompt.parts, prompt.learnt) == ("", (("class Ship:\n", False),), 0)
    assert prompt.title.startswith("1: a prompt that is shared, ")
    for segment, example in zip(others, EXAMPLES, strict=True):
        assert (segment.id, segment.prefix) == (example.id, 1) and ", continues 1: " in segment.title
        assert segment.parts == ((example.parts[1][0], False), (example.parts[2][0], True))
    assert prompt.tokens + sum(s.tokens for s in others) == np.count_nonzero(record.segment_ids)


def test_windows_show_what_is_read_again(tiny_tokenizer_dir):
    tokenizer = load_tokenizer(tiny_tokenizer_dir)
    text = "".join(f"line {n}\n" for n in range(60))
    pieces = windows(tokenize(Example("long", ((text, True),)), tokenizer), 128)
    found = [segment for record in pack(pieces, 128) for segment in segments(record, tokenizer)]
    assert len(found) > 2 and [segment.id for segment in found] == [f"long#{n}" for n in range(len(found))]
    assert "".join(part for segment in found for part, learnt in segment.parts if learnt) == text
    for segment in found[1:]:
        (read, read_learnt), (_, learnt) = segment.parts
        assert (read_learnt, learnt) == (False, True) and read in text


def test_a_text_that_is_learnt_from_its_beginning_has_no_space_before_it(sentencepiece_dir):
    tokenizer = load_tokenizer(sentencepiece_dir)
    (record,) = pack([tokenize(Example("definition/Ship", (("class Ship:\n", True),)), tokenizer)], 64)
    assert next(segments(record, tokenizer)).parts == (("class Ship:\n", True),)
