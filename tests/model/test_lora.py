import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from kcjax.errors import InputError
from kcjax.model.config import LlamaConfig
from kcjax.model.llama import Llama
from kcjax.model.lora import ALL_LINEAR, LoraConfig, LoraParam, add_lora, lora_config_of, merge_lora

CONFIG = LlamaConfig(128, 64, 96, 2, 4, 2, 16, qkv_bias=True)
TOKENS = jnp.arange(12).reshape(1, 12)


def hidden(model: Llama, **kwargs) -> np.ndarray:
    return np.asarray(model.hidden(TOKENS, positions_BxT=jnp.arange(12)[None], **kwargs))


def trained(config: LoraConfig) -> Llama:
    """A model whose adapters are away from zero."""
    model = Llama(CONFIG, rngs=nnx.Rngs(0))
    add_lora(model, config, rngs=nnx.Rngs(1))
    for name in config.targets:
        layer = getattr(model.blocks, name)
        layer.b[...] = 0.1 * jax.random.normal(jax.random.key(len(name)), layer.b.shape)
    return model


def test_new_adapters_change_nothing():
    model = Llama(CONFIG, rngs=nnx.Rngs(0))
    before = hidden(model)
    add_lora(model, LoraConfig(rank=4), rngs=nnx.Rngs(1))
    np.testing.assert_array_equal(hidden(model), before)


@pytest.mark.parametrize("targets", [ALL_LINEAR, ("q", "v")])
def test_merging_keeps_what_the_model_computes(targets):
    model = trained(LoraConfig(rank=4, alpha=8, targets=targets))
    before = hidden(model)
    assert np.abs(before - hidden(Llama(CONFIG, rngs=nnx.Rngs(0)))).max() > 0.01
    merge_lora(model)
    np.testing.assert_allclose(hidden(model), before, atol=1e-5)
    assert lora_config_of(model) is None and not jax.tree.leaves(nnx.state(model, LoraParam))


def test_only_the_adapters_are_trainable():
    _, adapters, rest = nnx.split(trained(LoraConfig(rank=4)), LoraParam, ...)
    assert {path[-1] for path, _ in nnx.to_flat_state(adapters)} == {"a", "b"}
    assert len(nnx.to_flat_state(adapters)) == 2 * len(ALL_LINEAR)
    assert not {"a", "b"} & {path[-1] for path, _ in nnx.to_flat_state(rest)}


def test_dropout_is_a_function_of_its_key_and_keeps_the_mean():
    model = trained(LoraConfig(rank=4, alpha=4, dropout=0.5))
    with_key = lambda seed: hidden(model, dropout_keys_B=jax.random.split(jax.random.key(seed), 1))
    np.testing.assert_array_equal(with_key(0), with_key(0))
    assert np.abs(with_key(0) - with_key(1)).max() > 1e-3
    x = jnp.ones((1, 1, 64))
    graph, layer = nnx.split(model.blocks.q)
    first = nnx.merge(graph, jax.tree.map(lambda a: a[0], layer))
    mean = jnp.mean(jnp.stack([first(x, jax.random.key(seed)[None]) for seed in range(2000)]), axis=0)
    np.testing.assert_allclose(mean, first(x), atol=0.05)


def test_bad_configs_are_refused():
    with pytest.raises(InputError, match="unknown layer 'lm_head'"):
        LoraConfig(targets=("q", "lm_head"))
    with pytest.raises(InputError, match="rank must be at least 1"):
        LoraConfig(rank=0)
