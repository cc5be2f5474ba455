"""Other people's models come in whole or not at all."""

import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time

import ml_dtypes
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from kcjax import cli
from kcjax.corpus.tokenizer import load_tokenizer
from kcjax.errors import InputError
from kcjax.files import read_json
from kcjax.model.huggingface import load_config, load_model, save_model
from kcjax.model.importing import import_model
from kcjax.model.info import read_info

Q = "model.layers.1.self_attn.q_proj.weight"


@pytest.fixture
def source(tiny_model_dir, tmp_path):
    """A plain Hugging Face directory to change."""
    directory = shutil.copytree(tiny_model_dir, tmp_path / "source")
    (directory / "kcjax.json").unlink()
    return directory


def as_pickled(directory, shards=1, **kwargs):
    torch = pytest.importorskip("torch")
    tensors = {}
    for name, array in load_file(directory / "model.safetensors").items():
        bits = array.view(np.int16) if array.dtype == ml_dtypes.bfloat16 else array
        tensor = torch.from_numpy(bits.copy())
        tensors[name] = tensor.view(torch.bfloat16) if bits.dtype == np.int16 else tensor
    (directory / "model.safetensors").unlink()
    if shards == 1:
        torch.save(tensors, directory / "pytorch_model.bin", **kwargs)
        return
    names, weight_map = sorted(tensors), {}
    for shard in range(shards):
        file = f"pytorch_model-{shard + 1:05d}-of-{shards:05d}.bin"
        torch.save({name: tensors[name] for name in names[shard::shards]}, directory / file, **kwargs)
        weight_map |= dict.fromkeys(names[shard::shards], file)
    (directory / "pytorch_model.bin.index.json").write_text(json.dumps({"weight_map": weight_map}))


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
@pytest.mark.parametrize(
    ("shards", "options"), [(1, {}), (3, {}), (2, {"_use_new_zipfile_serialization": False})], ids=["1", "3", "legacy"]
)
def test_pickled_weights_are_those_of_the_safetensors(source, dtype, shards, options, tmp_path):
    import_model(source, tmp_path / "plain", dtype=dtype)
    expected = load_file(tmp_path / "plain" / "model.safetensors")
    shutil.copy(tmp_path / "plain" / "model.safetensors", source)
    as_pickled(source, shards, **options)
    import_model(source, tmp_path / "ours")
    found = load_file(tmp_path / "ours" / "model.safetensors")
    assert found.keys() == expected.keys()
    for name, array in found.items():
        assert array.dtype == expected[name].dtype and array.tobytes() == expected[name].tobytes(), name


class _RunsCode:
    def __reduce__(self):
        return os.system, ("touch {}",)


def test_code_in_pickled_weights_is_refused_and_not_run(source, tmp_path):
    pytest.importorskip("torch")
    (source / "model.safetensors").unlink()
    mark = tmp_path / "was-run"
    data = pickle.dumps({"model.norm.weight": _RunsCode()}, protocol=2).replace(b"touch {}", f"touch {mark}".encode())
    for content, message in [
        (data, "damaged, or holds more than tensors, which could run code; refused|cut short"),
        (b"", "damaged"),
        (b"PK\x03\x04 cut off", "damaged"),
    ]:
        (source / "pytorch_model.bin").write_bytes(content)
        with pytest.raises(InputError, match=rf"pytorch_model\.bin: {message}"):
            import_model(source, tmp_path / "ours")
    assert not mark.exists() and not (tmp_path / "ours").exists()


def test_pickled_things_that_are_no_floats_by_name_are_refused(source, tmp_path):
    torch = pytest.importorskip("torch")
    (source / "model.safetensors").unlink()
    for content, message in [
        ([torch.zeros(2)], "something else than tensors by name"),
        ({"model.norm.weight": torch.zeros(64, dtype=torch.int64)}, "tensor model.norm.weight is int64"),
    ]:
        torch.save(content, source / "pytorch_model.bin")
        with pytest.raises(InputError, match=message):
            import_model(source, tmp_path / "ours")


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
@pytest.mark.parametrize(("value", "name"), [(np.nan, "NaN"), (np.inf, "infinity"), (-np.inf, "infinity")])
def test_numbers_that_are_none_are_named(source, dtype, value, name, tmp_path):
    tensors = {key: array.astype(dtype) for key, array in load_file(source / "model.safetensors").items()}
    tensors[Q][63, 63] = value
    save_file(tensors, source / "model.safetensors")
    with pytest.raises(InputError, match=rf"model\.safetensors: tensor {Q} holds {name}"):
        import_model(source, tmp_path / "ours")
    assert list(tmp_path.iterdir()) == [source]


def test_the_embedding_grows_to_a_multiple_and_shrinks_back_on_export(source, tmp_path):
    rows = load_config(source).vocab_size
    info = import_model(source, tmp_path / "ours", vocab_multiple=128)
    assert (rows, load_config(tmp_path / "ours").vocab_size, info.vocab_rows) == (360, 384, 360)
    embedding = load_file(tmp_path / "ours" / "model.safetensors")["model.embed_tokens.weight"]
    np.testing.assert_allclose(embedding[360:], np.tile(embedding[:360].mean(0, dtype=np.float64), (24, 1)), rtol=1e-5)
    assert read_info(tmp_path / "ours") == info
    assert import_model(tmp_path / "ours", tmp_path / "again", vocab_multiple=100).vocab_rows == 360


def test_a_tokenizer_with_added_tokens_gets_rows_for_them(source, tmp_path):
    spec = read_json(source / "tokenizer.json")
    plain = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    spec["added_tokens"] += [{"id": 360 + n, "content": f"<|new{n}|>", **plain} for n in range(3)]
    (source / "tokenizer.json").write_text(json.dumps(spec))
    with pytest.raises(InputError, match="has 363 tokens, but .* only 360 rows; .* --vocab-multiple` does"):
        import_model(source, tmp_path / "ours")
    assert cli.main(["import", str(source), str(tmp_path / "ours"), "--vocab-multiple=1"]) == 0
    assert load_config(tmp_path / "ours").vocab_size == read_info(tmp_path / "ours").vocab_rows == 363
    model = load_model(tmp_path / "ours")
    save_model(model, tmp_path / "out", tokenizer_dir=tmp_path / "ours", info=read_info(tmp_path / "ours"))


def test_two_forms_of_a_tokenizer_are_compared_on_code(sentencepiece_dir, llama_json_dir, tmp_path, caplog):
    from flax import nnx

    from kcjax.model.config import LlamaConfig
    from kcjax.model.info import ModelInfo
    from kcjax.model.llama import Llama

    both = shutil.copytree(llama_json_dir, tmp_path / "both")
    shutil.copy(sentencepiece_dir / "tokenizer.model", both)
    (both / "tokenizer_config.json").write_text(json.dumps({"bos_token": "<s>", "eos_token": "</s>"}))
    tokenizer = load_tokenizer(both)
    info = ModelInfo(tokenizer.bos_id, tokenizer.eos_id, tokenizer.hash)
    model = Llama(LlamaConfig(32000, 8, 8, 1, 1, 1, 8), rngs=nnx.Rngs(0))
    save_model(model, tmp_path / "model", tokenizer_dir=both, info=info)
    (tmp_path / "model" / "kcjax.json").unlink()
    import_model(tmp_path / "model", tmp_path / "ours")
    assert not caplog.messages
    spec = read_json(both / "tokenizer.json")
    spec["model"]["merges"] = [merge for merge in spec["model"]["merges"] if "".join(merge) != "▁class"]
    (tmp_path / "model" / "tokenizer.json").write_text(json.dumps(spec))
    import_model(tmp_path / "model", tmp_path / "other")
    (message,) = caplog.messages
    assert "tokenizer.json and tokenizer.model differ: after ''" in message
    assert message.endswith("tokenizer.json is what is used")


def test_killed_at_any_point_it_leaves_nothing_that_loads_and_then_finishes(source, tmp_path):
    tensors = load_file(source / "model.safetensors")
    config = read_json(source / "config.json") | {"vocab_size": 200_000}
    (source / "config.json").write_text(json.dumps(config))
    tensors["model.embed_tokens.weight"] = np.ones((200_000, 64), np.float32)
    save_file(tensors, source / "model.safetensors")
    output = tmp_path / "models" / "ours"
    command = [sys.executable, "-m", "kcjax.cli", "import", str(source), str(output)]
    for files in (1, 3, 4):  # killed once so many files are there
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while process.poll() is None:
            if len(list(tmp_path.glob("models/.ours.*.partial/*"))) >= files:
                process.send_signal(signal.SIGKILL)
            time.sleep(0.001)
        assert process.returncode == -signal.SIGKILL and not output.exists()
        (partial,) = tmp_path.glob("models/.ours.*.partial")
        assert not (partial / "config.json").exists()
        with pytest.raises(InputError):
            load_model(partial)
    assert subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0
    assert os.listdir(tmp_path / "models") == ["ours"]
    found = load_file(output / "model.safetensors")
    assert {name: array.tobytes() for name, array in found.items()} == {n: a.tobytes() for n, a in tensors.items()}


def test_names_that_are_no_model_are_refused(tmp_path):
    for name, message in [("nothing/here/at/all", "no such file"), ("model.gguf", "no such file")]:
        with pytest.raises(InputError, match=message):
            import_model(name, tmp_path / "ours")
    with pytest.raises(InputError, match="only a model on the hub has revisions"):
        import_model("model.gguf", tmp_path / "ours", revision="main")
