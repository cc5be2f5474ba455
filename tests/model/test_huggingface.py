import functools
import json
import math
import shutil

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest
from flax import nnx
from safetensors.numpy import load_file, save_file

from kcjax.corpus.tokenizer import load_tokenizer
from kcjax.errors import InputError
from kcjax.model.huggingface import load_config, load_model, save_model
from kcjax.model.importing import import_model
from kcjax.model.info import read_info
from kcjax.parallel.mesh import make_mesh
from kcjax.parallel.sharding import param_sharding

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

SMALL = {
    "vocab_size": 372,  # more rows than the tokenizer has tokens, as padded embeddings have
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "max_position_embeddings": 256,
    "rms_norm_eps": 1e-5,
    "bos_token_id": 0,
    "eos_token_id": 1,
}
LLAMA3_ROPE = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    # Less than the positions tested; of the four frequencies one is kept, one blended and two stretched.
    "original_max_position_embeddings": 128,
}
VARIANTS = {
    "llama": ("Llama", {"num_key_value_heads": 4, "tie_word_embeddings": False}),
    "smollm2": ("Llama", {"num_key_value_heads": 2, "tie_word_embeddings": True}),
    "one_kv_head": ("Llama", {"num_key_value_heads": 1}),
    "codellama": (
        "Llama",
        {"num_key_value_heads": 2, "rope_parameters": {"rope_type": "default", "rope_theta": 1e6}},
    ),
    "llama3": ("Llama", {"num_key_value_heads": 2, "rope_parameters": LLAMA3_ROPE | {"rope_theta": 10000.0}}),
    "wide_heads": ("Llama", {"num_key_value_heads": 2, "head_dim": 24}),
    "qwen2.5": ("Qwen2", {"num_key_value_heads": 2, "tie_word_embeddings": True}),
    "mistral_without_window": ("Mistral", {"num_key_value_heads": 2, "sliding_window": None}),
    "mistral": ("Mistral", {"num_key_value_heads": 2, "sliding_window": 21}),
}


def random_model(kind, **fields):
    """A transformers model whose every parameter, norms and biases too, is random and matters to the logits."""
    torch.manual_seed(0)
    config = getattr(transformers, f"{kind}Config")(**SMALL | fields)
    model = getattr(transformers, f"{kind}ForCausalLM")(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0.1, 0.3)
    return model


def save(model, directory, tokenizer_dir, **kwargs):
    model.save_pretrained(directory, **kwargs)
    shutil.copytree(tokenizer_dir, directory, dirs_exist_ok=True)
    return directory


def our_logits(model, tokens):
    tokens = jnp.asarray(tokens)
    positions = jnp.broadcast_to(jnp.arange(tokens.shape[1]), tokens.shape)
    return nnx.jit(lambda model: model.logits(model.hidden(tokens, positions_BxT=positions)))(model)


def their_logits(model, tokens):
    with torch.inference_mode():
        return model(torch.tensor(np.asarray(tokens))).logits.float().numpy()


TOKENS = np.random.default_rng(0).integers(0, 360, (2, 160))


@pytest.mark.parametrize("variant", VARIANTS)
def test_logits_equal_transformers(variant, tiny_tokenizer_dir, tmp_path):
    kind, fields = VARIANTS[variant]
    reference = random_model(kind, **fields)
    source = save(reference, tmp_path / "source", tiny_tokenizer_dir)
    import_model(source, tmp_path / "ours")
    expected = their_logits(reference, TOKENS)
    np.testing.assert_allclose(our_logits(load_model(tmp_path / "ours"), TOKENS), expected, atol=1e-3)
    assert expected.std() > 0.3  # or the tolerance would mean nothing


@pytest.mark.parametrize("mesh", [{}, {"fsdp": 8}, {"fsdp": 4, "tensor": 2}], ids=["1", "8", "4x2"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_tensors_and_config_come_back_exactly_from_any_mesh(variant, mesh, tiny_tokenizer_dir, tmp_path):
    kind, fields = VARIANTS[variant]
    reference = random_model(kind, **{"vocab_size": 376} | fields).to(torch.bfloat16)
    source = save(reference, tmp_path / "source", tiny_tokenizer_dir, max_shard_size="40KB")
    assert (source / "model.safetensors.index.json").exists()
    info = import_model(source, tmp_path / "ours")
    assert bits(tmp_path / "ours") == bits(source)
    place = functools.partial(param_sharding, mesh=make_mesh(mesh, devices=jax.devices()[: math.prod(mesh.values())]))
    model = load_model(tmp_path / "ours", param_dtype=jnp.bfloat16, sharding_of=place)
    save_model(model, tmp_path / "out", tokenizer_dir=tmp_path / "ours", info=info, max_shard_bytes=40_000)

    shards = sorted((tmp_path / "out").glob("model-*.safetensors"))
    assert len(shards) > 1 and all(shard.stat().st_size < 60_000 for shard in shards)
    assert bits(tmp_path / "out") == bits(source)
    assert load_config(tmp_path / "out") == load_config(source) == model.config
    again = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "out").eval()
    assert again.dtype == torch.bfloat16
    first = transformers.AutoModelForCausalLM.from_pretrained(source).eval()
    np.testing.assert_array_equal(their_logits(again, TOKENS), their_logits(first, TOKENS))
    assert read_info(tmp_path / "out") == info
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path / "out")
    assert tokenizer("class Ship:")["input_ids"] == load_tokenizer(tmp_path / "out").encode("class Ship:")


def bits(directory):
    """What all files of a model hold, by tensor."""
    files = (load_file(shard) for shard in directory.glob("model*.safetensors"))
    return {name: (str(a.dtype), a.shape, a.tobytes()) for tensors in files for name, a in tensors.items()}


def test_import_can_change_the_dtype(tiny_tokenizer_dir, tmp_path):
    reference = random_model("Llama")
    source = save(reference, tmp_path / "source", tiny_tokenizer_dir)
    import_model(source, tmp_path / "ours", dtype=jnp.bfloat16)
    tensors = load_file(tmp_path / "ours" / "model.safetensors")
    assert {tensor.dtype for tensor in tensors.values()} == {np.dtype(ml_dtypes.bfloat16)}
    assert transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "ours").dtype == torch.bfloat16
    with pytest.raises(InputError, match="dtype int8 is not supported"):
        import_model(source, tmp_path / "other", dtype=jnp.int8)
    assert not (tmp_path / "other").exists()


def test_each_device_gets_its_part_of_the_same_model(tiny_model_dir):
    mesh = jax.make_mesh((2, 4), ("tensor", "fsdp"), axis_types=(jax.sharding.AxisType.Auto,) * 2)

    def sharding_of(path, shape):
        axes = {1: (), 2: ("tensor", "fsdp"), 3: (None, "fsdp", "tensor")}[len(shape)]
        return jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec(*axes))

    whole, parts = (nnx.state(load_model(tiny_model_dir, sharding_of=how)) for how in (None, sharding_of))
    jax.tree.map(np.testing.assert_array_equal, whole, parts)
    kernel = parts["blocks"]["q"]["kernel"][...]
    assert {shard.data.shape for shard in kernel.addressable_shards} == {(2, 16, 32)}


@pytest.fixture
def broken(tiny_model_dir, tmp_path):
    """A copy of the tiny model to break."""
    return shutil.copytree(tiny_model_dir, tmp_path / "broken")


Q = "model.layers.1.self_attn.q_proj.weight"


def test_missing_extra_and_misshapen_tensors_are_named(broken):
    tensors = load_file(broken / "model.safetensors")
    query = tensors.pop(Q)
    for changed, message in [
        (tensors, rf"broken: tensor {Q} \[64, 64\] is missing"),
        (tensors | {Q: query[:60]}, rf"model\.safetensors: tensor {Q} has shape \[60, 64\], .*\[64, 64\]"),
        (
            tensors | {Q: query, "model.layers.0.mlp.extra": query},
            r"model\.safetensors: tensor model.layers.0.mlp.extra",
        ),
        (tensors | {Q: query.astype(np.int8)}, rf"model\.safetensors: tensor {Q} is I8"),
        (tensors | {Q: query, "lm_head.weight": np.zeros((360, 64), "float32")}, "lm_head.weight differs from"),
    ]:
        save_file(changed, broken / "model.safetensors")
        with pytest.raises(InputError, match=message):
            load_model(broken)
    harmless = {"lm_head.weight": tensors["model.embed_tokens.weight"]}
    harmless["model.layers.0.self_attn.rotary_emb.inv_freq"] = np.ones(8, "float32")
    save_file(tensors | {Q: query} | harmless, broken / "model.safetensors")
    load_model(broken)


@pytest.mark.parametrize("keep", [0, 6, 500, -1])
def test_damaged_and_truncated_files_are_named(broken, keep):
    file = broken / "model.safetensors"
    file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(InputError, match=r"model\.safetensors: damaged or cut short"):
        load_model(broken)


def test_shard_missing_or_outside_the_directory_is_an_input_error(broken):
    (broken / "model.safetensors").rename(broken / "model-00001-of-00002.safetensors")
    index = broken / "model.safetensors.index.json"
    for weight_map, message in [
        ({Q: "model-00002-of-00002.safetensors"}, "model-00002-of-00002.safetensors: no such file"),
        ({Q: "../model.safetensors"}, "is not the name of a file beside it"),
        ({"model.norm.bias": "model-00001-of-00002.safetensors"}, "tensor model.norm.bias is missing, though"),
        ({Q: ["model-00001-of-00002.safetensors"]}, "is not the name of a file beside it"),
        ([Q], "weight_map must be an object with the file of each tensor"),
        ({}, "weight_map must be an object with the file of each tensor"),
    ]:
        index.write_text(json.dumps({"weight_map": weight_map}))
        with pytest.raises(InputError, match=message):
            load_model(broken)
    index.unlink()
    (broken / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(InputError, match="`kcjax import` reads older forms"):
        load_model(broken)


def test_a_tensor_in_two_files_is_named(broken):
    tensors = load_file(broken / "model.safetensors")
    first, second = (f"model-0000{n}-of-00002.safetensors" for n in (1, 2))
    (broken / "model.safetensors").rename(broken / first)
    save_file({Q: tensors[Q] + 1}, broken / second)
    for holder in (first, second):
        weight_map = dict.fromkeys(tensors, first) | {Q: holder}
        (broken / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weight_map}))
        if holder == second:
            with pytest.raises(InputError, match=f"{second}: tensor {Q} is in {first} as well"):
                load_model(broken)
        else:
            load_model(broken)  # no tensor is looked for in the second


def test_tokenizer_larger_than_the_embedding_is_an_input_error(tiny_tokenizer_dir, tmp_path):
    source = save(random_model("Llama", vocab_size=359), tmp_path / "source", tiny_tokenizer_dir)
    for work in (lambda: load_model(source), lambda: import_model(source, tmp_path / "ours")):
        with pytest.raises(InputError, match=r"tokenizer has 360 tokens, but model.embed_tokens.weight only 359 rows"):
            work()
    assert not (tmp_path / "ours").exists()


def test_another_tokenizer_than_the_model_was_made_with_is_an_input_error(broken, tmp_path):
    model, info = load_model(broken), read_info(broken)
    with open(broken / "tokenizer.json", "a") as file:
        file.write("\n")
    with pytest.raises(InputError, match="not the one the model was made with"):
        load_model(broken)
    with pytest.raises(InputError, match="not the one the model was made with"):
        save_model(model, tmp_path / "out", tokenizer_dir=broken, info=info)
    assert not (tmp_path / "out").exists()


def test_a_model_directory_imports_as_itself(tiny_model_dir, tmp_path):
    assert import_model(tiny_model_dir, tmp_path / "copy") == read_info(tiny_model_dir)
    for name in ("model.safetensors", "tokenizer.json", "kcjax.json"):
        assert (tmp_path / "copy" / name).read_bytes() == (tiny_model_dir / name).read_bytes()
    with pytest.raises(InputError, match="exists already"):
        import_model(tiny_model_dir, tmp_path / "copy")


def test_smollm2_logits_equal_transformers(smollm2_dir):
    tokenizer = load_tokenizer(smollm2_dir)
    text = 'class City(Entity):\n\tpass\n\nsentence = "Ines sailed from Lisbon to Bergen in 1931."\n'
    tokens = [[tokenizer.bos_id, *tokenizer.encode(text)]]
    reference = transformers.AutoModelForCausalLM.from_pretrained(smollm2_dir).eval()
    np.testing.assert_allclose(our_logits(load_model(smollm2_dir), tokens), their_logits(reference, tokens), atol=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("mesh", [{}, {"fsdp": 8}, {"fsdp": 4, "tensor": 2}], ids=["1", "8", "4x2"])
def test_smollm2_comes_back_exactly_from_any_mesh(mesh, smollm2_dir, tmp_path):
    source = tmp_path / "source"
    transformers.AutoModelForCausalLM.from_pretrained(smollm2_dir, dtype=torch.bfloat16).save_pretrained(source)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(smollm2_dir / name, source)
    info = import_model(source, tmp_path / "ours")
    place = functools.partial(param_sharding, mesh=make_mesh(mesh, devices=jax.devices()[: math.prod(mesh.values())]))
    model = load_model(tmp_path / "ours", param_dtype=jnp.bfloat16, sharding_of=place)
    save_model(model, tmp_path / "out", tokenizer_dir=tmp_path / "ours", info=info)
    assert bits(source) == bits(tmp_path / "ours") == bits(tmp_path / "out")
