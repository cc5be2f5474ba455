"""Parts of a dataset: drawn by seed, and by share or type the same whatever the order of the documents."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcjax.corpus.document import Document, Entity, Event, Mention
from kcjax.corpus.splits import few_shot, low_resource, sample_documents
from kcjax.errors import InputError
from kcjax.schema.types import EntityType, EventType, Schema

DOCUMENTS = [Document(str(n), "x") for n in range(400)]
SCHEMA = Schema(tuple(EntityType(name) for name in "ABC"), (), (EventType("V"),))


def ids(documents):
    return [document.id for document in documents]


def test_a_sample_is_drawn_by_seed_and_keeps_the_order():
    documents = DOCUMENTS[:50]
    drawn = [int(d.id) for d in sample_documents(documents, 10, seed=3)]
    assert drawn == sorted(set(drawn)) and len(drawn) == 10
    assert drawn == [int(d.id) for d in sample_documents(iter(documents), 10, seed=3)]
    assert drawn != [int(d.id) for d in sample_documents(documents, 10, seed=4)]
    with pytest.raises(InputError, match="asked for 51 documents, there are 50"):
        sample_documents(documents, 51, seed=0)


def test_a_smaller_share_is_part_of_a_larger_one():
    one, five, ten, all_ = (low_resource(DOCUMENTS, share, seed=1) for share in (0.01, 0.05, 0.1, 1.0))
    assert [len(part) for part in (one, five, ten)] == [4, 20, 40] and all_ == DOCUMENTS
    assert set(ids(one)) < set(ids(five)) < set(ids(ten))
    assert ten != low_resource(DOCUMENTS, 0.1, seed=2)
    assert ten != DOCUMENTS[:40] and ids(ten) == sorted(ids(ten), key=int)


def test_a_share_is_never_nothing_and_never_more_than_all():
    assert len(low_resource(DOCUMENTS[:3], 0.01, seed=0)) == 1
    for share in (0, -0.1, 1.01, float("nan")):
        with pytest.raises(InputError, match=r"the share is .*; it must be above 0 and at most 1"):
            low_resource(DOCUMENTS, share, seed=0)


typed = st.lists(st.tuples(st.lists(st.sampled_from("ABCX"), max_size=3), st.booleans()), min_size=1, max_size=30)


def made(rows):
    return [
        Document(
            str(n),
            "x",
            tuple(Entity(0, 1, "x", name) for name in names),
            events=(Event("V", Mention(0, 1, "x")),) * event,
        )
        for n, (names, event) in enumerate(rows)
    ]


@given(typed, st.integers(1, 4), st.integers(0, 3), st.randoms(use_true_random=False))
def test_few_shot_has_k_documents_of_each_type_and_no_more_than_it_needs(rows, k, seed, random):
    documents = made(rows)
    holds = {name: {d.id for d in documents if any(e.type == name for e in d.entities)} for name in "ABC"}
    if not any(holds.values()):
        with pytest.raises(InputError, match="no document has objects for task ner"):
            few_shot(documents, SCHEMA, "ner", k, seed=seed)
        return
    drawn = ids(few_shot(documents, SCHEMA, "ner", k, seed=seed))
    assert all(len(holds[name].intersection(drawn)) >= min(k, len(holds[name])) for name in "ABC")
    assert len(drawn) <= 3 * k and drawn == sorted(set(drawn), key=int)
    random.shuffle(documents)
    assert set(ids(few_shot(documents, SCHEMA, "ner", k, seed=seed))) == set(drawn)


def test_few_shot_counts_the_types_of_its_task_and_schema():
    documents = made([(["X"], True), (["A"], False), ([], False)])
    assert ids(few_shot(documents, SCHEMA, "ner", 1, seed=0)) == ["1"]
    assert ids(few_shot(documents, None, "ner", 1, seed=0)) == ["0", "1"]
    assert ids(few_shot(documents, SCHEMA, "ed", 1, seed=0)) == ["0"]
    many = made([(["A"], False)] * 40)
    assert few_shot(many, SCHEMA, "ner", 2, seed=0) != few_shot(many, SCHEMA, "ner", 2, seed=1)
