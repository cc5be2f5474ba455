"""Columns: every way of tagging gives the same mentions, and what is no such file is told."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcjax.corpus.document import Entity
from kcjax.corpus.release import columns
from kcjax.errors import InputError
from kcjax.problems import Problems


def read(tmp_path, text, problems=None, name="a.txt", prefix="set.train", **options):
    (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(columns.read([tmp_path / name], prefix=prefix, problems=problems or Problems(), **options))


ARO = (Entity(0, 9, "Aro Veldt", "PER"), Entity(13, 17, "Riga", "LOC"), Entity(18, 21, "Oslo"[:3], "LOC"))


@pytest.mark.parametrize(
    "tags",
    [
        "B-PER I-PER O B-LOC B-LOC O",
        "I-PER I-PER O I-LOC B-LOC O",  # IOB1: B- only parts neighbours of one label
        "B-PER E-PER O S-LOC S-LOC O-LOC",
        "B-PER L-PER O U-LOC U-LOC O",
    ],
)
def test_each_way_of_tagging_gives_the_mentions(tmp_path, tags):
    tokens = ["Aro", "Veldt", "in", "Riga", "Osl", "."]
    lines = [f"{token}\t{tag}\n" for token, tag in zip(tokens, tags.split(), strict=True)]
    (document,) = read(tmp_path, "".join(lines))
    assert document.id == "set.train.0" and document.text == "Aro Veldt in Riga Osl ."
    assert document.entities == ARO


@pytest.mark.parametrize(
    ("tags", "mentions"),
    [
        ("B-A I-C I-C", ["x", "y z"]),  # another label is another mention
        ("B-A E-A I-A", ["x y", "z"]),  # and so is what comes after an end
        ("S-A I-A O", ["x", "y"]),
        ("O I-A B-A", ["y", "z"]),
    ],
)
def test_a_tag_that_goes_on_nothing_begins_a_mention(tmp_path, tags, mentions):
    lines = [f"{token} {tag}\n" for token, tag in zip("xyz", tags.split(), strict=True)]
    (document,) = read(tmp_path, "".join(lines))
    assert [e.text for e in document.entities] == mentions


def test_columns_are_where_the_options_say(tmp_path):
    text = "-DOCSTART- X O\n\nO\ten:Aro bar\nB-ACTOR\ten:Veldt\n"
    options = {"separator": "\t", "token": 1, "tag": 0, "skip": ["-DOCSTART-"], "token_prefix": "en:"}
    (document,) = read(tmp_path, text, **options)
    assert document.text == "Aro bar Veldt" and document.entities == (Entity(8, 13, "Veldt", "ACTOR"),)
    (document,) = read(tmp_path, "0\tAro\tB-per\tmore\n", separator="\t", token=1, tag=2, upper=True)
    assert document.entities == (Entity(0, 3, "Aro", "PER"),)


def test_brackets_are_names(tmp_path):
    rows = ["Aro (PER)", "in (LOC*", "old *", "Riga *)", ". *"]
    (document,) = read(tmp_path, "#begin x\n" + "\n".join(rows) + "\n\n#end\n", brackets=True, skip=["#begin", "#end"])
    assert document.entities == (Entity(0, 3, "Aro", "PER"), Entity(4, 15, "in old Riga", "LOC"))
    for bad, message in {
        "Aro *)": r"txt:1: '\*\)' opens or closes",
        "A (X*\nB (Y)": "txt:2: '\\(Y\\)' opens",
        "A (X*\nB *": r"txt:2: the mention \(X is not closed",
        "A PER": "txt:1: 'PER' opens",
    }.items():
        with pytest.raises(InputError, match=message):
            read(tmp_path, bad, brackets=True)


def test_line_ends_and_marks_of_windows_and_blank_lines_with_blanks_are_read(tmp_path):
    documents = read(tmp_path, b"\xef\xbb\xbfAro\tB-PER\r\n \t\r\n\r\n\r\nhe\xe2\x80\xa8re\tO")
    assert [d.text for d in documents] == ["Aro", "he\u2028re"]
    assert [d.id for d in documents] == ["set.train.0", "set.train.1"]
    assert documents[0].entities == (Entity(0, 3, "Aro", "PER"),)


def test_bad_sentences_are_named_and_the_others_read(tmp_path):
    text = "Aro\tB-PER\n\nin\n\nRiga\tPER\n\n\tO\n\nOslo\tB-\n\nhere\tO\n"
    problems = Problems(tolerated=4, quiet=True)
    documents = read(tmp_path, text, problems, separator="\t")
    assert [d.id for d in documents] == ["set.train.0", "set.train.5"] and problems.count == 4
    for text, message in {
        "in\n": r"a\.txt:1: 'in' has no token in column 1 or fewer than 2 columns",
        "Aro\tO\nRiga\tPER\n": r"a\.txt:2: 'PER' is no tag; write O",
        "\tO": r"a\.txt:1: '\\tO' has no token",
        "": r"a\.txt: no sentences in the file",
        b"Aro\tO\n\xff\tO\n": r"a\.txt:2: not UTF-8",
    }.items():
        with pytest.raises(InputError, match=message):
            read(tmp_path, text, separator="\t")
    with pytest.raises(InputError, match=r"b\.txt: no such file"):
        list(columns.read([tmp_path / "b.txt"], prefix="set.dev", problems=Problems()))


def test_a_share_of_a_file_is_of_a_split(tmp_path):
    text = "".join(f"word{number} O\n\n" for number in range(5))
    shares = {"train": {"a.txt": [0, 50]}, "dev": {"a.txt": [50, 100]}}

    def words(split, name="a.txt"):
        return [d.text[-1] for d in read(tmp_path, text, prefix=f"set.{split}", name=name, shares=shares)]

    assert (words("train"), words("dev")) == (["0", "1"], ["2", "3", "4"])
    assert words("test") == words("train", "b.txt") == list("01234")


@given(
    st.lists(st.text(string.ascii_letters + "#-.", min_size=1, max_size=3), min_size=1, max_size=8),
    st.data(),
    st.booleans(),
)
def test_tags_and_spans_are_each_others(tmp_path_factory, tokens, data, iobes):
    spans, tags, start = [], ["O"] * len(tokens), 0
    while start < len(tokens):
        end = data.draw(st.integers(start, len(tokens)))
        if end > start:
            label = data.draw(st.sampled_from(["A", "b-c", "D_e"]))
            spans.append((start, end, label))
            tags[start:end] = [f"B-{label}"] + [f"I-{label}"] * (end - start - 1)
            if iobes:
                tags[end - 1] = f"E-{label}" if end - start > 1 else f"S-{label}"
        start = max(end, start + 1)
    text = "".join(f"{token}\t{tag}\n" for token, tag in zip(tokens, tags, strict=True))
    (document,) = read(tmp_path_factory.mktemp("columns"), text, separator="\t")
    assert document == columns.document_of("set.train.0", tokens, spans)
    assert all(document.text[e.start : e.end] == e.text for e in document.entities)
