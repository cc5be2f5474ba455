import pytest

from kcjax.corpus.document import Entity
from kcjax.corpus.release import pubtator
from kcjax.errors import InputError
from kcjax.problems import Problems

TEXT = """
7|t|Aroline and fever.
7|a|It helped. Some patients' fever rose.
7\t0\t7\tAroline\tChemical\tD1\t
7\t12\t17\tfever\tDisease\tD2
7\t45\t50\tfever\tDisease\tD2
7\tCID\tD1\tD2

9|t|No drug.
9|a|
"""


def read(tmp_path, text, problems=None, **options):
    (tmp_path / "a.txt").write_text(text, newline="")
    paths = [tmp_path / "a.txt"]
    return list(pubtator.read(paths, prefix="set.dev", problems=problems or Problems(), **options))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_abstracts_are_cut_into_sentences(tmp_path, end):
    documents = read(tmp_path, TEXT.replace("\n", end))
    assert [(d.id, d.text) for d in documents] == [
        ("set.dev.7.0", "Aroline and fever."),
        ("set.dev.7.1", "It helped."),
        ("set.dev.7.2", "Some patients' fever rose."),
        ("set.dev.9.0", "No drug."),
    ]
    assert documents[0].entities == (Entity(0, 7, "Aroline", "Chemical"), Entity(12, 17, "fever", "Disease"))
    assert documents[2].entities == (Entity(15, 20, "fever", "Disease"),)
    assert {e.type for d in read(tmp_path, TEXT, label="X") for e in d.entities} == {"X"}


def test_an_abstract_that_comes_twice_is_read_once(tmp_path, caplog):
    assert len(read(tmp_path, TEXT + TEXT)) == 4
    assert "set.dev: left out: 2 x abstract that was there before" in caplog.text


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("7|t|", "7|x|", r"a\.txt:2: an abstract begins with the lines PMID\|t\|TITLE"),
        ("\t12\t17\t", "\t13\t17\t", r"a\.txt:5: 'fever' should stand at 13 to 17"),
        ("\t12\t17\t", "\t12\t999\t", r"a\.txt:5: 12 to 999 is no stretch"),
        ("\t12\t17\t", "\ta\t17\t", r"a\.txt:5: columns 2 and 3 must be offsets, found \['a', '17'\]"),
        ("7\t0\t7\tAroline\tChemical\tD1\t", "8\t0\t7\tAroline\tChemical", r"a\.txt:4: .* is no annotation of 7"),
        ("\nNo", "x", ""),
    ],
)
def test_what_does_not_fit_is_told_and_left_out(tmp_path, old, new, message):
    if not message:
        with pytest.raises(InputError, match=r"a\.txt: no abstracts in the file"):
            read(tmp_path, "\n\n")
        return
    text = TEXT.replace(old, new)
    with pytest.raises(InputError, match=message):
        read(tmp_path, text)
    problems = Problems(tolerated=1, quiet=True)
    assert [d.id for d in read(tmp_path, text, problems)] == ["set.dev.9.0"]
    assert problems.count == 1
