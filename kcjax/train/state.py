"""What a training step changes, and where it lies."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from flax import nnx
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from ml_collections import ConfigDict

from kcjax.model.config import LlamaConfig
from kcjax.model.llama import Llama
from kcjax.model.lora import add_lora
from kcjax.model.quantize import quantize_blocks
from kcjax.parallel.sharding import param_shardings
from kcjax.train.config import base_dtype, lora_config
from kcjax.train.run import trained_filter


class TrainState(NamedTuple):
    """The trained parameters, the optimizer's state and the number of steps done."""

    params: Any
    opt_state: Any
    step: Any


class ModelParts(NamedTuple):
    """A model's structure, the parameters to train, and the rest."""

    graph: nnx.GraphDef
    params: nnx.State
    frozen: nnx.State


def parts_of(model: Llama, config: ConfigDict) -> ModelParts:
    """Adds what the config asks for to the model, in place, and takes it apart."""
    if lora := lora_config(config):
        add_lora(model, lora, rngs=nnx.Rngs(config.seed))
        if base_dtype(config) == "int8":
            quantize_blocks(model)
    parts: Any = nnx.split(model, trained_filter(config), ...)
    return ModelParts(*parts)


def abstract_parts(model: LlamaConfig, config: ConfigDict) -> ModelParts:
    """The parts of a model of that shape, without an array made."""
    found: list[nnx.GraphDef] = []

    def made() -> tuple[nnx.State, nnx.State]:
        kept = held_dtype(config)
        llama = Llama(model, rngs=nnx.Rngs(0), dtype=config.dtype, param_dtype=kept)
        parts = parts_of(llama, config)
        found.append(parts.graph)
        return parts.params, parts.frozen

    params, frozen = jax.eval_shape(made)
    return ModelParts(found[0], params, frozen)


def held_dtype(config: ConfigDict) -> str:
    """What a model's matrices are read as: float32 to be trained, less where they stay frozen."""
    if lora_config(config) is None:
        return "float32"
    return {"int8": "bfloat16"}.get(base_dtype(config), base_dtype(config))


def abstract_state(params: nnx.State, optimizer: optax.GradientTransformation, mesh: Mesh) -> TrainState:
    """Shapes, dtypes and shardings of the state. The optimizer's moments lie where their parameters lie; what else it
    keeps, everywhere."""
    replicated = NamedSharding(mesh, PartitionSpec())
    places = param_shardings(params, mesh)
    opt_state = jax.eval_shape(optimizer.init, params)

    def lies(leaf: jax.Array, param: jax.Array, place: NamedSharding) -> NamedSharding:
        return place if leaf.shape == param.shape else replicated  # what Adafactor keeps of a matrix is two vectors

    opt_places = optax.tree.map_params(
        optimizer, lies, opt_state, params, places, transform_non_params=lambda _: replicated
    )
    state = TrainState(params, opt_state, jax.ShapeDtypeStruct((), jnp.int32))
    return placed(state, TrainState(places, opt_places, replicated))


def placed(tree: Any, shardings: Any) -> Any:
    """The abstract tree with these shardings."""
    return jax.tree.map(lambda a, s: jax.ShapeDtypeStruct(a.shape, a.dtype, sharding=s), tree, shardings)


def shardings_of(tree: Any) -> Any:
    return jax.tree.map(lambda a: a.sharding, tree)
