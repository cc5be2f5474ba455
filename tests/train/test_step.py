import dataclasses
import functools
import re

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

from kcjax.corpus.packing import FIELDS, TASKS, TokenizedExample, pack
from kcjax.model.config import LlamaConfig
from kcjax.model.llama import Llama
from kcjax.model.lora import LoraConfig, LoraParam, add_lora
from kcjax.parallel.mesh import make_mesh
from kcjax.parallel.sharding import batch_sharding, param_shardings
from kcjax.train.config import default_config
from kcjax.train.optimizer import make_optimizer
from kcjax.train.state import TrainState
from kcjax.train.step import make_eval_step, make_loss, make_train_step

LENGTH = 64
SHAPE = LlamaConfig(256, 64, 128, 2, 8, 4, 8, qkv_bias=True)


def config(**changes):
    result = default_config()
    result.update({"sequence_length": LENGTH, "vocab_chunks": 4, "remat": "none"} | changes)
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
    batch = {name: np.stack([getattr(record, name) for record in records]) for name in FIELDS}
    return batch | {"rows": np.arange(len(records))}


def model_parts(*, lora: LoraConfig | None = None, shape: LlamaConfig = SHAPE):
    model = Llama(shape, rngs=nnx.Rngs(0))
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
    (packed, sums), grads = loss(params, frozen, stacked(pack(everything, LENGTH, share_prefixes=share)))
    rows = [record for example in everything for record in pack([example], LENGTH)]
    (separate, sums_), grads_ = loss(params, frozen, stacked(rows))
    assert sums["weight"] == sums_["weight"] and abs(packed - separate) < 1e-3 * separate
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, atol=2e-3 * float(jnp.abs(b).max()) + 1e-6), grads, grads_
    )


def test_the_loss_is_that_of_optax_on_all_logits_at_once():
    graph, params, frozen = model_parts()
    batch = stacked(pack(examples(6), LENGTH))
    total, sums = make_loss(graph, config())(params, frozen, batch)
    model = nnx.merge(graph, params, frozen)
    logits = model.logits(
        model.hidden(batch["tokens"], positions_BxT=batch["positions"], segment_ids_BxT=batch["segment_ids"])
    )
    nll = optax.softmax_cross_entropy_with_integer_labels(logits[:, :-1], batch["tokens"][:, 1:])
    continues = batch["segment_ids"][:, :-1] == batch["segment_ids"][:, 1:]
    weights = np.where(continues, batch["loss_weights"][:, 1:], 0)
    np.testing.assert_allclose(total, (nll * weights).sum(), rtol=1e-5)
    assert sums["weight"] == weights.sum() == sum(len(e.tokens) - 1 for e in examples(6))


@pytest.mark.parametrize("remat", ["dots", "full", "save:qkv,mlp", "save:layer_input,attention"])
def test_remat_changes_memory_not_results(remat):
    graph, params, frozen = model_parts()
    batch = stacked(pack(examples(6), LENGTH))
    results = [
        jax.grad(make_loss(graph, config(remat=r)), has_aux=True)(params, frozen, batch) for r in ("none", remat)
    ]
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4), *results)


def run_steps(
    mesh_shape, *, lora=None, accumulate=1, steps=2, devices=None, learning_rate=1e-2, optimizer=None, **changes
):
    """Losses, gradient norms and parameters after some steps on 8 rows."""
    mesh = make_mesh(mesh_shape, devices=devices)
    settings = config(accumulate_steps=accumulate, **changes)
    if lora:
        settings.lora.update({"rank": lora.rank, "dropout": lora.dropout})
    graph, params, frozen = model_parts(lora=lora)
    params, frozen = (jax.device_put(tree, param_shardings(tree, mesh)) for tree in (params, frozen))
    optimizer, schedule = optimizer or optax.adamw(learning_rate), optax.constant_schedule(learning_rate)
    state = TrainState(params, jax.jit(optimizer.init)(params), jnp.int32(0))
    step = make_train_step(graph, optimizer, schedule, settings, None)
    rows = stacked([*pack(examples(60), LENGTH, open_records=1)][:8])
    batch = {k: v.reshape(accumulate, 8 // accumulate, *v.shape[1:]) for k, v in rows.items()}
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


@pytest.mark.parametrize("lora", [None, LoraConfig(rank=4, dropout=0.0)], ids=["full", "lora"])
@pytest.mark.parametrize("mesh", [{"data": 2}, {"fsdp": 2}, {"tensor": 2}], ids=str)
def test_rows_worked_on_one_after_another_equal_all_at_once(mesh, lora):
    expected, params = unsharded(lora)
    found, params_ = run_steps(mesh, lora=lora, devices=jax.devices()[:2], rows_at_once=2, remat="full")
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=2e-3), params_, params)


@pytest.mark.parametrize("mesh", [{"fsdp": 8}, {"data": 2, "fsdp": 4}], ids=str)
def test_weights_are_sent_once_a_layer_and_direction_however_many_rows_at_once(mesh):
    """Counted in the compiled step: what a loop over rows would send in every turn, it does not hold."""

    def sent(rows_at_once):
        text = compiled_step(mesh, rows=16, rows_at_once=rows_at_once, remat="full")
        return {
            kind: len(re.findall(rf"= \S+ {kind}(?:-start)?\(", text)) for kind in ("all-gather", "collective-permute")
        }

    assert sent(1) == sent(0)


def test_z_loss_adds_the_square_of_the_log_of_the_sum():
    graph, params, frozen = model_parts()
    batch = stacked(pack(examples(6), LENGTH))
    plain, _ = make_loss(graph, config())(params, frozen, batch)
    with_z, _ = make_loss(graph, config(z_loss=0.01))(params, frozen, batch)
    model = nnx.merge(graph, params, frozen)
    hidden = model.hidden(batch["tokens"], positions_BxT=batch["positions"], segment_ids_BxT=batch["segment_ids"])
    total = jax.nn.logsumexp(model.logits(hidden), axis=-1)[:, :-1]
    continues = batch["segment_ids"][:, :-1] == batch["segment_ids"][:, 1:]
    weights = np.where(continues, batch["loss_weights"][:, 1:], 0)
    np.testing.assert_allclose(with_z - plain, 0.01 * (total**2 * weights).sum(), rtol=1e-3)


@pytest.mark.parametrize("name", ["adamw", "adafactor", "lion", "muon"])
def test_every_optimizer_learns_and_is_the_same_on_a_mesh(name):
    settings = default_config().optimizer
    settings.update({"name": name, "mu_dtype": "bfloat16"})
    optimizer = make_optimizer(settings, optax.constant_schedule(3e-3))
    alone, _ = run_steps({}, devices=jax.devices()[:1], optimizer=optimizer, steps=6)
    sharded, _ = run_steps({"fsdp": 4, "tensor": 2}, optimizer=optimizer, steps=6)
    assert alone[-1, 0] < alone[0, 0] - 0.1
    np.testing.assert_allclose(sharded, alone, rtol=2e-2)


def test_bfloat16_gradients_are_near_those_in_float32():
    exact, _ = run_steps({}, devices=jax.devices()[:1], accumulate=4)
    rough, _ = run_steps({}, devices=jax.devices()[:1], accumulate=4, grad_dtype="bfloat16")
    assert (rough != exact).any()
    np.testing.assert_allclose(rough, exact, rtol=2e-2)


def test_a_step_that_is_not_finite_changes_nothing_where_it_is_skipped():
    graph, params, frozen = model_parts()
    params["norm"]["scale"][...] = params["norm"]["scale"][...].at[0].set(jnp.inf)
    batch = {k: jnp.array(v)[None] for k, v in stacked(pack(examples(6), LENGTH)).items()}
    optimizer, schedule = optax.adam(1e-2), optax.constant_schedule(1e-2)
    before = jax.device_get(params)
    state = TrainState(params, optimizer.init(params), jnp.int32(0))
    state, metrics = make_train_step(graph, optimizer, schedule, config(nonfinite="skip"), None)(state, frozen, batch)
    assert not np.isfinite(metrics["grad_norm"]) and state.step == 1
    jax.tree.map(np.testing.assert_array_equal, jax.device_get(state.params), before)
    assert all(not leaf.any() for leaf in jax.tree.leaves(state.opt_state))


def test_lora_keeps_optimizer_state_for_adapters_only():
    _, params, frozen = model_parts(lora=LoraConfig(rank=4))
    state = optax.adamw(1e-3).init(params)
    size = lambda tree: sum(leaf.size for leaf in jax.tree.leaves(tree))
    assert size(state) <= 2 * size(params) + 1 and size(params) < size(frozen) / 5


def test_dropout_depends_on_seed_and_step_alone():
    """The learning rate is next to nothing, so that only dropout can make a difference between two steps."""
    one = {"lora": LoraConfig(rank=4, dropout=0.5), "learning_rate": 1e-12}
    alone = one | {"devices": jax.devices()[:1]}
    first, again, other = (run_steps({}, seed=seed, **alone)[0][:, 0] for seed in (0, 0, 1))
    assert first.tolist() == again.tolist() and len({*first.tolist(), *other.tolist()}) == 4
    for mesh, accumulate in (({"fsdp": 4, "data": 2}, 1), ({"fsdp": 2, "tensor": 4}, 4)):
        np.testing.assert_allclose(run_steps(mesh, accumulate=accumulate, **one)[0][:, 0], first, rtol=1e-5)


@pytest.mark.parametrize("accumulate", [1, 4])
def test_losses_of_tasks_add_up_to_the_whole(accumulate):
    graph, params, frozen = model_parts()
    rows = stacked([*pack(examples(60), LENGTH, open_records=1)][:8])
    tasks = np.where(np.arange(LENGTH) < LENGTH // 2, TASKS.index("re"), TASKS.index("ner"))
    rows["tasks"] = np.broadcast_to(tasks, (8, LENGTH))
    batch = {k: v.reshape(accumulate, 8 // accumulate, *v.shape[1:]) for k, v in rows.items()}
    optimizer, schedule = optax.sgd(1e-2), optax.constant_schedule(1e-2)
    state = TrainState(params, optimizer.init(params), jnp.int32(0))
    step = make_train_step(graph, optimizer, schedule, config(accumulate_steps=accumulate), None)
    _, metrics = step(jax.tree.map(jnp.copy, state), frozen, batch)
    weights, losses = (np.asarray(metrics[name]) for name in ("task_weights", "task_losses"))
    assert [TASKS[n] for n in np.flatnonzero(weights)] == ["ner", "re"]
    assert weights.sum() == metrics["learnt_tokens"]
    np.testing.assert_allclose(losses.sum() / weights.sum(), metrics["loss"], rtol=1e-6)
    only = {k: v.reshape(1, 8, *v.shape[2:]) for k, v in batch.items()}
    only["loss_weights"] = np.where(only["tasks"] == TASKS.index("re"), only["loss_weights"], 0)
    mean = make_eval_step(graph, config())(params, frozen, only)
    place = TASKS.index("re")
    # A token counts for the task of the position that it is predicted from; here one a row is between the two halves.
    np.testing.assert_allclose(losses[place] / weights[place], mean, rtol=0.1)


def compiled_step(mesh, *, rows: int, shape: LlamaConfig = SHAPE, **changes) -> str:
    """The compiled step on so many rows, as text."""
    devices = make_mesh(mesh)
    graph, params, frozen = model_parts(shape=shape)
    params, frozen = (jax.device_put(tree, param_shardings(tree, devices)) for tree in (params, frozen))
    state = TrainState(params, optax.sgd(1e-2).init(params), jnp.int32(0))
    step = make_train_step(graph, optax.sgd(1e-2), optax.constant_schedule(1e-2), config(**changes), None)
    records = stacked([*pack(examples(10 * rows), LENGTH, open_records=1)][:rows])
    batch = jax.device_put({k: v[None] for k, v in records.items()}, batch_sharding(devices, accumulated=True))
    with jax.set_mesh(devices):
        return step.lower(state, frozen, batch).compile().as_text()


@pytest.mark.parametrize("mesh", [{"fsdp": 8}, {"fsdp": 4, "tensor": 2}], ids=str)
def test_no_device_computes_the_rows_of_another(mesh):
    """In the compiled step no array has as many positions as the global batch, whole or in chunks, but for the columns
    that a device looks up in its part of the embedding."""
    devices, compiled = make_mesh(mesh), compiled_step(mesh, rows=40)
    floats = {shape for shape in re.findall(r"f(?:32|16)\[([\d,]+)\]", compiled)}
    columns = SHAPE.hidden_size // devices.shape["fsdp"]
    looked_up = {
        shape
        for length in (LENGTH, LENGTH // devices.shape["tensor"])
        for shape in (f"40,{length},{columns}", f"{40 * length},1,{columns}", f"{40 * length},{columns}")
    }
    wide = {shape for shape in floats if {"40", str(40 * LENGTH), str(40 * 32)} & set(shape.split(","))}
    assert wide <= looked_up, wide
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
    total, sums = make_loss(graph, config())(params, frozen, batch)
    mean = make_eval_step(graph, config())(params, frozen, {k: v[None] for k, v in batch.items()})
    np.testing.assert_allclose(mean, total / sums["weight"], rtol=1e-5)


@pytest.mark.parametrize("mesh", [{"fsdp": 8}, {"data": 2, "fsdp": 2, "tensor": 2}], ids=str)
def test_logits_exist_for_a_part_of_the_vocabulary_alone(mesh):
    """Of all compiled arrays none has a row's positions and more tokens than a part, forward or backward."""
    shape = dataclasses.replace(SHAPE, vocab_size=1024, hidden_size=32)  # no other axis is as long
    text = compiled_step(mesh, rows=16, shape=shape, vocab_chunks=4)
    shapes = [tuple(map(int, shape.split(","))) for shape in re.findall(r"f(?:32|16)\[([\d,]+)\]", text)]
    part = shape.vocab_size // 4
    wide = [shape for shape in shapes if LENGTH in shape and max(shape) > part]
    assert not wide and any(LENGTH in shape and part // mesh.get("tensor", 1) in shape for shape in shapes), wide


def test_the_loss_needs_memory_for_a_part_of_the_logits_only():
    """As compiled: twice as many parts, about half of what logits need, forward and backward."""
    shape = LlamaConfig(32768, 16, 32, 1, 2, 2, 8)
    graph, params, frozen = nnx.split(Llama(shape, rngs=nnx.Rngs(0)), nnx.Param, ...)
    batch = stacked([*pack(examples(60), LENGTH, open_records=1)][:8])

    def temporaries(chunks):
        loss = jax.value_and_grad(make_loss(graph, config(vocab_chunks=chunks)), has_aux=True)
        return jax.jit(loss).lower(params, frozen, batch).compile().memory_analysis().temp_size_in_bytes

    logits = 4 * 8 * LENGTH * shape.vocab_size
    whole, eighth, part = (temporaries(chunks) for chunks in (1, 8, 32))
    assert part < 0.2 * logits and eighth < 0.6 * logits < whole


def test_positions_between_blocks_are_spread_over_tensor():
    text = compiled_step({"fsdp": 4, "tensor": 2}, rows=8)
    kept = re.findall(r"f32\[2,2,(\d+),64\]", text)  # of each layer, what is kept for the way back: 2 rows a device
    assert kept and set(kept) == {str(LENGTH // 2)}
