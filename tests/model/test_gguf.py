import json

import gguf
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sentencepiece
from flax import nnx
from gguf import GGMLQuantizationType, GGUFWriter
from safetensors.numpy import load_file

from kcjax.corpus.tokenizer import load_tokenizer
from kcjax.errors import InputError
from kcjax.files import read_json
from kcjax.model.gguf import GgufModel, unpermute_rows
from kcjax.model.huggingface import load_config, load_model
from kcjax.model.importing import import_model

ENGLISH = [
    "The capital of France is Paris, and the capital of Germany is Berlin.",
    "Water boils at one hundred degrees Celsius at sea level.",
    "The ship left the harbour early in the morning and sailed north along the coast.",
    "She opened the door, looked around the room, and sat down at the table.",
]
NAMES = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "model.embed_tokens": "token_embd",
    "model.norm": "output_norm",
}


def permute_rows(weight, heads):
    """What llama.cpp's convert_hf_to_gguf.py does to the query and key weights of LLaMA."""
    return (
        weight.reshape(heads, 2, weight.shape[0] // heads // 2, *weight.shape[1:]).swapaxes(1, 2).reshape(weight.shape)
    )


def tiny_fields(model_dir):
    """Metadata of the tiny model as llama.cpp's converter would write it."""
    vocab = json.loads((model_dir / "tokenizer.json").read_text())["model"]
    return {
        "llama.block_count": 2,
        "llama.context_length": 2048,
        "llama.embedding_length": 64,
        "llama.feed_forward_length": 160,
        "llama.attention.head_count": 4,
        "llama.attention.head_count_kv": 2,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "llama.rope.freq_base": 10000.0,
        "llama.rope.dimension_count": 16,
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "gpt-2",
        "tokenizer.ggml.tokens": sorted(vocab["vocab"], key=vocab["vocab"].get),
        "tokenizer.ggml.token_type": [3, 3, 3] + [1] * 357,
        "tokenizer.ggml.merges": [" ".join(merge) for merge in vocab["merges"]],
        "tokenizer.ggml.bos_token_id": 0,
        "tokenizer.ggml.eos_token_id": 1,
        "tokenizer.chat_template": "{{ messages }}",
    }


def write_gguf(path, fields, tensors, *, architecture="llama"):
    writer = GGUFWriter(path, architecture)
    for key, value in fields.items():
        if isinstance(value, list):
            writer.add_array(key, value)
        elif isinstance(value, str):
            writer.add_string(key, value)
        elif isinstance(value, bool):
            writer.add_bool(key, value)
        elif isinstance(value, float):
            writer.add_float32(key, value)
        else:
            writer.add_uint32(key, value)
    for name, tensor in tensors.items():
        writer.add_tensor(name, tensor, raw_dtype=GGMLQuantizationType.Q8_0 if tensor.dtype == np.uint8 else None)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def gguf_tensors(model_dir):
    tensors = {}
    for name, tensor in load_file(model_dir / "model.safetensors").items():
        if "q_proj" in name or "k_proj" in name:
            tensor = permute_rows(tensor, 4 if "q_proj" in name else 2)
        stem, _, kind = name.rpartition(".")
        if stem.startswith("model.layers."):
            layer, stem = stem.removeprefix("model.layers.").split(".", 1)
            tensors[f"blk.{layer}.{NAMES[stem]}.{kind}"] = tensor
        else:
            tensors[f"{NAMES[stem]}.{kind}"] = tensor
    return tensors


@pytest.fixture
def tiny_gguf(tiny_model_dir, tmp_path):
    return write_gguf(tmp_path / "tiny.gguf", tiny_fields(tiny_model_dir), gguf_tensors(tiny_model_dir))


def our_logits(model, tokens):
    tokens = jnp.asarray(tokens)
    positions = jnp.broadcast_to(jnp.arange(tokens.shape[1]), tokens.shape)
    return nnx.jit(lambda model: model.logits(model.hidden(tokens, positions_BxT=positions)))(model)


def test_gguf_of_a_model_imports_as_that_model(tiny_gguf, tiny_model_dir, tmp_path):
    info = import_model(tiny_gguf, tmp_path / "ours")
    assert (info.bos_id, info.eos_id, info.base_model) == (0, 1, "tiny")
    assert load_config(tmp_path / "ours") == load_config(tiny_model_dir)
    expected, found = (load_file(d / "model.safetensors") for d in (tiny_model_dir, tmp_path / "ours"))
    assert found.keys() == expected.keys()
    for name in expected:
        np.testing.assert_array_equal(found[name], expected[name], err_msg=name)
    ours, theirs = load_tokenizer(tmp_path / "ours"), load_tokenizer(tiny_model_dir)
    text = "class Ship(Entity):\n\tpass  # 2024 é"
    assert ours.encode(text) == theirs.encode(text)
    assert read_json(tmp_path / "ours" / "tokenizer_config.json")["chat_template"] == "{{ messages }}"


def test_logits_equal_those_of_transformers_own_gguf_reader(tiny_gguf, tmp_path):
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    tokens = np.random.default_rng(0).integers(0, 360, (2, 30))
    import_model(tiny_gguf, tmp_path / "ours")
    reference = transformers.AutoModelForCausalLM.from_pretrained(tmp_path, gguf_file="tiny.gguf")
    with torch.inference_mode():
        expected = reference(torch.tensor(tokens)).logits.numpy()
    np.testing.assert_allclose(our_logits(load_model(tmp_path / "ours"), tokens), expected, atol=1e-4)


def test_unpermuting_undoes_llama_cpps_permutation():
    weight = np.arange(2 * 8 * 3).reshape(16, 3)
    np.testing.assert_array_equal(unpermute_rows(permute_rows(weight, 2), 2), weight)
    assert not np.array_equal(permute_rows(weight, 2), weight)


def test_qwen2_rows_are_not_permuted_and_its_biases_are_read(tiny_model_dir, tmp_path):
    fields = {key.replace("llama.", "qwen2."): value for key, value in tiny_fields(tiny_model_dir).items()}
    del fields["qwen2.rope.dimension_count"]
    tensors = gguf_tensors(tiny_model_dir)
    for layer in range(2):
        for part, size in (("q", 64), ("k", 32), ("v", 32)):
            tensors[f"blk.{layer}.attn_{part}.bias"] = np.arange(size, dtype=np.float32)
    model = GgufModel(write_gguf(tmp_path / "q.gguf", fields, tensors, architecture="qwen2"))
    assert model.config.qkv_bias and model.config.head_dim == 16
    name = "model.layers.1.self_attn.q_proj"
    np.testing.assert_array_equal(model.get(f"{name}.weight"), tensors["blk.1.attn_q.weight"])
    np.testing.assert_array_equal(model.get(f"{name}.bias"), np.arange(64))


def test_quantised_tensors_come_as_float32(tiny_model_dir, tmp_path):
    tensors = gguf_tensors(tiny_model_dir)
    weight = tensors["blk.0.ffn_gate.weight"]
    packed = {"blk.0.ffn_gate.weight": gguf.quants.quantize(weight, GGMLQuantizationType.Q8_0)}
    model = GgufModel(write_gguf(tmp_path / "q8.gguf", tiny_fields(tiny_model_dir), tensors | packed))
    found = model.get("model.layers.0.mlp.gate_proj.weight")
    assert found.dtype == np.float32 and found.shape == weight.shape
    assert 0 < np.abs(found - weight).max() < 1e-3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"llama.rope.scaling.type": "yarn"}, "llama.rope.scaling.type = 'yarn' is not supported"),
        ({"llama.attention.sliding_window": 1024}, "llama.attention.sliding_window = 1024"),
        ({"llama.expert_count": 8}, "llama.expert_count = 8"),
        ({"llama.logit_scale": 2.0}, "llama.logit_scale"),
        ({"llama.rope.dimension_count": 8}, "llama.rope.dimension_count = 8 is not the head size 16"),
        ({"tokenizer.ggml.pre": "starcoder"}, "tokenizer.ggml.pre 'starcoder' is not supported"),
        ({"tokenizer.ggml.model": "bert"}, "tokenizer.ggml.model 'bert' is not supported"),
        ({"llama.attention.head_count_kv": 3}, "not a multiple of num_kv_heads 3"),
        ({"split.count": 3}, "one of 3 parts"),
    ],
)
def test_what_is_not_computed_is_refused_by_name(tiny_model_dir, tmp_path, change, message):
    path = write_gguf(tmp_path / "t.gguf", tiny_fields(tiny_model_dir) | change, gguf_tensors(tiny_model_dir))
    with pytest.raises(InputError, match=rf"t\.gguf: .*{message}"):
        GgufModel(path)


def test_incomplete_tokenizer_names_what_is_missing(tiny_model_dir, tmp_path):
    fields = tiny_fields(tiny_model_dir)
    del fields["tokenizer.ggml.merges"]
    with pytest.raises(InputError, match=r"t\.gguf: its tokenizer is incomplete: tokenizer\.ggml\.merges"):
        GgufModel(write_gguf(tmp_path / "t.gguf", fields, gguf_tensors(tiny_model_dir)))


def test_unknown_and_missing_tensors_and_architectures_are_named(tiny_model_dir, tmp_path):
    fields, tensors = tiny_fields(tiny_model_dir), gguf_tensors(tiny_model_dir)
    path = write_gguf(tmp_path / "a.gguf", fields, tensors | {"rope_freqs.weight": np.ones(8, np.float32)})
    with pytest.raises(InputError, match=r"tensor rope_freqs\.weight"):
        GgufModel(path)
    del tensors["blk.1.ffn_up.weight"]
    path = write_gguf(tmp_path / "b.gguf", fields, tensors)
    with pytest.raises(InputError, match=r"b\.gguf: tensor model\.layers\.1\.mlp\.up_proj\.weight .* is missing"):
        import_model(path, tmp_path / "out")
    path = write_gguf(tmp_path / "c.gguf", fields, tensors, architecture="gemma")
    with pytest.raises(InputError, match="architecture 'gemma' is not supported"):
        GgufModel(path)


@pytest.mark.parametrize("keep", [0, 10, 3000, -5])
def test_damaged_and_truncated_files_are_input_errors(tiny_gguf, keep):
    tiny_gguf.write_bytes(tiny_gguf.read_bytes()[:keep])
    with pytest.raises(InputError, match=r"tiny\.gguf: not a GGUF file, or damaged or cut short"):
        GgufModel(tiny_gguf)


def test_sentencepiece_vocabulary_is_rebuilt(sentencepiece_dir, tiny_model_dir, tmp_path):
    reference = sentencepiece.SentencePieceProcessor(model_file=str(sentencepiece_dir / "tokenizer.model"))
    ids = range(len(reference))
    fields = {key: value for key, value in tiny_fields(tiny_model_dir).items() if not key.startswith("tokenizer.")}
    fields |= {
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": [reference.id_to_piece(id) for id in ids],
        "tokenizer.ggml.scores": [reference.get_score(id) for id in ids],
        "tokenizer.ggml.token_type": [2, 3, 3] + [6] * 256 + [1] * (len(ids) - 259),
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
    }
    model = GgufModel(write_gguf(tmp_path / "t.gguf", fields, gguf_tensors(tiny_model_dir)))
    for name, content in model.tokenizer_files.items():
        (tmp_path / name).write_bytes(content)
    ours, theirs = load_tokenizer(tmp_path), load_tokenizer(sentencepiece_dir)
    text = 'class Ship:\n    """  two  spaces é 😀"""\n\tx = 2024'
    for at_start in (True, False):
        assert ours.encode(text, at_start=at_start) == theirs.encode(text, at_start=at_start)
    assert (ours.bos_id, ours.eos_id, ours.vocab_size) == (1, 2, 32000)


def english_loss(model, tokenizer):
    """Mean loss in nats a token of the sentences, twice in a row: copying them needs positions to be right."""
    tokens = jnp.array([[tokenizer.bos_id, *tokenizer.encode(" ".join(ENGLISH * 2))]])
    log_probabilities = jax.nn.log_softmax(our_logits(model, tokens)[0, :-1])
    return -float(log_probabilities[jnp.arange(tokens.shape[1] - 1), tokens[0, 1:]].mean())


def test_smollm2_predicts_english_and_would_not_with_the_rows_left_permuted(smollm2_dir):
    model, tokenizer = load_model(smollm2_dir), load_tokenizer(smollm2_dir)
    assert english_loss(model, tokenizer) < 2  # 1.76
    for layer, heads in ((model.blocks.q, 9), (model.blocks.k, 3)):
        kernels = [permute_rows(np.asarray(kernel).T, heads).T for kernel in layer.kernel[...]]
        layer.kernel[...] = jnp.stack(kernels)
    assert english_loss(model, tokenizer) > 4  # 4.75


@pytest.mark.slow
def test_smollm2_equals_transformers_reading_the_gguf_itself(smollm2_gguf, smollm2_dir):
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    names = {"gguf_file": smollm2_gguf.name}
    reference = transformers.AutoModelForCausalLM.from_pretrained(smollm2_gguf.parent, **names)
    tokenizer = load_tokenizer(smollm2_dir)
    their_tokenizer = transformers.AutoTokenizer.from_pretrained(smollm2_gguf.parent, **names)
    model = load_model(smollm2_dir)
    for text in ENGLISH:
        ids = tokenizer.encode(text)
        assert ids == their_tokenizer(text, add_special_tokens=False)["input_ids"]
        tokens = [[tokenizer.bos_id, *ids]]
        with torch.inference_mode():
            expected = reference(torch.tensor(tokens)).logits.numpy()
        np.testing.assert_allclose(our_logits(model, tokens), expected, atol=1e-3)
