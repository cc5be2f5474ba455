"""Sentences and windows: nothing of a text is lost, nothing is too long, neighbours overlap by a sentence."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcjax.extract.windows import sentences, windows

TEXTS = st.text(st.sampled_from('ab .!?\n。x\t"”é'), max_size=200)


def characters(parts):
    return [len(part) for part in parts]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("One sentence", ["One sentence"]),
        ("She left. He stayed!  Why? No one knows…", ["She left. ", "He stayed!  ", "Why? ", "No one knows…"]),
        ('"Go." He went.', ['"Go." ', "He went."]),
        ("Version 1.5 of a.b came.", ["Version 1.5 of a.b came."]),
        ("船は出た。港は静かだ。", ["船は出た。", "港は静かだ。"]),
        ("A title\n\nAnd a text\nof two lines", ["A title\n\n", "And a text\nof two lines"]),
    ],
)
def test_sentences(text, expected):
    assert [text[start:end] for start, end in sentences(text)] == expected


@given(TEXTS)
def test_sentences_are_the_whole_text(text):
    assert "".join(text[start:end] for start, end in sentences(text)) == text


def test_the_last_sentence_is_the_first_of_the_next_window():
    text = "Aaaa. Bbbb. Cccc. Dddd. Eeee."
    found = [text[start:end] for start, end in windows(text, 18, characters)]
    assert found == ["Aaaa. Bbbb. Cccc.", "Cccc. Dddd. Eeee."]


def test_a_sentence_that_is_too_long_is_cut_between_words():
    text = " ".join(f"word{n:02d}" for n in range(40))
    found = [text[start:end] for start, end in windows(text, 40, characters)]
    assert all(len(part) <= 40 and part.startswith("word") and part[-1].isdigit() for part in found)
    assert all(a.split()[-1] in b.split() for a, b in itertools.pairwise(found))
    assert {word for part in found for word in part.split()} == set(text.split())


@given(TEXTS, st.integers(1, 60))
def test_windows_have_all_but_blanks_and_are_none_too_long(text, limit):
    found = windows(text, limit, characters)
    covered = {at for start, end in found for at in range(start, end)}
    assert covered >= {at for at, character in enumerate(text) if not character.isspace()}
    assert all(text[start:end] == text[start:end].strip() for start, end in found)
    assert all(end - start <= max(limit, 25) for start, end in found)
    assert found == sorted(found) and len(set(found)) == len(found)


def test_what_fits_is_one_window():
    assert windows(" A. B. C.\n", 100, characters) == [(1, 9)]


def test_a_megabyte_without_blanks_is_cut_at_once():
    found = windows("x" * 1_000_000, 4000, characters)
    assert found[0] == (0, 4000 - 4000 % 24) or found[0][1] <= 4000
    assert found[-1][1] == 1_000_000 and len(found) < 600
