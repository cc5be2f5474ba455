"""Phase 2 examples: each a pure function of seed, document and task, and what is left out is counted."""

import dataclasses
import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kcjax.corpus.dataset import load_dataset
from kcjax.corpus.document import Argument, Document, Entity, Event, Mention, Relation
from kcjax.corpus.example import objects_of
from kcjax.corpus.following import AMBIGUOUS, FollowingOptions, following_examples, parses_back
from kcjax.corpus.prompt import following_prompt, following_response
from kcjax.corpus.response import parse_response
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
    for example in examples([FULL], shuffle=False, negatives=0):
        assert [learnt for _, learnt in example.parts] == [False, False, True]
        triggers = [("V3", "c")] if example.task == "eae" else ()
        prompt = following_prompt(example.task, SCHEMA, FULL.text, types=example.types, triggers=triggers)
        assert [part for part, _ in example.parts[:2]] == [prompt.schema, prompt.sentence]
        assert example.parts[2][0] == following_response(example.task, FULL, SCHEMA, types=example.types)
        assert example.id == f"full/{example.task}"


def test_negatives_are_so_many_for_every_positive_and_none_in_eae():
    by_task = {example.task: example for example in examples([FULL], negatives=3)}
    assert {task: len(example.types) for task, example in by_task.items()} == {"ner": 8, "re": 4, "ed": 4, "eae": 1}
    for example in by_task.values():
        assert len(set(example.types)) == len(example.types) and list(example.types) == defined(example)
    assert {"E0", "E1"} <= set(by_task["ner"].types) and by_task["eae"].types == ("V3",)


def test_negatives_are_all_there_are_where_there_are_few():
    assert set(examples([FULL], negatives=99)[0].types) == {t.name for t in SCHEMA.entities}


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
    (example,) = examples([document], schema, tasks=("ner",), negatives=9)
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


@pytest.mark.parametrize("options", [{"tasks": ("srl",)}, {"negatives": -1}, {"empty_share": 1.1}, {"comments": -0.1}])
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


TREE = Schema(
    (
        EntityType("Place", description="somewhere", examples=("Bergen",)),
        EntityType("Town", ("Place",), "many houses", ("Riga",)),
        EntityType("Harbour", ("Place",), "where boats lie", ("Vennick",)),
        EntityType("Capital", ("Town",), "a town with a king", ("Oslo",)),
        EntityType("Person", description="who is called by name", examples=("Ada",)),
        *(EntityType(f"Kind{n}", description=f"thing number {n}", examples=("it",)) for n in range(20)),
    )
)
TOWNS = [Document(f"t{n}", "Ada left Riga", (Entity(9, 13, "Riga", "Town"),)) for n in range(200)]
CHOICES = {
    "empty_share": 0.5,
    "hard_negatives": 0.5,
    "all_negative_share": 0.5,
    "comments": 0.7,
    "description_dropout": 0.3,
    "example_dropout": 0.3,
    "masked_names": 0.5,
    "typed_by_import": 0.5,
}
HARBOUR = load_dataset("harbour")
DOCUMENTS = list(HARBOUR.documents("train"))


@given(st.integers(), st.data())
@settings(max_examples=20, deadline=None)
def test_every_choice_depends_on_seed_document_and_task_alone(seed, data):
    chosen = data.draw(st.lists(st.sampled_from(DOCUMENTS), min_size=1, max_size=5, unique_by=lambda d: d.id))
    options = CHOICES | {"seed": seed}
    task = data.draw(st.sampled_from(["ner", "re", "ed", "eae"]))
    together = {e.id: e for e in examples(DOCUMENTS[:60] + chosen, HARBOUR.schema, **options)}
    alone = examples(chosen, HARBOUR.schema, tasks=(task,), **options)
    assert all(together[example.id] == example for example in alone)
    another = [dataclasses.replace(document, id=f"{document.id}+") for document in chosen]
    assert not set(together) & {e.id for e in examples(another, HARBOUR.schema, **options)}


def test_the_document_id_and_the_seed_change_the_choices():
    same = [dataclasses.replace(DOCUMENTS[0], id=str(n)) for n in range(30)]
    assert len({e.text for e in examples(same, HARBOUR.schema, tasks=("ner",), **CHOICES)}) > 20
    seeds = [examples(DOCUMENTS[:1], HARBOUR.schema, tasks=("ner",), seed=n, **CHOICES)[0].text for n in range(30)]
    assert len(set(seeds)) > 20


def test_the_tasks_of_a_document_are_chosen_apart():
    kept = {
        task: {e.id.split("/")[0] for e in examples(EMPTY, tasks=(task,), empty_share=0.5)} for task in ("ner", "re")
    }
    assert 25 < len(kept["ner"] & kept["re"]) < 75  # of 200


@pytest.mark.parametrize("hard", [0.0, 1.0])
def test_hard_negatives_are_like_a_positive_and_never_its_ancestor_or_descendant(hard):
    found = examples(TOWNS, TREE, tasks=("ner",), negatives=1, hard_negatives=hard)
    drawn = Counter(name for example in found for name in example.types if name != "Town")
    assert not {"Place", "Capital"} & set(drawn) and drawn.total() == len(TOWNS)
    assert (set(drawn) == {"Harbour"}) if hard else drawn["Harbour"] < 30


def test_prompts_of_negatives_alone_have_no_object_and_keep_to_their_share():
    found = examples(TOWNS, TREE, tasks=("ner",), all_negative_share=0.25)
    none = [example for example in found if example.id.endswith("/none")]
    assert 25 <= len(none) <= 75 and len(found) == len(TOWNS) + len(none)
    for example in none:
        assert example.parts[2] == ("results = []", True) and len(example.types) == 4
        assert not {"Town", "Place", "Capital"} & set(example.types)
    assert len(examples(TOWNS, TREE, tasks=("ner",), all_negative_share=1.0)) == 2 * len(TOWNS)
    assert not any(
        "none" in e.id for e in examples(EMPTY, all_negative_share=1.0, empty_share=1.0)
    )  # they are so already


@given(st.sampled_from(DOCUMENTS), st.integers())
@settings(deadline=None)
def test_negative_prompts_ask_only_for_classes_that_the_document_has_no_object_of(document, seed):
    options = {"all_negative_share": 1.0, "hard_negatives": 0.5, "masked_names": 0.5, "seed": seed}
    for example in examples([document], HARBOUR.schema, **options):
        if example.id.endswith("/none"):
            held = {item.type for item in objects_of(example.task, document)}
            assert example.parts[2][0] == "results = []" and example.types and not held & set(example.types)


@pytest.mark.parametrize(
    ("field", "word"), [("description_dropout", "Description: "), ("example_dropout", "Examples: ")]
)
def test_dropout_leaves_all_none_or_the_share_asked_for(field, word):
    def kept(chance):
        found = examples(TOWNS, TREE, tasks=("ner",), negatives=4, **{field: chance})
        other = {"Description: ": "Examples: ", "Examples: ": "Description: "}[word]
        assert all(example.text.count(other) == len(example.types) for example in found)
        return sum(example.text.count(word) for example in found) / sum(len(example.types) for example in found)

    assert (kept(0.0), kept(1.0)) == (1.0, 0.0) and 0.7 < kept(0.25) < 0.8


def test_masked_names_are_the_only_ones_in_definitions_and_response():
    for task in ("ner", "re", "ed", "eae"):
        for example in examples(DOCUMENTS, HARBOUR.schema, tasks=(task,), masked_names=1.0):
            schema, sentence, response = (text for text, _ in example.parts)
            classes = re.findall(r"^class (\w+)\(\w+\):$", schema, re.MULTILINE)
            assert classes == [f"Class{n}" for n in range(1, len(example.types) + 1)]
            called = {call.name for call in parse_response(response).objects}
            assert called <= set(classes)
            code = re.sub(
                r'"(?:[^"\\]|\\.)*"|Description: .*|Examples: .*', "", schema.partition("Input:")[2] + response
            )
            assert not set(re.findall(r"\w+", code)) & set(example.types)
            asked = sentence.partition("confirmed as follows")[2].partition("\nsentence = ")[0]
            assert set(re.findall(r'event type "(\w+)"', asked)) == (set(classes) if task == "eae" else set())


@given(st.sampled_from(DOCUMENTS), st.integers())
@settings(deadline=None)
def test_a_masked_response_says_the_same_once_its_names_are_given_back(document, seed):
    options = {"negatives": 2, "shuffle": True, "seed": seed}
    plain = {e.id: e for e in examples([document], HARBOUR.schema, **options)}
    for example in examples([document], HARBOUR.schema, masked_names=1.0, **options):
        assert plain[example.id].types == example.types
        back = example.parts[2][0]
        for number, name in reversed(list(enumerate(example.types, start=1))):
            back = back.replace(f"Class{number}(", f"{name}(")
        assert back == plain[example.id].parts[2][0]


def test_a_masked_parent_is_called_so_by_its_children_too():
    (example,) = examples(TOWNS[:1], TREE, tasks=("ner",), masked_names=1.0, every_class=True)
    assert "class Class2(Class1):" in example.text and "class Class4(Class2):" in example.text
    assert example.parts[2][0] == 'results = [\n\tClass2("Riga")\n]'


def test_classes_without_a_description_keep_their_names():
    schema = Schema((EntityType("Town", description="many houses"), EntityType("Person")))
    document = Document("a", "Ada Riga", (Entity(0, 3, "Ada", "Person"), Entity(4, 8, "Riga", "Town")))
    (example,) = examples([document], schema, tasks=("ner",), masked_names=1.0, shuffle=False)
    assert defined_names(example) == ["Class1", "Person"] and example.types == ("Town", "Person")
    assert example.parts[2][0] == 'results = [\n\tPerson("Ada"),\n\tClass1("Riga")\n]'
    (bare,) = examples([document], schema, tasks=("ner",), masked_names=1.0, shuffle=False, comments=0.0)
    (dropped,) = examples([document], schema, tasks=("ner",), masked_names=1.0, shuffle=False, description_dropout=1.0)
    assert defined_names(bare) == defined_names(dropped) == ["Town", "Person"]


def test_a_masked_name_is_not_that_of_another_class():
    schema = Schema((EntityType("Town", description="many houses"), EntityType("Class1")))
    document = Document("a", "Riga", (Entity(0, 4, "Riga", "Town"),))
    (example,) = examples([document], schema, tasks=("ner",), masked_names=1.0, shuffle=False)
    assert len(set(defined_names(example))) == 2


def defined_names(example):
    return [name for name in re.findall(r"^class (\w+)\(", example.parts[0][0], re.MULTILINE)]


@given(st.sampled_from(DOCUMENTS), st.integers(0, 9), st.integers(1, 5))
@settings(deadline=None)
def test_halves_ask_for_every_class_once_and_say_what_the_whole_says(document, seed, times):
    """However often a prompt is halved; the sentence stands in each part."""
    options = {"masked_names": 0.5, "typed_by_import": 0.5, "comments": 0.8, "empty_share": 1.0, "seed": seed}
    for example in examples([document], HARBOUR.schema, **options):
        parts = [example]
        for _ in range(times):
            parts = [half for part in parts for half in (part.halves() if part.halves else [part])]
        assert [name for part in parts for name in part.types] == list(example.types)
        assert [name for part in parts for name in defined_names(part)] == defined_names(example)
        objects = [Counter(elements(part)) for part in parts]
        assert sum(objects, Counter()) == Counter(elements(example))
        assert len({part.id for part in parts}) == len(parts)
        quoted = example.parts[1][0][example.parts[1][0].rindex("sentence = ") :]
        assert all(part.parts[1][0].endswith(quoted) for part in parts) and document.text.replace('"', '\\"') in quoted


def elements(example):
    response = example.parts[2][0]
    return [response[call.start : call.end] for call in parse_response(response).objects]


def test_a_prompt_of_one_class_has_no_halves():
    (example,) = examples(TOWNS[:1], TREE, tasks=("ner",), negatives=0)
    assert example.halves is None


SECOND = Document("s", "Paris, then Paris", (Entity(12, 17, "Paris", "Town"),))


def test_a_response_that_does_not_say_where_its_objects_stand_is_counted():
    first = dataclasses.replace(SECOND, id="f", entities=(Entity(0, 5, "Paris", "Town"),))
    both = dataclasses.replace(SECOND, id="b", entities=(*first.entities, *SECOND.entities))
    assert [parses_back("ner", 'results = [\n\tTown("Paris")\n]', d, TREE, ["Town"]) for d in (SECOND, first)] == [
        *(False, True)
    ]
    for document, times in ((SECOND, 1), (first, 0), (both, 0)):
        left_out = Counter()
        examples([document], TREE, tasks=("ner",), left_out=left_out)
        assert left_out["ambiguous: ner"] == times


def test_a_response_that_says_too_much_or_too_little_or_is_no_list_does_not_parse_back():
    for response in (
        "results = []",
        'results = [\n\tTown("Paris")',
        'results = [\n\tTown("Paris"),\n\tTown("Paris")\n]',
        'results = [\n\tTown("Rome")\n]',
        'results = [\n\tPerson("Paris")\n]',
        "Paris",
    ):
        first = dataclasses.replace(SECOND, entities=(Entity(0, 5, "Paris", "Town"),))
        assert not parses_back("ner", response, first, TREE, ["Town"])


def test_the_sample_is_read_back_but_for_what_is_counted():
    for options in ({}, {"masked_names": 1.0}, {"typed_by_import": 1.0}, {"every_class": True}):
        left_out = Counter()
        examples(DOCUMENTS, HARBOUR.schema, left_out=left_out, **options)
        counts = {what: n for what, n in left_out.items() if what.startswith(AMBIGUOUS)}
        assert sum(counts.values()) <= 3, counts
