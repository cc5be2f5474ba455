"""Prompts and responses: every byte as in the golden texts, always valid Python, always the same objects back."""

import ast
import dataclasses
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcjax.corpus.document import Argument, Document, Entity, Event, Mention, Relation
from kcjax.corpus.prompt import (
    KNOWCODER,
    SYSTEM,
    TASKS,
    definition_text,
    following_prompt,
    following_response,
    triggers_of,
    understanding_text,
)
from kcjax.corpus.response import parse_response
from kcjax.errors import InputError
from kcjax.schema.types import EntityType, EventType, RelationType, Role, Schema

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "golden.json").read_text("utf-8"))
TEXT = 'Captain Ines Duarte, born in Lisbon, sailed the "Orion" to Bergen.'

SCHEMA = Schema(
    entities=(
        EntityType("City", ("HumanSettlement",), "large human settlement", ("Riga", "Porto", "Old Harbour")),
        EntityType(
            "Person", ("Entity",), "a human being, real or fictional", ("Ada Brandt", "the harbour master", "Tomás")
        ),
        EntityType("Ship", ("Vehicle",), "", ("Vega", "a fishing boat")),
    ),
    relations=(
        RelationType(
            "PlaceOfBirth",
            description="most specific known birth location of a person",
            examples=(("Ada Brandt", "Riga"), ("Tomás", "Porto")),
            head=("Person",),
            tail=("City",),
        ),
        RelationType("CrewMember", description="person who works on board of a ship", head=("Ship",), tail=("Person",)),
    ),
    events=(
        EventType(
            "Repair",
            description="work that restores something broken",
            examples=("repaired", "overhaul"),
            roles=(Role("object"), Role("worker")),
        ),
        EventType(
            "Voyage",
            description="a journey by water",
            examples=("sailed", "crossing"),
            roles=(Role("traveller"), Role("vessel"), Role("origin"), Role("destination")),
        ),
    ),
)


def at(mention: str) -> tuple[int, int, str]:
    start = TEXT.index(mention)
    return start, start + len(mention), mention


DOCUMENT = Document(
    "harbour",
    TEXT,
    # Not in text order: responses are.
    (
        Entity(*at("Bergen"), "City"),
        Entity(*at("Ines Duarte"), "Person"),
        Entity(*at("Lisbon"), "City"),
        Entity(*at("Orion"), "Ship"),
    ),
    (Relation("PlaceOfBirth", 1, 2), Relation("CrewMember", 3, 1)),
    (
        Event(
            "Voyage",
            Mention(*at("sailed")),
            (
                Argument(*at("Bergen"), "destination"),
                Argument(*at("Orion"), "vessel"),
                Argument(*at("Captain Ines Duarte"), "traveller"),
            ),
        ),
    ),
)
EMPTY = Document("quay", "Nothing of note happened on the quay that day.")
GOLDEN_CASES = {
    "ner": ("ner", DOCUMENT, {}),
    "ner_empty": ("ner", EMPTY, {}),
    "ner_without_comments": ("ner", DOCUMENT, {"types": ["City", "Person"], "comments": False}),
    "re": ("re", DOCUMENT, {}),
    "re_typed_by_import": ("re", DOCUMENT, {"typed_by_import": True}),
    "ed": ("ed", DOCUMENT, {}),
    "eae": ("eae", DOCUMENT, {"types": ["Voyage"]}),
}


def prompt_and_response(task, document, **options):
    types = options.get("types")
    names = types if types is not None else [t.name for t in SCHEMA.events]
    triggers = [(name, t.text) for name, t in triggers_of(document.events, names)] if task == "eae" else ()
    prompt = following_prompt(task, SCHEMA, document.text, triggers=triggers, **options)
    options.pop("comments", None)
    return prompt, following_response(task, document, SCHEMA, **options)


def test_every_golden_text_is_tested():
    assert set(GOLDEN_CASES) == set(GOLDEN["following"])
    assert set(GOLDEN["understanding"]) == {"understanding_ner", "understanding_re", "understanding_ee", "definition"}


@pytest.mark.parametrize("name", GOLDEN["following"])
def test_following_equals_the_golden_text(name):
    task, document, options = GOLDEN_CASES[name]
    prompt, response = prompt_and_response(task, document, **options)
    golden = GOLDEN["following"][name]
    assert GOLDEN["system"] == SYSTEM
    text = GOLDEN["model_text"].format(system=SYSTEM, **golden)
    assert "<bos>" + prompt.schema + prompt.sentence + response + "<eos>" == text


@pytest.mark.parametrize("name", GOLDEN["following"])
def test_schema_part_ends_where_the_sentence_begins(name):
    task, document, options = GOLDEN_CASES[name]
    prompt, _ = prompt_and_response(task, document, **options)
    assert prompt.sentence.startswith('"""\nThis is' if task == "eae" else "sentence = ")
    assert prompt.sentence.endswith('"\n\nOutput:\n')
    assert document.text not in prompt.schema and "sailed" not in prompt.schema.replace("Examples: sailed", "")


def test_understanding_equals_the_golden_texts():
    golden = GOLDEN["understanding"]
    births = dataclasses.replace(SCHEMA, relations=SCHEMA.relations[:1])
    assert understanding_text("ner", DOCUMENT, SCHEMA) == golden["understanding_ner"]
    assert understanding_text("re", DOCUMENT, births) == golden["understanding_re"]
    assert understanding_text("eae", DOCUMENT, SCHEMA) == golden["understanding_ee"]
    assert understanding_text("ed", DOCUMENT, SCHEMA) == golden["understanding_ee"]
    assert definition_text(["City", "PlaceOfBirth"], SCHEMA) == golden["definition"]


def test_understanding_of_an_empty_document_has_no_imports():
    text = understanding_text("ner", EMPTY, SCHEMA)
    assert text.endswith('that day."\n\nresults = []') and "import" not in text


hard_texts = st.text(st.characters() | st.sampled_from("\"'\\\n\r\t\x00\x1b\x7f\u2028\ud800"), min_size=1, max_size=12)


@st.composite
def hard_documents(draw) -> Document:
    """One entity, relation and event over mentions of whatever characters."""
    mentions = draw(st.lists(hard_texts, min_size=3, max_size=3))
    spans, text = [], ""
    for mention in mentions:
        spans.append((len(text), len(text) + len(mention), mention))
        text += mention + " "
    entities = tuple(Entity(*span, name) for span, name in zip(spans, ("Person", "City", "Ship"), strict=True))
    event = Event("Voyage", Mention(*spans[0]), (Argument(*spans[1], "origin"), Argument(*spans[2], "vessel")))
    return Document("hard", text, entities, (Relation("PlaceOfBirth", 0, 1),), (event,))


@given(hard_documents(), st.sampled_from(TASKS), st.booleans())
def test_rendered_response_parses_back_to_its_objects(document, task, typed):
    first, second, third = (e.text for e in document.entities)
    _, response = prompt_and_response(task, document, typed_by_import=typed)
    parsed = parse_response(response)
    assert parsed.status == "ok"

    def plain(value):
        if isinstance(value, tuple):
            return [plain(v) for v in value]
        if isinstance(value, str):
            return value
        return (value.name, [plain(v) for v in value.args], {k: plain(v) for k, v in value.kwargs.items()})

    def call(name, *args, **kwargs):
        return (name, list(args), kwargs)

    person, city = ("Person", "City") if typed else ("Entity", "Entity")
    expected = {
        "ner": [call("Person", first), call("City", second), call("Ship", third)],
        "re": [call("PlaceOfBirth", call(person, first), call(city, second))],
        "ed": [call("Voyage", first)],
        "eae": [call("Voyage", trigger=first, vessel=[call("Entity", third)], origin=[call("Entity", second)])],
    }
    assert [plain(c) for c in parsed.objects] == expected[task]


@given(hard_documents(), st.sampled_from(TASKS), st.booleans(), st.booleans())
def test_prompt_is_python_that_holds_the_sentence(document, task, comments, typed):
    prompt, _ = prompt_and_response(task, document, comments=comments, typed_by_import=typed)
    code = (prompt.schema + prompt.sentence).removeprefix(SYSTEM + "\nInput:\n").removesuffix("\nOutput:\n")
    *_, request, sentence = ast.parse(code).body
    assert ast.literal_eval(sentence.value) == document.text
    assert request.value.value.startswith("\nThis is an object-oriented programming task")


@given(hard_documents(), st.sampled_from(TASKS))
def test_instance_code_is_python_that_holds_the_sentence(document, task):
    sentence = ast.parse(understanding_text(task, document, SCHEMA)).body[0]
    assert ast.literal_eval(sentence.value) == document.text


def test_objects_of_types_not_asked_for_are_left_out():
    response = following_response("ner", DOCUMENT, SCHEMA, types=["Ship"])
    assert response == 'results = [\n\tShip("Orion")\n]'
    assert following_response("re", DOCUMENT, SCHEMA, types=["CrewMember"]).count("\n\t") == 1
    assert following_response("ed", DOCUMENT, SCHEMA, types=["Repair"]) == "results = []"


def test_types_come_in_the_order_given():
    prompt = following_prompt("ner", SCHEMA, "x", types=["Ship", "City"])
    assert prompt.schema.index("class Ship") < prompt.schema.index("class City") and "Person" not in prompt.schema


def test_the_outer_of_two_nested_mentions_comes_first():
    text = "University of Riga"
    document = Document(
        "a", text, (Entity(14, 18, "Riga", "City"), Entity(0, 10, text[:10], "Ship"), Entity(0, 18, text, "Ship"))
    )
    assert [c.args[0] for c in parse_response(following_response("ner", document, SCHEMA)).objects] == [
        text,
        text[:10],
        "Riga",
    ]


def test_typed_ends_are_of_the_classes_their_hints_name():
    schema = Schema(
        (EntityType("Agent"), EntityType("Person", ("Agent",)), EntityType("City")),
        (RelationType("Visits", head=("Agent",), tail=("City", "Island")),),
    )
    entities = (Entity(0, 1, "a", "Person"), Entity(1, 2, "b", "Ship"), Entity(2, 3, "c", "Island"))
    document = Document("a", "abc", entities, (Relation("Visits", 0, 1), Relation("Visits", 0, 2)))
    response = following_response("re", document, schema, typed_by_import=True)
    assert response.split("\n\t")[1:] == ['Visits(Agent("a"), Entity("b")),', 'Visits(Agent("a"), Island("c"))\n]']


def test_typed_arguments_are_of_their_annotated_or_only_class():
    schema = Schema(
        (EntityType("Person"), EntityType("Ship")),
        (),
        (EventType("Sale", roles=(Role("buyer", ("Person", "Firm")), Role("item", ("Ship",)), Role("place"))),),
    )
    arguments = (
        Argument(0, 1, "a", "buyer"),
        Argument(1, 2, "b", "buyer"),
        Argument(2, 3, "c", "item"),
        Argument(3, 4, "d", "place"),
        Argument(0, 1, "a", "item"),
    )
    document = Document(
        "a", "abcd", (Entity(0, 1, "a", "Person"),), (), (Event("Sale", Mention(3, 4, "d"), arguments),)
    )
    response = following_response("eae", document, schema, typed_by_import=True)
    assert 'buyer = [Person("a"), Entity("b")], item = [Entity("a"), Ship("c")], place = [Entity("d")])' in response
    assert 'buyer=[Person("a"), Entity("b")],\n\t\titem=[Entity("a"), Ship("c")]' in understanding_text(
        "eae", document, schema
    )
    prompt = following_prompt("eae", schema, "abcd", triggers=[("Sale", "d")], typed_by_import=True)
    assert "from Entities import Firm, Person, Ship\n\nclass Entity" in prompt.schema
    assert "buyer: List[Person | Firm]," in prompt.schema


def test_several_events_on_one_trigger_are_one_trigger_but_two_sets_of_arguments():
    event = DOCUMENT.events[0]
    document = dataclasses.replace(DOCUMENT, events=(event, dataclasses.replace(event, arguments=())))
    prompt, response = prompt_and_response("eae", document)
    assert prompt.sentence.count('"sailed" is the trigger') == 1
    assert response.count("trigger = ") == 2
    assert following_response("ed", document, SCHEMA).count("sailed") == 1


def test_triggers_are_joined_in_text_order():
    document = dataclasses.replace(DOCUMENT, events=(*DOCUMENT.events, Event("Repair", Mention(*at("born")))))
    prompt, _ = prompt_and_response("eae", document)
    assert (
        'follows: "born" is the trigger of event type "Repair"; "sailed" is the trigger of event type "Voyage".'
        in prompt.sentence
    )


def test_knowcoder_style_writes_some_in_capitals_and_escapes_nothing():
    prompt = following_prompt("ner", SCHEMA, TEXT, style=KNOWCODER)
    assert "task: Some Entity Classes" in prompt.schema and "Examples: Vega, a fishing boat, \n" in prompt.schema
    assert prompt.sentence == f'sentence = "{TEXT}"\n\nOutput:\n'


@pytest.mark.parametrize(
    ("task", "options", "words"),
    [
        ("ner", {"types": ["Harbour"]}, "'Harbour' for task ner"),
        ("ner", {"types": ["PlaceOfBirth"]}, "'PlaceOfBirth' for task ner"),
        ("ner", {"types": ["City", "City"]}, "twice"),
        ("re", {"types": []}, "no type to ask for"),
        ("eae", {}, "triggers"),
        ("ed", {"triggers": [("Voyage", "sailed")]}, "no triggers"),
    ],
)
def test_questions_without_an_answer_are_refused(task, options, words):
    with pytest.raises(InputError, match=words):
        following_prompt(task, SCHEMA, TEXT, **options)
