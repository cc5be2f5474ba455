import json

import pytest

from kcjax.corpus.document import Entity
from kcjax.corpus.release import findvehicle
from kcjax.errors import InputError
from kcjax.problems import Problems

TEXT = "a red Aro Veld ."
COLOR = ["vehicle_color", 2, 5, "red", 1, 2, ["red"]]
CLASS = ["vehicle_type-suv", 6, 14, "Aro Veld", 2, 4, ["Aro", "Veld"]]


def read(tmp_path, rows, problems=None):
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return list(findvehicle.read([tmp_path / "a.jsonl"], prefix="set.test", problems=problems or Problems()))


def row(id, text=TEXT, labels=()):
    return {"id": id, "data": text, "ner_label": list(labels), "re_label": []}


def test_rows_of_one_sentence_are_one_document(tmp_path):
    rows = [row(1, labels=[COLOR]), row(2, labels=[CLASS, COLOR]), row(3, "none ."), row(4, labels=[CLASS])]
    first, second, third = read(tmp_path, rows)
    red, veld = Entity(2, 5, "red", "vehicle_color"), Entity(6, 14, "Aro Veld", "vehicle_type-suv")
    assert (first.id, first.text, first.entities) == ("set.test.1", TEXT, (red, veld))
    assert (second.id, second.entities) == ("set.test.3", ())
    assert (third.id, third.entities) == ("set.test.4", (veld,))


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (row(2, labels=[["vehicle_color", 2, 6, "red"]]), "jsonl:2: 'red' should stand at 2 to 6"),
        (row(2, labels=[["vehicle_color", 9, 99, "red"]]), "jsonl:2: 9 to 99 is no stretch"),
        (row(2, labels=[["vehicle_color", "2", 5, "red"]]), "jsonl:2: .* in ner_label is not"),
        (row(2, labels=[7]), "jsonl:2: 7 in ner_label is not"),
        ({"id": 2, "data": TEXT}, "jsonl:2: ner_label is missing"),
        ({"id": 2, "ner_label": []}, "jsonl:2: data is missing"),
    ],
)
def test_bad_rows_are_told_and_left_out(tmp_path, bad, message):
    rows = [row(1, labels=[COLOR]), bad, row(3, "none .")]
    with pytest.raises(InputError, match=message):
        read(tmp_path, rows)
    problems = Problems(tolerated=1, quiet=True)
    assert [d.id for d in read(tmp_path, rows, problems)] == ["set.test.1", "set.test.3"]
    assert problems.count == 1
