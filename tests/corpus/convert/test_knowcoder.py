"""KnowCoder's own rows give the texts kcjax renders in their style, learnt in the same parts; so do their classes."""

import itertools
from collections import Counter

import pytest

from kcjax.corpus.convert import FORMS, convert, examples, schema_of
from kcjax.corpus.document import Argument, Document, Entity, Event, Mention, Relation
from kcjax.corpus.example import example_to_json
from kcjax.corpus.prompt import KINDS, SYSTEM, TASKS, following_prompt, following_response, understanding_text
from kcjax.errors import InputError
from kcjax.problems import Problems
from kcjax.schema.code import KNOWCODER
from kcjax.schema.types import EntityType, EventType, RelationType, Role, Schema

SCHEMA = Schema(
    (EntityType("Human", ("Being",), "A person.", ("Bo", "Ada")), EntityType("Town", description="A small city.")),
    (RelationType("BornIn", description="Where life began.", examples=(("Bo", "Riga"),)),),
    (EventType("Voyage", description="A trip by ship.", examples=("sailed",), roles=(Role("sailor"), Role("to"))),),
)
DOCUMENT = Document(
    "d",
    "Bo sailed to Riga.",
    (Entity(0, 2, "Bo", "Human"), Entity(13, 17, "Riga", "Town")),
    (Relation("BornIn", 0, 1),),
    (Event("Voyage", Mention(3, 9, "sailed"), (Argument(0, 2, "Bo", "sailor"), Argument(13, 17, "Riga", "to"))),),
)


def rendered(task):
    triggers = [("Voyage", "sailed")] if task == "eae" else ()
    prompt = following_prompt(task, SCHEMA, DOCUMENT.text, triggers=triggers, style=KNOWCODER)
    return prompt, following_response(task, DOCUMENT, SCHEMA, style=KNOWCODER)


def query(prompt):
    """What their rows have of a prompt."""
    return (prompt.schema + prompt.sentence).removeprefix(f"{SYSTEM}\nInput:\n").removesuffix("\nOutput:\n")


def staged(task):
    prompt, response = rendered(task)
    return {
        "sentence": DOCUMENT.text,
        "one-stage": {"zero-shot": {"prompt": query(prompt)}, "output": response, "prompt_tokenized_length": 9},
        "two-stage": {},
        "events": [],
    }


@pytest.mark.parametrize("task", TASKS)
def test_rows_of_phase_2_are_the_examples_kcjax_would_render(write, task):
    prompt, response = rendered(task)
    flat = {"input": query(prompt), "output": response}
    first, second = examples("knowcoder-phase2", [write(staged(task), flat)])
    assert first.parts == second.parts == ((prompt.schema, False), (prompt.sentence, False), (response, True))
    assert first.task == task and (first.id, second.id) == ("rows.1", "rows.2")
    assert first.types == tuple(t.name for t in SCHEMA.by_name.values() if isinstance(t, KINDS[task]))
    assert example_to_json(first)["parts"][2] == [response, True]


def test_the_wording_of_their_evaluation_is_read_as_well(write):
    row = staged("ner")
    row["one-stage"]["zero-shot"]["prompt"] = row["one-stage"]["zero-shot"]["prompt"].replace(": some ", ": Some ")
    assert next(examples("knowcoder-phase2", [write(row)])).task == "ner"


def test_rows_of_phase_1_are_learnt_whole(write):
    texts = [understanding_text(task, DOCUMENT, SCHEMA) for task in ("ner", "re", "eae")]
    definition = 'class Town(Place):\n\t"""\n\tDescription: A small city.\n\t"""\n\tpass\n\nclass City(Town):\n\tpass'
    found = list(examples("knowcoder-phase1", [write(*({"text": text} for text in [*texts, definition]))]))
    assert [e.parts for e in found] == [((text, True),) for text in [*texts, definition]]
    assert [(e.task, e.types) for e in found] == [
        *[("ner", ("Human", "Town")), ("re", ("Human", "Town", "BornIn")), ("eae", ("Voyage",))],
        ("definition", ("Town", "City")),
    ]


@pytest.mark.parametrize(
    ("form", "bad", "message"),
    [
        ("knowcoder-phase1", {"input": "x"}, "text is missing"),
        ("knowcoder-phase2", {"input": "x"}, "output is missing"),
        ("knowcoder-phase2", {"input": "x", "output": "y"}, "the query has no request or no sentence"),
        ("knowcoder-phase2", {"one-stage": {"output": "y"}}, "one-stage: zero-shot is missing"),
        ("knowcoder-phase2", {"one-stage": {"zero-shot": {}, "output": "y"}}, "one-stage.zero-shot: prompt is missing"),
    ],
)
def test_a_malformed_row_is_told_with_its_place_and_skipped(write, form, bad, message):
    good = {"text": "class A(B): pass"} if form == "knowcoder-phase1" else staged("ner")
    path = write(good, bad, good)
    with pytest.raises(InputError, match=rf"rows\.jsonl:2: {message}"):
        list(examples(form, [path]))
    assert [e.id for e in examples(form, [path], problems=Problems(1))] == ["rows.1", "rows.3"]


ENTITIES = '''from typing import List

class Entity:
\t"""
\tThe base class for all entities.
\t"""
\tdef __init__(self, name: str):
\t\tself.name = name

class Town(Place):
\t"""
\tDescription: A "small" city, that is
\tExamples: Riga, Porto, 
\t"""
\tpass

class Event(Entity):
\t"""
\tDescription: What happens.
\t"""
\tpass

class Location(Entity):
\tpass
'''
RELATIONS = '''from Entities import *

class Location(Relation):
\tdef __init__(self, head_entity: Entity, tail_entity: Town | Location):
\t\tsuper().__init__(head_entity = head_entity, tail_entity = tail_entity)

class BornIn(Location):
\t"""
\tDescription: Where life began.
\tExamples: (Bo, Riga), (Ada, Countess of Porto, Porto), (Ada, Porto)
\t"""
\tdef __init__(self, head_entity: Entity, tail_entity: Town):
\t\tsuper().__init__(head_entity = head_entity, tail_entity = tail_entity)
'''
EVENTS = '''class Marriage(Event):
\t"""
\tDescription: Two become one.
\t"""
\tdef __init__(
\t\tself,
\t\ttrigger: str, # Examples: wife, married, 
\t\tspouse: List[ Entity ],
\t\tfrom: List[ Entity ]
\t):
\t\tsuper().__init__(trigger = trigger)
\t\tself.spouse = spouse
\t\tself.from = from
'''


def modules(tmp_path, **texts):
    paths = [tmp_path / f"{name}.py" for name in texts]
    for path, text in zip(paths, texts.values(), strict=True):
        path.write_text(text)
    return paths


def test_their_classes_are_read_one_by_one(tmp_path):
    left_out: Counter = Counter()
    paths = modules(tmp_path, Entities=ENTITIES, Relations=RELATIONS, Events=EVENTS)
    schema = schema_of("knowcoder-schema", paths, left_out=left_out)
    assert schema == Schema(
        (EntityType("Town", ("Place",), 'A "small" city, that is', ("Riga", "Porto")), EntityType("Location")),
        (
            RelationType("LocationRelation", tail=("Town", "Location")),
            RelationType(
                "BornIn", ("LocationRelation",), "Where life began.", (("Bo", "Riga"), ("Ada", "Porto")), tail=("Town",)
            ),
        ),
        (EventType("Marriage", ("Event",), "Two become one.", ("wife", "married"), (Role("spouse"), Role("from_"))),),
    )
    assert left_out == {
        "class with the name of a base class": 1,
        "example of a relation with a comma or bracket in a mention": 1,
    }


def test_an_entity_may_have_examples_with_brackets(tmp_path):
    left_out: Counter = Counter()
    text = 'class Song(Entity):\n\t"""\n\tDescription: Sung.\n\tExamples: (Not) A Song, Another\n\t"""\n\tpass\n'
    (song,) = schema_of("knowcoder-schema", modules(tmp_path, Entities=text), left_out=left_out).entities
    assert song.examples == ("(Not) A Song", "Another") and not left_out


def test_a_class_that_cannot_be_read_costs_no_other(tmp_path):
    bad = 'class Css(Entity):\n\t"""\n\tExamples: \\x\n\t"""\n\tpass\n\nclass A-B(Entity):\n\tpass\n'
    bad += "\nclass Town(Entity):\n\tpass\n"
    (path,) = modules(tmp_path, Entities=ENTITIES + bad)
    problems = Problems(3)
    assert set(schema_of("knowcoder-schema", [path], problems=problems).by_name) == {"Town", "Location"}
    assert problems.count == 3
    for tolerated, message in [
        (0, "31: cannot read the head"),
        (1, "25: class Css: not valid Python"),
        (2, "34: class Town is"),
    ]:
        with pytest.raises(InputError, match=rf"Entities\.py:{message}"):
            schema_of("knowcoder-schema", [path], problems=Problems(tolerated))
    path.write_text("import os\n")
    with pytest.raises(InputError, match="no class found"):
        schema_of("knowcoder-schema", [path])


def test_each_form_gives_one_thing(write):
    path = write({"text": "x"})
    uses = {"documents": lambda form: convert(form, [path]), "examples": lambda form: examples(form, [path])}
    uses["schema"] = lambda form: schema_of(form, [path])
    for form, use in itertools.product(FORMS, uses):
        kind = "documents" if FORMS[form].document else "examples" if FORMS[form].example else "schema"
        if use != kind:
            with pytest.raises(InputError, match=f"the form {form} gives no {use}.*; it is for .*{kind}"):
                uses[use](form)
    with pytest.raises(InputError, match="there is no form 'tacred'; known: aligned, tekgen"):
        convert("tacred", [path])


def test_files_of_one_name_are_told_apart_by_their_folders(write):
    paths = [write({"text": "class A(B): pass"}, name=f"{folder}/train.json") for folder in ("NER", "RE")]
    assert [e.id for e in examples("knowcoder-phase1", paths)] == ["NER/train.1", "RE/train.1"]
    with pytest.raises(InputError, match="two files are called NER/train"):
        examples("knowcoder-phase1", [paths[0], paths[0]])
