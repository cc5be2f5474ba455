"""Two tokenizers agree on code, or it is told where they do not."""

import shutil

import pytest

from kcjax.corpus.tokenizer import load_tokenizer
from kcjax.corpus.tokenizer_check import difference, first_difference
from kcjax.files import read_json, write_json


@pytest.fixture
def both(sentencepiece_dir, llama_json_dir, tmp_path):
    directory = shutil.copytree(llama_json_dir, tmp_path / "both")
    shutil.copy(sentencepiece_dir / "tokenizer.model", directory)
    return directory


def change(directory, edit):
    spec = read_json(directory / "tokenizer.json")
    edit(spec)
    write_json(directory / "tokenizer.json", spec)


def test_one_vocabulary_in_two_forms_has_no_difference(both):
    assert first_difference(both) is None


def test_merges_in_another_order_are_found(both):
    def by_id(spec):  # as some converters write them
        vocab = spec["model"]["vocab"]
        spec["model"]["merges"].sort(key=lambda merge: vocab["".join(merge)], reverse=True)

    change(both, by_id)
    assert "tokenizer.json and tokenizer.model differ: after " in first_difference(both)


def test_a_space_in_front_or_none_is_found(both):
    change(both, lambda spec: spec["normalizer"]["normalizers"].pop(0))
    found = first_difference(both)
    assert found.startswith("tokenizer.json and tokenizer.model differ: after '', 'class Ship(Entity):")


def test_a_tokenizer_equals_itself(tiny_tokenizer_dir):
    assert difference(load_tokenizer(tiny_tokenizer_dir), load_tokenizer(tiny_tokenizer_dir)) is None
