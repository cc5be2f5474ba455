"""The grammar takes what kcjax writes as a response, and nothing that could not be placed. Judged by llguidance."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kcjax.corpus.document import document_from_json, read_documents
from kcjax.corpus.grammar import lark_grammar
from kcjax.corpus.prompt import following_prompt, following_response, triggers_of
from kcjax.corpus.response import parse_response
from kcjax.corpus.spans import locate
from kcjax.corpus.tokenizer import load_tokenizer
from kcjax.errors import InputError
from kcjax.schema.code import quoted
from kcjax.schema.source import parse_schema
from tests.extract.test_extractor import SCHEMA, TEXT, gold

llguidance = pytest.importorskip("llguidance")
llguidance_hf = pytest.importorskip("llguidance.hf")

TASKS = ("ner", "re", "ed", "eae")
SAMPLE = Path(__file__).resolve().parents[2] / "kcjax" / "corpus" / "datasets" / "harbour"


@pytest.fixture(scope="module")
def engine(tiny_tokenizer_dir):
    """`matcher(grammar)` and the tokens of a text, by llguidance."""
    transformers = pytest.importorskip("transformers")
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_file=str(tiny_tokenizer_dir / "tokenizer.json"), bos_token="<s>", eos_token="</s>"
    )
    return llguidance_hf.from_tokenizer(tokenizer)


def takes(engine, grammar: str, response: str) -> bool:
    grammar = llguidance.grammar_from("lark", grammar)
    assert not llguidance.LLMatcher.validate_grammar(grammar, engine)
    matcher = llguidance.LLMatcher(engine, grammar)
    tokens = engine.tokenize_str(response)
    return matcher.try_consume_tokens(tokens) == len(tokens) and matcher.is_accepting()


def of_document(task, document, schema, *, text):
    triggers = triggers_of(document.events, [event.name for event in schema.events]) if task == "eae" else []
    triggers = [(name, trigger.text) for name, trigger in triggers]
    types = sorted({name for name, _ in triggers}) if triggers else None
    grammar = lark_grammar(task, schema, text=document.text if text else None, types=types, triggers=triggers)
    return grammar, following_response(task, document, schema, types=types)


@pytest.mark.parametrize("text", [True, False], ids=["spans", "any"])
@pytest.mark.parametrize("task", TASKS)
def test_gold_responses_are_taken(task, text, engine):
    grammar, response = of_document(task, gold(), SCHEMA, text=text)
    assert takes(engine, grammar, response), (grammar, response)
    assert takes(engine, grammar, "results = []")
    assert not takes(engine, grammar, response[:-1]) and not takes(engine, grammar, response + "\n")


@pytest.mark.parametrize(
    ("task", "response"),
    [
        ("ner", 'results = [\n\tPlace("Bergen")\n]'),  # off schema
        ("ner", 'results = [\n\tShip("Vega")\n]'),  # not in the text
        ("ner", 'results = [\n\tShip("Orio")\n]'),  # inside a word
        ("ner", 'results = [\n\tShip("orion")\n]'),
        ("ner", 'results = [\n\tShip("")\n]'),
        ("ner", 'results = [\n\tShip("Orion to")\n]'),  # the quote between is left out
        ("ner", 'results = [\n\tShip("Orion"),\n]'),
        ("ner", 'results = [Ship("Orion")]'),
        ("re", 'results = [\n\tCrewMember("Orion", "Ines Duarte")\n]'),
        ("re", 'results = [\n\tCrewMember(Entity("Orion"))\n]'),
        ("ed", 'results = [\n\tVoyage(trigger = "sailed")\n]'),
        ("eae", 'results = [\n\tVoyage("sailed")\n]'),
        ("eae", 'results = [\n\tVoyage(trigger = "Orion")\n]'),  # no trigger
        ("eae", 'results = [\n\tVoyage(trigger = "sailed", vessel = [])\n]'),
        ("eae", 'results = [\n\tVoyage(trigger = "sailed", cargo = [Entity("Orion")])\n]'),
        (
            "eae",
            'results = [\n\tVoyage(trigger = "sailed", '
            'destination = [Entity("Bergen")], vessel = [Entity("Orion")])\n]',  # in another order
        ),
    ],
)
def test_what_could_not_be_placed_or_read_is_not_taken(task, response, engine):
    grammar, _ = of_document(task, gold(), SCHEMA, text=True)
    assert not takes(engine, grammar, response)


@pytest.mark.parametrize("string", ['the "Orion"', '"', "Ines Duarte", "Bergen, and", ",", "sailed on."])
def test_quotes_and_signs_of_the_text_may_be_in_a_string(string, engine):
    grammar, _ = of_document("ner", gold(), SCHEMA, text=True)
    assert takes(engine, grammar, f"results = [\n\tShip({quoted(string)}),\n\tPerson({quoted(string)})\n]")


def test_words_of_scripts_without_spaces_may_begin_anywhere(engine):
    grammar = lark_grammar("ner", SCHEMA, text="船オリオン号は東京へ")
    assert takes(engine, grammar, 'results = [\n\tShip("オリオン号")\n]')
    assert not takes(engine, grammar, 'results = [\n\tShip("京東")\n]')


def test_a_text_without_words_has_no_objects(engine):
    grammar = lark_grammar("ner", SCHEMA, text="")
    assert takes(engine, grammar, "results = []") and not takes(engine, grammar, 'results = [\n\tShip("")\n]')


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1, max_size=30).filter(lambda text: text.isprintable()), st.data())
def test_any_words_of_any_text_are_taken(engine, text, data):
    from kcjax.text import boundaries

    edges = boundaries(text)
    first = data.draw(st.integers(0, len(edges) - 2))
    last = data.draw(st.integers(first + 1, len(edges) - 1))
    string = text[edges[first] : edges[last]]
    response = f"results = [\n\tShip({quoted(string)})\n]"
    assert takes(engine, lark_grammar("ner", SCHEMA, text=text), response)
    assert takes(engine, lark_grammar("ner", SCHEMA), response)


@pytest.mark.parametrize("task", TASKS)
def test_gold_responses_of_the_sample_are_taken(task, engine):
    schema = parse_schema((SAMPLE / "schema.py").read_text(), filename="schema.py")
    documents = list(read_documents(SAMPLE / "heldout.jsonl"))[:30]
    asked = [document for document in documents if task != "eae" or document.events]
    assert len(asked) > 10
    for document in asked:
        grammar, response = of_document(task, document, schema, text=True)
        assert takes(engine, grammar, response), response


def test_types_and_triggers_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match="no type 'Plane' for task ner"):
        lark_grammar("ner", SCHEMA, types=["Plane"])
    with pytest.raises(InputError, match="task ner takes no triggers"):
        lark_grammar("ner", SCHEMA, triggers=[("Voyage", "sailed")])


@pytest.mark.parametrize("task", ["ner", "re", "ed"])
def test_transformers_decoding_by_the_grammar_gives_objects_of_the_text(task, engine, tiny_model_dir):
    """A model that knows nothing, at random: with the grammar all that it writes can be read and placed."""
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    model = transformers.AutoModelForCausalLM.from_pretrained(tiny_model_dir).eval()
    tokenizer = load_tokenizer(tiny_model_dir)
    prompt = following_prompt(task, SCHEMA, TEXT, comments=False)
    tokens = [tokenizer.bos_id, *tokenizer.encode(prompt.schema, at_start=True), *tokenizer.encode(prompt.sentence)]
    random = np.random.default_rng(0)
    objects = 0
    for _ in range(12):
        matcher = llguidance.LLMatcher(engine, llguidance.grammar_from("lark", lark_grammar(task, SCHEMA, text=TEXT)))
        new: list[int] = []
        while not matcher.is_stopped() and len(new) < 200:
            with torch.inference_mode():
                logits = model(torch.tensor([tokens[-300:] + new])).logits[0, -1].numpy()
            allowed = np.unpackbits(np.frombuffer(matcher.compute_bitmask(), np.uint8), bitorder="little")
            scores = np.where(allowed[: len(logits)], logits + random.gumbel(size=len(logits)), -np.inf)
            token = int(scores.argmax())
            assert matcher.consume_token(token)
            if token != tokenizer.eos_id:
                new.append(token)
        parsed = parse_response(tokenizer.decode(new))
        assert not parsed.errors
        located = locate(task, parsed.objects, TEXT, SCHEMA)
        assert not located.hallucinated and not located.off_schema
        objects += len(parsed.objects)
    assert objects > 3


def test_a_document_from_elsewhere_is_taken_too(engine):
    row = {"id": "x", "text": "Åse’s tug “Petrel” – 12 m – left.", "entities": []}
    at = row["text"].index("Petrel")
    row["entities"] = [{"type": "Ship", "start": at, "end": at + 6, "text": "Petrel"}]
    grammar, response = of_document("ner", document_from_json(row, where="test"), SCHEMA, text=True)
    assert takes(engine, grammar, response)
