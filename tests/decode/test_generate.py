import itertools
import random
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from hypothesis import given
from hypothesis import strategies as st

from kcjax.corpus.document import read_documents
from kcjax.corpus.prompt import following_prompt
from kcjax.corpus.response import parse_response
from kcjax.corpus.tokenizer import load_tokenizer
from kcjax.decode.automaton import Grammar
from kcjax.decode.generate import Generator
from kcjax.decode.language import response_language
from kcjax.decode.slots import round_up
from kcjax.decode.vocabulary import Vocabulary
from kcjax.errors import InputError
from kcjax.model.config import LlamaConfig
from kcjax.model.huggingface import load_model
from kcjax.model.llama import Llama
from kcjax.model.lora import ALL_LINEAR
from kcjax.schema.source import parse_schema
from kcjax.schema.types import EntityType, EventType, RelationType, Role, Schema
from tests.decode.reference import Reference

VOCAB = 64
SCHEMA = "class Ship(Entity):\n\t'''\n\tDescription: a vessel\n\t'''\n\tpass\n\nclass Town(Entity):\n\tpass\n"
SENTENCES = [
    f"The {ship} reached {town} {when}."
    for ship, town in (("Orion", "Bergen"), ("Vega", "Porto"), ("Petrel", "São Bruno"), ("tug Åse", "Kelmouth"))
    for when in ("at dawn", 'with "no" cargo', "on 3 May 1988", "after a storm that tore the sails off", "again")
]


class Tokenizer:
    bos_id, eos_id, vocab_size = 0, 1, VOCAB

    def token_bytes(self, id: int) -> bytes:
        return bytes([id])


def random_model(**fields) -> Llama:
    """With weights large enough that greedy choices vary and no two logits tie."""
    model = Llama(LlamaConfig(VOCAB, 32, 64, 2, 4, 2, 8, max_positions=256, **fields), rngs=nnx.Rngs(3))
    model.embedding[...] *= 30
    model.head.kernel[...] *= 30
    return model


@pytest.fixture(scope="module")
def model() -> Llama:
    return random_model()


@nnx.jit
def all_logits(model: Llama, tokens_1xT):
    positions = jnp.arange(tokens_1xT.shape[1])[None]
    return model.logits(model.hidden(tokens_1xT, positions_BxT=positions))[0]


def token_by_token(model: Llama, prompt: list[int], count: int) -> tuple[list[int], list[float]]:
    """The plain reference: the whole text goes through the model again for every token."""
    text, logprobs = list(prompt), []
    while len(text) < len(prompt) + count:
        logits = np.asarray(all_logits(model, jnp.array([text + [0] * (128 - len(text))]))[len(text) - 1], np.float64)
        token = int(logits.argmax())
        if token == Tokenizer.eos_id:
            break
        logprobs.append(logits[token] - np.logaddexp.reduce(logits))
        text.append(token)
    return text[len(prompt) :], logprobs


@pytest.mark.parametrize("window", [None, 7, 40])
def test_batched_cached_decoding_equals_one_text_and_one_token_at_a_time(window):
    model = random_model(sliding_window=window)
    generator = Generator(model, Tokenizer(), max_new_tokens=12, batch_size=4, stop=())
    rng = np.random.default_rng(0)
    prefix = [0, *rng.integers(2, VOCAB, 21).tolist()]
    prompts = [rng.integers(2, VOCAB, size).tolist() for size in (1, 9, 30, 17, 2, 16, 33, 5, 1)]
    for prompt, found in zip(prompts, generator.generate(generator.prefill(prefix), prompts), strict=True):
        tokens, logprobs = token_by_token(model, prefix + prompt, 12)
        assert found.tokens == tokens
        np.testing.assert_allclose(found.logprobs[: len(tokens)], logprobs, atol=1e-4)
        assert found.finished == (len(tokens) < 12)


def test_the_result_does_not_depend_on_batch_size_or_order(model):
    rng = np.random.default_rng(1)
    prompts = [rng.integers(2, VOCAB, size).tolist() for size in rng.integers(1, 40, 10)]
    results = []
    for batch_size in (1, 3, 16):
        generator = Generator(model, Tokenizer(), max_new_tokens=8, batch_size=batch_size, stop=())
        prefix = generator.prefill([0, 5, 6])
        results.append([g.tokens for g in generator.generate(prefix, prompts)])
        results.append([g.tokens for g in generator.generate(prefix, prompts[::-1])][::-1])
    assert all(result == results[0] for result in results)


@pytest.mark.parametrize("int8", [False, True])
def test_layers_one_by_one_write_what_scanned_ones_do(model, int8):
    rng = np.random.default_rng(2)
    prompts = [rng.integers(2, VOCAB, size).tolist() for size in rng.integers(1, 40, 7)]
    results = []
    for one_by_one in (True, False):
        generator = Generator(model, Tokenizer(), max_new_tokens=24, batch_size=2, int8_cache=int8, stop=())
        assert generator.layers(len(prompts)) is not None
        if not one_by_one:
            generator.layers = lambda prompts: None
        results.append([g.tokens for g in generator.generate(generator.prefill([0, 5, 6]), prompts)])
    assert results[0] == results[1]


def test_a_row_stops_at_a_stop_string_while_others_go_on(model):
    free = Generator(model, Tokenizer(), max_new_tokens=12, batch_size=4, stop=())
    prompts = [[7], [8], [9], [10]]
    texts = [g.tokens for g in free.generate(free.prefill([0, 2]), prompts)]
    stop = bytes(texts[1][3:5])
    stopping = Generator(model, Tokenizer(), max_new_tokens=12, batch_size=4, stop=(stop.decode(),))
    for text, found in zip(texts, stopping.generate(stopping.prefill([0, 2]), prompts), strict=True):
        end = bytes(text).find(stop)
        assert found.tokens == (text if end < 0 else text[: end + 2])
        assert found.finished == (end >= 0 or len(text) < 12)


def test_a_prompt_that_does_not_fit_the_context_is_refused_not_cut(model):
    generator = Generator(model, Tokenizer(), max_new_tokens=100, batch_size=2)
    prefix = generator.prefill([0] * 100)
    assert generator.room(100) == 56
    generator.generate(prefix, [[3] * 56])
    for prompt in ([3] * 57, []):
        with pytest.raises(InputError, match=f"a prompt of {len(prompt)} tokens does not fit"):
            generator.generate(prefix, [prompt])


@given(st.integers(1, 100_000))
def test_lengths_are_rounded_up_to_few_shapes(length):
    assert length <= round_up(length) <= max(16 if length <= 16 else 32, length * 1.5) and round_up(length) % 16 == 0
    assert round_up(round_up(length)) == round_up(length)


@pytest.mark.slow
def test_greedy_tokens_of_smollm2_equal_those_of_transformers_on_20_prompts(smollm2_dir, transformers_greedy):
    tokenizer = load_tokenizer(smollm2_dir)
    schema = parse_schema(SCHEMA, filename="schema.py")
    prompts = [following_prompt("ner", schema, sentence) for sentence in SENTENCES]
    prefix = [tokenizer.bos_id, *tokenizer.encode(prompts[0].schema, at_start=True)]
    sentences = [tokenizer.encode(prompt.sentence) for prompt in prompts]
    generator = Generator(load_model(smollm2_dir), tokenizer, max_new_tokens=32, batch_size=20, stop=())
    found = [generation.tokens for generation in generator.generate(generator.prefill(prefix), sentences)]
    expected = transformers_greedy(smollm2_dir, [prefix + sentence for sentence in sentences], 32)
    assert len(found) == 20
    assert found == [[token for token in tokens if token != tokenizer.eos_id] for tokens in expected]
    assert len({tuple(tokens) for tokens in found}) > 5  # the prompts really lead to different texts


# By grammar.

BIAS = -8.0  # for more objects

QUESTIONS = {
    "ner": {},
    "re": {},
    "ed": {},
    "eae": {"types": ["Voyage"], "triggers": [("Voyage", "sailed"), ("Voyage", "left")]},
}
DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "ie"
HARBOUR = Schema(
    [EntityType("Ship"), EntityType("Town"), EntityType("Shipyard")],
    [RelationType("BoundFor"), RelationType("OwnedBy")],
    [EventType("Voyage", roles=(Role("vessel"), Role("destination"))), EventType("Storm")],
)


GRAMMARS = {task: response_language(task, HARBOUR) for task in ("ner", "re", "ed")}


@pytest.fixture(scope="module")
def written(tiny_tokenizer_dir):
    """`written(questions, budget, **kwargs)`: the responses of a random model that likes to go on, and that model."""
    tokenizer = load_tokenizer(tiny_tokenizer_dir)
    config = LlamaConfig(tokenizer.vocab_size, 32, 64, 2, 4, 2, 8, max_positions=1024)
    model = Llama(config, rngs=nnx.Rngs(5))
    for part in (model.embedding, model.head.kernel, *(getattr(model.blocks, n).kernel for n in ALL_LINEAR)):
        part[...] *= 12  # so that what stands before matters
    vocabulary = Vocabulary(tokenizer)
    generators = {}

    def write(questions, *, prefix, budget=96, order=None, **kwargs):
        key = (budget, *sorted(kwargs.items()))
        if key not in generators:
            generators[key] = Generator(model, tokenizer, max_new_tokens=budget, **kwargs)
        generator = generators[key]
        texts = [text for text, _ in questions]
        grammars = {id(language): Grammar(language, vocabulary) for _, language in questions}
        automata = [grammars[id(language)].automaton(text) for text, language in questions]
        prompts = [tokenizer.encode(text) or [7] for text in texts]
        order = list(order) if order is not None else list(range(len(texts)))
        shared = generator.prefill(prefix)
        arguments = [prompts[i] for i in order], [automata[i] for i in order]
        found = generator.generate(shared, *arguments, stop_bias=BIAS)
        return [found[order.index(i)] for i in range(len(texts))]

    write.model, write.tokenizer = model, tokenizer
    return write


def greedy_by_reference(model, tokenizer, questions, *, prefix, budget) -> list[list[int]]:
    """One token after the other, each from the whole text, among those that the plain reference allows."""
    references = [Reference(language, text, tokenizer, budget) for text, language in questions]
    texts = [[*prefix, *(tokenizer.encode(text) or [7])] for text, _ in questions]
    starts, live = [len(text) for text in texts], set(range(len(texts)))
    size = -(-(max(starts) + budget) // 64) * 64

    @nnx.jit
    def next_logits(model, tokens, last):
        positions = jnp.broadcast_to(jnp.arange(size), tokens.shape)
        return model.logits(model.hidden(tokens, positions_BxT=positions)[jnp.arange(len(tokens)), last])

    while live:
        tokens = np.zeros((len(texts), size), np.int32)
        for row, text in enumerate(texts):
            tokens[row, : len(text)] = text
        logits = np.asarray(next_logits(model, tokens, np.array([len(text) - 1 for text in texts])))
        for row in sorted(live):
            ends = references[row].ends
            token = max(sorted(references[row].allowed()), key=lambda t: logits[row, t] + BIAS * ends(t))
            texts[row].append(token)
            if references[row].take(token):
                live.remove(row)
    return [text[start:] for text, start in zip(texts, starts, strict=True)]


@pytest.fixture(scope="module")
def harbour_questions():
    texts = [*SENTENCES[:6], "", "Orion", "Orion left. Orion sailed."]
    return [
        (text, response_language(task, HARBOUR, **QUESTIONS[task]))
        for task in QUESTIONS
        for text in texts
        if text or task == "ner"
    ]


@pytest.fixture(scope="module")
def expected(written, harbour_questions):
    return greedy_by_reference(written.model, written.tokenizer, harbour_questions, prefix=[0, 9, 8, 7], budget=96)


@pytest.mark.parametrize(
    "kwargs",
    [
        {"batch_size": 4, "width": 1},
        {"batch_size": 12, "width": 3},
        pytest.param({"batch_size": 2, "width": 8}, marks=pytest.mark.slow),
        {"batch_size": 64, "packed_tokens": 64},
    ],
    ids=str,
)
def test_constrained_greedy_equals_the_plain_reference(written, harbour_questions, expected, kwargs):
    """For any batch size, order and width, so with and without forced tokens taken at once."""
    order = np.random.default_rng(len(kwargs)).permutation(len(harbour_questions))
    found = written(harbour_questions, prefix=[0, 9, 8, 7], order=order, **kwargs)
    assert [generation.tokens for generation in found] == expected
    assert all(generation.finished for generation in found)
    assert sum(generation.overruled for generation in found) > 100
    objects = [parse_response(written.tokenizer.decode(generation.tokens)) for generation in found]
    assert all(parsed.status == "ok" for parsed in objects) and sum(len(parsed.objects) for parsed in objects) > 30


def test_what_is_shared_as_a_prefix_changes_nothing(written, harbour_questions, expected):
    tokenizer = written.tokenizer
    generator = Generator(written.model, tokenizer, max_new_tokens=96, batch_size=4, width=4)
    vocabulary = Vocabulary(tokenizer)
    automata = [Grammar(language, vocabulary).automaton(text) for text, language in harbour_questions]
    prompts = [[8, 7, *(tokenizer.encode(text) or [7])] for text, _ in harbour_questions]
    found = generator.generate(generator.prefill([0, 9]), prompts, automata, stop_bias=BIAS)
    assert [generation.tokens for generation in found] == expected
    others = generator.generate(generator.prefill([0, 3]), prompts, automata, stop_bias=BIAS)
    assert sum(a.tokens != b.tokens for a, b in zip(found, others, strict=True)) > 10  # what stands before matters


@pytest.mark.slow
def test_500_real_sentences_are_written_as_the_plain_reference_writes_them(smollm2_dir):
    """Of up to 20 words, from all corpora at hand and of all tasks, with SmolLM2's tokens and a small random model."""
    if not DATA.is_dir():
        pytest.skip(f"{DATA} is not there")
    tokenizer = load_tokenizer(smollm2_dir)
    vocabulary = Vocabulary(tokenizer)
    model = Llama(LlamaConfig(tokenizer.vocab_size, 32, 64, 2, 4, 2, 8, max_positions=1024), rngs=nnx.Rngs(5))
    for part in (model.embedding, model.head.kernel, *(getattr(model.blocks, n).kernel for n in ALL_LINEAR)):
        part[...] *= 12
    paths = sorted(DATA.glob("*.dev.jsonl.gz"))
    texts = []
    for path in paths:
        short = (d.text for d in read_documents(path) if 3 < len(d.text.split()) <= 20)
        texts += itertools.islice(short, 40)
    tasks = itertools.cycle(["ner", "re", "ed", "eae"])
    questions = []
    for text, task in zip(texts[:500], tasks, strict=False):
        first = text.split()[0]
        kwargs = {"types": ["Voyage"], "triggers": [("Voyage", first)]} if task == "eae" else {}
        questions.append((text, response_language(task, HARBOUR, **kwargs)))
    assert len(questions) == 500
    prefix, budget, overruled = [tokenizer.bos_id, 9, 8, 7], 64, 0
    generators = [
        Generator(model, tokenizer, max_new_tokens=budget, batch_size=b, width=w) for b, w in ((64, 1), (16, 6))
    ]
    for start in range(0, 500, 50):
        some = questions[start : start + 50]
        expected = greedy_by_reference(model, tokenizer, some, prefix=prefix, budget=budget)
        automata = [Grammar(language, vocabulary).automaton(text) for text, language in some]
        prompts = [tokenizer.encode(text) for text, _ in some]
        for generator in generators:
            found = generator.generate(generator.prefill(prefix), prompts, automata, stop_bias=BIAS)
            assert [generation.tokens for generation in found] == expected
            overruled += sum(generation.overruled for generation in found)
    assert overruled > 1000


@pytest.mark.slow
def test_10_000_responses_of_a_random_model_are_whole_and_of_the_text(written):
    """Of texts full of quotes, signs, scripts and words that come again."""
    rng = random.Random(0)
    words = [
        *["the", "Orion", "left", "Bergen", "U.S.", "said"],
        '"',
        "\\",
        "東京へ",
        "Åse’s",
        "(3.5",
        "$",
        "\n",
        "…",
        "a_b",
        "--",
        "é",
    ]
    texts = [
        "".join(rng.choice(words) + rng.choice([" ", " ", ""]) for _ in range(rng.randint(0, 14)))
        for _ in range(10_000)
    ]
    questions = []
    for number, text in enumerate(texts):
        task = ("ner", "re", "ed")[number % 3]
        questions.append((text, GRAMMARS[task]))
    found = written(questions, prefix=[0, 9], batch_size=128)
    names = {type.name for type in (*HARBOUR.entities, *HARBOUR.relations, *HARBOUR.events)}
    objects = 0
    for (text, _), generation in zip(questions, found, strict=True):
        assert generation.finished and len(generation.tokens) <= 96
        parsed = parse_response(written.tokenizer.decode(generation.tokens))
        assert parsed.status == "ok"
        for call in parsed.objects:
            strings = [arg if isinstance(arg, str) else arg.args[0] for arg in call.args]
            assert call.name in names and all(string and string in text for string in strings)
            objects += 1
    assert objects > 10_000
