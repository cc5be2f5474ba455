"""The index of words against a plain BM25, and what names count in a text."""

import math
import random
from collections import Counter

import numpy as np
import pytest

from kcjax.schema import retrieval
from kcjax.schema.retrieval import IndexWriter, key_of, phrases, score, terms


def bm25(documents, query):
    """The formula of Robertson and Zaragoza (2009), word by word."""
    counts = []
    for fields in documents:
        found = Counter()
        for text, weight in fields:
            for term in terms(text):
                found[term] += weight
        counts.append(found)
    lengths = [sum(found.values()) for found in counts]
    mean = sum(lengths) / len(lengths)
    scores = []
    for found, length in zip(counts, lengths, strict=True):
        total = 0.0
        for term in set(terms(query)):
            df = sum(term in other for other in counts)
            if found[term] and df <= max(20, 0.1 * len(documents)):
                idf = math.log(1 + (len(documents) - df + 0.5) / (df + 0.5))
                total += idf * found[term] * 2.2 / (found[term] + 1.2 * (0.25 + 0.75 * length / mean))
        scores.append(total)
    return scores


@pytest.mark.parametrize("block", [1 << 21, 50])
def test_scores_are_those_of_plain_bm25(monkeypatch, block):
    monkeypatch.setattr(retrieval, "_BLOCK", block)
    rng = random.Random(7)
    words = [
        f"{stem}{end}" for stem in ("sail", "harbour", "captain", "rope", "quay", "tide") for end in ("", "s", "ed")
    ]
    documents = [
        [(" ".join(rng.choices(words, k=rng.randrange(6))), 3.0), (" ".join(rng.choices(words, k=9)), 0.5)]
        for _ in range(40)
    ]
    documents.append([])
    writer = IndexWriter()
    for fields in documents:
        writer.add(fields)
    postings = dict(writer.postings())
    assert list(postings) == sorted(postings)
    query = "Sails of the captain, and a rope"
    ours = score([postings[term] for term in set(terms(query)) if term in postings], len(documents))
    np.testing.assert_allclose(ours, bm25(documents, query), rtol=1e-4)


def test_words_that_differ_in_their_endings_are_one_term():
    assert terms("Harbours, harboured HARBOUR") == ["harbour"] * 3 and terms("_ -- !") == []


def test_phrases_are_what_may_be_a_name():
    found = phrases("The Old Harbour, 7 miles off.")
    assert found["old harbour"] and found["7 miles"] and found["the old harbour"] and not found["miles off"]
    assert "harbour, 7" in found and len(phrases(" ".join("abcdefghij"))) == 10 * 6 - 15
    assert phrases("") == {} and key_of("  Old\n HARBOUR ") == "old harbour"
