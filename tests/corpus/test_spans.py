"""Placing: what a document holds comes back at its place, and what cannot be placed is told apart and never lost."""

import dataclasses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcjax.corpus.document import Argument, Document, Entity, Event, Mention, Relation, read_documents
from kcjax.corpus.prompt import TASKS, following_response, triggers_of
from kcjax.corpus.response import parse_response
from kcjax.corpus.spans import locate
from kcjax.schema.types import EntityType, EventType, RelationType, Role, Schema

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "ie"
SCHEMA = Schema(
    (EntityType("Person"), EntityType("City")),
    (RelationType("Born", head=("Person",), tail=("City", "Village")),),
    (EventType("Voyage", roles=(Role("who"), Role("to"))), EventType("Repair", roles=(Role("who"),))),
)


def place(task, response, text, **options):
    parsed = parse_response(f"results = [{response}]")
    assert parsed.status == "ok"
    return locate(task, parsed.objects, text, SCHEMA, **options)


def spans(mentions):
    return [(m.start, m.end) for m in mentions]


def lost(located):
    return len(located.hallucinated), len(located.off_schema), len(located.repeated)


@st.composite
def documents(draw) -> Document:
    """A document whose mentions have texts of their own, none inside another, between filler words."""
    count = draw(st.integers(3, 8))
    characters = st.characters(codec="utf-8") | st.sampled_from("\"'\\\n\t")
    text, mentions = draw(st.text("-.", max_size=2)), []
    for number in range(count):
        # The number, which the drawn characters cannot hold, keeps the mentions apart.
        word = f"{number}{draw(st.text(characters.filter(lambda c: not c.isdigit()), max_size=5))}{number}"
        mentions.append((len(text), len(text) + len(word), word))
        text += word + " " + draw(st.text("-. ", max_size=3))
    types = st.sampled_from(["Person", "City"])
    entities = tuple(Entity(*span, draw(types)) for span in mentions)
    index = st.integers(0, count - 1)
    pairs = draw(st.lists(st.tuples(index, index), unique=True, max_size=4))
    triggers = draw(st.lists(index, unique=True, max_size=2))
    events = []
    for trigger in sorted(triggers):
        who = sorted(draw(st.lists(index, unique=True, max_size=2)))
        arguments = tuple(Argument(*mentions[i], "who") for i in who)
        events.append(Event(draw(st.sampled_from(["Voyage", "Repair"])), Mention(*mentions[trigger]), arguments))
    relations = tuple(Relation("Born", head, tail) for head, tail in pairs)
    return Document("a", text, entities, relations, tuple(events))


@given(documents(), st.sampled_from(["nearest", "first"]))
def test_gold_objects_come_back_at_their_places(document, policy):
    found = {}
    for task in TASKS:
        parsed = parse_response(following_response(task, document, SCHEMA))
        found[task] = locate(
            task,
            parsed.objects,
            document.text,
            SCHEMA,
            entities=document.entities if task == "re" else (),
            policy=policy,
        )
        assert lost(found[task]) == (0, 0, 0)
    assert found["ner"].entities == document.entities
    assert (found["re"].entities, found["re"].relations) == (document.entities, document.relations)
    assert found["ed"].events == tuple(dataclasses.replace(event, arguments=()) for event in document.events)
    assert found["eae"].events == document.events


@given(documents())
def test_relations_without_entities_make_their_own(document):
    parsed = parse_response(following_response("re", document, SCHEMA))
    located = locate("re", parsed.objects, document.text, SCHEMA)

    def ends(relations, entities):
        return [(r.type, spans([entities[r.head], entities[r.tail]])) for r in relations]

    assert ends(located.relations, located.entities) == ends(document.relations, document.entities)
    assert {e.type for e in located.entities} <= {"Entity"}


def test_entities_take_the_next_occurrence_and_then_the_first():
    text = "Riga, Bern, Riga, Bern, Riga"
    located = place("ner", 'City("Bern"), City("Riga"), City("Riga"), City("Riga")', text)
    assert spans(located.entities) == [(6, 10), (12, 16), (24, 28), (0, 4)]
    located = place("ner", 'City("Bern"), City("Riga")', text, policy="first")
    assert spans(located.entities) == [(6, 10), (0, 4)]


def test_all_occurrences_are_those_as_whole_words_or_else_those_inside_words():
    text = "Riga, Rigans, Bern, Riga"
    located = place("ner", 'City("Riga"), Person("Riga"), City("ans"), City("Riga")', text, policy="all")
    assert [(e.type, e.start) for e in located.entities] == [
        ("City", 0), ("City", 20), ("Person", 0), ("Person", 20), ("City", 9)
    ]  # fmt: skip
    assert lost(located) == (0, 0, 1)


def test_more_objects_than_places_are_repeated():
    located = place("ner", 'City("Riga"), City("Riga"), Person("Riga")', "Riga")
    assert [(e.type, e.start) for e in located.entities] == [("City", 0), ("Person", 0)]
    assert lost(located) == (0, 0, 1) and located.repeated[0].call.name == "City"


def test_whole_words_come_before_parts_of_words():
    assert spans(place("ner", 'City("Riga"), City("Riga")', "Rigans in Riga-Bern").entities) == [(10, 14), (0, 4)]
    assert spans(place("ner", 'Person("-")', "a-b - c").entities) == [(1, 2)]


def test_places_inside_a_mention_taken_come_last():
    located = place("ner", 'City("Riga Bay"), City("Riga"), City("Riga")', "Riga Bay near Riga")
    assert spans(located.entities) == [(0, 8), (14, 18), (0, 4)]


def test_relation_takes_the_pair_that_stands_closest():
    text = "Ada x x x Ada of Riga x x x Riga"
    located = place("re", 'Born(Entity("Ada"), Entity("Riga"))', text)
    assert spans(located.entities) == [(10, 13), (17, 21)]
    again = 'Born(Entity("Riga"), Entity("Riga"))'
    located = place("re", again, text)
    assert (located.relations[0].head, located.relations[0].tail) == (0, 1)


def test_relation_ends_are_entities_already_found():
    entities = (Entity(0, 3, "Ada", "Person"), Entity(18, 22, "Riga", "City"), Entity(8, 12, "Riga", "Person"))
    located = place("re", 'Born(Entity("Ada"), City("Riga"))', "Ada, a, Riga, b - Riga", entities=entities)
    assert located.entities == entities and located.relations == (Relation("Born", 0, 1),)
    located = place("re", 'Born(Entity("Ada"), Entity("Riga"))', "Ada, a, Riga, b - Riga", entities=entities)
    assert located.relations == (Relation("Born", 0, 2),)


def test_typed_ends_make_entities_of_their_class():
    located = place("re", 'Born(Person("Ada"), Village("Riga"))', "Ada of Riga")
    assert [(e.type, e.text) for e in located.entities] == [("Person", "Ada"), ("Village", "Riga")]


def test_same_relation_twice_takes_two_places_or_is_repeated():
    call = 'Born(Entity("Ada"), Entity("Riga"))'
    assert lost(place("re", f"{call}, {call}", "Ada of Riga")) == (0, 0, 1)


def test_arguments_stand_nearest_to_their_trigger():
    text = "Ada, then Ada sailed off, and Ada"
    located = place("eae", 'Voyage(trigger = "sailed", who = [Entity("Ada"), Entity("Ada")])', text)
    assert spans(located.events[0].arguments) == [(10, 13), (30, 33)]


def test_several_events_share_a_trigger():
    event = 'Voyage(trigger = "sailed", who = [Entity("{}")])'
    located = place("eae", f"{event.format('Ada')}, {event.format('Bo')}", "Ada and Bo sailed")
    assert [e.trigger.start for e in located.events] == [11, 11] and lost(located) == (0, 0, 0)


def test_triggers_asked_for_are_the_only_places():
    text = "sailed and sailed and sailed"
    trigger = ("Voyage", Mention(22, 28, "sailed"))
    located = place("eae", 'Voyage(trigger = "sailed"), Repair(trigger = "sailed")', text, triggers=[trigger])
    assert spans(e.trigger for e in located.events) == [(22, 28)] and lost(located) == (0, 1, 0)


@pytest.mark.parametrize(
    ("task", "response", "kept", "expected"),
    [
        ("ner", 'City("Bern")', 0, (1, 0, 0)),
        ("ner", 'City("riga")', 0, (1, 0, 0)),
        ("ner", 'City("")', 0, (1, 0, 0)),
        ("ner", 'City(name = "Riga")', 1, (0, 0, 0)),
        ("ner", 'Town("Riga")', 0, (0, 1, 0)),
        ("ner", 'Voyage("Riga")', 0, (0, 1, 0)),
        ("ner", "City()", 0, (0, 1, 0)),
        ("ner", 'City("Riga", "Ada")', 0, (0, 1, 0)),
        ("ner", 'City(["Riga"])', 0, (0, 1, 0)),
        ("ner", 'City(town = "Riga")', 0, (0, 1, 0)),
        ("ner", 'City("Riga", name = "Ada")', 0, (0, 1, 0)),
        ("re", 'Born(Entity("Ada"), Entity("Bern"))', 0, (1, 0, 0)),
        ("re", 'Born(Entity("Ada"))', 0, (0, 1, 0)),
        ("re", 'Born("Ada", "Riga")', 0, (0, 1, 0)),
        ("re", 'Born(Ship("Ada"), Entity("Riga"))', 0, (0, 1, 0)),
        ("re", 'Born(tail_entity = Entity("Riga"), head_entity = Entity("Ada"))', 1, (0, 0, 0)),
        ("ed", 'Voyage("flew")', 0, (1, 0, 0)),
        ("ed", 'City("sailed")', 0, (0, 1, 0)),
        ("eae", 'Voyage("sailed")', 1, (0, 0, 0)),
        ("eae", "Voyage(who = [])", 0, (0, 1, 0)),
        ("eae", 'Voyage(trigger = "flew", who = [Entity("Ada")])', 0, (2, 0, 0)),
        ("eae", 'Voyage(trigger = "sailed", who = [Entity("Bo")])', 1, (1, 0, 0)),
        ("eae", 'Voyage(trigger = "sailed", cargo = [Entity("Ada")])', 1, (0, 1, 0)),
        ("eae", 'Voyage(trigger = "sailed", who = Entity("Ada"))', 1, (0, 1, 0)),
        ("eae", 'Voyage(trigger = "sailed", who = ["Ada"])', 1, (0, 1, 0)),
        ("eae", 'Voyage(trigger = "sailed", who = [Entity("Ada"), Entity("Ada")])', 1, (0, 0, 1)),
    ],
)
def test_what_cannot_be_placed_is_told_apart(task, response, kept, expected):
    located = place(task, response, "Ada sailed to Riga")
    objects = {"ner": located.entities, "re": located.relations}.get(task, located.events)
    assert len(objects) == kept and lost(located) == expected


@pytest.mark.parametrize(
    ("task", "response", "unplaced"),
    [
        ("ner", 'City("Bern"), Town(name = "Riga"), City("Riga", "Ada"), City()', [("City", "Bern"), ("Town", "Riga")]),
        ("re", 'Born(tail_entity = Entity("Bern"), head_entity = Entity("Ada"))', [("Born", "Ada", "Bern")]),
        ("re", 'Born("Ada", "Riga"), Born(Entity("Ada"))', []),
        ("ed", 'Voyage("flew")', [("Voyage", "flew")]),
        ("eae", 'Voyage(trigger = "sailed", who = [Entity("Bo"), Entity("Ada")])', [("Voyage.who", "Bo")]),
        ("eae", 'Voyage(trigger = "flew", who = [Entity("Ada"), "Bo"])', [("Voyage.who", "Ada")]),
    ],
)
def test_what_has_the_shape_of_an_object_is_told_with_its_strings(task, response, unplaced):
    found = place(task, response, "Ada sailed to Riga").unplaced(task)
    assert found == [{"task": task, "label": label, "texts": texts} for label, *texts in unplaced]


def test_types_not_asked_for_are_off_schema():
    assert lost(place("ner", 'City("Riga"), Person("Ada")', "Ada of Riga", types=["City"])) == (0, 1, 0)


def test_confidence_is_that_of_the_objects_characters():
    located = place(
        "re", 'Born(Entity("Ada"), Entity("Riga"))', "Ada of Riga", confidence=lambda call: call.start / 100
    )
    assert located.relations[0].confidence == 0.11
    assert place("ner", 'City("Riga")', "Riga", confidence=lambda call: 0.5).entities[0].confidence == 0.5


def test_many_places_take_no_time_to_speak_of():
    text = "a b " * 3000
    located = place("re", ", ".join(['Born(Entity("a"), Entity("b"))'] * 20), text)
    assert len({(r.head, r.tail) for r in located.relations}) == len(located.relations)


@pytest.mark.skipif(not DATA.is_dir(), reason="the annotated sets are not beside the repository")
@pytest.mark.parametrize(
    ("name", "task", "share"),
    [
        ("wnut17.dev", "ner", 0.999),
        ("bc5cdr.dev", "ner", 0.999),
        ("semeval2010.test", "re", 0.98),
        ("phee.dev", "ed", 0.99),
        ("phee.dev", "eae", 0.99),
    ],
)
def test_annotated_sets_come_back_nearly_whole(name, task, share):
    """The rest are strings that occur twice, of which the annotators took the other."""
    total = same = 0
    for document in read_documents(DATA / f"{name}.jsonl.gz"):
        document = with_identifiers(document)
        schema = schema_of(document)
        if not getattr(schema, {"ner": "entities", "re": "relations"}.get(task, "events")):
            continue
        parsed = parse_response(following_response(task, document, schema))
        triggers = triggers_of(document.events, schema.by_name) if task == "eae" else ()
        located = locate(task, parsed.objects, document.text, schema, triggers=triggers)
        assert not located.hallucinated and not located.off_schema
        gold = objects(task, document)
        total += len(gold)
        same += len(gold & objects(task, Document("", "", located.entities, located.relations, located.events)))
    assert same / total >= share


def with_identifiers(document: Document) -> Document:
    def name(text: str) -> str:
        return "T_" + text.replace("-", "_").replace(".", "_").replace(",", "_").replace("(", "_").replace(")", "_")

    def event(e: Event) -> Event:
        arguments = tuple(dataclasses.replace(a, role=name(a.role)) for a in e.arguments)
        return dataclasses.replace(e, type=name(e.type), arguments=arguments)

    return dataclasses.replace(
        document,
        entities=tuple(dataclasses.replace(e, type=name(e.type)) for e in document.entities),
        relations=tuple(dataclasses.replace(r, type=name(r.type)) for r in document.relations),
        events=tuple(map(event, document.events)),
    )


def schema_of(document: Document) -> Schema:
    roles = sorted({a.role for e in document.events for a in e.arguments})
    return Schema(
        tuple(map(EntityType, sorted({e.type for e in document.entities}))),
        tuple(map(RelationType, sorted({r.type for r in document.relations}))),
        tuple(EventType(t, roles=tuple(map(Role, roles))) for t in sorted({e.type for e in document.events})),
    )


def objects(task: str, document: Document) -> set:
    ends = document.entities
    if task == "ner":
        return {(e.type, e.start, e.end) for e in ends}
    if task == "re":
        return {(r.type, *spans([ends[r.head], ends[r.tail]])) for r in document.relations}
    if task == "ed":
        return {(e.type, *spans([e.trigger])) for e in document.events}
    return {(e.type, *spans([e.trigger]), a.role, *spans([a])) for e in document.events for a in e.arguments}
