import pytest

from kcjax.corpus.release.reading import reading, stretch
from kcjax.errors import InputError
from kcjax.problems import Problems


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: {}["tokens"], "here: 'tokens' is missing; is this a file of another form"),
        (lambda: [][1], "here: not of this form"),
        (lambda: int("x"), "here: not of this form .*invalid literal"),
        (lambda: None.strip(), "here: not of this form"),
        (lambda: stretch("abc", 1, 9, "there"), "^there: 1 to 9 is no stretch of the text, which has 3 characters"),
        (lambda: stretch("abc", 2, 2, "there"), "^there: 2 to 2 is no stretch"),
        (lambda: stretch("abc", -1, 2, "there"), "^there: -1 to 2 is no stretch"),
        (lambda: stretch("abc", 0, 1, "there", "b"), "^there: 'b' should stand at 0 to 1, where there is 'a'"),
    ],
)
def test_what_goes_wrong_with_a_record_is_one_problem(act, message):
    with pytest.raises(InputError, match=message), reading("here", Problems()):
        act()
    problems = Problems(tolerated=1)
    with reading("here", problems):
        act()
    assert problems.count == 1


def test_a_stretch_has_its_text():
    assert stretch("abc", 1, 3, "there", "bc") == (1, 3, "bc")
