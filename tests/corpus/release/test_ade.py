import logging

import pytest

from kcjax.corpus.document import Document, Entity, Relation
from kcjax.errors import InputError
from kcjax.problems import Problems

FILE = """\
1|Rash and fever, a rash, came with amox or zidol.|rash|118|122|amox|134|138
1|Rash and fever, a rash, came with amox or zidol.|fever|109|114|zidol|142|147
2|Itch after amox.|Itch|0|4|amox|99|103
1|Rash and fever, a rash, came with amox or zidol.|fever|109|114|amox|134|138
"""
FIRST = Document(
    "x.dev.0",
    "Rash and fever, a rash, came with amox or zidol.",
    (
        Entity(18, 22, "rash", "Adverse-Effect"),
        Entity(34, 38, "amox", "Drug"),
        Entity(9, 14, "fever", "Adverse-Effect"),
        Entity(42, 47, "zidol", "Drug"),
    ),
    (Relation("Adverse-Effect", 0, 1), Relation("Adverse-Effect", 2, 3), Relation("Adverse-Effect", 2, 1)),
)
SECOND = Document(
    "x.dev.1",
    "Itch after amox.",
    (Entity(0, 4, "Itch", "Adverse-Effect"), Entity(11, 15, "amox", "Drug")),
    (Relation("Adverse-Effect", 0, 1),),
)
ALL = {"dev": range(10)}


@pytest.mark.parametrize("text", [FILE, "\ufeff" + FILE.replace("\n", "\r\n")])
def test_a_sentence_has_all_its_pairs(read_release, caplog, text):
    with caplog.at_level(logging.WARNING):
        assert read_release("ade", {"DRUG-AE.rel": text}, tenths=ALL) == [FIRST, SECOND]
    assert "1 x offset that is not the sentence's" in caplog.text


def test_places_as_far_apart_as_the_offsets_say_are_taken(read_release):
    line = "1|A rash, amox, a rash, amox|rash|16|20|amox|22|26\n"
    (document,) = read_release("ade", {"f": line}, tenths=ALL)
    assert [(entity.start, entity.end) for entity in document.entities] == [(2, 6), (8, 12)]
    (document,) = read_release("ade", {"f": line.replace("22|26", "8|12")}, tenths=ALL)
    assert [(entity.start, entity.end) for entity in document.entities] == [(16, 20), (8, 12)]


def test_tenths_share_out_the_sentences(read_release):
    lines = "".join(f"{number}|Itch after amox.|Itch|0|4|amox|11|15\n" for number in range(12))
    found = read_release("ade", {"f": lines}, tenths={"dev": [1], "train": [0]})
    assert [document.id for document in found] == ["x.dev.1", "x.dev.11"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("2|Itch after amox.|Itch|0|4|amox|99", "f:3: 7 columns instead of eight"),
        ("2|Itch after amox.|Rash|0|4|amox|11|15", "f:3: 'Rash' does not stand in the sentence"),
        ("2|Itch after amox.|Itch|0|4|zidol|11|15", "f:3: 'zidol' does not stand in the sentence"),
        ("2|Itch after amox.||0|0|amox|11|15", "f:3: .* does not stand in the sentence"),
        ("2|Itch after amox.|Itch|zero|4|amox|11|15", "f:3: not of this form"),
    ],
)
def test_a_bad_line_is_named_and_left_out(read_release, line, message):
    lines = FILE.splitlines()
    text = "\n".join([*lines[:2], line, *lines[3:]])
    with pytest.raises(InputError, match=message):
        read_release("ade", {"f": text}, tenths=ALL)
    assert read_release("ade", {"f": text}, tenths=ALL, problems=Problems(1)) == [FIRST]
