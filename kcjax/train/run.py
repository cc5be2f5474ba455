"""A run's workdir, on disk or in a bucket, and the model in it."""

import contextlib
import functools
import os
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from jax.sharding import Mesh
from jax.typing import DTypeLike

from kcjax.errors import InputError, WorkError
from kcjax.files import file_system, is_directory, local_directory, read_json, sampled_hash
from kcjax.model.huggingface import info_of, load_config, load_model
from kcjax.model.llama import Llama
from kcjax.model.lora import LoraParam, add_lora, merge_lora
from kcjax.parallel.sharding import param_sharding, param_shardings
from kcjax.train.checkpoints import Checkpoints
from kcjax.train.config import lora_config

SCRATCH = "scratch:"  # before a model directory: its shape and tokenizer, with random weights


def is_run(directory: str | os.PathLike) -> bool:
    """Whether this is the workdir of a run, rather than a model directory."""
    return is_directory(f"{os.fspath(directory)}/checkpoints")


def run_config(workdir: str | os.PathLike) -> dict[str, Any]:
    """The resolved config that a run was started with."""
    return read_json(f"{os.fspath(workdir)}/config.json")


def trained_filter(config: Any) -> Any:
    """The NNX filter of the parameters that a run trains and its checkpoints hold."""
    return LoraParam if config["lora"]["rank"] else nnx.Param


def load_run(
    workdir: str | os.PathLike,
    *,
    dtype: DTypeLike = jnp.float32,
    param_dtype: DTypeLike = jnp.float32,
    mesh: Mesh | None = None,
    merge: bool = True,
) -> Llama:
    """The model at a run's newest checkpoint; with `merge` its adapters are folded into the kernels.

    Adapters trained on int8 kernels are folded into those that the kernels were made from.

    Raises:
      InputError: the run has no checkpoint yet.
    """
    config = run_config(workdir)
    model = load_any(config["init_from"], dtype=dtype, param_dtype=param_dtype, mesh=mesh)
    if lora := lora_config(config):
        add_lora(model, lora, rngs=nnx.Rngs(0))
    state = nnx.state(model, trained_filter(config))
    shardings = param_shardings(state, mesh) if mesh else jax.tree.map(lambda a: a.sharding, state)
    abstract = jax.tree.map(lambda a, s: jax.ShapeDtypeStruct(a.shape, a.dtype, sharding=s), state, shardings)
    with contextlib.closing(Checkpoints(workdir)) as checkpoints:
        step = checkpoints.latest()
        if step is None:
            raise no_checkpoint(workdir)
        try:
            restored, _ = checkpoints.restore(step, params=abstract)
        except WorkError as error:
            raise WorkError(f"{error}; remove it to take the one before") from error
    nnx.update(model, restored)
    if merge:
        merge_lora(model)
    return model


def no_checkpoint(workdir: str | os.PathLike) -> InputError:
    return InputError(f"{workdir}: no checkpoint yet; run `kcjax train --workdir={workdir}` first")


def load_any(
    directory: str | os.PathLike,
    *,
    dtype: DTypeLike = jnp.float32,
    param_dtype: DTypeLike = jnp.float32,
    mesh: Mesh | None = None,
    seed: int = 0,
) -> Llama:
    """The model in a model directory or, merged, of a run; or after `scratch:` one with that model's shape and random
    weights. Its parameters are read straight to where they lie.

    Args:
      dtype: what to compute in; param_dtype: what to hold matrices in.
      mesh: the devices to spread it over; None for the first device alone.
    """
    if is_run(directory):
        return load_run(directory, dtype=dtype, param_dtype=param_dtype, mesh=mesh)
    sharding_of = None if mesh is None else functools.partial(param_sharding, mesh=mesh)
    place = base_model_directory(directory)
    if not os.fspath(directory).startswith(SCRATCH):
        return load_model(place, dtype=dtype, param_dtype=param_dtype, sharding_of=sharding_of)
    made = lambda: Llama(load_config(place), rngs=nnx.Rngs(seed), dtype=dtype, param_dtype=param_dtype)
    graph, state = nnx.split(nnx.eval_shape(made))
    make = jax.jit(lambda: nnx.state(made()), out_shardings=param_shardings(state, mesh) if mesh else None)
    return nnx.merge(graph, make())


def base_model(directory: str | os.PathLike) -> str:
    """The model directory that a run, or a chain of runs, started from."""
    while is_run(directory):
        directory = run_config(directory)["init_from"]
    return os.fspath(directory).removeprefix(SCRATCH)


def base_model_directory(directory: str | os.PathLike) -> Path:
    """The same; a copy where it is in a bucket."""
    return local_directory(base_model(directory))


def weights_hash(directory: str | os.PathLike) -> str:
    """Changes when the model that a run starts from does: a model directory's, or a run's and all before it."""
    if not is_run(directory):
        place = base_model_directory(directory)
        files = [] if os.fspath(directory).startswith(SCRATCH) else place.glob("*.safetensors")
        return sampled_hash([place / "config.json", *files])
    with contextlib.closing(Checkpoints(directory)) as checkpoints:
        step = checkpoints.latest()
    newest = f"{os.fspath(directory)}/checkpoints/{step}"
    files = file_system(newest)
    paths = [files.unstrip_protocol(path) if "://" in newest else path for path in files.find(newest)]
    return f"{sampled_hash(paths)} after {weights_hash(run_config(directory)['init_from'])}"


def phases_of(directory: str | os.PathLike) -> tuple[str, ...]:
    """The phases a run, those before it and the model they began with went through, first one first."""
    phases: list[str] = []
    base = base_model_directory(directory)
    scratch = False
    while is_run(directory):
        config = run_config(directory)
        phases.insert(0, config["phase"])
        directory = config["init_from"]
        scratch = config["init_from"].startswith(SCRATCH)
    return (*(() if scratch else info_of(base).phases), *phases)
