"""Aligned sentences and whole documents: offsets as given, classes as doubtful as need be, and nothing lost unsaid."""

import gzip
import itertools
import json
from collections import Counter
from pathlib import Path

import pytest

from kcjax.corpus.convert import Classes, convert
from kcjax.corpus.document import Entity, Relation, document_from_json, document_to_json
from kcjax.errors import InputError
from kcjax.problems import Problems
from kcjax.schema.concept import Concept, Property
from tests.corpus.convert.conftest import library_of

DATA = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "aligned"
TEXT = "Åsa Holm was born in Riga and saw Porto."


def end(label=None, types=(), qid=None):
    start = TEXT.index(label) if label else None
    return {"qid": qid, "label": label, "types": list(types), "start": start, "end": start and start + len(label)} | (
        {"end": len(label)} if start == 0 else {}
    )


def triple(pid, subject, object, domain=None, range=None):
    return {"pid": pid, "relation": "r", "subject": subject, "object": object, "domain": domain, "range": range}


def sentence(*triples, **more):
    return {"id": "s", "ontology": "o", "text": TEXT, "triples": list(triples), "text_in_test": False, **more}


def test_ends_are_classed_by_types_then_domain_or_range_then_not_at_all(write, known):
    row = sentence(
        triple("P2", end("Åsa Holm", ["Q99"], "Q101"), end("Porto"), domain="Q5"),
        triple("P1", end("Åsa Holm", ["Q5", "Q7"], "Q101"), end("Riga", [], "Q102"), range="Q3"),
        triple("P1", end("Åsa Holm"), end(None), range="Q3"),
        triple("P9", end("born"), end("saw")),
        triple("P9", end("born"), end("saw"), domain="Q1"),
        triple(None, end("Riga"), end("Porto")),
        triple("P2", end("Porto"), end("Porto")),
        triple("P2", end("Åsa Holm"), end("Porto")),
    )
    left_out: Counter = Counter()
    (document,) = convert("aligned", [write(row)], known, left_out=left_out)
    assert document.entities == (
        Entity(0, 8, "Åsa Holm", "Captain"),
        Entity(13, 17, "born", "Place"),
        Entity(21, 25, "Riga", "Town"),
        Entity(34, 39, "Porto", "Entity"),
    )
    assert document.relations == (Relation("Visited", 0, 3), Relation("BornIn", 0, 2))
    assert document.id == "s"
    assert document.extra == {"qids": ["Q101", None, "Q102", None], "ontology": "o", "text_in_test": False}
    assert left_out == {
        "relation without a span for head or tail": 1,
        "relation: its property is not in the library": 2,
        "relation without a property": 1,
        "relation of a mention with itself": 1,
        "relation that is there already": 1,
        "entity without a class, at no end of a relation": 1,  # saw
        "class of an entity: nothing tells it, so it is Entity": 1,
    }
    assert set(known.schema().by_name) == {"Place", "Human", "Town", "Captain", "BornIn", "Visited"}


def whole(mentions, relations, text="Åsa saw Riga . Bo saw Åsa in Porto , Riga .", sentences=([0, 14], [15, 43])):
    entities = []
    for number, (label, spans) in enumerate(mentions):
        own = [{"start": s, "end": e, "text": text[s:e], "sentence": 0, "type": label} for s, e in spans]
        entities.append({"id": number, "type": label, "mentions": own})
    relations = [{"head": h, "tail": t, "pid": p, "relation": "r", "evidence": []} for h, p, t in relations]
    return {"id": "d", "title": "T", "text": text, "sentences": list(sentences)} | {
        "entities": entities,
        "relations": relations,
    }


def test_relations_of_a_document_hold_between_the_nearest_mentions_of_one_sentence(write, known):
    people, towns = ("PER", [(0, 3), (22, 25)]), ("LOC", [(8, 12), (37, 41)])
    row = whole(
        [people, towns, ("MISC", [(15, 17)]), ("LOC", [(29, 34)])],
        [(0, "P2", 1), (2, "P2", 1), (0, "P1", 3), (3, "P1", 2), (1, "P9", 0), (2, "P2", 2), (0, "P2", 1)],
    )
    left_out: Counter = Counter()
    (document,) = convert("aligned", [write(row)], known, left_out=left_out)
    assert [(e.start, e.end, e.type) for e in document.entities] == [
        *[(0, 3, "Human"), (8, 12, "SpatialEntity"), (15, 17, "Entity")],
        *[(22, 25, "Human"), (29, 34, "SpatialEntity"), (37, 41, "SpatialEntity")],
    ]
    # The first Riga is nearer to Bo than the second, but in another sentence.
    assert [(r.type, r.head, r.tail) for r in document.relations] == [
        *[("Visited", 0, 1), ("Visited", 2, 5), ("BornIn", 3, 4), ("BornIn", 4, 2)],
    ]
    assert left_out == {
        "relation: its property is not in the library": 1,
        "relation of a mention with itself": 1,
        "relation that is there already": 1,
        "class of an entity: nothing tells it, so it is Entity": 1,
    }
    assert document.extra == {"title": "T"}


def test_of_mentions_in_one_sentence_the_nearest_are_related(write, known):
    text = "Åsa and Bo saw Riga , and Riga saw Åsa ."
    row = whole([("PER", [(0, 3), (35, 38)]), ("LOC", [(15, 19), (26, 30)])], [(0, "P2", 1)], text, [[0, 40]])
    (document,) = convert("aligned", [write(row)], known)
    (relation,) = document.relations
    assert [document.entities[n].start for n in (relation.head, relation.tail)] == [35, 26]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"id": "a", "text": "x"}, "entities is missing"),
        (
            sentence(triple("P1", end("Riga") | {"end": 26}, end("Porto"))),
            r"triples\[0\].subject: label is 'Riga', but",
        ),
        (sentence({"pid": "P1"}), r"triples\[0\]: subject is missing"),
        (sentence(id=3), "id must be of type str"),
        (whole([], [], sentences=["ab"]), "sentences must be a list of"),
        (whole([("CITY", [(0, 3)])], []), r"entities\[0\].type is 'CITY'; known: PER"),
        (whole([("PER", [(0, 3)])], [(0, "P1", 7)]), r"relations\[0\]: head and tail must be ids of entities"),
        (whole([("PER", [(40, 60)])], []), r"entities\[0\].mentions\[0\]: text is"),
    ],
)
def test_a_malformed_row_is_told_with_its_place_and_skipped(write, known, row, message):
    path = write(sentence(), row, sentence(id="t"))
    with pytest.raises(InputError, match=rf"rows\.jsonl:2: {message}"):
        list(convert("aligned", [path], known))
    assert [d.id for d in convert("aligned", [path], known, problems=Problems(1))] == ["s", "t"]


def test_a_library_is_needed(write):
    with pytest.raises(InputError, match="the form aligned needs a library"):
        convert("aligned", [write(sentence())], Classes())


def rows_of(name):
    path = DATA / f"{name}.jsonl.gz"
    if not path.is_file():
        pytest.skip(f"{path.name} is not there")
    with gzip.open(path) as file:
        return [json.loads(line) for line in file]


def converted(rows, facts, tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    left_out: Counter = Counter()
    library = library_of([Concept("Q35120", "entity"), *facts], tmp_path / "real.kcjax")
    documents = list(convert("aligned", [path], Classes(library), left_out=left_out))
    for document in documents:
        assert document_from_json(document_to_json(document), where="row") == document
    return documents, left_out


def properties(rows, key):
    pids = sorted({item["pid"] for row in rows for item in row[key] if item["pid"]})
    return [Property(pid, f"property {pid}", "it holds") for pid in pids]


@pytest.mark.parametrize(
    ("part", "triples", "both_spans", "both_typed"),
    [("train", 5316, 3172, 254), ("validation", 3982, 2371, 214), ("test", 6628, 3241, 0)],
)
def test_text2kgbench_counts_are_those_its_readme_states(part, triples, both_spans, both_typed, tmp_path):
    rows = rows_of(f"text2kgbench_tekgen.{part}")
    ends = [t[key] for row in rows for t in row["triples"] for key in ("subject", "object")]
    qids = sorted({qid for e in ends for qid in e["types"]})
    for item in (t for row in rows for t in row["triples"]):
        item["domain"] = item["range"] = None  # so that only types make a class
    facts = [Concept(qid, f"kind {qid}", parents=("Q35120",)) for qid in qids] + properties(rows, "triples")
    documents, left_out = converted(rows, facts, tmp_path)
    relations = [(d, r) for d in documents for r in d.relations]
    assert sum(len(row["triples"]) for row in rows) == triples
    assert left_out["relation without a span for head or tail"] == triples - both_spans
    lost = ("relation that is there already", "relation of a mention with itself", "relation without a property")
    assert len(relations) + sum(left_out[reason] for reason in lost) == both_spans
    typed = 0
    for document, row in zip(documents, rows, strict=True):
        place = {(e.start, e.end): n for n, e in enumerate(document.entities)}
        held = {(r.head, r.tail) for r in document.relations}
        for item in row["triples"]:
            ends = [item[key] for key in ("subject", "object")]
            if all(e["types"] and e["start"] is not None for e in ends):
                typed += 1
                head, tail = (place[e["start"], e["end"]] for e in ends)
                assert (head, tail) in held or head == tail
                assert "Entity" not in (document.entities[head].type, document.entities[tail].type)
    assert typed == both_typed


def test_redocred_documents_keep_all_mentions_and_relations(tmp_path):
    rows = rows_of("redocred_docs.dev")
    kinds = ("Q5", "Q43229", "Q58416391", "Q186408", "Q11563")
    facts = [Concept(qid, f"kind {qid}", parents=("Q35120",)) for qid in kinds]
    documents, left_out = converted(rows, facts + properties(rows, "relations"), tmp_path)
    lost = {reason: n for reason, n in left_out.items() if "is Entity" not in reason}
    assert len(documents) == 500
    assert sum(len(d.entities) for d in documents) + lost.pop("entity at the span of another one", 0) == 13_154
    assert sum(len(d.relations) for d in documents) + sum(lost.values()) == 17_284 and sum(lost.values()) < 20
    for document, row in itertools.islice(zip(documents, rows, strict=True), 50):
        spans = {(m["start"], m["end"]): e["id"] for e in row["entities"] for m in e["mentions"]}
        pairs = {(r["head"], r["tail"]) for r in row["relations"]}
        ends = [(document.entities[r.head], document.entities[r.tail]) for r in document.relations]
        assert all((spans[a.start, a.end], spans[b.start, b.end]) in pairs for a, b in ends)
