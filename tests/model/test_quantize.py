import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from kcjax.model.config import LlamaConfig
from kcjax.model.llama import Llama
from kcjax.model.lora import LoraConfig, LoraParam, add_lora
from kcjax.model.quantize import quantize, quantize_blocks
from kcjax.parallel.mesh import make_mesh
from kcjax.parallel.sharding import param_shardings

SHAPE = LlamaConfig(256, 64, 128, 2, 8, 4, 8, qkv_bias=True)
TOKENS = jnp.arange(24).reshape(2, 12)


def hidden(model: Llama) -> np.ndarray:
    return np.asarray(model.hidden(TOKENS, positions_BxT=jnp.tile(jnp.arange(12), (2, 1))))


@given(arrays(np.float32, (2, 5, 3), elements=st.floats(-100, 100, width=32)))
@settings(max_examples=50, deadline=None)
def test_a_weight_is_at_most_a_step_away(kernel):
    """Half a step by rounding; another for the largest, where the step in bfloat16 came out smaller."""
    values, scale = quantize(jnp.array(kernel))
    assert values.dtype == jnp.int8 and scale.dtype == jnp.bfloat16
    steps = np.asarray(scale, np.float32)[:, None]
    assert (np.abs(np.asarray(values, np.float32) * steps - kernel) <= 1.01 * steps).all()


def test_a_quantised_model_is_that_of_its_rounded_weights():
    model, rounded = (Llama(SHAPE, rngs=nnx.Rngs(0)) for _ in range(2))
    for layer in (rounded.blocks.q, rounded.blocks.down, rounded.blocks.gate):
        values, scale = quantize(layer.kernel[...])
        layer.kernel[...] = values.astype(jnp.float32) * scale.astype(jnp.float32)[:, None]
    for name in ("k", "v", "o", "up"):
        kernel = getattr(rounded.blocks, name).kernel
        values, scale = quantize(kernel[...])
        kernel[...] = values.astype(jnp.float32) * scale.astype(jnp.float32)[:, None]
    exact = hidden(model)
    quantize_blocks(model)
    assert {layer.kernel[...].dtype for layer in (model.blocks.q, model.blocks.up)} == {jnp.dtype("int8")}
    np.testing.assert_allclose(hidden(model), hidden(rounded), atol=1e-4)
    assert 0 < np.abs(hidden(model) - exact).max() < 0.1 * np.abs(exact).max()


@pytest.mark.parametrize("mesh", [{"fsdp": 8}, {"fsdp": 2, "tensor": 4}], ids=str)
def test_it_lies_where_the_weights_lay_and_adapters_stay(mesh):
    mesh = make_mesh(mesh)
    model = Llama(SHAPE, rngs=nnx.Rngs(0))
    add_lora(model, LoraConfig(rank=2), rngs=nnx.Rngs(1))
    state = nnx.state(model)
    nnx.update(model, jax.device_put(state, param_shardings(state, mesh)))
    quantize_blocks(model)
    state = nnx.state(model)
    places = param_shardings(state, mesh)
    assert all(
        a.sharding.is_equivalent_to(b, a.ndim)
        for a, b in zip(jax.tree.leaves(state), jax.tree.leaves(places), strict=True)
    )
    assert {leaf.dtype for leaf in jax.tree.leaves(nnx.state(model, LoraParam))} == {jnp.dtype("float32")}
