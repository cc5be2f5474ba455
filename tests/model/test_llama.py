import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from kcjax.decode.slots import split_by_layers
from kcjax.model.attention import Keys, KVCache, attend, attend_in_parts, quantized
from kcjax.model.config import LlamaConfig, RopeScaling
from kcjax.model.llama import NAMED, Llama, unstacked

CONFIG = LlamaConfig(
    vocab_size=97,
    hidden_size=32,
    intermediate_size=48,
    num_layers=3,
    num_heads=4,
    num_kv_heads=2,
    head_dim=16,
    rope_scaling=RopeScaling(factor=4.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_positions=16),
    qkv_bias=True,
)


def randomised(config):
    """A model whose every parameter matters: none is zero or one, and attention is far from uniform."""
    graph, state = nnx.split(nnx.eval_shape(lambda: Llama(config, rngs=nnx.Rngs(0))))
    random = np.random.default_rng(0)
    return nnx.merge(
        graph, jax.tree.map(lambda leaf: jnp.asarray(random.normal(0.1, 0.3, leaf.shape), "float32"), state)
    )


@pytest.fixture(scope="module")
def model():
    return randomised(CONFIG)


@pytest.fixture(scope="module")
def tokens():
    return jax.random.randint(jax.random.key(2), (2, 24), 0, CONFIG.vocab_size)


@nnx.jit
def logits(model, tokens, segment_ids=None, positions=None, prefix_ids=None):
    segment_ids = jnp.ones_like(tokens) if segment_ids is None else segment_ids
    positions = jnp.broadcast_to(jnp.arange(tokens.shape[1]), tokens.shape) if positions is None else positions
    hidden = model.hidden(tokens, positions_BxT=positions, segment_ids_BxT=segment_ids, prefix_ids_BxT=prefix_ids)
    return model.logits(hidden)


def test_packed_documents_have_the_logits_of_separate_ones(model, tokens):
    lengths = [7, 12, 3]
    row = tokens[:1, : sum(lengths) + 2]  # the last two are padding
    segment_ids = jnp.array([np.repeat([1, 2, 3, 0], [*lengths, 2])])
    positions = jnp.array([np.concatenate([np.arange(length) for length in (*lengths, 2)])])
    packed = logits(model, row, segment_ids, positions)
    start = 0
    for length in lengths:
        alone = logits(model, row[:, start : start + length])
        np.testing.assert_allclose(packed[:, start : start + length], alone, atol=1e-4)
        start += length
    assert bool(jnp.isfinite(packed).all())


def test_packed_documents_that_share_a_prefix_have_the_logits_of_separate_ones(model, tokens):
    row = tokens[:1, :20]  # a prefix of 6, two documents of 8 and 4 that follow it, 2 of padding
    segment_ids = jnp.array([np.repeat([1, 2, 3, 0], [6, 8, 4, 2])])
    prefix_ids = jnp.array([np.repeat([0, 1, 1, 0], [6, 8, 4, 2])])
    positions = jnp.array([[*range(6), *range(6, 14), *range(6, 10), 0, 1]])
    packed = logits(model, row, segment_ids, positions, prefix_ids)
    for start, end in ((6, 14), (14, 18)):
        alone = logits(model, jnp.concatenate([row[:, :6], row[:, start:end]], axis=1))
        np.testing.assert_allclose(packed[:, start:end], alone[:, 6:], atol=1e-4)


def test_a_token_changes_no_logits_before_it(model, tokens):
    changed = tokens.at[:, 10].add(1) % CONFIG.vocab_size
    before, after = logits(model, tokens), logits(model, changed)
    np.testing.assert_array_equal(before[:, :10], after[:, :10])
    assert not np.allclose(before[:, 10:], after[:, 10:], atol=1e-3)


@nnx.jit
def extend(model, tokens, cache, slot, start, before):
    batch, size = tokens.shape
    new, columns = jnp.arange(size), jnp.arange(cache.slots)
    hidden, own = model.extend(
        tokens,
        positions_BxT=jnp.broadcast_to(start + slot + new, (batch, size)),
        mask_BxTxT=jnp.broadcast_to(new <= new[:, None], (batch, size, size)),
        before=[*before, (cache, jnp.broadcast_to(columns < slot, (batch, size, cache.slots)))],
    )
    put = lambda a, b, axis: jax.lax.dynamic_update_slice_in_dim(a, b, slot, axis)
    return hidden, KVCache(put(cache.k_LxBxKxHxS, own.k_LxBxKxHxS, -1), put(cache.v_LxBxKxSxH, own.v_LxBxKxSxH, -2))


def extended(model, tokens, chunks, *, start=0, before=()):
    """Hidden states of `tokens`, fed in chunks of these sizes; `start` is the position of the first."""
    batch, length = tokens.shape
    shape = (CONFIG.num_layers, batch, CONFIG.num_kv_heads)
    k, v = (*shape, CONFIG.head_dim, length + 5), (*shape, length + 5, CONFIG.head_dim)
    cache = KVCache(jnp.full(k, 7.0), jnp.full(v, 7.0))  # what is not masked off would show
    outputs, slot = [], 0
    for size in chunks:
        hidden, cache = extend(model, tokens[:, slot : slot + size], cache, slot, start, before)
        outputs.append(hidden)
        slot += size
    return jnp.concatenate(outputs, axis=1), cache


@pytest.mark.parametrize("chunks", [[24], [10, 9, 5], [1] * 24], ids=str)
def test_extending_a_cache_in_any_chunks_equals_the_whole(model, tokens, chunks):
    hidden, _ = extended(model, tokens, chunks)
    np.testing.assert_allclose(model.logits(hidden), logits(model, tokens), atol=1e-4)


@pytest.mark.parametrize("at_once", [24, 8, 7, 1])
def test_attention_of_some_queries_at_a_time_is_that_of_all(at_once):
    random = np.random.default_rng(0)
    array = lambda *shape: jnp.asarray(random.normal(size=shape), "float32")
    q = array(2, 24, 4, 16)
    blocks = [
        Keys(array(2, 2, 16, 24), array(2, 2, 24, 16), jnp.tril(jnp.ones((1, 24, 24), bool))),
        Keys(array(2, 2, 16, 9), array(2, 2, 9, 16), jnp.asarray(random.random((2, 1, 9)) < 0.7)),
        Keys(array(2, 16, 5), array(2, 5, 16), jnp.arange(5) < 4),
    ]
    found = attend_in_parts(q, blocks, at_once=at_once)
    np.testing.assert_allclose(found, attend(q, blocks), atol=1e-6)


def test_layers_one_by_one_equal_the_scan(model, tokens):
    _, cache = extended(model, tokens[:, :9], [9])
    new = jnp.arange(15)
    kwargs = {
        "positions_BxT": jnp.broadcast_to(9 + new, (len(tokens), 15)),
        "mask_BxTxT": (new <= new[:, None])[None],
    }
    mask = jnp.broadcast_to(jnp.arange(14) < 9, (len(tokens), 15, 14))
    scanned, _ = model.extend(tokens[:, 9:], before=[(cache, mask)], **kwargs)
    layers = unstacked(nnx.state(model)["blocks"])
    hidden, own = model.extend(tokens[:, 9:], before=[(split_by_layers(cache), mask)], layers=layers, **kwargs)
    np.testing.assert_allclose(hidden, scanned, atol=1e-5)
    assert len(own) == CONFIG.num_layers and own[0].k_LxBxKxHxS.shape[0] == 1


@pytest.mark.parametrize("chunks", [[15], [1] * 15], ids=str)
def test_shared_prefix_equals_repeating_it_in_every_row(model, tokens, chunks):
    tokens = tokens.at[1, :9].set(tokens[0, :9])
    _, prefix = extended(model, tokens[:1, :9], [9])  # 14 slots, of which 9 are filled
    hidden, _ = extended(model, tokens[:, 9:], chunks, start=9, before=[(prefix, jnp.arange(14) < 9)])
    np.testing.assert_allclose(model.logits(hidden), logits(model, tokens)[:, 9:], atol=1e-4)


@pytest.mark.parametrize("chunks", [[8], [1] * 8], ids=str)
def test_what_all_rows_share_and_what_each_has_equal_one_cache(model, tokens, chunks):
    tokens = tokens.at[1, :9].set(tokens[0, :9])
    _, prefix = extended(model, tokens[:1, :9], [9])
    _, own = extended(model, tokens[:, 9:16], [7], start=9, before=[(prefix, jnp.arange(14) < 9)])
    own_mask = jnp.broadcast_to(jnp.arange(12) < 7, (2, 1, 12))
    before = [(prefix, jnp.arange(14) < 9), (own, own_mask)]
    hidden, _ = extended(model, tokens[:, 16:], chunks, start=16, before=before)
    np.testing.assert_allclose(model.logits(hidden), logits(model, tokens)[:, 16:], atol=1e-4)


def test_a_cache_of_8_bits_is_near_the_whole(model, tokens):
    _, own = extended(model, tokens[:, :16], [16])
    own_mask = jnp.broadcast_to(jnp.arange(21) < 16, (2, 1, 21))
    small = quantized(own)
    assert small.k_LxBxKxHxS.dtype == small.v_LxBxKxSxH.dtype == jnp.int8
    exact, _ = extended(model, tokens[:, 16:], [8], start=16, before=[(own, own_mask)])
    near, _ = extended(model, tokens[:, 16:], [8], start=16, before=[(small, own_mask)])
    assert 0 < np.abs(near - exact).max() < 0.05 * np.abs(exact).max()


def test_int8_keys_are_within_half_a_step(model, tokens):
    _, cache = extended(model, tokens[:, :16], [16])
    small = quantized(cache)
    k = small.k_LxBxKxHxS * small.k_scale_LxBxKxS[..., None, :]
    v = small.v_LxBxKxSxH * small.v_scale_LxBxKxS[..., None]
    assert bool((jnp.abs(k - cache.k_LxBxKxHxS) <= 0.501 * small.k_scale_LxBxKxS[..., None, :]).all())
    assert bool((jnp.abs(v - cache.v_LxBxKxSxH) <= 0.501 * small.v_scale_LxBxKxS[..., None]).all())


@pytest.mark.parametrize("policy", ["dots", "full", *(f"save:{name}" for name in NAMED), "save:qkv,mlp"])
def test_remat_changes_no_gradient(model, tokens, policy):
    graph, state = nnx.split(model)
    positions = jnp.broadcast_to(jnp.arange(24), (2, 24))

    def loss(state, remat):
        model = nnx.merge(graph, state)
        hidden = model.hidden(tokens, positions_BxT=positions, remat=remat)
        return jnp.square(model.logits(hidden)).mean()

    gradient = jax.jit(jax.grad(loss), static_argnums=1)
    expected, found = gradient(state, "none"), gradient(state, policy)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5), expected, found)
    assert all(bool(jnp.any(leaf)) for leaf in jax.tree.leaves(found))


def test_tied_head_is_the_embedding(tokens):
    model = Llama(dataclasses.replace(CONFIG, tie_embeddings=True), rngs=nnx.Rngs(0))
    hidden = jnp.ones((1, 1, CONFIG.hidden_size))
    np.testing.assert_allclose(model.logits(hidden)[0, 0], model.embedding[...].sum(axis=1), rtol=1e-5, atol=1e-6)


def test_bfloat16_stays_near_float32(model, tokens):
    graph, state = nnx.split(model)
    half = nnx.merge(graph, jax.tree.map(lambda leaf: leaf.astype(jnp.bfloat16), state))
    half.dtype = jnp.bfloat16
    found, expected = logits(half, tokens), logits(model, tokens)
    assert found.dtype == jnp.float32
    assert np.abs(found - expected).mean() < 0.05 * np.abs(expected).mean()


def laid_out(k, v):
    """Keys and values `[batch, S, K, H]` as `Keys` has them."""
    return jnp.moveaxis(k, 1, -1), jnp.moveaxis(v, 1, -2)


def test_attention_over_blocks_equals_attention_over_their_union():
    keys = jax.random.split(jax.random.key(0), 4)
    q = jax.random.normal(keys[0], (2, 5, 4, 8))
    k, v = (jax.random.normal(key, (2, 11, 2, 8)) for key in keys[1:3])
    mask = jax.random.bernoulli(keys[3], 0.6, (2, 5, 11)).at[:, :, 0].set(True)
    scores = jnp.einsum("btkgh,bskh->bkgts", q.reshape(2, 5, 2, 2, 8), k) / np.sqrt(8)
    weights = jax.nn.softmax(jnp.where(mask[:, None, None], scores, -jnp.inf))
    expected = jnp.einsum("bkgts,bskh->btkgh", weights, v).reshape(2, 5, 4, 8)
    cuts = [slice(0, 3), slice(3, 4), slice(4, 11)]
    for parts in ([slice(0, 11)], cuts):
        blocks = [Keys(*laid_out(k[:, part], v[:, part]), mask[:, :, part]) for part in parts]
        np.testing.assert_allclose(jax.jit(attend)(q, blocks), expected, atol=1e-5)


def test_query_that_may_look_nowhere_is_finite_with_finite_gradient():
    q, k, v = (jax.random.normal(key, (1, 3, 2, 4)) for key in jax.random.split(jax.random.key(0), 3))
    mask = jnp.zeros((1, 3, 3), bool)
    out, gradient = jax.value_and_grad(lambda q: attend(q, [Keys(*laid_out(k, v), mask)]).sum())(q)
    assert bool(jnp.isfinite(out)) and bool(jnp.isfinite(gradient).all())
