"""Rows come with the place they stand at, whichever way the file holds them, and bad ones cost no others."""

import gzip
import json

import pytest

from kcjax.corpus.convert.rows import field, json_rows, text_rows
from kcjax.errors import InputError
from kcjax.problems import Problems

ROWS = [{"a": 1}, {"a": "ö"}, {"a": [3]}]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("".join(json.dumps(row) + "\n" for row in ROWS), [1, 2, 3]),
        ("\n" + "\n\n".join(map(json.dumps, ROWS)), [2, 4, 6]),
        (json.dumps(ROWS), [1, 1, 1]),
        (json.dumps(ROWS, indent=1), [2, 5, 8]),
        ("\ufeff" + "\r\n".join(map(json.dumps, ROWS)), [1, 2, 3]),
        ("\ufeff[" + ",\n".join(map(json.dumps, ROWS)) + "\n]\n", [1, 2, 3]),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_rows_are_the_same_from_lines_and_lists(tmp_path, text, lines, packed):
    path = tmp_path / ("rows.json.gz" if packed else "rows.json")
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    rows = list(json_rows(path, "rows", Problems()))
    assert [row.value for row in rows] == ROWS
    assert [row.where for row in rows] == [f"{path}:{line}" for line in lines]
    assert len({row.id for row in rows}) == 3 and all(row.id.startswith("rows.") for row in rows)


def test_a_bad_line_is_told_with_its_place_and_skipped(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"a": 1}\n{"a": \n["no"]\n{"a": "\xff"}\n{"a": 2}\n')
    with pytest.raises(InputError, match=r"rows\.jsonl:2: not valid JSON"):
        list(json_rows(path, "rows", Problems()))
    problems = Problems(3)
    assert [row.value for row in json_rows(path, "rows", problems)] == [{"a": 1}, {"a": 2}]
    assert problems.count == 3


def test_a_bad_item_of_a_list_is_told_with_its_place(tmp_path):
    path = tmp_path / "rows.json"
    path.write_text('[{"a": 1},\n3,\n{"a": 2},\n{"a" 3}, {"a": 4}]')
    problems = Problems(2)
    assert [row.value for row in json_rows(path, "rows", problems)] == [{"a": 1}, {"a": 2}]
    assert problems.count == 2
    with pytest.raises(InputError, match=r"rows\.json:4: item 4 of the list is not valid JSON"):
        list(json_rows(path, "rows", Problems(1)))
    with pytest.raises(InputError, match=r"rows\.json:2: item 2 must be a JSON object"):
        list(json_rows(path, "rows", Problems()))
    path.write_text('[{"a": 1}')
    with pytest.raises(InputError, match=r"rows\.json:1: item 2 .* not valid JSON"):
        list(json_rows(path, "rows", Problems()))


def test_lines_of_text_keep_their_tabs(tmp_path):
    path = tmp_path / "rows.tsv"
    path.write_bytes(b"a\tb\t\r\n\n\xff\nc\n")
    problems = Problems(1)
    assert [row.value for row in text_rows(path, "rows", problems)] == ["a\tb\t", "c"]
    with pytest.raises(InputError, match=r"rows\.tsv:3: not UTF-8"):
        list(text_rows(path, "rows", Problems()))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({}, "x: a is missing"),
        ({"a": None}, "a is missing"),
        ({"a": 3}, "a must be of type str, found 3"),
        ([], "with a"),
    ],
)
def test_fields_are_checked(value, message):
    with pytest.raises(InputError, match=message):
        field(value, "a", str, "x")


def test_a_field_that_may_be_absent_has_a_default():
    assert field({}, "a", str, "x", default="") == "" and field({"a": None}, "a", list, "x", default=[]) == []
    with pytest.raises(InputError, match="type int, found True"):
        field({"a": True}, "a", int, "x", default=0)


def test_what_follows_a_list_is_told_and_not_dropped(tmp_path):
    path = tmp_path / "rows.json"
    path.write_text('\n[{"a": 1}]\n[{"a": 2}]\n')
    problems = Problems(1)
    assert [(row.where, row.value) for row in json_rows(path, "rows", problems)] == [(f"{path}:2", {"a": 1})]
    assert problems.count == 1
    with pytest.raises(InputError, match=r"rows\.json:3: there is more after the list"):
        list(json_rows(path, "rows", Problems()))


def test_half_of_a_surrogate_pair_is_a_bad_item(tmp_path):
    path = tmp_path / "rows.json"
    path.write_text('[{"a": "\\ud83d"}, {"a": 2}]')
    problems = Problems(1)
    assert [row.value for row in json_rows(path, "rows", problems)] == [{"a": 2}] and problems.count == 1
