"""Training, from a config to a finished workdir."""

import contextlib
import itertools
import logging
import os
import time
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.experimental import multihost_utils
from jax.sharding import Mesh
from ml_collections import ConfigDict

from kcjax.corpus.input import batch_ids, batches, read_batch
from kcjax.corpus.mixture import Mixture
from kcjax.corpus.packing import TASKS
from kcjax.corpus.tokenizer import load_tokenizer
from kcjax.errors import InputError, Interrupted, WorkError
from kcjax.files import exists, file_system, read_json, write_json
from kcjax.model.config import LlamaConfig
from kcjax.model.flops import model_flops
from kcjax.model.huggingface import load_config as load_model_config
from kcjax.parallel.batch import GlobalBatch
from kcjax.parallel.chips import peak_flops
from kcjax.parallel.hosts import differing
from kcjax.parallel.mesh import make_mesh
from kcjax.parallel.sharding import param_shardings
from kcjax.train.checkpoints import Checkpoints, check_same
from kcjax.train.config import check, lora_config, to_json
from kcjax.train.data import number_of_steps, open_records
from kcjax.train.evaluation import HeldOut
from kcjax.train.export import BackgroundExport
from kcjax.train.metrics import Goodput, MetricsWriter, Progress, StepTimes, read_metrics
from kcjax.train.optimizer import make_optimizer, make_schedule
from kcjax.train.run import base_model_directory, is_run, load_any, weights_hash
from kcjax.train.state import TrainState, abstract_parts, abstract_state, held_dtype, parts_of, shardings_of
from kcjax.train.step import make_eval_step, make_train_step
from kcjax.train.stop import StopSignals

log = logging.getLogger(__name__)

# Where, how often and how it is watched, not what: up to rounding, a run computes the same with other values of these.
FREE_TO_CHANGE = (
    *("mesh", "batch_per_device", "accumulate_steps"),  # the batch of all devices together stays
    *("remat", "rows_at_once", "attention", "attention_block", "vocab_chunks"),
    *("log_every", "checkpoint_every", "keep_checkpoints", "keep_every", "export_every", "evaluate"),
    *("profile_step", "profile_steps", "wandb"),
)


def train(config: ConfigDict, workdir: str | os.PathLike) -> dict[str, Any]:
    """Trains until `config.steps` are done and returns the run's summary, also found in `WORKDIR/DONE`.

    State comes from the first of these that exists: this workdir's newest checkpoint that is whole; `config.init_from`,
    which is another run's workdir, a model directory, or, after `scratch:`, one whose shape alone is taken.
    A resumed run computes what an undisturbed one would have: batches depend on (seed, step), dropout likewise.

    Raises:
      InputError: the config, its data, its model and what the workdir holds do not fit together.
      WorkError: the loss is not finite, or all checkpoints are damaged.
      Interrupted: SIGTERM or SIGINT came, or the machine is to be taken away; the state was saved.
    """
    check(config)
    workdir = os.fspath(workdir).rstrip("/")
    if exists(f"{workdir}/config.json"):
        saved = _identity(read_json(f"{workdir}/config.json"))
        check_same(saved, _identity(to_json(config)), where=f"{workdir}/config.json")
    if exists(f"{workdir}/DONE"):
        return read_json(f"{workdir}/DONE")
    mesh = make_mesh(config.mesh.to_dict())
    with contextlib.ExitStack() as stack:
        stop = stack.enter_context(StopSignals())
        stack.enter_context(jax.set_mesh(mesh))
        _Training(config, workdir, mesh, stack).run(stop)
    if jax.process_index() == 0:
        write_json(f"{workdir}/DONE", _summary(read_metrics(workdir)))
    if jax.process_count() > 1:
        multihost_utils.sync_global_devices("done")
    return read_json(f"{workdir}/DONE")


class _Training:
    """One start of a run, from where the one before stopped."""

    def __init__(self, config: ConfigDict, workdir: str, mesh: Mesh, stack: contextlib.ExitStack):
        """What is still to be written is on disk once `stack` is left."""
        self.config, self.workdir = config, workdir
        model = load_model_config(base_model_directory(config.init_from))
        self.records = _open_records(config, model)
        self.held_out = HeldOut(config) if config.evaluate.every else None
        self.batch_size = config.batch_per_device * mesh.size * config.accumulate_steps
        self.steps = number_of_steps(config, self.records, batch_size=self.batch_size)
        epochs = self.steps * self.batch_size / len(self.records)
        log.info("%d steps of %d records: %.3g epochs", self.steps, self.batch_size, epochs)
        self.batch = GlobalBatch(mesh, micro_batches=config.accumulate_steps, batch_size=self.batch_size)

        self.schedule = make_schedule(config.optimizer, self.steps)
        self.optimizer = make_optimizer(config.optimizer, self.schedule)
        self.graph, params, _ = abstract_parts(model, config)
        wanted = abstract_state(params, self.optimizer, mesh)
        self.about = _identity(to_json(config)) | {"steps": self.steps, "batch_size": self.batch_size}
        self.about |= {"records": self.records.checksum, "weights": weights_hash(config.init_from)}
        if name := differing(self.about):
            raise InputError(f"{name} is not the same on all hosts; give all of them the same command, data and model")
        if not _all_hosts_see(workdir):
            raise InputError(f"{workdir}: not all hosts see it; give a directory that they share, or one in a bucket")
        self.checkpoints = stack.enter_context(
            contextlib.closing(Checkpoints(workdir, keep=config.keep_checkpoints, keep_every=config.keep_every))
        )
        self.state, self.frozen, self.start = self._initial(wanted, mesh)
        flops = model_flops(
            model,
            tokens=self.batch_size * config.sequence_length,
            length=config.sequence_length,
            lora=lora_config(config),
        )
        peak = peak_flops(jax.devices()[0])
        self.share_of_peak_in_1s = flops / (peak * mesh.size) if peak else None  # MFU is this / seconds a step
        self.writer = None
        if jax.process_index() == 0:
            write_json(f"{workdir}/config.json", to_json(config))
            self.writer = stack.enter_context(
                contextlib.closing(
                    MetricsWriter(workdir, start_step=self.start, wandb=config.wandb, config=to_json(config))
                )
            )
        self.exports = BackgroundExport(workdir)
        stack.callback(self.exports.wait)
        self.goodput = Goodput(self.writer.rows if self.writer else [])
        self.times = StepTimes()
        self.progress = Progress(first=self.start, last=self.steps)
        self.tokens = 0.0
        self.eval_step = make_eval_step(self.graph, config)
        self.train_step = make_train_step(self.graph, self.optimizer, self.schedule, config, shardings_of(wanted))

    def _initial(self, wanted: TrainState, mesh: Mesh) -> tuple[TrainState, nnx.State, int]:
        """The state to begin with, what stays frozen, and the steps that are done."""

        def restore(step: int) -> tuple[Any, Any]:
            where = f"{self.checkpoints.directory}/{step}"
            check_same(self.checkpoints.about(step), self.about, where=where)
            return self.checkpoints.restore(step, params=wanted.params, optimizer=wanted.opt_state)

        found = self.checkpoints.newest_that(restore)
        adapts = lora_config(self.config) is not None
        params: Any = None
        frozen: Any = nnx.State({})
        if adapts or not found:  # else all that the model has was restored
            params, frozen = self._load(mesh)
        if found:
            step, (params, opt_state) = found
            log.info("resuming %s at step %d", self.workdir, step)
        else:
            step, opt_state = 0, jax.jit(self.optimizer.init, out_shardings=shardings_of(wanted.opt_state))(params)
        return TrainState(params, opt_state, jax.device_put(jnp.int32(step), wanted.step.sharding)), frozen, step

    def _load(self, mesh: Mesh) -> tuple[nnx.State, nnx.State]:
        """The parameters to train and the frozen ones at step 0, each where it belongs on the mesh."""
        config = self.config
        if is_run(config.init_from) and not exists(f"{os.fspath(config.init_from)}/DONE"):
            raise InputError(
                f"{config.init_from}: the run is not finished, so what it would be started from may still change; "
                "finish it, or `kcjax export` it and start from that"
            )
        held = held_dtype(config)
        model = load_any(config.init_from, dtype=config.dtype, param_dtype=held, mesh=mesh, seed=config.seed)
        parts = parts_of(model, config)
        del model
        place = lambda tree: jax.device_put(tree, param_shardings(tree, mesh))
        return place(parts.params), place(parts.frozen)

    def run(self, stop: StopSignals) -> None:
        """
        Raises:
          Interrupted: it was asked to stop, and the state was saved.
        """
        config, start = self.config, self.start
        # One fixed batch, the first, measured before and after: the same number that a resumed run would find.
        probe = self._place(read_batch(self.records, batch_size=self.batch_size, step=0, rows=self.batch.rows))
        if not start:
            self._measure(0, probe)
        elif self._is_exported(start):  # the start before this one may have been stopped in the midst of it
            self._export(start)
        compiled = None
        pending: dict[str, jax.Array] = {}
        stream = batches(self.records, batch_size=self.batch_size, start=start, stop=self.steps, rows=self.batch.rows)
        for step in itertools.count(start + 1):
            if stop.requested() and step <= self.steps:
                if pending:
                    self._report(step - 1, pending)
                if step - 1 > start:
                    self._save(step - 1)
                raise Interrupted(
                    f"{self.workdir}: saved at step {step - 1} of {self.steps}; the same command resumes it"
                )
            with self.goodput.spent("input"):
                local = next(stream, None)
                if local is None:
                    break
                batch = self._place(local)
            if compiled is None:
                with self.goodput.spent("compile"):
                    compiled = self.train_step.lower(self.state, self.frozen, batch).compile()
            with self._profiled(step), self.goodput.spent("steps"):
                began = time.perf_counter()
                self.state, metrics = compiled(self.state, self.frozen, batch)
                jax.block_until_ready(pending or metrics if _runs_ahead() else metrics)
                self.times.add(time.perf_counter() - began)
            if pending:
                self._report(step - 1, pending)
            pending = metrics
            last = step == self.steps
            exporting = self._is_exported(step)
            saving = exporting or last or step % config.checkpoint_every == 0
            evaluating = self.held_out is not None and (last or step % config.evaluate.every == 0)
            if saving or evaluating or not _runs_ahead():
                self._report(step, pending)
                pending = {}
            if evaluating:
                self._evaluate(step)
            if saving:
                self._save(step)
            if exporting:
                self._export(step)
        self._measure(self.steps, probe)

    def _place(self, local: dict[str, np.ndarray]) -> dict[str, jax.Array]:
        # Without prefixes attention kernels mask by segment alone, which is quicker.
        wanted = {name: a for name, a in local.items() if name != "prefix_ids" or self.records.shares_prefixes}
        return self.batch.place(wanted)

    def _named_batch(self, step: int) -> str:
        return ", ".join(batch_ids(self.records, batch_size=self.batch_size, step=step - 1)[:20])

    def _measure(self, step: int, probe: dict[str, jax.Array]) -> None:
        with self.goodput.spent("evaluate"):
            loss = float(self.eval_step(self.state.params, self.frozen, probe))
        self._write_once(step, {"probe_loss": loss})

    def _evaluate(self, step: int) -> None:
        assert self.held_out is not None
        with self.goodput.spent("evaluate"):
            scores = self.held_out.scores(nnx.merge(self.graph, self.state.params, self.frozen))
        log.info("step %d: %s", step, ", ".join(f"{name} {value:.4g}" for name, value in scores.items()))
        self._write_once(step, scores)

    def _write_once(self, step: int, values: dict[str, float]) -> None:
        """Unless a start before this one wrote it, and was stopped after."""
        if self.writer and not any(row["step"] == step and values.keys() <= row.keys() for row in self.writer.rows):
            self.writer.write(step, values)

    def _save(self, step: int) -> None:
        with self.goodput.spent("checkpoint"):
            self.exports.wait()  # for saving may remove what is being exported
            if self.writer:
                self.writer.sync()
            self.checkpoints.save(step, params=self.state.params, optimizer=self.state.opt_state, about=self.about)

    def _is_exported(self, step: int) -> bool:
        every = self.config.export_every
        return every > 0 and (step == self.steps or step % every == 0)

    def _export(self, step: int) -> None:
        with self.goodput.spent("checkpoint"):
            self.checkpoints.wait()
        if jax.process_index() == 0:
            self.exports.start(step)

    def _report(self, step: int, metrics: dict[str, jax.Array]) -> None:
        """Reads the metrics of a dispatched step; called once the next one is dispatched, so that no device waits.

        Raises:
          InputError: there was nothing to learn.
          WorkError: the loss is not finite, and the config does not say to go on.
        """
        config = self.config
        task_losses, task_weights = (np.asarray(metrics[name]) for name in ("task_losses", "task_weights"))
        values = {name: float(value) for name, value in metrics.items() if not name.startswith("task_")}
        if not values["learnt_tokens"]:
            raise InputError(
                f"{config.data}: the batch of step {step} has nothing to learn: {self._named_batch(step)}; "
                "leave these out, or take larger batches"
            )
        for name in ("loss", "grad_norm"):
            if np.isfinite(values[name]):
                continue
            told = f"step {step}: {name} is {values[name]}; its batch holds {self._named_batch(step)}; "
            if config.nonfinite == "abort":
                raise WorkError(f"{told}look at these, or lower config.optimizer.learning_rate")
            log.warning("%sthe step changed nothing", told)
            break
        values |= {f"loss/{t}": float(a / b) for t, a, b in zip(TASKS, task_losses, task_weights, strict=True) if b}
        values["fill"] = values["tokens"] / (self.batch_size * config.sequence_length)
        self.tokens += values["tokens"]
        if step % config.log_every == 0 or step == self.steps:
            if jax.process_index() == 0:
                self.progress.show(step, loss=values["loss"], tokens=self.tokens)
            values["tokens_per_s"] = self.progress.tokens_per_s
            values |= self.times.figures()
            if self.share_of_peak_in_1s and "step_s_p50" in values:
                values["mfu"] = self.share_of_peak_in_1s / values["step_s_p50"]
            if memory := jax.local_devices()[0].memory_stats():
                values["hbm_peak_gib"] = memory["peak_bytes_in_use"] / 2**30
            self.tokens = 0.0
        values |= self.goodput.figures()
        if self.writer:
            self.writer.write(step, values)

    @contextlib.contextmanager
    def _profiled(self, step: int):
        first, count = self.config.profile_step, self.config.profile_steps
        if self.writer and step == first:
            jax.profiler.start_trace(self.writer.tensorboard)
        yield
        if self.writer and first and step == first + count - 1:
            jax.block_until_ready(self.state.step)
            jax.profiler.stop_trace()


def _runs_ahead() -> bool:
    """Whether a step returns before it is done. On CPUs that gains nothing, and would mix up the times of steps."""
    return jax.default_backend() != "cpu"


def _all_hosts_see(workdir: str) -> bool:
    """Whether what the first host writes there is there for the others; on a shared disk that may take a while."""
    if jax.process_count() == 1:
        return True
    path = f"{workdir}/seen.json"
    if jax.process_index() == 0:
        write_json(path, {})
    multihost_utils.sync_global_devices("written")
    end = time.monotonic() + 20
    while not exists(path) and time.monotonic() < end:
        time.sleep(0.5)
    seen = differing({"seen": exists(path)}) is None
    if jax.process_index() == 0:
        file_system(path).rm_file(path)
    return seen


def _identity(config: dict[str, Any]) -> dict[str, Any]:
    """The fields of a config that decide what a run computes; the others may change when it is resumed."""
    return {name: value for name, value in config.items() if name not in FREE_TO_CHANGE}


def _open_records(config: ConfigDict, model: LlamaConfig) -> Mixture:
    records = open_records(config)
    tokenizer = load_tokenizer(base_model_directory(config.init_from))
    if records.info.tokenizer_hash != tokenizer.hash:
        raise InputError(
            f"{config.data}: made with another tokenizer than {config.init_from} has; build it again with it"
        )
    if records.info.vocab_size > model.vocab_size:
        raise InputError(
            f"{config.data}: token ids up to {records.info.vocab_size - 1}, "
            f"the embedding of {config.init_from} has {model.vocab_size} rows"
        )
    if config.sequence_length > model.max_positions:
        raise InputError(
            f"config.sequence_length={config.sequence_length}: {config.init_from} has {model.max_positions} positions"
        )
    return records


def _summary(rows: list[dict[str, float]]) -> dict[str, Any]:
    probes = [row["probe_loss"] for row in rows if "probe_loss" in row]
    trained = [row for row in rows if "loss" in row]
    scores = next((row for row in reversed(rows) if any(name.startswith("evaluate/") for name in row)), {})
    return {
        "steps": len(trained),
        "probe_loss_first": probes[0],
        "probe_loss_last": probes[-1],
        "tokens": int(sum(row["tokens"] for row in trained)),
        "learnt_tokens": int(sum(row["learnt_tokens"] for row in trained)),
        "tokens_per_s": float(np.median([row["tokens_per_s"] for row in trained if "tokens_per_s" in row])),
        "goodput": trained[-1]["goodput"],
        **{name: value for name, value in scores.items() if name.startswith("evaluate/")},
    }
