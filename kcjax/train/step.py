"""The loss and the one jitted training step.

Shape suffixes: A micro-batches, B rows, T positions, D hidden, C positions of a chunk.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax
from flax import nnx
from jax.sharding import PartitionSpec as P
from ml_collections import ConfigDict

from kcjax.corpus.packing import TASKS
from kcjax.model.llama import Llama
from kcjax.model.packed_attention import AttentionFunction, attention_function
from kcjax.parallel.fsdp import batch_spec, param_specs, per_device, sum_over_devices
from kcjax.train.state import TrainState

Batch = dict[str, jax.Array]
Metrics = dict[str, jax.Array]
Sums = dict[str, jax.Array]


def summed_loss(
    model: Llama,
    batch: Batch,
    *,
    attention: AttentionFunction,
    vocab_chunks: int,
    z_loss: float,
    remat: str,
    rows_at_once: int,
    dropout_keys_B: jax.Array | None,
) -> tuple[jax.Array, Sums]:
    """Sum over learnt tokens of weight x negative log-likelihood (nats); the sum of the weights; and, where the batch
    tells the tasks, both apart for each of them, `[number of TASKS]`.

    Target of position t is the token at t+1 if it belongs to the same segment.
    """
    segment_ids_BxT = batch["segment_ids"]
    x_BxTxD = model.hidden(
        batch["tokens"],
        positions_BxT=batch["positions"],
        segment_ids_BxT=segment_ids_BxT,
        prefix_ids_BxT=batch.get("prefix_ids"),
        attention=attention,
        remat=remat,
        rows_at_once=rows_at_once,
        dropout_keys_B=dropout_keys_B,
    )
    next_one = lambda a: jnp.pad(a[:, 1:], ((0, 0), (0, 1)))
    same = (next_one(segment_ids_BxT) == segment_ids_BxT) & (segment_ids_BxT > 0)
    weights_BxT = jnp.where(same, next_one(batch["loss_weights"]), 0.0)
    target_BxT, total_BxT = model.target_logits(x_BxTxD, next_one(batch["tokens"]), chunks=vocab_chunks)
    loss_BxT = (total_BxT - target_BxT + z_loss * jnp.square(total_BxT)) * weights_BxT
    sums = {"weight": weights_BxT.sum()}
    if "tasks" in batch:
        of_task_BxTxK = batch["tasks"][..., None] == jnp.arange(len(TASKS))
        for name, values in (("task_losses", loss_BxT), ("task_weights", weights_BxT)):
            sums[name] = jnp.where(of_task_BxTxK, values[..., None], 0.0).sum((0, 1))
    return loss_BxT.sum(), sums


def make_loss(graph: nnx.GraphDef, config: ConfigDict) -> Callable[..., tuple[jax.Array, Sums]]:
    """`loss(params, frozen, batch, dropout_key)` of one micro-batch: see `summed_loss`. A row's dropout depends on the
    key and on the row's number in the batch, `rows`, alone."""
    options = {name: config[name] for name in ("vocab_chunks", "z_loss", "remat", "rows_at_once")}
    attention = attention_function(config.attention, dtype=config.dtype, block=config.attention_block)

    def loss(params: nnx.State, frozen: nnx.State, batch: Batch, dropout_key: jax.Array | None = None):
        keys = None
        if dropout_key is not None:
            keys = jax.vmap(jax.random.fold_in, (None, 0))(dropout_key, batch["rows"])

        def per_device_loss(params: nnx.State, frozen: nnx.State, batch: Batch, keys: jax.Array | None):
            model = nnx.merge(graph, params, frozen)
            return sum_over_devices(summed_loss(model, batch, attention=attention, dropout_keys_B=keys, **options))

        rows = batch_spec()
        specs = (param_specs(params), param_specs(frozen), rows, rows)
        return per_device(per_device_loss, specs, P())(params, frozen, batch, keys)

    return loss


def make_eval_step(graph: nnx.GraphDef, config: ConfigDict) -> Callable[..., jax.Array]:
    """`eval(params, frozen, batch)`: mean loss over the learnt tokens of a batch `[A, B, T]`, dropout off."""
    loss = make_loss(graph, config)

    def evaluate(params: nnx.State, frozen: nnx.State, batch_AxBxT: Batch) -> jax.Array:
        totals, sums = jax.lax.map(lambda batch: loss(params, frozen, batch), batch_AxBxT)
        return totals.sum() / sums["weight"].sum()

    return jax.jit(evaluate)


def make_train_step(
    graph: nnx.GraphDef,
    optimizer: optax.GradientTransformation,
    schedule: optax.Schedule,
    config: ConfigDict,
    state_shardings: Any,
) -> Any:
    """`step(state, frozen, batch)` with `state` donated and a batch `[A, B, T]` of A micro-batches.

    `schedule` is only reported. Under `jax.set_mesh(mesh)` activations keep their rows apart, as the batch has them.
    Gradients are those of the mean loss per learnt token over the whole batch, however many devices and
    micro-batches it is spread over. Dropout depends on (seed, step, row of the batch, layer) alone.
    """
    loss_and_grad = jax.value_and_grad(make_loss(graph, config), has_aux=True)
    grad_dtype = jnp.dtype(config.grad_dtype)
    has_dropout = bool(config.lora.rank and config.lora.dropout)

    def train_step(state: TrainState, frozen: nnx.State, batch_AxBxT: Batch) -> tuple[TrainState, Metrics]:
        key = jax.random.fold_in(jax.random.key(config.seed), state.step)

        def micro_batch(batch):
            return loss_and_grad(params, frozen, batch, key if has_dropout else None)

        params = jax.tree.map(lambda p: p.astype(grad_dtype), state.params)  # gradients have their parameters' dtype
        first = jax.tree.map(lambda a: a[0], batch_AxBxT)
        if batch_AxBxT["tokens"].shape[0] == 1:
            done = micro_batch(first)
        else:
            nothing = jax.tree.map(lambda a: jnp.zeros(a.shape, a.dtype), jax.eval_shape(micro_batch, first))
            add = lambda done, batch: (jax.tree.map(jnp.add, done, micro_batch(batch)), None)
            done, _ = jax.lax.scan(add, nothing, batch_AxBxT)
        (total, sums), grads = done
        weight = sums["weight"]
        grads = jax.tree.map(lambda g, p: g.astype(p.dtype) / jnp.maximum(weight, 1e-6), grads, state.params)
        grad_norm = optax.global_norm(grads)
        updates, opt_state = optimizer.update(grads, state.opt_state, state.params)
        new = TrainState(optax.apply_updates(state.params, updates), opt_state, state.step)
        if config.nonfinite == "skip":
            new = jax.tree.map(lambda a, b: jnp.where(jnp.isfinite(grad_norm), a, b), new, state)
        metrics = {
            "loss": total / weight,
            "learnt_tokens": weight,
            "tokens": (batch_AxBxT["segment_ids"] > 0).sum(),
            "grad_norm": grad_norm,
            "learning_rate": schedule(state.step),
        }
        metrics |= {name: value for name, value in sums.items() if name != "weight"}
        return new._replace(step=state.step + 1), metrics

    return jax.jit(train_step, donate_argnums=0, out_shardings=(state_shardings, None))
