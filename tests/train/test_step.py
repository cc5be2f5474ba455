import functools
import re

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

from kcjax.corpus.packing import FIELDS, TokenizedExample, pack
from kcjax.model.config import LlamaConfig
from kcjax.model.llama import Llama
from kcjax.model.lora import LoraConfig, LoraParam, add_lora
from kcjax.parallel.mesh import make_mesh
from kcjax.parallel.sharding import batch_sharding, param_shardings
from kcjax.train.config import default_config
from kcjax.train.step import TrainState, make_eval_step, make_loss, make_train_step

LENGTH = 64
SHAPE = LlamaConfig(256, 64, 128, 2, 8, 4, 8, qkv_bias=True)


def config(**changes):
    result = default_config()
    result.update({"sequence_length": LENGTH, "loss_chunk": 16, "remat": "none"} | changes)
    return result


def examples(count: int, *, prefix: int = 0) -> list[TokenizedExample]:
    rng = np.random.default_rng(count)
    shared = rng.integers(3, 256, prefix)
    made = []
    for number in range(count):
        rest = rng.integers(3, 256, rng.integers(4, 20))
        weights = np.r_[np.zeros(prefix), 0, np.ones(len(rest) - 1)].astype(np.float32)
        tokens = np.r_[shared, rest].astype(np.int32)
        made.append(TokenizedExample(str(number), tokens, weights, prefix))
    return made


def stacked(records) -> dict[str, np.ndarray]:
    records = list(records)
    return {name: np.stack([getattr(record, name) for record in records]) for name in FIELDS}


def model_parts(*, lora: LoraConfig | None = None):
    model = Llama(SHAPE, rngs=nnx.Rngs(0))
    model.embedding[...] *= 10
    if lora:
        add_lora(model, lora, rngs=nnx.Rngs(1))
        model.blocks.q.b[...] += 0.05
    return nnx.split(model, LoraParam if lora else nnx.Param, ...)


@pytest.mark.parametrize("share", [False, True])
def test_packed_loss_and_gradients_equal_separate_documents(share):
    graph, params, frozen = model_parts()
    loss = jax.jit(jax.value_and_grad(make_loss(graph, config()), has_aux=True))
    everything = examples(9, prefix=12)
    (packed, weight), grads = loss(params, frozen, stacked(pack(everything, LENGTH, share_prefixes=share)))
    rows = [record for example in everything for record in pack([example], LENGTH)]
    (separate, weight_), grads_ = loss(params, frozen, stacked(rows))
    assert weight == weight_ and abs(packed - separate) < 1e-3 * separate
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, atol=2e-3 * float(jnp.abs(b).max()) + 1e-6), grads, grads_
    )


def test_the_loss_is_that_of_optax_on_all_logits_at_once():
    graph, params, frozen = model_parts()
    batch = stacked(pack(examples(6), LENGTH))
    total, weight = make_loss(graph, config())(params, frozen, batch)
    model = nnx.merge(graph, params, frozen)
    same = batch["segment_ids"][:, :, None] == batch["segment_ids"][:, None, :]
    mask = same & np.tril(np.ones((LENGTH, LENGTH), bool))
    logits = model.logits(model.hidden(batch["tokens"], positions_BxT=batch["positions"], mask_BxTxT=jnp.array(mask)))
    nll = optax.softmax_cross_entropy_with_integer_labels(logits[:, :-1], batch["tokens"][:, 1:])
    continues = batch["segment_ids"][:, :-1] == batch["segment_ids"][:, 1:]
    weights = np.where(continues, batch["loss_weights"][:, 1:], 0)
    np.testing.assert_allclose(total, (nll * weights).sum(), rtol=1e-5)
    assert weight == weights.sum() == sum(len(e.tokens) - 1 for e in examples(6))


@pytest.mark.parametrize("remat", ["dots", "full"])
def test_remat_changes_memory_not_results(remat):
    graph, params, frozen = model_parts()
    batch = stacked(pack(examples(6), LENGTH))
    results = [
        jax.grad(make_loss(graph, config(remat=r)), has_aux=True)(params, frozen, batch) for r in ("none", remat)
    ]
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4), *results)


def run_steps(mesh_shape, *, lora=None, accumulate=1, steps=2, devices=None, learning_rate=1e-2, **changes):
    """Losses, gradient norms and parameters after some steps on 8 rows."""
    mesh = make_mesh(mesh_shape, devices=devices)
    settings = config(accumulate_steps=accumulate, **changes)
    if lora:
        settings.lora.update({"rank": lora.rank, "dropout": lora.dropout})
    graph, params, frozen = model_parts(lora=lora)
    params, frozen = (jax.device_put(tree, param_shardings(tree, mesh)) for tree in (params, frozen))
    optimizer, schedule = optax.adamw(learning_rate), optax.constant_schedule(learning_rate)
    state = TrainState(params, jax.jit(optimizer.init)(params), jnp.int32(0))
    step = make_train_step(graph, optimizer, schedule, settings, None)
    rows = stacked([*pack(examples(60), LENGTH, open_records=1)][:8])
    batch = {k: v.reshape(accumulate, 8 // accumulate, LENGTH) for k, v in rows.items()}
    batch = jax.device_put(batch, batch_sharding(mesh, accumulated=True))
    metrics = []
    for _ in range(steps):
        with jax.set_mesh(mesh):
            state, values = step(state, frozen, batch)
        metrics.append([float(values["loss"]), float(values["grad_norm"]), float(values["learnt_tokens"])])
    return np.array(metrics), jax.device_get(state.params)


@functools.cache
def unsharded(lora):
    return run_steps({}, lora=lora, devices=jax.devices()[:1])


@pytest.mark.parametrize("lora", [None, LoraConfig(rank=4, dropout=0.0)], ids=["full", "lora"])
@pytest.mark.parametrize(
    "mesh",
    [{"data": 8}, {"fsdp": 8}, {"data": 2, "fsdp": 4}, {"fsdp": 4, "tensor": 2}, {"slice": 2, "fsdp": 2, "tensor": 2}],
    ids=str,
)
def test_sharded_steps_equal_unsharded_ones(mesh, lora):
    expected, params = unsharded(lora)
    found, params_ = run_steps(mesh, lora=lora)
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=2e-3), params_, params)


def test_accumulated_micro_batches_equal_one_batch():
    """Also where the micro-batches hold different numbers of learnt tokens: the mean is over the whole batch."""
    expected, params = unsharded(None)
    found, params_ = run_steps({}, accumulate=4, devices=jax.devices()[:1])
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=2e-3), params_, params)


def test_lora_keeps_optimizer_state_for_adapters_only():
    _, params, frozen = model_parts(lora=LoraConfig(rank=4))
    state = optax.adamw(1e-3).init(params)
    size = lambda tree: sum(leaf.size for leaf in jax.tree.leaves(tree))
    assert size(state) <= 2 * size(params) + 1 and size(params) < size(frozen) / 5


def test_dropout_depends_on_seed_and_step_alone():
    """The learning rate is next to nothing, so that only dropout can make a difference between two steps."""
    one = {"lora": LoraConfig(rank=4, dropout=0.5), "devices": jax.devices()[:1], "learning_rate": 1e-12}
    first, again, other = (run_steps({}, seed=seed, **one)[0][:, 0] for seed in (0, 0, 1))
    assert first.tolist() == again.tolist() and len({*first.tolist(), *other.tolist()}) == 4


@pytest.mark.parametrize("mesh", [{"fsdp": 8}, {"fsdp": 4, "tensor": 2}], ids=str)
def test_no_device_computes_the_rows_of_another(mesh):
    """In the compiled step no array has as many positions as the global batch, whole or in chunks."""
    devices = make_mesh(mesh)
    graph, params, frozen = model_parts()
    params, frozen = (jax.device_put(tree, param_shardings(tree, devices)) for tree in (params, frozen))
    state = TrainState(params, optax.sgd(1e-2).init(params), jnp.int32(0))
    step = make_train_step(graph, optax.sgd(1e-2), optax.constant_schedule(1e-2), config(loss_chunk=32), None)
    rows = stacked([*pack(examples(400), LENGTH, open_records=1)][:40])
    batch = jax.device_put({k: v[None] for k, v in rows.items()}, batch_sharding(devices, accumulated=True))
    with jax.set_mesh(devices):
        compiled = step.lower(state, frozen, batch).compile().as_text()
    floats = {shape for shape in re.findall(r"f(?:32|16)\[([\d,]+)\]", compiled)}
    assert not [shape for shape in floats if {"40", str(40 * LENGTH), str(40 * 32)} & set(shape.split(","))]
    assert [shape for shape in floats if str(40 // devices.shape["fsdp"]) in shape.split(",")]


def test_in_bfloat16_the_embedding_of_a_frequent_token_still_gets_its_whole_gradient():
    tokens = jnp.full((1, 4096), 7)

    def gradient(dtype):
        model = Llama(SHAPE, rngs=nnx.Rngs(0), dtype=dtype)
        weights = 1 + 0.3 * jax.random.normal(jax.random.key(0), (4096, 1))
        return nnx.grad(lambda model: (model.embed(tokens)[0] * weights).sum())(model).embedding[...][7]

    np.testing.assert_allclose(gradient(jnp.bfloat16), gradient(jnp.float32), rtol=0.01)


def test_the_eval_step_is_the_mean_loss_without_dropout():
    lora = LoraConfig(rank=4, dropout=0.5)
    graph, params, frozen = model_parts(lora=lora)
    batch = stacked(pack(examples(6), LENGTH))
    total, weight = make_loss(graph, config())(params, frozen, batch)
    mean = make_eval_step(graph, config())(params, frozen, {k: v[None] for k, v in batch.items()})
    np.testing.assert_allclose(mean, total / weight, rtol=1e-5)
