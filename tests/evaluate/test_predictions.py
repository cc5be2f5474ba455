"""Bad prediction rows: told, and counted as wrong."""

import json
import logging

import pytest

from kcjax.corpus.document import Document, Entity, document_to_json
from kcjax.errors import InputError
from kcjax.evaluate.matching import MATCHES
from kcjax.evaluate.metrics import Counts, score
from kcjax.evaluate.predictions import read_predictions

GOLD = [Document(id, "At Riga", (Entity(3, 7, "Riga", "Town"),)) for id in "abcd"]


def write(path, *rows) -> str:
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def good(id: str) -> dict:
    return document_to_json(next(d for d in GOLD if d.id == id))


def test_rows_that_cannot_be_read_are_told_and_what_they_list_is_wrong(tmp_path, caplog):
    bad = good("b") | {"entities": [{"type": "Town", "start": 3, "end": 99, "text": "Riga"}, {"start": 1}, "x"]}
    path = write(tmp_path / "out.jsonl", good("a"), bad, '{"id": "c", "te', good("d"))
    with caplog.at_level(logging.WARNING):
        rows, malformed = read_predictions(path, GOLD)
    assert [row.id for row in rows] == ["a", "d"] and [row.id for row in malformed] == ["b", "c"]
    told = [record.getMessage() for record in caplog.records]
    assert told[0].startswith(f"counted as wrong: {path}:2: entities[0] spans 3 to 99")
    assert told[1].startswith(f"counted as wrong: {path}:3: not valid JSON")
    scores = score(GOLD, rows, malformed=malformed)
    for match in ("strict", "string"):
        assert scores.tasks["ner"][match].micro == Counts(2, 5, 4)
        assert scores.tasks["ner"][match].types["?"] == Counts(0, 2, 0)
    told = scores.to_json()
    assert told["malformed_rows"] == 2 and told["malformed"][1].startswith(f"{path}:3")
    assert told["statuses"] == {"malformed": 2}


def test_a_second_row_of_an_id_is_wrong_altogether(tmp_path):
    path = write(tmp_path / "out.jsonl", *map(good, "abcd"), good("b"))
    rows, malformed = read_predictions(path, GOLD)
    assert len(rows) == 4 and malformed[0].id == "b" and "that of an earlier row" in malformed[0].message
    assert score(GOLD, rows, malformed=malformed).tasks["ner"]["strict"].micro == Counts(4, 5, 4)


def test_a_row_without_an_id_has_its_line_number(tmp_path):
    row = good("a")
    del row["id"]
    rows, malformed = read_predictions(write(tmp_path / "out.jsonl", row), [Document("1", "At Riga")])
    assert rows[0].id == "1" and not malformed


def test_more_bad_rows_than_documents_are_refused(tmp_path):
    path = write(tmp_path / "out.jsonl", *map(good, "abcd"), "{")
    with pytest.raises(InputError, match=r"out\.jsonl:5: not valid JSON.*no gold document left"):
        read_predictions(path, GOLD)


@pytest.mark.parametrize(
    "row", [[1], 5, {"id": [3], "text": "At Riga"}, {"id": "c"}, {"id": "c", "events": {"a": 1}, "text": 1}]
)
def test_whatever_stands_in_a_line_it_is_one_bad_row(tmp_path, row):
    path = write(tmp_path / "out.jsonl", good("a"), good("b"), good("d"), row)
    rows, malformed = read_predictions(path, GOLD)
    assert len(rows) == 3 and [m.id for m in malformed] == ["c"] and f"{path}:4" in malformed[0].message
    assert score(GOLD, rows, malformed=malformed).tasks["ner"]["strict"].micro == Counts(3, 3, 4)


def test_every_object_of_a_bad_row_counts_under_every_match_but_ends_of_relations(tmp_path):
    entities = [{"type": "Town"}, {"type": "Unknown"}, {}, {"type": "Entity"}]
    path = write(tmp_path / "out.jsonl", *map(good, "abd"), good("c") | {"entities": entities})
    rows, malformed = read_predictions(path, GOLD)
    found = score(GOLD, rows, malformed=malformed, schema=("Town",))
    assert {match: found.tasks["ner"][match].micro.predicted for match in MATCHES} == dict.fromkeys(MATCHES, 6)
    assert found.parse_failure_rate is None  # no other row says how it went


def test_arguments_of_a_bad_row_are_wrong_too(tmp_path):
    event = {"type": "Visit", "trigger": 5, "arguments": [{"role": "place"}, {"role": 7}]}
    path = write(tmp_path / "out.jsonl", *map(good, "abd"), good("c") | {"events": [event, 4, {"arguments": 3}]})
    rows, malformed = read_predictions(path, GOLD)
    assert malformed[0].objects == {
        "ner": ["Town"],
        "re": [],
        "ed": ["Visit", "?", "?"],
        "eae": ["Visit.place", "Visit.?"],
    }
    assert score(GOLD, rows, malformed=malformed).tasks["eae"]["strict"].micro == Counts(0, 2, 0)
