"""Names in text: which are the same, and where they stand."""

import pytest

from kcjax.text import distance, mention_key, occurrences


def test_names_that_differ_in_case_spaces_or_encoding_are_the_same():
    assert mention_key("  São\u00a0Paulo ") == mention_key("sa\u0303o  paulo")


@pytest.mark.parametrize(
    ("text", "string", "whole", "inside"),
    [
        ("art, party, art", "art", [(0, 3), (12, 15)], [(6, 9)]),
        ("a-a-a", "a-a", [(0, 3), (2, 5)], []),
        ("été", "t", [], [(1, 2)]),
        ("周杰伦出生于台湾", "台湾", [(6, 8)], []),
        ("東京は首都", "東京", [(0, 2)], []),
        ("서울은 크다", "서울", [(0, 2)], []),
        ("ABC大学", "AB", [], [(0, 2)]),
        ("text", "", [], []),
    ],
)
def test_a_word_goes_on_beyond_an_edge_but_not_in_scripts_without_spaces(text, string, whole, inside):
    assert occurrences(text, string) == (whole, inside)


def test_distance_is_between_the_nearer_edges():
    assert [distance((0, 2), b) for b in ((2, 3), (1, 4), (5, 6))] == [0, 0, 3]
