import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from kcjax.errors import InputError
from kcjax.model.attention import packed_causal_mask
from kcjax.model.huggingface import load_model, save_model
from kcjax.model.info import read_info
from kcjax.model.lora import LoraConfig, LoraParam, add_lora, merge_lora
from kcjax.model.peft import save_peft_adapter

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
peft = pytest.importorskip("peft")

TOKENS = np.random.default_rng(0).integers(0, 360, (2, 20))


def our_logits(model):
    tokens = jnp.asarray(TOKENS)
    positions = jnp.broadcast_to(jnp.arange(tokens.shape[1]), tokens.shape)
    hidden = model.hidden(tokens, positions_BxT=positions, mask_BxTxT=packed_causal_mask(jnp.ones_like(tokens)))
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
