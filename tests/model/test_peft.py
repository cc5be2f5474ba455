import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from safetensors.numpy import load_file, save_file

from kcjax.errors import InputError
from kcjax.model.huggingface import load_model, save_model
from kcjax.model.info import read_info
from kcjax.model.lora import ALL_LINEAR, LoraConfig, LoraParam, add_lora, lora_config_of, merge_lora
from kcjax.model.peft import load_peft_adapter, save_peft_adapter

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
peft = pytest.importorskip("peft")

TOKENS = np.random.default_rng(0).integers(0, 360, (2, 20))


def our_logits(model):
    tokens = jnp.asarray(TOKENS)
    positions = jnp.broadcast_to(jnp.arange(tokens.shape[1]), tokens.shape)
    hidden = model.hidden(tokens, positions_BxT=positions)
    return np.asarray(model.logits(hidden))


def with_adapters(directory, config):
    model = load_model(directory)
    add_lora(model, config, rngs=nnx.Rngs(0))
    random = np.random.default_rng(0)
    state = nnx.state(model, LoraParam)
    nnx.update(model, jax.tree.map(lambda leaf: jnp.asarray(random.normal(0, 0.3, leaf.shape), leaf.dtype), state))
    return model


@pytest.mark.parametrize("targets", [LoraConfig().targets, ("q", "v")])
def test_peft_loads_the_adapter_and_computes_the_same(tiny_model_dir, tmp_path, targets):
    model = with_adapters(tiny_model_dir, LoraConfig(rank=4, alpha=6.0, dropout=0.1, targets=targets))
    save_peft_adapter(model, tmp_path / "adapter", base_model=str(tiny_model_dir))
    base = transformers.AutoModelForCausalLM.from_pretrained(tiny_model_dir)
    with torch.inference_mode():
        before = base(torch.tensor(TOKENS)).logits.numpy()
        reference = peft.PeftModel.from_pretrained(base, tmp_path / "adapter").eval()
        expected = reference(torch.tensor(TOKENS)).logits.numpy()
    assert np.abs(before - expected).max() > 0.1
    np.testing.assert_allclose(our_logits(model), expected, atol=1e-3)
    found = reference.peft_config["default"]
    assert (found.r, found.lora_alpha, found.lora_dropout, found.task_type) == (4, 6.0, 0.1, "CAUSAL_LM")


def test_merged_model_exports_with_the_adapters_in_its_weights(tiny_model_dir, tmp_path):
    model = with_adapters(tiny_model_dir, LoraConfig(rank=4))
    expected = our_logits(model)
    with pytest.raises(InputError, match="merge them first"):
        save_model(model, tmp_path / "out", tokenizer_dir=tiny_model_dir, info=read_info(tiny_model_dir))
    merge_lora(model)
    save_model(model, tmp_path / "out", tokenizer_dir=tiny_model_dir, info=read_info(tiny_model_dir))
    reference = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "out")
    with torch.inference_mode():
        np.testing.assert_allclose(reference(torch.tensor(TOKENS)).logits.numpy(), expected, atol=1e-3)
    with pytest.raises(InputError, match="carries no LoRA adapters"):
        save_peft_adapter(model, tmp_path / "adapter", base_model="tiny")


def peft_config(directory, **changes):
    path = directory / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.fixture
def adapter(tiny_model_dir, tmp_path):
    model = with_adapters(tiny_model_dir, LoraConfig(rank=4, alpha=6.0, targets=("q", "down")))
    save_peft_adapter(model, tmp_path / "adapter", base_model=str(tiny_model_dir))
    return tmp_path / "adapter"


@pytest.mark.parametrize("targets", [ALL_LINEAR, ("v", "o")])
def test_a_saved_adapter_comes_back_exactly(tiny_model_dir, tmp_path, targets):
    model = with_adapters(tiny_model_dir, LoraConfig(rank=4, alpha=6.0, dropout=0.1, targets=targets))
    save_peft_adapter(model, tmp_path / "adapter", base_model=str(tiny_model_dir))
    again = load_model(tiny_model_dir)
    load_peft_adapter(again, tmp_path / "adapter")
    assert lora_config_of(again) == lora_config_of(model)
    states = (nnx.state(m, LoraParam) for m in (model, again))
    jax.tree.map(np.testing.assert_array_equal, *states)
    with pytest.raises(InputError, match="carries LoRA adapters already"):
        load_peft_adapter(again, tmp_path / "adapter")


def test_an_adapter_made_by_peft_computes_the_same_here(tiny_model_dir, tmp_path):
    torch.manual_seed(0)
    base = transformers.AutoModelForCausalLM.from_pretrained(tiny_model_dir)
    settings = peft.LoraConfig(r=3, lora_alpha=8, target_modules=["k_proj", "up_proj"], task_type="CAUSAL_LM")
    theirs = peft.get_peft_model(base, settings).eval()
    with torch.no_grad():
        for name, parameter in theirs.named_parameters():
            if "lora_" in name:
                parameter.normal_(0, 0.3)
        expected = theirs(torch.tensor(TOKENS)).logits.numpy()
    theirs.save_pretrained(tmp_path / "adapter")
    model = load_model(tiny_model_dir)
    before = our_logits(model)
    load_peft_adapter(model, tmp_path / "adapter")
    assert np.abs(before - expected).max() > 0.1
    np.testing.assert_allclose(our_logits(model), expected, atol=1e-3)


def test_adapters_can_be_stored_in_bfloat16(tiny_model_dir, tmp_path):
    model = with_adapters(tiny_model_dir, LoraConfig(rank=4))
    save_peft_adapter(model, tmp_path / "adapter", base_model="tiny", dtype="bfloat16")
    tensors = load_file(tmp_path / "adapter" / "adapter_model.safetensors")
    assert {tensor.dtype.name for tensor in tensors.values()} == {"bfloat16"}
    again = load_model(tiny_model_dir)
    load_peft_adapter(again, tmp_path / "adapter")
    np.testing.assert_array_equal(again.blocks.q.a[...], model.blocks.q.a[...].astype(jnp.bfloat16))
    base = transformers.AutoModelForCausalLM.from_pretrained(tiny_model_dir)
    with torch.inference_mode():
        expected = peft.PeftModel.from_pretrained(base, tmp_path / "adapter").eval()(torch.tensor(TOKENS)).logits
    np.testing.assert_allclose(our_logits(again), expected.numpy(), atol=1e-3)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("peft_type", "IA3"),
        ("use_dora", True),
        ("use_rslora", True),
        ("bias", "all"),
        ("rank_pattern", {"q_proj": 2}),
        ("alpha_pattern", {"q_proj": 2}),
        ("modules_to_save", ["lm_head"]),
        ("layers_to_transform", 0),
        ("init_lora_weights", "pissa"),
        ("something_of_next_year", 1),
        ("target_modules", ["q_proj", "down_proj", "up_proj"]),
        ("target_modules", ["q_proj", "down_proj", "wte"]),
        ("r", "4"),
        ("r", None),
        ("lora_alpha", True),
        ("lora_dropout", "some"),
    ],
)
def test_a_field_that_changes_the_computation_is_refused_by_name(tiny_model_dir, adapter, field, value):
    peft_config(adapter, **{field: value})
    model = load_model(tiny_model_dir)
    with pytest.raises(InputError, match=rf"adapter_config\.json: {field} "):
        load_peft_adapter(model, adapter)
    assert lora_config_of(model) is None


def drop(tensors):
    tensors.popitem()


def reshape(tensors):
    name = min(tensors)
    tensors[name] = tensors[name][:, :-1].copy()


def add_layer(tensors):
    tensors |= {name.replace("layers.1", "layers.2"): tensor for name, tensor in tensors.items()}


def add_head(tensors):
    tensors["base_model.model.lm_head.lora_A.weight"] = np.zeros((4, 64), np.float32)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (drop, "tensor .* is missing"),
        (reshape, "adapter of another model"),
        (add_layer, "has no place in the model of 2 layers"),
        (add_head, "lm_head.lora_A.weight is not LoRA on a linear layer"),
    ],
)
def test_tensors_of_another_model_are_refused_by_name(tiny_model_dir, adapter, change, message):
    tensors = load_file(adapter / "adapter_model.safetensors")
    change(tensors)
    save_file(tensors, adapter / "adapter_model.safetensors")
    model = load_model(tiny_model_dir)
    with pytest.raises(InputError, match=message):
        load_peft_adapter(model, adapter)
    assert lora_config_of(model) is None


def test_a_rank_that_is_not_that_of_the_tensors_is_refused(tiny_model_dir, adapter):
    peft_config(adapter, r=2)
    with pytest.raises(InputError, match="rank 2 ask for"):
        load_peft_adapter(load_model(tiny_model_dir), adapter)


def test_a_directory_without_an_adapter_is_named(tiny_model_dir, adapter):
    with pytest.raises(InputError, match="adapter_config.json: no such file"):
        load_peft_adapter(load_model(tiny_model_dir), tiny_model_dir)
    (adapter / "adapter_model.safetensors").write_bytes(b"cut")
    with pytest.raises(InputError, match="adapter_model.safetensors: damaged"):
        load_peft_adapter(load_model(tiny_model_dir), adapter)
    (adapter / "adapter_model.safetensors").unlink()
    with pytest.raises(InputError, match="has neither adapter_model.safetensors"):
        load_peft_adapter(load_model(tiny_model_dir), adapter)
