"""Phase 2 examples: each a pure function of seed, document and task, and what is left out is counted."""

import dataclasses
import re
from collections import Counter

import pytest

from kcjax.corpus.document import Argument, Document, Entity, Event, Mention, Relation
from kcjax.corpus.following import FollowingOptions, following_examples
from kcjax.corpus.prompt import following_prompt, following_response
from kcjax.errors import InputError
from kcjax.schema.types import EntityType, EventType, RelationType, Role, Schema

SCHEMA = Schema(
    tuple(EntityType(f"E{i}", description="x", examples=("y",)) for i in range(12)),
    tuple(RelationType(f"R{i}", head=("E0",), tail=("E1",)) for i in range(6)),
    tuple(EventType(f"V{i}", roles=(Role("who"),)) for i in range(6)),
)
FULL = Document(
    "full",
    "ab c",
    (Entity(0, 1, "a", "E0"), Entity(1, 2, "b", "E1"), Entity(3, 4, "c", "E0")),
    (Relation("R2", 0, 1),),
    (Event("V3", Mention(3, 4, "c"), (Argument(0, 1, "a", "who"),)),),
)
EMPTY = tuple(Document(f"empty{i}", "nothing here") for i in range(200))


def defined(example) -> list[str]:
    """The classes defined in a prompt, base classes aside."""
    return re.findall(r"^class (\w\d+)\(", example.parts[0][0], re.MULTILINE)


def examples(documents, schema=SCHEMA, *, left_out=None, **options):
    return list(following_examples(documents, schema, FollowingOptions(**options), left_out=left_out))


def test_only_the_response_is_learnt_and_the_text_is_prompt_and_response():
    for example in examples([FULL], shuffle=False, negatives_per_positive=0):
        assert [learnt for _, learnt in example.parts] == [False, False, True]
        triggers = [("V3", "c")] if example.task == "eae" else ()
        prompt = following_prompt(example.task, SCHEMA, FULL.text, types=example.types, triggers=triggers)
        assert [part for part, _ in example.parts[:2]] == [prompt.schema, prompt.sentence]
        assert example.parts[2][0] == following_response(example.task, FULL, SCHEMA, types=example.types)
        assert example.id == f"full/{example.task}"


def test_negatives_are_so_many_for_every_positive_and_none_in_eae():
    by_task = {example.task: example for example in examples([FULL], negatives_per_positive=3)}
    assert {task: len(example.types) for task, example in by_task.items()} == {"ner": 8, "re": 4, "ed": 4, "eae": 1}
    for example in by_task.values():
        assert len(set(example.types)) == len(example.types) and list(example.types) == defined(example)
    assert {"E0", "E1"} <= set(by_task["ner"].types) and by_task["eae"].types == ("V3",)


def test_negatives_are_all_there_are_where_there_are_few():
    assert set(examples([FULL], negatives_per_positive=99)[0].types) == {t.name for t in SCHEMA.entities}


def test_example_depends_on_seed_document_and_task_alone():
    options = {"empty_share": 0.5, "comments": 0.5, "typed_by_import": 0.5, "seed": 3}
    together = {e.id: e for e in examples([FULL, *EMPTY], **options)}
    apart = {e.id: e for d in reversed([FULL, *EMPTY]) for e in examples([d], **options)}
    assert together == apart
    assert together != {e.id: e for e in examples([FULL, *EMPTY], **{**options, "seed": 4})}


def test_empty_documents_are_kept_to_their_share_and_counted():
    left_out = Counter()
    kept = examples(EMPTY, tasks=("ner",), empty_share=0.25, left_out=left_out)
    assert 30 <= len(kept) <= 70
    assert left_out == {"ner: document without objects": len(EMPTY) - len(kept)}
    assert all(example.parts[2][0] == "results = []" and len(example.types) == 4 for example in kept)
    assert len(examples(EMPTY, tasks=("ner",), empty_share=1)) == len(EMPTY)
    assert examples(EMPTY, empty_share=0) == examples(EMPTY, tasks=("eae",), empty_share=1) == []


def test_shares_of_comments_and_imports_are_kept():
    documents = [dataclasses.replace(FULL, id=str(i)) for i in range(200)]
    found = examples(documents, tasks=("re",), comments=0.75, typed_by_import=0.25)
    commented = sum("Description" in example.text for example in found)
    typed = sum("from Entities import E0, E1" in example.text for example in found)
    assert 130 <= commented <= 170 and 30 <= typed <= 70
    assert all(('E0("a")' in e.text) == ("from Entities" in e.text) for e in found)


def test_classes_are_shuffled_or_in_schema_order():
    documents = [dataclasses.replace(FULL, id=str(i)) for i in range(20)]
    first = [e.types[0] for e in examples(documents, tasks=("ner",))]
    assert len(set(first)) > 3
    for example in examples(documents, tasks=("ner",), shuffle=False):
        assert list(example.types) == sorted(example.types, key=lambda name: int(name[1:]))


def test_ancestors_and_descendants_are_no_negatives():
    chain = [EntityType("Place"), EntityType("City", ("Place",)), EntityType("Capital", ("City",))]
    schema = Schema((*chain, EntityType("Person"), EntityType("Mayor", ("Person",))))
    document = Document("a", "Riga", (Entity(0, 4, "Riga", "City"),))
    (example,) = examples([document], schema, tasks=("ner",), negatives_per_positive=9)
    assert set(example.types) == {"City", "Person", "Mayor"}


def test_related_classes_of_a_large_schema_leave_the_others():
    related = tuple(EntityType(f"E{i}", ("E0",)) for i in range(1, 500))
    schema = Schema((EntityType("E0"), *related, EntityType("E999")))
    (example,) = examples([Document("a", "x", (Entity(0, 1, "x", "E0"),))], schema, tasks=("ner",))
    assert set(example.types) == {"E0", "E999"}


def test_what_the_schema_has_no_place_for_is_counted():
    odd = dataclasses.replace(
        FULL,
        entities=(*FULL.entities, Entity(0, 1, "a", "Odd"), Entity(0, 1, "a", "R2")),
        events=(Event("V3", Mention(3, 4, "c"), (Argument(0, 1, "a", "where"),)),),
    )
    left_out = Counter()
    (example, _) = examples([odd], tasks=("ner", "eae"), left_out=left_out)
    assert left_out == {
        "ner: object of type Odd, which the schema does not have": 1,
        "ner: object of type R2, which the schema does not have": 1,
        "eae: argument of role where, which V3 does not have": 1,
    }
    assert "Odd" not in example.text


def test_tasks_without_types_in_the_schema_are_left_out():
    assert {e.task for e in examples([FULL], Schema(SCHEMA.entities), empty_share=1)} == {"ner"}


@pytest.mark.parametrize(
    "options", [{"tasks": ("srl",)}, {"negatives_per_positive": -1}, {"empty_share": 1.1}, {"comments": -0.1}]
)
def test_impossible_options_are_refused(options):
    with pytest.raises(InputError):
        FollowingOptions(**options)


def test_every_class_is_asked_for_whatever_the_document_holds():
    """Relatives of the positives too: extraction asks for all."""
    place, city = EntityType("Place", ("Entity",)), EntityType("City", ("Place",))
    schema = Schema((place, city, EntityType("Person", ("Entity",))), (), ())
    documents = [Document("a", "Bergen", entities=(Entity(0, 6, "Bergen", "City"),)), Document("b", "Nothing")]
    options = FollowingOptions(tasks=("ner",), every_class=True, empty_share=1.0)
    assert [e.types for e in following_examples(documents, schema, options)] == [("Place", "City", "Person")] * 2
