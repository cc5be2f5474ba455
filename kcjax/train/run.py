"""A run's workdir, and the model in it."""

import contextlib
import functools
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from jax.sharding import Mesh
from jax.typing import DTypeLike

from kcjax.errors import InputError
from kcjax.files import read_json, sampled_hash
from kcjax.model.huggingface import info_of, load_model
from kcjax.model.llama import Llama
from kcjax.model.lora import LoraParam, add_lora, merge_lora
from kcjax.parallel.sharding import param_sharding, param_shardings
from kcjax.train.checkpoints import Checkpoints
from kcjax.train.config import lora_config


def is_run(directory: str | Path) -> bool:
    """Whether this is the workdir of a run, rather than a model directory."""
    return (Path(directory) / "checkpoints").is_dir()


def run_config(workdir: str | Path) -> dict[str, Any]:
    """The resolved config that a run was started with."""
    return read_json(Path(workdir) / "config.json")


def trained_filter(config: Any) -> Any:
    """The NNX filter of the parameters that a run trains and its checkpoints hold."""
    return LoraParam if config["lora"]["rank"] else nnx.Param


def load_run(
    workdir: str | Path, *, dtype: DTypeLike = jnp.float32, mesh: Mesh | None = None, merge: bool = True
) -> Llama:
    """The model at a run's newest checkpoint; with `merge` its adapters are folded into the kernels.

    Raises:
      InputError: the run has no checkpoint yet.
    """
    workdir = Path(workdir)
    config = run_config(workdir)
    model = load_any(config["init_from"], dtype=dtype, mesh=mesh)
    if lora := lora_config(config):
        add_lora(model, lora, rngs=nnx.Rngs(0))
    checkpoints = Checkpoints(workdir)
    step = checkpoints.latest()
    if step is None:
        raise InputError(f"{workdir}: no checkpoint yet; run `kcjax train --workdir={workdir}` first")
    state = nnx.state(model, trained_filter(config))
    shardings = param_shardings(state, mesh) if mesh else jax.tree.map(lambda a: a.sharding, state)
    abstract = jax.tree.map(lambda a, s: jax.ShapeDtypeStruct(a.shape, a.dtype, sharding=s), state, shardings)
    restored, _ = checkpoints.restore(step, params=abstract)
    checkpoints.close()
    nnx.update(model, restored)
    if merge:
        merge_lora(model)
    return model


def load_any(directory: str | Path, *, dtype: DTypeLike = jnp.float32, mesh: Mesh | None = None) -> Llama:
    """The model in a model directory or, merged, of a run: float32 parameters, read straight to where they lie.

    Args:
      dtype: what to compute in.
      mesh: the devices to spread it over; None for the first device alone.
    """
    if is_run(directory):
        return load_run(directory, dtype=dtype, mesh=mesh)
    sharding_of = None if mesh is None else functools.partial(param_sharding, mesh=mesh)
    return load_model(directory, dtype=dtype, sharding_of=sharding_of)


def base_model_directory(directory: str | Path) -> Path:
    """The model directory that a run, or a chain of runs, started from."""
    directory = Path(directory)
    while is_run(directory):
        directory = Path(run_config(directory)["init_from"])
    return directory


def weights_hash(directory: str | Path) -> str:
    """Changes when the model that a run starts from does: a model directory's, or a run's and all before it."""
    directory = Path(directory)
    if not is_run(directory):
        return sampled_hash([directory / "config.json", *directory.glob("*.safetensors")])
    with contextlib.closing(Checkpoints(directory)) as checkpoints:
        step = checkpoints.latest()
    newest = sampled_hash(path for path in (directory / "checkpoints" / str(step)).rglob("*") if path.is_file())
    return f"{newest} after {weights_hash(run_config(directory)['init_from'])}"


def phases_of(directory: str | Path) -> tuple[str, ...]:
    """The phases a run, those before it and the model they began with went through, first one first."""
    phases: list[str] = []
    directory = Path(directory)
    while is_run(directory):
        config = run_config(directory)
        phases.insert(0, config["phase"])
        directory = Path(config["init_from"])
    return (*info_of(directory).phases, *phases)
