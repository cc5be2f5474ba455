"""The programs of extraction compiled for TPUs that are not here."""

import dataclasses
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from jax.sharding import Mesh, NamedSharding
from ml_collections import ConfigDict

from kcjax.decode import constraint
from kcjax.decode.slots import COLUMNS, Prefix, empty_slots, new_loop, read, room_for, round_up, run
from kcjax.model.attention import KVCache
from kcjax.model.config import LlamaConfig
from kcjax.model.flops import matrix_weights
from kcjax.model.llama import Llama
from kcjax.model.quantize import quantize_blocks
from kcjax.parallel.mesh import make_mesh
from kcjax.parallel.sharding import param_shardings, spec
from kcjax.plan.plan import Plan, compiled_plan
from kcjax.plan.topology import Topology
from kcjax.train.state import placed

PROGRAMS = ("prefill", "decode")
# Of a sentence of 30 words asked for 20 types.
AUTOMATON = constraint.Shape(states=512, edges=1024, rows=256, degree=64, shared_names=False)


@dataclasses.dataclass(frozen=True)
class Workload:
    """What is extracted from.

    Attributes:
      batch_per_device: texts written at a time, on a chip.
      prefix_tokens: of the schema's prompt, which all texts share.
      prompt_tokens: of a text's own prompt.
      new_tokens: of a response.
      packed_tokens: of a row that prompts are packed into.
      int8: weights of the blocks, and the cache, in 8 bits.
    """

    batch_per_device: int = 32
    prefix_tokens: int = 1024
    prompt_tokens: int = 96
    new_tokens: int = 64
    packed_tokens: int = 1024
    int8: bool = False


def plan_extraction(
    program: str, config: ConfigDict, model: LlamaConfig, topology: Topology, workload: Workload
) -> Plan:
    """Compiles "prefill", which reads a row of prompts, or "decode", which gives each text `COLUMNS` tokens more.

    Weights are in `config.dtype`, or int8, spread over `config.mesh.tensor` chips. Such a group of chips works for
    itself, so one is compiled for.
    """
    devices, tensor = topology.devices(), config.mesh.tensor
    mesh = make_mesh({"tensor": tensor}, devices=devices[:tensor])
    rows = workload.batch_per_device * tensor
    prefill = program == "prefill"
    steps = 1 if prefill else COLUMNS
    tokens = workload.packed_tokens if prefill else rows * steps
    seen = workload.prefix_tokens + workload.prompt_tokens + (0 if prefill else workload.new_tokens // 2)
    attention = 4 * seen * model.num_layers * model.num_heads * model.head_dim
    weights = matrix_weights(model) - (model.hidden_size * model.vocab_size if prefill else 0)
    size = 1 if workload.int8 else jnp.dtype(config.dtype).itemsize
    kept = workload.prefix_tokens + (workload.packed_tokens if prefill else rows * (seen - workload.prefix_tokens))
    return compiled_plan(
        lambda: _lower(program, config.dtype, model, mesh, rows, workload),
        topology,
        mesh,
        program=program,
        batch_per_device=workload.batch_per_device,
        tokens=tokens,
        flops=tokens * (2.0 * weights + attention),
        replicas=len(devices) // tensor,
        bytes_needed=steps * size * (weights + 2.0 * kept * model.num_layers * model.num_kv_heads * model.head_dim),
    )


def _lower(
    program: str, dtype: str, model: LlamaConfig, mesh: Mesh, rows: int, workload: Workload
) -> jax.stages.Lowered:
    def made() -> Llama:
        llama = Llama(model, rngs=nnx.Rngs(0), dtype=dtype, param_dtype=dtype)
        if workload.int8:
            quantize_blocks(llama)
        return llama

    graph, params = nnx.split(nnx.eval_shape(made))
    params = placed(params, param_shardings(params, mesh))

    def here(a: Any, *axes: str | None) -> Any:
        return jax.ShapeDtypeStruct(a.shape, a.dtype, sharding=NamedSharding(mesh, spec(axes)))

    def by_heads(cache: KVCache) -> KVCache:
        return jax.tree.map(lambda a: here(a, None, None, "heads"), cache)

    number = here(jax.ShapeDtypeStruct((), jnp.int32))
    empty = partial(empty_slots, model, jnp.dtype(dtype), workload.int8)
    kept, new = room_for(workload.prompt_tokens + workload.new_tokens), workload.new_tokens
    slots = jax.eval_shape(lambda: empty(rows, 1, kept, new, AUTOMATON))
    prefix_cache = jax.eval_shape(lambda: empty(1, 1, round_up(workload.prefix_tokens), 1, None)).cache
    prefix = Prefix(by_heads(prefix_cache), number)
    with jax.set_mesh(mesh):
        if program == "prefill":
            row = here(jax.ShapeDtypeStruct((1, workload.packed_tokens), jnp.int32))
            program_of = jax.jit(partial(read, graph, int8=workload.int8))
            return program_of.lower(params, prefix, row, row, row)

        bias = here(jax.ShapeDtypeStruct((), jnp.float32))
        cache, slots = by_heads(slots.cache), jax.tree.map(here, slots._replace(cache=None))
        loop = jax.eval_shape(partial(new_loop, model, jnp.dtype(dtype)), slots)
        places = jax.tree.map(lambda a: a.sharding, jax.tree.map(here, loop)._replace(own=by_heads(loop.own)))
        decode = partial(run, graph, shape=AUTOMATON, vocab_size=model.vocab_size)
        stop_table = number  # it is for texts without a grammar
        once = jax.jit(decode, out_shardings=places, donate_argnums=4)
        return once.lower(params, stop_table, prefix, cache, slots, number, bias)
