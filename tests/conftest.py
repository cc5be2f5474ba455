"""Fixtures shared by the tests: small tokenizers, a tiny random model, and SmolLM2-135M.

The ML libraries are imported where they are used, so that tests of text alone start at once.
"""

import contextlib
import hashlib
import importlib.util
import inspect
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from kcjax.errors import InputError
from kcjax.files import cache_dir
from kcjax.model.smollm2 import fetch_smollm2

# Eight simulated devices, so that whatever is sharded on a pod is sharded here; set before JAX is first imported. Most
# of the time goes into compiling programs that run for milliseconds, so LLVM's optimisations are left out.
os.environ["XLA_FLAGS"] = (
    f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count=8 --xla_backend_optimization_level=0"
)
os.environ.setdefault("JAX_PLATFORMS", "cpu")

# A busy machine fails no test; and the examples of many runs add up.
hypothesis.settings.register_profile("kcjax", deadline=None, max_examples=50)
hypothesis.settings.load_profile("kcjax")

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
    if spec is None or spec.origin is None:
        pytest.skip("mistral-common is not installed")
    directory = tmp_path_factory.mktemp("sentencepiece")
    shutil.copy(Path(spec.origin).parent / "data" / "tokenizer.model.v1", directory / "tokenizer.model")
    return directory


@pytest.fixture(scope="session")
def llama_json_dir(sentencepiece_dir, tmp_path_factory):
    """The SentencePiece vocabulary as a tokenizer.json of LLaMA 2's form.

    transformers 5 converts it with the merges in order of id, not of score, and so splits runs of spaces otherwise.
    """
    import sentencepiece

    reference = sentencepiece.SentencePieceProcessor(model_file=str(sentencepiece_dir / "tokenizer.model"))
    vocab = {reference.id_to_piece(id): id for id in range(len(reference))}
    best_first = sorted(range(259, len(reference)), key=lambda id: (-reference.get_score(id), id))
    pieces = [reference.id_to_piece(id) for id in best_first]
    cuts = ((piece[:at], piece[at:]) for piece in pieces for at in range(1, len(piece)))
    spec = {
        "added_tokens": [
            {"id": id, "content": name, "special": True} for id, name in enumerate(("<unk>", "<s>", "</s>"))
        ],
        "normalizer": {
            "type": "Sequence",
            "normalizers": [
                {"type": "Prepend", "prepend": "▁"},
                {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
            ],
        },
        "pre_tokenizer": None,
        "post_processor": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": {
            "type": "BPE",
            "unk_token": "<unk>",
            "fuse_unk": True,
            "byte_fallback": True,
            "vocab": vocab,
            "merges": [[first, second] for first, second in cuts if first in vocab and second in vocab],
        },
    }
    directory = tmp_path_factory.mktemp("llama_json")
    (directory / "tokenizer.json").write_text(json.dumps(spec))
    (directory / "config.json").write_text('{"bos_token_id": 1, "eos_token_id": 2}')
    return directory


@pytest.fixture(scope="session")
def tiny_model_dir(tiny_tokenizer_dir, tmp_path_factory) -> Path:
    """A random LLaMA (2 layers, hidden 64, 4 heads over 2 key/value heads, tied) with the tiny tokenizer."""
    from flax import nnx

    from kcjax.corpus.tokenizer import load_tokenizer
    from kcjax.model.config import LlamaConfig
    from kcjax.model.huggingface import save_model
    from kcjax.model.info import ModelInfo
    from kcjax.model.llama import Llama

    tokenizer = load_tokenizer(tiny_tokenizer_dir)
    config = LlamaConfig(
        vocab_size=tokenizer.vocab_size,
        hidden_size=64,
        intermediate_size=160,
        num_layers=2,
        num_heads=4,
        num_kv_heads=2,
        head_dim=16,
        tie_embeddings=True,
    )
    directory = tmp_path_factory.mktemp("models") / "tiny"
    info = ModelInfo(tokenizer.bos_id, tokenizer.eos_id, tokenizer.hash, base_model="kcjax/tiny-random")
    save_model(Llama(config, rngs=nnx.Rngs(0)), directory, tokenizer_dir=tiny_tokenizer_dir, info=info)
    return directory


@pytest.fixture(scope="session")
def smollm2_gguf() -> Path:
    """SmolLM2-135M-Instruct as GGUF, from the cache or the network."""
    try:
        return fetch_smollm2()
    except InputError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def smollm2_dir(smollm2_gguf) -> Path:
    """The same as a model directory in the cache, imported once for each state of the code that imports it."""
    from kcjax.model import gguf, hf_config, huggingface, importing, info, shards, tensors

    sources = "".join(map(inspect.getsource, (gguf, hf_config, huggingface, importing, info, shards, tensors)))
    directory = cache_dir() / "models" / f"test-smollm2-{hashlib.sha256(sources.encode()).hexdigest()[:12]}"
    if not directory.is_dir():
        for old in directory.parent.glob("test-smollm2-*"):
            shutil.rmtree(old, ignore_errors=True)
        with contextlib.suppress(OSError):  # another worker of the tests was quicker
            importing.import_model(smollm2_gguf, directory)
    return directory


@pytest.fixture(scope="session")
def transformers_greedy() -> Callable[[Path, list[list[int]], int], list[list[int]]]:
    """`greedy(directory, prompts, max_new_tokens)`: the new tokens transformers gives each prompt, `<eos>` included."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")

    def greedy(directory: Path, prompts: list[list[int]], max_new_tokens: int) -> list[list[int]]:
        model = transformers.AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32).eval()
        settings = {"do_sample": False, "num_beams": 1, "max_new_tokens": max_new_tokens}
        with torch.inference_mode():
            rows = [model.generate(torch.tensor([prompt]), **settings)[0].tolist() for prompt in prompts]
        return [row[len(prompt) :] for row, prompt in zip(rows, prompts, strict=True)]

    return greedy


_STORAGE_SERVER = """
import sys
from gcp_storage_emulator.handlers import objects

def download(request, response, storage, *args, plain=objects.download, **kwargs):
    plain(request, response, storage, *args, **kwargs)
    try:
        found = storage.get_file_obj(request.params["bucket_name"], request.params["object_id"])
    except Exception:
        return
    response["x-goog-generation"] = found["generation"]  # which TensorStore asks for

objects.download = download
from gcp_storage_emulator.server import create_server
create_server("localhost", int(sys.argv[1]), in_memory=True, default_bucket="bucket").run()
"""


@pytest.fixture(scope="session")
def bucket():
    """`gs://bucket`, and the environment in which everyone takes it for an emulator's."""
    pytest.importorskip("gcsfs")
    pytest.importorskip("gcp_storage_emulator")
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen([sys.executable, "-c", _STORAGE_SERVER, str(port)], stderr=subprocess.DEVNULL)
    settings = {
        "STORAGE_EMULATOR_HOST": f"http://localhost:{port}",  # of gcsfs
        "CLOUD_STORAGE_EMULATOR_ENDPOINT": f"http://localhost:{port}",  # of array_record
        "TENSORSTORE_GCS_HTTP_URL": f"http://localhost:{port}",
        "GOOGLE_AUTH_TOKEN_FOR_TESTING": "abc",  # of TensorStore
        "GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT": "false",  # the emulator speaks JSON only
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name, value)
        for _ in range(100):
            with socket.socket() as probe:
                if not probe.connect_ex(("localhost", port)):
                    break
            time.sleep(0.1)
        yield "gs://bucket"
    server.terminate()
    server.wait()
