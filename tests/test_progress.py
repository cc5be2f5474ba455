"""Progress: the items go through as they are; a bar on a terminal, else a line now and then."""

import io
import logging

import pytest

from kcjax import progress


@pytest.fixture
def clock(monkeypatch):
    """`clock.now` in seconds is what time it is."""

    class Clock:
        now = 100.0

        def monotonic(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


class Terminal(io.StringIO):
    def isatty(self):
        return True


def said_of(clock, seconds, total=None):
    items = []
    for item in progress.shown(range(6), "examples", total):
        items.append(item)
        clock.now += seconds
    assert items == list(range(6))


def test_a_line_now_and_then_says_how_many_of_how_many(clock, caplog):
    caplog.set_level(logging.INFO)
    said_of(clock, 20.0, total=6)
    left = {2: "0:01:20", 4: "0:00:40", 6: "0:00:00"}
    assert caplog.messages == [f"{n} of 6 examples, 0.1 a second, {left[n]} left" for n in left]
    caplog.clear()
    said_of(clock, 31.0)
    assert caplog.messages[0] == "1 examples, 0.0 a second" and len(caplog.messages) == 6


def test_items_that_are_numbers_of_something_else_are_added_up(clock, caplog):
    caplog.set_level(logging.INFO)
    for _ in progress.shown([10, 20, 30], "documents", also="tokens"):
        clock.now += 40.0
    assert caplog.messages == [
        f"{n} documents, 0.0 a second, {r} tokens a second" for n, r in ((1, 0.2), (2, 0.4), (3, 0.5))
    ]


def test_what_comes_before_the_clock_counts_in_no_rate(clock, caplog):
    caplog.set_level(logging.INFO)

    def items():
        clock.now += 1000.0  # compiling
        yield from [10] * 3
        for _ in range(3):
            clock.now += 31.0
            yield 62

    for _ in progress.shown(items(), "documents", 8, also="tokens", unclocked=3):
        pass
    assert caplog.messages == [
        "1 of 8 documents, starting",
        *(f"{n} of 8 documents, 0.0 a second, 2.0 tokens a second, {left} left" for n, left in
          ((4, "0:02:04"), (5, "0:01:33"), (6, "0:01:02"))),
    ]  # fmt: skip


def test_short_work_says_nothing(clock, caplog):
    caplog.set_level(logging.INFO)
    said_of(clock, 1.0)
    assert caplog.messages == []


def test_items_are_asked_for_one_by_one():
    asked = []
    found = progress.shown((asked.append(n) or n for n in range(9)), "examples")
    assert [next(found), next(found), asked] == [0, 1, [0, 1]]


def test_a_terminal_sees_a_bar_and_stdout_stays_clean(monkeypatch, capsys):
    terminal = Terminal()
    monkeypatch.setattr(progress.sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    assert list(progress.shown(range(3), "examples", 3)) == [0, 1, 2]
    assert "examples" in terminal.getvalue() and "3/3" in terminal.getvalue() and capsys.readouterr().out == ""


def test_a_failure_among_the_items_is_theirs(monkeypatch):
    def failing():
        yield 1
        raise OSError("disk full")

    for stderr in (io.StringIO(), Terminal()):
        monkeypatch.setattr(progress.sys, "stderr", stderr)
        with pytest.raises(OSError, match="disk full"):
            list(progress.shown(failing(), "examples"))
