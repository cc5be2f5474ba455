"""The harbour sample: its annotations agree with its schema, and its held-out part stays unseen."""

import re
from collections import Counter
from pathlib import Path

import pytest

from kcjax.corpus.document import Document, read_documents
from kcjax.schema.source import read_schema
from kcjax.schema.types import EntityType, EventType, RelationType

HARBOUR = Path(__file__).parents[3] / "kcjax" / "corpus" / "datasets" / "harbour"
SCHEMA = read_schema(HARBOUR / "schema.py")
TRAIN = list(read_documents(HARBOUR / "train.jsonl"))
HELDOUT = list(read_documents(HARBOUR / "heldout.jsonl"))
DOCUMENTS = TRAIN + HELDOUT

each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.id)


def type_counts(documents: list[Document]) -> Counter[str]:
    return Counter(x.type for d in documents for x in (*d.entities, *d.relations, *d.events))


def mentions(documents: list[Document]) -> set[str]:
    """Entity mentions and triggers, in lower case."""
    entities = {entity.text.lower() for d in documents for entity in d.entities}
    return entities | {event.trigger.text.lower() for d in documents for event in d.events}


def test_sizes_are_as_documented():
    assert (len(TRAIN), len(HELDOUT)) == (120, 40)
    assert (len(SCHEMA.entities), len(SCHEMA.relations), len(SCHEMA.events)) == (6, 5, 5)


def test_ids_are_unique_and_no_sentence_occurs_twice():
    assert len({d.id for d in DOCUMENTS}) == len(DOCUMENTS)
    assert len({d.text.lower() for d in DOCUMENTS}) == len(DOCUMENTS)


@each_document
def test_every_span_equals_its_text(document: Document):
    events = document.events
    spans = [*document.entities, *(e.trigger for e in events), *(a for e in events for a in e.arguments)]
    for span in spans:
        assert document.text[span.start : span.end] == span.text
        assert span.text and span.text == span.text.strip()


@each_document
def test_sentence_is_one_short_line_with_entities_in_text_order(document: Document):
    assert 8 <= len(document.text.split()) <= 25
    assert "\n" not in document.text and document.text.isprintable()
    spans = [(e.start, -e.end) for e in document.entities]
    assert spans == sorted(set(spans)), "in text order, the outer of two nested mentions first"


@each_document
def test_entities_are_of_schema_types(document: Document):
    for entity in document.entities:
        assert isinstance(SCHEMA.by_name[entity.type], EntityType)


@each_document
def test_relation_ends_satisfy_the_hints(document: Document):
    for relation in document.relations:
        relation_type = SCHEMA.by_name[relation.type]
        assert isinstance(relation_type, RelationType)
        assert document.entities[relation.head].type in relation_type.head
        assert document.entities[relation.tail].type in relation_type.tail
    ends = [(r.type, r.head, r.tail) for r in document.relations]
    assert len(ends) == len(set(ends))


@each_document
def test_event_arguments_are_mentions_of_the_types_their_role_allows(document: Document):
    annotated = {(e.start, e.end): e.type for e in document.entities}
    for event in document.events:
        event_type = SCHEMA.by_name[event.type]
        assert isinstance(event_type, EventType)
        allowed = {role.name: role.types for role in event_type.roles}
        for argument in event.arguments:
            assert annotated[argument.start, argument.end] in allowed[argument.role]


@each_document
def test_a_mention_annotated_elsewhere_is_annotated_here(document: Document):
    """A name that is a mention in one sentence is (part of) a mention wherever else it stands."""
    covered = [range(e.start, e.end) for e in document.entities]
    for name in {entity.text for d in DOCUMENTS for entity in d.entities}:
        for found in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", document.text, re.IGNORECASE):
            assert any(found.start() in span and found.end() - 1 in span for span in covered), name


def test_every_type_occurs_often_enough():
    train, heldout = type_counts(TRAIN), type_counts(HELDOUT)
    for name in SCHEMA.by_name:
        assert train[name] >= 8 and heldout[name] >= 3, name


def test_every_role_occurs_in_train_and_heldout():
    roles = {(event.name, role.name) for event in SCHEMA.events for role in event.roles}
    for documents in (TRAIN, HELDOUT):
        assert {(e.type, a.role) for d in documents for e in d.events for a in e.arguments} == roles


def test_every_example_is_a_train_mention_of_its_type():
    entities = {(e.type, e.text) for d in TRAIN for e in d.entities}
    relations = {(r.type, d.entities[r.head].text, d.entities[r.tail].text) for d in TRAIN for r in d.relations}
    triggers = {(e.type, e.trigger.text) for d in TRAIN for e in d.events}
    for t in SCHEMA.by_name.values():
        assert t.description and 3 <= len(t.examples) <= 5
    assert {(t.name, example) for t in SCHEMA.entities for example in t.examples} <= entities
    assert {(t.name, *example) for t in SCHEMA.relations for example in t.examples} <= relations
    assert {(t.name, example) for t in SCHEMA.events for example in t.examples} <= triggers


def test_no_example_is_a_heldout_mention():
    examples = {example.lower() for t in (*SCHEMA.entities, *SCHEMA.events) for example in t.examples}
    examples |= {end.lower() for t in SCHEMA.relations for example in t.examples for end in example}
    assert not examples & mentions(HELDOUT)


def test_heldout_names_are_new():
    """Of persons, ships, organizations and towns at most one in twenty was seen in training."""
    named = {e.text for d in HELDOUT for e in d.entities if e.type in ("Person", "Ship", "Organization", "Town")}
    assert len(named & {e.text for d in TRAIN for e in d.entities}) <= len(named) / 20


def test_readme_states_the_counts():
    rows = re.findall(r"^\| (\w+) \| (\d+) \| (\d+) \|", (HARBOUR / "README.md").read_text("utf-8"), re.MULTILINE)
    train, heldout = type_counts(TRAIN), type_counts(HELDOUT)
    assert rows == [(name, str(train[name]), str(heldout[name])) for name in SCHEMA.by_name]
