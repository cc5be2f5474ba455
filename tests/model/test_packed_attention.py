"""Every implementation computes what the plain one does, on the positions that are not padding."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kcjax.errors import InputError
from kcjax.model.attention import Window
from kcjax.model.packed_attention import (
    attention_function,
    cudnn_attention,
    plain_attention,
    splash_attention,
    splash_block,
)
from kcjax.parallel.mesh import make_mesh

ROWS, LENGTH, HEADS, WIDTH = 2, 256, 4, 128
SEGMENTS = np.repeat([[1, 2, 3, 4, 0], [1, 2, 3, 0, 0]], [40, 60, 70, 60, 26], axis=1).astype(np.int32)
PREFIXES = np.select([SEGMENTS == 2, SEGMENTS == 3], [1, 1], 0).astype(np.int32)


def arrays(kv_heads):
    rng = np.random.default_rng(kv_heads)
    return tuple(jnp.array(rng.normal(size=(ROWS, LENGTH, n, WIDTH)), jnp.float32) for n in (HEADS, kv_heads, kv_heads))


def positions(prefixes):
    """Of each token in its text: segments go on after their prefix, which is the first segment."""
    start = np.array([[np.flatnonzero(row == segment)[0] for segment in row] for row in SEGMENTS])
    after = 0 if prefixes is None else np.where(prefixes > 0, (SEGMENTS == 1).sum(1, keepdims=True), 0)
    return np.arange(LENGTH) - start + after


def value_and_grads(attention, arguments, prefixes, window=None):
    """Of a sum of squares over what is no padding."""

    def total(q, k, v):
        out = attention(q, k, v, SEGMENTS, prefixes, window and Window(window, positions(prefixes)))
        return (jnp.square(out) * (SEGMENTS > 0)[:, :, None, None]).sum()

    return jax.jit(jax.value_and_grad(total, argnums=(0, 1, 2)))(*arguments)


@pytest.mark.parametrize("prefixes", [None, PREFIXES], ids=["segments", "prefixes"])
@pytest.mark.parametrize(("kv_heads", "window"), [(4, None), (2, None), (2, 50)])
@pytest.mark.parametrize("mesh", [None, {"data": 2, "tensor": 2}], ids=["alone", "mesh"])
def test_splash_and_its_gradients_are_those_of_plain_attention(kv_heads, window, prefixes, mesh):
    arguments = arrays(kv_heads)
    splash = lambda *args: splash_attention(*args, block=128, interpret=True)
    expected = value_and_grads(plain_attention, arguments, prefixes, window)
    if mesh is None:
        found = value_and_grads(splash, arguments, prefixes, window)
    else:
        with jax.set_mesh(make_mesh(mesh, devices=jax.devices()[:4])):
            found = value_and_grads(splash, arguments, prefixes, window)
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-5)
    for one, other in zip(found[1], expected[1], strict=True):
        np.testing.assert_allclose(one, other, atol=1e-3)


def test_a_token_sees_its_own_segment_and_its_prefix_alone():
    q, k, v = arrays(4)
    moved = v.at[:, 100].add(10.0)  # in the third segment
    plain, changed = (np.asarray(plain_attention(q, k, x, SEGMENTS, PREFIXES)) for x in (v, moved))
    differs = np.abs(plain - changed).max((0, 2, 3)) > 1e-6
    assert differs[100:170].all() and not differs[:100].any() and not differs[170:230].any()
    changed = np.asarray(plain_attention(q, k, v.at[:, 0].add(10.0), SEGMENTS, PREFIXES))  # in the prefix
    differs = np.abs(plain - changed).max((0, 2, 3)) > 1e-6
    assert differs[:170].all() and not differs[170:230].any()


def test_a_window_reaches_back_by_positions_of_the_text_not_of_the_row():
    q, k, v = arrays(4)
    window = Window(65, positions(PREFIXES))
    plain = np.asarray(plain_attention(q, k, v, SEGMENTS, PREFIXES, window))
    moved = v.at[:, 30].add(10.0)  # the 31st of the prefix of 40, with 170 tokens in the row and 110 in the text
    changed = np.asarray(plain_attention(q, k, moved, SEGMENTS, PREFIXES, window))
    first = np.flatnonzero(np.abs(plain - changed)[0].max((1, 2)) > 1e-6)
    # 64 on from position 30 is position 94: the end of the prefix, and of both texts after it tokens 0 to 54.
    np.testing.assert_array_equal(first, [*range(30, 40), *range(40, 95), *range(100, 155)])


@pytest.mark.parametrize(
    ("platform", "dtype", "expected"),
    [
        ("cpu", "bfloat16", plain_attention),
        ("gpu", "bfloat16", cudnn_attention),
        ("gpu", "float32", plain_attention),
        ("tpu", "float32", splash_attention),
    ],
)
def test_auto_is_the_kernel_of_the_platform_where_it_takes_the_dtype(platform, dtype, expected, monkeypatch):
    monkeypatch.setattr(jax, "default_backend", lambda: platform)
    found = attention_function("auto", dtype=dtype)
    assert getattr(found, "func", found) is expected
    assert attention_function("plain", dtype=dtype) is plain_attention


def test_blocks_divide_a_row_as_the_kernel_wants_them():
    assert [splash_block(length, 512) for length in (128, 256, 768, 1920, 2048, 8192)] == [128, 256, 384, 384, 512, 512]
    assert splash_block(8192, 1024) == 1024 and splash_block(2048, 500) == 256
    for length, most in ((200, 512), (64, 512), (2048, 64)):
        with pytest.raises(InputError, match=f"config.sequence_length={length}, config.attention_block={most}: .* 128"):
            splash_block(length, most)


def test_a_row_of_three_blocks_is_attended_to_as_a_whole():
    """Its length is no multiple of the block that was asked for."""
    q, k, v = (jnp.concatenate([a, a[:, :128]], axis=1) for a in arrays(4))
    segments = np.concatenate([SEGMENTS, SEGMENTS[:, -1:].repeat(128, 1)], axis=1)
    found = splash_attention(q, k, v, segments, block=256, interpret=True)
    expected = plain_attention(q, k, v, segments)
    np.testing.assert_allclose(found[:, :230], expected[:, :230], atol=1e-4)
