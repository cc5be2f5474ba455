"""Training, from a config to a finished workdir."""

import contextlib
import itertools
import logging
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from ml_collections import ConfigDict

from kcjax.corpus.input import Batch, batch_ids, batches, read_batch
from kcjax.corpus.mixture import Mixture
from kcjax.corpus.tokenizer import load_tokenizer
from kcjax.errors import InputError, Interrupted, WorkError
from kcjax.files import read_json, write_json
from kcjax.model.lora import add_lora
from kcjax.parallel.mesh import make_mesh
from kcjax.parallel.sharding import batch_sharding, param_shardings
from kcjax.train.checkpoints import Checkpoints, check_same
from kcjax.train.config import check, lora_config, to_json
from kcjax.train.metrics import MetricsWriter, Progress, read_metrics
from kcjax.train.optimizer import make_optimizer, make_schedule
from kcjax.train.run import base_model_directory, is_run, load_any, trained_filter, weights_hash
from kcjax.train.step import TrainState, make_eval_step, make_train_step

log = logging.getLogger(__name__)

# Where and how often, not what: up to rounding, a run computes the same with other values of these.
FREE_TO_CHANGE = ("mesh", "remat", "loss_chunk", "log_every", "checkpoint_every", "keep_checkpoints")


def train(config: ConfigDict, workdir: str | Path) -> dict[str, Any]:
    """Trains until `config.steps` are done and returns the run's summary, also found in `WORKDIR/DONE`.

    State comes from the first of these that exists: this workdir's newest checkpoint, `config.init_from`.
    A resumed run computes what an undisturbed one would have: batches depend on (seed, step), dropout likewise.

    Raises:
      InputError: the config, its data, its model and what the workdir holds do not fit together.
      WorkError: the loss is not finite, or a checkpoint is damaged.
      Interrupted: SIGTERM or SIGINT came; the state was saved.
    """
    check(config)
    workdir = Path(workdir)
    about = _identity(to_json(config))
    if (workdir / "config.json").exists():
        check_same(_identity(read_json(workdir / "config.json")), about, where=f"{workdir}/config.json")
    if (workdir / "DONE").exists():
        return read_json(workdir / "DONE")

    mesh = make_mesh(config.mesh.to_dict())
    with contextlib.ExitStack() as stack:
        stack.enter_context(jax.set_mesh(mesh))
        steps = _train(config, workdir, about, mesh, stack)
    summary = _summary(workdir, steps)
    write_json(workdir / "DONE", summary)
    return summary


def _train(config: ConfigDict, workdir: Path, about: dict[str, Any], mesh: Mesh, stack: contextlib.ExitStack) -> int:
    """Trains to the last step and returns its number; what is still to be written is on disk once `stack` is left."""
    records = _open_records(config)
    batch_size = config.batch_per_device * jax.device_count() * config.accumulate_steps
    steps = config.steps or max(1, round(config.epochs * len(records) / batch_size))
    log.info("%d steps of %d records: %.3g epochs", steps, batch_size, steps * batch_size / len(records))
    per_host = batch_size // jax.process_count()
    rows = slice(jax.process_index() * per_host, (jax.process_index() + 1) * per_host)

    schedule = make_schedule(config.optimizer, steps)
    optimizer = make_optimizer(config.optimizer, schedule)
    graph, params, frozen = _initial_model(config, records, mesh)
    state, shardings = _initial_state(params, optimizer, mesh)
    del params
    train_step = make_train_step(graph, optimizer, schedule, config, shardings)
    eval_step = make_eval_step(graph, config)

    about |= {"steps": steps, "batch_size": batch_size}
    about |= {"records": records.checksum, "weights": weights_hash(config.init_from)}
    checkpoints = stack.enter_context(contextlib.closing(Checkpoints(workdir, keep=config.keep_checkpoints)))
    start = checkpoints.latest() or 0
    if start:
        check_same(checkpoints.about(start), about, where=f"{checkpoints.directory}/{start}")
        abstract = jax.tree.map(lambda a, s: jax.ShapeDtypeStruct(a.shape, a.dtype, sharding=s), state, shardings)
        del state  # makes room for what is restored
        restored = checkpoints.restore(start, params=abstract.params, optimizer=abstract.opt_state)
        state = TrainState(*restored, jax.device_put(jnp.int32(start), shardings.step))
        log.info("resuming %s at step %d", workdir, start)
    if jax.process_index() == 0:
        write_json(workdir / "config.json", to_json(config))
    writer = stack.enter_context(contextlib.closing(MetricsWriter(workdir, start_step=start)))

    def save(step: int) -> None:
        writer.sync()
        checkpoints.save(step, params=state.params, optimizer=state.opt_state, about=about)

    def place(batch: Batch) -> dict[str, jax.Array]:
        sharding = batch_sharding(mesh, accumulated=True)
        shape = (config.accumulate_steps, per_host // config.accumulate_steps, config.sequence_length)
        return {k: jax.make_array_from_process_local_data(sharding, v.reshape(shape)) for k, v in batch.items()}

    def named_batch(step: int) -> str:
        return ", ".join(batch_ids(records, batch_size=batch_size, step=step)[:20])

    # One fixed batch, the first, measured before and after: the same number that a resumed run would find.
    probe = place(read_batch(records, batch_size=batch_size, step=0, rows=rows))

    def measure(step: int) -> None:
        if not any(row["step"] == step and "probe_loss" in row for row in read_metrics(workdir)):
            writer.write(step, {"probe_loss": float(eval_step(state.params, frozen, probe))})

    if not start:
        measure(0)

    progress = Progress(first=start, last=steps)
    pending: dict[str, jax.Array] = {}
    tokens = 0.0

    def report(step: int) -> None:
        """Reads the metrics of a dispatched step; called once the next one is dispatched, so that no device waits."""
        nonlocal tokens
        values = {name: float(value) for name, value in pending.items()}
        for name in ("loss", "grad_norm"):
            if not np.isfinite(values[name]):
                raise WorkError(
                    f"step {step}: {name} is {values[name]}; its batch holds {named_batch(step - 1)}; "
                    "look at these, or lower config.optimizer.learning_rate"
                )
        tokens += values["tokens"]
        if step % config.log_every == 0 or step == steps:
            progress.show(step, loss=values["loss"], tokens=tokens)
            values["tokens_per_s"] = progress.tokens_per_s
            tokens = 0.0
        writer.write(step, values)

    with _stop_signals() as stopped:
        stream = batches(records, batch_size=batch_size, start=start, stop=steps, rows=rows)
        for step, batch in zip(itertools.count(start + 1), stream):
            if not batch["loss_weights"].any():
                raise InputError(
                    f"{config.data}: the batch of step {step} has nothing to learn: {named_batch(step - 1)}; "
                    "leave these out, or take larger batches"
                )
            state, metrics = train_step(state, frozen, place(batch))
            if pending:
                report(step - 1)
            pending = metrics
            stopping = stopped.is_set()
            saving = stopping or step == steps or step % config.checkpoint_every == 0
            if saving or not _runs_ahead():
                report(step)
                pending = {}
            if saving:
                save(step)
            if stopping and step < steps:
                raise Interrupted(f"{workdir}: saved at step {step} of {steps}; the same command resumes it")

    measure(steps)
    return steps


def _runs_ahead() -> bool:
    """Whether a step returns before it is done. On CPUs that gains nothing, and would mix up the times of steps."""
    return jax.default_backend() != "cpu"


def _identity(config: dict[str, Any]) -> dict[str, Any]:
    """The fields of a config that decide what a run computes; the others may change when it is resumed."""
    return {name: value for name, value in config.items() if name not in FREE_TO_CHANGE}


def _open_records(config: ConfigDict) -> Mixture:
    records = Mixture.open(config.data, seed=config.seed)
    tokenizer = load_tokenizer(base_model_directory(config.init_from))
    if records.info.length != config.sequence_length:
        raise InputError(
            f"{config.data}: records of {records.info.length} tokens, "
            f"config.sequence_length is {config.sequence_length}; make them the same"
        )
    if records.info.tokenizer_hash != tokenizer.hash:
        raise InputError(
            f"{config.data}: made with another tokenizer than {config.init_from} has; build it again with it"
        )
    if records.info.phase != config.phase and config.phase != "refinement":
        raise InputError(f"{config.data}: a corpus for phase {records.info.phase!r}, config.phase is {config.phase!r}")
    return records


def _initial_model(config: ConfigDict, records: Mixture, mesh: Mesh) -> tuple[nnx.GraphDef, nnx.State, nnx.State]:
    """The model at step 0: its structure, the parameters to train and the rest, each where it belongs on the mesh."""
    if is_run(config.init_from) and not (Path(config.init_from) / "DONE").exists():
        raise InputError(
            f"{config.init_from}: the run is not finished, so what it would be started from may still change; "
            "finish it, or `kcjax export` it and start from that"
        )
    model = load_any(config.init_from, dtype=config.dtype, mesh=mesh)
    if records.info.vocab_size > model.config.vocab_size:
        raise InputError(
            f"{config.data}: token ids up to {records.info.vocab_size - 1}, "
            f"the embedding of {config.init_from} has {model.config.vocab_size} rows"
        )
    if config.sequence_length > model.config.max_positions:
        raise InputError(
            f"config.sequence_length={config.sequence_length}: "
            f"{config.init_from} has {model.config.max_positions} positions"
        )
    if lora := lora_config(config):
        add_lora(model, lora, rngs=nnx.Rngs(config.seed))
    parts: Any = nnx.split(model, trained_filter(config), ...)
    graph, params, frozen = parts
    place = lambda tree: jax.device_put(tree, param_shardings(tree, mesh))
    return graph, place(params), place(frozen)


def _initial_state(
    params: nnx.State, optimizer: optax.GradientTransformation, mesh: Mesh
) -> tuple[TrainState, TrainState]:
    """The state at step 0, and its shardings: the optimizer's moments lie where their parameters lie."""
    replicated = NamedSharding(mesh, PartitionSpec())
    param_sharding = param_shardings(params, mesh)
    opt_state = jax.eval_shape(optimizer.init, params)
    opt_sharding = optax.tree.map_params(
        optimizer, lambda _, s: s, opt_state, param_sharding, transform_non_params=lambda _: replicated
    )
    opt_state = jax.jit(optimizer.init, out_shardings=opt_sharding)(params)
    step = jax.device_put(jnp.int32(0), replicated)
    return TrainState(params, opt_state, step), TrainState(param_sharding, opt_sharding, replicated)


def _summary(workdir: Path, steps: int) -> dict[str, Any]:
    rows = read_metrics(workdir)
    probes = [row["probe_loss"] for row in rows if "probe_loss" in row]
    trained = [row for row in rows if "loss" in row]
    return {
        "steps": steps,
        "probe_loss_first": probes[0],
        "probe_loss_last": probes[-1],
        "tokens": int(sum(row["tokens"] for row in trained)),
        "learnt_tokens": int(sum(row["learnt_tokens"] for row in trained)),
        "tokens_per_s": float(np.median([row["tokens_per_s"] for row in trained if "tokens_per_s" in row])),
    }


@contextlib.contextmanager
def _stop_signals() -> Iterator[threading.Event]:
    """An event that SIGTERM or SIGINT sets, instead of killing the run, while the block lasts."""
    stopped = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stopped
        return
    previous = {s: signal.signal(s, lambda *_: stopped.set()) for s in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stopped
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
