import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcjax.corpus.document import Entity
from kcjax.corpus.release import tagged
from kcjax.errors import InputError
from kcjax.problems import Problems


def read(tmp_path, text, problems=None, name="a.txt"):
    (tmp_path / name).write_bytes(text.encode())
    options = {"tags": {"dis": "Disability"}, "ignored": ["scp", "neg"]}
    return list(tagged.read([tmp_path / name], prefix="set.test", problems=problems or Problems(), **options))


def test_tags_are_taken_off_and_mark_mentions(tmp_path):
    first, second = read(
        tmp_path,
        "Care for <dis> loss of sight </dis>, p<.05. Some were <scp><neg>without</neg> <dis>deaf<dis>ness</dis></dis>"
        "</scp>\r\n",
    )
    assert (first.id, first.text) == ("set.test.a.0", "Care for  loss of sight , p<.05.")
    assert first.entities == (Entity(10, 23, "loss of sight", "Disability"),)
    assert (second.id, second.text) == ("set.test.a.1", "Some were without deafness")
    assert second.entities == (Entity(18, 26, "deafness", "Disability"), Entity(22, 26, "ness", "Disability"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("one\n<dis>blind", r"a\.txt:2: <dis> is not closed"),
        ("one\ntwo</dis>", r"a\.txt:2: </dis> closes nothing"),
        ("<scp><dis>blind</scp></dis>", r"a\.txt:1: </scp> closes nothing"),
        (" \n", r"a\.txt: no text in the file"),
    ],
)
def test_tags_that_do_not_match_are_told(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read(tmp_path, text)
    problems = Problems(tolerated=1, quiet=True)
    assert read(tmp_path, text, problems) == [] and problems.count == 1


def test_long_blanks_take_no_long_time(tmp_path):
    assert len(read(tmp_path, "a" + " " * 200_000 + "b <dis>c</dis>")[0].entities) == 1


@given(st.lists(st.tuples(st.text("abc<", min_size=1), st.booleans()), min_size=1))
def test_marked_pieces_are_found_again(tmp_path_factory, pieces):
    marked = " ".join(f"<dis>{piece}</dis>" if is_mention else piece for piece, is_mention in pieces)
    (document,) = read(tmp_path_factory.mktemp("tagged"), marked)
    assert document.text == " ".join(piece for piece, _ in pieces)
    assert [e.text for e in document.entities] == [piece for piece, is_mention in pieces if is_mention]
    assert all(document.text[e.start : e.end] == e.text for e in document.entities)
