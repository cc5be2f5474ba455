"""Fixtures shared by the tests: small tokenizers, a tiny random model, and SmolLM2-135M."""

import hashlib
import importlib.util
import json
import shutil
from pathlib import Path

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from kcjax.errors import InputError
from kcjax.files import cache_dir
from kcjax.model.smollm2 import fetch_smollm2

CORPUS = '''
You are a highly skilled assistant at digesting and extracting information from textual content.
class Entity:
	"""
	The base class for all entities.
	"""
	def __init__(self, name: str):
		self.name = name

class Ship(Entity):
	"""
	Description: a vessel that carries people or goods over water
	Examples: Vega, a fishing boat, the "Orion"
	"""
	pass

from Entities import City, Person, Ship
# Extract the entities from the following sentence.
sentence = "Captain Ines Duarte, born in Lisbon, sailed the \\"Orion\\" to Bergen."
results = [
	Person("Ines Duarte"),
	City("Lisbon"),
	Ship("Orion"),
	City("Bergen")
]
'''


@pytest.fixture(scope="session")
def tiny_tokenizer_dir(tmp_path_factory) -> Path:
    """A byte-level BPE of 360 tokens, trained here; `<s>` 0, `</s>` 1, `<pad>` 2."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    specials = ["<s>", "</s>", "<pad>"]
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=360, special_tokens=specials, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator([CORPUS], trainer)
    directory = tmp_path_factory.mktemp("tiny_tokenizer")
    tokenizer.save(str(directory / "tokenizer.json"))
    config = {"bos_token": "<s>", "eos_token": "</s>", "tokenizer_class": "PreTrainedTokenizerFast"}
    (directory / "tokenizer_config.json").write_text(json.dumps(config))
    return directory


@pytest.fixture(scope="session")
def sentencepiece_dir(tmp_path_factory) -> Path:
    """Mistral 7B's `tokenizer.model` (LLaMA's kind: 32,000 pieces with byte fallback), as mistral-common ships it."""
    spec = importlib.util.find_spec("mistral_common")
    if spec is None:
        pytest.skip("mistral-common is not installed")
    directory = tmp_path_factory.mktemp("sentencepiece")
    shutil.copy(Path(spec.origin).parent / "data" / "tokenizer.model.v1", directory / "tokenizer.model")
    return directory


@pytest.fixture(scope="session")
def smollm2_gguf() -> Path:
    """SmolLM2-135M-Instruct as GGUF, from the cache or the network."""
    try:
        return fetch_smollm2()
    except InputError as error:
        pytest.skip(str(error))
