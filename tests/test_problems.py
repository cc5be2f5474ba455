"""Bad records are said and skipped up to a number, and the one beyond it ends the run."""

import pytest

from kcjax.errors import InputError
from kcjax.problems import Problems


def read(rows, problems):
    """The rows that are not bad."""
    kept = []
    for row in rows:
        with problems.skipping():
            if row < 0:
                raise InputError(f"rows:{row}: bad")
            kept.append(row)
    return kept


def test_so_many_are_skipped_said_and_counted(caplog):
    problems = Problems(2)
    assert read([1, -2, 3, -4, 5], problems) == [1, 3, 5] and problems.count == 2
    assert caplog.messages == ["left out: rows:-2: bad", "left out: rows:-4: bad"]


def test_one_more_ends_the_run_and_is_named_with_the_limit():
    with pytest.raises(InputError, match=r"^rows:-6: bad; 3 problems, --max-problems tolerates 2$"):
        read([-2, -4, -6, 7], Problems(2))


def test_where_none_is_tolerated_the_first_is_raised_as_it_is():
    with pytest.raises(InputError, match=r"^rows:-1: bad$"):
        read([1, -1], Problems())


def test_the_limit_holds_over_all_files_that_share_the_problems():
    problems = Problems(1)
    assert read([-1], problems) == []
    with pytest.raises(InputError):
        read([-1], problems)


def test_other_errors_are_not_skipped_and_quiet_ones_not_said(caplog):
    with pytest.raises(KeyError), Problems(9).skipping():
        raise KeyError("a mistake of kcjax itself")
    quiet = Problems(5, quiet=True)
    read([-1, -2], quiet)
    assert quiet.count == 2 and caplog.messages == []
