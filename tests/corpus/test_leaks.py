"""Sentences of evaluation files in training files: found however they are written, and no others."""

import random
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from kcjax.corpus.document import Document
from kcjax.corpus.leaks import Leak, find_leaks

WORDS = st.sampled_from(["the", "Órion", "sailed", "from", "Lisbon", "to", "14", "days", "after", "Åsa", "Straße"])
TEXTS = st.lists(WORDS, min_size=1, max_size=30)
MARKS = st.sampled_from([" ", ", ", " -- ", "\n\t", " “", "” ", "; "])


def documents(*texts, name="d"):
    return [Document(f"{name}{number}", text) for number, text in enumerate(texts)]


def numbered(letter, start, stop):
    return " ".join(f"{letter}{n}" for n in range(start, stop))


@given(TEXTS, st.data())
def test_repeated_sentences_are_found_whatever_case_punctuation_and_spacing(words, data):
    written = [data.draw(st.sampled_from([str.upper, str.lower, str.title]))(word) for word in words]
    text = "".join(mark + word for word in written for mark in [data.draw(MARKS)]) + "."
    if data.draw(st.booleans()):
        text = unicodedata.normalize("NFD", text)
    (leak,) = find_leaks(documents(" ".join(words)), documents(text, name="e"))
    assert leak == Leak("e0", "d0", 1.0)


@given(st.integers(10, 60), st.integers(0, 40))
def test_a_sentence_leaks_where_enough_of_its_runs_of_four_words_are_repeated(known, others):
    training = f"{numbered('w', 0, known)} between {numbered('other', 0, 40)}"
    text = " ".join([numbered("w", 0, known), *reversed(numbered("other", 0, others).split())])  # not one run of these
    share = (known - 3) / (known + others - 3)
    found = find_leaks(documents(training), documents(text, name="e"))
    assert found == ([Leak("e0", "d0", round(share, 3))] if share >= 0.8 else [])


def test_a_repeated_phrase_in_a_long_sentence_of_new_words_is_no_leak():
    text = f"{numbered('w', 0, 20)} {numbered('new', 0, 100)}"  # 17 of 117 runs are repeated
    assert find_leaks(documents(numbered("w", 0, 20)), documents(text, name="e")) == []


def test_a_word_of_no_training_document_is_like_none():
    training = numbered("w", 0, 9).split()
    for place in range(9):
        changed = [*training[:place], "novel", *training[place + 1 :]]
        found = find_leaks(documents(" ".join(training)), documents(" ".join(changed), name="e"))
        assert [leak.share for leak in found] == ([round(5 / 6, 3)] if place in (0, 8) else [])


def test_the_document_that_has_most_is_named():
    training = documents(numbered("w", 0, 18), numbered("w", 0, 20), numbered("w", 4, 20))
    (leak,) = find_leaks(training, documents(numbered("w", 0, 21), name="e"), near=0.5)
    assert leak == Leak("e0", "d1", round(17 / 18, 3))


@given(st.permutations(range(12)))
def test_the_order_of_training_documents_changes_nothing(order):
    texts = [numbered("w", n, n + 12 + n % 5) for n in range(0, 36, 3)]
    training = documents(*texts)
    evaluation = documents(*(f"{text} more" for text in texts), texts[3].upper(), "nothing alike", name="e")
    expected = find_leaks(training, evaluation)
    assert len(expected) == 13 and find_leaks([training[n] for n in order], evaluation) == expected


def test_unrelated_sentences_do_not_leak():
    rng = random.Random(0)
    vocabulary = [f"w{n}" for n in range(300)]
    made = [" ".join(rng.choices(vocabulary, k=rng.randint(4, 30))) for _ in range(600)]
    assert find_leaks(documents(*made[:300]), documents(*made[300:], name="e")) == []


def test_short_and_wordless_sentences_leak_only_as_a_whole():
    training = documents("He sailed.", "... !", "One two three four")
    assert find_leaks(training, documents("He sailed home", "sailed", "?", "", "two three four", name="e")) == []
    assert [leak.training for leak in find_leaks(training, documents("he, SAILED", name="e"))] == ["d0"]


def test_near_is_the_share_from_which_on_a_sentence_counts():
    training = documents(f"{numbered('w', 0, 10)} between {numbered('other', 0, 10)}")
    evaluation = documents(f"{numbered('w', 0, 10)} {numbered('other', 0, 10)}", name="e")  # 14 of 17 runs
    assert find_leaks(training, evaluation, near=14 / 17) and not find_leaks(training, evaluation, near=15 / 17)


def test_sentences_without_spaces_leak_too():
    training = [Document("t", "这位作曲家于一九七九年出生在台北县的林口乡，后来搬到了淡水。")]
    evaluation = [Document("e", "这位作曲家于一九七九年出生在台北县的林口乡，后来搬到了基隆。")]
    assert [(leak.evaluation, leak.training) for leak in find_leaks(training, evaluation, near=0.8)] == [("e", "t")]
