"""Phase 1 examples: every class with those it names, every document with objects, all of it learnt."""

from collections import Counter

from kcjax.corpus.document import Argument, Document, Entity, Event, Mention, Relation
from kcjax.corpus.prompt import definition_text, understanding_text
from kcjax.corpus.understanding import definition_examples, instance_examples
from kcjax.schema.source import parse_schema
from kcjax.schema.types import EntityType, EventType, RelationType, Role, Schema

SCHEMA = Schema(
    (EntityType("Person"), EntityType("Sailor", ("Person", "Worker"))),
    (RelationType("Knows", head=("Sailor", "Entity"), tail=("Person", "Sailor")),),
    (EventType("Voyage", roles=(Role("who", ("Sailor",)),)),),
)
DOCUMENT = Document(
    "a",
    "x y",
    (Entity(0, 1, "x", "Person"), Entity(2, 3, "y", "Odd")),
    (Relation("Knows", 0, 1),),
    (Event("Voyage", Mention(2, 3, "y"), (Argument(0, 1, "x", "who"),)),),
)


def test_every_class_is_defined_after_those_it_names():
    examples = list(definition_examples(SCHEMA))
    assert [(e.id, e.types) for e in examples] == [
        ("definition/Person", ("Person",)),
        ("definition/Sailor", ("Person", "Sailor")),
        ("definition/Knows", ("Sailor", "Person", "Knows")),
        ("definition/Voyage", ("Sailor", "Voyage")),
    ]
    assert list(definition_examples(SCHEMA, range(1, 3))) == examples[1:3]
    for example in examples:
        assert example.parts == ((definition_text(example.types, SCHEMA), True),)
        source = "from Entities import Worker, Person\n" + example.text
        assert tuple(sorted(parse_schema(source, filename="x").by_name)) == tuple(sorted(example.types))


def test_documents_give_instance_code_for_each_task_with_objects():
    left_out = Counter()
    bare = Document("b", "z", (Entity(0, 1, "z", "Person"),))
    examples = list(instance_examples([DOCUMENT, bare], SCHEMA, left_out=left_out))
    assert [(e.id, e.types) for e in examples] == [
        ("a/ner", ("Person",)),
        ("a/re", ("Knows",)),
        ("a/eae", ("Voyage",)),
        ("b/ner", ("Person",)),
    ]
    assert [e.parts for e in examples[:3]] == [
        ((understanding_text(task, DOCUMENT, SCHEMA), True),) for task in ("ner", "re", "eae")
    ]
    assert left_out == {
        "ner: object of type Odd, which the schema does not have": 1,
        "re: document without objects": 1,
        "eae: document without objects": 1,
    }


def test_entities_of_unknown_type_are_of_the_base_class():
    text = understanding_text("re", DOCUMENT, SCHEMA)
    assert "from Entities import Entity, Person\nfrom Relations import Knows\n" in text
    assert 'Knows(\n\t\tPerson("x"),\n\t\tEntity("y")\n\t)' in text
