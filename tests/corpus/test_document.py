"""Documents: what is written is read back, and no row is taken that does not hold together."""

import dataclasses
import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcjax.corpus.document import (
    Argument,
    Document,
    Entity,
    Event,
    Mention,
    Relation,
    document_from_json,
    document_to_json,
    read_documents,
    write_documents,
)
from kcjax.errors import InputError

ROW = {
    "id": "a",
    "text": "Åsa sailed to 😀 Riga",
    "entities": [
        {"type": "Person", "start": 0, "end": 3, "text": "Åsa", "confidence": 0.5},
        {"type": "City", "start": 16, "end": 20, "text": "Riga"},
    ],
    "relations": [{"type": "Visited", "head": 0, "tail": 1, "confidence": 1.0}],
    "events": [
        {
            "type": "Voyage",
            "trigger": {"start": 4, "end": 10, "text": "sailed"},
            "arguments": [{"role": "destination", "start": 16, "end": 20, "text": "Riga"}],
        }
    ],
    "source": {"page": [1, None]},
}
DOCUMENT = Document(
    "a",
    ROW["text"],
    (Entity(0, 3, "Åsa", "Person", 0.5), Entity(16, 20, "Riga", "City")),
    (Relation("Visited", 0, 1, 1.0),),
    (Event("Voyage", Mention(4, 10, "sailed"), (Argument(16, 20, "Riga", "destination"),)),),
    {"source": {"page": [1, None]}},
)


@st.composite
def documents(draw) -> Document:
    text = draw(st.text(st.characters(codec="utf-8"), min_size=1, max_size=30))

    def span() -> tuple[int, int, str]:
        start = draw(st.integers(0, len(text) - 1))
        end = draw(st.integers(start + 1, len(text)))
        return start, end, text[start:end]

    confidence = st.none() | st.floats(0, 1)
    entities = tuple(
        Entity(*span(), draw(st.text("AB", max_size=2)), draw(confidence)) for _ in range(draw(st.integers(0, 3)))
    )
    index = st.integers(0, max(len(entities) - 1, 0))
    relations = tuple(
        Relation("R", draw(index), draw(index), draw(confidence))
        for _ in range(draw(st.integers(0, 2)) if entities else 0)
    )
    events = tuple(
        Event(
            "E",
            Mention(*span()),
            tuple(Argument(*span(), "r") for _ in range(draw(st.integers(0, 2)))),
            draw(confidence),
        )
        for _ in range(draw(st.integers(0, 2)))
    )
    return Document(
        draw(st.text("ab", max_size=2)), text, entities, relations, events, {"qid": draw(st.none() | st.text("Q1"))}
    )


@given(documents())
def test_document_survives_json(document):
    row = json.loads(json.dumps(document_to_json(document)))
    assert document_from_json(row, where="row") == document


def test_row_and_document_are_the_same_both_ways():
    assert document_from_json(ROW, where="row") == DOCUMENT
    assert document_to_json(DOCUMENT) == ROW


def test_objects_may_be_absent_or_null():
    assert document_from_json({"id": "a", "text": "", "entities": None}, where="row") == Document("a", "")


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_file_reads_back_as_written(tmp_path, name):
    path = tmp_path / name
    written = [DOCUMENT, dataclasses.replace(DOCUMENT, id="b")]
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress("".join(json.dumps(document_to_json(d)) + "\n" for d in written).encode()))
    else:
        assert write_documents(path, written) == 2
    assert list(read_documents(path)) == written


def test_row_without_id_gets_its_line_number(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "x"}\n\n{"text": "y"}\n')
    assert [d.id for d in read_documents(path)] == ["1", "3"]


def changed(*path, value):
    """ROW with one value replaced, or removed if it is `...`."""
    row = json.loads(json.dumps(ROW))
    inner = row
    for key in path[:-1]:
        inner = inner[key]
    if value is ...:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return row


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (changed("id", value=...), "id"),
        (changed("id", value=7.0), "id"),
        (changed("id", value=True), "id"),
        (changed("text", value=None), "text"),
        (changed("entities", value={}), "entities"),
        (changed("entities", 0, value=3), "entities[0]"),
        (changed("entities", 1, "type", value=...), "entities[1].type"),
        (changed("entities", 1, "type", value=["City"]), "entities[1].type"),
        (changed("entities", 1, "start", value="16"), "entities[1].start"),
        (changed("entities", 1, "start", value=True), "entities[1].start"),
        (changed("entities", 1, "start", value=16.0), "entities[1].start"),
        (changed("entities", 1, "text", value="riga"), "entities[1].text"),
        (changed("entities", 1, "start", value=17), "entities[1].text"),
        (changed("entities", 1, "end", value=21), "entities[1] spans"),
        (changed("entities", 1, "start", value=-4), "entities[1] spans"),
        (changed("entities", 1, "start", value=20), "entities[1] spans"),
        (changed("entities", 1, "confidence", value="high"), "entities[1].confidence"),
        (changed("entities", 1, "qid", value="Q1"), "'qid'"),
        (changed("relations", 0, "tail", value=2), "relations[0].tail"),
        (changed("relations", 0, "head", value=-1), "relations[0].head"),
        (changed("events", 0, "trigger", value=...), "events[0].trigger"),
        (changed("events", 0, "trigger", value="sailed"), "events[0].trigger"),
        (changed("events", 0, "trigger", "text", value="sail"), "events[0].trigger.text"),
        (changed("events", 0, "trigger", "type", value="x"), "events[0].trigger"),
        (changed("events", 0, "arguments", 0, "role", value=...), "events[0].arguments[0].role"),
        (changed("events", 0, "arguments", 0, "end", value=19), "events[0].arguments[0].text"),
    ],
)
def test_row_that_does_not_hold_together_is_refused_by_field(row, field):
    with pytest.raises(InputError) as error:
        document_from_json(row, where="FILE:3")
    assert str(error.value).startswith("FILE:3: ") and field in str(error.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "no documents"),
        ("\n \n", "no documents"),
        ('{"id": "a", "text": ""}\n{"id": "a", "text": ""}\n', ":2: the id 'a' is also that of line 1"),
        ('{"id": "a", "text": ""}\n{"id": "b"}\n', ":2: text is missing"),
        ('{"id": "a", "te', ":1: not valid JSON"),
        ("[1]", ":1: expected a JSON object"),
    ],
)
def test_bad_file_is_refused_by_line(tmp_path, content, words):
    path = tmp_path / "a.jsonl"
    path.write_text(content)
    with pytest.raises(InputError) as error:
        list(read_documents(path))
    assert words in str(error.value) and str(path) in str(error.value)


def test_plain_text_is_not_written_under_a_gzip_name(tmp_path):
    with pytest.raises(InputError, match="uncompressed"):
        write_documents(tmp_path / "a.jsonl.gz", [DOCUMENT])
    assert not list(tmp_path.iterdir())


def test_extra_key_may_not_replace_a_documents_own():
    with pytest.raises(InputError, match="text"):
        document_to_json(Document("a", "x", extra={"text": "y"}))


def test_a_misspelt_key_is_named_and_other_keys_are_kept(tmp_path):
    with pytest.raises(InputError, match="f:1: has no entities, but 'entites'; rename that"):
        document_from_json({"id": "a", "text": "x", "entites": []}, where="f:1")
    row = {"id": "a", "text": "x", "entities": [], "events": [], "entites": [], "source": "y"}
    assert document_from_json(row, where="f:1").extra == {"entites": [], "source": "y"}
