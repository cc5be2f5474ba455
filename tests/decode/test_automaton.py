"""The automaton takes exactly the responses there are, in exactly the tokens that the tokenizer writes them in."""

import functools
import itertools
import json
import random
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from kcjax.corpus.document import read_documents
from kcjax.corpus.grammar import lark_grammar
from kcjax.corpus.prompt import following_response, triggers_of
from kcjax.corpus.tokenizer import load_tokenizer
from kcjax.decode import constraint
from kcjax.decode.automaton import CLOSES, ENDS, KIND, NEXT, TOKEN, Automaton, Grammar
from kcjax.decode.language import response_language
from kcjax.decode.vocabulary import Vocabulary
from kcjax.errors import InputError
from kcjax.schema.code import KNOWCODER, quoted
from kcjax.schema.types import EntityType, EventType, RelationType, Role, Schema
from kcjax.text import boundaries
from tests.conftest import CORPUS
from tests.decode.reference import Reference

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "ie"
SCHEMA = Schema(
    [EntityType(name) for name in ("Ship", "ShipYard", "Person", "Place", "Plätze")],
    [RelationType("At", head=("Ship",), tail=("Place", "Person")), RelationType("AtSea")],
    [
        EventType("Sail", roles=(Role("vessel"), Role("to", ("Place",)))),
        EventType("SailOn", roles=(Role("by"),)),
        EventType("Storm"),
    ],
)
TEXTS = [
    "",
    "Hi",
    "...",
    "The tug Orion left Bergen for Porto.",
    "U.S. and the U.K. (in 1999) met; the U.S. won.",
    "a a a a b a",
    "The ship, the ship; the Ship... the",
    'said "Åse" — to 東京へ行く',
    "$5 and \\n or C:\\new\\",
    "\ttwo  spaces\nand\x1b lines ",
    "don't James's 3.5 2024-05-01 12345 a_b <s> ▁x",
]
PIECES = st.sampled_from(["Orion", " ", ".", '"', "\\", "U.S.", "an", " an", "東京", "é", "\n", "'s", "$", "(", ")", "1", "99", "…"])
SENTENCES = st.sampled_from(TEXTS) | st.lists(PIECES, max_size=9).map("".join)
TASKS = st.sampled_from(["ner", "re", "ed", "eae"])
# OpenAI's cl100k and Llama 3 split so: signs go with the word after them, digits in threes, line ends with signs.
LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


@pytest.fixture(scope="session")
def llama3_dir(tmp_path_factory) -> Path:
    """A byte-level BPE that splits as Llama 3's does, trained here on code and on texts full of signs."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(LLAMA3), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=600,
        special_tokens=["<s>", "</s>"],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    signs = ['"U.S."),\n\tShip("x."),\n', '"The ("an" $5 "Orion', '..."),\n', '.")\n]', "東京へ 東京 2024 999 ."]
    tokenizer.train_from_iterator([CORPUS, *TEXTS, *signs * 3], trainer)
    directory = tmp_path_factory.mktemp("llama3")
    tokenizer.save(str(directory / "tokenizer.json"))
    (directory / "tokenizer_config.json").write_text(json.dumps({"bos_token": "<s>", "eos_token": "</s>"}))
    return directory


KINDS = {
    "tiny": "tiny_tokenizer_dir",
    "smollm2": "smollm2_dir",
    "sentencepiece": "sentencepiece_dir",
    "llama_json": "llama_json_dir",
    "llama3": "llama3_dir",
}


@pytest.fixture(scope="session", params=KINDS)
def vocabulary(request) -> Vocabulary:
    return Vocabulary(load_tokenizer(request.getfixturevalue(KINDS[request.param])))


def question(task: str, text: str, *, typed: bool = False, style=None):
    """A language for a sentence; "eae" asks for events whose triggers are its first and last letters."""
    kwargs = {"style": style} if style else {}
    if task == "eae":
        kwargs |= {"types": ["Sail", "SailOn"], "triggers": [("Sail", text[:3]), ("SailOn", text[:3]), ("Sail", text[-2:])]}
    return response_language(task, SCHEMA, typed_by_import=typed, **kwargs)


def accepts(automaton: Automaton, tokens) -> bool:
    state = automaton.start
    for token in tokens:
        edges = automaton.edges[automaton.first[state] : automaton.first[state + 1]]
        (chosen,) = np.nonzero(edges[:, TOKEN] == token)
        if not len(chosen):
            return False
        state = edges[chosen[0], NEXT]
    return state == 0


def strings_of(text: str) -> list[str]:
    """What is one or more words of a text, with no blank at either end."""
    pairs = itertools.combinations(boundaries(text), 2) if text else ()
    return [text[a:b] for a, b in pairs if not text[a].isspace() and not text[b - 1].isspace()]


def known(vocabulary: Vocabulary, text: str) -> bool:
    try:
        vocabulary.tokenizer.encode(text)
    except InputError:  # SmolLM2 has no tokens for some control characters
        return False
    return True


@given(SENTENCES.filter(bool), TASKS, st.data())
def test_every_response_is_taken_in_the_tokens_of_the_tokenizer(vocabulary, text, task, data):
    if not strings_of(text) or not known(vocabulary, text):
        return
    strings = st.sampled_from(strings_of(text)).map(quoted)
    entity = strings.map("Entity({})".format)
    trigger = quoted(text[:3])
    objects = {
        "ner": st.builds("{}({})".format, st.sampled_from(["Ship", "ShipYard", "Plätze"]), strings),
        "re": st.builds("{}({}, {})".format, st.sampled_from(["At", "AtSea"]), entity, entity),
        "ed": st.builds("{}({})".format, st.sampled_from(["Sail", "SailOn", "Storm"]), strings),
        "eae": st.sampled_from(
            [
                f"Sail(trigger = {trigger})",
                f"Sail(trigger = {trigger}, to = [{{}}])",
                f"Sail(trigger = {trigger}, vessel = [{{}}, {{}}], to = [{{}}])",
                f"SailOn(trigger = {trigger}, by = [{{}}])",
            ]
        ).flatmap(lambda code: st.lists(entity, min_size=3, max_size=3).map(lambda found: code.format(*found))),
    }[task]
    if task == "eae" and "{" in trigger:
        return
    chosen = data.draw(st.lists(objects, max_size=3))
    response = "results = [\n\t" + ",\n\t".join(chosen) + "\n]" if chosen else "results = []"
    automaton = Grammar(question(task, text), vocabulary).automaton(text)
    assert accepts(automaton, vocabulary.tokenizer.encode(response))


@given(SENTENCES.filter(bool), TASKS, st.booleans(), st.integers(0, 2**32))
def test_whatever_is_taken_is_a_response_in_the_tokens_of_the_tokenizer(vocabulary, text, task, typed, seed):
    if not known(vocabulary, text):
        return
    automaton = Grammar(question(task, text, typed=typed), vocabulary).automaton(text)
    rng, state, tokens = random.Random(seed), automaton.start, []
    while state and len(tokens) < 300:
        edges = automaton.edges[automaton.first[state] : automaton.first[state + 1]]
        assert len(set(edges[:, TOKEN])) == len(edges) and (np.diff(edges[:, TOKEN]) > 0).all()
        if not len(edges):  # where no string begins, which the rules bar
            return
        edge = rng.choice([e for e in edges for _ in range(1 + 3 * bool(e[KIND] & (ENDS | CLOSES)))])
        tokens.append(int(edge[TOKEN]))
        state = edge[NEXT]
    response = vocabulary.tokenizer.decode(tokens)
    assert state or tuple(tokens) == tuple(vocabulary.tokenizer.encode(response))
    assert state or response == "results = []" or response.endswith("\n]")


def test_strings_follow_a_style_without_escapes(vocabulary):
    text = 'the "Orion" left\nBergen'
    grammar = Grammar(question("ner", text, style=KNOWCODER), vocabulary, style=KNOWCODER)
    encode = vocabulary.tokenizer.encode
    for string, taken in (("Orion", True), ("left", True), ('"Orion', False), ("left\nBergen", False), ("the", True)):
        assert accepts(grammar.automaton(text), encode(f'results = [\n\tShip("{string}")\n]')) == taken


def test_a_tokenizer_that_joins_names_and_brackets_is_refused(tmp_path):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<s>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(['Ship("A Ship("A'] * 50, trainer)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"bos_token": "<s>", "eos_token": "</s>"}))
    with pytest.raises(InputError, match="this tokenizer joins parts of 'Ship'"):
        Grammar(question("ner", "x"), Vocabulary(load_tokenizer(tmp_path)))


# The rules, against a reference that goes through all strings.

SHAPE = constraint.Shape(states=4096, edges=16384, rows=256, degree=128, shared_names=True)


@functools.partial(jax.jit, static_argnums=4)
def allowed(tables, progress, new, written, shape):
    return constraint.allowed(tables, progress, new, written, shape)


advanced = jax.jit(constraint.advanced)


@settings(max_examples=25)
@given(SENTENCES, TASKS, st.booleans(), st.sampled_from([8, 16, 32, 64]), st.sampled_from([0, 2, 5]), st.integers(0, 2**32))
def test_the_tokens_allowed_are_those_of_the_reference(vocabulary, text, task, typed, budget, eager, seed):
    """At every step of random responses, of which eager ones end late; each of them ends within its budget."""
    if not known(vocabulary, text) or (task == "eae" and not text):
        return
    language = question(task, text, typed=typed)
    automaton = Grammar(language, vocabulary).automaton(text)
    reference = Reference(language, text, vocabulary.tokenizer, budget)
    tables = jax.tree.map(jnp.asarray, constraint.tables_of([automaton], SHAPE))
    progress = constraint.beginning(jnp.array([automaton.start]), budget // 4 + 1)
    new, rng = np.zeros((1, budget), np.int32), random.Random(seed)
    if len(automaton.forced) + 2 > budget:
        return
    for written in range(budget):
        edges, may = jax.device_get(allowed(tables, progress, new, np.array([written]), SHAPE))
        edges = edges[0][may[0]]
        assert set(edges[:, TOKEN].tolist()) == reference.allowed()
        ending = ["]" in vocabulary.tokenizer.decode([token]) for token in edges[:, TOKEN]]
        weights = [1 if ends else 1 + eager for ends in ending]
        (edge,) = rng.choices(edges, weights)
        progress = advanced(progress, edge[None], new, np.array([written]), np.array([True]))
        new[0, written] = edge[TOKEN]
        complete = reference.take(int(edge[TOKEN]))
        assert complete == (int(progress.state_B[0]) == 0)
        if complete:
            return
    raise AssertionError("the response is not complete")
