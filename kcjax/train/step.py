"""The loss and the one jitted training step.

Shape suffixes: A micro-batches, B rows, T positions, D hidden, C positions of a chunk.
"""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from flax import nnx
from ml_collections import ConfigDict

from kcjax.model.attention import packed_causal_mask
from kcjax.model.llama import Llama


class TrainState(NamedTuple):
    """What a step changes: the trained parameters, the optimizer's state and the number of steps done."""

    params: Any
    opt_state: Any
    step: Any


Batch = dict[str, jax.Array]
Metrics = dict[str, jax.Array]


def summed_loss(
    model: Llama, batch: Batch, *, chunk: int, remat: str, dropout_key: jax.Array | None
) -> tuple[jax.Array, jax.Array]:
    """Sum over learnt tokens of weight x negative log-likelihood (nats), and the sum of the weights.

    Target of position t is the token at t+1 if it belongs to the same segment. Logits exist for `chunk` positions
    at a time, forward and backward.
    """
    segment_ids_BxT = batch["segment_ids"]
    x_BxTxD = model.hidden(
        batch["tokens"],
        positions_BxT=batch["positions"],
        mask_BxTxT=packed_causal_mask(segment_ids_BxT, batch["prefix_ids"]),
        remat=remat,
        dropout_key=dropout_key,
    )
    next_one = lambda a: jnp.pad(a[:, 1:], ((0, 0), (0, 1)))
    targets_BxT = next_one(batch["tokens"])
    same = (next_one(segment_ids_BxT) == segment_ids_BxT) & (segment_ids_BxT > 0)
    weights_BxT = jnp.where(same, next_one(batch["loss_weights"]), 0.0)

    @functools.partial(jax.checkpoint, prevent_cse=False)  # a scan keeps the two computations apart
    def chunk_loss(total, inputs):
        x_BxCxD, targets_BxC, weights_BxC = inputs
        nll = optax.softmax_cross_entropy_with_integer_labels(model.logits(x_BxCxD), targets_BxC)
        return total + (nll * weights_BxC).sum(), None

    B, T, _ = x_BxTxD.shape
    chunks = lambda a: a.reshape(B, T // chunk, chunk, *a.shape[2:]).swapaxes(0, 1)
    total, _ = jax.lax.scan(chunk_loss, jnp.zeros(()), (chunks(x_BxTxD), chunks(targets_BxT), chunks(weights_BxT)))
    return total, weights_BxT.sum()


def make_loss(graph: nnx.GraphDef, config: ConfigDict) -> Callable[..., tuple[jax.Array, jax.Array]]:
    """`loss(params, frozen, batch, dropout_key)` of one micro-batch: see `summed_loss`."""
    chunk = min(config.loss_chunk, config.sequence_length)

    def loss(params: nnx.State, frozen: nnx.State, batch: Batch, dropout_key: jax.Array | None = None):
        model = nnx.merge(graph, params, frozen)
        return summed_loss(model, batch, chunk=chunk, remat=config.remat, dropout_key=dropout_key)

    return loss


def make_eval_step(graph: nnx.GraphDef, config: ConfigDict) -> Callable[..., jax.Array]:
    """`eval(params, frozen, batch)`: mean loss over the learnt tokens of a batch `[A, B, T]`, dropout off."""
    loss = make_loss(graph, config)

    def evaluate(params: nnx.State, frozen: nnx.State, batch_AxBxT: Batch) -> jax.Array:
        totals, weights = jax.lax.map(lambda batch: loss(params, frozen, batch), batch_AxBxT)
        return totals.sum() / weights.sum()

    return jax.jit(evaluate)


def make_train_step(
    graph: nnx.GraphDef,
    optimizer: optax.GradientTransformation,
    schedule: optax.Schedule,
    config: ConfigDict,
    state_shardings: Any,
) -> Callable[[TrainState, nnx.State, Batch], tuple[TrainState, Metrics]]:
    """`step(state, frozen, batch)` with `state` donated and a batch `[A, B, T]` of A micro-batches.

    `schedule` is only reported. Under `jax.set_mesh(mesh)` activations keep their rows apart, as the batch has them.
    Gradients are those of the mean loss per learnt token over the whole batch, however many devices and
    micro-batches it is spread over. Dropout depends on (seed, step, micro-batch, layer) alone.
    """
    loss_and_grad = jax.value_and_grad(make_loss(graph, config), has_aux=True)
    has_dropout = bool(config.lora.rank and config.lora.dropout)

    def train_step(state: TrainState, frozen: nnx.State, batch_AxBxT: Batch) -> tuple[TrainState, Metrics]:
        key = jax.random.fold_in(jax.random.key(config.seed), state.step)

        def micro_batch(carry, inputs):
            batch, index = inputs
            dropout_key = jax.random.fold_in(key, index) if has_dropout else None
            (total, weight), grads = loss_and_grad(state.params, frozen, batch, dropout_key)
            return jax.tree.map(jnp.add, carry, (total, weight, grads)), None

        micro_batches = batch_AxBxT["tokens"].shape[0]
        zeros = (jnp.zeros(()), jnp.zeros(()), jax.tree.map(jnp.zeros_like, state.params))
        inputs = (batch_AxBxT, jnp.arange(micro_batches))
        if micro_batches == 1:
            (total, weight, grads), _ = micro_batch(zeros, jax.tree.map(lambda a: a[0], inputs))
        else:
            (total, weight, grads), _ = jax.lax.scan(micro_batch, zeros, inputs)
        grads = jax.tree.map(lambda g: g / jnp.maximum(weight, 1e-6), grads)
        updates, opt_state = optimizer.update(grads, state.opt_state, state.params)
        metrics = {
            "loss": total / weight,
            "learnt_tokens": weight,
            "tokens": (batch_AxBxT["segment_ids"] > 0).sum(),
            "grad_norm": optax.global_norm(grads),
            "learning_rate": schedule(state.step),
        }
        return TrainState(optax.apply_updates(state.params, updates), opt_state, state.step + 1), metrics

    return jax.jit(train_step, donate_argnums=0, out_shardings=(state_shardings, None))
