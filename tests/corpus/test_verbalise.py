"""Sentences made of facts: offsets, types, their number, and which phase they are for."""

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcjax.corpus.document import document_from_json, document_to_json
from kcjax.corpus.following import parses_back
from kcjax.corpus.prompt import following_response
from kcjax.corpus.verbalise import VerbaliseOptions, verbalise
from kcjax.schema.concept import Claim, Instances
from kcjax.schema.library import SchemaLibrary, write_library
from kcjax.text import mention_key
from tests.schema.test_library_build import built

# Of the library: Q3 town, Q4 harbour town (a town), Q5 human, Q10 race and the event of it; P1 born in, P2 town, P5
# winner, P6 rival.
LABELS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["{s}", "}{", '"Orion"', "Åsa {o}", "\\", "an", "is", "{", "e\N{COMBINING ACUTE ACCENT}", "名前", "a\nb"]
)
INSTANCES = st.builds(
    Instances,
    st.sampled_from(["Q3", "Q5", "Q10", "Q404"]),
    st.just(3),
    st.lists(st.tuples(LABELS, LABELS), max_size=5).map(tuple),
)
CLASSES = st.lists(st.sampled_from(["Q3", "Q4", "Q5", "Q10", "Q404"]), max_size=3).map(tuple)
CLAIMS = st.builds(Claim, st.sampled_from(["P1", "P2", "P5", "P6", "P404"]), LABELS, CLASSES, LABELS, CLASSES)
FACTS = st.lists(INSTANCES | CLAIMS, max_size=30)
PEOPLE = [Instances("Q5", 300, tuple((f"Person {n}", "who sails" if n % 2 else "") for n in range(300)))]
RIVALS = [Claim("P6", f"Person {n}", ("Q5",), f"Person {n + 1}", ("Q5",)) for n in range(300)]


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    path = tmp_path_factory.mktemp("library") / "library.kcjax"
    types, builder = built()
    write_library(path, types.values(), builder.told)
    return SchemaLibrary(path)


def made(library, facts, *, left_out=None, **options):
    return list(verbalise(facts, library, VerbaliseOptions(**options), left_out=left_out))


@given(FACTS)
def test_every_mention_stands_where_it_is_said_to_and_rows_are_documents(library, facts):
    subjects = {f.subject for f in facts if isinstance(f, Claim)} | {
        label for f in facts if isinstance(f, Instances) for label, _ in f.known
    }
    for document in made(library, facts):
        assert all(document.text[m.start : m.end] == m.text for m in document.mentions())
        assert document.entities[0].text in subjects and document.extra["synthetic"] is True
        assert document_from_json(json.loads(json.dumps(document_to_json(document))), where="x") == document
        known = {e.type for e in document.entities} | {item.type for item in (*document.relations, *document.events)}
        assert all(name == "Entity" or library[name] for name in known)


@given(FACTS, st.integers(1, 3))
def test_every_fact_gives_a_sentence_or_is_counted_and_no_type_has_more_than_asked(library, facts, per_type):
    left_out = Counter()
    documents = made(library, facts, per_type=per_type, left_out=left_out)
    asked = sum(len(fact.known) if isinstance(fact, Instances) else 1 for fact in facts)
    assert len(documents) + left_out.total() == asked
    counts = Counter(d.relations[0].type if d.relations else d.entities[0].type for d in documents)
    assert max(counts.values(), default=0) <= per_type


def test_ids_are_unique_and_the_seed_decides_the_wording(library):
    facts = [*PEOPLE, *RIVALS]
    documents = made(library, facts, per_type=300)
    assert len({d.id for d in documents}) == len(documents) == 600
    assert documents == made(library, facts, per_type=300)
    other = made(library, facts, per_type=300, seed=1)
    assert sum(a.text != b.text for a, b in zip(documents, other, strict=True)) > 200


def test_classes_of_things_are_told_with_a_fitting_article_and_their_description(library):
    texts = [d.text for d in made(library, [Instances("Q3", 1, tuple((f"T{n}", "") for n in range(20)))])]
    assert len(texts) == 20 and all("a town" in text and "T" in text for text in texts)
    described = made(library, [Instances("Q5", 1, (("Ada", "a captain."),))])[0]
    assert "a captain" in described.text and "captain.." not in described.text and described.entities[0].type == "Human"


def test_a_claim_is_a_relation_between_the_most_specific_of_the_classes(library):
    (document,) = made(library, [Claim("P1", "Ada", ("Q5",), "Riga", ("Q3", "Q4", "Q404"))])
    assert [(e.text, e.type) for e in document.entities] == [("Ada", "Human"), ("Riga", "HarbourTown")]
    assert [(r.type, r.head, r.tail) for r in document.relations] == [("BornIn", 0, 1)] and not document.events
    (unknown,) = made(library, [Claim("P1", "Ada", (), "Riga", ("Q404",))])
    assert [e.type for e in unknown.entities] == ["Entity", "Entity"]


def test_a_claim_of_an_event_fills_its_role(library):
    (document,) = made(library, [Claim("P5", "Cape Regatta", ("Q10",), "Ada", ("Q5",))])
    (event,) = document.events
    assert (event.type, event.trigger.text) == ("RaceEvent", "Cape Regatta")
    assert [(a.role, a.text) for a in event.arguments] == [("winner", "Ada")]


def test_the_sentences_parse_back(library):
    for document in made(library, [*PEOPLE, *RIVALS], per_type=300):
        task = "re" if document.relations else "ner"
        types = [(document.relations or document.entities)[0].type]
        schema = library.schema(types)
        assert parses_back(task, following_response(task, document, schema, types=types), document, schema, types)


def test_the_phases_have_no_sentence_and_no_subject_in_common(library):
    documents = made(library, [*PEOPLE, *RIVALS], per_type=300)
    parts = {phase: [d for d in documents if d.extra["phase"] == phase] for phase in ("following", "understanding")}
    assert sum(map(len, parts.values())) == len(documents) and 120 < len(parts["following"]) < 240  # of 600, 0.3
    for value in (lambda d: d.text, lambda d: d.entities[0].text):
        assert not set(map(value, parts["following"])) & set(map(value, parts["understanding"]))
    for share, phase in ((0.0, "understanding"), (1.0, "following")):
        assert {d.extra["phase"] for d in made(library, PEOPLE, following_share=share)} == {phase}


def test_what_is_to_be_avoided_is_neither_subject_nor_value(library):
    avoid = frozenset(mention_key(name) for name in ("Person 3", "PERSON  8"))
    left_out = Counter()
    documents = made(library, [*PEOPLE, *RIVALS], per_type=999, avoid=avoid, left_out=left_out)
    assert avoid.isdisjoint(mention_key(e.text) for d in documents for e in d.entities)
    assert left_out == {"facts about a mention of the files to avoid": 2 + 4}


def test_facts_without_labels_about_themselves_or_of_unknown_types_are_counted(library):
    left_out = Counter()
    facts = [
        Instances("Q404", 2, (("x", ""), ("y", ""))),
        Instances("Q5", 1, (("", "nameless"),)),
        Claim("P404", "x", (), "y", ()),
        Claim("P6", "Ada", (), "", ()),
        Claim("P6", "Ada", (), "Ada", ()),
    ]
    assert made(library, facts, left_out=left_out) == []
    assert left_out == {
        "things of a class that the library does not have": 2,
        "claims of a property that the library does not have": 1,
        "facts about a thing without a label, or about itself": 3,
    }


def test_no_description_names_what_is_to_be_avoided(library):
    facts = [Instances("Q3", 1, (("Ogre", "a town near New  RIGA"), ("Cesis", "a town where Rigans go")))]
    left_out = Counter()
    texts = [d.text for d in made(library, facts, avoid=frozenset({"new riga", "riga"}), left_out=left_out)]
    assert len(texts) == 2 and "RIGA" not in texts[0] and "Rigans" in texts[1]
    assert left_out == {"descriptions left out, with a mention of the files to avoid": 1}
