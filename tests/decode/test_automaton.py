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
    [EntityType(name) for name in ("Person", "Ship", "ShipYard", "Place", "Plätze")],
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
SHORT = ["Hi", "a a b", "a $", "a.b a.b", "Orion U.S. Orion", 'x "x" x', "s> x", "a <s>"]
PIECES = st.sampled_from(
    ["Orion", " ", ".", '"', "\\", "U.S.", "an", " an", "東京", "é", "\n", "'s", "$", "(", ")", "1", "99", "…"]
)
SENTENCES = st.sampled_from(TEXTS) | st.lists(PIECES, max_size=9).map("".join)
TASKS = st.sampled_from(["ner", "re", "ed", "eae"])
# OpenAI's cl100k and Llama 3 split so: signs go with the word after them, digits in threes, line ends with signs.
LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)


@pytest.fixture(scope="session")
def llama3_dir(tmp_path_factory) -> Path:
    """A byte-level BPE that splits as Llama 3's does, trained here on code and on texts full of signs."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(LLAMA3), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
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
        kwargs |= {
            "types": ["Sail", "SailOn"],
            "triggers": [("Sail", text[:3]), ("SailOn", text[:3]), ("Sail", text[-2:])],
        }
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


@settings(max_examples=200)
@given(
    st.sampled_from(SHORT) | SENTENCES,
    TASKS,
    st.booleans(),
    st.sampled_from([8, 24, 64, 160]),
    st.integers(0, 2**32),
)
def test_the_tokens_allowed_are_those_of_the_reference(vocabulary, text, task, typed, budget, seed):
    """At every step of responses that go on long and say the same again, if they may; each ends within its budget."""
    if not known(vocabulary, text) or (task == "eae" and not text):
        return
    language = question(task, text, typed=typed)
    automaton = Grammar(language, vocabulary).automaton(text)
    reference = Reference(language, text, vocabulary.tokenizer, budget)
    tables = jax.tree.map(jnp.asarray, constraint.tables_of([automaton], SHAPE, slots=1))
    progress = constraint.beginning(jnp.array([automaton.start]), budget // 4 + 1)
    new, rng, seen = np.zeros((1, budget), np.int32), random.Random(seed), set()
    if len(automaton.forced) + 2 > budget:
        return
    for written in range(budget):
        edges, may = jax.device_get(allowed(tables, progress, new, np.array([written]), SHAPE))
        edges = edges[0][may[0]]
        tokens = edges[:, TOKEN].tolist()
        assert set(tokens) == reference.allowed()
        before = tuple(new[0, max(written - 2, 0) : written])
        closes = (edges[:, KIND] & CLOSES) > 0
        ends = ["]" in vocabulary.tokenizer.decode([token]) for token in tokens]
        weights = [
            (1 if task == "eae" else 0.05) if end else 1 + 5 * close + 20 * ((before, token) in seen)
            for token, end, close in zip(tokens, ends, closes, strict=True)
        ]
        (edge,) = rng.choices(edges, weights)
        seen.add((before, int(edge[TOKEN])))
        progress = advanced(progress, edge[None], new, np.array([written]), np.array([True]))
        new[0, written] = edge[TOKEN]
        complete = reference.take(int(edge[TOKEN]))
        assert complete == (int(progress.state_B[0]) == 0)
        if complete:
            return
    raise AssertionError("the response is not complete")


def barred(vocabulary, language, text: str, response: str, *, budget: int = 160) -> str | None:
    """What of a response may not be written, from its first token on that is not allowed; None if all may."""
    tokens = vocabulary.tokenizer.encode(response)
    automaton = Grammar(language, vocabulary).automaton(text)
    tables = jax.tree.map(jnp.asarray, constraint.tables_of([automaton], SHAPE, slots=1))
    progress = constraint.beginning(jnp.array([automaton.start]), budget // 4 + 1)
    new = np.zeros((1, budget), np.int32)
    for written, token in enumerate(tokens):
        edges, may = jax.device_get(allowed(tables, progress, new, np.array([written]), SHAPE))
        chosen = edges[0][may[0] & (edges[0][:, TOKEN] == token)]
        if not len(chosen):
            return vocabulary.tokenizer.decode(tokens[written:])
        progress = advanced(progress, chosen, new, np.array([written]), np.array([True]))
        new[0, written] = token
    return None


def test_a_string_is_written_as_often_as_it_stands_in_the_sentence(vocabulary):
    text, once, twice = "Orion met Orion", 'Ship("Orion")', 'Ship("Orion"),\n\tShip("Orion")'
    ner = question("ner", text)
    assert barred(vocabulary, ner, text, f"results = [\n\t{twice}\n]") is None
    assert barred(vocabulary, ner, text, f'results = [\n\t{twice},\n\tPerson("Orion"),\n\tShip("met")\n]') is None
    assert barred(vocabulary, ner, text, f"results = [\n\t{twice},\n\t{once}\n]").endswith('")\n]')
    pair = 'At(Entity("Orion"), Entity("Orion"))'
    assert barred(vocabulary, question("re", text), text, "results = [\n\t" + ",\n\t".join([pair] * 4) + "\n]") is None
    assert barred(vocabulary, question("re", text), text, "results = [\n\t" + ",\n\t".join([pair] * 5) + "\n]")


def test_every_argument_list_counts_anew(vocabulary):
    text = "Hi"
    event = 'Sail(trigger = "Hi", vessel = [Entity("Hi")], to = [Entity("Hi")])'
    assert barred(vocabulary, question("eae", text), text, f"results = [\n\t{event},\n\t{event}\n]") is None
    twice = event.replace('vessel = [Entity("Hi")]', 'vessel = [Entity("Hi"), Entity("Hi")]')
    assert barred(vocabulary, question("eae", text), text, f"results = [\n\t{twice}\n]")


def test_gold_of_real_data_may_be_written_but_for_parts_of_words(smollm2_dir):
    """In the tokens of SmolLM2; what ends inside a word is counted."""
    if not DATA.is_dir():
        pytest.skip(f"{DATA} is not there")
    vocabulary = Vocabulary(load_tokenizer(smollm2_dir))
    responses = inside = 0
    for path in sorted(DATA.glob("*.dev.jsonl.gz")):
        documents = list(itertools.islice(read_documents(path), 25))
        roles: dict[str, set[str]] = {}
        for event in itertools.chain.from_iterable(d.events for d in documents):
            roles.setdefault(event.type, set()).update(argument.role for argument in event.arguments)
        schema = Schema(
            [EntityType(name) for name in sorted({e.type for d in documents for e in d.entities})],
            [RelationType(name) for name in sorted({r.type for d in documents for r in d.relations})],
            [EventType(name, roles=tuple(map(Role, sorted(names)))) for name, names in sorted(roles.items())],
        )
        for document, task in itertools.product(documents, ("ner", "re", "ed", "eae")):
            if not {"ner": document.entities, "re": document.relations}.get(task, document.events):
                continue
            kwargs = {}
            if task == "eae":
                known = triggers_of(document.events, [event.name for event in schema.events if event.roles])
                if not known:
                    continue
                kwargs = {"types": sorted({name for name, _ in known}), "triggers": [(n, t.text) for n, t in known]}
            response = following_response(task, document, schema, types=kwargs.get("types"))
            automaton = Grammar(response_language(task, schema, **kwargs), vocabulary).automaton(document.text)
            responses += 1
            if not accepts(automaton, vocabulary.tokenizer.encode(response)):
                edges = set(boundaries(document.text))
                spans = [*document.entities, *(a for e in document.events for a in (e.trigger, *e.arguments))]
                assert any(not {span.start, span.end} <= edges for span in spans), response
                inside += 1
    assert responses > 500 and inside < 0.02 * responses


def test_llguidance_takes_what_is_taken(tiny_tokenizer_dir):
    """Random responses of every task, in our tokens, which are among those that it admits."""
    llguidance = pytest.importorskip("llguidance")
    llguidance_hf = pytest.importorskip("llguidance.hf")
    transformers = pytest.importorskip("transformers")
    file = str(tiny_tokenizer_dir / "tokenizer.json")
    engine = llguidance_hf.from_tokenizer(
        transformers.PreTrainedTokenizerFast(tokenizer_file=file, bos_token="<s>", eos_token="</s>")
    )
    vocabulary, rng, objects = Vocabulary(load_tokenizer(tiny_tokenizer_dir)), random.Random(0), 0
    for text, task in itertools.product(filter(str.strip, TEXTS), ("ner", "re", "ed", "eae")):
        types = ["Sail", "SailOn"] if task == "eae" else None
        triggers = [("Sail", text[:3]), ("SailOn", text[:3])] if task == "eae" else []
        grammar = lark_grammar(task, SCHEMA, text=text, types=types, triggers=triggers)
        language = response_language(task, SCHEMA, types=types, triggers=triggers)
        automaton = Grammar(language, vocabulary).automaton(text)
        for _ in range(5):
            state, tokens = automaton.start, []
            while state and len(edges := automaton.edges[automaton.first[state] : automaton.first[state + 1]]):
                (edge,) = rng.choices(edges, [1 + 3 * bool(edge[KIND] & (CLOSES | ENDS)) for edge in edges])
                tokens.append(int(edge[TOKEN]))
                state = edge[NEXT]
            if state:
                continue
            matcher = llguidance.LLMatcher(engine, llguidance.grammar_from("lark", grammar))
            assert matcher.try_consume_tokens(tokens) == len(tokens) and matcher.is_accepting(), (text, tokens)
            objects += vocabulary.tokenizer.decode(tokens).count("(")
    assert objects > 100
